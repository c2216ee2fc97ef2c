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

// sides are the two kinds of unseen members that are bounded separately: in the department, and out of it.
func (s *search) sides() []bool {
	if s.q.Department == uuid.Nil {
		return []bool{false}
	}
	return []bool{true, false}
}

// bound is a place that every unseen member with coverage g stands behind; false when no such member is left.
func (s *search) bound(g int, in bool) (Place, bool) {
	bound := s.q.place(Hit{P: s.q.Formula.MostP(), Tenure: s.q.Formula.Tenure, LeftOn: s.q.AsOf}, g, in)
	for key, e := range s.lists {
		if key.atLeast > g || key.inDepartment && !in {
			continue
		}
		if e.all {
			return Place{}, false
		}
		if p := s.behind(e.last, g, in); p.Compare(bound) > 0 {
			bound = p
		}
	}
	return bound, true
}

// behind is where the last hit of a list puts an unseen member with coverage g.
func (s *search) behind(last Hit, g int, in bool) Place {
	if s.ranks {
		return s.q.Place(last)
	}
	return s.q.place(last, g, in)
}

// open reports whether somebody unseen with coverage g could still enter the list whose last place is kth.
func (s *search) open(g int, in bool, kth *Place) bool {
	bound, left := s.bound(g, in)
	return left && (kth == nil || kth.Compare(bound) > 0)
}

// plan names the lists of the next round; none when the list is closed.
func (s *search) plan() []List {
	if len(s.lists) == 0 {
		return s.first()
	}
	var kth *Place
	if hits := s.top(); len(hits) == s.k {
		p := s.q.Place(hits[s.k-1])
		kth = &p
	}
	if s.ranks {
		return s.whole(kth)
	}
	var lists []List
	for _, g := range s.levels {
		switch {
		case len(lists) == listsAtOnce:
			return lists
		case s.open(g, false, kth):
			lists = append(lists, s.further(g, false))
		case s.q.Department != uuid.Nil && s.open(g, true, kth):
			lists = append(lists, s.further(g, true))
		}
	}
	return lists
}

// first is the three best coverages, and the best one within the department.
func (s *search) first() []List {
	if s.ranks {
		return []List{s.ranked(s.leastCovered(), s.k+min(len(s.fresh), 10*s.k))}
	}
	var lists []List
	if s.q.Department != uuid.Nil {
		lists = append(lists, s.further(s.levels[0], true))
	}
	for _, g := range s.levels[:min(3, len(s.levels))] {
		lists = append(lists, s.further(g, false))
	}
	return lists
}

// further reads a list on from where it was left, twice as far each time.
func (s *search) further(g int, in bool) List {
	l := List{AtLeast: g, InDepartment: in, Limit: s.k}
	if e := s.lists[listKey{g, in}]; e != nil {
		l.Offset, l.Limit = e.hits, max(e.hits, s.k)
	}
	return l
}

// whole asks an index that Ranks again, for everybody and further down. Its rounds are snapshots of their own, so
// each stands alone.
func (s *search) whole(kth *Place) []List {
	for _, g := range s.levels {
		for _, in := range s.sides() {
			if s.open(g, in, kth) {
				limit := s.k + min(len(s.fresh), 10*s.k)
				if e := s.lists[listKey{}]; e != nil {
					limit = 2*e.hits + s.k
				}
				s.reset()
				return []List{s.ranked(0, limit)}
			}
		}
	}
	return nil
}

func (s *search) ranked(atLeast, limit int) List { return List{AtLeast: atLeast, Limit: limit} }

// leastCovered is the lowest coverage that is any at all: most lists need nobody who meets no skill.
func (s *search) leastCovered() int {
	least := 0
	for _, g := range s.levels {
		if g > 0 {
			least = g
		}
	}
	return least
}
