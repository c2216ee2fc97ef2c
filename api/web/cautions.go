package web

import (
	"context"
	"slices"
	"time"

	"github.com/a-h/templ"

	"homecoming/api/web/ui"
	"homecoming/market"
)

const cautionsPath = "/cautions"

// A bidCautions is what a bid's page says about signs that need a second look.
type bidCautions struct {
	open  []market.Caution // not cleared yet
	looks []market.Look    // the latest first
}

// waiting reports whether a second look was asked for and not given yet.
func (c bidCautions) waiting() bool { return len(c.looks) > 0 && c.looks[0].State == market.LookAsked }

// addCautions reads the signs for the company's side of an open bid.
func (v *visit) addCautions(b *bidView) error {
	runs := v.who.May(market.PostTasks, b.bid.CompanyID) == nil
	if b.mine || b.bid.State != market.Open || !runs {
		return nil
	}
	found, looks, err := v.Market.BidCautions(v.ctx, v.who, b.bid.ID)
	b.cautions.looks = looks
	b.cautions.open = slices.DeleteFunc(found, func(c market.Caution) bool {
		return slices.ContainsFunc(looks, func(l market.Look) bool { return l.State == market.LookCleared && slices.Contains(l.List(), c) })
	})
	return err
}

// title says whether somebody still has to look.
func (c bidCautions) title() string {
	if len(c.open) > 0 {
		return "caution.title"
	}
	return "caution.title.over"
}

func (v *visit) postAskLook() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if _, err := v.Market.AskLook(v.ctx, v.who, id); err != nil {
		return v.retreat(err, "/bids/"+id.String())
	}
	return v.to("/bids/"+id.String(), "caution.asked")
}

func (v *visit) getCautions() error {
	looks, err := v.Market.Looks(v.ctx, v.who, v.company.ID)
	if err != nil {
		return err
	}
	return v.ok(cautionsPage(looks, v.who.PersonID, ui.Fault{}))
}

// postCaution clears or declines; a missing reason is shown at the top.
func (v *visit) postCaution() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	f := v.form()
	clear := f.text("do") == "clear"
	l, err := v.Market.ClearCautions(v.ctx, v.who, id, clear, f.text("reason"))
	if err != nil {
		looks, broken := v.Market.Looks(v.ctx, v.who, v.company.ID)
		if broken != nil {
			return broken
		}
		return v.refuse(err, func(f ui.Fault) templ.Component { return cautionsPage(looks, v.who.PersonID, f) })
	}
	return v.to(cautionsPath, "caution.done."+l.State)
}

var lookTones = map[string]ui.Tone{market.LookAsked: ui.Now, market.LookCleared: ui.Good, market.LookDeclined: ui.Bad}

func lookMark(ctx context.Context, state string) ui.Mark {
	return ui.Mark{Text: ui.T(ctx, "caution.state."+state), Tone: lookTones[state]}
}

// lookedBy and lookedAt are who spoke last about a look, and when.
func lookedBy(l market.Look) string {
	if l.DecidedByName != "" {
		return l.DecidedByName
	}
	return l.AskedByName
}

func lookedAt(l market.Look) time.Time {
	if l.DecidedAt != nil {
		return *l.DecidedAt
	}
	return l.AskedAt
}
