package oneshot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"hermes/oneshot/class"
	"hermes/oneshot/input"
)

// TestOverLimit: what is over the window is refused without a request, or shortened as the flag says; never inside a
// character, and the smaller texts stay whole.
func TestOverLimit(t *testing.T) {
	t.Parallel()
	lines := strings.Repeat("line of text\n", 500) // 6,500 bytes
	emoji := strings.Repeat("🎉", 1500)
	const window, room = 1000, (1000 - 100) * 3
	for name, c := range map[string]struct {
		mode   string
		prompt string
		data   string
		want   func(whole, got string) bool
	}{
		"head on lines":      {"head", "", lines, func(w, g string) bool { return strings.HasPrefix(w, g) && strings.HasSuffix(g, "\n") }},
		"tail on lines":      {"tail", "", lines, func(w, g string) bool { return strings.HasSuffix(w, g) && strings.HasPrefix(g, "line") }},
		"head in one line":   {"head", "", emoji, strings.HasPrefix},
		"tail in one line":   {"tail", "", emoji, strings.HasSuffix},
		"middle":             {"middle", "", lines, bothEnds},
		"middle in one line": {"middle", "", emoji, bothEnds},
		"data beside a prompt": {"head", "summarise", lines, func(w, g string) bool {
			_, body, _ := strings.Cut(g, ">\n")
			body, _, _ = strings.Cut(body, "\n</stdin")
			return strings.HasPrefix(w, body) && g == fenced("stdin", "stdin", body)
		}},
		"the prompt itself": {"tail", lines, "short", func(w, g string) bool { return g == fenced("stdin", "stdin", "short") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, answers("hi"))
			job := asks(Target{Transport: s, Context: window, MaxTokens: 100})
			job.Limits.OverLimit = c.mode
			job.Input = input.Sources{Prompt: c.prompt, Stdin: strings.NewReader(c.data)}
			r := perform(t, t.Context(), job)
			if r.err != nil {
				t.Fatal(r.err)
			}
			texts := parse(t, s.asked()[0]).texts()
			last := texts[len(texts)-1]
			if !c.want(c.data, last) || !utf8.ValidString(last) || len(last) > room+100 || len(texts) == 1 && len(last) < room*4/5 {
				t.Errorf("%d bytes: %.80q … %.80q", len(last), last, last[len(last)-min(80, len(last)):])
			}
			if len(texts) > 1 && (c.prompt == "summarise") != (texts[0] == c.prompt) {
				t.Errorf("the prompt is %.80q", texts[0])
			}
			if w := r.all("warning"); len(w) != 1 || w[0].Code != "input_shortened" || !strings.Contains(w[0].Message, "--over-limit "+c.mode) {
				t.Errorf("told of %+v", w)
			}
			if all := c.prompt + c.data; r.start.Input.Bytes != int64(len(all)) || r.start.Input.SHA256 != sum(all) {
				t.Errorf("run.start tells of %+v", r.start.Input)
			}
		})
	}
}

// bothEnds: the model is told where the middle was, and has what stood around it.
func bothEnds(whole, got string) bool {
	before, after, ok := strings.Cut(got, "\n[… the middle was left out …]\n")
	return ok && before != "" && after != "" && strings.HasPrefix(whole, before) && strings.HasSuffix(whole, after)
}

// TestOverLimitRefuses what cannot fit, before any request; what may fit is the server's to judge.
func TestOverLimitRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode   string
		window int
		prompt int
		data   int
		part   string
	}{
		"surely over":                 {"", 100, 601, 0, "the input is 601 bytes of text, about 151 tokens; m takes 100"},
		"fail says the same":          {"fail", 100, 601, 0, "601 bytes"},
		"perhaps not over":            {"", 100, 600, 0, ""},
		"an unknown window":           {"", 0, 1_000_000, 0, ""},
		"nothing to shorten":          {"head", 1000, 1000, 0, ""},
		"two long texts":              {"head", 100, 400, 401, "even without its longest part"},
		"map-reduce without a helper": {"map-reduce", 100, 601, 0, "auxiliary.delegation.model"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			if c.part == "" {
				s = serve(t, answers("hi"))
			}
			job := asks(Target{Transport: s, Context: c.window})
			job.Limits.OverLimit = c.mode
			job.Input = input.Sources{Prompt: strings.Repeat("x", c.prompt), Stdin: strings.NewReader(strings.Repeat("y", c.data))}
			r := perform(t, t.Context(), job)
			if c.part != "" {
				r.fails(t, "context_length", c.part)
			} else if r.err != nil {
				t.Error(r.err)
			}
		})
	}
}

// reads is a job whose stdin is too long for its window, and a helper that reads it in parts of about 600 bytes.
func reads(t *testing.T, helper, main *server, task string) (Job, string) {
	aux := Target{Provider: "h", Model: "aux", BaseURL: "http://aux.example", Context: 400, MaxTokens: 200, Transport: helper, Price: dollar}
	job := asks(Target{Transport: main, Context: 700, MaxTokens: 100, Price: dollar, Delegate: func(context.Context) (Target, error) { return aux, nil }})
	var b strings.Builder
	for i := range 250 {
		fmt.Fprintf(&b, "line %d é\n", i)
	}
	job.Limits.OverLimit = "map-reduce"
	job.Input = input.Sources{Prompt: task, Stdin: strings.NewReader(b.String())}
	return job, b.String()
}

// TestMapReduce: each part is read once with the task beside it, the main model gets the notes in the parts' order
// whichever came first, and everything is on the bill.
func TestMapReduce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var notes []reply
		for i := range 5 {
			note := answers(fmt.Sprintf(" note %d ", i+1))
			note.to, note.usage = fmt.Sprintf("part %d of ", i+1), usage(100, 10)
			note.before = func(*http.Request) { time.Sleep(time.Duration(9-i) * time.Second) } // the last is the fastest
			notes = append(notes, note)
		}
		helper, main := serve(t, notes...), serve(t, answers("done"))
		job, whole := reads(t, helper, main, "find it")
		r := perform(t, t.Context(), job)
		if r.err != nil || r.stdout != "done\n" {
			t.Fatal(r.err, r.stdout)
		}
		var seen []byte
		for i := range 5 {
			for _, body := range helper.asked() {
				if got := parse(t, body).texts(); strings.Contains(got[0], fmt.Sprintf("part %d of 5", i+1)) {
					_, part, _ := strings.Cut(got[1], ">\n")
					part = part[:strings.LastIndex(part, "\n</file")]
					seen = join2(seen, []byte(part))
					if !strings.HasSuffix(got[0], ": find it") || got[1] != fenced(fmt.Sprintf(`file name="part %d of 5"`, i+1), "file", part) {
						t.Errorf("%q", got)
					}
				}
			}
		}
		if string(seen) != whole {
			t.Errorf("the parts are not the text: %d of %d bytes", len(seen), len(whole))
		}
		var want []string
		for i := range 5 {
			want = append(want, fmt.Sprintf("[part %d of 5]\nnote %d", i+1, i+1))
		}
		if got := parse(t, main.asked()[0]).texts(); got[0] != "find it" || got[1] != fenced("stdin", "stdin", strings.Join(want, "\n\n")) {
			t.Errorf("%q", got)
		}
		if u := r.end.Usage; u.InputTokens != 510 || u.Auxiliary.InputTokens != 500 || u.ByModel["aux"].OutputTokens != 50 || *r.end.CostUSD != "0.000565" {
			t.Errorf("%+v, %s", u, *r.end.CostUSD)
		}
		if starts := r.all("request.start"); len(starts) != 6 || starts[0].Purpose != "delegation" || starts[5].Purpose != "" {
			t.Errorf("%+v", starts)
		}
	})
}

// join2 joins two pieces of which the second begins with the end of the first.
func join2(a, b []byte) []byte {
	for n := min(len(a), len(b)); n >= 0; n-- {
		if bytes.HasSuffix(a, b[:n]) {
			return append(a, b[n:]...)
		}
	}
	return nil
}

// TestMapReduceFails: the first failure of a part ends the others, names the part, and no main request follows.
func TestMapReduceFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bad   reply
		class class.Class
	}{
		"refused by the server": {refuses(400), "invalid_request"},
		"silent":                {answers(" \n"), "empty"},
		"a refusal":             {reply{pieces: []string{"no"}, stop: "refusal"}, "empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.bad.to = "part 3 of "
			hang := reply{hang: true}
			helper := serve(t, c.bad, hang, hang, hang)
			job, _ := reads(t, helper, serve(t), "find it")
			r := perform(t, t.Context(), job)
			helper.replies = nil // how many others were under way is chance
			r.fails(t, c.class, "part 3 of 5: ")
			if r.end.Status != "error" || r.stdout != "" {
				t.Errorf("%+v", r.end)
			}
		})
	}
	none := errors.New("no helper")
	job, _ := reads(t, nil, serve(t), "")
	to, _ := job.Targets[0].Resolve(t.Context())
	to.Delegate = func(context.Context) (Target, error) { return Target{}, none }
	job.Targets = asks(to).Targets
	if r := perform(t, t.Context(), job); !errors.Is(r.err, none) {
		t.Error(r.err)
	}
}

// TestMapReduceAgain: notes that are too long are read once more; those that are no shorter than the text are an error.
func TestMapReduceAgain(t *testing.T) {
	t.Parallel()
	helper, main := serve(t), serve(t, answers("done"))
	for range 5 {
		helper.replies = append(helper.replies, answers(strings.Repeat("note\n", 100)))
	}
	for range 9 {
		helper.replies = append(helper.replies, answers("short"))
	}
	job, _ := reads(t, helper, main, "find it")
	r := perform(t, t.Context(), job)
	helper.replies = nil
	if n := len(helper.asked()); r.err != nil || n < 9 || !strings.Contains(parse(t, main.asked()[0]).texts()[1], "]\nshort") {
		t.Errorf("%v after %d requests to the helper", r.err, n)
	}
	more := answers(strings.Repeat("words ", 1000))
	job, _ = reads(t, serve(t, more, more, more, more, more), serve(t), "find it")
	perform(t, t.Context(), job).fails(t, "context_length", "no shorter than the text")
}

// TestMapReducePrompt: a part and the task beside it fit the helper's window together.
func TestMapReducePrompt(t *testing.T) {
	t.Parallel()
	helper := serve(t)
	job, _ := reads(t, helper, serve(t), strings.Repeat("t", 300))
	for range 12 {
		helper.replies = append(helper.replies, answers("n"))
	}
	s := serve(t, answers("done"))
	to, _ := job.Targets[0].Resolve(t.Context())
	to.Transport = s
	job.Targets = asks(to).Targets
	if r := perform(t, t.Context(), job); r.err != nil {
		t.Fatal(r.err)
	}
	helper.replies = nil
	for _, body := range helper.asked() {
		if n := len(strings.Join(parse(t, body).texts(), "")); n > 200*3+300 { // what is around the two has 300 bytes
			t.Errorf("a request of %d bytes", n)
		}
	}
	job, _ = reads(t, serve(t), serve(t), strings.Repeat("t", 590))
	perform(t, t.Context(), job).fails(t, "context_length", "leaves no room")
}
