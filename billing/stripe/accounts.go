package stripe

import (
	"context"
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"github.com/stripe/stripe-go/v76"

	"homecoming/billing"
)

// CreateAccount makes an Express account in the platform's country that may receive transfers and pays out weekly.
func (g *gateway) CreateAccount(ctx context.Context, key string, o billing.AccountOrder) (billing.Account, error) {
	p := &stripe.AccountParams{
		Params:       with(ctx, key),
		Type:         stripe.String(string(stripe.AccountTypeExpress)),
		Country:      stripe.String(g.cfg.Country),
		BusinessType: stripe.String(string(stripe.AccountBusinessTypeIndividual)),
		Capabilities: &stripe.AccountCapabilitiesParams{Transfers: &stripe.AccountCapabilitiesTransfersParams{Requested: stripe.Bool(true)}},
		Settings: &stripe.AccountSettingsParams{Payouts: &stripe.AccountSettingsPayoutsParams{
			Schedule: &stripe.AccountSettingsPayoutsScheduleParams{Interval: stripe.String("weekly"), WeeklyAnchor: stripe.String("friday")}}},
		Metadata: map[string]string{keyOperation: o.Operation.String(), keyPerson: o.Person.String()},
	}
	if o.Email != "" {
		p.Email = stripe.String(o.Email)
	}
	a, err := g.api.Accounts.New(p)
	if err != nil {
		return billing.Account{}, answer(err)
	}
	return account(a), nil
}

func account(a *stripe.Account) billing.Account {
	out := billing.Account{ID: a.ID, Operation: idOf(a.Metadata[keyOperation]), Person: idOf(a.Metadata[keyPerson]),
		Submitted: a.DetailsSubmitted, Payouts: a.PayoutsEnabled}
	if a.Capabilities != nil {
		out.Transfers = a.Capabilities.Transfers == stripe.AccountCapabilityStatusActive
	}
	if a.Requirements != nil {
		out.Missing, out.Disabled = a.Requirements.CurrentlyDue, string(a.Requirements.DisabledReason)
	}
	return out
}

// FindAccount looks through the accounts made since a moment.
func (g *gateway) FindAccount(ctx context.Context, operation uuid.UUID, from time.Time) (billing.Account, error) {
	i := g.api.Accounts.List(&stripe.AccountListParams{ListParams: pages(ctx), CreatedRange: since(from.Add(-skew))})
	for i.Next() {
		if a := account(i.Account()); a.Operation == operation {
			return a, nil
		}
	}
	return billing.Account{}, nothingIn(i.Err())
}

// Account reads one again.
func (g *gateway) Account(ctx context.Context, id string) (billing.Account, error) {
	a, err := g.api.Accounts.GetByID(id, &stripe.AccountParams{Params: with(ctx, "")})
	if err != nil {
		return billing.Account{}, answer(err)
	}
	return account(a), nil
}

// OnboardingLink makes a page of Stripe's on which a person completes their account. Links are disposable, so a
// repeated request does no harm and its key is a new one.
func (g *gateway) OnboardingLink(ctx context.Context, id, refreshURL, returnURL string) (string, error) {
	l, err := g.api.AccountLinks.New(&stripe.AccountLinkParams{
		Params:     with(ctx, "al:"+uuid.NewString()),
		Account:    stripe.String(id),
		RefreshURL: stripe.String(refreshURL),
		ReturnURL:  stripe.String(returnURL),
		Type:       stripe.String("account_onboarding"),
	})
	if err != nil {
		return "", answer(err)
	}
	return l.URL, nil
}

// Payout reads a payout of a connected account. Stripe itemises automatic ones alone.
func (g *gateway) Payout(ctx context.Context, accountID, id string) (billing.Payout, error) {
	p := &stripe.PayoutParams{Params: with(ctx, "")}
	if accountID != "" {
		p.SetStripeAccount(accountID)
	}
	po, err := g.api.Payouts.Get(id, p)
	if err != nil {
		return billing.Payout{}, answer(err)
	}
	out := payout(po, accountID)
	if po.Automatic && accountID != "" {
		out.Parts, err = g.parts(ctx, accountID, id)
	}
	return out, err
}

func payout(po *stripe.Payout, accountID string) billing.Payout {
	return billing.Payout{ID: po.ID, Account: accountID, Operation: idOf(po.Metadata[keyOperation]), Amount: po.Amount, Currency: currency(po.Currency),
		State: string(po.Status), Automatic: po.Automatic, ArrivesOn: civil.DateOf(moment(po.ArrivalDate)), Failure: string(po.FailureCode), CreatedAt: moment(po.Created)}
}

// CreateSweep pays out to the platform's bank, by hand as Stripe calls it.
func (g *gateway) CreateSweep(ctx context.Context, key string, o billing.SweepOrder) (billing.Payout, error) {
	po, err := g.api.Payouts.New(&stripe.PayoutParams{Params: with(ctx, key), Amount: stripe.Int64(o.Amount),
		Currency: stripe.String(strings.ToLower(o.Currency)), Metadata: map[string]string{keyOperation: o.Operation.String(), "sweep": o.Sweep.String()}})
	if err != nil {
		return billing.Payout{}, answer(err)
	}
	return payout(po, ""), nil
}

// FindSweep looks through the platform's own payouts made since a moment.
func (g *gateway) FindSweep(ctx context.Context, operation uuid.UUID, from time.Time) (billing.Payout, error) {
	i := g.api.Payouts.List(&stripe.PayoutListParams{ListParams: pages(ctx), CreatedRange: since(from.Add(-skew))})
	for i.Next() {
		if p := payout(i.Payout(), ""); p.Operation == operation {
			return p, nil
		}
	}
	return billing.Payout{}, nothingIn(i.Err())
}

// parts are the transfers that a payout carries, and the failed payouts whose money goes with it.
func (g *gateway) parts(ctx context.Context, accountID, payout string) ([]billing.PayoutPart, error) {
	p := &stripe.BalanceTransactionListParams{ListParams: pages(ctx), Payout: stripe.String(payout)}
	p.SetStripeAccount(accountID)
	p.AddExpand("data.source")
	var parts []billing.PayoutPart
	i := g.api.BalanceTransactions.List(p)
	for i.Next() {
		b := i.BalanceTransaction()
		switch {
		case b.Source == nil:
		case b.Type == stripe.BalanceTransactionTypePayment && b.Source.Charge != nil && b.Source.Charge.SourceTransfer != nil:
			parts = append(parts, billing.PayoutPart{Transfer: b.Source.Charge.SourceTransfer.ID, Amount: b.Net})
		case b.Type == stripe.BalanceTransactionTypePaymentRefund && b.Source.Refund != nil && b.Source.Refund.SourceTransferReversal != nil:
			parts = append(parts, billing.PayoutPart{Reversal: b.Source.Refund.SourceTransferReversal.ID, Amount: b.Net})
		case b.Type == stripe.BalanceTransactionTypePayoutFailure, b.Type == stripe.BalanceTransactionTypePayoutCancel:
			parts = append(parts, billing.PayoutPart{Failed: b.Source.ID, Amount: b.Net})
		}
	}
	if i.Err() != nil {
		return nil, answer(i.Err())
	}
	return parts, nil
}
