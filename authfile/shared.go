package authfile

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/tidwall/gjson"

	"hermes/authfile/atomicfile"
	"hermes/authfile/lock"
)

// A login of Nous has one more copy: ROOT/shared/nous_auth.json, which Hermes Agent keeps for all profiles and puts into a
// block whenever the refresh tokens differ. A copy that lags behind would cost the login: so it gets a new pair before the
// block does, a younger pair in it is taken over, and a refused one leaves it. Its own lock, taken after the store's, is held
// over a renewal: another profile has another auth.lock and the same grant.

// shareName is the name of the file in the folder shared, "" for a login that has none.
func (e Entry) shareName() string {
	if e.Layout != Keyed || e.Row != "" {
		return ""
	}
	return "nous_auth.json"
}

// shared is the path of that file. A home at ROOT/profiles/NAME shares with ROOT.
func (p place) shared(name string) string {
	home := filepath.Dir(p.link)
	if above := filepath.Dir(home); filepath.Base(above) == "profiles" {
		home = filepath.Dir(above)
	}
	return filepath.Join(home, "shared", name)
}

// readShared is the pair in the shared file.
func (p place) readShared(e Entry) (Entry, bool) {
	if e.shareName() == "" {
		return Entry{}, false
	}
	data, err := atomicfile.Read(p.shared(e.shareName()), maxMemo)
	if err != nil || wellFormed("", data) != nil {
		return Entry{}, false
	}
	copied := e
	copied.AccessToken, copied.RefreshToken, copied.LastError = "", "", nil
	copied.ObtainedAt, copied.ExpiresAt, copied.ExpiresIn = time.Time{}, time.Time{}, 0
	twice := ""
	copied.read(gjson.ParseBytes(data), Keyed.shape().fields, "", &twice)
	if life := copied.ExpiresAt.Sub(copied.ObtainedAt); !copied.ExpiresAt.IsZero() && life > 0 {
		copied.ExpiresIn = int64(life / time.Second)
	}
	return copied, copied.RefreshToken != ""
}

// newerShared is the pair of the shared file where it is younger than the block's, or the block's was taken out and this one
// was not refused.
func (p place) newerShared(e Entry) (Entry, bool) {
	s, ok := p.readShared(e)
	if !ok || s.RefreshToken == e.RefreshToken {
		return Entry{}, false
	}
	if m := p.readMemo(e.key()); m.about(s.RefreshToken) && m.terminal() {
		return Entry{}, false
	}
	if e.RefreshToken == "" {
		return s, e.wiped()
	}
	return s, s.ObtainedAt.After(e.ObtainedAt)
}

// lockShared takes the lock of the shared file, where there is such a file.
func (h *held) lockShared(ctx context.Context, e Entry) (release func(), err error) {
	nothing := func() {}
	path := h.place.shared(e.shareName())
	if e.shareName() == "" || !exists(path) {
		return nothing, nil
	}
	l, err := lock.New(lock.Options{Timeout: h.s.o.LockTimeout, Waiting: h.s.o.Waiting}).Lock(ctx, withSuffix(path, ".lock"))
	if err != nil {
		return nothing, lockError(err)
	}
	return l.Release, nil
}

// adoptShared takes over a younger pair.
func (r *renewal) adoptShared(e Entry) (Entry, error) {
	s, ok := r.h.place.newerShared(e)
	if !ok {
		return e, nil
	}
	if err := r.h.update(r.id, renewed(s)); err != nil {
		return e, err
	}
	return s, nil
}

// share writes a pair into the shared file, and makes the file for a new login. What fails is told: the block is good.
func (h *held) share(e Entry, isNew bool) {
	path := h.place.shared(e.shareName())
	if e.shareName() == "" || e.RefreshToken == "" || !isNew && !exists(path) {
		return
	}
	if isNew { // a renewal has the lock
		release, err := h.lockShared(context.Background(), e)
		if err != nil {
			h.s.warn("shared_not_locked", err.Error())
		}
		defer release()
	}
	if err := h.writeShared(path, e); err != nil {
		h.s.warn("shared_not_saved", "the copy of the login in "+path+" could not be saved, and Hermes Agent may put the older one back: "+err.Error())
	}
}

func (h *held) writeShared(path string, e Entry) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	data, err := atomicfile.Read(path, maxMemo)
	if errors.Is(err, fs.ErrNotExist) || err == nil && wellFormed(path, data) != nil {
		data, err = []byte("{}"), nil
	}
	if err != nil {
		return err
	}
	d := newDocument(path, data)
	d.set(1, "_schema")
	for _, name := range []string{
		"access_token", "client_id", "expires_at", "inference_base_url", "obtained_at", "portal_base_url", "refresh_token", "scope", "token_type",
	} {
		d.set(Keyed.shape().field(name).value(e), name)
	}
	d.set(formatTime(time.Now()), "updated_at")
	if d.err != nil {
		return d.err
	}
	return atomicfile.Write(path, []byte(d.text), h.place.options())
}

// unshare takes the shared file away where it holds a pair that was refused.
func (h *held) unshare(e Entry) {
	if s, ok := h.place.readShared(e); ok && s.RefreshToken == e.RefreshToken {
		os.Remove(h.place.shared(e.shareName()))
	}
}
