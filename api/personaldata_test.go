package api_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/internal/db/dbtest"
	"homecoming/market"
	"homecoming/market/personal"
	"homecoming/matching"
)

// personalData is what every room says of its columns, in the order in which somebody is erased.
func personalData() []personal.Table {
	return slices.Concat(matching.PersonalData, billing.PersonalData, market.PersonalData)
}

// worthKnowing are the columns that could hold something about a person: words, days, bytes, and ids, unless they are the row's
// own or the company's, or lead to a table that is no person.
const worthKnowing = `SELECT c.table_name AS "table", c.column_name AS "column" FROM information_schema.columns c
	JOIN information_schema.tables t USING (table_schema, table_name)
	WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.column_name NOT IN ('company_id', 'currency') AND (c.data_type IN ('text', 'character varying', 'character', 'json', 'jsonb', 'bytea', 'date', 'inet', 'cidr', 'ARRAY', 'uuid', 'tsvector'))
	AND NOT (c.data_type = 'uuid' AND EXISTS (SELECT 1 FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
		WHERE k.conrelid = c.table_name::regclass AND a.attname = c.column_name AND k.contype = 'f' AND k.confrelid NOT IN ('people'::regclass, 'memberships'::regclass)))
	AND NOT (c.column_name = 'id' AND EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.table_name::regclass AND k.contype = 'p'))
	AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.table_name::regclass AND k.contype = 'c'
		AND pg_get_constraintdef(k.oid) ~ ('^CHECK \(\(\(?' || c.column_name || ' = ANY \(ARRAY\[')) -- one of a few words
	ORDER BY 1, c.ordinal_position`

func TestEveryColumnIsKnownForWhatItHolds(t *testing.T) {
	t.Parallel()
	g := dbtest.New(t).Gorm(context.Background())
	known := map[string]personal.Table{}
	for _, table := range personalData() {
		if _, twice := known[table.Name]; twice {
			t.Errorf("%s is described twice", table.Name)
		}
		known[table.Name] = table
	}
	var there []struct{ Table, Column string }
	if err := g.Raw(worthKnowing).Scan(&there).Error; err != nil {
		t.Fatal(err)
	}
	if len(there) < 300 {
		t.Fatalf("only %d columns are worth knowing", len(there))
	}
	for _, c := range there {
		if !known[c.Table].Knows(c.Column) {
			t.Errorf("nobody says what %s.%s is about: whose it is, and what erasing that person does with it. Say so in the personaldata.go of its room", c.Table, c.Column)
		}
	}
	var tables []string
	if err := g.Raw("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").Scan(&tables).Error; err != nil {
		t.Fatal(err)
	}
	for _, name := range tables {
		if _, described := known[name]; !described {
			t.Errorf("nobody describes the table %s", name)
		}
	}
	for _, table := range personalData() {
		for _, p := range table.Parts {
			for _, c := range p.Columns {
				var there bool
				if err := g.Raw("SELECT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = 'public' AND table_name = ? AND column_name = ?)", table.Name, c.Name).Scan(&there).Error; err != nil || !there {
					t.Errorf("there is no %s.%s (%v)", table.Name, c.Name, err)
				}
			}
		}
	}
}

func TestWhoseRowsAreIsAQuestionThatTheDatabaseCanAnswer(t *testing.T) {
	t.Parallel()
	g := dbtest.New(t).Gorm(context.Background())
	about := map[string]any{"person": uuid.NewString(), "address": "yumi@example.com", "now": time.Now()}
	for _, table := range personalData() {
		for _, p := range table.Parts {
			owned := p.Fate == personal.IsErased || p.Fate == personal.IsGone
			if owned != (p.Of != "") || p.Law != nil && !owned {
				t.Errorf("%s: %+v", table.Name, p)
			}
			if !owned {
				continue
			}
			var n int
			if err := g.Raw("SELECT count(*) FROM "+table.Name+" WHERE "+p.Of, about).Scan(&n).Error; err != nil {
				t.Errorf("%s: %v", table.Name, err)
			}
		}
	}
}

func TestOnesOwnDataTellsOfEveryTableOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	var queries []string
	for _, own := range slices.Concat(market.OwnTables, matching.OwnTables, billing.OwnTables) {
		queries = append(queries, own.Query)
	}
	told := strings.Join(queries, "\n")
	for _, table := range personalData() {
		in := regexp.MustCompile(`\b(FROM|JOIN) ` + table.Name + `\b`).MatchString(told)
		switch {
		case table.About() && !in && table.Left == "":
			t.Errorf("%s holds rows of a person, which are not in their own data: add it to OwnTables, or say why it is left out", table.Name)
		case in && table.Left != "":
			t.Errorf("%s is in one's own data and said to be left out", table.Name)
		case !table.About() && table.Left != "":
			t.Errorf("%s is said to be left out and holds nothing of a person", table.Name)
		}
	}
}
