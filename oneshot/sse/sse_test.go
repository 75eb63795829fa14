package sse

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// specCase is one case of testdata/sse-cases/spec.json.
type specCase struct {
	Name   string
	Events []struct {
		Type string
		Data specText
	}
	Chunks []specText
}

// specText is a string, {"hex": …}, {"repeat": …, "times": …} or a list of these.
type specText []byte

func (s *specText) UnmarshalJSON(raw []byte) error {
	switch raw[0] {
	case '"':
		var text string
		err := json.Unmarshal(raw, &text)
		*s = specText(text)
		return err
	case '[':
		var parts []specText
		err := json.Unmarshal(raw, &parts)
		for _, p := range parts {
			*s = append(*s, p...)
		}
		return err
	}
	var o struct {
		Hex, Repeat string
		Times       int
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	b, err := hex.DecodeString(o.Hex)
	*s = append(b, strings.Repeat(o.Repeat, o.Times)...)
	return err
}

func loadSpec(t testing.TB) []specCase {
	t.Helper()
	raw, err := os.ReadFile("../../testdata/sse-cases/spec.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []specCase
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

// pieces gives out one slice a Read, as a network does.
type pieces struct{ left [][]byte }

func (p *pieces) Read(b []byte) (int, error) {
	for len(p.left) > 0 && len(p.left[0]) == 0 {
		p.left = p.left[1:]
	}
	if len(p.left) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.left[0])
	p.left[0] = p.left[0][n:]
	return n, nil
}

// randomPieces cuts b into pieces of 0 to 20 bytes.
func randomPieces(b []byte, rnd *rand.Rand) *pieces {
	p := &pieces{}
	for len(b) > 0 {
		n := min(len(b), rnd.IntN(21))
		p.left, b = append(p.left, b[:n]), b[n:]
	}
	return p
}

type flat struct{ Type, Data string }

// readAll collects all events; it checks Buffered's promise on the way.
func readAll(t testing.TB, src io.Reader) ([]flat, error) {
	t.Helper()
	counted := &counter{Reader: src}
	r := NewReader(counted)
	var got []flat
	for {
		before, ready := counted.reads, r.Buffered()
		ev, err := r.Next()
		if ready != (counted.reads == before) {
			t.Fatalf("Buffered said %v, Next read %d times", ready, counted.reads-before)
		}
		if err != nil {
			return got, err
		}
		got = append(got, flat{ev.Type, string(ev.Data)})
	}
}

type counter struct {
	io.Reader
	reads int
}

func (c *counter) Read(p []byte) (int, error) { c.reads++; return c.Reader.Read(p) }

func TestSpec(t *testing.T) {
	t.Parallel()
	cases := loadSpec(t)
	if len(cases) < 30 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			var want []flat
			for _, e := range c.Events {
				want = append(want, flat{e.Type, string(e.Data)})
			}
			var given pieces
			for _, chunk := range c.Chunks {
				given.left = append(given.left, chunk)
			}
			whole := bytes.Join(given.left, nil)
			check := func(how string, src io.Reader) {
				t.Helper()
				got, err := readAll(t, src)
				if err != io.EOF || !slices.Equal(got, want) {
					t.Errorf("%s: %.200v, %v; want %.200v", how, got, err, want)
				}
			}
			check("as given", &given)
			check("at once", bytes.NewReader(whole))
			check("byte by byte", iotest.OneByteReader(bytes.NewReader(whole)))
			check("data with the error", iotest.DataErrReader(bytes.NewReader(whole)))
			rnd := rand.New(rand.NewPCG(1, uint64(len(whole))))
			for range 5 {
				check("random pieces", randomPieces(whole, rnd))
			}
		})
	}
}

func TestReplacementIsByMaximalPart(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a\xc3":                "a\ufffd",
		"\xf0\x9f\x8ex":        "\ufffdx",
		"\xe0\x80x":            "\ufffd\ufffdx",
		"\xed\xa0\x80":         "\ufffd\ufffd\ufffd",
		"\xf4\x90\x80":         "\ufffd\ufffd\ufffd",
		"\xf4\x8f\xbf\xbf\xff": "\U0010ffff\ufffd",
		"\xc0\xaf\x80":         "\ufffd\ufffd\ufffd",
		"\xf0\x80\xe2\x82":     "\ufffd\ufffd\ufffd",
		"\xef\xbf\xbd ok":      "\ufffd ok",
	} {
		if got := string(validUTF8([]byte(in))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestFieldsInDetail(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   string
		want []flat
	}{
		"id and retry are ignored": {"id: 1\nretry: 20\ndata: a\n\nid\n\nretry: 10x\ndata: b\n\n", []flat{{"message", "a"}, {"message", "b"}}},
		"data without a colon":     {"data\n\n", []flat{{"message", ""}}},
		"two empty data lines":     {"data\ndata\n\n", []flat{{"message", "\n"}}},
		"join across other lines":  {"data:\nevent: e\ndata: b\n: c\ndata:\n\n", []flat{{"e", "\nb\n"}}},
		"name that is not UTF-8":   {"event: \xff\ndata: a\n\nevent: \xff\ndata: b\n\n", []flat{{"\ufffd", "a"}, {"\ufffd", "b"}}},
		"only a mark":              {"\xef\xbb", nil},
	} {
		got, err := readAll(t, strings.NewReader(c.in))
		if err != io.EOF || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q %v, want %q", name, got, err, c.want)
		}
	}
}

func TestDataStaysWhileLookingAhead(t *testing.T) {
	t.Parallel()
	r := NewReader(strings.NewReader("data: one\n\ndata: a\ndata: b\n\ndata: \xff\n\n"))
	for _, want := range []string{"one", "a\nb", "\ufffd"} {
		ev, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			r.Buffered()
		}
		if string(ev.Data) != want {
			t.Errorf("data %q after looking ahead, want %q", ev.Data, want)
		}
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}

// endless repeats a pattern for n bytes.
type endless struct {
	pattern, many string
	n, at         int
}

func newEndless(pattern string, n int) *endless {
	return &endless{pattern: pattern, many: strings.Repeat(pattern, 1+(64<<10)/len(pattern)), n: n}
}

func (e *endless) Read(p []byte) (int, error) {
	if e.n == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), e.n)], e.many[e.at%len(e.pattern):])
	e.at, e.n = e.at+n, e.n-n
	return n, nil
}

func TestLimits(t *testing.T) {
	t.Parallel()
	long := func(n int) io.Reader {
		return io.MultiReader(strings.NewReader("data:"), newEndless("x", n-5), strings.NewReader("\n\ndata: after\n\n"))
	}
	for name, c := range map[string]struct {
		src  io.Reader
		size int
		err  error
	}{
		"a line of 32 MiB":           {long(MaxLine), MaxLine - 5, nil},
		"one byte more":              {long(MaxLine + 1), 0, ErrTooLong},
		"no end in sight":            {newEndless("y", 2*MaxLine), 0, ErrTooLong},
		"many lines, too much data":  {newEndless("data: 0123456789abcdef\n", 2*MaxLine), 0, ErrTooLong},
		"many blank lines with CR":   {newEndless("\r", 1<<20), 0, io.EOF},
		"lines of one byte, CR only": {newEndless("x\r", 1<<20), 0, io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(c.src)
			ev, err := r.Next()
			if !errors.Is(err, c.err) || len(ev.Data) != c.size {
				t.Fatalf("%d bytes, %v", len(ev.Data), err)
			}
			if err != nil {
				if _, again := r.Next(); !errors.Is(again, c.err) {
					t.Errorf("the error is not sticky: %v", again)
				}
				return
			}
			if ev, err = r.Next(); string(ev.Data) != "after" || err != nil {
				t.Errorf("after it: %q, %v", ev.Data, err)
			}
		})
	}
}

func TestErrorsOfTheSource(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	src := io.MultiReader(strings.NewReader("data: a\n\ndata: b\n\ndata: c\n"), iotest.ErrReader(broken))
	got, err := readAll(t, iotest.DataErrReader(src))
	if len(got) != 2 || err != broken {
		t.Errorf("%v, %v: want both events, then the error", got, err)
	}
	if _, err := NewReader(silent{}).Next(); err != io.ErrNoProgress {
		t.Errorf("a source of nothing: %v", err)
	}
}

type silent struct{}

func (silent) Read([]byte) (int, error) { return 0, nil }

// deltas is a stream of n events as the Messages API sends them.
func deltas(n int) []byte {
	return bytes.Repeat([]byte("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\""+
		strings.Repeat("word ", 10)+"\"}}\n\n"), n)
}

func TestNoAllocationForAnEvent(t *testing.T) {
	body := deltas(10_000)
	r := NewReader(bytes.NewReader(body))
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	allocs := testing.AllocsPerRun(5000, func() {
		r.Buffered()
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations an event", allocs)
	}
}

func FuzzOneByteAtATimeEqualsWhole(f *testing.F) {
	for _, c := range loadSpec(f) {
		var whole []byte
		for _, chunk := range c.Chunks {
			whole = append(whole, chunk...)
		}
		if len(whole) < 10_000 {
			f.Add(whole)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		want, err := readAll(t, bytes.NewReader(body))
		if err != io.EOF {
			t.Fatal(err)
		}
		got, err := readAll(t, iotest.OneByteReader(bytes.NewReader(body)))
		if err != io.EOF || !slices.Equal(got, want) {
			t.Fatalf("byte by byte %q (%v), whole %q", got, err, want)
		}
	})
}

func BenchmarkNext(b *testing.B) {
	const n = 10_000
	body := deltas(n)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(bytes.NewReader(body))
		for range n {
			r.Buffered()
			if _, err := r.Next(); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/event")
}

// TestGoOn: the place to go on from is that of the last whole event.
func TestGoOn(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"data: a\n\n":                                   "",
		"id: 1\nretry: 500\n\n":                         "1 500ms",
		"id: 1\ndata: a\n\nid: 2\ndata: b":              "1",
		"id: 1\n\ndata: a\n\n":                          "1",
		"id: 1\n\nid\n\n":                               "",
		"id: 1\n\nid: \x00\n\nretry: soon\ndata: a\n\n": "1",
	} {
		r := NewReader(strings.NewReader(in))
		for err := error(nil); err == nil; {
			_, err = r.Next()
		}
		got := r.LastID()
		if wait, ok := r.Retry(); ok {
			got += " " + wait.String()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
