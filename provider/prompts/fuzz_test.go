package prompts

import (
	"bytes"
	"errors"
	"testing"

	"hermes/provider/config"
)

// FuzzPrompt: the text is the end of the file, byte for byte, front matter is of whole lines, and what is added to the text changes
// nothing of what the front matter says. A file that cannot be read is named.
func FuzzPrompt(f *testing.F) {
	for _, s := range []string{
		"Say {{input}}.\r\n", "---\nmodel: m\nsystem: |\n  Be brief.\nschema: s.json\n---\n\nText\n", "--- \r\nschema: {type: object}\r\n---\r\nx",
		"---\n---", "---\nmodel: [\n---\n", "---\nmodel: &a m\nsystem: *a\n---\n---\n", "---\nschema: {1: 2}\n---\n",
	} {
		f.Add([]byte(s), "---\nmore")
	}
	f.Fuzz(func(t *testing.T, raw []byte, more string) {
		p := Prompt{Path: "/p/x.md"}
		if err := p.parse(raw); err != nil {
			if bad, ok := errors.AsType[*config.Error](err); !ok || bad.Path != p.Path {
				t.Fatalf("%q: %v", raw, err)
			}
			return
		}
		head, ok := bytes.CutSuffix(raw, p.Text)
		if !ok || len(head) > 0 && !bytes.HasPrefix(bytes.TrimSpace(head), []byte("---")) {
			t.Fatalf("%q: the text is %q", raw, p.Text)
		}
		if !bytes.HasSuffix(head, []byte("\n")) { // no front matter, or it ends with the file
			return
		}
		longer := Prompt{Path: p.Path}
		if err := longer.parse(append(bytes.Clone(raw), more...)); err != nil {
			t.Fatalf("%q and %q: %v", raw, more, err)
		}
		if string(longer.Text) != string(p.Text)+more {
			t.Fatalf("%q and %q: the text is %q", raw, more, longer.Text)
		}
		if longer.Text, p.Text = nil, nil; longer.Model != p.Model || longer.System != p.System || longer.Schema != p.Schema || longer.Provider != p.Provider {
			t.Fatalf("%q and %q: %+v, and without that %+v", raw, more, longer, p)
		}
	})
}
