package market_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/market"
	"homecoming/market/markettest"
)

// agrees reports what holds for somebody at a company.
func agrees(w *markettest.World, a markettest.Alumnus, c *markettest.Company, p market.ConsentPurpose) (yes bool) {
	w.Helper()
	w.Tx(func(tx *gorm.DB) (err error) {
		yes, err = market.Agreed(tx, a.PersonID, c.ID, p)
		return err
	})
	return yes
}

func say(w *markettest.World, a markettest.Alumnus, c *markettest.Company, p market.ConsentPurpose, yes bool) {
	w.Helper()
	w.Check(w.Market.SetConsents(context.Background(), a.Actor, c.ID, market.InProfile, market.Answer{Purpose: p, Yes: yes, Wording: p.Wording()}))
}

func TestAConsentIsToATextAndHoldsAtOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	yumi := aoi.Alumnus("Takahashi Yumi")
	for p, want := range map[market.ConsentPurpose]bool{market.ForWork: true, market.ForGroup: true, market.ForNews: false, market.ForDirectory: false, market.BeyondOwn: false} {
		if got := agrees(w, yumi, aoi, p); got != want {
			t.Errorf("before a word is said, %s is %v", p, got)
		}
	}
	rows := func() int { return w.Count("SELECT count(*) FROM consents WHERE person_id = ?", yumi.PersonID) }
	for _, step := range []struct {
		purpose market.ConsentPurpose
		yes     bool
		rows    int
	}{{market.ForNews, true, 1}, {market.ForNews, true, 1}, {market.ForNews, false, 2}, {market.ForDirectory, true, 3}, {market.ForGroup, false, 4}, {market.ForWork, false, 5}} {
		say(w, yumi, aoi, step.purpose, step.yes)
		if got := agrees(w, yumi, aoi, step.purpose); got != step.yes || rows() != step.rows {
			t.Errorf("%+v: %v, %d rows", step, got, rows())
		}
	}
	if list, err := w.Market.People(ctx, aoi.Manager, market.PeopleFilter{CompanyID: aoi.ID}); err != nil || len(list) != 0 {
		t.Errorf("who would not be recommended is shown to managers: %v, %v", list, err)
	}
	w.Check(w.Market.Hide(ctx, yumi.Actor, yumi.MembershipID, false))
	if !agrees(w, yumi, aoi, market.ForWork) || rows() != 6 {
		t.Errorf("showing oneself again is no consent: %d rows", rows())
	}
	through := yumi.Actor
	through.Through = aoi.ID
	old := market.Answer{Purpose: market.ForNews, Yes: true, Wording: "1999-12"}
	for name, c := range map[string]struct {
		who  market.Actor
		at   *markettest.Company
		said market.Answer
		want error
	}{
		"an old text":        {yumi.Actor, aoi, old, market.ErrWording},
		"no purpose":         {yumi.Actor, aoi, market.Answer{Purpose: "fame"}, market.ErrNotOneOf},
		"beyond a company":   {yumi.Actor, aoi, market.Answer{Purpose: market.BeyondOwn}, market.ErrNotOneOf},
		"a foreign company":  {yumi.Actor, ben, market.Answer{Purpose: market.ForNews}, market.ErrNotFound},
		"through a provider": {through, aoi, market.Answer{Purpose: market.ForNews}, market.ErrNotFound},
	} {
		if err := w.Market.SetConsents(ctx, c.who, c.at.ID, market.InProfile, c.said); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := w.DB.Gorm(ctx).Exec("UPDATE consents SET choice = 'given'").Error; err == nil {
		t.Error("what somebody said was changed")
	}
}

func TestACompanysOwnPeopleHearItsNews(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	if !agrees(w, markettest.Alumnus{Actor: aoi.Manager}, aoi, market.ForNews) || agrees(w, markettest.Alumnus{Actor: aoi.Manager}, aoi, market.ForDirectory) {
		t.Error("a manager hears no news, or agreed to what nobody asked")
	}
	if agrees(w, markettest.Alumnus{Actor: aoi.Manager}, w.Company("Ben"), market.ForNews) {
		t.Error("somebody of no part in a company hears its news")
	}
}

func TestWhoLeavesTheGroupsDirectoryIsGoneFromIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	yumi := aoi.Alumnus("Takahashi Yumi")
	oneGroup(w, aoi, ben)
	seen := func() int {
		list, err := w.Market.GroupPeople(ctx, ben.Manager, ben.ID, "", uuid.Nil, 0)
		w.Check(err)
		return len(list)
	}
	if seen() != 1 {
		t.Fatal("the group's other company does not see her")
	}
	say(w, yumi, aoi, market.ForGroup, false)
	if seen() != 0 {
		t.Error("she said no, and is shown")
	}
	say(w, yumi, aoi, market.ForGroup, true)
	if seen() != 1 {
		t.Error("she said yes, and is not shown")
	}
}

func TestANewTextAsksAgainAndTheOldConsentHoldsMeanwhile(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi =Yumi")
	aoi.Alumnus("Sato Ken")
	w.Exec("INSERT INTO consents (id, person_id, company_id, purpose, choice, wording, given_at) VALUES (?, ?, ?, 'news', 'given', '2020-01', ?)", uuid.Must(uuid.NewV7()), yumi.PersonID, aoi.ID, w.Clock.Now())
	asks := map[market.ConsentPurpose]bool{}
	states, err := w.Market.ConsentStates(ctx, yumi.Actor)
	w.Check(err)
	for _, s := range states {
		asks[s.Purpose] = s.Asks
	}
	if len(states) != len(market.Purposes) || !agrees(w, yumi, aoi, market.ForNews) || !asks[market.ForNews] || !asks[market.ForDirectory] || asks[market.ForWork] {
		t.Errorf("%+v", states)
	}
	counts, err := w.Market.ConsentCounts(ctx, aoi.Office, aoi.ID)
	w.Check(err)
	if want := (market.ConsentCount{Purpose: market.ForNews, Agreed: 1, Unsaid: 1, Outdated: 1}); counts[3] != want {
		t.Errorf("%+v", counts)
	}
	say(w, yumi, aoi, market.ForNews, false)
	write, err := w.Market.ConsentsFile(ctx, aoi.Office, aoi.ID)
	w.Check(err)
	var b bytes.Buffer
	w.Check(write(&b))
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), "\ufeff"))).ReadAll()
	w.Check(err)
	line := ""
	for _, r := range rows {
		if r[0] == yumi.MembershipID.String() && r[3] == "news" {
			line = strings.Join(r[2:8], ",")
		}
	}
	if len(rows) != 1+2*len(market.Purposes) || line != "'=Yumi Takahashi,news,no,withdrawn,"+market.ForNews.Wording()+",profile" {
		t.Errorf("%d rows; %s", len(rows), line)
	}
	if _, err := w.Market.ConsentsFile(ctx, aoi.Manager, aoi.ID); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("a manager takes it out: %v", err)
	}
	if _, err := w.Market.ConsentCounts(ctx, aoi.Finance, aoi.ID); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("finance counts: %v", err)
	}
}

// oneGroup puts two companies into a group that shares its directories.
func oneGroup(w *markettest.World, a, b *markettest.Company) {
	w.Helper()
	ctx := context.Background()
	g, err := w.Market.MakeGroup(ctx, a.Administrator, a.ID, "One", "One")
	w.Check(err)
	w.Check(w.Market.AskIntoGroup(ctx, a.Administrator, a.ID, b.ID))
	w.Check(w.Market.AnswerGroup(ctx, b.Administrator, b.ID, g.ID, true))
	for _, c := range []*markettest.Company{a, b} {
		w.Check(w.Market.ShareDirectory(ctx, c.Administrator, c.ID, true))
	}
}
