package sandbox

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestStrangers: what steers the server is for this machine, and for no page of another site.
func TestStrangers(t *testing.T) {
	t.Parallel()
	local, base := start(t, Options{})
	remote, far := start(t, Options{AllowRemote: true})
	own := strings.TrimPrefix(base, "http://")
	_, port, _ := strings.Cut(own, ":")
	for _, c := range []struct {
		base, host, origin string
		status             int
	}{
		{base, own, "", 200},
		{base, "localhost:" + port, "", 200},
		{base, "[::1]:" + port, "", 200},
		{base, "127.8.8.8", "", 200},
		{base, own, base, 200},
		{base, "evil.example", "", 403},
		{base, "evil.example:" + port, "http://evil.example:" + port, 403},
		{base, "192.0.2.7:" + port, "", 403},
		{base, "", "", 403},
		{base, own, "https://evil.example", 403},
		{base, own, "http://localhost:1", 403},
		{base, own, "null", 403},
		{base, own, "%", 403},
		{far, "sandbox:80", "", 200},
		{far, "sandbox:80", "https://evil.example", 403},
	} {
		for _, path := range []string{"/_sandbox/fault", "/_sandbox/expire"} {
			status, body := steer(t, c.base, path, c.host, c.origin)
			if status != c.status || status == 403 && !strings.HasPrefix(body, "sandbox: ") {
				t.Errorf("%s, Host %q, Origin %q: %d %s, want %d", path, c.host, c.origin, status, body, c.status)
			}
		}
	}
	steer(t, base, "/_sandbox/fault", own, "")
	steer(t, base, approvePath, own, "https://evil.example")
	if a := send(t, http.MethodGet, base+approvePath, "", "Origin", "https://evil.example"); a.status != 403 {
		t.Errorf("the page for approvals: %d", a.status)
	}
	if local.State().Fault != "slow=1ns" || remote.State().Fault != "slow=1ns" {
		t.Errorf("faults %q and %q", local.State().Fault, remote.State().Fault)
	}
}

// steer posts a fault with the Host and Origin given, and tells the status and the body.
func steer(t *testing.T, base, path, host, origin string) (int, string) {
	t.Helper()
	conn, in := dialPlain(t, base)
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 8\r\nConnection: close\r\n", path, host)
	if origin != "" {
		head += "Origin: " + origin + "\r\n"
	}
	if _, err := io.WriteString(conn, head+"\r\nslow=1ns"); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(body)
}

// TestSlowBody: a body has a time to come in, and its connection ends with it.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	s, err := New(Options{AnyToken: true})
	if err != nil {
		t.Fatal(err)
	}
	s.bodyTime = 100 * time.Millisecond
	base := listen(t, s)
	for _, sent := range []int{3, smallBody + 3} {
		conn, in := dialPlain(t, base)
		_, _ = fmt.Fprintf(conn, "POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", 2*smallBody, strings.Repeat("x", sent))
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = io.Copy(io.Discard, in); err != nil || res.StatusCode != 408 || !res.Close {
			t.Errorf("%d bytes: %d, %v", sent, res.StatusCode, err)
		}
	}
	if len(s.room.pieces) != 0 {
		t.Errorf("%d pieces are not given back", len(s.room.pieces))
	}
	if a := ask(t, base, hello); a.status != 200 {
		t.Errorf("%d", a.status)
	}
}

// TestRoom: bodies wait until there is memory for them, and whoever gives up leaves nothing behind.
func TestRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newRoom()
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				free, err := m.take(t.Context(), maxBody)
				if err != nil {
					t.Error(err)
				}
				time.Sleep(time.Second)
				free()
				free()
			})
		}
		begin := time.Now()
		all.Wait()
		if took := time.Since(begin); took != 8*time.Second {
			t.Errorf("8 bodies of the largest kind took %v, want one after another", took)
		}
		free, _ := m.take(t.Context(), maxBody/2)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := m.take(ctx, maxBody); err == nil {
			t.Error("there was room for more than there is")
		}
		if _, err := m.take(t.Context(), maxBody/2); err != nil {
			t.Error(err)
		}
		free()
		if len(m.pieces) != maxBody/smallBody/2 {
			t.Errorf("%d pieces are taken", len(m.pieces))
		}
	})
}

// TestLargeBodyIsLetGo: an answer that goes on holds no memory of its question; the log has it all the same.
func TestLargeBodyIsLetGo(t *testing.T) {
	t.Parallel()
	log := &notebook{}
	s, err := New(Options{AnyToken: true, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	s.room.pieces = make(chan struct{}, 2)
	base := listen(t, s)
	large := userSays(t, "sandbox", true, strings.Repeat("x", smallBody))
	for range 3 {
		_, in := dialRaw(t, base, large, FaultHeader, "stall=2")
		if head, err := readHead(in); err != nil || !strings.Contains(head, " 200 ") {
			t.Fatalf("%q %v", head, err)
		}
	}
	if want := fmt.Sprintf(`"bytes":%d`, len(large)); strings.Count(log.String(), want) != 3 {
		t.Errorf("the log lacks %s: %s", want, log)
	}
	chunked, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/v1/messages", struct{ io.Reader }{strings.NewReader(hello)})
	if err != nil {
		t.Fatal(err)
	}
	if res, err := newClient(t).Do(chunked); err != nil || res.StatusCode != 200 {
		t.Errorf("a body of unknown length: %+v, %v", res, err)
	}
}
