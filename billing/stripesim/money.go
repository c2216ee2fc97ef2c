package stripesim

import (
	"slices"
	"strconv"
	"strings"
)

// Stripe's fee on a Japanese card charge: 3.6 %, in thousandths of the amount.
const feePerMille = 36

// chargeFee is the fee in minor units, rounded half up to a whole unit.
func chargeFee(amount int64) int64 { return (amount*feePerMille + 500) / 1000 }

// cashFee is the fee on a payment out of a cash balance, 1.5 %, rounded half up to a whole unit.
func cashFee(amount int64) int64 { return (amount*15 + 500) / 1000 }

// largestAmount is Stripe's limit of eight digits for yen, in minor units.
const largestAmount = 99_999_999

// smallestCharge is the least that can be charged, in minor units: ¥50, and about as much elsewhere.
const smallestCharge = 50

var zeroDecimal = []string{"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"}

// display writes an amount of minor units for people: ¥105,290 or USD 12.34.
func display(amount int64, currency string) string {
	sign := ""
	if amount < 0 {
		sign, amount = "-", -amount
	}
	if currency == "jpy" {
		return sign + "¥" + grouped(amount)
	}
	code := strings.ToUpper(currency)
	if slices.Contains(zeroDecimal, currency) {
		return sign + code + " " + grouped(amount)
	}
	cents := strconv.FormatInt(100+amount%100, 10)[1:]
	return sign + code + " " + grouped(amount/100) + "." + cents
}

func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
