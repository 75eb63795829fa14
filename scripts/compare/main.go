// Command compare times whole processes side by side: hermes, gofloor and curl, in turns within one run, against hermes'
// own sandbox as server. It prints medians and ratios; the ratios are the claim, the milliseconds only this machine's.
//
//	compare [-n ROUNDS] HERMES GOFLOOR
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// workload is one row of the table.
type workload struct {
	name  string
	fault string   // of the sandbox
	stdin int      // bytes; 0 is no stdin
	flags []string // of hermes
	alone bool     // the flags are the whole line
	curl  bool     // curl can do the same
	share int      // a share of the rounds: 1 is all, 10 a tenth
	procs int      // processes in one round, 32 at a time
}

func workloads() []workload {
	return []workload{
		{name: "1-token answer", curl: true, share: 1},
		{name: "--version", flags: []string{"--version"}, alone: true, share: 1},
		{name: "--help", flags: []string{"--help"}, alone: true, share: 1},
		{name: "completion bash", flags: []string{"completion", "bash"}, alone: true, share: 1},
		{name: "20k deltas, text", fault: "big=20000", curl: true, share: 5},
		{name: "5 MB in 100k deltas, text", fault: "big=100000", curl: true, share: 10},
		{name: "the same, stream-json", fault: "big=100000", flags: []string{"--output-format", "stream-json"}, share: 10},
		{name: "10 MB on stdin", stdin: 10 << 20, fault: "wide", share: 8},
		{name: "40 MB on stdin", stdin: 40 << 20, fault: "wide", share: 20},
		{name: "200 one-shots, 32 at a time", share: 20, procs: 200},
	}
}

// sample is what one process cost.
type sample struct {
	wall, cpu time.Duration
	rss       int64 // KiB
}

func main() {
	if err := compare(); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func compare() error {
	rounds := flag.Int("n", 40, "rounds of the short workloads")
	flag.Parse()
	if flag.NArg() != 2 {
		return errors.New("usage: compare [-n ROUNDS] HERMES GOFLOOR")
	}
	hermes, floor := flag.Arg(0), flag.Arg(1)
	fmt.Printf("%s, %s/%s, %d CPUs, medians of paired rounds\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	fmt.Println("| workload | hermes wall · cpu · rss | gofloor | ratio wall · cpu · rss | curl | hermes/curl wall |")
	fmt.Println("| --- | --- | --- | --- | --- | --- |")
	for _, w := range workloads() {
		if err := measure(w, hermes, floor, max(*rounds/w.share, 2)); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
	}
	fmt.Printf("\nbinary: hermes %s, gofloor %s\n", size(hermes), size(floor))
	return nil
}

// measure times the three programs in turns and prints a row.
func measure(w workload, hermes, floor string, rounds int) error {
	url, stop, err := serve(hermes, w.fault)
	if err != nil {
		return err
	}
	defer stop()
	home, err := os.MkdirTemp("", "hermes-compare-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(home)
	if err := furnish(home, url); err != nil {
		return err
	}
	env := append(os.Environ(), "HERMES_HOME="+home, "LAB_KEY=sk-floor", "FLOOR_URL="+url)
	ask := []string{"hello"}
	if w.stdin > 0 {
		ask = nil
	}
	data := bytes.Repeat([]byte("0123456789abcde\n"), w.stdin/16)
	body := `{"model":"sandbox","max_tokens":4096,"stream":true,"messages":[{"role":"user","content":"hello"}]}`
	programs := [][]string{
		append(append([]string{hermes}, w.flags...), ask...),
		append([]string{floor}, ask...),
		{"curl", "-sN", "-H", "content-type: application/json", "-H", "anthropic-version: 2023-06-01", "-H", "x-api-key: sk-floor", "-d", body, url + "/v1/messages"},
	}
	if w.alone {
		programs[0] = append([]string{hermes}, w.flags...)
	}
	if _, err := exec.LookPath("curl"); err != nil || !w.curl {
		programs = programs[:2]
	}
	samples := make([][]sample, len(programs))
	for range rounds {
		for i, p := range programs {
			s, err := round(p, env, data, w.procs)
			if err != nil {
				return fmt.Errorf("%s: %w", filepath.Base(p[0]), err)
			}
			samples[i] = append(samples[i], s)
		}
	}
	h, f := median(samples[0]), median(samples[1])
	row := fmt.Sprintf("| %s | %s | %s | %s", w.name, h, f, h.over(f))
	if len(samples) > 2 {
		c := median(samples[2])
		row += fmt.Sprintf(" | %s | %.2f |", c, ratio(h.wall, c.wall))
	} else {
		row += " | | |"
	}
	fmt.Println(row)
	return nil
}

// round runs the program once, or procs times with 32 at a time, and gives the sum of what it cost.
func round(program, env []string, data []byte, procs int) (sample, error) {
	if procs == 0 {
		return once(program, env, data)
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	var total sample
	var failed error
	gate := make(chan struct{}, 32)
	start := time.Now()
	for range procs {
		gate <- struct{}{}
		all.Go(func() {
			s, err := once(program, env, data)
			<-gate
			mu.Lock()
			defer mu.Unlock()
			total.cpu, total.rss = total.cpu+s.cpu, max(total.rss, s.rss)
			if err != nil {
				failed = err
			}
		})
	}
	all.Wait()
	total.wall = time.Since(start)
	return total, failed
}

func once(program, env []string, data []byte) (sample, error) {
	cmd := exec.Command(program[0], program[1:]...)
	cmd.Env = env
	if len(data) > 0 {
		cmd.Stdin = bytes.NewReader(data)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return sample{}, err
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return sample{}, err
	}
	if _, err := io.Copy(io.Discard, out); err != nil {
		return sample{}, err
	}
	if err := cmd.Wait(); err != nil {
		return sample{}, fmt.Errorf("%w: %s", err, errs.String())
	}
	return sample{time.Since(start), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), peak(cmd.ProcessState)}, nil
}

// serve starts a sandbox of its own for the workload.
func serve(hermes, fault string) (url string, stop func(), err error) {
	args := []string{"sandbox", "--any-token", "--exit-on-stdin-close"}
	if fault != "" {
		args = append(args, "--fault", fault)
	}
	cmd := exec.Command(hermes, args...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		return "", nil, err
	}
	var said struct{ URL string }
	err = json.Unmarshal(line, &said)
	return said.URL, func() {
		stdin.Close()
		_ = cmd.Wait()
	}, err
}

// furnish makes a home as a user has it: settings, a login of another provider, a key in the environment.
func furnish(home, url string) error {
	config := "model:\n  provider: lab\n  default: sandbox\nproviders:\n  lab:\n    base_url: " + url + "\n    key_env: LAB_KEY\n"
	auth := `{"version":1,"providers":{"minimax-oauth":{"access_token":"a","refresh_token":"r","expires_at":"2099-01-01T00:00:00+00:00"}},"active_provider":"minimax-oauth"}`
	for name, content := range map[string]string{"config.yaml": config, "auth.json": auth} {
		f, err := os.OpenFile(filepath.Join(home, name), os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		_, err = f.WriteString(content)
		if err := f.Close(); err != nil {
			return err
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func median(all []sample) sample {
	var s sample
	s.wall = middle(all, func(s sample) time.Duration { return s.wall })
	s.cpu = middle(all, func(s sample) time.Duration { return s.cpu })
	s.rss = int64(middle(all, func(s sample) time.Duration { return time.Duration(s.rss) }))
	return s
}

func middle(all []sample, field func(sample) time.Duration) time.Duration {
	var values []time.Duration
	for _, s := range all {
		values = append(values, field(s))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func (s sample) String() string {
	return fmt.Sprintf("%s · %s · %.1f MB", ms(s.wall), ms(s.cpu), float64(s.rss)/1024)
}

func (s sample) over(f sample) string {
	return fmt.Sprintf("%.2f · %.2f · %.2f", ratio(s.wall, f.wall), ratio(s.cpu, f.cpu), float64(s.rss)/float64(max(f.rss, 1)))
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(max(b, 1)) }

func ms(d time.Duration) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(d)/float64(time.Millisecond)), ".0") + " ms"
}

func size(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%.1f MB", float64(info.Size())/(1<<20))
}
