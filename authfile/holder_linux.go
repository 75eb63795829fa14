package authfile

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// holder asks the kernel who has the lock. In a container the process may be out of sight.
func holder(path string) Holder {
	var st syscall.Stat_t
	if syscall.Stat(path, &st) != nil {
		return Holder{}
	}
	table, err := os.ReadFile("/proc/locks")
	if err != nil {
		return Holder{}
	}
	inode := ":" + strconv.FormatUint(st.Ino, 10)
	for line := range strings.SplitSeq(string(table), "\n") {
		f := strings.Fields(line)
		if len(f) < 6 || f[1] == "->" || f[1] != "FLOCK" || !strings.HasSuffix(f[5], inode) {
			continue
		}
		if pid, err := strconv.Atoi(f[4]); err == nil && pid > 0 {
			return describe(pid)
		}
	}
	return Holder{}
}

func describe(pid int) Holder {
	h := Holder{PID: pid}
	if name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); err == nil {
		h.Name = strings.TrimSpace(string(name))
	}
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if i := bytes.LastIndexByte(stat, ')'); i >= 0 && i+2 < len(stat) {
		switch stat[i+2] {
		case 'T', 't':
			h.State = "suspended"
		case 'R':
			h.State = "running"
		default:
			h.State = "sleeping"
		}
	}
	return h
}
