package sandbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The two batch APIs, Anthropic's and OpenAI's. A batch is answered when it is made, row by row, as the endpoint of a
// question would answer it: scripts hold for rows too. What it says of itself follows from the clock alone. Results come in
// another order than the rows.

// batch is one batch of either API.
type batch struct {
	id        string
	made      time.Time
	took      time.Duration
	cancelled time.Time // zero: never
	rows      []*batchRow

	// OpenAI's alone.
	file, endpoint, window string
	metadata               json.RawMessage
	bad                    []obj // why it failed as a whole
}

// batchRow is a row and its answer.
type batchRow struct {
	id     string // custom_id
	fate   fate
	status int
	body   json.RawMessage
}

// fate is how a row ends.
type fate int

const (
	fateDone     fate = iota // answered, be it with an error
	fateExpired              // not answered in time
	fateCanceled             // not begun when the batch was cancelled
)

// batches are those of a server. All of it is guarded by Server.mu.
type batches struct {
	all   []*batch // in the order in which they were made
	files map[string]string
	paid  map[[32]byte]bool // rows that were answered, by the hash of what was asked
}

// batchEndpoint is a path of a batch API with {id} in the place of the name that it holds.
func batchEndpoint(path string) string {
	for _, collection := range []string{"/messages/batches/", "/batches/", "/files/"} {
		base, rest, ok := strings.Cut(path, collection)
		if !ok || rest == "" {
			continue
		}
		_, verb, _ := strings.Cut(rest, "/")
		return strings.TrimSuffix(base+collection+"{id}/"+verb, "/")
	}
	return path
}

// named is the id in the path of a call.
func (c *call) named() string {
	for _, collection := range []string{"/batches/", "/files/"} {
		if _, rest, ok := strings.Cut(c.r.URL.Path, collection); ok {
			id, _, _ := strings.Cut(rest, "/")
			return id
		}
	}
	return ""
}

// batchRoutes are the endpoints of both APIs.
func (s *Server) batchRoutes(t map[string]route) {
	for _, base := range []string{"/anthropic/v1/messages/batches", "/v1/messages/batches"} {
		t[base] = route{"", scopeCreate, anthropic{}, s.anthropicBatches}
		t[base+"/{id}"] = route{http.MethodGet, scopePoll, anthropic{}, s.anthropicBatch}
		t[base+"/{id}/results"] = route{http.MethodGet, scopeResults, anthropic{}, s.anthropicResults}
		t[base+"/{id}/cancel"] = route{http.MethodPost, scopeCancel, anthropic{}, s.cancelBatch}
	}
	for _, base := range []string{"/v1", "/openai/v1"} {
		t[base+"/files"] = route{http.MethodPost, scopeUpload, chat{}, s.upload}
		t[base+"/files/{id}/content"] = route{http.MethodGet, scopeResults, chat{}, s.fileContent}
		t[base+"/batches"] = route{"", scopeCreate, chat{}, s.openAIBatches}
		t[base+"/batches/{id}"] = route{http.MethodGet, scopePoll, chat{}, s.openAIBatch}
		t[base+"/batches/{id}/cancel"] = route{http.MethodPost, scopeCancel, chat{}, s.cancelBatch}
	}
}

// answerRow answers a row as the endpoint of its wire would; what drops a connection there is an error of the server here.
func (c *call) answerRow(w wire, id string, body json.RawMessage) (row *batchRow) {
	out := &kept{header: http.Header{}}
	sum := sha256.Sum256([]byte(c.id + " " + id))
	r := c.r.WithContext(context.WithoutCancel(c.r.Context())) // a client that leaves takes no batch with it
	inner := &call{s: c.s, w: out, r: r, wire: w, scope: w.scope(), body: body, id: hex.EncodeToString(sum[:16]), free: func() {}, logged: true}
	row = &batchRow{id: id}
	defer func() {
		if recover() != nil {
			status, body := w.failure(inner.id, problem{cause: causeServer, message: "sandbox: the row was dropped"})
			row.status, row.body = status, encode(body)
		}
	}()
	c.s.ask(inner)
	row.status, row.body = out.status, bytes.Clone(out.body.Bytes())
	return row
}

// kept is an answer that stays in memory.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header         { return k.header }
func (k *kept) WriteHeader(status int)      { k.status = status }
func (k *kept) Write(p []byte) (int, error) { return k.body.Write(p) }

// doom lets the faults of a create decide the end of rows.
func (b *batch) doom(f faults, w wire) {
	for i, row := range b.rows {
		if n := f.num("expire-rows", 0); n > 0 && (i+1)%n == 0 {
			row.fate = fateExpired
		}
		if n := f.num("fail-rows", 0); n > 0 && (i+1)%n == 0 {
			status, body := w.failure(b.id, problem{cause: causeServer, message: "sandbox: fail-rows"})
			row.status, row.body = status, encode(body)
		}
	}
}

// keep takes a batch in. asked is what each row asks: what was answered before is paid twice.
func (s *Server) keep(c *call, b *batch, asked [][32]byte) {
	b.took = s.opts.BatchTime
	if c.faults.has("batch-time") {
		b.took = c.faults.dur("batch-time")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches.all = append(s.batches.all, b)
	s.count.Batches++
	if b.bad != nil {
		return
	}
	s.count.BatchRows += len(b.rows)
	if s.batches.paid == nil {
		s.batches.paid = map[[32]byte]bool{}
	}
	for i, row := range b.rows {
		if row.fate != fateDone || row.status != http.StatusOK { // which costs nothing
			continue
		}
		if s.batches.paid[asked[i]] {
			s.count.BatchRowsTwice++
		}
		s.batches.paid[asked[i]] = true
	}
}

// made reports the end of a create to the client, unless its answer is lost.
func (c *call) made(status int, o obj) {
	if c.faults.has("lost-answer") {
		c.abort()
	}
	c.json(status, o)
}

// batch finds the one that the path names; false means that the call is over.
func (c *call) batch() (*batch, bool) {
	if !c.authorize(c.wire.places()) {
		return nil, false
	}
	id := c.named()
	c.s.mu.Lock()
	all := c.s.batches.all
	c.s.mu.Unlock()
	i := slices.IndexFunc(all, func(b *batch) bool { return b.id == id })
	if i < 0 {
		c.deny(problem{cause: causeNotFound, status: http.StatusNotFound, message: "No batch found with id '" + id + "'."})
		return nil, false
	}
	return all[i], true
}

// listed is a list's part, newest first: limit and the id after which it begins are the query's.
func (c *call) listed(after string) (part []*batch, more bool) {
	c.s.mu.Lock()
	all := slices.Clone(c.s.batches.all)
	c.s.mu.Unlock()
	slices.Reverse(all)
	prefix := batchPrefix(c.wire)
	all = slices.DeleteFunc(all, func(b *batch) bool { return !strings.HasPrefix(b.id, prefix) })
	query := c.r.URL.Query()
	if i := slices.IndexFunc(all, func(b *batch) bool { return b.id == query.Get(after) }); i >= 0 {
		all = all[i+1:]
	}
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil || limit < 1 {
		limit = 20
	}
	if c.faults.has("unlisted") {
		all = nil
	}
	return all[:min(limit, len(all))], len(all) > limit
}

func batchPrefix(w wire) string {
	if w.scope() == scopeAnthropic {
		return "msgbatch_"
	}
	return "batch_"
}

// progress is how far a batch is at a moment: 0 to 1, 1 being its end.
func (b *batch) progress(now time.Time) float64 {
	end := b.made.Add(b.took)
	if !b.cancelled.IsZero() && b.cancelled.Before(end) {
		end = b.cancelled
	}
	switch {
	case !now.Before(end):
		return 1
	case b.took <= 0:
		return 1
	}
	return float64(now.Sub(b.made)) / float64(b.took)
}

// cancelBatch stops a batch. The rows that it had no time for are never answered.
func (s *Server) cancelBatch(c *call) {
	b, ok := c.batch()
	if !ok {
		return
	}
	s.mu.Lock()
	now := s.now()
	if done := b.progress(now); done < 1 && b.bad == nil {
		b.cancelled = now
		for _, row := range b.rows[int(done*float64(len(b.rows))):] {
			row.fate = fateCanceled
		}
	}
	s.mu.Unlock()
	if c.wire.scope() == scopeAnthropic {
		c.json(http.StatusOK, c.anthropicObject(b))
		return
	}
	c.json(http.StatusOK, c.openAIObject(b))
}

// lines writes rows that ended, in an order of their own.
func (b *batch) lines(c *call, of func(*batchRow) obj) []byte {
	rows := slices.Clone(b.rows)
	key := func(r *batchRow) string { sum := sha256.Sum256([]byte(r.id)); return string(sum[:]) }
	slices.SortFunc(rows, func(x, y *batchRow) int { return strings.Compare(key(x), key(y)) })
	if c.faults.has("half-results") {
		rows = rows[:len(rows)/2]
	}
	var out bytes.Buffer
	for _, row := range rows {
		if o := of(row); o != nil {
			out.Write(encode(o))
			out.WriteByte('\n')
		}
	}
	return out.Bytes()
}

// count counts the rows that ended so, with a good answer or not.
func (b *batch) count(f fate, good bool) (n int) {
	for _, row := range b.rows {
		if row.fate == f && (f != fateDone || good == (row.status == http.StatusOK)) {
			n++
		}
	}
	return n
}
