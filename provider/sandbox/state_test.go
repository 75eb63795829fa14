package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestStateEndpoint(t *testing.T) {
	t.Parallel()
	s, base := start(t, Options{Fault: "status=529*1"})
	ask(t, base, hello)
	ask(t, base, helloStream, "X-Job", "nightly")
	send(t, http.MethodPost, base+"/v1/messages", hello)
	send(t, http.MethodGet, base+"/nowhere", "")
	a := send(t, http.MethodGet, base+"/_sandbox/state", "")
	v := a.object(t)
	for field, want := range map[string]any{
		"requests": 4.0, "unauthorized": 1.0, "completed_streams": 1.0, "active_streams": 0.0, "dropped_streams": 0.0,
		"fault": "status=529*1", "chaos": 0.0, "reuses": 0.0, "refreshes": 0.0, "exchanges": 0.0, "revoked_grants": 0.0,
	} {
		if v[field] != want {
			t.Errorf("%s: %v, want %v", field, v[field], want)
		}
	}
	for path, want := range map[string]float64{"/anthropic/v1/messages": 2, "/v1/messages": 1, "other": 1} {
		if got := number(v, "by_endpoint", path); got != want {
			t.Errorf("by_endpoint %s: %v, want %v", path, got, want)
		}
	}
	if number(v, "faults", "status") != 1 || text(v, "last_request", "path") != "/nowhere" {
		t.Errorf("%s", a.body)
	}
	var again State
	if err := json.Unmarshal([]byte(a.body), &again); err != nil || again.Requests != s.State().Requests {
		t.Errorf("the type does not read what the endpoint writes: %v", err)
	}
}

func TestStateIsACopy(t *testing.T) {
	t.Parallel()
	s, base := start(t, Options{})
	ask(t, base, hello, FaultHeader, "slow=1ms")
	n := s.State()
	n.ByEndpoint["/v1/messages"] = 99
	n.Faults["slow"] = 99
	if again := s.State(); again.ByEndpoint["/v1/messages"] != 0 || again.Faults["slow"] != 1 {
		t.Errorf("%+v", again)
	}
}

func TestFaultEndpoint(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	target := base + "/_sandbox/fault"
	form := "application/x-www-form-urlencoded"
	tests := []struct {
		what, body, kind string
		status, next     int
	}{
		{"bare text", "status=503", "text/plain", 200, 503},
		{"as curl -d sends it", "status=502", form, 200, 502},
		{"a form field", "fault=status%3D504", form, 200, 504},
		{"a mistake leaves what was", "explode", "text/plain", 400, 504},
		{"the count starts anew", "status=500*1", "text/plain", 200, 500},
		{"the same again", "status=500*1", "text/plain", 200, 500},
		{"none", "none", "text/plain", 200, 200},
		{"an empty field", "fault=", form, 200, 200},
		{"nothing", "", "", 200, 200},
	}
	for _, test := range tests {
		a := send(t, http.MethodPost, target, test.body, "Content-Type", test.kind)
		if a.status != test.status {
			t.Errorf("%s: %d %s", test.what, a.status, a.body)
		}
		if a := ask(t, base, hello); a.status != test.next {
			t.Errorf("%s: the next request gets %d, want %d", test.what, a.status, test.next)
		}
	}
	if a := send(t, http.MethodGet, target, ""); a.status != 405 {
		t.Errorf("GET: %d", a.status)
	}
}

func TestSetFault(t *testing.T) {
	t.Parallel()
	s, base := start(t, Options{Fault: "status=500"})
	if err := s.SetFault("explode"); err == nil || !strings.Contains(err.Error(), "explode") {
		t.Errorf("a mistake: %v", err)
	}
	if got := s.State().Fault; got != "status=500" {
		t.Errorf("after a mistake the fault is %q", got)
	}
	if err := s.SetFault(""); err != nil {
		t.Error(err)
	}
	if a := ask(t, base, hello); a.status != 200 {
		t.Errorf("after taking it away: %d", a.status)
	}
}
