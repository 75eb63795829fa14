package oneshot

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"hermes/oneshot/class"
	"hermes/oneshot/output"
	"hermes/oneshot/wire"
)

const (
	purposeVision     = "vision"
	purposeDelegation = "delegation"

	// surelyOver is how few bytes a token is counted for where a run is refused without asking: no text measures so.
	surelyOver = 6
	// cautious is how few bytes a token is counted for where input is cut to fit.
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
func (r *run) over(t Target) (*Text, int64, error) {
	all := r.in.textBytes()
	if t.Context == 0 {
		return nil, 0, nil
	}
	if mode := r.job.Limits.OverLimit; mode == "" || mode == "fail" {
		if all <= int64(t.Context)*surelyOver {
			return nil, 0, nil
		}
		return nil, 0, &InputError{ErrClass: class.ContextLength, Msg: fmt.Sprintf(
			"the input is %d bytes of text, about %d tokens; %s takes %d", all, tokensOf(all), t.Model, t.Context)}
	}
	room := int64(t.Context-min(r.maxTokens(t), t.Context/2)) * cautious
	if all <= room {
		return nil, 0, nil
	}
	long := r.in.longest()
	rest := all - long.Size()
	if rest >= room {
		return nil, 0, &InputError{ErrClass: class.ContextLength, Msg: fmt.Sprintf("even without its longest part the input is over the window of %s", t.Model)}
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
func (r *run) shorten(ctx context.Context, t Target, long *Text, room int64) error {
	mode := r.job.Limits.OverLimit
	var short *Text
	var err error
	if mode == "map-reduce" {
		short, err = r.mapReduce(ctx, t, long, room)
	} else {
		short, err = cut(long, mode, room)
	}
	if err != nil {
		return err
	}
	note := output.Warning{Code: "input_shortened", Message: fmt.Sprintf("--over-limit %s: %d bytes became %d to fit %s", mode, long.Size(), short.Size(), t.Model)}
	if err := r.em.Emit(note); err != nil {
		return err
	}
	r.in.replace(long, short)
	return nil
}

// textBytes counts the text that takes room in the window.
func (g *gathered) textBytes() int64 {
	var n int64
	for _, t := range g.texts() {
		n += t.Size()
	}
	return n
}

func (g *gathered) texts() []*Text {
	var all []*Text
	if g.prompt != nil {
		all = append(all, g.prompt)
	}
	for _, a := range g.data {
		if a.text != nil {
			all = append(all, a.text)
		}
	}
	return all
}

func (g *gathered) longest() *Text {
	var long *Text
	for _, t := range g.texts() {
		if long == nil || t.Size() > long.Size() {
			long = t
		}
	}
	return long
}

// clone is an input whose texts can be replaced.
func (g *gathered) clone() *gathered {
	own := *g
	own.data = make([]*attachment, len(g.data))
	for i, a := range g.data {
		copied := *a
		own.data[i] = &copied
	}
	return &own
}

func (g *gathered) replace(old, text *Text) {
	if g.prompt == old {
		g.prompt = text
	}
	for _, a := range g.data {
		if a.text == old {
			a.text = text
		}
	}
	g.assemble()
}

// cut keeps room bytes of a text, on line borders where there are any: its head, its tail, or both without the middle.
func cut(t *Text, mode string, room int64) (*Text, error) {
	whole := bytes.Join(t.parts, nil)
	var kept []byte
	switch mode {
	case "head":
		kept = head(whole, room)
	case "tail":
		kept = tail(whole, room)
	default:
		mark := []byte("\n[… the middle was left out …]\n")
		half := (room - int64(len(mark))) / 2
		kept = append(append(bytes.Clone(head(whole, half)), mark...), tail(whole, half)...)
	}
	c := collector{name: "the input", hash: sha256.New()}
	if err := c.add(kept); err != nil {
		return nil, err
	}
	return c.done()
}

// head is the longest beginning of at most n bytes that ends with a line, or else with a character.
func head(p []byte, n int64) []byte {
	if int64(len(p)) <= n {
		return p
	}
	p = p[:max(n, 0)]
	if i := bytes.LastIndexByte(p, '\n'); i > len(p)/2 {
		return p[:i+1]
	}
	for len(p) > 0 && !utf8.Valid(lastRune(p)) {
		p = p[:len(p)-1]
	}
	return p
}

// lastRune is the last character of p, whole or not.
func lastRune(p []byte) []byte {
	for i := len(p) - 1; i >= max(0, len(p)-utf8.UTFMax); i-- {
		if utf8.RuneStart(p[i]) {
			return p[i:]
		}
	}
	return p
}

func tail(p []byte, n int64) []byte {
	if int64(len(p)) <= n {
		return p
	}
	p = p[int64(len(p))-max(n, 0):]
	if i := bytes.IndexByte(p, '\n'); i >= 0 && i < len(p)/2 {
		return p[i+1:]
	}
	for len(p) > 0 && !utf8.RuneStart(p[0]) {
		p = p[1:]
	}
	return p
}

// chunks cuts a text on line borders into pieces of at most size bytes; each begins with the end of the one before.
func chunks(p []byte, size, overlap int64) [][]byte {
	var all [][]byte
	for {
		piece := head(p, size)
		if len(piece) == 0 {
			return all
		}
		all = append(all, piece)
		if len(piece) == len(p) {
			return all
		}
		step := len(piece) - len(tail(piece, overlap))
		if step == 0 { // shorter than the overlap
			step = len(piece)
		}
		p = p[step:]
	}
}

// mapReduce has the auxiliary model read the text part by part, a few at once, and joins what it found for the main
// model to compose. Notes that are still too long are read once more.
func (r *run) mapReduce(ctx context.Context, t Target, long *Text, room int64) (*Text, error) {
	aux, parts, err := r.parts(ctx, t, long, room)
	if err != nil {
		return nil, err
	}
	notes, err := r.readParts(ctx, aux, parts)
	if err != nil {
		return nil, err
	}
	text, err := textOf(strings.Join(notes, "\n\n"))
	if err != nil || text.Size() <= room {
		return text, err
	}
	if text.Size() >= long.Size() {
		return nil, &InputError{ErrClass: class.ContextLength, Msg: fmt.Sprintf("--over-limit map-reduce: the notes of %s are no shorter than the text", aux.Model)}
	}
	return r.mapReduce(ctx, t, text, room)
}

// parts cuts a text for the auxiliary model's window, in which the user's prompt stands beside each part. The model is
// to answer as briefly as all notes together have to be.
func (r *run) parts(ctx context.Context, t Target, long *Text, room int64) (Target, [][]byte, error) {
	if t.Delegate == nil {
		return Target{}, nil, &InputError{ErrClass: class.ContextLength, Msg: "--over-limit map-reduce: no auxiliary model; set auxiliary.delegation.model in config.yaml"}
	}
	aux, err := t.Delegate(ctx)
	if err != nil {
		return aux, nil, err
	}
	window := aux.Context
	if window == 0 {
		window = t.Context
	}
	size := int64(window-min(aux.MaxTokens, window/2))*cautious - r.in.taskBytes()
	if size < leastPart {
		return aux, nil, &InputError{ErrClass: class.ContextLength, Msg: fmt.Sprintf("--over-limit map-reduce: the prompt leaves no room in the window of %s", aux.Model)}
	}
	parts := chunks(bytes.Join(long.parts, nil), size, size/50)
	aux.MaxTokens = max(256, min(aux.MaxTokens, int(room/int64(len(parts))/cautious)))
	return aux, parts, nil
}

// task is the user's own prompt, when it is not the text that is cut itself.
func (g *gathered) task() *Text {
	if g.prompt != nil && g.prompt != g.longest() {
		return g.prompt
	}
	return nil
}

func (g *gathered) taskBytes() int64 {
	if t := g.task(); t != nil {
		return t.Size()
	}
	return 0
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
			err := guard(func() (err error) {
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
	if task := r.in.task(); task != nil {
		ask += " for this task, which another model will finish from all notes: " + string(bytes.Join(task.parts, nil))
	}
	return []wire.Part{
		wire.TextPart([]byte(ask)),
		(&attachment{tag: "file", name: fmt.Sprintf("part %d of %d", i+1, n), text: bytesOf(part)}).part(),
	}
}
