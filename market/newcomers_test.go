package market_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"homecoming/market"
	"homecoming/market/markettest"
)

// showsThemselves has somebody agree to be in a company's directory, or not any more.
func showsThemselves(w *markettest.World, a markettest.Alumnus, c *markettest.Company, yes bool) {
	w.Helper()
	w.Check(w.Market.SetConsents(context.Background(), a.Actor, c.ID, market.InProfile, market.Answer{Purpose: market.ForDirectory, Yes: yes, Wording: market.ForDirectory.Wording()}))
}

func TestANewcomerIsIntroducedOnceToThoseInTheDirectoryWithWhomTheyWorked(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	long := aoi.Alumnus("Long Rei", markettest.Worked("Accounting", "2010-04-01", "2022-03-31"))
	short := aoi.Alumnus("Short Jun", markettest.Worked("Accounting", "2022-03-01", "2024-03-31"))
	elsewhere := aoi.Alumnus("Tax Kenji", markettest.Worked("Tax", "2010-04-01", "2022-03-31"))
	before := aoi.Alumnus("Early Mio", markettest.Worked("Accounting", "2001-04-01", "2015-03-31"))
	silent := aoi.Alumnus("Silent Ken", markettest.Worked("Accounting", "2010-04-01", "2022-03-31"))
	_ = silent
	for _, a := range []markettest.Alumnus{long, short, elsewhere, before} {
		showsThemselves(w, a, aoi, true)
	}
	if n := len(lettersOf(t, w, market.LetterNewcomer)); n != 1 {
		t.Fatalf("%d letters before: Early worked with Long", n)
	}
	w.Clock.Advance(61 * 24 * time.Hour)
	yumi := aoi.Alumnus("Takahashi Yumi", markettest.Worked("Accounting", "2015-04-01", "2022-03-31"))
	for _, yes := range []bool{true, false, true} {
		showsThemselves(w, yumi, aoi, yes)
	}
	told := lettersOf(t, w, market.LetterNewcomer)[1:]
	if len(told) != 1 || told[0].PersonID != long.PersonID || told[0].Facts["months"] != float64(84) {
		t.Errorf("told were %+v", told)
	}
	list, err := w.Market.WorkedWith(ctx, long.Actor, aoi.ID)
	w.Check(err)
	if len(list) != 3 || list[0].ID != yumi.MembershipID || list[0].Months != 84 || !list[0].New || list[1].ID != before.MembershipID || list[1].New || list[2].ID != short.MembershipID || list[2].Months != 1 {
		t.Errorf("Long worked with %+v", list)
	}
	if list, err := w.Market.WorkedWith(ctx, elsewhere.Actor, aoi.ID); err != nil || len(list) != 0 {
		t.Errorf("who was in another department worked with %+v, %v", list, err)
	}
	if _, err := w.Market.WorkedWith(ctx, ben.Manager, aoi.ID); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("another company: %v", err)
	}
	_, err = w.Market.BarMember(ctx, aoi.Office, aoi.ID, yumi.MembershipID, market.Bar{Kind: market.InConflict, Reason: "audits us"})
	w.Check(err)
	if list, err := w.Market.WorkedWith(ctx, long.Actor, aoi.ID); err != nil || len(list) != 2 {
		t.Errorf("with Yumi kept apart, %d are left, %v", len(list), err)
	}
}
