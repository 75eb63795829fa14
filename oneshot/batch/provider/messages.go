package provider

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"hermes/oneshot/wire"
)

// messageBatches is Anthropic's API: the whole batch is one body. It takes no metadata, so that a batch proves whose it is by the
// names in its results alone, which are there when it has ended (facts: batch, a).
type messageBatches struct{}

func (messageBatches) name() string { return "messages" }

func (messageBatches) frame() (head, between, tail string) { return `{"requests":[`, ",", `]}` }

func (messageBatches) row(name string) (head, tail string) {
	return `{"custom_id":"` + name + `","params":`, `}`
}

// messageBatch is a batch as the API writes it.
type messageBatch struct {
	ID      string    `json:"id"`
	Status  string    `json:"processing_status"`
	Created time.Time `json:"created_at"`
	Counts  struct {
		Processing, Succeeded, Errored, Canceled, Expired int
	} `json:"request_counts"`
}

func (b messageBatch) state() State {
	n := b.Counts
	done := n.Succeeded + n.Errored + n.Canceled + n.Expired
	return State{
		ID: b.ID, Word: b.Status, Ended: b.Status == "ended", made: b.Created, listed: done,
		Counts: Counts{Total: n.Processing + done, Done: done, OK: n.Succeeded},
	}
}

func (messageBatches) one(ctx context.Context, c *conn, x wire.Exchange) (State, error) {
	return one[messageBatch](ctx, c, x)
}

func (messageBatches) page(ctx context.Context, c *conn, at *url.URL) ([]State, bool, error) {
	return page[messageBatch](ctx, c, at)
}

func (messageBatches) after() string { return "after_id" }

func (m messageBatches) create(ctx context.Context, c *conn, _ *Sent, requests file) (string, error) {
	st, err := m.one(ctx, c, wire.Exchange{Method: http.MethodPost, URL: c.base, Body: requests, Once: true})
	return st.ID, err
}

func (messageBatches) results(c *conn, st State) []*url.URL {
	return []*url.URL{c.below(st.ID, "results")}
}

func (messageBatches) proves(st State, s *Sent) (sure, maybe bool) {
	return false, st.Counts.Total == len(s.Keys)
}

func (messageBatches) result(line []byte) (name string, r outcome, err error) {
	var l struct {
		ID     string `json:"custom_id"`
		Result struct {
			Type    string          `json:"type"`
			Message json.RawMessage `json:"message"`
			Error   json.RawMessage `json:"error"`
		} `json:"result"`
	}
	if err := json.Unmarshal(line, &l); err != nil {
		return "", r, err
	}
	switch l.Result.Type {
	case "succeeded":
		r = outcome{status: http.StatusOK, body: l.Result.Message}
	case "errored":
		r = outcome{status: errorStatus(l.Result.Error), body: l.Result.Error}
	default: // expired, canceled
		r = outcome{word: cmp.Or(l.Result.Type, "error")}
	}
	return l.ID, r, nil
}

// errorStatus is the HTTP status that a live request would have had with this error (platform.claude.com/docs/en/api/errors).
func errorStatus(raw json.RawMessage) int {
	var e struct {
		Error struct {
			Type string `json:"type"`
		} `json:"error"`
	}
	_ = json.Unmarshal(raw, &e)
	switch e.Error.Type {
	case "authentication_error":
		return http.StatusUnauthorized
	case "billing_error":
		return http.StatusPaymentRequired
	case "permission_error":
		return http.StatusForbidden
	case "not_found_error":
		return http.StatusNotFound
	case "request_too_large":
		return http.StatusRequestEntityTooLarge
	case "rate_limit_error":
		return http.StatusTooManyRequests
	case "api_error":
		return http.StatusInternalServerError
	case "timeout_error":
		return http.StatusGatewayTimeout
	case "overloaded_error":
		return 529
	}
	return http.StatusBadRequest
}
