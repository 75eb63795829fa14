package authfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/tidwall/gjson"

	"hermes/authfile/atomicfile"
	"hermes/authfile/journal"
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

// known refuses a store of a later version, and one of a shape in which our
// keys would be lost on others.
func (d *document) known() {
	if version := gjson.Parse(d.find("version")); version.Type == gjson.Number && version.Num > storeVersion {
		e := errorf(classConfig, d.path, nil, "%s has version %v, and this program writes version %d: use a newer one", d.path, version.Num, storeVersion)
		e.newer = true
		d.err = e
	}
	for _, key := range []string{"providers", "credential_pool"} {
		if raw := d.find(key); raw != "" && raw != "null" && raw[0] != '{' {
			d.err = errorf(classConfig, d.path, nil, "%s: %s is not an object; the file was left as it is", d.path, key)
		}
	}
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
	if atomicfile.Foreign(info) {
		return errorf(classIO, file, nil, "%s belongs to %s and is not written by another", file, atomicfile.OwnerName(info))
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		h.s.warn("store_mode", fmt.Sprintf("%s could be read by others (mode %04o); it is saved with mode 0600", file, perm))
	}
	if n := atomicfile.Names(info); n > 1 {
		h.s.warn("store_links", fmt.Sprintf("%s has %d names (hard links); a save gives this one a file of its own", file, n))
	}
	if mountPoint(file) {
		h.s.warn("store_mounted", fmt.Sprintf("%s is mounted by itself and must be rewritten in place: mount its folder instead", file))
	}
	return nil
}

// mayRenew is mayWrite for a new pair. A file with two names is refused: each
// name would be a store with a lock of its own, and a save gives one of them
// the new pair and leaves the spent one under the other.
func (h *held) mayRenew() error {
	file := h.place.file
	if info, err := os.Lstat(file); err == nil && atomicfile.Names(info) > 1 {
		return errorf(classConfig, file, nil, "%s has %d names (hard links), and a renewal would reach only this one; keep one file and make the others symbolic links to it",
			file, atomicfile.Names(info))
	}
	return h.mayWrite()
}

// begin opens the temporary file for a save.
func (h *held) begin() (*atomicfile.Pending, error) {
	if err := h.mayWrite(); err != nil {
		return nil, err
	}
	if mountPoint(h.place.file) {
		f, err := os.OpenFile(h.place.file, os.O_RDWR, 0)
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

// tidy removes what dead processes left: we hold the lock, so no writer lives.
// A store that was torn while it was rewritten in place is made whole.
func (h *held) tidy() error {
	h.sweep()
	whole, err := atomicfile.Read(h.place.recovery(), maxStore)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && wellFormed(h.place.recovery(), whole) == nil {
		torn, terr := atomicfile.Read(h.place.file, maxStore)
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

// sweep removes temporary files, and takes over what older versions left.
func (h *held) sweep() {
	p := h.place
	for _, path := range p.temporary() {
		os.Remove(path)
	}
	inherit(p.oldJournal(), p.journal)
	inherit(p.oldLastGood(), p.lastGood)
	inherit(p.oldMemo(), p.memo)
}

// temporary are the files of saves in progress, or cut off, of the store and of what stands beside it.
func (p place) temporary() []string {
	entries, _ := os.ReadDir(p.dir()) // a folder that cannot be read has nothing to sweep
	var all []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "."+filepath.Base(p.file)) && strings.Contains(e.Name(), ".tmp-") && e.Type().IsRegular() {
			all = append(all, filepath.Join(p.dir(), e.Name()))
		}
	}
	return all
}

// inherit gives a file that older versions kept for all providers the name for
// the one that it is about.
func inherit(path string, name func(id string) string) {
	data, err := atomicfile.Read(path, journal.Largest)
	if err != nil {
		return
	}
	var about struct{ Provider string }
	if json.NewDecoder(bytes.NewReader(data)).Decode(&about) != nil || about.Provider == "" {
		os.Remove(path) // not whole: nothing was sent
		return
	}
	if to := name(about.Provider); !exists(to) {
		_ = os.Rename(path, to) // where that fails, it is tried again
	}
}
