package matching_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"homecoming/market"
	"homecoming/matching"
)

func (w *world) office() market.Actor {
	w.t.Helper()
	who := market.Actor{PersonID: uuid.New(), Grants: []market.Grant{{CompanyID: w.company, Role: market.Office}}}
	w.exec("INSERT INTO people (id, family_name) VALUES (?, '係')", who.PersonID)
	return who
}

// everything is every row that speaks of skills, but for the merge records.
func (w *world) everything() (s string) {
	w.t.Helper()
	err := w.d.Gorm(context.Background()).Raw(`SELECT string_agg(r, E'\n' ORDER BY r) FROM (
		SELECT to_jsonb(t)::text AS r FROM person_skills t UNION ALL SELECT to_jsonb(t)::text FROM task_skills t UNION ALL SELECT to_jsonb(t)::text FROM skill_aliases t
		UNION ALL SELECT to_jsonb(t)::text FROM skill_links t UNION ALL SELECT to_jsonb(t)::text FROM skill_names t UNION ALL SELECT to_jsonb(t)::text FROM skill_concepts t
		UNION ALL SELECT to_jsonb(t)::text FROM skills t) r`).Scan(&s).Error
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func TestAMergeRepointsEverythingAndCanBeTakenBack(t *testing.T) {
	w := newWorld(t)
	office := w.office()
	own := w.resolve("帳簿つけ")
	narrow := w.resolve("帳簿つけ（海外）")
	yumi := w.alumnus("高橋", "2017-01-31", "2025-03-31", own, "bookkeeping")
	w.exec("UPDATE person_skills SET level = 1 WHERE skill_id = 'bookkeeping'")
	w.alumnus("佐藤", "2017-01-31", "2025-03-31", narrow)
	task := w.task(market.WantedSkill{Skill: own, Level: 2, Kind: market.Must, Strict: true}, market.WantedSkill{Skill: "payroll", Kind: market.Nice, Level: 1})
	w.exec("INSERT INTO skill_links (narrower_id, broader_id) VALUES (?, ?)", narrow, own)
	w.drain()
	before := w.everything()

	m, err := w.s.MergeOwnSkill(t.Context(), office, own, "Bookkeeping")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"帳簿つけ": "bookkeeping", own: "bookkeeping", "簿記": "bookkeeping"} {
		ids, err := matching.Meanings(w.d.Gorm(t.Context()), w.company, text)
		if err != nil || strings.Join(ids, " ") != want {
			t.Errorf("%s means %v, %v", text, ids, err)
		}
	}
	if w.means("帳簿つけ") != "bookkeeping" {
		t.Error("what was typed leads nowhere")
	}
	if ids, _ := matching.Meanings(w.d.Gorm(t.Context()), uuid.New(), "帳簿つけ"); len(ids) != 0 {
		t.Error("another company got the alias")
	}
	var typed string
	w.scan(&typed, "SELECT typed FROM person_skills WHERE person_id = ? AND skill_id = 'bookkeeping' AND level = 3", yumi.PersonID)
	if typed != "帳簿つけ" {
		t.Errorf("the person's words became %q", typed)
	}
	if w.count("SELECT count(*) FROM task_skills WHERE skill_id = 'bookkeeping' AND strict AND level = 2") != 1 || w.count("SELECT count(*) FROM index_pending") != 2 {
		t.Error("the task or the notes for the index are wrong")
	}
	if r := w.rank(task.ID); len(r.Items) != 2 { // the strict skill is met by who has it, and by who has what is narrower
		t.Errorf("%+v", r.Items)
	}
	if again, err := w.s.MergeOwnSkill(t.Context(), office, own, "bookkeeping"); err != nil || again.ID != m.ID {
		t.Errorf("asking twice: %+v, %v", again, err)
	}
	if _, err := w.s.UndoMerge(t.Context(), w.manager, m.ID); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("a manager took it back: %v", err)
	}
	if _, err := w.s.UndoMerge(t.Context(), office, m.ID); err != nil {
		t.Fatal(err)
	}
	if after := w.everything(); after != before {
		t.Errorf("taken back, but not as it was:\n%s\n\n%s", before, after)
	}
	if _, err := w.s.UndoMerge(t.Context(), office, m.ID); !errors.Is(err, matching.ErrMergeUndone) {
		t.Errorf("twice: %v", err)
	}
	if m, err = w.s.MergeOwnSkill(t.Context(), office, own, "bookkeeping"); err != nil {
		t.Fatal(err)
	}
	w.exec("UPDATE person_skills SET level = 2 WHERE person_id = ? AND skill_id = 'bookkeeping'", yumi.PersonID)
	if _, err := w.s.UndoMerge(t.Context(), office, m.ID); !errors.Is(err, matching.ErrMergeChanged) {
		t.Errorf("a later change was overwritten: %v", err)
	}
}

func (w *world) scan(into any, sql string, args ...any) {
	w.t.Helper()
	if err := w.d.Gorm(context.Background()).Raw(sql, args...).Scan(into).Error; err != nil {
		w.t.Fatal(err)
	}
}

func TestACompanyMergesOnlyWhatIsItsOwn(t *testing.T) {
	w := newWorld(t)
	office := w.office()
	a, b := w.resolve("Tea"), w.resolve("Way of tea")
	stranger := market.Actor{PersonID: uuid.New(), Grants: []market.Grant{{CompanyID: uuid.New(), Role: market.Office}}}
	for name, c := range map[string]struct {
		who        market.Actor
		from, into string
		want       error
	}{
		"a stranger": {stranger, a, b, market.ErrNotFound}, "a manager": {w.manager, a, b, market.ErrForbidden}, "shared": {office, "go", a, market.ErrNotFound},
		"itself": {office, a, a, matching.ErrMergeItself}, "unknown": {office, a, "sorcery", matching.ErrNoSuchSkill}, "two": {office, a, "PM", market.ErrSkillAmbiguous},
	} {
		if _, err := w.s.MergeOwnSkill(t.Context(), c.who, c.from, c.into); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.s.MergeShared(t.Context(), "go", a); !errors.Is(err, matching.ErrMergeForeign) {
		t.Errorf("shared into own: %v", err)
	}
	if _, err := w.s.MergeOwnSkill(t.Context(), office, a, b); err != nil {
		t.Error(err)
	}
	if m, err := w.s.MergeShared(t.Context(), "react", "vue"); err != nil || w.means("react") != "vue" {
		t.Errorf("%+v, %v", m, err)
	} else if _, err := w.s.UndoSharedMerge(t.Context(), m.ID); err != nil || w.means("react") != "react" {
		t.Errorf("not taken back: %v", err)
	}
}

func TestAnOwnSkillIsRenamedAndLinked(t *testing.T) {
	w := newWorld(t)
	office := w.office()
	id, other := w.resolve("Aoi ledger"), w.resolve("Aoi invoices")
	set := func(s string) *string { return &s }
	broader := []string{"Bookkeeping"}
	w.alumnus("高橋", "2017-01-31", "2025-03-31", id)
	w.drain()
	k, err := w.s.EditOwnSkill(t.Context(), office, id, matching.SkillEdit{NameJA: set("あおい台帳"), NameEN: set("Blue ledger"), Broader: &broader})
	if err != nil || k.NameJA != "あおい台帳" || !slices.Contains(k.Aliases, "Aoi ledger") || !slices.Equal(k.Broader, []string{"bookkeeping"}) || k.People != 1 {
		t.Fatalf("%+v, %v", k, err)
	}
	if w.means("aoi ledger") != id || w.means("アオイ台帳") != id || w.count("SELECT count(*) FROM index_pending") != 1 {
		t.Error("the old or the new name leads nowhere, or the index was not told")
	}
	if _, err := w.s.EditOwnSkill(t.Context(), office, other, matching.SkillEdit{NameJA: set("Blue Ledger")}); !errors.Is(err, matching.ErrSkillNameTaken) {
		t.Errorf("two skills of one name: %v", err)
	}
	up, circle := []string{id}, []string{other}
	if _, err := w.s.EditOwnSkill(t.Context(), office, other, matching.SkillEdit{Broader: &up}); err != nil {
		t.Error(err)
	}
	if _, err := w.s.EditOwnSkill(t.Context(), office, id, matching.SkillEdit{Broader: &circle}); !errors.Is(err, matching.ErrSkillCircle) {
		t.Errorf("a circle: %v", err)
	}
}

// A table that refers to skills and is forgotten by a merge would keep the old one.
func TestAMergeKnowsEveryTableThatSpeaksOfSkills(t *testing.T) {
	w := newWorld(t)
	var tables []string
	w.scan(&tables, "SELECT DISTINCT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND confrelid = 'skills'::regclass ORDER BY 1")
	for _, table := range tables {
		if !slices.Contains([]string{"person_skills", "task_skills", "skill_aliases", "skill_links", "skill_concepts", "skill_names", "skill_merges", "skills"}, table) {
			t.Errorf("matching.mergedTables does not know %s", table)
		}
	}
}
