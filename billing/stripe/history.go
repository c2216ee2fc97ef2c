package stripe

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	"github.com/google/uuid"
	"github.com/stripe/stripe-go/v76"

	"homecoming/billing"
)

// BalanceTransactions walks the platform's balance transactions between two moments, newest first.
func (g *gateway) BalanceTransactions(ctx context.Context, from, until time.Time) iter.Seq2[billing.BalanceTransaction, error] {
	return func(yield func(billing.BalanceTransaction, error) bool) {
		p := &stripe.BalanceTransactionListParams{ListParams: pages(ctx), CreatedRange: since(from)}
		if !until.IsZero() {
			p.CreatedRange.LesserThan = until.Unix()
		}
		p.AddExpand("data.source")
		i := g.api.BalanceTransactions.List(p)
		for i.Next() {
			if !yield(balanceTransaction(i.BalanceTransaction()), nil) {
				return
			}
		}
		if i.Err() != nil {
			yield(billing.BalanceTransaction{}, answer(i.Err()))
		}
	}
}

func balanceTransaction(b *stripe.BalanceTransaction) billing.BalanceTransaction {
	out := billing.BalanceTransaction{ID: b.ID, Type: string(b.Type), Amount: b.Amount, Fee: b.Fee, Net: b.Net,
		Currency: currency(b.Currency), CreatedAt: moment(b.Created)}
	if b.Source != nil {
		out.Source, out.Milestone = b.Source.ID, causeOf(b.Source)
		switch b.Type {
		case stripe.BalanceTransactionTypeRefundFailure, stripe.BalanceTransactionTypePayoutFailure, stripe.BalanceTransactionTypePayoutCancel:
			out.Source += ":back" // the same object moved money twice
		default:
			if b.Source.Dispute != nil && b.Amount > 0 {
				out.Source += ":back"
			}
		}
	}
	return out
}

// causeOf finds the milestone that a movement is about.
func causeOf(s *stripe.BalanceTransactionSource) uuid.UUID {
	switch {
	case s.Charge != nil:
		return milestoneOf(s.Charge.Metadata, s.Charge.TransferGroup)
	case s.Transfer != nil:
		return milestoneOf(s.Transfer.Metadata, s.Transfer.TransferGroup)
	case s.Refund != nil:
		return milestoneOf(s.Refund.Metadata, "")
	case s.TransferReversal != nil:
		return milestoneOf(s.TransferReversal.Metadata, "")
	}
	return uuid.Nil
}

// Events walks what happened since a moment, newest first.
func (g *gateway) Events(ctx context.Context, accountID string, from time.Time) iter.Seq2[billing.Event, error] {
	return func(yield func(billing.Event, error) bool) {
		p := &stripe.EventListParams{ListParams: pages(ctx), CreatedRange: since(from)}
		if accountID != "" {
			p.SetStripeAccount(accountID)
		}
		i := g.api.Events.List(p)
		for i.Next() {
			e := i.Event()
			if e.Account == "" {
				e.Account = accountID
			}
			// The payload is put together again from what the list gives: the webhook's own bytes never came.
			body, err := json.Marshal(map[string]any{"id": e.ID, "object": "event", "type": e.Type, "account": e.Account,
				"api_version": e.APIVersion, "created": e.Created, "data": map[string]any{"object": e.Data.Raw}})
			if !yield(event(e, body), err) || err != nil {
				return
			}
		}
		if i.Err() != nil {
			yield(billing.Event{}, answer(i.Err()))
		}
	}
}

func event(e *stripe.Event, body []byte) billing.Event {
	out := billing.Event{ID: e.ID, Account: e.Account, Type: string(e.Type), APIVersion: e.APIVersion, CreatedAt: moment(e.Created), Payload: body}
	if e.Data != nil {
		out.Object, _ = e.Data.Object["id"].(string)
	}
	return out
}
