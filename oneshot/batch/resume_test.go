package batch

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"hermes/oneshot/batch/journal"
	"hermes/oneshot/bill"
	"hermes/oneshot/class"
	"hermes/oneshot/input"
	"hermes/oneshot/output"
)

// asker answers with 400 where a prompt is bad, with 500 where it is busy and the server was not mended, and keeps the words that it saw.
type asker struct {
	mended bool
	mu     sync.Mutex
	asked  []string
}

func (a *asker) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, word := range []string{"good", "bad", "busy", "new"} {
		if strings.Contains(string(raw), word) {
			a.asked = append(a.asked, word)
			switch {
			case word == "bad":
				return reply(400, ""), err
			case word == "busy" && !a.mended:
				return reply(500, ""), err
			}
		}
	}
	return reply(200, "<a>"), err
}

// TestAgain: which rows the same command asks again, what the others have, and what is said of it all.
func TestAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "journal")
	const all = `"good"` + "\n" + `{"prompt":"bad"}` + "\n\n" + `{"id":"b","prompt":"busy"}` + "\n"
	for _, c := range []struct {
		name, in, asked, rows, summary string
		set                            func(*Options)
		mended                         bool
	}{
		{"first", all, "good bad busy", "1 ok, 2 400, b 500", "3 rows: 1 ok, 1 failed, 1 to try again, 1.00 USD", nil, false},
		{"again", all, "busy", "1 ok, 2 400, b 500", "3 rows: 1 ok, 1 failed, 1 to try again, 1.00 USD", nil, false},
		{"the failed ones too", all, "bad busy", "1 ok, 2 400, b 500", "3 rows: 1 ok, 1 failed, 1 to try again, 1.00 USD", func(o *Options) { o.RetryFailed = true }, false},
		{"one of them", all, "bad", "1 ok, 2 400", "2 rows: 1 ok, 1 failed, 1.00 USD; --limit left 1", func(o *Options) { o.RetryFailed, o.Limit = true, 1 }, false},
		{"only results", all, "", "1 ok, 2 400", "2 rows: 1 ok, 1 failed, 1.00 USD; 1 rows have no final end, from lines 4 on", func(o *Options) { o.Merge = true }, false},
		{"the only part of one", all, "busy", "1 ok, 2 400, b 500", "3 rows: 1 ok, 1 failed, 1 to try again, 1.00 USD", func(o *Options) { o.Shard = Shard{N: 1} }, false},
		{"a mended server", all, "busy", "1 ok, 2 400, b ok", "3 rows: 2 ok, 1 failed, 2.00 USD", nil, true},
		{"a limit before what is known", `{"id":"x","prompt":"new 1"}` + "\n" + `{"id":"y","prompt":"new 2"}` + "\n" + `"good"`, "new", "x ok, 3 ok", "2 rows: 2 ok, 3.00 USD; --limit left 1", func(o *Options) { o.Limit = 1 }, true},
		{"nothing to do", all, "", "1 ok, 2 400, b ok", "3 rows: 2 ok, 1 failed, 3.00 USD", nil, true},
		{"another batch", `"new"`, "new", "1 ok", "1 rows: 1 ok, 4.00 USD; the journal has 4 results of other requests", nil, true},
		{"one row more", all + `{"id":"n","prompt":"new "}`, "new", "1 ok, 2 400, b ok, n ok", "4 rows: 3 ok, 1 failed, 5.00 USD", nil, true},
	} {
		var out bytes.Buffer
		var said string
		a := &asker{mended: c.mended}
		o := options(c.in, &out, a.RoundTrip)
		o.Journal, o.Jobs, o.Advice = dir, 1, "again"
		o.Notice = func(line string) { said = line }
		if c.set != nil {
			c.set(&o)
		}
		err := Run(t.Context(), o)
		if failed, ok := errors.AsType[*Error](err); ok {
			said = failed.Summary
			if pending := int64(strings.Count(c.rows, "500") + strings.Count(c.summary, "no final")); failed.Failed != 1 || failed.Pending != pending || (failed.Advice == "again") != (pending > 0) {
				t.Errorf("%s: %+v", c.name, failed)
			}
		} else if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := strings.Join(a.asked, " "); got != c.asked || said != c.summary {
			t.Errorf("%s: asked %q, want %q\n said %s\n want %s", c.name, got, c.asked, said, c.summary)
		}
		if got := brief(t, out.Bytes()); got != c.rows {
			t.Errorf("%s: %s, want %s", c.name, got, c.rows)
		}
	}
}

// brief is each row's id and how it ended, after all of them were seen to be whole and numbered.
func brief(t *testing.T, raw []byte) string {
	t.Helper()
	var all []string
	for i, row := range rowsOf(t, raw) {
		end := row.Status
		switch {
		case row.Status != output.StatusOK:
			end = map[class.Class]string{class.InvalidRequest: "400", class.ServerError: "500"}[row.Error.Class]
		case row.Text == nil || *row.Text != "<a>" || row.CostUSD == nil || *row.CostUSD != "1.00":
			t.Errorf("row %+v", row)
		}
		if row.Seq != int64(i) {
			t.Errorf("row %d says %d", i, row.Seq)
		}
		all = append(all, row.ID+" "+end)
	}
	if bytes.Contains(raw, []byte(`\u003c`)) {
		t.Errorf("an escaped bracket: %s", raw)
	}
	return strings.Join(all, ", ")
}

// TestJournalInUse: what a person hears of a journal that somebody works on, and of one that cannot be made. The journal counts for --max-cost.
func TestJournalInUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lock, err := journal.Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	run := func(change func(*Options)) error {
		o := options(`"good"`, io.Discard, (&asker{}).RoundTrip)
		o.Journal = dir
		change(&o)
		return Run(t.Context(), o)
	}
	if err, ok := errors.AsType[*input.Error](run(func(*Options) {})); !ok || err.ErrClass != class.LockTimeout || !strings.Contains(err.Advice, "--shard") {
		t.Errorf("in use: %v", err)
	}
	lock.Close()
	if err := run(func(*Options) {}); err != nil {
		t.Error(err)
	}
	err = run(func(o *Options) { o.In, o.Job.Limits.MaxCost = strings.NewReader(`"new"`), "1.5" })
	if e, ok := errors.AsType[*bill.Error](err); !ok || !strings.Contains(e.Error(), "2.0") {
		t.Errorf("with the cost of the journal: %v", err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err, ok := errors.AsType[*output.WriteError](run(func(o *Options) { o.Journal = file })); !ok || err.Sink != file {
		t.Errorf("a file: %v", err)
	}
	lost := filepath.Join(t.TempDir(), "lost")
	err = run(func(o *Options) {
		o.Journal = lost
		o.Elsewhere = func() (func(journal.Key) Elsewhere, error) { return nil, os.RemoveAll(lost) }
	})
	if err, ok := errors.AsType[*output.WriteError](err); !ok || err.Sink != lost {
		t.Errorf("a journal that is lost before the first row: %v", err)
	}
	gone := errors.New("no list")
	for range 2 { // the journal is free again
		if err := run(func(o *Options) { o.Elsewhere = func() (func(journal.Key) Elsewhere, error) { return nil, gone } }); !errors.Is(err, gone) {
			t.Error(err)
		}
	}
}

// TestIDsOfAFile: no request is sent while an id of a regular file comes twice; through a pipe the second row is refused.
func TestIDsOfAFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want, rows string }{
		"each its own":          {`{"id":"a","prompt":"good"}` + "\n" + `{"custom_id":"b","body":{"messages":[{"role":"user","content":"good"}]}}` + "\n" + `"good"`, "", "a ok, b ok, 3 ok"},
		"one twice":             {`"good"` + "\n" + `{"id":"a","prompt":"good"}` + "\n" + `{"id":"a","prompt":"good"}`, `line 3: the id "a" is that of line 2 too`, ""},
		"the first ones":        {`{"id":"a","prompt":"good"}` + "\n" + `{"id":"a","prompt":"good"}`, `line 2: the id "a" is that of line 1 too`, ""},
		"a line's number":       {`"good"` + "\n" + `{"id":1,"prompt":"good"}`, `line 2: the id "1" is that of line 1 too`, ""},
		"a mark before the row": {"\ufeff" + `{"id":"a","prompt":"good"}` + "\n\n \n" + `{"id":"b","prompt":"good"}`, "", "a ok, b ok"},
	} {
		file := filepath.Join(t.TempDir(), "rows")
		if err := os.WriteFile(file, []byte(c.in), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var out bytes.Buffer
		var total int64
		o := options("", &out, (&asker{}).RoundTrip)
		o.In, o.Jobs = f, 1
		o.Progress = func(p Progress) { total = p.Total }
		err = Run(t.Context(), o)
		if got := brief(t, out.Bytes()); c.want == "" && (err != nil || total != int64(strings.Count(c.rows, "ok"))) || c.want != "" && (err == nil || err.Error() != c.want) || got != c.rows {
			t.Errorf("%s: %v, %s, total %d", name, err, got, total)
		}
		out.Reset()
		if err = Run(t.Context(), options(c.in, &out, (&asker{}).RoundTrip)); (err != nil) != (c.want != "") || c.want != "" && !strings.Contains(out.String(), "is that of an earlier row too") {
			t.Errorf("%s through a pipe: %v, %s", name, err, out.String())
		}
	}
}

// TestKeys: rows are the same request or another by what would be sent.
func TestKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	one, same, other := file("one", "1"), file("same", "1"), file("other", "2")
	rows := []string{
		`"x"`, `{"prompt":"y"}`, `{"prompt":"x","system":"s"}`, `{"prompt":"x","model":"n"}`, `{"prompt":"x","files":["` + one + `"]}`, `{"prompt":"x","files":["` + other + `"]}`,
		`{"prompt":"x","output_schema":{}}`, `{"prompt":`, `{"prompt":"x","files":["` + dir + `"]}`,
	}
	again := []string{`{"id":"1","prompt":"x"}`, ``, ``, ``, `{"prompt":"x","files":["` + same + `"]}`, ``, ``, ``, ``}
	keys := func(rows []string) (all []journal.Key) { // each alone, for of equal ones the second has another key
		for _, row := range rows {
			o := options(row, nil, nil)
			o.Journal = "j"
			if err := Rows(t.Context(), o, nil, func(r Row) error { all = append(all, r.Key); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		return all
	}
	first := keys(rows)
	for i, row := range again {
		if row == "" {
			again[i] = rows[i]
		}
	}
	if got := keys(again); !slices.Equal(got, first) {
		t.Errorf("the same requests: %v, want %v", got, first)
	}
	if got := first[0].String(); got != "6c17118c73650360042f881c7851f377" {
		t.Errorf("a journal of an earlier version is not found again: %s", got)
	}
	for i, k := range first {
		if slices.Contains(first[:i], k) {
			t.Errorf("%s has the key of an earlier row", rows[i])
		}
	}
}

// TestBrokenInput: rows that were read are answered, and where the reading broke off is told.
func TestBrokenInput(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	o := options("", &out, (&asker{}).RoundTrip)
	o.In = io.MultiReader(strings.NewReader(`"good"`+"\n"), iotest.ErrReader(errors.New("the disk is gone")))
	err, ok := errors.AsType[*input.Error](Run(t.Context(), o))
	if !ok || err.ErrClass != class.NoInput || !strings.Contains(err.Msg, "after line 2: the disk is gone") || brief(t, out.Bytes()) != "1 ok" {
		t.Errorf("%v, %s", err, out.String())
	}
}
