package matching_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"homecoming/matching"
	"homecoming/matching/taxonomy"
)

const escoHeading = "conceptType,conceptUri,skillType,reuseLevel,preferredLabel,altLabels,hiddenLabels,status,modifiedDate,scopeNote,definition,inScheme,description\n"

func uri(n int) string {
	return fmt.Sprintf("http://data.europa.eu/esco/skill/%08x-0000-4000-8000-%012x", n, n)
}

// concept is one row of a file of ESCO's.
func concept(n int, label, alts, status string) string {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"KnowledgeSkillCompetence", uri(n), "skill/competence", "sector-specific", label, alts, "", status, "2024-01-15T10:00:00Z", "", "",
		"http://data.europa.eu/esco/concept-scheme/skills, http://data.europa.eu/esco/concept-scheme/member-skills", "Do it,\nin \"this\" way."})
	w.Flush()
	return b.String()
}

func relation(narrower, broad int) string {
	return fmt.Sprintf("KnowledgeSkillCompetence,%s,broader,KnowledgeSkillCompetence,%s\n", uri(narrower), uri(broad))
}

func (w *world) list(languages map[string]string, relations string) *taxonomy.ESCO {
	w.t.Helper()
	list := &taxonomy.ESCO{}
	for _, language := range []string{"en", "ja", "de"} {
		if rows := languages[language]; rows != "" {
			if err := list.ReadSkills("skills_"+language+".csv", language, strings.NewReader("\ufeff"+escoHeading+rows)); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	if relations != "" {
		if err := list.ReadRelations("broader.csv", strings.NewReader("conceptType,conceptUri,relationType,broaderType,broaderUri\n"+relations)); err != nil {
			w.t.Fatal(err)
		}
	}
	return list
}

func (w *world) importESCO(list *taxonomy.ESCO, dryRun bool) matching.SkillImport {
	w.t.Helper()
	r, err := matching.ImportESCO(context.Background(), w.d, list, dryRun, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) means(text string) string {
	w.t.Helper()
	ids, err := matching.Meanings(w.d.Gorm(context.Background()), w.company, text)
	if err != nil {
		w.t.Fatal(err)
	}
	x, err := w.s.Skills(context.Background(), w.company)
	if err != nil {
		w.t.Fatal(err)
	}
	fromMemory := x.Ambiguous(text)
	if id, ok := x.Resolve(text); ok {
		fromMemory = []string{id}
	}
	if strings.Join(ids, " ") != strings.Join(fromMemory, " ") {
		w.t.Errorf("%q: the tables say %v, the memory %v", text, ids, fromMemory)
	}
	return strings.Join(ids, " ")
}

func TestAPublishedListIsTakenInOnceAndFoundByEveryName(t *testing.T) {
	w := newWorld(t)
	if w.means("weave baskets") != "" {
		t.Fatal("known before")
	}
	en := concept(1, "weave baskets", "basket weaving\nplait baskets\n\nbasketry", "released") +
		concept(2, "Bookkeeping", "keep the books of accounts\naccounting", "released") + // a starter's name
		concept(3, "handicraft", "crafts", "released") + concept(4, "operate telex", "telex", "obsolete") + concept(5, "make brooms", "basketry", "released")
	ja := concept(1, "かご編み", "籠編み", "released")
	de := concept(1, "Körbe flechten", "Korbflechten", "released") + concept(6, "Besen binden", "", "released")
	list := func() *taxonomy.ESCO {
		return w.list(map[string]string{"en": en, "ja": ja, "de": de}, relation(1, 3)+relation(5, 3)+relation(3, 5)+
			"KnowledgeSkillCompetence,"+uri(1)+",broader,SkillGroup,http://data.europa.eu/esco/skill/S1.2.3\n")
	}
	dry := w.importESCO(list(), true)
	if dry.Created != 5 || dry.Linked != 1 || dry.Obsolete != 1 || dry.Links != 2 || dry.Groups != 1 || len(dry.Faults) != 1 || len(dry.Changes) != 6 {
		t.Errorf("the dry run says %+v", dry)
	}
	if n := w.count("SELECT count(*) FROM skills WHERE id LIKE 'esco-%'"); n != 0 {
		t.Fatalf("the dry run left %d skills", n)
	}
	if got := w.importESCO(list(), false); fmt.Sprint(got) != fmt.Sprint(dry) {
		t.Errorf("did %+v, said %+v", got, dry)
	}
	baskets, brooms := taxonomy.EscoID(uri(1)), taxonomy.EscoID(uri(5))
	for text, want := range map[string]string{"weave baskets": baskets, "Basket-Weaving": baskets, "かご編み": baskets, "籠編み": baskets, "korbe flechten": baskets,
		"basketry": baskets + " " + brooms, "bookkeeping": "bookkeeping", "keep the books of accounts": "bookkeeping", "accounting": "accounting",
		"Besen binden": taxonomy.EscoID(uri(6)), "telex": taxonomy.EscoID(uri(4))} {
		if got := w.means(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	again := w.importESCO(list(), false)
	if again.Created+again.Updated+again.Linked+again.Aliases+again.AliasesGone+again.Links+again.LinksGone != 0 || again.Unchanged != 6 {
		t.Errorf("the second time: %+v", again)
	}
	if found, err := w.s.SearchSkills(t.Context(), w.company, "telex", 5); err != nil || len(found) != 0 {
		t.Errorf("an obsolete skill is offered: %v, %v", found, err)
	}
	w.importESCO(w.list(map[string]string{"en": concept(6, "bind brooms", "", "released") + concept(1, "weave baskets", "wickerwork", "obsolete")}, ""), false)
	for text, want := range map[string]string{"bind brooms": taxonomy.EscoID(uri(6)), "basket weaving": "", "wickerwork": baskets, "籠編み": baskets, "basketry": brooms} {
		if got := w.means(text); got != want {
			t.Errorf("after the new edition, %q: got %q, want %q", text, got, want)
		}
	}
	if w.count("SELECT count(*) FROM skills WHERE name_en = 'Besen binden' OR stands_in <> ''") != 0 {
		t.Error("the English name did not take the place of the one that stood in")
	}
	if got := w.means("keep the books of accounts"); got != "bookkeeping" {
		t.Errorf("another edition lost a name of a concept that it does not hold: %q", got)
	}
	w.exec("DELETE FROM taxonomy_versions")
	if err := matching.SyncTaxonomy(t.Context(), w.d); err != nil {
		t.Fatal(err)
	}
	if got := w.means("keep the books of accounts"); got != "bookkeeping" {
		t.Errorf("the starter's next start lost an imported name: %q", got)
	}
}

func TestABadRowOfAPublishedListIsNamed(t *testing.T) {
	w := newWorld(t)
	list := w.list(map[string]string{"en": concept(1, "weave baskets", "", "released") + "KnowledgeSkillCompetence,nonsense,,,x,,,,,,,,\n" +
		"too,short\n" + strings.Replace(concept(2, "no-name", "", "released"), "no-name", "", 1) + concept(1, "weave baskets", "", "released") + "a,\"b\"c,d\n" + concept(3, "thatch", "", "released")},
		relation(1, 99))
	r := w.importESCO(list, false)
	var got []string
	for _, f := range r.Faults {
		got = append(got, fmt.Sprintf("%d %s", f.Line, f.Column))
	}
	if want := "4 conceptUri|5 -|6 preferredLabel|8 conceptUri|10 -|2 broaderUri"; strings.Join(got, "|") != want || r.Created != 2 {
		t.Errorf("%v, %d created\n%v", got, r.Created, r.Faults)
	}
	if err := list.ReadSkills("x.csv", "en", strings.NewReader("a,b\n1,2\n")); err == nil || !strings.Contains(err.Error(), "conceptUri") {
		t.Errorf("another file: %v", err)
	}
}

// published writes n concepts in ESCO's shape: names of two to five words, five other labels each, 1.5 broader links each.
func published(n int) (skills, relations string) {
	r := rand.New(rand.NewPCG(7, uint64(n)))
	words := strings.Fields("manage develop monitor pumps vessels turbines drainage budgets patients crops welding contracts wood textile rail fleet leather audio")
	label := func() string {
		var s []string
		for range 2 + r.IntN(4) {
			s = append(s, words[r.IntN(len(words))])
		}
		return strings.Join(s, " ")
	}
	var b, l strings.Builder
	for i := range n {
		b.WriteString(concept(i, fmt.Sprintf("%s %d", label(), i), label()+"\n"+label()+"\n"+label()+"\n"+label()+"\n"+label(), "released"))
		if i > 0 {
			l.WriteString(relation(i, r.IntN(i)))
			if i%2 == 0 {
				l.WriteString(relation(i, r.IntN(i)))
			}
		}
	}
	return b.String(), l.String()
}

func TestFourteenThousandSkillsAreTakenInByOneCommand(t *testing.T) {
	w := newWorld(t)
	skills, relations := published(14_000)
	began := time.Now()
	r := w.importESCO(w.list(map[string]string{"en": skills}, relations), false)
	took := time.Since(began)
	if r.Created != 14_000 || len(r.Faults) != 0 || r.Links < 20_000 || r.Aliases < 60_000 {
		t.Errorf("%d created, %d links, %d aliases, %d faults", r.Created, r.Links, r.Aliases, len(r.Faults))
	}
	began = time.Now()
	found, err := w.s.SuggestSkills(t.Context(), w.company, "連結決算 and bookkeeping", 5)
	if err != nil || len(found) != 2 {
		t.Errorf("%v, %v", found, err)
	}
	t.Logf("import %s, first question with reading the list %s", took, time.Since(began))
}

func TestEveryProcessHearsOfANewSkillAtOnce(t *testing.T) {
	w := newWorld(t)
	other := matching.New(w.d, w.clock, nil)
	find := func() int {
		found, err := other.SearchSkills(t.Context(), w.company, "weave bask", 5)
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	if find() != 0 {
		t.Fatal("known before")
	}
	w.importESCO(w.list(map[string]string{"en": concept(1, "weave baskets", "", "released")}, ""), false)
	if find() != 1 {
		t.Error("another process does not know the imported skill")
	}
	w.resolve("Weave basketballs")
	if find() != 2 {
		t.Error("another process does not know the company's own skill")
	}
}
