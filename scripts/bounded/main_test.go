package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRun: a test that hangs is named and ended with its children; one that waits for its turn or its subtests is not.
func TestRun(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body, says, not string
		hangs           string
	}{
		"hangs":    {`func TestHangs(t *testing.T) { t.Parallel(); select {} }; func TestFine(t *testing.T) { t.Parallel() }`, "SIGQUIT: quit", "TestFine", "stuck TestHangs does not end"},
		"subtest":  {`func TestOuter(t *testing.T) { t.Run("inner", func(*testing.T) { select {} }) }`, "SIGQUIT: quit", "", "stuck TestOuter/inner does not end"},
		"children": {`func TestChild(t *testing.T) { _ = exec.Command("sleep", "100").Run(); select {} }`, "FAIL", "", "stuck TestChild does not end"},
		"fine":     {`func TestA(t *testing.T) { t.Log("quiet") }`, "ok  \tstuck", "quiet", ""},
		"fails":    {`func TestA(t *testing.T) { t.Log("loud"); t.Fail() }`, "loud", "", "exit status 1"},
		"no Go":    {`func`, "expected 'IDENT'", "", "exit status 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for file, text := range map[string]string{
				"go.mod": "module stuck\n\ngo 1.26\n", "a.go": "package stuck\n",
				"a_test.go": "package stuck\n\nimport (\n\"os/exec\"\n\"testing\"\n)\n\nvar _ = exec.Command\n\n" + c.body + "\n",
			} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var out strings.Builder
			ctx, cancel := context.WithTimeout(t.Context(), 55*time.Second)
			defer cancel()
			err := run(ctx, []string{"go", "-C", dir, "test", "-count=1", "."}, &out, func() time.Duration { return 3 * time.Second })
			if (err == nil) != (c.hangs == "") || err != nil && !strings.Contains(err.Error(), c.hangs) {
				t.Errorf("%v, want %q", err, c.hangs)
			}
			if !strings.Contains(out.String(), c.says) || c.not != "" && strings.Contains(out.String(), "--- FAIL: "+c.not) {
				t.Errorf("it says %s", &out)
			}
		})
	}
}

// TestSlashes: a subtest whose name has a / of its own leaves nothing behind that would count as silent.
func TestSlashes(t *testing.T) {
	t.Parallel()
	all := tests{heard: map[string]time.Time{}, waits: map[string]bool{}, said: map[string][]string{}}
	for _, e := range []event{
		{"start", "p", "", ""},
		{"run", "p", "TestA", ""},
		{"run", "p", "TestA//dev/zero", ""},
		{"pass", "p", "TestA//dev/zero", ""},
	} {
		all.take(e, io.Discard)
	}
	if len(all.heard) != 2 {
		t.Errorf("still heard of: %v", all.heard)
	}
	for _, e := range []event{{"pass", "p", "TestA", ""}, {"pass", "p", "", ""}} {
		all.take(e, io.Discard)
	}
	if name := all.silent(0); name != "" {
		t.Errorf("%q is silent after the end", name)
	}
}
