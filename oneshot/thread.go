package oneshot

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"sync"

	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/messages"
	"hermes/oneshot/output"
	"hermes/oneshot/wire"
)

// Thread is a conversation that goes on from run to run, in a file or, without a name, in memory. It is read when the run begins
// and gets what was said when the answer is whole and written: all of it, or nothing.
type Thread struct {
	Name string
	// Lock takes the file for this process alone until release is called; others wait. Replace writes the file whole or not at all.
	Lock    func(ctx context.Context, name string) (release func(), err error)
	Replace func(name string, data []byte) error

	memory  *messages.Conversation // where there is no file
	release func()
	old     []byte
	made    bool       // there was no file
	kept    bool       // what was said is in the file
	mu      sync.Mutex // a run that is ended from outside may still speak
	said    []wire.Turn
}

// open reads the thread, in its turn.
func (t *Thread) open(ctx context.Context) (messages.Conversation, error) {
	t.mu.Lock()
	t.said, t.kept = nil, false
	t.mu.Unlock()
	if info, err := os.Stat(t.Name); err == nil && !info.Mode().IsRegular() {
		return messages.Conversation{}, misuse("--thread %s is no regular file; a conversation to read alone is for --messages", t.Name)
	}
	var err error
	if t.release, err = t.Lock(ctx, t.Name); err != nil {
		return messages.Conversation{}, err
	}
	t.old, t.made, err = readThread(t.Name)
	if err != nil {
		return messages.Conversation{}, input.Unopened(err)
	}
	if first := bytes.TrimSpace(t.old); len(first) > 0 && first[0] == '[' {
		return messages.Conversation{}, &input.Error{ErrClass: class.InvalidInput, Msg: "--thread " + t.Name + " holds a JSON array, and a thread is JSON lines", Advice: "jq -c '.[]' makes lines of it"}
	}
	return said("--thread", t.Name, t.old)
}

// hear notes what was said, so far in the server's own form.
func (t *Thread) hear(target Target, turns []wire.Turn) {
	if t == nil {
		return
	}
	kept := make([]wire.Turn, len(turns))
	for i, turn := range turns {
		kept[i] = turn.Kept(target.origin())
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.said = kept
}

// Done keeps what was said, where the run succeeded and its answer is written. It is for [output.Keeper].
func (t *Thread) Done(end output.RunEnd, err error) error {
	if err != nil || end.Status != output.StatusOK {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.Name == "" {
		t.memory.Turns = append(slices.Clip(t.memory.Turns), t.said...)
		return nil
	}
	lines, err := messages.Lines(t.said)
	if err != nil {
		return err
	}
	if t.old, t.made, err = readThread(t.Name); err != nil { // again: an editor knows no lock
		return err
	}
	whole := slices.Clip(t.old)
	if len(whole) > 0 && whole[len(whole)-1] != '\n' {
		whole = append(whole, '\n')
	}
	err = t.Replace(t.Name, append(whole, lines...))
	t.kept = err == nil
	return err
}

// undo takes back what was said in a run that failed after all: its end could not be written.
func (t *Thread) undo() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case !t.kept:
	case t.made:
		_ = os.Remove(t.Name)
	default:
		_ = t.Replace(t.Name, t.old)
	}
	t.kept = false
}

// readThread reads the file; made says that there is none yet.
func readThread(name string) (raw []byte, made bool, err error) {
	raw, err = os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, true, nil
	}
	return raw, false, err
}

// Close lets others have the thread. More calls do nothing.
func (t *Thread) Close() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.release != nil {
		t.release()
		t.release = nil
	}
}

// origin is who the target is to what only its server can read.
func (t Target) origin() wire.Origin {
	return wire.Origin{Wire: t.Wire, Server: t.Origin, Model: t.Model}
}

// converse reads the conversation before the prompt, from --messages or the job's thread. Its system text stands where no flag
// gives one.
func (f *Flags) converse(ctx context.Context, job *Job) error {
	var c messages.Conversation
	history := &input.History{Kind: "messages", Name: f.Messages}
	var raw []byte
	var err error
	switch {
	case job.Thread != nil && job.Thread.memory != nil:
		c = *job.Thread.memory
		history.Name = ""
	case job.Thread != nil && job.Thread.Name != "":
		c, err = job.Thread.open(ctx)
		history.Kind, history.Name, raw = "thread", job.Thread.Name, job.Thread.old
	case f.Messages != "":
		if raw, err = job.Input.Setting(ctx, "--messages", f.Messages); err == nil {
			c, err = said("--messages", f.Messages, raw)
		}
	case job.Thread == nil:
		return nil
	}
	if err != nil {
		return err
	}
	if job.Thread != nil && job.Thread.Name == "" {
		job.Thread.memory = &c
	}
	if c.System != "" {
		if f.prompted {
			return misuse("%s holds a system message, and a flag gives another system prompt", history.Name)
		}
		job.Params.System = c.System
	}
	job.Input.Turns = c.Turns
	if history.Name == "" {
		return nil
	}
	job.Input.History = history
	history.Text, err = input.NewText(string(raw))
	return err
}

// said reads a file of messages.
func said(flag, name string, raw []byte) (messages.Conversation, error) {
	if err := input.CheckText(flag+" "+name, raw); err != nil {
		return messages.Conversation{}, err
	}
	c, err := messages.File(raw)
	if bad, ok := errors.AsType[*messages.Error](err); ok {
		e := &input.Error{ErrClass: class.InvalidInput, Msg: flag + " " + name + ": " + bad.Error(), Advice: `a message is {"role": "user", "content": "…"}, in a JSON array or one a line`}
		if bad.Cut {
			e.Advice = "the rest of it was not written; remove the line, and run again"
		}
		return c, e
	}
	return c, err
}
