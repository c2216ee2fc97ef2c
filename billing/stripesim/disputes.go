package stripesim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A dispute is a payment that the card's bank took back, or, as an inquiry, asks about.
type dispute struct {
	head
	Amount              int64             `json:"amount"`
	BalanceTransactions []map[string]any  `json:"balance_transactions"`
	Charge              ref               `json:"charge"`
	Currency            string            `json:"currency"`
	Evidence            map[string]string `json:"evidence"`
	EvidenceDetails     evidenceDetails   `json:"evidence_details"`
	IsChargeRefundable  bool              `json:"is_charge_refundable"`
	Metadata            map[string]string `json:"metadata"`
	PaymentIntent       ref               `json:"payment_intent"`
	Reason              string            `json:"reason"`
	Status              string            `json:"status"`
}

type evidenceDetails struct {
	DueBy           stamp `json:"due_by"`
	HasEvidence     bool  `json:"has_evidence"`
	PastDue         bool  `json:"past_due"`
	SubmissionCount int64 `json:"submission_count"`
}

// What is the same for every dispute here.
const (
	disputeFee  = 1_500 // yen, kept whoever wins
	disputeDays = 9     // until evidence has to be there
)

// Words in the evidence that decide a dispute at once, as in Stripe's test mode.
const (
	winningEvidence = "winning_evidence"
	losingEvidence  = "losing_evidence"
)

var disputeReasons = []string{"product_not_received", "fraudulent", "duplicate", "product_unacceptable", "general", "unrecognized"}

// evidenceTexts are the texts that evidence may have; files are not taken here.
var evidenceTexts = []string{"access_activity_log", "billing_address", "cancellation_policy_disclosure", "cancellation_rebuttal", "customer_email_address",
	"customer_name", "customer_purchase_ip", "duplicate_charge_explanation", "duplicate_charge_id", "product_description", "refund_policy_disclosure",
	"refund_refusal_explanation", "service_date", "shipping_address", "shipping_carrier", "shipping_date", "shipping_tracking_number", "uncategorized_text"}

// Dispute has the card's bank take a charge back, the whole of it where amount is zero, and returns the dispute's id. An
// inquiry takes nothing yet. It returns an error for a charge that has nothing left, or is disputed already.
func (s *Server) Dispute(chargeID string, amount int64, reason string, inquiry bool) (id string, err error) {
	err = s.update(durable, func(t *tx) error {
		id, err = t.openDispute(chargeID, amount, reason, inquiry)
		return err
	})
	return id, err
}

func (t *tx) openDispute(chargeID string, amount int64, reason string, inquiry bool) (string, error) {
	ch, ok := t.charges.of(platform, chargeID)
	if amount == 0 {
		amount = ch.Amount - ch.AmountRefunded
	}
	if reason == "" {
		reason = disputeReasons[0]
	}
	switch {
	case !ok || !ch.Paid:
		return "", fmt.Errorf("stripesim: there is no paid charge %q", chargeID)
	case ch.Disputed:
		return "", fmt.Errorf("stripesim: %s is disputed already", chargeID)
	case amount <= 0 || amount > ch.Amount-ch.AmountRefunded:
		return "", fmt.Errorf("stripesim: of %s %d is left to dispute", chargeID, ch.Amount-ch.AmountRefunded)
	case !slices.Contains(disputeReasons, reason):
		return "", fmt.Errorf("stripesim: no reason is called %q; there are %v", reason, disputeReasons)
	}
	d := dispute{head: t.head("dispute", "dp_"), Amount: amount, Charge: ref(ch.ID), Currency: ch.Currency, Evidence: map[string]string{}, Metadata: map[string]string{},
		BalanceTransactions: []map[string]any{}, PaymentIntent: ch.PaymentIntent, Reason: reason, Status: "needs_response", IsChargeRefundable: inquiry}
	if inquiry {
		d.Status = "warning_needs_response"
	}
	due := t.now.Truncate(24*time.Hour).AddDate(0, 0, disputeDays)
	d.EvidenceDetails.DueBy = stamp(due.Unix())
	ch.Disputed = true
	t.charges.put(t, platform, ch)
	t.disputes.put(t, platform, d)
	t.emit(platform, "charge.dispute.created", d)
	if !inquiry {
		d = t.withdraw(d)
	}
	t.wakeAt(due)
	return d.ID, nil
}

// withdraw takes the money, and the fee.
func (t *tx) withdraw(d dispute) dispute {
	d = t.moveFor(d, posting{kind: "adjustment", category: "dispute", source: d.ID, amount: -d.Amount, fee: disputeFee, currency: d.Currency,
		description: "Chargeback withdrawal for " + string(d.Charge)})
	t.emit(platform, "charge.dispute.funds_withdrawn", d)
	return d
}

// moveFor books a movement, which the dispute then shows whole.
func (t *tx) moveFor(d dispute, p posting) dispute {
	id := t.post(platform, p)
	b, _ := t.txns.get(string(id))
	shown, err := wireMap(b)
	if err != nil {
		panic(fmt.Sprintf("stripesim: %v", err)) // a programming error: all objects are plain data
	}
	d.BalanceTransactions = append(slices.Clone(d.BalanceTransactions), shown)
	t.disputes.put(t, platform, d)
	return d
}

// DecideDispute is the bank's last word. It returns an error for a dispute that is decided already.
func (s *Server) DecideDispute(id string, won bool) error {
	return s.update(durable, func(t *tx) error {
		d, ok := t.disputes.get(id)
		if !ok || d.decided() {
			return fmt.Errorf("stripesim: there is no open dispute %q", id)
		}
		t.decide(d, won)
		return nil
	})
}

func (d dispute) decided() bool {
	return d.Status == "won" || d.Status == "lost" || d.Status == "warning_closed"
}

func (d dispute) isInquiry() bool { return strings.HasPrefix(d.Status, "warning_") }

func (t *tx) decide(d dispute, won bool) dispute {
	inquiry := d.isInquiry()
	switch {
	case inquiry:
		d.Status = "warning_closed"
	case won:
		d.Status = "won"
	default:
		d.Status = "lost"
	}
	t.disputes.put(t, platform, d)
	if won && !inquiry {
		d = t.moveFor(d, posting{kind: "adjustment", category: "dispute_reversal", source: d.ID, amount: d.Amount, currency: d.Currency,
			description: "Chargeback reversal for " + string(d.Charge)})
		t.emit(platform, "charge.dispute.funds_reinstated", d)
	}
	t.emit(platform, "charge.dispute.closed", d)
	return d
}

// loseUnanswered ends the disputes whose deadline has passed without an answer: inquiries close, the rest is lost.
func (t *tx) loseUnanswered() {
	for _, d := range t.disputes.all() {
		if strings.HasSuffix(d.Status, "needs_response") && int64(d.EvidenceDetails.DueBy) <= t.now.Unix() {
			gone := *d
			gone.EvidenceDetails.PastDue = true
			t.decide(gone, false)
		}
	}
}

func getDispute(c *call) (any, error) {
	d, ok := c.disputes.of(c.owner, c.id)
	if !ok {
		return nil, missing("dispute", c.id, "id")
	}
	return d, nil
}

func listDisputes(c *call) (any, error) {
	chargeID, intent := ref(c.text("charge")), ref(c.text("payment_intent"))
	return page(c, c.disputes, "/v1/disputes", func(d dispute) bool {
		return (chargeID == "" || d.Charge == chargeID) && (intent == "" || d.PaymentIntent == intent)
	})
}

// updateDispute takes evidence; submitted, it cannot be changed any more.
func updateDispute(c *call) (any, error) {
	d, ok := c.disputes.of(c.owner, c.id)
	if !ok {
		return nil, missing("dispute", c.id, "id")
	}
	d.Metadata = merged(d.Metadata, c.metadata("metadata"))
	evidence := map[string]string{}
	for _, name := range evidenceTexts {
		if v := c.text("evidence[" + name + "]"); v != "" {
			evidence[name] = v
		}
	}
	submit := c.boolean("submit") || !c.has("submit") && len(evidence) > 0
	if err := c.check(); err != nil {
		return nil, err
	}
	if len(evidence) > 0 && !strings.HasSuffix(d.Status, "needs_response") {
		return nil, refused("", "This dispute is already %s.", strings.ReplaceAll(d.Status, "_", " "))
	}
	d.Evidence = merged(d.Evidence, evidence)
	d.EvidenceDetails.HasEvidence = len(d.Evidence) > 0
	if submit && len(evidence) > 0 {
		d.EvidenceDetails.SubmissionCount++
		d.Status = strings.Replace(d.Status, "needs_response", "under_review", 1)
	}
	c.disputes.put(c.tx, c.owner, d)
	c.emit(c.owner, "charge.dispute.updated", d)
	for word, won := range map[string]bool{winningEvidence: true, losingEvidence: false} {
		if submit && strings.Contains(d.Evidence["uncategorized_text"], word) {
			return c.decide(d, won), nil
		}
	}
	return d, nil
}

// closeDispute gives it up.
func closeDispute(c *call) (any, error) {
	d, ok := c.disputes.of(c.owner, c.id)
	if !ok {
		return nil, missing("dispute", c.id, "id")
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if d.decided() {
		return nil, refused("", "This dispute is already closed.")
	}
	return c.decide(d, false), nil
}

// commandDispute opens, escalates or decides a dispute from the control panel.
func (s *Server) commandDispute(field func(string) string) error {
	amount, err := number(field, "amount", 0)
	if err != nil {
		return err
	}
	switch field("action") {
	case "open", "inquire":
		_, err = s.Dispute(field("charge"), amount, field("reason"), field("action") == "inquire")
		return err
	case "escalate":
		return s.EscalateDispute(field("dispute"))
	case "win", "lose":
		return s.DecideDispute(field("dispute"), field("action") == "win")
	}
	return errors.New("action must be open, inquire, escalate, win or lose")
}

// EscalateDispute turns an inquiry into a chargeback: now the money is taken.
func (s *Server) EscalateDispute(id string) error {
	return s.update(durable, func(t *tx) error {
		d, ok := t.disputes.get(id)
		if !ok || !d.isInquiry() || d.decided() {
			return fmt.Errorf("stripesim: there is no open inquiry %q", id)
		}
		d.Status, d.IsChargeRefundable = "needs_response", false
		t.disputes.put(t, platform, d)
		t.emit(platform, "charge.dispute.updated", d)
		t.withdraw(d)
		return nil
	})
}

// openDisputes are those that the control panel shows, by their ids.
func (s *Server) openDisputes() []dispute {
	var open []dispute
	for _, d := range s.disputes.all() {
		if !d.decided() {
			open = append(open, *d)
		}
	}
	return open
}
