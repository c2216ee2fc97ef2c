package bench

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"homecoming/matching"
)

// A ranker gives everybody a number for a task; the higher stands first.
type ranker struct {
	name  string
	score func(*qualityMarket, job) []float64
}

// qualityRankers are ours and what others do.
func qualityRankers() []ranker {
	part := func(of func(matching.Parts) matching.Score) func(*qualityMarket, job) []float64 {
		return func(_ *qualityMarket, j job) []float64 {
			return each(j, func(in matching.Inputs) float64 { return of(j.question.Score(in)).Float() })
		}
	}
	return []ranker{
		{"homecoming", func(m *qualityMarket, j job) []float64 { return m.points(j, matching.V1) }},
		{"skills only", part(func(p matching.Parts) matching.Score { return p.Skills })},
		{"tenure only", part(func(p matching.Parts) matching.Score { return p.Tenure })},
		{"text relevance", (*qualityMarket).text},
		{"random", func(m *qualityMarket, j job) []float64 { return make([]float64, len(m.workers)) }}, // ties are drawn
	}
}

func each(j job, of func(matching.Inputs) float64) []float64 {
	scores := make([]float64, len(j.inputs))
	for i, in := range j.inputs {
		scores[i] = of(in)
	}
	return scores
}

// points are our scores by a formula. Ties at the last cent go as the list's do: to skills, then to tenure.
func (m *qualityMarket) points(j job, f matching.Formula) []float64 {
	q := j.question
	q.Formula = f
	return each(j, func(in matching.Inputs) float64 {
		p := q.Score(in)
		return p.Total().Float() + p.Skills.Float()/1e5 + p.Tenure.Float()/1e9
	})
}

// text is BM25 over the names of skills and departments in profiles, with the usual constants.
func (m *qualityMarket) text(j job) []float64 {
	const k1, b = 1.2, 0.75
	var query []string
	for _, s := range j.question.Skills {
		query = append(query, s.Skill)
	}
	if j.department >= 0 {
		query = append(query, "d"+strconv.Itoa(j.department))
	}
	scores := make([]float64, len(m.workers))
	for i, w := range m.workers {
		for _, word := range query {
			n := float64(w.words[word])
			scores[i] += m.idf[word] * n * (k1 + 1) / (n + k1*(1-b+b*w.wordCount/m.average))
		}
	}
	return scores
}

// tie is a number for everybody that decides among equals for the i-th task.
func (m *qualityMarket) tie(i int) []float64 {
	r := rand.New(rand.NewPCG(m.o.Seed, 3_000_000+uint64(i)))
	ties := make([]float64, len(m.workers))
	for j := range ties {
		ties[j] = r.Float64()
	}
	return ties
}

// topOf are the first of the list.
func topOf(scores, ties []float64) []int {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(scores[b], scores[a]), cmp.Compare(ties[a], ties[b])) })
	return order[:min(listLength, len(order))]
}

// ndcg is what a list earns, of what the best list would.
func (j job) ndcg(top []int) float64 {
	sum := 0.0
	for place, i := range top {
		sum += j.gain[i] / math.Log2(float64(place)+2)
	}
	return sum / j.ideal
}

func overlap(a, b []int) float64 {
	same := 0
	for _, i := range a {
		if slices.Contains(b, i) {
			same++
		}
	}
	return float64(same) / float64(len(a))
}

func minus(a, b []float64) []float64 {
	d := make([]float64, len(a))
	for i := range a {
		d[i] = a[i] - b[i]
	}
	return d
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

const resamples = 2000

// bootstrap is the mean over tasks, and the middle 95 % of the means of tasks drawn with replacement.
func bootstrap(values []float64, r *rand.Rand) Interval {
	means := make([]float64, resamples)
	for i := range means {
		sum := 0.0
		for range values {
			sum += values[r.IntN(len(values))]
		}
		means[i] = sum / float64(len(values))
	}
	slices.Sort(means)
	return Interval{round(mean(values)), round(means[resamples*25/1000]), round(means[resamples*975/1000])}
}

func round(x float64) float64 { return math.Round(x*1e4) / 1e4 }
