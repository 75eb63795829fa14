package oneshot

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"hermes/oneshot/class"
	"hermes/oneshot/output"
)

// place is where a stream goes or comes from.
type place struct {
	flag string      // who wants it: "-o", "the answer"
	name string      // as the user gave it; "stdout"
	fd   string      // the number of a descriptor, "" for a file's name
	info os.FileInfo // what is there; nil for nothing, or nothing that can be seen
}

// placeOf finds a place by the name that a flag gives it; - is stdout.
func placeOf(flag, name string) place {
	p := place{flag: flag, name: name}
	switch name {
	case "-", "/dev/stdout":
		p.name, p.fd = "stdout", "1"
	case "/dev/stderr":
		p.fd = "2"
	default:
		for _, prefix := range []string{"fd:", "/dev/fd/", "/proc/self/fd/"} {
			if number, ok := strings.CutPrefix(name, prefix); ok {
				p.fd = number
			}
		}
	}
	if p.fd != "" {
		name = "/dev/fd/" + p.fd
	}
	p.info, _ = os.Stat(name)
	return p
}

// same reports one descriptor, or one file behind two names. Devices are no files: a terminal takes many streams, and the
// null device none.
func (p place) same(q place) bool {
	switch {
	case p.fd != "" && p.fd == q.fd:
		return true
	case p.info != nil && q.info != nil:
		return os.SameFile(p.info, q.info) && p.info.Mode()&os.ModeDevice == 0
	case p.info != nil || q.info != nil || p.fd != "" || q.fd != "":
		return false
	}
	return resolved(p.name) == resolved(q.name)
}

// resolved is the name of a file that is not there yet, behind the links of its folder.
func resolved(name string) string {
	dir, err := filepath.EvalSymlinks(filepath.Dir(name))
	if err != nil {
		return name
	}
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return filepath.Join(dir, filepath.Base(name))
}

// ToFile reports whether the answer goes to a file of -o, and not to stdout.
func (f *Flags) ToFile() bool { return f.Output != "" && f.Output != "-" }

// sinks are the places that get a stream, stdout among them where something goes there without being named.
func (f *Flags) sinks() []place {
	var all []place
	stdout := func(flag string) { all = append(all, placeOf(flag, "-")) }
	switch {
	case f.DryRun:
		stdout("--dry-run")
	case f.OutputFormat != "text":
		stdout("--output-format " + f.OutputFormat)
	case f.Output == "":
		stdout("the answer")
	}
	for _, s := range [][2]string{{"-o", f.Output}, {"--events", f.Events}, {"--usage-file", f.UsageFile}, {"--record", f.Record}, {"--thread", f.Thread}, {"--if-changed", f.IfChanged}, {"--tool-log", f.ToolLog}} {
		if s[1] != "" {
			all = append(all, placeOf(s[0], s[1]))
		}
	}
	return all
}

// CheckPlaces refuses two streams in one place, a place that would be truncated before it is read, and a stdout that takes
// nothing though the answer goes there. It opens nothing. Classes: usage, io.
func (f *Flags) CheckPlaces(stdin, stdout *os.File) error {
	if f.Output+f.Events+f.UsageFile+f.Record+f.Thread+f.IfChanged+f.ToolLog == "" { // as most runs
		if output.Closed(stdout) {
			return ClosedStdout()
		}
		return nil
	}
	sinks := f.sinks()
	for i, s := range sinks {
		for _, t := range sinks[:i] {
			if t.same(s) {
				return clash(t, s)
			}
		}
		if s.flag != "--events" && s.flag != "--record" && s.flag != "--usage-file" {
			continue // -o may replace what was read: the answer is whole by then
		}
		for _, in := range f.sources(stdin) {
			if in.same(s) {
				return misuse("%q is read by %s and would be overwritten by %s", s.name, in.flag, s.flag)
			}
		}
	}
	if f.Events+f.UsageFile+f.Record == "" && len(sinks) > 0 && sinks[0].fd == "1" && output.Closed(stdout) {
		return ClosedStdout()
	}
	return nil
}

// ClosedStdout is the error of an answer for which there is no stdout.
func ClosedStdout() error {
	return &closedError{output.WriteError{Sink: "stdout", Err: errors.New("it is closed, or not open for writing")}}
}

type closedError struct{ output.WriteError }

// Hint is how to drop an answer on purpose.
func (*closedError) Hint() string { return "redirect stdout; to drop the answer use -o " + os.DevNull }

func clash(a, b place) error {
	switch {
	case a.fd == "1" && b.fd == "1":
		return misuse("%s and %s both go to stdout: give one of them a file", a.flag, b.flag)
	case a.fd == "1":
		return misuse("%q is stdout, the place of %s: %s needs another", b.name, a.flag, b.flag)
	}
	return misuse("%q is the place of both %s and %s: give each its own", a.name, a.flag, b.flag)
}

// sources are the files that the run reads, and stdin where it is a file.
func (f *Flags) sources(stdin *os.File) []place {
	named := [][2]string{{"--prompt-file", f.PromptFile}, {"--template", f.Template}, {"--system-file", f.SystemFile}, {"--output-schema", f.OutputSchema}, {"--replay", f.Replay}, {"--messages", f.Messages}}
	for _, name := range f.File {
		named = append(named, [2]string{"-f", name})
	}
	var all []place
	for _, s := range named {
		if s[1] != "" && s[1] != "-" && !inline(s[1]) {
			all = append(all, placeOf(s[0], s[1]))
		}
	}
	if info, err := stdin.Stat(); err == nil && info.Mode().IsRegular() && f.Stdin != "never" {
		all = append(all, place{flag: "stdin", fd: "0", info: info})
	}
	return all
}

// UsageReport writes --usage-file. It is told the end before run.end is written, so that a report which cannot be written
// is in run.end, and again when all is over: then a file is written again if another end came of it, and stdout is written.
// replace writes a file whole.
func (f *Flags) UsageReport(stdout io.Writer, replace func(name string, data []byte) error) func(end output.RunEnd, run string, over bool) error {
	if f.UsageFile == "" {
		return nil
	}
	var busy sync.Mutex // a run that is ended from outside reports beside its own end, and waits for nothing
	told, name, toStdout := -1, f.UsageFile, placeOf("--usage-file", f.UsageFile).fd == "1"
	if toStdout {
		name = "stdout"
	}
	return func(end output.RunEnd, run string, over bool) error {
		if !busy.TryLock() {
			return nil
		}
		defer busy.Unlock()
		if toStdout && !over || !toStdout && over && told == end.ExitCode {
			return nil
		}
		told = end.ExitCode
		report := output.NewUsageReport(end, run).JSON()
		var err error
		if toStdout {
			_, err = stdout.Write(report)
		} else {
			err = replace(name, report)
		}
		if err != nil {
			return CannotWrite(name, err)
		}
		return nil
	}
}

// CannotWrite is the error of a file that a flag names. The system's name for it may be that of a temporary file beside it.
// The end of the run while it waited for a reader is no error of the file.
func CannotWrite(name string, err error) error {
	if class.Is(err, class.Deadline, class.Interrupt, class.Hangup, class.Terminated) {
		return err
	}
	return &output.WriteError{Sink: name, Err: err}
}
