package oneshot

import (
	"fmt"
	"math/big"
	"strings"
	"sync"

	"hermes/oneshot/class"
	"hermes/oneshot/output"
	"hermes/oneshot/wire"
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
func (e *BudgetError) Class() string { return string(class.Budget) }

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
	pending *big.Rat // what the requests under way cost by estimate; nil without a budget
}

// charge puts a finished request on the bill. An answer whose tokens nobody told has cost what nobody knows; for the
// budget its estimate stays.
func (b *bill) charge(c *call, u *output.Usage) {
	b.mu.Lock()
	defer b.mu.Unlock()
	estimated := c.cost
	c.cost = nil
	if u == nil && c.came > 0 {
		b.unknown = b.unknown || !c.target.Price.Plan
		return
	}
	if estimated != nil {
		b.pending.Sub(b.pending, estimated)
	}
	if u == nil {
		return
	}
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

// imageTokens is what an image counts for at most. Source: the API scales one down to 1.15 megapixels, 750 a token.
const imageTokens = 1_600

// tokensIn estimates the tokens of a request's input.
func tokensIn(req *wire.Request) int64 {
	text, images := int64(len(req.System)), int64(0)
	for _, turn := range req.Turns {
		for _, p := range turn.Parts {
			for _, segment := range p.Text {
				text += int64(len(segment))
			}
			if p.Kind == wire.PartImage {
				images += min(tokensOf(int64(len(p.Data))), imageTokens)
			} else {
				text += int64(len(p.Data))
			}
		}
	}
	return tokensOf(text) + images
}

// limit sets the budget.
func (b *bill) limit(amount string) error {
	if amount == "" {
		return nil
	}
	limit, ok := dollars(amount)
	if !ok {
		return misuse("--max-cost %q is not an amount in USD", amount)
	}
	b.max, b.pending = limit, new(big.Rat)
	return nil
}

// open refuses a request whose input alone is over the budget, before it is sent.
func (b *bill) open(c *call) error {
	c.came = 0
	if b.max == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	c.input = tokensIn(c.req)
	cost := c.estimate()
	if cost == nil {
		m := c.target.Model
		return &BudgetError{fmt.Sprintf("the price of %s is unknown, so --max-cost cannot hold; set prices.%s in config.yaml", m, m)}
	}
	if sum := b.sum(cost); sum.Cmp(b.max) > 0 {
		return &BudgetError{fmt.Sprintf("with the input alone the run would cost about %s USD, over the budget of %s", *usd(sum), *usd(b.max))}
	}
	b.pending.Add(b.pending, cost)
	c.cost = cost
	return nil
}

// spend counts bytes that came and stops the run when they outgrow the budget.
func (b *bill) spend(c *call, n int) error {
	before := tokensOf(c.came)
	c.came += int64(n)
	if b.max == nil || tokensOf(c.came) == before {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pending.Sub(b.pending, c.cost)
	c.cost = c.estimate()
	b.pending.Add(b.pending, c.cost)
	if sum := b.sum(new(big.Rat)); sum.Cmp(b.max) > 0 {
		return &BudgetError{fmt.Sprintf("with the answer so far the run has cost about %s USD, over the budget of %s", *usd(sum), *usd(b.max))}
	}
	return nil
}

// sum is what the run costs so far, the requests under way as they are estimated, and more.
func (b *bill) sum(more *big.Rat) *big.Rat {
	sum := new(big.Rat).Add(b.pending, more)
	if b.cost != nil {
		sum.Add(sum, b.cost)
	}
	return sum
}

// estimate is what a request costs so far; nil when a price is unknown.
func (c *call) estimate() *big.Rat {
	return c.target.Price.cost(output.Usage{InputTokens: c.input, OutputTokens: tokensOf(c.came)})
}
