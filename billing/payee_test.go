package billing_test

import (
	"strings"
	"testing"
	"time"

	"homecoming/billing"
	"homecoming/market"
)

func TestWhatIsWithheldFollowsWhoIsPaid(t *testing.T) {
	w := newWorld(t)
	say := func(s string) *string { return &s }
	yes, no := true, false
	for _, c := range []struct {
		edit     market.ProfileEdit
		withheld int64
		name     string
	}{
		{market.ProfileEdit{CorporateName: say("株式会社由美工房"), RegistrationNumber: say("T7010705000725")}, 0, "株式会社由美工房 Yumi Takahashi"},
		{market.ProfileEdit{CorporateName: say(""), RegistrationNumber: say(""), NonResident: &yes}, 61_260, "Yumi Takahashi"},
		{market.ProfileEdit{NonResident: &no}, 30_630, "Yumi Takahashi"},
	} {
		_, err := w.Market.UpdateProfile(ctx, w.yumi.Actor, c.edit)
		w.Check(err)
		contract := w.contract(design)(300_000)
		if m := contract.Milestones[0]; m.Withheld != c.withheld {
			t.Errorf("%s: withheld %d, want %d", c.name, m.Withheld, c.withheld)
		}
		if contract.Notice.Supplier != c.name || contract.Terms.Corporate != (c.withheld == 0) || contract.Terms.NonResident != (c.withheld == 61_260) {
			t.Errorf("%s: the terms keep %+v, the notice names %s", c.name, contract.Terms.Payee, contract.Notice.Supplier)
		}
	}
}

func TestTermsAreHashedByThemselvesAfterAChange(t *testing.T) {
	w := newWorld(t)
	c := w.contract()(100_000)
	ch, err := w.billing.OfferChange(ctx, w.aoi.Manager, c.ID, billing.ChangeDraft{Reason: "A week more.", Milestones: []billing.ChangedMilestone{
		{ID: &c.Milestones[0].ID, Title: c.Milestones[0].Title, Amount: 100_000, DueOn: c.Milestones[0].DueOn.AddDays(7)}}})
	w.Check(err)
	_, err = w.billing.SignChange(ctx, w.yumi.Actor, ch.ID, ch.Hash)
	w.Check(err)
	c, err = w.billing.Contract(ctx, w.aoi.Manager, c.ID)
	w.Check(err)
	var terms string
	w.Check(w.DB.Gorm(ctx).Raw("SELECT hash FROM contract_documents WHERE contract_id = ? AND kind = 'terms' AND version = 2", c.ID).Scan(&terms).Error)
	if c.Version != 2 || c.TermsHash != terms {
		t.Errorf("version %d says %s, its terms are %s", c.Version, c.TermsHash, terms)
	}
}

func TestAccountsAreNamedByWhomTheyAreAbout(t *testing.T) {
	w := newWorld(t)
	c := w.paid(100_000)
	m := c.Milestones[0]
	held, payable, own, other := "held:"+m.ID.String(), "payable:"+w.yumi.PersonID.String(), "withheld_tax:"+w.aoi.ID.String(), "held:"+w.aoi.Manager.PersonID.String()
	names, err := w.billing.AccountNames(ctx, w.aoi.Finance, w.aoi.ID, []string{held, payable, own, other, "stripe:platform"})
	w.Check(err)
	if len(names) != 3 || names[held] != c.Label()+" "+m.Title || names[payable] != "Yumi Takahashi" || names[own] != "" {
		t.Errorf("the accounts are about %v", names)
	}
	midori := w.Company("Midori")
	if names, err := w.billing.AccountNames(ctx, midori.Finance, midori.ID, []string{held, payable}); err != nil || len(names) != 0 {
		t.Errorf("another company learns %v, %v", names, err)
	}
}

func TestAMonthsStatementNumbersThePurchaseStatementsThatItIsMadeOf(t *testing.T) {
	w := newWorld(t)
	w.paid(100_000, 200_000)
	w.Clock.Set(time.Date(2026, 12, 2, 0, 0, 0, 0, time.UTC))
	_, err := w.billing.IssuePeriods(ctx)
	w.Check(err)
	p := w.only(billing.MonthlyPaper)
	for _, st := range w.papers(billing.PaperFilter{Kind: billing.StatementPaper}) {
		if !strings.Contains(p.Data, st.Number()) {
			t.Errorf("%s is not on %s", st.Number(), p.Data)
		}
	}
}
