package body

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"
	"testing"
)

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
	got, err := io.ReadAll(small{&reader{parts: []part{p}}, step})
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
			got, err := io.ReadAll(small{&reader{parts: []part{p, {'j', []byte("!")}}}, step})
			if want := base64.StdEncoding.EncodeToString(data) + "!"; err != nil || string(got) != want || p.size()+1 != int64(len(want)) {
				t.Fatalf("%d bytes in steps of %d: %q, %v; want %q", n, step, got, err, want)
			}
		}
	}
}
