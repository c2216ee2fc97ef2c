package stripe

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"github.com/stripe/stripe-go/v76"

	"homecoming/billing"
)

// Chargeback reads what Stripe calls a dispute.
func (g *gateway) Chargeback(ctx context.Context, id string) (billing.Chargeback, error) {
	d, err := g.api.Disputes.Get(id, &stripe.DisputeParams{Params: with(ctx, "")})
	if err != nil {
		return billing.Chargeback{}, answer(err)
	}
	return chargeback(d), nil
}

func chargeback(d *stripe.Dispute) billing.Chargeback {
	out := billing.Chargeback{ID: d.ID, Amount: d.Amount, Currency: currency(d.Currency), Reason: string(d.Reason), State: string(d.Status), At: moment(d.Created)}
	if d.Charge != nil {
		out.Charge = d.Charge.ID
	}
	if e := d.EvidenceDetails; e != nil {
		out.Answered = e.SubmissionCount > 0
		if e.DueBy > 0 {
			out.DueBy = moment(e.DueBy)
		}
	}
	for _, b := range d.BalanceTransactions {
		out.Movements = append(out.Movements, billing.Movement{ID: b.ID, Amount: b.Amount, Fee: b.Fee, At: moment(b.Created)})
	}
	return out
}

// SendEvidence answers for good: what was submitted cannot be changed.
func (g *gateway) SendEvidence(ctx context.Context, key string, e billing.EvidenceOrder) (billing.Chargeback, error) {
	evidence := &stripe.DisputeEvidenceParams{ProductDescription: stripe.String(e.Product), CustomerName: stripe.String(e.Customer),
		UncategorizedText: stripe.String(e.Text)}
	if e.Served != "" {
		evidence.ServiceDate = stripe.String(e.Served)
	}
	d, err := g.api.Disputes.Update(e.Chargeback, &stripe.DisputeParams{Params: with(ctx, key), Evidence: evidence, Submit: stripe.Bool(true),
		Metadata: map[string]string{keyOperation: e.Operation.String()}})
	if err != nil {
		return billing.Chargeback{}, answer(err)
	}
	return chargeback(d), nil
}

// ReverseTransfer takes a part of a transfer back.
func (g *gateway) ReverseTransfer(ctx context.Context, key string, o billing.ReversalOrder) (billing.Reversal, error) {
	p := &stripe.TransferReversalParams{Params: with(ctx, key), ID: stripe.String(o.Transfer), Amount: stripe.Int64(o.Amount),
		Metadata: map[string]string{keyOperation: o.Operation.String(), keyMilestone: o.Milestone.String()}}
	r, err := g.api.TransferReversals.New(p)
	if err != nil {
		return billing.Reversal{}, answer(err)
	}
	return reversal(r, o.Transfer), nil
}

func reversal(r *stripe.TransferReversal, transfer string) billing.Reversal {
	return billing.Reversal{ID: r.ID, Operation: idOf(r.Metadata[keyOperation]), Transfer: transfer, Amount: r.Amount,
		Currency: strings.ToUpper(string(r.Currency)), At: moment(r.Created)}
}

// FindReversal looks through the reversals of a transfer.
func (g *gateway) FindReversal(ctx context.Context, transfer string, operation uuid.UUID) (billing.Reversal, error) {
	i := g.api.TransferReversals.List(&stripe.TransferReversalListParams{ListParams: pages(ctx), ID: stripe.String(transfer)})
	for i.Next() {
		if r := reversal(i.TransferReversal(), transfer); r.Operation == operation {
			return r, nil
		}
	}
	return billing.Reversal{}, nothingIn(i.Err())
}
