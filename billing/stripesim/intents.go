package stripesim

import "cmp"

// A paymentIntent is the attempt to be paid once; checkout makes it when the customer submits the form.
type paymentIntent struct {
	head
	Amount             int64             `json:"amount"`
	AmountCapturable   int64             `json:"amount_capturable"`
	AmountReceived     int64             `json:"amount_received"`
	CanceledAt         stamp             `json:"canceled_at"`
	CancellationReason ref               `json:"cancellation_reason"`
	CaptureMethod      string            `json:"capture_method"`
	ClientSecret       string            `json:"client_secret"`
	ConfirmationMethod string            `json:"confirmation_method"`
	Currency           string            `json:"currency"`
	Customer           ref               `json:"customer"`
	Description        ref               `json:"description"`
	LastPaymentError   *intentError      `json:"last_payment_error"`
	LatestCharge       ref               `json:"latest_charge"`
	Metadata           map[string]string `json:"metadata"`
	NextAction         *nextAction       `json:"next_action"`
	PaymentMethod      ref               `json:"payment_method"`
	PaymentMethodTypes []string          `json:"payment_method_types"`
	ReceiptEmail       ref               `json:"receipt_email"`
	SetupFutureUsage   ref               `json:"setup_future_usage"`
	Status             string            `json:"status"` // requires_payment_method, requires_action, succeeded or canceled
	TransferGroup      ref               `json:"transfer_group"`
}

type intentError struct {
	Charge      string `json:"charge"`
	Code        string `json:"code"`
	DeclineCode string `json:"decline_code"`
	Message     string `json:"message"`
	Type        string `json:"type"`
}

// A declineReason is why a bank says no; the zero value is yes.
type declineReason struct{ code, message string }

// pay tries to pay the intent with the card and returns it as it is afterwards.
func (t *tx) pay(owner string, pi paymentIntent, with card, declined declineReason) paymentIntent {
	ch := t.chargeCard(owner, pi, with, declined)
	pi.LatestCharge = ref(ch.ID)
	kind := "payment_intent.succeeded"
	if ch.Paid {
		pi.Status, pi.AmountReceived, pi.PaymentMethod, pi.LastPaymentError = "succeeded", pi.Amount, ch.PaymentMethod, nil
	} else {
		kind = "payment_intent.payment_failed"
		pi.LastPaymentError = &intentError{Charge: ch.ID, Code: cmp.Or(string(ch.FailureCode), "card_declined"), DeclineCode: declined.code, Message: declined.message, Type: "card_error"}
	}
	t.intents.put(t, owner, pi)
	t.emit(owner, kind, pi)
	return pi
}

func (t *tx) cancelIntent(owner string, pi paymentIntent, reason string) paymentIntent {
	t.giveUpTransfer(owner, pi)
	pi.Status, pi.CanceledAt, pi.CancellationReason, pi.NextAction = "canceled", stamp(t.now.Unix()), ref(reason), nil
	t.intents.put(t, owner, pi)
	t.emit(owner, "payment_intent.canceled", pi)
	return pi
}

func getIntent(c *call) (any, error) {
	pi, ok := c.intents.of(c.owner, c.id)
	if !ok {
		return nil, missing("payment_intent", c.id, "id")
	}
	return pi, nil
}

func listIntents(c *call) (any, error) {
	who := ref(c.text("customer"))
	return page(c, c.intents, "/v1/payment_intents", func(pi paymentIntent) bool { return who == "" || pi.Customer == who })
}

func updateIntent(c *call) (any, error) {
	pi, ok := c.intents.of(c.owner, c.id)
	if !ok {
		return nil, missing("payment_intent", c.id, "id")
	}
	pi.Metadata = merged(pi.Metadata, c.metadata("metadata"))
	if c.has("description") {
		pi.Description = ref(c.text("description"))
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	c.intents.put(c.tx, c.owner, pi)
	return pi, nil
}

func cancelIntent(c *call) (any, error) {
	pi, ok := c.intents.of(c.owner, c.id)
	if !ok {
		return nil, missing("payment_intent", c.id, "id")
	}
	reason := c.oneOf("cancellation_reason", "", "abandoned", "duplicate", "fraudulent", "requested_by_customer")
	if err := c.check(); err != nil {
		return nil, err
	}
	if pi.Status != "requires_payment_method" && pi.Status != "requires_action" {
		return nil, refused("payment_intent_unexpected_state",
			"You cannot cancel this PaymentIntent because it has a status of %s.", pi.Status)
	}
	if s, ok := c.sessionOf(pi.ID); ok && s.Status == "open" {
		return nil, refused("payment_intent_unexpected_state",
			"You cannot cancel this PaymentIntent because it belongs to an open Checkout Session. Expire the session instead.")
	}
	return c.cancelIntent(c.owner, pi, reason), nil
}
