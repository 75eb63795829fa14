package lock

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// HolderOf asks the kernel who has the lock on a lock file. In a container the
// process may be out of sight: then the result is empty.
func HolderOf(path string) Holder {
	var st unix.Stat_t
	if unix.Stat(path, &st) != nil {
		return Holder{}
	}
	table, err := os.ReadFile("/proc/locks")
	if err != nil {
		return Holder{}
	}
	return describe(lockPID(string(table), st.Dev, st.Ino)) // nobody has the number 0
}

// lockPID finds a flock in the text of /proc/locks, of which a line is
//
//	1: FLOCK  ADVISORY  WRITE 27614 fe:00:10011249 0 EOF
//
// and waiters have "->" behind the number. Some file systems report another
// device there than stat does, so the inode alone is the second choice.
func lockPID(table string, dev, ino uint64) int {
	exact := fmt.Sprintf("%02x:%02x:%d", unix.Major(dev), unix.Minor(dev), ino)
	suffix := ":" + strconv.FormatUint(ino, 10)
	guess := 0
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) < 6 || f[1] != "FLOCK" {
			continue
		}
		pid, err := strconv.Atoi(f[4])
		switch {
		case err != nil:
		case f[5] == exact:
			return pid
		case strings.HasSuffix(f[5], suffix):
			guess = pid
		}
	}
	return guess
}

// describe reads a process's name and state.
func describe(pid int) Holder {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // none: the number alone
	return holderIn(pid, stat)
}

// holderIn reads the text of /proc/PID/stat. The name may contain anything,
// parentheses too, so the state is behind the last one.
func holderIn(pid int, stat []byte) Holder {
	h := Holder{PID: pid}
	open, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if open < 0 || end < open || end+2 >= len(stat) {
		return h
	}
	h.Name = printable(string(stat[open+1 : end]))
	switch stat[end+2] {
	case 'R':
		h.State = "running"
	case 'S', 'I':
		h.State = "sleeping"
	case 'D':
		h.State = "waiting for the disk"
	case 'T', 't':
		h.State = Suspended
	case 'Z', 'X':
		h.State = "dead"
	}
	return h
}
