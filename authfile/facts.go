package authfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Fact is one observation for doctor.
type Fact struct {
	Name, Detail string
	OK           bool
	Fix          func() error // nil where there is nothing to mend by itself
}

// Facts examines the store and the files beside it. It takes no lock and changes nothing.
func (s *Store) Facts() []Fact {
	facts := []Fact{modeFact("home", s.home, 0o700)}
	info, err := os.Stat(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return append(facts, Fact{Name: "auth.json", Detail: "not there yet", OK: true})
	}
	facts = append(facts, modeFact("auth.json", s.path, 0o600))
	if _, err := s.Read(); err != nil {
		facts = append(facts, Fact{Name: "auth.json content", Detail: err.Error()})
	} else {
		facts = append(facts, Fact{Name: "auth.json content", Detail: "valid", OK: true})
	}
	if err == nil && links(info) > 1 {
		facts = append(facts, Fact{Name: "auth.json links", Detail: fmt.Sprintf("%d hard links: a save separates them", links(info))})
	}
	if target, err := filepath.EvalSymlinks(s.path); err == nil && filepath.Base(target) != StoreName {
		facts = append(facts, Fact{Name: "auth.json target", Detail: target, OK: true})
	}
	if s.pending() {
		facts = append(facts, Fact{Name: "renewal", Detail: "one is under way or was cut off; the next run finishes it"})
	}
	if h := holder(s.beside(LockName)); h.PID != 0 {
		facts = append(facts, Fact{Name: "lock", Detail: fmt.Sprintf("held by process %d (%s, %s)", h.PID, h.Name, h.State), OK: h.State != "suspended"})
	}
	return facts
}

func modeFact(name, path string, want fs.FileMode) Fact {
	info, err := os.Stat(path)
	if err != nil {
		return Fact{Name: name, Detail: err.Error(), OK: errors.Is(err, fs.ErrNotExist)}
	}
	got := info.Mode().Perm()
	f := Fact{Name: name, Detail: fmt.Sprintf("%s (mode %04o)", path, got), OK: got&^want == 0}
	if !f.OK {
		f.Fix = func() error { return os.Chmod(path, got&want) }
	}
	return f
}
