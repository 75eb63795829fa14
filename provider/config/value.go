package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"

	"hermes/provider/config/yamledit"
)

// Value is one setting as Get found it.
type Value struct {
	Key    string // full dotted key: "model" becomes model.default
	Source string // "config.yaml", ".env" or "default"
	Path   string // file; "" for a default
	Line   int    // 1-based line of the value; 0 when not from config.yaml
	Secret bool   // the name is secret-shaped: show it masked

	text  string
	shown string
	json  string
}

// String is the value for scripts: a scalar as it is, a collection as one line of JSON. Secrets are whole.
func (v Value) String() string { return v.text }

// Display is String for people: secrets are masked, inside a collection too.
func (v Value) Display() string { return v.shown }

// JSON is Display with its type: a number, true or false, a collection, else a string.
func (v Value) JSON() json.RawMessage { return json.RawMessage(v.json) }

// secretKey reports whether the last of the names speaks of a credential, or stands in a place where any may be one (the
// headers of a server, the environment of a tool): its value is masked when shown.
func secretKey(names ...string) bool {
	if slices.ContainsFunc(names, headersKey) || len(names) > 1 && slices.Contains(names[:len(names)-1], "env") {
		return true
	}
	last := strings.ReplaceAll(strings.ToLower(names[len(names)-1]), "-", "_")
	for _, word := range []string{"api_key", "api_keys", "apikey", "access_key", "secret_key", "private_key", "token", "secret", "password", "passwd", "authorization", "cookie"} {
		if last == word || strings.HasSuffix(last, "_"+word) {
			return true
		}
	}
	if SecretName(last) && !strings.HasSuffix(last, "_url") {
		return true
	}
	return last == "key"
}

func headersKey(name string) bool {
	name = strings.ToLower(name)
	return name == "headers" || strings.HasSuffix(name, "_headers")
}

// fill renders the node as text, JSON and what people may see.
func (v *Value) fill(n *yamledit.Node, names []string) error {
	v.Secret = secretKey(names...)
	whole := printer{lookup: os.LookupEnv}
	if err := whole.node(n, names, 0); err != nil {
		return err
	}
	masked := printer{mask: true, lookup: os.LookupEnv}
	if err := masked.node(n, names, 0); err != nil {
		return err
	}
	v.text, v.shown, v.json = bare(whole.Bytes()), bare(masked.Bytes()), masked.String()
	return nil
}

// bare is the text of a JSON string, or the JSON as it is.
func bare(doc []byte) string {
	var s string
	if json.Unmarshal(doc, &s) == nil && len(doc) > 0 && doc[0] == '"' {
		return s
	}
	return string(doc)
}

// printer writes a tree as JSON, keys in file order, aliases followed and ${VAR} expanded.
type printer struct {
	bytes.Buffer
	mask   bool
	lookup func(string) (string, bool) // where ${VAR} comes from; nil leaves it as written
}

// maxPrinted stops a small file whose aliases unfold to gigabytes.
const maxPrinted = 8 << 20

func (p *printer) node(n *yamledit.Node, names []string, depth int) error {
	if depth > 200 || p.Len() > maxPrinted {
		return errors.New("is too large to print; its anchors repeat each other")
	}
	switch n = yamledit.Target(n); {
	case n == nil:
		p.WriteString("null")
	case n.Kind == yamledit.Mapping:
		p.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if i > 0 {
				p.WriteByte(',')
			}
			p.text(n.Content[i].Value)
			p.WriteByte(':')
			if err := p.node(n.Content[i+1], append(names[:len(names):len(names)], n.Content[i].Value), depth+1); err != nil {
				return err
			}
		}
		p.WriteByte('}')
	case n.Kind == yamledit.Sequence:
		p.WriteByte('[')
		for i, c := range n.Content {
			if i > 0 {
				p.WriteByte(',')
			}
			if err := p.node(c, names, depth+1); err != nil {
				return err
			}
		}
		p.WriteByte(']')
	default:
		p.scalar(n, names)
	}
	return nil
}

func (p *printer) scalar(n *yamledit.Node, names []string) {
	if p.mask && secretKey(names...) {
		p.text(Mask((&reader{lookup: p.lookup}).expand(n.Value)))
		return
	}
	switch n.ShortTag() {
	case "!!bool":
		v, _ := yamledit.Bool(n.Value)
		p.WriteString(strconv.FormatBool(v))
		return
	case "!!int", "!!float":
		if json.Valid([]byte(n.Value)) {
			p.WriteString(n.Value)
			return
		}
		if v, err := wholeNumber(n.Value); err == nil {
			p.WriteString(strconv.Itoa(v))
			return
		}
	}
	text := (&reader{lookup: p.lookup}).expand(n.Value)
	if p.mask {
		text = MaskURL(text)
	}
	p.text(text)
}

func (p *printer) text(s string) {
	enc := json.NewEncoder(&p.Buffer)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string and a buffer cannot fail
	p.Truncate(p.Len() - 1)
}

// MaskURL hides of each http://user:password@host/path?name=value the password and what the query and the fragment hold,
// however it is written: an address that cannot be parsed has secrets, too.
func MaskURL(s string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "://")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		address, after := cutAt(rest, " \t\r\n\"'")
		authority, tail := cutAt(address, "/?#")
		if at := strings.LastIndexByte(authority, '@'); at >= 0 {
			if user, _, has := strings.Cut(authority[:at], ":"); has {
				authority = user + ":****" + authority[at:]
			}
		}
		path, query := cutAt(tail, "?#")
		b.WriteString("://" + authority + path + maskQuery(query))
		s = after
	}
}

func cutAt(s, any string) (before, after string) {
	if i := strings.IndexAny(s, any); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// maskQuery keeps of a query and a fragment the names alone.
func maskQuery(s string) string {
	var b strings.Builder
	for s != "" {
		b.WriteByte(s[0])
		var part string
		part, s = cutAt(s[1:], "?#&;")
		switch name, _, ok := strings.Cut(part, "="); {
		case ok:
			b.WriteString(name + "=****")
		case part != "":
			b.WriteString("****")
		}
	}
	return b.String()
}
