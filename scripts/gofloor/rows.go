package main

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"sync"
)

// together is how many rows are asked at the same time.
const together = 64

// rows asks each row of a file, a JSON object with id and prompt, and writes the answers as JSON lines as they come: the least that a
// program needs for many requests in one process.
func rows(a api, url, name string) {
	file, err := os.Open(name)
	check(err)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: together}}
	type row struct{ ID, Prompt, Text string }
	todo, done := make(chan row), make(chan row, together)
	var all sync.WaitGroup
	for range together {
		all.Go(func() {
			for r := range todo {
				r.Text = ask(client, a, url, r.Prompt)
				done <- r
			}
		})
	}
	go func() {
		lines := json.NewDecoder(bufio.NewReader(file))
		for lines.More() {
			var r row
			check(lines.Decode(&r))
			todo <- r
		}
		close(todo)
		all.Wait()
		close(done)
	}()
	out := json.NewEncoder(os.Stdout)
	for r := range done {
		check(out.Encode(r))
	}
}
