package indextest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/internal/clock"
	"homecoming/internal/db"
	"homecoming/internal/db/dbtest"
	"homecoming/market"
	"homecoming/matching"
)

// Make gives a service that asks the index under test first, on a database that holds a population already.
type Make func(t testing.TB, d *db.DB, c clock.Clock) *matching.Service

// Run ranks generated populations with the index named, and holds every list against scoring everybody.
func Run(t *testing.T, name string, serve Make) {
	for _, size := range []int{10, 500, 5000} {
		t.Run(fmt.Sprint(size, " members"), func(t *testing.T) {
			t.Parallel()
			run(t, name, serve, size)
		})
	}
}

func run(t *testing.T, name string, serve Make, size int) {
	d := dbtest.New(t)
	p := newPopulation(t, d, uint64(size), size)
	other := newPopulation(t, d, uint64(size)+1, 20) // must never show, not even from outside: they are for partners alone
	other.keepToPartners(t)
	s := serve(t, d, clock.At(now))
	s.Budget = time.Minute // a busy machine must not send the suite to PostgreSQL
	if err := s.Reindex(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, p: p, s: s, name: name}
	b.compare("as built", 25)
	for range 3 {
		b.change(1 + size/100)
		b.compare("with changes that the index has not seen", 8)
	}
	b.whileDraining()
	if h, err := s.Health(t.Context()); err != nil || h.Pending != 0 || h.Degraded {
		t.Fatalf("after draining: %+v, %v", h, err)
	}
	b.compare("after the index has seen them", 25)
	if _, err := s.Rank(t.Context(), actor(other.company), b.task(), matching.Query{}); err == nil {
		t.Fatal("another company's manager got an answer")
	}
	t.Logf("%d lists, %.2f rounds and %v each", b.lists, float64(b.rounds)/float64(b.lists), (b.took / time.Duration(b.lists)).Round(time.Microsecond))
}

// whileDraining ranks while the index catches up. An index that moves under a list may leave it to PostgreSQL.
func (b *bench) whileDraining() {
	drained := make(chan error, 1)
	b.moving = true
	go func() {
		_, err := b.s.Drain(context.Background())
		drained <- err
	}()
	b.compare("while the index catches up", 8)
	if err := <-drained; err != nil {
		b.t.Fatal(err)
	}
	b.moving = false
}

// A bench is one population with the service under test.
type bench struct {
	t      *testing.T
	p      *population
	s      *matching.Service
	name   string
	lists  int
	rounds int
	took   time.Duration // in Rank alone
	moving bool          // any index may answer
}

// A task as it was drawn.
type task struct {
	id         uuid.UUID
	department uuid.UUID
	skills     []want
	visibility market.Visibility
	maxRate    int64
	by         time.Time
}

type want struct {
	skill        string
	level        int
	must, strict bool
}

func actor(company uuid.UUID) market.Actor {
	return market.Actor{PersonID: uuid.New(), Grants: []market.Grant{{CompanyID: company, Role: market.Manager}}}
}

// change rerolls some members behind the index's back, as market does: with a row in index_pending.
func (b *bench) change(n int) {
	var changed []*member
	for range n {
		m := b.p.members[b.p.rnd.IntN(len(b.p.members))]
		if !slices.Contains(changed, m) {
			b.p.reroll(m)
			changed = append(changed, m)
		}
	}
	b.p.save(b.t, changed)
	for _, m := range changed {
		if err := market.TouchPerson(b.p.d.Gorm(context.Background()), m.person); err != nil {
			b.t.Fatal(err)
		}
		if m.shown == "nobody" { // who took consent back is noted as well
			b.p.must(b.t, "INSERT INTO index_pending (company_id, membership_id) VALUES (?, ?)", uuid.Nil, m.person)
		}
	}
}

func (b *bench) compare(when string, tasks int) {
	b.t.Helper()
	for range tasks {
		task := b.draw()
		q := matching.Query{Limit: 20}
		if task.maxRate > 0 {
			q.MaxRate = &task.maxRate
		}
		if !task.by.IsZero() {
			day := civil.DateOf(task.by)
			q.AvailableBy = &day
		}
		began := time.Now()
		got, err := b.s.Rank(b.t.Context(), actor(b.p.company), task.id, q)
		if err != nil {
			b.t.Fatal(err)
		}
		b.lists, b.rounds, b.took = b.lists+1, b.rounds+got.Certificate.Rounds, b.took+time.Since(began)
		b.same(when, task, got)
	}
}

func (b *bench) same(when string, t task, got matching.Ranking) {
	b.t.Helper()
	want := b.p.oracle(t, 20)
	if !b.moving && (got.Index != b.name || got.Degraded) || !got.Certificate.Exact || got.AsOf != civil.DateOf(b.p.today) {
		b.t.Fatalf("%s: answered by %s (%+v)", when, got.Index, got.Certificate)
	}
	if len(got.Items) != len(want) {
		b.t.Fatalf("%s: %d listed, want %d, for %+v", when, len(got.Items), len(want), t)
	}
	for i, item := range got.Items {
		w := want[i]
		if item.MembershipID != w.ID || int64(item.Score) != w.Score || int64(item.Parts.Skills) != w.Skills || int64(item.Parts.Tenure) != w.Tenure {
			b.t.Fatalf("%s: place %d is %v with %+v, want %+v, for %+v", when, i+1, item.MembershipID, item.Parts, w, t)
		}
		if item.Parts.Total() != item.Score || len(item.Skills) != len(t.skills) || len(item.Reasons) < 3 {
			b.t.Fatalf("%s: %+v does not add up", when, item.Standing)
		}
	}
	if n := len(want); n > 0 && (int64(got.Certificate.Kth) != want[n-1].Score || n == 20 && got.Certificate.Bound > got.Certificate.Kth) {
		b.t.Fatalf("%s: the certificate %+v proves nothing", when, got.Certificate)
	}
}

func (b *bench) task() uuid.UUID { return b.draw().id }

// draw makes up a task with 0 to 8 skills and saves it.
func (b *bench) draw() task {
	p := b.p
	t := task{id: uuid.Must(uuid.NewV7())}
	for _, i := range p.rnd.Perm(len(p.skills))[:p.rnd.IntN(9)] {
		w := want{skill: p.skills[i], level: 1 + p.rnd.IntN(3), must: p.rnd.IntN(3) > 0}
		w.strict = w.must && p.rnd.IntN(10) == 0
		t.skills = append(t.skills, w)
	}
	if p.rnd.IntN(2) == 0 {
		t.department = p.departments[p.rnd.IntN(4)]
	}
	t.visibility = b.audience()
	if p.rnd.IntN(4) == 0 {
		t.maxRate = 2000 + 1000*p.rnd.Int64N(3)
	}
	if p.rnd.IntN(4) == 0 {
		t.by = p.today.AddDate(0, p.rnd.IntN(3)-1, 3)
	}
	b.save(t)
	return t
}

// audience draws whom a task is for; most are for all alumni.
func (b *bench) audience() market.Visibility {
	p, v := b.p, market.Visibility{Kind: market.OwnAlumni}
	switch p.rnd.IntN(10) {
	case 0:
		v = market.Visibility{Kind: market.ByRule, Departments: []uuid.UUID{p.departments[p.rnd.IntN(4)], p.departments[p.rnd.IntN(4)]}}
	case 1:
		v = market.Visibility{Kind: market.ByRule, MinYears: 1 + p.rnd.IntN(5), LeftWithinYears: p.rnd.IntN(5)}
	case 2:
		v = market.Visibility{Kind: market.ByRule, Skills: []string{p.one(p.skills...)}}
	case 3:
		v.Kind = market.ToPartners
	case 4:
		v = market.Visibility{Kind: market.ToPartners, Companies: []uuid.UUID{p.homes[0]}}
	case 5, 6:
		v.Kind = market.ToEveryone
	}
	return v
}

func (b *bench) save(t task) {
	visibility, _ := json.Marshal(t.visibility)
	var department any
	if t.department != uuid.Nil {
		department = t.department
	}
	p := b.p
	p.must(b.t, `INSERT INTO tasks (id, company_id, number, title, department_id, currency, visibility, state, created_by)
		SELECT ?, ?, count(*) + 1, 'drawn', ?, 'JPY', ?, 'draft', ? FROM tasks WHERE company_id = ?`,
		t.id, p.company, department, string(visibility), p.members[0].person, p.company)
	for i, w := range t.skills {
		kind := market.Nice
		if w.must {
			kind = market.Must
		}
		p.must(b.t, "INSERT INTO task_skills (task_id, company_id, skill_id, position, level, kind, strict) VALUES (?, ?, ?, ?, ?, ?, ?)",
			t.id, p.company, w.skill, i, w.level, kind, w.strict)
	}
}
