// Command gofloor is the floor that speed is measured against: the least that net/http and encoding/json need to send one
// prompt and write the streamed answer. It has no retries, no login, no limits and no exit codes.
//
// FLOOR_ROWS names a file of rows to be asked side by side in place of one prompt. FLOOR_URL is the endpoint. Its end tells which of the four APIs answers there: /messages, /chat/completions, /responses, or
// :streamGenerateContent?alt=sse of Gemini.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"net/http"
	"os"
	"strings"
)

const key = "sk-floor"

// api is what the program knows of one API.
type api struct {
	headers http.Header
	body    func(prompt string) any
	text    func(event []byte) string
}

func main() {
	url := os.Getenv("FLOOR_URL")
	a := apiAt(url)
	if name := os.Getenv("FLOOR_ROWS"); name != "" {
		rows(a, url, name)
		return
	}
	prompt := strings.Join(os.Args[1:], " ")
	if prompt == "" {
		raw, err := io.ReadAll(os.Stdin)
		check(err)
		prompt = string(raw)
	}
	for delta := range deltas(new(http.Client), a, url, prompt) {
		_, err := os.Stdout.WriteString(delta)
		check(err)
	}
}

// deltas asks and gives each piece of the answer.
func deltas(client *http.Client, a api, url, prompt string) iter.Seq[string] {
	return func(yield func(string) bool) {
		body, err := json.Marshal(a.body(prompt))
		check(err)
		req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
		check(err)
		req.Header = a.headers
		res, err := client.Do(req)
		check(err)
		defer res.Body.Close()
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(nil, 1<<26)
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && data != "[DONE]" && !yield(a.text([]byte(data))) {
				return
			}
		}
		check(lines.Err())
	}
}

// ask gives the whole answer.
func ask(client *http.Client, a api, url, prompt string) string {
	var text strings.Builder
	for delta := range deltas(client, a, url, prompt) {
		text.WriteString(delta)
	}
	return text.String()
}

func apiAt(url string) api {
	h := http.Header{"Content-Type": {"application/json"}}
	switch {
	case strings.HasSuffix(url, "/chat/completions"):
		h["Authorization"] = []string{"Bearer " + key}
		return api{h, chatBody, chatText}
	case strings.HasSuffix(url, "/responses"):
		h["Authorization"] = []string{"Bearer " + key}
		return api{h, responsesBody, responsesText}
	case strings.HasSuffix(url, ":streamGenerateContent?alt=sse"):
		h["X-Goog-Api-Key"] = []string{key}
		return api{h, geminiBody, geminiText}
	}
	h["Anthropic-Version"], h["X-Api-Key"] = []string{"2023-06-01"}, []string{key}
	return api{h, messagesBody, messagesText}
}

func messagesBody(prompt string) any {
	return map[string]any{
		"model": "sandbox", "max_tokens": 4096, "stream": true,
		"messages": []any{map[string]any{"role": "user", "content": prompt}},
	}
}

func messagesText(event []byte) string {
	var e struct{ Delta struct{ Text string } }
	check(json.Unmarshal(event, &e))
	return e.Delta.Text
}

func chatBody(prompt string) any {
	return map[string]any{
		"model": "sandbox", "stream": true,
		"messages": []any{map[string]any{"role": "user", "content": prompt}},
	}
}

func chatText(event []byte) (text string) {
	var e struct {
		Choices []struct{ Delta struct{ Content string } }
	}
	check(json.Unmarshal(event, &e))
	for _, c := range e.Choices {
		text += c.Delta.Content
	}
	return text
}

func responsesBody(prompt string) any {
	return map[string]any{"model": "sandbox", "stream": true, "input": prompt}
}

// responsesText reads the deltas of a text alone, which are the only events with a delta that the sandbox sends here.
func responsesText(event []byte) string {
	var e struct{ Delta string }
	check(json.Unmarshal(event, &e))
	return e.Delta
}

func geminiBody(prompt string) any {
	return map[string]any{"contents": []any{map[string]any{"role": "user", "parts": []any{map[string]any{"text": prompt}}}}}
}

func geminiText(event []byte) (text string) {
	var e struct {
		Candidates []struct {
			Content struct{ Parts []struct{ Text string } }
		}
	}
	check(json.Unmarshal(event, &e))
	for _, c := range e.Candidates {
		for _, p := range c.Content.Parts {
			text += p.Text
		}
	}
	return text
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
