package schema

import (
	"cmp"
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// number is a JSON number without loss: digits × 10^exp. The digits neither begin nor end with a zero; zero has none.
type number struct {
	neg    bool
	digits string
	exp    int64
}

// maxExp is the largest exponent that is told apart from larger ones.
const maxExp = 1 << 60

func numberOf(text json.Number) number {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(string(text)), "e")
	var n number
	n.exp, _ = strconv.ParseInt(exponent, 10, 64) // out of range it gives the nearest
	n.exp = max(-maxExp, min(n.exp, maxExp))
	mantissa, n.neg = strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	n.digits = strings.TrimRight(digits, "0")
	if n.digits == "" {
		return number{}
	}
	n.exp += int64(len(digits) - len(n.digits) - len(fraction))
	return n
}

// String is the same for equal numbers.
func (n number) String() string {
	sign := ""
	if n.neg {
		sign = "-"
	}
	return sign + n.digits + "e" + strconv.FormatInt(n.exp, 10)
}

func (n number) whole() bool { return n.digits == "" || n.exp >= 0 }

// sign is -1, 0 or 1.
func (n number) sign() int {
	switch {
	case n.digits == "":
		return 0
	case n.neg:
		return -1
	}
	return 1
}

// compare is negative when n is less than other.
func (n number) compare(other number) int {
	if s := n.sign(); s != other.sign() || s == 0 {
		return cmp.Compare(s, other.sign())
	}
	return n.sign() * cmp.Or(
		cmp.Compare(n.exp+int64(len(n.digits)), other.exp+int64(len(other.digits))),
		strings.Compare(n.digits, other.digits)) // of numbers of one magnitude the digits compare like fractions
}

// multipleOf says whether n is a whole number of units; a unit is more than zero.
func (n number) multipleOf(unit number) bool {
	if n.digits == "" {
		return true
	}
	if n.exp < unit.exp { // the last digit of n is not zero, and stands behind the last of all multiples
		return false
	}
	of, _ := new(big.Int).SetString(unit.digits, 10)
	rest, _ := new(big.Int).SetString(n.digits, 10)
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(n.exp-unit.exp), of)
	return rest.Mul(rest, scale).Mod(rest, of).Sign() == 0
}

// size reads the argument of minLength and its like, which may be written 2.0. What is larger than an int is the largest.
func size(arg any) (int, bool) {
	text, ok := arg.(json.Number)
	n := numberOf(text)
	if !ok || n.sign() < 0 || !n.whole() {
		return 0, false
	}
	if n.sign() == 0 {
		return 0, true
	}
	i, err := strconv.Atoi(n.digits + strings.Repeat("0", int(min(n.exp, 20))))
	if err != nil {
		return math.MaxInt, true
	}
	return i, true
}
