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

// Save stores a new login as [Store.Update] does, with its errors. The home folder
// is made (0700) if there is none.
func (s *Store) Save(ctx context.Context, e Entry) error {
	if e.Provider == "" || !e.LoggedIn() {
		return errorf(classConfig, s.path, nil, "there is no login to save")
	}
	if err := s.makeHome(); err != nil {
		return err
	}
	return s.Update(ctx, e.Provider, newLogin(e))
}

func newLogin(e Entry) func(Block) (Block, error) {
	if e.Layout == Row && e.Row == "" {
		e.Row = randomID()
	}
	return func(Block) (Block, error) { return Block{Entry: e, New: true}, nil }
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
		_, _, err = h.edit(sn, id, newLogin(Entry{Provider: id, AccessToken: "-", RefreshToken: "-"}))
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

// setAside renames a broken store and returns the empty one that is left.
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
