package supervise

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// TestMain makes the test binary one that only tells what it hears of its parent.
func TestMain(m *testing.M) {
	if os.Getenv("SUPERVISE_TEST_CHILD") != "" {
		_, stop, err := WithParent(context.Background())
		if err == nil {
			stop()
		}
		fmt.Println(err)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestContainer: the first process of a container has no parent that it could watch, and says so.
func TestContainer(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := func(attr *syscall.SysProcAttr) (string, error) {
		cmd := exec.Command(self)
		cmd.SysProcAttr, cmd.Env = attr, append(os.Environ(), "SUPERVISE_TEST_CHILD=1")
		out, err := cmd.Output()
		return string(out), err
	}
	if out, err := child(nil); err != nil || out != "<nil>\n" {
		t.Errorf("a child: %q, %v", out, err)
	}
	contained := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWPID}
	out, err := child(contained)
	if err != nil {
		t.Skip("no namespaces here: ", err)
	}
	if out != "the parent is outside of this container\n" {
		t.Errorf("%q", out)
	}
}
