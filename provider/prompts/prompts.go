// Package prompts is the library of prompts in a home: files prompts/NAME.md, whose front matter says who is asked and how.
//
//	---
//	description: A commit message for a diff
//	model: gpt-5.6-mini
//	system: You write short commit messages.
//	schema: commit.json
//	---
//	Write a commit message for this diff.
//
// All keys are optional, and so is the front matter. A schema is the name of a file beside the prompt, or the schema itself.
package prompts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hermes/provider/config"
)

// Prompt is a file of the library.
type Prompt struct {
	Name        string
	Path        string // of the file
	Description string
	Provider    string
	Model       string
	System      string
	Schema      string // a path, or a JSON Schema; "" is none
	Text        []byte // behind the front matter, byte for byte
}

// Valid reports a word that can name a prompt: letters, digits, - and _. A name with a dot or a slash is that of any other file.
func Valid(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

func folder(home string) string { return filepath.Join(home, "prompts") }

// Find reads a prompt of the home. ok is false where the library has none of that name. Class config: its front matter is broken.
func Find(home, name string) (p Prompt, ok bool, err error) {
	if !Valid(name) {
		return p, false, nil
	}
	path := filepath.Join(folder(home), name+".md")
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return p, false, nil
	}
	if err != nil {
		return p, false, err
	}
	p = Prompt{Name: name, Path: path}
	err = p.parse(raw)
	return p, err == nil, err
}

// List reads all prompts of the home, by name.
func List(home string) ([]Prompt, error) {
	entries, err := os.ReadDir(folder(home))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var all []Prompt
	for _, e := range entries {
		name, isPrompt := strings.CutSuffix(e.Name(), ".md")
		if !isPrompt {
			continue
		}
		p, ok, err := Find(home, name)
		if err != nil {
			return nil, err
		}
		if ok {
			all = append(all, p)
		}
	}
	return all, err
}

// parse cuts the front matter off, and reads it.
func (p *Prompt) parse(raw []byte) error {
	head, text, ok := cut(raw)
	p.Text = text
	if !ok {
		return nil
	}
	var keys map[string]any
	if err := config.DecodeYAML(p.Path, head, &keys); err != nil {
		return err
	}
	places := map[string]*string{"description": &p.Description, "provider": &p.Provider, "model": &p.Model, "system": &p.System, "schema": &p.Schema}
	for name, value := range keys {
		place, known := places[name]
		if !known {
			known := []string{"description", "provider", "model", "system", "schema"}
			return &config.Error{Path: p.Path, Key: name, Msg: fmt.Sprintf("is no key of a prompt: those are %s", strings.Join(known, ", "))}
		}
		word, isText := value.(string)
		switch {
		case isText:
			*place = word
		case name == "schema":
			doc, err := json.Marshal(value)
			if err != nil || len(doc) == 0 || doc[0] != '{' {
				return &config.Error{Path: p.Path, Key: name, Msg: "is neither the name of a file nor a JSON Schema"}
			}
			*place = string(doc)
		default:
			return &config.Error{Path: p.Path, Key: name, Msg: "is not a text"}
		}
	}
	if s := strings.TrimSpace(p.Schema); s != "" && s[0] != '{' && !filepath.IsAbs(s) {
		p.Schema = filepath.Join(filepath.Dir(p.Path), s)
	}
	return nil
}

// cut finds the front matter: the lines between a first line --- and the next one. Its head keeps the first line as an empty one, so that
// the lines of an error are those of the file.
func cut(raw []byte) (head, text []byte, ok bool) {
	lines := slices.Collect(bytes.Lines(raw))
	if len(lines) == 0 || string(bytes.TrimSpace(lines[0])) != "---" {
		return nil, raw, false
	}
	at := len(lines[0])
	for _, line := range lines[1:] {
		if string(bytes.TrimSpace(line)) == "---" {
			return append([]byte("\n"), raw[len(lines[0]):at]...), raw[at+len(line):], true
		}
		at += len(line)
	}
	return nil, raw, false
}
