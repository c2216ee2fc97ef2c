package billing

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"homecoming/market"
)

// A bookkeeper knows what stands in a timesheet, by rules of their own.
type bookkeeper map[uuid.UUID]TimeEntry

func (b bookkeeper) sum(days ...civil.Date) (minutes int64) {
	for _, e := range b {
		if len(days) == 0 || slices.Contains(days, e.Day) {
			minutes += e.Minutes
		}
	}
	return minutes
}

// takes reports whether an entry may stand, and puts it where it belongs.
func (b bookkeeper) takes(e TimeEntry, capMinutes int64) bool {
	after := maps.Clone(b)
	if e.Replaces != nil {
		if _, stands := after[*e.Replaces]; !stands {
			return false
		}
		delete(after, *e.Replaces)
	} else if e.Minutes == 0 {
		return false
	}
	if e.Minutes > 0 {
		after[e.ID] = e
	}
	if after.sum() > capMinutes || after.sum(e.Day) > 24*60 {
		return false
	}
	maps.DeleteFunc(b, func(id uuid.UUID, _ TimeEntry) bool { _, stands := after[id]; return !stands })
	maps.Copy(b, after)
	return true
}

// drawEntry is something new, or a correction of anything that was ever written down.
func drawEntry(t *rapid.T, sheet Timesheet, monday civil.Date) TimeEntry {
	e := TimeEntry{ID: newID(), Day: monday.AddDays(rapid.IntRange(0, 6).Draw(t, "day")), Note: "x",
		Minutes: rapid.OneOf(rapid.Int64Range(0, 300), rapid.Int64Range(0, dayMinutes)).Draw(t, "minutes")}
	if len(sheet) > 0 && rapid.Bool().Draw(t, "corrects") {
		e.Replaces = &sheet[rapid.IntRange(0, len(sheet)-1).Draw(t, "which")].ID
	}
	return e
}

// TestAWeekIsPaidForItsHoursWhateverWasWrittenDown writes down, corrects and takes out at random, and settles the week.
func TestAWeekIsPaidForItsHoursWhateverWasWrittenDown(t *testing.T) {
	t.Parallel()
	monday := date(2026, 11, 23)
	rapid.Check(t, func(t *rapid.T) {
		rate, capMinutes := rapid.Int64Range(60, 50_000).Draw(t, "rate"), rapid.Int64Range(60, 3_600).Draw(t, "cap")
		company := market.Company{PlatformFeeBP: rapid.Int64Range(0, 5000).Draw(t, "fee_bp"), PaymentDays: 30}
		category := rapid.SampledFrom(market.WithholdingCategories).Draw(t, "category")
		q := QuoteFor(statute, company, category, market.Yen(market.FeeOf(rate, capMinutes)), market.Payee{}, monday.AddDays(6))
		b := &model{T: t, person: uuid.New(), balances: map[string]int64{}, posted: map[string]bool{}, now: time.Now(), bp: company.PlatformFeeBP, category: category,
			m: Milestone{ID: uuid.New(), CompanyID: uuid.New(), State: MilestoneInProgress, Rail: market.Prefunded, Currency: "JPY", DueOn: monday.AddDays(6), Amount: q.Fee, Tax: q.Tax,
				Withheld: q.Withheld, PlatformFee: q.PlatformFee, PlatformTax: q.PlatformTax, Worktime: weekOf(monday, rate, capMinutes, time.UTC)}}
		b.post(b.paid("ch_1", q.Charge))
		var sheet Timesheet
		books := bookkeeper{}
		for range rapid.IntRange(0, 30).Draw(t, "entries") {
			e := drawEntry(t, sheet, monday)
			next, err := sheet.With(e, b.m, monday.AddDays(6))
			if taken := books.takes(e, capMinutes); taken != (err == nil) {
				t.Fatalf("%+v: taken %v, but %v", e, taken, err)
			}
			sheet = next
			b.m.Minutes = sheet.Minutes()
			if b.m.Minutes != books.sum() || b.m.Minutes > capMinutes {
				t.Fatalf("%d minutes stand, want %d of %d", b.m.Minutes, books.sum(), capMinutes)
			}
		}
		settleWeek(b, q)
	})
}

// settleWeek accepts a week, or gives it back where nothing was worked, and holds the books to it.
func settleWeek(b *model, funded Quote) {
	split, err := SplitOf(statute, b.m, Terms{PlatformFeeBP: b.bp, WithholdingCategory: b.category}, b.m.WorkedFee())
	if err != nil {
		b.Fatal(err)
	}
	if split.Refund > 0 {
		b.post(refundAsked(b.m, RefundRecord{ID: b.m.ID, Amount: split.Refund, Currency: "JPY"}, b.now))
	}
	if b.m.Minutes > 0 {
		b.m.shrink(split)
		b.post(accepted(b.m, b.person, b.now))
		b.post(transferred(b.m, b.person, Transfer{ID: "tr_1", Amount: b.m.Quote().Net, Currency: "JPY", At: b.now})...)
		// Twice the sixtieths, so that the half is a whole number: what a person with a pencil would do.
		if exact := 2 * b.m.Rate * min(b.m.Minutes, b.m.CapMinutes); b.m.Amount != (exact+60)/120 {
			b.Fatalf("%d minutes at %d come to %d", b.m.Minutes, b.m.Rate, b.m.Amount)
		}
	}
	if paid := split.Paid.Charge; paid+split.Refund != funded.Charge || b.balances[held(b.m)] != 0 || b.balances[payable(b.person)] != 0 {
		b.Fatalf("%d paid and %d back of %d; %v", paid, split.Refund, funded.Charge, b.balances)
	}
	var sum int64
	for _, v := range b.balances {
		sum += v
	}
	if sum != 0 || b.balances[refundPayable(b.m)] != -split.Refund {
		b.Fatalf("the books are off by %d: %v", sum, b.balances)
	}
}

// weekPlace is a week's state with what its guards look at.
type weekPlace struct {
	state             MilestoneState
	delivered, worked bool
}

// weekPlaces explores every move of a week that its guard lets through, with all timers long run out.
func weekPlaces(from weekPlace, rail market.Rail, by ...Party) map[weekPlace]bool {
	next := map[weekPlace][]weekPlace{}
	today, long := date(2026, 1, 1), time.Unix(0, 0)
	for state := range milestoneMachine.Stands {
		for _, p := range []weekPlace{{state, false, false}, {state, false, true}, {state, true, true}} {
			m := Milestone{State: state, Rail: rail, AutoAcceptAt: &long, FundedAt: &long, Worktime: weekOf(date(1970, 1, 5), 60, 60, time.UTC)}
			if p.worked {
				m.Minutes = 60
			}
			if p.delivered {
				m.ReceivedOn = &today
			}
			for _, move := range milestoneMachine.Moves {
				if move.From != state || len(by) > 0 && !slices.Contains(by, move.By) {
					continue
				}
				if to, err := milestoneMachine.Next(state, move.Do, move.By, moment{m, time.Now()}); err == nil {
					next[p] = append(next[p], weekPlace{to, p.delivered || to == MilestoneSubmitted, p.worked})
				}
			}
			if m.Records(time.Unix(0, 0)) == nil && slices.Contains(by, TheAlumnus) {
				next[p] = append(next[p], weekPlace{MilestoneInProgress, p.delivered, true})
			}
		}
	}
	return closure(from, next)
}

func TestWorkOfAWeekIsNeverTakenBackByTheClockNorByOneSide(t *testing.T) {
	t.Parallel()
	for _, rail := range market.Rails {
		for at := range weekPlaces(weekPlace{MilestoneInProgress, false, true}, rail, TheCompany, TheAlumnus, TheProvider, TheClock) {
			if slices.Contains([]MilestoneState{MilestoneRefunding, MilestoneRefunded, MilestoneCanceled}, at.state) {
				t.Errorf("%s: worked hours reach %s", rail, at.state)
			}
		}
		silence := weekPlaces(weekPlace{MilestoneInProgress, false, true}, rail, TheClock, TheProvider)
		if !silence[weekPlace{MilestoneAccepted, true, true}] {
			t.Errorf("%s: the clock does not accept what was worked", rail)
		}
	}
}

func TestAWeekCanBePaidInOnceItIsNearAndNotWhileItsContractRests(t *testing.T) {
	t.Parallel()
	m := Milestone{State: MilestoneDraft, Rail: market.Prefunded, Worktime: weekOf(date(2026, 11, 23), 60, 60, time.UTC)}
	for state, want := range map[ContractState][2][]string{ContractActive: {{doCancel}, {doFund, doCancel}}, ContractPaused: {{doCancel}, {doCancel}}} {
		c := Contract{State: state}
		for i, at := range []time.Time{m.OpensAt.Add(-time.Second), *m.OpensAt} {
			got := c.Can(m, TheCompany, at)
			slices.Sort(got)
			slices.Sort(want[i])
			if !slices.Equal(got, want[i]) {
				t.Errorf("%s, at %s, it may be %v, want %v", state, at, got, want[i])
			}
		}
	}
}

func TestTheClockEndsAWeekWithoutWork(t *testing.T) {
	t.Parallel()
	for _, rail := range market.Rails {
		for _, state := range []MilestoneState{MilestoneDraft, MilestonePartFunded, MilestoneFunded} {
			if rail.PaysLater() && state != MilestoneDraft {
				continue
			}
			places := weekPlaces(weekPlace{state, false, false}, rail, TheClock, TheProvider)
			if !places[weekPlace{MilestoneRefunded, false, false}] && !places[weekPlace{MilestoneCanceled, false, false}] {
				t.Errorf("%s: a week without work stays %s", rail, state)
			}
		}
	}
	m := Milestone{State: MilestoneFunded, Rail: market.Prefunded, Worktime: weekOf(date(2026, 11, 23), 60, 60, time.UTC)}
	if _, err := milestoneMachine.Next(m.State, doSkip, TheClock, moment{m, m.ClosesAt.Add(-time.Second)}); !errors.Is(err, ErrWeekOpen) {
		t.Errorf("before its timesheet closes: %v", err)
	}
}
