package matching

import (
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/matching/taxonomy"
)

// ErrSkillName refuses a skill whose name has no letters in it.
var ErrSkillName = problem.Define(problem.Invalid, "skill_name", "“{skill}” names no skill. Write it in letters.", "「{skill}」はスキル名として使えません。文字で入力してください。")

var _ market.ResolveSkill = ResolveSkill

// FindSkill gives the id of the one skill that a name, alias or id means for a company, and "" where nothing is known
// under it, or several skills are: see Meanings. A company's own skills go before the shared ones.
func FindSkill(g *gorm.DB, company uuid.UUID, name string) (string, error) {
	ids, err := Meanings(g, company, name)
	if err != nil || len(ids) != 1 {
		return "", err
	}
	return ids[0], nil
}

// Meanings are the ids of all skills that a name, alias or id may mean for a company, sorted. It answers from the tables
// as an [taxonomy.Index] answers from memory.
func Meanings(g *gorm.DB, company uuid.UUID, name string) ([]string, error) {
	var ids []string
	err := g.Raw("SELECT coalesce(merged_into, id) FROM skills WHERE id = ? AND (company_id IS NULL OR company_id = ?)", strings.TrimSpace(name), company).Scan(&ids).Error
	forms := taxonomy.Forms(name)
	if err != nil || len(ids) > 0 || len(forms) == 0 {
		return ids, err
	}
	var rows []named
	err = g.Raw("SELECT name, skill_id, rank, company_id IS NOT NULL AS own FROM skill_names WHERE name = ANY(?) AND (company_id IS NULL OR company_id = ?) ORDER BY skill_id",
		pq.Array(forms), company).Scan(&rows).Error
	return choose(rows, forms), err
}

// A named is one row of the table of names.
type named struct {
	Name, SkillID string
	Rank          int
	Own           bool
}

// choose takes the meanings of the surest form, the company's own before the shared, those of the best rank.
func choose(rows []named, forms []string) (ids []string) {
	for _, form := range forms {
		for _, own := range []bool{true, false} {
			best := 0
			for _, r := range rows {
				switch {
				case r.Name != form || r.Own != own || len(ids) > 0 && r.Rank > best:
				case len(ids) > 0 && r.Rank == best:
					ids = append(ids, r.SkillID)
				default:
					best, ids = r.Rank, []string{r.SkillID}
				}
			}
			if len(ids) > 0 {
				return slices.Compact(ids)
			}
		}
	}
	return nil
}

// ResolveSkill is FindSkill in a transaction that writes: an unknown name becomes the company's own skill, spelled as
// it was typed. Two people who type the same new name at once get the same skill. A word that means several skills is
// never settled silently: it is refused with [market.ErrSkillAmbiguous], which names them. Without a company nothing is
// made, and an unknown name gives "".
func ResolveSkill(tx *gorm.DB, company uuid.UUID, name string) (string, error) {
	id, err := resolved(tx, company, name)
	if err != nil || id != "" || company == uuid.Nil {
		return id, err
	}
	key := taxonomy.Normalize(name)
	if key == "" {
		return "", ErrSkillName.With("skill", name)
	}
	err = tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", "skill "+company.String()+" "+key).Error
	if err != nil {
		return "", err
	}
	if id, err = resolved(tx, company, name); err != nil || id != "" {
		return id, err // somebody else was faster
	}
	return makeOwn(tx, company, strings.TrimSpace(name))
}

// makeOwn adds a company's own skill under the name that was typed.
func makeOwn(tx *gorm.DB, company uuid.UUID, typed string) (string, error) {
	id := "own-" + uuid.Must(uuid.NewV7()).String()
	err := tx.Exec("INSERT INTO skills (id, company_id, name_en, name_ja) VALUES (?, ?, ?, ?)", id, company, typed, typed).Error
	if err != nil {
		return "", err
	}
	return id, rewriteNames(tx, company, id)
}

func resolved(g *gorm.DB, company uuid.UUID, name string) (string, error) {
	ids, err := Meanings(g, company, name)
	switch {
	case err != nil || len(ids) == 0:
		return "", err
	case len(ids) == 1:
		return ids[0], nil
	}
	choices, err := describe(g, ids)
	if err != nil {
		return "", err
	}
	return "", market.ErrSkillAmbiguous.With("skill", name).With("choices", choices)
}

// describe names skills with a broader one each, so that two of one name can be told apart: Product management (Planning).
func describe(g *gorm.DB, ids []string) (problem.Word, error) {
	var rows []struct{ EN, JA, BroaderEN, BroaderJA string }
	err := g.Raw(`SELECT coalesce(nullif(s.name_en, ''), s.name_ja) AS en, coalesce(nullif(s.name_ja, ''), s.name_en) AS ja,
			coalesce(nullif(b.name_en, ''), b.name_ja, '') AS broader_en, coalesce(nullif(b.name_ja, ''), b.name_en, '') AS broader_ja
		FROM skills s LEFT JOIN LATERAL (SELECT b.name_en, b.name_ja FROM skill_links l JOIN skills b ON b.id = l.broader_id
			WHERE l.narrower_id = s.id ORDER BY b.id LIMIT 1) b ON true
		WHERE s.id = ANY(?) ORDER BY s.id`, pq.Array(ids)).Scan(&rows).Error
	var en, ja []string
	for _, r := range rows {
		if r.BroaderEN != "" {
			r.EN, r.JA = r.EN+" ("+r.BroaderEN+")", r.JA+"（"+r.BroaderJA+"）"
		}
		en, ja = append(en, r.EN), append(ja, r.JA)
	}
	return problem.Word{EN: strings.Join(en, ", "), JA: strings.Join(ja, "、")}, err
}
