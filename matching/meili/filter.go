package meili

import (
	"fmt"
	"strings"

	"github.com/google/uuid"

	"homecoming/matching"
)

// filter is a list as conditions that must all hold. The company stands in each one, whatever else does; it comes last,
// because the server reads on only while somebody is left.
func filter(q matching.Question, l matching.List) []string {
	scope := scope(q.Company)
	if l.Outside {
		scope = outside
	}
	all, free, strict := []string{}, wants{}, 0
	for _, w := range q.Skills {
		t := token(scope, w.Skill, w.Level)
		switch {
		case w.Strict:
			all, strict = append(all, wants{heavy: []string{t}}.any()), strict+w.Weight
		case w.Weight == matching.MustWeight:
			free.heavy = append(free.heavy, t)
		default:
			free.light = append(free.light, t)
		}
	}
	if len(l.Tiers) > 0 {
		all = append(all, anyTier(q, l.Tiers, free, strict)...)
	} else {
		all = append(all, free.atLeast(l.AtLeast-strict)...)
		if l.InDepartment {
			all = append(all, knows(q))
		}
	}
	if q.AvailableBy != nil {
		all = append(all, fmt.Sprintf("free <= %d", dayNumber(*q.AvailableBy)))
	}
	if q.MaxRate != nil {
		all = append(all, fmt.Sprintf("rate <= %d", *q.MaxRate))
	}
	if l.Outside {
		return append(all, beyond(q)...)
	}
	return append(append(all, within(q)...), is("company", q.Company.String()))
}

// anyTier is the condition that somebody belongs to one of the tiers; none where everybody does. What is met of the skills
// is asked for once where a tier out of the department is followed by its like in it.
func anyTier(q matching.Question, tiers []matching.Tier, free wants, strict int) []string {
	var ways []string
	for i := 0; i < len(tiers); i++ {
		t := tiers[i]
		all, p := free.atLeast(t.AtLeast-strict), reaches(q, t)
		if i+1 < len(tiers) && !t.InDepartment && tiers[i+1].InDepartment && tiers[i+1].AtLeast == t.AtLeast {
			i++ // said with this one
			if len(p) > 0 {
				p = []string{join([]string{join(p, " AND "), join(reaches(q, tiers[i]), " AND ")}, " OR ")}
			}
		}
		if all = append(all, p...); len(all) == 0 {
			return nil
		}
		ways = append(ways, strings.Join(all, " AND "))
	}
	if len(ways) > 1 {
		return []string{"(" + strings.Join(ways, " OR ") + ")"}
	}
	return ways
}

// reaches is what a tier asks for besides skills.
func reaches(q matching.Question, t matching.Tier) (all []string) {
	if t.InDepartment {
		all = append(all, knows(q))
	}
	if t.P > 0 {
		all = append(all, fmt.Sprintf("p >= %d", t.P))
	}
	return all
}

func knows(q matching.Question) string { return is("knows", q.Department.String()) }

// is asks for one value. The server tries IN first when it reads a condition, and takes twice as long over an equal sign.
func is(attribute, value string) string { return attribute + " IN " + oneOf([]string{value}) }

// within is whom of the company's alumni a task reaches.
func within(q matching.Question) []string {
	r, all := q.Reached, []string{}
	switch {
	case !r.Restricted:
		return nil
	case len(r.Members) > 0:
		return []string{"id IN " + quoted(r.Members)}
	}
	if len(r.Departments) > 0 {
		all = append(all, "worked IN "+quoted(r.Departments))
	}
	if len(r.Skills) > 0 {
		tokens := make([]string, len(r.Skills))
		for i, s := range r.Skills {
			tokens[i] = token(scope(q.Company), s, 1)
		}
		all = append(all, "skills IN "+oneOf(tokens))
	}
	if r.MinDays > 0 {
		all = append(all, fmt.Sprintf("days >= %d", r.MinDays))
	}
	if r.LeftAfter != nil {
		all = append(all, fmt.Sprintf("left > %d", dayNumber(*r.LeftAfter)))
	}
	return all
}

// beyond is whom from outside a task reaches: those of the partners or all who agreed, and none whom the company bars.
func beyond(q matching.Question) []string {
	from := texts(q.Beyond.Partners)
	if q.Beyond.Everyone {
		from = append(from, everyone)
	}
	company := q.Company.String()
	all := []string{"company IN " + oneOf([]string{outside, guest(q.Company)}), "from IN " + oneOf(from), fmt.Sprintf("barred != %q", company)}
	if q.MaxRate != nil {
		all = append(all, is("currency", q.Currency))
	}
	return all
}

func quoted(ids []uuid.UUID) string { return oneOf(texts(ids)) }

func oneOf(values []string) string {
	if len(values) == 0 {
		values = []string{uuid.Nil.String()} // never empty, which the server refuses
	}
	return `["` + strings.Join(values, `","`) + `"]`
}
