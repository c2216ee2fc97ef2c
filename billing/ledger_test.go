package billing_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/billing"
	"homecoming/internal/db"
)

func (w *world) entry(source string, amounts ...int64) billing.Entry {
	e := billing.Entry{CompanyID: w.aoi.ID, At: w.Clock.Now(), PostedAt: w.Clock.Now(), Kind: "test", Source: source}
	for i, a := range amounts {
		e.Postings = append(e.Postings, billing.Posting{Account: "test:" + string(rune('a'+i)), Currency: "JPY", Amount: a})
	}
	return e
}

func TestTheDatabaseRefusesWhatDoesNotBalance(t *testing.T) {
	w := newWorld(t)
	insert := func(lines ...string) error {
		return w.DB.Tx(ctx, func(tx *gorm.DB) error {
			id := uuid.Must(uuid.NewV7())
			err := tx.Exec("INSERT INTO ledger_entries (id, company_id, at, posted_at, booked_on, kind, source) VALUES (?, ?, now(), now(), now(), 'test', ?)", id, w.aoi.ID, id.String()).Error
			if err != nil {
				return err
			}
			return tx.Exec(`INSERT INTO ledger_postings (entry_id, line, company_id, account, currency, amount, at)
				SELECT ?, n, ?, 'test', split_part(l, ' ', 1), split_part(l, ' ', 2)::bigint, now() FROM unnest(?::text[]) WITH ORDINALITY AS x(l, n)`,
				id, w.aoi.ID, pq.StringArray(lines)).Error
		})
	}
	for _, lines := range [][]string{{"JPY 100", "JPY -99"}, {"JPY 100", "USD -100"}, {"JPY 100"}} {
		if got := db.Violated(insert(lines...)); got != "entry_is_balanced" {
			t.Errorf("%v: refused by %q", lines, got)
		}
	}
	w.Check(insert("JPY 100", "USD 7", "USD -7", "JPY -100"))
	if db.Violated(insert("JPY 100", "JPY -60", "JPY -40", "USD 1")) != "entry_is_balanced" {
		t.Error("one currency does not make up for another")
	}
	// A posting added later to an entry that balanced.
	late := w.DB.Gorm(ctx).Exec(`INSERT INTO ledger_postings (entry_id, line, company_id, account, currency, amount, at)
		SELECT id, 9, company_id, 'test', 'JPY', 1, now() FROM ledger_entries LIMIT 1`).Error
	if db.Violated(late) != "entry_is_balanced" {
		t.Errorf("a late posting: %v", late)
	}
}

func TestNothingInTheLedgerIsEverChanged(t *testing.T) {
	w := newWorld(t)
	w.Tx(func(tx *gorm.DB) error { _, err := billing.Post(tx, w.entry("x", 5, -5)); return err })
	for _, table := range []string{"ledger_entries", "ledger_postings", "milestone_steps"} {
		if table == "milestone_steps" {
			w.fund(w.contract()(10_000).Milestones[0])
		}
		for _, q := range []string{"UPDATE " + table + " SET company_id = company_id", "DELETE FROM " + table} {
			if db.Violated(w.DB.Gorm(ctx).Exec(q).Error) != "append_only" {
				t.Errorf("%s was carried out", q)
			}
		}
	}
	if err := w.DB.Gorm(ctx).Exec("TRUNCATE ledger_entries CASCADE").Error; err == nil {
		t.Error("the ledger was emptied")
	}
}

func TestPostingASourceTwicePostsOnce(t *testing.T) {
	w := newWorld(t)
	post := func() error {
		return w.DB.Tx(ctx, func(tx *gorm.DB) error { _, err := billing.Post(tx, w.entry("once", 7, -3, -4)); return err })
	}
	if err := errors.Join(w.Together(post, post, post, post)...); err != nil {
		t.Fatal(err)
	}
	if e, p := w.Count("SELECT count(*) FROM ledger_entries"), w.Count("SELECT count(*) FROM ledger_postings"); e != 1 || p != 3 {
		t.Fatalf("%d entries, %d postings", e, p)
	}
}

func TestAnEntryThatDoesNotBalanceIsRefusedBeforeItIsSent(t *testing.T) {
	w := newWorld(t)
	for _, e := range []billing.Entry{w.entry("off", 1, -2), w.entry("alone", 0), w.entry("none")} {
		err := w.DB.Tx(ctx, func(tx *gorm.DB) error { _, err := billing.Post(tx, e); return err })
		if err == nil {
			t.Errorf("%s was posted", e.Source)
		}
	}
}

func TestNoMilestonesMoneyGoesBelowZero(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	e := w.entry("too much")
	e.MilestoneID = &m.ID
	held := "held:" + m.ID.String()
	charge := m.Quote().Charge
	e.Postings = []billing.Posting{{held, "JPY", charge + 1}, {"test", "JPY", -charge - 1}}
	err := w.DB.Tx(ctx, func(tx *gorm.DB) error { _, err := billing.Post(tx, e); return err })
	if db.Violated(err) != "nothing_held_below_zero" {
		t.Errorf("taking more than is held: %v", err)
	}
}

func TestBalancesAreThoseOfTheirMoment(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	before := w.Clock.Now().Add(-1)
	w.fund(m)
	if got, err := billing.BalanceAt(ctx, w.DB, "held:"+m.ID.String(), "JPY", before); got != 0 || err != nil {
		t.Errorf("held before the payment: %d, %v", got, err)
	}
	if got := w.balance("held:" + m.ID.String()); got != -m.Quote().Charge {
		t.Errorf("held after: %d", got)
	}
}

func TestTheCheckFindsWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	w.Check(billing.CheckLedger(ctx, w.DB))
	for broken, says := range map[string]string{
		"UPDATE milestones SET state = 'releasing'": "what is held is the charge",
		"UPDATE milestones SET state = 'refunding'": "has a refund that has not ended",
		"UPDATE milestones SET state = 'released'":  "transferred if and only if",
		"UPDATE milestones SET state = 'draft'":     "charged if and only if",
		"UPDATE milestones SET amount = amount + 1": "what is held is the charge",
		"UPDATE contracts SET state = 'completed'":  "a contract is over if and only if",
	} {
		tx := w.DB.Gorm(ctx).Exec("UPDATE milestones SET state = 'funded', amount = 100000")
		w.Check(tx.Error)
		w.Exec("UPDATE contracts SET state = 'active'")
		w.Exec(broken)
		if err := billing.CheckLedger(ctx, w.DB); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: the check says %v", broken, err)
		}
	}
	w.Exec("UPDATE milestones SET state = 'funded', amount = 100000")
	w.Exec("UPDATE contracts SET state = 'active'")
}

func TestACompanysLedgerReadsEntryByEntry(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	m := w.contract(design)(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	w.accept(m)
	var kinds []string
	var before uuid.UUID
	for {
		page, err := w.billing.Entries(ctx, w.aoi.Finance, w.aoi.ID, before, 2)
		w.Check(err)
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			kinds = append(kinds, e.Kind)
			var sum int64
			for _, p := range e.Postings {
				sum += p.Amount
			}
			if sum != 0 || len(e.Postings) < 2 {
				t.Errorf("%s: %+v", e.Source, e.Postings)
			}
			before = e.ID
		}
	}
	if got := strings.Join(kinds, " "); got != "withheld mirror transfer accept charge" {
		t.Errorf("newest first, the ledger reads: %s", got)
	}
	accounts, err := w.billing.Accounts(ctx, w.aoi.Finance, w.aoi.ID)
	w.Check(err)
	sums := map[string]int64{}
	for _, a := range accounts {
		sums[a.Class()] += a.Balance()
	}
	if sums["asset"] != 1_710 || sums["income"] != -5_000 || sums["expense"] != 3_790 || sums["liability"] != -500 || sums["memo"] != 0 {
		t.Errorf("by class: %v of %+v", sums, accounts)
	}
}

func TestCurrenciesAreKeptApartAtEveryMoment(t *testing.T) {
	w := newWorld(t)
	start := w.Clock.Now()
	for i, c := range []string{"JPY", "USD", "USD"} { // ¥1,234, then $12.34 twice
		w.Clock.Advance(time.Hour)
		e := w.entry("in " + c + string(rune('a'+i)))
		e.Postings = []billing.Posting{{Account: "till", Currency: c, Amount: 1_234}, {Account: "sales", Currency: c, Amount: -1_234}}
		w.Tx(func(tx *gorm.DB) error { _, err := billing.Post(tx, e); return err })
	}
	for hours, want := range []map[string]int64{{}, {"JPY": 1_234}, {"JPY": 1_234, "USD": 1_234}, {"JPY": 1_234, "USD": 2_468}} {
		for _, c := range []string{"JPY", "USD"} {
			got, err := billing.BalanceAt(ctx, w.DB, "till", c, start.Add(time.Duration(hours)*time.Hour))
			if w.Check(err); got != want[c] {
				t.Errorf("after %d hours the till has %d %s, want %d", hours, got, c, want[c])
			}
		}
	}
}

func TestAnEntryIsBookedOnTheCompanysDayOrOnTheFirstThatIsOpen(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ at, closedThrough, want string }{
		{"2026-10-31T14:59:59Z", "", "2026-10-31"}, // a minute before midnight in Tokyo
		{"2026-10-31T15:00:00Z", "", "2026-11-01"}, // October still, by UTC
		{"2026-10-31T14:59:59Z", "2026-10-31", "2026-11-01"},
		{"2026-08-05T00:00:00Z", "2026-10-31", "2026-11-01"}, // what is older than a closed month is closed with it
		{"2026-11-20T00:00:00Z", "2026-10-31", "2026-11-20"},
	} {
		w.Check(w.DB.Gorm(ctx).Exec("UPDATE companies SET books_closed_through = nullif(?, '')::date WHERE id = ?", c.closedThrough, w.aoi.ID).Error)
		e := w.entry(c.at+c.closedThrough, 5, -5)
		at, err := time.Parse(time.RFC3339, c.at)
		w.Check(err)
		e.At = at
		w.Tx(func(tx *gorm.DB) error { _, err := billing.Post(tx, e); return err })
		list, err := w.billing.Entries(ctx, w.aoi.Finance, w.aoi.ID, uuid.Nil, 1)
		w.Check(err)
		if got := list[0].BookedOn.String(); got != c.want {
			t.Errorf("%s, closed through %q: booked on %s, want %s", c.at, c.closedThrough, got, c.want)
		}
	}
	w.Exec("UPDATE companies SET books_closed_through = NULL")
}

func TestAnEntryOfNoCompanyIsRefused(t *testing.T) {
	w := newWorld(t)
	e := w.entry("nobody's", 5, -5)
	e.CompanyID = uuid.New()
	if err := w.DB.Tx(ctx, func(tx *gorm.DB) error { _, err := billing.Post(tx, e); return err }); err == nil {
		t.Error("it was posted")
	}
}
