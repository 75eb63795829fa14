//go:build unix

package proof

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// counter hashes what it is given, and keeps nothing.
type counter struct {
	n    int64
	last byte
}

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	if len(p) > 0 {
		c.last = p[len(p)-1]
	}
	return len(p), nil
}

// watch looks at a process until it is gone and then gives the most memory it had, in KiB; 0 where no /proc tells. What
// wait4 tells is no use: it counts the memory of the parent at the fork.
func watch(pid int) func() int {
	most := make(chan int, 1)
	go func() {
		n := 0
		for {
			text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			_, after, found := strings.Cut(string(text), "VmHWM:")
			if err != nil || !found {
				most <- n
				return
			}
			_, _ = fmt.Sscan(after, &n)
			time.Sleep(20 * time.Millisecond)
		}
	}()
	return func() int { return <-most }
}

// TestLongAnswer: 100 MiB go through a pipe whole, and the memory does not grow with them.
func TestLongAnswer(t *testing.T) {
	t.Parallel()
	const deltas = 2_097_152 // of 50 bytes
	h := lab(t, serve(t, "--any-token", "--fault", fmt.Sprintf("big=%d", deltas)))
	cmd := h.command("x", "--provider=lab", "--stdin=never")
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	peak := watch(cmd.Process.Pid)
	var out counter
	if _, err := io.Copy(&out, pipe); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil || out.last != '\n' || out.n < deltas*50 || out.n > deltas*50+1 {
		t.Errorf("%d bytes, last %q, %v", out.n, out.last, err)
	}
	most := peak()
	if most > 64<<10 {
		t.Errorf("%d KiB of memory", most)
	}
	t.Logf("%d MiB in %v, %d KiB of memory", out.n>>20, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime(), most)
}

// TestLongPrompt: 50 MiB on stdin reach the server unchanged, without a second copy in memory.
func TestLongPrompt(t *testing.T) {
	t.Parallel()
	prompt := bytes.Repeat([]byte("A line of \"text\" with an umlaut: ä.\n"), 50<<20/36)
	h := lab(t, serve(t, "--any-token", "--fault", "wide"))
	cmd := h.command("--provider=lab")
	cmd.Stdin = bytes.NewReader(prompt)
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	peak := watch(cmd.Process.Pid)
	err := cmd.Wait()
	sum := sha256.Sum256(prompt)
	want := fmt.Sprintf("Received %d bytes in 1 block, sha256 %x", len(prompt), sum[:4])
	if err != nil || !strings.Contains(out.String(), want) {
		t.Errorf("%v\n%s\nwant %s", err, &out, want)
	}
	most := peak()
	if most > len(prompt)>>10*3/2 {
		t.Errorf("%d KiB of memory for %d of prompt", most, len(prompt)>>10)
	}
	t.Logf("%d MiB, %d KiB of memory", len(prompt)>>20, most)
}

// TestTooLong: what exceeds the window is refused with 83, and never cut.
func TestTooLong(t *testing.T) {
	t.Parallel()
	h := lab(t, serve(t, "--any-token"))
	cmd := h.command("--provider=lab", "--model=sandbox")
	cmd.Stdin = io.LimitReader(endless{}, 8<<20)
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 83 {
		t.Errorf("exit %d: %s", code, out)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

// TestSocketStdin: stdin may be a socket, as under inetd and some supervisors.
func TestSocketStdin(t *testing.T) {
	t.Parallel()
	h := lab(t, serve(t, "--any-token"))
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	mine, theirs := os.NewFile(uintptr(fds[0]), "mine"), os.NewFile(uintptr(fds[1]), "theirs")
	syscall.CloseOnExec(fds[0])
	cmd := h.command("hello", "--provider=lab")
	cmd.Stdin = theirs
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	_, _ = mine.WriteString("from a socket\n")
	mine.Close()
	if err := cmd.Wait(); err != nil || !strings.Contains(out.String(), "in 2 blocks") {
		t.Errorf("%v %s", err, &out)
	}
}
