package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
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
		{"fine": end(true, true, "first"), "failed": end(false, true, "first"), "busy": end(false, false, "first"), "twice": end(true, true, "first"), "worse": end(false, true, "first")},
		{"failed": end(true, true, "second"), "busy": end(false, true, `a "out": `+outMember), "twice": end(true, true, "second"), "worse": end(false, false, "second")},
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
		"fine":   {State{Final: true, OK: true}, "first"},
		"failed": {State{Final: true, OK: true}, "second"},
		"busy":   {State{Final: true}, `a "out": ` + outMember},
		"twice":  {State{Final: true, OK: true}, "first"},
		"worse":  {State{Final: true}, "first"},
		"open":   {State: State{Open: true}},
		"never":  {},
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
	if j.Twice != 1 || j.Torn != 0 || j.Cost.FloatString(2) != "2.25" || j.Finals() != 5 {
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
	names, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil || len(names) != 1 {
		t.Errorf("%d segments, %v", len(names), err)
	}
}
