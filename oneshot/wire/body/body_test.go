package body

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"math"
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

// TestBuilder: the members and items that were laid out, with their commas, and the size that was said before.
func TestBuilder(t *testing.T) {
	t.Parallel()
	var b Builder
	b.Member("a").Value(1).Member("text").String([]byte("x\"y"), []byte("z")).Member("list").JSON("[")
	b.Item().Value("first").Item().Raw([]byte(`{"raw":1}`)).Item().JSON("{").Item().Value("k").JSON(":").Value(math.NaN()).JSON("}").JSON("]")
	b.Member("n").JSON("[").Item().Value(1).Item().Value(2).JSON("]").Member("file").JSON(`"`).Base64([]byte("hello")).JSON(`"`)
	b.Extra("a", []byte(`2`))
	b.Extra("extra", []byte(`true`))
	body := b.JSON("}").Body()
	const want = `{"a":1,"text":"x\"yz","list":["first",{"raw":1},{"k":null}],"n":[1,2],"file":"aGVsbG8=","extra":true}`
	for range 2 { // it may be opened again
		if got, err := io.ReadAll(body.Open()); string(got) != want || err != nil || body.Size() != int64(len(want)) {
			t.Errorf("%s, %v, size %d; want %s, %d", got, err, body.Size(), want, len(want))
		}
	}
	if n := len(body.parts); n != 10 {
		t.Errorf("%d parts: JSON beside JSON is one", n)
	}
	r := body.Open()
	if n, err := r.Read(nil); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	all := make([]byte, len(want)+9)
	if n, err := io.ReadFull(r, all); string(all[:n]) != want || err != io.ErrUnexpectedEOF {
		t.Errorf("%q, %v", all[:n], err)
	}
	if n, err := r.Read(all); n != 0 || err != io.EOF {
		t.Errorf("%d, %v behind the end", n, err)
	}
}
