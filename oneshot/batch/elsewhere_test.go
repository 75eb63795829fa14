package batch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hermes/oneshot"
	"hermes/oneshot/batch/journal"
	"hermes/oneshot/class"
	"hermes/oneshot/output"
)

// keysOf are the keys of rows, by their ids.
func keysOf(t *testing.T, o Options, in string) map[string]journal.Key {
	t.Helper()
	all := map[string]journal.Key{}
	o.In = strings.NewReader(in)
	if err := Rows(t.Context(), o, nil, func(r Row) error { all[idOf(r.Line, r.Text)] = r.Key; return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestElsewhere: rows of a provider's own batch are asked only where it left them without an answer that stands.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	const in = `{"id":"waits","prompt":"good 1"}` + "\n" + `{"id":"came","prompt":"good 2"}` + "\n" + `{"id":"broke","prompt":"good 3"}` + "\n" +
		`{"id":"late","prompt":"good 4"}` + "\n" + `{"id":"live","prompt":"good 5"}` + "\n" + `{"id":"refused","prompt":"good 6"}` + "\n"
	for live, want := range map[bool]string{
		false: "came ok 0.50 - | broke error - status 500 In | late error - expired there | live ok 1.00 - | refused error - refused there | asked 1, broke 1",
		true:  "came ok 0.50 - | broke error - status 500 In | late ok 1.00 - | live ok 1.00 - | refused error - refused there | asked 2, broke 1",
	} {
		var out bytes.Buffer
		var broke atomic.Int64
		a := &asker{}
		o := options("", &out, a.RoundTrip)
		o.Journal, o.Jobs, o.Live, o.Job.Limits.Retries = t.TempDir(), 1, live, 3
		keys := keysOf(t, o, in)
		o.In = strings.NewReader(in)
		there := map[journal.Key]Elsewhere{
			keys["waits"]: {Waiting: true},
			keys["came"]:  {Half: true, Answer: roundTrip(func(*http.Request) (*http.Response, error) { return reply(200, "<a>"), nil })},
			keys["broke"]: {Answer: roundTrip(func(*http.Request) (*http.Response, error) { broke.Add(1); return reply(500, "a"), nil })},
			keys["late"]:  {Again: true, Err: errors.New("expired there")}, keys["refused"]: {Err: errors.New("refused there")},
		}
		o.Elsewhere = func() (func(journal.Key) Elsewhere, error) {
			return func(k journal.Key) Elsewhere { return there[k] }, nil
		}
		failed, ok := errors.AsType[*Error](Run(t.Context(), o))
		if !ok || failed.Class() != string(class.BatchIncomplete) || !strings.HasSuffix(failed.Summary, "; 1 are in the provider's own batch") || !failed.Lacking || failed.Rows != 6 {
			t.Errorf("live %v: %+v", live, failed)
		}
		var got []string
		for _, row := range rowsOf(t, out.Bytes()) {
			cost, message := "-", "-"
			if row.CostUSD != nil && row.Status == output.StatusOK {
				cost = *row.CostUSD
			}
			if row.Error != nil {
				message = row.Error.Message
			}
			got = append(got, fmt.Sprintf("%s %s %s %.13s", row.ID, row.Status, cost, message))
		}
		got = append(got, fmt.Sprintf("asked %d, broke %d", len(a.asked), broke.Load()))
		if s := strings.Join(got, " | "); s != want {
			t.Errorf("live %v:\n%s\n%s", live, s, want)
		}
	}
	q := &sequence{o: Options{Journal: "j", Advice: "again"}}
	for c, want := range map[*counts]string{{}: "", {waiting: 1}: "hermes batch collect --wait --journal j waits for them", {waiting: 1, lacking: 1}: "again"} {
		if got := q.advice(*c); got != want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// TestKeep: rows that were kept are known again by their keys and lines, and a broken line is an error.
func TestKeep(t *testing.T) {
	t.Parallel()
	o := options("\n"+`"one"`+"\n"+`{"prompt":"t w o"}`, nil, nil)
	o.Journal = "j"
	var kept bytes.Buffer
	var first []Row
	err := Rows(t.Context(), o, nil, func(r Row) error {
		first = append(first, r)
		return r.Keep(&kept)
	})
	if err != nil {
		t.Fatal(err)
	}
	line := first[0].Key.String()
	o.In, o.Kept = &kept, true
	var again []Row
	if err := Rows(t.Context(), o, nil, func(r Row) error { again = append(again, r); return nil }); err != nil || len(again) != 2 {
		t.Fatalf("%d rows, %v", len(again), err)
	}
	for i, r := range again {
		if r.Key != first[i].Key || r.Line != first[i].Line || string(r.Text) != string(first[i].Text) {
			t.Errorf("%+v, was %+v", r, first[i])
		}
	}
	for _, broken := range []string{"zz" + line[2:] + ` 1 "x"`, line[2:] + ` 1 "x"`, line + ` one "x"`, line + ` 1`, line, `"x"`} {
		o.In = strings.NewReader(line + ` 1 "x"` + "\n" + broken)
		if err := Rows(t.Context(), o, nil, func(Row) error { return nil }); err == nil || !strings.Contains(err.Error(), "line 2 of what the journal keeps") {
			t.Errorf("%s: %v", broken, err)
		}
	}
}

// TestRowsOfALimit: so many rows that have to be asked, and all that have not.
func TestRowsOfALimit(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int64]string{0: "1 2 3 4", 1: "1 2", 2: "1 2 3", 3: "1 2 3 4", 4: "1 2 3 4"} {
		o := options(`"a"`+"\n"+`{"prompt":5}`+"\n"+`"b"`+"\n"+`"c"`, nil, nil)
		o.Journal, o.Limit = "j", limit
		var got []string
		err := Rows(t.Context(), o, nil, func(r Row) error { got = append(got, fmt.Sprint(r.Line)); return nil })
		if s := strings.Join(got, " "); err != nil || s != want {
			t.Errorf("%d: %s, want %s, %v", limit, s, want, err)
		}
	}
}

// TestNotNoted: a row that cannot be asked ends as one, and a journal that takes nothing is told as that.
func TestNotNoted(t *testing.T) {
	t.Parallel()
	for _, broken := range []error{nil, errors.New("no room")} {
		err := Rows(t.Context(), options(`{"prompt":5}`, nil, nil), nil, func(r Row) error {
			return r.Fail(r.Err, func(key journal.Key, e journal.End) error {
				if end, ok := e.Result.(output.BatchEnd); key != r.Key || !e.Final || !ok || end.Status != output.StatusError || end.ExitCode != 65 {
					t.Errorf("%v, %+v", key == r.Key, e)
				}
				return broken
			})
		})
		if failed, ok := errors.AsType[*output.WriteError](err); ok != (broken != nil) || ok && (failed.Err != broken || failed.Sink != "the journal") {
			t.Errorf("%v: %v", broken, err)
		}
	}
}

// terminated is the end by SIGTERM.
type terminated struct{}

func (terminated) Error() string { return "terminated" }
func (terminated) Class() string { return string(class.Terminated) }

// TestGrace: after SIGTERM the rows under way have their time, which is told, and others are not begun; after any other end a moment.
func TestGrace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		why   error
		grace time.Duration
		kill  time.Duration // when the process is to end at once
		took  time.Duration
		rows  int
		told  []bool
	}{
		{"a row that ends in time", terminated{}, 10 * time.Second, 0, 11*time.Second + settling, 1, []bool{true, false}},
		{"no time", terminated{}, 0, 0, time.Second + settling, 0, nil},
		{"less time than a row takes", terminated{}, 3 * time.Second, 0, 4*time.Second + settling, 0, []bool{true, false}},
		{"another end", errors.New("stopped"), 10 * time.Second, 0, time.Second + settling, 0, nil},
		{"at once after all", terminated{}, 10 * time.Second, 3 * time.Second, 3 * time.Second, 0, []bool{true, false}},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Second, func() { cancel(c.why) })
			var out bytes.Buffer
			var told []bool
			o := options(`"short"`+"\n"+`"long"`+"\n"+`"never"`, &out, func(r *http.Request) (*http.Response, error) {
				raw, err := io.ReadAll(r.Body)
				if bytes.Contains(raw, []byte("long")) {
					time.Sleep(25 * time.Second) // whatever the context says
				} else {
					time.Sleep(5 * time.Second)
				}
				return reply(200, "a"), err
			})
			o.Jobs, o.Grace = 2, c.grace
			o.Settling = func(begins bool) { told = append(told, begins) }
			if c.kill > 0 {
				kill, now := context.WithCancel(t.Context())
				defer now()
				time.AfterFunc(c.kill, now)
				o.Job.Kill = kill
			}
			begun := time.Now()
			err := Run(ctx, o)
			if took := time.Since(begun); !errors.Is(err, c.why) || took != c.took || !slices.Equal(told, c.told) {
				t.Errorf("%s: %v after %v, want %v; told %v", c.name, err, took, c.took, told)
			}
			if rows := rowsOf(t, out.Bytes()); len(rows) != c.rows {
				t.Errorf("%s: %d rows", c.name, len(rows))
			}
			time.Sleep(time.Minute) // what is under way ends
		})
	}
}

// TestTold: the state comes each second and at the end, each row is recorded, and the end is told.
func TestTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var states, records, ends int
		o := options(`"a"`+"\n"+`"b"`, io.Discard, func(*http.Request) (*http.Response, error) {
			time.Sleep(3*time.Second + time.Millisecond)
			return reply(200, "a"), nil
		})
		o.Progress = func(Progress) { states++ }
		o.Job.Record = func(output.RunEnd, string) { records++ }
		o.Jobs = 1
		o.Over = func() error { ends++; return nil }
		if err := Run(t.Context(), o); err != nil || states != 7 || records != 2 || ends != 1 {
			t.Errorf("%v, %d states, %d records, %d ends", err, states, records, ends)
		}
	})
}

// TestHalt: a failure of all rows ends the batch, one of a row that chose its own provider or model does not.
func TestHalt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		row    string
		status int
		asked  int64
		rows   int
	}{
		{`"x"`, 401, 1, 0},
		{`{"prompt":"x","provider":"p"}`, 401, 2, 2},
		{`{"prompt":"x","model":"m2"}`, 401, 1, 0},
		{`{"prompt":"x","model":"m2"}`, 403, 2, 2},
		{`"x"`, 403, 1, 0},
	} {
		var out bytes.Buffer
		var asked atomic.Int64
		o := options(c.row+"\n"+`"fine"`, &out, func(r *http.Request) (*http.Response, error) {
			raw, err := io.ReadAll(r.Body)
			asked.Add(1)
			if bytes.Contains(raw, []byte("fine")) {
				return reply(200, "a"), err
			}
			return reply(c.status, ""), err
		})
		o.Jobs = 1
		err := Run(t.Context(), o)
		halt, stopped := errors.AsType[*HaltError](err)
		if stopped != (c.rows == 0) || stopped && halt.Line != 1 || asked.Load() != c.asked || len(rowsOf(t, out.Bytes())) != c.rows {
			t.Errorf("%s, %d: %v, asked %d, %s", c.row, c.status, err, asked.Load(), out.String())
		}
	}
	var out bytes.Buffer
	o := options(`"a"`+"\n"+`"b"`+"\n"+`"c"`, &out, func(*http.Request) (*http.Response, error) { return reply(200, "a"), nil })
	var said string
	o.Limit, o.Notice = 1, func(line string) { said = line }
	if err := Run(t.Context(), o); err != nil || len(rowsOf(t, out.Bytes())) != 1 || !strings.HasSuffix(said, "--limit left 1") {
		t.Errorf("a limit without a journal: %v, %s, %s", err, said, out.String())
	}
}

// TestCrash: a row is noted before it is sent, so that one whose end was lost is known; lines that were cut off are told.
func TestCrash(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var noted bool
	o := options(`"good"`, io.Discard, func(*http.Request) (*http.Response, error) {
		names, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
		for _, name := range names {
			raw, rerr := os.ReadFile(name)
			err = errors.Join(err, rerr)
			noted = noted || bytes.Contains(raw, []byte(`"t":"start"`))
		}
		return reply(200, "a"), err
	})
	o.Journal = dir
	if err := Run(t.Context(), o); err != nil || !noted {
		t.Errorf("%v, noted %v", err, noted)
	}
	j, err := journal.Open(dir, "", func(journal.Key) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.Start(keysOf(t, o, `"new"`)["1"]), j.Close()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "x.jsonl"), []byte(`{"v":1,`), 0o600); err != nil {
		t.Fatal(err)
	}
	var said string
	o.In, o.Notice = strings.NewReader(`"new"`+"\n"+`"good"`), func(line string) { said = line }
	const want = "2 rows: 2 ok, 2.00 USD; 1 were asked again and may be paid twice; 1 lines of the journal were cut off and dropped"
	if err := Run(t.Context(), o); err != nil || said != want {
		t.Errorf("%v, %s", err, said)
	}
	var out bytes.Buffer
	o.In, o.Out, o.Merge = strings.NewReader(strings.Repeat(`"other"`+"\n", 7)), &out, true
	failed, ok := errors.AsType[*Error](Run(t.Context(), o))
	if !ok || !strings.HasSuffix(failed.Summary, "; 7 rows have no final end, from lines 1 2 3 4 5 on") || failed.Pending != 7 || failed.Rows != 7 || failed.Failed != 0 || !failed.Lacking {
		t.Errorf("%+v", failed)
	}
	o.In, o.Merge, o.Job.Targets = strings.NewReader(`{"prompt":"x","files":["`+dir+`"]}`), false, slices.Clone(o.Job.Targets)
	if err := Run(t.Context(), o); err == nil || !strings.Contains(out.String(), "is no regular file, so that the row could not be known again") {
		t.Errorf("%v, %s", err, out.String())
	}
	o.In, o.Job.Input.Template = strings.NewReader(`"x"`), filepath.Join(dir, "gone")
	if err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "--template") {
		t.Errorf("no template: %v", err)
	}
}

// TestUnknownTarget: where the provider cannot be asked now, rows are known by its name.
func TestUnknownTarget(t *testing.T) {
	t.Parallel()
	key := func(name string) journal.Key {
		o := options("", nil, nil)
		o.Journal = "j"
		o.Job.Targets = []oneshot.Candidate{{Name: name, Resolve: func(context.Context) (oneshot.Target, error) { return oneshot.Target{}, errors.New("no key") }}}
		return keysOf(t, o, `"x"`)["1"]
	}
	if a := key("a"); key("a") != a || key("b") == a {
		t.Error("the name makes no difference")
	}
}
