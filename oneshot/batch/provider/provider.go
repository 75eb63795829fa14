// Package provider hands the rows of a batch to the provider's own batch API, and brings back what it made of them.
//
// Two forms are known: Anthropic's Message Batches, one JSON body, and OpenAI's files and batches, which others speak too. A row is
// the very request that a run would send, but for the stream; its answer is read by the protocol that reads a run's. All else is the
// batch's own work (package batch): which rows there are, in which order their results stand.
//
// What was handed over stands in files beside the segments of the journal, one set for each batch of the provider:
//
//	INTENT.sent  what was to be sent, written before it is, with the keys of its rows; then what came of it, a line each
//	INTENT.body  the requests, until the provider has them
//	INTENT.out   the results as they came, whole
//
// and once batch.rows, the rows themselves, and batch.settings. A name of its own, the intent, is in each row's custom_id and,
// where the API takes metadata, in those: a create whose answer is lost is looked for by it in the provider's list, and never sent
// again before it is known that there is no such batch. Nothing is asked twice, whenever a process is killed.
package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"hermes/oneshot"
	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/wire"
)

// State is a batch as its provider tells of it.
type State struct {
	ID     string
	Word   string // the provider's own for the state
	Ended  bool
	Counts Counts
	// Refused is why the batch failed as a whole; Busy says that it may be taken another time.
	Refused string
	Busy    bool

	made   time.Time
	intent string   // the one in its metadata
	file   string   // of the requests
	output []string // files of the results
	listed int      // rows that the results hold at least
}

// Counts are of rows: all of them, those that have ended, and those of them with an answer.
type Counts struct{ Total, Done, OK int }

// form is one of the batch APIs: what differs between them.
type form interface {
	// name is what files call the form.
	name() string
	// frame stands around and between the requests of a batch, row around the request of the row of that name.
	frame() (head, between, tail string)
	row(name string) (head, tail string)
	// create sends a batch and gives its id. A file that has to be there first is noted.
	create(ctx context.Context, c *conn, s *Sent, requests file) (string, error)
	// one makes an exchange whose answer is a batch, page reads a page of the list, the newest first. after is the parameter by
	// which the next page is asked for.
	one(ctx context.Context, c *conn, x wire.Exchange) (State, error)
	page(ctx context.Context, c *conn, at *url.URL) (page []State, more bool, err error)
	after() string
	// results are the addresses of the files of results.
	results(c *conn, st State) []*url.URL
	// result reads a line of them.
	result(line []byte) (name string, r outcome, err error)
	// proves reports whether st is certainly the batch of s; maybe, whether only its results can tell.
	proves(st State, s *Sent) (sure, maybe bool)
}

// conn is the batch API of one target.
type conn struct {
	form
	client *wire.Client
	base   *url.URL // of the batches
	api    oneshot.BatchAPI
	target oneshot.Target
}

// open makes the connection of a target. One whose provider has no batch API is refused by name.
func open(t oneshot.Target, l oneshot.Limits) (*conn, error) {
	if t.Batch == nil {
		return nil, &input.Error{
			ErrClass: class.Usage, Msg: fmt.Sprintf("%s has no batch API that hermes speaks", t.Provider),
			Advice: "hermes batch FILE asks the rows one by one; hermes sandbox serves both batch APIs for a trial",
		}
	}
	c := &conn{api: *t.Batch, target: t, client: &wire.Client{
		Protocol: t.Protocol, BaseURL: t.BaseURL, Header: t.Header, Secrets: t.Secrets, Token: t.Token, Transport: t.Transport,
		FirstByte: l.FirstByte, Idle: l.Idle, Retries: l.Retries, Trace: l.Trace,
	}}
	at, err := wire.Endpoint(t.Protocol, t.BaseURL, &wire.Request{Model: t.Model, Whole: true})
	if err != nil {
		return nil, err
	}
	switch t.Protocol.API() {
	case wire.Messages:
		c.form, c.base = messageBatches{}, wire.Join(at, "/batches")
	case wire.Chat:
		c.form, c.base = fileBatches{"/v1/chat/completions"}, wire.Join(at, "/batches", "/chat/completions")
	case wire.Responses:
		c.form, c.base = fileBatches{"/v1/responses"}, wire.Join(at, "/batches", "/responses")
	default:
		return nil, &input.Error{ErrClass: class.Usage, Msg: fmt.Sprintf("%s is asked over %s, which has no batch API that hermes speaks", t.Provider, t.Protocol.API())}
	}
	return c, nil
}

// formOf is the form by its name in a file.
func formOf(name string) (form, error) {
	switch name {
	case "messages":
		return messageBatches{}, nil
	case "files":
		return fileBatches{}, nil
	}
	return nil, fmt.Errorf("the form %q of a batch is not known; a newer hermes wrote it", name)
}

// state asks for a batch, cancel stops it.
func (c *conn) state(ctx context.Context, id string) (State, error) {
	return c.one(ctx, c, wire.Exchange{Method: http.MethodGet, URL: c.below(id)})
}

func (c *conn) cancel(ctx context.Context, id string) (State, error) {
	return c.one(ctx, c, wire.Exchange{Method: http.MethodPost, URL: c.below(id, "cancel")})
}

// list gives a page of the provider's batches, the newest first, behind the batch of that id, and whether there are more.
func (c *conn) list(ctx context.Context, id string) (page []State, more bool, err error) {
	u := *c.base
	query := u.Query()
	query.Set("limit", "100")
	if id != "" {
		query.Set(c.after(), id)
	}
	u.RawQuery = query.Encode()
	page, more, err = c.page(ctx, c, &u)
	return page, more && len(page) > 0, err
}

// document is a batch as an API writes it.
type document interface{ state() State }

// one is form.one for a kind of document.
func one[D document](ctx context.Context, c *conn, x wire.Exchange) (State, error) {
	var st State
	x.Read = func(r io.Reader) error {
		var d D
		err := reader(&d)(r)
		if st = d.state(); err == nil && st.ID == "" {
			return wire.Broken("the answer has no id of a batch")
		}
		return err
	}
	err := c.client.Do(ctx, x)
	return st, err
}

// page is form.page for a kind of document.
func page[D document](ctx context.Context, c *conn, at *url.URL) (all []State, more bool, err error) {
	var list struct {
		Data []D  `json:"data"`
		More bool `json:"has_more"`
	}
	err = c.client.Do(ctx, wire.Exchange{Method: http.MethodGet, URL: at, Read: reader(&list)})
	for _, d := range list.Data {
		all = append(all, d.state())
	}
	return all, list.More, err
}

// reader decodes a document. One that is none is a broken answer, which may be asked again.
func reader(into any) func(io.Reader) error {
	return func(r io.Reader) error {
		raw, err := io.ReadAll(io.LimitReader(r, 64<<20))
		if err != nil {
			return err
		}
		if err := json.Unmarshal(raw, into); err != nil {
			return wire.Broken("the answer is not the JSON that it should be: %v", err)
		}
		return nil
	}
}

// below is a path below that of the batches.
func (c *conn) below(path ...string) *url.URL { return c.base.JoinPath(path...) }

// file is the payload of a file: what stands before it, its bytes, and what stands behind it.
type file struct {
	name       string
	size       int64
	head, tail string
}

func newFile(name, head, tail string) (file, error) {
	info, err := os.Stat(name)
	if err != nil {
		return file{}, err
	}
	return file{name, info.Size(), head, tail}, nil
}

// Size implements wire.Payload.
func (f file) Size() int64 { return int64(len(f.head)) + f.size + int64(len(f.tail)) }

// Open implements wire.Payload. A file that is gone breaks the request off.
func (f file) Open() io.ReadCloser {
	r, err := os.Open(f.name)
	if err != nil {
		return io.NopCloser(failing{err})
	}
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(strings.NewReader(f.head), r, strings.NewReader(f.tail)), r}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// rowName is the custom_id of a row: letters, digits and -, of at most 64 (facts: batch, a).
func rowName(intent string, n int) string { return intent + "-" + strconv.Itoa(n) }

// rowNumber is the number of a row of the intent, by the name that it was given.
func rowNumber(intent, name string) (int, bool) {
	digits, ok := strings.CutPrefix(name, intent+"-")
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil && n >= 0 && name == rowName(intent, n)
}
