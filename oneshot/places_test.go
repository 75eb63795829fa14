package oneshot

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hermes/oneshot/output"
)

// TestSamePlace: two names of one descriptor or file, also of one that is not there yet.
func TestSamePlace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(
		os.WriteFile(at("a"), nil, 0o600), os.Link(at("a"), at("hard")), os.Symlink("a", at("soft")), os.Mkdir(at("sub"), 0o700),
		os.Symlink("sub", at("other")), os.WriteFile(at("b"), nil, 0o600),
	); err != nil {
		t.Skip(err) // no links here
	}
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{"-", "fd:1", true},
		{"/dev/stdout", "/dev/fd/1", true},
		{"fd:3", "/dev/fd/3", true},
		{at("a"), at("hard"), true},
		{at("a"), at("soft"), true},
		{at("a"), at("b"), false},
		{at("a"), at("new"), false},
		{at("sub/new"), at("other/new"), true},
		{at("sub/new"), at("sub/newer"), false},
		{at("no/such"), at("no/such"), true},
		{os.DevNull, os.DevNull, false},
	} {
		if got := placeOf("a", tc.a).same(placeOf("b", tc.b)); got != tc.want {
			t.Errorf("%s and %s: %v", tc.a, tc.b, got)
		}
	}
}

// TestUsageReport: a file is written before the end and again when another end came of it; stdout when all is over.
func TestUsageReport(t *testing.T) {
	t.Parallel()
	if (&Flags{}).UsageReport(nil, nil) != nil {
		t.Error("a report that nobody asked for")
	}
	var written []string
	replace := func(name string, data []byte) error {
		written = append(written, name)
		if len(written) == 3 {
			return &fs.PathError{Op: "open", Path: ".u.tmp-1", Err: fs.ErrPermission}
		}
		return nil
	}
	report := (&Flags{UsageFile: "u"}).UsageReport(nil, replace)
	for i, step := range []struct {
		code, writes int
		over         bool
	}{{0, 1, false}, {0, 1, true}, {74, 2, true}} {
		if err := report(output.RunEnd{ExitCode: step.code}, "r", step.over); err != nil || len(written) != step.writes {
			t.Errorf("step %d: %v, %d writes", i, err, len(written))
		}
	}
	err := report(output.RunEnd{}, "r", false)
	if w, ok := errors.AsType[*output.WriteError](err); !ok || w.Error() != "cannot write u: permission denied" {
		t.Error(err)
	}
	var out bytes.Buffer
	report = (&Flags{UsageFile: "-"}).UsageReport(&out, replace)
	_ = report(output.RunEnd{ExitCode: 5}, "r", false)
	if out.Len() > 0 {
		t.Error("stdout is written too early")
	}
	if err := report(output.RunEnd{Status: output.StatusOK}, "r", true); err != nil || !strings.Contains(out.String(), `"completed": true`) {
		t.Errorf("%v: %s", err, out.String())
	}
}
