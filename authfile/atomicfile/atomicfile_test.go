//go:build unix

package atomicfile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func content(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func put(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// TestWrite: what the new file is like, and that nothing else is left in the folder.
func TestWrite(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		old  fs.FileMode // 0: there is none
		o    Options
		want fs.FileMode
	}{
		"new":                        {0, Options{}, 0o600},
		"new, for all":               {0, Options{Mode: 0o640}, 0o640},
		"new, not flushed":           {0, Options{NoSync: true}, 0o600},
		"replaced, made private":     {0o644, Options{}, 0o600},
		"replaced, mode kept":        {0o604, Options{KeepMode: true}, 0o604},
		"replaced, mode opened":      {0o600, Options{Mode: 0o640}, 0o640},
		"replaced, read-only before": {0o400, Options{KeepMode: true}, 0o400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "f")
			if c.old != 0 {
				put(t, path, "old", c.old)
			}
			if err := Write(path, []byte("new"), c.o); err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil || info.Mode().Perm() != c.want || content(t, path) != "new" {
				t.Errorf("%v %v %q", info.Mode(), err, content(t, path))
			}
			if all, _ := os.ReadDir(filepath.Dir(path)); len(all) != 1 {
				t.Errorf("%v", all)
			}
		})
	}
}

// temporary are the files beside path that are no path.
func temporary(t *testing.T, path string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*.tmp-*"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestDiscard: without Commit the old content stays, and the temporary file goes.
func TestDiscard(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f")
	put(t, path, "old", 0o600)
	p, err := Create(path, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write([]byte("half of ")); err != nil {
		t.Fatal(err)
	}
	if n := len(temporary(t, path)); n != 1 {
		t.Errorf("%d temporary files while it is written", n)
	}
	p.Discard()
	p.Discard()
	if err := p.Commit(); err == nil {
		t.Error("a commit after Discard")
	}
	if content(t, path) != "old" || len(temporary(t, path)) != 0 {
		t.Errorf("%q, %v", content(t, path), temporary(t, path))
	}
}

// TestCommittedOnce: what is in place stays there, whatever comes after.
func TestCommittedOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f")
	p, err := Create(path, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write([]byte("new")); err != nil {
		t.Fatal(err)
	}
	if err := p.Commit(); err != nil {
		t.Fatal(err)
	}
	p.Discard()
	if err := p.Commit(); err == nil || !strings.Contains(err.Error(), "already") || content(t, path) != "new" {
		t.Errorf("a second commit: %v, %q", err, content(t, path))
	}
}

// TestLinks: a symbolic link stays one, in another folder too; one that leads nowhere is refused; a hard link parts.
func TestLinks(t *testing.T) {
	t.Parallel()
	here, there := t.TempDir(), t.TempDir()
	real, link, dead, hard := filepath.Join(there, "real"), filepath.Join(here, "link"), filepath.Join(here, "dead"), filepath.Join(there, "hard")
	put(t, real, "old", 0o600)
	if err := errors.Join(os.Symlink(real, link), os.Symlink("nowhere", dead), os.Link(real, hard)); err != nil {
		t.Fatal(err)
	}
	if err := Write(link, []byte("new"), Options{}); err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Lstat(link); info.Mode()&fs.ModeSymlink == 0 || content(t, real) != "new" || content(t, hard) != "old" {
		t.Errorf("link %v, real %q, hard link %q", info.Mode(), content(t, real), content(t, hard))
	}
	if err := Write(dead, []byte("x"), Options{}); err == nil || !strings.Contains(err.Error(), "leads nowhere") {
		t.Errorf("a dead link: %v", err)
	}
}

// TestDirect: a pipe takes what is written as it comes; a folder is refused.
func TestDirect(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skip(err)
	}
	got := make(chan string)
	go func() {
		raw, _ := os.ReadFile(fifo)
		got <- string(raw)
	}()
	if err := Write(fifo, []byte("through"), Options{}); err != nil {
		t.Fatal(err)
	}
	if s := <-got; s != "through" {
		t.Errorf("%q", s)
	}
	if err := Write(dir, nil, Options{}); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("a folder: %v", err)
	}
	_, fed := pipes(t, t.TempDir())
	for name, end := range map[string]func(*Pending) error{"commit": (*Pending).Commit, "discard": func(p *Pending) error { p.Discard(); return nil }} {
		p, err := Begin(fed, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(p.Reserve(10), end(p)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := p.Commit(); err == nil || !strings.Contains(err.Error(), "committed or discarded already") {
			t.Errorf("a commit after %s: %v", name, err)
		}
		if _, err := p.f.Stat(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s left the pipe open", name)
		}
		if _, err := os.Stat(fed); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := errors.Join(syncDir(dir), syncDir(filepath.Join(dir, "none"))); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder to flush: %v", err)
	}
	if err := Write("/dev/full", []byte("x"), Options{}); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a full device: %v", err)
	}
}

// TestReaders meet the old content or the new, whole, however many writers there are.
func TestReaders(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f")
	versions := []string{strings.Repeat("a", 5000), strings.Repeat("b", 9000), strings.Repeat("c", 100)}
	put(t, path, versions[0], 0o600)
	var writers, readers sync.WaitGroup
	done := make(chan struct{})
	for _, text := range versions {
		writers.Go(func() {
			for range 100 {
				if err := Write(path, []byte(text), Options{NoSync: true}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if s := content(t, path); s != versions[0] && s != versions[1] && s != versions[2] {
					t.Errorf("a reader met %d bytes", len(s))
				}
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
}

// TestReserve: the room is there, and leaves no trace in the content.
func TestReserve(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f")
	p, err := Begin(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Reserve(1 << 16); err != nil {
		t.Fatal(err)
	}
	if info, err := p.f.Stat(); err != nil || info.Size() != 1<<16 {
		t.Errorf("%v, %v", info.Size(), err)
	}
	if _, err := p.Write([]byte("short")); err != nil {
		t.Fatal(err)
	}
	if err := p.Commit(); err != nil || content(t, path) != "short" {
		t.Errorf("%v %q", err, content(t, path))
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, n := range []int64{3, 5, 8, 6} { // a file that has more stays as long
		if err := grow(f, n); err != nil || content(t, path) != "short"+strings.Repeat("\x00", int(max(n, int64(len(content(t, path))))-5)) {
			t.Errorf("%d: %v, %q", n, err, content(t, path))
		}
	}
	if content(t, path) != "short\x00\x00\x00" {
		t.Errorf("%q", content(t, path))
	}
}

// TestInPlace: where a file cannot be renamed over it is rewritten; longer and shorter content is whole, and while it is
// rewritten the whole of it lies under the recovery name.
func TestInPlace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, keep := filepath.Join(dir, "f"), filepath.Join(dir, "f.inplace")
	put(t, path, "old content", 0o600)
	before, _ := os.Stat(path)
	for _, text := range []string{strings.Repeat("longer ", 2000), "short"} {
		p, err := Begin(path, Options{Recovery: keep})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = p.Write([]byte(text))
		if err := p.settle(); err != nil {
			t.Fatal(err)
		}
		p.f.Close()
		if err := p.inPlace(p.f.Name()); err != nil {
			t.Fatal(err)
		}
		after, _ := os.Stat(path)
		if content(t, path) != text || !os.SameFile(before, after) {
			t.Errorf("%.20q, the same file %v", content(t, path), os.SameFile(before, after))
		}
	}
	if _, err := os.Stat(keep); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the recovery file: %v", err)
	}
	if torn, err := Overwrite(filepath.Join(dir, "none"), nil); err == nil || torn {
		t.Errorf("no file: %v %v", torn, err)
	}
}

// TestMissingFolder says which, and leaves nothing.
func TestMissingFolder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "no", "f")
	if err := Write(path, bytes.Repeat([]byte("x"), 10), Options{}); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "no") {
		t.Errorf("%v", err)
	}
}

// TestOwner: what root replaces stays its owner's, and a new file goes to whom it is said to. The words for an owner have a number at least.
func TestOwner(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root has files of others")
	}
	dir := t.TempDir()
	path, beside := filepath.Join(dir, "f"), filepath.Join(dir, "g")
	put(t, path, "old", 0o600)
	if info, err := os.Stat(path); err != nil || !Roots(info) || OwnerName(info) != "user root (0)" || Foreign(info) || Names(info) != 1 {
		t.Errorf("%v: %s, of root %v, foreign %v", err, OwnerName(info), Roots(info), Foreign(info))
	}
	if err := os.Chown(path, 54321, 54322); err != nil {
		t.Skip(err)
	}
	if err := Write(path, []byte("new"), Options{}); err != nil {
		t.Fatal(err)
	}
	like, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(beside, []byte("new"), Options{Owner: like}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, beside} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if st, ok := info.Sys().(*syscall.Stat_t); !ok || st.Uid != 54321 || st.Gid != 54322 || Roots(info) || OwnerName(info) != "user 54321" {
			t.Errorf("%s: %+v, %s", name, st, OwnerName(info))
		}
	}
}

// TestTorn: an error before the first byte leaves the old content, and the new one is not left beside it; where the target cannot be opened
// nothing is said to be torn.
func TestTorn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	put(t, real, "old", 0o600)
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	if torn, err := Overwrite(link, []byte("new")); torn || !errors.Is(err, syscall.ELOOP) || content(t, real) != "old" {
		t.Errorf("a link: %v, %v, %q", torn, err, content(t, real))
	}
	for _, o := range []Options{{}, {Recovery: filepath.Join(dir, "keep")}} {
		p, err := Begin(real, o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Write([]byte("new")); err != nil || p.Name() != real {
			t.Fatalf("%v, %s", err, p.Name())
		}
		p.target = link
		if err := p.inPlace(p.f.Name()); !errors.Is(err, syscall.ELOOP) {
			t.Errorf("%v", err)
		}
		p.f.Close()
		if err := p.inPlace(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("no new content: %v", err)
		}
	}
	if all, err := os.ReadDir(dir); err != nil || len(all) != 2 || content(t, real) != "old" {
		t.Errorf("%v, %v, %q", all, err, content(t, real))
	}
}
