package matching_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/clock"
	"homecoming/internal/db"
	"homecoming/internal/db/dbtest"
	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/matching"
	"homecoming/matching/postgres"
)

// A world is one company with a few people, in a database of its own.
type world struct {
	t       *testing.T
	d       *db.DB
	clock   *clock.Fixed
	s       *matching.Service
	company uuid.UUID
	finance uuid.UUID
	manager market.Actor
}

func newWorld(t *testing.T, faster ...matching.Index) *world {
	t.Parallel()
	w := &world{t: t, d: dbtest.New(t), clock: clock.At(time.Date(2026, 4, 1, 3, 0, 0, 0, time.UTC)), company: uuid.New(), finance: uuid.New()}
	w.s = matching.New(w.d, w.clock, postgres.New(w.d), faster...)
	w.s.Budget = time.Minute // a busy machine must not make an index look slow
	w.exec("INSERT INTO companies (id, name) VALUES (?, 'あおい商事')", w.company)
	w.exec("INSERT INTO departments (id, company_id, name, name_en) VALUES (?, ?, '経理部', 'Finance')", w.finance, w.company)
	w.manager = market.Actor{PersonID: uuid.New(), Language: problem.English, Grants: []market.Grant{{CompanyID: w.company, Role: market.Manager}}}
	if err := matching.SyncTaxonomy(t.Context(), w.d); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	if err := w.d.Gorm(context.Background()).Exec(sql, args...).Error; err != nil {
		w.t.Fatal(err)
	}
}

// alumnus adds somebody who left Finance, with attested skills at level 3.
func (w *world) alumnus(family string, joined, left string, skills ...string) market.Actor {
	w.t.Helper()
	person, membership := uuid.New(), uuid.New()
	w.exec("INSERT INTO people (id, family_name, given_name, family_kana, given_kana, hourly_rate) VALUES (?, ?, '由美', 'タカハシ', 'ユミ', 6500)", person, family)
	w.exec("INSERT INTO memberships (id, company_id, person_id) VALUES (?, ?, ?)", membership, w.company, person)
	w.exec("INSERT INTO stints (id, company_id, membership_id, department_id, joined_on, left_on) VALUES (?, ?, ?, ?, ?, ?)", uuid.New(), w.company, membership, w.finance, joined, left)
	for _, s := range skills {
		w.exec("INSERT INTO person_skills (person_id, skill_id, evidence, company_id, level) VALUES (?, ?, 'attested', ?, 3)", person, s, w.company)
	}
	w.touch(membership)
	return market.Actor{PersonID: person, Language: problem.Japanese, Grants: []market.Grant{{CompanyID: w.company, Role: market.Alumnus, MembershipID: membership}}}
}

func (w *world) touch(membership uuid.UUID) {
	w.t.Helper()
	if err := market.TouchMembership(w.d.Gorm(context.Background()), membership); err != nil {
		w.t.Fatal(err)
	}
}

// task posts and publishes a task of Finance through market, as people do.
func (w *world) task(skills ...market.WantedSkill) market.Task {
	w.t.Helper()
	w.exec("INSERT INTO people (id, family_name) VALUES (?, '佐藤') ON CONFLICT DO NOTHING", w.manager.PersonID)
	m := market.New(w.d, w.clock, matching.ResolveSkill)
	t, err := m.PostTask(w.t.Context(), w.manager, market.TaskDraft{CompanyID: w.company, Title: "Review our tax return", Department: "Finance", Skills: skills})
	if err == nil {
		t, err = m.PublishTask(w.t.Context(), w.manager, t.ID)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}

func (w *world) rank(task uuid.UUID) matching.Ranking {
	w.t.Helper()
	r, err := w.s.Rank(w.t.Context(), w.manager, task, matching.Query{})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) drain() {
	w.t.Helper()
	if _, err := w.s.Drain(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) count(sql string) (n int) {
	w.t.Helper()
	if err := w.d.Gorm(context.Background()).Raw(sql).Scan(&n).Error; err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) inTx(f func(tx *gorm.DB) error) {
	w.t.Helper()
	if err := w.d.Tx(context.Background(), f); err != nil {
		w.t.Fatal(err)
	}
}

// broken is an index that fails until it is mended, and then follows the contract in memory.
type broken struct {
	shelf
	down bool
	puts int
}

var errDown = errors.New("no route to the index")

func (b *broken) Name() string { return "broken" }

func (b *broken) Moment(ctx context.Context) (string, error) { return "", b.Check(ctx) }

func (b *broken) Check(context.Context) error {
	if b.down {
		return errDown
	}
	return nil
}

func (b *broken) Put(ctx context.Context, docs []matching.Document) error {
	b.puts++
	if b.down {
		return errDown
	}
	if b.docs == nil {
		b.docs = map[uuid.UUID]matching.Document{}
	}
	for _, d := range docs {
		b.docs[d.Membership] = d
	}
	return nil
}

func (b *broken) Mend(context.Context) error { return nil }

func (b *broken) Format() string { return "" }

func (b *broken) Replace(ctx context.Context, feed func(func([]matching.Document) error) error) error {
	b.docs = nil
	return feed(func(docs []matching.Document) error { return b.Put(ctx, docs) })
}
