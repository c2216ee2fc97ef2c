package web

import (
	"strings"

	"github.com/google/uuid"
)

// skillNames are the names of skills in the reader's language, by id.
func (v *visit) skillNames(company uuid.UUID, ids []string) (map[string]string, error) {
	names := make(map[string]string, len(ids))
	for _, id := range ids {
		names[id] = id
		found, err := v.Matching.SearchSkills(v.ctx, company, strings.ReplaceAll(id, "-", " "), 20)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			if s.ID == id {
				names[id] = inLanguage(v.lang, s.NameEN, s.NameJA)
			}
		}
	}
	return names, nil
}
