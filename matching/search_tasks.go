package matching

import (
	"context"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/market"
	"homecoming/matching/freetext"
)

// A TaskQuery looks for tasks; zero fields do not narrow.
type TaskQuery struct {
	Text       string
	Companies  []uuid.UUID // of one of them
	State      market.TaskState
	Skills     []string    // ids; every one of them wanted
	BudgetFrom *int64      // minor units of the task's currency, at least; a task that is open to offers is in
	Budget     string      // a value of the facet FacetBudget
	DueBy      *civil.Date // due by then; a task without a day is not
	Due        string      // a value of the facet FacetDue
	ForMe      bool        // work on offer: published, brought to the actor as an alumnus, and not bid on yet
	Limit      int         // at most 100; 0 means 20
	Offset     int

	only []uuid.UUID // of these alone, where not nil
}

// The facets of tasks, beside FacetSkill.
const (
	FacetCompany Facet = "company" // ids
	FacetState   Facet = "state"   // a state of tasks
	FacetBudget  Facet = "budget"  // open, or the least of a band in minor units: 0, 100000, 300000, 1000000
	FacetDue     Facet = "due"     // a month such as 2026-12, or none
)

// FoundTasks is what a search for tasks found.
type FoundTasks struct {
	Found
	Items []FoundTask
}

// A FoundTask is one of them, with what was found.
type FoundTask struct {
	market.Task
	Company market.Company
	Marks   []Mark
}

// SearchTasks finds tasks that the actor may see, the best first; without a text, the newest first.
func (s *Service) SearchTasks(ctx context.Context, who market.Actor, q TaskQuery) (FoundTasks, error) {
	text := freetext.Parse(q.Text)
	var m matched
	var err error
	if !text.Empty() {
		if m, err = s.lookUp(ctx, freetext.Tasks, scopeOf(who), text); err != nil {
			return FoundTasks{}, err
		}
	}
	ids, found, err := s.countTasks(ctx, who, q, m)
	if err != nil {
		return FoundTasks{}, err
	}
	found.Index, found.Tolerant, found.Degraded = m.index, m.tolerant, m.degraded
	if err := s.nameFacets(ctx, who, uuid.Nil, found.Facets); err != nil {
		return FoundTasks{}, err
	}
	t := FoundTasks{Found: found}
	t.Items, err = s.foundTasks(ctx, who, ids, text, m.tolerant)
	return t, err
}

// foundTasks reads tasks that the actor may see, in the order of their ids.
func (s *Service) foundTasks(ctx context.Context, who market.Actor, ids []uuid.UUID, text freetext.Query, tolerant bool) ([]FoundTask, error) {
	g := s.db.Gorm(ctx)
	var tasks []market.Task
	err := who.VisibleTasks(g.Where("tasks.id = ANY(?::uuid[])", uuids(ids)), s.now()).
		Preload("Skills", func(q *gorm.DB) *gorm.DB { return q.Order("position") }).Find(&tasks).Error
	if err != nil || len(tasks) == 0 {
		return nil, err
	}
	companies, err := companiesOf(g, tasks)
	if err != nil {
		return nil, err
	}
	names, err := skillNamesOf(g, tasks)
	var found []FoundTask
	for _, t := range inOrder(ids, tasks, func(t market.Task) uuid.UUID { return t.ID }) {
		marks := collect{text: text, tolerant: tolerant}
		marks.add("title", t.Title)
		for _, k := range t.Skills {
			for _, name := range names[k.SkillID] {
				marks.add("skill", name)
			}
		}
		marks.add("company", companies[t.CompanyID].Name)
		marks.add("company", companies[t.CompanyID].NameEN)
		marks.add("brief", t.Brief)
		found = append(found, FoundTask{t, companies[t.CompanyID], marks.all})
	}
	return found, err
}

// skillNamesOf are the names of what tasks want, in both languages, by id.
func skillNamesOf(g *gorm.DB, tasks []market.Task) (map[string][]string, error) {
	var ids []string
	for _, t := range tasks {
		for _, k := range t.Skills {
			ids = append(ids, k.SkillID)
		}
	}
	var rows []struct{ ID, NameEN, NameJA string }
	err := g.Raw("SELECT id, name_en, name_ja FROM skills WHERE id = ANY(?::text[])", pq.Array(append([]string{}, ids...))).Scan(&rows).Error
	names := map[string][]string{}
	for _, r := range rows {
		names[r.ID] = []string{r.NameJA, r.NameEN}
	}
	return names, err
}

// countTasks asks PostgreSQL for the page, the total and the facets, in one statement.
func (s *Service) countTasks(ctx context.Context, who market.Actor, q TaskQuery, m matched) ([]uuid.UUID, Found, error) {
	p := pageOf{market.Page(q.Limit), max(q.Offset, 0)}
	return s.tallied(ctx, func(g *gorm.DB) *gorm.DB {
		return g.Raw(`WITH found AS MATERIALIZED (?)
		SELECT 'total' AS facet, '' AS value, count(*) AS n FROM found
		UNION ALL (SELECT 'hit', id::text, 0 FROM found ORDER BY place, id DESC LIMIT ? OFFSET ?)
		UNION ALL (SELECT 'company', company_id::text, count(*) FROM found GROUP BY 2 ORDER BY 3 DESC, 2 LIMIT ?)
		UNION ALL (SELECT 'skill', k.skill_id, count(*) FROM found f JOIN task_skills k ON k.task_id = f.id GROUP BY 2 ORDER BY 3 DESC, 2 LIMIT ?)
		UNION ALL (SELECT 'state', state, count(*) FROM found GROUP BY 2 ORDER BY array_position(ARRAY['draft', 'published', 'awarded', 'completed', 'canceled'], state))
		UNION ALL (SELECT 'budget', band, count(*) FROM found GROUP BY 2 ORDER BY array_position(ARRAY['open', '0', '100000', '300000', '1000000'], band))
		UNION ALL (SELECT 'due', due, count(*) FROM found GROUP BY 2 ORDER BY 2 LIMIT ?)`,
			s.tasksFound(g, who, q, m), p.limit, p.offset, mostValues, mostValues, mostValues)
	})
}

const (
	bandOf = `CASE WHEN tasks.budget IS NULL THEN 'open' WHEN tasks.budget < 100000 THEN '0' WHEN tasks.budget < 300000 THEN '100000'
		WHEN tasks.budget < 1000000 THEN '300000' ELSE '1000000' END`
	monthOf = `coalesce(to_char(tasks.due_on, 'YYYY-MM'), 'none')`
)

// tasksFound is the query over the tasks that the search finds and the actor may see.
func (s *Service) tasksFound(g *gorm.DB, who market.Actor, q TaskQuery, m matched) *gorm.DB {
	sub := g.Table("tasks").Select("tasks.id, tasks.company_id, tasks.state, " + bandOf + " AS band, " + monthOf + " AS due, 0 AS place")
	if m.index != "" {
		sub = g.Table("tasks JOIN unnest(CAST(? AS uuid[])) WITH ORDINALITY AS i (id, place) ON i.id = tasks.id", uuids(m.ids)).
			Select("tasks.id, tasks.company_id, tasks.state, " + bandOf + " AS band, " + monthOf + " AS due, i.place")
	}
	if q.ForMe {
		sub = who.ReachedTasks(sub, s.now()).Where(`tasks.state = 'published' AND NOT EXISTS (
			SELECT 1 FROM bids b WHERE b.task_id = tasks.id AND b.person_id = ? AND b.state <> 'withdrawn')`, who.PersonID)
	} else {
		sub = who.VisibleTasks(sub, s.now())
	}
	if len(q.Companies) > 0 {
		sub = sub.Where("tasks.company_id = ANY(?::uuid[])", pq.Array(q.Companies))
	}
	for _, skill := range q.Skills {
		sub = sub.Where("EXISTS (SELECT 1 FROM task_skills k WHERE k.task_id = tasks.id AND k.skill_id = ?)", skill)
	}
	if q.State != "" {
		sub = sub.Where("tasks.state = ?", q.State)
	}
	if q.BudgetFrom != nil {
		sub = sub.Where("(tasks.budget IS NULL OR tasks.budget >= ?)", *q.BudgetFrom)
	}
	if q.DueBy != nil {
		sub = sub.Where("tasks.due_on <= ?", *q.DueBy)
	}
	if q.Budget != "" {
		sub = sub.Where(bandOf+" = ?", q.Budget)
	}
	if q.Due != "" {
		sub = sub.Where(monthOf+" = ?", q.Due)
	}
	if q.only != nil {
		sub = sub.Where("tasks.id = ANY(?::uuid[])", uuids(q.only))
	}
	return sub
}
