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
	all, free, least := []string{}, wants{}, l.AtLeast
	for _, w := range q.Skills {
		t := token(scope, w.Skill, w.Level)
		switch {
		case w.Strict:
			all, least = append(all, wants{heavy: []string{t}}.any()), least-w.Weight
		case w.Weight == matching.MustWeight:
			free.heavy = append(free.heavy, t)
		default:
			free.light = append(free.light, t)
		}
	}
	all = append(all, free.atLeast(least)...)
	if l.InDepartment {
		all = append(all, fmt.Sprintf("knows = %q", q.Department.String()))
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
	return append(append(all, within(q)...), fmt.Sprintf("company = %q", q.Company.String()))
}

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
		all = append(all, fmt.Sprintf("currency = %q", q.Currency))
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
