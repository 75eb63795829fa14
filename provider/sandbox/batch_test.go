package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// anthropicBatchOf is a create with rows of these prompts.
func anthropicBatchOf(prompts ...string) string {
	var rows []string
	for i, p := range prompts {
		rows = append(rows, fmt.Sprintf(`{"custom_id":"row-%d","params":{"model":"sandbox","max_tokens":50,"messages":[{"role":"user","content":%q}]}}`, i, p))
	}
	return `{"requests":[` + strings.Join(rows, ",") + `]}`
}

// readObj is a JSON document as a map.
func readObj(t *testing.T, a answered) map[string]any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal([]byte(a.body), &o); err != nil || a.status != http.StatusOK {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return o
}

func batchCall(t *testing.T, method, url, body string) answered {
	t.Helper()
	return send(t, method, url, body, "Authorization", "Bearer "+testKey, "Content-Type", "application/json")
}

// TestAnthropicBatch goes from a create to the results: every end of a row, in another order than the rows.
func TestAnthropicBatch(t *testing.T) {
	t.Parallel()
	script := &Script{Answers: []Answer{{Match: Match{Prompt: "bad"}, Status: 400}, {Match: Match{Prompt: "drop"}, Fault: "reset"}}}
	_, base := start(t, Options{Script: script, Fault: "expire-rows=5*1"})
	url := base + "/v1/messages/batches"
	b := readObj(t, batchCall(t, http.MethodPost, url, anthropicBatchOf("one", "two", "bad", "drop", "late", "six")))
	at := url + "/" + b["id"].(string)
	b = readObj(t, batchCall(t, http.MethodGet, at, ""))
	if counts := fmt.Sprint(b["request_counts"]); b["processing_status"] != "ended" || counts != "map[canceled:0 errored:2 expired:1 processing:0 succeeded:3]" {
		t.Errorf("%v", b)
	}
	var order []string
	ends := map[string]string{}
	for line := range strings.Lines(batchCall(t, http.MethodGet, at+"/results", "").body) {
		var r struct {
			ID     string `json:"custom_id"`
			Result struct {
				Type    string
				Message struct{ Content []struct{ Text string } }
				Error   struct{ Error struct{ Type string } }
			}
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		order = append(order, r.ID)
		ends[r.ID] = r.Result.Type + " " + r.Result.Error.Error.Type
	}
	want := map[string]string{
		"row-0": "succeeded ", "row-1": "succeeded ", "row-2": "errored bad_request_error", "row-3": "errored api_error", "row-4": "expired ", "row-5": "succeeded ",
	}
	if fmt.Sprint(ends) != fmt.Sprint(want) || slices.IsSorted(order) {
		t.Errorf("%v in the order %v", ends, order)
	}
	for body, word := range map[string]string{
		`{"requests":[]}`: "at least 1",
		`{"requests":[{"custom_id":"a b","params":{}}]}`:                         "pattern",
		`{"requests":[{"custom_id":"` + strings.Repeat("x", 65) + `"}]}`:         "at most 64",
		`{"requests":[{"custom_id":"a","params":{}},{"custom_id":"a"}]}`:         "twice",
		`{"requests":[{"custom_id":"a","params":{"stream":true,"model":"x"}}]}`:  "streaming",
		`{"requests":[{"custom_id":"a","params":{}},{"custom_id":"","params":{}`: "JSON",
	} {
		if a := batchCall(t, http.MethodPost, url, body); a.status != http.StatusBadRequest || !strings.Contains(a.body, word) {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
}

// openAIBatchOf uploads rows and makes a batch of them.
func openAIBatchOf(t *testing.T, base string, rows ...string) map[string]any {
	t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	_ = w.WriteField("purpose", "batch")
	f, err := w.CreateFormFile("file", "in.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(f, strings.Join(rows, "\n"))
	w.Close()
	file := readObj(t, send(t, http.MethodPost, base+"/v1/files", form.String(), "Authorization", "Bearer "+testKey, "Content-Type", w.FormDataContentType()))
	create := fmt.Sprintf(`{"input_file_id":%q,"endpoint":"/v1/chat/completions","completion_window":"24h","metadata":{"run":"r1"}}`, file["id"])
	return readObj(t, batchCall(t, http.MethodPost, base+"/v1/batches", create))
}

func openAIRow(id, model, prompt string) string {
	return fmt.Sprintf(`{"custom_id":%q,"method":"POST","url":"/v1/chat/completions","body":{"model":%q,"messages":[{"role":"user","content":%q}]}}`, id, model, prompt)
}

// TestOpenAIBatch: good answers and others are in two files, and a bad line fails the whole.
func TestOpenAIBatch(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{Fault: "expire-rows=3*1"})
	b := openAIBatchOf(t, base, openAIRow("a", "gpt", "one"), openAIRow("b", "gpt", ""), openAIRow("c", "gpt", "three"))
	b = readObj(t, batchCall(t, http.MethodGet, base+"/v1/batches/"+b["id"].(string), ""))
	if b["status"] != "expired" || fmt.Sprint(b["request_counts"]) != "map[completed:1 failed:2 total:3]" || fmt.Sprint(b["metadata"]) != "map[run:r1]" {
		t.Errorf("%v", b)
	}
	content := func(key string) string {
		return batchCall(t, http.MethodGet, base+"/v1/files/"+b[key].(string)+"/content", "").body
	}
	good, others := content("output_file_id"), content("error_file_id")
	if strings.Count(good, "\n") != 1 || !strings.Contains(good, `"status_code":200`) || !strings.Contains(others, `"status_code":400`) || !strings.Contains(others, "batch_expired") {
		t.Errorf("%s%s", good, others)
	}
	b = openAIBatchOf(t, base, openAIRow("a", "gpt", "one"), openAIRow("a", "other", "two"), "nonsense")
	for _, word := range []string{"failed", "duplicate_custom_id", "invalid_json_line"} {
		if !strings.Contains(fmt.Sprint(b), word) {
			t.Errorf("%v has no %s", b, word)
		}
	}
	list := readObj(t, batchCall(t, http.MethodGet, base+"/v1/batches?limit=1", ""))
	if data := list["data"].([]any); len(data) != 1 || list["has_more"] != true || data[0].(map[string]any)["id"] != b["id"] {
		t.Errorf("%v", list)
	}
}

// TestBatchTime: a batch ends by the clock, and what is cancelled half way has half of its answers.
func TestBatchTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Options{BatchTime: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		b := &batch{made: s.now(), took: time.Minute}
		for range 10 {
			b.rows = append(b.rows, &batchRow{status: http.StatusOK})
		}
		for _, want := range []string{"validating", "in_progress", "finalizing"} {
			if got := b.openAIStatus(b.progress(s.now())); got != want {
				t.Errorf("%s, want %s", got, want)
			}
			time.Sleep(27 * time.Second)
		}
		if got := b.openAIStatus(b.progress(s.now())); got != "completed" {
			t.Errorf("at the end: %s", got)
		}
	})
	_, base := start(t, Options{BatchTime: time.Hour})
	url := base + "/v1/messages/batches"
	at := url + "/" + readObj(t, batchCall(t, http.MethodPost, url, anthropicBatchOf("one", "two")))["id"].(string)
	if a := batchCall(t, http.MethodGet, at+"/results", ""); a.status != http.StatusNotFound {
		t.Errorf("results too early: %d", a.status)
	}
	b := readObj(t, batchCall(t, http.MethodPost, at+"/cancel", ""))
	if b["processing_status"] != "ended" || !strings.Contains(fmt.Sprint(b["request_counts"]), "canceled:2") {
		t.Errorf("cancelled: %v", b)
	}
}

// TestBatchFaults: the faults that are a batch API's own.
func TestBatchFaults(t *testing.T) {
	t.Parallel()
	s, base := start(t, Options{Fault: "create:lost-answer*1,half-results*1,miscount=7*1,unlisted*1,create:status=429@2*1,fail-rows=2@3"})
	url := base + "/v1/messages/batches"
	key := []string{"Authorization", "Bearer " + testKey}
	if _, err := trySend(t, http.MethodPost, url, anthropicBatchOf("a", "b"), key...); err == nil {
		t.Error("a lost answer came")
	}
	if a := batchCall(t, http.MethodPost, url, anthropicBatchOf("a")); a.status != http.StatusTooManyRequests {
		t.Errorf("429: %d", a.status)
	}
	for _, want := range []int{0, 1} {
		if data := readObj(t, batchCall(t, http.MethodGet, url, ""))["data"].([]any); len(data) != want {
			t.Errorf("%d listed, want %d", len(data), want)
		}
	}
	id := readObj(t, batchCall(t, http.MethodPost, url, anthropicBatchOf("a", "c")))["id"].(string)
	for _, want := range []string{"errored:1 expired:0 processing:0 succeeded:8", "errored:1 expired:0 processing:0 succeeded:1"} {
		if b := readObj(t, batchCall(t, http.MethodGet, url+"/"+id, "")); !strings.Contains(fmt.Sprint(b["request_counts"]), want) {
			t.Errorf("%v", b["request_counts"])
		}
	}
	for _, want := range []int{1, 2} {
		if n := strings.Count(batchCall(t, http.MethodGet, url+"/"+id+"/results", "").body, "\n"); n != want {
			t.Errorf("%d results, want %d", n, want)
		}
	}
	if n := s.State(); n.Batches != 2 || n.BatchRows != 4 || n.BatchRowsTwice != 1 {
		t.Errorf("%d batches of %d rows, %d twice", n.Batches, n.BatchRows, n.BatchRowsTwice)
	}
	_, base = start(t, Options{Fault: "batch-failed=token_limit_exceeded"})
	if b := openAIBatchOf(t, base, openAIRow("a", "gpt", "one")); b["status"] != "failed" || !strings.Contains(fmt.Sprint(b), "token_limit_exceeded") {
		t.Errorf("%v", b)
	}
}
