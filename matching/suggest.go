package matching

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"

	"homecoming/matching/taxonomy"
)

// names keeps, for a moment, the skills that each company may use, ready for reading text.
type names struct {
	mu sync.Mutex
	of map[uuid.UUID]readIndex
}

type readIndex struct {
	index *taxonomy.Index
	till  time.Time
}

// readFor is how long a company's skills are kept in memory: a new skill is suggested after so long at the latest.
const readFor = 10 * time.Second

// SearchSkills finds skills by the beginning of a name or alias, in either language: the shared ones and the
// company's own. uuid.Nil searches the shared ones alone.
func (s *Service) SearchSkills(ctx context.Context, company uuid.UUID, q string, limit int) ([]taxonomy.Skill, error) {
	x, err := s.skillsOf(ctx, company)
	if err != nil {
		return nil, err
	}
	return x.Search(q, limit), nil
}

// SuggestSkills finds the skills that a brief or a profile speaks of, in the order of the text.
func (s *Service) SuggestSkills(ctx context.Context, company uuid.UUID, text string, limit int) ([]taxonomy.Match, error) {
	x, err := s.skillsOf(ctx, company)
	if err != nil {
		return nil, err
	}
	return x.Suggest(text, limit), nil
}

func (s *Service) skillsOf(ctx context.Context, company uuid.UUID) (*taxonomy.Index, error) {
	s.names.mu.Lock()
	defer s.names.mu.Unlock()
	if kept, ok := s.names.of[company]; ok && time.Now().Before(kept.till) {
		return kept.index, nil
	}
	index, err := s.readSkills(ctx, company)
	if err != nil {
		return nil, err
	}
	if s.names.of == nil || len(s.names.of) > 200 {
		s.names.of = map[uuid.UUID]readIndex{}
	}
	s.names.of[company] = readIndex{index, time.Now().Add(readFor)}
	return index, nil
}

func (s *Service) readSkills(ctx context.Context, company uuid.UUID) (*taxonomy.Index, error) {
	var rows []struct {
		ID, NameEN, NameJA, Reserved string
		Aliases, Broader             pq.StringArray `gorm:"type:text[]"`
	}
	err := s.db.Gorm(ctx).Raw(`SELECT s.id, s.name_en, s.name_ja, s.reserved,
			ARRAY(SELECT alias FROM skill_aliases a WHERE a.skill_id = s.id ORDER BY alias) AS aliases,
			ARRAY(SELECT broader_id FROM skill_links l WHERE l.narrower_id = s.id ORDER BY broader_id) AS broader
		FROM skills s WHERE s.company_id IS NULL OR s.company_id = ? ORDER BY s.company_id NULLS FIRST, s.id`, company).Scan(&rows).Error
	skills := make([]taxonomy.Skill, len(rows))
	for i, r := range rows {
		skills[i] = taxonomy.Skill{ID: r.ID, NameEN: r.NameEN, NameJA: r.NameJA, Aliases: r.Aliases, Broader: r.Broader, Reserved: r.Reserved}
	}
	return taxonomy.NewIndex(skills), err
}
