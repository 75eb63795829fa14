package cli

import (
	"io"
	"path/filepath"
	"strings"
)

// standardName is the program's name where it was installed under no other.
const standardName = "hermes"

// nameOf is the name that the program was called by: a link or a copy may have another than hermes.
func nameOf(arg0 string) string {
	name := strings.TrimPrefix(filepath.Base(arg0), "-") // of a login shell
	if strings.EqualFold(filepath.Ext(name), ".exe") {
		name = name[:len(name)-len(".exe")]
	}
	for _, r := range name {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-", r) {
			return standardName
		}
	}
	if name == "" || name[0] == '.' {
		return standardName
	}
	return name
}

// spell puts the name that the program was called by in the place of hermes, where a text means the command.
func (a *App) spell(text string) string {
	if a.Name == "" || a.Name == standardName {
		return text
	}
	var b strings.Builder
	for {
		at := strings.Index(text, standardName)
		if at < 0 {
			return b.String() + text
		}
		end := at + len(standardName)
		before, after := byte(' '), byte(' ')
		if at > 0 {
			before = text[at-1]
		}
		if end < len(text) {
			after = text[end]
		}
		word := standardName
		if strings.IndexByte(" \n\t('`\"“|", before) >= 0 && strings.IndexByte(" \n;,|')`\"", after) >= 0 || at == 0 && after == ':' {
			word = a.Name
		}
		b.WriteString(text[:at] + word)
		text = text[end:]
	}
}

// speller is a writer of texts for people, which names the program as it was called.
type speller struct {
	app *App
	to  io.Writer
}

// Write takes whole lines, or pieces that do not cut the name.
func (s speller) Write(p []byte) (int, error) {
	if _, err := io.WriteString(s.to, s.app.spell(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
