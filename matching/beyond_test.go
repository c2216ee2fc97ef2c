package matching_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/market"
	"homecoming/market/markettest"
	"homecoming/matching"
	"homecoming/matching/postgres"
)

// A neighbourhood is three companies, two of them partners, with people who left some of them.
type neighbourhood struct {
	*markettest.World
	s         *matching.Service
	companies []*markettest.Company
	people    []neighbour
}

type neighbour struct {
	market.Actor
	at map[uuid.UUID]uuid.UUID // memberships by company
}

func newNeighbourhood(t *testing.T) *neighbourhood {
	w := markettest.New(t)
	n := &neighbourhood{World: w, s: matching.New(w.DB, w.Clock, postgres.New(w.DB))}
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	for _, name := range []string{"Aoi", "Midori", "Kiiro"} {
		n.companies = append(n.companies, w.Company(name))
	}
	w.Ally(n.companies[0], n.companies[1])
	return n
}

// neighbour is somebody who worked at these companies, shown so far beyond them.
func (n *neighbourhood) neighbour(name string, shown market.ShownTo, at ...*markettest.Company) neighbour {
	n.Helper()
	p := neighbour{at: map[uuid.UUID]uuid.UUID{}}
	for _, c := range at {
		a := c.Alumnus(name)
		p.Actor, p.at[c.ID] = a.Actor, a.MembershipID
	}
	n.Check(n.Market.SetShownTo(context.Background(), p.Actor, shown, market.ShownWording))
	p.Actor = n.Actor(p.PersonID)
	n.people = append(n.people, p)
	return p
}

func (n *neighbourhood) rank(c *markettest.Company, task uuid.UUID) []matching.Candidate {
	n.Helper()
	r, err := n.s.Rank(context.Background(), c.Manager, task, matching.Query{Limit: 100})
	n.Check(err)
	if !r.Certificate.Exact {
		n.Errorf("the list is not exact: %+v", r.Certificate)
	}
	return r.Items
}

func open(kind market.VisibilityKind) func(*market.TaskDraft) {
	return func(d *market.TaskDraft) { d.Visibility = market.DraftVisibility{Kind: kind} }
}

func TestSomebodyFromOutsideIsFoundInvitedAndBids(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	n := newNeighbourhood(t)
	aoi, midori := n.companies[0], n.companies[1]
	own := n.neighbour("Takahashi Yumi", market.ShownToNobody, aoi)
	ken := n.neighbour("Mori Kenji", market.ShownToPartners, midori)
	n.neighbour("Sato Ana", market.ShownToNobody, midori) // did not agree
	task := aoi.Task("Close the books", 300_000, open(market.ToPartners))

	items := n.rank(aoi, task.ID)
	if len(items) != 2 || items[0].MembershipID != own.at[aoi.ID] || items[1].MembershipID != ken.PersonID {
		t.Fatalf("%+v", items)
	}
	him := items[1]
	if !him.Person.Outside || len(him.Person.From) != 1 || him.Person.From[0].EN != "Midori" || him.Parts.Tenure != 0 || him.Parts.Department != 0 {
		t.Errorf("%+v", him)
	}
	offer, err := n.s.ScoreFor(ctx, ken.Actor, task.ID)
	n.Check(err)
	if offer.Score != him.Score {
		t.Errorf("he sees %v, the manager %v", offer.Score, him.Score)
	}
	invited, err := n.Market.Invite(ctx, aoi.Manager, task.ID, []uuid.UUID{ken.PersonID})
	n.Check(err)
	again, err := n.Market.Invite(ctx, aoi.Manager, task.ID, []uuid.UUID{ken.PersonID, invited[0].MembershipID})
	if err != nil || len(again) != 1 {
		t.Errorf("invited twice: %+v, %v", again, err)
	}
	items = n.rank(aoi, task.ID)
	if len(items) != 2 || items[1].MembershipID != invited[0].MembershipID || items[1].Score != him.Score || items[1].Parts.Tenure != 0 {
		t.Errorf("his membership does not take his place: %+v", items)
	}
	bid, err := n.Market.PlaceBid(ctx, n.Actor(ken.PersonID), task.ID, markettest.Terms(200_000, n.Today().AddDays(20)))
	if err != nil || bid.MembershipID != invited[0].MembershipID {
		t.Errorf("%+v, %v", bid, err)
	}
	if own := aoi.Task("Ours alone", 100_000); len(n.rank(aoi, own.ID)) != 1 {
		t.Error("somebody from outside is a candidate for our own alumni's task")
	}
	if list, err := n.Market.People(ctx, aoi.Manager, market.PeopleFilter{CompanyID: aoi.ID}); err != nil || len(list) != 1 {
		t.Errorf("the directory has %d people, %v", len(list), err)
	}
	if who := n.Actor(ken.PersonID); who.InNetwork(aoi.ID) || who.May(market.SeePeople, aoi.ID) == nil {
		t.Error("a bid opened the company's network")
	}
}

func TestEndingAPartnershipOrAConsentTakesPeopleOutAtOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	n := newNeighbourhood(t)
	aoi, midori, kiiro := n.companies[0], n.companies[1], n.companies[2]
	ken := n.neighbour("Mori Kenji", market.ShownToPartners, midori)
	n.neighbour("Sato Ana", market.ShownToEveryone, kiiro)
	wide, partners := aoi.Task("Anybody", 300_000, open(market.ToEveryone)), aoi.Task("Partners", 300_000, open(market.ToPartners))
	counts := func(anybody, ofPartners int) {
		t.Helper()
		if a, p := len(n.rank(aoi, wide.ID)), len(n.rank(aoi, partners.ID)); a != anybody || p != ofPartners {
			t.Errorf("%d and %d, want %d and %d", a, p, anybody, ofPartners)
		}
	}
	counts(2, 1)
	n.drain()
	counts(2, 1)
	list, err := n.Market.Partnerships(ctx, midori.Administrator, midori.ID)
	n.Check(err)
	_, err = n.Market.EndPartner(ctx, midori.Administrator, midori.ID, list[0].ID)
	n.Check(err)
	counts(1, 0)
	n.Ally(midori, aoi)
	counts(2, 1)
	n.Check(n.Market.SetShownTo(ctx, ken.Actor, market.ShownToNobody, ""))
	counts(1, 0)
	n.drain()
	counts(1, 0)
}

// TestACompanysOwnConstantsHoldForPeopleFromOutside: their documents are written by the house's.
func TestACompanysOwnConstantsHoldForPeopleFromOutside(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	n := newNeighbourhood(t)
	aoi, midori := n.companies[0], n.companies[1]
	n.neighbour("Mori Kenji", market.ShownToEveryone, midori)
	task := aoi.Task("Anybody", 300_000, open(market.ToEveryone))
	n.drain()
	f, err := n.s.FormulaOf(ctx, aoi.Administrator, aoi.ID)
	n.Check(err)
	own := f.Constants()
	own.Record, own.Tenure = own.Record+500, own.Tenure-500
	_, err = n.s.SetConstants(ctx, aoi.Administrator, aoi.ID, f.Version, own)
	n.Check(err)
	if items := n.rank(aoi, task.ID); len(items) != 1 || items[0].Parts.Record != 1125 {
		t.Errorf("%+v", items)
	}
}

func (n *neighbourhood) drain() {
	n.Helper()
	_, err := n.s.Drain(context.Background())
	n.Check(err)
}

// TestAFlagEndsWithItsDay: nobody touches the person when it does.
func TestAFlagEndsWithItsDay(t *testing.T) {
	t.Parallel()
	n := newNeighbourhood(t)
	aoi, midori := n.companies[0], n.companies[1]
	task := aoi.Task("Anybody", 300_000, open(market.ToEveryone))
	for _, p := range []neighbour{n.neighbour("Takahashi Yumi", market.ShownToNobody, aoi), n.neighbour("Mori Kenji", market.ShownToEveryone, midori)} {
		id := p.PersonID
		if membership, ok := p.at[aoi.ID]; ok {
			id = membership
		}
		tomorrow, after := n.Today().AddDays(1), n.Today().AddDays(2)
		_, err := n.Market.BarMember(context.Background(), aoi.Office, aoi.ID, id, market.Bar{Kind: market.InConflict, FromOn: tomorrow, UntilOn: &after, Reason: "audits us"})
		n.Check(err)
	}
	for day, want := range []int{2, 0, 0, 2} {
		if day < 2 {
			n.drain()
		}
		if got := len(n.rank(aoi, task.ID)); got != want {
			t.Errorf("on day %d %d are candidates, want %d", day, got, want)
		}
		n.Clock.Advance(24 * time.Hour)
	}
}

// TestEveryDoorAgreesOnWhomATaskReaches draws tasks, people and what keeps them apart: the ranking, the count, a person's own
// score and feed, bids and, from outside, invitations give the same answer about everybody.
func TestEveryDoorAgreesOnWhomATaskReaches(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	n := newNeighbourhood(t)
	for i := range 14 {
		at := []*markettest.Company{n.companies[r.IntN(3)]}
		if other := n.companies[r.IntN(3)]; other != at[0] && r.IntN(2) == 0 {
			at = append(at, other)
		}
		shown := []market.ShownTo{market.ShownToNobody, market.ShownToPartners, market.ShownToEveryone}[r.IntN(3)]
		p := n.neighbour(fmt.Sprintf("Mori P%d", i), shown, at...)
		if r.IntN(3) == 0 {
			c := n.companies[r.IntN(3)]
			kind := []market.BarKind{market.BlockedByPerson, market.BlockedByCompany, market.InConflict}[r.IntN(3)]
			n.Exec("INSERT INTO bars (id, company_id, person_id, kind, from_on, made_by, made_at) VALUES (?, ?, ?, ?, ?, ?, now())",
				uuid.New(), c.ID, p.PersonID, kind, n.Today().AddDays(r.IntN(2)), p.PersonID)
		}
	}
	n.Check(n.s.Reindex(ctx, nil))
	for range 12 {
		c := n.companies[r.IntN(3)]
		task := c.Task("A task", 100_000, n.audience(r, c))
		items := n.rank(c, task.ID) // with changes that the index has not seen
		n.drain()
		if again := n.rank(c, task.ID); !slices.EqualFunc(items, again, func(a, b matching.Candidate) bool { return a.MembershipID == b.MembershipID }) {
			t.Errorf("seed %d: %d listed, and %d after the index has seen the changes", seed, len(items), len(again))
		}
		reached, err := n.s.TaskReaches(ctx, c.Manager, task.ID)
		n.Check(err)
		if reached.Alumni+reached.Outside != len(items) {
			t.Errorf("seed %d: %+v lists %d and counts %+v", seed, task.Visibility, len(items), reached)
		}
		for _, p := range n.people {
			id := p.PersonID
			membership, own := p.at[c.ID]
			if own {
				id = membership
			}
			listed := slices.ContainsFunc(items, func(i matching.Candidate) bool { return i.Person.ID == p.PersonID })
			_, scored := n.s.ScoreFor(ctx, p.Actor, task.ID)
			feed, err := n.s.Recommended(ctx, p.Actor, 100)
			n.Check(err)
			fed := slices.ContainsFunc(feed, func(o matching.Offer) bool { return o.Task.ID == task.ID })
			invited := error(nil)
			if !own {
				_, invited = n.Market.Invite(ctx, c.Manager, task.ID, []uuid.UUID{id})
			}
			_, bid := n.Market.PlaceBid(ctx, n.Actor(p.PersonID), task.ID, markettest.Terms(90_000, n.Today().AddDays(9)))
			if listed != (scored == nil) || listed != fed || !own && listed != (invited == nil) || listed != (bid == nil) {
				t.Errorf("seed %d: %s for %+v: listed %v, scored %v, fed %v, invited %v, bid %v", seed, p.Name, task.Visibility, listed, scored, fed, invited, bid)
			}
		}
		for i, p := range n.people {
			n.people[i].Actor = n.Actor(p.PersonID)
		}
	}
}

// audience draws whom a task is for.
func (n *neighbourhood) audience(r *rand.Rand, c *markettest.Company) func(*market.TaskDraft) {
	switch r.IntN(5) {
	case 0:
		return func(d *market.TaskDraft) {
			d.Visibility = market.DraftVisibility{Kind: market.ByRule, MinYears: 1 + r.IntN(9)}
		}
	case 1:
		return func(d *market.TaskDraft) {
			d.Visibility = market.DraftVisibility{Kind: market.ByRule, LeftWithinYears: 1 + r.IntN(9)}
		}
	case 2:
		return func(*market.TaskDraft) {}
	case 3:
		if c != n.companies[2] {
			return open(market.ToPartners)
		}
	}
	return open(market.ToEveryone)
}
