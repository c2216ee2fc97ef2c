package web

import (
	"context"

	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/market"
)

const sweepsPath = "/sweeps"

// A sweepView is one sweep as an operator sees it.
type sweepView struct {
	billing.Sweep
	me uuid.UUID
}

func sweepPath(id uuid.UUID) string { return sweepsPath + "/" + id.String() }

func (v *visit) getSweeps() error {
	list, err := v.Billing.Sweeps(v.ctx, v.who)
	if err != nil {
		return err
	}
	earned, err := v.Billing.Unswept(v.ctx, v.who, "JPY")
	if err != nil {
		return err
	}
	asked, err := v.Billing.Concessions(v.ctx, v.who)
	if err != nil {
		return err
	}
	return v.ok(sweepsPage(earned, list, asked, v.who.PersonID))
}

// postConcession says yes or no to what a company asked for at the platform's cost, or takes one's own asking back.
func (v *visit) postConcession() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	do := v.form().text("do")
	if err := v.Billing.DecideConcession(v.ctx, v.who, id, do); err != nil {
		return v.retreat(err, sweepsPath)
	}
	return v.to(sweepsPath, "approval.done."+do)
}

// forOperators says who decides about what costs the platform; empty where the company does.
func forOperators(ctx context.Context, costsPlatform bool) string {
	if !costsPlatform {
		return ""
	}
	return ui.T(ctx, "concession.operator")
}

func (v *visit) postSweeps() error {
	w, err := v.Billing.ProposeSweep(v.ctx, v.who, "JPY")
	if err != nil {
		return v.retreat(err, sweepsPath)
	}
	return v.to(sweepPath(w.ID), "sweep.proposed")
}

func (v *visit) getSweep() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	w, err := v.Billing.SweepByID(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	return v.ok(sweepPage(sweepView{w, v.who.PersonID}))
}

// postSweep sends what somebody else proposed, or says no.
func (v *visit) postSweep() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	do := v.form().text("do")
	switch do {
	case "approve":
		_, err = v.Billing.ApproveSweep(v.ctx, v.who, id)
	case "decline":
		_, err = v.Billing.DeclineSweep(v.ctx, v.who, id)
	default:
		return market.ErrNotFound
	}
	if err != nil {
		return v.retreat(err, sweepPath(id))
	}
	return v.to(sweepPath(id), "sweep.done."+do)
}

var sweepTones = map[billing.SweepState]ui.Tone{billing.SweepProposed: ui.Warn, billing.SweepSending: ui.Now, billing.SweepInTransit: ui.Now,
	billing.SweepPaid: ui.Good, billing.SweepFailed: ui.Bad, billing.SweepRejected: ui.Bad}

func sweepMark(ctx context.Context, s billing.SweepState) ui.Mark {
	return ui.Mark{Text: ui.T(ctx, "sweep.state."+string(s)), Tone: sweepTones[s]}
}

// sweepSum is what a sweep comes to.
func sweepSum(w billing.Sweep) string {
	return market.Money{Amount: w.Amount, Currency: w.Currency}.String()
}

// decided says who decided about a sweep; empty while nobody has.
func decided(ctx context.Context, w billing.Sweep) string {
	if w.DecidedByName == "" {
		return ""
	}
	return ui.T(ctx, "sweep.decided.by", "name", w.DecidedByName)
}

// arrives says when a sweep is at the bank.
func arrives(ctx context.Context, w billing.Sweep) string {
	if w.ArrivesOn == nil || w.State != billing.SweepInTransit && w.State != billing.SweepPaid {
		return ""
	}
	return ui.T(ctx, "sweep.arrives", "day", ui.ShortDay(ctx, *w.ArrivesOn))
}
