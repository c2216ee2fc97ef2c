package market

import (
	"fmt"
	"strconv"
	"strings"
)

// Money is an amount in minor units (yen for JPY, cents for USD) of an ISO 4217 currency.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// Yen is so many yen.
func Yen(n int64) Money { return Money{n, "JPY"} }

// Exponent is how many decimals the currency has: 0 for JPY, 2 for the others that we take.
func Exponent(currency string) int {
	switch currency {
	case "JPY", "KRW", "VND", "CLP":
		return 0
	}
	return 2
}

// String writes the amount the way people read it: ¥300,000, −¥28,588, USD 12.50.
func (m Money) String() string {
	n, sign := m.Amount, ""
	if n < 0 {
		n, sign = -n, "−"
	}
	whole, decimals := n, ""
	if Exponent(m.Currency) == 2 {
		whole, decimals = n/100, fmt.Sprintf(".%02d", n%100)
	}
	unit := m.Currency + " "
	if m.Currency == "JPY" {
		unit = "¥"
	}
	return sign + unit + grouped(whole) + decimals
}

func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, digit := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	return b.String()
}
