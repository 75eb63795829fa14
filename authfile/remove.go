package authfile

import (
	"context"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// Removed says what Remove took out.
type Removed struct {
	Block    bool // the provider's own block
	PoolRows int
	Active   bool // it was active_provider, which is null now
}

// Remove takes a login out of the store: the block, its pool rows,
// active_provider if it was this one, and whatever renewals left. The sources
// that Hermes Agent would seed rows from again are suppressed until the next
// login. A provider that is not there is no error: Removed is zero.
func (s *Store) Remove(ctx context.Context, id string) (Removed, error) {
	if !exists(s.path) && !s.traces(id) {
		return Removed{}, nil
	}
	h, err := s.acquire(ctx)
	if err != nil {
		return Removed{}, err
	}
	defer h.Release()
	if err := h.tidy(); err != nil {
		return Removed{}, err
	}
	sn, err := s.Read()
	if err != nil {
		return Removed{}, err
	}
	_, block, _ := sn.entry(id)
	out := Removed{Block: block, PoolRows: sn.PoolCount(id), Active: id != "" && sn.Active() == id}
	if out == (Removed{}) {
		h.dropTraces(id)
		return out, nil
	}
	if err := h.update(sn, removed(id, out)); err != nil {
		return Removed{}, err
	}
	h.dropTraces(id)
	return out, nil
}

// Allow lifts the suppression that a Remove left behind, so that Hermes Agent
// takes up the provider's key again. A store without one is not written.
func (s *Store) Allow(ctx context.Context, id string) error {
	if sn, err := s.Read(); err != nil || !sn.suppressed(id) {
		return err
	}
	h, err := s.acquire(ctx)
	if err != nil {
		return err
	}
	defer h.Release()
	if err := h.tidy(); err != nil {
		return err
	}
	sn, err := s.Read()
	if err != nil || !sn.suppressed(id) {
		return err
	}
	return h.update(sn, func(_ *Snapshot, d *document) error { return d.unsuppress(id) })
}

func (sn *Snapshot) suppressed(id string) bool {
	marks, _ := last(gjson.ParseBytes(sn.data), "suppressed_sources")
	_, n := last(marks, id)
	return n > 0
}

func removed(id string, what Removed) change {
	return func(sn *Snapshot, d *document) error {
		if _, err := d.remove("providers", id); err != nil {
			return err
		}
		if _, err := d.remove("credential_pool", id); err != nil {
			return err
		}
		if what.Active {
			if err := d.set(nil, "active_provider"); err != nil {
				return err
			}
		}
		if sources := seeded(sn, id, what.Block); len(sources) > 0 {
			return d.suppress(id, sources)
		}
		return nil
	}
}

// seeded are the sources of rows that come back by themselves: those that no
// person added, and the block.
func seeded(sn *Snapshot, id string, block bool) []string {
	var sources []string
	if block {
		sources = append(sources, mirrorSource)
	}
	for _, row := range sn.rows(id) {
		source, _ := last(row, "source")
		if source.Type == gjson.String && !strings.HasPrefix(source.Str, "manual") && !slices.Contains(sources, source.Str) {
			sources = append(sources, source.Str)
		}
	}
	return sources
}

// traces says whether renewals left something although the store is gone.
func (s *Store) traces(id string) bool {
	p, err := s.place()
	return err == nil && (exists(p.journal(id)) || exists(p.lastGood(id)) || exists(p.memo(id)))
}

// dropTraces removes what else knows the login.
func (h *held) dropTraces(id string) {
	h.dropJournal(id)
	h.dropLast(id)
	h.forget(id)
}
