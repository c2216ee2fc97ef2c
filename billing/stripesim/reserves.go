package stripesim

import (
	"errors"
	"fmt"
	"maps"
)

// reserve keeps as much of the platform's balance back as its connected accounts are below zero in a currency, as Stripe
// does; it lets it go when they are not any more.
func (t *tx) reserve(currency string) {
	var needed int64
	for _, a := range t.accounts.all() {
		sheet := t.balance(a.ID)
		needed += max(0, -(sheet.Available[currency] + sheet.Pending[currency]))
	}
	sheet := t.balance(platform)
	change := needed - sheet.Reserved[currency]
	if change == 0 {
		return
	}
	sheet.Reserved = maps.Clone(sheet.Reserved)
	if sheet.Reserved == nil {
		sheet.Reserved = map[string]int64{}
	}
	sheet.Reserved[currency] = needed
	t.balances.put(t, platform, sheet)
	t.post(platform, posting{kind: "reserved_funds", category: "connect_reserved_funds", amount: -change, currency: currency,
		description: "Reserved for connected accounts with a negative balance"})
}

// DebitAccount takes money off a connected account whatever it holds, as Stripe does for its own corrections. Below zero
// the platform answers for it.
func (s *Server) DebitAccount(accountID string, amount int64) error {
	return s.update(durable, func(t *tx) error {
		a, ok := t.accounts.get(accountID)
		if !ok || amount <= 0 {
			return fmt.Errorf("stripesim: there is no account %q to take %d from", accountID, amount)
		}
		t.post(a.ID, posting{kind: "adjustment", amount: -amount, currency: a.DefaultCurrency, description: "Correction"})
		return nil
	})
}

func (s *Server) commandDebit(field func(string) string) error {
	amount, err := number(field, "amount", 0)
	if err != nil {
		return err
	}
	if field("account") == "" {
		return errors.New("account is missing")
	}
	return s.DebitAccount(field("account"), amount)
}
