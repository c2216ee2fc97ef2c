package stripe

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/stripe/stripe-go/v76"

	"homecoming/billing"
)

// The names under which our ids travel.
const (
	keyOperation = "operation"
	keyMilestone = "milestone"
	keyCompany   = "company"
	keyPerson    = "person"
	keyPurpose   = "purpose"
)

// skew is by how much Stripe's clock may be behind ours when we look for what we just made.
const skew = 5 * time.Minute

func group(milestone uuid.UUID) string { return "ms_" + milestone.String() }

// idOf reads one of our ids; uuid.Nil for anything else.
func idOf(s string) uuid.UUID {
	id, err := uuid.Parse(s)
	if err != nil {
		return uuid.Nil
	}
	return id
}

// milestoneOf finds the milestone in an object's metadata, or else in its transfer group.
func milestoneOf(metadata map[string]string, transferGroup string) uuid.UUID {
	if id := idOf(metadata[keyMilestone]); id != uuid.Nil {
		return id
	}
	return idOf(strings.TrimPrefix(transferGroup, "ms_"))
}

func moment(unix int64) time.Time { return time.Unix(unix, 0).UTC() }

func currency(c stripe.Currency) string { return strings.ToUpper(string(c)) }

// CreateCheckout opens a page on which the company pays by card.
func (g *gateway) CreateCheckout(ctx context.Context, key string, o billing.CheckoutOrder) (billing.Checkout, error) {
	ids := idsOf(o.Operation, o.Milestone, o.Company, o.Purpose)
	p := &stripe.CheckoutSessionParams{
		Params:             with(ctx, key),
		Mode:               stripe.String(string(stripe.CheckoutSessionModePayment)),
		PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
		ClientReferenceID:  stripe.String(o.Operation.String()),
		SuccessURL:         stripe.String(o.SuccessURL),
		CancelURL:          stripe.String(o.CancelURL),
		ExpiresAt:          stripe.Int64(o.ExpiresAt.Unix()),
		Metadata:           ids,
		LineItems: []*stripe.CheckoutSessionLineItemParams{{
			Quantity: stripe.Int64(1),
			PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
				Currency:    stripe.String(strings.ToLower(o.Currency)),
				UnitAmount:  stripe.Int64(o.Amount),
				ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String(o.Title)},
			},
		}},
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{
			Description: stripe.String(o.Title), Metadata: ids, TransferGroup: stripe.String(group(o.Milestone))},
	}
	switch {
	case o.Customer != "":
		p.Customer = stripe.String(o.Customer)
	case o.Email != "":
		p.CustomerEmail = stripe.String(o.Email)
	}
	if o.KeepCard && o.Customer != "" {
		p.PaymentIntentData.SetupFutureUsage = stripe.String(string(stripe.PaymentIntentSetupFutureUsageOffSession))
	}
	if o.Language == "ja" || o.Language == "en" {
		p.Locale = stripe.String(o.Language)
	}
	s, err := g.api.CheckoutSessions.New(p)
	if err != nil {
		return billing.Checkout{}, answer(err)
	}
	return checkout(s), nil
}

// idsOf is the metadata of a payment. Orders from before purposes were named have none, and must be sent as they were.
func idsOf(operation, milestone, company uuid.UUID, purpose billing.Purpose) map[string]string {
	ids := map[string]string{keyOperation: operation.String(), keyMilestone: milestone.String(), keyCompany: company.String()}
	if purpose != "" {
		ids[keyPurpose] = string(purpose)
	}
	return ids
}

func checkout(s *stripe.CheckoutSession) billing.Checkout {
	return billing.Checkout{ID: s.ID, URL: s.URL, State: string(s.Status), Operation: idOf(s.Metadata[keyOperation])}
}

// FindCheckout looks through the pages opened since a moment.
func (g *gateway) FindCheckout(ctx context.Context, operation uuid.UUID, from time.Time) (billing.Checkout, error) {
	i := g.api.CheckoutSessions.List(&stripe.CheckoutSessionListParams{ListParams: pages(ctx), CreatedRange: since(from.Add(-skew))})
	for i.Next() {
		if c := checkout(i.CheckoutSession()); c.Operation == operation {
			return c, nil
		}
	}
	return billing.Checkout{}, nothingIn(i.Err())
}

// nothingIn is the answer of a listing that ended without a find: an error cuts a listing short without a word.
func nothingIn(err error) error {
	if err != nil {
		return answer(err)
	}
	return billing.ErrNotThere
}

// Checkout reads a page again.
func (g *gateway) Checkout(ctx context.Context, id string) (billing.Checkout, error) {
	s, err := g.api.CheckoutSessions.Get(id, &stripe.CheckoutSessionParams{Params: with(ctx, "")})
	if err != nil {
		return billing.Checkout{}, answer(err)
	}
	return checkout(s), nil
}

// ExpireCheckout closes a page before its time.
func (g *gateway) ExpireCheckout(ctx context.Context, key, id string) (billing.Checkout, error) {
	s, err := g.api.CheckoutSessions.Expire(id, &stripe.CheckoutSessionExpireParams{Params: with(ctx, key)})
	if err != nil {
		return billing.Checkout{}, answer(err)
	}
	return checkout(s), nil
}

// Payment reads what was paid, given a page's (cs_), an intent's (pi_) or a charge's id.
func (g *gateway) Payment(ctx context.Context, id string) (billing.Payment, error) {
	ch, err := g.charge(ctx, id)
	if err != nil || ch == nil {
		return billing.Payment{}, answer(err)
	}
	p := billing.Payment{Charge: ch.ID, Milestone: milestoneOf(ch.Metadata, ch.TransferGroup), Operation: idOf(ch.Metadata[keyOperation]),
		Purpose: billing.Purpose(ch.Metadata[keyPurpose]), Amount: ch.Amount, Currency: currency(ch.Currency), Paid: ch.Paid && ch.Captured, At: moment(ch.Created)}
	if ch.Customer != nil {
		p.Customer = ch.Customer.ID
	}
	if d := ch.PaymentMethodDetails; d != nil {
		p.FromCash = d.Type == "customer_balance"
	}
	if ch.PaymentIntent != nil {
		p.Intent = ch.PaymentIntent.ID
	}
	if b := ch.BalanceTransaction; b != nil {
		p.Fee, p.Settled, p.At = b.Fee, true, moment(b.Created)
	}
	return p, nil
}

// charge reads the charge behind an id with its balance transaction; nil while nothing was charged.
func (g *gateway) charge(ctx context.Context, id string) (*stripe.Charge, error) {
	switch {
	case strings.HasPrefix(id, "cs_"):
		p := &stripe.CheckoutSessionParams{Params: with(ctx, "")}
		p.AddExpand("payment_intent.latest_charge.balance_transaction")
		s, err := g.api.CheckoutSessions.Get(id, p)
		if err != nil || s.PaymentIntent == nil {
			return nil, err
		}
		return s.PaymentIntent.LatestCharge, nil
	case strings.HasPrefix(id, "pi_"):
		p := &stripe.PaymentIntentParams{Params: with(ctx, "")}
		p.AddExpand("latest_charge.balance_transaction")
		pi, err := g.api.PaymentIntents.Get(id, p)
		if err != nil {
			return nil, err
		}
		return pi.LatestCharge, nil
	}
	p := &stripe.ChargeParams{Params: with(ctx, "")}
	p.AddExpand("balance_transaction")
	return g.api.Charges.Get(id, p)
}
