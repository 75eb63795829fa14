package spawn

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"
)

// TestMain lets the test binary be the program that is measured.
func TestMain(m *testing.M) {
	switch os.Getenv("SPAWN") {
	case "cat":
		_, _ = io.Copy(os.Stdout, os.Stdin)
	case "fail":
		os.Exit(3)
	case "hang":
		time.Sleep(time.Minute)
	default:
		os.Exit(m.Run())
	}
}

func self(what string) Job {
	return Job{Args: []string{os.Args[0]}, Env: append(os.Environ(), "SPAWN="+what)}
}

// TestPattern: the text is whole lines of UTF-8, all different, the same however it is read, and as long as was asked for.
func TestPattern(t *testing.T) {
	t.Parallel()
	const size = int64(3*blockLines*lineSize + lineSize + 1)
	whole, err := io.ReadAll(newPattern(size))
	if err != nil || int64(len(whole)) != size-1 || !utf8.Valid(whole) {
		t.Fatalf("%d bytes, %v", len(whole), err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(whole)) {
		seen[line] = true
	}
	if len(seen) != 3*blockLines+1 {
		t.Errorf("%d different lines", len(seen))
	}
	again, err := io.ReadAll(iotest.HalfReader(newPattern(size)))
	if err != nil || !bytes.Equal(again, whole) {
		t.Errorf("read in other pieces it differs, %v", err)
	}
}

func TestOnce(t *testing.T) {
	t.Parallel()
	j := self("cat")
	j.Stdin, j.Sum = 1<<20, true
	s, err := once(j)
	if err != nil || s.In != s.Out || s.Bytes != 1<<20-1<<20%int64(lineSize) || s.Wall < s.First || s.First <= 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	j := self("fail")
	j.MayFail = true
	if s, err := once(j); err != nil || s.Code != 3 {
		t.Errorf("%+v, %v", s, err)
	}
	j.MayFail = false
	if _, err := once(j); err == nil {
		t.Error("an exit code that may not be is no error")
	}
	j = self("hang")
	j.Timeout, j.MayFail = 50*time.Millisecond, true
	if s, err := once(j); err == nil || s.Wall > 30*time.Second {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestServe speaks to the launcher as compare does.
func TestServe(t *testing.T) {
	t.Parallel()
	crowd := self("cat")
	crowd.Procs, crowd.Stdin = 3, 100
	var in, out bytes.Buffer
	enc := json.NewEncoder(&in)
	for _, j := range []Job{crowd, {Args: []string{"/nowhere"}}} {
		if err := enc.Encode(j); err != nil {
			t.Fatal(err)
		}
	}
	if err := Serve(&in, &out); err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(&out)
	var first, second Report
	if err := dec.Decode(&first); err != nil || first.Failed != "" || first.Sample.Bytes != 3*int64(lineSize) {
		t.Errorf("%+v, %v", first, err)
	}
	if err := dec.Decode(&second); err != nil || second.Failed == "" {
		t.Errorf("%+v, %v", second, err)
	}
}
