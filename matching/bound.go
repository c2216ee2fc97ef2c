package matching

import (
	"slices"

	"github.com/google/uuid"
)

// levels are the coverages that a member who passes the strict skills can have, from high to low.
func (q Question) levels() []int {
	sums := map[int]bool{0: true}
	for _, w := range q.Skills {
		next := map[int]bool{}
		for sum := range sums {
			next[sum+w.Weight] = true
			if !w.Strict {
				next[sum] = true
			}
		}
		sums = next
	}
	levels := make([]int, 0, len(sums))
	for sum := range sums {
		levels = append(levels, sum)
	}
	slices.Sort(levels)
	slices.Reverse(levels)
	return levels
}

// A side is a kind of unseen people that is bounded by itself: members in the department, members out of it, and people
// from outside.
type side struct{ outside, in bool }

func (s *search) sides() []side {
	sides := []side{{}}
	if s.q.Department != uuid.Nil {
		sides = append(sides, side{in: true})
	}
	if !s.q.Beyond.Nobody() {
		sides = append(sides, side{outside: true})
	}
	return sides
}

// most is the best that anybody of a side could be with coverage g.
func (s *search) most(g int, of side) Place {
	if of.outside {
		return s.q.place(Hit{P: s.q.Formula.Record, LeftOn: Never}, g, false)
	}
	return s.q.place(Hit{P: s.q.Formula.MostP(), Tenure: s.q.Formula.Tenure, LeftOn: s.q.AsOf}, g, of.in)
}

// bound is a place that every unseen person of a side with coverage g stands behind; false when none is left.
func (s *search) bound(g int, of side) (Place, bool) {
	bound := s.most(g, of)
	for key, e := range s.lists {
		if key.outside != of.outside || key.atLeast > g || key.in && !of.in {
			continue
		}
		if e.all {
			return Place{}, false
		}
		if p := s.behind(e.last, g, of.in); p.Compare(bound) > 0 {
			bound = p
		}
	}
	for key, from := range s.tiered {
		if key.outside != of.outside || key.atLeast > g || key.in && !of.in {
			continue
		}
		if from <= 0 {
			return Place{}, false
		}
		if p := s.under(from, g, of.in); p.Compare(bound) > 0 {
			bound = p
		}
	}
	return bound, true
}

// under is the best that anybody with coverage g and less p could be.
func (s *search) under(p Score, g int, in bool) Place {
	return s.q.place(Hit{P: p - 1, Tenure: s.q.Formula.Tenure, LeftOn: s.q.AsOf}, g, in)
}

// behind is where the last hit of a list puts an unseen person with coverage g.
func (s *search) behind(last Hit, g int, in bool) Place {
	if s.ranks {
		return s.q.Place(last)
	}
	last.Membership = uuid.Nil // whoever ties with the last hit may have any id
	return s.q.place(last, g, in)
}

// open reports whether somebody unseen of a side with coverage g could still enter the list whose last place is kth.
func (s *search) open(g int, of side, kth *Place) bool {
	bound, left := s.bound(g, of)
	return left && (kth == nil || kth.Compare(bound) > 0)
}

// plan names the lists of the next round; none when the list is closed.
func (s *search) plan() []List {
	kth := s.kth()
	if s.ranks {
		return s.whole(kth)
	}
	lists := s.foreseen(kth)
	known := len(lists) > 0
	for _, of := range s.sides() {
		if of.outside || !known {
			lists = append(lists, s.blind(of, kth)...)
		}
	}
	return lists
}

// blind names a side's lists when nothing is known about how many they hold: the best coverages that are open.
func (s *search) blind(of side, kth *Place) []List {
	var lists []List
	for _, g := range s.levels {
		if len(lists) < listsAtOnce && s.open(g, of, kth) {
			lists = append(lists, s.further(listKey{of, g}, s.k+1))
		}
	}
	return lists
}

// further reads a list on from where it was left: twice as far as it was read, and so many hits at least.
func (s *search) further(key listKey, hits int) List {
	l := List{Outside: key.outside, AtLeast: key.atLeast, InDepartment: key.in, Limit: hits}
	if e := s.lists[key]; e != nil {
		l.Offset, l.Limit = e.hits, max(e.hits, hits)
	}
	return l
}

// whole asks an index that Ranks: first for those who meet anything, which most lists need alone, and then for everybody
// and further down. Its rounds are snapshots of their own, so each stands alone.
func (s *search) whole(kth *Place) []List {
	atLeast, limit := 0, s.k+min(len(s.fresh), 10*s.k)
	if len(s.lists) == 0 {
		atLeast = s.leastCovered()
	} else if !s.anyOpen(kth) {
		return nil
	}
	for key, e := range s.lists {
		if key.atLeast == 0 {
			limit = max(limit, 2*e.hits+s.k)
		}
	}
	s.reset()
	lists := []List{{AtLeast: atLeast, Limit: limit}}
	if !s.q.Beyond.Nobody() {
		lists = append(lists, List{Outside: true, AtLeast: atLeast, Limit: limit})
	}
	return lists
}

func (s *search) anyOpen(kth *Place) bool {
	for _, g := range s.levels {
		for _, of := range s.sides() {
			if s.open(g, of, kth) {
				return true
			}
		}
	}
	return false
}

// leastCovered is the lowest coverage that is any at all.
func (s *search) leastCovered() int {
	least := 0
	for _, g := range s.levels {
		if g > 0 {
			least = g
		}
	}
	return least
}
