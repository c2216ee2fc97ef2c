package matching

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/problem"
	"homecoming/market"
)

// Constants are what a company may set of its score. The parts come to 100 points together, so that a score reads the
// same everywhere, and each has bounds: skills stay what counts most, ratings stay small because they are biased.
type Constants struct {
	Skills     Score   `json:"skills"`      // points for meeting every skill: 40 to 90
	Department Score   `json:"department"`  // 0 to 20
	Tenure     Score   `json:"tenure"`      // 0 to 40
	Record     Score   `json:"record"`      // 0 to 20
	Saturation float64 `json:"saturation"`  // years, 0.5 to 10
	HalfLife   float64 `json:"half_life"`   // years, 1 to 30
	PriorMean  int     `json:"prior_mean"`  // tenths of a star, 30 to 50: at 3.0 and more a newcomer loses nothing to a fair review
	PriorCount int     `json:"prior_count"` // ratings, 1 to 20
}

// What can be wrong with constants.
var (
	ErrConstantRange = problem.Define(problem.Invalid, "constant_out_of_range", "This must be from {min} to {max}.", "{min}から{max}の範囲で入力してください。")
	ErrConstantsSum  = problem.Define(problem.Invalid, "constants_sum", "The four parts must come to 100 points; they come to {sum}.", "4つの配点の合計は100点にしてください（現在{sum}点）。")
)

// Constants are those of the formula.
func (f Formula) Constants() Constants {
	return Constants{f.Skills, f.Department, f.Tenure, f.Record, f.Saturation, f.HalfLife, f.PriorMean, f.PriorCount}
}

// With is the formula with other constants, under the same version.
func (f Formula) With(c Constants) Formula {
	f.Skills, f.Department, f.Tenure, f.Record = c.Skills, c.Department, c.Tenure, c.Record
	f.Saturation, f.HalfLife, f.PriorMean, f.PriorCount = c.Saturation, c.HalfLife, c.PriorMean, c.PriorCount
	return f
}

// check finds what is out of bounds; the first fault is returned.
func (c Constants) check() error {
	for _, b := range []struct {
		field           string
		value, min, max float64
	}{
		{"skills", c.Skills.Float(), 40, 90}, {"department", c.Department.Float(), 0, 20}, {"tenure", c.Tenure.Float(), 0, 40},
		{"record", c.Record.Float(), 0, 20}, {"saturation", c.Saturation, 0.5, 10}, {"half_life", c.HalfLife, 1, 30},
		{"prior_mean", float64(c.PriorMean) / 10, 3, 5}, {"prior_count", float64(c.PriorCount), 1, 20},
	} {
		if math.IsNaN(b.value) || b.value < b.min || b.value > b.max {
			return ErrConstantRange.On(b.field).With("min", b.min).With("max", b.max)
		}
	}
	if sum := c.Skills + c.Department + c.Tenure + c.Record; sum != 10000 {
		return ErrConstantsSum.On("skills").With("sum", sum)
	}
	return nil
}

// formulaOf is the formula of a company: its own constants, or the house's where it has set none.
func (s *Service) formulaOf(kept []byte) Formula {
	f := s.formula
	if len(kept) == 0 || bytes.Equal(kept, []byte("null")) {
		return f
	}
	if err := json.Unmarshal(kept, &f); err != nil {
		panic(fmt.Sprintf("matching: the constants of a company are unreadable: %v: %s", err, kept)) // we wrote them
	}
	return f
}

// A CompanyFormula is the formula that a company ranks by.
type CompanyFormula struct {
	Formula
	Own bool // set by the company
}

// FormulaOf reads a company's formula, for anybody who belongs there; ErrNotFound for others.
func (s *Service) FormulaOf(ctx context.Context, who market.Actor, company uuid.UUID) (CompanyFormula, error) {
	if !who.Belongs(company) {
		return CompanyFormula{}, market.ErrNotFound
	}
	c, err := market.CompanyByID(s.db.Gorm(ctx), company)
	if err != nil {
		return CompanyFormula{}, err
	}
	f := s.formulaOf(c.Formula)
	return CompanyFormula{f, f.Constants() != s.formula.Constants()}, nil
}

// SetConstants changes what a company ranks by, and raises its formula's version; the same constants again change
// nothing. seen is the version that the administrator looked at: ErrStaleVersion when it is no longer the one. Where the
// number that indexes keep of each member depends on the change, every member is noted for them in the same transaction.
func (s *Service) SetConstants(ctx context.Context, who market.Actor, company uuid.UUID, seen int, to Constants) (Formula, error) {
	if err := who.May(market.Administer, company); err != nil {
		return Formula{}, err
	}
	if err := to.check(); err != nil {
		return Formula{}, err
	}
	var f Formula
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, err := market.CompanyByID(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}), company)
		if err != nil {
			return err
		}
		was := s.formulaOf(c.Formula)
		switch f = was; {
		case was.Version != seen:
			return market.ErrStaleVersion.On("version")
		case was.Constants() == to:
			return nil
		}
		f = was.With(to)
		f.Version++
		return s.putFormula(tx, who, company, was, f)
	})
	return f, err
}

func (s *Service) putFormula(tx *gorm.DB, who market.Actor, company uuid.UUID, was, f Formula) error {
	kept, err := json.Marshal(f)
	if err != nil {
		return err
	}
	if err := tx.Exec("UPDATE companies SET formula = ? WHERE id = ?", string(kept), company).Error; err != nil {
		return err
	}
	if was.stored() != f.stored() {
		if err := tx.Exec("INSERT INTO index_pending (company_id, membership_id) SELECT company_id, id FROM memberships WHERE company_id = ?", company).Error; err != nil {
			return err
		}
	}
	return market.Audit(tx, who, company, "company.formula", "company:"+company.String(), map[string]any{"from": was, "to": f})
}

// stored leaves of a formula what the numbers in the indexes depend on.
func (f Formula) stored() Formula {
	f.Version, f.Skills, f.Department = 0, 0, 0
	return f
}

// sameRecord reports whether both formulas give the same points for ratings. The documents of people from outside serve
// every company, by the house's formula.
func (f Formula) sameRecord(g Formula) bool {
	return f.Record == g.Record && f.PriorMean == g.PriorMean && f.PriorCount == g.PriorCount
}

// A Preview sets a task's list by the present constants beside the list by others.
type Preview struct {
	Was, Would []Moved
}

// Moved is somebody in a preview with the place in the other list; 0 where they are not among those listed.
type Moved struct {
	Candidate
	Place, Other int
}

// PreviewConstants ranks one task as it would be by other constants, exactly, without changing anything. It scores every
// member of the company from the truth, because no index knows those numbers. Errors are those of [Service.SetConstants].
func (s *Service) PreviewConstants(ctx context.Context, who market.Actor, task uuid.UUID, to Constants) (Preview, error) {
	t, c, err := s.task(ctx, everyTask, task)
	if err != nil {
		return Preview{}, err
	}
	if err := who.May(market.Administer, c.ID); err != nil {
		return Preview{}, err
	}
	if err := to.check(); err != nil {
		return Preview{}, err
	}
	q := s.question(t, c)
	was, err := s.rank(ctx, q, Query{Limit: previewed}, who.Language)
	if err != nil {
		return Preview{}, err
	}
	q.Formula = q.Formula.With(to)
	best, err := s.scoreAll(ctx, q, previewed)
	if err != nil {
		return Preview{}, err
	}
	would, err := s.explain(ctx, q, best, nil, who.Language)
	return Preview{moved(was.Items, would.listed), moved(would.listed, was.Items)}, err
}

const previewed = 10

func moved(list, other []Candidate) []Moved {
	out := make([]Moved, len(list))
	for i, c := range list {
		out[i] = Moved{Candidate: c, Place: i + 1}
		for j, o := range other {
			if o.MembershipID == c.MembershipID {
				out[i].Other = j + 1
			}
		}
	}
	return out
}

// scoreAll scores everybody whom the question can reach from the facts and gives the k best.
func (s *Service) scoreAll(ctx context.Context, q Question, k int) ([]Hit, error) {
	var best []Hit
	for last := uuid.Nil; ; {
		var ids []uuid.UUID
		err := s.db.Gorm(ctx).Raw("SELECT id FROM ranked_as WHERE company_id = ANY(?) AND id > ? ORDER BY id LIMIT ?", pq.Array(q.companies()), last, rebuildBatch).Scan(&ids).Error
		if err != nil || len(ids) == 0 {
			return best, err
		}
		found, err := members(ctx, s.db, ids)
		if err != nil {
			return nil, err
		}
		for _, m := range found {
			if h, ok := q.Hit(q.Formula.Document(m.Member, q.AsOf)); ok {
				best = append(best, h)
			}
		}
		slices.SortFunc(best, func(a, b Hit) int { return q.Place(a).Compare(q.Place(b)) })
		best, last = best[:min(k, len(best))], ids[len(ids)-1]
	}
}
