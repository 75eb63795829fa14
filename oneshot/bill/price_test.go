package bill

import (
	"strings"
	"testing"

	"hermes/oneshot/output"
	"hermes/oneshot/wire"
)

func TestCost(t *testing.T) {
	t.Parallel()
	m3 := Price{Input: "0.30", Output: "1.20", CacheRead: "0.06", LongOver: 512_000, Long: &Price{Input: "0.60", Output: "2.40", CacheRead: "0.12"}}
	for _, c := range []struct {
		name string
		p    Price
		u    output.Usage
		want string
	}{
		{"table", m3, output.Usage{InputTokens: 1_000, OutputTokens: 500, CacheReadTokens: 100}, "0.000906"},
		{"long", m3, output.Usage{InputTokens: 600_000, OutputTokens: 0}, "0.36"},
		{"half, long", Price{Half: true, Input: "1", Output: "1", LongOver: 1, Long: &Price{Input: "2", Output: "4"}}, output.Usage{InputTokens: 1_000_000, OutputTokens: 1_000_000}, "3.00"},
		{"half, unknown", Price{Half: true}, output.Usage{InputTokens: 5}, ""},
		{"plan", Price{Plan: true}, output.Usage{InputTokens: 5}, "0.00"},
		{"unknown", Price{}, output.Usage{InputTokens: 5}, ""},
	} {
		got := c.p.Cost(c.u)
		switch {
		case c.want == "" && got != nil:
			t.Errorf("%s: %v, want unknown", c.name, got)
		case c.want != "" && (got == nil || USD(got) != c.want):
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
}

// TestDollars: an amount is digits, with or without a point.
func TestDollars(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"1": "1.00", "0.5": "0.50", ".5": "0.50", "2.": "2.00", "0.0000001": "0.0000001", "0": "0.00", "007": "7.00",
		"": "", ".": "", "-1": "", "+1": "", "1e3": "", "1/3": "", "0x10": "", "1_000": "", "much": "", "1 ": "", "١": "", "Inf": "", "1.2.3": "",
	} {
		n, ok := Dollars(in)
		if ok != (want != "") || ok && USD(n) != want {
			t.Errorf("%q: %v %v, want %q", in, n, ok, want)
		}
	}
}

// TestTokensIn a request: four bytes of text a token, an image by its area at most.
func TestTokensIn(t *testing.T) {
	t.Parallel()
	text := func(n int) wire.Part {
		return wire.TextPart([]byte(strings.Repeat("x", n)))
	}
	for name, c := range map[string]struct {
		req  wire.Request
		want int64
	}{
		"nothing":        {wire.Request{}, 0},
		"one byte":       {wire.Request{Turns: []wire.Turn{{Parts: []wire.Part{text(1)}}}}, 1},
		"system and all": {wire.Request{System: "12345678", Turns: []wire.Turn{{Parts: []wire.Part{text(4), text(4)}}, {Parts: []wire.Part{text(8)}}}}, 6},
		"a small image":  {wire.Request{Turns: []wire.Turn{{Parts: []wire.Part{{Kind: wire.PartImage, Data: make([]byte, 400)}}}}}, 100},
		"a large image":  {wire.Request{Turns: []wire.Turn{{Parts: []wire.Part{{Kind: wire.PartImage, Data: make([]byte, 1<<20)}}}}}, 1600},
	} {
		if got := TokensIn(&c.req, 1600); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
