package billing_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/billing/gatewaytest"
	"homecoming/billing/zengin"
	"homecoming/market"
)

// pays makes the company's next contracts be paid in a way.
func (w *world) pays(by market.Rail) {
	w.Helper()
	_, err := w.Market.UpdateCompany(ctx, w.aoi.Administrator, w.aoi.ID, market.CompanyEdit{Rail: &by})
	w.Check(err)
}

// payee has the alumna say where she is paid.
func (w *world) payee() billing.BankDetails {
	w.Helper()
	d, err := w.billing.SetPayeeAccount(ctx, w.yumi.Actor, billing.BankDetails{Bank: "0005", BankName: "ミツビシUFJ", Branch: "123", BranchName: "シンジュク",
		Kind: billing.OrdinaryAccount, Number: "7654321", Holder: "タカハシ ユミ"})
	w.Check(err)
	return d
}

// owed is a milestone that was delivered and accepted, and waits for a pay run.
func (w *world) owed(yen int64, options ...func(*market.TaskDraft)) billing.Milestone {
	w.Helper()
	m := w.contract(options...)(yen).Milestones[0]
	w.deliver(m)
	return w.accept(m)
}

// propose has finance propose to pay milestones tomorrow, or when banks are open next.
func (w *world) propose(a billing.BankAccount, ms ...billing.Milestone) billing.PayRun {
	w.Helper()
	rules, err := w.billing.Rules(ctx, w.aoi.ID)
	w.Check(err)
	d := billing.PayRunDraft{Rail: market.BankFile, AccountID: a.ID, PayOn: rules.NextBusinessDay(w.Today().AddDays(1))}
	for _, m := range ms {
		d.Milestones = append(d.Milestones, m.ID)
	}
	r, err := w.billing.ProposePayRun(ctx, w.aoi.Finance, w.aoi.ID, d)
	w.Check(err)
	return r
}

// send approves a run, makes its file and gives it to the bank.
func (w *world) sendRun(r billing.PayRun) []byte {
	w.Helper()
	_, err := w.billing.ApprovePayRun(ctx, w.aoi.Approver, r.ID)
	w.Check(err)
	_, err = w.billing.FilePayRun(ctx, w.aoi.Finance, r.ID)
	w.Check(err)
	raw, err := w.billing.PayRunFile(ctx, w.aoi.Finance, r.ID)
	w.Check(err)
	_, err = w.billing.SendPayRun(ctx, w.aoi.Finance, r.ID)
	w.Check(err)
	return raw
}

// says imports a statement of lines "yyyymmdd,out,in,text" a week later, and lets them be matched.
func (w *world) says(a billing.BankAccount, lines ...string) int {
	w.Helper()
	w.Clock.Advance(7 * 24 * time.Hour)
	w.take(a, "日付,出金,入金,摘要\n"+strings.Join(lines, "\n")+"\n")
	n, err := w.billing.MatchPayments(ctx, a.ID)
	w.Check(err)
	return n
}

func (w *world) wantRun(id uuid.UUID, want billing.PayRunState) billing.PayRun {
	w.Helper()
	r, err := w.billing.PayRun(ctx, w.aoi.Finance, id)
	w.Check(err)
	if r.State != want {
		w.Fatalf("the pay run is %s, want %s", r.State, want)
	}
	return r
}

func TestWorkPaidFromTheCompanysBankIsOwedAtAcceptanceAndPaidWhenTheStatementSaysSo(t *testing.T) {
	w := newWorld(t)
	w.pays(market.BankFile)
	a, payee := w.bankAccount(), w.payee()
	m := w.owed(100_000, design)
	payable, cost, bank := "payable:"+w.yumi.PersonID.String(), "contract_cost:"+w.aoi.ID.String(), a.LedgerAccount()
	w.wantState(m, billing.MilestoneAccepted)
	w.wantBalances("accepted", map[string]int64{payable: -99_790, cost: 99_790, "receivable:client:" + w.aoi.ID.String(): 5_500, "platform_fee": -5_000, "consumption_tax": -500})

	r := w.propose(a, m)
	_, err := w.billing.ApprovePayRun(ctx, w.aoi.Finance, r.ID)
	w.wantErr(err, billing.ErrSamePerson)
	raw := w.sendRun(r)
	f, err := zengin.Read(bytes.NewReader(raw), w.Today())
	w.Check(err)
	to := zengin.Account{Bank: payee.Bank, BankName: payee.BankName, Branch: payee.Branch, BranchName: payee.BranchName, Kind: zengin.Ordinary, Number: payee.Number, Holder: "ﾀｶﾊｼ ﾕﾐ"}
	if len(f.Transfers) != 1 || f.Transfers[0].To != to || f.Transfers[0].Amount != 99_790 || f.Transfers[0].Reference != "00000010010000000001" || f.On != r.PayOn || f.From.Holder != "ｶ)ｱｵｲ" {
		t.Fatalf("%+v", f)
	}
	w.wantState(m, billing.MilestoneReleased)
	w.wantBalances("sent", map[string]int64{payable: 0, "bank_in_transit": -99_790, bank: 0})

	if n := w.says(a, "20261124,99790,,ﾀｶﾊｼ ﾕﾐ", "20261124,145,,ﾃｽｳﾘﾖｳ"); n != 1 {
		t.Fatalf("%d lines were matched", n)
	}
	w.wantState(m, billing.MilestonePaid)
	w.wantRun(r.ID, billing.RunConfirmed)
	w.wantBalances("paid", map[string]int64{"bank_in_transit": 0, bank: -99_790, cost: 99_790, "withheld_tax:" + w.aoi.ID.String(): -10_210})
	if again, err := w.billing.MatchPayments(ctx, a.ID); err != nil || again != 0 {
		t.Errorf("matched again: %d, %v", again, err)
	}
}

func TestATransferThatComesBackIsOwedAgainAndGoesWithAnotherRun(t *testing.T) {
	w := newWorld(t)
	w.pays(market.BankFile)
	a := w.bankAccount()
	w.payee()
	m := w.owed(100_000)
	payable := "payable:" + w.yumi.PersonID.String()
	first := w.propose(a, m)
	w.sendRun(first)
	if n := w.says(a, "20261124,110000,,ﾀｶﾊｼ ﾕﾐ", "20261126,,110000,ﾌﾘｺﾐﾌﾉｳ ﾀｶﾊｼ ﾕﾐ"); n != 2 {
		t.Fatalf("%d lines were matched", n)
	}
	w.wantState(m, billing.MilestonePayoutFailed)
	w.wantRun(first.ID, billing.RunPartlyReturned)
	w.wantBalances("came back", map[string]int64{payable: -110_000, a.LedgerAccount(): 0, "bank_in_transit": 0})
	w.Check(billing.CheckLedger(ctx, w.DB))

	d := w.payee()
	d.Number = "1111111"
	_, err := w.billing.SetPayeeAccount(ctx, w.yumi.Actor, d)
	w.Check(err)
	second := w.propose(a, m)
	w.wantState(m, billing.MilestonePayoutFailed)
	if raw := w.sendRun(second); !bytes.Contains(raw, []byte("1111111")) {
		t.Error("the file does not pay to the new account")
	}
	w.wantBalances("sent again", map[string]int64{payable: 0, "bank_in_transit": -110_000})
	w.says(a, "20261201,110000,,ﾀｶﾊｼ ﾕﾐ")
	w.wantState(m, billing.MilestonePaid)
	w.wantBalances("paid", map[string]int64{payable: 0, a.LedgerAccount(): -110_000, "bank_in_transit": 0})
}

func TestOneLineForTheWholeRunConfirmsAllOfIt(t *testing.T) {
	w := newWorld(t)
	w.pays(market.BankFile)
	a := w.bankAccount()
	w.payee()
	ms := []billing.Milestone{w.owed(100_000), w.owed(200_000), w.owed(100_000)}
	r := w.propose(a, ms...)
	w.sendRun(r)
	if n := w.says(a, "20261124,440000,,ｿｳｺﾞｳﾌﾘｺﾐ"); n != 1 {
		t.Fatalf("%d lines were matched", n)
	}
	for _, m := range ms {
		w.wantState(m, billing.MilestonePaid)
	}
	w.wantRun(r.ID, billing.RunConfirmed)
}

func TestALineThatNobodyCanTellIsLeftToAPersonAndMustFit(t *testing.T) {
	w := newWorld(t)
	w.pays(market.BankFile)
	a := w.bankAccount()
	w.payee()
	m := w.owed(100_000)
	r := w.propose(a, m)
	w.sendRun(r)
	if n := w.says(a, "20261124,110000,,ｻﾄｳ ｼﾞﾕﾝ", "20261124,110001,,ﾀｶﾊｼ ﾕﾐ"); n != 0 {
		t.Fatalf("%d lines were matched", n)
	}
	lines, err := w.billing.BankLines(ctx, w.aoi.Finance, a.ID, uuid.Nil, 10)
	w.Check(err)
	for _, l := range lines {
		_, err := w.billing.MatchLine(ctx, w.aoi.Finance, l.ID, billing.MatchPayItem, r.Items[0].ID)
		if l.Amount == -110_000 {
			w.Check(err)
		} else {
			w.wantErr(err, billing.ErrLineDoesNotFit)
		}
	}
	w.wantState(m, billing.MilestonePaid)
}

func TestALineThatIsSetAsideIsNobodysUntilItIsTakenBack(t *testing.T) {
	w := newWorld(t)
	w.pays(market.BankFile)
	a := w.bankAccount()
	w.payee()
	r := w.propose(a, w.owed(100_000))
	w.sendRun(r)
	w.Clock.Advance(7 * 24 * time.Hour)
	w.take(a, "日付,出金,入金,摘要\n20261124,110000,,ﾀｶﾊｼ ﾕﾐ\n20261125,80000,,ﾔﾁﾝ\n")
	lines, err := w.billing.BankLines(ctx, w.aoi.Finance, a.ID, uuid.Nil, 10) // newest first
	w.Check(err)
	rent, paid := lines[0].ID, lines[1].ID
	w.wantErr(w.billing.SetLinesAside(ctx, w.aoi.Finance, a.ID, nil), billing.ErrNoLines)
	w.wantErr(w.billing.SetLinesAside(ctx, w.aoi.Manager, a.ID, []uuid.UUID{rent}), market.ErrForbidden)
	w.Check(w.billing.SetLinesAside(ctx, w.aoi.Finance, a.ID, []uuid.UUID{rent, paid}))
	w.wantErr(w.billing.SetLinesAside(ctx, w.aoi.Finance, a.ID, []uuid.UUID{rent}), billing.ErrLineDoesNotFit)
	_, err = w.billing.MatchLine(ctx, w.aoi.Finance, paid, billing.MatchPayItem, r.Items[0].ID)
	w.wantErr(err, billing.ErrLineDoesNotFit)
	if n, err := w.billing.MatchPayments(ctx, a.ID); err != nil || n != 0 {
		t.Errorf("%d lines were matched that had been set aside (%v)", n, err)
	}
	if got := w.exceptions(); len(got) != 1 || got[billing.MissingAtBank] != [2]int64{110_000, 0} {
		t.Errorf("with its line set aside, the payment is found as %v", got)
	}

	w.wantErr(w.billing.ReopenLine(ctx, w.Company("Midori").Finance, paid), market.ErrNotFound)
	w.Check(w.billing.ReopenLine(ctx, w.aoi.Finance, paid))
	w.wantErr(w.billing.ReopenLine(ctx, w.aoi.Finance, paid), billing.ErrLineDoesNotFit)
	if got := w.exceptions(); len(got) != 2 || got[billing.UnmatchedLine] != [2]int64{0, -110_000} {
		t.Errorf("once it is taken back, its line is found as %v", got)
	}
	if n, err := w.billing.MatchPayments(ctx, a.ID); err != nil || n != 1 {
		t.Errorf("%d lines were matched afterwards (%v)", n, err)
	}
	w.wantRun(r.ID, billing.RunConfirmed)
	w.reconciled()
}

func TestAFileIsNotMadeForADayThatIsOver(t *testing.T) {
	w := newWorld(t)
	w.pays(market.BankFile)
	a := w.bankAccount()
	w.payee()
	m := w.owed(100_000)
	r := w.propose(a, m)
	_, err := w.billing.ApprovePayRun(ctx, w.aoi.Approver, r.ID)
	w.Check(err)
	w.Clock.Advance(3 * 24 * time.Hour)
	_, err = w.billing.FilePayRun(ctx, w.aoi.Finance, r.ID)
	w.wantErr(err, billing.ErrPayDayOver)
	_, err = w.billing.RecallPayRun(ctx, w.aoi.Finance, r.ID)
	w.Check(err)
	if raw := w.sendRun(w.propose(a, m)); len(raw) == 0 {
		t.Error("proposed anew, it has no file")
	}
}

func TestWhatTheCompanysBankPaidIsNotTakenBackThroughTheProvider(t *testing.T) {
	w := newWorld(t)
	w.pays(market.BankFile)
	a := w.bankAccount()
	w.payee()
	m := w.owed(100_000)
	w.sendRun(w.propose(a, m))
	_, err := w.billing.AskReversal(ctx, w.aoi.Finance, m.ID, 1_000, "Agreed by telephone.")
	w.wantErr(err, billing.ErrPaidByBank)
	w.wantBalances("asked to take it back", map[string]int64{"bank_in_transit": -110_000})
}

func TestAPayRunIsRefusedBeforeItWouldBeLateAndNotAfter(t *testing.T) {
	w := newWorld(t)
	w.pays(market.BankFile)
	a := w.bankAccount()
	m := w.owed(100_000) // received on November 23, 2026: due on December 22
	propose := func(on civil.Date) error {
		_, err := w.billing.ProposePayRun(ctx, w.aoi.Finance, w.aoi.ID, billing.PayRunDraft{Rail: market.BankFile, AccountID: a.ID, PayOn: on, Milestones: []uuid.UUID{m.ID}})
		return err
	}
	w.wantErr(propose(day("2026-12-01")), billing.ErrNoPayeeAccount)
	w.payee()
	w.wantErr(propose(day("2026-12-23")), billing.ErrPayDay)
	w.wantErr(propose(day("2026-11-28")), billing.ErrNotBusinessDay)
	w.wantErr(propose(day("2026-11-20")), market.ErrPastDate)
	w.Check(propose(day("2026-12-22")))
	w.wantErr(propose(day("2026-12-21")), billing.ErrNotPayable) // it is in a run
	late, err := w.billing.PayRuns(ctx, w.aoi.Finance, w.aoi.ID, uuid.Nil, 10)
	w.Check(err)
	_, err = w.billing.WithdrawPayRun(ctx, w.aoi.Administrator, late[0].ID)
	w.wantErr(err, market.ErrForbidden)
	_, err = w.billing.WithdrawPayRun(ctx, w.aoi.Finance, late[0].ID)
	w.Check(err)
	w.Clock.Advance(40 * 24 * time.Hour)                     // to a Saturday, of the new year's holidays
	w.wantErr(propose(day("2027-01-05")), billing.ErrPayDay) // too late anyhow: it is owed all the more
	w.Check(propose(day("2027-01-04")))
}

func TestARunThatIsDeclinedOrTakenBackLeavesItsPaymentsOwed(t *testing.T) {
	w := newWorld(t)
	w.pays(market.BankFile)
	a := w.bankAccount()
	w.payee()
	m := w.owed(100_000)
	r := w.propose(a, m)
	_, err := w.billing.DeclinePayRun(ctx, w.aoi.Approver, r.ID)
	w.Check(err)
	w.wantState(m, billing.MilestoneAccepted)
	r = w.propose(a, m)
	_, err = w.billing.ApprovePayRun(ctx, w.aoi.Approver, r.ID)
	w.Check(err)
	w.wantState(m, billing.MilestoneReleasing)
	_, err = w.billing.FilePayRun(ctx, w.aoi.Finance, r.ID)
	w.Check(err)
	_, err = w.billing.RecallPayRun(ctx, w.aoi.Finance, r.ID)
	w.Check(err)
	w.wantState(m, billing.MilestoneAccepted)
	w.sendRun(w.propose(a, m))
	_, err = w.billing.RecallPayRun(ctx, w.aoi.Finance, r.ID)
	w.wantErr(err, billing.ErrWrongState)
}

func TestSendingARunTwiceAtOncePaysOnce(t *testing.T) {
	w := newWorld(t)
	w.pays(market.BankFile)
	a := w.bankAccount()
	w.payee()
	r := w.propose(a, w.owed(100_000))
	_, err := w.billing.ApprovePayRun(ctx, w.aoi.Approver, r.ID)
	w.Check(err)
	_, err = w.billing.FilePayRun(ctx, w.aoi.Finance, r.ID)
	w.Check(err)
	send := func() error { _, err := w.billing.SendPayRun(ctx, w.aoi.Finance, r.ID); return err }
	done := 0
	for _, err := range w.Together(send, send, send) {
		if err == nil {
			done++
		}
	}
	if done != 1 || w.balance("bank_in_transit") != -110_000 {
		t.Errorf("%d times, %d in transit", done, w.balance("bank_in_transit"))
	}
}

// toCharge has a pay run for a milestone proposed and approved.
func (w *world) toCharge(m billing.Milestone) billing.PayRun {
	w.Helper()
	r, err := w.billing.ProposePayRun(ctx, w.aoi.Finance, w.aoi.ID, billing.PayRunDraft{Rail: market.OnAcceptance, PayOn: w.Today(), Milestones: []uuid.UUID{m.ID}})
	w.Check(err)
	r, err = w.billing.ApprovePayRun(ctx, w.aoi.Approver, r.ID)
	w.Check(err)
	return r
}

func TestWorkPaidOnAcceptanceIsChargedByAnApprovedRunAndThenTransferred(t *testing.T) {
	w := newWorld(t)
	w.pays(market.OnAcceptance)
	w.onboard()
	m := w.owed(100_000, design)
	payable, net, fee := "payable:"+w.yumi.PersonID.String(), "uncharged:net:"+w.aoi.ID.String(), "uncharged:fee:"+w.aoi.ID.String()
	w.wantState(m, billing.MilestoneAccepted)
	w.wantBalances("accepted", map[string]int64{payable: -99_790, net: 99_790, fee: 5_500, "platform_fee": -5_000, "consumption_tax": -500, "stripe:platform": 0})
	_, err := w.billing.Fund(ctx, w.aoi.Manager, m.ID)
	w.wantErr(err, billing.ErrWrongState) // nobody has approved it
	r := w.toCharge(m)
	_, err = w.billing.FilePayRun(ctx, w.aoi.Finance, r.ID)
	w.wantErr(err, billing.ErrRunRail)
	f, err := w.billing.Fund(ctx, w.aoi.Manager, m.ID)
	w.Check(err)
	_, err = w.billing.RecallPayRun(ctx, w.aoi.Finance, r.ID)
	w.wantErr(err, billing.ErrRunBegun) // somebody may be paying at this moment
	gatewaytest.Press(w, f.CheckoutURL)
	w.drain()
	w.wantState(m, billing.MilestoneReleased)
	w.wantRun(r.ID, billing.RunConfirmed)
	w.wantBalances("charged", map[string]int64{payable: 0, net: 0, fee: 0, "stripe:platform": 101_500 - 99_790, "stripe_fee": 3_790})
	w.payday()
	w.wantState(m, billing.MilestonePaid)
	w.wantReconciled(2)
}

// TestAProcessKilledWhileItChargesAcceptedWorkLosesAndDoublesNothing kills it at every call from the approved run on.
func TestAProcessKilledWhileItChargesAcceptedWorkLosesAndDoublesNothing(t *testing.T) {
	charging := func(w *world) billing.Milestone {
		w.pays(market.OnAcceptance)
		w.onboard()
		m := w.owed(100_000)
		w.toCharge(m)
		return m
	}
	w := newWorld(t)
	m := charging(w)
	var unharmed reaper
	w.restart(&unharmed)
	w.carryThrough(m, &unharmed)
	boundaries := unharmed.seen.Load()
	if boundaries < 8 {
		t.Errorf("only %d boundaries were found", boundaries)
	}
	for at := int64(1); at <= boundaries; at++ {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			w := newWorld(t)
			m, r := charging(w), &reaper{at: at}
			w.restart(r)
			w.carryThrough(m, r)
			w.restart(nil)
			w.wantOneOfEach()
		})
	}
}

func TestAnApprovedRunIsPaidByABankTransferThatCameInShortAtFirst(t *testing.T) {
	w := newWorld(t)
	w.pays(market.OnAcceptance)
	w.onboard()
	m := w.owed(100_000, design)
	w.toCharge(m)
	b := w.awaits(m)
	w.send(b, b.Amount-5_000, b.Reference)
	w.wantState(m, billing.MilestoneReleasing)
	w.send(b, 5_000, b.Reference)
	w.payday()
	w.wantState(m, billing.MilestonePaid)
	w.wantBalances("paid", map[string]int64{"payable:" + w.yumi.PersonID.String(): 0, "stripe:cash": 0, "paying:" + m.ID.String(): 0})
	w.reconciled()
}

func TestADisputeAboutWorkThatWasNotPaidInEndsWithoutARefund(t *testing.T) {
	w := newWorld(t)
	w.pays(market.BankFile)
	c := w.contract()(100_000, 100_000)
	settle := func(m billing.Milestone, release int64) {
		w.deliver(m)
		d, err := w.billing.OpenDispute(ctx, w.aoi.Manager, m.ID, "Not what we asked for.")
		w.Check(err)
		d, err = w.billing.Propose(ctx, w.aoi.Manager, d.ID, release, "")
		w.Check(err)
		_, err = w.billing.Agree(ctx, w.yumi.Actor, d.ID, d.Proposals[0].ID)
		w.Check(err)
	}
	settle(c.Milestones[0], 40_000)
	settle(c.Milestones[1], 0)
	w.wantState(c.Milestones[0], billing.MilestoneAccepted)
	w.wantState(c.Milestones[1], billing.MilestoneCanceled)
	w.wantBalances("settled", map[string]int64{"payable:" + w.yumi.PersonID.String(): -44_000})
	if n := w.Count("SELECT count(*) FROM refunds"); n != 0 {
		t.Errorf("%d refunds", n)
	}
}

func TestWorkThatIsPaidLaterBeginsWithoutFundingAndWithSilenceIsOwed(t *testing.T) {
	w := newWorld(t)
	w.pays(market.BankFile)
	c := w.contract()(100_000, 50_000)
	if c.Terms.PaidBy() != market.BankFile || c.Milestones[0].Rail != market.BankFile {
		t.Fatalf("%+v", c.Terms)
	}
	w.pays(market.Prefunded) // what was agreed stays
	_, err := w.billing.Fund(ctx, w.aoi.Manager, c.Milestones[0].ID)
	w.wantErr(err, billing.ErrPaysLater)
	w.deliver(c.Milestones[0])
	_, err = w.billing.Start(ctx, w.yumi.Actor, c.Milestones[1].ID)
	w.Check(err)
	_, err = w.billing.Cancel(ctx, w.aoi.Manager, c.Milestones[1].ID, "No longer needed.")
	w.Check(err)
	w.Clock.Advance(16 * 24 * time.Hour)
	_, err = w.billing.AutoAccept(ctx)
	w.Check(err)
	w.wantState(c.Milestones[0], billing.MilestoneAccepted)
	if _, err := w.billing.Alarm(ctx); err != nil || w.Count("SELECT count(*) FROM milestone_alarms WHERE kind = 'payment'") == 0 {
		t.Errorf("nobody is told of the due day (%v)", err)
	}
}

func TestWhereSomebodyIsPaidIsSealedAndShownMaskedToOthers(t *testing.T) {
	w := newWorld(t)
	w.pays(market.BankFile)
	a := w.bankAccount()
	given := w.payee()
	if n := w.Count("SELECT count(*) FROM payee_accounts WHERE sealed AND position('7654321'::bytea IN details) = 0 AND masked::text NOT LIKE '%7654321%'"); n != 1 {
		t.Error("the number lies open")
	}
	if own, err := w.billing.PayeeAccount(ctx, w.yumi.Actor); err != nil || own != given || own.Number != "7654321" {
		t.Errorf("to herself: %+v (%v)", own, err)
	}
	if _, err := w.billing.PayeeAccount(ctx, w.aoi.Finance); err == nil {
		t.Error("finance has an account that nobody gave")
	}
	r := w.propose(a, w.owed(100_000))
	if got := r.Items[0].Of.Account; got == nil || got.Number != "••••321" {
		t.Errorf("to finance: %+v", got)
	}
	w.sendRun(r)
	if n := w.Count("SELECT count(*) FROM pay_runs WHERE file_sealed AND position('7654321'::bytea IN file) = 0"); n != 1 {
		t.Error("the file lies open")
	}
	_, err := w.billing.PayRunFile(ctx, w.aoi.Approver, r.ID)
	w.wantErr(err, market.ErrForbidden)
	midori := w.Company("Midori")
	_, err = w.billing.PayRun(ctx, midori.Finance, r.ID)
	w.wantErr(err, market.ErrNotFound)
	all, err := w.billing.TransferFiles(ctx, w.aoi.Finance, w.aoi.ID, nil, nil)
	w.Check(err)
	if !bytes.Contains(all, []byte("7654321")) {
		t.Error("the period's file lacks the payment")
	}
}
