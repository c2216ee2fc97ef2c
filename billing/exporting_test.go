package billing_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/billing/books"
	"homecoming/internal/jobs"
	"homecoming/market"
)

// order is everything so far, as a kind.
func (w *world) order(kind billing.ExportKind) billing.ExportOrder {
	return billing.ExportOrder{Company: w.aoi.ID, Kind: kind, From: w.Today().AddDays(-100), To: w.Today().AddDays(30)}
}

func (w *world) export(kind billing.ExportKind) []byte {
	w.Helper()
	var file bytes.Buffer
	_, err := w.billing.Export(ctx, w.aoi.Finance, w.order(kind), books.One(&file))
	w.Check(err)
	return file.Bytes()
}

// journal is the company's own books so far.
func (w *world) journal(kind books.Kind) []books.Entry {
	w.Helper()
	list, err := books.Read(bytes.NewReader(w.export(billing.ExportKind(kind))), kind, 0)
	w.Check(err)
	return list
}

// balances sums a journal by account, debits less credits.
func balances(list []books.Entry) map[string]int64 {
	sums := map[string]int64{}
	for _, e := range list {
		for _, l := range e.Debits {
			sums[l.Account] += l.Amount
		}
		for _, l := range e.Credits {
			sums[l.Account] -= l.Amount
		}
	}
	return sums
}

func TestTheCompanysOwnBooksHoldAnAdvanceUntilTheWorkIsAccepted(t *testing.T) {
	w := newWorld(t)
	w.Exec("UPDATE people SET registration_number = 'T1234567890123' WHERE id = ?", w.yumi.PersonID)
	w.onboard()
	m := w.contract(design)(300_000).Milestones[0]
	w.fund(m)
	if got := balances(w.journal(books.Journal)); got["前渡金"] != 315_870 || got["普通預金"] != -315_870 || len(got) != 2 {
		t.Fatalf("funded, the books say %v", got)
	}
	w.deliver(m)
	w.accept(m)
	w.payday()
	list := w.journal(books.Journal)
	if len(list) != 2 { // transfer, withholding and payout are the platform's own affair
		t.Fatalf("%d entries: %+v", len(list), list)
	}
	type line struct {
		account, tax, invoice string
		amount, taxAmount     int64
	}
	var got []line
	for _, l := range slices.Concat(list[1].Debits, list[1].Credits) {
		got = append(got, line{l.Account, l.Tax, l.Invoice, l.Amount, l.TaxAmount})
	}
	want := []line{{"外注費", "課税仕入 10%", "適格", 330_000, 30_000}, {"支払手数料", "課税仕入 10%", "適格", 16_500, 1_500},
		{"前渡金", "対象外", "", 315_870, 0}, {"預り金", "対象外", "", 30_630, 0}}
	if !slices.Equal(got, want) {
		t.Errorf("accepted, the entry is\n%+v\nwant\n%+v", got, want)
	}
	if e := list[1]; !strings.HasPrefix(e.Summary, "C-1001 ") || e.Debits[0].Partner != "Yumi Takahashi" {
		t.Errorf("it says %q of %q", e.Summary, e.Debits[0].Partner)
	}
}

// aMonth has something of everything in it, and ends with money in every account that lies between company and platform.
func (w *world) aMonth() {
	w.Helper()
	w.topUp()
	w.onboard()
	c := w.contract(design)(100_000, 200_000, 50_000, 80_000, 60_000, 70_000)
	paid, split, refunded, lost, claimed, asked := c.Milestones[0], c.Milestones[1], c.Milestones[2], c.Milestones[3], c.Milestones[4], c.Milestones[5]
	for _, m := range c.Milestones {
		w.fund(m)
	}
	w.deliver(paid)
	w.accept(paid)
	w.payday()
	w.takeBack(w.milestone(paid.ID), 30_000)
	w.deliver(split)
	d := w.quarrel(split)
	d, err := w.billing.Propose(ctx, w.yumi.Actor, d.ID, 150_000, "Most of it.")
	w.Check(err)
	_, err = w.billing.Agree(ctx, w.aoi.Manager, d.ID, d.Proposals[0].ID)
	w.Check(err)
	w.drain()
	_, err = w.billing.Refund(ctx, w.aoi.Manager, refunded.ID, "Stopped.")
	w.Check(err)
	w.drain()
	w.deliver(lost)
	w.accept(lost)
	w.decide(w.contest(lost), false)
	w.Check(w.billing.AskWriteOff(ctx, w.aoi.Finance, w.aoi.ID, "receivable:client:"+w.aoi.ID.String(), "Not worth a court."))
	w.approve(w.runs(w.aoi.Administrator))
	w.contest(claimed)
	_, err = w.billing.Refund(ctx, w.aoi.Manager, asked.ID, "Stopped.")
	w.Check(err)
}

func TestEveryFormOfTheBooksBalancesAndEveryAmountLeadsBackToTheLedger(t *testing.T) {
	w := newWorld(t)
	w.aMonth()
	lines := map[string]bool{}
	var refs []string
	w.Check(w.DB.Gorm(ctx).Raw("SELECT 'entry:' || entry_id || ':' || line FROM ledger_postings WHERE company_id = ?", w.aoi.ID).Scan(&refs).Error)
	for _, ref := range refs {
		lines[ref] = true
	}
	want := balances(w.journal(books.Journal))
	between := func(account string) (sum int64) {
		w.Check(w.DB.Gorm(ctx).Raw("SELECT coalesce(-sum(amount), 0) FROM ledger_postings WHERE company_id = ? AND account LIKE ?", w.aoi.ID, account+"%").Scan(&sum).Error)
		return sum
	}
	for account, ledger := range map[string]string{"前渡金": "held:", "未収入金": "refund_payable:", "仮受金": "dispute_hold:", "未払金": "receivable:client:"} {
		if want[account] != between(ledger) {
			t.Errorf("the books have %d on %s, the ledger %d on %s", want[account], account, between(ledger), ledger)
		}
	}
	if want["雑収入"] >= 0 || want["仮受金"] >= 0 || want["未収入金"] <= 0 {
		t.Errorf("the month lacks something: %v", want)
	}
	for _, kind := range []books.Kind{books.Journal, books.MoneyForward, books.FreeeJournal, books.Yayoi} {
		list := w.journal(kind)
		if got := balances(list); !equal(got, want) {
			t.Errorf("%s has %v, the journal %v", kind, got, want)
		}
		for _, e := range list {
			for _, l := range slices.Concat(e.Debits, e.Credits) {
				if !lines[l.Ref] {
					t.Errorf("%s: %d on %s leads to %q, which is nowhere", kind, l.Amount, l.Account, l.Ref)
				}
			}
		}
	}
	for _, e := range w.journal(books.QuickBooks) {
		for _, l := range slices.Concat(e.Debits, e.Credits) {
			if !lines[l.Ref] {
				t.Errorf("QuickBooks: %d on %s leads to %q", l.Amount, l.Account, l.Ref)
			}
		}
	}
	deals, err := books.ReadDeals(bytes.NewReader(w.export(billing.ExportKind(books.FreeeDeals))))
	w.Check(err)
	var spent int64
	for _, d := range deals {
		for _, l := range d.Lines {
			if !lines[l.Ref] {
				t.Errorf("deals: %d on %s leads to %q", l.Amount, l.Account, l.Ref)
			}
			if d.Income {
				l.Amount = -l.Amount
			}
			if l.Account == "外注費" || l.Account == "支払手数料" {
				spent += l.Amount
			}
		}
	}
	if spent != want["外注費"]+want["支払手数料"] {
		t.Errorf("the deals spend %d, the journal %d", spent, want["外注費"]+want["支払手数料"])
	}
}

func equal(a, b map[string]int64) bool {
	for k := range a {
		if a[k] != b[k] {
			return false
		}
	}
	return len(a) == len(b)
}

func TestPayoutsEndWithWhatIsUnexplainedAndSumToTheDeposits(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	c := w.contract(design)(100_000, 200_000)
	for _, m := range c.Milestones {
		w.fund(m)
		w.deliver(m)
		w.accept(m)
	}
	w.payday()
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(w.export(billing.ExportPayouts)), "\ufeff"))).ReadAll()
	w.Check(err)
	last := rows[len(rows)-1]
	if last[0] != "unexplained" || last[14] != "0" {
		t.Errorf("the last row is %v", last)
	}
	var amounts, deposits int64
	for _, row := range rows[1:] {
		n, _ := strconv.ParseInt(row[14], 10, 64)
		d, _ := strconv.ParseInt(row[15], 10, 64)
		amounts, deposits = amounts+n, deposits+d
		if row[0] != "unexplained" && row[17] == "" {
			t.Errorf("%v leads nowhere", row)
		}
	}
	if amounts != deposits || deposits != 99_790+199_580 {
		t.Errorf("lines sum to %d, deposits to %d", amounts, deposits)
	}
	w.Exec("UPDATE payouts SET amount = amount + 7")
	if file := string(w.export(billing.ExportPayouts)); !strings.Contains(file, "unexplained,,,,,,,,,,,,,,7,,JPY,") {
		t.Errorf("what no line explains is not shown:\n%s", file)
	}
}

func TestAnExportThatIsMadeInTheBackgroundIsTheSameFileAndStandsInTheLogWithItsHash(t *testing.T) {
	w := newWorld(t)
	w.fund(w.contract()(100_000).Milestones[0])
	direct := w.export("moneyforward")
	run, err := w.billing.StartExport(ctx, w.aoi.Finance, w.order("moneyforward"))
	w.Check(err)
	var file bytes.Buffer
	part := func(who market.Actor, n int) error {
		file.Reset()
		d, err := w.billing.DownloadPart(ctx, who, run.ID, n)
		if err != nil {
			return err
		}
		return d.Write(&file)
	}
	w.wantErr(part(w.aoi.Finance, 1), billing.ErrNotMade)
	w.Check(w.billing.MakeExport(ctx, run.ID))
	w.Check(w.billing.MakeExport(ctx, run.ID)) // a job may run twice
	w.Check(part(w.aoi.Finance, 1))
	if !bytes.Equal(file.Bytes(), direct) {
		t.Errorf("in the background it is\n%s\nand was\n%s", file.Bytes(), direct)
	}
	w.wantErr(part(w.aoi.Finance, 2), market.ErrNotFound)
	w.wantErr(part(w.aoi.Manager, 1), market.ErrForbidden)
	w.wantErr(part(w.Company("Ben").Finance, 1), market.ErrNotFound)
	made, err := w.billing.ExportsMade(ctx, w.aoi.Finance, w.aoi.ID)
	w.Check(err)
	if len(made) != 2 || made[0].Parts[0] != made[1].Parts[0] || len(made[0].Parts[0].SHA256) != 64 || made[0].Records != 1 || made[0].By == "" {
		t.Errorf("the log has %+v", made)
	}
	w.Exec("UPDATE runs SET created_at = ?", w.Clock.Now().Add(-8*day24))
	w.wantErr(part(w.aoi.Finance, 1), billing.ErrNotMade)
	w.Check(w.billing.ForgetExports(ctx))
	if n := w.Count("SELECT count(*) FROM export_pieces"); n != 0 {
		t.Errorf("%d pieces are kept", n)
	}
}

func TestNamesAreTheCompanysOwnAndAMissingOneSaysWhereToGiveIt(t *testing.T) {
	w := newWorld(t)
	w.fund(w.contract()(100_000).Milestones[0])
	name := func(field books.Field, key, value string) error {
		_, err := w.billing.NameBooks(ctx, w.aoi.Finance, w.aoi.ID, books.ToFreee, []billing.BookName{{Field: field, Key: key, Value: value}})
		return err
	}
	w.Check(name(books.AccountField, "advance", "前払費用"))
	if got := balances(w.journal(books.FreeeJournal)); got["前払費用"] != 105_500+10_000 {
		t.Errorf("the books say %v", got)
	}
	if got := balances(w.journal(books.MoneyForward)); got["前渡金"] == 0 {
		t.Errorf("another program's names changed: %v", got)
	}
	w.Check(name(books.AccountField, "advance", ""))
	_, err := w.billing.Export(ctx, w.aoi.Finance, w.order("freee-journal"), books.One(io.Discard))
	w.wantErr(err, billing.ErrUnmapped)
	if !strings.Contains(err.Error(), "advance") {
		t.Errorf("it does not say what is missing: %v", err)
	}
	run, err := w.billing.StartExport(ctx, w.aoi.Finance, w.order("freee-journal"))
	w.Check(err)
	w.Check(w.billing.MakeExport(ctx, run.ID))
	run, err = w.billing.ExportRun(ctx, w.aoi.Finance, run.ID)
	w.Check(err)
	if run.State != jobs.Failed || run.Problem == nil || !strings.Contains(run.Problem.Error(), "advance") {
		t.Errorf("the run ended as %+v", run)
	}
	tried := []billing.BookName{{Field: books.AccountField, Key: "advance", Value: "前払金"}}
	p, err := w.billing.PreviewExport(ctx, w.aoi.Finance, w.order("freee-journal"), tried, 5)
	w.Check(err)
	if len(p.Rows) != 1 || p.Rows[0][3] != "前払金" || p.Entries != 1 || p.Example {
		t.Errorf("tried out, it looks like %+v", p)
	}
	w.wantErr(name(books.AccountField, "coffee", "x"), billing.ErrName)
	w.wantErr(name(books.AccountField, "advance", strings.Repeat("x", 101)), billing.ErrName)
	w.wantErr(name(books.DimensionField, "department", "colour"), billing.ErrName)
	_, err = w.billing.NameBooks(ctx, w.aoi.Manager, w.aoi.ID, books.ToFreee, nil)
	w.wantErr(err, market.ErrForbidden)
	_, err = w.billing.Chart(ctx, w.aoi.Finance, w.aoi.ID, "excel")
	w.wantErr(err, billing.ErrTarget)
	if n := w.Count("SELECT count(*) FROM audit WHERE action = 'books.name'"); n != 2 {
		t.Errorf("%d changes stand in the log", n)
	}
}

func TestAnExportIsRefusedBeforeItBeginsAndAnEmptyPeriodShowsAnExample(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		change func(*billing.ExportOrder)
		want   error
	}{
		{func(o *billing.ExportOrder) { o.Kind = "xlsx" }, billing.ErrExportKind},
		{func(o *billing.ExportOrder) { o.From = o.To.AddDays(1) }, billing.ErrExportDays},
		{func(o *billing.ExportOrder) { o.From = civil.Date{} }, billing.ErrExportDays},
		{func(o *billing.ExportOrder) { o.Kind, o.Encoding = "yayoi", books.UTF8 }, billing.ErrEncoding},
		{func(o *billing.ExportOrder) { o.Company = uuid.New() }, market.ErrNotFound},
	} {
		o := w.order("journal")
		c.change(&o)
		_, err := w.billing.Export(ctx, w.aoi.Finance, o, books.One(io.Discard))
		w.wantErr(err, c.want)
	}
	w.Exec("UPDATE companies SET currency = 'USD' WHERE id = ?", w.aoi.ID)
	_, err := w.billing.Export(ctx, w.aoi.Finance, w.order("yayoi"), books.One(io.Discard))
	w.wantErr(err, billing.ErrYenOnly)
	w.Exec("UPDATE companies SET currency = 'JPY' WHERE id = ?", w.aoi.ID)
	p, err := w.billing.PreviewExport(ctx, w.aoi.Finance, w.order("yayoi"), nil, 10)
	w.Check(err)
	if !p.Example || len(p.Rows) != 2 || p.Rows[0][4] != "外注費" || p.Header[4] != "借方勘定科目" {
		t.Errorf("an empty period looks like %+v", p)
	}
	if n := w.Count("SELECT count(*) FROM audit WHERE action = 'export.made'"); n != 0 {
		t.Errorf("%d exports stand in the log, and none was made", n)
	}
}

// aBrokenPipe takes so many bytes and no more.
type aBrokenPipe struct{ left int }

var errBroken = errors.New("broken pipe")

func (p *aBrokenPipe) Write(b []byte) (int, error) {
	if p.left -= len(b); p.left < 0 {
		return 0, errBroken
	}
	return len(b), nil
}

func TestAReaderWhoGoesAwayEndsTheExportAndNothingIsLogged(t *testing.T) {
	w := newWorld(t)
	w.fund(w.contract()(100_000).Milestones[0])
	_, err := w.billing.Export(ctx, w.aoi.Finance, w.order("journal"), books.One(&aBrokenPipe{200}))
	w.wantErr(err, errBroken)
	if n := w.Count("SELECT count(*) FROM audit WHERE action = 'export.made'"); n != 0 {
		t.Errorf("%d exports stand in the log", n)
	}
}

func TestInsightTellsTheMoneyApartAndEveryTableSumsToTheSame(t *testing.T) {
	w := newWorld(t)
	w.aMonth()
	in, err := w.billing.Insight(ctx, w.aoi.Finance, w.aoi.ID, nil, nil)
	w.Check(err)
	var held int64
	w.Check(w.DB.Gorm(ctx).Raw("SELECT -sum(amount) FROM ledger_postings WHERE account LIKE 'held:%'").Scan(&held).Error)
	if in.Total.Held != held || in.Total.Funded <= in.Total.Held || in.Total.Paid <= 0 || in.Total.Committed <= 0 {
		t.Errorf("the totals are %+v, and %d is held", in.Total, held)
	}
	for _, by := range []billing.Dimension{billing.ByMonth, billing.ByPerson} {
		var sum billing.Figures
		for _, r := range in.Rows[by] {
			sum.Committed, sum.Funded, sum.Held, sum.Paid, sum.Due = sum.Committed+r.Committed, sum.Funded+r.Funded, sum.Held+r.Held, sum.Paid+r.Paid, sum.Due+r.Due
		}
		if sum != in.Total {
			t.Errorf("by %s it comes to %+v, in all to %+v", by, sum, in.Total)
		}
		var table bytes.Buffer
		w.Check(in.CSV(&table, by))
		rows, err := csv.NewReader(&table).ReadAll()
		w.Check(err)
		if len(rows) != len(in.Rows[by])+2 || rows[len(rows)-1][0] != "total" {
			t.Errorf("by %s the table is %v", by, rows)
		}
	}
	w.wantErr(in.CSV(io.Discard, "colour"), billing.ErrDimension)
	before := in.From.AddDays(-400)
	old, err := w.billing.Insight(ctx, w.aoi.Finance, w.aoi.ID, &before, &before)
	w.Check(err)
	if old.Total.Committed != 0 || old.Total.Funded != 0 || old.Total.Held != 0 || old.Total.Paid != 0 {
		t.Errorf("before anything was agreed there is %+v", old.Total)
	}
	_, err = w.billing.Insight(ctx, w.aoi.Manager, w.aoi.ID, nil, nil)
	w.wantErr(err, market.ErrForbidden)
}
