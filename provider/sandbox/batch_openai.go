package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
)

// mostOpenAIRows is how many lines a file may have (facts: batch).
const mostOpenAIRows = 50_000

// upload takes a file of purpose batch.
func (s *Server) upload(c *call) {
	if !c.authorize(c.wire.places()) {
		return
	}
	_, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	form, ferr := multipart.NewReader(bytes.NewReader(c.body), params["boundary"]).ReadForm(maxBody)
	if err != nil || ferr != nil || len(form.File["file"]) != 1 || strings.Join(form.Value["purpose"], "") != "batch" {
		c.deny(*invalid("a file needs the fields purpose, which is batch, and file"))
		return
	}
	part := form.File["file"][0]
	f, err := part.Open()
	if err != nil {
		c.deny(*invalid(err.Error()))
		return
	}
	defer f.Close()
	raw, err := io.ReadAll(f)
	if err != nil {
		c.deny(*invalid(err.Error()))
		return
	}
	id := "file-" + c.id[:24]
	s.mu.Lock()
	if s.batches.files == nil {
		s.batches.files = map[string]string{}
	}
	s.batches.files[id] = string(raw)
	now := s.now().Unix()
	s.mu.Unlock()
	c.made(http.StatusOK, obj{
		"id": id, "object": "file", "bytes": len(raw), "created_at": now, "filename": part.Filename, "purpose": "batch", "status": "processed",
	})
}

// openAIBatches lists batches, or makes one. What is wrong with the file shows when the batch has failed.
func (s *Server) openAIBatches(c *call) {
	if !c.authorize(c.wire.places()) {
		return
	}
	if c.r.Method == http.MethodGet {
		part, more := c.listed("after")
		data := []obj{}
		for _, b := range part {
			data = append(data, c.openAIObject(b))
		}
		c.json(http.StatusOK, obj{"object": "list", "data": data, "has_more": more})
		return
	}
	var in struct {
		File     string          `json:"input_file_id"`
		Endpoint string          `json:"endpoint"`
		Window   string          `json:"completion_window"`
		Metadata json.RawMessage `json:"metadata"`
	}
	if bad := decode(c.body, &in); bad != nil {
		c.deny(*bad)
		return
	}
	s.mu.Lock()
	raw, there := s.batches.files[in.File]
	s.mu.Unlock()
	w := rowWire(in.Endpoint)
	switch {
	case !there:
		c.deny(problem{cause: causeInvalid, message: "Invalid 'input_file_id': no such file.", param: "input_file_id"})
		return
	case w == nil:
		c.deny(problem{cause: causeInvalid, message: "Invalid value: '" + in.Endpoint + "'.", param: "endpoint"})
		return
	case in.Window != "24h":
		c.deny(problem{cause: causeInvalid, message: "Invalid value: '" + in.Window + "'. Supported values are: '24h'.", param: "completion_window"})
		return
	}
	b := &batch{id: batchPrefix(c.wire) + c.id[:24], made: s.now(), file: in.File, endpoint: in.Endpoint, window: in.Window, metadata: in.Metadata}
	asked := c.readRows(b, w, raw)
	if c.faults.has("batch-failed") {
		b.bad = append(b.bad, obj{"code": c.faults.text("batch-failed"), "line": nil, "message": "sandbox: batch-failed", "param": nil})
	}
	b.doom(c.faults, w)
	s.keep(c, b, asked)
	c.made(http.StatusOK, c.openAIObject(b))
}

// rowWire is the wire of an endpoint, nil for none.
func rowWire(endpoint string) wire {
	switch endpoint {
	case "/v1/chat/completions":
		return chat{}
	case "/v1/responses":
		return responses{}
	}
	return nil
}

// readRows answers the rows of a file, or notes why the whole batch fails.
func (c *call) readRows(b *batch, w wire, file string) (asked [][32]byte) {
	bad := func(line int, code, format string, args ...any) {
		b.bad = append(b.bad, obj{"code": code, "line": line, "message": fmt.Sprintf(format, args...), "param": nil})
	}
	seen, model := map[string]bool{}, ""
	lines := strings.Split(strings.TrimSuffix(file, "\n"), "\n")
	if file == "" {
		bad(0, "empty_file", "The input file is empty.")
	}
	if len(lines) > mostOpenAIRows {
		bad(0, "too_many_tasks", "The input file has more than %d lines.", mostOpenAIRows)
		return nil
	}
	for i, line := range lines {
		var row struct {
			ID     string          `json:"custom_id"`
			Method string          `json:"method"`
			URL    string          `json:"url"`
			Body   json.RawMessage `json:"body"`
		}
		var body struct {
			Model  string `json:"model"`
			Stream bool   `json:"stream"`
		}
		if json.Unmarshal([]byte(line), &row) != nil || json.Unmarshal(row.Body, &body) != nil {
			bad(i+1, "invalid_json_line", "This line is not parseable as valid JSON.")
			continue
		}
		switch {
		case row.ID == "":
			bad(i+1, "missing_required_parameter", "custom_id is missing.")
		case seen[row.ID]:
			bad(i+1, "duplicate_custom_id", "The custom_id '%s' is a duplicate.", row.ID)
		case row.Method != http.MethodPost:
			bad(i+1, "invalid_method", "The method must be POST.")
		case row.URL != b.endpoint:
			bad(i+1, "url_mismatch", "The URL '%s' is not that of the batch.", row.URL)
		case model != "" && body.Model != model:
			bad(i+1, "model_mismatch", "All requests of a batch have one model.")
		case body.Stream:
			bad(i+1, "invalid_request", "Streaming is not supported in the Batch API.")
		}
		seen[row.ID], model = true, body.Model
		if b.bad == nil {
			b.rows = append(b.rows, c.answerRow(w, row.ID, row.Body))
			asked = append(asked, sha256.Sum256(row.Body))
		}
	}
	return asked
}

func (s *Server) openAIBatch(c *call) {
	if b, ok := c.batch(); ok {
		c.json(http.StatusOK, c.openAIObject(b))
	}
}

// openAIObject is what a batch says of itself: its counts move while it runs.
func (c *call) openAIObject(b *batch) obj {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	at := b.progress(c.s.now())
	o := obj{
		"id": b.id, "object": "batch", "endpoint": b.endpoint, "errors": nil, "input_file_id": b.file, "completion_window": b.window,
		"status": b.openAIStatus(at), "output_file_id": nil, "error_file_id": nil, "created_at": b.made.Unix(), "expires_at": b.made.Unix() + 86400,
		"metadata":       b.metadata,
		"request_counts": obj{"total": len(b.rows), "completed": int(at * float64(len(b.rows))), "failed": 0},
	}
	if b.metadata == nil {
		o["metadata"] = nil
	}
	switch {
	case b.bad != nil:
		o["errors"], o["request_counts"] = obj{"object": "list", "data": b.bad}, obj{"total": 0, "completed": 0, "failed": 0}
	case at >= 1:
		good := b.count(fateDone, true)
		o["request_counts"] = obj{"total": len(b.rows), "completed": good + c.faults.num("miscount", 0), "failed": len(b.rows) - good}
		if good > 0 {
			o["output_file_id"] = "file-out-" + b.id
		}
		if b.count(fateDone, false)+b.count(fateExpired, true) > 0 {
			o["error_file_id"] = "file-err-" + b.id
		}
	}
	return o
}

func (b *batch) openAIStatus(at float64) string {
	switch {
	case b.bad != nil:
		return "failed"
	case at >= 1 && !b.cancelled.IsZero():
		return "cancelled"
	case at >= 1 && b.count(fateExpired, true) > 0:
		return "expired"
	case at >= 1:
		return "completed"
	case at > 0.8:
		return "finalizing"
	case at < 0.2:
		return "validating"
	}
	return "in_progress"
}

// fileContent is a file that was sent, or one with the results of a batch.
func (s *Server) fileContent(c *call) {
	if !c.authorize(c.wire.places()) {
		return
	}
	id := c.named()
	s.mu.Lock()
	raw, there := s.batches.files[id]
	all := s.batches.all
	s.mu.Unlock()
	for _, b := range all {
		switch id {
		case "file-out-" + b.id:
			raw, there = string(b.lines(c, func(r *batchRow) obj { return r.openAILine(true) })), true
		case "file-err-" + b.id:
			raw, there = string(b.lines(c, func(r *batchRow) obj { return r.openAILine(false) })), true
		}
	}
	if !there {
		c.deny(problem{cause: causeNotFound, status: http.StatusNotFound, message: "No such File object: " + id})
		return
	}
	c.plain(http.StatusOK, "application/octet-stream", []byte(raw))
}

// openAILine is a line of the file of good answers, or of that of the others; nil for one that is not there. Whether the real
// server lists rows that were cancelled is not known: here it does not.
func (r *batchRow) openAILine(good bool) obj {
	o := obj{"id": "batch_req_" + r.id, "custom_id": r.id, "response": nil, "error": nil}
	switch {
	case r.fate == fateCanceled || good != (r.fate == fateDone && r.status == http.StatusOK):
		return nil
	case r.fate == fateExpired:
		o["error"] = obj{"code": "batch_expired", "message": "This request could not be executed before the completion window expired."}
	default:
		o["response"] = obj{"status_code": r.status, "request_id": "req_" + r.id, "body": r.body}
	}
	return o
}
