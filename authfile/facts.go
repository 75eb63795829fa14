package authfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"hermes/authfile/atomicfile"
	"hermes/authfile/lock"
)

// Fact is one observation for doctor.
type Fact struct {
	Name, Detail string
	OK           bool
	Fix          func() error // nil where nothing can be mended without asking
}

// Facts examines the store and the files beside it. It takes no lock, changes
// nothing by itself, and reports no secret.
func (s *Store) Facts() []Fact {
	home, err := os.Stat(s.home)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return []Fact{{Name: "home", Detail: s.home + " does not exist yet", OK: true}}
		}
		return []Fact{{Name: "home", Detail: err.Error()}}
	}
	facts := []Fact{modeFact("home", s.home, home, 0o700)}
	p, err := s.place()
	if err != nil {
		return append(facts, Fact{Name: "auth.json", Detail: err.Error()})
	}
	info, err := os.Lstat(p.file)
	if errors.Is(err, fs.ErrNotExist) {
		return append(facts, Fact{Name: "auth.json", Detail: "not there yet", OK: true})
	}
	if err != nil {
		return append(facts, Fact{Name: "auth.json", Detail: err.Error()})
	}
	facts = append(facts, modeFact("auth.json", p.file, info, 0o600), s.contentFact())
	facts = append(facts, ownerFacts(p, info)...)
	facts = append(facts, s.duplicateFacts()...)
	return append(facts, s.besideFacts(p)...)
}

func modeFact(name, path string, info fs.FileInfo, want fs.FileMode) Fact {
	perm := info.Mode().Perm()
	f := Fact{Name: name, Detail: fmt.Sprintf("%s (mode %04o)", path, perm), OK: perm&^want == 0}
	if !f.OK {
		f.Detail += fmt.Sprintf("; others should have no access (%04o)", perm&want)
		if !atomicfile.Foreign(info) {
			f.Fix = func() error { return os.Chmod(path, perm&want) }
		}
	}
	return f
}

func (s *Store) contentFact() Fact {
	sn, err := s.Read()
	if err == nil {
		d := newDocument(s.path, sn.data)
		d.known()
		err = d.err
	}
	if err != nil {
		return Fact{Name: "auth.json content", Detail: err.Error()}
	}
	return Fact{Name: "auth.json content", Detail: fmt.Sprintf("valid, %d bytes, %d logins", len(sn.data), len(sn.IDs())), OK: true}
}

func ownerFacts(p place, info fs.FileInfo) []Fact {
	var facts []Fact
	if atomicfile.Foreign(info) {
		facts = append(facts, Fact{Name: "auth.json owner", Detail: fmt.Sprintf("%s belongs to %s: a renewal cannot be saved", p.file, atomicfile.OwnerName(info))})
	}
	if n := atomicfile.Names(info); n > 1 {
		facts = append(facts, Fact{Name: "auth.json links", Detail: fmt.Sprintf("%s has %d names (hard links): no renewal is saved there; keep one file and make the others symbolic links to it", p.file, n)})
	}
	if p.link != p.file {
		facts = append(facts, Fact{Name: "auth.json link", Detail: p.link + " leads to " + p.file, OK: true})
	}
	if mountPoint(p.file) {
		facts = append(facts, Fact{Name: "auth.json mount", Detail: p.file + " is mounted by itself: saves are not atomic; mount its folder instead"})
	}
	return facts
}

// duplicateFacts looks through all blocks: a key that stands twice anywhere in
// them is read differently by different programs.
func (s *Store) duplicateFacts() []Fact {
	sn, err := s.Read()
	if err != nil || sn.missing {
		return nil
	}
	var twice []string
	findTwice(gjson.ParseBytes(sn.data), "", &twice)
	if len(twice) == 0 {
		return nil
	}
	return []Fact{{Name: "auth.json keys", Detail: "these keys stand twice: " + strings.Join(twice, ", ")}}
}

func findTwice(value gjson.Result, at string, twice *[]string) {
	if value.IsArray() {
		value.ForEach(func(_, v gjson.Result) bool {
			findTwice(v, at+"[]", twice)
			return len(*twice) < 10
		})
		return
	}
	seen := map[string]bool{}
	each(value, func(key string, v gjson.Result) {
		name := strings.TrimPrefix(at+"."+key, ".")
		if seen[key] && len(*twice) < 10 {
			*twice = append(*twice, strings.Trim(strconv.QuoteToASCII(name), `"`))
		}
		seen[key] = true
		findTwice(v, name, twice)
	})
}

// besideFacts looks at the files that renewals and saves leave.
func (s *Store) besideFacts(p place) []Fact {
	var facts []Fact
	locks := p.locks()
	path := locks[len(locks)-1]
	if info, err := os.Lstat(path); err == nil {
		facts = append(facts, modeFact("lock", path, info, 0o600))
	}
	if h := lock.HolderOf(path); h.PID != 0 {
		facts = append(facts, Fact{
			Name: "lock holder", Detail: fmt.Sprintf("process %d (%s, %s) holds %s", h.PID, h.Name, h.State, path),
			OK: h.State != lock.Suspended,
		})
		return facts // what lies there belongs to the holder
	}
	for _, path := range p.journals() {
		info, err := os.Lstat(path)
		if err != nil {
			continue
		}
		facts = append(facts, Fact{
			Name:   "renewal journal",
			Detail: fmt.Sprintf("%s: a renewal was cut off at %s; the next run finishes it", path, formatTime(info.ModTime())),
		})
	}
	if names := p.temporary(); len(names) > 0 {
		facts = append(facts, Fact{
			Name: "temporary files", Detail: fmt.Sprintf("%d left by saves that were cut off", len(names)),
			Fix: s.sweep,
		})
	}
	if exists(p.recovery()) {
		facts = append(facts, Fact{Name: "save in place", Detail: p.recovery() + ": a save was cut off", Fix: s.sweep})
	}
	return facts
}

// journals are those that are there, whichever provider they are about.
func (p place) journals() []string {
	entries, _ := os.ReadDir(p.dir()) // a folder that cannot be read is another fact
	var all []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), filepath.Base(p.oldJournal())) {
			all = append(all, filepath.Join(p.dir(), e.Name()))
		}
	}
	return all
}

// sweep does under the lock what any renewal does first.
func (s *Store) sweep() error {
	h, err := s.acquireNow(context.Background())
	if err != nil {
		return err
	}
	defer h.Release()
	return h.tidy()
}
