package matching

import (
	"math"
	"slices"
)

// What the loop asks for where a sample tells what the K-th will score.
//
// Everybody with that score and more is asked for outright: whoever meets skills of weight g needs a p of what is left,
// and a little less where the department is known. When all of them are in and they are K, nobody unseen scores as much.
// That is one list in no order, and nearly always the only one.
//
// Each coverage costs the index a condition. Where few more people are let in by giving a coverage the p of the next higher
// one, the two are asked for as one; the cheapest grouping is found by going through all of them.

// tierCosts is what asking for one more coverage costs an index, in hits, for a task of so many skills.
func tierCosts(skills int) float64 { return 2 + 0.1*float64(skills*skills) }

// foreseen names the list of the company's own members. It names none where there is no forecast, or where nobody unseen
// among them could enter the list.
func (s *search) foreseen(kth *Place) []List {
	if s.forecast == nil || !slices.ContainsFunc(s.levels, func(g int) bool {
		return s.open(g, side{}, kth) || s.in() && s.open(g, side{in: true}, kth)
	}) {
		return nil
	}
	s.target = s.aim(kth)
	tiers, hits := s.tiers(s.target)
	room := 2*s.k + 20 + len(s.fresh) + int(2*hits)
	return []List{{Tiers: tiers, Limit: room << min(2*s.crowded, 20)}}
}

// aim is the score from which everybody is asked for: as foreseen at first, and then that of the K-th found, who cannot be
// better than the K-th of all. Where fewer than K were found, it was foreseen too high.
func (s *search) aim(kth *Place) Score {
	switch {
	case kth != nil && s.asked == 0:
		return max(kth.Score, s.forecast.kth(float64(s.k+1)))
	case kth != nil:
		return kth.Score
	case s.asked == 0:
		return s.forecast.kth(float64(s.k + 1))
	}
	return max(min(s.forecast.kth(float64(s.k+1)*math.Pow(2, float64(s.asked))), s.target*3/4), 0)
}

// tiers are those with this score and more, and how many more than the K are expected with them.
func (s *search) tiers(target Score) (tiers []Tier, more float64) {
	formula := s.q.Formula
	var needs []need
	for at, g := range s.levels {
		p := max(target-s.forecast.points[at], 0)
		if p-formula.ForDepartment(s.in()) <= formula.MostP() {
			needs = append(needs, need{at, g, p})
		}
		if p == 0 { // whoever meets more is among them
			needs = []need{{at, g, p}}
		}
	}
	for _, group := range s.group(needs, &more) {
		lowest, p := group[len(group)-1], group[0].p
		if p <= formula.MostP() {
			tiers = append(tiers, Tier{AtLeast: lowest.g, P: p})
		}
		if s.in() && formula.Department > 0 && p > 0 {
			tiers = append(tiers, Tier{AtLeast: lowest.g, InDepartment: true, P: max(p-formula.Department, 0)})
		}
	}
	return tiers, more
}

// A need is a coverage of which everybody with p and more must be seen.
type need struct {
	level int // its place among the levels
	g     int
	p     Score
}

// group parts the needs, which go from high coverages to low ones and so from low p to high, in the cheapest way.
func (s *search) group(needs []need, more *float64) (groups [][]need) {
	costs, from, hits := make([]float64, len(needs)+1), make([]int, len(needs)+1), make([]float64, len(needs)+1)
	for j := 1; j <= len(needs); j++ {
		costs[j] = math.Inf(1)
		for i := range j {
			extra := 0.0
			for _, n := range needs[i+1 : j] {
				extra += s.forecast.reaching(n.level, needs[i].p) - s.forecast.reaching(n.level, n.p)
			}
			if c := costs[i] + tierCosts(len(s.q.Skills)) + extra; c < costs[j] {
				costs[j], from[j], hits[j] = c, i, hits[i]+extra
			}
		}
	}
	for j := len(needs); j > 0; j = from[j] {
		groups = append(groups, needs[from[j]:j])
	}
	*more = hits[len(needs)]
	return groups
}

// in reports whether the task names a department.
func (s *search) in() bool { return len(s.sides()) > 1 && s.sides()[1].in }
