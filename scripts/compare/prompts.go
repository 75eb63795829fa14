package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
)

// prompts are the rows of large prompts on stdin. The server only counts their bytes, so that its work does not hide the client's.
// One process of each program, which is not timed, sends its prompt to be decoded and hashed.
func (b *bench) prompts() ([]row, error) {
	var look atomic.Bool
	sums := make(chan string, 1)
	s, stop, err := b.hostSite(messages(), func(w http.ResponseWriter, r *http.Request) {
		if look.Load() {
			sums <- longestString(r.Body)
		} else {
			swallow(r)
		}
		stream(w)(messages().whole("ok\n"))
	})
	if err != nil {
		return nil, err
	}
	defer stop()
	ten, tens, err := b.prompt(s, 10, b.share(10), &look, sums)
	if err != nil {
		return nil, err
	}
	hundred, hundreds, err := b.prompt(s, 100, b.share(25), &look, sums)
	if err != nil {
		return nil, err
	}
	ten.limits = append(ten.limits, most("wall", ratio(tens[0].Wall, tens[1].Wall), 0.6))
	growth := row{name: "100 MB over 10 MB", limits: []limit{most("linear: ×", ratio(hundreds[0].Wall, tens[0].Wall), 12)}}
	growth.grow(tens, hundreds)
	return []row{ten, hundred, growth}, nil
}

// prompt is the row of one size in MB.
func (b *bench) prompt(s *site, size int64, rounds int, look *atomic.Bool, sums <-chan string) (row, []sample, error) {
	var jobs []job
	for _, program := range []string{b.hermes, b.floor} {
		jobs = append(jobs, job{Args: []string{program}, Env: s.env, Stdin: size << 20})
	}
	look.Store(true)
	wrong, err := b.altered(jobs, sums)
	look.Store(false)
	if err != nil {
		return row{}, nil, err
	}
	all, err := b.compete(rounds, jobs, nil)
	if err != nil {
		return row{}, nil, err
	}
	r := processes(fmt.Sprintf("%d MB on stdin", size), all, most("rss", ratio(all[0].RSS, all[1].RSS), 0.6), holds("unaltered", wrong == 0))
	r.wrong = wrong
	return r, all, nil
}

// altered counts the programs whose prompt is not what was on stdin when it reaches the server.
func (b *bench) altered(jobs []job, sums <-chan string) (wrong int, err error) {
	for _, j := range jobs {
		j.Sum = true
		s, err := b.launch.run(j)
		if err != nil {
			return 0, err
		}
		if <-sums != s.In {
			wrong++
		}
	}
	return wrong, nil
}

// longestString gives the SHA-256, in hex, of the longest string in a JSON document, which is the prompt.
func longestString(r io.Reader) string {
	var longest string
	for dec := json.NewDecoder(r); ; {
		token, err := dec.Token()
		if err != nil {
			return fmt.Sprintf("%x", sha256.Sum256([]byte(longest)))
		}
		if s, ok := token.(string); ok && len(s) > len(longest) {
			longest = s
		}
	}
}
