package matching

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/internal/db"
	"homecoming/matching/taxonomy"
)

// A SkillImport tells what taking a published list in did, or would do. Each concept counts once: created, updated,
// unchanged, or linked for the first time to a skill that was here before.
type SkillImport struct {
	Rows, Created, Updated, Unchanged, Linked int
	Obsolete                                  int // of all, how many are marked so
	Aliases, AliasesGone                      int // names added and taken away
	Links, LinksGone                          int // broader links added and taken away
	Groups                                    int // relations to groups, which are left out
	Faults                                    []taxonomy.Fault
	Changes                                   []SkillChange // the first thousand
}

// A SkillChange is one line of the diff: + a new skill, = a concept that is a skill known here, ~ other names or another state.
type SkillChange struct{ Sign, ID, Name string }

const mostSkillChanges = 1000

var errRehearsal = errors.New("a dry run is taken back")

// ImportESCO takes ESCO's skills in, in one transaction: concepts whose name is known here become that skill's, others
// new shared skills; all their labels become names to find them by. Running it again changes nothing. A dry run does the
// same and takes it all back. progress, where not nil, hears of each step.
func ImportESCO(ctx context.Context, d *db.DB, list *taxonomy.ESCO, dryRun bool, progress func(step string, n int)) (SkillImport, error) {
	if progress == nil {
		progress = func(string, int) {}
	}
	var report SkillImport
	err := d.Tx(ctx, func(tx *gorm.DB) error {
		in := &escoIntake{tx: tx, list: list, progress: progress, concepts: map[string]string{}, touched: map[string]bool{}}
		in.report = SkillImport{Rows: list.Rows, Groups: list.Groups, Faults: slices.Clone(list.Faults)}
		for _, step := range []func() error{in.read, in.settle, in.write, in.link, in.finish} {
			if err := step(); err != nil {
				return err
			}
		}
		if report = in.report; dryRun {
			return errRehearsal
		}
		return nil
	})
	if errors.Is(err, errRehearsal) {
		err = nil
	}
	return report, err
}

// An escoIntake takes one list in, inside one transaction.
type escoIntake struct {
	tx       *gorm.DB
	list     *taxonomy.ESCO
	report   SkillImport
	progress func(string, int)

	concepts map[string]string   // skill by URI
	before   map[string]escoRow  // the shared skills as they stand, by id
	home     *taxonomy.Index     // those that no import made: a concept of their name is theirs
	rows     []escoRow           // what is new or other
	aliases  []escoAlias         // every label that shall lead to a skill
	given    map[string][]string // the languages of the files, by skill
	touched  map[string]bool     // skills whose names are to be written anew
}

type escoRow struct {
	ID       string `json:"id"`
	NameEN   string `json:"name_en"`
	NameJA   string `json:"name_ja"`
	StandsIn string `json:"stands_in"`
	Obsolete bool   `json:"obsolete"`
}

type escoAlias struct {
	Skill    string `json:"skill_id"`
	Text     string `json:"alias"`
	Language string `json:"language"`
}

// read looks at what is there.
func (in *escoIntake) read() error {
	if err := holdTaxonomy(in.tx); err != nil {
		return err
	}
	// A list that comes as JSON looks like a hundred rows to the planner, which would go through 70,000 of them 70,000 times.
	if err := in.tx.Exec("SET LOCAL enable_nestloop = off; SET LOCAL jit = off").Error; err != nil {
		return err
	}
	var known []struct{ URI, SkillID string }
	if err := in.tx.Raw("SELECT c.uri, coalesce(s.merged_into, s.id) AS skill_id FROM skill_concepts c JOIN skills s ON s.id = c.skill_id").Scan(&known).Error; err != nil {
		return err
	}
	for _, k := range known {
		in.concepts[k.URI] = k.SkillID
	}
	var rows []escoRow
	if err := in.tx.Raw("SELECT id, name_en, name_ja, stands_in, obsolete FROM skills WHERE company_id IS NULL").Scan(&rows).Error; err != nil {
		return err
	}
	in.before = make(map[string]escoRow, len(rows))
	for _, r := range rows {
		in.before[r.ID] = r
	}
	in.given = map[string][]string{}
	in.progress("skills that are here", len(rows))
	return in.readHome()
}

// readHome reads the skills that no import made, without the names that one gave them.
func (in *escoIntake) readHome() error {
	home, err := skillRows(in.tx, uuid.Nil, "s.company_id IS NULL AND s.id NOT LIKE 'esco-%'")
	if err != nil {
		return err
	}
	var given []struct{ SkillID, Alias string }
	err = in.tx.Raw("SELECT skill_id, alias FROM skill_aliases WHERE source = 'esco' AND company_id IS NULL AND skill_id NOT LIKE 'esco-%'").Scan(&given).Error
	imported := map[[2]string]bool{}
	for _, g := range given {
		imported[[2]string{g.SkillID, g.Alias}] = true
	}
	for i, s := range home {
		home[i].Aliases = slices.DeleteFunc(s.Aliases, func(alias string) bool { return imported[[2]string{s.ID, alias}] })
	}
	in.home = taxonomy.NewIndex(home)
	return err
}

// settle decides for each concept which skill it is and what that is called.
func (in *escoIntake) settle() error {
	for _, c := range in.list.Concepts {
		id, known := in.concepts[c.URI]
		if !known {
			id = in.namesake(c)
			in.concepts[c.URI] = id
		}
		was, there := in.before[id]
		row := was
		if id == taxonomy.EscoID(c.URI) {
			row = called(was, id, c)
		}
		switch {
		case !there:
			in.report.Created++
			in.change("+", row)
		case row != was:
			in.report.Updated++
			in.change("~", row)
		case !known:
			in.report.Linked++
			in.change("=", escoRow{ID: id, NameEN: c.Labels[0].Preferred})
		default:
			in.report.Unchanged++
		}
		if !there || row != was {
			in.rows, in.before[id], in.touched[id] = append(in.rows, row), row, true
		}
		if row.Obsolete {
			in.report.Obsolete++
		}
		in.label(id, row, c)
	}
	in.progress("concepts settled", len(in.list.Concepts))
	return nil
}

// namesake is the skill that has the concept's name here already, and the concept's own id where none has.
func (in *escoIntake) namesake(c *taxonomy.Concept) string {
	for _, l := range c.Labels {
		if id, ok := in.home.Resolve(l.Preferred); ok && !c.Obsolete {
			return id
		}
	}
	return taxonomy.EscoID(c.URI)
}

// called is a skill of the list with the names of its concept. Another language than English and Japanese stands in for
// an English name until one comes; what a file does not say stays.
func called(was escoRow, id string, c *taxonomy.Concept) escoRow {
	row := was
	row.ID, row.Obsolete = id, c.Obsolete
	for _, l := range c.Labels {
		switch {
		case l.Language == "en":
			row.NameEN, row.StandsIn = l.Preferred, ""
		case l.Language == "ja":
			row.NameJA = l.Preferred
		case row.NameEN == "" || row.StandsIn == l.Language:
			row.NameEN, row.StandsIn = l.Preferred, l.Language
		}
	}
	return row
}

// label collects what else leads to a skill. A word that means another skill here already is not taken away from it.
func (in *escoIntake) label(id string, row escoRow, c *taxonomy.Concept) {
	seen := map[string]bool{taxonomy.Normalize(row.NameEN): true, taxonomy.Normalize(row.NameJA): true}
	for _, l := range c.Labels {
		in.given[id] = append(in.given[id], l.Language)
		for _, text := range append([]string{l.Preferred}, l.Others...) {
			key := taxonomy.Normalize(text)
			if seen[key] {
				continue
			}
			seen[key] = true
			_, taken := in.home.Resolve(text)
			if !taken && in.home.Ambiguous(text) == nil {
				in.aliases = append(in.aliases, escoAlias{id, text, l.Language})
			}
		}
	}
}

func (in *escoIntake) change(sign string, row escoRow) {
	if len(in.report.Changes) < mostSkillChanges {
		name := row.NameEN
		if name == "" {
			name = row.NameJA
		}
		in.report.Changes = append(in.report.Changes, SkillChange{sign, row.ID, name})
	}
}

// write brings skills, concepts and aliases into the tables, each in one statement.
func (in *escoIntake) write() error {
	err := in.exec(`INSERT INTO skills (id, name_en, name_ja, stands_in, obsolete)
		SELECT id, name_en, name_ja, stands_in, obsolete FROM jsonb_to_recordset(CAST(? AS jsonb)) AS r (id text, name_en text, name_ja text, stands_in text, obsolete boolean)
		ON CONFLICT (id) DO UPDATE SET name_en = excluded.name_en, name_ja = excluded.name_ja, stands_in = excluded.stands_in, obsolete = excluded.obsolete`, in.rows)
	if err != nil {
		return err
	}
	in.progress("skills written", len(in.rows))
	if err := in.exec("INSERT INTO skill_concepts (uri, skill_id) SELECT key, value FROM jsonb_each_text(CAST(? AS jsonb)) ON CONFLICT DO NOTHING", in.concepts); err != nil {
		return err
	}
	aliases, err := json.Marshal(orNone(in.aliases))
	if err != nil {
		return err
	}
	given, err := json.Marshal(in.given)
	if err != nil {
		return err
	}
	var changed []struct {
		SkillID     string
		Added, Gone int
	}
	err = in.tx.Raw(`WITH wanted AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(CAST(? AS jsonb)) AS w (skill_id text, alias text, language text)),
		given AS MATERIALIZED (SELECT key AS skill_id, value AS language FROM jsonb_each(CAST(? AS jsonb)) g (key, list), jsonb_array_elements_text(list)),
		old AS MATERIALIZED (SELECT a.skill_id, a.alias FROM skill_aliases a JOIN given g USING (skill_id, language) WHERE a.source = 'esco' AND a.company_id IS NULL),
		gone AS (DELETE FROM skill_aliases a USING (SELECT o.* FROM old o LEFT JOIN wanted w USING (skill_id, alias) WHERE w.alias IS NULL) o
			WHERE a.skill_id = o.skill_id AND a.alias = o.alias AND a.source = 'esco' AND a.company_id IS NULL RETURNING a.skill_id),
		new AS (INSERT INTO skill_aliases (skill_id, alias, language, source) SELECT skill_id, alias, language, 'esco' FROM wanted ON CONFLICT DO NOTHING RETURNING skill_id)
		SELECT skill_id, sum(n) AS added, count(*) - sum(n) AS gone FROM (SELECT skill_id, 0 AS n FROM gone UNION ALL SELECT skill_id, 1 FROM new) c GROUP BY 1`,
		string(aliases), string(given)).Scan(&changed).Error
	for _, c := range changed {
		in.touched[c.SkillID] = true
		in.report.Aliases, in.report.AliasesGone = in.report.Aliases+c.Added, in.report.AliasesGone+c.Gone
	}
	in.progress("other names written", in.report.Aliases)
	return err
}

func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// exec runs a statement over one value given as JSON.
func (in *escoIntake) exec(sql string, value any) error {
	body, err := json.Marshal(value)
	if err != nil || string(body) == "null" {
		return err
	}
	return in.tx.Exec(sql, string(body)).Error
}

// link writes the broader links of the concepts whose relations were given. One that would close a circle is a fault.
func (in *escoIntake) link() error {
	if len(in.list.Relations) == 0 {
		return nil
	}
	var others []struct{ NarrowerID, BroaderID string }
	if err := in.tx.Raw("SELECT narrower_id, broader_id FROM skill_links WHERE source <> 'esco' ORDER BY 1, 2").Scan(&others).Error; err != nil {
		return err
	}
	all := taxonomy.Links{}
	for _, l := range others {
		all.Add(l.NarrowerID, l.BroaderID)
	}
	var narrower, broad []string
	for _, r := range in.list.Relations {
		n, known := in.concepts[r.Narrower]
		b, too := in.concepts[r.Broad]
		switch {
		case !known || !too:
			in.fault(r, "a concept that is in no file")
		case n == b: // two concepts that are one skill here
		case !all.Add(n, b):
			in.fault(r, "closes a circle of broader skills")
		default:
			narrower, broad = append(narrower, n), append(broad, b)
		}
	}
	var done struct{ Added, Gone int }
	err := in.tx.Raw(`WITH wanted AS MATERIALIZED (SELECT DISTINCT * FROM unnest(?::text[], ?::text[]) AS w (narrower_id, broader_id)),
		gone AS (DELETE FROM skill_links l WHERE source = 'esco' AND NOT EXISTS (SELECT 1 FROM wanted w WHERE w.narrower_id = l.narrower_id AND w.broader_id = l.broader_id) RETURNING narrower_id),
		new AS (INSERT INTO skill_links (narrower_id, broader_id, source) SELECT narrower_id, broader_id, 'esco' FROM wanted ON CONFLICT DO NOTHING RETURNING narrower_id),
		noted AS (`+touch+`(SELECT person_id FROM person_skills WHERE skill_id IN (SELECT narrower_id FROM gone UNION SELECT narrower_id FROM new)) RETURNING 1)
		SELECT (SELECT count(*) FROM new) AS added, (SELECT count(*) FROM gone) AS gone`, pq.Array(orNone(narrower)), pq.Array(orNone(broad))).Scan(&done).Error
	in.report.Links, in.report.LinksGone = done.Added, done.Gone
	in.progress("broader links written", done.Added)
	return err
}

func (in *escoIntake) fault(r taxonomy.Relation, reason string) {
	in.report.Faults = append(in.report.Faults, taxonomy.Fault{File: "relations", Line: r.Line, Column: "broaderUri", Reason: reason})
}

// finish writes the names of what changed; other processes notice by that.
func (in *escoIntake) finish() error {
	if len(in.touched) == 0 {
		if in.report.Links+in.report.LinksGone == 0 {
			return nil
		}
		return noteChange(in.tx, uuid.Nil)
	}
	ids := make([]string, 0, len(in.touched))
	for id := range in.touched {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	in.progress("names to write", len(ids))
	return rewriteNames(in.tx, uuid.Nil, ids...)
}
