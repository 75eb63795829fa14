// Command gofloor is the floor that speed is measured against: the least that net/http and encoding/json need to send one
// prompt and write the streamed answer. It has no retries, no login, no limits and no exit codes.
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

func main() {
	prompt := strings.Join(os.Args[1:], " ")
	if prompt == "" {
		raw, err := io.ReadAll(os.Stdin)
		check(err)
		prompt = string(raw)
	}
	body, err := json.Marshal(map[string]any{
		"model": "sandbox", "max_tokens": 4096, "stream": true,
		"messages": []any{map[string]any{"role": "user", "content": prompt}},
	})
	check(err)
	req, err := http.NewRequest(http.MethodPost, os.Getenv("FLOOR_URL")+"/v1/messages", bytes.NewReader(body))
	check(err)
	req.Header = http.Header{"Content-Type": {"application/json"}, "Anthropic-Version": {"2023-06-01"}, "X-Api-Key": {"sk-floor"}}
	res, err := new(http.Client).Do(req)
	check(err)
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var event struct{ Delta struct{ Text string } }
		check(json.Unmarshal([]byte(data), &event))
		_, err := os.Stdout.WriteString(event.Delta.Text)
		check(err)
	}
	check(lines.Err())
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
