package api_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/billing"
	"homecoming/internal/db"
	"homecoming/internal/db/dbtest"
	"homecoming/internal/files"
	"homecoming/market"
	"homecoming/market/markettest"
	"homecoming/market/personal"
	"homecoming/matching"
	"homecoming/matching/postgres"
)

// The marks of somebody, which are nowhere once they are forgotten: their address, which is also every word that they ever
// wrote, and a number where no word fits.
const (
	mark       = "zqxmarker@example.com"
	markNumber = "T9999999999994"
)

// paid are tables whose rows only somebody has who is paid.
var paid = []string{"provider_events", "export_pieces", "payout_accounts"}

// ledTo are tables that keep their rows, and by which rows of others are found to be somebody's.
var ledTo = []string{"reports", "milestones"}

// A column of the schema, as a row of it has to be made.
type column struct {
	Table, Name, Type, Udt, Default, Leads string // Leads: the table that it points to
	First                                  string // the first of the words that it may be
	Nullable, Made                         bool   // Made: by the database itself
}

const everyColumn = `SELECT c.table_name AS "table", c.column_name AS name, c.data_type AS type, c.udt_name AS udt, coalesce(c.column_default, '') AS "default",
	c.is_nullable = 'YES' AS nullable, c.is_generated = 'ALWAYS' OR c.is_identity = 'YES' AS made,
	coalesce((SELECT k.confrelid::regclass::text FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
		WHERE k.conrelid = c.table_name::regclass AND k.contype = 'f' AND a.attname = c.column_name AND a.attname <> 'company_id' ORDER BY cardinality(k.conkey), k.conname LIMIT 1), '') AS leads,
	coalesce((SELECT substring(pg_get_constraintdef(k.oid) FROM '\(\(\(?' || c.column_name || ' = ANY \(ARRAY\[''([^'']+)''') FROM pg_constraint k
		WHERE k.conrelid = c.table_name::regclass AND k.contype = 'c' AND pg_get_constraintdef(k.oid) ~ ('\(\(\(?' || c.column_name || ' = ANY \(ARRAY\[''') ORDER BY k.conname LIMIT 1), '') AS first
	FROM information_schema.columns c WHERE c.table_schema = 'public' ORDER BY c.table_name, c.ordinal_position`

// A planter writes a row of somebody into every table, with their mark in every column that erasing them empties.
type planter struct {
	*world
	who     markettest.Alumnus
	company uuid.UUID
	columns map[string][]column
	said    map[string]any // what stands in columns whose value is no matter of taste
	lawful  bool           // somebody has contracts, and rows that a law has kept
}

// planted reports whether a part is one whose rows are planted: with contracts those that a law has kept take the place of the same
// table's others.
func (p *planter) planted(t personal.Table, part personal.Part) bool {
	switch {
	case part.Erase(t.Name) == "":
		return false
	case !p.lawful:
		return part.Law == nil && !slices.Contains(paid, t.Name)
	}
	first := slices.IndexFunc(t.Parts, func(q personal.Part) bool { return q.Law != nil && q.Erase(t.Name) != "" })
	return first < 0 || part.Law != nil && part.Of == t.Parts[first].Of
}

func newPlanter(w *world, who markettest.Alumnus, company uuid.UUID) *planter {
	w.Helper()
	p := &planter{world: w, who: who, company: company, columns: map[string][]column{}}
	var all []column
	w.Check(w.DB.Gorm(context.Background()).Raw(everyColumn).Scan(&all).Error)
	for _, c := range all {
		p.columns[c.Table] = append(p.columns[c.Table], c)
	}
	args := fmt.Sprintf(`{"person_id": %q, "mark": %q}`, who.PersonID, mark)
	report := fmt.Sprintf(`{"changes": [{"line": 2, "email": %q}], "faults": [{"line": 3, "en": "%s is taken."}]}`, mark, mark)
	p.said = map[string]any{"river_job.args": args, "runs.report": report, "import_files.report": report, "runs.kind": market.RunImport, "runs.company_id": company, "link_proposals.state": "confirmed", "notices.tells_of": who.PersonID,
		"outbox.tells_of": "{" + who.PersonID.String() + "}", "contracts.state": "completed", "milestones.state": "paid", "disputes.state": "agreed", "chargebacks.state": "won", "payout_accounts.state": "deauthorized",
		"payout_accounts.provider_id": "acct_x", "provider_events.account": "acct_x", "provider_events.type": "payout.paid", "pay_items.line_id": idOf("bank_lines"), "people.family_name": mark, "people.registration_number": markNumber, "bids.state": "withdrawn", "role_grants.role": "staff",
		"audit.subject": "person:" + who.PersonID.String(), "audit.actor_id": who.PersonID, "search_texts.id": who.MembershipID, "sessions.data": []byte("x" + idOf("person_sessions").String() + mark),
		"files.sha256": []byte(mark + strings.Repeat("-", 32-len(mark))), "files.stored_at": w.Clock.Now()}
	return p
}

// idOf is the id of the row that is planted in a table.
func idOf(table string) uuid.UUID { return uuid.NewSHA1(uuid.NameSpaceURL, []byte(table)) }

// value is what a planted row has in a column; false: what the database puts there.
func (p *planter) value(t personal.Table, c column) (any, bool) {
	fate := fateOf(t, c.Name)
	emptied := fate == personal.IsErased || fate == personal.IsGone
	needed := !c.Nullable && c.Default == ""
	if v, said := p.said[c.Table+"."+c.Name]; said {
		return v, true
	}
	switch {
	case c.Made:
		return nil, false
	case c.Name == "company_id":
		return p.company, needed
	case c.Leads == "people" || c.Name == "person_id":
		return p.who.PersonID, needed || fate == personal.IsPointer
	case c.Leads == "memberships" || c.Name == "membership_id":
		return p.who.MembershipID, needed || fate == personal.IsPointer
	case c.Type == "uuid" && c.Leads != "":
		return idOf(c.Leads), needed
	case c.Type == "uuid" && c.Name == "id":
		return idOf(c.Table), true
	case emptied && c.First == "" && c.Udt != "_jsonb":
		v, ok := worded(c, mark)
		return v, ok || needed
	case needed:
		v, _ := worded(c, or(c.First, "x"))
		return v, true
	}
	return nil, false
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// worded is a value of a column's type that holds a word, and whether it does.
func worded(c column, word string) (any, bool) {
	switch c.Type {
	case "text", "character varying":
		return word, true
	case "character":
		return "JPY", false
	case "jsonb":
		return fmt.Sprintf(`{"mark": %q}`, word), true
	case "bytea":
		return []byte(word), true
	case "date":
		return "2020-01-02", true
	case "uuid":
		return uuid.New(), true
	case "boolean":
		return false, false
	case "timestamp with time zone":
		return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), false
	case "ARRAY":
		if c.Udt == "_text" {
			return fmt.Sprintf(`{%q}`, word), true
		}
		return "{}", true
	}
	return 1, false
}

func fateOf(t personal.Table, name string) personal.Fate {
	for _, part := range t.Parts {
		if slices.ContainsFunc(part.Columns, func(c personal.Column) bool { return c.Name == name }) {
			return part.Fate
		}
	}
	return 0
}

// plant writes the row. A rule of the table that such a row breaks is dropped: it is about how rows come about.
func (p *planter) plant(t personal.Table) {
	p.Helper()
	var names, marks []string
	var values []any
	for _, c := range p.columns[t.Name] {
		v, there := p.value(t, c)
		if !there {
			continue
		}
		names, marks, values = append(names, `"`+c.Name+`"`), append(marks, "?"), append(values, v)
	}
	q := "INSERT INTO " + t.Name + " (" + strings.Join(names, ", ") + ") VALUES ( " + strings.Join(marks, ", ") + ")" // after a parenthesis gorm would take bytes for a list
	for range 10 {
		err := p.DB.Tx(context.Background(), func(tx *gorm.DB) error {
			if err := tx.Exec("SET LOCAL session_replication_role = replica").Error; err != nil { // nothing has to be there that rows point to
				return err
			}
			return tx.Exec(q, values...).Error
		})
		broken := db.Violated(err)
		if err == nil {
			return
		}
		if broken == "" || p.Count("SELECT count(*) FROM pg_constraint WHERE conname = ? AND contype = 'c'", broken) == 0 {
			p.Fatalf("%s: %v", t.Name, err)
		}
		p.Exec("ALTER TABLE " + t.Name + " DROP CONSTRAINT " + broken)
	}
	p.Fatalf("%s takes no row", t.Name)
}

// mark puts the marks into the rows that somebody has already.
func (p *planter) mark(t personal.Table, of string) {
	p.Helper()
	for _, c := range p.columns[t.Name] {
		v, there := p.value(t, c)
		if fateOf(t, c.Name) != personal.IsErased || !there || c.Leads != "" || c.First != "" || c.Type == "boolean" || c.Type == "timestamp with time zone" || c.Type == "date" || c.Type == "bigint" {
			continue
		}
		p.Exec("UPDATE "+t.Name+" SET "+c.Name+" = ? WHERE "+of+" = ?", v, p.who.PersonID)
	}
}

// loosen takes away the rules that rows point to something, where they point to a table in which nothing is planted: that erasing
// goes from the outside in is seen in the others.
func (p *planter) loosen(planted []string) {
	p.Helper()
	var loose []struct{ Table, Name string }
	p.Check(p.DB.Gorm(context.Background()).Raw(`SELECT conrelid::regclass::text AS "table", conname AS name FROM pg_constraint
		WHERE contype = 'f' AND conrelid::regclass::text IN ? AND confrelid::regclass::text NOT IN ? ORDER BY 1, 2`, planted, planted).Scan(&loose).Error)
	for _, l := range loose {
		p.Exec("ALTER TABLE " + l.Table + " DROP CONSTRAINT " + l.Name)
	}
}

// everywhere plants in every table that erasing empties, and sees that it would find each row.
func (p *planter) everywhere() {
	p.Helper()
	about := map[string]any{"person": p.who.PersonID.String(), "address": mark, "now": p.Clock.Now()}
	for _, t := range personalData() {
		for _, part := range t.Parts {
			if part.Fate == personal.IsGone && p.planted(t, part) { // what is planted takes the place of what is there
				p.Check(p.DB.Gorm(context.Background()).Exec(part.Erase(t.Name), about).Error)
			}
		}
	}
	planted := []string{"companies"}
	for _, t := range personalData() {
		emptied := slices.ContainsFunc(t.Parts, func(q personal.Part) bool { return p.planted(t, q) })
		switch {
		case !emptied && !slices.Contains(ledTo, t.Name) || t.Name == "kept_payees":
			continue
		case t.Name == "people":
			p.mark(t, "id")
		case t.Name == "memberships":
			p.mark(t, "person_id")
		default:
			p.plant(t)
		}
		planted = append(planted, t.Name)
	}
	p.loosen(planted)
	for _, t := range personalData() {
		for _, part := range t.Parts {
			if !p.planted(t, part) || t.Name == "kept_payees" {
				continue
			}
			var n int
			p.Check(p.DB.Gorm(context.Background()).Raw("SELECT count(*) FROM "+t.Name+" WHERE "+part.Of, about).Scan(&n).Error)
			if n == 0 {
				p.Errorf("nothing is planted for %s where %s", t.Name, part.Of)
			}
		}
	}
}

// dumped is the whole database as a backup has it.
func (w *world) dumped() string {
	w.Helper()
	return dumpOf(w, w.DB)
}

func dumpOf(t testing.TB, d *db.DB) string {
	t.Helper()
	out, err := exec.Command("pg_dump", d.Pool().Config().ConnString()).CombinedOutput()
	if err != nil {
		t.Fatalf("pg_dump: %v: %s", err, out)
	}
	return string(out)
}

// restored is a database of its own that a backup was brought back into.
func restored(t testing.TB, dump string) *db.DB {
	t.Helper()
	url := dbtest.Empty(t)
	psql := exec.Command("psql", "-X", "-q", url)
	psql.Stdin = strings.NewReader(dump)
	if out, err := psql.CombinedOutput(); err != nil {
		t.Fatalf("psql: %v: %s", err, out)
	}
	d, err := db.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// marked lists the beginnings of a dump's lines in which a mark stands.
func marked(dump string) (lines []string) {
	dump = strings.ToLower(dump)
	for _, line := range strings.Split(dump, "\n") {
		if strings.Contains(line, mark) || strings.Contains(line, hex.EncodeToString([]byte(mark))) || strings.Contains(line, strings.ToLower(markNumber)) {
			lines = append(lines, line[:min(len(line), 300)])
		}
	}
	return lines
}

// markedTables are the tables of a dump in which a mark stands.
func markedTables(dump string) []string {
	found := map[string]bool{}
	for _, copied := range strings.Split(dump, "\nCOPY public.")[1:] {
		name, rows, _ := strings.Cut(copied, " ")
		rows, _, _ = strings.Cut(rows, "\n\\.\n")
		if len(marked(rows)) > 0 {
			found[name] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// A forgotten is a world in which somebody has asked to be forgotten whose marks are everywhere.
type forgotten struct {
	*world
	store, list files.Store // of files, and of who was forgotten
	yumi        markettest.Alumnus
}

// market is the market on a database, with every room.
func (w forgotten) market(d *db.DB) *market.Service {
	return market.New(d, w.Clock, matching.ResolveSkill, markettest.CheapPasswords, market.WithFiles(w.store), market.WithErasures(w.list), market.WithPersonalData(matching.People, billing.People))
}

func forgetting(t *testing.T, lawful bool) forgotten {
	t.Helper()
	ctx := context.Background()
	w := forgotten{world: newWorld(t)}
	store, err := files.NewDirectory(t.TempDir())
	w.Check(err)
	w.store = store
	w.list, err = files.NewDirectory(t.TempDir())
	w.Check(err)
	w.Market = w.market(w.DB)
	w.Check(w.matching.Prepare(ctx))
	w.Check(w.matching.PrepareTexts(ctx))
	aoi := w.Company("Aoi")
	w.yumi = aoi.Alumnus("Takahashi Yumi")
	w.index(w.matching)
	_, err = w.Market.AskErasure(ctx, w.yumi.Actor, markettest.Password)
	w.Check(err)
	p := newPlanter(w.world, w.yumi, aoi.ID)
	if p.lawful = lawful; lawful {
		p.said["operations.milestone_id"] = idOf("milestones")
	}
	p.everywhere()
	w.Check(store.Put(ctx, idOf("files"), bytes.NewReader([]byte(mark)), int64(len(mark))))
	if n := len(marked(w.dumped())); n < 40 {
		t.Fatalf("only %d lines of the dump bear the mark: nothing is proven", n)
	}
	return w
}

// index brings the indexes up to the tables.
func (w forgotten) index(m *matching.Service) {
	w.Helper()
	_, err := m.Drain(context.Background())
	w.Check(err)
	_, err = m.DrainTexts(context.Background())
	w.Check(err)
}

// turn lets time pass, and what is due of erasures happen.
func (w forgotten) turn(after time.Duration) {
	w.Helper()
	w.Clock.Advance(after)
	w.Check(w.Market.TurnErasures(context.Background()))
}

func (w forgotten) is(state market.ErasureState) {
	w.Helper()
	if w.Count("SELECT count(*) FROM erasures WHERE person_id = ? AND state = ?", w.yumi.PersonID, string(state)) != 1 {
		w.Errorf("the erasure is not %s", state)
	}
}

func TestWhoWasForgottenIsNowhere(t *testing.T) {
	t.Parallel()
	w := forgetting(t, false)
	w.turn(market.Grace)
	w.turn(2 * time.Hour)
	w.index(w.matching)
	for _, line := range marked(w.dumped()) {
		t.Errorf("the mark is still in: %s", line)
	}
	if _, err := w.store.Get(context.Background(), idOf("files")); !errors.Is(err, files.ErrMissing) {
		t.Errorf("the file is still there: %v", err)
	}
	w.is(market.ErasureDone)
	if w.Count("SELECT count(*) FROM people WHERE id = ?", w.yumi.PersonID) != 1 {
		t.Error("no stone is left")
	}
	if w.Count("SELECT count(*) FROM people WHERE email IS NOT NULL") < 5 {
		t.Error("others were forgotten with her")
	}
}

func TestWhatTheLawKeepsIsInItsTablesAloneAndGoesWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	w := forgetting(t, true)
	w.turn(market.Grace)
	w.turn(2 * time.Hour)
	w.index(w.matching)
	w.is(market.ErasureKept)
	var kept []string
	for _, table := range personalData() {
		if len(table.Erasing(personal.Books)) > 0 {
			kept = append(kept, table.Name)
		}
	}
	there := markedTables(w.dumped())
	if len(there) < 15 || !slices.Contains(there, "kept_payees") {
		t.Errorf("the law keeps no more than %v", there)
	}
	for _, name := range there {
		if !slices.Contains(kept, name) {
			t.Errorf("the mark is still in %s, which no law has kept", name)
		}
	}
	w.turn(10 * 366 * 24 * time.Hour)
	w.is(market.ErasureDone)
	for _, line := range marked(w.dumped()) {
		t.Errorf("the mark is still in: %s", line)
	}
}

func TestARestoredBackupForgetsAgainWhomTheListNames(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := forgetting(t, false)
	backup := w.dumped()
	w.turn(market.Grace)
	if keys, err := w.list.Keys(ctx); err != nil || len(keys) != 0 {
		t.Errorf("who may still think again is listed: %v, %v", keys, err)
	}
	w.turn(2 * time.Hour)
	w.is(market.ErasureDone)
	entry, err := w.list.Get(ctx, w.yumi.PersonID)
	w.Check(err)
	said, err := io.ReadAll(entry)
	w.Check(errors.Join(err, entry.Close()))
	if _, err := time.Parse(time.RFC3339, string(said)); err != nil {
		t.Errorf("the list says %q", said)
	}
	if returned, err := w.Market.Returned(ctx); err != nil || len(returned) != 0 {
		t.Errorf("%v returned, %v", returned, err)
	}

	d := restored(t, backup)
	if n := len(marked(dumpOf(t, d))); n < 40 {
		t.Fatalf("only %d lines of what was restored bear the mark: nothing is proven", n)
	}
	m := w.market(d)
	if returned, err := m.Returned(ctx); err != nil || !slices.Equal(returned, []uuid.UUID{w.yumi.PersonID}) {
		t.Errorf("%v returned, %v", returned, err)
	}
	again, err := m.ForgetAgain(ctx)
	if err != nil || !slices.Equal(again.Erased, []uuid.UUID{w.yumi.PersonID}) || len(again.Waiting) != 0 {
		t.Errorf("%+v, %v", again, err)
	}
	w.index(matching.New(d, w.Clock, postgres.New(d)))
	for _, line := range marked(dumpOf(t, d)) {
		t.Errorf("the mark is still in: %s", line)
	}
	if returned, err := m.Returned(ctx); err != nil || len(returned) != 0 {
		t.Errorf("%v returned, %v", returned, err)
	}
}

func TestBeingForgottenIsAskedByApi(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	const at = "/api/v1/me/leaving"
	state := func(who market.Actor) tree { return w.as(who, "GET", at, nil).wants(http.StatusOK).object() }
	if got := state(yumi.Actor); got["state"] != "staying" || got["obstacle"] != nil || got["due_at"] != nil || got["password"] != true {
		t.Errorf("%v", got)
	}
	w.as(yumi.Actor, "POST", at, tree{"password": "wrong"}).refuses(http.StatusUnprocessableEntity, "own_password", "password")
	w.as(yumi.Actor, "DELETE", at, nil).refuses(http.StatusConflict, "not_leaving", "")
	if got := w.as(yumi.Actor, "POST", at, tree{"password": markettest.Password}).wants(http.StatusOK).object(); got["state"] != "asked" || got["due_at"] == nil {
		t.Errorf("%v", got)
	}
	w.as(yumi.Actor, "DELETE", at, nil).wants(http.StatusNoContent)
	if got := state(yumi.Actor); got["state"] != "staying" {
		t.Errorf("%v", got)
	}
	w.as(aoi.Administrator, "POST", at, tree{"password": markettest.Password}).refuses(http.StatusConflict, "last_administrator", "")
	if got := state(aoi.Administrator); got["obstacle"] != "last_administrator" {
		t.Errorf("%v", got)
	}
}
