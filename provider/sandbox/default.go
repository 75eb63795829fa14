package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
	"unicode/utf8"
)

// defaultAnswer says what came in the last user message: how many bytes, the
// first 8 hex digits of their SHA-256, the first line that is not blank.
func defaultAnswer(blocks content) string {
	all, size := sha256.New(), 0
	images, documents := 0, 0
	for _, b := range blocks {
		data := b.payload()
		size += len(data)
		addTo(all, data)
		switch b.Type {
		case "image":
			images++
		case "document":
			documents++
		}
	}
	var out strings.Builder
	fmt.Fprintf(&out, "Sandbox answer, no model was asked.\nReceived %s in %s, sha256 %s.",
		plural(size, "byte"), plural(len(blocks), "block"), short(all))
	if images+documents > 0 {
		fmt.Fprintf(&out, "\nAmong them %s and %s.", plural(images, "image"), plural(documents, "document"))
	}
	for _, b := range blocks {
		if line := firstLine(b.Text); b.Type == "text" && line != "" {
			fmt.Fprintf(&out, "\nFirst line: %s", line)
			break
		}
	}
	if len(blocks) < 2 {
		return out.String()
	}
	for i, b := range blocks[:min(len(blocks), listedBlocks)] {
		data, sum := b.payload(), sha256.New()
		addTo(sum, data)
		fmt.Fprintf(&out, "\nBlock %d: %s, %s, sha256 %s.", i+1, b.kind(), plural(len(data), "byte"), short(sum))
	}
	return out.String()
}

// addTo hashes a text in pieces: as bytes it would be a copy.
func addTo(sum hash.Hash, text string) {
	for piece := 64 << 10; len(text) > 0; text = text[piece:] {
		piece = min(piece, len(text))
		sum.Write([]byte(text[:piece]))
	}
}

func short(sum hash.Hash) string { return hex.EncodeToString(sum.Sum(nil)[:4]) }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func firstLine(text string) string {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		runes := []rune(cutRunes(line, firstLineMax*utf8.UTFMax))
		if len(runes) > firstLineMax {
			return string(runes[:firstLineMax]) + "…"
		}
		if len(string(runes)) < len(line) {
			return string(runes) + "…"
		}
		return line
	}
	return ""
}
