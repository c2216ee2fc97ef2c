package stripesim

import "time"

// A charge is money taken from a card, or with id py_… from a cash balance; on a connected account it is money that a
// transfer brought.
type charge struct {
	head
	Amount             int64             `json:"amount"`
	AmountCaptured     int64             `json:"amount_captured"`
	AmountRefunded     int64             `json:"amount_refunded"`
	BalanceTransaction ref               `json:"balance_transaction"`
	BillingDetails     billingDetails    `json:"billing_details"`
	Captured           bool              `json:"captured"`
	Currency           string            `json:"currency"`
	Customer           ref               `json:"customer"`
	Description        ref               `json:"description"`
	Disputed           bool              `json:"disputed"`
	FailureCode        ref               `json:"failure_code"`
	FailureMessage     ref               `json:"failure_message"`
	Metadata           map[string]string `json:"metadata"`
	Outcome            *chargeOutcome    `json:"outcome"`
	Paid               bool              `json:"paid"`
	PaymentIntent      ref               `json:"payment_intent"`
	PaymentMethod      ref               `json:"payment_method"`
	MethodDetails      *methodDetails    `json:"payment_method_details"`
	ReceiptEmail       ref               `json:"receipt_email"`
	Refunded           bool              `json:"refunded"`
	SourceTransfer     ref               `json:"source_transfer"`
	Status             string            `json:"status"` // succeeded or failed
	TransferGroup      ref               `json:"transfer_group"`
}

type billingDetails struct {
	Email ref `json:"email"`
	Name  ref `json:"name"`
}

type chargeOutcome struct {
	NetworkStatus string `json:"network_status"`
	Reason        ref    `json:"reason"`
	RiskLevel     string `json:"risk_level"`
	SellerMessage string `json:"seller_message"`
	Type          string `json:"type"`
}

type methodDetails struct {
	Type    string       `json:"type"`
	Card    *cardDetails `json:"card,omitempty"`
	Balance *struct{}    `json:"customer_balance,omitempty"`
}

type cardDetails struct {
	Brand    string `json:"brand"`
	Country  string `json:"country"`
	ExpMonth int    `json:"exp_month"`
	ExpYear  int    `json:"exp_year"`
	Funding  string `json:"funding"`
	Last4    string `json:"last4"`
	Network  string `json:"network"`
}

// A card is what the checkout page asks for.
type card struct {
	Number, Email, Name string
	ExpMonth, ExpYear   int
	method              ref // the saved one's id; empty for a card that was typed in
}

func (c card) details() *cardDetails {
	return &cardDetails{Brand: "visa", Country: "JP", ExpMonth: c.ExpMonth, ExpYear: c.ExpYear, Funding: "credit",
		Last4: c.Number[max(0, len(c.Number)-4):], Network: "visa"}
}

// daysUntilAvailable is how long Stripe holds card money in Japan.
const daysUntilAvailable = 4

// availableOn is when a charge made now becomes available: at midnight UTC, four days on.
func (t *tx) availableOn() time.Time {
	if t.config.InstantlyAvailable {
		return t.now
	}
	return t.now.Truncate(24*time.Hour).AddDate(0, 0, daysUntilAvailable)
}

// chargeCard takes the money of an intent, or records that the bank declined.
func (t *tx) chargeCard(owner string, pi paymentIntent, with card, declined declineReason) charge {
	ch := charge{
		head: t.head("charge", "ch_"), Amount: pi.Amount, Currency: pi.Currency, Description: pi.Description, Metadata: pi.Metadata,
		Customer: pi.Customer, PaymentIntent: ref(pi.ID), PaymentMethod: with.method, ReceiptEmail: pi.ReceiptEmail, TransferGroup: pi.TransferGroup,
		BillingDetails: billingDetails{Email: ref(with.Email), Name: ref(with.Name)}, MethodDetails: &methodDetails{Type: "card", Card: with.details()},
	}
	if ch.PaymentMethod == "" {
		ch.PaymentMethod = ref(newID("pm_"))
	}
	if declined.code != "" {
		ch.Status, ch.FailureCode, ch.FailureMessage = "failed", "card_declined", ref(declined.message)
		if declined.code == "authentication_required" {
			ch.FailureCode = ref(declined.code)
		}
		ch.Outcome = &chargeOutcome{"declined_by_network", ref(declined.code), "normal", "The bank did not return any further details with this decline.", "issuer_declined"}
		t.charges.put(t, owner, ch)
		t.emit(owner, "charge.failed", ch)
		return ch
	}
	ch.Status, ch.Paid, ch.Captured, ch.AmountCaptured = "succeeded", true, true, pi.Amount
	ch.Outcome = &chargeOutcome{"approved_by_network", "", "normal", "Payment complete.", "authorized"}
	ch.BalanceTransaction = t.post(owner, posting{kind: "charge", source: ch.ID, amount: ch.Amount, fee: chargeFee(ch.Amount),
		currency: ch.Currency, description: string(ch.Description), availableOn: t.availableOn()})
	t.charges.put(t, owner, ch)
	t.emit(owner, "charge.succeeded", ch)
	return ch
}

// chargeCash takes the money of an intent that its customer's cash balance has paid for.
func (t *tx) chargeCash(owner string, pi paymentIntent) charge {
	ch := charge{head: t.head("charge", "py_"), Amount: pi.Amount, AmountCaptured: pi.Amount, Captured: true, Currency: pi.Currency, Customer: pi.Customer,
		Description: pi.Description, Metadata: pi.Metadata, Paid: true, PaymentIntent: ref(pi.ID), PaymentMethod: pi.PaymentMethod, Status: "succeeded",
		TransferGroup: pi.TransferGroup, MethodDetails: &methodDetails{Type: "customer_balance", Balance: &struct{}{}},
		Outcome: &chargeOutcome{"approved_by_network", "", "not_assessed", "Payment complete.", "authorized"}}
	ch.BalanceTransaction = t.post(owner, posting{kind: "payment", source: ch.ID, amount: ch.Amount, fee: cashFee(ch.Amount),
		currency: ch.Currency, description: string(ch.Description), availableOn: t.availableOn()})
	t.charges.put(t, owner, ch)
	t.emit(owner, "charge.succeeded", ch)
	return ch
}

func getCharge(c *call) (any, error) {
	ch, ok := c.charges.of(c.owner, c.id)
	if !ok {
		return nil, missing("charge", c.id, "id")
	}
	return ch, nil
}

func updateCharge(c *call) (any, error) {
	ch, ok := c.charges.of(c.owner, c.id)
	if !ok {
		return nil, missing("charge", c.id, "id")
	}
	ch.Metadata = merged(ch.Metadata, c.metadata("metadata"))
	if c.has("description") {
		ch.Description = ref(c.text("description"))
	}
	if group := ref(c.text("transfer_group")); group != "" {
		if ch.TransferGroup != "" && ch.TransferGroup != group {
			return nil, refused("", "The transfer_group of a charge can be set only once.").on("transfer_group")
		}
		ch.TransferGroup = group
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	c.charges.put(c.tx, c.owner, ch)
	c.emit(c.owner, "charge.updated", ch)
	return ch, nil
}

func listCharges(c *call) (any, error) {
	intent, group := ref(c.text("payment_intent")), ref(c.text("transfer_group"))
	return page(c, c.charges, "/v1/charges", func(ch charge) bool {
		return (intent == "" || ch.PaymentIntent == intent) && (group == "" || ch.TransferGroup == group)
	})
}

// isPayment tells what a transfer brought to a connected account from what a payer paid.
func (ch charge) isPayment() bool { return ch.SourceTransfer != "" }
