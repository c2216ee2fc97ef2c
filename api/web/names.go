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

// memberNames are the names of members as those who may see the company's people read them.
func (v *visit) memberNames(ids []uuid.UUID) (map[uuid.UUID]string, error) {
	names := make(map[uuid.UUID]string, len(ids))
	for _, id := range ids {
		if _, done := names[id]; done {
			continue
		}
		m, err := v.Market.Member(v.ctx, v.who, id)
		if err != nil {
			return nil, err
		}
		names[id] = m.Name
	}
	return names, nil
}
