package web

import (
	"context"
	"strconv"

	"cloud.google.com/go/civil"

	"homecoming/api/web/ui"
	"homecoming/billing"
)

const lawPath = "/money/law"

func (v *visit) getLaw() error {
	d, err := v.Billing.Duties(v.ctx, v.who, v.company.ID)
	if err != nil {
		return err
	}
	return v.ok(lawPage(d))
}

// soonDays is how far ahead "soon" reaches on the page.
const soonDays = 7

// dutyTiles are what is looked at first: how much is late, how much is near, and how the company has paid.
func dutyTiles(ctx context.Context, d billing.Duties) []ui.Sum {
	p := d.Punctuality
	note := ui.T(ctx, "law.punctual.none")
	if p.Paid > 0 {
		note = ui.T(ctx, "law.punctual.note", "n", p.InTime, "all", p.Paid)
	}
	if p.WorstLate > 0 {
		note += " " + ui.T(ctx, "law.punctual.worst", "days", p.WorstLate)
	}
	return []ui.Sum{
		{Label: ui.T(ctx, "law.late"), Amount: strconv.Itoa(len(d.Late())), Note: ui.T(ctx, "law.late.note")},
		{Label: ui.T(ctx, "law.soon", "days", soonDays), Amount: strconv.Itoa(len(d.Soon(soonDays))), Note: ui.T(ctx, "law.soon.note")},
		{Label: ui.T(ctx, "law.punctual"), Amount: strconv.Itoa(p.Percent()) + " %", Note: note},
	}
}

// dutyMark says how much time is left.
func dutyMark(ctx context.Context, o billing.Obligation) ui.Mark {
	switch {
	case o.Late():
		return ui.Mark{Text: ui.T(ctx, "law.days.late", "n", -o.Left), Tone: ui.Bad}
	case o.Left == 0:
		return ui.Mark{Text: ui.T(ctx, "law.days.today"), Tone: ui.Bad}
	case o.Left <= soonDays:
		return ui.Mark{Text: ui.T(ctx, "law.days.left", "n", o.Left), Tone: ui.Now}
	}
	return ui.Mark{Text: ui.T(ctx, "law.days.left", "n", o.Left)}
}

// dutyTitle is what the obligation is about; a month of withheld tax says itself.
func dutyTitle(ctx context.Context, o billing.Obligation) string {
	first, err := civil.ParseDate(o.Title + "-01")
	if o.Kind != billing.PayWithheld || err != nil {
		return o.Title
	}
	return ui.T(ctx, "law.duty.month", "month", month(ctx, first))
}

// dutyDo says what to do about it.
func dutyDo(ctx context.Context, o billing.Obligation) string {
	if o.Kind != billing.PayFee {
		return ui.T(ctx, "law.do."+string(o.Kind))
	}
	switch {
	case o.HoldReason != "":
		return ui.T(ctx, "law.do.pay_fee.waits")
	case o.State == billing.MilestoneAccepted || o.State == billing.MilestoneReleasing:
		return ui.T(ctx, "law.do.pay_fee.moving")
	}
	return ui.T(ctx, "law.do.pay_fee")
}
