package bench

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"

	"homecoming/matching"
)

// QualityOptions say how large the simulated market is.
type QualityOptions struct {
	Seed    uint64
	Members int
	Tasks   int
}

// A QualityResult is how good the lists are, judged by a truth that no list can see: see quality_market.go. Means are over
// the tasks, intervals are the middle 95 % of a bootstrap over tasks.
type QualityResult struct {
	Measured    string        `json:"measured"`
	Seed        uint64        `json:"seed"`
	Members     int           `json:"members"`
	Tasks       int           `json:"tasks"`
	Rankings    []Quality     `json:"rankings"`    // ours first
	Sensitivity []Sensitivity `json:"sensitivity"` // one constant changed at a time
}

// Quality is nDCG@10 of one way to rank, from 0 to 1.
type Quality struct {
	Name  string   `json:"name"`
	NDCG  Interval `json:"ndcg_at_10"`
	Ahead Interval `json:"ours_minus_this"` // on the same tasks
}

// An Interval is a mean with the range in which it lies.
type Interval struct {
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Sensitivity is what becomes of our lists when one constant is another.
type Sensitivity struct {
	Constant string   `json:"constant"`
	Factor   float64  `json:"factor"`
	NDCG     float64  `json:"ndcg_at_10"`
	Change   Interval `json:"change"`
	Overlap  float64  `json:"overlap_at_10"` // the share of the first ten that stay among them
}

// listLength is how many places are judged.
const listLength = 10

// MeasureQuality makes up a market, ranks its members for its tasks in several ways, and judges the lists.
func MeasureQuality(ctx context.Context, o QualityOptions, progress io.Writer) (QualityResult, error) {
	if o.Members < 50 || o.Tasks < 2 {
		return QualityResult{}, fmt.Errorf("quality takes at least 50 members and 2 tasks")
	}
	r := QualityResult{Measured: "ranking quality in a simulated market", Seed: o.Seed, Members: o.Members, Tasks: o.Tasks}
	rankers := qualityRankers()
	tried := variants(matching.V1)
	gained, lists := make([][]float64, len(rankers)), make([][]float64, len(tried))
	overlaps := make([]float64, len(tried))
	m := newMarket(o)
	for i := range o.Tasks {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		t := m.task(i)
		var ours []int
		for j, rank := range rankers {
			top := topOf(rank.score(m, t), m.tie(i))
			if j == 0 {
				ours = top
			}
			gained[j] = append(gained[j], t.ndcg(top))
		}
		for j, v := range tried {
			top := topOf(m.points(t, v.formula), m.tie(i))
			lists[j] = append(lists[j], t.ndcg(top))
			overlaps[j] += overlap(ours, top) / float64(o.Tasks)
		}
		if (i+1)%50 == 0 {
			fmt.Fprintf(progress, "%d of %d tasks\n", i+1, o.Tasks)
		}
	}
	boot := rand.New(rand.NewPCG(o.Seed, 3))
	for j, rank := range rankers {
		r.Rankings = append(r.Rankings, Quality{rank.name, bootstrap(gained[j], boot), bootstrap(minus(gained[0], gained[j]), boot)})
	}
	for j, v := range tried {
		change := bootstrap(minus(lists[j], gained[0]), boot)
		r.Sensitivity = append(r.Sensitivity, Sensitivity{v.constant, v.factor, round(mean(lists[j])), change, round(overlaps[j])})
	}
	return r, nil
}

// A variant is the formula with one constant changed.
type variant struct {
	constant string
	factor   float64
	formula  matching.Formula
}

// variants halve each constant, and add half of it. Parts need not sum to 100 here: only the order is looked at.
func variants(f matching.Formula) (list []variant) {
	part := func(s *matching.Score, by float64) { *s = matching.Score(float64(*s) * by) }
	whole := func(n *int, by float64) { *n = int(float64(*n)*by + 0.5) }
	for _, c := range []struct {
		name   string
		change func(f *matching.Formula, by float64)
	}{
		{"skills", func(f *matching.Formula, by float64) { part(&f.Skills, by) }},
		{"department", func(f *matching.Formula, by float64) { part(&f.Department, by) }},
		{"tenure", func(f *matching.Formula, by float64) { part(&f.Tenure, by) }},
		{"record", func(f *matching.Formula, by float64) { part(&f.Record, by) }},
		{"saturation", func(f *matching.Formula, by float64) { f.Saturation *= by }},
		{"half_life", func(f *matching.Formula, by float64) { f.HalfLife *= by }},
		{"prior_mean", func(f *matching.Formula, by float64) { f.PriorMean = min(50, max(10, int(float64(f.PriorMean)*by))) }},
		{"prior_count", func(f *matching.Formula, by float64) { whole(&f.PriorCount, by) }},
		{"known_days", func(f *matching.Formula, by float64) { whole(&f.Known, by) }},
	} {
		for _, by := range []float64{0.5, 1.5} {
			changed := f
			c.change(&changed, by)
			list = append(list, variant{c.name, by, changed})
		}
	}
	return list
}
