package billing_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/market"
)

// account lists a current account of Aoi's.
func (w *world) bankAccount() billing.BankAccount {
	w.Helper()
	a, err := w.billing.AddBankAccount(ctx, w.aoi.Finance, w.aoi.ID, billing.BankAccount{Name: "Main", Consignor: "1234567890",
		BankDetails: billing.BankDetails{Bank: "0001", BankName: "ミズホ", Branch: "001", BranchName: "トウキョウ", Kind: billing.CurrentAccount, Number: "1234567", Holder: "株式会社アオイ"}})
	w.Check(err)
	return a
}

// take uploads a statement and imports it as it was understood.
func (w *world) take(a billing.BankAccount, file string) billing.BankStatement {
	w.Helper()
	b, err := w.billing.UploadStatement(ctx, w.aoi.Finance, a.ID, `C:\Users\me\statement.csv`, []byte(file))
	w.Check(err)
	b, err = w.billing.ImportStatement(ctx, w.aoi.Finance, b.ID, nil)
	w.Check(err)
	return b
}

const november = "日付,摘要,出金,入金,残高\n2026/11/20,フリコミ ミドリ,,100000,100000\n2026/11/20,フリコミ ミドリ,,100000,200000\n2026/11/24,タカハシ,99790,,100210\n"

func TestImportingTheSameOrAnOverlappingStatementChangesNothing(t *testing.T) {
	w := newWorld(t)
	a := w.bankAccount()
	first := w.take(a, november)
	if first.Lines != 3 || first.Fresh != 3 || first.FileName != "statement.csv" || *first.FromOn != w.Today().AddDays(-3) {
		t.Fatalf("%+v", first)
	}
	if again := w.take(a, november); again.ID != first.ID || again.Fresh != 3 {
		t.Errorf("the same file again: %+v", again)
	}
	next := w.take(a, november+"2026/11/25,手数料,145,,100065\n2026/11/25,手数料,145,,99920\n")
	if next.Lines != 5 || next.Fresh != 2 || next.Known() != 3 {
		t.Errorf("an overlapping file: %+v", next)
	}
	lines, err := w.billing.BankLines(ctx, w.aoi.Finance, a.ID, uuid.Nil, 100)
	w.Check(err)
	var sum int64
	for _, l := range lines {
		sum += l.Amount
	}
	if len(lines) != 5 || sum != 99_920 {
		t.Errorf("%d lines that come to %d", len(lines), sum)
	}
}

func TestImportingTwoOverlappingStatementsAtOnceKeepsEachLineOnce(t *testing.T) {
	w := newWorld(t)
	a := w.bankAccount()
	var imports []func() error
	for _, more := range []string{"", "2026/11/25,a,1,,1\n", "2026/11/25,a,1,,1\n2026/11/26,b,1,,0\n"} {
		b, err := w.billing.UploadStatement(ctx, w.aoi.Finance, a.ID, "s.csv", []byte(november+more))
		w.Check(err)
		imports = append(imports, func() error { _, err := w.billing.ImportStatement(ctx, w.aoi.Finance, b.ID, nil); return err })
	}
	for _, err := range w.Together(imports...) {
		w.Check(err)
	}
	if n := w.Count("SELECT count(*) FROM bank_lines"); n != 5 {
		t.Errorf("%d lines, want 5", n)
	}
}

func TestAMappingIsAskedForOnceAndRemembered(t *testing.T) {
	w := newWorld(t)
	a := w.bankAccount()
	const odd = "いつ,なに,いくら\n2026/11/20,ミドリ,100\n"
	b, err := w.billing.UploadStatement(ctx, w.aoi.Finance, a.ID, "odd.csv", []byte(odd))
	w.Check(err)
	if b.Mapping != nil || strings.Join(b.Headings(), " ") != "いつ なに いくら" {
		t.Fatalf("%+v of %v", b.Mapping, b.Headings())
	}
	_, err = w.billing.ImportStatement(ctx, w.aoi.Finance, b.ID, nil)
	w.wantErr(err, billing.ErrMappingIncomplete)
	_, err = w.billing.ImportStatement(ctx, w.aoi.Finance, b.ID, &billing.StatementMapping{Day: "いつ", Amount: "金額"})
	w.wantErr(err, billing.ErrNoHeadings)
	_, err = w.billing.ImportStatement(ctx, w.aoi.Finance, b.ID, &billing.StatementMapping{Day: "いつ", Amount: "いくら", Name: "なに"})
	w.Check(err)
	if next := w.take(a, odd+"2026/11/21,ミドリ,200\n"); next.Fresh != 1 {
		t.Errorf("%+v", next)
	}
}

func TestAStatementThatWasMixedUpIsTakenBackUntilALineOfItIsMatched(t *testing.T) {
	w := newWorld(t)
	a := w.bankAccount()
	b := w.take(a, november)
	w.Check(w.billing.DiscardStatement(ctx, w.aoi.Finance, b.ID))
	if n := w.Count("SELECT count(*) FROM bank_lines"); n != 0 {
		t.Errorf("%d lines are left", n)
	}
	again := w.take(a, november)
	if again.ID == b.ID || again.Fresh != 3 {
		t.Errorf("%+v", again)
	}
	w.Check(w.DB.Gorm(ctx).Exec("UPDATE bank_lines SET matched_kind = 'entry', matched_at = now() WHERE row = 2").Error)
	w.wantErr(w.billing.DiscardStatement(ctx, w.aoi.Finance, again.ID), billing.ErrStatementUsed)
	if w.DB.Gorm(ctx).Exec("UPDATE bank_lines SET amount = 1 WHERE row = 2").Error == nil {
		t.Error("what the bank said was changed")
	}
}

func TestBankAccountsAndStatementsAreTheirCompanysAlone(t *testing.T) {
	w := newWorld(t)
	midori := w.Company("Midori")
	a := w.bankAccount()
	b := w.take(a, november)
	for who, want := range map[*market.Actor]error{&w.aoi.Manager: market.ErrForbidden, &midori.Finance: market.ErrNotFound, &w.yumi.Actor: market.ErrForbidden} {
		_, err := w.billing.BankLines(ctx, *who, a.ID, uuid.Nil, 10)
		w.wantErr(err, want)
		_, _, err = w.billing.BankStatement(ctx, *who, b.ID)
		w.wantErr(err, want)
		_, err = w.billing.UploadStatement(ctx, *who, a.ID, "s.csv", []byte(november))
		w.wantErr(err, want)
		w.wantErr(w.billing.DiscardStatement(ctx, *who, b.ID), want)
	}
}

func TestABankAccountIsWrittenAsTheBanksDo(t *testing.T) {
	w := newWorld(t)
	a := w.bankAccount()
	if a.Holder != "ｶ)ｱｵｲ" || a.BankName != "ﾐｽﾞﾎ" || a.LedgerAccount() != "bank:"+a.ID.String() || a.Masked().Number != "••••567" {
		t.Errorf("%+v", a)
	}
	_, err := w.billing.AddBankAccount(ctx, w.aoi.Finance, w.aoi.ID, a)
	w.wantErr(err, billing.ErrBankAccountThere)
	_, err = w.billing.CloseBankAccount(ctx, w.aoi.Finance, a.ID)
	w.Check(err)
	_, err = w.billing.UploadStatement(ctx, w.aoi.Finance, a.ID, "s.csv", []byte(november))
	w.wantErr(err, billing.ErrBankAccountClosed)
	back, err := w.billing.AddBankAccount(ctx, w.aoi.Finance, w.aoi.ID, a)
	w.Check(err)
	if back.ID != a.ID || back.ClosedAt != nil {
		t.Errorf("%+v", back)
	}
	for _, wrong := range []func(*billing.BankAccount){
		func(a *billing.BankAccount) { a.Bank = "12" }, func(a *billing.BankAccount) { a.Number = "12345678" }, func(a *billing.BankAccount) { a.Kind = "gold" },
		func(a *billing.BankAccount) { a.Holder = "高橋" }, func(a *billing.BankAccount) { a.Consignor = "12" }, func(a *billing.BankAccount) { a.Name = " " },
	} {
		bad := a
		wrong(&bad)
		if _, err := w.billing.AddBankAccount(ctx, w.aoi.Finance, w.aoi.ID, bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}
