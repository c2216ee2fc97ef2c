package stripesim

// A paymentMethod is a card or a cash balance that was paid with. One that belongs to a customer can be charged again.
type paymentMethod struct {
	head
	BillingDetails billingDetails    `json:"billing_details"`
	Card           *cardDetails      `json:"card,omitempty"`
	Balance        *struct{}         `json:"customer_balance,omitempty"`
	Customer       ref               `json:"customer"`
	Metadata       map[string]string `json:"metadata"`
	Type           string            `json:"type"` // card or customer_balance

	Number string `json:"_number"` // the test card's, which says what its bank will do
}

// Cards that are good on a page, and whose bank says something else when nobody is there to answer it.
var alone = map[string]declineReason{
	"4000002760003184": {"authentication_required", "Your card was declined. This transaction requires authentication."},
	"4000000000000341": {"generic_decline", "Your card was declined."},
}

// keepCard remembers the card of a page for its customer, who agreed to it there.
func (t *tx) keepCard(owner string, id, customerID ref, with card) {
	pm := paymentMethod{head: t.head("payment_method", "pm_"), Customer: customerID, Metadata: map[string]string{}, Type: "card", Number: with.Number,
		BillingDetails: billingDetails{Email: ref(with.Email), Name: ref(with.Name)}, Card: with.details()}
	pm.ID = string(id)
	t.methods.put(t, owner, pm)
	t.emit(owner, "payment_method.attached", pm)
}

func getMethod(c *call) (any, error) {
	pm, ok := c.methods.of(c.owner, c.id)
	if !ok {
		return nil, missing("PaymentMethod", c.id, "id")
	}
	return pm, nil
}

func listMethods(c *call) (any, error) {
	who, kind := c.text("customer"), c.text("type")
	if _, ok := c.customers.of(c.owner, who); !ok && who != "" {
		return nil, missing("customer", who, "customer")
	}
	return page(c, c.methods, "/v1/payment_methods", func(pm paymentMethod) bool {
		return string(pm.Customer) == who && who != "" && (kind == "" || pm.Type == kind)
	})
}

func listCustomersMethods(c *call) (any, error) {
	if _, ok := c.customers.of(c.owner, c.id); !ok {
		return nil, missing("customer", c.id, "id")
	}
	kind := c.text("type")
	return page(c, c.methods, "/v1/customers/"+c.id+"/payment_methods", func(pm paymentMethod) bool {
		return string(pm.Customer) == c.id && (kind == "" || pm.Type == kind)
	})
}

func detachMethod(c *call) (any, error) {
	pm, ok := c.methods.of(c.owner, c.id)
	if !ok {
		return nil, missing("PaymentMethod", c.id, "id")
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if pm.Customer == "" {
		return nil, refused("payment_method_unexpected_state", "The payment method you provided is not attached to a customer so detachment is impossible.")
	}
	pm.Customer = ""
	c.methods.put(c.tx, c.owner, pm)
	c.emit(c.owner, "payment_method.detached", pm)
	return pm, nil
}
