package provider

import (
	"cmp"
	"slices"
	"strings"

	"hermes/provider/config"
)

// unknown is the error of a name that no row has, with the three nearest names that can be asked.
func (c Catalogue) unknown(name Setting) error {
	near := c.nearest(strings.ToLower(strings.TrimSpace(name.Value)), 3)
	return advise("hermes model list shows all; a server of one's own is a row of providers: in config.yaml",
		"config", "unknown provider %q (%s); did you mean %s or %s?", name.Value, name.Source, strings.Join(near[:len(near)-1], ", "), near[len(near)-1])
}

// nearest are the n names that are most like the word, one of a row. A name that begins with the word, or holds it, is
// nearer than one that is a letter away.
func (c Catalogue) nearest(word string, n int) []string {
	type candidate struct {
		name string
		far  int
	}
	var all []candidate
	for _, r := range c.Usable() {
		best := candidate{r.ID, 1 << 30}
		for _, name := range append([]string{r.ID}, r.Aliases...) {
			far := 2*config.Distance(word, strings.ToLower(name)) - sharedPrefix(word, name)
			switch {
			case len(word) > 2 && strings.HasPrefix(name, word):
				far = 1
			case len(word) > 2 && strings.Contains(name, word):
				far = min(far, 3)
			}
			if far < best.far {
				best = candidate{name, far}
			}
		}
		all = append(all, best)
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(a.far, b.far) })
	var names []string
	for _, near := range all[:min(n, len(all))] {
		names = append(names, near.name)
	}
	return names
}

func sharedPrefix(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// keysSet names up to two keys that are set and would open another provider than row, and what is set and is no key, as the end of a hint;
// "" where nothing is.
func (q Query) keysSet(row Row) string {
	var named, seen []string
	for _, r := range q.Rows.Usable() {
		for _, name := range r.KeyEnv() {
			if slices.Contains(row.KeyEnv(), name) || slices.Contains(seen, name) || r.Base.URL == "" {
				continue
			}
			if key := q.Secret(name); config.UsableSecret(key) && notKey(r, name, key) == "" {
				seen = append(seen, name)
				named = append(named, "; "+name+" is set: --provider "+r.ID)
			}
		}
	}
	named = named[:min(len(named), 2)]
	for _, r := range q.Rows.Usable() {
		for _, n := range r.NotKeys {
			if row.ID == "" && n.Env != "" && q.Secret(n.Env) != "" {
				named = append(named, "; "+n.Env+" is no key: "+n.Why)
			}
		}
	}
	return strings.Join(named, "")
}
