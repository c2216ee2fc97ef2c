package billing_test

import (
	"errors"
	"strings"
	"testing"

	"cloud.google.com/go/civil"
	"pgregory.net/rapid"

	"homecoming/billing"
	"homecoming/internal/problem"
	"homecoming/market"
)

func span(from, until string) billing.Span { return billing.Span{From: day(from), Until: day(until)} }

func TestAMonthIsCountedAsTheCivilCodeCounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from   string
		months int
		last   string // day with which it is so long
	}{
		{"2026-01-15", 1, "2026-02-14"}, {"2026-01-31", 1, "2026-02-28"}, {"2028-01-31", 1, "2028-02-29"}, {"2028-01-29", 1, "2028-02-28"},
		{"2026-02-01", 1, "2026-02-28"}, {"2026-03-31", 1, "2026-04-30"}, {"2026-04-30", 1, "2026-05-29"}, {"2026-12-01", 1, "2026-12-31"},
		{"2026-08-31", 6, "2027-02-28"}, {"2027-08-31", 6, "2028-02-29"}, {"2026-10-01", 6, "2027-03-31"}, {"2026-07-01", 6, "2026-12-31"},
	} {
		s := billing.Span{From: day(c.from), Until: day(c.last)}
		if !s.Lasts(c.months) {
			t.Errorf("%s to %s is %d months", c.from, c.last, c.months)
		}
		if s.Until = s.Until.AddDays(-1); s.Lasts(c.months) {
			t.Errorf("%s to %s is less than %d months", c.from, s.Until, c.months)
		}
	}
}

func TestRenewalsCountWhileLessThanAMonthLiesBetween(t *testing.T) {
	t.Parallel()
	first := span("2026-01-10", "2026-03-31")
	for next, want := range map[string]billing.Span{
		"2026-03-15": span("2026-01-10", "2026-06-30"), // before the first is over
		"2026-04-01": span("2026-01-10", "2026-06-30"),
		"2026-04-30": span("2026-01-10", "2026-06-30"), // 29 days between
		"2026-05-01": span("2026-05-01", "2026-06-30"), // the whole of April
	} {
		of := span(next, "2026-06-30")
		if got := billing.Engagement(of, []billing.Span{of, first, span("2020-01-01", "2020-12-31")}); got != want {
			t.Errorf("%s: %v, want %v", next, got, want)
		}
	}
	if got := billing.Engagement(first, []billing.Span{span("2026-04-05", "2026-12-31"), first}); got != span("2026-01-10", "2026-12-31") {
		t.Errorf("what follows counts as well: %v", got)
	}
}

// TestAnEngagementHoldsItsContractAndWhatRenewsIt asks that of any set of contracts in any order.
func TestAnEngagementHoldsItsContractAndWhatRenewsIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var all []billing.Span
		for range rapid.IntRange(1, 8).Draw(t, "contracts") {
			from := today.AddDays(rapid.IntRange(0, 700).Draw(t, "from"))
			all = append(all, billing.Span{From: from, Until: from.AddDays(rapid.IntRange(0, 90).Draw(t, "days"))})
		}
		of := all[rapid.IntRange(0, len(all)-1).Draw(t, "of")]
		e := billing.Engagement(of, rapid.Permutation(all).Draw(t, "order"))
		if e.From.After(of.From) || e.Until.Before(of.Until) {
			t.Fatalf("%v does not hold %v", e, of)
		}
		for _, s := range all {
			inside := !s.From.Before(e.From) && !s.Until.After(e.Until)
			apart := s.From.After(e.Until.AddDays(28)) || s.Until.Before(e.From.AddDays(-28))
			if !inside && !apart {
				t.Fatalf("%v is neither part of %v nor a month away", s, e)
			}
			if inside && billing.Engagement(s, all) != e {
				t.Fatalf("%v sees another engagement than %v", s, of)
			}
		}
	})
}

func TestAFeeIsLoweredOnlyWithTheWorkAndBeforeItIsDelivered(t *testing.T) {
	t.Parallel()
	yen := market.Yen
	for _, c := range []struct {
		billing.FeeChange
		refused bool
	}{
		{billing.FeeChange{Was: yen(100_000), Is: yen(100_000)}, false},
		{billing.FeeChange{Was: yen(100_000), Is: yen(100_001), Received: true}, false},
		{billing.FeeChange{Was: yen(100_000), Is: yen(99_999)}, true},
		{billing.FeeChange{Was: yen(100_000), Is: yen(99_999), LessWork: true}, false},
		{billing.FeeChange{Was: yen(100_000), Is: yen(99_999), LessWork: true, Received: true}, true},
	} {
		if err := c.Refused(); (err != nil) != c.refused {
			t.Errorf("%+v: %v", c.FeeChange, err)
		}
	}
	var err *problem.Error
	if !errors.As(billing.FeeChange{Was: yen(100_000), Is: yen(80_000)}.Refused(), &err) || !strings.Contains(err.In(problem.Japanese), "取適法5条1項3号") || !strings.Contains(err.In(problem.English), "art. 5(1)(ii)") || !strings.Contains(err.In(problem.English), "¥80,000") {
		t.Errorf("the refusal names no article: %v", err)
	}
}

func TestAPaymentIsWholeAndInTime(t *testing.T) {
	t.Parallel()
	due := day("2027-01-21")
	m := billing.Milestone{Title: "Books", Currency: "JPY", Amount: 100_000, Tax: 10_000, Withheld: 10_210, PayBy: &due}
	for _, c := range []struct {
		on, at string
		amount int64
		want   error
	}{
		{"2027-01-21", "2026-12-01", 99_790, nil},
		{"2027-01-22", "2026-12-01", 99_790, billing.ErrPayDay},
		{"2027-01-25", "2027-01-25", 99_790, nil}, // late already: today is the best there is
		{"2027-01-26", "2027-01-25", 99_790, billing.ErrPayDay},
		{"2027-01-21", "2026-12-01", 99_130, billing.ErrTransferFee}, // less ¥660 for the transfer
	} {
		err := m.PayableOn(day(c.on), day(c.at), c.amount)
		if !errors.Is(err, c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestANoticeOfTermsNamesWhatItLacks(t *testing.T) {
	w := newWorld(t)
	n := w.contract()(100_000).Notice
	if missing := n.Missing(); len(missing) != 0 {
		t.Fatalf("a whole notice lacks %v", missing)
	}
	for item, take := range map[string]func(*billing.Notice){
		"the client":           func(n *billing.Notice) { n.Client = " " },
		"the supplier":         func(n *billing.Notice) { n.Supplier = "" },
		"the day of the order": func(n *billing.Notice) { n.OrderedOn = civil.Date{} },
		"the work":             func(n *billing.Notice) { n.Work, n.Brief = "", "" },
		"the delivery day":     func(n *billing.Notice) { n.DeliverOn = civil.Date{} },
		"the place":            func(n *billing.Notice) { n.Place = "" },
		"the fee":              func(n *billing.Notice) { n.Total.Fee = 0 },
		"the due day":          func(n *billing.Notice) { n.Total.LatestPayment = civil.Date{} },
		"the means of payment": func(n *billing.Notice) { n.Means = "" },
		"why “fee” is undecided, and until when": func(n *billing.Notice) { n.Undecided = []billing.NoticeUndecided{{Item: "fee"}} },
		"the original client and its due day":    func(n *billing.Notice) { n.Reconsigned = &billing.NoticeOrigin{Client: "Ben"} },
	} {
		lame := n
		take(&lame)
		if missing := lame.Missing(); len(missing) != 1 || missing[0].EN != item {
			t.Errorf("without %s: %v", item, missing)
		}
	}
}

func TestAnOrderThatTheLawProtectsIsNotTakenBackBeforeItsDay(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	c := w.contract()(100_000, 50_000)
	w.Exec("UPDATE contracts SET deliver_on = deliver_on + 20 WHERE id = ?", c.ID) // 41 days
	m := w.fund(c.Milestones[0])
	_, err := w.billing.Refund(ctx, w.aoi.Manager, m.ID, "We changed our minds.")
	w.wantErr(err, billing.ErrOrderWithdrawn)
	l, err := w.billing.Standing(ctx, w.aoi.Manager, c.ID)
	w.Check(err)
	if !l.Protected || l.TakesNotice || !l.Keeps(m) || l.EarliestEnd != w.Today() || l.Engagement.From != w.Today() || l.Engagement.Until != m.DueOn.AddDays(20) {
		t.Errorf("it stands as %+v", l)
	}
	_, err = w.billing.Standing(ctx, w.Company("Ben").Manager, c.ID)
	w.wantErr(err, market.ErrNotFound)
	_, err = w.billing.Cancel(ctx, w.aoi.Manager, c.Milestones[1].ID, "We changed our minds.")
	w.wantErr(err, billing.ErrOrderWithdrawn)
	w.wantState(c.Milestones[1], billing.MilestoneDraft)
	w.Clock.Set(m.DueOn.AddDays(1).In(w.Clock.Now().Location()).Add(day24 / 2))
	_, err = w.billing.Refund(ctx, w.aoi.Manager, m.ID, "It is overdue.")
	w.Check(err)
}

func TestWhatGoesBeyondTheAgreementIsNoCorrection(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	m := w.fund(w.contract()(100_000).Milestones[0])
	w.deliver(m)
	_, err := w.billing.RequestChanges(ctx, w.aoi.Manager, m.ID, billing.Beyond, "And the year before as well.")
	w.wantErr(err, billing.ErrUnpaidRedo)
	_, err = w.billing.RequestChanges(ctx, w.aoi.Manager, m.ID, "", "Hm.")
	w.wantErr(err, market.ErrNotOneOf)
	_, err = w.billing.RequestChanges(ctx, w.aoi.Manager, m.ID, billing.NotAsAgreed, "Page 3 lacks the totals.")
	w.Check(err)
}

func TestRenewalsMakeAShortContractTakeNotice(t *testing.T) {
	w := newWorld(t)
	first, second := w.contract()(100_000), w.contract()(100_000)
	w.Exec("UPDATE contracts SET created_at = created_at - interval '190 days', deliver_on = deliver_on - 40 WHERE id = ?", first.ID)
	_, err := w.billing.GiveNotice(ctx, w.aoi.Manager, second.ID, w.Today(), "No more.")
	w.wantErr(err, billing.ErrNotice)
	_, err = w.billing.GiveNotice(ctx, w.aoi.Manager, second.ID, w.Today().AddDays(30), "No more.")
	w.Check(err)
}

func TestDutiesSayWhatIsDueWhatIsLateAndWhy(t *testing.T) {
	w := newWorld(t)
	w.topUp()
	c := w.contract(design)(100_000)
	m := w.fund(c.Milestones[0])
	w.deliver(m)
	long := w.contract()(80_000)
	w.Exec("UPDATE contracts SET created_at = created_at - interval '200 days' WHERE id = ?", long.ID)
	duties := func() billing.Duties {
		d, err := w.billing.Duties(ctx, w.aoi.Finance, w.aoi.ID)
		w.Check(err)
		return d
	}
	d := duties()
	if len(d.List) != 2 || d.List[0].Kind != billing.SayEnding || d.List[0].Left != -10 || d.List[1].Kind != billing.PayFee || d.List[1].Left != m.PaymentDays-1 || d.List[1].Amount != market.Yen(99_790) {
		t.Fatalf("%+v", d.List)
	}
	w.Clock.Advance(day24 * 31)
	d = duties()
	if late := d.Late(); len(late) != 1 || late[0].MilestoneID != m.ID || late[0].Left != -2 || len(d.Soon(7)) != 0 {
		t.Fatalf("late: %+v", d.List)
	}
	w.onboard()
	w.accept(m)
	d = duties()
	if d.Punctuality.Paid != 1 || d.Punctuality.InTime != 0 || d.Punctuality.WorstLate != 2 || d.Punctuality.Percent() != 0 {
		t.Errorf("punctuality: %+v", d.Punctuality)
	}
	if len(d.List) != 1 || d.List[0].Kind != billing.PayWithheld || d.List[0].Amount != market.Yen(10_210) {
		t.Errorf("the tax that was withheld is due: %+v", d.List)
	}
	_, err := w.billing.Duties(ctx, w.aoi.Manager, w.aoi.ID)
	w.wantErr(err, market.ErrForbidden)
}

func TestManagersAreToldInTimeThatALongEngagementTakesNotice(t *testing.T) {
	w := newWorld(t)
	c := w.contract()(80_000)
	w.Exec("UPDATE contracts SET created_at = created_at - interval '200 days', deliver_on = deliver_on + 20 WHERE id = ?", c.ID) // notice in 10 days
	w.Exec("UPDATE milestones SET due_on = due_on + 20 WHERE contract_id = ?", c.ID)
	for _, letters := range []int{0, 0, 1, 1, 1, 1, 2, 2, 3, 4, 4} { // 9 … −1 days before
		w.days(1)
		w.wantLetter(market.LetterRenewal, w.aoi.Manager, letters)
	}
}

func TestWhatWasAcceptedIsNotSentBack(t *testing.T) {
	w := newWorld(t)
	m := w.paid(100_000).Milestones[0]
	_, err := w.billing.RequestChanges(ctx, w.aoi.Manager, m.ID, billing.NotAsAgreed, "We like it no longer.")
	if !errors.Is(err, billing.ErrReturned) {
		t.Errorf("sent back after acceptance: %v", err)
	}
}
