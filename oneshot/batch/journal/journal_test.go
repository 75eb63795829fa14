package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func all(Key) bool { return true }

func open(t *testing.T, dir string, mine func(Key) bool) *Journal {
	t.Helper()
	j, err := Open(dir, "", mine)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func key(s string) (k Key) {
	copy(k[:], s)
	return k
}

// TestLater: what one process noted the next one finds, and of several ends the right one.
func TestLater(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "j")
	cost := "0.25"
	end := func(ok, final bool, result string) End { return End{OK: ok, Final: final, Cost: &cost, Result: result} }
	rounds := []map[string]End{
		{
			"fine": end(true, true, "first"), "failed": end(false, true, "first"), "busy": end(false, false, "first"), "twice": end(true, true, "first"), "worse": end(false, true, "first"),
			"late": end(true, true, "first"), "limited": end(false, false, "first"),
		},
		{"failed": end(true, true, "second"), "busy": end(false, true, `a "out": `+outMember), "twice": end(true, true, "second"), "worse": end(false, false, "second"), "late": end(false, true, "second")},
	}
	for _, round := range rounds {
		j := open(t, dir, all)
		for name, e := range round {
			if err := errors.Join(j.Start(key(name)), j.End(key(name), e)); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(j.Start(key("open")), j.Close()); err != nil {
			t.Fatal(err)
		}
	}
	j := open(t, dir, all)
	defer j.Close()
	for name, want := range map[string]struct {
		State
		result string
	}{
		"fine":    {State{Final: true, OK: true}, "first"},
		"failed":  {State{Final: true, OK: true}, "second"},
		"busy":    {State{Final: true}, `a "out": ` + outMember},
		"twice":   {State{Final: true, OK: true}, "first"},
		"worse":   {State{Final: true}, "first"},
		"late":    {State{Final: true, OK: true}, "first"},
		"open":    {State: State{Open: true}},
		"limited": {},
		"never":   {},
	} {
		if s := j.State(key(name)); s != want.State {
			t.Errorf("%s: %+v", name, s)
		}
		if want.result == "" {
			continue
		}
		raw, err := j.Result(key(name))
		var got string
		if err := errors.Join(err, json.Unmarshal(raw, &got)); err != nil || got != want.result {
			t.Errorf("%s: %v %q", name, err, raw)
		}
	}
	if j.Twice != 1 || j.Torn != 0 || j.Cost.FloatString(2) != "3.00" || j.Finals() != 6 {
		t.Errorf("twice %d, torn %d, cost %s, finals %d", j.Twice, j.Torn, j.Cost.FloatString(2), j.Finals())
	}
	other := key("fine")
	other[15] = 1 // the half that is in memory is the same
	if raw, err := j.Result(other); raw != nil || err != nil {
		t.Errorf("the end of another row: %q, %v", raw, err)
	}
}

// TestTorn: a segment that was cut anywhere is read up to the line before, and what follows in other segments is not lost.
func TestTorn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir, all)
	for _, name := range []string{"a", "b"} {
		if err := errors.Join(j.Start(key(name)), j.End(key(name), End{OK: true, Final: true, Result: strings.Repeat("x", 100_000)})); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	whole, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	for cut := len(whole); cut > 0; cut -= 1 + cut/37 {
		if err := os.WriteFile(names[0], whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		j := open(t, dir, all)
		torn := 0
		if whole[cut-1] != '\n' {
			torn = 1
		}
		ends := int64(strings.Count(string(whole[:cut]), "}\n"))
		if ends -= starts(whole[:cut]); j.Torn != torn || j.Finals() != ends {
			t.Errorf("cut at %d of %d: torn %d, finals %d, want %d and %d", cut, len(whole), j.Torn, j.Finals(), torn, ends)
		}
		j.Close()
	}
	if err := os.WriteFile(names[0], append([]byte("{\"v\":1,\"t\":\"end\",\"row\":\"zz\"}\nnonsense\n"), whole...), 0o600); err != nil {
		t.Fatal(err)
	}
	j = open(t, dir, all)
	defer j.Close()
	if j.Torn != 2 || j.Finals() != 2 {
		t.Errorf("two bad lines: torn %d, finals %d", j.Torn, j.Finals())
	}
}

// starts counts the whole lines of starts.
func starts(segment []byte) int64 {
	var n int64
	for line := range bytes.Lines(segment) {
		if bytes.Contains(line, []byte(`"start"`)) && bytes.HasSuffix(line, []byte("\n")) {
			n++
		}
	}
	return n
}

// TestParts: rows of another part take no memory, two processes do not work on one part, and one that only reads leaves no file.
func TestParts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := open(t, dir, all)
	if err := errors.Join(j.Start(key("a")), j.End(key("a"), End{OK: true, Final: true}), j.End(key("b"), End{OK: true, Final: true})); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, "", all); runtime.GOOS != "windows" && !errors.Is(err, ErrBusy) {
		t.Errorf("a second process: %v", err)
	}
	if _, err := Open(dir, "1-of-2", all); runtime.GOOS != "windows" && !errors.Is(err, ErrBusy) {
		t.Errorf("a part beside the whole: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	one, err := Open(dir, "0-of-2", all)
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	other, err := Open(dir, "1-of-2", func(k Key) bool { return k == key("b") })
	if err != nil || len(other.index) != 1 || !other.State(key("b")).OK {
		t.Fatalf("%v, %d rows", err, len(other.index))
	}
	if _, err := Open(dir, "1-of-2", all); runtime.GOOS != "windows" && !errors.Is(err, ErrBusy) {
		t.Errorf("a part twice: %v", err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if err := j.Start(key("c")); err == nil {
		t.Error("a closed journal takes a line")
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) != 4 || filepath.Base(names[0]) != "0-of-2.lock" || filepath.Base(names[1]) != "1-of-2.lock" || filepath.Base(names[3]) != "batch.lock" {
		t.Errorf("beside one segment and three locks: %q, %v", names, err)
	}
}

// TestSpoiled: a journal that cannot be read, or no longer written, is an error and no empty journal.
func TestSpoiled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(file, "j"), "", all); err == nil {
		t.Error("a journal below a file")
	}
	if err := os.MkdirAll(filepath.Join(dir, "j", "folder"+suffix), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(dir, "j"), "", all); err == nil || !strings.Contains(err.Error(), "folder"+suffix) {
		t.Errorf("a folder in the place of a segment: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "j", "folder"+suffix)); err != nil {
		t.Fatal(err)
	}
	j := open(t, filepath.Join(dir, "j"), all) // the one that failed has given its lock back
	if raw, err := j.Result(key("never")); raw != nil || err != nil {
		t.Errorf("a row that is not there: %q, %v", raw, err)
	}
	if err := j.End(key("a"), End{Result: func() {}}); err == nil {
		t.Error("a result that is no JSON is noted")
	}
	if err := os.RemoveAll(filepath.Join(dir, "j")); err != nil {
		t.Fatal(err)
	}
	err := j.Start(key("a"))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder any more: %v", err)
	}
	if again := j.End(key("a"), End{}); !errors.Is(again, err) || !errors.Is(j.Close(), err) {
		t.Errorf("the first error does not stand: %v", again)
	}
}

// TestChanged: a result that is not there any more is an error, which names the segment.
func TestChanged(t *testing.T) {
	t.Parallel()
	for says, change := range map[string]func(segment string) error{
		"the journal has changed": func(segment string) error { return os.Truncate(segment, 70) },
		"open ":                   os.Remove,
	} {
		dir := t.TempDir()
		j := open(t, dir, all)
		if err := errors.Join(j.Start(key("a")), j.End(key("a"), End{OK: true, Final: true, Result: "x"}), j.Close()); err != nil {
			t.Fatal(err)
		}
		j = open(t, dir, all)
		if err := change(j.names[0]); err != nil {
			t.Fatal(err)
		}
		if raw, err := j.Result(key("a")); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), j.names[0]) {
			t.Errorf("%s: %q, %v", says, raw, err)
		}
		j.Close()
	}
}

// TestManySegments: the results of a batch that began again and again are all found.
func TestManySegments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const rounds = 40
	for i := range rounds {
		j := open(t, dir, all)
		if err := errors.Join(j.Start(key(string(rune('A'+i)))), j.End(key(string(rune('A'+i))), End{OK: true, Final: true, Result: i}), j.Close()); err != nil {
			t.Fatal(err)
		}
	}
	j := open(t, dir, all)
	defer j.Close()
	for i := range rounds {
		if raw, err := j.Result(key(string(rune('A' + i)))); err != nil || string(raw) != strconv.Itoa(i) {
			t.Errorf("%d: %q, %v", i, raw, err)
		}
	}
}

// TestFlushed: lines are not kept back for long: the disk has them after a second, and after 64 ends at once.
func TestFlushed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := open(t, t.TempDir(), all)
		defer j.Close()
		waits := func() bool {
			synctest.Wait()
			j.mu.Lock()
			defer j.mu.Unlock()
			return j.timer != nil || j.busy || j.due
		}
		if err := j.Start(key("a")); err != nil {
			t.Fatal(err)
		}
		if time.Sleep(syncAfter - time.Nanosecond); !waits() {
			t.Error("flushed too early")
		}
		if time.Sleep(time.Nanosecond); waits() {
			t.Error("after a second a line waits")
		}
		for range syncEnds {
			if err := j.End(key("a"), End{}); err != nil {
				t.Fatal(err)
			}
		}
		if waits() {
			t.Error("64 ends wait")
		}
	})
}
