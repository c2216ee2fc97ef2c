package demo

import (
	"context"
	"time"

	"cloud.google.com/go/civil"

	"homecoming/billing"
	"homecoming/market"
)

// closing is the work that the alumna of the main job does by the hour, a few hours every week.
var closing = story{title: "月次決算のオンライン支援", department: "経理部", skills: []string{"簿記:2", "法人税:2?"},
	brief: "月次の締め作業を週ごとにお手伝いください。\n\n- 経費精算の確認\n- 仕訳の照合と残高の確認\n\n時間帯と進め方はお任せします。"}

// hoursOfWeek are what is worked in each of its weeks.
var hoursOfWeek = []struct {
	day     int // after Monday
	minutes int64
	note    string
}{{0, 150, "経費精算の確認（12件）"}, {1, 90, "仕訳の照合"}, {3, 165, "残高の確認と差異の一覧"}, {4, 60, "週次のご報告"}}

// byHour tells of a contract by the hour on the way from last month to the present: it begins two weeks ago, if the demo
// begins before that, and its weeks are worked, accepted and paid as they come, up to the last one.
func (f *filler) byHour(ctx context.Context, play cast) (c billing.Contract, err error) {
	monday := market.MondayOf(f.present).AddDays(-14)
	if monday.Before(f.today) {
		monday = monday.AddDays(7)
	}
	if err := f.until9(ctx, monday); err != nil {
		return c, err
	}
	if c, err = f.engage(ctx, play, market.Hourly{Rate: 6_500, WeeklyMinutes: 600, StartsOn: monday, Weeks: 8}); err != nil {
		return c, err
	}
	for _, m := range c.Milestones {
		if !m.Sunday().Before(f.present) {
			break
		}
		if err := f.workedWeek(ctx, play, m); err != nil {
			return c, err
		}
	}
	return c, nil
}

// until9 goes to nine in the morning of a day, unless it is later already.
func (f *filler) until9(ctx context.Context, day civil.Date) error {
	if left := day.In(jst).Add(9 * time.Hour).Sub(f.Now()); left > 0 {
		return f.forward(ctx, left)
	}
	return nil
}

// engage has her bid for the work, and get it.
func (f *filler) engage(ctx context.Context, play cast, h market.Hourly) (billing.Contract, error) {
	draft := f.draft(play, closing)
	draft.Hourly, draft.Budget, draft.DueOn = &h, nil, nil
	return f.awardFor(ctx, play, draft, play.alumna, market.Terms{Hourly: &h, Message: notes[play.lang].bid})
}

// workedWeek pays a week in, and has it worked, accepted and paid by its Saturday.
func (f *filler) workedWeek(ctx context.Context, play cast, m billing.Milestone) error {
	if err := f.fund(ctx, play, closing, m.ID); err != nil {
		return err
	}
	if err := f.until9(ctx, m.WeekOf.AddDays(5)); err != nil {
		return err
	}
	if err := f.writeDown(ctx, play, m); err != nil {
		return err
	}
	if _, err := f.Billing.Submit(ctx, play.alumna, m.ID, ""); err != nil {
		return err
	}
	if _, err := f.Billing.Accept(ctx, play.manager, m.ID); err != nil {
		return err
	}
	return f.until(ctx, play, m.ID, billing.MilestonePaid)
}

// thisWeek pays the present week in, and writes down what was worked of it.
func (f *filler) thisWeek(ctx context.Context, play cast, c billing.Contract) error {
	for _, m := range c.Milestones {
		if *m.WeekOf != market.MondayOf(f.present) {
			continue
		}
		if err := f.fund(ctx, play, closing, m.ID); err != nil {
			return err
		}
		return f.writeDown(ctx, play, m)
	}
	return nil
}

// writeDown writes down what was worked in a week up to today.
func (f *filler) writeDown(ctx context.Context, play cast, m billing.Milestone) error {
	for _, h := range hoursOfWeek {
		day := m.WeekOf.AddDays(h.day)
		if day.After(f.today) {
			return nil
		}
		if _, err := f.Billing.Record(ctx, play.alumna, m.ID, billing.Work{Day: day, Minutes: h.minutes, Note: h.note}); err != nil {
			return err
		}
	}
	return nil
}
