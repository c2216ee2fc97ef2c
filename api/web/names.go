package web

import (
	"sync"

	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/matching/taxonomy"
)

// shared are the skills that this program brings along, by id. What was imported or a company made is in matching.Skills.
var shared = sync.OnceValue(func() map[string]taxonomy.Skill {
	all := map[string]taxonomy.Skill{}
	for _, s := range taxonomy.Starter() {
		all[s.ID] = s
	}
	return all
})

// skillName is the name of such a skill in the reader's language, and fallback for any other.
func skillName(lang problem.Language, id, fallback string) string {
	if s, ok := shared()[id]; ok {
		return inLanguage(lang, s.NameEN, s.NameJA)
	}
	return fallback
}

// skillNames are the names of a task's skills by id, in the reader's language. Whoever may see the task may know what its
// company calls its own skills.
func (v *visit) skillNames(t market.Task) (map[string]string, error) {
	x, err := v.Matching.Skills(v.ctx, t.CompanyID)
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(t.Skills))
	for _, s := range t.Skills {
		names[s.SkillID] = skillIn(x, v.lang, s.SkillID, v.t("skill.own"))
	}
	return names, nil
}
