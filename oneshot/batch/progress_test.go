package batch

import (
	"encoding/json"
	"math/big"
	"testing"
	"time"
)

// TestProgress: the state of a batch in words and as an event.
func TestProgress(t *testing.T) {
	t.Parallel()
	of := func(total int64, elapsed time.Duration, ok, failed, pending, paid, tokens int64, cents int64) Progress {
		return Progress{Total: total, Elapsed: elapsed, tally: tally{ok: ok, failed: failed, pending: pending, again: 1, paid: paid, tokens: tokens, cost: big.NewRat(cents, 100)}}
	}
	for _, c := range []struct {
		p           Progress
		line, event string
	}{
		{
			of(0, 0, 0, 0, 0, 0, 0, 0), "0 rows: 0 ok, 0.0 a second",
			`{"rows":0,"total":null,"ok":0,"failed":0,"pending":0,"again":1,"cost_usd":"0.00","duration_ms":0,"left_ms":null}`,
		},
		{
			of(1, time.Second, 0, 0, 0, 0, 0, 0), "0 of 1 rows: 0 ok, 0.0 a second",
			`{"rows":0,"total":1,"ok":0,"failed":0,"pending":0,"again":1,"cost_usd":"0.00","duration_ms":1000,"left_ms":null}`,
		},
		{
			of(0, 2*time.Second, 1, 0, 0, 1, 1, 0), "1 rows: 1 ok, 0.5 a second, 0 tokens/s",
			`{"rows":1,"total":null,"ok":1,"failed":0,"pending":0,"again":1,"cost_usd":"0.00","duration_ms":2000,"left_ms":null}`,
		},
		{
			of(40, 10*time.Second, 10, 1, 1, 8, 500, 10), "12 of 40 rows: 10 ok, 1 failed, 1 to try again, 0.10 USD, 0.8 a second, 35s left, 50 tokens/s",
			`{"rows":12,"total":40,"ok":10,"failed":1,"pending":1,"again":1,"cost_usd":"0.10","duration_ms":10000,"left_ms":35000}`,
		},
		{
			of(2, 10*time.Second, 1, 0, 0, 1, 0, 0), "1 of 2 rows: 1 ok, 0.1 a second, 10s left",
			`{"rows":1,"total":2,"ok":1,"failed":0,"pending":0,"again":1,"cost_usd":"0.00","duration_ms":10000,"left_ms":10000}`,
		},
		{
			of(13, 8*time.Second, 10, 2, 0, 8, 0, 1), "12 of 13 rows: 10 ok, 2 failed, 0.01 USD, 1.0 a second, 1s left",
			`{"rows":12,"total":13,"ok":10,"failed":2,"pending":0,"again":1,"cost_usd":"0.01","duration_ms":8000,"left_ms":1000}`,
		},
		{
			of(12, 8*time.Second, 10, 0, 2, 8, 0, 0), "12 rows: 10 ok, 2 to try again, 1.0 a second",
			`{"rows":12,"total":12,"ok":10,"failed":0,"pending":2,"again":1,"cost_usd":"0.00","duration_ms":8000,"left_ms":null}`,
		},
	} {
		raw, err := json.Marshal(c.p.Event())
		if got := c.p.Line(); got != c.line || string(raw) != c.event || err != nil {
			t.Errorf("%s\n%s, want\n%s\n%s", got, raw, c.line, c.event)
		}
	}
	q := newSequence(Options{Shard: Shard{I: 0, N: 1}}, nil)
	if q.total = 7; q.progress().Total != 0 {
		t.Error("how many rows a part has is not known before they are read")
	}
	if q.o.Shard.N = 0; q.progress().Total != 7 {
		t.Error("the total is lost")
	}
}
