package matching

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"homecoming/market"
)

// draft turns what a manager has typed so far into a task that was not saved. Names stay unresolved where they are
// unknown: such a skill weighs, and nobody meets it.
func (s *Service) draft(ctx context.Context, d market.TaskDraft) (market.Task, error) {
	g := s.db.Gorm(ctx)
	t := market.Task{CompanyID: d.CompanyID, Visibility: market.Visibility{Kind: d.Visibility.Kind,
		MembershipIDs: d.Visibility.MembershipIDs, MinYears: d.Visibility.MinYears, LeftWithinYears: d.Visibility.LeftWithinYears, Companies: d.Visibility.Companies}}
	for _, w := range d.Skills {
		if strings.TrimSpace(w.Skill) == "" {
			continue
		}
		id, err := FindSkill(g, d.CompanyID, w.Skill)
		if err != nil {
			return t, err
		}
		if id == "" {
			id = w.Skill
		}
		if !slices.ContainsFunc(t.Skills, func(k market.TaskSkill) bool { return k.SkillID == id }) {
			t.Skills = append(t.Skills, market.TaskSkill{SkillID: id, Level: w.Level, Kind: w.Kind, Strict: w.Strict && w.Kind != market.Nice})
		}
	}
	department, err := market.DepartmentKnown(g, d.CompanyID, d.Department)
	if err != nil {
		return t, err
	}
	if department != uuid.Nil {
		t.DepartmentID = &department
	}
	for _, name := range d.Visibility.Departments {
		id, err := market.DepartmentKnown(g, d.CompanyID, name)
		if err != nil {
			return t, err
		}
		t.Visibility.Departments = append(t.Visibility.Departments, id) // unknown, nobody worked there
	}
	for _, name := range d.Visibility.Skills {
		id, err := FindSkill(g, d.CompanyID, name)
		if err != nil {
			return t, err
		}
		t.Visibility.Skills = append(t.Visibility.Skills, cmp.Or(id, name)) // unknown, it is held by nobody
	}
	return t, withPartners(g, &t)
}
