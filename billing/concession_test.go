package billing_test

import (
	"testing"

	"homecoming/billing"
	"homecoming/billing/gatewaytest"
	"homecoming/market"
)

// runs makes somebody an operator.
func (w *world) runs(who market.Actor) market.Actor {
	w.Helper()
	w.Check(w.Market.MakeOperator(ctx, w.aoi.ID, who.PersonID))
	again, err := w.Market.ActorOf(ctx, who.PersonID)
	w.Check(err)
	return again
}

// owing is a company that accepted work which it pays from its own bank: it owes the fee of ¥5,500 with tax.
func owing(t *testing.T) (w *world, client string) {
	t.Helper()
	w = newWorld(t)
	w.topUp()
	w.pays(market.BankFile)
	w.owed(100_000)
	client = "receivable:client:" + w.aoi.ID.String()
	w.wantBalances("accepted", map[string]int64{client: 5_500})
	return w, client
}

func TestTheFeeOfWorkPaidFromTheCompanysBankIsADebtThatItPays(t *testing.T) {
	w, client := owing(t)
	debts, err := w.billing.Debts(ctx, w.aoi.Finance, w.aoi.ID)
	w.Check(err)
	if len(debts) != 1 || debts[0].Account != client || debts[0].Amount != 5_500 {
		t.Fatalf("owed: %+v", debts)
	}
	f, err := w.billing.PayReceivable(ctx, w.aoi.Finance, debts[0].MilestoneID)
	w.Check(err)
	gatewaytest.Press(w, f.CheckoutURL)
	w.drain()
	w.wantBalances("paid", map[string]int64{client: 0, "suspense:unmatched": 0})
	w.reconciled()
}

func TestNoCompanyGivesUpWhatItOwesThePlatform(t *testing.T) {
	w, client := owing(t)
	operator := w.runs(w.aoi.Administrator)
	w.Check(w.billing.AskWriteOff(ctx, w.aoi.Finance, w.aoi.ID, client, "Too dear."))
	asked := w.waiting()[0].ID
	w.wantLetter(market.LetterApproval, operator, 1)
	w.wantLetter(market.LetterApproval, w.aoi.Approver, 0)
	_, err := w.billing.Approve(ctx, w.aoi.Approver, asked)
	w.wantErr(err, billing.ErrOperatorDecides)
	w.wantErr(w.billing.DecideConcession(ctx, w.aoi.Approver, asked, "approve"), market.ErrForbidden)
	_, err = w.billing.Concessions(ctx, w.aoi.Finance)
	w.wantErr(err, market.ErrForbidden)
	w.wantBalances("asked", map[string]int64{client: 5_500})

	list, err := w.billing.Concessions(ctx, operator)
	w.Check(err)
	if len(list) != 1 || list[0].ID != asked || list[0].Kind != billing.ConcedeDebt || list[0].Postings[1] != (billing.Posting{Account: client, Currency: "JPY", Amount: -5_500}) {
		t.Fatalf("before the operator: %+v", list)
	}
	w.wantErr(w.billing.DecideConcession(ctx, operator, asked, "forget"), market.ErrNotOneOf)
	w.Check(w.billing.DecideConcession(ctx, operator, asked, "approve"))
	w.wantBalances("given up", map[string]int64{client: 0, "goodwill_loss": 5_500})
}

func TestAnEntryByHandThatCostsThePlatformIsTheOperators(t *testing.T) {
	w, client := owing(t)
	operator := w.runs(w.aoi.Administrator)
	line := func(account string, amount int64) billing.Posting {
		return billing.Posting{Account: account, Currency: "JPY", Amount: amount}
	}
	other := "receivable:client:" + w.Company("Ben").ID.String()
	for _, lines := range [][]billing.Posting{{line(other, 1), line(client, -1)}, {line("suspense:unmatched", 1), line(other, -1)}} {
		_, err := w.billing.ProposeEntry(ctx, w.aoi.Finance, w.aoi.ID, lines, "x")
		w.wantErr(err, billing.ErrHandAccount)
	}
	for name, lines := range map[string][]billing.Posting{
		"a loss":          {line("goodwill_loss", 100), line("suspense:unmatched", -100)},
		"less is earned":  {line("platform_fee", 100), line("suspense:unmatched", -100)},
		"less is owed":    {line("suspense:unmatched", 100), line(client, -100)},
		"its debt is fee": {line("stripe_fee", 100), line(client, -100)},
	} {
		a, err := w.billing.ProposeEntry(ctx, w.aoi.Finance, w.aoi.ID, lines, name)
		w.Check(err)
		_, err = w.billing.DecideAdjustment(ctx, w.aoi.Approver, a.ID, "approve")
		w.wantErr(err, billing.ErrOperatorDecides)
		list, err := w.billing.Concessions(ctx, operator)
		w.Check(err)
		if len(list) != 1 || list[0].Kind != billing.ConcedeEntry || list[0].Reason != name {
			t.Fatalf("%s: before the operator: %+v", name, list)
		}
		w.Check(w.billing.DecideConcession(ctx, operator, a.ID, "decline"))
	}
	a, err := w.billing.ProposeEntry(ctx, w.aoi.Finance, w.aoi.ID, []billing.Posting{line(client, 100), line("suspense:unmatched", -100)}, "We owe more.")
	w.Check(err)
	if list, err := w.billing.Concessions(ctx, operator); err != nil || len(list) != 0 {
		t.Fatalf("what costs the company alone is before the operator: %+v, %v", list, err)
	}
	_, err = w.billing.DecideAdjustment(ctx, w.aoi.Approver, a.ID, "approve")
	w.Check(err)
	w.wantBalances("owes more", map[string]int64{client: 5_600})
	// Who asked does not decide, though they run the installation.
	mine := w.runs(w.aoi.Finance)
	a, err = w.billing.ProposeEntry(ctx, mine, w.aoi.ID, []billing.Posting{line("goodwill_loss", 100), line(client, -100)}, "Mine.")
	w.Check(err)
	w.wantErr(w.billing.DecideConcession(ctx, mine, a.ID, "approve"), billing.ErrSamePerson)
	w.Check(w.billing.DecideConcession(ctx, mine, a.ID, "withdraw"))
}
