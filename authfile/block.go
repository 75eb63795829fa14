package authfile

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"
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

func (sn *Snapshot) block(key string) Block {
	e, _, _ := sn.entry(key)
	id := ProviderOf(key)
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
		h.share(now.Entry, now.New)
		if err := h.save(p, data); err != nil {
			return err
		}
	}
	switch {
	case now.New:
		h.dropJournal(now.key())
		h.forget(now.key())
		h.keepLast(now.Entry, "")
	case now == removal():
		for _, key := range sn.keys(id) {
			for _, path := range h.place.traces(key) {
				os.Remove(path)
			}
		}
	}
	return nil
}

// keys are those of every login that a provider may have here.
func (sn *Snapshot) keys(id string) []string {
	all := []string{id}
	for _, row := range sn.rows(id) {
		name, _ := last(row, "id")
		all = append(all, loginKey(id, text(name)))
	}
	return all
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
	if !sn.alone {
		d.known()
	}
	d.apply(sn, id, was, now)
	if d.err != nil || d.text == string(data) {
		return nil, now, d.err
	}
	if sn.alone {
		return []byte(d.text), now, wellFormed(d.path, []byte(d.text))
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
		d.quarantine(sn, was.Entry, now.Entry)
	default:
		d.renew(sn, was.Entry, now.Entry)
	}
}

// pathOf is the path of a login in the document.
func (sn *Snapshot) pathOf(e Entry) []string {
	switch {
	case sn.alone:
		return nil
	case e.Row != "":
		return []string{"credential_pool", e.Provider, strconv.Itoa(sn.row(e.Provider, e.Row))}
	}
	return []string{"providers", e.Provider}
}

// login writes a login and makes it the active one. One that is a row of the pool becomes active where no other is, as
// Hermes Agent has it.
func (d *document) login(sn *Snapshot, e Entry) {
	if e.Layout != Row {
		d.set(object{}, "providers", e.Provider)
		d.write(e, e.Layout.shape().fields, 0, "providers", e.Provider)
	}
	if e.Layout != Row || sn.Active() == "" {
		d.set(e.Provider, "active_provider")
	}
	d.mirror(sn, Entry{}, e)
	d.unsuppress(e.Provider)
	d.loginRow(sn, e)
}

// renew changes what a renewal changes and nothing else: active_provider stays, and of the copies those that hold what was
// spent follow.
func (d *document) renew(sn *Snapshot, was, e Entry) {
	d.write(e, e.Layout.shape().fields, onRenewal, sn.pathOf(e)...)
	if e.Row == "" && !sn.alone {
		d.remove("providers", e.Provider, "last_auth_error")
	}
	d.mirror(sn, was, e)
}

// quarantine takes the tokens out and says why, with Hermes Agent's keys; out of the copies too. The file of another program
// stays as it is.
func (d *document) quarantine(sn *Snapshot, was, e Entry) {
	if sn.alone {
		return
	}
	rows := sn.rows(e.Provider)
	block, found, _ := sn.entry(e.Provider)
	own := sn.row(e.Provider, was.Row)
	if found && (was.Row == "" || block.RefreshToken != "" && block.RefreshToken == was.RefreshToken || own >= 0 && sn.seededRow(rows[own], block)) {
		d.emptyBlock(e, block.Layout)
	}
	for i, row := range slices.Backward(rows) {
		other, ok := readRow(e.Provider, row)
		source, _ := last(row, "source")
		switch at := []string{"credential_pool", e.Provider, strconv.Itoa(i)}; {
		case !ok || other.Row != was.Row && (was.RefreshToken == "" || other.RefreshToken != was.RefreshToken):
		case text(source) == Nested.shape().row: // of the block; the key stays, for an empty list
			d.remove(at...)
		default:
			d.emptyRow(e, at)
		}
	}
}

func (d *document) emptyBlock(e Entry, l Layout) {
	for _, f := range l.shape().fields {
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

// emptyRow leaves a row that Hermes Agent passes over, and takes out itself some day.
func (d *document) emptyRow(e Entry, at []string) {
	why := LastError{At: formatTime(time.Now())}
	if e.LastError != nil {
		why = *e.LastError
	}
	for _, p := range (object{
		{"access_token", ""},
		{"refresh_token", ""},
		{"last_status", "dead"},
		{"last_status_at", float64(parseTime(why.At).UnixMilli()) / 1000},
		{"last_error_code", 401},
		{"last_error_reason", why.Code},
		{"last_error_message", why.Message},
	}) {
		d.set(p.value, append(slices.Clone(at), p.key)...)
	}
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
