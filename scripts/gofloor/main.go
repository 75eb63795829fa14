// Command gofloor is the floor that speed is measured against: the least that net/http and encoding/json need to send one
// prompt and write the streamed answer. It has no retries, no login, no limits and no exit codes.
//
// FLOOR_URL is the endpoint. Its end tells which of the four APIs answers there: /messages, /chat/completions, /responses, or
// :streamGenerateContent?alt=sse of Gemini.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
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
	prompt := strings.Join(os.Args[1:], " ")
	if prompt == "" {
		raw, err := io.ReadAll(os.Stdin)
		check(err)
		prompt = string(raw)
	}
	url := os.Getenv("FLOOR_URL")
	a := apiAt(url)
	body, err := json.Marshal(a.body(prompt))
	check(err)
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	check(err)
	req.Header = a.headers
	res, err := new(http.Client).Do(req)
	check(err)
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok || data == "[DONE]" {
			continue
		}
		_, err := os.Stdout.WriteString(a.text([]byte(data)))
		check(err)
	}
	check(lines.Err())
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
