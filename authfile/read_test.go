//go:build unix

package authfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestSnapshot(t *testing.T) {
	home := homeWith(t, storeText(t, "AT-0", "RT-0", time.Minute))
	sn, err := Open(home, Options{}).Read()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(sn.IDs(), " "); got != "openai-codex xai-oauth nous minimax-oauth" {
		t.Errorf("IDs %s", got)
	}
	if sn.Active() != testID || sn.PoolCount(testID) != 1 || sn.PoolCount("copilot") != 0 {
		t.Errorf("active %q, %d rows", sn.Active(), sn.PoolCount(testID))
	}
	e, ok := sn.Entry(testID)
	if !ok || e.Provider != testID || e.Region != "global" || e.TokenType != "Bearer" || e.ResourceURL != nil || e.ExpiresIn != 899 {
		t.Errorf("entry %+v", struct{ Entry }{e})
	}
	if _, ok := sn.Entry("copilot"); ok {
		t.Error("an entry that is not there")
	}
	quarantine, _ := goldenEntry(t, "07-quarantined-invalid-grant/auth.json")
	if l := quarantine.LastError; quarantine.LoggedIn() || l == nil || l.Code != "refresh_failed" || !l.ReloginRequired || l.At != "2026-11-23T15:31:23.699341+00:00" {
		t.Errorf("last error %+v", l)
	}
}

func TestReadMissing(t *testing.T) {
	for _, home := range []string{t.TempDir(), filepath.Join(t.TempDir(), "not", "there")} {
		sn, err := Open(home, Options{}).Read()
		if err != nil || len(sn.IDs()) != 0 || sn.Active() != "" || sn.PoolCount("x") != 0 {
			t.Errorf("%v %v", sn, err)
		}
		_, _, err = Open(home, Options{}).Renew(t.Context(), testID, "", Exchange{})
		if classOf(err) != "not_logged_in" {
			t.Errorf("renew: %v", err)
		}
		if names, _ := os.ReadDir(home); len(names) != 0 {
			t.Errorf("made %v", names)
		}
	}
}

// Case 27: what is no store is an error that names the file and the byte, at
// once or after three readings, and stays as it is; nothing is sent.
func TestBrokenStores(t *testing.T) {
	whole := read(t, golden+"01-auth-add/auth.json")
	cases := map[string]string{
		"empty": "", "blank": " \n", "NUL": "\x00\x00\x00", "NUL tail": whole + "\x00", "null": "null", "array": "[]", "string": `"x"`, "number": "7",
		"text": "hello", "invalid UTF-8": `{"providers":{"x":"` + "\xff\xfe" + `"}}`, "two documents": "{}{}",
		"providers twice": `{"providers":{},"providers":{}}`, "login twice": `{"providers":{"minimax-oauth":{},"minimax-oauth":{}}}`,
		"provider twice": `{"providers":{"minimax-oauth":{}},"active_provider":"a","active_provider":null}`,
		"deep":           `{"a":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`,
		"very deep":      strings.Repeat(`{"a":`, 1_000_000),
		"large":          `{"a":"` + strings.Repeat("x", maxStore) + `"}`,
		"UTF-16":         "\xff\xfe{\x00}\x00",
	}
	for i := 1; i < len(whole)-2; i += 97 {
		cases[fmt.Sprintf("cut at %d", i)] = whole[:i]
	}
	for name, content := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := homeWith(t, "")
			path := filepath.Join(home, StoreName)
			write(t, path, content)
			s := Open(home, Options{})
			_, _, err := s.Renew(t.Context(), testID, "", Exchange{}) // a nil Post would panic
			if classOf(err) != "config" || !strings.Contains(err.Error(), path) {
				t.Errorf("renew: %v", err)
			}
			if _, err := s.Read(); err != nil && len(err.Error()) > 500 {
				t.Errorf("read: %v", err)
			}
			if err := s.Save(t.Context(), loginEntry("A", "R")); classOf(err) != "config" {
				t.Errorf("save: %v", err)
			}
			if _, err := s.Remove(t.Context(), testID); classOf(err) != "config" {
				t.Errorf("remove: %v", err)
			}
			if got := read(t, path); got != content {
				t.Errorf("changed: %d bytes", len(got))
			}
		})
	}
}

// Case 27: what is no file neither hangs nor grows.
func TestNotAFile(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"pipe":       func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"folder":     func(path string) error { return os.Mkdir(path, 0o700) },
		"/dev/zero":  func(path string) error { return os.Symlink("/dev/zero", path) },
		"/dev/null":  func(path string) error { return os.Symlink("/dev/null", path) },
		"dangling":   func(path string) error { return os.Symlink("nowhere", path) },
		"loop":       func(path string) error { return os.Symlink(filepath.Base(path), path) },
		"no access":  func(path string) error { return os.Symlink("/proc/1/mem", path) },
		"below file": func(path string) error { return os.Symlink("/etc/passwd/x", path) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := homeWith(t, "")
			if err := make(filepath.Join(home, StoreName)); err != nil {
				t.Fatal(err)
			}
			s := Open(home, Options{})
			class := "config"
			if name == "no access" { // to open it; what is inside is another matter
				class = "io"
			}
			if _, err := s.Read(); classOf(err) != class || !strings.Contains(err.Error(), home) {
				t.Errorf("read: %v", err)
			}
			if err := s.Save(t.Context(), loginEntry("A", "R")); err == nil {
				t.Error("saved")
			}
			if len(s.Facts()) == 0 {
				t.Error("no facts")
			}
		})
	}
}

// A pipe that somebody writes to does not hang either.
func TestPipeWithWriter(t *testing.T) {
	home := homeWith(t, "")
	path := filepath.Join(home, StoreName)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := Open(home, Options{}).Read(); classOf(err) != "config" {
		t.Errorf("read: %v", err)
	}
}

// Case 28: a foreign writer that truncates and writes in place is not seen.
func TestForeignWriterInPlace(t *testing.T) {
	home := homeWith(t, storeText(t, "AT-0", "RT-0", time.Hour))
	path := filepath.Join(home, StoreName)
	content := []byte(read(t, path))
	var longest time.Duration
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				began := time.Now()
				_ = os.WriteFile(path, content, 0o600)
				longest = max(longest, time.Since(began))
			}
		}
	}()
	s := Open(home, Options{})
	var failed error
	for range 5000 {
		if e, _, err := s.Renew(t.Context(), testID, "", Exchange{}); err != nil || e.AccessToken != "AT-0" {
			failed = fmt.Errorf("token %q: %w", e.AccessToken, err)
		}
	}
	close(stop)
	<-done
	if failed != nil && longest < 50*time.Millisecond { // a writer that the system put to sleep half-way is another matter
		t.Error(failed)
	}
}

func TestTimes(t *testing.T) {
	for text, want := range map[string]string{
		`"2026-05-11T10:00:00+00:00"`:        "2026-05-11T10:00:00+00:00",
		`"2026-05-11T10:00:00.123456+00:00"`: "2026-05-11T10:00:00.123456+00:00",
		`"2026-05-11T12:00:00.5+02:00"`:      "2026-05-11T10:00:00.500000+00:00",
		`"2026-05-11 10:00:00Z"`:             "2026-05-11T10:00:00+00:00",
		`1778493600`:                         "2026-05-11T10:00:00+00:00",
		`1778493600.25`:                      "2026-05-11T10:00:00.250000+00:00",
		`1778493600000`:                      "2026-05-11T10:00:00+00:00",
		`-1`:                                 "", `1e300`: "", `null`: "", `true`: "", `"soon"`: "", `""`: "", `{}`: "", `"58374-01-01T00:00:00+00:00"`: "",
	} {
		sn, err := parse(place{}, []byte(`{"providers":{"x":{"access_token":"A","expires_at":`+text+`}}}`))
		if err != nil {
			t.Fatal(err)
		}
		e, _ := sn.Entry("x")
		got := ""
		if !e.ExpiresAt.IsZero() {
			got = formatTime(e.ExpiresAt)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	if local := parseTime("2026-05-11T10:00:00"); !local.Equal(time.Date(2026, 5, 11, 10, 0, 0, 0, time.Local)) {
		t.Errorf("without offset: %v", local)
	}
}

// Case 32: odd clocks never cause a renewal by themselves, and never a loop.
func TestFresh(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		obtained, expires time.Duration
		life              int64
		zero, want        bool
	}{
		"long":                     {-time.Minute, 14 * time.Minute, 900, false, true},
		"61 s left":                {-time.Minute, 61 * time.Second, 900, false, true},
		"60 s left":                {-time.Minute, 60 * time.Second, 900, false, false},
		"gone":                     {-time.Hour, -time.Minute, 900, false, false},
		"1970":                     {-time.Hour, -now.Sub(time.Unix(0, 0)), 900, false, false},
		"short life":               {0, 16 * time.Second, 60, false, true},
		"short life, near the end": {0, 15 * time.Second, 60, false, false},
		"no expiry":                {0, 0, 0, true, true},
		"ten years":                {0, 87600 * time.Hour, 900, false, true},
		"clock went back 4 h":      {4 * time.Hour, 4*time.Hour + 900*time.Second, 900, false, true},
		"clock went on 1 y":        {-8760 * time.Hour, -8759 * time.Hour, 900, false, false},
		"life below zero":          {0, 2 * time.Minute, -5, false, true},
		"life 10^12":               {0, 2 * time.Minute, 1e12, false, true},
	} {
		e := Entry{AccessToken: "A", ObtainedAt: now.Add(tc.obtained), ExpiresAt: now.Add(tc.expires), ExpiresIn: tc.life}
		if tc.zero {
			e.ObtainedAt, e.ExpiresAt = time.Time{}, time.Time{}
		}
		if got := e.Fresh(now); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if (Entry{ExpiresAt: now.Add(time.Hour)}).Fresh(now) {
		t.Error("fresh without a token")
	}
}

// No way to print an entry shows its tokens.
func TestEntryPrintsNoToken(t *testing.T) {
	e := loginEntry("SECRET-AT", "SECRET-RT")
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "entry", e)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "entry", e)
	text := fmt.Sprintf("%v %+v %#v %s %q", e, e, e, e, e) + fmt.Sprint([]Entry{e}, &e, map[string]Entry{"a": e}) + log.String()
	if strings.Contains(text, "SECRET") {
		t.Error(text)
	}
}

func FuzzExpiry(f *testing.F) {
	for _, seed := range []string{`"2026-05-11T10:00:00+00:00"`, `1778493600`, `1e300`, `-0`, `"0000-01-01T00:00:00+23:59"`, `"9999-12-31T23:59:59-23:59"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		sn, err := parse(place{}, []byte(`{"providers":{"x":{"access_token":"A","expires_in":`+value+`,"expires_at":`+value+`}}}`))
		if err != nil {
			return
		}
		e, _ := sn.Entry("x")
		_ = e.Fresh(time.Now())
		if e.ExpiresAt.IsZero() {
			return
		}
		if again := parseTime(formatTime(e.ExpiresAt)); !again.Equal(e.ExpiresAt.Truncate(time.Microsecond)) {
			t.Errorf("%s: %v became %v", value, e.ExpiresAt, again)
		}
	})
}

// FuzzRead: nothing panics, and what is read is what encoding/json reads.
func FuzzRead(f *testing.F) {
	f.Add([]byte(read2(golden + "08-many-providers-before/auth.json")))
	f.Add([]byte(`{"providers":{"minimax-oauth":{"access_token":"\u0041\ud83d\ude00"}},"active_provider":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		sn, err := parse(place{}, data)
		if err != nil {
			return
		}
		var doc map[string]json.RawMessage
		if err := json.Unmarshal(bytes.TrimPrefix(data, []byte(byteOrderMark)), &doc); err != nil {
			t.Fatalf("accepted %q: %v", data, err)
		}
		e, found, twice := sn.entry(testID)
		_, _, _ = sn.IDs(), sn.Active(), sn.PoolCount(testID)
		var all map[string]json.RawMessage
		var block map[string]any
		_ = json.Unmarshal(doc["providers"], &all) // wrong shapes have no entry
		_ = json.Unmarshal(all[testID], &block)
		want, _ := block["access_token"].(string)
		if found && twice == "" && e.AccessToken != want && !strings.Contains(want, "\ufffd") {
			t.Errorf("token %q, want %q", e.AccessToken, want)
		}
	})
}

func read2(path string) []byte {
	data, _ := os.ReadFile(path) // an empty seed does no harm
	return data
}

// The path of a fresh token: one open, one read, one stat.
func BenchmarkFreshToken(b *testing.B) {
	home := b.TempDir()
	e := loginEntry("AT", "RT")
	s := Open(home, Options{})
	if err := s.Save(b.Context(), e); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := s.Renew(b.Context(), testID, "", Exchange{}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestTooDeep: brackets count outside of texts, and what was closed does not.
func TestTooDeep(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", maxNesting)
	for data, want := range map[string]int{
		"": -1, deep: -1, deep + "{": maxNesting, deep + "]{": -1, `"` + deep + `[["`: -1, `"ab` + deep + `\"[["`: -1, `"a\\"` + deep + "[": maxNesting + 5,
		strings.Repeat("{}", 2*maxNesting): -1, `"a"` + deep + "[": maxNesting + 3,
	} {
		if got := tooDeep([]byte(data)); got != want {
			t.Errorf("%.20q and so on, %d bytes: %d, want %d", data, len(data), got, want)
		}
	}
}
