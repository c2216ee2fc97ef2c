package matching

import (
	"math"
	"slices"

	"github.com/google/uuid"
)

// How far the lists of the next round are read, where a sample tells how many members there are.
//
// A list is closed when every unseen member with coverage g has less p than the K-th leaves to it. Each coverage may be
// closed by a list of its own, or by one of a lower coverage that is read further down. What a list costs by itself and
// what each hit costs decide; the cheapest grouping is found by going through all of them.

// listCosts is what asking for a list costs the index, in hits.
const listCosts = 25

// A need is a coverage that must be read until p falls under depth.
type need struct {
	g     int
	depth Score
}

// foreseen names the lists of the company's own members. It names none where there is no forecast, or where it has
// nothing to say about what is open.
func (s *search) foreseen(kth *Place) []List {
	if s.forecast == nil {
		return nil
	}
	target := s.target(kth)
	out := s.needs(side{}, kth, target)
	plain, cost := s.group(side{}, out)
	if s.q.Department == uuid.Nil {
		return plain
	}
	in := s.needs(side{in: true}, kth, target)
	known, more := s.group(side{in: true}, in)
	both, once := s.group(side{}, deeper(out, in))
	if parted := slices.Concat(plain, known); lasts(both, once) > lasts(parted, cost+more) {
		return parted
	}
	return both
}

// lasts is how long lists take that cost so much: an index answers two of them at a time.
func lasts(lists []List, cost float64) float64 {
	longest := 0.0
	for _, l := range lists {
		longest = max(longest, listCosts+float64(l.Limit))
	}
	return max(longest, 0.6*cost)
}

// target is the score of the K-th, as found or else as foreseen; lower each time that it was foreseen too high.
func (s *search) target(kth *Place) Score {
	if kth != nil {
		return kth.Score
	}
	return s.forecast.kth(float64(s.k+2) * math.Pow(3, float64(s.rounds)))
}

// needs are the coverages of a side that are open, from high to low. While the K-th is only foreseen, those that it will
// close by itself are left out.
func (s *search) needs(of side, kth *Place, target Score) (needs []need) {
	for _, g := range s.levels {
		depth := target - s.q.Formula.ForSkills(g, s.q.Weight()) - s.q.Formula.ForDepartment(of.in)
		if s.open(g, of, kth) && (kth != nil || depth <= s.q.Formula.MostP()) {
			needs = append(needs, need{g, depth})
		}
	}
	return needs
}

// deeper are the needs of both sides at once.
func deeper(out, in []need) (both []need) {
	for len(out) > 0 || len(in) > 0 {
		switch {
		case len(out) == 0 || len(in) > 0 && in[0].g >= out[0].g:
			if len(out) > 0 && in[0].g == out[0].g {
				out = out[1:] // the other side is the deeper one
			}
			both, in = append(both, in[0]), in[1:]
		default:
			both, out = append(both, out[0]), out[1:]
		}
	}
	return both
}

// group closes the needs with the cheapest lists and says what they cost.
func (s *search) group(of side, needs []need) ([]List, float64) {
	costs, from := make([]float64, len(needs)+1), make([]int, len(needs)+1)
	for j := 1; j <= len(needs); j++ {
		costs[j] = math.Inf(1)
		for i := range j {
			if c := costs[i] + listCosts + float64(s.extra(of, needs[i:j])); c < costs[j] {
				costs[j], from[j] = c, i
			}
		}
	}
	var lists []List
	for j := len(needs); j > 0; j = from[j] {
		these := needs[from[j]:j]
		l := List{AtLeast: these[len(these)-1].g, InDepartment: of.in, Limit: s.extra(of, these)}
		if e := s.lists[listKey{of, l.AtLeast}]; e != nil {
			l.Offset = e.hits
		}
		lists = append(lists, l)
	}
	return lists, costs[len(needs)]
}

// extra is how many more hits close these needs with one list, that of the lowest coverage.
func (s *search) extra(of side, needs []need) int {
	g, depth, which := needs[len(needs)-1].g, needs[0].depth, 0
	for _, n := range needs {
		depth = min(depth, n.depth)
	}
	if of.in {
		which = 1
	}
	hits := int(math.Ceil(s.forecast.hits(which, g, depth).most())) + 3
	if e := s.lists[listKey{of, g}]; e != nil {
		return max(hits-e.hits, (s.k/4+1)<<min(s.rounds, 10)) // the forecast was wrong here: read on ever faster
	}
	return hits
}
