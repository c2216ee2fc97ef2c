package indextest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/db"
)

// A population is a company with its members, in the database and here.
type population struct {
	d           *db.DB
	rnd         *rand.Rand
	today       time.Time
	company     uuid.UUID
	departments []uuid.UUID
	skills      []string
	broader     map[string][]string
	homes       []uuid.UUID // other companies; the first two are partners
	members     []*member   // of the company, and people from outside
}

type member struct {
	id, person uuid.UUID // id is the person's from outside, unless they were invited once
	outside    *outsider // nil for somebody of the company
	shown      string    // to nobody, partners or everyone
	hidden     bool
	dollars    bool      // the rate is in another currency
	barred     bool      // kept apart from the company today
	rate       int64     // 0 for none
	free       time.Time // zero for now
	stints     []stint
	held       []held
	ratings    []int
	days       map[uuid.UUID]int // counted on first need
}

// An outsider worked at another company; the stints are there.
type outsider struct{ home, membership uuid.UUID }

func (m *member) guest() bool { return m.outside != nil && m.id != m.person }

type stint struct {
	department   uuid.UUID
	joined, left time.Time // zero left for staff
}

type held struct {
	skill, evidence string
	level           int
}

// now is the moment at which the suite looks: in Tokyo it is 1 April already.
var now = time.Date(2026, 3, 31, 15, 30, 0, 0, time.UTC)

func newPopulation(t testing.TB, d *db.DB, seed uint64, size int) *population {
	t.Helper()
	p := &population{d: d, rnd: rand.New(rand.NewPCG(seed, 1)), today: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), company: uuid.Must(uuid.NewV7()), broader: map[string][]string{}}
	p.must(t, "INSERT INTO companies (id, name) VALUES (?, 'Aoi')", p.company)
	for i := range 4 {
		id := uuid.Must(uuid.NewV7())
		p.departments = append(p.departments, id)
		p.must(t, "INSERT INTO departments (id, company_id, name) VALUES (?, ?, ?)", id, p.company, fmt.Sprint("department ", i))
	}
	for i := range 10 {
		id := fmt.Sprintf("s%d-%d", seed, i)
		p.skills = append(p.skills, id)
		p.must(t, "INSERT INTO skills (id, name_en, name_ja) VALUES (?, ?, ?)", id, id, id)
		if i%3 == 2 { // the third of three is broader than the two before it
			p.link(t, p.skills[i-1], id)
			p.link(t, p.skills[i-2], p.skills[i-1])
		}
	}
	for i := range 3 {
		p.homes = append(p.homes, uuid.Must(uuid.NewV7()))
		p.must(t, "INSERT INTO companies (id, name) VALUES (?, 'Midori')", p.homes[i])
	}
	for range size {
		m := &member{id: uuid.New(), person: uuid.New()} // random ids, so that their order says nothing
		p.reroll(m)
		p.members = append(p.members, m)
	}
	for range size / 3 {
		m := &member{person: uuid.New(), outside: &outsider{p.homes[p.rnd.IntN(3)], uuid.New()}}
		if m.id = m.person; p.rnd.IntN(5) == 0 {
			m.id = uuid.New()
		}
		p.reroll(m)
		p.members = append(p.members, m)
	}
	p.save(t, p.members)
	for _, home := range p.homes[:2] {
		p.must(t, `INSERT INTO partnerships (id, asker_id, other_id, state, asked_by, asked_at, agreed_at)
			VALUES (?, ?, ?, 'agreed', ?, now(), now())`, uuid.New(), p.company, home, p.members[0].person)
	}
	return p
}

func (p *population) keepToPartners(t testing.TB) {
	for _, m := range p.members {
		p.must(t, "UPDATE people SET shown_to = 'partners' WHERE id = ? AND shown_to = 'everyone'", m.person)
	}
}

func (p *population) must(t testing.TB, sql string, args ...any) {
	t.Helper()
	if err := p.d.Gorm(context.Background()).Exec(sql, args...).Error; err != nil {
		t.Fatal(err)
	}
}

func (p *population) link(t testing.TB, narrower, broader string) {
	p.broader[narrower] = append(p.broader[narrower], broader)
	p.must(t, "INSERT INTO skill_links (narrower_id, broader_id) VALUES (?, ?)", narrower, broader)
}

func (p *population) one(of ...string) string { return of[p.rnd.IntN(len(of))] }

// reroll gives a member new facts, drawn from few values.
func (p *population) reroll(m *member) {
	*m = member{id: m.id, person: m.person, outside: m.outside, hidden: p.rnd.IntN(25) == 0 && (m.outside == nil || m.guest()),
		shown: p.one("nobody", "nobody", "nobody", "nobody", "partners", "everyone"), dollars: p.rnd.IntN(12) == 0, barred: p.rnd.IntN(40) == 0}
	if m.outside != nil {
		m.shown = p.one("nobody", "partners", "partners", "everyone")
	}
	if p.rnd.IntN(3) > 0 {
		m.rate = 2000 + 1000*p.rnd.Int64N(4)
	}
	if p.rnd.IntN(3) == 0 {
		m.free = p.today.AddDate(0, p.rnd.IntN(4)-1, 0)
	}
	for range 1 + p.rnd.IntN(3)/2 + p.rnd.IntN(4)/3 {
		left := p.today.AddDate(-p.rnd.IntN(6), -p.rnd.IntN(3), -p.rnd.IntN(2)-1)
		s := stint{uuid.Nil, left.AddDate(-p.rnd.IntN(7), 0, -365*p.rnd.IntN(2)), left}
		if p.rnd.IntN(5) > 0 && m.outside == nil {
			s.department = p.departments[p.rnd.IntN(4)]
		}
		same := func(o stint) bool { return o.department == s.department && o.joined.Equal(s.joined) }
		if !slices.ContainsFunc(m.stints, same) {
			m.stints = append(m.stints, s)
		}
	}
	switch p.rnd.IntN(30) {
	case 0:
		m.stints[0].left = time.Time{}
	case 1: // their last day is today
		m.stints[0].left = p.today
	}
	for range p.rnd.IntN(7) {
		h := held{p.skills[p.rnd.IntN(len(p.skills))], p.one("self", "attested", "proven"), 1 + p.rnd.IntN(3)}
		if said := func(o held) bool { return o.skill == h.skill && o.evidence == "self" }; h.evidence != "self" || !slices.ContainsFunc(m.held, said) {
			m.held = append(m.held, h)
		}
	}
	for range p.rnd.IntN(4) * p.rnd.IntN(2) {
		m.ratings = append(m.ratings, 1+p.rnd.IntN(5))
	}
}

// save writes members as they are, in place of what the database has. Reviews hang in the air: their contracts are
// another room's, so constraints between tables are not enforced meanwhile.
func (p *population) save(t testing.TB, members []*member) {
	t.Helper()
	rows := p.rows(members)
	err := p.d.Tx(context.Background(), func(tx *gorm.DB) error {
		if err := tx.Exec("SET LOCAL session_replication_role = replica").Error; err != nil {
			return err
		}
		var steps []string
		for _, of := range []string{"bars WHERE person_id", "reviews WHERE person_id", "person_skills WHERE person_id", "stints WHERE membership_id", "memberships WHERE id", "people WHERE id"} {
			steps = append(steps, "DELETE FROM "+of+" = ANY(SELECT unnest(ARRAY[person_id, id]) FROM jsonb_to_recordset(@memberships) AS x (id uuid, person_id uuid))")
		}
		for _, t := range tables {
			steps = append(steps, "INSERT INTO "+t.name+" ("+t.columns+") SELECT "+t.columns+" FROM jsonb_populate_recordset(NULL::"+t.name+", @"+t.name+")")
		}
		for _, sql := range steps {
			if err := tx.Exec(sql, rows).Error; err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

var tables = []struct{ name, columns string }{
	{"people", "id, family_name, hourly_rate, rate_currency, available_from, shown_to"},
	{"memberships", "id, company_id, person_id, hidden, outside"},
	{"bars", "id, company_id, person_id, kind, from_on, until_on, reason, made_by, made_at"},
	{"stints", "id, company_id, membership_id, department_id, joined_on, left_on"},
	{"person_skills", "person_id, skill_id, evidence, company_id, level"},
	{"reviews", "id, company_id, contract_id, person_id, by_side, rating"},
}

func (p *population) rows(members []*member) map[string]any {
	rows := map[string][]map[string]any{}
	add := func(table string, row map[string]any) { rows[table] = append(rows[table], row) }
	for _, m := range members {
		add("people", map[string]any{"id": m.person, "family_name": "N", "hourly_rate": orNull(m.rate), "rate_currency": m.currency(),
			"available_from": date(m.free), "shown_to": m.shown})
		at, membership := p.company, m.id
		if m.outside != nil {
			at, membership = m.outside.home, m.outside.membership
			add("memberships", map[string]any{"id": membership, "company_id": at, "person_id": m.person, "hidden": false, "outside": false})
		}
		if m.outside == nil || m.guest() {
			add("memberships", map[string]any{"id": m.id, "company_id": p.company, "person_id": m.person, "hidden": m.hidden, "outside": m.outside != nil})
		}
		if m.barred || p.rnd.IntN(40) == 0 {
			add("bars", p.bar(m))
		}
		for _, s := range m.stints {
			row := map[string]any{"id": uuid.New(), "company_id": at, "membership_id": membership, "joined_on": date(s.joined), "left_on": date(s.left)}
			if s.department != uuid.Nil {
				row["department_id"] = s.department
			}
			add("stints", row)
		}
		for _, h := range m.held {
			row := map[string]any{"person_id": m.person, "skill_id": h.skill, "evidence": h.evidence, "level": h.level}
			if h.evidence != "self" {
				row["company_id"] = uuid.New() // whoever attests it
			}
			add("person_skills", row)
		}
		for _, r := range m.ratings {
			add("reviews", map[string]any{"id": uuid.New(), "company_id": p.company, "contract_id": uuid.New(), "person_id": m.person, "by_side": "company", "rating": r})
		}
	}
	args := map[string]any{}
	for _, t := range tables {
		body, _ := json.Marshal(append([]map[string]any{}, rows[t.name]...))
		args[t.name] = string(body)
	}
	return args
}

func (m *member) currency() string {
	if m.dollars {
		return "USD"
	}
	return "JPY"
}

// bar keeps somebody apart today, from a day to another; or it did so until yesterday, or will from tomorrow.
func (p *population) bar(m *member) map[string]any {
	from, until := p.today.AddDate(0, 0, -p.rnd.IntN(2)), p.today.AddDate(0, 0, p.rnd.IntN(2))
	switch {
	case m.barred:
	case p.rnd.IntN(2) == 0:
		from, until = p.today.AddDate(0, 0, -9), p.today.AddDate(0, 0, -1)
	default:
		from, until = p.today.AddDate(0, 0, 1), p.today.AddDate(0, 0, 9)
	}
	return map[string]any{"id": uuid.New(), "company_id": p.company, "person_id": m.person, "kind": "conflict", "from_on": date(from), "until_on": date(until),
		"reason": "x", "made_by": m.person, "made_at": now}
}

func orNull(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

func date(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Format(time.DateOnly)
}
