package oneshot

import (
	"fmt"
	"math/big"
	"strings"
	"sync"

	"hermes/oneshot/messages"
	"hermes/oneshot/output"
)

// Price is USD per million tokens, as decimal strings; an empty Input or Output means that the price is unknown.
// A model may charge a long request, counted over its whole input, at another price.
type Price struct {
	Input, Output, CacheRead, CacheWrite string
	LongOver                             int64
	Long                                 *Price
	Plan                                 bool // paid by a subscription: a request costs nothing more
}

// cost is the price of a usage in USD, or nil when it is unknown. Cached input without a price of its own counts as input.
func (p Price) cost(u output.Usage) *big.Rat {
	if p.Plan {
		return new(big.Rat)
	}
	if p.Long != nil && u.InputTokens+u.CacheReadTokens+u.CacheWriteTokens > p.LongOver {
		return p.Long.cost(u)
	}
	if p.CacheRead == "" {
		p.CacheRead = p.Input
	}
	if p.CacheWrite == "" {
		p.CacheWrite = p.Input
	}
	sum := new(big.Rat)
	for _, part := range []struct {
		price  string
		tokens int64
	}{{p.Input, u.InputTokens}, {p.Output, u.OutputTokens}, {p.CacheRead, u.CacheReadTokens}, {p.CacheWrite, u.CacheWriteTokens}} {
		price, ok := new(big.Rat).SetString(part.price)
		if !ok {
			return nil
		}
		sum.Add(sum, price.Mul(price, big.NewRat(part.tokens, 1_000_000)))
	}
	return sum
}

// BudgetError is a run that --max-cost refused or stopped.
type BudgetError struct{ Msg string }

func (e *BudgetError) Error() string { return e.Msg }

// Class is budget.
func (e *BudgetError) Class() string { return "budget" }

// bill adds up what a run used, and watches the budget while an answer comes in.
type bill struct {
	mu      sync.Mutex
	usage   output.Usage
	models  map[string]output.Usage
	used    bool
	cost    *big.Rat // nil before the first charge
	unknown bool
	plan    bool

	max     *big.Rat // nil = no budget
	price   Price
	input   int64 // estimated tokens of the request under way
	written int64 // bytes of its answer
}

// charge puts a finished request on the bill.
func (b *bill) charge(c *call, u *output.Usage) {
	if u == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used = true
	share := *u
	if c.purpose == purposeVision || c.purpose == purposeDelegation {
		share.Auxiliary = u
	}
	b.usage.Add(share)
	if b.models == nil {
		b.models = map[string]output.Usage{}
	}
	sum := b.models[c.target.Model]
	sum.Add(*u)
	b.models[c.target.Model] = sum
	b.plan = c.target.Price.Plan
	cost := c.target.Price.cost(*u)
	if cost == nil {
		b.unknown = true
		return
	}
	if b.cost == nil {
		b.cost = new(big.Rat)
	}
	b.cost.Add(b.cost, cost)
}

// total gives usage, cost and its basis for run.end.
func (b *bill) total() (*output.Usage, *string, string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.used {
		return nil, nil, output.CostUnknown
	}
	u := b.usage
	if len(b.models) > 1 {
		u.ByModel = b.models
	}
	switch {
	case b.unknown || b.cost == nil:
		return &u, nil, output.CostUnknown
	case b.plan && b.cost.Sign() == 0:
		return &u, usd(b.cost), output.CostPlan
	}
	return &u, usd(b.cost), output.CostTable
}

// usd writes an amount exactly: at least two digits, and no zero at the end beyond them. A price per million tokens
// with six decimals needs twelve.
func usd(v *big.Rat) *string {
	whole, cents, _ := strings.Cut(v.FloatString(12), ".")
	cents = strings.TrimRight(cents, "0")
	s := whole + "." + cents + strings.Repeat("0", max(0, 2-len(cents)))
	return &s
}

// tokensOf estimates the tokens of a text. Four bytes a token is what Latin prose measures.
func tokensOf(bytes int64) int64 { return (bytes + 3) / 4 }

// affordable refuses a request whose input alone is over the budget, before it is sent.
func (r *run) affordable(t Target, _ *messages.Request) error {
	if r.job.Limits.MaxCost == "" {
		return nil
	}
	limit, ok := dollars(r.job.Limits.MaxCost)
	if !ok {
		return misuse("--max-cost %q is not an amount in USD", r.job.Limits.MaxCost)
	}
	b := &r.bill
	b.mu.Lock()
	defer b.mu.Unlock()
	b.max, b.price, b.input, b.written = limit, t.Price, tokensOf(r.in.bytes), 0
	switch cost := b.estimate(); {
	case cost == nil:
		return &BudgetError{fmt.Sprintf("the price of %s is unknown, so --max-cost cannot hold; set prices.%s in config.yaml", t.Model, t.Model)}
	case cost.Cmp(limit) > 0:
		return &BudgetError{fmt.Sprintf("the input alone would cost about %s USD, over the budget of %s", *usd(cost), r.job.Limits.MaxCost)}
	}
	return nil
}

// estimate is what the run costs so far, the request under way counted by its bytes; nil when a price is unknown.
func (b *bill) estimate() *big.Rat {
	cost := b.price.cost(output.Usage{InputTokens: b.input, OutputTokens: tokensOf(b.written)})
	if cost == nil {
		return nil
	}
	if b.cost != nil {
		cost.Add(cost, b.cost)
	}
	return cost
}

// spend counts bytes of the answer and stops the run when they outgrow the budget.
func (b *bill) spend(n int) error {
	if b.max == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	before := tokensOf(b.written)
	b.written += int64(n)
	if tokensOf(b.written) == before {
		return nil
	}
	if cost := b.estimate(); cost != nil && cost.Cmp(b.max) > 0 {
		return &BudgetError{fmt.Sprintf("the answer has cost about %s USD, over the budget of %s", *usd(cost), *usd(b.max))}
	}
	return nil
}
