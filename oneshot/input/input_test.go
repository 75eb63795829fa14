package input

import (
	"bytes"
	"crypto/sha256"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"hermes/oneshot/class"
	"hermes/oneshot/wire"
)

// TestReadText: the first bad byte is named, wherever the reads are cut; good text passes unchanged.
func TestReadText(t *testing.T) {
	t.Parallel()
	for in, at := range map[string]string{
		"plain\r\n": "", "é😀": "", "\ufeffbom": "", "": "",
		"ab\xffc": "offset 2", "é\x00": "offset 2", "x\xe2\x82": "offset 1", "x\xe2A": "offset 1", "\xc3\xa9\xc3": "offset 2",
	} {
		for name, r := range map[string]*strings.Reader{"whole": strings.NewReader(in), "bytewise": strings.NewReader(in)} {
			var text *Text
			var err error
			if name == "whole" {
				text, err = readText("x", r, nil)
			} else {
				text, err = readText("x", iotest.OneByteReader(r), nil)
			}
			if at != "" {
				if err == nil || !strings.Contains(err.Error(), at) {
					t.Errorf("%q %s: error %v, want %s", in, name, err, at)
				}
				continue
			}
			if err != nil || string(bytes.Join(text.parts, nil)) != in || text.Size() != int64(len(in)) {
				t.Errorf("%q %s: %v", in, name, err)
			}
		}
	}
}

// TestCheckAcrossPieces: a character cut between two pieces is one character.
func TestCheckAcrossPieces(t *testing.T) {
	t.Parallel()
	whole := "a😀é€b"
	for i := range len(whole) {
		for j := i; j <= len(whole); j++ {
			c := collector{hash: sha256.New()}
			for _, p := range []string{whole[:i], whole[i:j], whole[j:]} {
				if err := c.add([]byte(p)); err != nil {
					t.Fatalf("cut at %d and %d: %v", i, j, err)
				}
			}
			if _, err := c.done(); err != nil {
				t.Fatalf("cut at %d and %d: %v", i, j, err)
			}
		}
	}
}

func TestChunksCoverTheText(t *testing.T) {
	t.Parallel()
	text := []byte(strings.Repeat("a line of words é\n", 500))
	for _, size := range []int64{64, 1000, 100000} {
		parts := Chunks(text, size, size/10)
		end := 0
		for i, p := range parts {
			if int64(len(p)) > size {
				t.Fatalf("part %d has %d bytes, more than %d", i, len(p), size)
			}
			at := bytes.Index(text[max(0, end-int(size)):], p) + max(0, end-int(size))
			if at > end {
				t.Fatalf("size %d: bytes %d to %d are in no part", size, end, at)
			}
			end = max(end, at+len(p))
		}
		if !bytes.HasSuffix(text, parts[len(parts)-1]) {
			t.Errorf("size %d: the end is missing", size)
		}
	}
}

// TestTwoPrompts are refused, and so is stdin in two places.
func TestTwoPrompts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in Sources
		ok bool
	}{
		"words and -z":              {Sources{Args: []string{"a"}, Prompt: "b"}, false},
		"words and a file":          {Sources{Args: []string{"a"}, PromptFile: "x"}, false},
		"-z and a file":             {Sources{Prompt: "a", PromptFile: "x"}, false},
		"all three":                 {Sources{Args: []string{"a"}, Prompt: "b", PromptFile: "x"}, false},
		"a prompt and a template":   {Sources{Prompt: "a", Template: "x"}, true},
		"- for prompt and file":     {Sources{PromptFile: "-", Files: []string{"-"}}, false},
		"- for two files":           {Sources{Files: []string{"-", "-"}}, false},
		"- for template and system": {Sources{Template: "-", Settings: []string{"-"}}, false},
		"- for system and schema":   {Sources{Settings: []string{"-", "-"}}, false},
		"- once":                    {Sources{Files: []string{"x", "-", "x"}}, true},
	} {
		if err := c.in.Check(); (err == nil) != c.ok || err != nil && !class.Is(err, "usage") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCutsNoCharacter: every length of head and tail, and every size of chunks, is text.
func TestCutsNoCharacter(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"aé€🎉b", "é\né\né\n", "🎉🎉🎉🎉🎉🎉", "a\nb\nc\n🎉\n"} {
		p := []byte(text)
		for n := int64(-1); n <= int64(len(p))+1; n++ {
			h, l := Head(p, n), tail(p, n)
			if !utf8.Valid(h) || !utf8.Valid(l) || !bytes.HasPrefix(p, h) || !bytes.HasSuffix(p, l) || int64(len(h)) > max(n, 0) || int64(len(l)) > max(n, 0) {
				t.Errorf("%q at %d: %q, %q", text, n, h, l)
			}
			if n < utf8.UTFMax {
				continue
			}
			for overlap := range n {
				parts := Chunks(p, n, overlap)
				for _, part := range parts {
					if !utf8.Valid(part) || int64(len(part)) > n {
						t.Fatalf("%q in %d, overlap %d: %q", text, n, overlap, part)
					}
				}
				if overlap == 0 && string(bytes.Join(parts, nil)) != text {
					t.Fatalf("%q in %d became %q", text, n, parts)
				}
			}
		}
	}
}

// TestNullDevice is known among files and other readers.
func TestNullDevice(t *testing.T) {
	t.Parallel()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	other, err := os.Open("input_test.go")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if !isNull(null) || isNull(other) || isNull(io.MultiReader()) {
		t.Error("the null device is not told from others")
	}
}

// TestFits: the images of a conversation count like those beside the prompt; a limit that is not known refuses nothing.
func TestFits(t *testing.T) {
	t.Parallel()
	image := wire.Part{Kind: wire.PartImage, MediaType: "image/png", Data: make([]byte, 10)}
	c := Content{
		Turns: []wire.Turn{{Parts: []wire.Part{image, wire.TextPart(make([]byte, 99))}}},
		Data:  []*Data{{Name: "a", MIME: "image/png", raw: make([]byte, 9)}, {Name: "b", MIME: pdf, raw: make([]byte, 20)}},
	}
	for want, m := range map[string]wire.Media{
		"":                            {Image: 10, Document: 20, Images: 2},
		"2 images; a request":         {Images: 1},
		"the conversation: image/png": {Image: 9},
		"b: application/pdf is":       {Image: 10, Document: 19},
	} {
		err := c.Fits(m)
		if (err == nil) != (want == "") || err != nil && (!class.Is(err, class.InvalidInput) || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%+v: %v, want %q", m, err, want)
		}
	}
	if err := c.Fits(wire.Media{}); err != nil {
		t.Error(err)
	}
}
