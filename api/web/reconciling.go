package web

import (
	"context"

	"cloud.google.com/go/civil"

	"homecoming/api/web/ui"
	"homecoming/api/web/words"
	"homecoming/billing"
	"homecoming/internal/jobs"
	"homecoming/market"
)

// headline says how a reconciliation came out: November 2026: 412 matched, 2 need you.
func headline(ctx context.Context, r billing.Reconciliation) string {
	switch {
	case !ended(r.State):
		return ui.T(ctx, "reconcile.running")
	case r.State == jobs.Failed:
		return ui.T(ctx, "reconcile.stopped")
	case r.Open == 0:
		return ui.T(ctx, "reconcile.headline.clean", "month", span(ctx, r.From, r.To), "n", r.Matched)
	}
	return ui.T(ctx, "reconcile.headline", "month", span(ctx, r.From, r.To), "n", r.Matched, "m", r.Open)
}

func reconciliationMark(ctx context.Context, r billing.Reconciliation) ui.Mark {
	switch {
	case !ended(r.State):
		return ui.Mark{Text: ui.T(ctx, "reconcile.state.running"), Tone: ui.Now}
	case r.State == jobs.Failed:
		return ui.Mark{Text: ui.T(ctx, "reconcile.stopped"), Tone: ui.Bad}
	case r.Open > 0:
		return ui.Mark{Text: ui.T(ctx, "reconcile.state.open", "n", r.Open), Tone: ui.Warn}
	}
	return ui.Mark{Text: ui.T(ctx, "reconcile.state.clean"), Tone: ui.Good}
}

// ageMark ages something in days: the older, the warmer.
func ageMark(ctx context.Context, days int) ui.Mark {
	switch {
	case days <= 1:
		return ui.Mark{Text: ui.T(ctx, "age.today"), Tone: ui.Now}
	case days <= 5:
		return ui.Mark{Text: ui.T(ctx, "age.days", "n", days), Tone: ui.Warn}
	}
	return ui.Mark{Text: ui.T(ctx, "age.days", "n", days), Tone: ui.Bad}
}

func month(ctx context.Context, d civil.Date) string {
	return words.Month(ui.FrameOf(ctx).Language, d)
}

// span names the days compared: their month where they are of one, both ends otherwise.
func span(ctx context.Context, from, to civil.Date) string {
	if from.Year == to.Year && from.Month == to.Month {
		return month(ctx, to)
	}
	return ui.ShortDay(ctx, from) + " – " + ui.ShortDay(ctx, to)
}

// sumOf adds all accounts, by currency of the first: a balanced ledger gives nothing.
func sumOf(accounts []billing.AccountBalance) string {
	var sum int64
	for _, a := range accounts {
		sum += a.Debit - a.Credit
	}
	return market.Money{Amount: sum, Currency: accounts[0].Currency}.String()
}
