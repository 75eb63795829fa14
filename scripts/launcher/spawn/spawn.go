// Package spawn runs programs and measures their time and memory. The launcher and compare both use it.
package spawn

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// atATime is how many of a job's Procs run at once.
	atATime = 32
	// bufferSize is what a pipe holds; smallBuffer is for processes side by side, so that the launcher stays small.
	bufferSize  = 64 << 10
	smallBuffer = 4 << 10
)

// Job is a program to run and to measure. Its stdin is empty, or a pipe with Stdin bytes of a text that is made on the way.
type Job struct {
	Args, Env []string
	Stdin     int64
	Procs     int // so many of them, AtOnce (32) at a time; the sample is of one
	AtOnce    int
	Sum       bool // hash stdin and stdout
	MayFail   bool // an exit code is no error, and stderr is not shown
	Timeout   time.Duration
}

// Sample is what a process cost.
type Sample struct {
	Wall, First time.Duration // to its end, and to its first byte on stdout
	Late        time.Duration // of Procs: from the start of all to the first byte of 99 in 100
	CPU         time.Duration
	RSS         int64  // the largest resident set, in KiB
	Bytes       int64  // of stdout
	In, Out     string // SHA-256 of stdin and stdout, in hex, where they were asked for
	Code        int
}

// Report answers a Job: a sample, or why there is none.
type Report struct {
	Sample Sample
	Failed string
}

// Serve reads a Job a line and writes a Report a line.
func Serve(in io.Reader, out io.Writer) error {
	dec, enc := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var j Job
		if err := dec.Decode(&j); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		var r Report
		var err error
		if j.Procs > 0 {
			r.Sample, err = many(j)
		} else {
			r.Sample, err = once(j)
		}
		if err != nil {
			r.Failed = strings.ToValidUTF8(err.Error(), "?")
		}
		if err := enc.Encode(r); err != nil {
			return err
		}
	}
}

// once runs the job's program and reads its stdout to the end.
func once(j Job) (Sample, error) {
	ctx, cancel := context.WithCancel(context.Background())
	if j.Timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, j.Timeout)
	}
	defer cancel()
	cmd := exec.CommandContext(ctx, j.Args[0], j.Args[1:]...)
	cmd.Env = j.Env
	if !j.MayFail {
		cmd.Stderr = os.Stderr // what a program says that should not fail is for whoever looks on
	}
	fed := sha256.New()
	if j.Stdin > 0 {
		cmd.Stdin = newPattern(j.Stdin) // no file, so it goes through a pipe
		if j.Sum {
			cmd.Stdin = io.TeeReader(cmd.Stdin, fed)
		}
	}
	s, err := run(ctx, cmd, j)
	if j.Sum {
		s.In = fmt.Sprintf("%x", fed.Sum(nil))
	}
	if _, exited := errors.AsType[*exec.ExitError](err); exited && j.MayFail && ctx.Err() == nil {
		return s, nil
	}
	return s, err
}

func run(ctx context.Context, cmd *exec.Cmd, j Job) (s Sample, err error) {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return s, err
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return s, err
	}
	// A grandchild may hold the pipe when the child is gone.
	stop := context.AfterFunc(ctx, func() { out.Close() })
	drained := s.drain(out, start, j)
	stop()
	err = cmd.Wait()
	s.Wall = time.Since(start)
	s.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	s.RSS, s.Code = peak(cmd.ProcessState), cmd.ProcessState.ExitCode()
	if drained != nil {
		return s, errors.Join(ctx.Err(), drained)
	}
	return s, err
}

// drain counts the bytes of stdout and, where it is asked for, hashes them.
func (s *Sample) drain(out io.Reader, start time.Time, j Job) error {
	size := bufferSize
	if j.Procs > 0 {
		size = smallBuffer
	}
	hash := sha256.New()
	for buf := make([]byte, size); ; {
		n, err := out.Read(buf)
		if n > 0 && s.First == 0 {
			s.First = time.Since(start)
		}
		if s.Bytes += int64(n); j.Sum {
			hash.Write(buf[:n])
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if j.Sum {
		s.Out = fmt.Sprintf("%x", hash.Sum(nil))
	}
	return nil
}

// many runs the program Procs times, and gives what one of them cost; RSS is the largest.
func many(j Job) (Sample, error) {
	var mu sync.Mutex
	var all sync.WaitGroup
	var total Sample
	var failed error
	var late []time.Duration
	gate := make(chan struct{}, cmp.Or(j.AtOnce, atATime))
	start := time.Now()
	for range j.Procs {
		gate <- struct{}{}
		all.Go(func() {
			began := time.Since(start)
			s, err := once(j)
			<-gate
			mu.Lock()
			defer mu.Unlock()
			total.CPU, total.RSS, total.Bytes = total.CPU+s.CPU, max(total.RSS, s.RSS), total.Bytes+s.Bytes
			late = append(late, began+s.First)
			if err != nil {
				failed = err
			}
		})
	}
	all.Wait()
	total.Wall = time.Since(start) / time.Duration(j.Procs)
	total.CPU /= time.Duration(j.Procs)
	slices.Sort(late)
	total.Late = late[(len(late)*99+99)/100-1]
	return total, failed
}
