package stripe

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"github.com/stripe/stripe-go/v76"

	"homecoming/billing"
)

// CreateTransfer sends money to a connected account, out of the charge that funded the milestone.
func (g *gateway) CreateTransfer(ctx context.Context, key string, o billing.TransferOrder) (billing.Transfer, error) {
	t, err := g.api.Transfers.New(&stripe.TransferParams{
		Params:            with(ctx, key),
		Amount:            stripe.Int64(o.Amount),
		Currency:          stripe.String(strings.ToLower(o.Currency)),
		Destination:       stripe.String(o.Account),
		SourceTransaction: stripe.String(o.Charge),
		TransferGroup:     stripe.String(group(o.Milestone)),
		Description:       stripe.String(o.Title),
		Metadata:          map[string]string{keyOperation: o.Operation.String(), keyMilestone: o.Milestone.String()},
	})
	if err != nil {
		return billing.Transfer{}, answer(err)
	}
	return transfer(t), nil
}

func transfer(t *stripe.Transfer) billing.Transfer {
	out := billing.Transfer{ID: t.ID, Operation: idOf(t.Metadata[keyOperation]), Milestone: milestoneOf(t.Metadata, t.TransferGroup),
		Amount: t.Amount, Currency: currency(t.Currency), Reversed: t.AmountReversed, At: moment(t.Created)}
	if t.Destination != nil {
		out.Account = t.Destination.ID
	}
	return out
}

// FindTransfer looks through the milestone's group.
func (g *gateway) FindTransfer(ctx context.Context, milestone, operation uuid.UUID) (billing.Transfer, error) {
	i := g.api.Transfers.List(&stripe.TransferListParams{ListParams: pages(ctx), TransferGroup: stripe.String(group(milestone))})
	for i.Next() {
		if t := transfer(i.Transfer()); t.Operation == operation {
			return t, nil
		}
	}
	return billing.Transfer{}, nothingIn(i.Err())
}

// Transfer reads one again.
func (g *gateway) Transfer(ctx context.Context, id string) (billing.Transfer, error) {
	t, err := g.api.Transfers.Get(id, &stripe.TransferParams{Params: with(ctx, "")})
	if err != nil {
		return billing.Transfer{}, answer(err)
	}
	return transfer(t), nil
}

// CreateRefund gives a charge back.
func (g *gateway) CreateRefund(ctx context.Context, key string, o billing.RefundOrder) (billing.Refund, error) {
	p := &stripe.RefundParams{
		Params:   with(ctx, key),
		Charge:   stripe.String(o.Charge),
		Amount:   stripe.Int64(o.Amount),
		Reason:   stripe.String(string(stripe.RefundReasonRequestedByCustomer)),
		Metadata: map[string]string{keyOperation: o.Operation.String(), keyMilestone: o.Milestone.String()},
	}
	expandRefund(p, "")
	r, err := g.api.Refunds.New(p)
	if err != nil {
		return billing.Refund{}, answer(err)
	}
	return refund(r), nil
}

func refund(r *stripe.Refund) billing.Refund {
	out := billing.Refund{ID: r.ID, Operation: idOf(r.Metadata[keyOperation]), Amount: r.Amount, Currency: currency(r.Currency),
		State: string(r.Status), Failure: string(r.FailureReason), At: moment(r.Created)}
	if r.Charge != nil {
		out.Charge = r.Charge.ID
	}
	if b := r.BalanceTransaction; b != nil && b.Created != 0 {
		out.Moved, out.At = true, moment(b.Created)
	}
	if b := r.FailureBalanceTransaction; b != nil && b.Created != 0 {
		out.Returned, out.FailedAt = true, moment(b.Created)
	}
	return out
}

// expandRefund asks for the balance transactions along with a refund: the one that took the money and the one that
// brought it back.
func expandRefund(p interface{ AddExpand(string) }, prefix string) {
	p.AddExpand(prefix + "balance_transaction")
	p.AddExpand(prefix + "failure_balance_transaction")
}

// FindRefund looks through the refunds of a charge.
func (g *gateway) FindRefund(ctx context.Context, charge string, operation uuid.UUID) (billing.Refund, error) {
	p := &stripe.RefundListParams{ListParams: pages(ctx), Charge: stripe.String(charge)}
	expandRefund(p, "data.")
	i := g.api.Refunds.List(p)
	for i.Next() {
		if r := refund(i.Refund()); r.Operation == operation {
			return r, nil
		}
	}
	return billing.Refund{}, nothingIn(i.Err())
}

// Refund reads one again.
func (g *gateway) Refund(ctx context.Context, id string) (billing.Refund, error) {
	p := &stripe.RefundParams{Params: with(ctx, "")}
	expandRefund(p, "")
	r, err := g.api.Refunds.Get(id, p)
	if err != nil {
		return billing.Refund{}, answer(err)
	}
	return refund(r), nil
}
