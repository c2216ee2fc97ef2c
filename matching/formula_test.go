package matching_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/matching"
)

func (w *world) admin() market.Actor {
	w.exec("INSERT INTO people (id, family_name) VALUES (?, '管理') ON CONFLICT DO NOTHING", w.manager.PersonID)
	return market.Actor{PersonID: w.manager.PersonID, Language: problem.English, Grants: []market.Grant{{CompanyID: w.company, Role: market.Administrator}}}
}

// setConstants changes some of the company's constants.
func (w *world) setConstants(change func(*matching.Constants)) matching.Formula {
	w.t.Helper()
	f, err := w.s.FormulaOf(w.t.Context(), w.admin(), w.company)
	if err != nil {
		w.t.Fatal(err)
	}
	c := f.Constants()
	change(&c)
	set, err := w.s.SetConstants(w.t.Context(), w.admin(), w.company, f.Version, c)
	if err != nil {
		w.t.Fatal(err)
	}
	return set
}

func TestACompanysOwnConstantsRankItsTasksAtOnce(t *testing.T) {
	w := newWorld(t)
	long := w.alumnus("高橋", "2005-04-01", "2026-03-01")
	able := w.alumnus("小林", "2025-03-01", "2025-04-01", "corporate-tax")
	task := w.task(market.WantedSkill{Skill: "corporate-tax"})
	w.drain()
	was := w.rank(task.ID)
	preview, err := w.s.PreviewConstants(t.Context(), w.admin(), task.ID, matching.Constants{Skills: 4000, Department: 2000, Tenure: 4000, Record: 0, Saturation: 1, HalfLife: 30, PriorMean: 30, PriorCount: 1})
	if err != nil {
		t.Fatal(err)
	}
	f := w.setConstants(func(c *matching.Constants) {
		*c = matching.Constants{Skills: 4000, Department: 2000, Tenure: 4000, Record: 0, Saturation: 1, HalfLife: 30, PriorMean: 30, PriorCount: 1}
	})
	for _, when := range []string{"before the index knows", "after"} {
		now := w.rank(task.ID)
		if was.Formula != 1 || now.Formula != 2 || f.Version != 2 || was.Items[0].MembershipID != able.Memberships()[0] || now.Items[0].MembershipID != long.Memberships()[0] {
			t.Fatalf("%s: %+v, was %+v", when, now.Items, was.Items)
		}
		for i, c := range now.Items {
			if c.Score != c.Parts.Total() || c.Parts.Record != 0 || preview.Would[i].MembershipID != c.MembershipID || preview.Would[i].Score != c.Score || preview.Would[i].Other != 2-i {
				t.Fatalf("%s: %+v; the preview said %+v", when, c.Standing, preview.Would[i])
			}
		}
		w.drain()
	}
	if n := w.count("SELECT count(*) FROM audit WHERE action = 'company.formula'"); n != 1 {
		t.Errorf("%d lines in the audit", n)
	}
	offer, err := w.s.ScoreFor(t.Context(), long, task.ID)
	if err != nil || offer.Score != preview.Would[0].Score {
		t.Errorf("the alumna sees %v, the company %v (%v)", offer.Score, preview.Would[0].Score, err)
	}
}

func TestOnlyConstantsThatIndexesDependOnTouchMembers(t *testing.T) {
	w := newWorld(t)
	w.crowd(3)
	w.drain()
	f := w.setConstants(func(c *matching.Constants) { c.Skills, c.Department = 6000, 1000 })
	if n := w.count("SELECT count(*) FROM index_pending"); n != 0 || f.Version != 2 {
		t.Fatalf("%d touched by version %d", n, f.Version)
	}
	if f = w.setConstants(func(*matching.Constants) {}); f.Version != 2 {
		t.Fatal("nothing changed, and the version did")
	}
	w.setConstants(func(c *matching.Constants) { c.HalfLife = 3 })
	if n := w.count("SELECT count(*) FROM index_pending"); n != 3 {
		t.Fatalf("%d touched", n)
	}
}

func TestConstantsAreBoundedAndAddUp(t *testing.T) {
	w := newWorld(t)
	good := matching.V1.Constants()
	for field, change := range map[string]func(*matching.Constants){
		"skills":      func(c *matching.Constants) { c.Skills, c.Tenure = 3900, 4600 },
		"tenure":      func(c *matching.Constants) { c.Skills, c.Tenure = 4000, 4500 },
		"department":  func(c *matching.Constants) { c.Department = 2100 },
		"record":      func(c *matching.Constants) { c.Record = -100 },
		"saturation":  func(c *matching.Constants) { c.Saturation = 0 },
		"half_life":   func(c *matching.Constants) { c.HalfLife = 31 },
		"prior_mean":  func(c *matching.Constants) { c.PriorMean = 29 },
		"prior_count": func(c *matching.Constants) { c.PriorCount = 0 },
	} {
		bad := good
		change(&bad)
		_, err := w.s.SetConstants(t.Context(), w.admin(), w.company, 1, bad)
		var p *problem.Error
		if !errors.As(err, &p) || p.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	for name, c := range map[string]struct {
		who  market.Actor
		seen int
		to   func(*matching.Constants)
		want error
	}{
		"sum":     {w.admin(), 1, func(c *matching.Constants) { c.Skills = 6000 }, matching.ErrConstantsSum},
		"stale":   {w.admin(), 7, func(c *matching.Constants) { c.Saturation = 3 }, market.ErrStaleVersion},
		"manager": {w.manager, 1, func(*matching.Constants) {}, market.ErrForbidden},
		"nobody":  {market.Actor{PersonID: uuid.New()}, 1, func(*matching.Constants) {}, market.ErrNotFound},
	} {
		to := good
		c.to(&to)
		if _, err := w.s.SetConstants(t.Context(), c.who, w.company, c.seen, to); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func drawFormula(t *rapid.T) matching.Formula {
	c := matching.Constants{Skills: matching.Score(rapid.IntRange(4000, 9000).Draw(t, "skills")), Saturation: rapid.Float64Range(0.5, 10).Draw(t, "saturation"),
		HalfLife: rapid.Float64Range(1, 30).Draw(t, "half life"), PriorMean: rapid.IntRange(30, 50).Draw(t, "prior mean"), PriorCount: rapid.IntRange(1, 20).Draw(t, "prior count")}
	left := 10000 - c.Skills
	c.Record = min(left, matching.Score(rapid.IntRange(0, 2000).Draw(t, "record")))
	c.Department = min(left-c.Record, 2000)
	c.Tenure = left - c.Record - c.Department
	return matching.V1.With(c)
}

func TestAFormulaSurvivesBeingKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFormula(t)
		kept, err := json.Marshal(f)
		var back matching.Formula
		if err == nil {
			err = json.Unmarshal(kept, &back)
		}
		if err != nil || back != f {
			t.Fatalf("%+v became %+v: %v", f, back, err)
		}
	})
}

func TestBeingNewNeverCostsAgainstTheMean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, m := drawQuestion(t), drawMember(t, uuid.UUID{9})
		q.Formula = drawFormula(t)
		fresh, rated := m, m
		fresh.Ratings, fresh.Stars = 0, 0
		rated.Ratings = rapid.IntRange(1, 200).Draw(t, "ratings")
		rated.Stars = rapid.IntRange(rated.Ratings, rated.Ratings*q.Formula.PriorMean/10).Draw(t, "stars, at most the mean")
		if a, b := q.Parts(fresh), q.Parts(rated); a.Total() < b.Total() || a.Skills != b.Skills || a.Tenure != b.Tenure {
			t.Fatalf("being new gives %v, a record at or below the mean %v", a, b)
		}
	})
}
