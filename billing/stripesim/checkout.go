package stripesim

import "time"

// A checkoutSession is one visit to the hosted payment page. The payment intent is made when the customer first submits it.
type checkoutSession struct {
	head
	AmountSubtotal     int64             `json:"amount_subtotal"`
	AmountTotal        int64             `json:"amount_total"`
	AutomaticTax       automaticTax      `json:"automatic_tax"`
	CancelURL          ref               `json:"cancel_url"`
	ClientReferenceID  ref               `json:"client_reference_id"`
	Currency           string            `json:"currency"`
	Customer           ref               `json:"customer"`
	CustomerDetails    *customerDetails  `json:"customer_details"`
	CustomerEmail      ref               `json:"customer_email"`
	ExpiresAt          int64             `json:"expires_at"`
	Locale             ref               `json:"locale"`
	Metadata           map[string]string `json:"metadata"`
	Mode               string            `json:"mode"`
	PaymentIntent      ref               `json:"payment_intent"`
	PaymentMethodTypes []string          `json:"payment_method_types"`
	PaymentStatus      string            `json:"payment_status"` // unpaid or paid
	Status             string            `json:"status"`         // open, complete or expired
	SubmitType         ref               `json:"submit_type"`
	SuccessURL         ref               `json:"success_url"`
	TotalDetails       totalDetails      `json:"total_details"`
	UIMode             string            `json:"ui_mode"`
	URL                ref               `json:"url"`

	LineItems  []lineItem `json:"_line_items"`
	IntentData intentData `json:"_payment_intent_data"`
}

type automaticTax struct {
	Enabled bool `json:"enabled"`
	Status  ref  `json:"status"`
}

type customerDetails struct {
	Email     ref    `json:"email"`
	Name      ref    `json:"name"`
	TaxExempt string `json:"tax_exempt"`
}

type totalDetails struct {
	AmountDiscount int64 `json:"amount_discount"`
	AmountShipping int64 `json:"amount_shipping"`
	AmountTax      int64 `json:"amount_tax"`
}

// intentData is what the session's payment intent will be given.
type intentData struct {
	Description   string            `json:"description"`
	Metadata      map[string]string `json:"metadata"`
	ReceiptEmail  string            `json:"receipt_email"`
	SetupFuture   string            `json:"setup_future_usage"`
	TransferGroup string            `json:"transfer_group"`
}

type lineItem struct {
	ID             string `json:"id"`
	Object         string `json:"object"`
	AmountDiscount int64  `json:"amount_discount"`
	AmountSubtotal int64  `json:"amount_subtotal"`
	AmountTax      int64  `json:"amount_tax"`
	AmountTotal    int64  `json:"amount_total"`
	Currency       string `json:"currency"`
	Description    string `json:"description"`
	Price          price  `json:"price"`
	Quantity       int64  `json:"quantity"`
}

func (l lineItem) objectID() string { return l.ID }

type price struct {
	head
	Active            bool              `json:"active"`
	BillingScheme     string            `json:"billing_scheme"`
	Currency          string            `json:"currency"`
	Metadata          map[string]string `json:"metadata"`
	Product           string            `json:"product"`
	Type              string            `json:"type"`
	UnitAmount        int64             `json:"unit_amount"`
	UnitAmountDecimal string            `json:"unit_amount_decimal"`
}

// The bounds of a session's life.
const (
	shortestSession = 30 * time.Minute
	longestSession  = 24 * time.Hour
)

func createSession(c *call) (any, error) {
	s := checkoutSession{
		head: c.head("checkout.session", "cs_test_"), Mode: c.required("mode"), SuccessURL: ref(c.required("success_url")),
		CancelURL: ref(c.text("cancel_url")), ClientReferenceID: ref(c.text("client_reference_id")), CustomerEmail: ref(c.text("customer_email")),
		Locale: ref(c.text("locale")), Metadata: c.metadata("metadata"), PaymentMethodTypes: c.params.list("payment_method_types"),
		SubmitType: ref(c.oneOf("submit_type", "", "auto", "pay", "book", "donate")), PaymentStatus: "unpaid", Status: "open", UIMode: "hosted",
	}
	s.IntentData = intentData{Description: c.text("payment_intent_data[description]"), Metadata: c.metadata("payment_intent_data[metadata]"),
		ReceiptEmail: c.text("payment_intent_data[receipt_email]"), TransferGroup: c.text("payment_intent_data[transfer_group]"),
		SetupFuture: c.oneOf("payment_intent_data[setup_future_usage]", "", "off_session", "on_session")}
	s.readCustomer(c)
	s.readItems(c)
	s.readExpiry(c)
	s.URL = ref(c.base + "/_checkout/" + s.ID)
	if s.Mode != "payment" {
		c.fail(malformed("mode", "", "This stand-in knows mode=payment only."))
	}
	if len(s.PaymentMethodTypes) == 0 {
		s.PaymentMethodTypes = []string{"card"}
	}
	for _, kind := range s.PaymentMethodTypes {
		if kind != "card" {
			c.fail(malformed("payment_method_types", "", "This stand-in knows cards only, not %s.", kind))
		}
	}
	c.wantAddress("success_url")
	c.wantAddress("cancel_url")
	if err := c.check(); err != nil {
		return nil, err
	}
	if s.AmountTotal < smallestCharge {
		return nil, refused("amount_too_small", "The Checkout Session's total amount must convert to at least 50 cents.")
	}
	c.sessions.put(c.tx, c.owner, s)
	c.wakeAt(time.Unix(s.ExpiresAt, 0).UTC())
	return s, nil
}

// readCustomer takes whose page it is. A card can be kept for a customer alone.
func (s *checkoutSession) readCustomer(c *call) {
	s.Customer = ref(c.text("customer"))
	cu, ok := c.customers.of(c.owner, string(s.Customer))
	switch {
	case s.Customer == "":
		if s.IntentData.SetupFuture != "" {
			c.fail(malformed("payment_intent_data[setup_future_usage]", "", "This stand-in keeps cards for a customer only."))
		}
	case !ok:
		c.fail(missing("customer", string(s.Customer), "customer"))
	case s.CustomerEmail != "":
		c.fail(malformed("customer_email", "", "You may only specify one of these parameters: customer, customer_email."))
	default:
		s.CustomerEmail = cu.Email
	}
}

// readExpiry takes expires_at as a moment of the client's time, which Advance does not move, and keeps as much time until then
// in the stand-in's. A stand-in that began in the past has clients there. A minute of slack is for clocks that differ.
func (s *checkoutSession) readExpiry(c *call) {
	present := c.config.Clock()
	if c.now.Before(present) {
		present = c.now
	}
	left := stamp(c.integer("expires_at", present.Add(longestSession).Unix())).time().Sub(present)
	if left < shortestSession-time.Minute || left > longestSession+time.Minute {
		c.fail(malformed("expires_at", "", "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation."))
	}
	s.ExpiresAt = c.now.Add(left).Unix()
}

func (s *checkoutSession) readItems(c *call) {
	for i := 0; c.hasAny(at("line_items", i)); i++ {
		item := readItem(c, at("line_items", i))
		if i > 0 && item.Currency != s.Currency {
			c.fail(malformed("line_items", "", "All line items must have the same currency."))
		}
		s.Currency = item.Currency
		s.AmountTotal += item.AmountTotal
		s.LineItems = append(s.LineItems, item)
	}
	if len(s.LineItems) == 0 {
		c.fail(malformed("line_items", "parameter_missing", "You must provide line_items for a Checkout Session in payment mode."))
	}
	if s.AmountTotal > largestAmount {
		c.fail(malformed("line_items", "amount_too_large", "The total amount due must be no more than %d.", largestAmount))
	}
	s.AmountSubtotal = s.AmountTotal
}

func readItem(c *call, name string) lineItem {
	data := name + "[price_data]"
	currency, unit, quantity := c.currency(data+"[currency]"), c.amount(data+"[unit_amount]", true), c.integer(name+"[quantity]", 0)
	if quantity < 1 || quantity > 999_999 {
		c.fail(malformed(name+"[quantity]", "parameter_invalid_integer", "Quantity is required. Add `quantity` to `%s`", name))
		quantity = 0
	}
	if unit > largestAmount {
		unit = 0
	}
	title := c.required(data + "[product_data][name]")
	c.text(data + "[product_data][description]") // shown by Stripe, not by the stand-in
	p := price{head: c.head("price", "price_"), BillingScheme: "per_unit", Currency: currency, Metadata: c.metadata(data + "[product_data][metadata]"),
		Product: newID("prod_"), Type: "one_time", UnitAmount: unit, UnitAmountDecimal: c.values.Get(data + "[unit_amount]")}
	return lineItem{ID: newID("li_"), Object: "item", AmountSubtotal: unit * quantity, AmountTotal: unit * quantity, Currency: currency,
		Description: title, Price: p, Quantity: quantity}
}

func getSession(c *call) (any, error) {
	s, ok := c.sessions.of(c.owner, c.id)
	if !ok {
		return nil, missing("checkout.session", c.id, "id")
	}
	return s, nil
}

func listSessions(c *call) (any, error) {
	intent, status := ref(c.text("payment_intent")), c.text("status")
	return page(c, c.sessions, "/v1/checkout/sessions", func(s checkoutSession) bool {
		return (intent == "" || s.PaymentIntent == intent) && (status == "" || s.Status == status)
	})
}

func listSessionItems(c *call) (any, error) {
	s, ok := c.sessions.of(c.owner, c.id)
	if !ok {
		return nil, missing("checkout.session", c.id, "id")
	}
	return cut(c, "/v1/checkout/sessions/"+s.ID+"/line_items", s.LineItems)
}

func expireSession(c *call) (any, error) {
	s, ok := c.sessions.of(c.owner, c.id)
	if !ok {
		return nil, missing("checkout.session", c.id, "id")
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if s.Status != "open" {
		return nil, refused("", "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of `%s`.", s.Status)
	}
	return c.expireSession(c.owner, s), nil
}

func (t *tx) expireSession(owner string, s checkoutSession) checkoutSession {
	if pi, ok := t.intents.get(string(s.PaymentIntent)); ok {
		t.cancelIntent(owner, pi, "abandoned")
	}
	s.Status, s.URL = "expired", ""
	t.sessions.put(t, owner, s)
	t.emit(owner, "checkout.session.expired", s)
	return s
}

func (t *tx) expireSessions() {
	for owner, s := range t.sessions.all() {
		if s.Status == "open" && s.ExpiresAt <= t.now.Unix() {
			t.expireSession(owner, *s)
		}
	}
}

func (t *tx) sessionOf(intent string) (checkoutSession, bool) {
	for _, s := range t.sessions.all() {
		if string(s.PaymentIntent) == intent {
			return *s, true
		}
	}
	return checkoutSession{}, false
}

// submit is the customer pressing "pay" on an open session: it makes the intent if there is none yet, and charges the card.
func (t *tx) submit(owner string, s checkoutSession, with card, declined declineReason) checkoutSession {
	pi, ok := t.intents.get(string(s.PaymentIntent))
	if !ok {
		pi = paymentIntent{head: t.head("payment_intent", "pi_"), Amount: s.AmountTotal, CaptureMethod: "automatic_async", ConfirmationMethod: "automatic",
			Currency: s.Currency, Description: ref(s.IntentData.Description), Metadata: s.IntentData.Metadata, PaymentMethodTypes: s.PaymentMethodTypes,
			ReceiptEmail: ref(s.IntentData.ReceiptEmail), Status: "requires_payment_method", TransferGroup: ref(s.IntentData.TransferGroup)}
		pi.Customer, pi.SetupFutureUsage = s.Customer, ref(s.IntentData.SetupFuture)
		pi.ClientSecret = pi.ID + "_secret_" + newID("")
		t.emit(owner, "payment_intent.created", pi)
		s.PaymentIntent = ref(pi.ID)
	}
	pi = t.pay(owner, pi, with, declined)
	if pi.Status == "succeeded" {
		if s.IntentData.SetupFuture != "" {
			t.keepCard(owner, pi.PaymentMethod, pi.Customer, with)
		}
		s.Status, s.PaymentStatus, s.URL = "complete", "paid", ""
		s.CustomerDetails = &customerDetails{Email: ref(with.Email), Name: ref(with.Name), TaxExempt: "none"}
		t.emit(owner, "checkout.session.completed", s)
	}
	t.sessions.put(t, owner, s)
	return s
}
