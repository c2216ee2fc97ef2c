package matching_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/matching"
)

// crowd adds n people with the skills, each employed a little longer than the one before.
func (w *world) crowd(n int, skills ...string) (all []market.Actor) {
	w.t.Helper()
	for i := range n {
		joined := day("2019-04-01").AddDays(-20 * i)
		all = append(all, w.alumnus("小林", joined.String(), "2024-03-31", skills...))
	}
	return all
}

func (w *world) shown(id uuid.UUID, lang problem.Language) matching.Shown {
	w.t.Helper()
	who := w.manager
	who.Language = lang
	s, err := w.s.Shown(w.t.Context(), who, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) rankIn(lang problem.Language, task uuid.UUID) matching.Ranking {
	w.t.Helper()
	who := w.manager
	who.Language = lang
	r, err := w.s.Rank(w.t.Context(), who, task, matching.Query{})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func TestAListThatWasShownReplaysToTheByte(t *testing.T) {
	w := newWorld(t)
	yumi := w.alumnus("高橋", "2015-04-01", "2024-03-31", "corporate-tax", "react")
	w.crowd(3, "corporate-tax")
	w.inTx(func(tx *gorm.DB) error { return rate(tx, w.company, yumi.PersonID, 5) })
	task := w.task(market.WantedSkill{Skill: "corporate-tax", Level: 3}, market.WantedSkill{Skill: "javascript", Level: 2, Kind: market.Nice})
	was := map[problem.Language]matching.Ranking{problem.English: w.rankIn(problem.English, task.ID), problem.Japanese: w.rankIn(problem.Japanese, task.ID)}
	first := w.shown(was[problem.English].ID, problem.English)

	// Everything changes: the facts, the constants, the names of skills and people.
	w.exec("DELETE FROM person_skills WHERE skill_id = 'corporate-tax'")
	w.exec("UPDATE stints SET joined_on = joined_on - 1000")
	w.exec("UPDATE skills SET name_en = 'Taxes of companies', name_ja = '会社の税' WHERE id = 'corporate-tax'")
	w.exec("UPDATE people SET family_name = '佐々木'")
	w.setConstants(func(c *matching.Constants) { c.Skills, c.Tenure = 5000, 3500 })
	w.clock.Advance(400 * 24 * time.Hour)

	for lang, shown := range was {
		again := w.shown(shown.ID, lang)
		if !again.Replays || string(again.Bytes) != string(first.Bytes) || again.Hash != first.Hash {
			t.Fatalf("%s became %s", first.Bytes, again.Bytes)
		}
		if len(again.Items) != len(shown.Items) || len(again.Items) != 4 {
			t.Fatalf("%d listed, were %d", len(again.Items), len(shown.Items))
		}
		for i, c := range again.Items {
			o := shown.Items[i]
			if c.MembershipID != o.MembershipID || c.Score != o.Score || c.Parts != o.Parts || !slices.Equal(c.Reasons, o.Reasons) ||
				!slices.Equal(c.Skills, o.Skills) || !slices.Equal(c.Breakdown, o.Breakdown) {
				t.Errorf("place %d was %+v, and is %+v", i+1, o.Standing, c.Standing)
			}
		}
	}
	replayed, err := matching.Replay(first.Bytes)
	if err != nil || string(replayed) != string(first.Bytes) {
		t.Fatalf("%v: %s", err, replayed)
	}
}

func TestAListThatWasTouchedDoesNotReplay(t *testing.T) {
	w := newWorld(t)
	w.crowd(2, "corporate-tax")
	body := w.shown(w.rank(w.task(market.WantedSkill{Skill: "corporate-tax"}).ID).ID, problem.English).Bytes
	for _, forged := range []string{
		strings.Replace(string(body), `"score":`, `"score":1`, 1),
		strings.Replace(string(body), `"level":3`, `"level":0`, 1),
		strings.Replace(string(body), `"half_life":6`, `"half_life":1`, 1),
	} {
		if replayed, err := matching.Replay([]byte(forged)); forged == string(body) || err == nil && string(replayed) == forged {
			t.Errorf("nobody noticed: %s", forged)
		}
	}
	for _, none := range []string{"", "{}", `{"shape":9}`, strings.Replace(string(body), `"skills":[{"level":3}]`, `"skills":[]`, 1)} {
		if _, err := matching.Replay([]byte(none)); err == nil {
			t.Errorf("%q was replayed", none)
		}
	}
}

func TestTheSameListTwiceInARowIsKeptOnce(t *testing.T) {
	w := newWorld(t)
	w.crowd(3, "corporate-tax")
	task := w.task(market.WantedSkill{Skill: "corporate-tax"})
	a, again := w.rank(task.ID), w.rankIn(problem.Japanese, task.ID)
	late := w.alumnus("高橋", "2010-04-01", "2025-03-31", "corporate-tax")
	b := w.rank(task.ID)
	w.exec("UPDATE memberships SET hidden = true WHERE id = ?", late.Memberships()[0])
	w.touch(late.Memberships()[0])
	c := w.rank(task.ID)
	if a.ID == uuid.Nil || a.ID != again.ID || b.ID == a.ID || c.ID == a.ID || c.ID == b.ID {
		t.Fatalf("%v %v %v %v", a.ID, again.ID, b.ID, c.ID)
	}
	list, err := w.s.ShownAbout(t.Context(), w.manager, task.ID, uuid.Nil, 0)
	if err != nil || len(list) != 3 || list[0].ID != c.ID || list[2].ID != a.ID || list[0].Hash != list[2].Hash || list[1].Listed != 4 {
		t.Fatalf("%+v %v", list, err)
	}
	if older, err := w.s.ShownAbout(t.Context(), w.manager, task.ID, b.ID, 5); err != nil || len(older) != 1 {
		t.Fatalf("%+v %v", older, err)
	}
}

func TestADraftThatIsBeingTypedIsNotKept(t *testing.T) {
	w := newWorld(t)
	w.crowd(2, "corporate-tax")
	r, err := w.s.RankDraft(t.Context(), w.manager, market.TaskDraft{CompanyID: w.company, Title: "x", Skills: []market.WantedSkill{{Skill: "corporate-tax"}}}, matching.Query{})
	if err != nil || r.ID != uuid.Nil || w.count("SELECT count(*) FROM rankings") != 0 {
		t.Fatalf("%v %v", r.ID, err)
	}
}

func TestShownListsAreForThoseWhoPostTasks(t *testing.T) {
	w := newWorld(t)
	yumi := w.crowd(1, "corporate-tax")[0]
	task := w.task(market.WantedSkill{Skill: "corporate-tax"})
	id := w.rank(task.ID).ID
	stranger := market.Actor{PersonID: uuid.New(), Grants: []market.Grant{{CompanyID: uuid.New(), Role: market.Manager}}}
	finance := market.Actor{PersonID: uuid.New(), Grants: []market.Grant{{CompanyID: w.company, Role: market.Finance}}}
	for _, c := range []struct {
		who  market.Actor
		want error
	}{{stranger, market.ErrNotFound}, {finance, market.ErrForbidden}, {yumi, market.ErrForbidden}} {
		_, one := w.s.Shown(t.Context(), c.who, id)
		_, all := w.s.ShownAbout(t.Context(), c.who, task.ID, uuid.Nil, 0)
		if !errors.Is(one, c.want) || !errors.Is(all, c.want) {
			t.Errorf("%v %v, want %v", one, all, c.want)
		}
	}
	if _, err := w.s.Shown(t.Context(), w.manager, uuid.New()); !errors.Is(err, market.ErrNotFound) {
		t.Error(err)
	}
}

func TestShownListsAreAppendOnlyAndSweptByAge(t *testing.T) {
	w := newWorld(t)
	w.crowd(1, "corporate-tax")
	task := w.task(market.WantedSkill{Skill: "corporate-tax"})
	old := w.rank(task.ID).ID
	w.clock.Advance(399 * 24 * time.Hour)
	young := w.rank(task.ID).ID
	for _, sql := range []string{"UPDATE rankings SET hash = hash", "DELETE FROM rankings"} {
		if err := w.d.Gorm(context.Background()).Exec(sql).Error; err == nil {
			t.Errorf("%s went through", sql)
		}
	}
	if n, err := w.s.SweepRankings(t.Context()); err != nil || n != 0 {
		t.Fatalf("%d swept: %v", n, err)
	}
	w.clock.Advance(2 * 24 * time.Hour)
	if n, err := w.s.SweepRankings(t.Context()); err != nil || n != 1 {
		t.Fatalf("%d swept: %v", n, err)
	}
	if _, err := w.s.Shown(t.Context(), w.manager, old); !errors.Is(err, market.ErrNotFound) {
		t.Error(err)
	}
	w.shown(young, problem.English)
}
