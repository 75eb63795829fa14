package oneshot

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"hermes/oneshot/class"
	"hermes/oneshot/output"
	"hermes/oneshot/wire"
)

// write hands a piece of the answer to the emitter. Models like to begin with empty lines; a pipe does not.
func (r *run) write(delta []byte) error {
	if !r.written {
		if delta = bytes.TrimLeft(delta, "\n"); len(delta) == 0 {
			return nil
		}
		r.began()
	}
	return r.put(delta)
}

// began notes that a part of the answer is out.
func (r *run) began() {
	r.set(func(s *state) { s.written = true })
	r.job.Progress.Began()
}

// put hands a piece of the answer on as it is.
func (r *run) put(delta []byte) error {
	if r.blank {
		r.blank = len(bytes.TrimSpace(delta)) == 0
	}
	if r.job.Keep {
		r.set(func(s *state) { s.text.Write(delta) })
	}
	return r.em.Text(delta)
}

// restart forgets the answer so far. It reports false when a part of it was already written.
func (r *run) restart() bool {
	if r.written && !r.em.Restart() {
		return false
	}
	r.blank = true
	r.set(func(s *state) {
		s.written = false
		s.text.Reset()
	})
	return true
}

// AnswerError is an answer that came, and is not what was asked for. Its class is refusal, truncated, context_length, empty,
// or protocol where the server named an end that no complete answer has.
type AnswerError struct {
	ErrClass class.Class
	Msg      string
	Advice   string // what to do next, where the class does not say it
}

func (e *AnswerError) Error() string { return e.Msg }

// Class names the error's class for the exit code.
func (e *AnswerError) Class() string { return string(e.ErrClass) }

// Hint is what to do next.
func (e *AnswerError) Hint() string { return e.Advice }

// judge turns the model's stop reason into the run's: only a whole, non-empty answer is a success.
func (r *run) judge(rep wire.Result) error {
	finish, err := verdict(rep, r.session != nil)
	r.set(func(s *state) { s.model, s.finish = rep.Model, finish })
	switch {
	case rep.Finish == wire.FinishLength:
		return &AnswerError{ErrClass: class.Truncated, Msg: "the answer was cut at " + r.bound()}
	case err == nil && r.blank:
		return &AnswerError{ErrClass: class.Empty, Msg: join("the answer is empty", rep.Word)}
	}
	return err
}

// bound says whose limit an answer met.
func (r *run) bound() string {
	switch {
	case r.job.Params.MaxTokens > 0:
		return fmt.Sprintf("the %d tokens that were asked for", r.job.Params.MaxTokens)
	case r.target.MaxTokens > 0:
		return fmt.Sprintf("%d tokens, which %s is asked for by default", r.target.MaxTokens, r.target.Model)
	}
	return "the server's own limit"
}

// verdict names the end of an answer; offered says that there were tools to call. An end that is not on this list is no success,
// whatever text came before it.
func verdict(rep wire.Result, offered bool) (string, error) {
	switch rep.Finish {
	case wire.FinishStop:
		return output.FinishStop, nil
	case wire.FinishStopSequence:
		return output.FinishStopSequence, nil
	case wire.FinishLength:
		return output.FinishLength, &AnswerError{ErrClass: class.Truncated, Msg: "the answer was cut at its limit of tokens"}
	case wire.FinishRefusal:
		return output.FinishRefusal, &AnswerError{ErrClass: class.Refusal, Msg: join("the model refused to answer", refusal(rep))}
	case wire.FinishContext:
		return output.FinishContext, &AnswerError{ErrClass: class.ContextLength, Msg: "the context window was full before the answer ended"}
	case wire.FinishCalls:
		if offered {
			return output.FinishToolUse, unfinished("the model stopped to call a tool ("+rep.Word+"), and called none", "try again, or ask another model")
		}
		return output.FinishToolUse, unfinished("the model stopped to call a tool ("+rep.Word+"), and no tool was offered", "say in the prompt that there are no tools")
	case wire.FinishPause:
		return output.FinishPause, unfinished("the model paused in the middle of its turn ("+rep.Word+")", "try again, or ask another model")
	}
	const advice = "try again; if it stays so, the server does not speak its API well"
	word := rep.Word
	if word == "" {
		return output.FinishError, unfinished("the answer ended without a reason, so it may be cut", advice)
	}
	if strings.Trim(word, "0123456789") != "" {
		word = strconv.Quote(word)
	}
	return output.FinishError, unfinished("the answer ended with the reason "+word+", which is no known end", advice)
}

func unfinished(msg, advice string) error {
	return &AnswerError{ErrClass: class.Protocol, Msg: msg, Advice: advice}
}

// refusal is the reason of a refusal: the model's own, or the server's word where that says more than that it is one.
func refusal(rep wire.Result) string {
	if rep.Refusal == "" && rep.Word != "refusal" {
		return rep.Word
	}
	return rep.Refusal
}

func join(msg, detail string) string {
	if detail == "" {
		return msg
	}
	return msg + ": " + detail
}
