package jsonstring

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func checkAppend(t *testing.T, in string) {
	t.Helper()
	got := Append([]byte("> "), []byte(in))
	var back string
	if err := json.Unmarshal([]byte(`"`+string(got[2:])+`"`), &back); err != nil || back != in || int64(len(got)-2) != Size([]byte(in)) {
		t.Fatalf("%q became %q, %v, said %d bytes", in, got, err, Size([]byte(in)))
	}
}

func TestAppend(t *testing.T) {
	t.Parallel()
	var ascii []byte
	for b := range byte(utf8.RuneSelf) {
		ascii = append(ascii, b)
	}
	checkAppend(t, string(ascii)+"é€🎉\u2028\u007f")
	if got := string(Append(nil, []byte("\"\\/\n\r\t\b\x00\x1f<&>"))); got != `\"\\/\n\r\t\u0008\u0000\u001f<&>` {
		t.Error(got)
	}
	for b := range 256 {
		if n := len(Append(nil, []byte{byte(b)})); n > Longest {
			t.Errorf("%#x takes %d bytes", b, n)
		}
	}
}

// FuzzAppend: a JSON reader gives back what went in.
func FuzzAppend(f *testing.F) {
	f.Add("a\"b\\c\nd\x00e")
	f.Add("é€🎉\u2028\u2029\ufffd<&>\x7f")
	f.Fuzz(func(t *testing.T, in string) { checkAppend(t, strings.ToValidUTF8(in, "?")) })
}

func TestUnescape(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		``:                           "",
		`plain ü`:                    "plain ü",
		`\"\\\/\b\f\n\r\t`:           "\"\\/\b\f\n\r\t",
		`\u0000\u00e9\u20AC`:         "\x00é€",
		`\ud83c\udf89!`:              "🎉!",
		`\uD83C`:                     "\ufffd",
		`\ud83cx`:                    "\ufffdx",
		`\ud83c\n`:                   "\ufffd\n",
		`\ud83c\u0041`:               "\ufffdA",
		`\udf89\ud83c\udf89`:         "\ufffd🎉",
		`\ud83c\ud83c\udf89`:         "\ufffd🎉",
		"line\u2028sep \\u2028":      "line\u2028sep \u2028",
		strings.Repeat(`a\n`, 1000):  strings.Repeat("a\n", 1000),
		strings.Repeat(`\\\"`, 1000): strings.Repeat(`\"`, 1000),
	} {
		got, ok := Unquote([]byte("> "), []byte(in))
		if !ok || string(got) != "> "+want {
			t.Errorf("%.40q: %.60q, %v", in, got, ok)
		}
	}
	for _, in := range []string{`\`, `a\`, `\x`, `\u12`, `\u12G4`, `"`, `a"b`, `\n"`, `\"\\"`, `\u`} {
		if got, ok := Unquote(nil, []byte(in)); ok {
			t.Errorf("%q gave %q", in, got)
		}
	}
}

// FuzzUnescape holds it against encoding/json.
func FuzzUnescape(f *testing.F) {
	for _, s := range []string{`a`, `\u00e9`, `\ud83c\udf89`, `\ud83c\u0041`, `\\\"`, `\`, `"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var want string
		err := json.Unmarshal(append(append([]byte{'"'}, raw...), '"'), &want)
		got, ok := Unquote(nil, raw)
		if err == nil && utf8.Valid(raw) && (!ok || string(got) != want) {
			t.Fatalf("%q: %q, %v; want %q", raw, got, ok, want)
		}
		if ok && bytes.IndexByte(raw, '\\') < 0 && !bytes.Equal(got, raw) {
			t.Fatalf("%q changed to %q", raw, got)
		}
	})
}
