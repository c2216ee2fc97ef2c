package meili

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"homecoming/matching"
)

// filter is a list as a filter expression. The company stands in each one, whatever else does.
func filter(q matching.Question, l matching.List) string {
	all := []string{fmt.Sprintf("company = %q", q.Company.String())}
	free, least := wants{}, l.AtLeast
	scope := scope(q.Company)
	for _, w := range q.Skills {
		t := want{token(scope, w.Skill, w.Level), w.Weight}
		if w.Strict {
			all, least = append(all, t.met()), least-w.Weight
		} else {
			free = append(free, t)
		}
	}
	if least > 0 {
		all = append(all, free.atLeast(least))
	}
	if l.InDepartment {
		all = append(all, fmt.Sprintf("knows = %q", q.Department.String()))
	}
	if q.AvailableBy != nil {
		all = append(all, fmt.Sprintf("free <= %d", dayNumber(*q.AvailableBy)))
	}
	if q.MaxRate != nil {
		all = append(all, fmt.Sprintf("rate <= %d", *q.MaxRate))
	}
	if q.Reached.Restricted {
		all = append(all, "(worked IN "+quoted(q.Reached.Departments)+" OR id IN "+quoted(q.Reached.Members)+")")
	}
	return strings.Join(all, " AND ")
}

func quoted(ids []uuid.UUID) string {
	return `["` + strings.Join(append(texts(ids), "-"), `", "`) + `"]` // never empty, which the server refuses
}

// A want is a token with what it weighs.
type want struct {
	token  string
	weight int
}

func (w want) met() string { return fmt.Sprintf("skills = %q", w.token) }

type wants []want

func (ws wants) weight() int {
	sum := 0
	for _, w := range ws {
		sum += w.weight
	}
	return sum
}

// sums are the weights that some of the wants can make up, from low to high.
func (ws wants) sums() []int {
	sums := []int{0}
	for _, w := range ws {
		for _, s := range slices.Clone(sums) {
			if !slices.Contains(sums, s+w.weight) {
				sums = append(sums, s+w.weight)
			}
		}
	}
	slices.Sort(sums)
	return sums
}

// atLeast is the condition that the wants met weigh h and more. It splits the wants in halves, at least i of the one and
// h-i of the other, which stays short where naming every combination explodes.
func (ws wants) atLeast(h int) string {
	lightest := slices.MinFunc(ws, func(a, b want) int { return a.weight - b.weight }).weight
	switch {
	case h > ws.weight()-lightest:
		return ws.every()
	case h <= lightest:
		return ws.any()
	}
	left, right := ws.halves()
	var ways []string
	last := -1
	for _, i := range left.sums() {
		rest := slices.IndexFunc(right.sums(), func(s int) bool { return s >= h-i })
		if rest < 0 {
			continue // the right half cannot make up for it
		}
		if needed := right.sums()[rest]; needed != last { // the same need with a higher i says nothing new
			ways, last = append(ways, both(left, i, right, needed)), needed
		}
	}
	return "(" + strings.Join(ways, " OR ") + ")"
}

// halves parts the heavy wants from the light ones, and wants that weigh the same in the middle: the fewer sums a half
// can make up, the shorter the condition.
func (ws wants) halves() (left, right wants) {
	ws = slices.Clone(ws)
	slices.SortStableFunc(ws, func(a, b want) int { return b.weight - a.weight })
	light := slices.IndexFunc(ws, func(w want) bool { return w.weight < ws[0].weight })
	if light < 0 {
		light = len(ws) / 2
	}
	return ws[:light], ws[light:]
}

func both(left wants, i int, right wants, j int) string {
	switch {
	case i == 0:
		return right.atLeast(j)
	case j == 0:
		return left.atLeast(i)
	}
	return "(" + left.atLeast(i) + " AND " + right.atLeast(j) + ")"
}

func (ws wants) every() string {
	all := make([]string, len(ws))
	for i, w := range ws {
		all[i] = w.met()
	}
	return "(" + strings.Join(all, " AND ") + ")"
}

func (ws wants) any() string {
	all := make([]string, len(ws))
	for i, w := range ws {
		all[i] = fmt.Sprintf("%q", w.token)
	}
	return "skills IN [" + strings.Join(all, ", ") + "]"
}
