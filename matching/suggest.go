package matching

import (
	"context"
	"sync"

	"github.com/google/uuid"

	"homecoming/matching/taxonomy"
)

// names keeps the skills in memory, ready for reading text: the shared ones once, and each company's own over them. The
// tables hold the truth; their version is compared with every question, so all processes answer alike.
type names struct {
	mu     sync.Mutex
	shared readIndex
	of     map[uuid.UUID]readIndex
	read   sync.Mutex // held while the shared ones are read, which takes a moment
}

// A readIndex is what was read, and the version that it has at least.
type readIndex struct {
	index   *taxonomy.Index
	version int64
	over    *taxonomy.Index // the shared skills under it
}

// SearchSkills finds skills by the beginning of a name or alias, in either language, slips of the finger forgiven: the
// shared ones and the company's own. uuid.Nil searches the shared ones alone.
func (s *Service) SearchSkills(ctx context.Context, company uuid.UUID, q string, limit int) ([]taxonomy.Skill, error) {
	x, err := s.Skills(ctx, company)
	if err != nil {
		return nil, err
	}
	return x.Search(q, limit), nil
}

// SuggestSkills finds the skills that a brief or a profile speaks of, those that matter most first.
func (s *Service) SuggestSkills(ctx context.Context, company uuid.UUID, text string, limit int) ([]taxonomy.Match, error) {
	x, err := s.Skills(ctx, company)
	if err != nil {
		return nil, err
	}
	return x.Suggest(text, limit), nil
}

// Skills are the shared skills and a company's own, as they stand in the tables; uuid.Nil gives the shared ones alone.
func (s *Service) Skills(ctx context.Context, company uuid.UUID) (*taxonomy.Index, error) {
	var now struct{ Shared, Own int64 }
	err := s.db.Gorm(ctx).Raw(`SELECT count(*) FILTER (WHERE company_id IS NULL) AS shared, count(*) FILTER (WHERE company_id = ?) AS own
		FROM skill_changes WHERE company_id IS NULL OR company_id = ?`, company, company).Scan(&now).Error
	if err != nil {
		return nil, err
	}
	shared, err := s.sharedSkills(ctx, now.Shared)
	if err != nil || company == uuid.Nil {
		return shared, err
	}
	s.names.mu.Lock()
	kept, known := s.names.of[company]
	s.names.mu.Unlock()
	if known && kept.version >= now.Own && kept.over == shared {
		return kept.index, nil
	}
	own, err := skillRows(s.db.Gorm(ctx), company, "s.company_id = ? OR s.id IN (SELECT skill_id FROM skill_aliases WHERE company_id = ?)", company, company)
	if err != nil {
		return nil, err
	}
	kept = readIndex{index: shared.With(own), version: now.Own, over: shared}
	s.names.mu.Lock()
	defer s.names.mu.Unlock()
	if s.names.of == nil || len(s.names.of) > 1000 {
		s.names.of = map[uuid.UUID]readIndex{}
	}
	s.names.of[company] = kept
	return kept.index, nil
}

// sharedSkills are those that everybody shares, at this version or later. While one request reads a new version the others
// go on with the one before.
func (s *Service) sharedSkills(ctx context.Context, version int64) (*taxonomy.Index, error) {
	kept := s.names.kept()
	if kept.index != nil && (kept.version >= version || !s.names.read.TryLock()) {
		return kept.index, nil
	}
	if kept.index == nil {
		s.names.read.Lock()
	}
	defer s.names.read.Unlock()
	if kept = s.names.kept(); kept.index != nil && kept.version >= version {
		return kept.index, nil
	}
	skills, err := skillRows(s.db.Gorm(ctx), uuid.Nil, "s.company_id IS NULL")
	if err != nil {
		return nil, err
	}
	kept = readIndex{index: taxonomy.NewIndex(skills), version: version}
	s.names.mu.Lock()
	defer s.names.mu.Unlock()
	s.names.shared = kept
	return kept.index, nil
}

func (n *names) kept() readIndex {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.shared
}
