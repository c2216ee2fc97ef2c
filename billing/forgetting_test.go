package billing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/market"
	"homecoming/market/markettest"
)

func TestWhoWorkedIsForgottenButForWhatBooksKeepWhichFinanceAloneOpensUntilItsTimeIsOver(t *testing.T) {
	w := newWorld(t)
	w.Market = market.New(w.DB, w.Clock, markettest.Resolve, markettest.CheapPasswords, market.WithBox(testBox), market.WithPersonalData(billing.People))
	w.serve(w.gateway)
	ask := func() error {
		_, err := w.Market.AskErasure(ctx, w.yumi.Actor, markettest.Password)
		return err
	}
	c := w.contract(design)(300_000)
	w.wantErr(ask(), billing.ErrContractRuns)
	if err := ask(); !strings.Contains(err.Error(), c.Label()+" (Aoi)") {
		t.Errorf("it does not say which: %v", err)
	}
	w.onboard()
	m := w.fund(c.Milestones[0])
	w.deliver(m)
	w.accept(m)
	w.wantErr(ask(), billing.ErrWorkUnpaid)
	w.payday()
	w.wantState(m, billing.MilestonePaid)
	w.wantErr(ask(), billing.ErrAccountLinked)
	w.Exec("UPDATE payout_accounts SET state = 'deauthorized'")
	notice, _, err := w.billing.ContractFile(ctx, w.aoi.Finance, c.ID, billing.NoticePaper)
	w.Check(err)
	_, _, err = w.billing.ContractFile(ctx, w.aoi.Finance, c.ID, billing.StatementPaper)
	w.Check(err)
	if leaving, err := w.Market.Leaving(ctx, w.yumi.Actor); err != nil || leaving.Obstacle != nil || leaving.KeptUntil == nil || leaving.KeptUntil.String() != "2035-02-28" {
		t.Fatalf("%+v, %v, after %s", leaving, err, notice)
	}
	w.Check(ask())
	turn := func(after time.Duration) {
		w.Clock.Advance(after)
		w.Check(w.Market.TurnErasures(ctx))
	}
	turn(market.Grace)
	turn(2 * time.Hour)
	state := func(want market.ErasureState) {
		t.Helper()
		if w.Count("SELECT count(*) FROM erasures WHERE person_id = ? AND state = ?", w.yumi.PersonID, string(want)) != 1 {
			t.Errorf("the erasure is not %s", want)
		}
	}
	state(market.ErasureKept)

	papers := func(f billing.PaperFilter) []billing.Paper {
		list, err := w.billing.Papers(ctx, w.aoi.Finance, w.aoi.ID, f)
		w.Check(err)
		return list
	}
	statement := papers(billing.PaperFilter{Kind: billing.StatementPaper, Counterparty: "takahashi"})
	if len(statement) != 1 {
		t.Fatalf("finance finds %d statements by the name", len(statement))
	}
	_, err = w.billing.Contract(ctx, w.aoi.Manager, c.ID)
	w.wantErr(err, market.ErrNotFound)
	_, err = w.billing.Paper(ctx, w.aoi.Manager, statement[0].ID)
	w.wantErr(err, market.ErrNotFound)
	for _, who := range []market.Actor{w.aoi.Manager, w.aoi.Finance} {
		if list, err := w.billing.Contracts(ctx, who, billing.ContractFilter{}); err != nil || len(list) != 0 {
			t.Errorf("%d contracts are listed, %v", len(list), err)
		}
	}
	if bids, err := w.Market.Bids(ctx, w.aoi.Manager, c.TaskID, uuid.Nil, 0); err != nil || len(bids) != 0 {
		t.Errorf("%d bids are listed, %v", len(bids), err)
	}
	read, err := w.billing.Contract(ctx, w.aoi.Finance, c.ID)
	if err != nil || read.PersonName != "退会 (left)" || !strings.Contains(read.Notice.Supplier, "Takahashi") {
		t.Errorf("finance reads %+v, %v", read, err)
	}
	_, err = w.billing.Timeline(ctx, w.aoi.Finance, c.ID)
	w.Check(err)
	_, err = w.billing.Paper(ctx, w.aoi.Finance, statement[0].ID)
	w.Check(err)
	if n := w.Count("SELECT count(*) FROM audit WHERE action = 'kept.look' AND actor_id = ?", w.aoi.Finance.PersonID); n != 2 {
		t.Errorf("%d looks are in the log", n)
	}
	w.Clock.Advance(60 * 24 * time.Hour)
	records, err := w.billing.IssuePeriod(ctx, w.aoi.Finance, w.aoi.ID, billing.RecordsPaper, "2026")
	w.Check(err)
	if named := w.Count("SELECT count(*) FROM issued_documents WHERE kind = 'payment_records' AND strpos(data, 'Takahashi') > 0"); len(records) != 1 || named != 1 {
		t.Errorf("%d records of the year, of which %d name her", len(records), named)
	}

	turn(7 * 365 * 24 * time.Hour)
	state(market.ErasureKept)
	turn(2 * 365 * 24 * time.Hour)
	state(market.ErasureDone)
	for table, text := range map[string]string{"issued_documents": "concat(counterparty, title, data, pdf::text)", "contract_documents": "body", "kept_payees": "family_name", "bid_versions": "message", "milestone_steps": "message", "people": "family_name"} {
		if n := w.Count("SELECT count(*) FROM " + table + " WHERE strpos(" + text + ", 'Takahashi') > 0 OR strpos(" + text + ", 'Here it is') > 0"); n > 0 {
			t.Errorf("%s names her %d times", table, n)
		}
	}
	if _, err := w.billing.Contract(ctx, w.aoi.Finance, c.ID); err != nil {
		t.Errorf("the contract of somebody who left does not open: %v", err)
	}
}
