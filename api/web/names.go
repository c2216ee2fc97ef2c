package web

import (
	"strings"
	"sync"

	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/matching"
	"homecoming/matching/taxonomy"
)

// shared are the skills that every company uses, by id.
var shared = sync.OnceValue(func() map[string]taxonomy.Skill {
	all := map[string]taxonomy.Skill{}
	for _, s := range taxonomy.Starter() {
		all[s.ID] = s
	}
	return all
})

// skillName is the name of a shared skill in the reader's language, and fallback for one that a company made.
func skillName(lang problem.Language, id, fallback string) string {
	if s, ok := shared()[id]; ok {
		return inLanguage(lang, s.NameEN, s.NameJA)
	}
	return fallback
}

// skillNames are the names of a task's skills by id. Those that the company made itself are known by whoever may rank
// people for the task; to others they are just that.
func (v *visit) skillNames(t market.Task) (map[string]string, error) {
	names, own := make(map[string]string, len(t.Skills)), false
	for _, s := range t.Skills {
		names[s.SkillID] = skillName(v.lang, s.SkillID, v.t("skill.own"))
		own = own || strings.HasPrefix(s.SkillID, "own-")
	}
	if mayRank := v.who.May(market.PostTasks, t.CompanyID) == nil; !own || !mayRank {
		return names, nil
	}
	r, err := v.Matching.Rank(v.ctx, v.who, t.ID, matching.Query{Limit: 1})
	if err != nil || len(r.Items) == 0 {
		return names, err
	}
	for _, chip := range r.Items[0].Skills {
		names[chip.Skill] = chip.Name
	}
	return names, nil
}
