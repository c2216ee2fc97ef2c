package web

import (
	"context"
	"net/url"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/api/web/words"
	"homecoming/market"
)

func relationNames() []string {
	names := make([]string, len(market.Relations))
	for i, r := range market.Relations {
		names[i] = string(r)
	}
	return names
}

// chooseLink is the form for one of the programmes, with the event remembered.
func chooseLink(f referralForm, p market.ReferralProgramme) string {
	q := url.Values{"programme": {p.ID.String()}}
	if f.EventID != uuid.Nil {
		q.Set("event", f.EventID.String())
	}
	return referralsPath + "/new?" + q.Encode()
}

// chooseAgain leads back to the programmes.
func chooseAgain(f referralForm) string { return referFrom(f.EventID) }

// referFrom is where an introduction begins, of somebody who was met at an event.
func referFrom(event uuid.UUID) string {
	if event == uuid.Nil {
		return referralsPath + "/new"
	}
	return referralsPath + "/new?event=" + event.String()
}

// crumb leads back to the list from which the reader has come, as far as one can tell.
func (p referralView) crumb(ctx context.Context) ui.Crumb {
	if p.mine || !p.follow {
		return ui.Crumb{Href: referralsPath, Label: ui.T(ctx, "nav.referrals")}
	}
	return ui.Crumb{Href: boardPath, Label: ui.T(ctx, "referral.board")}
}

func (p referralView) stageOptions(ctx context.Context) []ui.Option {
	var list []ui.Option
	for _, s := range p.stages {
		list = append(list, ui.Option{Value: s.ID.String(), Label: s.In(string(ui.FrameOf(ctx).Language))})
	}
	return list
}

func (p referralView) ownerOptions(ctx context.Context) []ui.Option {
	list := []ui.Option{{Label: ui.T(ctx, "referral.owner.none")}}
	for _, m := range p.owners {
		if m.PersonID != p.PersonID {
			list = append(list, ui.Option{Value: m.PersonID.String(), Label: m.Name})
		}
	}
	return list
}

func (p referralView) ownerID() string {
	if p.OwnerID == nil {
		return ""
	}
	return p.OwnerID.String()
}

// feePeriod is the month of a share, or that the fee is paid once.
func feePeriod(ctx context.Context, f market.ReferralFee) string {
	if d, err := civil.ParseDate(f.Period + "-01"); err == nil {
		return words.Month(ui.FrameOf(ctx).Language, d)
	}
	return ui.T(ctx, "referral.period.once")
}
