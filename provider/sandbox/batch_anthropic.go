package sandbox

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// mostAnthropicRows is how many requests a batch takes (facts: batch).
const mostAnthropicRows = 100_000

// anthropicBatches lists batches, or makes one.
func (s *Server) anthropicBatches(c *call) {
	if !c.authorize(c.wire.places()) {
		return
	}
	if c.r.Method == http.MethodGet {
		part, more := c.listed("after_id")
		data, first, last := []obj{}, any(nil), any(nil)
		for _, b := range part {
			data = append(data, c.anthropicObject(b))
		}
		if len(part) > 0 {
			first, last = part[0].id, part[len(part)-1].id
		}
		c.json(http.StatusOK, obj{"data": data, "has_more": more, "first_id": first, "last_id": last})
		return
	}
	var in struct {
		Requests []struct {
			ID     string          `json:"custom_id"`
			Params json.RawMessage `json:"params"`
		} `json:"requests"`
	}
	bad := decode(c.body, &in)
	b := &batch{id: batchPrefix(c.wire) + c.id[:24], made: s.now()}
	seen, asked := map[string]bool{}, [][32]byte{}
	for i, r := range in.Requests {
		if bad == nil {
			bad = badAnthropicRow(i, r.ID, r.Params, seen)
		}
	}
	switch {
	case bad == nil && len(in.Requests) == 0:
		bad = invalid("requests: List should have at least 1 item after validation, not 0")
	case len(in.Requests) > mostAnthropicRows:
		bad = invalid(fmt.Sprintf("requests: List should have at most %d items after validation, not %d", mostAnthropicRows, len(in.Requests)))
	}
	if bad != nil {
		c.deny(*bad)
		return
	}
	for _, r := range in.Requests {
		b.rows = append(b.rows, c.answerRow(anthropic{}, r.ID, r.Params))
		asked = append(asked, sha256.Sum256(r.Params))
	}
	b.doom(c.faults, anthropic{})
	s.keep(c, b, asked)
	c.made(http.StatusOK, c.anthropicObject(b))
}

// badAnthropicRow is what is refused at once; what is wrong with params shows in the results.
func badAnthropicRow(i int, id string, params json.RawMessage, seen map[string]bool) *problem {
	var p struct {
		Stream bool `json:"stream"`
	}
	_ = json.Unmarshal(params, &p)
	switch {
	case len(id) > 64:
		return invalid(fmt.Sprintf("requests.%d.custom_id: String should have at most 64 characters", i))
	case id == "" || strings.Trim(id, idLetters) != "":
		return invalid(fmt.Sprintf("requests.%d.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'", i))
	case seen[id]:
		return invalid(fmt.Sprintf("requests.%d.custom_id: the id '%s' is there twice", i, id))
	case p.Stream:
		return invalid(fmt.Sprintf("requests.%d.params.stream: streaming is not supported in batches", i))
	}
	seen[id] = true
	return nil
}

const idLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

func (s *Server) anthropicBatch(c *call) {
	if b, ok := c.batch(); ok {
		c.json(http.StatusOK, c.anthropicObject(b))
	}
}

// anthropicObject is what a batch says of itself: of its rows nothing before all have ended.
func (c *call) anthropicObject(b *batch) obj {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	stamp := func(t time.Time) any { return t.UTC().Format(time.RFC3339Nano) }
	o := obj{
		"id": b.id, "type": "message_batch", "processing_status": "in_progress", "created_at": stamp(b.made), "expires_at": stamp(b.made.Add(24 * time.Hour)),
		"ended_at": nil, "archived_at": nil, "cancel_initiated_at": nil, "results_url": nil,
		"request_counts": obj{"processing": len(b.rows), "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0},
	}
	if !b.cancelled.IsZero() {
		o["cancel_initiated_at"] = stamp(b.cancelled)
	}
	if b.progress(c.s.now()) < 1 {
		return o
	}
	o["processing_status"], o["ended_at"] = "ended", stamp(b.made.Add(b.took))
	o["results_url"] = "http://" + c.r.Host + "/v1/messages/batches/" + b.id + "/results"
	o["request_counts"] = obj{
		"processing": 0, "succeeded": b.count(fateDone, true) + c.faults.num("miscount", 0), "errored": b.count(fateDone, false),
		"canceled": b.count(fateCanceled, true), "expired": b.count(fateExpired, true),
	}
	return o
}

func (s *Server) anthropicResults(c *call) {
	b, ok := c.batch()
	if !ok {
		return
	}
	s.mu.Lock()
	ended := b.progress(s.now()) >= 1
	s.mu.Unlock()
	if !ended {
		c.deny(problem{cause: causeNotFound, status: http.StatusNotFound, message: "the batch has not ended, so that there are no results"})
		return
	}
	c.plain(http.StatusOK, "application/x-jsonl", b.lines(c, func(r *batchRow) obj {
		result := obj{"type": "succeeded", "message": r.body}
		switch {
		case r.fate == fateExpired:
			result = obj{"type": "expired"}
		case r.fate == fateCanceled:
			result = obj{"type": "canceled"}
		case r.status != http.StatusOK:
			result = obj{"type": "errored", "error": r.body}
		}
		return obj{"custom_id": r.id, "result": result}
	}))
}
