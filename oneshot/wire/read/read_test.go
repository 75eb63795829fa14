package read

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

func TestCount(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]int64{
		"7": 7, "1e3": 1000, "0": 0, "-4": 0, "1.5": 0, "1e13": 0, "1e999": 0, `"7"`: 0, "null": 0, "true": 0, "[]": 0, "{}": 0,
	} {
		if got := Count(gjson.Parse(raw)); got != want {
			t.Errorf("%s: %d, want %d", raw, got, want)
		}
	}
}

func TestLayout(t *testing.T) {
	t.Parallel()
	first := `{"id":"c12","created":1700000000,"choices":[{"delta":{"content":"Hel"}}],"usage":{"n":3},"seq":9}`
	for event, want := range map[string]string{
		first: "Hel",
		`{"id":"c12","created":1700000000,"choices":[{"delta":{"content":""}}],"usage":{"n":3},"seq":9}`:                 "",
		`{"id":"c1234","created":17,"choices":[{"delta":{"content":"lo"}}],"usage":{"n":31234},"seq":10}`:                "lo",
		`{"id":"c12","created":1700000000,"choices":[{"delta":{"content":"12"}}],"usage":{"n":3},"seq":9}`:               "12",
		`{"id":"d12","created":1700000000,"choices":[{"delta":{"content":"x"}}],"usage":{"n":3},"seq":9}`:                "no",
		`{"id":"c","created":1700000000,"choices":[{"delta":{"content":"x"}}],"usage":{"n":3},"seq":9}`:                  "no",
		`{"id":"c12","created":1700000000,"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}],"usage":{"n":3}}`: "no",
		`{"id":"c12","created":1700000000,"choices":[{"delta":{"content":"x`:                                             "no",
		`{"id":"c12","created":1700000000,"choices":[{"delta":{"content":"x"}}],"usage":{"n":null},"seq":9}`:             "no",
		"":  "no",
		"9": "no",
	} {
		var l Layout
		if _, ok := l.Cut([]byte(first)); ok {
			t.Fatal("the zero layout knows an event")
		}
		l.Learn([]byte(first), gjson.Get(first, "choices.0.delta.content"))
		raw, ok := l.Cut([]byte(event))
		if ok != (want != "no") || ok && string(raw) != want {
			t.Errorf("%s: %q, %v, want %q", event, raw, ok, want)
		}
		l.Forget()
		if _, ok := l.Cut([]byte(event)); ok {
			t.Error("forgotten, and still known")
		}
	}
	var l Layout
	for _, path := range []string{"seq", "missing", "usage"} {
		l.Learn([]byte(first), gjson.Get(first, path))
		if _, ok := l.Cut([]byte(first)); ok {
			t.Errorf("%s is no text, and was learned", path)
		}
	}
	l.Learn([]byte(`"abc"`), gjson.Parse(`"abc"`))
	if _, ok := l.Cut([]byte(`"abc"`)); ok {
		t.Error("a text alone was learned")
	}
}

// TestReplace: one string is another, and all else stays.
func TestReplace(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{`["x", 1]`, "0", `["a\"b", 1]`}, {`{ "m" : "x" }`, "m", `{ "m" : "a\"b" }`}, {`{"m":{"n":7}}`, "m.n", `{"m":{"n":"a\"b"}}`}, {`{"m":"x"}`, "n", `{"m":"x"}`}, {``, "m", ``},
	} {
		if got := string(Replace([]byte(c[0]), c[1], `a"b`)); got != c[2] {
			t.Errorf("%s of %s: %s, want %s", c[1], c[0], got, c[2])
		}
	}
}

// FuzzLayout: what Cut takes for text is what JSON says it is, and the rest of the event differs in numbers alone.
func FuzzLayout(f *testing.F) {
	f.Add(`{"n":1,"t":"a","m":[2]}`, `{"n":12,"t":"b","m":[3]}`)
	f.Add(`{"t":"1","n":12}`, `{"t":"2","n":1}`)
	f.Add(`{"1":"x","t":"a"}`, `{"22":"y","t":"b"}`)
	f.Fuzz(func(t *testing.T, first, second string) {
		text := gjson.Get(first, "t")
		if !json.Valid([]byte(first)) || !json.Valid([]byte(second)) || text.Index == 0 {
			t.Skip()
		}
		var l Layout
		l.Learn([]byte(first), text)
		raw, ok := l.Cut([]byte(second))
		if !ok || strings.ContainsAny(string(raw), `"\`) {
			return
		}
		with := second[:strings.Index(second, string(raw))]
		if !json.Valid([]byte(`"` + string(raw) + `"`)) {
			t.Fatalf("%q of %q is no string's content (%q)", raw, second, with)
		}
	})
}

// slowHead says what head says, byte by byte.
func slowHead(data, want string) (int, bool) {
	i, j := 0, 0
	for j < len(want) {
		switch {
		case i == len(data):
			return 0, false
		case isDigit(want[j]) && isDigit(data[i]):
			for j < len(want) && isDigit(want[j]) {
				j++
			}
			for i < len(data) && isDigit(data[i]) {
				i++
			}
		case want[j] != data[i]:
			return 0, false
		default:
			i, j = i+1, j+1
		}
	}
	return i, true
}

func reversed(s string) []byte {
	b := []byte(s)
	slices.Reverse(b)
	return b
}

// FuzzHead holds head, and tail on the same bytes in reverse, against slowHead.
func FuzzHead(f *testing.F) {
	for _, s := range [][2]string{
		{`{"n":1,"t":"`, `{"n":12,"t":"`},
		{`"seq":99,"id":"msg_1a22b3"`, `"seq":100,"id":"msg_1a22b3"`},
		{`12345678,12345678`, `123456789,1`},
		{`a1b`, `ab`},
		{`1`, ``},
		{`x12y34z`, `x1y3456z`},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, want, data string) {
		want += `"` // as Learn leaves it
		n, ok := slowHead(data, want)
		if got, is := head([]byte(data), []byte(want)); got != n || is != ok {
			t.Errorf("head of %q in %q: %d, %v, want %d, %v", want, data, got, is, n, ok)
		}
		if got, is := tail(reversed(data), reversed(want)); is != ok || ok && got != len(data)-n {
			t.Errorf("tail of %q in %q reversed: %d, %v, want %d, %v", want, data, got, is, len(data)-n, ok)
		}
	})
}

func TestPieces(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pieces []string
		want   string
	}{
		{[]string{"a", "b"}, "ab"},
		{[]string{`a\n`, `\"b`}, "a\n\"b"},
		{[]string{`\ud83c`, `\udf89!`}, "🎉!"},
		{[]string{`x\uD83C`, `\uDF89`, `\ud83c\udf89`}, "x🎉🎉"},
		{[]string{`\ud83c`, `A`}, "\ufffdA"},
		{[]string{`\ud83c`, ``, `\udf89`}, "🎉"},
		{[]string{`\ud83c`}, "\ufffd"},
		{[]string{`\\ud83c`, `x`}, `\ud83cx`},
		{[]string{`\\\ud83c`, `\udf89`}, `\🎉`},
		{[]string{`\udf89`}, "\ufffd"},
	} {
		var p Pieces
		var got strings.Builder
		for _, raw := range c.pieces {
			text, ok := p.Next([]byte(raw))
			if !ok {
				t.Errorf("%q is refused", raw)
			}
			got.Write(text)
		}
		got.Write(p.Rest())
		if got.String() != c.want || p.Rest() != nil {
			t.Errorf("%q: %q, want %q", c.pieces, got.String(), c.want)
		}
	}
	var p Pieces
	for _, raw := range []string{`"`, `a"b`, `\`, `\x`, `\u12`} {
		if text, ok := p.Next([]byte(raw)); ok {
			t.Errorf("%q gave %q", raw, text)
		}
	}
}
