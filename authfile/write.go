package authfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"hermes/authfile/atomicfile"
)

// storeVersion is the format that this program knows. A store of a later one
// is read as far as it is understood, and not written.
const storeVersion = 1

// emptyStore is what a login into a missing file begins with.
const emptyStore = `{
  "version": 1,
  "providers": {},
  "active_provider": null,
  "updated_at": null
}
`

// change edits a document, which began as the snapshot.
type change func(sn *Snapshot, d *document) error

// edit applies a change to what is in the file now and returns the new
// document. Nothing is written yet.
func (h *held) edit(sn *Snapshot, apply change) ([]byte, error) {
	data := sn.data
	if sn.missing {
		data = []byte(emptyStore)
	}
	d := newDocument(h.place.link, data)
	if err := d.known(); err != nil {
		return nil, err
	}
	if err := apply(sn, d); err != nil {
		return nil, err
	}
	if err := d.set(formatTime(time.Now()), "updated_at"); err != nil {
		return nil, err
	}
	return d.data, d.verify()
}

// known refuses a store of a later version, and one of a shape in which our
// keys would be lost on others.
func (d *document) known() error {
	n, found, err := d.find("version")
	if err != nil {
		return err
	}
	var version float64
	if found && decode(d.data[n.from:n.to], &version) == nil && version > storeVersion {
		return errorf(classConfig, d.path, nil, "%s has version %v, and this program writes version %d: use a newer one", d.path, version, storeVersion)
	}
	return d.shaped()
}

func (d *document) shaped() error {
	for _, key := range []string{"providers", "credential_pool"} {
		n, found, err := d.find(key)
		if err != nil {
			return err
		}
		if found && d.data[n.from] != '{' && !d.null(n) {
			return errorf(classConfig, d.path, nil, "%s: %s is not an object; the file was left as it is", d.path, key)
		}
	}
	return nil
}

// mayWrite looks at the file that is going to be replaced.
func (h *held) mayWrite() error {
	file := h.place.file
	info, err := os.Lstat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return errorf(classIO, file, err, "cannot save")
	}
	if foreign(info) {
		return errorf(classIO, file, nil, "%s belongs to %s and is not written by another", file, userName(ownerOf(info)))
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		h.s.warn("store_mode", fmt.Sprintf("%s could be read by others (mode %04o); it is saved with mode 0600", file, perm))
	}
	if n := links(info); n > 1 {
		h.s.warn("store_links", fmt.Sprintf("%s has %d names (hard links); a save gives this one a file of its own", file, n))
	}
	if mountPoint(file) {
		h.s.warn("store_mounted", fmt.Sprintf("%s is mounted by itself and must be rewritten in place: mount its folder instead", file))
	}
	return nil
}

// begin opens the temporary file for a save.
func (h *held) begin() (*atomicfile.Pending, error) {
	if err := h.mayWrite(); err != nil {
		return nil, err
	}
	if mountPoint(h.place.file) {
		f, err := os.OpenFile(h.place.file, os.O_RDWR|noFollow, 0)
		if err != nil {
			return nil, h.cannotSave(err)
		}
		f.Close()
	}
	o := h.place.options()
	o.Recovery = h.place.recovery()
	p, err := atomicfile.Begin(h.place.file, o)
	if err != nil {
		return nil, h.cannotSave(err)
	}
	return p, nil
}

// save puts a new document in place.
func (h *held) save(p *atomicfile.Pending, data []byte) error {
	if _, err := p.Write(data); err != nil {
		p.Discard()
		return h.cannotSave(err)
	}
	h.s.reached("written")
	h.s.last.Store(nil)
	if err := p.Commit(); err != nil {
		return h.cannotSave(err)
	}
	h.s.reached("committed")
	return nil
}

func (h *held) cannotSave(err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	detail := ""
	if errors.Is(err, syscall.ENOSPC) {
		if free, ok := freeBytes(h.place.dir()); ok {
			detail = fmt.Sprintf(" (%d bytes free)", free)
		}
	}
	if info, serr := os.Stat(h.place.dir()); serr == nil && errors.Is(err, fs.ErrPermission) {
		detail = fmt.Sprintf(" (folder mode %04o)", info.Mode().Perm())
	}
	return errorf(classIO, h.place.file, err, "cannot save in %s%s", h.place.dir(), detail)
}

// update is the whole of a save that depends on no network.
func (h *held) update(sn *Snapshot, apply change) error {
	data, err := h.edit(sn, apply)
	if err != nil {
		return err
	}
	p, err := h.begin()
	if err != nil {
		return err
	}
	return h.save(p, data)
}

// tidy removes what dead processes left: we hold the lock, so no writer lives.
// A store that was torn while it was rewritten in place is made whole.
func (h *held) tidy() error {
	for _, file := range []string{h.place.file, h.place.memo(), h.place.lastGood()} {
		for _, name := range atomicfile.Leftovers(file) {
			os.Remove(name)
		}
	}
	whole, err := slurp(h.place.recovery(), maxStore)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && wellFormed(h.place.recovery(), whole) == nil {
		torn, terr := slurp(h.place.file, maxStore)
		if terr == nil && wellFormed(h.place.file, torn) != nil {
			if _, err := atomicfile.Overwrite(h.place.file, whole); err != nil {
				return h.cannotSave(err)
			}
			h.s.warn("store_repaired", h.place.file+" was torn by a save that was cut off; it is whole again")
		}
	}
	os.Remove(h.place.recovery())
	return nil
}
