package matching

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/internal/problem"
	"homecoming/market"
)

// What can go wrong with a merge.
var (
	ErrMergeItself  = problem.Define(problem.Invalid, "merge_itself", "A skill cannot be merged into itself. Choose another one.", "同じスキルには統合できません。別のスキルを選んでください。")
	ErrMergeForeign = problem.Define(problem.Invalid, "merge_foreign", "Own skills are merged by their company, shared ones by the operator.", "自社のスキルは会社が、共通のスキルは運用者が統合します。")
	ErrMergeChanged = problem.Define(problem.Conflict, "merge_changed", "Something that this merge moved was changed since, so it cannot be taken back as a whole.", "統合した内容がその後変更されたため、取り消せません。")
	ErrMergeUndone  = problem.Define(problem.Conflict, "merge_undone", "This merge was taken back already.", "この統合はすでに取り消されています。")
)

// A Merge is one skill made another, kept with everything that it moved.
type Merge struct {
	ID             uuid.UUID
	CompanyID      *uuid.UUID // nil for shared skills, merged by the operator
	FromID, IntoID string
	FromEN         string `gorm:"column:from_en"`
	FromJA         string `gorm:"column:from_ja"`
	IntoEN         string `gorm:"column:into_en"`
	IntoJA         string `gorm:"column:into_ja"`
	MergedAt       time.Time
	UndoneAt       *time.Time
}

const mergeRows = `SELECT g.id, g.company_id, g.from_id, g.into_id, g.merged_at, g.undone_at, f.name_en AS from_en, f.name_ja AS from_ja, i.name_en AS into_en, i.name_ja AS into_ja
	FROM skill_merges g JOIN skills f ON f.id = g.from_id JOIN skills i ON i.id = g.into_id `

// Merges lists what a company merged, the newest hundred.
func (s *Service) Merges(ctx context.Context, who market.Actor, company uuid.UUID) ([]Merge, error) {
	if err := who.May(market.ManageSkills, company); err != nil {
		return nil, err
	}
	var list []Merge
	return list, s.db.Gorm(ctx).Raw(mergeRows+"WHERE g.company_id = ? ORDER BY g.merged_at DESC, g.id DESC LIMIT 100", company).Scan(&list).Error
}

// MergeOwnSkill makes a company's own skill another: one of its own, or a shared one, by id or name. Everything that named
// it names the other from then on, and what people typed stays with them and leads there.
func (s *Service) MergeOwnSkill(ctx context.Context, who market.Actor, from, into string) (Merge, error) {
	var m Merge
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		if done, err := mergedAlready(tx, who, from, into); err != nil || done.ID != uuid.Nil {
			m = done
			return err
		}
		company, err := owner(tx, who, from, "")
		if err != nil {
			return err
		}
		target, err := resolved(tx, company, into)
		if err != nil {
			return err
		}
		if target == "" {
			return ErrNoSuchSkill.On("into").With("skill", into)
		}
		m, err = s.merge(tx, who, company, from, target)
		return err
	})
	return m, err
}

// mergedAlready is the merge that did just this before, so that asking twice is asking once; the zero Merge where there is none.
func mergedAlready(tx *gorm.DB, who market.Actor, from, into string) (Merge, error) {
	var m Merge
	err := tx.Raw(mergeRows+`WHERE g.from_id = ? AND g.into_id = f.merged_into AND g.into_id = ? AND g.undone_at IS NULL AND g.company_id IS NOT NULL
		ORDER BY g.merged_at DESC LIMIT 1`, from, into).Scan(&m).Error
	if err != nil || m.ID == uuid.Nil {
		return Merge{}, err
	}
	return m, who.May(market.ManageSkills, *m.CompanyID)
}

// MergeShared makes one shared skill another, by ids; for the operator's command.
func (s *Service) MergeShared(ctx context.Context, from, into string) (Merge, error) {
	var m Merge
	err := s.db.Tx(ctx, func(tx *gorm.DB) (err error) {
		m, err = s.merge(tx, market.Actor{}, uuid.Nil, from, into)
		return err
	})
	return m, err
}

// merge re-points everything in the caller's transaction and keeps what it did.
func (s *Service) merge(tx *gorm.DB, who market.Actor, company uuid.UUID, from, into string) (Merge, error) {
	m := Merge{ID: uuid.Must(uuid.NewV7()), FromID: from, IntoID: into, MergedAt: s.clock.Now()}
	if company != uuid.Nil {
		m.CompanyID = &company
	}
	if err := m.lock(tx); err != nil {
		return m, err
	}
	a, err := m.affected(tx)
	if err != nil {
		return m, err
	}
	before, err := a.snapshot(tx)
	if err != nil {
		return m, err
	}
	if err := a.links(tx, company == uuid.Nil || isOwn(into)); err != nil {
		return m, err
	}
	for _, step := range mergeSteps {
		if err := tx.Exec(step, a.args).Error; err != nil {
			return m, err
		}
	}
	after, err := a.snapshot(tx)
	if err != nil {
		return m, err
	}
	err = tx.Exec(`INSERT INTO skill_merges (id, company_id, from_id, into_id, before, after, merged_by, merged_at)
		VALUES (?, ?, ?, ?, jsonb_build_object('rows', CAST(? AS jsonb), 'ids', CAST(? AS jsonb)), CAST(? AS jsonb), ?, ?)`,
		m.ID, m.CompanyID, from, into, before, a.ids, after, actorID(who), m.MergedAt).Error
	if err != nil {
		return m, err
	}
	return m, a.announce(tx, who, company, "skill.merge", m)
}

func isOwn(id string) bool { return len(id) > 4 && id[:4] == "own-" }

func actorID(who market.Actor) uuid.NullUUID {
	return uuid.NullUUID{UUID: who.PersonID, Valid: who.PersonID != uuid.Nil}
}

// lock holds both skills until the transaction ends and finds what forbids the merge.
func (m Merge) lock(tx *gorm.DB) error {
	if m.FromID == m.IntoID {
		return ErrMergeItself.On("into")
	}
	if err := holdTaxonomy(tx); err != nil {
		return err
	}
	var rows []struct {
		ID         string
		CompanyID  *uuid.UUID
		MergedInto *string
	}
	err := tx.Raw("SELECT id, company_id, merged_into FROM skills WHERE id = ANY(?) ORDER BY id FOR UPDATE", pq.Array([]string{m.FromID, m.IntoID})).Scan(&rows).Error
	if err != nil {
		return err
	}
	if len(rows) < 2 {
		return market.ErrNotFound
	}
	for _, r := range rows {
		ours := m.CompanyID == nil && r.CompanyID == nil || m.CompanyID != nil && r.CompanyID != nil && *m.CompanyID == *r.CompanyID
		switch {
		case r.MergedInto != nil:
			return market.ErrNotFound
		case !ours && (r.ID == m.FromID || r.CompanyID != nil):
			return ErrMergeForeign.On("into")
		}
	}
	return nil
}

// An effect is what a merge moves.
type effect struct {
	args map[string]any
	ids  string // people, tasks, saved searches, narrower skills and skills merged before, as JSON
}

func (m Merge) affected(tx *gorm.DB) (effect, error) {
	a := effect{args: map[string]any{"from": m.FromID, "into": m.IntoID, "company": m.CompanyID}}
	err := tx.Raw(`SELECT jsonb_build_object(
		'people', (SELECT coalesce(jsonb_agg(DISTINCT person_id), '[]') FROM person_skills WHERE skill_id = @from),
		'tasks', (SELECT coalesce(jsonb_agg(task_id), '[]') FROM task_skills WHERE skill_id = @from),
		'saved', (SELECT coalesce(jsonb_agg(id), '[]') FROM saved_searches WHERE @from = ANY(skills) AND NOT @into = ANY(skills)),
		'narrower', (SELECT coalesce(jsonb_agg(narrower_id), '[]') FROM skill_links WHERE broader_id = @from),
		'merged', (SELECT coalesce(jsonb_agg(id), '[]') FROM skills WHERE merged_into = @from))::text`, a.args).Scan(&a.ids).Error
	a.args["ids"] = a.ids
	return a, err
}

// listed reads one list of an effect in SQL.
func listed(name, kind string) string {
	return "(SELECT value::" + kind + " FROM jsonb_array_elements_text(CAST(@ids AS jsonb)->'" + name + "'))"
}

// mergedTables are the tables that speak of skills, with the rows that a merge concerns. A test compares the list with the
// references that the database knows.
var mergedTables = []struct{ table, rows string }{
	{"person_skills", "skill_id IN (@from, @into) AND person_id IN " + listed("people", "uuid")},
	{"task_skills", "skill_id IN (@from, @into) AND task_id IN " + listed("tasks", "uuid")},
	{"skill_aliases", "skill_id IN (@from, @into)"},
	{"skill_links", "(narrower_id IN (@from, @into) OR broader_id IN (@from, @into))"},
	{"skill_concepts", "skill_id IN (@from, @into)"},
}

// snapshot is every row concerned, as JSON.
func (a effect) snapshot(tx *gorm.DB) (string, error) {
	sql := ""
	for _, t := range mergedTables {
		if sql != "" {
			sql += ", "
		}
		sql += "'" + t.table + "', (SELECT coalesce(jsonb_agg(to_jsonb(t) ORDER BY to_jsonb(t)::text), '[]') FROM " + t.table + " t WHERE " + t.rows + ")"
	}
	var all string
	if err := tx.Exec("SET LOCAL timezone = 'UTC'").Error; err != nil { // times are compared as text
		return "", err
	}
	return all, tx.Raw("SELECT jsonb_build_object("+sql+")::text", a.args).Scan(&all).Error
}

// links moves the broader links over, but for those that would close a circle. up says whether those from the merged skill
// upwards move as well: a company's wish does not make a shared skill narrower.
func (a effect) links(tx *gorm.DB, up bool) error {
	from, into := a.args["from"].(string), a.args["into"].(string)
	all, err := allLinks(tx, from)
	if err != nil {
		return err
	}
	var rows []struct{ NarrowerID, BroaderID, Source string }
	err = tx.Raw("SELECT narrower_id, broader_id, source FROM skill_links WHERE narrower_id = @from OR broader_id = @from ORDER BY 1, 2", a.args).Scan(&rows).Error
	if err != nil {
		return err
	}
	for _, l := range rows {
		if l.NarrowerID == from {
			if !up {
				continue
			}
			l.NarrowerID = into
		} else {
			l.BroaderID = into
		}
		if !all.Add(l.NarrowerID, l.BroaderID) {
			continue
		}
		err := tx.Exec("INSERT INTO skill_links (narrower_id, broader_id, source) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", l.NarrowerID, l.BroaderID, l.Source).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// mergeSteps re-point everything else. Of two statements about one skill the better level counts, and the words that were
// typed stay with the person.
var mergeSteps = []string{
	`INSERT INTO person_skills (person_id, skill_id, evidence, company_id, attested_by, level, typed, about, links, updated_at)
	 SELECT h.person_id, @into, h.evidence, h.company_id, h.attested_by, h.level, coalesce(nullif(h.typed, ''), nullif(s.name_ja, ''), s.name_en), h.about, h.links, h.updated_at
	 FROM person_skills h JOIN skills s ON s.id = h.skill_id WHERE h.skill_id = @from ORDER BY h.person_id
	 ON CONFLICT ON CONSTRAINT person_skill_once DO UPDATE SET level = greatest(person_skills.level, excluded.level),
		typed = coalesce(nullif(person_skills.typed, ''), excluded.typed), about = coalesce(nullif(person_skills.about, ''), excluded.about),
		links = coalesce(nullif(person_skills.links, ''), excluded.links), updated_at = greatest(person_skills.updated_at, excluded.updated_at)`,
	`DELETE FROM person_skills WHERE skill_id = @from`,
	`INSERT INTO task_skills (task_id, company_id, skill_id, position, level, kind, strict)
	 SELECT task_id, company_id, @into, position, level, kind, strict FROM task_skills WHERE skill_id = @from ORDER BY task_id
	 ON CONFLICT (task_id, skill_id) DO UPDATE SET level = greatest(task_skills.level, excluded.level), strict = task_skills.strict OR excluded.strict,
		kind = CASE WHEN 'must' IN (task_skills.kind, excluded.kind) THEN 'must' ELSE 'nice' END`,
	`DELETE FROM task_skills WHERE skill_id = @from`,
	`INSERT INTO skill_aliases (skill_id, company_id, alias, source, language)
	 SELECT @into, company_id, alias, 'merge', language FROM skill_aliases WHERE skill_id = @from
	 UNION SELECT @into, company_id, unnest(ARRAY[name_en, name_ja]), 'merge', '' FROM skills WHERE id = @from AND '' NOT IN (name_en, name_ja)
	 UNION SELECT @into, company_id, name_en || name_ja, 'merge', '' FROM skills WHERE id = @from AND '' IN (name_en, name_ja) ON CONFLICT DO NOTHING`,
	`DELETE FROM skill_aliases WHERE skill_id = @from`,
	`DELETE FROM skill_links WHERE @from IN (narrower_id, broader_id)`,
	`UPDATE skill_concepts SET skill_id = @into WHERE skill_id = @from`,
	`UPDATE saved_searches SET skills = CASE WHEN @into = ANY(skills) THEN array_remove(skills, @from) ELSE array_replace(skills, @from, @into) END WHERE @from = ANY(skills)`,
	`UPDATE skills SET merged_into = @into WHERE @from IN (id, merged_into)`,
}

// announce writes names anew and tells the indexes and the audit.
func (a effect) announce(tx *gorm.DB, who market.Actor, company uuid.UUID, action string, m Merge) error {
	var others []uuid.UUID // companies that call a shared skill by names of their own
	err := tx.Raw("SELECT DISTINCT company_id FROM (SELECT company_id, skill_id FROM skill_aliases UNION SELECT company_id, skill_id FROM skill_names) n WHERE skill_id IN (@from, @into) AND company_id IS NOT NULL", a.args).Scan(&others).Error
	if err != nil {
		return err
	}
	for _, c := range append(others, company) {
		if err := rewriteNames(tx, c, m.FromID, m.IntoID); err != nil {
			return err
		}
	}
	err = tx.Exec(touch+"(SELECT * FROM "+listed("people", "uuid")+` p UNION SELECT person_id FROM person_skills WHERE skill_id IN `+listed("narrower", "text")+`) ORDER BY id`, a.args).Error
	if err != nil {
		return err
	}
	return market.Audit(tx, who, company, action, "skill:"+m.FromID, map[string]any{"merge": m.ID, "into": m.IntoID})
}

// UndoMerge takes a company's merge back as a whole, while nothing that it moved was changed since; ErrMergeChanged
// otherwise.
func (s *Service) UndoMerge(ctx context.Context, who market.Actor, id uuid.UUID) (Merge, error) {
	return s.undo(ctx, who, id, func(m Merge) error {
		if m.CompanyID == nil {
			return market.ErrNotFound
		}
		return who.May(market.ManageSkills, *m.CompanyID)
	})
}

// UndoSharedMerge takes a merge of shared skills back; for the operator's command.
func (s *Service) UndoSharedMerge(ctx context.Context, id uuid.UUID) (Merge, error) {
	return s.undo(ctx, market.Actor{}, id, func(m Merge) error {
		if m.CompanyID != nil {
			return market.ErrNotFound
		}
		return nil
	})
}

func (s *Service) undo(ctx context.Context, who market.Actor, id uuid.UUID, may func(Merge) error) (Merge, error) {
	var m Merge
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		m = Merge{}
		if err := tx.Raw(mergeRows+"WHERE g.id = ? FOR UPDATE OF g", id).Scan(&m).Error; err != nil {
			return err
		}
		if m.ID == uuid.Nil {
			return market.ErrNotFound
		}
		if err := may(m); err != nil {
			return err
		}
		if m.UndoneAt != nil {
			return ErrMergeUndone
		}
		return s.restore(tx, who, &m)
	})
	return m, err
}

// restore puts every row back as it was.
func (s *Service) restore(tx *gorm.DB, who market.Actor, m *Merge) error {
	if err := holdTaxonomy(tx); err != nil {
		return err
	}
	if err := tx.Exec("SELECT 1 FROM skills WHERE id = ANY(?) ORDER BY id FOR UPDATE", pq.Array([]string{m.FromID, m.IntoID})).Error; err != nil {
		return err
	}
	a := effect{args: map[string]any{"from": m.FromID, "into": m.IntoID, "merge": m.ID}}
	if err := tx.Raw("SELECT (before->'ids')::text FROM skill_merges WHERE id = ?", m.ID).Scan(&a.ids).Error; err != nil {
		return err
	}
	a.args["ids"] = a.ids
	now, err := a.snapshot(tx)
	if err != nil {
		return err
	}
	var untouched bool
	a.args["now"] = now
	err = tx.Raw(`SELECT after = CAST(@now AS jsonb) AND EXISTS (SELECT 1 FROM skills WHERE id = @from AND merged_into = @into) FROM skill_merges WHERE id = @merge`, a.args).Scan(&untouched).Error
	if err != nil {
		return err
	}
	if !untouched {
		return ErrMergeChanged
	}
	steps := []string{"UPDATE skills SET merged_into = CASE WHEN id <> @from THEN @from END WHERE id = @from OR id IN " + listed("merged", "text")}
	for _, t := range mergedTables {
		steps = append(steps, "DELETE FROM "+t.table+" WHERE "+t.rows,
			"INSERT INTO "+t.table+" SELECT r.* FROM skill_merges g, jsonb_populate_recordset(NULL::"+t.table+", g.before->'rows'->'"+t.table+"') r WHERE g.id = @merge")
	}
	steps = append(steps, "UPDATE saved_searches SET skills = array_replace(skills, @into, @from) WHERE id IN "+listed("saved", "uuid"))
	for _, step := range steps {
		if err := tx.Exec(step, a.args).Error; err != nil {
			return err
		}
	}
	at := s.clock.Now()
	m.UndoneAt = &at
	if err := tx.Exec("UPDATE skill_merges SET undone_at = ?, undone_by = ? WHERE id = ?", at, actorID(who), m.ID).Error; err != nil {
		return err
	}
	company := uuid.Nil
	if m.CompanyID != nil {
		company = *m.CompanyID
	}
	return a.announce(tx, who, company, "skill.merge.undo", *m)
}
