package matching_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"pgregory.net/rapid"

	"homecoming/internal/db/dbtest"
	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/matching"
	"homecoming/matching/postgres"
)

func must(skill string, level int) market.WantedSkill {
	return market.WantedSkill{Skill: skill, Level: level}
}

func TestReasonsAreSentencesInTheReadersLanguage(t *testing.T) {
	w := newWorld(t)
	yumi := w.alumnus("高橋", "2017-01-31", "2025-03-31", "corporate-tax", "bookkeeping")
	w.inTx(func(tx *gorm.DB) error { return rate(tx, w.company, yumi.PersonID, 5, 5, 5, 5, 5, 4) })
	task := w.task(must("corporate-tax", 3), must("Bookkeeping", 2), must("english", 1))
	item := w.rank(task.ID).Items[0]
	want := []string{"2 of 3 skills", "8 yrs 2 mo with you, left a year ago", "knows Finance", "4.8 over 6 contracts"}
	if !slices.Equal(item.Reasons, want) {
		t.Errorf("reasons are %q, want %q", item.Reasons, want)
	}
	if item.Person.Name != "高橋 由美" || item.Person.Reading != "タカハシ ユミ" || *item.Person.HourlyRate != market.Yen(6500) {
		t.Errorf("the person is %+v", item.Person)
	}
	if c := item.Skills; c[0].State != matching.ChipMet || c[2].State != matching.ChipMissing || c[2].Text != "English not stated" {
		t.Errorf("chips are %+v", c)
	}
	own, err := w.s.ScoreFor(t.Context(), yumi, task.ID)
	want = []string{"希望スキル3件中2件", "在籍8年2か月、1年前に退職", "経理部の経験あり", "契約6件で評価4.8"}
	if err != nil || own.Score != item.Score || own.Parts != item.Parts || !slices.Equal(own.Reasons, want) {
		t.Errorf("she sees %+v (%v), want the same score and %q", own.Standing, err, want)
	}
}

// rate writes reviews of contracts that are another room's.
func rate(tx *gorm.DB, company, person uuid.UUID, ratings ...int) error {
	if err := tx.Exec("SET LOCAL session_replication_role = replica").Error; err != nil {
		return err
	}
	for _, r := range ratings {
		err := tx.Exec("INSERT INTO reviews (id, company_id, contract_id, person_id, by_side, rating) VALUES (?, ?, ?, ?, 'company', ?)",
			uuid.New(), company, uuid.New(), person, r).Error
		if err != nil {
			return err
		}
	}
	return market.TouchPerson(tx, person)
}

func TestStrangersAndColleaguesWithoutTheRoleGetNoRanking(t *testing.T) {
	w := newWorld(t)
	yumi := w.alumnus("高橋", "2017-01-31", "2025-03-31")
	task := w.task(must("english", 1))
	stranger := market.Actor{Grants: []market.Grant{{CompanyID: uuid.New(), Role: market.Administrator}}}
	if _, err := w.s.Rank(t.Context(), stranger, task.ID, matching.Query{}); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("a stranger gets %v", err)
	}
	if _, err := w.s.Rank(t.Context(), yumi, task.ID, matching.Query{}); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("an alumna gets %v", err)
	}
	if _, err := w.s.RankDraft(t.Context(), stranger, market.TaskDraft{CompanyID: w.company}, matching.Query{}); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("a stranger's draft gets %v", err)
	}
	if _, err := w.s.ScoreFor(t.Context(), stranger, task.ID); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("a stranger's score is %v", err)
	}
	if _, err := w.s.Rank(t.Context(), w.manager, uuid.New(), matching.Query{}); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("a task that is none gives %v", err)
	}
}

func TestAnAnniversaryCountsOnItsDayWithoutAnyJob(t *testing.T) {
	w := newWorld(t)
	w.alumnus("高橋", "2017-01-31", "2025-04-02")
	leaving := w.alumnus("小林", "2020-01-01", "2026-04-02") // staff until then
	task := w.task(must("english", 1))
	w.drain()
	if r := w.rank(task.ID); len(r.Items) != 1 || r.Items[0].Parts.Tenure != matching.V1.ForTenure(2983, 0) {
		t.Fatalf("the day before: %+v", r.Items)
	}
	w.clock.Set(w.clock.Now().AddDate(0, 0, 1))
	if r := w.rank(task.ID); len(r.Items) != 1 || r.Items[0].Parts.Tenure != matching.V1.ForTenure(2983, 1) {
		t.Fatalf("on the anniversary: %+v", r.Items)
	}
	w.clock.Set(w.clock.Now().AddDate(0, 0, 1))
	if r := w.rank(task.ID); len(r.Items) != 2 || r.AsOf != day("2026-04-03") {
		t.Fatalf("the day after the last day: %+v", r.Items)
	}
	if n, err := w.s.TouchDue(t.Context()); n != 2 || err != nil {
		t.Fatalf("%d are due, %v", n, err)
	}
	w.drain()
	if n, err := w.s.TouchDue(t.Context()); n != 0 || err != nil {
		t.Fatalf("%d are due again, %v", n, err)
	}
	if r := w.rank(task.ID); len(r.Items) != 2 {
		t.Fatalf("%s is gone: %+v", leaving.PersonID, r.Items)
	}
}

func TestWithoutTheFasterIndexTheListIsTheSameAndSaysSo(t *testing.T) {
	fast := &broken{}
	w := newWorld(t, fast)
	w.alumnus("高橋", "2017-01-31", "2025-03-31", "corporate-tax")
	w.alumnus("小林", "2010-01-31", "2025-03-31")
	task := w.task(must("corporate-tax", 3))
	if r := w.rank(task.ID); r.Index != "postgres" || !r.Degraded {
		t.Fatalf("an index that was never built answered: %+v", r)
	}
	if err := w.s.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.drain()
	before := w.rank(task.ID)
	if before.Index != "broken" || before.Degraded || len(before.Items) != 2 {
		t.Fatalf("%+v", before)
	}
	fast.down = true
	after := w.rank(task.ID)
	if after.Index != "postgres" || !after.Degraded || !after.Certificate.Exact || !slices.EqualFunc(before.Items, after.Items, sameStanding) {
		t.Fatalf("%+v instead of %+v", after, before)
	}
	if h, err := w.s.Health(t.Context()); err != nil || !h.Degraded || h.Reason != errDown.Error() {
		t.Fatalf("%+v %v", h, err)
	}
}

func sameStanding(a, b matching.Candidate) bool {
	return a.MembershipID == b.MembershipID && a.Score == b.Score && a.Parts == b.Parts && slices.Equal(a.Reasons, b.Reasons)
}

func TestAFailingIndexKeepsItsChangesAndTheOthersDoNotWait(t *testing.T) {
	fast := &broken{}
	w := newWorld(t, fast)
	if err := w.s.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	fast.down = true
	yumi := w.alumnus("高橋", "2017-01-31", "2025-03-31")
	if _, err := w.s.Drain(t.Context()); !errors.Is(err, errDown) {
		t.Fatalf("draining gives %v", err)
	}
	if n := w.count("SELECT count(*) FROM match_members"); n != 1 {
		t.Fatalf("PostgreSQL's index has %d members", n)
	}
	if n := w.count("SELECT count(*) FROM index_pending WHERE stage = 1"); n != 1 {
		t.Fatalf("%d changes wait", n)
	}
	fast.down = false
	w.drain()
	if _, there := fast.docs[yumi.Memberships()[0]]; !there || w.count("SELECT count(*) FROM index_pending") != 0 {
		t.Fatal("the change got lost")
	}
}

func TestAnIndexThatMissedChangesIsNotAskedUntilItIsBuiltAgain(t *testing.T) {
	fast := &broken{}
	w := newWorld(t, fast)
	if err := w.s.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	alone := matching.New(w.d, w.clock, postgres.New(w.d)) // a start without the faster index
	w.alumnus("高橋", "2017-01-31", "2025-03-31")
	if n, err := alone.Drain(t.Context()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	task := w.task(must("english", 1))
	if r := w.rank(task.ID); r.Index != "postgres" || len(r.Items) != 1 {
		t.Fatalf("%+v", r)
	}
}

func TestAMissedChangeHealsWhenItIsShown(t *testing.T) {
	w := newWorld(t)
	yumi := w.alumnus("高橋", "2017-01-31", "2025-03-31", "corporate-tax")
	task := w.task(must("corporate-tax", 3))
	w.drain()
	w.exec("UPDATE match_members SET p = 3000") // nothing noted it
	if r := w.rank(task.ID); len(r.Items) != 1 || !r.Certificate.Exact || r.Items[0].MembershipID != yumi.Memberships()[0] {
		t.Fatalf("%+v", r)
	}
	if n := w.count("SELECT count(*) FROM index_pending"); n != 1 {
		t.Fatalf("%d notes", n)
	}
}

func TestADraftIsRankedBeforeItIsSaved(t *testing.T) {
	w := newWorld(t)
	w.alumnus("高橋", "2017-01-31", "2025-03-31", "corporate-tax")
	draft := market.TaskDraft{CompanyID: w.company, Department: "経理部", Skills: []market.WantedSkill{
		{Skill: "法人税", Kind: market.Must}, {Skill: "法人税"}, {Skill: ""}, {Skill: `no "such" \ skill`, Level: 2, Kind: market.Nice}}}
	before := w.count("SELECT count(*) FROM skills")
	r, err := w.s.RankDraft(t.Context(), w.manager, draft, matching.Query{})
	if err != nil || len(r.Items) != 1 || r.Items[0].Parts.Skills != 4333 || r.Items[0].Parts.Department != 500 {
		t.Fatalf("%+v %v", r, err)
	}
	if after := w.count("SELECT count(*) FROM skills"); after != before {
		t.Fatalf("typing made %d skills", after-before)
	}
}

func TestRecommendedWorkHasTheScoreThatTheCompanySees(t *testing.T) {
	w := newWorld(t)
	yumi := w.alumnus("高橋", "2017-01-31", "2025-03-31", "corporate-tax")
	poor, good := w.task(must("english", 2), must("corporate-tax", 1)), w.task(must("corporate-tax", 3))
	strict := w.task(market.WantedSkill{Skill: "english", Level: 3, Strict: true})
	offers, err := w.s.Recommended(t.Context(), yumi, 10)
	if err != nil || len(offers) != 2 || offers[0].Task.ID != good.ID || offers[1].Task.ID != poor.ID {
		t.Fatalf("%+v %v; %s must not be among them", offers, err, strict.ID)
	}
	if item := w.rank(good.ID).Items[0]; item.Score != offers[0].Score || item.Parts != offers[0].Parts || len(offers[0].Reasons) != 4 {
		t.Fatalf("the company sees %+v, she %+v", item.Standing, offers[0].Standing)
	}
	if offers, err := w.s.Recommended(t.Context(), w.manager, 10); err != nil || len(offers) != 0 {
		t.Fatalf("a manager is recommended %v %v", offers, err)
	}
}

func TestNamedTasksRankTheNamedAlone(t *testing.T) {
	w := newWorld(t)
	yumi := w.alumnus("高橋", "2017-01-31", "2025-03-31")
	w.alumnus("小林", "2010-01-31", "2025-03-31")
	r, err := w.s.RankDraft(t.Context(), w.manager, market.TaskDraft{CompanyID: w.company,
		Visibility: market.DraftVisibility{Kind: market.Named, MembershipIDs: yumi.Memberships()}}, matching.Query{})
	if err != nil || len(r.Items) != 1 || r.Items[0].MembershipID != yumi.Memberships()[0] || r.Certificate.Bound != 0 {
		t.Fatalf("%+v %v", r, err)
	}
}

func TestFiltersApplyOnlyWhenAsked(t *testing.T) {
	w := newWorld(t)
	yumi := w.alumnus("高橋", "2017-01-31", "2025-03-31")
	w.exec("UPDATE people SET available_from = '2026-06-01' WHERE id = ?", yumi.PersonID)
	task := w.task(must("english", 1))
	may, june, low, high := day("2026-05-31"), day("2026-06-01"), int64(6499), int64(6500)
	for name, c := range map[string]struct {
		q    matching.Query
		want int
	}{
		"nothing asked": {matching.Query{}, 1}, "busy until June": {matching.Query{AvailableBy: &may}, 0}, "free in June": {matching.Query{AvailableBy: &june}, 1},
		"too dear": {matching.Query{MaxRate: &low}, 0}, "within the rate": {matching.Query{MaxRate: &high}, 1},
	} {
		for range 2 { // from the facts, then from the index
			if r, err := w.s.Rank(t.Context(), w.manager, task.ID, c.q); err != nil || len(r.Items) != c.want {
				t.Errorf("%s: %d listed, %v", name, len(r.Items), err)
			}
			w.drain()
		}
	}
}

func TestTheListOnPostgresEqualsScoringEverybody(t *testing.T) {
	t.Parallel()
	ix := postgres.New(dbtest.New(t))
	rapid.Check(t, func(t *rapid.T) {
		home := uuid.New() // each population has a company of its own
		var members []matching.Member
		var docs []matching.Document
		for range rapid.IntRange(0, 60).Draw(t, "population") {
			m := drawMember(t, uuid.New())
			m.Company = home
			members, docs = append(members, m), append(docs, matching.V1.Document(m, today))
		}
		if err := ix.Put(context.Background(), docs); err != nil {
			t.Fatal(err)
		}
		q, k := drawQuestion(t), rapid.IntRange(1, 20).Draw(t, "k")
		q.Company = home
		hits, _, err := matching.Best(context.Background(), ix, q, k, noNews, nil)
		if err != nil {
			t.Fatal(err)
		}
		same(t, q, hits, members, k)
	})
}

func TestAReaderWithoutALanguageReadsEnglish(t *testing.T) {
	w := newWorld(t)
	w.alumnus("高橋", "2017-01-31", "2025-03-31")
	w.manager.Language = problem.Language("")
	if got := w.rank(w.task(must("english", 1)).ID).Items[0].Reasons[0]; got != "Not the skill asked for" {
		t.Fatalf("%q", got)
	}
}

func TestAReindexMendsACompanyAndForgetsWhoIsGone(t *testing.T) {
	w := newWorld(t)
	yumi, ken := w.alumnus("高橋", "2017-01-31", "2025-03-31"), w.alumnus("小林", "2010-01-31", "2025-03-31")
	w.drain()
	w.exec("DELETE FROM match_members WHERE person_id = ?", yumi.PersonID)
	var done, total int
	if err := w.s.Reindex(t.Context(), func(d, of int) { done, total = d, of }, w.company); err != nil || done != 2 || total != 2 {
		t.Fatalf("%d of %d, %v", done, total, err)
	}
	if n := w.count("SELECT count(*) FROM match_members"); n != 2 {
		t.Fatalf("%d members", n)
	}
	w.exec("DELETE FROM stints WHERE membership_id = ?", ken.Memberships()[0])
	w.exec("DELETE FROM memberships WHERE id = ?", ken.Memberships()[0])
	if r := w.rank(w.task(must("english", 1)).ID); len(r.Items) != 1 || !r.Certificate.Exact {
		t.Fatalf("somebody who is gone is listed: %+v", r)
	}
	w.drain()
	if n := w.count("SELECT count(*) FROM match_members"); n != 1 {
		t.Fatalf("%d members after draining", n)
	}
}

func TestReachCountsWhomTheRuleCovers(t *testing.T) {
	w := newWorld(t)
	w.alumnus("高橋", "2017-01-31", "2025-03-31")
	shy := w.alumnus("小林", "2010-01-31", "2025-03-31")
	w.exec("UPDATE memberships SET hidden = true WHERE person_id = ?", shy.PersonID)
	w.drain()
	rule := func(name string) market.TaskDraft {
		return market.TaskDraft{CompanyID: w.company, Visibility: market.DraftVisibility{Kind: market.ByRule, Departments: []string{name}}}
	}
	for name, want := range map[string]matching.Reached{"Finance": {Alumni: 1, Hidden: 1}, "Legal": {}} {
		if got, err := w.s.Reaches(t.Context(), w.manager, rule(name)); err != nil || got != want {
			t.Errorf("%s reaches %+v, %v; want %+v", name, got, err, want)
		}
	}
	if got, err := w.s.TaskReaches(t.Context(), w.manager, w.task(must("english", 1)).ID); err != nil || got.Alumni != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}
