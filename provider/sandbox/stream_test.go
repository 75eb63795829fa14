package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestErrorEvent(t *testing.T) {
	t.Parallel()
	s, base := start(t, Options{})
	tests := []struct {
		fault  string
		before int
		kind   string
	}{
		{"error=overloaded_error", 4, "overloaded_error"},
		{"error=api_error/0", 0, "api_error"},
		{"error=rate_limit_error/6", 6, "rate_limit_error"},
		{"error=api_error/5,big=100", 5, "api_error"},
	}
	for _, test := range tests {
		a := ask(t, base, helloStream, FaultHeader, test.fault)
		events := a.events(t)
		last := events[len(events)-1]
		if a.err != nil || len(events) != test.before+1 || last.name != "error" || text(last.data, "error", "type") != test.kind {
			t.Errorf("%s: %v, %v", test.fault, names(events), a.err)
		}
	}
	if n := s.State(); n.CompletedStreams != 0 || n.DroppedStreams != 0 {
		t.Errorf("%+v", n)
	}
}

func TestNoStop(t *testing.T) {
	t.Parallel()
	s, base := start(t, Options{})
	a := ask(t, base, helloStream, FaultHeader, "no-stop")
	events := a.events(t)
	if last := events[len(events)-1].name; last != "message_delta" || a.err != nil {
		t.Errorf("it ends with %s, %v", last, a.err)
	}
	if n := s.State().CompletedStreams; n != 0 {
		t.Errorf("counted as complete %d times", n)
	}
}

func TestJSON200(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	a := ask(t, base, helloStream, FaultHeader, "json-200")
	if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") || text(a.object(t), "type") != "message" {
		t.Errorf("%d %s %s", a.status, a.header.Get("Content-Type"), a.body)
	}
}

func TestAnswersAreTheSameInEachRun(t *testing.T) {
	t.Parallel()
	var bodies []string
	for range 2 {
		_, base := start(t, Options{})
		bodies = append(bodies, ask(t, base, helloStream).body+ask(t, base, hello).body)
	}
	if bodies[0] != bodies[1] {
		t.Errorf("two servers, two answers:\n%s\n%s", bodies[0], bodies[1])
	}
}

func TestModels(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	for _, path := range []string{"/anthropic/v1/models", "/v1/models"} {
		v := send(t, http.MethodGet, base+path, "", "X-Api-Key", testKey, "Anthropic-Version", "2023-06-01").object(t)
		data, _ := v["data"].([]any)
		var ids []string
		for _, m := range data {
			ids = append(ids, text(m, "id"))
		}
		if !slices.Contains(ids, "MiniMax-M2.7") || !slices.Contains(ids, "sandbox") || at(v, "has_more") != false {
			t.Errorf("%s: %v", path, v)
		}
		if text(v, "first_id") != ids[0] || text(v, "last_id") != ids[len(ids)-1] {
			t.Errorf("%s: first %v, last %v", path, v["first_id"], v["last_id"])
		}
		for _, id := range ids {
			if a := ask(t, base, userSays(t, id, false, "hi")); a.status != 200 {
				t.Errorf("the listed model %s: %d %s", id, a.status, a.body)
			}
		}
	}
	if a := send(t, http.MethodGet, base+"/v1/models", ""); a.status != 401 {
		t.Errorf("without a credential: %d", a.status)
	}
}
