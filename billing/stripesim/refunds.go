package stripesim

// A refund gives a charge back to the card. It is pending while the balance cannot cover it.
type refund struct {
	head
	Amount                    int64             `json:"amount"`
	BalanceTransaction        ref               `json:"balance_transaction"`
	Charge                    ref               `json:"charge"`
	Currency                  string            `json:"currency"`
	FailureBalanceTransaction ref               `json:"failure_balance_transaction"`
	FailureReason             ref               `json:"failure_reason"`
	Metadata                  map[string]string `json:"metadata"`
	PaymentIntent             ref               `json:"payment_intent"`
	Reason                    ref               `json:"reason"`
	ReceiptNumber             ref               `json:"receipt_number"`
	SourceTransferReversal    ref               `json:"source_transfer_reversal"`
	Status                    string            `json:"status"` // pending, succeeded or failed
	TransferReversal          ref               `json:"transfer_reversal"`

	FromCash ref `json:"_customer"` // whose cash balance it came out of, where it gives no charge back
}

func createRefund(c *call) (any, error) {
	chargeID, intent := c.text("charge"), c.text("payment_intent")
	re := refund{head: c.head("refund", "re_"), Amount: c.amount("amount", false), Metadata: c.metadata("metadata"),
		Reason: ref(c.oneOf("reason", "", "duplicate", "fraudulent", "requested_by_customer"))}
	origin, who, currency := c.oneOf("origin", "", "customer_balance"), c.text("customer"), c.text("currency")
	c.text("instructions_email") // Stripe writes there to ask for the bank account
	if origin != "" {
		c.required("customer")
		c.currency("currency")
	}
	if chargeID == "" && intent == "" && origin == "" {
		c.fail(malformed("", "parameter_missing", "One of the following params should be provided for this request: payment_intent or charge."))
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if origin != "" {
		return c.returnCash(re, who, currency)
	}
	if chargeID == "" {
		pi, ok := c.intents.of(c.owner, intent)
		if !ok {
			return nil, missing("payment_intent", intent, "payment_intent")
		}
		if chargeID = string(pi.LatestCharge); pi.Status != "succeeded" {
			return nil, refused("", "This PaymentIntent (%s) does not have a successful charge to refund.", pi.ID)
		}
	}
	ch, ok := c.charges.of(c.owner, chargeID)
	if !ok {
		return nil, missing("charge", chargeID, "charge")
	}
	if err := c.fits(&re, ch); err != nil {
		return nil, err
	}
	return c.giveBack(c.owner, ch, re), nil
}

// fits checks the refund against what is left of the charge, and fills in what follows from it.
func (c *call) fits(re *refund, ch charge) error {
	left := ch.Amount - ch.AmountRefunded
	if re.Amount == 0 {
		re.Amount = left
	}
	switch {
	case c.chargedBack(ch):
		return refused("charge_disputed", "Charge %s has been charged back; cannot issue a refund.", ch.ID)
	case !ch.Paid || ch.isPayment():
		return refused("", "The charge %s cannot be refunded.", ch.ID)
	case left == 0:
		return refused("charge_already_refunded", "Charge %s has already been refunded.", ch.ID)
	case re.Amount > left:
		return refused("", "Refund amount (%s) is greater than unrefunded amount on charge (%s)", display(re.Amount, ch.Currency), display(left, ch.Currency)).on("amount")
	}
	re.Charge, re.Currency, re.PaymentIntent, re.Status = ref(ch.ID), ch.Currency, ch.PaymentIntent, "pending"
	return nil
}

// chargedBack reports whether a bank has taken the charge's money, or may yet: an inquiry leaves it refundable.
func (s *Server) chargedBack(ch charge) bool {
	for _, d := range s.disputes.all() {
		if string(d.Charge) == ch.ID && d.Status != "won" && !d.isInquiry() {
			return true
		}
	}
	return false
}

// giveBack records the refund and pays it at once if the balance covers it. Stripe keeps its fee.
func (t *tx) giveBack(owner string, ch charge, re refund) refund {
	ch.AmountRefunded += re.Amount
	ch.Refunded = ch.AmountRefunded == ch.Amount
	t.charges.put(t, owner, ch)
	re = t.payRefund(owner, re)
	t.refunds.put(t, owner, re)
	t.emit(owner, "refund.created", re)
	t.emit(owner, "charge.refunded", ch)
	return re
}

// payRefund books the refund if the balance, with what is still pending, covers it.
func (t *tx) payRefund(owner string, re refund) refund {
	sheet := t.balance(owner)
	if sheet.Available[re.Currency]+sheet.Pending[re.Currency] < re.Amount {
		return re
	}
	re.BalanceTransaction = t.post(owner, posting{kind: "refund", source: re.ID, amount: -re.Amount, currency: re.Currency})
	re.Status = "succeeded"
	if ch, ok := t.charges.get(string(re.Charge)); ok && ch.MethodDetails != nil && ch.MethodDetails.Type == "customer_balance" {
		t.moveCash(owner, string(ch.Customer), "refunded_from_payment", re.Currency, re.Amount, func(ct *cashTransaction) { ct.RefundedFromPayment = &ofRefund{re.ID} })
	}
	return re
}

func (s *Server) refundsWait() bool {
	for _, re := range s.refunds.all() {
		if re.Status == "pending" {
			return true
		}
	}
	return false
}

// retryRefunds pays the pending refunds that the balance covers by now.
func (t *tx) retryRefunds() {
	for owner, waiting := range t.refunds.all() {
		if waiting.Status != "pending" {
			continue
		}
		if re := t.payRefund(owner, *waiting); re.Status == "succeeded" {
			t.refunds.put(t, owner, re)
			t.emit(owner, "refund.updated", re)
			t.emit(owner, "charge.refund.updated", re)
		}
	}
}

func (s *Server) refundsOf(charge string) (out []refund) {
	for _, re := range s.refunds.all() {
		if string(re.Charge) == charge {
			out = append([]refund{*re}, out...)
		}
	}
	return out
}

func getRefund(c *call) (any, error) {
	re, ok := c.refunds.of(c.owner, c.id)
	if !ok {
		return nil, missing("refund", c.id, "id")
	}
	return re, nil
}

func listRefunds(c *call) (any, error) {
	chargeID, intent := ref(c.text("charge")), ref(c.text("payment_intent"))
	return page(c, c.refunds, "/v1/refunds", func(re refund) bool {
		return (chargeID == "" || re.Charge == chargeID) && (intent == "" || re.PaymentIntent == intent)
	})
}

func updateRefund(c *call) (any, error) {
	re, ok := c.refunds.of(c.owner, c.id)
	if !ok {
		return nil, missing("refund", c.id, "id")
	}
	re.Metadata = merged(re.Metadata, c.metadata("metadata"))
	if err := c.check(); err != nil {
		return nil, err
	}
	c.refunds.put(c.tx, c.owner, re)
	c.emit(c.owner, "refund.updated", re)
	return re, nil
}
