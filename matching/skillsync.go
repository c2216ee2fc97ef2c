package matching

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/internal/db"
	"homecoming/matching/taxonomy"
)

// SyncTaxonomy brings the starter's skills, their aliases and links into the tables. It writes nothing when this
// program's taxonomy is in already, and leaves alone what an import or a merge added. People whose broader skills change
// by it are noted for the indexes.
func SyncTaxonomy(ctx context.Context, d *db.DB) error {
	skills := taxonomy.Starter()
	body, err := json.Marshal(skills)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(append(body, namesVersion...))
	checksum := hex.EncodeToString(sum[:])
	return d.Tx(ctx, func(tx *gorm.DB) error {
		if err := holdTaxonomy(tx); err != nil {
			return err
		}
		var last string
		err := tx.Raw("SELECT checksum FROM taxonomy_versions ORDER BY applied_at DESC LIMIT 1").Scan(&last).Error
		if err != nil || last == checksum {
			return err
		}
		for _, step := range syncSteps {
			if err := tx.Exec(step, map[string]any{"skills": string(body)}).Error; err != nil {
				return err
			}
		}
		ids := make([]string, len(skills))
		for i, s := range skills {
			ids[i] = s.ID
		}
		if err := rewriteNames(tx, uuid.Nil, ids...); err != nil {
			return err
		}
		return tx.Exec(`INSERT INTO taxonomy_versions (checksum) VALUES (?)
			ON CONFLICT (checksum) DO UPDATE SET applied_at = clock_timestamp()`, checksum).Error
	})
}

// namesVersion is raised when the same spelling gives other keys, so that the names are written anew.
const namesVersion = "names 2"

// holdTaxonomy lets one transaction at a time change the shared skills.
func holdTaxonomy(tx *gorm.DB) error {
	return tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended('homecoming taxonomy', 0))").Error
}

const fromSkills = `jsonb_to_recordset(CAST(@skills AS jsonb)) AS s ("ID" text, "NameEN" text, "NameJA" text, "Aliases" text[], "Broader" text[], "Reserved" text)`

// touch notes people for the indexes; it goes before a list of person ids.
const touch = `INSERT INTO index_pending (company_id, membership_id) SELECT company_id, id FROM ranked_as WHERE person_id IN `

// syncSteps are the statements of SyncTaxonomy, each for all skills at once. Skills that the taxonomy dropped stay,
// because tasks and people may hold them.
var syncSteps = []string{
	`INSERT INTO skills (id, name_en, name_ja, reserved) SELECT "ID", "NameEN", "NameJA", "Reserved" FROM ` + fromSkills + `
	 ON CONFLICT (id) DO UPDATE SET name_en = excluded.name_en, name_ja = excluded.name_ja, reserved = excluded.reserved
	 WHERE (skills.name_en, skills.name_ja, skills.reserved) <> (excluded.name_en, excluded.name_ja, excluded.reserved)`,
	`DELETE FROM skill_aliases a WHERE company_id IS NULL AND source = '' AND skill_id IN (SELECT "ID" FROM ` + fromSkills + `)`,
	`INSERT INTO skill_aliases (skill_id, alias) SELECT "ID", alias FROM ` + fromSkills + ` JOIN skills k ON k.id = "ID", unnest("Aliases") AS alias
	 WHERE alias <> '' AND k.merged_into IS NULL ON CONFLICT DO NOTHING`,
	`WITH wanted AS (SELECT "ID" AS narrower_id, broader_id FROM ` + fromSkills + ` JOIN skills k ON k.id = "ID", unnest("Broader") AS broader_id WHERE k.merged_into IS NULL),
	 gone AS (DELETE FROM skill_links l WHERE source = '' AND narrower_id IN (SELECT "ID" FROM ` + fromSkills + `)
		AND NOT EXISTS (SELECT 1 FROM wanted w WHERE w.narrower_id = l.narrower_id AND w.broader_id = l.broader_id) RETURNING narrower_id),
	 new AS (INSERT INTO skill_links SELECT w.narrower_id, w.broader_id FROM wanted w JOIN skills b ON b.id = w.broader_id AND b.merged_into IS NULL
		ON CONFLICT DO NOTHING RETURNING narrower_id)
	 ` + touch + `(SELECT person_id FROM person_skills WHERE skill_id IN (SELECT narrower_id FROM gone UNION SELECT narrower_id FROM new)) ORDER BY id`,
}

// rewriteNames brings the table of names up to date for some skills, and raises the version by which other processes
// notice: for no company what everybody calls shared skills, for a company its own skills and what it calls shared ones.
// A merged skill has no names.
func rewriteNames(tx *gorm.DB, company uuid.UUID, ids ...string) error {
	skills, err := skillRows(tx, company, "s.id = ANY(?)", pq.Array(ids))
	if err != nil {
		return err
	}
	var names, of []string
	var ranks []int64
	for _, s := range skills {
		for _, k := range s.Keys() {
			names, of, ranks = append(names, k.Text), append(of, s.ID), append(ranks, int64(k.Rank))
		}
	}
	whose := uuid.NullUUID{UUID: company, Valid: company != uuid.Nil}
	err = tx.Exec(`WITH wanted AS MATERIALIZED (SELECT * FROM unnest(?::text[], ?::text[], ?::int[]) AS w (name, skill_id, rank)),
		gone AS (DELETE FROM skill_names n USING (SELECT n.name, n.skill_id FROM skill_names n LEFT JOIN wanted w USING (name, skill_id)
			WHERE n.skill_id = ANY(?) AND n.company_id IS NOT DISTINCT FROM ?::uuid AND w.name IS NULL) g
			WHERE n.name = g.name AND n.skill_id = g.skill_id AND n.company_id IS NOT DISTINCT FROM ?::uuid)
		INSERT INTO skill_names (name, company_id, skill_id, rank) SELECT name, ?::uuid, skill_id, rank FROM wanted
		ON CONFLICT ON CONSTRAINT skill_name_once DO UPDATE SET rank = excluded.rank WHERE skill_names.rank <> excluded.rank`,
		pq.Array(names), pq.Array(of), pq.Array(ranks), pq.Array(ids), whose, whose, whose).Error
	if err != nil {
		return err
	}
	return noteChange(tx, company)
}

// noteChange raises the version of a company's own skills, or of the shared ones for no company.
func noteChange(tx *gorm.DB, company uuid.UUID) error {
	return tx.Exec("INSERT INTO skill_changes (company_id) VALUES (?)", uuid.NullUUID{UUID: company, Valid: company != uuid.Nil}).Error
}

// skillRows reads skills with their aliases and links, as no company or one company calls them: of a shared skill, a company
// has its aliases for it and no more. Merged skills are left out.
func skillRows(g *gorm.DB, company uuid.UUID, where string, args ...any) ([]taxonomy.Skill, error) {
	var rows []struct {
		ID, NameEN, NameJA, Reserved string
		Obsolete, Foreign            bool
		Aliases, Broader             pq.StringArray `gorm:"type:text[]"`
	}
	whose := uuid.NullUUID{UUID: company, Valid: company != uuid.Nil}
	err := g.Raw(`SELECT s.id, s.name_en, s.name_ja, s.reserved, s.obsolete, s.company_id IS DISTINCT FROM ?::uuid AS "foreign",
			ARRAY(SELECT alias FROM skill_aliases a WHERE a.skill_id = s.id AND a.company_id IS NOT DISTINCT FROM ?::uuid ORDER BY alias) AS aliases,
			ARRAY(SELECT broader_id FROM skill_links l WHERE l.narrower_id = s.id ORDER BY broader_id) AS broader
		FROM skills s WHERE s.merged_into IS NULL AND (`+where+`) ORDER BY s.id COLLATE "C"`, append([]any{whose, whose}, args...)...).Scan(&rows).Error
	skills := make([]taxonomy.Skill, len(rows))
	for i, r := range rows {
		if r.Foreign {
			r.NameEN, r.NameJA = "", ""
		}
		skills[i] = taxonomy.Skill{ID: r.ID, NameEN: r.NameEN, NameJA: r.NameJA, Aliases: r.Aliases, Broader: r.Broader, Reserved: r.Reserved, Obsolete: r.Obsolete}
	}
	return skills, err
}
