package bill

import (
	"math/big"
	"strings"

	"hermes/oneshot/output"
)

// Price is USD per million tokens, as decimal strings; an empty Input or Output means that the price is unknown.
// A model may charge a long request, counted over its whole input, at another price.
type Price struct {
	Input, Output, CacheRead, CacheWrite string
	LongOver                             int64
	Long                                 *Price
	Plan                                 bool // paid by a subscription: a request costs nothing more
	Half                                 bool // asked in the provider's own batch, for half of it
}

// Cost is the price of a usage in USD, or nil when it is unknown. Cached input without a price of its own counts as input.
func (p Price) Cost(u output.Usage) *big.Rat {
	if p.Plan {
		return new(big.Rat)
	}
	if p.Half {
		p.Half = false
		whole := p.Cost(u)
		if whole == nil {
			return nil
		}
		return whole.Quo(whole, big.NewRat(2, 1))
	}
	if p.Long != nil && u.InputTokens+u.CacheReadTokens+u.CacheWriteTokens > p.LongOver {
		return p.Long.Cost(u)
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

// USD writes an amount exactly: at least two digits, and no zero at the end beyond them. A price per million tokens
// with six decimals needs twelve.
func USD(v *big.Rat) string {
	whole, cents, _ := strings.Cut(v.FloatString(12), ".")
	cents = strings.TrimRight(cents, "0")
	return whole + "." + cents + strings.Repeat("0", max(0, 2-len(cents)))
}

// Dollars reads an amount of money: digits, and a point among them or not.
func Dollars(s string) (*big.Rat, bool) {
	if strings.Trim(s, "0123456789.") != "" || s == "." {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}
