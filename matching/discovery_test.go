package matching_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/market"
	"homecoming/matching"
)

func listOf(items []matching.Candidate) (ids []uuid.UUID) {
	for _, c := range items {
		ids = append(ids, c.MembershipID)
	}
	return ids
}

func (w *world) first(task uuid.UUID, k int, unseen bool) matching.Ranking {
	w.t.Helper()
	r, err := w.s.Rank(w.t.Context(), w.manager, task, matching.Query{Limit: k, Unseen: unseen})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func TestTwoNewcomersStandBehindTheListAndDisplaceNobody(t *testing.T) {
	w := newWorld(t)
	all := w.crowd(30, "corporate-tax", "english")
	w.crowd(10, "english") // they lack the must-have
	for _, a := range all[:24] {
		w.inTx(func(tx *gorm.DB) error { return rate(tx, w.company, a.PersonID, 5, 4) })
	}
	task := w.task(must("corporate-tax", 2), nice("english", 1))
	w.drain()
	alone, with, again := w.first(task.ID, 10, true), w.first(task.ID, 10, false), w.first(task.ID, 10, false)
	if !slices.Equal(listOf(alone.Items), listOf(with.Items)) || len(alone.Discoveries) != 0 {
		t.Fatalf("the list became another: %v, %v", listOf(alone.Items), listOf(with.Items))
	}
	if len(with.Discoveries) != 2 || !slices.Equal(listOf(with.Discoveries), listOf(again.Discoveries)) {
		t.Fatalf("%v, then %v", listOf(with.Discoveries), listOf(again.Discoveries))
	}
	for _, d := range with.Discoveries {
		if slices.Contains(listOf(with.Items), d.MembershipID) || d.Skills[0].State != matching.ChipMet || d.Person.Name == "" || d.Score != d.Parts.Total() || len(d.Reasons) < 3 {
			t.Errorf("%+v", d)
		}
	}
	if again.ID != with.ID {
		t.Error("the same list with the same discoveries was kept twice")
	}
	days, tasks := map[uuid.UUID]bool{}, map[uuid.UUID]bool{}
	for range 12 {
		for _, id := range listOf(w.first(w.task(must("corporate-tax", 2)).ID, 10, false).Discoveries) {
			tasks[id] = true
		}
		w.clock.Advance(24 * time.Hour)
		for _, id := range listOf(w.first(task.ID, 10, false).Discoveries) {
			days[id] = true
		}
	}
	if len(tasks) < 5 || len(days) < 5 {
		t.Errorf("always the same few: %d by task, %d by day", len(tasks), len(days))
	}
}

func TestWhoWasShownOftenIsNoDiscovery(t *testing.T) {
	w := newWorld(t)
	all := w.crowd(6, "corporate-tax")
	for _, a := range all {
		w.inTx(func(tx *gorm.DB) error { return rate(tx, w.company, a.PersonID, 4) })
	}
	w.drain()
	task := func() market.Task { return w.task(must("corporate-tax", 2)) }
	if r := w.first(task().ID, 4, false); len(r.Discoveries) != 2 {
		t.Fatalf("hardly ever shown, and not discovered: %+v", r.Discoveries)
	}
	for range 3 {
		w.first(task().ID, 6, false)
	}
	if r := w.first(task().ID, 4, false); len(r.Discoveries) != 2 {
		t.Fatalf("what is shown today changes the draw of today: %+v", r.Discoveries)
	}
	w.clock.Advance(24 * time.Hour)
	if r := w.first(task().ID, 4, false); len(r.Discoveries) != 0 {
		t.Fatalf("shown for four tasks yesterday, and discovered: %+v", r.Discoveries)
	}
	w.clock.Advance(90 * 24 * time.Hour)
	if r := w.first(task().ID, 4, false); len(r.Discoveries) != 2 {
		t.Fatalf("not shown for months, and not discovered: %+v", r.Discoveries)
	}
}

func TestDiscoveriesPassTheFilters(t *testing.T) {
	w := newWorld(t)
	all := w.crowd(5, "corporate-tax")
	w.exec("UPDATE people SET available_from = '2027-01-01' WHERE id = ?", all[0].PersonID)
	w.exec("UPDATE memberships SET hidden = true WHERE id = ?", all[1].Memberships()[0])
	for _, a := range all {
		w.touch(a.Memberships()[0])
	}
	task := w.task(must("corporate-tax", 2))
	for range 2 {
		r, err := w.s.Rank(t.Context(), w.manager, task.ID, matching.Query{Limit: 2, AvailableBy: dayp("2026-06-01")})
		if err != nil || len(r.Items) != 2 || len(r.Discoveries) > 1 {
			t.Fatalf("%v %v %v", listOf(r.Items), listOf(r.Discoveries), err)
		}
		for _, d := range r.Discoveries {
			if d.MembershipID != all[2].Memberships()[0] {
				t.Errorf("%v passes no filter", d.MembershipID)
			}
		}
		w.drain()
	}
}

func TestExposureIsCountedByCohortsOfFiveAndMore(t *testing.T) {
	w := newWorld(t)
	old := w.crowd(12, "corporate-tax") // left two years ago
	for range 6 {
		w.alumnus("伊藤", "2020-04-01", "2026-01-31") // this year
	}
	w.alumnus("渡辺", "2000-04-01", "2010-03-31") // alone in a cohort
	w.drain()
	task := w.task(must("corporate-tax", 2))
	w.first(task.ID, 12, false)
	w.first(task.ID, 10, false)
	w.first(w.task(must("corporate-tax", 3)).ID, 5, false)
	w.exec("INSERT INTO invitations (id, company_id, task_id, membership_id, invited_by, created_at) VALUES (?, ?, ?, ?, ?, '2026-04-01 03:00Z')",
		uuid.New(), w.company, task.ID, old[0].Memberships()[0], w.manager.PersonID)
	w.bid(old[0], task, "2026-04-01 03:00Z")
	for i := range 5 {
		w.bid(old[i], w.task(must("english", 1)), "2025-11-01 03:00Z")
	}
	office := market.Actor{PersonID: uuid.New(), Grants: []market.Grant{{CompanyID: w.company, Role: market.Office}}}
	e, err := w.s.ExposureOf(t.Context(), office, w.company, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if e.Tasks != 2 || e.To != today || e.From != day("2026-01-02") || !e.Withheld {
		t.Errorf("%+v", e)
	}
	discovered := w.count("SELECT count(*) FROM rankings WHERE cardinality(discovered) = 2")
	want := []matching.Cohort{
		{By: "contracts", Name: "new", People: 14, Seen: 7}, {By: "contracts", Name: "some", People: 5, Seen: 5, Invited: 1, Awarded: 1},
		{By: "away", Name: "under_3", People: 12, Seen: 12, Invited: 1, Awarded: 1},
	}
	if len(e.Cohorts) != len(want) || discovered == 0 {
		t.Fatalf("%+v", e.Cohorts)
	}
	shown := 0
	for i, c := range e.Cohorts {
		if i < 2 {
			shown += c.Shown
		}
		c.Shown = 0
		if c != want[i] {
			t.Errorf("%+v, want %+v", c, want[i])
		}
	}
	if last := e.Cohorts[2]; shown != last.Shown || shown != 12+5+2 {
		t.Errorf("shown %d times by contracts, %d by years", shown, last.Shown)
	}
	if before, err := w.s.ExposureOf(t.Context(), office, w.company, dayp("2026-01-01"), dayp("2026-03-31")); err != nil || before.Tasks != 0 || before.Cohorts[0].Shown != 0 {
		t.Errorf("%+v %v", before, err)
	}
	for _, who := range []market.Actor{w.manager, old[0], {}} {
		if _, err := w.s.ExposureOf(t.Context(), who, w.company, nil, nil); err == nil {
			t.Error("everybody may see it")
		}
	}
}

// bid writes an accepted bid.
func (w *world) bid(who market.Actor, task market.Task, at string) {
	w.t.Helper()
	w.exec(`INSERT INTO bids (id, company_id, task_id, membership_id, person_id, state, version, offered_by, amount, currency, deliver_on, milestones, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, 'accepted', 1, 'alumnus', 1000, 'JPY', '2026-12-01', '[]', ?, ?)`, uuid.New(), w.company, task.ID, who.Memberships()[0], who.PersonID, at, at)
}
