package freetexttest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/internal/clock"
	"homecoming/internal/db"
	"homecoming/market"
	"homecoming/market/markettest"
	"homecoming/matching"
	"homecoming/matching/freetext"
)

// Serve gives a service that asks the index of words under test first, on a database that holds everything already.
type Serve func(t testing.TB, d *db.DB, c clock.Clock) *matching.Service

// Policy fills companies and searches as everybody in them.
func Policy(t *testing.T, name string, tolerant bool, serve Serve) {
	town := newTown(t)
	s := serve(t, town.DB, town.Clock)
	if err := s.ReindexTexts(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DrainTexts(t.Context()); err != nil {
		t.Fatal(err)
	}
	v := &visitor{town: town, s: s, name: name, tolerant: tolerant}
	v.lookAround("as built", 50)
	for range 3 {
		town.change()
		v.lookAround("with changes that the index has not seen", 15)
		if _, err := s.DrainTexts(t.Context()); err != nil {
			t.Fatal(err)
		}
		v.lookAround("after the index has seen them", 15)
	}
	if v.hits < 100 {
		t.Fatalf("only %d results were compared", v.hits)
	}
}

// A town is a few companies with people and tasks of random sorts.
type town struct {
	*markettest.World
	random  *rand.Rand
	houses  []*markettest.Company
	readers []market.Actor
	alumni  []resident
	n       int
}

type resident struct {
	markettest.Alumnus
	house *markettest.Company
}

var (
	families    = []string{"高橋", "髙田", "Takahashi", "Tanaka", "佐藤"}
	givens      = []string{"由美", "Yumi", "健", "Ken", "Daniel"}
	departments = []string{"経理部", "調達部", "Accounting", "監査室"}
	skills      = [][3]string{{"corporate-tax", "Corporate tax", "法人税"}, {"bookkeeping", "Bookkeeping", "簿記"}, {"csharp", "C#", "C#"}, {"audit", "Internal audit", "内部監査"}}
	titles      = []string{"法人税申告書のレビュー", "Close the books", "内部監査の同行", "Bookkeeping for March", "調達先の整理"}
	searched    = []string{"", "", "高橋", "髙橋", "yumi", "tanaka", "法人税", "税", "監査", "book", "corporate tax", "c#", "経理 由美", "close", "tanakaa", "bokkeeping", "Ben", "nobody"}
)

func newTown(t *testing.T) *town {
	w := &town{World: markettest.New(t), random: rand.New(rand.NewPCG(3, 4))}
	for _, s := range skills {
		w.Skill(s[0], s[1], s[2])
	}
	for _, name := range []string{"Aoi", "Ben", "Cho"} {
		h := w.Company(name)
		w.houses = append(w.houses, h)
		w.readers = append(w.readers, h.Administrator, h.Manager, h.Office, h.Finance)
	}
	for range 14 {
		w.arrive()
	}
	for range 12 {
		w.post()
	}
	return w
}

func any1[T any](w *town, list []T) T { return list[w.random.IntN(len(list))] }

// arrive makes somebody who worked at one company or two.
func (w *town) arrive() {
	w.n++
	name := fmt.Sprintf("%s %s%d", any1(w, families), any1(w, givens), w.n)
	for _, i := range w.random.Perm(len(w.houses))[:1+w.random.IntN(2)] {
		h, left := w.houses[i], fmt.Sprintf("%d-03-31", 2014+w.random.IntN(13))
		if w.random.IntN(6) == 0 {
			left = ""
		}
		a := h.Alumnus(name, markettest.Worked(any1(w, departments), "2012-04-01", left), markettest.Worked(any1(w, departments), "2010-04-01", "2011-03-31"))
		for _, k := range skills {
			if w.random.IntN(3) == 0 {
				h.Attests(a, k[0], 2)
			}
		}
		w.alumni = append(w.alumni, resident{a, h})
		if left != "" {
			w.readers = append(w.readers, w.Actor(a.PersonID))
		}
	}
}

func (w *town) post() {
	h := any1(w, w.houses)
	var options []func(*market.TaskDraft)
	switch w.random.IntN(4) {
	case 0:
		options = append(options, markettest.ForDepartments("経理部"))
	case 1:
		if of := w.of(h); len(of) > 0 {
			options = append(options, markettest.For(any1(w, of).Alumnus))
		}
	}
	options = append(options, func(d *market.TaskDraft) {
		d.Skills = []market.WantedSkill{{Skill: any1(w, skills)[0]}}
		d.Department = "経理部"
		if w.random.IntN(4) == 0 {
			d.Budget = nil
		}
	})
	if yen := 50_000 * (1 + w.random.Int64N(30)); w.random.IntN(3) == 0 {
		h.Draft(any1(w, titles), yen, options...)
	} else {
		h.Task(any1(w, titles), yen, options...)
	}
}

func (w *town) of(h *markettest.Company) (list []resident) {
	for _, a := range w.alumni {
		if a.house == h {
			list = append(list, a)
		}
	}
	return list
}

// change renames, hides, blocks, frees and posts, each through SQL as if by any of the program's ways.
func (w *town) change() {
	a := any1(w, w.alumni)
	w.Exec("UPDATE people SET family_name = ?, available_from = ? WHERE id = ?", any1(w, families), w.Today().AddDays(w.random.IntN(150)-20), a.PersonID)
	w.Exec("UPDATE memberships SET hidden = NOT hidden WHERE id = ?", any1(w, w.alumni).MembershipID)
	b := any1(w, w.alumni)
	w.Exec(`INSERT INTO bars (id, company_id, person_id, kind, from_on, made_by, made_at) VALUES (?, ?, ?, 'by_person', ?, ?, now()) ON CONFLICT DO NOTHING`,
		uuid.New(), b.house.ID, b.PersonID, w.Today(), b.PersonID)
	w.Exec("DELETE FROM person_skills WHERE person_id = ? AND skill_id = ?", any1(w, w.alumni).PersonID, any1(w, skills)[0])
	w.Exec("UPDATE tasks SET title = ?, version = version + 1 WHERE id = (SELECT id FROM tasks ORDER BY md5(id::text || ?) LIMIT 1)", any1(w, titles), fmt.Sprint(w.n))
	w.arrive()
	w.post()
}

// A visitor searches as everybody and compares.
type visitor struct {
	*town
	s        *matching.Service
	name     string
	tolerant bool
	hits     int
}

func (v *visitor) lookAround(when string, times int) {
	v.Helper()
	for range times {
		who := v.Actor(any1(v.town, v.readers).PersonID)
		who.Language = "en"
		v.people(when, who)
		v.tasks(when, who)
	}
}

// people compares a search for people with the directory that the reader may read.
func (v *visitor) people(when string, who market.Actor) {
	v.Helper()
	h := any1(v.town, v.houses)
	q := matching.TalentQuery{Company: h.ID, Text: any1(v.town, searched), Alumni: v.random.IntN(4) == 0, Limit: 100}
	if v.random.IntN(3) == 0 {
		q.Skills = []string{any1(v.town, skills)[0]}
	}
	if v.random.IntN(3) == 0 {
		q.Away = any1(v.town, []string{"staff", "0", "1", "3", "5", "10"})
	}
	if v.random.IntN(4) == 0 {
		q.Free = any1(v.town, []string{"now", "month", "quarter"})
	}
	what := fmt.Sprintf("%s, people of %s for %q %+v as %s", when, h.Name, q.Text, q, who.Email)
	list, denied := v.Market.People(context.Background(), who, market.PeopleFilter{CompanyID: h.ID, Limit: 100})
	got, err := v.s.SearchPeople(context.Background(), who, q)
	if (denied == nil) != (err == nil) {
		v.Fatalf("%s: the list says %v, the search %v", what, denied, err)
	}
	if err != nil {
		return
	}
	text := freetext.Parse(q.Text)
	v.answered(what, got.Found, text)
	var least, most, ids []uuid.UUID
	at := map[uuid.UUID]market.Member{}
	for _, m := range list {
		at[m.ID] = m
		if !v.fits(m, q) {
			continue
		}
		if text.Matches(memberWords(m), false) {
			least = append(least, m.ID)
		}
		if text.Matches(memberWords(m), true) {
			most = append(most, m.ID)
		}
	}
	counts := map[matching.Facet]map[string]int{}
	for _, item := range got.Items {
		ids = append(ids, item.ID)
		v.marked(what, item.Marks, text, words(at[item.ID]))
		v.countMember(counts, item.Member)
	}
	check(v.town.tb(), what, ids, least, most, got.Tolerant)
	v.counted(what, got.Found, len(ids), counts)
}

func (v *visitor) fits(m market.Member, q matching.TalentQuery) bool {
	holds := func(id string) bool {
		return slices.ContainsFunc(m.Skills, func(k market.MemberSkill) bool { return k.SkillID == id })
	}
	staff := !m.Alumnus && len(m.Stints) > 0
	return (q.Away == "" || v.away(m) == q.Away) && (q.Free == "" || v.free(m) == q.Free) && (!q.Alumni || !staff) &&
		!slices.ContainsFunc(q.Skills, func(id string) bool { return !holds(id) })
}

// away is the band of years since somebody left.
func (v *visitor) away(m market.Member) string {
	var left civil.Date
	for _, s := range m.Stints {
		if s.LeftOn == nil {
			return "staff"
		}
		if s.LeftOn.After(left) {
			left = *s.LeftOn
		}
	}
	switch years := matching.Gap(left, v.Today()); {
	case years < 1:
		return "0"
	case years < 3:
		return "1"
	case years < 5:
		return "3"
	case years < 10:
		return "5"
	}
	return "10"
}

func (v *visitor) free(m market.Member) string {
	days := 0
	if m.AvailableFrom != nil {
		days = m.AvailableFrom.DaysSince(v.Today())
	}
	switch {
	case days <= 0:
		return "now"
	case days <= 31:
		return "month"
	case days <= 92:
		return "quarter"
	}
	return "later"
}

func (v *visitor) countMember(counts map[matching.Facet]map[string]int, m market.Member) {
	values := map[matching.Facet][]string{matching.FacetAway: {v.away(m)}, matching.FacetFree: {v.free(m)}}
	for _, s := range m.Stints {
		if s.DepartmentID != nil {
			values[matching.FacetDepartment] = append(values[matching.FacetDepartment], s.DepartmentID.String())
		}
	}
	for _, k := range m.Skills {
		values[matching.FacetSkill] = append(values[matching.FacetSkill], k.SkillID)
	}
	add(counts, values)
}

// tasks compares a search for tasks with the list that the reader may read.
func (v *visitor) tasks(when string, who market.Actor) {
	v.Helper()
	q := matching.TaskQuery{Text: any1(v.town, searched), Limit: 100}
	if v.random.IntN(3) == 0 {
		q.Skills = []string{any1(v.town, skills)[0]}
	}
	if v.random.IntN(3) == 0 {
		least := int64(300_000)
		q.BudgetFrom = &least
	}
	what := fmt.Sprintf("%s, tasks for %q %+v as %s", when, q.Text, q, who.Email)
	list, err := v.Market.Tasks(context.Background(), who, market.TaskFilter{Limit: 100})
	v.Check(err)
	got, err := v.s.SearchTasks(context.Background(), who, q)
	v.Check(err)
	text := freetext.Parse(q.Text)
	v.answered(what, got.Found, text)
	var least, most, ids []uuid.UUID
	for _, t := range list {
		wants := func(id string) bool {
			return slices.ContainsFunc(t.Skills, func(k market.TaskSkill) bool { return k.SkillID == id })
		}
		if len(q.Skills) > 0 && !wants(q.Skills[0]) || q.BudgetFrom != nil && t.Budget != nil && *t.Budget < *q.BudgetFrom {
			continue
		}
		doc := v.taskWords(t)
		if text.Matches(doc, false) {
			least = append(least, t.ID)
		}
		if text.Matches(doc, true) {
			most = append(most, t.ID)
		}
	}
	counts := map[matching.Facet]map[string]int{}
	for _, item := range got.Items {
		ids = append(ids, item.ID)
		v.marked(what, item.Marks, text, v.taskTexts(item.Task))
		due, band := "none", "open"
		if item.DueOn != nil {
			due = item.DueOn.String()[:7]
		}
		for _, least := range []int64{0, 100_000, 300_000, 1_000_000} {
			if item.Budget != nil && *item.Budget >= least {
				band = fmt.Sprint(least)
			}
		}
		add(counts, map[matching.Facet][]string{matching.FacetCompany: {item.CompanyID.String()}, matching.FacetState: {string(item.State)},
			matching.FacetSkill: {item.Skills[0].SkillID}, matching.FacetDue: {due}, matching.FacetBudget: {band}})
	}
	check(v.town.tb(), what, ids, least, most, got.Tolerant)
	v.counted(what, got.Found, len(ids), counts)
}

func add(counts map[matching.Facet]map[string]int, values map[matching.Facet][]string) {
	for facet, list := range values {
		if counts[facet] == nil {
			counts[facet] = map[string]int{}
		}
		slices.Sort(list)
		for _, value := range slices.Compact(list) {
			counts[facet][value]++
		}
	}
}

func (v *visitor) answered(what string, f matching.Found, text freetext.Query) {
	v.Helper()
	want, tolerant := v.name, v.tolerant
	if text.Empty() {
		want, tolerant = "", false
	}
	if f.Index != want || f.Tolerant != tolerant || f.Degraded {
		v.Fatalf("%s: answered by %q (tolerant %v, degraded %v)", what, f.Index, f.Tolerant, f.Degraded)
	}
}

// counted holds total and facets against what was found.
func (v *visitor) counted(what string, f matching.Found, total int, counts map[matching.Facet]map[string]int) {
	v.Helper()
	v.hits += total
	if f.Total != total {
		v.Fatalf("%s: a total of %d, but %d results", what, f.Total, total)
	}
	for facet, values := range counts {
		n := 0
		for _, c := range f.Facets[facet] {
			if n++; values[c.Value] != c.N {
				v.Fatalf("%s: %s %s is counted %d times and there %d times", what, facet, c.Value, c.N, values[c.Value])
			}
		}
		if n != len(values) {
			v.Fatalf("%s: %d values of %s are counted, and %d there", what, n, facet, len(values))
		}
	}
	for facet := range f.Facets {
		if counts[facet] == nil {
			v.Fatalf("%s: %s is counted and nowhere there", what, facet)
		}
	}
}

// marked holds marks against the texts that the reader may see.
func (v *visitor) marked(what string, marks []matching.Mark, text freetext.Query, visible []string) {
	v.Helper()
	for _, m := range marks {
		var whole strings.Builder
		hit := false
		for _, p := range m.Parts {
			if p.Text != "…" {
				whole.WriteString(p.Text)
			}
			hit = hit || p.Hit
		}
		if !hit || !slices.ContainsFunc(visible, func(s string) bool { return strings.Contains(s, whole.String()) }) {
			v.Fatalf("%s: %s %q is marked, which the reader does not see", what, m.Field, whole.String())
		}
	}
	if len(marks) == 0 && !text.Empty() {
		v.Fatalf("%s: nothing is marked in %q", what, visible)
	}
}

func (w *town) tb() *testing.T { return w.TB.(*testing.T) }

// words are what the directory shows of somebody.
func words(m market.Member) []string {
	list := []string{m.Name, m.Reading, m.Email}
	for _, s := range m.Stints {
		list = append(list, s.Department, s.DepartmentEN)
	}
	for _, k := range m.Skills {
		list = append(list, k.NameJA, k.NameEN)
	}
	return list
}

func memberWords(m market.Member) freetext.Document {
	return freetext.Document{Head: freetext.Fold(strings.Join(words(m), "\n")).Text}
}

func (v *visitor) taskTexts(t market.Task) []string {
	list := []string{t.Title, t.Brief, fmt.Sprintf("T-%d", t.Number)}
	for _, h := range v.houses {
		if h.ID == t.CompanyID {
			list = append(list, h.Name, h.NameEN)
		}
	}
	for _, k := range skills {
		if t.Skills[0].SkillID == k[0] {
			list = append(list, k[1], k[2])
		}
	}
	return append(list, "経理部")
}

func (v *visitor) taskWords(t market.Task) freetext.Document {
	return freetext.Document{Head: freetext.Fold(strings.Join(v.taskTexts(t), "\n")).Text}
}
