package config

import (
	"strconv"
	"strings"

	"hermes/provider/config/yamledit"
)

// Entry is another model that a run may ask: an entry of fallback_providers: or fallback_model:, or a helper of auxiliary:.
// Provider is "" when absent, empty or "auto"; a fallback always names one, or a base URL.
type Entry struct {
	Key      string // its place in the file, such as fallback_providers.0
	Line     int    // 1-based
	Provider string
	Model    string // "" is the provider's choice
	Err      error  // *Error; why it cannot be asked, nil when it can
	Endpoint
}

// Any reports whether a key of the entry is set.
func (e Entry) Any() bool { return e.Provider != "" || e.Model != "" || len(e.places) > 0 }

// entryFields are the keys of an entry; absent is what one without a provider means.
func entryFields(absent string) []field[Entry] {
	return append([]field[Entry]{
		{Key: Key{Path: "provider", Type: "string", Default: absent, Help: "provider to ask; a helper without one is asked where the run is"}, dest: func(e *Entry) any { return &e.Provider }},
		{Key: Key{Path: "model", Type: "string", Help: "model to ask there; empty is the provider's choice"}, dest: func(e *Entry) any { return &e.Model }},
	}, endpointFields(func(e *Entry) *Endpoint { return &e.Endpoint })...)
}

// entry reads one mapping. With an address and no provider the entry means a server of its own.
func (r *reader) entry(n *yamledit.Node, key string) Entry {
	e := Entry{Key: key, Line: n.Line}
	readFields(r, n, key, entryFields(""), &e)
	if foreignWire := r.endpoint(n, key, &e.Endpoint); foreignWire != nil {
		e.Err = foreignWire
		r.warn("entry_unusable", key+" (line "+strconv.Itoa(n.Line)+") cannot be asked: "+foreignWire.Msg)
	}
	e.Provider = providerName(e.Provider)
	if e.Provider == "" && e.BaseURL != "" {
		e.Provider = "custom"
	}
	return e
}

// fallbacks merges the list with the older key, which may be one mapping.
func (r *reader) fallbacks(root *yamledit.Node) []Entry {
	var out []Entry
	seen := make(map[[3]string]bool)
	for _, key := range []string{"fallback_providers", "fallback_model"} {
		n := yamledit.Child(root, key)
		if yamledit.Empty(n) {
			continue
		}
		items := []*yamledit.Node{n}
		if n.Kind == yamledit.Sequence {
			items = n.Content
		}
		for i, item := range items {
			e, ok := r.fallback(yamledit.Target(item), yamledit.JoinKey(key, strconv.Itoa(i)))
			id := [3]string{strings.ToLower(e.Provider), e.Model, e.BaseURL}
			if ok && !seen[id] {
				seen[id] = true
				out = append(out, e)
			}
		}
	}
	return out
}

// fallback reads one entry of the list. One without keys counts as absent: Hermes Agent's template has such.
func (r *reader) fallback(n *yamledit.Node, key string) (Entry, bool) {
	switch {
	case n == nil:
		return Entry{}, false
	case n.Kind != yamledit.Mapping:
		r.fail(n, key, "must be a mapping with provider and model, not "+yamledit.KindName(n))
		return Entry{}, false
	}
	e := r.entry(n, key)
	if e.Any() && e.Provider == "" {
		r.fail(n, yamledit.JoinKey(key, "provider"), "must name the provider to try next")
	}
	return e, e.Provider != ""
}

func (r *reader) auxiliary(section *yamledit.Node, name string, e *Entry) {
	e.Key = "auxiliary." + name
	if m := r.section(section, name, e.Key); m != nil {
		*e = r.entry(m, e.Key)
	}
}
