package insight_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/insight"
	"homecoming/market"
	"homecoming/market/markettest"
	"homecoming/matching"
	"homecoming/matching/postgres"
)

var ctx = context.Background()

// A world is a few companies whose years were written down by hand.
type world struct {
	*markettest.World
	rooms insight.Rooms
}

func newWorld(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	w := &world{World: markettest.New(t)} // the clock stands on 23 November 2026
	w.rooms = insight.Rooms{Market: w.Market, Matching: matching.New(w.DB, w.Clock, postgres.New(w.DB)), Billing: billing.New(w.DB, w.Clock, w.Market, nil, billing.Config{BaseURL: "http://product.test"})}
	return w
}

func (w *world) gather(who market.Actor, c *markettest.Company, from, to string) insight.Report {
	w.Helper()
	r, err := insight.Gather(ctx, w.rooms, who, c.ID, from, to)
	w.Check(err)
	return r
}

// says writes a row as people see it: u for under five, w for withheld, - for no figure.
func says(r *insight.Row) string {
	words := make([]string, len(r.Cells))
	for i, c := range r.Cells {
		switch c.Mask {
		case insight.Shown:
			words[i] = insight.Column{}.Number(c)
		case insight.NoNumber:
			words[i] = "-"
		default:
			words[i] = string(c.Mask[0])
		}
	}
	return strings.Join(words, " ")
}

// A past is a company's, in the making.
type past struct {
	*world
	*markettest.Company
}

func (p *past) run(sql string, more ...any) {
	p.Helper()
	args := map[string]any{"c": p.ID, "boss": p.Manager.PersonID}
	for i := 0; i+1 < len(more); i += 2 {
		args[more[i].(string)] = more[i+1]
	}
	p.Exec(sql, args)
}

func (p *past) find(sql string, args ...any) uuid.UUID {
	p.Helper()
	var ids []uuid.UUID
	p.Check(p.DB.Gorm(ctx).Raw(sql, args...).Scan(&ids).Error)
	return ids[0]
}

// alumni takes people in who left on a day; the people are made where there are none of that address.
func (p *past) alumni(group string, n int, left, created string) (people, members []uuid.UUID) {
	p.Helper()
	for i := range n {
		var person, member = uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
		email := group + string(rune('0'+i)) + "@alumni.test"
		p.run("INSERT INTO people (id, email, family_name) VALUES (@id, @email, @email) ON CONFLICT DO NOTHING", "id", person, "email", email)
		person = p.find("SELECT id FROM people WHERE email = ?", email)
		p.run("INSERT INTO memberships (id, company_id, person_id, email, created_at) VALUES (@m, @c, @p, @email, @at)", "m", member, "p", person, "email", email, "at", created)
		p.run("INSERT INTO stints (id, company_id, membership_id, joined_on, left_on) VALUES (@id, @c, @m, '2010-04-01', @left)", "id", uuid.New(), "m", member, "left", left)
		people, members = append(people, person), append(members, member)
	}
	return people, members
}

func (p *past) task(department any, at string, skills ...string) uuid.UUID {
	p.Helper()
	id := uuid.Must(uuid.NewV7())
	p.run(`INSERT INTO tasks (id, company_id, number, title, department_id, currency, state, created_by, created_at, published_at)
		VALUES (@id, @c, (SELECT 1 + count(*) FROM tasks WHERE company_id = @c), 'A task', @d, 'JPY', 'published', @boss, @at, @at)`, "id", id, "d", department, "at", at)
	for i, s := range skills {
		p.run("INSERT INTO task_skills (task_id, company_id, skill_id, position) VALUES (@t, @c, @s, @i)", "t", id, "s", s, "i", i)
	}
	return id
}

func (p *past) bid(task, person, member uuid.UUID, at, state string, archived bool) uuid.UUID {
	p.Helper()
	id := uuid.Must(uuid.NewV7())
	p.run(`INSERT INTO bids (id, company_id, task_id, membership_id, person_id, state, version, offered_by, amount, currency, deliver_on, milestones, archived, created_at, updated_at)
		VALUES (@id, @c, @t, @m, @p, @state, 1, 'alumnus', 1000, 'JPY', '2026-12-01', '[]', @archived, @at, @at)`, "id", id, "t", task, "m", member, "p", person, "state", state, "archived", archived, "at", at)
	return id
}

// agree makes a contract over a charge, of a bid some days after the task and agreed some days later than that.
func (p *past) agree(task, person, member uuid.UUID, bidAt, at string, charge int64) (contract uuid.UUID) {
	p.Helper()
	b := p.bid(task, person, member, bidAt, "accepted", false)
	p.run("UPDATE bids SET updated_at = @at WHERE id = @b", "at", at, "b", b)
	p.run("UPDATE tasks SET state = 'awarded' WHERE id = @t", "t", task)
	contract = uuid.Must(uuid.NewV7())
	p.run(`INSERT INTO contracts (id, company_id, number, task_id, bid_id, membership_id, person_id, state, title, amount, currency, deliver_on, manager_id, created_at)
		VALUES (@k, @c, (SELECT 1 + count(*) FROM contracts WHERE company_id = @c), @t, @b, @m, @p, 'active', 'A task', 1, 'JPY', '2026-12-01', @boss, @at)`, "k", contract, "t", task, "b", b, "m", member, "p", person, "at", at)
	p.fee(contract, 1, "draft", charge, nil, nil)
	return contract
}

func (p *past) fee(contract uuid.UUID, position int, state string, charge int64, payBy, released any) {
	p.Helper()
	p.run(`INSERT INTO milestones (id, company_id, contract_id, position, title, due_on, state, currency, amount, tax, withheld, platform_fee, platform_tax, payment_days, auto_accept_days, created_at, updated_at, rules_version, pay_by, released_at)
		VALUES (gen_random_uuid(), @c, @k, @n, 'Part', '2026-12-01', @state, 'JPY', @charge, 0, 0, 0, 0, 30, 14, now(), now(), (SELECT max(version) FROM rules), @by, @released)`,
		"k", contract, "n", position, "state", state, "charge", charge, "by", payBy, "released", released)
}

func (p *past) log(person uuid.UUID, action, at string) {
	p.Helper()
	p.run("INSERT INTO audit (id, company_id, at, actor_id, action, subject) VALUES (@id, @c, @at, @p, @action, 'x')", "id", uuid.Must(uuid.NewV7()), "at", at, "p", person, "action", action)
}

// write is the past of one company. All moments are in UTC, so that 15:00 is midnight in Tokyo.
func (p *past) write() {
	p.Helper()
	as, am := p.alumni("a", 6, "2024-03-31", "2024-04-01 03:00Z")
	bs, bm := p.alumni("b", 7, "2025-06-30", "2025-07-01 03:00Z")
	p.alumni("c", 3, "2016-05-31", "2026-01-15 03:00Z")
	there, _ := p.alumni("there", 1, "2026-12-31", "2020-01-15 03:00Z")
	p.alumni("outside", 1, "2020-12-31", "2020-01-15 03:00Z")
	p.run("UPDATE memberships SET outside = true WHERE company_id = @c AND email LIKE 'outside%'")
	p.run("UPDATE memberships SET joined_at = '2025-12-10 03:00Z' WHERE company_id = @c AND email LIKE 'a_@%'")
	p.run("UPDATE memberships SET joined_at = '2026-02-05 03:00Z' WHERE company_id = @c AND person_id IN @p", "p", bs[:5])
	consent := func(person uuid.UUID, purpose, choice, at string) {
		p.run("INSERT INTO consents (id, person_id, company_id, purpose, choice, wording, given_at) VALUES (@id, @p, @c, @purpose, @choice, 'x', @at)", "id", uuid.Must(uuid.NewV7()), "p", person, "purpose", purpose, "choice", choice, "at", at)
	}
	for i := range as {
		consent(as[i], "news", "given", "2026-03-01 03:00Z")
	}
	consent(as[0], "news", "withdrawn", "2026-10-31 14:59:59Z") // still October
	consent(as[1], "news", "withdrawn", "2026-10-31 15:00:00Z") // November
	for i := range 5 {
		consent(bs[i], "directory", "given", "2026-05-01 03:00Z")
	}

	for i := range as {
		p.log(as[i], "bid.offer", "2026-03-31 14:59:59Z") // still March
		p.log(as[i], "message.send", "2026-08-10 03:00Z")
	}
	p.log(as[0], "bid.offer", "2026-03-31 15:00Z")    // April
	p.log(bs[0], "message.send", "2025-06-30 14:59Z") // her last day as an employee
	p.log(there[0], "message.send", "2026-08-10 03:00Z")
	p.log(p.Office.PersonID, "people.invite", "2026-08-10 03:00Z")
	for i := range 5 {
		p.log(as[i], "milestone.submit", "2026-06-10 03:00Z")
	}

	p.run("INSERT INTO departments (id, company_id, name) VALUES (gen_random_uuid(), @c, '経理部'), (gen_random_uuid(), @c, '法務部')")
	accounts := p.find("SELECT id FROM departments WHERE company_id = ? AND name = '経理部'", p.ID)
	legal := p.find("SELECT id FROM departments WHERE company_id = ? AND name = '法務部'", p.ID)
	for _, s := range []string{"s1", "s2", "s3"} {
		p.Skill(s, s, s)
	}
	t0 := p.task(accounts, "2025-10-30 14:59Z")
	p.agree(t0, as[0], am[0], "2025-10-30 15:00Z", "2025-10-31 14:59:59Z", 30_000) // the year before
	t1 := p.task(accounts, "2025-11-30 15:00Z", "s1", "s2", "s3")                  // 1 December
	p.bid(t1, bs[0], bm[0], "2025-12-01 15:00Z", "open", true)
	p.bid(t1, bs[1], bm[1], "2025-12-01 15:00Z", "withdrawn", false)
	k1 := p.agree(t1, as[0], am[0], "2025-12-02 15:00Z", "2025-12-04 15:00Z", 100_000)
	p.fee(k1, 2, "canceled", 5_000, "2026-01-31", nil)
	t2 := p.task(accounts, "2025-12-10 03:00Z", "s1")
	k2 := p.agree(t2, as[1], am[1], "2025-12-14 03:00Z", "2025-12-18 03:00Z", 50_000)
	p.task(accounts, "2025-12-12 03:00Z")
	t4 := p.task(legal, "2026-03-02 03:00Z")
	p.run("UPDATE tasks SET state = 'canceled' WHERE id = @t", "t", t4)
	for i := range as {
		p.agree(p.task(accounts, "2026-05-01 03:00Z"), as[i], am[i], "2026-05-02 03:00Z", "2026-05-03 03:00Z", 10_000)
	}
	var last uuid.UUID
	for i := range as {
		last = p.task(legal, "2026-09-01 03:00Z")
		p.agree(last, as[i], am[i], "2026-09-02 03:00Z", "2026-09-03 03:00Z", 20_000)
	}
	pay := func(contract uuid.UUID, released string) {
		p.run("UPDATE milestones SET state = 'released', pay_by = '2026-01-31', released_at = @at WHERE contract_id = @k AND position = 1", "k", contract, "at", released)
	}
	pay(k1, "2026-01-31 14:59:59Z")
	pay(k2, "2026-01-31 15:00Z") // a day late

	for range 2 { // the same list, shown twice
		p.run(`INSERT INTO rankings (id, company_id, task_id, shown_at, as_of, formula, listed, discovered, hash, body)
			VALUES (gen_random_uuid(), @c, @t, '2026-09-05 03:00Z', '2026-09-05', 1, (SELECT array_agg(id) FROM memberships WHERE company_id = @c AND id IN @m), '{}', encode(sha256('x'), 'hex'), 'x')`, "t", last, "m", slices.Concat(am, bm[:6]))
	}
	for _, m := range slices.Concat(am[:5], bm[:5]) {
		p.run("INSERT INTO invitations (id, company_id, task_id, membership_id, invited_by, created_at) VALUES (gen_random_uuid(), @c, @t, @m, @boss, '2026-09-05 03:00Z')", "t", last, "m", m)
	}
	p.introduce(as)
	p.comeBack(as, am)
	p.meet(as, bs)
	for i := range 5 {
		p.bid(t0, bs[i], bm[i], "2026-07-20 03:00Z", "lost", false)
	}
	p.bid(t0, bs[5], bm[5], "2026-09-20 03:00Z", "lost", false) // too late after the event, and did not come
}

// introduce has seven customers introduced in April, of whom six agree and five are won, and one the year before.
func (p *past) introduce(as []uuid.UUID) {
	p.Helper()
	programme, first, second := uuid.New(), uuid.New(), uuid.New()
	p.run(`INSERT INTO referral_programmes (id, company_id, name, wanted, checklist, open_to, terms, created_by, created_at, updated_at) VALUES (@id, @c, 'お客様', '', '[]', 'members', '{}', @boss, now(), now())`, "id", programme)
	p.run("INSERT INTO referral_stages (id, company_id, programme_id, position, name) VALUES (@one, @c, @p, 0, '連絡'), (@two, @c, @p, 1, '提案')", "one", first, "two", second, "p", programme)
	for i, state := range []string{"won", "won", "won", "won", "won", "agreed", "asked", "agreed"} {
		id, at := uuid.Must(uuid.NewV7()), "2026-04-10 03:00Z"
		if i == 7 {
			at = "2025-10-31 14:59Z"
		}
		p.run(`INSERT INTO referrals (id, company_id, number, programme_id, person_id, as_staff, state, organisation, organisation_key, contact_name, contact_email, contact_language, why, answers, relation, terms, expires_at, agreed_at, ended_at, created_at, updated_at)
			VALUES (@id, @c, @n, @p, @who, false, @state, 'X', 'x', 'x', 'x', 'ja', '', '[]', 'none', '{}', @at, CASE WHEN @state = 'asked' THEN NULL ELSE CAST(@at AS timestamptz) END, NULL, @at, @at)`,
			"id", id, "n", i, "p", programme, "who", as[0], "state", state, "at", at)
		if state == "asked" {
			continue
		}
		move := func(stage uuid.UUID) {
			p.run("INSERT INTO referral_moves (id, company_id, referral_id, did, stage_id, at) VALUES (gen_random_uuid(), @c, @r, 'move', @s, @at)", "r", id, "s", stage, "at", at)
		}
		move(first)
		if state == "won" {
			move(second)
			p.run("INSERT INTO referral_fees (id, company_id, referral_id, period, revenue, amount, currency, reported_by, reported_at) VALUES (gen_random_uuid(), @c, @r, '', 100000, 3000, 'JPY', @boss, now())", "r", id)
		}
	}
}

// comeBack has five people begin a return on 1 April and talk in May, and one of them come back in June.
func (p *past) comeBack(as, am []uuid.UUID) {
	p.Helper()
	for i := range 5 {
		id := uuid.New()
		p.run("INSERT INTO return_cases (id, company_id, membership_id, person_id, stage, opened_at, updated_at) VALUES (@id, @c, @m, @p, 'talking', '2026-03-31 15:00Z', now())", "id", id, "m", am[i], "p", as[i])
		note := func(stage, at string) {
			p.run("INSERT INTO return_notes (id, company_id, case_id, stage, noted_at) VALUES (gen_random_uuid(), @c, @k, @stage, @at)", "k", id, "stage", stage, "at", at)
		}
		note("talking", "2026-05-10 03:00Z")
		note("talking", "2026-07-10 03:00Z") // more was said
		if i == 0 {
			note("returned", "2026-06-10 03:00Z")
		}
	}
}

// meet asks all of two groups to an evening in July; six say yes, and five come.
func (p *past) meet(as, bs []uuid.UUID) {
	p.Helper()
	event := uuid.New()
	p.run(`INSERT INTO events (id, company_id, title, way, starts_at, ends_at, zone, audience, state, created_by, created_at, updated_at)
		VALUES (@e, @c, 'An evening', 'on_site', '2026-07-10 09:00Z', '2026-07-10 11:00Z', 'Asia/Tokyo', '{}', 'over', @boss, now(), now())`, "e", event)
	for _, who := range slices.Concat(as, bs) {
		p.run("INSERT INTO event_invitations (event_id, company_id, person_id, sent_at) VALUES (@e, @c, @p, '2026-06-20 03:00Z')", "e", event, "p", who)
	}
	for i := range 6 {
		id := uuid.New()
		p.run("INSERT INTO rsvps (id, event_id, company_id, person_id, state, way, answered_at, updated_at) VALUES (@id, @e, @c, @p, 'coming', 'on_site', '2026-06-21 03:00Z', now())", "id", id, "e", event, "p", bs[i])
		came := any("2026-07-10 09:05Z")
		if i == 5 {
			came = nil
		}
		p.run("INSERT INTO event_tickets (code, event_id, company_id, rsvp_id, position, came_at) VALUES (@code, @e, @c, @r, 0, @came)", "code", uuid.NewString(), "e", event, "r", id, "came", came)
	}
}

func TestEveryFigureIsWhatWasCountedByHandAndAnotherCompanyCountsForNothing(t *testing.T) {
	w := newWorld(t)
	aoi, hokuto, empty := w.Company("Aoi"), w.Company("Hokuto"), w.Company("Empty")
	(&past{w, aoi}).write()
	(&past{w, hokuto}).write() // the same people
	want := map[string]map[string]string{
		"reach":                  {"2025": "7 5 0 5", "2024": "w 6 5 0", "": "u 0 0 0", "total": "16 11 5 5", "before": "13 0 0 0"},
		"activity":               {"2025-12": "6 6 0 0 0 0", "2026-02": "5 5 0 0 0 0", "2026-03": "6 0 6 0 0 0", "2026-04": "u 0 u 0 0 0", "2026-06": "5 0 0 5 0 0", "2026-07": "5 0 0 0 5 0", "2026-08": "6 0 0 0 0 6", "total": "11 11 6 5 5 6"},
		"matching":               {"2025-12": "3 2 1 30 38 60 76", "2026-03": "1 0 0 - - - -", "2026-05": "6 6 0 10 10 20 20", "2026-09": "6 6 0 10 10 20 20", "total": "16 14 1 10 17 20 34", "before": "1 1 0 0 0 10 10"},
		"matching_by_department": {"経理部": "9 8 1 10 26 20 52", "法務部": "7 6 0 10 10 20 20"},
		"repeats":                {"2025-12": "2 u u", "2026-05": "6 u u", "2026-09": "6 6 10000", "total": "14 9 6429", "before": "1 w w"},
		"newcomers":              {"shown": "12 6 5000 - - -", "invited": "10 5 5000 0 0 -", "shortlisted": "0 0 - 0 0 -", "awarded": "14 5 3571 1 u u"},
		"spend_by_department":    {"経理部": "6 210000", "法務部": "6 120000", "total": "6 330000", "before": "u u"},
		"spend_by_skill":         {"": "6 180000", "s1": "u u", "s2": "u u", "s3": "u u", "total": "6 330000", "before": "u u"},
		"punctuality":            {"2026-01": "2 1 5000", "total": "2 1 5000"},
		"referrals":              {"お客様": "7 6 5 500000 15000", "total": "7 6 5 500000 15000", "before": "u u 0 0 0"},
		"stages":                 {"お客様 · 連絡": "6", "お客様 · 提案": "5"},
		"returns":                {"2026-04": "5 0 0 0 0", "2026-05": "0 5 0 0 0", "2026-06": "0 0 0 0 u", "total": "5 5 0 0 u"},
		"events":                 {"2026-07": "1 13 6 5 5 5 0 0 0", "total": "1 13 6 5 5 5 0 0 0"},
	}
	r := w.gather(aoi.Administrator, aoi, "2025-11", "2026-10")
	if r.Months.Names()[0] != "2025-11" || r.Months.Count != 12 || len(r.Tables) != len(want) {
		t.Fatalf("%d tables from %v", len(r.Tables), r.Months)
	}
	for _, table := range r.Tables {
		got := map[string]string{}
		for _, row := range table.Rows {
			key := row.In("ja")
			if key == "" {
				key = row.Key
			}
			got[key] = says(&row)
		}
		if table.Total != nil {
			got["total"], got["before"] = says(table.Total), says(table.Before)
		}
		for key, row := range got {
			expected, told := want[table.Key][key]
			if nothing := strings.Trim(row, " 0-") == ""; row != expected && (told || !nothing) {
				t.Errorf("%s of %q is %s, want %s", table.Key, key, row, expected)
			}
			delete(want[table.Key], key)
		}
		if len(want[table.Key]) > 0 {
			t.Errorf("%s lacks %v", table.Key, want[table.Key])
		}
	}
	skills := map[string]int64{}
	spent, err := w.rooms.Billing.Spend(ctx, aoi.Finance, r.Company, r.Months)
	w.Check(err)
	for _, s := range spent {
		if s.By == "skill" {
			skills[s.Key] = s.N[1]
		}
	}
	if skills["s1"] != 83_334 || skills["s2"] != 33_333 || skills["s3"] != 33_333 || skills[""] != 180_000 {
		t.Errorf("by skill it is %v, which should come to 330000", skills)
	}
	for _, table := range w.gather(empty.Administrator, empty, "", "").Tables {
		if !table.Empty() {
			t.Errorf("a company without anybody has %+v", table)
		}
	}
	w.wantFile(r)
}

// wantFile reads the report's file back: it holds a line for each number, and no number that the tables hide.
func (w *world) wantFile(r insight.Report) {
	w.Helper()
	var b bytes.Buffer
	w.Check(r.CSV(&b))
	lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), "\ufeff"))).ReadAll()
	w.Check(err)
	cells := 0
	for _, t := range r.Tables {
		rows := len(t.Rows)
		if t.Total != nil {
			rows += 2
		}
		cells += rows * len(t.Columns)
	}
	if len(lines) != cells+1 || r.FileName() != "homecoming-network-2025-11-2026-10.csv" {
		w.Errorf("%d lines for %d numbers in %s", len(lines), cells, r.FileName())
	}
	for _, wanted := range [][]string{{"matching", "month", "2025-12", "", "", "bid_p90", "days", "3.8", "", ""}, {"reach", "year", "2024", "", "", "registry", "people", "", "", "withheld"},
		{"spend_by_department", "before", "", "", "", "committed", "money", "", "JPY", "under_5"}, {"repeats", "total", "", "", "", "again_share", "share", "0.6429", "", ""}} {
		if !slices.ContainsFunc(lines, func(l []string) bool { return slices.Equal(l, wanted) }) {
			w.Errorf("the file lacks %v", wanted)
		}
	}
}

func TestTheReportShowsNobodyMoreThanTheirOwnRoomsDo(t *testing.T) {
	w := newWorld(t)
	aoi, hokuto := w.Company("Aoi"), w.Company("Hokuto")
	keys := func(who market.Actor) (list []string) {
		for _, table := range w.gather(who, aoi, "", "").Tables {
			list = append(list, table.Key)
		}
		return list
	}
	if got := strings.Join(keys(aoi.Office), " "); got != "reach activity matching matching_by_department repeats newcomers punctuality referrals stages returns events" {
		t.Errorf("the office sees %s", got)
	}
	if got := keys(aoi.Administrator); len(got) != 13 {
		t.Errorf("an administrator sees %v", got)
	}
	narrow := aoi.Administrator
	narrow.Scopes = []market.Scope{market.Reading("people")}
	if got := strings.Join(keys(narrow), " "); got != "reach activity returns" {
		t.Errorf("a token for people reads %s", got)
	}
	register := market.Actor{PersonID: uuid.New(), Grants: []market.Grant{{CompanyID: aoi.ID, Role: "own", Allows: []market.Action{market.ManagePeople}}}}
	if got := strings.Join(keys(register), " "); strings.Contains(got, "returns") || strings.Contains(got, "referrals") || strings.Contains(got, "events") {
		t.Errorf("who keeps the register alone sees %s", got)
	}
	for who, want := range map[*market.Actor]error{&aoi.Manager: market.ErrForbidden, &aoi.Finance: market.ErrForbidden, &hokuto.Administrator: market.ErrNotFound, {}: market.ErrNotFound} {
		if _, err := insight.Gather(ctx, w.rooms, *who, aoi.ID, "", ""); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	for _, wrong := range [][2]string{{"2026-13", ""}, {"x\x00", ""}, {"\xff", ""}, {"2026-12", ""}, {"", "2027-01"}, {"2026-05", "2026-04"}, {"2020-01", "2026-04"}, {"1999-12", "2000-04"}} {
		if _, err := insight.Gather(ctx, w.rooms, aoi.Office, aoi.ID, wrong[0], wrong[1]); !errors.Is(err, market.ErrMonth) && !errors.Is(err, market.ErrMonths) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	if m := w.gather(aoi.Office, aoi, "2026-11", "").Months; m.Count != 1 || m.Names()[0] != "2026-11" {
		t.Errorf("this month is %v", m)
	}
}
