package meili_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/clock"
	"homecoming/internal/db"
	"homecoming/internal/db/dbtest"
	"homecoming/market"
	"homecoming/matching"
	"homecoming/matching/meili"
	"homecoming/matching/postgres"
)

// A town is a company whose members are known here as well as in the database, so that any list can be held against
// scoring everybody, also while they change.
type town struct {
	t       *testing.T
	d       *db.DB
	clock   *clock.Fixed
	proxy   *proxy
	uid     string
	server  server
	ix      *meili.Index
	s       *matching.Service
	company uuid.UUID
	skills  []string

	mu      sync.Mutex
	members []matching.Member
	history []version // what the members became, one after the other
}

// A version is one change, committed.
type version struct {
	at  int
	now matching.Member
}

// newTown fills a company and builds its index, behind a proxy.
func newTown(t *testing.T, srv server, size int) *town {
	w := &town{t: t, d: dbtest.New(t), clock: clock.At(time.Date(2026, 4, 1, 3, 0, 0, 0, time.UTC)), proxy: newProxy(t, srv),
		uid: srv.uid(t), server: srv, company: uuid.New(), skills: []string{"s1", "s2", "s3", "s4"}}
	w.ix = meili.New(w.proxy.url, srv.key, w.uid)
	w.s = matching.New(w.d, w.clock, postgres.New(w.d), w.ix)
	w.s.Budget, w.s.Rest = time.Minute, 0 // a busy machine must not make an index look slow
	w.exec("INSERT INTO companies (id, name) VALUES (?, 'Aoi')", w.company)
	for _, s := range w.skills {
		w.exec("INSERT INTO skills (id, name_en, name_ja) VALUES (?, ?, ?)", s, s, s)
	}
	rnd := rand.New(rand.NewPCG(1, uint64(size)))
	must(t, w.d.Tx(t.Context(), func(tx *gorm.DB) error {
		for range size {
			left := asOf.AddDays(-1 - rnd.IntN(3000))
			m := matching.Member{ID: uuid.New(), Company: w.company, Person: uuid.New(),
				Stints: []matching.Stint{{JoinedOn: left.AddDays(-rnd.IntN(4000)), LeftOn: &left}}}
			for _, s := range w.skills {
				if rnd.IntN(2) == 0 {
					m.Held = append(m.Held, matching.Held{Skill: s, Evidence: market.Attested, Level: 1 + rnd.IntN(3)})
				}
			}
			if err := w.settle(tx, m); err != nil {
				return err
			}
			w.members = append(w.members, m)
		}
		return nil
	}))
	must(t, w.s.Prepare(t.Context()))
	w.proxy.take()
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *town) exec(sql string, args ...any) {
	w.t.Helper()
	must(w.t, w.d.Gorm(context.Background()).Exec(sql, args...).Error)
}

func (w *town) count(sql string) (n int) {
	w.t.Helper()
	must(w.t, w.d.Gorm(context.Background()).Raw(sql).Scan(&n).Error)
	return n
}

// settle writes a new member.
func (w *town) settle(tx *gorm.DB, m matching.Member) error {
	steps := []struct {
		sql  string
		args []any
	}{
		{"INSERT INTO people (id, family_name) VALUES (?, 'N')", []any{m.Person}},
		{"INSERT INTO memberships (id, company_id, person_id) VALUES (?, ?, ?)", []any{m.ID, m.Company, m.Person}},
		{"INSERT INTO stints (id, company_id, membership_id, joined_on, left_on) VALUES (?, ?, ?, ?, ?)", []any{uuid.New(), m.Company, m.ID, m.Stints[0].JoinedOn, m.Stints[0].LeftOn}},
	}
	for _, h := range m.Held {
		steps = append(steps, struct {
			sql  string
			args []any
		}{"INSERT INTO person_skills (person_id, skill_id, evidence, company_id, level) VALUES (?, ?, ?, ?, ?)", []any{m.Person, h.Skill, h.Evidence, m.Company, h.Level}})
	}
	for _, s := range steps {
		if err := tx.Exec(s.sql, s.args...).Error; err != nil {
			return err
		}
	}
	return nil
}

// change makes one member another, as the market does: facts and note in one transaction.
func (w *town) change(rnd *rand.Rand) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := rnd.IntN(len(w.members))
	m := w.members[i]
	err := w.d.Tx(context.Background(), func(tx *gorm.DB) error {
		if err := tx.Exec("SET LOCAL session_replication_role = replica").Error; err != nil { // reviews hang in the air
			return err
		}
		if err := w.alter(tx, rnd, &m); err != nil {
			return err
		}
		return market.TouchPerson(tx, m.Person)
	})
	if err != nil {
		w.t.Error(err)
		return
	}
	w.members[i] = m
	w.history = append(w.history, version{i, m})
}

// alter raises ratings, attests skills, hides and shows, and moves the end of a stint: into the future, which makes an
// alumnus one of the staff, and back.
func (w *town) alter(tx *gorm.DB, rnd *rand.Rand, m *matching.Member) error {
	switch rnd.IntN(4) {
	case 0:
		m.Ratings, m.Stars = m.Ratings+1, m.Stars+5
		return tx.Exec("INSERT INTO reviews (id, company_id, contract_id, person_id, by_side, rating) VALUES (?, ?, ?, ?, 'company', 5)",
			uuid.New(), w.company, uuid.New(), m.Person).Error
	case 1:
		m.Held = slices.DeleteFunc(slices.Clone(m.Held), func(h matching.Held) bool { return h.Skill == "s1" })
		m.Held = append(m.Held, matching.Held{Skill: "s1", Evidence: market.Attested, Level: 3})
		return tx.Exec(`WITH gone AS (DELETE FROM person_skills WHERE person_id = @person AND skill_id = 's1' AND level < 3)
			INSERT INTO person_skills (person_id, skill_id, evidence, company_id, level)
			SELECT @person, 's1', 'attested', gen_random_uuid(), 3 WHERE NOT EXISTS (
				SELECT 1 FROM person_skills WHERE person_id = @person AND skill_id = 's1' AND level = 3)`, map[string]any{"person": m.Person}).Error
	case 2:
		m.Hidden = !m.Hidden
		return tx.Exec("UPDATE memberships SET hidden = ? WHERE id = ?", m.Hidden, m.ID).Error
	default:
		left := asOf.AddDays(-1)
		if m.Stints[0].LeftOn.Before(asOf) {
			left = asOf.AddDays(100)
		}
		m.Stints = []matching.Stint{{JoinedOn: m.Stints[0].JoinedOn, LeftOn: &left}}
		return tx.Exec("UPDATE stints SET left_on = ? WHERE membership_id = ?", left, m.ID).Error
	}
}

func (w *town) question(skills int) matching.Question {
	q := matching.Question{Company: w.company, AsOf: asOf, Formula: matching.V1}
	for _, s := range w.skills[:skills] {
		q.Skills = append(q.Skills, matching.Wanted{Skill: s, Level: 2, Weight: 2})
	}
	return q
}

// list asks for the 20 best.
func (w *town) list(q matching.Question) matching.Listed {
	w.t.Helper()
	l, err := w.s.List(context.Background(), q, 20)
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

// want fails unless the list is everybody's best 20 now, and answered as said.
func (w *town) want(what, index string, degraded bool) {
	w.t.Helper()
	for skills := range 4 {
		q := w.question(skills)
		l := w.list(q)
		if l.Index != index || l.Degraded != degraded {
			w.t.Fatalf("%s: answered by %s, degraded %v", what, l.Index, l.Degraded)
		}
		if got, right := places(q, l.Hits), best(q, w.members); !slices.Equal(got, right) {
			w.t.Fatalf("%s: the list is\n%v\nwant\n%v", what, got, right)
		}
	}
}

func places(q matching.Question, hits []matching.Hit) []matching.Place {
	all := make([]matching.Place, len(hits))
	for i, h := range hits {
		all[i] = q.Place(h)
	}
	return all
}

// best scores everybody.
func best(q matching.Question, members []matching.Member) []matching.Place {
	var all []matching.Place
	for _, m := range members {
		d := q.Formula.Document(m, q.AsOf)
		if _, ok := q.Hit(d); ok {
			p := q.Parts(m)
			all = append(all, matching.Place{Score: p.Total(), Skills: p.Skills, Tenure: p.Tenure, LeftOn: d.LeftOn, Membership: m.ID})
		}
	}
	slices.SortFunc(all, matching.Place.Compare)
	return all[:min(20, len(all))]
}

func (w *town) drain() {
	w.t.Helper()
	_, err := w.s.Drain(context.Background())
	must(w.t, err)
}

// sound fails unless the indexes have exactly what they should.
func (w *town) sound(what string) {
	w.t.Helper()
	all, err := w.s.Examine(context.Background(), false, func(d matching.Drift) { w.t.Errorf("%s: %+v", what, d) })
	must(w.t, err)
	for _, e := range all {
		if !e.Sound() || e.Behind > 0 {
			w.t.Fatalf("%s: %+v", what, e)
		}
	}
}
