package stripesim

import (
	"strings"
	"time"
)

// A charge is money taken from a card; on a connected account, with id py_…, it is money that a transfer brought.
type charge struct {
	head
	Amount             int64             `json:"amount"`
	AmountCaptured     int64             `json:"amount_captured"`
	AmountRefunded     int64             `json:"amount_refunded"`
	BalanceTransaction ref               `json:"balance_transaction"`
	BillingDetails     billingDetails    `json:"billing_details"`
	Captured           bool              `json:"captured"`
	Currency           string            `json:"currency"`
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
	Type string      `json:"type"`
	Card cardDetails `json:"card"`
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
		PaymentIntent: ref(pi.ID), PaymentMethod: ref(newID("pm_")), ReceiptEmail: pi.ReceiptEmail, TransferGroup: pi.TransferGroup,
		BillingDetails: billingDetails{Email: ref(with.Email), Name: ref(with.Name)},
		MethodDetails: &methodDetails{Type: "card", Card: cardDetails{Brand: "visa", Country: "JP", ExpMonth: with.ExpMonth,
			ExpYear: with.ExpYear, Funding: "credit", Last4: with.Number[max(0, len(with.Number)-4):], Network: "visa"}},
	}
	if declined.code != "" {
		ch.Status, ch.FailureCode, ch.FailureMessage = "failed", "card_declined", ref(declined.message)
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

// isPayment tells the two kinds of charge apart.
func (ch charge) isPayment() bool { return strings.HasPrefix(ch.ID, "py_") }
