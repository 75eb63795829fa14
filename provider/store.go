package provider

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"

	"hermes/authfile"
	"hermes/provider/rows"
)

// storeOf is where the login of a row stands: the file of another program, else the store of the home. A home that is a
// profile, at ROOT/profiles/NAME, has the logins of ROOT where it has none of its own, and they are renewed there.
func (s *Session) storeOf(r Row) *authfile.Store {
	if path := s.loginFile(r); path != "" {
		return s.beside(path, func() *authfile.Store { return authfile.OpenAlone(path, s.options) })
	}
	root := s.root()
	if root == "" {
		return s.Store
	}
	own, err := s.Store.Read()
	if err != nil { // told where it is used
		return s.Store
	}
	above := s.beside(root, func() *authfile.Store { return authfile.Open(root, s.options) })
	roots, err := above.Read()
	if err == nil && holds(roots, r.ID) && (!holds(own, r.ID) || copied(own, roots, r.ID)) {
		return above
	}
	return s.Store
}

// copied reports whether the login of a profile is one of ROOT's: Hermes Agent copies rows into profiles, with their ids and
// tokens, of which each is good once. Where the copy was renewed and ROOT's was not, the copy is the one that lives.
func copied(own, roots *authfile.Snapshot, id string) bool {
	e, _ := own.Entry(id)
	return e.LoggedIn() && slices.ContainsFunc(roots.Logins(id), func(r authfile.Entry) bool {
		same := r.RefreshToken != "" && r.RefreshToken == e.RefreshToken
		return same || e.Row != "" && r.Row == e.Row && r.LoggedIn() && !e.ObtainedAt.After(r.ObtainedAt)
	})
}

// loginFile is the file of another program that holds the row's login, "" without one.
func (s *Session) loginFile(r Row) string {
	device, ok := r.auth(rows.Device)
	if !ok || device.File == "" {
		return ""
	}
	home := s.Getenv("HOME")
	if home == "" {
		home, _ = os.UserHomeDir() // without one there is no such file
	}
	return filepath.Join(home, filepath.FromSlash(device.File))
}

// root is the home of which this one is a profile, "" for none.
func (s *Session) root() string {
	if above := filepath.Dir(s.Home); filepath.Base(above) == "profiles" {
		return filepath.Dir(above)
	}
	return ""
}

// holds reports whether a store has a login or a key of the provider.
func holds(sn *authfile.Snapshot, id string) bool {
	e, _ := sn.Entry(id)
	return e.LoggedIn() || len(sn.Keys(id)) > 0
}

// beside is a store beside that of the home, opened once.
func (s *Session) beside(path string, open func() *authfile.Store) *authfile.Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stores == nil {
		s.stores = map[string]*authfile.Store{}
	}
	s.stores[path] = cmp.Or(s.stores[path], open())
	return s.stores[path]
}

// opened are the stores that the session has used.
func (s *Session) opened() []*authfile.Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []*authfile.Store{s.Store}
	for _, store := range s.stores {
		all = append(all, store)
	}
	return all
}

// Busy reports whether a token is under way in one of the stores, see authfile.Store.Busy.
func (s *Session) Busy() bool {
	for _, store := range s.opened() {
		if store.Busy() {
			return true
		}
	}
	return false
}

// elsewhere is what stands of a provider in another store than the home's, nil for nothing.
func (s *Session) elsewhere(r Row) *authfile.Snapshot {
	store := s.storeOf(r)
	if store == s.Store {
		return nil
	}
	sn, err := store.Read()
	if err != nil {
		return nil
	}
	return sn
}
