package authfile

import (
	"context"
	"slices"
)

// Removed says what Remove took out.
type Removed struct {
	Block    bool // the provider's own block
	PoolRows int
	Active   bool // it was active_provider, which is null now
}

// Remove takes a provider out of the store, see [Store.Update], and whatever
// renewals left of it. One that is not there is no error: Removed is zero. Errors
// are those of Update.
func (s *Store) Remove(ctx context.Context, id string) (Removed, error) {
	if p, err := s.place(); err != nil || !exists(s.path) && !slices.ContainsFunc(p.traces(id), exists) {
		return Removed{}, err
	}
	var out Removed
	err := s.Update(ctx, id, func(b Block) (Block, error) {
		out = Removed{b.Provider != "", b.Rows, b.Active}
		return removal(), nil
	})
	if err != nil {
		return Removed{}, err
	}
	return out, nil
}

// Allow lifts the suppression that a Remove left behind, so that Hermes Agent
// takes up the provider's key again. A store without one is not written.
func (s *Store) Allow(ctx context.Context, id string) error {
	if sn, err := s.Read(); err != nil || !sn.suppressed(id) {
		return err
	}
	return s.Update(ctx, id, func(b Block) (Block, error) {
		b.Suppressed = false
		return b, nil
	})
}
