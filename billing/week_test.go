package billing_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/billing/gatewaytest"
	"homecoming/internal/problem"
	"homecoming/market"
)

// The world's first day is a Monday: 2026-11-23. Its week is open until Tuesday, 2026-12-01, begins.
var monday = day("2026-11-23")

// hourly is a contract by the hour from this week on: ¥6,000 an hour, ten hours a week at the most.
func (w *world) hourly(weeks int, options ...func(*market.TaskDraft)) billing.Contract {
	w.Helper()
	h := market.Hourly{Rate: 6_000, WeeklyMinutes: 600, StartsOn: monday, Weeks: weeks}
	task := w.aoi.Task("Keep the books", 1, append(options, func(d *market.TaskDraft) { d.Hourly = &h })...)
	bid, err := w.Market.PlaceBid(ctx, w.yumi.Actor, task.ID, market.Terms{Hourly: &h})
	w.Check(err)
	c, err := w.billing.AcceptBid(ctx, w.aoi.Manager, bid.ID, bid.Version)
	w.Check(err)
	return c
}

// on moves the clock to a moment of a day in Tokyo.
func (w *world) on(d civil.Date, hour int) {
	w.Helper()
	w.Clock.Set(d.In(market.Company{TimeZone: "Asia/Tokyo"}.Zone()).Add(time.Duration(hour) * time.Hour))
}

// work writes down what the alumna worked on a day.
func (w *world) work(m billing.Milestone, d civil.Date, minutes int64) billing.TimeEntry {
	w.Helper()
	week, err := w.billing.Record(ctx, w.yumi.Actor, m.ID, billing.Work{Day: d, Minutes: minutes, Note: "Receipts"})
	w.Check(err)
	return week.Sheet[len(week.Sheet)-1]
}

func (w *world) record(m billing.Milestone, work billing.Work) error {
	w.Helper()
	_, err := w.billing.Record(ctx, w.yumi.Actor, m.ID, work)
	return err
}

func (w *world) submit(m billing.Milestone) {
	w.Helper()
	_, err := w.billing.Submit(ctx, w.yumi.Actor, m.ID, "")
	w.Check(err)
}

// close lets the clock see to the weeks that are over.
func (w *world) closeWeeks() {
	w.Helper()
	_, err := w.billing.CloseWeeks(ctx)
	w.Check(err)
	w.drain()
}

func TestAWeekIsPaidForItsHoursAndTheRestGoesBackToTheYen(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	w.onboard()
	m := w.hourly(2, design).Milestones[0]
	w.fund(m) // 60,000 + 6,000 tax − 6,126 withheld + 3,000 + 300: 63,174
	w.work(m, monday, 330)
	w.on(monday.AddDays(2), 18)
	first := w.work(m, monday.AddDays(1), 100)
	w.Check(w.record(m, billing.Work{Day: monday.AddDays(1), Minutes: 95, Note: "Receipts, less the lunch", Replaces: &first.ID}))
	w.wantState(m, billing.MilestoneInProgress)
	w.submit(m)
	before := w.balance("stripe:platform")
	got := w.accept(m)
	// 7:05 at 6,000 is 42,500: 4,250 tax − 4,339 withheld = 42,411, and 2,125 + 212 for the platform.
	if q := got.Quote(); got.State != billing.MilestoneReleased || got.Minutes != 425 || q.Fee != 42_500 || q.Tax != 4_250 || q.Withheld != 4_339 || q.Net != 42_411 || q.Charge != 44_748 {
		t.Fatalf("the week is %s, %d minutes: %+v", got.State, got.Minutes, got.Quote())
	}
	if r := w.refundOf(m); r.Amount != 63_174-44_748 || r.State != billing.RefundSucceeded {
		t.Errorf("what goes back is %+v", r)
	}
	w.wantBalances("accepted", map[string]int64{"held:" + m.ID.String(): 0, "payable:" + w.yumi.PersonID.String(): 0, "refund_payable:" + m.ID.String(): 0,
		"connected:" + w.yumi.PersonID.String(): 42_411, "stripe:platform": before - 42_411 - 18_426})
	w.reconciled()
}

func TestAMonthOfPapersSaysTheRateTheCapAndTheHours(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	w.onboard()
	c := w.hourly(2)
	m := c.Milestones[0]
	said := ""
	for _, item := range c.Notice.Items(problem.English) {
		said += item.Label + ": " + item.Value + "\n"
	}
	for _, want := range []string{"¥6,000 an hour", "at most 10:00 hours a week (¥60,000)", "Fee, at the most: ¥120,000", "2026-11-23 – 2026-11-29", "a half and more up"} {
		if !strings.Contains(said, want) {
			t.Errorf("the notice does not say %q:\n%s", want, said)
		}
	}
	w.fund(m)
	w.work(m, monday, 450)
	w.submit(m)
	w.accept(m)
	w.Check(w.billing.WorkPapers(ctx, billing.PaperJob{Milestone: m.ID}))
	papers, err := w.billing.ContractPapers(ctx, w.yumi.Actor, c.ID)
	w.Check(err)
	for _, p := range papers {
		if p.Kind == billing.StatementPaper {
			p, err = w.billing.Paper(ctx, w.yumi.Actor, p.ID)
			w.Check(err)
			if !strings.Contains(p.Data, `"minutes":450,"hourly_rate":6000`) {
				t.Errorf("the statement says %s", p.Data)
			}
			return
		}
	}
	t.Error("there is no statement")
}

func TestNothingBeyondTheCapIsWrittenDown(t *testing.T) {
	w := newWorld(t)
	m := w.hourly(1).Milestones[0]
	w.fund(m)
	w.on(monday.AddDays(3), 20)
	w.work(m, monday, 400)
	err := w.record(m, billing.Work{Day: monday.AddDays(1), Minutes: 201, Note: "More"})
	w.wantErr(err, billing.ErrOverCap)
	var p *problem.Error
	if !errors.As(err, &p) || !strings.Contains(p.In(problem.English), "10:01") || !strings.Contains(p.In(problem.English), "3:20 is left") {
		t.Errorf("it says %v", err)
	}
	w.work(m, monday.AddDays(1), 200)
	if got := w.milestone(m.ID); got.Minutes != 600 || got.Left() != 0 {
		t.Errorf("%d minutes, %d left", got.Minutes, got.Left())
	}
}

func TestATimesheetRefusesWhatCannotHaveBeen(t *testing.T) {
	w := newWorld(t)
	m := w.hourly(1).Milestones[0]
	w.wantErr(w.record(m, billing.Work{Day: monday, Minutes: 60, Note: "Early"}), billing.ErrNotCovered)
	_, err := w.billing.Start(ctx, w.yumi.Actor, m.ID)
	w.wantErr(err, billing.ErrNotFunded)
	w.fund(m)
	_, err = w.billing.Start(ctx, w.yumi.Actor, m.ID)
	w.wantErr(err, billing.ErrNoHours)
	_, err = w.billing.Submit(ctx, w.yumi.Actor, m.ID, "")
	w.wantErr(err, billing.ErrNoHours)
	e := w.work(m, monday, 60)
	gone := billing.Work{Day: monday, Replaces: &e.ID}
	nobody := uuid.New()
	for what, c := range map[string]struct {
		work billing.Work
		want error
	}{
		"a day before":     {billing.Work{Day: monday.AddDays(-1), Minutes: 60, Note: "x"}, billing.ErrOutsideWeek},
		"a day after":      {billing.Work{Day: monday.AddDays(7), Minutes: 60, Note: "x"}, billing.ErrOutsideWeek},
		"tomorrow":         {billing.Work{Day: monday.AddDays(1), Minutes: 60, Note: "x"}, billing.ErrDayAhead},
		"no time":          {billing.Work{Day: monday, Note: "x"}, billing.ErrEntryMinutes},
		"less than none":   {billing.Work{Day: monday, Minutes: -5, Note: "x"}, billing.ErrEntryMinutes},
		"no words":         {billing.Work{Day: monday, Minutes: 60, Note: " "}, market.ErrRequired},
		"another's entry":  {billing.Work{Day: monday, Minutes: 60, Note: "x", Replaces: &nobody}, market.ErrNotFound},
		"no day":           {billing.Work{Minutes: 60, Note: "x"}, billing.ErrOutsideWeek},
		"longer than days": {billing.Work{Day: monday, Minutes: 1441, Note: "x"}, billing.ErrEntryMinutes},
	} {
		if err := w.record(m, c.work); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", what, err, c.want)
		}
	}
	w.Check(w.record(m, gone))
	w.wantErr(w.record(m, gone), billing.ErrReplaced)
	if week, err := w.billing.Week(ctx, w.aoi.Manager, m.ID); err != nil || week.Minutes != 0 || len(week.Sheet) != 2 || len(week.Sheet.InForce()) != 0 {
		t.Errorf("the week is %+v, %v", week.Sheet, err)
	}
}

func TestACorrectionWaitsUntilTheWeekIsSentBack(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	w.onboard()
	m := w.hourly(1).Milestones[0]
	w.fund(m)
	e := w.work(m, monday, 480)
	w.submit(m)
	right := billing.Work{Day: monday, Minutes: 420, Note: "Receipts", Replaces: &e.ID}
	w.wantErr(w.record(m, right), billing.ErrWeekSubmitted)
	_, err := w.billing.RequestChanges(ctx, w.aoi.Manager, m.ID, billing.NotAsAgreed, "The hour at noon was lunch.")
	w.Check(err)
	w.on(monday.AddDays(10), 9) // after the timesheet closed
	w.closeWeeks()
	w.wantState(m, billing.MilestoneChangesRequested)
	w.Check(w.record(m, right))
	w.submit(m)
	if got := w.accept(m); got.Amount != 42_000 || got.State != billing.MilestoneReleased {
		t.Errorf("the week is %s over %d", got.State, got.Amount)
	}
	w.wantErr(w.record(m, right), billing.ErrWeekSubmitted)
}

func TestAWeekIsSubmittedByItselfAndAcceptedBySilence(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	w.onboard()
	m := w.hourly(1).Milestones[0]
	w.fund(m)
	w.work(m, monday, 90)
	w.on(monday.AddDays(7), 23) // the Monday after is not over
	w.closeWeeks()
	w.wantState(m, billing.MilestoneInProgress)
	w.on(monday.AddDays(8), 0)
	w.wantErr(w.record(m, billing.Work{Day: monday, Minutes: 60, Note: "x"}), billing.ErrWeekClosed)
	w.closeWeeks()
	got := w.milestone(m.ID)
	if got.State != billing.MilestoneSubmitted || *got.ReceivedOn != monday.AddDays(6) {
		t.Fatalf("the week is %s, received on %s", got.State, got.ReceivedOn)
	}
	w.wantLetter(market.LetterSubmitted, w.aoi.Manager, 1)
	w.Clock.Set(*got.AutoAcceptAt)
	_, err := w.billing.AutoAccept(ctx)
	w.Check(err)
	w.drain()
	if got := w.milestone(m.ID); got.State != billing.MilestoneReleased || got.Amount != 9_000 {
		t.Errorf("the week is %s over %d", got.State, got.Amount)
	}
}

func TestAWeekWithoutWorkIsRefundedOrSkipped(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	c := w.hourly(2)
	w.fund(c.Milestones[0])
	w.on(monday.AddDays(8), 1)
	w.closeWeeks()
	w.wantState(c.Milestones[0], billing.MilestoneRefunded)
	w.on(monday.AddDays(14), 23)
	_, err := w.billing.Fund(ctx, w.aoi.Manager, c.Milestones[1].ID)
	w.Check(err)
	w.on(monday.AddDays(15), 1)
	_, err = w.billing.CloseWeeks(ctx)
	w.Check(err)
	w.wantState(c.Milestones[1], billing.MilestoneFunding) // its page is open: it ends when that has expired
	w.Clock.Advance(48 * time.Hour)
	w.Check(w.sim.Advance(0))
	w.drain()
	w.closeWeeks()
	w.wantState(c.Milestones[1], billing.MilestoneCanceled)
	if got, err := w.billing.Contract(ctx, w.yumi.Actor, c.ID); err != nil || got.State != billing.ContractTerminated {
		t.Errorf("the contract is %s, %v", got.State, err)
	}
	w.wantLetter(market.LetterWeek, w.yumi.Actor, 2)
}

func TestAWeekOpensAWeekAheadAndSaysWhenItIsNotCovered(t *testing.T) {
	w := newWorld(t)
	c := w.hourly(3)
	_, err := w.billing.Fund(ctx, w.aoi.Manager, c.Milestones[2].ID)
	w.wantErr(err, billing.ErrWeekNotOpen)
	w.on(monday, 10)
	_, err = w.billing.Alarm(ctx)
	w.Check(err)
	w.wantLetter(market.LetterWeek, w.aoi.Manager, 2) // the first has begun, the second can be paid in
	w.wantLetter(market.LetterWeek, w.yumi.Actor, 1)
	_, err = w.billing.Alarm(ctx)
	w.Check(err)
	w.wantLetter(market.LetterWeek, w.aoi.Manager, 2)
	w.on(monday.AddDays(7), 0)
	_, err = w.billing.Fund(ctx, w.aoi.Manager, c.Milestones[2].ID)
	w.Check(err)
}

func TestHoursThatWereWrittenDownAreNotTakenBack(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	w.onboard()
	m := w.hourly(1).Milestones[0]
	w.fund(m)
	w.work(m, monday, 120)
	_, err := w.billing.Refund(ctx, w.aoi.Manager, m.ID, "We changed our minds.")
	w.wantErr(err, billing.ErrHoursRecorded)
	d := w.quarrel(m) // what they are worth can be argued about
	w.wantErr(w.record(m, billing.Work{Day: monday, Minutes: 60, Note: "x"}), billing.ErrFrozen)
	w.on(monday.AddDays(9), 9)
	w.closeWeeks()
	w.wantState(m, billing.MilestoneInProgress) // the clock waits for the dispute
	d, err = w.billing.Propose(ctx, w.aoi.Manager, d.ID, 6_000, "One of the two hours.")
	w.Check(err)
	_, err = w.billing.Agree(ctx, w.yumi.Actor, d.ID, d.Proposals[0].ID)
	w.Check(err)
	w.drain()
	if got := w.milestone(m.ID); got.State != billing.MilestoneReleased || got.Amount != 6_000 || got.HoursPaid() {
		t.Errorf("the week is %s over %d", got.State, got.Amount)
	}
}

func TestAContractThatEndsInMidWeekPaysWhatWasWorked(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	w.onboard()
	c := w.hourly(3)
	m, next := c.Milestones[0], c.Milestones[1]
	w.fund(m)
	w.fund(next)
	w.work(m, monday, 180)
	ends := monday.AddDays(2)
	_, err := w.billing.GiveNotice(ctx, w.yumi.Actor, c.ID, ends, "A child is on its way.")
	w.Check(err)
	w.on(ends.AddDays(1), 10)
	w.wantErr(w.record(m, billing.Work{Day: ends.AddDays(1), Minutes: 60, Note: "x"}), billing.ErrNoticeGiven)
	_, err = w.billing.EndContracts(ctx)
	w.Check(err)
	w.drain()
	w.wantState(m, billing.MilestoneSubmitted)
	w.wantState(next, billing.MilestoneRefunded)
	w.wantState(c.Milestones[2], billing.MilestoneCanceled)
	if got := w.accept(m); got.Amount != 18_000 {
		t.Errorf("paid for %d", got.Amount)
	}
	if got, err := w.billing.Contract(ctx, w.yumi.Actor, c.ID); err != nil || got.State != billing.ContractCompleted {
		t.Errorf("the contract is %s, %v", got.State, err)
	}
}

func TestWeeksBeginAndCloseAtMidnightInTokyo(t *testing.T) {
	w := newWorld(t)
	c := w.hourly(2)
	w.fund(c.Milestones[0])
	w.fund(c.Milestones[1])
	last := time.Date(2026, 11, 29, 14, 59, 0, 0, time.UTC) // a minute to midnight
	w.Clock.Set(last)
	w.work(c.Milestones[0], monday.AddDays(6), 60)
	w.wantErr(w.record(c.Milestones[1], billing.Work{Day: monday.AddDays(7), Minutes: 60, Note: "x"}), billing.ErrDayAhead)
	w.Clock.Set(last.Add(time.Minute))
	w.work(c.Milestones[1], monday.AddDays(7), 60)
	w.Clock.Set(time.Date(2026, 11, 30, 14, 59, 59, 0, time.UTC))
	w.work(c.Milestones[0], monday.AddDays(6), 60)
	w.Clock.Set(time.Date(2026, 11, 30, 15, 0, 0, 0, time.UTC))
	w.wantErr(w.record(c.Milestones[0], billing.Work{Day: monday.AddDays(6), Minutes: 60, Note: "x"}), billing.ErrWeekClosed)
}

func TestAnotherCompanyKnowsNothingOfAWeek(t *testing.T) {
	w := newWorld(t)
	c := w.hourly(1)
	m := c.Milestones[0]
	w.fund(m)
	ben := w.Company("Ben")
	stranger := ben.Alumnus("Sato Ken")
	for _, who := range []market.Actor{ben.Manager, ben.Administrator, stranger.Actor} {
		_, err := w.billing.Week(ctx, who, m.ID)
		w.wantErr(err, market.ErrNotFound)
		_, err = w.billing.Weeks(ctx, who, c.ID)
		w.wantErr(err, market.ErrNotFound)
		_, err = w.billing.Record(ctx, who, m.ID, billing.Work{Day: monday, Minutes: 60, Note: "x"})
		w.wantErr(err, market.ErrNotFound)
	}
	_, err := w.billing.Record(ctx, w.aoi.Manager, m.ID, billing.Work{Day: monday, Minutes: 60, Note: "x"})
	w.wantErr(err, market.ErrForbidden)
}

// hours is an offer of other hours.
func hours(rate, minutes int64, from, until civil.Date) billing.ChangeDraft {
	return billing.ChangeDraft{Reason: "The year's end.", Hours: &billing.ChangedHours{Rate: rate, WeeklyMinutes: minutes, From: from, Until: until}}
}

func TestARaiseHoldsFromAWeekThatHasNotBegun(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	w.onboard()
	c := w.hourly(3)
	m := c.Milestones[0]
	w.fund(m)
	w.work(m, monday, 600)
	next := monday.AddDays(7)
	_, err := w.billing.OfferChange(ctx, w.yumi.Actor, c.ID, hours(7_000, 600, monday.AddDays(3), monday.AddDays(20)))
	w.wantErr(err, billing.ErrWeekBegun)
	ch := w.agree(c, hours(7_000, 900, next.AddDays(2), next.AddDays(24)))
	w.wantChange(ch, billing.ChangeInForce)
	got, err := w.billing.Contract(ctx, w.yumi.Actor, c.ID)
	w.Check(err)
	if len(got.Milestones) != 5 || got.Amount != 60_000+4*105_000 || got.DeliverOn != monday.AddDays(34) || got.Terms.Hourly.StartsOn != next {
		t.Fatalf("%d weeks over %d until %s", len(got.Milestones), got.Amount, got.DeliverOn)
	}
	if first, second := got.Milestones[0], got.Milestones[1]; first.Rate != 6_000 || first.Minutes != 600 || second.Rate != 7_000 || second.CapMinutes != 900 || second.Amount != 105_000 {
		t.Errorf("the weeks are %+v and %+v", first.Worktime, second.Worktime)
	}
	w.submit(m)
	if got := w.accept(m); got.Amount != 60_000 {
		t.Errorf("what was worked before is paid with %d", got.Amount)
	}
}

func TestALowerRateIsRefusedAndFewerHoursAreNot(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	c := w.hourly(3)
	next := monday.AddDays(7)
	w.fund(c.Milestones[1])
	_, err := w.billing.OfferChange(ctx, w.aoi.Manager, c.ID, hours(5_000, 1_200, next, next.AddDays(13)))
	w.wantErr(err, billing.ErrFeeReduced)
	_, err = w.billing.OfferChange(ctx, w.aoi.Manager, c.ID, hours(6_000, 600, next, next.AddDays(13)))
	w.wantErr(err, billing.ErrNothingChanged)
	_, err = w.billing.OfferChange(ctx, w.aoi.Manager, c.ID, as(c, "A part of it.", fee(0, 90_000)))
	w.wantErr(err, market.ErrRequired)
	_, err = w.billing.OfferChange(ctx, w.aoi.Manager, w.contract()(50_000).ID, hours(6_000, 600, next, next.AddDays(13)))
	w.wantErr(err, billing.ErrNotHourly)
	ch := w.agree(c, hours(6_000, 300, next, next.AddDays(6))) // half of it, and the third week falls away
	w.wantChange(ch, billing.ChangeInForce)
	if got := w.milestone(c.Milestones[1].ID); got.State != billing.MilestoneFunded || got.Amount != 30_000 || got.Held() != 33_000+1_650 || w.refundOf(got).Amount != 34_650 {
		t.Errorf("the week is %s over %d, %d held", got.State, got.Amount, got.Held())
	}
	w.wantState(c.Milestones[2], billing.MilestoneCanceled)
}

func TestARaiseOfAPaidWeekHoldsOnceItsDifferenceIsPaid(t *testing.T) {
	w := newWorld(t)
	c := w.hourly(2)
	next := c.Milestones[1]
	w.fund(next)
	ch := w.agree(c, hours(6_000, 700, monday.AddDays(7), monday.AddDays(13)))
	w.wantChange(ch, billing.ChangeSigned)
	f, err := w.billing.TopUp(ctx, w.aoi.Manager, ch.ID)
	w.Check(err)
	gatewaytest.Press(w, f.CheckoutURL)
	w.drain()
	w.wantChange(ch, billing.ChangeInForce)
	if got := w.milestone(next.ID); got.CapMinutes != 700 || got.Amount != 70_000 || got.Missing() != 0 {
		t.Errorf("the week is %+v over %d", got.Worktime, got.Amount)
	}
}

func TestWithoutPrefundingAWeekIsWorkedAndOwed(t *testing.T) {
	w := newWorld(t)
	w.pays(market.BankFile)
	c := w.hourly(2)
	m, idle := c.Milestones[0], c.Milestones[1]
	w.work(m, monday, 125)
	w.on(monday.AddDays(8), 0)
	w.closeWeeks()
	w.wantState(m, billing.MilestoneSubmitted)
	if got := w.accept(m); got.State != billing.MilestoneAccepted || got.Amount != 12_500 || got.Refunded != 0 {
		t.Errorf("the week is %s over %d", got.State, got.Amount)
	}
	w.on(monday.AddDays(15), 0)
	w.closeWeeks()
	w.wantState(idle, billing.MilestoneCanceled)
}

func TestTheBudgetGetsBackWhatWasNotWorked(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	w.onboard()
	_, err := w.Market.CreateBudget(ctx, w.aoi.Finance, w.aoi.ID, market.BudgetEdit{Budget: market.Budget{Kind: market.PurchaseOrder, Code: "PO-1", Amount: new(int64(500_000))}})
	w.Check(err)
	m := w.hourly(2, func(d *market.TaskDraft) { d.PaidFrom = "PO-1" }).Milestones[0]
	w.fund(m)
	w.work(m, monday, 60)
	w.submit(m)
	w.accept(m)
	if got := w.Count("SELECT committed FROM budgets"); got != 66_000 {
		t.Errorf("%d is promised, want 6,000 for the hour and 60,000 for the week to come", got)
	}
}
