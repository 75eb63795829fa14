//go:build unix

package proof

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// strict is a portal that takes each refresh token once and rejects it afterwards; the grant lives on.
type strict struct {
	*httptest.Server
	mu            sync.Mutex
	n             int
	posts, reuses int
}

func strictPortal(t *testing.T) *strict {
	t.Helper()
	s := &strict{}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *strict) serve(w http.ResponseWriter, r *http.Request) {
	rt := r.FormValue("refresh_token")
	s.mu.Lock()
	s.posts++
	alive := rt == fmt.Sprintf("RT-%d", s.n)
	if alive {
		s.n++
	} else {
		s.reuses++
	}
	n := s.n
	s.mu.Unlock()
	time.Sleep(100 * time.Millisecond) // the answer is under way
	if !alive {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant"}`)
		return
	}
	fmt.Fprintf(w, `{"status":"success","access_token":"sk-AT-%d","refresh_token":"RT-%d","expired_in":900}`, n, n)
}

const loginID = "minimax-oauth"

// agent renews as Hermes Agent does: it reads the block and sends its refresh token without the lock, and saves the block
// as it was read, with the new pair or without any, under the lock.
func (h *home) agent(portal string) error {
	doc, err := h.document()
	if err != nil {
		return err
	}
	block := doc["providers"].(map[string]any)[loginID].(map[string]any)
	resp, err := http.PostForm(portal+"/oauth/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {fmt.Sprint(block["refresh_token"])}})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	now := time.Now().UTC()
	const iso = "2006-01-02T15:04:05.000000+00:00"
	if resp.StatusCode == http.StatusOK {
		var pair map[string]any
		if err := json.NewDecoder(resp.Body).Decode(&pair); err != nil {
			return err
		}
		block["access_token"], block["refresh_token"], block["expires_in"] = pair["access_token"], pair["refresh_token"], 900
		block["obtained_at"], block["expires_at"] = now.Format(iso), now.Add(15*time.Minute).Format(iso)
	} else {
		for _, key := range []string{"access_token", "refresh_token", "expires_at", "expires_in", "obtained_at"} {
			delete(block, key)
		}
		block["last_auth_error"] = map[string]any{
			"provider": loginID, "code": "refresh_failed", "message": "m", "reason": "runtime_refresh_failure", "relogin_required": true, "at": now.Format(iso),
		}
	}
	return h.underLock(func(doc map[string]any) { doc["providers"].(map[string]any)[loginID] = block })
}

func (h *home) document() (doc map[string]any, err error) {
	raw, err := os.ReadFile(filepath.Join(h.dir, "auth.json"))
	if err == nil {
		err = json.Unmarshal(raw, &doc)
	}
	return doc, err
}

// underLock changes the store as Hermes Agent saves: under the lock, by polling for it, with a rename.
func (h *home) underLock(change func(doc map[string]any)) error {
	lock, err := os.OpenFile(filepath.Join(h.dir, "auth.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close()
	for end := time.Now().Add(15 * time.Second); syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil; {
		if time.Now().After(end) {
			return errors.New("timed out waiting for the auth store lock")
		}
		time.Sleep(5 * time.Millisecond)
	}
	doc, err := h.document()
	if err != nil {
		return err
	}
	change(doc)
	raw, err := json.MarshalIndent(doc, "", "  ")
	temp := filepath.Join(h.dir, "auth.json.foreign")
	return errors.Join(err, os.WriteFile(temp, raw, 0o600), os.Rename(temp, filepath.Join(h.dir, "auth.json")))
}

// TestBesideHermesAgent: Hermes Agent and ten of ours meet one expired token. Each of ours has its answer, and so has the
// next one: whatever the agent's stale copy did to the login is undone.
func TestBesideHermesAgent(t *testing.T) {
	t.Parallel()
	srv := serve(t, "--auto-approve")
	h := login(t, srv)
	portal := strictPortal(t)
	for round := range number(4, 40) {
		err := h.underLock(func(doc map[string]any) {
			block := doc["providers"].(map[string]any)[loginID].(map[string]any)
			block["portal_base_url"], block["expires_at"] = portal.URL, "2020-01-01T00:00:00+00:00"
			if round == 0 {
				block["refresh_token"] = "RT-0"
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		all.Go(func() {
			if err := h.agent(portal.URL); err != nil {
				t.Error(err)
			}
		})
		results, _ := h.crowd(10, "hello", "--stdin=never")
		all.Wait()
		for _, r := range append(results, h.run("hello", "--stdin=never")) {
			if !r.answered() {
				t.Fatalf("round %d: exit %d: %s", round, r.code, r.err)
			}
		}
		if want := fmt.Sprintf("RT-%d", round+1); h.read().Providers[loginID].RefreshToken != want {
			t.Fatalf("round %d: auth.json holds %s, want %s", round, h.read().Providers[loginID].RefreshToken, want)
		}
	}
	t.Logf("%d exchanges, %d of them with a spent token", portal.posts, portal.reuses)
	if left := h.leftovers(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
