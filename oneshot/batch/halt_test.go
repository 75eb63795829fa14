package batch

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"hermes/oneshot/class"
	"hermes/oneshot/output"
)

// TestFinal: which exit codes of a row another try may change by itself, and which nothing changes.
func TestFinal(t *testing.T) {
	t.Parallel()
	mayChange, needsMore := []int{69, 75, 76, 124, 129, 130, 141, 143}, []int{77, 78, 80}
	for code := range 256 {
		f := &output.Failure{Code: code}
		pass, final := slices.Contains(mayChange, code), !slices.Contains(mayChange, code) && !slices.Contains(needsMore, code)
		if mayPass(f) != pass || isFinal(f) != final {
			t.Errorf("%d: may pass %v, is final %v", code, mayPass(f), isFinal(f))
		}
	}
	if mayPass(nil) || !isFinal(nil) {
		t.Error("a row that did not fail")
	}
}

// TestHalts: which failures of one row are those of all.
func TestHalts(t *testing.T) {
	t.Parallel()
	at := func(d time.Duration) *time.Time { return new(time.Now().Add(d)) }
	why := errors.New("why")
	for name, c := range map[string]struct {
		r    result
		f    *output.Failure
		on   class.Class
		want string // "", "all" or "one"
	}{
		"no failure":                    {result{}, nil, class.Timeout, ""},
		"a login":                       {result{}, &output.Failure{Code: 77}, "", "all"},
		"a setting":                     {result{}, &output.Failure{Code: 78}, "", "all"},
		"a login of its own provider":   {result{task: task{ownProvider: true}}, &output.Failure{Code: 77}, "", ""},
		"its own model is forbidden":    {result{task: task{ownModel: true}}, &output.Failure{Code: 77, HTTPStatus: http.StatusForbidden}, "", ""},
		"its own model, a refused key":  {result{task: task{ownModel: true}}, &output.Failure{Code: 77, HTTPStatus: http.StatusUnauthorized}, "", "all"},
		"a model is forbidden":          {result{}, &output.Failure{Code: 77, HTTPStatus: http.StatusForbidden}, "", "all"},
		"the budget":                    {result{}, &output.Failure{Code: 80}, "", "all"},
		"a bad row":                     {result{}, &output.Failure{Code: 65}, "", ""},
		"a quota without an end":        {result{}, &output.Failure{Code: 75, Class: class.Quota}, "", "all"},
		"a quota with an end soon":      {result{}, &output.Failure{Code: 75, Class: class.Quota, RetryAt: at(soon - time.Second)}, "", ""},
		"a quota with a far end":        {result{}, &output.Failure{Code: 75, Class: class.Quota, RetryAt: at(soon + time.Hour)}, "", "all"},
		"a rate limit":                  {result{}, &output.Failure{Code: 75, Class: class.RateLimit}, "", ""},
		"a rate limit with a far end":   {result{}, &output.Failure{Code: 75, Class: class.RateLimit, RetryAt: at(time.Hour)}, "", "all"},
		"asked for":                     {result{}, &output.Failure{Code: 76, Class: class.Timeout}, class.Timeout, "one"},
		"another is asked for":          {result{}, &output.Failure{Code: 76, Class: class.Timeout}, class.Refusal, ""},
		"of an earlier run":             {result{task: task{done: true}}, &output.Failure{Code: 77}, "", ""},
		"given":                         {result{task: task{given: true}}, &output.Failure{Code: 77}, "", ""},
		"cut":                           {result{cut: true}, &output.Failure{Code: 77}, "", ""},
		"a row that is none":            {result{task: task{err: why}}, &output.Failure{Code: 78}, "", ""},
		"a row that is none, asked for": {result{task: task{err: why}}, &output.Failure{Code: 65, Class: class.InvalidInput}, class.InvalidInput, "one"},
	} {
		o := Options{}
		if c.on != "" {
			o.HaltOn = []class.Class{c.on}
		}
		c.r.row.Error, c.r.row.Line, c.r.why = c.f, 7, why
		got := ""
		if err := o.halts(&c.r); err != nil {
			if got = "one"; err.all {
				got = "all"
			}
			if err.Error() != "the batch stopped at line 7: why" || !errors.Is(err, why) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestTally: rows by their end, and what they cost together.
func TestTally(t *testing.T) {
	t.Parallel()
	tl := newTally("0.30")
	for _, f := range []*output.Failure{nil, {Code: 65}, {Code: 75}, nil, {Code: 75}, nil, {Code: 77}} {
		r := row{}
		if r.Error = f; f == nil {
			r.Status = output.StatusOK
		}
		tl.count(r)
	}
	if tl.ok != 3 || tl.failed != 2 || tl.pending != 2 || tl.rows() != 7 {
		t.Errorf("%+v", tl)
	}
	cost := new("0.1")
	for i, want := range []string{"", "", "", "the batch has cost 0.400000 USD after 4 rows, over the budget of 0.30"} {
		tl.charge(cost, &output.Usage{OutputTokens: 5})
		got := ""
		if err := tl.overBudget(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("after %d: %q, want %q", i+1, got, want)
		}
	}
	tl.charge(nil, nil)
	if tl.paid != 5 || tl.tokens != 20 || tl.cost.FloatString(1) != "0.4" {
		t.Errorf("%+v", tl)
	}
	free := newTally("")
	free.charge(cost, nil)
	if err := free.overBudget(); err != nil {
		t.Error(err)
	}
}
