package matching_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/matching"
)

// done brings about what a counterfactual supposes, and takes it back.
func (w *world) done(who market.Actor, task market.Task, c matching.Counterfactual) (undo func()) {
	w.t.Helper()
	membership := who.Memberships()[0]
	do := func(sql string, args ...any) {
		w.exec(sql, args...)
		w.touch(membership)
	}
	switch c.Kind {
	case matching.StateSkill:
		do("INSERT INTO person_skills (person_id, skill_id, evidence, level) VALUES (?, ?, 'self', ?)", who.PersonID, c.Skill, c.Level)
		return func() {
			do("DELETE FROM person_skills WHERE person_id = ? AND skill_id = ? AND evidence = 'self'", who.PersonID, c.Skill)
		}
	case matching.AttestSkill, matching.RaiseSkill:
		do("INSERT INTO person_skills (person_id, skill_id, evidence, company_id, level) VALUES (?, ?, 'proven', ?, ?)", who.PersonID, c.Skill, w.company, c.Level)
		return func() {
			do("DELETE FROM person_skills WHERE person_id = ? AND skill_id = ? AND evidence = 'proven'", who.PersonID, c.Skill)
		}
	case matching.EarnRating:
		w.inTx(func(tx *gorm.DB) error { return rate(tx, w.company, who.PersonID, 5) })
		return func() {
			do("DELETE FROM reviews WHERE ctid = (SELECT ctid FROM reviews WHERE person_id = ? AND rating = 5 LIMIT 1)", who.PersonID)
		}
	case matching.BeSeen:
		do("UPDATE memberships SET hidden = false WHERE id = ?", membership)
		return func() { do("UPDATE memberships SET hidden = true WHERE id = ?", membership) }
	case matching.BeFree:
		do("UPDATE people SET available_from = ? WHERE id = ?", *task.DueOn, who.PersonID)
		return func() { do("UPDATE people SET available_from = '2027-06-01' WHERE id = ?", who.PersonID) }
	}
	w.t.Fatalf("what is %s?", c.Kind)
	return nil
}

// found is where somebody really stands in the company's list, narrowed to who is free by the day where one is given.
func (w *world) found(who market.Actor, task market.Task, q matching.Query) (score matching.Score, place int) {
	w.t.Helper()
	q.Limit, q.Unseen = 100, true
	r, err := w.s.Rank(w.t.Context(), w.manager, task.ID, q)
	if err != nil {
		w.t.Fatal(err)
	}
	for i, c := range r.Items {
		if c.MembershipID == who.Memberships()[0] {
			return c.Score, i + 1
		}
	}
	return 0, 0
}

func bandOf(place int) int {
	for _, b := range []int{5, 10, 20} {
		if place > 0 && place <= b {
			return b
		}
	}
	return 0
}

// TestWhatWouldLiftSomebodyReallyDoes makes every counterfactual come true, ranks, and takes it back.
func TestWhatWouldLiftSomebodyReallyDoes(t *testing.T) {
	w := newWorld(t)
	w.crowd(8, "corporate-tax", "english", "react")
	w.crowd(9, "corporate-tax")
	w.crowd(9)
	asker := w.alumnus("高橋", "2018-04-01", "2023-03-31", "english")
	shy := w.alumnus("伊藤", "2012-04-01", "2025-03-31", "corporate-tax", "english", "react")
	busy := w.alumnus("渡辺", "2012-04-01", "2025-03-31", "corporate-tax", "english", "react")
	w.exec("INSERT INTO person_skills (person_id, skill_id, evidence, level) VALUES (?, 'corporate-tax', 'self', 2)", asker.PersonID)
	w.exec("UPDATE memberships SET hidden = true WHERE id = ?", shy.Memberships()[0])
	w.exec("UPDATE people SET available_from = '2027-06-01' WHERE id = ?", busy.PersonID)
	for _, a := range []market.Actor{asker, shy, busy} {
		w.touch(a.Memberships()[0])
	}
	strict := must("corporate-tax", 2)
	strict.Strict = true
	kinds := map[matching.ChangeKind]int{}
	for _, task := range []market.Task{
		w.task(must("corporate-tax", 2), must("payroll", 1), nice("javascript", 2)),
		w.task(strict, must("english", 1)), w.task(must("payroll", 1)), w.task(must("english", 1), nice("react", 3)),
	} {
		w.exec("UPDATE tasks SET due_on = '2026-12-01' WHERE id = ?", task.ID)
		task.DueOn = dayp("2026-12-01")
		for _, who := range []market.Actor{asker, shy, busy} {
			w.drain()
			o, err := w.s.Outlook(t.Context(), who, task.ID)
			if err != nil {
				t.Fatal(err)
			}
			if _, place := w.found(who, task, matching.Query{}); o.Band != bandOf(place) {
				t.Errorf("told %d, stands at %d", o.Band, place)
			}
			if len(o.Lifts) > 3 {
				t.Errorf("%d told", len(o.Lifts))
			}
			for _, c := range o.Lifts {
				kinds[c.Kind]++
				undo := w.done(who, task, c)
				q := matching.Query{}
				if c.Kind == matching.BeFree {
					q.AvailableBy = task.DueOn
				}
				for _, when := range []string{"before the index knows", "after"} {
					score, place := w.found(who, task, q)
					if bandOf(place) != c.Band || place > 0 && score != c.Score || c.Score < o.Score || c.Score == o.Score && c.Band == 0 {
						t.Errorf("%s: %q, but %v at place %d (was %v among %d)", when, c.Text, score, place, o.Score, o.Band)
					}
					w.drain()
				}
				undo()
			}
		}
	}
	for _, k := range []matching.ChangeKind{matching.StateSkill, matching.AttestSkill, matching.RaiseSkill, matching.EarnRating, matching.BeSeen, matching.BeFree} {
		if kinds[k] == 0 {
			t.Errorf("%s never came up: %v", k, kinds)
		}
	}
}

func TestTheBestHasNothingToBeTold(t *testing.T) {
	w := newWorld(t)
	best := w.alumnus("高橋", "2010-04-01", "2025-03-31", "corporate-tax")
	w.inTx(func(tx *gorm.DB) error { return rate(tx, w.company, best.PersonID, slices.Repeat([]int{5}, 3000)...) })
	o, err := w.s.Outlook(t.Context(), best, w.task(must("corporate-tax", 3)).ID)
	if err != nil || o.Band != 5 || len(o.Lifts) != 0 {
		t.Fatalf("%+v %v", o, err)
	}
}

func TestAnOutlookSpeaksTheReadersLanguage(t *testing.T) {
	w := newWorld(t)
	w.crowd(6, "corporate-tax")
	yumi := w.alumnus("高橋", "2010-04-01", "2025-03-31")
	task := w.task(must("corporate-tax", 2))
	for lang, want := range map[problem.Language]string{
		problem.English:  "Corporate tax at level 2, attested by a company: 95.%s points, among the first 5",
		problem.Japanese: "法人税をレベル2として会社の確認を受ける：適合度95.%s、上位5名に入ります",
	} {
		yumi.Language = lang
		o, err := w.s.Outlook(t.Context(), yumi, task.ID)
		if err != nil || len(o.Lifts) == 0 {
			t.Fatalf("%+v %v", o, err)
		}
		if got, want := o.Lifts[0].Text, fmt.Sprintf(want, o.Lifts[0].Score.String()[3:]); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if _, err := w.s.Outlook(t.Context(), market.Actor{PersonID: uuid.New()}, task.ID); err == nil {
		t.Error("a stranger is told something")
	}
}

// nice is a skill that would be welcome.
func nice(skill string, level int) market.WantedSkill {
	return market.WantedSkill{Skill: skill, Level: level, Kind: market.Nice}
}
