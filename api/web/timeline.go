package web

import (
	"context"

	"homecoming/api/web/ui"
	"homecoming/market"
)

const timelinePath = "/profile/timeline"

// An ownTimeline is what happened between the reader and one company.
type ownTimeline struct {
	company string
	moments []market.Moment
}

func (v *visit) getTimelines() error {
	p, err := v.Market.Profile(v.ctx, v.who)
	if err != nil {
		return err
	}
	all := make([]ownTimeline, 0, len(p.Memberships))
	for _, at := range p.Memberships {
		m, err := v.Market.Member(v.ctx, v.who, at.ID)
		if err != nil {
			return err
		}
		t := ownTimeline{company: at.CompanyName}
		if t.moments, err = v.Market.Timeline(v.ctx, v.who, m); err != nil {
			return err
		}
		all = append(all, t)
	}
	return v.ok(timelinesPage(all))
}

// leads is the page that a moment is about, for its own person or for somebody of the company's; empty where there is none.
func leads(m market.Moment, own bool) string {
	switch m.Kind {
	case market.WorkAgreed, market.WorkDone, market.WorkEnded:
		return "/contracts/" + m.Ref.String()
	case market.CustomerNamed, market.CustomerWon:
		return referralsPath + "/" + m.Ref.String()
	case market.HostedEvent, market.HostsEvent, market.CameToEvent, market.ComesToEvent:
		return eventsPath + "/" + m.Ref.String()
	case market.WouldReturn, market.ReturnedToWork:
		if own {
			return myReturnPath
		}
		return returnAt(m.Ref)
	}
	return ""
}

// momentText is what happened, in the reader's language.
func momentText(ctx context.Context, m market.Moment, own bool) string {
	if own && known("timeline.own."+string(m.Kind)) {
		return ui.T(ctx, "timeline.own."+string(m.Kind))
	}
	return ui.T(ctx, "timeline."+string(m.Kind))
}

func momentTitle(ctx context.Context, m market.Moment) string {
	return inLanguage(ui.FrameOf(ctx).Language, m.TitleEN, m.Title)
}
