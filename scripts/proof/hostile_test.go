//go:build unix

package proof

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// harms are what a harmful line does to the answer of a server, from a byte on that chance chooses.
var harms = []string{"none", "end", "reset", "silence", "drip", "noise", "again", "flood"}

// line is a connection to a server, over which answers come to harm.
type line struct {
	ln       net.Listener
	to       string
	requests atomic.Int64
	busy     atomic.Int64 // connections
	open     sync.WaitGroup
	mu       sync.Mutex
	dice     *rand.Rand
}

func harm(t *testing.T, url string) *line {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{ln: ln, to: strings.TrimPrefix(url, "http://"), dice: dice(t)}
	l.open.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			l.busy.Add(1)
			l.open.Go(func() {
				defer l.busy.Add(-1)
				l.carry(conn.(*net.TCPConn))
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		l.open.Wait()
	})
	return l
}

// settle waits until a server has done with all that came to it: what a process that is gone has sent may be read only now.
func settle(t *testing.T, addr string, open func() int) {
	t.Helper()
	last, err := net.DialTimeout("tcp", addr, patience) // it is accepted behind all others
	if err != nil {
		t.Fatal(err)
	}
	_ = last.SetDeadline(time.Now().Add(patience))
	_ = last.(*net.TCPConn).CloseWrite()
	_, _ = io.Copy(io.Discard, last)
	last.Close()
	for end := time.Now().Add(patience); open() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d connections stay open", open())
		}
	}
}

// roll chooses a harm, and after how many bytes of the answer it comes.
func (l *line) roll() (what string, after int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return harms[l.dice.IntN(len(harms))], l.dice.Int64N(1500)
}

func (l *line) carry(conn *net.TCPConn) {
	defer conn.Close()
	server, err := net.Dial("tcp", l.to)
	if err != nil {
		return
	}
	defer server.Close()
	gone := make(chan struct{}) // the client left
	l.open.Go(func() {
		defer close(gone)
		buf, first := make([]byte, 32<<10), true
		for {
			n, err := conn.Read(buf)
			if n > 0 && first {
				l.requests.Add(1)
				first = false
			}
			if _, werr := server.Write(buf[:n]); err != nil || werr != nil {
				server.Close()
				return
			}
		}
	})
	what, after := l.roll()
	if _, err := io.CopyN(conn, server, after); err != nil {
		return // shorter than that: whole
	}
	switch what {
	case "reset":
		_ = conn.SetLinger(0)
		return
	case "end":
		return
	case "silence":
		<-gone
	case "drip":
		for one := make([]byte, 1); ; time.Sleep(time.Millisecond) {
			if _, err := server.Read(one); err != nil {
				return
			}
			if _, err := conn.Write(one); err != nil {
				return
			}
		}
	case "noise":
		fmt.Fprint(conn, "\x00\xff}]\r\n0\r\n\r\n: ")
	case "flood": // of headers, where they have not ended
		for more := bytes.Repeat([]byte("x: y\r\n"), 1000); ; {
			if _, err := conn.Write(more); err != nil {
				return
			}
		}
	case "again":
		some := make([]byte, 100)
		n, _ := io.ReadFull(server, some)
		_, _ = conn.Write(append(some[:n:n], some[:n]...))
	}
	_, _ = io.Copy(conn, server)
}

// TestHostileLine: whatever happens to an answer on its way, on any wire, a success is the whole answer, a failure has a code of the
// table, and no request is sent more often than was allowed.
func TestHostileLine(t *testing.T) {
	t.Parallel()
	srv := serve(t, "--any-token")
	for transport, base := range wires() {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			l := harm(t, srv.url)
			h := &home{t, filepath.Join(t.TempDir(), "home"), srv, "minimax-oauth"}
			if err := os.Mkdir(h.dir, 0o700); err != nil {
				t.Fatal(err)
			}
			h.rows(transport, map[string]string{"straight": srv.url + base, "harmed": "http://" + l.ln.Addr().String() + base})
			whole := h.run("hello", "--stdin=never", "--provider=straight")
			if !whole.answered() {
				t.Fatalf("without harm: exit %d: %s", whole.code, whole.err)
			}
			codes := map[int]int{}
			for range number(8, 100) {
				before := l.requests.Load()
				r := h.run("hello", "--stdin=never", "--provider=harmed", "--retries=1", "--idle-timeout=300ms", "--first-byte-timeout=300ms")
				settle(t, l.ln.Addr().String(), func() int { return int(l.busy.Load()) })
				codes[r.code]++
				if n := l.requests.Load() - before; n < 1 || n > 2 {
					t.Errorf("%d requests, exit %d: %s", n, r.code, r.err)
				}
				switch {
				case r.code == 0 && r.out != whole.out:
					t.Errorf("exit 0 with %q", r.out)
				case r.code != 0 && (r.err == "" || !slices.Contains([]int{69, 76}, r.code)):
					t.Errorf("exit %d with %q", r.code, r.err)
				}
			}
			t.Logf("exits %v", codes)
		})
	}
}
