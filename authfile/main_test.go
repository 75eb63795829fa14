//go:build unix

package authfile

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"
)

// childEnv tells the test binary that it is a process of a test; its value is
// a job as JSON.
const childEnv = "AUTHFILE_TEST_JOB"

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		os.Exit(child(text))
	}
	warm := make(chan os.Signal, 1) // the package os/signal starts a goroutine once: not inside a synctest bubble
	signal.Notify(warm, syscall.SIGWINCH)
	os.Exit(m.Run())
}

// job is what a child process does.
type job struct {
	Home     string
	ID       string // of the provider, testID where empty
	URL      string // of the token server
	Rejected string
	Do       string // "renew" (default), "save", "remove", "hold", "helper", "agent"
	KillAt   string // SIGKILL at this step of the store
	StopAt   string // SIGSTOP at this step
	Wait     string // lock timeout
	Helper   bool   // renew in a detached helper process
	KillHelp string // SIGKILL of the helper at this step
	NoSignal bool   // leave SIGTERM to the runtime
	Patient  bool   // wait to confirm a refusal for as long as the program does
	Shout    int    // bytes to write to stdout before renewing
}

// report is what a child prints.
type report struct {
	Token    string
	Class    string
	Err      string
	Renewed  bool
	Adopted  bool
	Warning  string
	Warnings []string
	Holder   Holder
	Took     time.Duration
}

const testID = "minimax-oauth"

func child(text string) int {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	if j.Do == "helper" {
		return helperChild(j)
	}
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin) // the barrier: it opens when the test closes the pipe
	ctx := context.Background()
	if !j.NoSignal {
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
		defer stop()
	}
	var r report
	began := time.Now()
	s := j.store(&r)
	err := j.run(ctx, s, &r)
	r.Took = time.Since(began)
	if err != nil {
		r.Err = err.Error()
		var c interface{ Class() string }
		if errors.As(err, &c) {
			r.Class = c.Class()
		}
	}
	out, _ := json.Marshal(r)
	fmt.Println(string(out))
	return 0
}

func (j job) store(r *report) *Store {
	o := Options{Waiting: func(h Holder) { r.Holder = h }, Warn: func(code, _ string) { r.Warnings = append(r.Warnings, code) }}
	if j.Wait != "" {
		o.LockTimeout, _ = time.ParseDuration(j.Wait)
	}
	if j.Helper {
		o.Detach = func(ctx context.Context, id, rejected string, lock *os.File) error {
			helper := j
			helper.Do, helper.Helper, helper.KillAt, helper.ID = "helper", false, j.KillHelp, id
			return StartDetached(ctx, helper.command(), rejected, lock)
		}
	}
	s := Open(j.Home, o)
	if !j.Patient {
		s.delay = 300 * time.Millisecond
	}
	s.step = func(name string) {
		switch name {
		case j.KillAt:
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		case j.StopAt:
			_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
			<-time.After(time.Hour) // the stop may reach another thread first, and this one a little later
		}
	}
	return s
}

func (j job) run(ctx context.Context, s *Store, r *report) error {
	switch j.Do {
	case "save":
		return s.Save(ctx, loginEntry("SAVED-AT", "SAVED-RT"))
	case "agent":
		return agentChild(ctx, j)
	case "remove":
		_, err := s.Remove(ctx, testID)
		return err
	case "hold":
		h, err := s.acquire(ctx)
		if err != nil {
			return err
		}
		defer h.Release()
		fmt.Println("held")
		<-ctx.Done()
		return nil
	}
	e, renewal, err := s.Renew(ctx, cmp.Or(j.ID, testID), j.Rejected, httpExchange(j.URL))
	r.Token, r.Renewed, r.Adopted, r.Warning = e.AccessToken, renewal.Renewed, renewal.Adopted, renewal.Warning
	return err
}

// helperChild is the process of Options.Detach.
func helperChild(j job) int {
	rejected, err := io.ReadAll(os.Stdin)
	if err != nil {
		return 2
	}
	var r report
	s := j.store(&r)
	_, _, err = s.RenewLocked(context.Background(), j.ID, strings.TrimSuffix(string(rejected), "\n"), os.NewFile(3, "lock"), httpExchange(j.URL))
	if err != nil {
		return 1
	}
	return 0
}

func (j job) command() *exec.Cmd {
	text, _ := json.Marshal(j)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(text), "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	return cmd
}

// loginEntry is a login as provider code builds it.
func loginEntry(at, rt string) Entry {
	now := time.Now().UTC().Truncate(time.Second)
	return Entry{
		Provider: testID, Region: "global", PortalBaseURL: "https://api.minimax.io", InferenceBaseURL: "https://api.minimax.io/anthropic",
		ClientID: "client", Scope: "group_id profile model.completion", TokenType: "Bearer", AccessToken: at, RefreshToken: rt,
		ObtainedAt: now, ExpiresAt: now.Add(900 * time.Second), ExpiresIn: 900,
	}
}

// httpExchange speaks to the tokenServer of these tests.
func httpExchange(base string) Exchange {
	return Exchange{
		Post: func(ctx context.Context, e Entry) ([]byte, error) { return postForm(ctx, base, e) },
		Parse: func(e Entry, raw []byte, at time.Time) (Entry, error) {
			var a struct {
				AccessToken  string `json:"access_token"`
				RefreshToken string `json:"refresh_token"`
				ExpiresIn    int64  `json:"expires_in"`
			}
			if err := json.Unmarshal(raw, &a); err != nil {
				return Entry{}, errors.New("not JSON")
			}
			e.AccessToken, e.RefreshToken, e.ExpiresIn = a.AccessToken, a.RefreshToken, a.ExpiresIn
			e.ObtainedAt, e.ExpiresAt = at.UTC(), at.UTC().Add(time.Duration(a.ExpiresIn)*time.Second)
			return e, nil
		},
	}
}

func postForm(ctx context.Context, base string, e Entry) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base, strings.NewReader(url.Values{"refresh_token": {e.RefreshToken}}.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) && op.Op == "dial" {
			return nil, &PostError{Outcome: NotSent, Message: "dial failed"}
		}
		return nil, &PostError{Outcome: Unknown, Message: "no answer"}
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, &PostError{Outcome: Unknown, Message: "half an answer"}
	}
	switch {
	case resp.StatusCode == http.StatusOK:
		return raw, nil
	case resp.StatusCode == http.StatusBadRequest:
		return nil, &PostError{Outcome: Refused, Code: "invalid_grant", HTTPStatus: 400}
	case resp.StatusCode == http.StatusServiceUnavailable:
		return nil, &PostError{Outcome: Transient, HTTPStatus: 503}
	}
	return nil, &PostError{Outcome: Unknown, HTTPStatus: resp.StatusCode}
}
