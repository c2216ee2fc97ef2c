package indextest

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"homecoming/internal/clock"
	"homecoming/internal/db/dbtest"
	"homecoming/matching"
)

// movers are the columns about a person that may move a rank, or that say who and whose the row is. Every other column of
// these tables, also one that is added tomorrow, must leave every list as it is: age, gender, name, price, photo, nationality,
// why somebody left.
var movers = map[string][]string{
	"people":        {"id", "shown_to"},
	"memberships":   {"id", "company_id", "person_id", "hidden", "outside"},
	"stints":        {"id", "company_id", "membership_id", "department_id", "joined_on", "left_on"},
	"person_skills": {"person_id", "skill_id", "evidence", "company_id", "level"},
	"reviews":       {"id", "company_id", "contract_id", "person_id", "by_side", "rating"},
}

// forms are values for columns whose form cannot be read off their type; %s is a hash of the row.
var forms = map[string]string{
	"people.email":               "lower(%s) || '@changed.example'",
	"memberships.email":          "lower(%s) || '@changed.example'",
	"people.rate_currency":       "rate_currency", // another currency is no stated price: changed with the price below
	"people.hourly_rate":         "1 + abs(hashtext(%s)) %% 100000",
	"stints.formerly_id":         "department_id",
	"person_skills.attested_by":  "NULL",
	"stints.entity_id":           "NULL",
	"people.audiences":           "jsonb_build_object('rate', 'nobody', 'changed', %s)",
	"people.portfolio":           "jsonb_build_array(%s)",
	"people.languages":           "jsonb_build_array(jsonb_build_object('note', %s))",
	"people.registration_number": "'T' || lpad(abs(hashtext(%s))::text, 13, '7')",
}

// byType gives a value of a type that differs from row to row.
var byType = map[string]string{
	"text": "'changed ' || %s", "character": "'XTS'", "boolean": "hashtext(%s) %% 2 = 0",
	"smallint": "1 + abs(hashtext(%s)) %% 3", "integer": "1 + abs(hashtext(%s)) %% 1000", "bigint": "1 + abs(hashtext(%s)) %% 1000",
	"date":                     "DATE '1950-01-01' + abs(hashtext(%s)) %% 30000",
	"timestamp with time zone": "TIMESTAMPTZ '1990-01-01Z' + abs(hashtext(%s)) %% 10000 * interval '1 day'",
	"jsonb":                    "jsonb_build_object('changed', %s)", "bytea": "decode(%s, 'hex')", "ARRAY": "ARRAY['changed ' || %s]",
}

// A column is one that must move nobody, with what it may hold where that is a list of words.
type column struct {
	Table, Name, Type string
	Check             string
}

// NeverMoves changes every column about people that the score must not read, in the database itself, and holds whole
// lists before and after against one another.
func NeverMoves(t *testing.T, name string, serve Make) {
	d := dbtest.New(t)
	p := newPopulation(t, d, 77, 200)
	s := serve(t, d, clock.At(now))
	s.Budget = time.Minute
	if err := s.Reindex(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, p: p, s: s, name: name}
	var tasks []task
	for range 12 {
		tasks = append(tasks, b.draw())
	}
	before := b.lists20(tasks)
	columns := p.unmoved(t)
	t.Logf("%d columns changed: %v", len(columns), columns)
	for _, c := range columns {
		p.must(t, c.change())
	}
	p.must(t, "INSERT INTO index_pending (company_id, membership_id) SELECT company_id, id FROM ranked_as")
	same := func(when string) {
		t.Helper()
		if after := b.lists20(tasks); !reflect.DeepEqual(before, after) {
			t.Fatalf("%s: a column among %v moved somebody:\n%v\n%v", when, columns, before, after)
		}
	}
	same("before the index knows")
	if _, err := s.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	same("after")
	if err := s.Reindex(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	same("built anew")
	p.must(t, "UPDATE people SET rate_currency = 'USD'")
	same("in another currency")
	p.must(t, "UPDATE reviews SET rating = 6 - rating")
	p.must(t, "INSERT INTO index_pending (company_id, membership_id) SELECT company_id, id FROM ranked_as")
	if reflect.DeepEqual(before, b.lists20(tasks)) {
		t.Fatal("ratings moved nobody: this test looks at nothing")
	}
}

// lists20 are the lists of these tasks as they are shown, without who the people are.
func (b *bench) lists20(tasks []task) (all []string) {
	b.t.Helper()
	for _, task := range tasks {
		r, err := b.s.Rank(b.t.Context(), actor(b.p.company), task.id, matching.Query{Unseen: true})
		if err != nil {
			b.t.Fatal(err)
		}
		var list strings.Builder
		for _, c := range r.Items {
			fmt.Fprintln(&list, c.MembershipID, c.Score, c.Parts, c.Reasons, c.Skills)
		}
		all = append(all, list.String())
	}
	return all
}

// unmoved reads from the database which columns there are.
func (p *population) unmoved(t testing.TB) []column {
	t.Helper()
	var all []column
	err := p.d.Gorm(context.Background()).Raw(`SELECT table_name AS table, column_name AS name, data_type AS type, coalesce((
			SELECT string_agg(pg_get_constraintdef(k.oid), ' ') FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY(k.conkey)
			WHERE k.contype = 'c' AND k.conrelid = table_name::regclass AND a.attname = column_name), '') AS check
		FROM information_schema.columns WHERE table_schema = current_schema() AND table_name IN ('people', 'memberships', 'stints', 'person_skills', 'reviews')
		ORDER BY table_name, ordinal_position`).Scan(&all).Error
	if err != nil {
		t.Fatal(err)
	}
	all = slices.DeleteFunc(all, func(c column) bool { return slices.Contains(movers[c.Table], c.Name) })
	for _, must := range []string{"family_name", "given_kana", "hourly_rate", "language", "entity", "departure"} {
		if !slices.ContainsFunc(all, func(c column) bool { return c.Name == must }) {
			t.Fatalf("%s is gone; does its successor move nobody?", must)
		}
	}
	return all
}

var oneOf = regexp.MustCompile(`'([a-z_]+)'::text`)

// change is the statement that gives the column other values, different from row to row.
func (c column) change() string {
	row := "md5(" + c.Table + "::text)"
	form, ok := forms[c.Table+"."+c.Name]
	if words := oneOf.FindAllStringSubmatch(c.Check, -1); !ok && strings.Contains(c.Check, "ARRAY") && len(words) > 1 {
		var list []string
		for _, w := range words {
			list = append(list, "'"+w[1]+"'")
		}
		form, ok = "(ARRAY["+strings.Join(list, ", ")+"])[1 + abs(hashtext(%s)) %% "+fmt.Sprint(len(list))+"]", true
	}
	if !ok {
		form = byType[c.Type]
	}
	value := form
	if strings.Contains(form, "%s") {
		value = fmt.Sprintf(form, row)
	}
	return "UPDATE " + c.Table + " SET " + c.Name + " = " + value
}
