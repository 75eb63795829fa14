package oneshot

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"hermes/oneshot/bill"
	"hermes/oneshot/class"
	"hermes/oneshot/guard"
	"hermes/oneshot/input"
	"hermes/oneshot/output"
	"hermes/oneshot/wire"
)

const (
	purposeVision     = "vision"
	purposeDelegation = "delegation"

	// surelyOver is more bytes a token than any text has: input over the window by this count is refused without asking.
	surelyOver = 6
	// cautious is fewer bytes a token than most text has: input that is cut by this count fits.
	cautious = 3
	// leastPart is the smallest part in bytes that is worth a request.
	leastPart = 64
	// parallel is how many parts of a long input are read at once.
	parallel = 4
)

// fits compares the input with the model's window. What cannot fit is refused, or shortened as --over-limit says; what
// may fit is left to the server.
func (r *run) fits(ctx context.Context, t Target) error {
	long, room, err := r.over(t)
	if err != nil || long == nil {
		return err
	}
	return r.shorten(ctx, t, long, room)
}

// over gives the text that has to be shortened for the window, and to how many bytes; nil where none has to be.
func (r *run) over(t Target) (*input.Text, int64, error) {
	all := r.in.Size()
	if t.Context == 0 {
		return nil, 0, nil
	}
	if mode := r.job.Limits.OverLimit; mode == "" || mode == "fail" {
		if all <= int64(t.Context)*surelyOver {
			return nil, 0, nil
		}
		return nil, 0, &input.Error{ErrClass: class.ContextLength, Msg: fmt.Sprintf(
			"the input is %d bytes of text, about %d tokens; %s takes %d", all, bill.Tokens(all), t.Model, t.Context)}
	}
	room := int64(t.Context-min(r.maxTokens(t), t.Context/2)) * cautious
	if all <= room {
		return nil, 0, nil
	}
	long := r.in.Longest()
	rest := all - long.Size()
	if rest >= room {
		return nil, 0, &input.Error{ErrClass: class.ContextLength, Msg: fmt.Sprintf("even without its longest part the input is over the window of %s", t.Model)}
	}
	return long, room - rest, nil
}

func (r *run) maxTokens(t Target) int {
	if r.job.Params.MaxTokens > 0 {
		return r.job.Params.MaxTokens
	}
	return t.MaxTokens
}

// shorten replaces the longest text by what the strategy leaves of it, and says so.
func (r *run) shorten(ctx context.Context, t Target, long *input.Text, room int64) error {
	mode := r.job.Limits.OverLimit
	var short *input.Text
	var err error
	if mode == "map-reduce" {
		short, err = r.mapReduce(ctx, t, long, room)
	} else {
		short, err = input.Cut(long, mode, room)
	}
	if err != nil {
		return err
	}
	note := output.Warning{Code: "input_shortened", Message: fmt.Sprintf("--over-limit %s: %d bytes became %d to fit %s", mode, long.Size(), short.Size(), t.Model)}
	if err := r.em.Emit(note); err != nil {
		return err
	}
	r.in = r.in.Replace(long, short)
	return nil
}

// mapReduce has the auxiliary model read the text part by part, a few at once, and joins what it found for the main
// model to compose. Notes that are still too long are read once more.
func (r *run) mapReduce(ctx context.Context, t Target, long *input.Text, room int64) (*input.Text, error) {
	aux, parts, err := r.parts(ctx, t, long, room)
	if err != nil {
		return nil, err
	}
	notes, err := r.readParts(ctx, aux, parts)
	if err != nil {
		return nil, err
	}
	text, err := input.NewText(strings.Join(notes, "\n\n"))
	if err != nil || text.Size() <= room {
		return text, err
	}
	if text.Size() >= long.Size() {
		return nil, &input.Error{ErrClass: class.ContextLength, Msg: fmt.Sprintf("--over-limit map-reduce: the notes of %s are no shorter than the text", aux.Model)}
	}
	return r.mapReduce(ctx, t, text, room)
}

// parts cuts a text for the auxiliary model's window, in which the user's prompt stands beside each part. The model is
// to answer as briefly as all notes together have to be.
func (r *run) parts(ctx context.Context, t Target, long *input.Text, room int64) (Target, [][]byte, error) {
	if t.Delegate == nil {
		return Target{}, nil, &input.Error{ErrClass: class.ContextLength, Msg: "--over-limit map-reduce: no auxiliary model; set auxiliary.delegation.model in config.yaml"}
	}
	aux, err := t.Delegate(ctx)
	if err != nil {
		return aux, nil, err
	}
	window := aux.Context
	if window == 0 {
		window = t.Context
	}
	taskSize := int64(0)
	if task := r.in.Task(); task != nil {
		taskSize = task.Size()
	}
	size := int64(window-min(aux.MaxTokens, window/2))*cautious - taskSize
	if size < leastPart {
		return aux, nil, &input.Error{ErrClass: class.ContextLength, Msg: fmt.Sprintf("--over-limit map-reduce: the prompt leaves no room in the window of %s", aux.Model)}
	}
	parts := input.Chunks(long.Bytes(), size, size/50)
	aux.MaxTokens = max(256, min(aux.MaxTokens, int(room/int64(len(parts))/cautious)))
	return aux, parts, nil
}

// readParts asks for notes on each part; the first failure ends the others.
func (r *run) readParts(ctx context.Context, aux Target, parts [][]byte) ([]string, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	notes, free := make([]string, len(parts)), make(chan struct{}, parallel)
	var wg sync.WaitGroup
	for i, part := range parts {
		free <- struct{}{}
		wg.Go(func() {
			defer func() { <-free }()
			var words string
			err := guard.Do(func() (err error) {
				words, err = r.auxiliary(ctx, aux, purposeDelegation, r.partQuestion(i, len(parts), part))
				return err
			})
			if err != nil {
				stop(fmt.Errorf("part %d of %d: %w", i+1, len(parts), err))
				return
			}
			notes[i] = fmt.Sprintf("[part %d of %d]\n%s", i+1, len(parts), strings.TrimSpace(words))
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return notes, nil
}

// partQuestion is the question for one part: the user's own prompt and the part as data.
func (r *run) partQuestion(i, n int, part []byte) []wire.Part {
	ask := fmt.Sprintf("The following is part %d of %d of a text too long to read at once. Write dense notes of everything in it that matters", i+1, n)
	if task := r.in.Task(); task != nil {
		ask += " for this task, which another model will finish from all notes: " + string(task.Bytes())
	}
	return []wire.Part{
		wire.TextPart([]byte(ask)),
		input.NewData(fmt.Sprintf("part %d of %d", i+1, n), input.TextOf(part)).Part(),
	}
}
