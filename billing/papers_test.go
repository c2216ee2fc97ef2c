package billing_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/billing/paper/papertest"
	"homecoming/market"
)

// paid is a contract whose milestones are accepted and transferred, with their papers.
func (w *world) paid(yen ...int64) billing.Contract {
	w.Helper()
	c := w.contract(design)(yen...)
	w.onboard()
	for _, m := range c.Milestones {
		w.fund(m)
		w.deliver(m)
		w.accept(m)
		w.Check(w.billing.WorkPapers(ctx, billing.PaperJob{Milestone: m.ID}))
	}
	w.Check(w.billing.WorkPapers(ctx, billing.PaperJob{Contract: c.ID}))
	return c
}

// papers are the company's, of a kind, in force or all.
func (w *world) papers(f billing.PaperFilter) []billing.Paper {
	w.Helper()
	list, err := w.billing.Papers(ctx, w.aoi.Finance, w.aoi.ID, f)
	w.Check(err)
	return list
}

// only is the one paper of a kind, whole.
func (w *world) only(kind billing.PaperKind) billing.Paper {
	w.Helper()
	list := w.papers(billing.PaperFilter{Kind: kind})
	if len(list) != 1 {
		w.Fatalf("%d documents of kind %s", len(list), kind)
	}
	p, err := w.billing.Paper(ctx, w.aoi.Finance, list[0].ID)
	w.Check(err)
	return p
}

func TestAStatementComesToWhatTheLedgerMovedToTheYen(t *testing.T) {
	w := newWorld(t)
	w.paid(333_333)
	p := w.only(billing.StatementPaper)
	if moved := -w.balance("memo:connected"); p.Amount != moved || p.Amount == 0 {
		t.Errorf("the statement comes to %d, the books moved %d", p.Amount, moved)
	}
	f, err := papertest.Read(p.PDF)
	w.Check(err)
	text := strings.Join(f.Lines(), "\n")
	for _, want := range []string{market.Yen(p.Amount).String(), "¥33,333", "−¥34,033", p.Number()} {
		if !strings.Contains(text, want) {
			t.Errorf("%s does not stand on the statement:\n%s", want, text)
		}
	}
	if q, category, has := p.Sums(); !has || category != "design" || q.Fee != 333_333 || q.Tax != 33_333 || q.Withheld != 34_033 || q.Net != p.Amount {
		t.Errorf("its sums are %+v for %s", q, category)
	}
	receipt := w.only(billing.ReceiptPaper)
	if _, _, has := receipt.Sums(); has {
		t.Error("a receipt has sums of a statement")
	}
	if earned := -w.balance("platform_fee") - w.balance("consumption_tax"); receipt.Amount != earned {
		t.Errorf("the receipt comes to %d, the books earned %d", receipt.Amount, earned)
	}
	w.Clock.Advance(45 * 24 * time.Hour)
	if _, err := w.billing.IssuePeriods(ctx); err != nil {
		t.Fatal(err)
	}
	month := w.Today().AddDays(-31).String()[:7]
	issued := map[billing.PaperKind]int64{}
	for _, kind := range []billing.PaperKind{billing.MonthlyPaper, billing.WithholdingPaper} {
		list, err := w.billing.IssuePeriod(ctx, w.aoi.Finance, w.aoi.ID, kind, p.IssuedOn.String()[:7])
		w.Check(err)
		if len(list) != 1 || list[0].Version != 1 {
			t.Fatalf("%s: %d documents for %s", kind, len(list), month)
		}
		issued[kind] = list[0].Amount
	}
	if issued[billing.MonthlyPaper] != p.Amount {
		t.Errorf("the month comes to %d, its statement to %d", issued[billing.MonthlyPaper], p.Amount)
	}
	if withheld := -w.balance("withheld_tax:" + w.aoi.ID.String()); issued[billing.WithholdingPaper] != withheld || withheld == 0 {
		t.Errorf("%d is to be paid in, the books withheld %d", issued[billing.WithholdingPaper], withheld)
	}
	_, err = w.billing.IssuePeriod(ctx, w.aoi.Finance, w.aoi.ID, billing.MonthlyPaper, w.Today().String()[:7])
	w.wantErr(err, billing.ErrPeriodNotOver)
}

func TestNumbersHaveNoGapsAndNoDoublesHoweverManyAreIssuedAtOnce(t *testing.T) {
	w := newWorld(t)
	c := w.contract()(100_000, 110_000, 120_000, 130_000)
	w.onboard()
	var jobs []func() error
	for _, m := range c.Milestones {
		w.fund(m)
		w.deliver(m)
		w.accept(m)
		job := func() error { return w.billing.WorkPapers(ctx, billing.PaperJob{Milestone: m.ID}) }
		jobs = append(jobs, job, job)
	}
	for i, err := range w.Together(jobs...) {
		if err != nil {
			t.Errorf("job %d: %v", i, err)
		}
	}
	seen := map[int]bool{}
	for _, p := range w.papers(billing.PaperFilter{Kind: billing.StatementPaper, Versions: true, Limit: 100}) {
		if p.Version != 1 || seen[p.Serial] {
			t.Errorf("%s version %d is there twice", p.Number(), p.Version)
		}
		seen[p.Serial] = true
	}
	for n := 1; n <= 4; n++ {
		if !seen[n] {
			t.Errorf("there is no number %d among %v", n, seen)
		}
	}
}

func TestACorrectionIsANewVersionThatNamesTheOldWhichStaysAsItWas(t *testing.T) {
	w := newWorld(t)
	w.paid(100_000)
	before := w.only(billing.StatementPaper)
	same, err := w.billing.Reissue(ctx, w.aoi.Finance, before.ID)
	w.Check(err)
	if same.ID != before.ID {
		t.Error("nothing has changed, and there is another version")
	}
	w.Exec("UPDATE people SET registration_number = 'T1234567890123' WHERE id = ?", w.yumi.PersonID)
	after, err := w.billing.Reissue(ctx, w.aoi.Finance, before.ID)
	w.Check(err)
	if after.Version != 2 || after.Number() != before.Number() || !after.Latest || !strings.Contains(after.Data, before.DataHash) {
		t.Errorf("corrected: %s version %d", after.Number(), after.Version)
	}
	kept, err := w.billing.Paper(ctx, w.aoi.Finance, before.ID)
	w.Check(err)
	if kept.Latest || kept.Data != before.Data || !bytes.Equal(kept.PDF, before.PDF) {
		t.Error("the first version is not what it was")
	}
	_, err = w.billing.ConfirmPaper(ctx, w.yumi.Actor, before.ID, before.DataHash, billing.ByPage)
	w.wantErr(err, billing.ErrOtherVersion)
	for _, change := range []string{"UPDATE issued_documents SET amount = 1", "DELETE FROM issued_documents", "TRUNCATE issued_documents CASCADE", "DELETE FROM document_answers WHERE true"} {
		if err := w.DB.Gorm(ctx).Exec(change).Error; err == nil && !strings.Contains(change, "answers") {
			t.Errorf("%s was let through", change)
		}
	}
}

func TestSilenceConfirmsAStatementOnlyAfterTheAgreedDaysAndNeverOverAnObjection(t *testing.T) {
	w := newWorld(t)
	w.paid(100_000, 200_000, 300_000)
	list := w.papers(billing.PaperFilter{Kind: billing.StatementPaper})
	silent, spoken, contested := list[0], list[1], list[2]
	_, err := w.billing.ConfirmPaper(ctx, w.yumi.Actor, spoken.ID, contested.DataHash, billing.ByPage)
	w.wantErr(err, billing.ErrOtherVersion)
	_, err = w.billing.ConfirmPaper(ctx, w.aoi.Manager, spoken.ID, spoken.DataHash, billing.ByPage)
	w.wantErr(err, market.ErrForbidden)
	confirmed, err := w.billing.ConfirmPaper(ctx, w.yumi.Actor, spoken.ID, spoken.DataHash, billing.ByAPI)
	w.Check(err)
	if e := confirmed.Evidence; len(e) != 1 || *e[0].PersonID != w.yumi.PersonID || e[0].Means != "api" || e[0].DataHash != spoken.DataHash || e[0].At.IsZero() {
		t.Errorf("the evidence is %+v", e)
	}
	_, err = w.billing.ConfirmPaper(ctx, w.yumi.Actor, spoken.ID, spoken.DataHash, billing.ByPage)
	w.wantErr(err, billing.ErrAnswered)
	_, err = w.billing.ObjectToPaper(ctx, w.yumi.Actor, contested.ID, contested.DataHash, "The day is wrong.", billing.ByPage)
	w.Check(err)

	w.Clock.Advance(silent.ConfirmBy.Sub(w.Clock.Now()) - time.Second)
	w.wantDeemed(0)
	w.Clock.Advance(time.Second)
	w.wantDeemed(1)
	w.wantDeemed(0)
	p, err := w.billing.Paper(ctx, w.yumi.Actor, silent.ID)
	w.Check(err)
	if p.Answer != billing.Deemed || p.Evidence[0].PersonID != nil || p.Evidence[0].Means != "silence" {
		t.Errorf("silence left %s: %+v", p.Answer, p.Evidence)
	}
	again, err := w.billing.ConfirmPaper(ctx, w.yumi.Actor, contested.ID, contested.DataHash, billing.ByPage)
	w.Check(err)
	if again.Answer != billing.Confirmed || len(again.Evidence) != 2 {
		t.Errorf("confirmed after all: %s, %d answers", again.Answer, len(again.Evidence))
	}
}

func (w *world) wantDeemed(want int) {
	w.Helper()
	if n, err := w.billing.DeemConfirmed(ctx); err != nil || n != want {
		w.Fatalf("%d are taken to be confirmed (%v), not %d", n, err, want)
	}
}

func TestDocumentsAreFoundByDayAmountAndCounterpartyAndByAnyTwo(t *testing.T) {
	w := newWorld(t)
	w.paid(100_000, 200_000)
	all := w.papers(billing.PaperFilter{Kind: billing.StatementPaper})
	day, amount := all[0].Day, all[0].Amount
	earlier := day.AddDays(-1)
	for what, c := range map[string]struct {
		f    billing.PaperFilter
		want int
	}{
		"day":                     {billing.PaperFilter{From: &day, To: &day}, 2},
		"another day":             {billing.PaperFilter{To: &earlier}, 0},
		"amount":                  {billing.PaperFilter{Min: &amount, Max: &amount}, 1},
		"counterparty":            {billing.PaperFilter{Counterparty: "takahashi"}, 2},
		"another counterparty":    {billing.PaperFilter{Counterparty: "Okafor"}, 0},
		"day and amount":          {billing.PaperFilter{From: &day, Min: &amount, Max: &amount}, 1},
		"day and counterparty":    {billing.PaperFilter{From: &day, Counterparty: "Yumi"}, 2},
		"amount and counterparty": {billing.PaperFilter{Min: &amount, Max: &amount, Counterparty: "yumi"}, 1},
		"one that does not fit":   {billing.PaperFilter{To: &earlier, Counterparty: "yumi"}, 0},
	} {
		c.f.Kind = billing.StatementPaper
		if got := w.papers(c.f); len(got) != c.want {
			t.Errorf("by %s: %d found, not %d", what, len(got), c.want)
		}
	}
	_, err := w.billing.Papers(ctx, w.aoi.Manager, w.aoi.ID, billing.PaperFilter{})
	w.wantErr(err, market.ErrForbidden)
}

func TestAFileIsOursToTheLastByteOrNotAtAll(t *testing.T) {
	w := newWorld(t)
	w.paid(100_000)
	p := w.only(billing.StatementPaper)
	nobody := market.Actor{}
	v, err := w.billing.VerifyFile(ctx, nobody, p.PDF)
	w.Check(err)
	if !v.Ours || v.Number != p.Number() || v.Paper != nil {
		t.Errorf("anybody learns %+v", v)
	}
	for _, hash := range []string{p.DataHash, strings.ToUpper(p.PDFHash), " " + p.DataHash[:32] + " " + p.DataHash[32:]} {
		if v, err := w.billing.VerifyHash(ctx, w.yumi.Actor, hash); err != nil || v.Paper == nil || v.Paper.ID != p.ID {
			t.Errorf("%s: %+v %v", hash, v, err)
		}
	}
	for _, at := range []int{9, len(p.PDF) / 2, len(p.PDF) - 1} {
		tampered := bytes.Clone(p.PDF)
		tampered[at] ^= 1
		if v, err := w.billing.VerifyFile(ctx, nobody, tampered); err != nil || v.Ours {
			t.Errorf("with byte %d changed: %+v %v", at, v, err)
		}
	}
	for _, hash := range []string{"", "%", strings.Repeat("0", 64)} {
		if v, err := w.billing.VerifyHash(ctx, nobody, hash); err != nil || v.Ours {
			t.Errorf("%q: %+v %v", hash, v, err)
		}
	}
}

func TestAContractsFileIsItsDocumentOrAllOfThem(t *testing.T) {
	w := newWorld(t)
	c := w.contract()(100_000, 200_000)
	_, _, err := w.billing.ContractFile(ctx, w.aoi.Manager, c.ID, billing.StatementPaper)
	w.wantErr(err, billing.ErrNotIssuedYet)
	name, pdf, err := w.billing.ContractFile(ctx, w.yumi.Actor, c.ID, billing.NoticePaper) // no job has run
	w.Check(err)
	if v, err := w.billing.VerifyFile(ctx, w.yumi.Actor, pdf); err != nil || !v.Ours || !strings.HasPrefix(name, v.Number) {
		t.Errorf("%s: %+v %v", name, v, err)
	}
	w.onboard()
	for _, m := range c.Milestones {
		w.fund(m)
		w.deliver(m)
		w.accept(m)
	}
	name, pdf, err = w.billing.ContractFile(ctx, w.yumi.Actor, c.ID, billing.StatementPaper)
	w.Check(err)
	f, err := papertest.Read(pdf)
	w.Check(err)
	if len(f.Pages) != 2 || name != fmt.Sprintf("%s-ST.pdf", c.Label()) {
		t.Errorf("%s has %d pages", name, len(f.Pages))
	}
	_, _, err = w.billing.ContractFile(ctx, w.Company("Ben").Manager, c.ID, billing.NoticePaper)
	w.wantErr(err, market.ErrNotFound)
	_, err = w.billing.Paper(ctx, w.yumi.Actor, uuid.New())
	w.wantErr(err, market.ErrNotFound)
}
