package market_test

import (
	"context"
	"errors"
	"testing"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/market"
	"homecoming/market/markettest"
)

func TestAFeeIsRoundedOnceHalfAndMoreUp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ rate, minutes, want int64 }{
		{6_000, 425, 42_500}, {5_000, 0, 0}, {60, 1, 1}, {5_000, 1, 83}, {5_005, 6, 501}, {5_004, 6, 500}, {5_000, 100, 8_333}, {5_000, 200, 16_667}, {1_250, 90, 1_875},
		{277_777_777, 3_600, 16_666_666_620},
	} {
		if got := market.FeeOf(c.rate, c.minutes); got != c.want {
			t.Errorf("%d minutes at %d: %d, want %d", c.minutes, c.rate, got, c.want)
		}
	}
}

func TestAWeekBeginsOnItsMonday(t *testing.T) {
	t.Parallel()
	for day, want := range map[string]string{"2026-11-23": "2026-11-23", "2026-11-29": "2026-11-23", "2026-11-30": "2026-11-30", "2027-01-01": "2026-12-28", "2028-02-29": "2028-02-28"} {
		d, err := civil.ParseDate(day)
		if err != nil || market.MondayOf(d).String() != want {
			t.Errorf("%s is in the week of %s, want %s", day, market.MondayOf(d), want)
		}
	}
}

func TestAnHourlyTaskTakesHourlyBidsAndAFixedOneNone(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	h := market.Hourly{Rate: 5_000, WeeklyMinutes: 600, StartsOn: w.Today().AddDays(9), Weeks: 8} // a Wednesday
	task := aoi.Task("Keep the books", 1, func(d *market.TaskDraft) { d.Hourly = &h })
	if *task.Budget != 400_000 || task.DueOn.String() != "2027-01-24" || task.Hourly.StartsOn.String() != "2026-11-30" {
		t.Fatalf("the task comes to %d until %s, from %s", *task.Budget, task.DueOn, task.Hourly.StartsOn)
	}
	ctx := context.Background()
	bid := func(task uuid.UUID, alter func(*market.Hourly)) error {
		offer := h
		alter(&offer)
		_, err := w.Market.PlaceBid(ctx, yumi.Actor, task, market.Terms{Hourly: &offer})
		return err
	}
	_, err := w.Market.PlaceBid(ctx, yumi.Actor, task.ID, market.Terms{Amount: market.Yen(100_000), DeliverOn: w.Today()})
	for what, c := range map[string]struct{ got, want error }{
		"a fixed bid":       {err, market.ErrHourlyTask},
		"hours for a price": {bid(aoi.Task("One report", 50_000).ID, func(*market.Hourly) {}), market.ErrFixedTask},
		"next to nothing":   {bid(task.ID, func(h *market.Hourly) { h.Rate = 59 }), market.ErrRate},
		"too many hours":    {bid(task.ID, func(h *market.Hourly) { h.WeeklyMinutes = 3_601 }), market.ErrWeeklyHours},
		"no weeks":          {bid(task.ID, func(h *market.Hourly) { h.Weeks = 0 }), market.ErrWeeks},
		"last week":         {bid(task.ID, func(h *market.Hourly) { h.StartsOn = w.Today().AddDays(-1) }), market.ErrPastDate},
		"no day":            {bid(task.ID, func(h *market.Hourly) { h.StartsOn = civil.Date{} }), market.ErrDay},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: got %v, want %v", what, c.got, c.want)
		}
	}
	w.Check(bid(task.ID, func(h *market.Hourly) { h.Weeks, h.StartsOn = 2, w.Today().AddDays(3) })) // this week
	list, err := w.Market.MyBids(ctx, yumi.Actor, uuid.Nil, 1)
	w.Check(err)
	if b := list[0]; b.Amount != 100_000 || len(b.Milestones) != 2 || b.Milestones[0].Title != "2026-11-23 – 2026-11-29" || b.Hourly.StartsOn != w.Today() {
		t.Errorf("the bid is %+v", b)
	}
	offer := market.Hourly{Rate: 4_500, WeeklyMinutes: 1_200, StartsOn: w.Today(), Weeks: 2} // more money, and a lower price
	_, err = w.Market.Counter(ctx, aoi.Manager, list[0].ID, 1, market.Terms{Hourly: &offer})
	if !errors.Is(err, market.ErrWhyLess) {
		t.Errorf("a lower rate without a word: %v", err)
	}
	_, err = w.Market.Counter(ctx, aoi.Manager, list[0].ID, 1, market.Terms{Hourly: &offer, Message: "As the others."})
	w.Check(err)
	versions, err := w.Market.BidVersions(ctx, yumi.Actor, list[0].ID)
	w.Check(err)
	if len(versions) != 2 || versions[0].Hourly.Rate != 5_000 || versions[1].Hourly.Rate != 4_500 {
		t.Errorf("the thread is %+v", versions)
	}
}
