package matching

import (
	"context"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/market"
	"homecoming/matching/freetext"
)

// wake lets the instant searches that changes may concern look at once. Which of them they do concern is found out then.
func (s *Service) wake(tx *gorm.DB, changes []textChange) error {
	var companies, tasks []uuid.UUID
	for _, c := range changes {
		if c.Kind == freetext.Tasks {
			tasks = append(tasks, c.ID)
		} else {
			companies = append(companies, c.CompanyID)
		}
	}
	return tx.Exec(`UPDATE saved_searches q SET next_at = @now WHERE rhythm = 'instant' AND paused_at IS NULL AND next_at > @now AND CASE kind
		WHEN 'talent' THEN company_id = ANY(CAST(@companies AS uuid[]))
		ELSE EXISTS (SELECT 1 FROM tasks t WHERE t.id = ANY(CAST(@tasks AS uuid[])) AND t.state = 'published'
			AND (q.companies = '{}' OR t.company_id = ANY(q.companies))
			AND NOT EXISTS (SELECT 1 FROM unnest(q.skills) AS k WHERE NOT EXISTS (SELECT 1 FROM task_skills w WHERE w.task_id = t.id AND w.skill_id = k))
			AND (t.visibility->>'kind' IN ('partners', 'open') OR EXISTS (SELECT 1 FROM memberships m WHERE m.person_id = q.person_id AND m.company_id = t.company_id))) END`,
		map[string]any{"now": s.now(), "companies": pq.Array(companies), "tasks": pq.Array(tasks)}).Error
}

// query is the search as its owner would ask it.
func (saved SavedSearch) taskQuery() TaskQuery {
	return TaskQuery{Text: saved.Text, Companies: parsed(saved.Companies), Skills: saved.Skills, BudgetFrom: saved.BudgetFrom, DueBy: saved.DueBy, ForMe: true}
}

func (saved SavedSearch) talentQuery() TalentQuery {
	q := TalentQuery{Text: saved.Text, Skills: saved.Skills, Departments: parsed(saved.Departments), AvailableBy: saved.AvailableBy, MaxRate: saved.MaxRate, Alumni: true}
	if saved.CompanyID != nil {
		q.Company = *saved.CompanyID
	}
	return q
}

// fittingIDs are the things that fit a search and that its owner may see now: all that it does not know of yet, or those
// of the ones given, the best first. Words are looked for as they are typed, in PostgreSQL: a letter is sent for good.
func (s *Service) fittingIDs(ctx context.Context, who market.Actor, saved SavedSearch, of []uuid.UUID) ([]uuid.UUID, error) {
	kind, scope := freetext.Tasks, scopeOf(who)
	if saved.Kind == ForTalent {
		kind, scope = freetext.People, []uuid.UUID{*saved.CompanyID}
		if still := who.May(market.SeePeople, *saved.CompanyID) == nil; !still {
			return nil, nil
		}
	}
	var m matched
	if text := freetext.Parse(saved.Text); !text.Empty() {
		ids, err := s.lookIn(ctx, 0, kind, scope, text, anyNumber)
		if err != nil {
			return nil, err
		}
		m = matched{ids: ids, index: s.texts[0].Name()}
	}
	g := s.db.Gorm(ctx)
	found := s.tasksFound(g, who, saved.taskQuery(), m)
	if saved.Kind == ForTalent {
		c, err := market.CompanyByID(g, *saved.CompanyID)
		if err != nil {
			return nil, err
		}
		found = s.peopleFound(g, who, c, saved.talentQuery(), m)
	}
	q := g.Table("(?) AS f", found).Select("f.id").Order("f.place, f.id DESC")
	if of != nil {
		q = q.Where("f.id = ANY(?::uuid[])", pq.Array(of))
	} else {
		q = q.Where("NOT EXISTS (SELECT 1 FROM saved_told t WHERE t.search_id = ? AND t.item_id = f.id)", saved.ID)
	}
	var ids []uuid.UUID
	return ids, q.Scan(&ids).Error
}
