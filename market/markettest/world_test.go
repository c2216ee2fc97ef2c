package markettest_test

import (
	"context"
	"testing"

	"homecoming/market"
	"homecoming/market/markettest"
)

func TestAWorldHasSomebodyInEveryRole(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	bid := w.Bid(yumi, aoi.Task("Close the books", 300_000), 280_000)
	if bid.State != market.Open || bid.Milestones[0].Title != "Close the books" {
		t.Fatalf("%+v", bid)
	}
	for role, who := range map[market.Role]market.Actor{market.Administrator: aoi.Administrator, market.Manager: aoi.Manager,
		market.Approver: aoi.Approver, market.Finance: aoi.Finance, market.Office: aoi.Office, market.Alumnus: yumi.Actor} {
		in, err := w.Market.SignIn(context.Background(), who.Email, markettest.Password)
		if err != nil || !in.Is(aoi.ID, role) {
			t.Errorf("%s signs in as %+v: %v", role, in, err)
		}
	}
}
