package billing_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/billing/books"
	"homecoming/billing/zengin"
	"homecoming/market"
)

// TestTheTransferFileOfAPayRunIsWhatItWasByteByByte holds the file to the golden one, and reads it back. To write it anew:
// HOMECOMING_GOLDEN=write
func TestTheTransferFileOfAPayRunIsWhatItWasByteByByte(t *testing.T) {
	w := newWorld(t)
	w.pays(market.BankFile)
	a := w.bankAccount()
	w.payee()
	raw := w.sendRun(w.propose(a, w.owed(100_000, design), w.owed(250_000)))
	w.sendRun(w.propose(a, w.owed(30_000)))
	const golden = "testdata/zengin.txt"
	all, err := w.billing.TransferFiles(ctx, w.aoi.Finance, w.aoi.ID, nil, nil)
	w.Check(err)
	if os.Getenv("HOMECOMING_GOLDEN") == "write" {
		w.Check(os.WriteFile(golden, all, 0o600))
	}
	want, err := os.ReadFile(golden)
	w.Check(err)
	if !bytes.Equal(all, want) {
		t.Errorf("the file is\n%q\nand was\n%q", all, want)
	}
	if !bytes.HasPrefix(all, raw) {
		t.Error("the files of some days do not begin with the first run's own")
	}
	var paid []int64
	for file := range bytes.SplitAfterSeq(all, []byte("\r\n9"+strings.Repeat(" ", 119)+"\r\n")) {
		if len(file) == 0 {
			continue
		}
		f, err := zengin.Read(bytes.NewReader(file), w.Today())
		w.Check(err)
		for _, transfer := range f.Transfers {
			paid = append(paid, transfer.Amount)
		}
	}
	if !slices.Equal(paid, []int64{99_790, 275_000, 33_000}) {
		t.Errorf("read back, it pays %v", paid)
	}
	from := w.Today().AddDays(2)
	_, err = w.billing.TransferFiles(ctx, w.aoi.Finance, w.aoi.ID, &from, nil)
	w.wantErr(err, market.ErrNotFound)
}

// wantBooks holds the company's own books to balances; accounts that came to nothing need not be named.
func (w *world) wantBooks(step string, want map[string]int64) {
	w.Helper()
	got := balances(w.journal(books.Journal))
	for account, amount := range got {
		if want[account] != amount {
			w.Errorf("%s, the books have %d on %s, want %d", step, amount, account, want[account])
		}
	}
	if len(got) < len(want) {
		w.Errorf("%s, the books have only %v", step, got)
	}
}

func TestWorkPaidFromTheCompanysBankIsACostAtAcceptanceAndLeavesItsBankInTwoParts(t *testing.T) {
	w := newWorld(t)
	w.pays(market.BankFile)
	a := w.bankAccount()
	w.payee()
	m := w.owed(100_000, design)
	w.wantBooks("accepted", map[string]int64{"外注費": 110_000, "支払手数料": 5_500, "未払金": -115_500})
	deals, err := books.ReadDeals(bytes.NewReader(w.export(billing.ExportKind(books.FreeeDeals))))
	w.Check(err)
	var due int64
	for _, l := range deals[0].Lines {
		due += l.Amount
	}
	if len(deals) != 1 || due != 99_790+5_500 || deals[0].PaidOn != nil || *deals[0].Due != *m.PayBy {
		t.Errorf("the deal is %+v", deals)
	}
	r := w.propose(a, m)
	w.sendRun(r)
	w.wantBooks("sent", map[string]int64{"外注費": 110_000, "支払手数料": 5_500, "未払金": -105_290, "預り金": -10_210})
	w.says(a, "20261124,99790,,ﾀｶﾊｼ ﾕﾐ")
	w.wantBooks("paid", map[string]int64{"外注費": 110_000, "支払手数料": 5_500, "未払金": -5_500, "預り金": -10_210, "当座預金": -99_790})
	if n := w.Count("SELECT count(*) FROM ledger_entries WHERE kind = 'withheld' AND booked_on = ?", r.PayOn); n != 1 {
		t.Error("the tax was not withheld on the day of payment")
	}
	_, err = w.billing.NameBooks(ctx, w.aoi.Finance, w.aoi.ID, books.ToFreee, []billing.BookName{{Field: books.OwnField, Key: a.ID.String(), Value: "当座預金"}})
	w.Check(err)
	for _, kind := range []books.Kind{books.MoneyForward, books.FreeeJournal, books.Yayoi} {
		if got := balances(w.journal(kind)); !equal(got, balances(w.journal(books.Journal))) {
			t.Errorf("%s has %v", kind, got)
		}
	}
}

func TestEachOfTheCompanysBankAccountsHasANameOfItsOwnInTheBooks(t *testing.T) {
	w := newWorld(t)
	w.pays(market.BankFile)
	main := w.bankAccount()
	other := main
	other.Name, other.Kind, other.Number = "給与口座", billing.OrdinaryAccount, "7654321"
	other, err := w.billing.AddBankAccount(ctx, w.aoi.Finance, w.aoi.ID, other)
	w.Check(err)
	w.payee()
	w.sendRun(w.propose(main, w.owed(100_000)))
	w.says(main, "20261124,110000,,ﾀｶﾊｼ ﾕﾐ")
	w.sendRun(w.propose(other, w.owed(200_000)))
	w.says(other, "20261201,220000,,ﾀｶﾊｼ ﾕﾐ")
	paidFrom := func(kind books.Kind) (named []string) {
		for _, e := range w.journal(kind) {
			for _, l := range e.Credits {
				if l.Amount == 110_000 || l.Amount == 220_000 {
					named = append(named, l.Account+"/"+l.Sub)
				}
			}
		}
		return named
	}
	name := func(target books.Target, names ...billing.BookName) error {
		_, err := w.billing.NameBooks(ctx, w.aoi.Finance, w.aoi.ID, target, names)
		return err
	}
	for kind, want := range map[books.Kind][]string{books.MoneyForward: {"当座預金/Main", "普通預金/給与口座"}, books.FreeeJournal: {"Main/", "給与口座/"}, books.QuickBooks: {"Checking:Main/", "Checking:給与口座/"}} {
		if got := paidFrom(kind); !slices.Equal(got, want) {
			t.Errorf("%s has them as %q, want %q", kind, got, want)
		}
	}
	w.Check(name(books.ToYayoi, billing.BookName{Field: books.OwnField, Key: main.ID.String(), Value: "みずほ当座"}, billing.BookName{Field: books.OwnSubField, Key: main.ID.String()},
		billing.BookName{Field: books.AccountField, Key: "bank", Value: "現預金"}))
	if got := paidFrom(books.Yayoi); !slices.Equal(got, []string{"みずほ当座/", "現預金/給与口座"}) {
		t.Errorf("with names of its own, Yayoi has them as %q", got)
	}
	w.wantErr(name(books.ToYayoi, billing.BookName{Field: books.OwnField, Key: uuid.NewString(), Value: "x"}), billing.ErrName)
}

func TestWorkPaidOnAcceptanceIsOwedInTheCompanysBooksUntilItIsCharged(t *testing.T) {
	w := newWorld(t)
	w.pays(market.OnAcceptance)
	w.onboard()
	m := w.owed(100_000, design)
	w.wantBooks("accepted", map[string]int64{"外注費": 110_000, "支払手数料": 5_500, "未払金": -115_500})
	w.toCharge(m)
	w.fund(m)
	charged := map[string]int64{"外注費": 110_000, "支払手数料": 5_500, "預り金": -10_210, "普通預金": -105_290}
	w.wantBooks("charged", charged)
	other := w.owed(100_000, design)
	w.toCharge(other)
	b := w.awaits(other)
	w.send(b, b.Amount, b.Reference)
	w.wantState(other, billing.MilestoneReleased)
	for account := range charged {
		charged[account] *= 2
	}
	w.wantBooks("charged by bank transfer", charged)
}

func TestPayoutsShowPaymentsFromTheCompanysBankAndExplainThem(t *testing.T) {
	w := newWorld(t)
	w.pays(market.BankFile)
	a := w.bankAccount()
	w.payee()
	one, other := w.owed(100_000, design), w.owed(50_000)
	w.sendRun(w.propose(a, one, other))
	w.says(a, "20261124,99790,,ﾀｶﾊｼ ﾕﾐ", "20261126,,99790,ﾌﾘｺﾐﾌﾉｳ ﾀｶﾊｼ ﾕﾐ", "20261124,55000,,ﾀｶﾊｼ ﾕﾐ")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(w.export(billing.ExportPayouts)), "\ufeff"))).ReadAll()
	w.Check(err)
	sums, states := map[string]int64{}, map[string]int{}
	for _, row := range rows[1:] {
		amount, _ := strconv.ParseInt(row[14], 10, 64)
		deposit, _ := strconv.ParseInt(row[15], 10, 64)
		sums["amounts"], sums["deposits"] = sums["amounts"]+amount, sums["deposits"]+deposit
		states[row[0]+" "+row[3]]++
		if row[0] == "unexplained" {
			continue
		}
		if e, err := w.billing.Explain(ctx, w.aoi.Finance, w.aoi.ID, row[17]); err != nil || !e.Has("acceptance") || !e.Has("payout") || !e.Has("bank_line") {
			t.Errorf("%v is explained by %+v (%v)", row, e, err)
		}
	}
	if rows[len(rows)-1][14] != "0" || sums["amounts"] != sums["deposits"] || sums["deposits"] != 55_000 {
		t.Errorf("it sums to %v:\n%v", sums, rows)
	}
	if states["payout paid"] != 1 || states["line paid"] != 1 || states["returned failed"] != 1 {
		t.Errorf("it has %v", states)
	}
	lines, err := w.billing.BankLines(ctx, w.aoi.Finance, a.ID, uuid.Nil, 10)
	w.Check(err)
	if len(lines) != 3 {
		t.Fatalf("%d lines", len(lines))
	}
	for _, l := range lines {
		if e, err := w.billing.Explain(ctx, w.aoi.Finance, w.aoi.ID, "bank_line:"+l.ID.String()); err != nil || !e.Has("contract") {
			t.Errorf("%s is explained by %+v (%v)", l.Description, e, err)
		}
	}
}

// exceptions are what a reconciliation finds, by kind, each with what the ledger and the other side have.
func (w *world) exceptions() map[billing.ExceptionKind][2]int64 {
	w.Helper()
	found := map[billing.ExceptionKind][2]int64{}
	for _, e := range w.reconcile().Exceptions {
		found[e.Kind] = [2]int64{e.Ledger, e.Other}
	}
	return found
}

func TestPaymentsFromTheCompanysBankAreHeldAgainstItsStatements(t *testing.T) {
	w := newWorld(t)
	w.pays(market.BankFile)
	a := w.bankAccount()
	w.payee()
	m := w.owed(100_000)
	w.sendRun(w.propose(a, m))
	w.reconciled()
	w.Clock.Advance(4 * 24 * time.Hour)
	if got := w.exceptions(); len(got) != 1 || got[billing.MissingAtBank] != [2]int64{110_000, 0} {
		t.Errorf("nobody misses a payment that no statement shows: %v", got)
	}
	w.says(a, "20261124,110000,,ﾀｶﾊｼ ﾕﾐ")
	w.reconciled()
	say := func(less int) { // behind the trigger's back
		w.Exec(fmt.Sprintf("DO $$ BEGIN SET LOCAL session_replication_role = replica; UPDATE bank_lines SET amount = amount - %d; END $$", less))
	}
	say(5)
	if got := w.exceptions(); len(got) != 1 || got[billing.WrongAmount] != [2]int64{-110_000, -110_005} {
		t.Errorf("a line of another amount is found as %v", got)
	}
	say(-5)
	w.says(a, "20261130,,110000,ﾌﾘｺﾐﾌﾉｳ ﾀｶﾊｼ ﾕﾐ")
	if got := w.exceptions(); len(got) != 1 || got[billing.ReturnedPayout] != [2]int64{110_000, 0} {
		t.Errorf("a payment that came back is found as %v", got)
	}
	w.sendRun(w.propose(a, m))
	w.reconciled()
}

func TestAMonthDoesNotCloseOverPaymentsThatNoStatementConfirms(t *testing.T) {
	w := newWorld(t)
	w.pays(market.BankFile)
	a := w.bankAccount()
	w.payee()
	w.sendRun(w.propose(a, w.owed(100_000)))
	w.propose(a, w.owed(200_000))
	statement, err := w.billing.UploadStatement(ctx, w.aoi.Finance, a.ID, "november.csv", []byte("日付,出金,入金,摘要\n20261124,110000,,ﾀｶﾊｼ ﾕﾐ\n"))
	w.Check(err)
	w.Clock.Set(time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC))
	w.reconcile()
	left := func() map[string]int {
		v, err := w.billing.Month(ctx, w.aoi.Finance, w.aoi.ID, day("2026-11-01"))
		w.Check(err)
		of := map[string]int{}
		for _, c := range v.Checks {
			if c.Left > 0 {
				of[c.Key] = c.Left
			}
		}
		return of
	}
	if got := left(); got["payments"] != 1 || got["statements"] != 1 || got["runs"] != 1 {
		t.Errorf("before the statement is imported, %v is left", got)
	}
	_, err = w.billing.CloseMonth(ctx, w.aoi.Finance, w.aoi.ID, day("2026-11-01"))
	w.wantErr(err, billing.ErrMonthNotReady)
	_, err = w.billing.ImportStatement(ctx, w.aoi.Finance, statement.ID, nil)
	w.Check(err)
	_, err = w.billing.MatchPayments(ctx, a.ID)
	w.Check(err)
	if got := left(); len(got) != 1 || got["runs"] != 1 {
		t.Errorf("after it, %v is left", got)
	}
	w.closeNovember()
}
