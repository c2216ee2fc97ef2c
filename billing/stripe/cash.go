package stripe

import (
	"context"
	"iter"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/stripe/stripe-go/v76"

	"homecoming/billing"
)

// CashMovements walks a customer's cash balance transactions, newest first. Stripe offers no range for them, so the walk
// ends by itself where they become older than asked for.
func (g *gateway) CashMovements(ctx context.Context, customerID string, from time.Time) iter.Seq2[billing.CashMovement, error] {
	return func(yield func(billing.CashMovement, error) bool) {
		i := g.api.CustomerCashBalanceTransactions.List(&stripe.CustomerCashBalanceTransactionListParams{ListParams: pages(ctx), Customer: stripe.String(customerID)})
		for i.Next() {
			m := cashMovement(i.CustomerCashBalanceTransaction(), customerID)
			if m.At.Before(from.Truncate(time.Second)) || !yield(m, nil) {
				return
			}
		}
		if i.Err() != nil {
			yield(billing.CashMovement{}, answer(i.Err()))
		}
	}
}

func cashMovement(t *stripe.CustomerCashBalanceTransaction, customerID string) billing.CashMovement {
	m := billing.CashMovement{ID: t.ID, Customer: customerID, Kind: billing.CashKind(t.Type), Amount: t.NetAmount, Balance: t.EndingBalance,
		Currency: currency(t.Currency), At: moment(t.Created)}
	switch {
	case t.AppliedToPayment != nil && t.AppliedToPayment.PaymentIntent != nil:
		m.Intent = t.AppliedToPayment.PaymentIntent.ID
	case t.UnappliedFromPayment != nil && t.UnappliedFromPayment.PaymentIntent != nil:
		m.Intent = t.UnappliedFromPayment.PaymentIntent.ID
	case t.Funded != nil && t.Funded.BankTransfer != nil:
		m.Reference = t.Funded.BankTransfer.Reference
		if jp := t.Funded.BankTransfer.JPBankTransfer; jp != nil {
			m.Sender = jp.SenderName
		}
	}
	return m
}

// ReturnCash is a refund out of the cash balance. Stripe asks for the bank account by mail where it does not know it.
func (g *gateway) ReturnCash(ctx context.Context, key string, o billing.CashReturn) (billing.Refund, error) {
	p := &stripe.RefundParams{Params: with(ctx, key), Origin: stripe.String("customer_balance"), Customer: stripe.String(o.Customer),
		Amount: stripe.Int64(o.Amount), Currency: stripe.String(strings.ToLower(o.Currency)), Metadata: map[string]string{keyOperation: o.Operation.String()}}
	if o.Email != "" {
		p.InstructionsEmail = stripe.String(o.Email)
	}
	r, err := g.api.Refunds.New(p)
	if err != nil {
		return billing.Refund{}, answer(err)
	}
	return refund(r), nil
}

// FindReturn looks through the refunds made since a moment.
func (g *gateway) FindReturn(ctx context.Context, operation uuid.UUID, from time.Time) (billing.Refund, error) {
	i := g.api.Refunds.List(&stripe.RefundListParams{ListParams: pages(ctx), CreatedRange: since(from.Add(-skew))})
	for i.Next() {
		if r := refund(i.Refund()); r.Operation == operation {
			return r, nil
		}
	}
	return billing.Refund{}, nothingIn(i.Err())
}
