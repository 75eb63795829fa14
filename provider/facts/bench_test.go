package facts

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkLookup: a model at the end of 3 MB, as large as the file is.
func BenchmarkLookup(b *testing.B) {
	dir := b.TempDir()
	var text bytes.Buffer
	text.WriteByte('{')
	for i := range 150 {
		fmt.Fprintf(&text, `"provider-%d":{"models":{`, i)
		for j := range 36 {
			fmt.Fprintf(&text, `"model-%d":{"id":"model-%d","modalities":{"input":["text","image"]},"limit":{"context":1000000,"output":128000},"cost":{"input":2,"output":10},"name":"%0400d"},`, j, j, j)
		}
		text.WriteString(`"last":{"limit":{"context":7}}}},`)
	}
	text.WriteString(`"openai":{"models":{"gpt":{"limit":{"context":7}}}}}`)
	if err := os.WriteFile(filepath.Join(dir, File), text.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		if _, ok := Lookup(dir, "openai", "gpt"); !ok {
			b.Fatal("not found")
		}
	}
}
