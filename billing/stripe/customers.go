package stripe

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/stripe/stripe-go/v76"

	"homecoming/billing"
)

// CreateCustomer makes a company a customer whose cash balance we reconcile by hand: Stripe's own matching would pay for
// whatever fits, which may be another milestone than the one that was meant.
func (g *gateway) CreateCustomer(ctx context.Context, key string, o billing.CustomerOrder) (billing.Customer, error) {
	p := &stripe.CustomerParams{
		Params: with(ctx, key),
		Name:   stripe.String(o.Name),
		CashBalance: &stripe.CustomerCashBalanceParams{Settings: &stripe.CustomerCashBalanceSettingsParams{
			ReconciliationMode: stripe.String(string(stripe.CashBalanceSettingsReconciliationModeManual))}},
		Metadata: map[string]string{keyOperation: o.Operation.String(), keyCompany: o.Company.String()},
	}
	if o.Email != "" {
		p.Email = stripe.String(o.Email)
	}
	c, err := g.api.Customers.New(p)
	if err != nil {
		return billing.Customer{}, answer(err)
	}
	return customer(c), nil
}

func customer(c *stripe.Customer) billing.Customer {
	return billing.Customer{ID: c.ID, Operation: idOf(c.Metadata[keyOperation]), Company: idOf(c.Metadata[keyCompany])}
}

// FindCustomer looks through the customers made since a moment.
func (g *gateway) FindCustomer(ctx context.Context, operation uuid.UUID, from time.Time) (billing.Customer, error) {
	i := g.api.Customers.List(&stripe.CustomerListParams{ListParams: pages(ctx), CreatedRange: since(from.Add(-skew))})
	for i.Next() {
		if c := customer(i.Customer()); c.Operation == operation {
			return c, nil
		}
	}
	return billing.Customer{}, nothingIn(i.Err())
}

// Cards lists a customer's saved cards.
func (g *gateway) Cards(ctx context.Context, customerID string) ([]billing.Card, error) {
	var cards []billing.Card
	i := g.api.PaymentMethods.List(&stripe.PaymentMethodListParams{ListParams: pages(ctx), Customer: stripe.String(customerID), Type: stripe.String("card")})
	for i.Next() {
		pm := i.PaymentMethod()
		if c := pm.Card; c != nil {
			cards = append(cards, billing.Card{ID: pm.ID, Brand: string(c.Brand), Last4: c.Last4, ExpMonth: int(c.ExpMonth), ExpYear: int(c.ExpYear), CreatedAt: moment(pm.Created)})
		}
	}
	return cards, answer(i.Err())
}

// ForgetCard detaches a card. Doing so twice does no harm, so its key is a new one.
func (g *gateway) ForgetCard(ctx context.Context, card string) error {
	_, err := g.api.PaymentMethods.Detach(card, &stripe.PaymentMethodDetachParams{Params: with(ctx, "pm:"+uuid.NewString())})
	return answer(err)
}

// ChargeCard makes and confirms an intent with a saved card, off session.
func (g *gateway) ChargeCard(ctx context.Context, key string, o billing.CardOrder) (billing.Intent, error) {
	pi, err := g.api.PaymentIntents.New(&stripe.PaymentIntentParams{
		Params:             with(ctx, key),
		Amount:             stripe.Int64(o.Amount),
		Currency:           stripe.String(strings.ToLower(o.Currency)),
		Customer:           stripe.String(o.Customer),
		PaymentMethod:      stripe.String(o.Card),
		PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
		OffSession:         stripe.Bool(true),
		Confirm:            stripe.Bool(true),
		Description:        stripe.String(o.Title),
		TransferGroup:      stripe.String(group(o.Milestone)),
		Metadata:           idsOf(o.Operation, o.Milestone, o.Company, o.Purpose),
	})
	if err != nil {
		return billing.Intent{}, answer(err)
	}
	return intent(pi), nil
}

// RequestTransfer makes an intent that waits for a bank transfer in Japan.
func (g *gateway) RequestTransfer(ctx context.Context, key string, o billing.TransferRequest) (billing.Intent, error) {
	pi, err := g.api.PaymentIntents.New(&stripe.PaymentIntentParams{
		Params:             with(ctx, key),
		Amount:             stripe.Int64(o.Amount),
		Currency:           stripe.String(strings.ToLower(o.Currency)),
		Customer:           stripe.String(o.Customer),
		PaymentMethodTypes: stripe.StringSlice([]string{"customer_balance"}),
		PaymentMethodData:  &stripe.PaymentIntentPaymentMethodDataParams{Type: stripe.String("customer_balance")},
		PaymentMethodOptions: &stripe.PaymentIntentPaymentMethodOptionsParams{CustomerBalance: &stripe.PaymentIntentPaymentMethodOptionsCustomerBalanceParams{
			FundingType:  stripe.String(string(stripe.PaymentIntentPaymentMethodOptionsCustomerBalanceFundingTypeBankTransfer)),
			BankTransfer: &stripe.PaymentIntentPaymentMethodOptionsCustomerBalanceBankTransferParams{Type: stripe.String("jp_bank_transfer")},
		}},
		Confirm:       stripe.Bool(true),
		Description:   stripe.String(o.Title),
		TransferGroup: stripe.String(group(o.Milestone)),
		Metadata:      idsOf(o.Operation, o.Milestone, o.Company, o.Purpose),
	})
	if err != nil {
		return billing.Intent{}, answer(err)
	}
	return intent(pi), nil
}

func intent(pi *stripe.PaymentIntent) billing.Intent {
	out := billing.Intent{ID: pi.ID, Operation: idOf(pi.Metadata[keyOperation]), Amount: pi.Amount, Currency: currency(pi.Currency), State: string(pi.Status)}
	if pi.Customer != nil {
		out.Customer = pi.Customer.ID
	}
	if e := pi.LastPaymentError; e != nil {
		out.Refusal = refusalCode(e)
	}
	if pi.NextAction != nil && pi.NextAction.DisplayBankTransferInstructions != nil {
		instructions := pi.NextAction.DisplayBankTransferInstructions
		out.Remaining, out.Reference = instructions.AmountRemaining, instructions.Reference
		for _, a := range instructions.FinancialAddresses {
			if z := a.Zengin; z != nil {
				out.Account = &billing.VirtualAccount{BankCode: z.BankCode, BankName: z.BankName, BranchCode: z.BranchCode, BranchName: z.BranchName,
					Kind: z.AccountType, Number: z.AccountNumber, Holder: z.AccountHolderName, Page: instructions.HostedInstructionsURL}
			}
		}
	}
	return out
}

// FindIntent looks through a customer's intents since a moment.
func (g *gateway) FindIntent(ctx context.Context, customerID string, operation uuid.UUID, from time.Time) (billing.Intent, error) {
	i := g.api.PaymentIntents.List(&stripe.PaymentIntentListParams{ListParams: pages(ctx), Customer: stripe.String(customerID), CreatedRange: since(from.Add(-skew))})
	for i.Next() {
		if pi := intent(i.PaymentIntent()); pi.Operation == operation {
			return pi, nil
		}
	}
	return billing.Intent{}, nothingIn(i.Err())
}

// Intent reads one again.
func (g *gateway) Intent(ctx context.Context, id string) (billing.Intent, error) {
	pi, err := g.api.PaymentIntents.Get(id, &stripe.PaymentIntentParams{Params: with(ctx, "")})
	if err != nil {
		return billing.Intent{}, answer(err)
	}
	return intent(pi), nil
}

// CancelIntent gives an intent up.
func (g *gateway) CancelIntent(ctx context.Context, key, id string) (billing.Intent, error) {
	pi, err := g.api.PaymentIntents.Cancel(id, &stripe.PaymentIntentCancelParams{Params: with(ctx, key), CancellationReason: stripe.String("requested_by_customer")})
	if err != nil {
		return billing.Intent{}, answer(err)
	}
	return intent(pi), nil
}

// ApplyCash pays for an intent out of the cash balance. Stripe answers with the intent, so the movement is looked for.
func (g *gateway) ApplyCash(ctx context.Context, key string, o billing.ApplyOrder) (billing.CashMovement, error) {
	_, err := g.api.PaymentIntents.ApplyCustomerBalance(o.Intent, &stripe.PaymentIntentApplyCustomerBalanceParams{Params: with(ctx, key),
		Amount: stripe.Int64(o.Amount), Currency: stripe.String(strings.ToLower(o.Currency))})
	if err != nil {
		return billing.CashMovement{}, answer(err)
	}
	return g.FindApplied(ctx, o)
}

// FindApplied goes through what was applied to the intent, oldest first: the order's own movement is the one that came
// when as much had been applied as when it was planned.
func (g *gateway) FindApplied(ctx context.Context, o billing.ApplyOrder) (billing.CashMovement, error) {
	var applied []billing.CashMovement
	for m, err := range g.CashMovements(ctx, o.Customer, time.Time{}) {
		if err != nil {
			return billing.CashMovement{}, err
		}
		if m.Intent == o.Intent && m.Kind == billing.CashApplied {
			applied = append(applied, m)
		}
	}
	var sum int64
	for i := len(applied) - 1; i >= 0; i-- {
		if sum == o.Applied {
			return applied[i], nil
		}
		sum -= applied[i].Amount
	}
	return billing.CashMovement{}, billing.ErrNotThere
}
