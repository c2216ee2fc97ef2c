package web

import (
	"context"

	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/market"
	"homecoming/matching"
)

// minus writes an amount that is taken away; nothing is taken away as ¥0.
func minus(m market.Money) string {
	if m.Amount > 0 {
		m.Amount = -m.Amount
	}
	return m.String()
}

// alumnusSums are the amounts that the person who is paid cares for.
func alumnusSums(ctx context.Context, q billing.Quote, category string) []ui.Sum {
	list := []ui.Sum{{Label: ui.T(ctx, "money.fee"), Amount: q.Money(q.Fee).String()}, {Label: ui.T(ctx, "money.tax"), Amount: "+" + q.Money(q.Tax).String()}}
	if q.Withheld > 0 || category != "none" {
		list = append(list, ui.Sum{Label: ui.T(ctx, "money.withheld"), Amount: minus(q.Money(q.Withheld))})
	}
	return append(list, ui.Sum{Label: ui.T(ctx, "money.net"), Amount: q.Money(q.Net).String(), Total: true})
}

// companySums are the amounts that the company cares for: the charge and what it is made of.
func companySums(ctx context.Context, q billing.Quote) []ui.Sum {
	list := alumnusSums(ctx, q, "")
	list[len(list)-1] = ui.Sum{Label: ui.T(ctx, "money.net.company"), Amount: q.Money(q.Net).String()}
	return append(list, ui.Sum{Label: ui.T(ctx, "money.platform"), Amount: "+" + q.Money(q.PlatformFee+q.PlatformTax).String()},
		ui.Sum{Label: ui.T(ctx, "money.charge"), Amount: q.Money(q.Charge).String(), Total: true})
}

// offerFacts are the few words about a task in the feed.
func offerFacts(ctx context.Context, o matching.Offer) []string { return taskFacts(ctx, o.Task, nil) }
