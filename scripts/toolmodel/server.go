package toolmodel

import (
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// Server plays scripts. The name of the model that is asked is the name of a script.
type Server struct {
	Scripts map[string]*Script

	mu       sync.Mutex
	attempts map[string]int
	plays    map[string]*Play
}

// Play is what came of a script over one API.
type Play struct {
	Requests int
	Wrong    []string // what a server of that API would refuse, or the model would miss
	tools    string
}

// Wires are the APIs by name.
func Wires() []string { return []string{"anthropic", "chat", "responses", "gemini"} }

// Play is what came of a script so far.
func (s *Server) Play(wire, script string) Play {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.play(wire + " " + script)
}

func (s *Server) play(key string) *Play {
	if s.plays == nil {
		s.plays, s.attempts = map[string]*Play{}, map[string]int{}
	}
	if s.plays[key] == nil {
		s.plays[key] = &Play{}
	}
	return s.plays[key]
}

// wireOf is the API of a path, and the model where the path names it.
func wireOf(p string) (wire, model string) {
	last := path.Base(p)
	switch {
	case strings.HasSuffix(p, "/messages"):
		return "anthropic", ""
	case strings.HasSuffix(p, "/chat/completions"):
		return "chat", ""
	case strings.HasSuffix(p, "/responses"):
		return "responses", ""
	case strings.HasSuffix(last, ":streamGenerateContent"):
		return "gemini", strings.TrimSuffix(last, ":streamGenerateContent")
	}
	return "", ""
}

// ServeHTTP plays the next turn of a script.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	wire, model := wireOf(r.URL.Path)
	raw, err := io.ReadAll(r.Body)
	if wire == "" || err != nil {
		http.Error(w, `{"error":{"message":"no such path","type":"not_found_error"}}`, http.StatusNotFound)
		return
	}
	ask, err := read(wire, raw)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if model == "" {
		model = ask.model
	}
	script := s.Scripts[model]
	if script == nil {
		refuse(w, http.StatusNotFound, "no such script")
		return
	}
	turn := s.next(wire, model, script, ask)
	time.Sleep(time.Duration(turn.Delay * float64(time.Second)))
	if turn.HTTP != 0 {
		refuse(w, turn.HTTP, "scripted")
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = io.WriteString(w, turn.stream(wire, model))
}

// next judges a request and gives the turn that answers it.
func (s *Server) next(wire, model string, script *Script, ask *request) Turn {
	n := 0
	for _, t := range ask.turns {
		if t.model {
			n++
		}
	}
	var sent []Turn
	for i := range n {
		sent = append(sent, script.turn(model, i, 1<<30, ask.offered))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.play(wire + " " + model)
	p.Requests++
	p.Wrong = append(p.Wrong, check(wire, ask, sent)...)
	if p.tools != "" && p.tools != string(ask.tools) {
		p.Wrong = append(p.Wrong, "the tools changed between turns")
	}
	p.tools = string(ask.tools)
	key := fmt.Sprint(wire, " ", model, " ", n)
	s.attempts[key]++
	return script.turn(model, n, s.attempts[key]-1, ask.offered)
}

func refuse(w http.ResponseWriter, status int, msg string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"type":"error","error":{"type":"api_error","message":%q,"code":%d}}`, msg, status)
}
