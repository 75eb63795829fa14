package provider

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"hermes/oneshot/class"
	"hermes/oneshot/wire"
	"hermes/oneshot/wire/body"
)

// fileBatches is OpenAI's API: a file of requests, then a batch of it. The intent is in the batch's metadata, which the list has too
// (facts: batch, a). endpoint is where the rows go.
type fileBatches struct{ endpoint string }

// window is the only one that OpenAI takes.
const window = "24h"

func (fileBatches) name() string { return "files" }

func (fileBatches) frame() (head, between, tail string) { return "", "", "" }

func (f fileBatches) row(name string) (head, tail string) {
	return `{"custom_id":"` + name + `","method":"POST","url":"` + f.endpoint + `","body":`, "}\n"
}

// fileBatch is a batch as the API writes it.
type fileBatch struct {
	ID       string            `json:"id"`
	Status   string            `json:"status"`
	Created  float64           `json:"created_at"`
	Input    string            `json:"input_file_id"`
	Output   string            `json:"output_file_id"`
	Errored  string            `json:"error_file_id"`
	Metadata map[string]string `json:"metadata"`
	Counts   struct {
		Total, Completed, Failed int
	} `json:"request_counts"`
	Errors struct {
		Data []struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Line    int    `json:"line"`
		} `json:"data"`
	} `json:"errors"`
}

func (b fileBatch) state() State {
	n := b.Counts
	st := State{
		ID: b.ID, Word: b.Status, made: time.Unix(int64(b.Created), 0), intent: b.Metadata[intentKey], file: b.Input,
		Counts: Counts{Total: n.Total, Done: n.Completed + n.Failed, OK: n.Completed},
	}
	for _, id := range []string{b.Output, b.Errored} {
		if id != "" { // null where it would be empty, at some servers ""
			st.output = append(st.output, id)
		}
	}
	st.listed = st.Counts.Done
	switch strings.ToLower(b.Status) {
	case "completed", "expired", "failed":
		st.Ended = true
	case "cancelled": // whether rows that were not asked are listed is not known
		st.Ended, st.listed = true, n.Completed
	}
	if strings.EqualFold(b.Status, "failed") {
		st.Refused = "the batch failed"
		if len(b.Errors.Data) > 0 {
			e := b.Errors.Data[0]
			st.Refused, st.Busy = cmp.Or(e.Message, e.Code), e.Code == "token_limit_exceeded"
			if e.Code != "" && e.Message != "" {
				st.Refused = e.Code + ": " + e.Message
			}
		}
	}
	return st
}

const intentKey = "hermes_intent"

func (fileBatches) one(ctx context.Context, c *conn, x wire.Exchange) (State, error) {
	return one[fileBatch](ctx, c, x)
}

func (fileBatches) page(ctx context.Context, c *conn, at *url.URL) ([]State, bool, error) {
	return page[fileBatch](ctx, c, at)
}

func (fileBatches) after() string { return "after" }

// create uploads the requests, unless that was done before, and makes a batch of them. A file that is uploaded twice costs nothing.
func (f fileBatches) create(ctx context.Context, c *conn, s *Sent, requests file) (string, error) {
	if s.File == "" {
		id, err := f.upload(ctx, c, s, requests)
		if err == nil {
			err = s.note(later{File: id})
		}
		if err != nil {
			return "", err
		}
	}
	raw, err := json.Marshal(map[string]any{
		"input_file_id": s.File, "endpoint": f.endpoint, "completion_window": window, "metadata": map[string]string{intentKey: s.Intent},
	})
	if err != nil {
		return "", err
	}
	var b body.Builder
	st, err := f.one(ctx, c, wire.Exchange{Method: http.MethodPost, URL: c.base, Body: b.JSON(string(raw)).Body(), Once: true})
	return st.ID, err
}

func (f fileBatches) upload(ctx context.Context, c *conn, s *Sent, requests file) (string, error) {
	boundary := "hermes" + s.Intent
	part := func(disposition string) string {
		return "--" + boundary + "\r\nContent-Disposition: form-data; " + disposition + "\r\n"
	}
	whole := requests
	whole.head = part(`name="purpose"`) + "\r\nbatch\r\n" + part(`name="file"; filename="hermes-`+s.Intent+`.jsonl"`) + "Content-Type: application/jsonl\r\n\r\n"
	whole.tail = "\r\n--" + boundary + "--\r\n"
	var made struct {
		ID string `json:"id"`
	}
	err := c.client.Do(ctx, wire.Exchange{
		Method: http.MethodPost, URL: c.below("..", "files"), Body: whole, Type: "multipart/form-data; boundary=" + boundary, Read: reader(&made),
	})
	if err == nil && made.ID == "" {
		err = &wire.Error{ErrClass: class.Protocol, Message: "the answer to the upload has no id of a file", Retryable: true}
	}
	return made.ID, err
}

func (fileBatches) results(c *conn, st State) (all []*url.URL) {
	for _, id := range st.output {
		all = append(all, c.below("..", "files", id, "content"))
	}
	return all
}

func (fileBatches) proves(st State, s *Sent) (sure, maybe bool) {
	return st.intent == s.Intent || s.File != "" && st.file == s.File, false
}

// result: a row that the server refused has a response with its status; one that never ran has an error (facts: batch, a).
func (fileBatches) result(line []byte) (name string, r outcome, err error) {
	var l struct {
		ID       string `json:"custom_id"`
		Response *struct {
			Status int             `json:"status_code"`
			Body   json.RawMessage `json:"body"`
		} `json:"response"`
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.Unmarshal(line, &l); err != nil {
		return "", r, err
	}
	switch {
	case l.Response != nil && l.Response.Status != 0:
		r = outcome{status: l.Response.Status, body: l.Response.Body}
	default: // batch_expired, batch_cancelled
		r = outcome{word: cmp.Or(strings.TrimPrefix(cmp.Or(l.Error.Code, l.Error.Message), "batch_"), "error")}
	}
	return l.ID, r, nil
}
