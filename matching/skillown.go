package matching

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/matching/taxonomy"
)

// What can be wrong with a company's own skill.
var (
	ErrSkillNameTaken = problem.Define(problem.Conflict, "skill_name_taken", "“{name}” is the name of another skill here. Merge the two, or choose another name.", "「{name}」は別のスキルの名称です。2つを統合するか、別の名称にしてください。")
	ErrSkillCircle    = problem.Define(problem.Invalid, "skill_circle", "“{broader}” is itself narrower than this skill; a skill cannot be broader than itself.", "「{broader}」はこのスキルの下位にあるため、上位スキルに指定できません。")
	ErrNoSuchSkill    = problem.Define(problem.Invalid, "no_such_skill", "“{skill}” is no skill we know. Choose one from the list.", "「{skill}」というスキルは登録されていません。一覧から選んでください。")
)

const (
	maxSkillName = 200 // characters
	maxAliases   = 50
)

// An OwnSkill is a skill that a company made by typing an unknown name, and how far it is used there.
type OwnSkill struct {
	taxonomy.Skill
	People    int // members of the company who have it
	Tasks     int
	CreatedAt time.Time
	Means     []taxonomy.Skill // shared skills that its name may mean by now, a proposal to merge
}

// OwnSkills lists a company's own skills, the most used first.
func (s *Service) OwnSkills(ctx context.Context, who market.Actor, company uuid.UUID) ([]OwnSkill, error) {
	if err := who.May(market.ManageSkills, company); err != nil {
		return nil, err
	}
	return s.ownSkills(ctx, company, "s.company_id = ?", company)
}

// OwnSkill is one of them. market.ErrNotFound where the actor may not see it, or it was merged.
func (s *Service) OwnSkill(ctx context.Context, who market.Actor, id string) (OwnSkill, uuid.UUID, error) {
	company, err := owner(s.db.Gorm(ctx), who, id, "")
	if err != nil {
		return OwnSkill{}, company, err
	}
	found, err := s.ownSkills(ctx, company, "s.id = ?", id)
	if err != nil || len(found) == 0 {
		return OwnSkill{}, company, orNotFound(err)
	}
	return found[0], company, nil
}

func orNotFound(err error) error {
	if err == nil {
		return market.ErrNotFound
	}
	return err
}

// owner is the company whose own skill it is, where the actor may manage it.
func owner(g *gorm.DB, who market.Actor, id, lock string) (uuid.UUID, error) {
	var companies []uuid.UUID
	if err := g.Raw("SELECT company_id FROM skills WHERE id = ? AND company_id IS NOT NULL AND merged_into IS NULL "+lock, id).Scan(&companies).Error; err != nil {
		return uuid.Nil, err
	}
	if len(companies) == 0 {
		return uuid.Nil, market.ErrNotFound
	}
	return companies[0], who.May(market.ManageSkills, companies[0])
}

func (s *Service) ownSkills(ctx context.Context, company uuid.UUID, where string, arg any) ([]OwnSkill, error) {
	g := s.db.Gorm(ctx)
	skills, err := skillRows(g, company, where, arg)
	if err != nil || len(skills) == 0 {
		return nil, err
	}
	var uses []struct {
		ID            string
		People, Tasks int
		CreatedAt     time.Time
	}
	err = g.Raw(`SELECT s.id, s.created_at, (SELECT count(*) FROM task_skills t WHERE t.skill_id = s.id) AS tasks,
			(SELECT count(DISTINCT m.id) FROM person_skills h JOIN memberships m ON m.person_id = h.person_id AND m.company_id = s.company_id WHERE h.skill_id = s.id) AS people
		FROM skills s WHERE s.merged_into IS NULL AND (`+where+`) ORDER BY s.id COLLATE "C"`, arg).Scan(&uses).Error
	if err != nil {
		return nil, err
	}
	shared, err := s.Skills(ctx, uuid.Nil)
	list := make([]OwnSkill, 0, len(skills))
	for i, k := range skills {
		if i < len(uses) && uses[i].ID == k.ID {
			u := uses[i]
			list = append(list, OwnSkill{Skill: k, People: u.People, Tasks: u.Tasks, CreatedAt: u.CreatedAt, Means: means(shared, k)})
		}
	}
	slices.SortStableFunc(list, func(a, b OwnSkill) int { return b.People + b.Tasks - a.People - a.Tasks })
	return list, err
}

// means are the shared skills that any spelling of an own skill names.
func means(shared *taxonomy.Index, own taxonomy.Skill) (list []taxonomy.Skill) {
	if shared == nil {
		return nil
	}
	for _, text := range append([]string{own.NameJA, own.NameEN}, own.Aliases...) {
		ids := shared.Ambiguous(text)
		if id, ok := shared.Resolve(text); ok {
			ids = []string{id}
		}
		for _, id := range ids {
			if k, _ := shared.Skill(id); !slices.ContainsFunc(list, func(had taxonomy.Skill) bool { return had.ID == id }) {
				list = append(list, k)
			}
		}
	}
	return list
}

// A SkillEdit changes a company's own skill; nil leaves a thing as it is. Broader skills are named by id or name.
type SkillEdit struct {
	NameEN, NameJA   *string
	Aliases, Broader *[]string
}

// EditOwnSkill changes what a company calls its own skill and which skills are broader. A name that is given up stays as an
// alias, so that whoever typed it finds the skill again.
func (s *Service) EditOwnSkill(ctx context.Context, who market.Actor, id string, e SkillEdit) (OwnSkill, error) {
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		company, err := owner(tx, who, id, "FOR NO KEY UPDATE")
		if err != nil {
			return err
		}
		rows, err := skillRows(tx, company, "s.id = ?", id)
		if err != nil || len(rows) == 0 {
			return orNotFound(err)
		}
		was := rows[0]
		is, err := e.apply(was)
		if err != nil {
			return err
		}
		if err := unclaimed(tx, company, is); err != nil {
			return err
		}
		if err := saveOwn(tx, company, is); err != nil {
			return err
		}
		if e.Broader != nil {
			if err := relink(tx, company, id, *e.Broader); err != nil {
				return err
			}
		}
		if err := rewriteNames(tx, company, id); err != nil {
			return err
		}
		return market.Audit(tx, who, company, "skill.edit", "skill:"+id, map[string]any{"from": was, "to": is, "broader": e.Broader})
	})
	if err != nil {
		return OwnSkill{}, err
	}
	edited, _, err := s.OwnSkill(ctx, who, id)
	return edited, err
}

// apply writes the edit into the skill and finds what is wrong with the outcome.
func (e SkillEdit) apply(k taxonomy.Skill) (taxonomy.Skill, error) {
	was := []string{k.NameEN, k.NameJA}
	for _, f := range []struct {
		from  *string
		to    *string
		field string
	}{{e.NameEN, &k.NameEN, "name_en"}, {e.NameJA, &k.NameJA, "name_ja"}} {
		if f.from == nil {
			continue
		}
		*f.to = strings.TrimSpace(*f.from)
		switch {
		case taxonomy.Normalize(*f.to) == "":
			return k, market.ErrRequired.On(f.field)
		case utf8.RuneCountInString(*f.to) > maxSkillName:
			return k, market.ErrTooLong.On(f.field).With("max", maxSkillName)
		}
	}
	if e.Aliases != nil {
		k.Aliases = *e.Aliases
	}
	kept, seen := []string{}, map[string]bool{taxonomy.Normalize(k.NameEN): true, taxonomy.Normalize(k.NameJA): true, "": true}
	for _, text := range append(was, k.Aliases...) {
		text = strings.TrimSpace(text)
		key := taxonomy.Normalize(text)
		if utf8.RuneCountInString(text) > maxSkillName || len(kept) >= maxAliases {
			return k, market.ErrTooLong.On("aliases").With("max", maxSkillName)
		}
		if !seen[key] {
			seen[key], kept = true, append(kept, text)
		}
	}
	k.Aliases = kept
	return k, nil
}

// unclaimed refuses a name that another skill of the company has.
func unclaimed(tx *gorm.DB, company uuid.UUID, k taxonomy.Skill) error {
	for field, name := range map[string]string{"name_en": k.NameEN, "name_ja": k.NameJA} {
		var n int
		err := tx.Raw("SELECT count(*) FROM skill_names WHERE name = ? AND company_id = ? AND skill_id <> ?", taxonomy.Normalize(name), company, k.ID).Scan(&n).Error
		if err != nil {
			return err
		}
		if n > 0 {
			return ErrSkillNameTaken.On(field).With("name", name)
		}
	}
	return nil
}

func saveOwn(tx *gorm.DB, company uuid.UUID, k taxonomy.Skill) error {
	if err := tx.Exec("UPDATE skills SET name_en = ?, name_ja = ? WHERE id = ?", k.NameEN, k.NameJA, k.ID).Error; err != nil {
		return err
	}
	if err := tx.Exec("DELETE FROM skill_aliases WHERE skill_id = ? AND NOT alias = ANY(?)", k.ID, pq.Array(k.Aliases)).Error; err != nil {
		return err
	}
	return tx.Exec("INSERT INTO skill_aliases (skill_id, company_id, alias) SELECT ?, ?, unnest(?::text[]) ON CONFLICT DO NOTHING", k.ID, company, pq.Array(k.Aliases)).Error
}

// relink replaces the skills that are broader than an own one, and notes those who have it for the indexes.
func relink(tx *gorm.DB, company uuid.UUID, id string, named []string) error {
	if err := holdTaxonomy(tx); err != nil { // two edits together could close a circle
		return err
	}
	links, err := allLinks(tx, id)
	if err != nil {
		return err
	}
	var broader []string
	for i, name := range named {
		if strings.TrimSpace(name) == "" {
			continue
		}
		field := "broader[" + strconv.Itoa(i) + "]"
		b, err := resolved(tx, company, name)
		var p *problem.Error
		switch {
		case errors.As(err, &p):
			return p.On(field)
		case err != nil:
			return err
		case b == "":
			return ErrNoSuchSkill.On(field).With("skill", name)
		case !links.Add(id, b):
			return ErrSkillCircle.On(field).With("broader", name)
		}
		broader = append(broader, b)
	}
	return tx.Exec(`WITH gone AS (DELETE FROM skill_links WHERE narrower_id = @id AND NOT broader_id = ANY(CAST(@broader AS text[])) RETURNING 1),
		new AS (INSERT INTO skill_links (narrower_id, broader_id) SELECT @id, unnest(CAST(@broader AS text[])) ON CONFLICT DO NOTHING RETURNING 1)
		`+touch+`(SELECT person_id FROM person_skills WHERE skill_id = @id AND EXISTS (SELECT 1 FROM gone UNION ALL SELECT 1 FROM new)) ORDER BY id`,
		map[string]any{"id": id, "broader": pq.Array(orNone(broader))}).Error
}

// allLinks are the broader links of all skills but one.
func allLinks(tx *gorm.DB, but string) (taxonomy.Links, error) {
	var rows []struct{ NarrowerID, BroaderID string }
	err := tx.Raw("SELECT narrower_id, broader_id FROM skill_links WHERE narrower_id <> ?", but).Scan(&rows).Error
	links := taxonomy.Links{}
	for _, r := range rows {
		links[r.NarrowerID] = append(links[r.NarrowerID], r.BroaderID)
	}
	return links, err
}
