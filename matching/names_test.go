package matching_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/matching"
)

func (w *world) resolve(name string) (id string) {
	w.t.Helper()
	w.inTx(func(tx *gorm.DB) (err error) {
		id, err = matching.ResolveSkill(tx, w.company, name)
		return err
	})
	return id
}

func TestTheTaxonomyIsWrittenOnce(t *testing.T) {
	w := newWorld(t)
	skills := w.count("SELECT count(*) FROM skills")
	if skills < 300 || w.count("SELECT count(*) FROM skill_links") == 0 || w.count("SELECT count(*) FROM skill_aliases") < skills {
		t.Fatalf("%d skills", skills)
	}
	w.exec("UPDATE skills SET name_en = 'kept' WHERE id = 'go'")
	if err := matching.SyncTaxonomy(t.Context(), w.d); err != nil {
		t.Fatal(err)
	}
	if w.count("SELECT count(*) FROM skills WHERE name_en = 'kept'") != 1 {
		t.Fatal("the second start wrote again")
	}
	yumi := w.alumnus("高橋", "2017-01-31", "2025-03-31", "react")
	w.drain()
	w.exec("DELETE FROM taxonomy_versions")
	w.exec("DELETE FROM skill_links WHERE narrower_id = 'react'")
	if err := matching.SyncTaxonomy(t.Context(), w.d); err != nil {
		t.Fatal(err)
	}
	if w.count("SELECT count(*) FROM skills WHERE name_en = 'kept'") != 0 || w.count("SELECT count(*) FROM index_pending") != 1 {
		t.Fatalf("a changed taxonomy must mend names and touch %s", yumi.PersonID)
	}
}

func TestEverySpellingIsOneSkill(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"go", "Go", "golang", "Ｇｏ言語", " GOLANG "} {
		if got := w.resolve(name); got != "go" {
			t.Errorf("%q is %s", name, got)
		}
	}
	if a, b := w.resolve("Spreadsheet wizardry"), w.resolve("ｓｐｒｅａｄｓｈｅｅｔ  Wizardry"); a != b || !strings.HasPrefix(a, "own-") {
		t.Errorf("%s and %s", a, b)
	}
	if w.count("SELECT count(*) FROM skills WHERE name_ja = 'Spreadsheet wizardry'") != 1 {
		t.Error("what was typed is lost")
	}
	w.inTx(func(tx *gorm.DB) error {
		if _, err := matching.ResolveSkill(tx, w.company, " ・ "); !errors.Is(err, matching.ErrSkillName) {
			t.Errorf("a name without letters gives %v", err)
		}
		return nil
	})
}

func TestTwoPeopleWhoTypeANewSkillAtOnceGetOne(t *testing.T) {
	w := newWorld(t)
	ids := make([]string, 8)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() { ids[i] = w.resolve("Tea ceremony") })
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] || id == "" {
			t.Fatalf("%q", ids)
		}
	}
}

func TestSkillsAreFoundAndSuggestedWithTheCompanysOwn(t *testing.T) {
	w := newWorld(t)
	own := w.resolve("社内Aoi帳票システム")
	found, err := w.s.SearchSkills(t.Context(), w.company, "社内aoi", 5)
	if err != nil || len(found) != 1 || found[0].ID != own {
		t.Errorf("found %+v, %v", found, err)
	}
	matches, err := w.s.SuggestSkills(t.Context(), w.company, "連結決算と社内Aoi帳票システムの移行をお願いします", 5)
	if err != nil || len(matches) < 2 || matches[0].ID != "consolidation" || matches[1].ID != own {
		t.Errorf("suggested %+v, %v", matches, err)
	}
	if other, err := w.s.SearchSkills(t.Context(), uuid.New(), "社内aoi", 5); err != nil || len(other) != 0 {
		t.Errorf("another company finds %+v, %v", other, err)
	}
}
