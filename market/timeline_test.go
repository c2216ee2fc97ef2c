package market_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/market"
	"homecoming/market/markettest"
)

// timelineOf reads what somebody is told of a member.
func timelineOf(w *markettest.World, who market.Actor, membership uuid.UUID) (kinds []market.MomentKind) {
	w.Helper()
	m, err := w.Market.Member(context.Background(), who, membership)
	w.Check(err)
	all, err := w.Market.Timeline(context.Background(), who, m)
	w.Check(err)
	if !slices.IsSortedFunc(all, func(a, b market.Moment) int { return b.At.Compare(a.At) }) {
		w.Errorf("out of order: %+v", all)
	}
	for _, at := range all {
		kinds = append(kinds, at.Kind)
	}
	return kinds
}

// shared has one of everything happen between a company and one of its alumni.
func shared(w *markettest.World, c *markettest.Company, a markettest.Alumnus) {
	w.Helper()
	task := c.Task("Close the books", 300_000)
	bid := w.Bid(a, task, 280_000)
	w.Exec(`INSERT INTO contracts (id, company_id, number, task_id, bid_id, membership_id, person_id, state, title, amount, currency, deliver_on, manager_id, created_at, completed_at)
		VALUES (?, ?, 1, ?, ?, ?, ?, 'completed', 'Close the books', 1, 'JPY', now(), ?, now(), now() + interval '1 day')`, uuid.New(), c.ID, task.ID, bid.ID, a.MembershipID, a.PersonID, c.Manager.PersonID)
	wouldReturn(w, a, c)
	evening, past := uuid.New(), w.Clock.Now().Add(-48*time.Hour)
	w.Exec(`INSERT INTO events (id, company_id, title, way, starts_at, ends_at, zone, audience, state, created_by, created_at, updated_at)
		VALUES (?, ?, 'An evening', 'on_site', ?, ?, 'Asia/Tokyo', '{"kind": "members"}', 'over', ?, now(), now())`, evening, c.ID, past, past.Add(time.Hour), c.Office.PersonID)
	rsvp := uuid.New()
	w.Exec("INSERT INTO rsvps (id, event_id, company_id, person_id, state, way, answered_at, updated_at) VALUES (?, ?, ?, ?, 'coming', 'on_site', now(), now())", rsvp, evening, c.ID, a.PersonID)
	w.Exec("INSERT INTO event_tickets (code, event_id, company_id, rsvp_id, position, came_at) VALUES (?, ?, ?, ?, 0, now())", rsvp.String(), evening, c.ID, rsvp)
}

// Each kind of moment is seen by exactly those who see the list that it stands in.
func TestATimelineShowsNobodyMoreThanTheListsDo(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	shared(w, aoi, yumi)
	work, event, back := market.WorkDone, market.CameToEvent, market.WouldReturn
	token := yumi.Actor
	token.Scopes = []market.Scope{market.Reading("people"), market.Reading("events")}
	for name, c := range map[string]struct {
		who           market.Actor
		sees, notSees []market.MomentKind
	}{
		"herself":                     {yumi.Actor, []market.MomentKind{market.CameToCompany, market.LeftCompany, market.WorkAgreed, work, event, back}, nil},
		"her token for people":        {token, []market.MomentKind{market.LeftCompany, event, back}, []market.MomentKind{work, market.WorkAgreed}},
		"the alumni office":           {aoi.Office, []market.MomentKind{event, back}, []market.MomentKind{work, market.WorkAgreed}},
		"a manager":                   {aoi.Manager, []market.MomentKind{work, market.WorkAgreed}, []market.MomentKind{event, back}},
		"the company's administrator": {aoi.Administrator, []market.MomentKind{work, event, back}, nil},
	} {
		kinds := timelineOf(w, c.who, yumi.MembershipID)
		for _, k := range c.sees {
			if !slices.Contains(kinds, k) {
				t.Errorf("%s does not see %s: %v", name, k, kinds)
			}
		}
		for _, k := range c.notSees {
			if slices.Contains(kinds, k) {
				t.Errorf("%s sees %s", name, k)
			}
		}
	}
}

func TestATimelineIsOneCompanysAlone(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	yumi := aoi.Alumnus("Takahashi Yumi")
	there := ben.Alumnus("Takahashi Yumi").MembershipID
	shared(w, aoi, yumi)
	for _, k := range timelineOf(w, ben.Administrator, there) {
		if k != market.CameToCompany && k != market.LeftCompany && k != market.JoinedNetwork && k != market.AskedToJoin {
			t.Errorf("Ben is told of %s, which was at Aoi", k)
		}
	}
}
