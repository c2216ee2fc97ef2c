package market_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/market/markettest"
)

// meeting is an event of a company, three days after the world's start.
func meeting(change ...func(*market.DraftEvent)) market.DraftEvent {
	d := market.DraftEvent{Title: "Homecoming Day", Way: market.OnSite, Place: "Hall 1", StartsAt: markettest.Start.Add(72 * time.Hour), EndsAt: markettest.Start.Add(75 * time.Hour)}
	for _, c := range change {
		c(&d)
	}
	return d
}

// openEvent is an event that is open to its audience.
func openEvent(w *markettest.World, c *markettest.Company, change ...func(*market.DraftEvent)) market.Event {
	w.Helper()
	e, err := w.Market.CreateEvent(context.Background(), c.Office, c.ID, meeting(change...))
	w.Check(err)
	e, err = w.Market.PublishEvent(context.Background(), c.Office, e.ID)
	w.Check(err)
	return e
}

func seats(n int) func(*market.DraftEvent) { return func(d *market.DraftEvent) { d.Seats = n } }

func comes(guests ...string) market.AnswerDraft {
	return market.AnswerDraft{Way: market.OnSite, Guests: guests}
}

// news lists what the letters about events tell one person, oldest first.
func news(t *testing.T, w *markettest.World, person uuid.UUID) (list []string) {
	w.Helper()
	for _, l := range lettersOf(t, w, market.LetterEvent) {
		if l.PersonID == person {
			list = append(list, fmt.Sprint(l.Facts["news"]))
		}
	}
	return list
}

func TestADraftOfAnEventIsRefusedByField(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	for field, c := range map[string]struct {
		want   error
		change func(*market.DraftEvent)
	}{
		"title":                      {market.ErrRequired, func(d *market.DraftEvent) { d.Title = "  " }},
		"description":                {market.ErrTooLong, func(d *market.DraftEvent) { d.Description = strings.Repeat("あ", 20_001) }},
		"way":                        {market.ErrNotOneOf, func(d *market.DraftEvent) { d.Way = "by post" }},
		"place":                      {market.ErrRequired, func(d *market.DraftEvent) { d.Place = "" }},
		"link":                       {market.ErrEventLink, func(d *market.DraftEvent) { d.Way, d.Link = market.Hybrid, "javascript:alert(1)" }},
		"starts_at":                  {market.ErrEventPast, func(d *market.DraftEvent) { d.StartsAt = markettest.Start }},
		"ends_at":                    {market.ErrEventTimes, func(d *market.DraftEvent) { d.EndsAt = d.StartsAt }},
		"zone":                       {market.ErrEventZone, func(d *market.DraftEvent) { d.Zone = "Local" }},
		"answer_by":                  {market.ErrAnswerBy, func(d *market.DraftEvent) { late := d.EndsAt.Add(time.Minute); d.AnswerBy = &late }},
		"capacity.on_site":           {market.ErrBetween, seats(-1)},
		"guests":                     {market.ErrBetween, func(d *market.DraftEvent) { d.Guests = 11 }},
		"audience.who":               {market.ErrNotOneOf, func(d *market.DraftEvent) { d.Audience.Who = "friends" }},
		"audience.departments[0]":    {market.ErrUnknownDepartment, func(d *market.DraftEvent) { d.Audience.Departments = []string{"Nowhere"} }},
		"audience.group":             {market.ErrCircleGroup, func(d *market.DraftEvent) { d.Audience.Departments, d.Audience.Group = []string{"Tax"}, true }},
		"audience.left_within_years": {market.ErrBetween, func(d *market.DraftEvent) { d.Audience.LeftWithinYears = 99 }},
	} {
		_, err := w.Market.CreateEvent(ctx, aoi.Office, aoi.ID, meeting(c.change))
		var p *problem.Error
		if !errors.Is(err, c.want) || !errors.As(err, &p) || p.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if n := w.Count("SELECT count(*) FROM events"); n != 0 {
		t.Errorf("%d events were written all the same", n)
	}
}

func TestAnEventReachesWhomItsAudienceSaysInListsCountsAndInvitations(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, sister, other := w.Company("Aoi"), w.Company("Sister"), w.Company("Other")
	_, err := w.Market.MakeGroup(ctx, aoi.Administrator, aoi.ID, "Group", "")
	w.Check(err)
	w.Check(w.Market.AskIntoGroup(ctx, aoi.Administrator, aoi.ID, sister.ID))
	asks, err := w.Market.GroupInvitations(ctx, sister.Administrator, sister.ID)
	w.Check(err)
	w.Check(w.Market.AnswerGroup(ctx, sister.Administrator, sister.ID, asks[0].ID, true))
	people := map[string]market.Actor{
		"tax alumna":   aoi.Alumnus("Takahashi Yumi", markettest.Worked("Tax", "2010-04-01", "2024-03-31")).Actor,
		"sales alumna": aoi.Alumnus("Sato Emi", markettest.Worked("Sales", "2015-04-01", "2018-03-31")).Actor,
		"worker":       aoi.Alumnus("Mori Kenji", markettest.Worked("Tax", "2020-04-01", "")).Actor,
		"manager":      aoi.Manager,
		"sister's":     sister.Alumnus("Kato Jun").Actor,
		"stranger":     other.Alumnus("Ito Rei").Actor,
		"kept away":    aoi.Alumnus("Abe Ryo").Actor,
	}
	_, err = w.Market.BarMember(ctx, aoi.Office, aoi.ID, people["kept away"].Grants[0].MembershipID, market.Bar{Kind: market.BlockedByCompany, Reason: "x"})
	w.Check(err)
	const staff = 5 // one in each role
	expected, events := map[string]bool{}, map[uuid.UUID]string{}
	for name, c := range map[string]struct {
		audience market.DraftCircle
		sees     []string
		n        int
	}{
		"everybody":       {market.DraftCircle{}, []string{"tax alumna", "sales alumna", "worker", "manager"}, 3 + staff},
		"alumni":          {market.DraftCircle{Who: market.ForAlumni}, []string{"tax alumna", "sales alumna"}, 2},
		"staff":           {market.DraftCircle{Who: market.ForStaff}, []string{"worker", "manager"}, 1 + staff},
		"a department":    {market.DraftCircle{Departments: []string{"Tax"}}, []string{"tax alumna", "worker"}, 2},
		"lately left":     {market.DraftCircle{Who: market.ForAlumni, LeftWithinYears: 3}, []string{"tax alumna"}, 1},
		"long there":      {market.DraftCircle{Who: market.ForAlumni, MinYears: 5}, []string{"tax alumna"}, 1},
		"alumni of group": {market.DraftCircle{Who: market.ForAlumni, Group: true}, []string{"tax alumna", "sales alumna", "sister's"}, 3},
	} {
		n, err := w.Market.EventReach(ctx, aoi.Office, aoi.ID, uuid.Nil, c.audience)
		if err != nil || n != c.n {
			t.Errorf("%s: counts %d, %v", name, n, err)
		}
		e := openEvent(w, aoi, func(d *market.DraftEvent) { d.Audience = c.audience })
		for who, actor := range people {
			want := slices.Contains(c.sees, who)
			expected[who+" "+name], events[e.ID] = want, name
			_, err = w.Market.AnswerEvent(ctx, actor, e.ID, comes())
			if want && err != nil || !want && !errors.Is(err, market.ErrNotFound) {
				t.Errorf("%s: the %s answers: %v", name, who, err)
			}
		}
		before := len(lettersOf(t, w, market.LetterEventInvitation))
		for range 2 { // nobody is asked twice, nor who has answered, nor the office that runs it
			_, err = w.Market.SendEventInvitations(ctx, e.ID)
			w.Check(err)
		}
		hosts := 0
		if list, err := w.Market.Events(ctx, aoi.Office, market.EventFilter{Limit: 100}); err != nil || slices.ContainsFunc(list, func(v market.EventView) bool { return v.ID == e.ID && v.Asked }) {
			w.Check(err)
			hosts = 1
		}
		if sent := len(lettersOf(t, w, market.LetterEventInvitation)) - before; sent != c.n-len(c.sees)-hosts {
			t.Errorf("%s: %d invitations", name, sent)
		}
	}
	for who, actor := range people {
		list, err := w.Market.Events(ctx, actor, market.EventFilter{Limit: 100})
		w.Check(err)
		for id, name := range events {
			listed := slices.ContainsFunc(list, func(v market.EventView) bool { return v.ID == id && v.Asked })
			if listed != expected[who+" "+name] {
				t.Errorf("%s: the list of the %s has it: %v", name, who, listed)
			}
		}
	}
	for _, who := range []market.Actor{aoi.Manager, people["tax alumna"]} {
		if _, err := w.Market.EventReach(ctx, who, aoi.ID, uuid.Nil, market.DraftCircle{}); !errors.Is(err, market.ErrForbidden) {
			t.Errorf("%s counts: %v", who.Name, err)
		}
	}
}

func TestAHostRunsExactlyTheirEventAndHandsItOn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi, emi := aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Sato Emi")
	mine, other := openEvent(w, aoi), openEvent(w, aoi)
	edit := func(e market.Event, who market.Actor) error {
		_, err := w.Market.EditEvent(ctx, who, e.ID, e.Version, meeting())
		return err
	}
	if err := edit(mine, yumi.Actor); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("a guest edits: %v", err)
	}
	w.Check(w.Market.AddHost(ctx, aoi.Office, mine.ID, strings.ToUpper(yumi.Email)))
	w.Check(edit(mine, yumi.Actor))
	if err := edit(other, yumi.Actor); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("a host edits another event: %v", err)
	}
	if _, err := w.Market.CreateEvent(ctx, yumi.Actor, aoi.ID, meeting()); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("a host makes another: %v", err)
	}
	if err := w.Market.AddHost(ctx, yumi.Actor, mine.ID, "nobody@x.example"); !errors.Is(err, market.ErrUnknownHost) {
		t.Errorf("nobody becomes a host: %v", err)
	}
	w.Check(w.Market.AddHost(ctx, yumi.Actor, mine.ID, emi.Email))
	w.Check(w.Market.RemoveHost(ctx, yumi.Actor, mine.ID, yumi.PersonID))
	if _, err := w.Market.RSVPs(ctx, yumi.Actor, mine.ID, ""); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("who handed it on still sees the list: %v", err)
	}
	if _, err := w.Market.RSVPs(ctx, emi.Actor, mine.ID, ""); err != nil {
		t.Error(err)
	}
	if got := news(t, w, emi.PersonID); !slices.Equal(got, []string{"host"}) {
		t.Errorf("the new host hears %v", got)
	}
	w.Exec("UPDATE memberships SET outside = true WHERE id = ?", emi.MembershipID)
	w.Exec("DELETE FROM stints WHERE membership_id = ?", emi.MembershipID)
	if _, err := w.Market.RSVPs(ctx, w.Actor(emi.PersonID), mine.ID, ""); err == nil {
		t.Error("somebody who is not of the company any more runs its event")
	}
}

func TestPlacesGoToThoseWhoWaitInTheirOrder(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	e := openEvent(w, aoi, seats(3), func(d *market.DraftEvent) { d.Guests = 2 })
	var who []markettest.Alumnus
	for _, name := range []string{"A One", "B Two", "C Three", "D Four"} {
		who = append(who, aoi.Alumnus(name))
	}
	answers := func(i int, d market.AnswerDraft) market.RSVP {
		t.Helper()
		r, err := w.Market.AnswerEvent(ctx, who[i].Actor, e.ID, d)
		w.Check(err)
		return r
	}
	if r := answers(0, comes("Guest", " ")); r.State != market.Coming || len(r.Tickets) != 2 {
		t.Fatalf("%+v", r)
	}
	answers(1, comes())
	if r := answers(2, comes("Friend")); r.State != market.AwaitingPlace || len(r.Tickets) != 0 {
		t.Errorf("over the limit: %+v", r)
	}
	answers(3, comes())
	if _, err := w.Market.AnswerEvent(ctx, who[1].Actor, e.ID, comes("More")); !errors.Is(err, market.ErrNoMoreRoom) {
		t.Errorf("a guest more than there is room for: %v", err)
	}
	answers(1, market.AnswerDraft{}) // one place: the party of two does not fit, the next in line does
	if got := news(t, w, who[3].PersonID); !slices.Equal(got, []string{"waiting", "in"}) {
		t.Errorf("the fourth hears %v", got)
	}
	answers(0, comes()) // one more
	answers(3, market.AnswerDraft{})
	if got := news(t, w, who[2].PersonID); !slices.Equal(got, []string{"waiting", "in"}) {
		t.Errorf("the third hears %v", got)
	}
	v, err := w.Market.Event(ctx, aoi.Office, e.ID)
	if w.Check(err); v.Counts.OnSite != 3 || v.Counts.Waiting() != 0 || v.Counts.Declined != 2 || v.Counts.Expected != 3 {
		t.Errorf("%+v", v.Counts)
	}
	_, err = w.Market.EditEvent(ctx, aoi.Office, e.ID, e.Version, meeting(seats(5), func(d *market.DraftEvent) { d.Place = "Hall 2" }))
	w.Check(err)
	if got := news(t, w, who[0].PersonID); !slices.Equal(got, []string{"coming", "coming", "changed"}) {
		t.Errorf("after the move the first hears %v", got)
	}
	w.Clock.Advance(76 * time.Hour)
	if _, err := w.Market.AnswerEvent(ctx, who[1].Actor, e.ID, comes()); !errors.Is(err, market.ErrAnswersClosed) {
		t.Errorf("after its end: %v", err)
	}
}

func TestAnswersAtOnceNeverExceedTheLimits(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	var who []market.Actor
	for i := range 4 {
		who = append(who, aoi.Alumnus(fmt.Sprintf("P%d Person", i)).Actor)
	}
	rapid.Check(t, func(rt *rapid.T) {
		limits := [2]int{rapid.IntRange(1, 5).Draw(rt, "seats"), rapid.IntRange(1, 5).Draw(rt, "online")}
		e := openEvent(w, aoi, seats(limits[0]), func(d *market.DraftEvent) { d.Way, d.SeatsOnline, d.Guests = market.Hybrid, limits[1], 2 })
		for range rapid.IntRange(1, 2).Draw(rt, "rounds") {
			var all []func() error
			for _, one := range who {
				d := market.AnswerDraft{Way: rapid.SampledFrom([]market.EventWay{market.OnSite, market.Online, ""}).Draw(rt, "way"), Guests: slices.Repeat([]string{"G"}, rapid.IntRange(0, 2).Draw(rt, "guests"))}
				all = append(all, func() error { _, err := w.Market.AnswerEvent(ctx, one, e.ID, d); return err })
			}
			for _, err := range w.Together(all...) {
				if err != nil && !errors.Is(err, market.ErrPartyTooLarge) && !errors.Is(err, market.ErrNoMoreRoom) {
					rt.Fatal(err)
				}
			}
			list, err := w.Market.RSVPs(ctx, aoi.Office, e.ID, "")
			w.Check(err)
			for i, way := range []market.EventWay{market.OnSite, market.Online} {
				taken, least := 0, 99
				for _, r := range list {
					switch {
					case r.Way == way && r.State == market.Coming:
						taken += 1 + len(r.Guests)
						if len(r.Tickets) != 1+len(r.Guests) {
							rt.Fatalf("%d tickets for %+v", len(r.Tickets), r)
						}
					case r.Way == way:
						least = min(least, 1+len(r.Guests))
					}
				}
				if taken > limits[i] || least <= limits[i]-taken {
					rt.Fatalf("%s: %d of %d are taken, and somebody waits for %d", way, taken, limits[i], least)
				}
			}
		}
	})
}

func TestRemindersGoOutOnceEachAndLettersTellTheEventsOwnTime(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	e := openEvent(w, aoi, func(d *market.DraftEvent) { d.Zone = "America/New_York" })
	_, err := w.Market.AnswerEvent(ctx, yumi.Actor, e.ID, comes())
	w.Check(err)
	for range 80 { // hours
		w.Clock.Advance(time.Hour)
		for range 2 {
			_, err := w.Market.RemindOfEvents(ctx)
			w.Check(err)
			_, err = w.Market.EndEvents(ctx)
			w.Check(err)
		}
	}
	if got := news(t, w, yumi.PersonID); !slices.Equal(got, []string{"coming", "day", "hour"}) {
		t.Errorf("%v", got)
	}
	if when := lettersOf(t, w, market.LetterEvent)[0].Facts["when"]; when != "2026-11-25 19:30–22:30 (America/New_York)" {
		t.Errorf("the letter says %v", when)
	}
	if v, err := w.Market.Event(ctx, yumi.Actor, e.ID); err != nil || v.State != market.EventOver {
		t.Errorf("%s, %v", v.State, err)
	}
	if _, err := w.Market.CancelEvent(ctx, aoi.Office, e.ID, "too late"); !errors.Is(err, market.ErrEventState) {
		t.Errorf("an event that is over was called off: %v", err)
	}
}

func TestWhoComesIsToldWhyAnEventIsCalledOff(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi, emi := aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Sato Emi")
	e := openEvent(w, aoi)
	_, err := w.Market.AnswerEvent(ctx, yumi.Actor, e.ID, comes())
	w.Check(err)
	_, err = w.Market.AnswerEvent(ctx, emi.Actor, e.ID, market.AnswerDraft{})
	w.Check(err)
	if _, err := w.Market.CancelEvent(ctx, aoi.Office, e.ID, " "); !errors.Is(err, market.ErrRequired) {
		t.Errorf("without a reason: %v", err)
	}
	_, err = w.Market.CancelEvent(ctx, aoi.Office, e.ID, "A typhoon.")
	w.Check(err)
	if got := news(t, w, yumi.PersonID); !slices.Equal(got, []string{"coming", "canceled"}) || len(news(t, w, emi.PersonID)) != 0 {
		t.Errorf("%v, %v", got, news(t, w, emi.PersonID))
	}
	letters := lettersOf(t, w, market.LetterEvent)
	if reason := letters[len(letters)-1].Facts["reason"]; reason != "A typhoon." {
		t.Errorf("the reason is %v", reason)
	}
}

func TestTheMeetingsAddressIsForThoseWhoComeFromItsTimeOn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	from := markettest.Start.Add(48 * time.Hour)
	e := openEvent(w, aoi, func(d *market.DraftEvent) {
		d.Way, d.Link, d.LinkFrom = market.Hybrid, "https://meet.example/x", &from
	})
	link := func(who market.Actor) string {
		v, err := w.Market.Event(ctx, who, e.ID)
		w.Check(err)
		return v.MeetingLink(w.Clock.Now())
	}
	before := link(yumi.Actor)
	_, err := w.Market.AnswerEvent(ctx, yumi.Actor, e.ID, market.AnswerDraft{Way: market.Online})
	w.Check(err)
	early := link(yumi.Actor)
	w.Clock.Advance(48 * time.Hour)
	if later := link(yumi.Actor); before != "" || early != "" || later != "https://meet.example/x" || link(aoi.Manager) != "" || link(aoi.Office) == "" {
		t.Errorf("%q, %q, %q", before, early, later)
	}
	file, err := w.Market.EventFile(ctx, aoi.Manager, e.ID)
	if w.Check(err); strings.Contains(string(file), "meet.example") {
		t.Error("the calendar file of somebody who does not come has the address")
	}
}
