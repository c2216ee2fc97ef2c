package meili

import (
	"math"
	"strings"
	"sync"
)

// The condition "the skills met weigh h and more", written with as little as the server must read.
//
// The server parses a filter twice and reads a posting list for every value, so an IN over many values costs a fraction
// of as many conditions. Naming all combinations explodes; parting the skills in two and combining what is needed of
// either does not. Which parting is cheapest, and whether as an OR of ANDs or an AND of ORs, depends on nothing but how
// many skills weigh two and one, so it is worked out once for each such shape.

// wants are the tokens of a task's skills by what they weigh: two and one.
type wants struct{ heavy, light []string }

func (ws wants) size() size { return size{len(ws.heavy), len(ws.light)} }

// any is the condition that one of them is met.
func (ws wants) any() string {
	return `skills IN ["` + strings.Join(append(ws.heavy[:len(ws.heavy):len(ws.heavy)], ws.light...), `","`) + `"]`
}

// part takes the first of either weight off.
func (ws wants) part(of size) (first, rest wants) {
	return wants{ws.heavy[:of.heavy], ws.light[:of.light]}, wants{ws.heavy[of.heavy:], ws.light[of.light:]}
}

// atLeast is the condition that the wants met weigh h and more, as conditions that must all hold: none where h is 0.
func (ws wants) atLeast(h int) []string {
	if h <= 0 {
		return nil
	}
	n := cheapest(ws.size(), h)
	if n.how != everyClause {
		return []string{ws.write(n)}
	}
	return ws.clauses(n)
}

func (ws wants) write(n *node) string {
	switch n.how {
	case anyOf:
		return ws.any()
	case everyClause:
		return join(ws.clauses(n), " AND ")
	}
	return join(ws.clauses(n), " OR ")
}

// clauses are the parts of a node: pairs of what must be met of the first part and of the rest.
func (ws wants) clauses(n *node) []string {
	first, rest := ws.part(n.first)
	within := " AND "
	if n.how == everyClause {
		within = " OR "
	}
	all := make([]string, len(n.pairs))
	for i, p := range n.pairs {
		var both []string
		if p.first != nil {
			both = append(both, first.write(p.first))
		}
		if p.rest != nil {
			both = append(both, rest.write(p.rest))
		}
		all[i] = join(both, within)
	}
	return all
}

func join(parts []string, with string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	return "(" + strings.Join(parts, with) + ")"
}

// A size is how many wants weigh two and how many weigh one.
type size struct{ heavy, light int }

func (s size) weight() int { return 2*s.heavy + s.light }

// next is the lowest weight from h up that some of the wants make up; more than their weight where none does.
func (s size) next(h int) int {
	if s.light == 0 && h > 0 {
		return h + h%2
	}
	return max(h, 0)
}

// A node is how one condition is written.
type node struct {
	how   int
	first size // how the wants are parted
	pairs []pair
	cost  int
}

// A pair is what is asked of either part; nil is nothing.
type pair struct{ first, rest *node }

// How a node is written.
const (
	anyOf       = iota // one IN
	someWay            // an OR of pairs that are both met
	everyClause        // an AND of pairs of which one is met
)

// What a filter costs the server, in microseconds on the machine of doc.go.
const (
	ofCondition = 30
	ofValue     = 6
	ofNesting   = 4
)

var shapes sync.Map // of shape to *node

type shape struct {
	size
	least int
}

// cheapest is the best way found to ask for h and more of so many wants, of which it takes at least one.
func cheapest(s size, h int) *node {
	h = s.next(h)
	if known, ok := shapes.Load(shape{s, h}); ok {
		return known.(*node)
	}
	best := partings(s, h)
	shapes.Store(shape{s, h}, best)
	return best
}

func partings(s size, h int) *node {
	if h <= 1 || h == 2 && s.light == 0 {
		return &node{how: anyOf, cost: ofCondition + ofValue*(s.heavy+s.light)}
	}
	best := &node{cost: math.MaxInt}
	for heavy := range s.heavy + 1 {
		for light := range s.light + 1 {
			first, rest := size{heavy, light}, size{s.heavy - heavy, s.light - light}
			if first.weight() == 0 || rest.weight() == 0 {
				continue
			}
			for _, n := range []*node{ways(first, rest, h), clauses(first, rest, h)} {
				for _, p := range n.pairs {
					n.cost += ofNesting + p.first.costs() + p.rest.costs()
				}
				if n.cost < best.cost {
					best = n
				}
			}
		}
	}
	return best
}

func (n *node) costs() int {
	if n == nil {
		return 0
	}
	return n.cost
}

// ways asks for i and more of the first part and for what is then lacking of the rest.
func ways(first, rest size, h int) *node {
	n, last := &node{how: someWay, first: first}, -1
	for i := 0; i <= first.weight(); i = first.next(i + 1) {
		j := rest.next(h - i)
		if j > rest.weight() || j == last { // the rest cannot make up for it, or a lower i asks no more of the rest
			continue
		}
		var p pair
		if i > 0 {
			p.first = cheapest(first, i)
		}
		if j > 0 {
			p.rest = cheapest(rest, j)
		}
		n.pairs, last = append(n.pairs, p), j
	}
	return n
}

// clauses forbids that the first part stays at i and the rest does not make up for it.
func clauses(first, rest size, h int) *node {
	n, last := &node{how: everyClause, first: first}, -1
	for i := 0; i <= first.weight() && i < h; i = first.next(i + 1) {
		var p pair
		if more := first.next(i + 1); more <= first.weight() {
			p.first = cheapest(first, more)
		}
		j := rest.next(h - i)
		if j <= rest.weight() {
			p.rest = cheapest(rest, j)
		}
		if j == last { // the clause before asked less of the first part
			n.pairs = n.pairs[:len(n.pairs)-1]
		}
		n.pairs, last = append(n.pairs, p), j
	}
	return n
}
