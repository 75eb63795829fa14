// Package bill adds up what a run uses and costs, and watches the budget while an answer comes in.
//
// A [Bill] has an [Item] for each question that is under way: [Bill.Open] puts it on the bill by estimate before the request is
// sent, [Bill.Spend] as its answer comes, and [Bill.Charge] in its place what the server counted.
package bill

import (
	"fmt"
	"math/big"
	"sync"

	"hermes/oneshot/class"
	"hermes/oneshot/output"
)

// Error is a run that --max-cost refused or stopped.
type Error struct{ Msg string }

func (e *Error) Error() string { return e.Msg }

// Class is budget.
func (e *Error) Class() string { return string(class.Budget) }

// Bill adds up what a run used. The zero Bill is empty and has no budget. Its methods may be called from several goroutines.
type Bill struct {
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

// Item is one question to one model. It belongs to one goroutine at a time.
type Item struct {
	Model     string
	Price     Price
	Auxiliary bool // asked beside the main question
	// Input estimates the tokens of the question; it is called where there is a budget.
	Input func() int64

	input int64
	came  int64    // bytes of text and reasoning that the answer has brought
	cost  *big.Rat // what is on the bill for it while it is under way; nil without a budget
}

// Limit sets the budget, in USD.
func (b *Bill) Limit(budget *big.Rat) { b.max, b.pending = budget, new(big.Rat) }

// Charge puts a finished request on the bill; u is what the server counted, nil where it told nothing. When
// an answer came and nothing was counted, the cost of the run is unknown; for the budget the estimate stays.
func (b *Bill) Charge(i *Item, u *output.Usage) {
	b.mu.Lock()
	defer b.mu.Unlock()
	estimated := i.cost
	i.cost = nil
	if u == nil && i.came > 0 {
		b.unknown = b.unknown || !i.Price.Plan
		return
	}
	if estimated != nil {
		b.pending.Sub(b.pending, estimated)
	}
	if u != nil {
		b.add(i, *u)
	}
}

func (b *Bill) add(i *Item, u output.Usage) {
	b.used = true
	share := u
	if i.Auxiliary {
		share.Auxiliary = &u
	}
	b.usage.Add(share)
	if b.models == nil {
		b.models = map[string]output.Usage{}
	}
	sum := b.models[i.Model]
	sum.Add(u)
	b.models[i.Model] = sum
	b.plan = i.Price.Plan
	cost := i.Price.Cost(u)
	if cost == nil {
		b.unknown = true
		return
	}
	if b.cost == nil {
		b.cost = new(big.Rat)
	}
	b.cost.Add(b.cost, cost)
}

// Total gives usage, cost and its basis for run.end.
func (b *Bill) Total() (*output.Usage, *string, string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.used {
		return nil, nil, output.CostUnknown
	}
	u := b.usage
	if len(b.models) > 1 {
		u.ByModel = b.models
	}
	if b.unknown || b.cost == nil {
		return &u, nil, output.CostUnknown
	}
	basis := output.CostTable
	if b.plan && b.cost.Sign() == 0 {
		basis = output.CostPlan
	}
	cost := USD(b.cost)
	return &u, &cost, basis
}

// Open refuses a request whose input alone is over the budget, before it is sent. Its error is an *Error.
func (b *Bill) Open(i *Item) error {
	i.came = 0
	if b.max == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	i.input = i.Input()
	cost := i.estimate()
	if cost == nil {
		return &Error{fmt.Sprintf("the price of %s is unknown, so --max-cost cannot hold; set prices.%s in config.yaml", i.Model, i.Model)}
	}
	if sum := b.sum(cost); sum.Cmp(b.max) > 0 {
		return &Error{fmt.Sprintf("with the input alone the run would cost about %s USD, over the budget of %s", USD(sum), USD(b.max))}
	}
	b.pending.Add(b.pending, cost)
	i.cost = cost
	return nil
}

// Spend counts n bytes that came. Its error, an *Error, is that they outgrow the budget.
func (b *Bill) Spend(i *Item, n int) error {
	before := Tokens(i.came)
	i.came += int64(n)
	if b.max == nil || Tokens(i.came) == before {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pending.Sub(b.pending, i.cost)
	i.cost = i.estimate()
	b.pending.Add(b.pending, i.cost)
	if sum := b.sum(new(big.Rat)); sum.Cmp(b.max) > 0 {
		return &Error{fmt.Sprintf("with the answer so far the run has cost about %s USD, over the budget of %s", USD(sum), USD(b.max))}
	}
	return nil
}

// sum is what the run costs so far, the requests under way as they are estimated, and more.
func (b *Bill) sum(more *big.Rat) *big.Rat {
	sum := new(big.Rat).Add(b.pending, more)
	if b.cost != nil {
		sum.Add(sum, b.cost)
	}
	return sum
}

// estimate is what a request costs so far; nil when a price is unknown.
func (i *Item) estimate() *big.Rat {
	return i.Price.Cost(output.Usage{InputTokens: i.input, OutputTokens: Tokens(i.came)})
}
