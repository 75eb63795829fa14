package config

// Value is one setting as Get found it.
type Value struct {
	Key    string
	Source string // "config.yaml", ".env" or "default"
	Path   string // file; "" for a default
	Line   int    // 1-based line of the value; 0 when not from config.yaml
	Secret bool   // the name is secret-shaped: show it masked

	text string
	json []byte
}

// String is the value for people and scripts: a scalar as it is, a collection as one line of JSON. Secrets are whole.
func (v Value) String() string { return v.text }

// Display is String with secrets masked.
func (v Value) Display() string {
	if v.Secret {
		return Mask(v.text)
	}
	return v.text
}

// JSON is the value as one JSON document, without a newline. Secrets are whole.
func (v Value) JSON() []byte { return v.json }
