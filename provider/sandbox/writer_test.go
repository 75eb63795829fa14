package sandbox

import (
	"errors"
	"io"
	"net/http/httputil"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"
)

func TestCutAfterBytes(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	whole := ask(t, base, helloStream)
	for _, n := range []int{0, 1, 20, 300} {
		a := ask(t, base, helloStream, FaultHeader, "cut="+itoa(n))
		if a.status != 200 || len(a.body) != n || !errors.Is(a.err, io.ErrUnexpectedEOF) {
			t.Errorf("cut=%d: %d bytes, %v", n, len(a.body), a.err)
		}
		if n == 20 && !strings.HasPrefix(whole.body, a.body) {
			t.Errorf("cut=%d: %q is not how the whole begins", n, a.body)
		}
	}
	a := ask(t, base, helloStream, FaultHeader, "cut=1000000")
	if a.err != nil || len(a.body) != len(whole.body) {
		t.Errorf("a cut beyond the end: %d bytes of %d, %v", len(a.body), len(whole.body), a.err)
	}
}

func TestCutOfJSON(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	a := ask(t, base, hello, FaultHeader, "cut=25")
	if len(a.body) != 25 || !errors.Is(a.err, io.ErrUnexpectedEOF) {
		t.Errorf("%d bytes, %v", len(a.body), a.err)
	}
}

func TestCutAfterEvents(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	for _, n := range []int{0, 1, 5} {
		a := ask(t, base, helloStream, FaultHeader, "cut-events="+itoa(n))
		if got := len(a.events(t)); got != n || !errors.Is(a.err, io.ErrUnexpectedEOF) {
			t.Errorf("cut-events=%d: %d events, %v", n, got, a.err)
		}
	}
}

func TestStallWithEnd(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	begin := time.Now()
	a := ask(t, base, helloStream, FaultHeader, "stall=3/120ms")
	if d := time.Since(begin); d < 120*time.Millisecond {
		t.Errorf("it took %v only", d)
	}
	events := a.events(t)
	if a.err != nil || events[len(events)-1].name != "message_stop" {
		t.Errorf("the stream did not go on: %v, %v", names(events), a.err)
	}
}

func TestStallForGood(t *testing.T) {
	t.Parallel()
	s, base := start(t, Options{})
	tests := []struct {
		fault  string
		events int
	}{
		{"stall", 0},
		{"stall=3", 3},
	}
	for i, test := range tests {
		conn, in := dialRaw(t, base, helloStream, FaultHeader, test.fault)
		head, err := readHead(in)
		if err != nil || !strings.HasPrefix(head, "HTTP/1.1 200") {
			t.Fatalf("%s: head %q, %v", test.fault, head, err)
		}
		eventually(t, "the stream is active", func() bool { return s.State().ActiveStreams == 1 })
		body := httputil.NewChunkedReader(in)
		got := 0
		buf := make([]byte, 4096)
		for got < test.events {
			n, err := body.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			got += strings.Count(string(buf[:n]), "\n\n")
		}
		if err := conn.SetReadDeadline(time.Now().Add(60 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if n, err := body.Read(buf); n > 0 || err == nil {
			t.Errorf("%s: read %q after the stall, %v", test.fault, buf[:n], err)
		}
		if got != test.events {
			t.Errorf("%s: %d events before the silence", test.fault, got)
		}
		conn.Close()
		eventually(t, "the client's leave is counted", func() bool {
			n := s.State()
			return n.DroppedStreams == i+1 && n.ActiveStreams == 0
		})
	}
}

// readHead reads up to the blank line after the headers.
func readHead(in io.Reader) (string, error) {
	var out strings.Builder
	one := iotest.OneByteReader(in)
	b := make([]byte, 1)
	for !strings.HasSuffix(out.String(), "\r\n\r\n") {
		if _, err := io.ReadFull(one, b); err != nil {
			return out.String(), err
		}
		out.Write(b)
	}
	return out.String(), nil
}

// chunksOf returns the chunks of a chunked answer as they lie on the wire:
// each flush of the server makes one.
func chunksOf(t *testing.T, base, body string, headers ...string) []string {
	t.Helper()
	_, in := dialRaw(t, base, body, headers...)
	if _, err := readHead(in); err != nil {
		t.Fatal(err)
	}
	var out []string
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatalf("chunk size: %v", err)
		}
		size := 0
		for _, c := range strings.TrimSpace(line) {
			size = size*16 + strings.IndexRune("0123456789abcdef", c)
		}
		chunk := make([]byte, size+2)
		if _, err := io.ReadFull(in, chunk); err != nil {
			t.Fatalf("chunk: %v", err)
		}
		if size == 0 {
			return out
		}
		out = append(out, string(chunk[:size]))
	}
}

func TestOneFlushForEachEvent(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	chunks := chunksOf(t, base, helloStream)
	if len(chunks) < 8 {
		t.Fatalf("%d chunks only", len(chunks))
	}
	for _, c := range chunks {
		if !strings.HasPrefix(c, "event: ") || !strings.HasSuffix(c, "\n\n") || strings.Count(c, "event: ") != 1 {
			t.Errorf("a chunk that is not one event: %q", c)
		}
	}
}

func TestDrip(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	whole := strings.Join(chunksOf(t, base, helloStream), "")
	chunks := chunksOf(t, base, helloStream, FaultHeader, "drip")
	for _, c := range chunks {
		if len(c) != 1 {
			t.Fatalf("a write of %d bytes: %q", len(c), c)
		}
	}
	if got := len(strings.Join(chunks, "")); got != len(whole) {
		t.Errorf("%d bytes in drops, %d at once", got, len(whole))
	}
}

func TestDripWithDelay(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	begin := time.Now()
	a := ask(t, base, hello, FaultHeader, "drip=200us")
	if d := time.Since(begin); d < time.Duration(len(a.body))*200*time.Microsecond {
		t.Errorf("%d bytes in %v", len(a.body), d)
	}
}

func TestSplitUTF8(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	chunks := chunksOf(t, base, helloStream, FaultHeader, "split-utf8")
	broken := 0
	for _, c := range chunks {
		if !utf8.ValidString(c) {
			broken++
		}
	}
	whole := strings.Join(chunks, "")
	if broken < 4 || !utf8.ValidString(whole) {
		t.Errorf("%d broken writes; the whole is valid: %v", broken, utf8.ValidString(whole))
	}
	got := said(answered{body: whole}.events(t), "text_delta", "text")
	if !strings.Contains(got, "grüße, 世界, 🙂.") {
		t.Errorf("text %q", got)
	}
}

func TestSplitUTF8KeepsAPromptThatHasSome(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	body := strings.Replace(helloStream, "hello", "größer", 1)
	got := said(ask(t, base, body, FaultHeader, "split-utf8").events(t), "text_delta", "text")
	if !strings.HasSuffix(got, "First line: größer") {
		t.Errorf("text %q", got)
	}
}

func TestUntilLeadByte(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want int
	}{
		{"abc", 3},
		{"é", 1},
		{"aé", 2},
		{"\xa9b", 2},
		{"\xa9é", 2},
		{"\x9f\x99\x82", 3},
	}
	for _, test := range tests {
		if got := untilLeadByte([]byte(test.in)); got != test.want {
			t.Errorf("%q: %d, want %d", test.in, got, test.want)
		}
	}
}

func TestCRLF(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	a := ask(t, base, helloStream, FaultHeader, "crlf")
	if n, all := strings.Count(a.body, "\r\n"), strings.Count(a.body, "\n"); n != all || n == 0 {
		t.Errorf("%d of %d line ends are CR LF", n, all)
	}
	events := a.events(t)
	if events[len(events)-1].name != "message_stop" {
		t.Errorf("events %v", names(events))
	}
}

func TestSlowBytes(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	begin := time.Now()
	a := ask(t, base, helloStream, FaultHeader, "slow-bytes=5ms")
	n := len(a.events(t))
	if d := time.Since(begin); d < time.Duration(n)*5*time.Millisecond {
		t.Errorf("%d events in %v", n, d)
	}
}

func TestGiant(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	const size = 300_000
	a := ask(t, base, helloStream, FaultHeader, "giant="+itoa(size))
	longest := 0
	for line := range strings.Lines(a.body) {
		longest = max(longest, len(line))
	}
	if longest < size {
		t.Errorf("the longest line has %d bytes", longest)
	}
	if got := said(a.events(t), "text_delta", "text"); strings.Count(got, "x") < size {
		t.Errorf("%d bytes of text", len(got))
	}
}

func TestBig(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	const deltas = 5000
	a := ask(t, base, helloStream, FaultHeader, "big="+itoa(deltas))
	events := a.events(t)
	got := said(events, "text_delta", "text")
	if len(got) != deltas*50 {
		t.Errorf("%d bytes of text, want %d", len(got), deltas*50)
	}
	out := number(find(t, events, "message_delta").data, "usage", "output_tokens")
	if out != float64(deltas*50/4) {
		t.Errorf("output_tokens %v", out)
	}
	whole := ask(t, base, hello, FaultHeader, "big=10").object(t)
	if got := text(whole, "content", 0, "text"); len(got) != 500 {
		t.Errorf("without a stream: %d bytes", len(got))
	}
}

func TestClientThatLeavesABigAnswer(t *testing.T) {
	t.Parallel()
	s, base := start(t, Options{})
	conn, in := dialRaw(t, base, helloStream, FaultHeader, "big=10000000")
	if _, err := io.ReadFull(in, make([]byte, 100_000)); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	eventually(t, "the leave is counted", func() bool {
		n := s.State()
		return n.DroppedStreams == 1 && n.ActiveStreams == 0 && n.CompletedStreams == 0
	})
}

func TestFaultsOfBytesTogether(t *testing.T) {
	t.Parallel()
	_, base := start(t, Options{})
	a := ask(t, base, helloStream, FaultHeader, "crlf,drip,cut=150")
	if len(a.body) != 150 || !strings.HasPrefix(a.body, "event: message_start\r\ndata: ") || a.err == nil {
		t.Errorf("%d bytes, %v: %q", len(a.body), a.err, a.body)
	}
}
