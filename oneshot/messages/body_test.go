package messages

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

func text(segments ...string) Block {
	b := Block{Type: "text"}
	for _, s := range segments {
		b.Text = append(b.Text, []byte(s))
	}
	return b
}

func TestBodyByte(t *testing.T) {
	t.Parallel()
	image := []byte{0, 1, 2, 3, 4, 5, 6}
	for name, c := range map[string]struct {
		r    Request
		want string
	}{
		"least": {
			Request{Model: "m", MaxTokens: 5, Turns: []Turn{{"user", []Block{text("hi")}}}},
			`{"model":"m","max_tokens":5,"stream":true,"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}`,
		},
		"everything": {
			Request{
				Model: `a"b`, System: "be\nbrief", MaxTokens: 1, Temperature: new(0.0), TopP: new(0.95), Stop: []string{"END", `"`},
				Thinking: &Thinking{"enabled", 2048}, Effort: "low",
				Turns: []Turn{{"user", []Block{
					{Type: "image", MediaType: "image/png", Data: image},
					{Type: "document", MediaType: "application/pdf", Name: `a "b".pdf`, Data: image[:2]},
					text("a\x00", "", "\"b\\", "é"),
				}}, {"assistant", []Block{text("ok")}}},
			},
			`{"model":"a\"b","max_tokens":1,"stream":true,"system":"be\nbrief","temperature":0,"top_p":0.95,"stop_sequences":["END","\""],` +
				`"thinking":{"type":"enabled","budget_tokens":2048},"output_config":{"effort":"low"},"messages":[{"role":"user","content":[` +
				`{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAECAwQFBg=="}},` +
				`{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"AAE="},"title":"a \"b\".pdf"},` +
				`{"type":"text","text":"a\u0000\"b\\é"}]},{"role":"assistant","content":[{"type":"text","text":"ok"}]}]}`,
		},
		"fields of a row": {
			Request{Model: "m", MaxTokens: 5, System: "s", Extra: []Field{
				{"top_k", json.RawMessage("7")},
				{"system", json.RawMessage(`"no"`)},
				{"max_tokens", json.RawMessage("1")},
				{"thinking", json.RawMessage(`{"type":"disabled"}`)},
				{"top_k", json.RawMessage("8")},
				{`a"b`, json.RawMessage("[null]")},
			}},
			`{"model":"m","max_tokens":5,"stream":true,"system":"s","top_k":7,"thinking":{"type":"disabled"},"a\"b":[null],"messages":[]}`,
		},
		"adaptive, no turns": {
			Request{Model: "m", Thinking: &Thinking{Type: "adaptive"}},
			`{"model":"m","max_tokens":0,"stream":true,"thinking":{"type":"adaptive"},"messages":[]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			size, open := c.r.Body()
			for how, wrap := range map[string]func(io.Reader) io.Reader{
				"whole": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader,
				"five bytes": func(r io.Reader) io.Reader { return small{r, 5} }, "again": iotest.DataErrReader,
			} {
				got, err := io.ReadAll(wrap(open()))
				if err != nil || string(got) != c.want || int64(len(got)) != size {
					t.Errorf("%s: %d bytes of %d, %v\n%s\n%s", how, len(got), size, err, got, c.want)
				}
				if !json.Valid(got) {
					t.Errorf("%s: not JSON", how)
				}
			}
		})
	}
}

// small reads a few bytes at a time.
type small struct {
	io.Reader
	n int
}

func (s small) Read(p []byte) (int, error) { return s.Reader.Read(p[:min(len(p), s.n)]) }

func TestEscapeIsExact(t *testing.T) {
	t.Parallel()
	var all []byte
	for b := range 256 {
		if b < 0x80 {
			all = append(all, byte(b))
		}
	}
	for shift := range 9 { // each byte at each place of a word
		in := strings.Repeat("x", shift) + string(all) + "é€🎉\u2028\u007f"
		checkEscape(t, []byte(in), 1+shift)
	}
}

func checkEscape(t *testing.T, in []byte, step int) {
	t.Helper()
	p := part{'t', in}
	got, err := io.ReadAll(small{&bodyReader{parts: []part{p}}, step})
	if err != nil || int64(len(got)) != p.size() {
		t.Fatalf("%q: %d bytes, said %d, %v", in, len(got), p.size(), err)
	}
	var back string
	if err := json.Unmarshal([]byte(`"`+string(got)+`"`), &back); err != nil || back != string(in) {
		t.Fatalf("%q came back as %q, %v", in, back, err)
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("a\"b\\c\nd\x00e", 1)
	f.Add(strings.Repeat("longer than a word ", 9), 7)
	f.Fuzz(func(t *testing.T, in string, step int) {
		checkEscape(t, []byte(strings.ToValidUTF8(in, "?")), 1+min(max(step, 0), 1000))
	})
}

func TestBase64InSteps(t *testing.T) {
	t.Parallel()
	for n := range 20 {
		data := bytes.Repeat([]byte{0xfa}, n)
		for step := 1; step < 14; step++ {
			p := part{'b', data}
			got, err := io.ReadAll(small{&bodyReader{parts: []part{p, {'j', []byte("!")}}}, step})
			if want := base64.StdEncoding.EncodeToString(data) + "!"; err != nil || string(got) != want || p.size()+1 != int64(len(want)) {
				t.Fatalf("%d bytes in steps of %d: %q, %v; want %q", n, step, got, err, want)
			}
		}
	}
}

func TestLargePromptIsNotCopied(t *testing.T) {
	line := "text with \"quotes\"\n"
	prompt := bytes.Repeat([]byte(line), 8<<20/len(line))
	r := &Request{Model: "m", Turns: []Turn{{"user", []Block{{Type: "text", Text: [][]byte{prompt}}, {Type: "image", Data: prompt}}}}}
	buf := make([]byte, 32<<10)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	size, open := r.Body()
	n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{open()}, buf)
	runtime.ReadMemStats(&after)
	if err != nil || n != size || n < int64(2*len(prompt)) {
		t.Fatalf("%d of %d bytes, %v", n, size, err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 256<<10 {
		t.Errorf("%d bytes allocated for a body of %d", got, n)
	}
}
