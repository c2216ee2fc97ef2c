package stripesim

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// A payout sends an account's available balance to its bank. Automatic ones itemise: each transaction they carry names them.
type payout struct {
	head
	Amount               int64             `json:"amount"`
	ArrivalDate          int64             `json:"arrival_date"`
	Automatic            bool              `json:"automatic"`
	BalanceTransaction   ref               `json:"balance_transaction"`
	Currency             string            `json:"currency"`
	Description          ref               `json:"description"`
	Destination          ref               `json:"destination"`
	FailureCode          ref               `json:"failure_code"`
	FailureMessage       ref               `json:"failure_message"`
	FailureTransaction   ref               `json:"failure_balance_transaction"`
	Metadata             map[string]string `json:"metadata"`
	Method               string            `json:"method"`
	OriginalPayout       ref               `json:"original_payout"`
	ReconciliationStatus string            `json:"reconciliation_status"`
	ReversedBy           ref               `json:"reversed_by"`
	SourceType           string            `json:"source_type"`
	StatementDescriptor  ref               `json:"statement_descriptor"`
	Status               string            `json:"status"` // pending, in_transit, paid, failed or canceled
	Type                 string            `json:"type"`
}

// A schedule says when an account is paid out by itself.
type schedule struct {
	DelayDays    int64  `json:"delay_days"`
	Interval     string `json:"interval"` // daily, weekly or manual
	WeeklyAnchor string `json:"weekly_anchor,omitempty"`
}

// daysInTransit is how long a payout takes to reach a Japanese bank.
const daysInTransit = 2

var weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

func (s *schedule) read(c *call) {
	const name = "settings[payouts][schedule]"
	if v := c.oneOf(name+"[interval]", "", "daily", "weekly", "manual"); v != "" {
		s.Interval = v
	}
	if v := c.oneOf(name+"[weekly_anchor]", append([]string{""}, weekdays...)...); v != "" {
		s.WeeklyAnchor = v
	}
	if v := c.text(name + "[delay_days]"); v != "" && v != "minimum" {
		s.DelayDays = c.integer(name+"[delay_days]", s.DelayDays)
	}
}

// after returns the schedule's first moment after t, always at midnight UTC; ok is false for manual schedules.
func (s schedule) after(t time.Time) (moment time.Time, ok bool) {
	moment = t.UTC().Truncate(24 * time.Hour)
	for range 7 {
		moment = moment.AddDate(0, 0, 1)
		if s.fallsOn(moment) {
			return moment, true
		}
	}
	return time.Time{}, false
}

func (s schedule) fallsOn(moment time.Time) bool {
	midnight := moment.Equal(moment.Truncate(24 * time.Hour))
	return midnight && (s.Interval == "daily" || s.Interval == "weekly" && strings.EqualFold(moment.Weekday().String(), s.WeeklyAnchor))
}

func (s *Server) planPayout(a account, done time.Time) { s.planPayoutOf(a, s.balance(a.ID), done) }

// planPayoutOf sees to it that the account's next automatic payout happens, if it has anything to pay out.
func (s *Server) planPayoutOf(a account, sheet balanceSheet, done time.Time) {
	if !a.PayoutsEnabled || sheet.Available[a.DefaultCurrency] <= 0 {
		return
	}
	moment, automatic := a.Settings.Payouts.Schedule.after(done)
	switch {
	case !automatic:
	case s.config.InstantlyAvailable:
		s.wakeAt(s.now().Add(time.Second))
	default:
		s.wakeAt(moment)
	}
}

// payOutAutomatically pays out every account whose day it is.
func (t *tx) payOutAutomatically() {
	for _, a := range t.accounts.all() {
		s := a.Settings.Payouts.Schedule
		switch {
		case !a.PayoutsEnabled || s.Interval == "manual":
		case t.config.InstantlyAvailable:
			t.payOutNow(*a)
		case s.fallsOn(t.now):
			t.payOutAll(*a, t.now.AddDate(0, 0, daysInTransit))
		}
	}
}

// payOutAll makes the automatic payout of all that is available, carrying the transactions that no payout has carried yet.
func (t *tx) payOutAll(a account, arrival time.Time) (payout, bool) {
	currency := a.DefaultCurrency
	var carried []balanceTransaction
	var sum int64
	for owner, b := range t.txns.all() {
		if owner == a.ID && b.Payout == "" && b.Status == "available" && b.Currency == currency && b.AvailableOn <= t.now.Unix() {
			carried, sum = append(carried, *b), sum+b.Net
		}
	}
	if sum <= 0 {
		return payout{}, false
	}
	p := t.newPayout(a.ID, sum, currency, arrival)
	p.Automatic, p.ReconciliationStatus, p.Description = true, "in_progress", "STRIPE PAYOUT"
	if len(a.ExternalAccounts.Data) > 0 {
		p.Destination = ref(a.ExternalAccounts.Data[0].ID)
	}
	for _, b := range carried {
		b.Payout = ref(p.ID)
		t.txns.put(t, a.ID, b)
	}
	return t.sendPayout(a.ID, p), true
}

func (t *tx) payOutNow(a account) (payout, bool) {
	p, ok := t.payOutAll(a, t.now)
	if ok {
		p = t.finishPayout(a.ID, p)
	}
	return p, ok
}

func (t *tx) newPayout(owner string, amount int64, currency string, arrival time.Time) payout {
	return payout{head: t.head("payout", "po_"), Amount: amount, ArrivalDate: arrival.Unix(), Currency: currency, Metadata: map[string]string{},
		Method: "standard", ReconciliationStatus: "not_applicable", SourceType: "card", Status: "in_transit", Type: "bank_account"}
}

// sendPayout books the payout. As with Stripe, an automatic payout's own transaction is among those it carries.
func (t *tx) sendPayout(owner string, p payout) payout {
	out := posting{kind: "payout", source: p.ID, amount: -p.Amount, currency: p.Currency, description: string(p.Description)}
	if p.Automatic {
		out.payout = ref(p.ID)
	}
	p.BalanceTransaction = t.post(owner, out)
	t.payouts.put(t, owner, p)
	t.emit(owner, "payout.created", p)
	if p.Status == "pending" {
		t.wakeAt(p.leavesAt())
	}
	t.wakeAt(stamp(p.ArrivalDate).time())
	return p
}

// leavesAt is when a payout that was asked for by hand is given to the bank: the next midnight UTC. Until then it can be
// canceled.
func (p payout) leavesAt() time.Time {
	return stamp(p.Created).time().Truncate(24*time.Hour).AddDate(0, 0, 1)
}

// handOver gives the payouts that were asked for by hand to the bank.
func (t *tx) handOver() {
	for owner, p := range t.payouts.all() {
		if p.Status == "pending" && !p.leavesAt().After(t.now) {
			sent := *p
			sent.Status = "in_transit"
			t.payouts.put(t, owner, sent)
			t.emit(owner, "payout.updated", sent)
			t.wakeAt(stamp(p.ArrivalDate).time())
		}
	}
}

func (t *tx) finishPayouts() {
	for owner, p := range t.payouts.all() {
		if p.Status == "in_transit" && p.ArrivalDate <= t.now.Unix() {
			t.finishPayout(owner, *p)
		}
	}
}

// finishPayout is the bank having taken the money.
func (t *tx) finishPayout(owner string, p payout) payout {
	p.Status = "paid"
	if p.Automatic {
		p.ReconciliationStatus = "completed"
	}
	t.payouts.put(t, owner, p)
	t.emit(owner, "payout.paid", p)
	if p.Automatic {
		t.emit(owner, "payout.reconciliation_completed", p)
	}
	return p
}

// ErrNothingToPayOut is what PayOut returns for an account without an available balance.
var ErrNothingToPayOut = errors.New("stripesim: the account has nothing available to pay out")

// PayOut makes an automatic payout of the connected account's available balance now, and has it arrive at once.
func (s *Server) PayOut(accountID string) error {
	return s.update(durable, func(t *tx) error {
		a, ok := t.accounts.get(accountID)
		if !ok {
			return fmt.Errorf("stripesim: there is no account %q", accountID)
		}
		if _, ok := t.payOutNow(a); !ok {
			return ErrNothingToPayOut
		}
		return nil
	})
}

func createPayout(c *call) (any, error) {
	amount, currency := c.amount("amount", true), c.currency("currency")
	p := c.newPayout(c.owner, amount, currency, c.now.Truncate(24*time.Hour).AddDate(0, 0, daysInTransit))
	p.Status = "pending"
	p.Metadata, p.Description = c.metadata("metadata"), ref(c.text("description"))
	p.StatementDescriptor = ref(c.text("statement_descriptor"))
	p.Method, p.SourceType = c.oneOf("method", "standard"), c.oneOf("source_type", "card")
	if err := c.check(); err != nil {
		return nil, err
	}
	if a, ok := c.accounts.get(c.owner); ok {
		if !a.PayoutsEnabled {
			return nil, refused("payouts_not_allowed", "Payouts are not enabled for this account.")
		}
		p.Destination = ref(a.ExternalAccounts.Data[0].ID)
	}
	if c.balance(c.owner).Available[currency] < amount {
		return nil, refused("balance_insufficient", "You have insufficient funds in your Stripe account for this transfer.")
	}
	return c.sendPayout(c.owner, p), nil
}

// cancelPayout takes a payout back that the bank has not been given yet.
func cancelPayout(c *call) (any, error) {
	p, ok := c.payouts.of(c.owner, c.id)
	if !ok {
		return nil, missing("payout", c.id, "id")
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if p.Status != "pending" {
		return nil, refused("payout_not_cancelable", "Payouts can only be canceled while they are pending; this one is %s.", p.Status)
	}
	return c.takeBack(c.owner, p), nil
}

func (t *tx) takeBack(owner string, p payout) payout {
	p.Status = "canceled"
	p.FailureTransaction = t.post(owner, posting{kind: "payout_cancel", source: p.ID, amount: p.Amount, currency: p.Currency})
	t.payouts.put(t, owner, p)
	t.emit(owner, "payout.canceled", p)
	return p
}

// CancelPayout is somebody canceling a pending payout in Stripe's dashboard.
func (s *Server) CancelPayout(id string) error {
	return s.update(durable, func(t *tx) error {
		for owner, p := range t.payouts.all() {
			if p.ID == id && p.Status == "pending" {
				t.takeBack(owner, *p)
				return nil
			}
		}
		return fmt.Errorf("stripesim: there is no payout %q that could be canceled", id)
	})
}

func getPayout(c *call) (any, error) {
	p, ok := c.payouts.of(c.owner, c.id)
	if !ok {
		return nil, missing("payout", c.id, "id")
	}
	return p, nil
}

func listPayouts(c *call) (any, error) {
	status, arrived := c.text("status"), c.within("arrival_date")
	return page(c, c.payouts, "/v1/payouts", func(p payout) bool {
		return (status == "" || p.Status == status) && arrived(p.ArrivalDate)
	})
}

func updatePayout(c *call) (any, error) {
	p, ok := c.payouts.of(c.owner, c.id)
	if !ok {
		return nil, missing("payout", c.id, "id")
	}
	p.Metadata = merged(p.Metadata, c.metadata("metadata"))
	if err := c.check(); err != nil {
		return nil, err
	}
	c.payouts.put(c.tx, c.owner, p)
	c.emit(c.owner, "payout.updated", p)
	return p, nil
}
