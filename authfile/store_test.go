package authfile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// home copies a golden store into a folder of its own.
func home(t *testing.T, golden string) string {
	t.Helper()
	dir := t.TempDir()
	if golden == "" {
		return dir
	}
	data, err := os.ReadFile(filepath.Join("../testdata/golden", golden))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, StoreName), data, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// server is a token server with rotation and reuse detection, as a function.
type server struct {
	mu            sync.Mutex
	live          string
	posts, reuses int
	fail          error
	delay         time.Duration
}

func (s *server) exchange() Exchange {
	return Exchange{
		Post: func(_ context.Context, e Entry) ([]byte, error) {
			time.Sleep(s.delay)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.posts++
			if s.fail != nil {
				return nil, s.fail
			}
			if s.live != "" && e.RefreshToken != s.live {
				s.reuses++
				return nil, &PostError{Outcome: Refused, Code: "refresh_failed", Message: "refresh_token_reused", HTTPStatus: 400}
			}
			s.live = fmt.Sprintf("rt-%d", s.posts)
			return fmt.Appendf(nil, `{"a":"at-%d","r":%q}`, s.posts, s.live), nil
		},
		Parse: func(e Entry, raw []byte, at time.Time) (Entry, error) {
			var a struct{ A, R string }
			if err := json.Unmarshal(raw, &a); err != nil {
				return e, err
			}
			e.AccessToken, e.RefreshToken = a.A, a.R
			e.ObtainedAt, e.ExpiresIn, e.ExpiresAt = at, 900, at.Add(15*time.Minute)
			return e, nil
		},
	}
}

const id = "minimax-oauth"

// TestRenewKeepsForeignBytes: a refresh of a store full of others' logins changes our five fields and updated_at alone.
func TestRenewKeepsForeignBytes(t *testing.T) {
	t.Parallel()
	dir := home(t, "08-many-providers-before/auth.json")
	before, _ := os.ReadFile(filepath.Join(dir, StoreName))
	s, srv := Open(dir, Options{}), &server{}
	e, r, err := s.Renew(t.Context(), id, "FAKE-ACCESS-0011-not-a-real-token", srv.exchange())
	if err != nil || !r.Renewed || e.AccessToken != "at-1" {
		t.Fatalf("%+v %+v %v", e, r, err)
	}
	after, _ := os.ReadFile(filepath.Join(dir, StoreName))
	b, a := strings.Split(string(before), "\n"), strings.Split(string(after), "\n")
	if len(a) != len(b) {
		t.Fatalf("%d lines, were %d", len(a), len(b))
	}
	var changed strings.Builder
	for i := range b {
		if a[i] != b[i] {
			key, _, _ := strings.Cut(strings.TrimSpace(a[i]), ":")
			changed.WriteString(key)
		}
	}
	if want := `"access_token""refresh_token""obtained_at""expires_at""expires_in""updated_at"`; changed.String() != want {
		t.Errorf("changed %s, want %s", changed.String(), want)
	}
	for _, left := range []string{journalName, memoName} {
		if _, err := os.Stat(filepath.Join(dir, left)); err == nil {
			t.Errorf("%s was left behind", left)
		}
	}
}

// TestOneExchange: fifty stores at once, one expired token, one exchange. Cases 1 and 33.
func TestOneExchange(t *testing.T) {
	t.Parallel()
	dir := home(t, "03-login-only/auth.json")
	srv := &server{delay: 50 * time.Millisecond}
	var wg sync.WaitGroup
	var failed atomic.Int32
	for range 50 {
		wg.Go(func() {
			e, _, err := Open(dir, Options{}).Renew(t.Context(), id, "FAKE-ACCESS-0004-not-a-real-token", srv.exchange())
			if err != nil || e.AccessToken != "at-1" {
				failed.Add(1)
			}
		})
	}
	first, _ := Open(dir, Options{}).Read()
	old, _ := first.Entry(id)
	wg.Wait()
	if srv.posts != 1 || srv.reuses != 0 || failed.Load() != 0 {
		t.Errorf("%d exchanges, %d reuses, %d failures (token was %d bytes)", srv.posts, srv.reuses, failed.Load(), len(old.AccessToken))
	}
}

// TestSharedFailure: those who waited for a dead server do not ask it again. Cases 3 and 4.
func TestSharedFailure(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		fail  *PostError
		class string
		most  int
	}{
		{"server error", &PostError{Outcome: Unknown, HTTPStatus: 500}, "server_error", 2},
		{"dead grant", &PostError{Outcome: Refused, Code: "invalid_grant", HTTPStatus: 400}, "reauth_required", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir, srv := home(t, "03-login-only/auth.json"), &server{fail: c.fail, delay: 20 * time.Millisecond}
			snapshot, _ := Open(dir, Options{}).Read()
			e, _ := snapshot.Entry(id)
			var wg sync.WaitGroup
			for range 30 {
				wg.Go(func() {
					_, _, err := Open(dir, Options{}).Renew(t.Context(), id, e.AccessToken, srv.exchange())
					var cl interface{ Class() string }
					if !errors.As(err, &cl) || cl.Class() != c.class {
						t.Errorf("error %v", err)
					}
				})
			}
			wg.Wait()
			if srv.posts > c.most {
				t.Errorf("%d requests", srv.posts)
			}
		})
	}
}

// TestQuarantine: the refused grant goes, with Hermes Agent's own fields; a login that came in between stays.
func TestQuarantine(t *testing.T) {
	t.Parallel()
	dir := home(t, "03-login-only/auth.json")
	s := Open(dir, Options{})
	snapshot, _ := s.Read()
	e, _ := snapshot.Entry(id)
	srv := &server{fail: &PostError{Outcome: Refused, Code: "refresh_failed", Message: "invalid_grant"}}
	if _, _, err := s.Renew(t.Context(), id, e.AccessToken, srv.exchange()); err == nil {
		t.Fatal("no error")
	}
	snapshot, _ = s.Read()
	now, ok := snapshot.Entry(id)
	if !ok || now.LoggedIn() || now.LastError == nil || !now.LastError.ReloginRequired || now.LastError.Reason != "runtime_refresh_failure" || now.Region != "global" {
		t.Errorf("%+v", now.LastError)
	}
	posts := srv.posts
	if _, _, err := s.Renew(t.Context(), id, "", srv.exchange()); err == nil || srv.posts != posts {
		t.Errorf("a second request after the refusal, error %v", err)
	}
}

// TestJournal: what a dead process left is finished without a request (case 12), and a foreign journal is left alone.
func TestJournal(t *testing.T) {
	t.Parallel()
	dir := home(t, "03-login-only/auth.json")
	s, srv := Open(dir, Options{}), &server{}
	snapshot, _ := s.Read()
	e, _ := snapshot.Entry(id)
	h, err := s.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	j, err := h.openJournal(id, e.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.answer([]byte(`{"a":"at-9","r":"rt-9"}`)); err != nil {
		t.Fatal(err)
	}
	j.close()
	h.release()
	got, r, err := s.Renew(t.Context(), id, e.AccessToken, srv.exchange())
	if err != nil || got.AccessToken != "at-9" || !r.Adopted || srv.posts != 0 {
		t.Errorf("%v %+v %v, %d requests", got.AccessToken, r, err, srv.posts)
	}
}

// TestSaveMatchesHermesAgent: a login into an empty home has the shape of golden 01.
func TestSaveMatchesHermesAgent(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "home")
	s := Open(dir, Options{})
	want, err := os.ReadFile("../testdata/golden/01-auth-add/auth.json")
	if err != nil {
		t.Fatal(err)
	}
	e, _ := (&Snapshot{want}).Entry(id)
	if err := s.Save(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(s.Path())
	if g, w := shape(t, got), shape(t, want); g != w {
		t.Errorf("shape\n%s\nwant\n%s", g, w)
	}
	if info, _ := os.Stat(s.Path()); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if out, err := s.Remove(t.Context(), id); err != nil || !out.Block || out.PoolRows != 1 || !out.Active {
		t.Errorf("%+v %v", out, err)
	}
}

// shape is the document with what differs from login to login left out.
func shape(t *testing.T, data []byte) string {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	delete(doc, "updated_at")
	row := doc["credential_pool"].(map[string]any)[id].([]any)[0].(map[string]any)
	delete(row, "id")
	out, _ := json.MarshalIndent(doc, "", " ")
	return string(out)
}

// TestBroken: a store that is no store is never written over. Case 27.
func TestBroken(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"empty": "", "cut": `{"version":1,"prov`, "null": "null", "list": "[]", "nul": "{}\x00", "text": "hello",
		"providers is a list": `{"providers":[]}`, "newer": `{"version":2,"providers":{}}`,
		"twice": `{"providers":{"minimax-oauth":{"access_token":"a"},"minimax-oauth":{"access_token":"b"}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, StoreName)
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			s := Open(dir, Options{})
			if name == "empty" {
				if _, err := s.Read(); err == nil {
					t.Fatal("an empty file is no store")
				}
			}
			err := s.Save(t.Context(), Entry{Provider: id, AccessToken: "x", RefreshToken: "y"})
			if err == nil {
				t.Fatal("no error")
			}
			if now, _ := os.ReadFile(path); string(now) != content {
				t.Errorf("the file became %q", now)
			}
		})
	}
}

// TestCannotSave: no room for the answer, no exchange. Cases 20 and 22.
func TestCannotSave(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("root may write anywhere")
	}
	dir := home(t, "03-login-only/auth.json")
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	srv := &server{}
	if _, _, err := Open(dir, Options{}).Renew(t.Context(), id, "", srv.exchange()); err == nil || srv.posts != 0 {
		t.Errorf("error %v, %d requests", err, srv.posts)
	}
}

// TestSymlink: the link stays a link. Case 24.
func TestSymlink(t *testing.T) {
	t.Parallel()
	real, dir := home(t, "03-login-only/auth.json"), t.TempDir()
	link := filepath.Join(dir, StoreName)
	if err := os.Symlink(filepath.Join(real, StoreName), link); err != nil {
		t.Skip(err)
	}
	s, srv := Open(dir, Options{}), &server{}
	snapshot, _ := s.Read()
	e, _ := snapshot.Entry(id)
	if _, _, err := s.Renew(t.Context(), id, e.AccessToken, srv.exchange()); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(link)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if data, _ := os.ReadFile(filepath.Join(real, StoreName)); !bytes.Contains(data, []byte("at-1")) {
		t.Error("the target was not written")
	}
}

// TestCancelled: a signal during the exchange is obeyed after the save. Case 16.
func TestCancelled(t *testing.T) {
	t.Parallel()
	dir := home(t, "03-login-only/auth.json")
	s, srv := Open(dir, Options{}), &server{delay: 50 * time.Millisecond}
	snapshot, _ := s.Read()
	e, _ := snapshot.Entry(id)
	cause := errors.New("signal")
	ctx, cancel := context.WithCancelCause(t.Context())
	x := srv.exchange()
	post := x.Post
	x.Post = func(ctx context.Context, e Entry) ([]byte, error) {
		cancel(cause)
		return post(ctx, e)
	}
	if _, _, err := s.Renew(ctx, id, e.AccessToken, x); !errors.Is(err, cause) {
		t.Errorf("error %v", err)
	}
	snapshot, _ = s.Read()
	if now, _ := snapshot.Entry(id); now.RefreshToken != "rt-1" {
		t.Errorf("the answer was not saved: %q", now.RefreshToken)
	}
}

// TestLockTimeout names the lock and says nothing of a login lost.
func TestLockTimeout(t *testing.T) {
	t.Parallel()
	dir := home(t, "03-login-only/auth.json")
	h, err := Open(dir, Options{}).lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer h.release()
	_, err = Open(dir, Options{LockTimeout: 50 * time.Millisecond}).lock(t.Context())
	var e *Error
	if !errors.As(err, &e) || e.Class() != "lock_timeout" {
		t.Errorf("error %v", err)
	}
}

// FuzzEdit: any valid store keeps every other byte's meaning when a field of ours is set.
func FuzzEdit(f *testing.F) {
	for _, name := range []string{"01-auth-add", "02-auth-list", "08-many-providers-before", "07-quarantined-invalid-grant"} {
		data, err := os.ReadFile(filepath.Join("../testdata/golden", name, "auth.json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "t\"o\n<k>")
	}
	f.Add([]byte(`{}`), "x")
	f.Add([]byte(` { "a" : [ ] , "providers":{"minimax-oauth":{}}}`), "")
	f.Fuzz(func(t *testing.T, data []byte, token string) {
		if check("x", data) != nil || bytes.HasPrefix(data, byteOrderMark) {
			return
		}
		var before, after map[string]any
		_ = json.Unmarshal(data, &before)
		d := &document{data}
		if d.set(keys("providers", id, "access_token"), token) != nil {
			return
		}
		if err := check("x", d.data); err != nil {
			t.Fatalf("%v\n%s", err, d.data)
		}
		_ = json.Unmarshal(d.data, &after)
		for k, v := range before {
			if k == "providers" {
				continue
			}
			was, _ := json.Marshal(v)
			is, _ := json.Marshal(after[k])
			if !bytes.Equal(was, is) {
				t.Errorf("%q became %s, was %s", k, is, was)
			}
		}
	})
}

func BenchmarkFreshToken(b *testing.B) {
	dir := b.TempDir()
	s := Open(dir, Options{})
	now := time.Now()
	if err := s.Save(b.Context(), Entry{Provider: id, AccessToken: "a", RefreshToken: "r", ObtainedAt: now, ExpiresAt: now.Add(time.Hour), ExpiresIn: 3600}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := s.Renew(b.Context(), id, "", Exchange{}); err != nil {
			b.Fatal(err)
		}
	}
}
