package stripesim

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
)

// A cashTransaction is one change of a customer's cash balance: positive into it, negative out of it.
type cashTransaction struct {
	head
	Currency             string     `json:"currency"`
	Customer             string     `json:"customer"`
	EndingBalance        int64      `json:"ending_balance"`
	NetAmount            int64      `json:"net_amount"`
	Type                 string     `json:"type"`
	AdjustedForOverdraft *overdraft `json:"adjusted_for_overdraft,omitempty"`
	AppliedToPayment     *ofIntent  `json:"applied_to_payment,omitempty"`
	Funded               *funded    `json:"funded,omitempty"`
	RefundedFromPayment  *ofRefund  `json:"refunded_from_payment,omitempty"`
	UnappliedFromPayment *ofIntent  `json:"unapplied_from_payment,omitempty"`

	Reversed bool `json:"_reversed"` // the sender's bank has taken it back
}

type ofIntent struct {
	PaymentIntent string `json:"payment_intent"`
}

type ofRefund struct {
	Refund string `json:"refund"`
}

type overdraft struct {
	BalanceTransaction ref `json:"balance_transaction"`
	LinkedTransaction  ref `json:"linked_transaction"`
}

type funded struct {
	BankTransfer fundedTransfer `json:"bank_transfer"`
}

type fundedTransfer struct {
	JP        sender `json:"jp_bank_transfer"`
	Reference ref    `json:"reference"`
	Type      string `json:"type"`
}

type sender struct {
	Bank   ref `json:"sender_bank"`
	Branch ref `json:"sender_branch"`
	Name   ref `json:"sender_name"`
}

// moveCash changes a customer's cash balance and records it; say fills in what the change was about.
func (t *tx) moveCash(owner, customerID, kind, currency string, net int64, say func(*cashTransaction)) cashTransaction {
	cu, _ := t.customers.get(customerID)
	cu.Cash = maps.Clone(cu.Cash)
	cu.Cash[currency] += net
	t.customers.put(t, owner, cu)
	ct := cashTransaction{head: t.head("customer_cash_balance_transaction", "ccsbtxn_"), Currency: currency, Customer: cu.ID,
		EndingBalance: cu.Cash[currency], NetAmount: net, Type: kind}
	if say != nil {
		say(&ct)
	}
	t.cash.put(t, owner, ct)
	t.emit(owner, "customer_cash_balance_transaction.created", ct)
	return ct
}

// ErrNoSuchCustomer is a bank transfer to an account that is nobody's.
var ErrNoSuchCustomer = errors.New("stripesim: there is no such customer")

// A BankTransfer is somebody paying into a customer's virtual account, in yen.
type BankTransfer struct {
	Customer  string // its id; or the account's number
	Amount    int64
	Reference string // what the sender wrote; most Japanese banks carry the name alone
	Sender    string
}

// SendBankTransfer has money arrive in a customer's cash balance.
func (s *Server) SendBankTransfer(b BankTransfer) (id string, err error) {
	err = s.update(durable, func(t *tx) error {
		if b.Amount < 1 || b.Amount > largestAmount {
			return fmt.Errorf("stripesim: %d is no amount to transfer", b.Amount)
		}
		for owner, cu := range t.customers.all() {
			if cu.ID == b.Customer || cu.Number == b.Customer {
				id = t.receive(owner, cu.ID, b).ID
				return nil
			}
		}
		return ErrNoSuchCustomer
	})
	return id, err
}

func (t *tx) receive(owner, customerID string, b BankTransfer) cashTransaction {
	return t.moveCash(owner, customerID, "funded", "jpy", b.Amount, func(ct *cashTransaction) {
		ct.Funded = &funded{fundedTransfer{JP: sender{Bank: "テスト銀行", Branch: "本店", Name: ref(cmp.Or(b.Sender, "カ）テスト"))},
			Reference: ref(b.Reference), Type: "jp_bank_transfer"}}
	})
}

// ReverseBankTransfer is the sender's bank taking a transfer back. What the cash balance does not hold any more, the
// platform's balance pays.
func (s *Server) ReverseBankTransfer(id string) error {
	return s.update(durable, func(t *tx) error {
		i, ok := t.cash.at[id]
		if !ok || t.cash.rows[i].Body.Type != "funded" || t.cash.rows[i].Body.Reversed {
			return fmt.Errorf("stripesim: there is no bank transfer %q that could be taken back", id)
		}
		owner, was := t.cash.rows[i].Owner, t.cash.rows[i].Body
		was.Reversed = true
		t.cash.put(t, owner, was)
		back := t.moveCash(owner, was.Customer, "funding_reversed", was.Currency, -was.NetAmount, nil)
		if back.EndingBalance < 0 {
			t.coverOverdraft(owner, back)
		}
		return nil
	})
}

// coverOverdraft brings a cash balance below zero back to zero out of the platform's balance.
func (t *tx) coverOverdraft(owner string, by cashTransaction) {
	missing := -by.EndingBalance
	t.moveCash(owner, by.Customer, "adjusted_for_overdraft", by.Currency, missing, func(ct *cashTransaction) {
		ct.AdjustedForOverdraft = &overdraft{LinkedTransaction: ref(by.ID), BalanceTransaction: t.post(owner,
			posting{kind: "adjustment", source: ct.ID, amount: -missing, currency: by.Currency, description: "Cash balance overdraft"})}
	})
}

func listCash(c *call) (any, error) {
	if _, ok := c.customers.of(c.owner, c.id); !ok {
		return nil, missing("customer", c.id, "id")
	}
	return cut(c, "/v1/customers/"+c.id+"/cash_balance_transactions", newest(c.cash, c.owner, func(ct cashTransaction) bool { return ct.Customer == c.id }))
}

func getCash(c *call) (any, error) {
	ct, ok := c.cash.of(c.owner, c.sub)
	if !ok || ct.Customer != c.id {
		return nil, missing("customer cash balance transaction", c.sub, "id")
	}
	return ct, nil
}

// fundCash is Stripe's own test helper: money arrives.
func fundCash(c *call) (any, error) {
	if _, ok := c.customers.of(c.owner, c.id); !ok {
		return nil, missing("customer", c.id, "id")
	}
	b := BankTransfer{Amount: c.amount("amount", true), Reference: c.text("reference")}
	if c.currency("currency") != "jpy" {
		c.fail(malformed("currency", "", "This stand-in knows bank transfers in jpy only."))
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return c.receive(c.owner, c.id, b), nil
}

// applyCash pays for an intent out of its customer's cash balance, in whole or in part.
func applyCash(c *call) (any, error) {
	pi, ok := c.intents.of(c.owner, c.id)
	if !ok {
		return nil, missing("payment_intent", c.id, "id")
	}
	amount, currency := c.amount("amount", false), c.text("currency")
	if err := c.check(); err != nil {
		return nil, err
	}
	if !pi.awaitsTransfer() {
		return nil, refused("payment_intent_unexpected_state", "Only a customer_balance PaymentIntent that awaits funds can be reconciled; this one is %s.", pi.Status)
	}
	left, cu := pi.NextAction.BankTransfer.AmountRemaining, string(pi.Customer)
	if amount == 0 {
		amount = left
	}
	has, _ := c.customers.get(cu)
	switch {
	case currency != "" && currency != pi.Currency:
		return nil, refused("", "The currency must be that of the PaymentIntent, %s.", pi.Currency).on("currency")
	case amount > left:
		return nil, refused("amount_too_large", "The amount (%s) is more than what remains (%s).", display(amount, pi.Currency), display(left, pi.Currency)).on("amount")
	case has.Cash[pi.Currency] < amount:
		return nil, refused("insufficient_funds", "The customer's cash balance holds %s only.", display(has.Cash[pi.Currency], pi.Currency))
	}
	c.moveCash(c.owner, cu, "applied_to_payment", pi.Currency, -amount, func(ct *cashTransaction) { ct.AppliedToPayment = &ofIntent{pi.ID} })
	return c.takeTransfer(c.owner, pi, amount), nil
}

// takeTransfer is an intent receiving a part of what it waits for, or the last of it.
func (t *tx) takeTransfer(owner string, pi paymentIntent, amount int64) paymentIntent {
	next := *pi.NextAction.BankTransfer
	next.AmountRemaining -= amount
	pi.NextAction = &nextAction{Type: pi.NextAction.Type, BankTransfer: &next}
	if next.AmountRemaining > 0 {
		t.intents.put(t, owner, pi)
		t.emit(owner, "payment_intent.partially_funded", pi)
		return pi
	}
	ch := t.chargeCash(owner, pi)
	pi.LatestCharge, pi.Status, pi.AmountReceived, pi.NextAction = ref(ch.ID), "succeeded", pi.Amount, nil
	t.intents.put(t, owner, pi)
	t.emit(owner, "payment_intent.succeeded", pi)
	return pi
}

// giveUpTransfer puts what an intent has received back into the cash balance.
func (t *tx) giveUpTransfer(owner string, pi paymentIntent) {
	if !pi.awaitsTransfer() {
		return
	}
	if had := pi.Amount - pi.NextAction.BankTransfer.AmountRemaining; had > 0 {
		t.moveCash(owner, string(pi.Customer), "unapplied_from_payment", pi.Currency, had, func(ct *cashTransaction) { ct.UnappliedFromPayment = &ofIntent{pi.ID} })
	}
}

// returnCash sends a part of a customer's cash balance back to the bank that it came from.
func (c *call) returnCash(re refund, customerID, currency string) (any, error) {
	cu, ok := c.customers.of(c.owner, customerID)
	switch {
	case !ok:
		return nil, missing("customer", customerID, "customer")
	case re.Amount == 0:
		return nil, malformed("amount", "parameter_missing", "Missing required param: amount.")
	case re.Amount > cu.Cash[currency]:
		return nil, refused("insufficient_funds", "The customer's cash balance holds %s only.", display(cu.Cash[currency], currency))
	}
	re.Currency, re.Status, re.FromCash = currency, "succeeded", ref(cu.ID)
	c.refunds.put(c.tx, c.owner, re)
	c.moveCash(c.owner, cu.ID, "return_initiated", currency, -re.Amount, nil)
	c.emit(c.owner, "refund.created", re)
	return re, nil
}

// commandBankTransfer has a bank transfer arrive or be taken back, from the control panel.
func (s *Server) commandBankTransfer(field func(string) string) error {
	switch field("action") {
	case "send", "":
		amount, err := number(field, "amount", 0)
		if err != nil {
			return err
		}
		_, err = s.SendBankTransfer(BankTransfer{Customer: field("customer"), Amount: amount, Reference: field("reference"), Sender: field("sender")})
		return err
	case "reverse":
		return s.ReverseBankTransfer(field("transfer"))
	}
	return errors.New("action must be send or reverse")
}
