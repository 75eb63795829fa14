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
		"1": 1, "7": 7, "1e3": 1000, "1e12": 1e12, "1000000000001": 0, "0": 0, "-4": 0, "1.5": 0, "1e13": 0, "1e999": 0, `"7"`: 0, "null": 0, "true": 0, "[]": 0, "{}": 0,
	} {
		if got := Count(gjson.Parse(raw)); got != want {
			t.Errorf("%s: %d, want %d", raw, got, want)
		}
	}
}

// TestText: what a string holds, as it is written and as it means; what is no string holds nothing.
func TestText(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string][2]string{
		`"a\n"`: {`a\n`, "a\n"}, `""`: {}, `"\ud83cx"`: {`\ud83cx`, "\ufffdx"}, "123": {}, "null": {}, `["a"]`: {}, "": {},
	} {
		v := gjson.Parse(raw)
		if written, text := string(Raw(v)), string(Text([]byte("+"), v)); written != want[0] || text != "+"+want[1] {
			t.Errorf("%s: %q and %q, want %q", raw, written, text, want)
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
	const other = `{"id":"c12","created":1700000000,"text":"Hel"}`
	for name, c := range map[string]struct {
		data string
		text gjson.Result
	}{
		"a number":                     {first, gjson.Get(first, "seq")},
		"nothing":                      {first, gjson.Get(first, "missing")},
		"an object":                    {first, gjson.Get(first, "usage")},
		"a text alone":                 {`"abc"`, gjson.Parse(`"abc"`)},
		"a text of another event":      {first, gjson.Get(other, "text")},
		"a text that ends behind data": {other[:len(other)-2], gjson.Get(other, "text")},
	} {
		var l Layout
		l.Learn([]byte(first), gjson.Get(first, "choices.0.delta.content"))
		l.Learn([]byte(c.data), c.text)
		for _, event := range []string{first, c.data} {
			if _, ok := l.Cut([]byte(event)); ok {
				t.Errorf("%s was learned, or left what was learned before: %s", name, event)
			}
		}
	}
	var l Layout
	l.Learn([]byte(`["a"]`), gjson.Get(`["a"]`, "0"))
	if raw, ok := l.Cut([]byte(`["bc"]`)); !ok || string(raw) != "bc" {
		t.Errorf("one byte before the text: %q, %v", raw, ok)
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
	f.Fuzz(checkHead)
}

func checkHead(t *testing.T, want, data string) {
	t.Helper()
	want += `"` // as Learn leaves it
	n, ok := slowHead(data, want)
	if got, is := head([]byte(data), []byte(want)); got != n || is != ok {
		t.Errorf("head of %q in %q: %d, %v, want %d, %v", want, data, got, is, n, ok)
	}
	if got, is := tail(reversed(data), reversed(want)); is != ok || ok && got != len(data)-n {
		t.Errorf("tail of %q in %q reversed: %d, %v, want %d, %v", want, data, got, is, len(data)-n, ok)
	}
}

// TestHead: all short pairs of letters and digits, behind as many equal bytes as put them at each place of a word of eight.
func TestHead(t *testing.T) {
	t.Parallel()
	short := []string{""}
	for i := 0; len(short[i]) < 2; i++ {
		for _, b := range "ab1`" {
			short = append(short, short[i]+string(b))
		}
	}
	for n := range 18 {
		same := strings.Repeat("x1", 9)[:n]
		for _, want := range short {
			for _, data := range short {
				checkHead(t, same+want, same+data+`"`)
				checkHead(t, same+want+"345678", same+data+`345678"`)
			}
		}
	}
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
		{[]string{`\\ud83c`}, `\ud83c`}, // these look like the first half of a pair
		{[]string{`\txud83c`}, "\txud83c"},
		{[]string{`\td83c`}, "\td83c"},
		{[]string{`\u18aa`}, "\u18aa"},
		{[]string{`\ud7aa`}, "\ud7aa"},
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
	plain := []byte("plain")
	if text, _ := p.Next(plain); &text[0] != &plain[0] {
		t.Error("a piece without escapes was copied")
	}
	for _, raw := range []string{`"`, `a"b`, `\`, `\x`, `\u12`} {
		if text, ok := p.Next([]byte(raw)); ok {
			t.Errorf("%q gave %q", raw, text)
		}
	}
}
