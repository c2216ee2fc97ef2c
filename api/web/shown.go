package web

import (
	"strconv"
	"strings"

	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/market"
	"homecoming/matching"
)

// A shownView is one list that somebody saw, with why it is as it is.
type shownView struct {
	shown     matching.Shown
	task      market.Task
	people    []ui.Candidate
	found     []ui.Candidate // discoveries
	skills    []ui.Chip
	others    []matching.Sighting // shown about the same task
	constants []ui.Sum
}

func (v *visit) getShown() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	s, err := v.Matching.Shown(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	view := shownView{shown: s, people: v.people(s.Items, nil), found: v.people(s.Discoveries, nil), constants: v.constants(s.Sheet.Formula)}
	if view.task, err = v.Market.Task(v.ctx, v.who, s.Task); err != nil {
		return err
	}
	if view.others, err = v.Matching.ShownAbout(v.ctx, v.who, s.Task, uuid.Nil, 10); err != nil {
		return err
	}
	names := map[string]string{}
	for id, n := range s.Sheet.Names {
		names[id] = inLanguage(v.lang, n.EN, n.JA)
	}
	for _, w := range s.Sheet.Skills {
		text := names[w.Skill] + " · " + level(v.ctx, w.Level)
		if w.Weight == matching.NiceWeight {
			text += " · " + v.t("skill.nice")
		}
		view.skills = append(view.skills, ui.Chip{Text: text})
	}
	if d := names[s.Sheet.Department.String()]; d != "" {
		view.skills = append(view.skills, ui.Chip{Text: d})
	}
	return v.ok(shownPage(view))
}

// people are candidates as they are shown. invited says how the invitation of a membership stands.
func (v *visit) people(list []matching.Candidate, invited map[uuid.UUID]string) (out []ui.Candidate) {
	for _, c := range list {
		one := ui.Candidate{ID: c.MembershipID.String(), Name: c.Person.Name, Reading: c.Person.Reading, Aside: v.aside(c.Person),
			Score: score(c.Standing), Reasons: strings.Join(c.Reasons, " · "), Chips: chips(c.Standing)}
		if one.Name == "" {
			one.Name = v.t("shown.gone")
		}
		if state := invited[c.MembershipID]; state != "" {
			one.Invited = ui.T(v.ctx, "state.invitation."+state)
		}
		out = append(out, one)
	}
	return out
}

// constants are those of a formula as they are read.
func (v *visit) constants(f matching.Formula) []ui.Sum {
	c := f.Constants()
	points := func(s matching.Score) string {
		return v.t("constants.points", "n", strconv.FormatFloat(s.Float(), 'f', -1, 64))
	}
	years := func(n float64) string { return v.t("constants.years", "n", strconv.FormatFloat(n, 'f', -1, 64)) }
	return []ui.Sum{
		{Label: v.t("score.skills"), Amount: points(c.Skills)}, {Label: v.t("score.department"), Amount: points(c.Department)},
		{Label: v.t("score.tenure"), Amount: points(c.Tenure)}, {Label: v.t("score.record"), Amount: points(c.Record)},
		{Label: v.t("constants.saturation"), Amount: years(c.Saturation)}, {Label: v.t("constants.half_life"), Amount: years(c.HalfLife)},
		{Label: v.t("constants.prior_mean"), Amount: strconv.FormatFloat(float64(c.PriorMean)/10, 'f', 1, 64)},
		{Label: v.t("constants.prior_count"), Amount: strconv.Itoa(c.PriorCount)},
	}
}
