package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
)

// prompts are large ones on stdin. The server only counts them, so that its work does not hide the client's; one process
// of each program, which is not timed, sends its prompt to be decoded and hashed.
func (b *bench) prompts() ([]row, error) {
	var look atomic.Bool
	sums := make(chan string, 1)
	s, stop, err := b.hostSite(func(w http.ResponseWriter, r *http.Request) {
		if look.Load() {
			sums <- longestString(r.Body)
		} else {
			swallow(r)
		}
		stream(w)(opening + delta("ok\n") + closing)
	})
	if err != nil {
		return nil, err
	}
	defer stop()
	var rows []row
	var medians [][]sample
	for _, size := range []struct {
		megabytes int64
		share     int
	}{{10, 5}, {100, 40}} {
		jobs := []job{{Args: []string{b.hermes}, Env: s.env, Stdin: size.megabytes << 20}, {Args: []string{b.floor}, Env: s.env, Stdin: size.megabytes << 20}}
		look.Store(true)
		wrong, err := b.altered(jobs, sums)
		look.Store(false)
		if err != nil {
			return nil, err
		}
		all, err := b.compete(b.share(size.share), jobs, nil)
		if err != nil {
			return nil, err
		}
		h, f := all[0], all[1]
		r := processes(fmt.Sprintf("%d MB on stdin", size.megabytes), all, most("wall", ratio(h.Wall, f.Wall), 0.6),
			most("rss", ratio(h.RSS, f.RSS), 0.6), holds("unaltered", wrong == 0))
		r.wrong = wrong
		rows, medians = append(rows, r), append(medians, all)
	}
	growth := row{name: "100 MB over 10 MB", limits: []limit{most("linear: ×", ratio(medians[1][0].Wall, medians[0][0].Wall), 12)}}
	growth.grow(medians[0], medians[1])
	return append(rows, growth), nil
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
