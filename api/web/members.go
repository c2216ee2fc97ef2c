package web

import (
	"context"

	"homecoming/api/web/ui"
	"homecoming/market"
)

// lastStint is where somebody worked last, and until when.
func lastStint(ctx context.Context, m market.Member) string {
	if len(m.Stints) == 0 {
		return "–"
	}
	s := m.Stints[0]
	name := inLanguage(ui.FrameOf(ctx).Language, s.DepartmentEN, s.Department)
	if s.LeftOn == nil {
		return name + " · " + ui.T(ctx, "people.employed")
	}
	return name + " · " + ui.T(ctx, "people.left", "day", ui.Day(ctx, *s.LeftOn))
}

// topSkills are the strongest skills of a member, each once.
func topSkills(ctx context.Context, m market.Member, most int) (list []ui.Chip) {
	seen := map[string]bool{}
	for _, s := range m.Skills {
		if !seen[s.SkillID] && len(list) < most {
			seen[s.SkillID] = true
			list = append(list, ui.Chip{Text: inLanguage(ui.FrameOf(ctx).Language, s.NameEN, s.NameJA) + " " + toText(s.Level)})
		}
	}
	return list
}

func employed(ctx context.Context, m market.Member) string {
	if m.Outside {
		return ui.T(ctx, "people.outside")
	}
	if m.Alumnus {
		return ""
	}
	return ui.T(ctx, "people.employed")
}

// anyDepartment is a choice of departments that may be left open.
func anyDepartment(ctx context.Context, list []market.Department) []ui.Option {
	options := departmentOptions(ctx, list)
	options[0].Label = ui.T(ctx, "people.any")
	return options
}

// faultText is what is wrong with a row of a file, in the reader's language.
func faultText(ctx context.Context, f market.RowFault) string {
	return inLanguage(ui.FrameOf(ctx).Language, f.EN, f.JA)
}
