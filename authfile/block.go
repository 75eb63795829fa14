package authfile

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"time"
)

// Block is what the store has of one provider, as [Store.Update] shows and takes
// it.
type Block struct {
	Entry           // the login; Provider is "" when there is none
	New        bool // to be set: this is a new login, not the old one renewed
	Rows       int  // in the provider's pool
	Active     bool // active_provider names it
	Suppressed bool // Hermes Agent does not take up this provider's keys and logins by itself
}

// Empty says whether the store has nothing of the provider.
func (b Block) Empty() bool { return b.Provider == "" && b.Rows == 0 && !b.Active }

// removal is what a removed provider leaves.
func removal() Block { return Block{Suppressed: true} }

func (sn *Snapshot) block(id string) Block {
	e, _, _ := sn.entry(id)
	return Block{Entry: e, Rows: sn.PoolCount(id), Active: id != "" && sn.Active() == id, Suppressed: sn.suppressed(id)}
}

// Update reads what the store has of a provider, lets change say what it should
// have, and writes that, all under one lock. What it writes:
//
//   - a New login: the whole block, active_provider, and the pool row that Hermes
//     Agent keeps for a login. Suppressed is lifted; what older renewals left goes.
//   - an Entry without tokens: the token keys go, LastError is written.
//   - another change of the Entry: the keys that a renewal changes, and the rows
//     that Hermes Agent copies from the block. No other key is touched.
//   - an empty Block that is Suppressed: block, rows and active_provider go, and the
//     sources of rows that Hermes Agent would seed again are suppressed.
//   - Suppressed taken away: the suppression is lifted.
//
// change may be called more than once, and must not keep what it did before. A
// Block that comes back as it was is not written. The store is replaced whole,
// or stays as it is. A broken one is an error, unless Options.SetAside and a New
// login; it is never replaced by an empty one.
//
// Errors: what change returns; *Error of class lock_timeout, io, config; the
// cause of ctx.
func (s *Store) Update(ctx context.Context, id string, change func(Block) (Block, error)) error {
	h, err := s.acquire(ctx)
	if err != nil {
		return err
	}
	defer h.Release()
	if err := h.tidy(); err != nil {
		return err
	}
	return h.update(id, change)
}

// update is Update with the lock in hand.
func (h *held) update(id string, change func(Block) (Block, error)) error {
	sn, err := h.s.Read()
	var data []byte
	var now Block
	if err == nil {
		data, now, err = h.edit(sn, id, change)
	}
	if broken, ok := errors.AsType[*Error](err); ok && broken.Broken() && h.s.o.SetAside {
		if b, cerr := change(Block{}); cerr != nil || !b.New {
			return err
		}
		if sn, err = h.setAside(broken); err == nil {
			data, now, err = h.edit(sn, id, change)
		}
	}
	if err != nil {
		return err
	}
	if data != nil {
		p, err := h.begin()
		if err != nil {
			return err
		}
		if err := h.save(p, data); err != nil {
			return err
		}
	}
	switch {
	case now.New:
		h.dropJournal(id)
		h.forget(id)
		h.keepLast(now.Entry, "")
	case now == removal():
		for _, path := range h.place.traces(id) {
			os.Remove(path)
		}
	}
	return nil
}

// edit applies a change to a document that was just read and returns the new
// one, nil when there is nothing to write. Nothing is written yet.
func (h *held) edit(sn *Snapshot, id string, change func(Block) (Block, error)) ([]byte, Block, error) {
	was := sn.block(id)
	now, err := change(was)
	if err != nil {
		return nil, now, err
	}
	data := sn.data
	if sn.missing {
		data = []byte(emptyStore)
	}
	d := newDocument(h.place.link, data)
	d.known()
	d.apply(sn, id, was, now)
	if d.err != nil || d.text == string(data) {
		return nil, now, d.err
	}
	if d.set(formatTime(time.Now()), "updated_at"); d.err != nil {
		return nil, now, d.err
	}
	return []byte(d.text), now, wellFormed(d.path, []byte(d.text))
}

func (d *document) apply(sn *Snapshot, id string, was, now Block) {
	switch {
	case now.New:
		d.login(sn, now.Entry)
	case now == removal():
		d.drop(sn, id, was)
	case was.Suppressed && !now.Suppressed:
		d.unsuppress(id)
	case now.Entry == was.Entry:
	case now.AccessToken == "" && now.RefreshToken == "":
		d.quarantine(now.Entry)
	default:
		d.renew(sn, now.Entry)
	}
}

// login writes a login and makes it the active one.
func (d *document) login(sn *Snapshot, e Entry) {
	d.set(object{}, "providers", e.Provider)
	d.write(e, e.Layout.shape().fields, 0, "providers", e.Provider)
	d.set(e.Provider, "active_provider")
	d.mirror(sn, e)
	d.unsuppress(e.Provider)
	d.loginRow(sn, e)
}

// renew changes what a renewal changes and nothing else: active_provider and
// the row of the login stay.
func (d *document) renew(sn *Snapshot, e Entry) {
	d.write(e, e.Layout.shape().fields, onRenewal, "providers", e.Provider)
	d.remove("providers", e.Provider, "last_auth_error")
	d.mirror(sn, e)
}

// quarantine takes the tokens out and says why, with Hermes Agent's keys.
func (d *document) quarantine(e Entry) {
	for _, f := range e.Layout.shape().fields {
		if f.when&withTokens != 0 {
			d.remove(append([]string{"providers", e.Provider}, strings.Split(f.path, ".")...)...)
		}
	}
	if e.LastError == nil {
		return
	}
	d.set(object{
		{"provider", e.Provider},
		{"code", e.LastError.Code},
		{"message", e.LastError.Message},
		{"reason", e.LastError.Reason},
		{"relogin_required", e.LastError.ReloginRequired},
		{"at", e.LastError.At},
	}, "providers", e.Provider, "last_auth_error")
}

// drop takes a provider out.
func (d *document) drop(sn *Snapshot, id string, was Block) {
	if was.Empty() {
		return
	}
	d.remove("providers", id)
	d.remove("credential_pool", id)
	if was.Active {
		d.set(nil, "active_provider")
	}
	d.suppress(id, seeded(sn, id, was))
}

// seeded are the sources of rows that come back by themselves: those that no
// person added, and the block.
func seeded(sn *Snapshot, id string, was Block) []string {
	var sources []string
	if was.Provider != "" {
		sources = append(sources, was.Layout.shape().row)
	}
	for _, row := range sn.rows(id) {
		source, _ := last(row, "source")
		if name := text(source); name != "" && !strings.HasPrefix(name, "manual") && !slices.Contains(sources, name) {
			sources = append(sources, name)
		}
	}
	return sources
}
