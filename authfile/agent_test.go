//go:build unix

package authfile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// agentChild renews as Hermes Agent renews a MiniMax login: it reads the block
// without the lock, sends the refresh token without the lock, and writes the
// block as it read it, with the new pair or without any, under the lock, for
// which it polls.
func agentChild(ctx context.Context, j job) error {
	_, block, err := agentRead(j.Home)
	if err != nil {
		return err
	}
	rt, _ := block["refresh_token"].(string)
	raw, err := postForm(ctx, j.URL, Entry{RefreshToken: rt})
	now := time.Now().UTC()
	if err == nil {
		var pair map[string]any
		if err := json.Unmarshal(raw, &pair); err != nil {
			return err
		}
		block["access_token"], block["refresh_token"], block["expires_in"] = pair["access_token"], pair["refresh_token"], 900
		block["obtained_at"], block["expires_at"] = formatTime(now), formatTime(now.Add(900*time.Second))
	} else {
		var refused *PostError
		if !errors.As(err, &refused) || refused.Outcome != Refused {
			return err
		}
		for _, key := range []string{"access_token", "refresh_token", "expires_at", "expires_in", "obtained_at"} {
			delete(block, key)
		}
		block["last_auth_error"] = map[string]any{
			"provider": testID, "code": "refresh_failed", "message": "m", "reason": "runtime_refresh_failure",
			"relogin_required": true, "at": formatTime(now),
		}
	}
	unlock, err := agentLock(j.Home)
	if err != nil {
		return err
	}
	defer unlock()
	doc, _, err := agentRead(j.Home)
	if err != nil {
		return err
	}
	doc["providers"].(map[string]any)[testID] = block
	doc["active_provider"] = testID
	return agentSave(j.Home, doc)
}

func agentRead(home string) (doc, block map[string]any, err error) {
	raw, err := os.ReadFile(filepath.Join(home, StoreName))
	if err == nil {
		err = json.Unmarshal(raw, &doc)
	}
	if err != nil {
		return nil, nil, err
	}
	return doc, doc["providers"].(map[string]any)[testID].(map[string]any), nil
}

func agentLock(home string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(home, LockName), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); {
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			return func() { f.Close() }, nil
		}
		<-time.After(50 * time.Millisecond)
	}
	return nil, errors.Join(f.Close(), errors.New("timed out waiting for the auth store lock"))
}

func agentSave(home string, doc map[string]any) error {
	raw, err := json.MarshalIndent(doc, "", "  ")
	path := filepath.Join(home, StoreName)
	temp := fmt.Sprintf("%s.agent.%d", path, os.Getpid())
	return errors.Join(err, os.WriteFile(temp, raw, 0o600), os.Rename(temp, path))
}

// Hermes Agent and ten of ours meet one expired token, at a server that takes a
// refresh token once. Whoever is first, none of ours is told to log in, and the
// login is there afterwards.
func TestBesideHermesAgent(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		first  string // whose request arrives first; "" leaves it to chance
		helper bool
		rounds int
	}{
		"the agent first": {"agent", false, 1}, "the agent first, helper": {"agent", true, 1},
		"ours first": {"ours", false, 1}, "ours first, helper": {"ours", true, 1},
		"together": {"", false, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range tc.rounds {
				besideAgent(t, tc.first, tc.helper)
			}
		})
	}
}

func besideAgent(t *testing.T, first string, helper bool) {
	t.Helper()
	srv := newTokenServer(t, "RT-0")
	srv.delay = 300 * time.Millisecond
	home := homeWith(t, storeText(t, "AT-0", "RT-0", -time.Minute))
	ours := job{Home: home, URL: srv.URL, Helper: helper, Patient: true}
	agent := launch(t, job{Home: home, URL: srv.URL, Do: "agent"})
	all := make([]*process, 10)
	for i := range all {
		all[i] = launch(t, ours)
	}
	if first == "agent" {
		agent.start()
		<-srv.arrived
	}
	for i, p := range all {
		p.start()
		if i == 0 && first == "ours" {
			<-srv.arrived
		}
	}
	agent.start()
	for _, p := range all {
		if r, ok := p.result(t); !ok || r.Token != "AT-1" || r.Err != "" {
			t.Errorf("token %q, error %q", r.Token, r.Err)
		}
	}
	if r, ok := agent.result(t); !ok || r.Err != "" {
		t.Errorf("the agent: %q", r.Err)
	}
	if r, _ := runJob(t, ours); r.Token != "AT-1" || r.Err != "" {
		t.Errorf("afterwards: token %q, error %q", r.Token, r.Err)
	}
	if posts, reused := srv.counts(); posts > 2 || reused > 1 {
		t.Errorf("%d requests, %d reused", posts, reused)
	}
	if e := entryOf(t, home); e.RefreshToken != "RT-1" {
		t.Errorf("on disk: %q", e.RefreshToken)
	}
	checkHome(t, home, false)
}
