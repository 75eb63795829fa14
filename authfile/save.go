package authfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"hermes/authfile/atomicfile"
	"hermes/authfile/journal"
)

// Save stores a login: the whole block under e.Provider with its 13 keys (and
// token_endpoint, where the login has one),
// active_provider, and the pool row that Hermes Agent keeps for a login. A
// removal's suppression is lifted, and remains of older renewals are dropped.
// The home folder is made (0700) if there is none. A broken store is an error,
// unless Options.SetAside; it is never replaced by an empty one.
func (s *Store) Save(ctx context.Context, e Entry) error {
	if e.Provider == "" || !e.LoggedIn() {
		return errorf(classConfig, s.path, nil, "there is no login to save")
	}
	if err := s.makeHome(); err != nil {
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
	sn, err := h.readable(e)
	if err != nil {
		return err
	}
	if err := h.update(sn, loggedIn(e)); err != nil {
		return err
	}
	h.dropJournal(e.Provider)
	h.forget(e.Provider)
	h.keepLast(e, "")
	return nil
}

// CheckSave finds what would make Save fail for a login of that provider, before
// anybody approves one: the content of the store, its folder, the disk. It makes
// the folder, takes no lock, and leaves the store as it is.
func (s *Store) CheckSave(id string) error {
	if err := s.makeHome(); err != nil {
		return err
	}
	p, err := s.place()
	if err != nil {
		return err
	}
	h := held{s: s, place: p}
	sn, err := s.Read()
	if err == nil {
		_, err = h.edit(sn, loggedIn(Entry{Provider: id, AccessToken: "-", RefreshToken: "-"}))
	}
	if e, ok := errors.AsType[*Error](err); err != nil && !(ok && e.Broken() && s.o.SetAside) {
		return err
	}
	room, err := h.begin()
	if err != nil {
		return err
	}
	defer room.Discard()
	if err := room.Reserve(journal.Reserved); err != nil {
		return h.cannotSave(err)
	}
	return nil
}

func (s *Store) makeHome() error {
	if err := os.MkdirAll(s.home, 0o700); err != nil {
		return errorf(classIO, s.home, err, "cannot make the folder %s", s.home)
	}
	return nil
}

// loggedIn writes a login and makes it the active one.
func loggedIn(e Entry) change {
	return func(sn *Snapshot, d *document) error {
		if err := d.set(loginBlock(e), "providers", e.Provider); err != nil {
			return err
		}
		if err := d.set(e.Provider, "active_provider"); err != nil {
			return err
		}
		if err := d.mirror(sn, e); err != nil {
			return err
		}
		if err := d.unsuppress(e.Provider); err != nil {
			return err
		}
		return d.loginRow(sn, e)
	}
}

// readable reads the store for a login, or moves it away if the login cannot be
// written into it and the caller said so.
func (h *held) readable(e Entry) (*Snapshot, error) {
	sn, err := h.s.Read()
	if err == nil {
		_, err = h.edit(sn, loggedIn(e))
	}
	broken, ok := errors.AsType[*Error](err)
	if !ok || !broken.Broken() || !h.s.o.SetAside {
		return sn, err
	}
	return h.setAside(broken)
}

func (h *held) setAside(broken *Error) (*Snapshot, error) {
	file := h.place.file
	if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() || mountPoint(file) || atomicfile.Foreign(info) {
		return nil, errorf(classIO, file, nil, "%s; it cannot be set aside, since it is no plain file of yours: move it away", broken.Message)
	}
	aside := fmt.Sprintf("%s.bad-%s", file, time.Now().UTC().Format("20060102T150405Z"))
	if _, err := os.Lstat(aside); err == nil {
		return nil, errorf(classIO, aside, nil, "%s is there already", aside)
	}
	if err := os.Rename(file, aside); err != nil {
		return nil, h.cannotSave(err)
	}
	_ = os.Chmod(aside, 0o600) // it holds what the store held
	h.s.warn("store_set_aside", fmt.Sprintf("%s; it is kept as %s", broken.Message, aside))
	return &Snapshot{place: h.place, missing: true}, nil
}

// loginBlock has the keys of Hermes Agent in its order. A key of ours stands
// behind them, and only in a login that Hermes Agent could not have made.
func loginBlock(e Entry) object {
	block := object{
		{"provider", e.Provider},
		{"region", e.Region},
		{"portal_base_url", e.PortalBaseURL},
		{"inference_base_url", e.InferenceBaseURL},
		{"client_id", e.ClientID},
		{"scope", e.Scope},
		{"token_type", e.TokenType},
		{"access_token", e.AccessToken},
		{"refresh_token", e.RefreshToken},
		{"resource_url", e.ResourceURL},
		{"obtained_at", stamp(e.ObtainedAt)},
		{"expires_at", stamp(e.ExpiresAt)},
		{"expires_in", e.ExpiresIn},
	}
	if e.TokenEndpoint != "" {
		block = append(block, pair{"token_endpoint", e.TokenEndpoint})
	}
	return block
}

// stamp is a time, or null for one that is not known.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return formatTime(t)
}

// renewed changes what a renewal changes and nothing else: active_provider and
// the row of the login stay.
func renewed(e Entry) change {
	return func(sn *Snapshot, d *document) error {
		pairs := object{
			{"access_token", e.AccessToken},
			{"refresh_token", e.RefreshToken},
			{"obtained_at", stamp(e.ObtainedAt)},
			{"expires_at", stamp(e.ExpiresAt)},
			{"expires_in", e.ExpiresIn},
		}
		for _, p := range pairs {
			if err := d.set(p.value, "providers", e.Provider, p.key); err != nil {
				return err
			}
		}
		if _, err := d.remove("providers", e.Provider, "last_auth_error"); err != nil {
			return err
		}
		return d.mirror(sn, e)
	}
}

// quarantined takes the tokens out and says why, with Hermes Agent's keys.
func quarantined(id string, why LastError) change {
	return func(_ *Snapshot, d *document) error {
		for _, key := range []string{"access_token", "refresh_token", "expires_at", "expires_in", "obtained_at"} {
			if _, err := d.remove("providers", id, key); err != nil {
				return err
			}
		}
		return d.set(object{
			{"provider", id},
			{"code", why.Code},
			{"message", why.Message},
			{"reason", why.Reason},
			{"relogin_required", why.ReloginRequired},
			{"at", why.At},
		}, "providers", id, "last_auth_error")
	}
}
