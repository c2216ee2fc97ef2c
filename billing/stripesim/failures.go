package stripesim

import (
	"errors"
	"fmt"
	"slices"
)

// FailRefund is the card's bank not taking a refund, even one that had succeeded: the money comes back to the balance,
// and the charge can be refunded again. reason is one of Stripe's words, such as lost_or_stolen_card.
func (s *Server) FailRefund(id, reason string) error {
	return s.update(durable, func(t *tx) error {
		re, ok := t.refunds.of(platform, id)
		if !ok || re.Status == "failed" {
			return fmt.Errorf("stripesim: there is no refund %q that could fail", id)
		}
		ch, _ := t.charges.get(string(re.Charge))
		switch {
		case re.FromCash != "":
			t.moveCash(platform, string(re.FromCash), "return_canceled", re.Currency, re.Amount, nil)
		case ch.MethodDetails != nil && ch.MethodDetails.Type == "customer_balance":
			return fmt.Errorf("stripesim: the refund %q went to a cash balance, which takes everything", id)
		case re.Status == "succeeded":
			re.FailureBalanceTransaction = t.post(platform, posting{kind: "refund_failure", source: re.ID, amount: re.Amount, currency: re.Currency})
		}
		if ch.ID != "" {
			ch.AmountRefunded -= re.Amount
			ch.Refunded = false
			t.charges.put(t, platform, ch)
		}
		re.Status, re.FailureReason = "failed", ref(reason)
		t.refunds.put(t, platform, re)
		t.emit(platform, "refund.updated", re)
		t.emit(platform, "charge.refund.updated", re)
		return nil
	})
}

// FailPayout is a bank sending a payout back, even one that had arrived: the money is on the account again, and nothing
// goes to that bank account until its owner has changed it. code is one of Stripe's words, such as account_closed.
func (s *Server) FailPayout(id, code string) error {
	return s.update(durable, func(t *tx) error {
		for owner, found := range t.payouts.all() {
			if found.ID != id || found.Status == "failed" || found.Status == "canceled" {
				continue
			}
			p := *found
			p.Status, p.FailureCode, p.FailureMessage = "failed", ref(code), "The bank returned the payout."
			p.FailureTransaction = t.post(owner, posting{kind: "payout_failure", source: p.ID, amount: p.Amount, currency: p.Currency})
			t.payouts.put(t, owner, p)
			t.emit(owner, "payout.failed", p)
			if a, ok := t.accounts.get(owner); ok {
				t.refuseBank(a)
			}
			return nil
		}
		return fmt.Errorf("stripesim: there is no payout %q that could fail", id)
	})
}

// refuseBank notes that the account's bank account does not work; onboarding again brings another.
func (t *tx) refuseBank(a account) {
	a.ExternalAccounts.Data = slices.Clone(a.ExternalAccounts.Data)
	for i := range a.ExternalAccounts.Data {
		a.ExternalAccounts.Data[i].Status = "errored"
		t.emit(a.ID, "account.external_account.updated", a.ExternalAccounts.Data[i])
	}
	a.PayoutsEnabled = false
	a.Requirements = due([]string{"external_account"}, "")
	t.save(a)
}

// Deauthorize is an account's owner taking the platform's access away: from now on it is not there for the platform.
func (s *Server) Deauthorize(accountID string) error {
	return s.update(durable, func(t *tx) error {
		a, ok := t.accounts.get(accountID)
		if !ok || a.Gone {
			return fmt.Errorf("stripesim: there is no account %q", accountID)
		}
		a.Gone = true
		t.accounts.put(t, a.ID, a)
		t.emit(a.ID, "account.application.deauthorized", map[string]any{"id": "ca_standin", "object": "application", "name": "stand-in"})
		return nil
	})
}

// Restrict is Stripe finding something wrong with an account; onboarding again mends it.
func (s *Server) Restrict(accountID string) error {
	return s.update(durable, func(t *tx) error {
		a, ok := t.accounts.get(accountID)
		if !ok || a.Gone {
			return fmt.Errorf("stripesim: there is no account %q", accountID)
		}
		t.restrict(a)
		return nil
	})
}

// commandRefund has a refund fail from the control panel.
func (s *Server) commandRefund(field func(string) string) error {
	if field("action") != "fail" {
		return errors.New("action must be fail")
	}
	reason := field("reason")
	if reason == "" {
		reason = "expired_or_canceled_card"
	}
	return s.FailRefund(field("refund"), reason)
}

// here finds an account that the platform has access to.
func (s *Server) here(id string) (account, bool) {
	a, ok := s.accounts.get(id)
	return a, ok && !a.Gone
}
