package matching

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"unicode"

	"context"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/db"
	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/matching/taxonomy"
)

// ErrSkillName refuses a skill whose name has no letters in it.
var ErrSkillName = problem.Define(problem.Invalid, "skill_name", "“{skill}” names no skill. Write it in letters.", "「{skill}」はスキル名として使えません。文字で入力してください。")

var _ market.ResolveSkill = ResolveSkill

// FindSkill gives the id of the skill that a name, alias or id means for a company, and "" where nothing is known
// under it. A company's own skills go before the shared ones.
func FindSkill(g *gorm.DB, company uuid.UUID, name string) (string, error) {
	key := taxonomy.Normalize(name)
	var ids []string
	err := g.Raw(`SELECT skill_id FROM (
			SELECT id AS skill_id, 0 AS nth FROM skills WHERE id = ? AND (company_id IS NULL OR company_id = ?)
			UNION ALL SELECT skill_id, CASE WHEN company_id IS NULL THEN 2 ELSE 1 END FROM skill_names
				WHERE name = ? AND (company_id IS NULL OR company_id = ?)
			UNION ALL SELECT skill_id, 3 FROM skill_names WHERE name = ? AND company_id IS NULL) found ORDER BY nth LIMIT 1`,
		strings.TrimSpace(name), company, key, company, singular(key)).Scan(&ids).Error
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return ids[0], nil
}

// singular is what an English plural may be the plural of; other words stay as they are.
func singular(key string) string {
	cut, plural := strings.CutSuffix(key, "s")
	latin := !strings.ContainsFunc(cut, func(r rune) bool { return !unicode.Is(unicode.Latin, r) })
	if plural && latin && len(cut) >= 4 && !strings.HasSuffix(cut, "s") {
		return cut
	}
	return key
}

// ResolveSkill is FindSkill in a transaction that writes: an unknown name becomes the company's own skill, spelled as
// it was typed. Two people who type the same new name at once get the same skill.
func ResolveSkill(tx *gorm.DB, company uuid.UUID, name string) (string, error) {
	id, err := FindSkill(tx, company, name)
	if err != nil || id != "" {
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
	if id, err = FindSkill(tx, company, name); err != nil || id != "" {
		return id, err // somebody else was faster
	}
	id, typed := "own-"+uuid.Must(uuid.NewV7()).String(), strings.TrimSpace(name)
	err = tx.Exec("INSERT INTO skills (id, company_id, name_en, name_ja) VALUES (?, ?, ?, ?)", id, company, typed, typed).Error
	if err != nil {
		return "", err
	}
	return id, tx.Exec("INSERT INTO skill_names (name, company_id, skill_id) VALUES (?, ?, ?)", key, company, id).Error
}

// SyncTaxonomy brings the shared skills, their aliases and links into the tables. It writes nothing when this
// program's taxonomy is in already. People whose broader skills change by it are noted for the indexes.
func SyncTaxonomy(ctx context.Context, d *db.DB) error {
	skills := taxonomy.Starter()
	body, err := json.Marshal(skills)
	if err != nil {
		return err
	}
	names, err := json.Marshal(spellings(skills))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(append(body, names...))
	checksum := hex.EncodeToString(sum[:])
	return d.Tx(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended('homecoming taxonomy', 0))").Error; err != nil {
			return err
		}
		var last string
		err := tx.Raw("SELECT checksum FROM taxonomy_versions ORDER BY applied_at DESC LIMIT 1").Scan(&last).Error
		if err != nil || last == checksum {
			return err
		}
		for _, step := range syncSteps {
			if err := tx.Exec(step, map[string]any{"skills": string(body), "names": string(names)}).Error; err != nil {
				return err
			}
		}
		return tx.Exec(`INSERT INTO taxonomy_versions (checksum) VALUES (?)
			ON CONFLICT (checksum) DO UPDATE SET applied_at = clock_timestamp()`, checksum).Error
	})
}

const fromSkills = `jsonb_to_recordset(CAST(@skills AS jsonb)) AS s ("ID" text, "NameEN" text, "NameJA" text, "Aliases" text[], "Broader" text[], "Reserved" text)`

// syncSteps are the statements of SyncTaxonomy, each for all skills at once. Skills that the taxonomy dropped stay,
// because tasks and people may hold them.
var syncSteps = []string{
	`INSERT INTO skills (id, name_en, name_ja, reserved) SELECT "ID", "NameEN", "NameJA", "Reserved" FROM ` + fromSkills + `
	 ON CONFLICT (id) DO UPDATE SET name_en = excluded.name_en, name_ja = excluded.name_ja, reserved = excluded.reserved
	 WHERE (skills.name_en, skills.name_ja, skills.reserved) <> (excluded.name_en, excluded.name_ja, excluded.reserved)`,
	`DELETE FROM skill_aliases a WHERE company_id IS NULL AND skill_id IN (SELECT "ID" FROM ` + fromSkills + `)`,
	`INSERT INTO skill_aliases (skill_id, alias) SELECT "ID", alias FROM ` + fromSkills + `, unnest("Aliases") AS alias
	 WHERE alias <> '' ON CONFLICT DO NOTHING`,
	`DELETE FROM skill_names WHERE company_id IS NULL AND skill_id IN (SELECT "ID" FROM ` + fromSkills + `)`,
	`INSERT INTO skill_names (name, skill_id) SELECT "Name", "Skill" FROM jsonb_to_recordset(CAST(@names AS jsonb)) AS n ("Name" text, "Skill" text)
	 ON CONFLICT DO NOTHING`,
	`WITH wanted AS (SELECT "ID" AS narrower_id, broader_id FROM ` + fromSkills + `, unnest("Broader") AS broader_id),
	 gone AS (DELETE FROM skill_links l WHERE narrower_id IN (SELECT "ID" FROM ` + fromSkills + `)
		AND NOT EXISTS (SELECT 1 FROM wanted w WHERE w.narrower_id = l.narrower_id AND w.broader_id = l.broader_id) RETURNING narrower_id),
	 new AS (INSERT INTO skill_links SELECT narrower_id, broader_id FROM wanted ON CONFLICT DO NOTHING RETURNING narrower_id)
	 INSERT INTO index_pending (company_id, membership_id)
	 SELECT company_id, id FROM memberships WHERE person_id IN (SELECT person_id FROM person_skills
		WHERE skill_id IN (SELECT narrower_id FROM gone UNION SELECT narrower_id FROM new)) ORDER BY id`,
}

type spelling struct{ Name, Skill string }

// spellings are the normalised names and aliases, each with the one skill that it means. A name goes before an alias;
// an alias of several skills means none of them.
func spellings(skills []taxonomy.Skill) []spelling {
	index := taxonomy.NewIndex(skills)
	done := map[string]bool{}
	var all []spelling
	for _, s := range skills {
		for _, text := range append([]string{s.NameEN, s.NameJA}, s.Aliases...) {
			key := taxonomy.Normalize(text)
			if id, ok := index.Resolve(text); ok && key != "" && !done[key] {
				done[key] = true
				all = append(all, spelling{key, id})
			}
		}
	}
	return all
}
