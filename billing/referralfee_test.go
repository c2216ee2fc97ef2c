package billing_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/market"
)

// introduced is a customer whom the alumna introduced and who was won, under terms.
func (w *world) introduced(terms market.ReferralTerms, change ...func(*market.ReferralDraft)) market.Referral {
	w.Helper()
	terms.HoldMonths = 6
	p, err := w.Market.CreateProgramme(ctx, w.aoi.Office, w.aoi.ID, market.ProgrammeDraft{Name: "Borrowers", Stages: []market.ReferralStage{{Name: "contacted"}}, Terms: terms})
	w.Check(err)
	d := market.ReferralDraft{ProgrammeID: p.ID, Organisation: "Aoba", ContactName: "Mori", ContactEmail: "mori@aoba.example", Why: "They grow."}
	for _, c := range change {
		c(&d)
	}
	r, err := w.Market.Introduce(ctx, w.yumi.Actor, d)
	w.Check(err)
	w.Exec("UPDATE referrals SET consent_hash = sha256('the link') WHERE id = ?", r.ID)
	_, err = w.Market.AnswerIntroduction(ctx, "the link", true)
	w.Check(err)
	r, err = w.Market.WinReferral(ctx, w.aoi.Office, r.ID, market.ReferralMove{})
	w.Check(err)
	return r
}

func (w *world) report(r market.Referral, period string, yen int64) market.ReferralFee {
	w.Helper()
	f, err := w.Market.ReportRevenue(ctx, w.aoi.Office, r.ID, market.RevenueReport{Period: period, Revenue: market.Yen(yen)})
	w.Check(err)
	return f
}

func (w *world) offerFee(fee uuid.UUID) market.ReferralFee {
	w.Helper()
	f, err := w.Market.OfferFee(ctx, w.aoi.Manager, fee, "")
	w.Check(err)
	return f
}

func TestAReferralFeeIsPaidOnceAsWorkIs(t *testing.T) {
	w := newWorld(t)
	r := w.introduced(market.ReferralTerms{Fee: market.FixedFee, Amount: 50_000})
	if _, err := w.Market.ReportRevenue(ctx, w.yumi.Actor, r.ID, market.RevenueReport{Revenue: market.Yen(1)}); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("the referrer reports: %v", err)
	}
	f := w.report(r, "", 2_000_000)
	results := w.Together(func() error { _, err := w.Market.OfferFee(ctx, w.aoi.Manager, f.ID, ""); return err },
		func() error { _, err := w.Market.OfferFee(ctx, w.aoi.Administrator, f.ID, ""); return err })
	if (results[0] == nil) == (results[1] == nil) || !errors.Is(errors.Join(results...), market.ErrFeeOffered) {
		t.Fatalf("two offer at once: %v", results)
	}
	if _, err := w.Market.ReportRevenue(ctx, w.aoi.Office, r.ID, market.RevenueReport{Revenue: market.Yen(1)}); !errors.Is(err, market.ErrFeeOffered) {
		t.Errorf("corrected after the offer: %v", err)
	}
	fees, err := w.Market.ReferralFees(ctx, w.yumi.Actor, r.ID)
	w.Check(err)
	bid := *fees[0].BidID
	dear := market.Terms{Amount: market.Yen(90_000), DeliverOn: w.Today().AddDays(10), Message: "more"}
	for name, haggle := range map[string]func() error{
		"the alumna counters":  func() error { _, err := w.Market.Counter(ctx, w.yumi.Actor, bid, 1, dear); return err },
		"the company counters": func() error { _, err := w.Market.Counter(ctx, w.aoi.Manager, bid, 1, dear); return err },
		"she bids anew":        func() error { _, err := w.Market.PlaceBid(ctx, w.yumi.Actor, *fees[0].TaskID, dear); return err },
		"the task is edited": func() error {
			_, err := w.Market.EditTask(ctx, w.aoi.Manager, *fees[0].TaskID, 1, market.TaskDraft{})
			return err
		},
	} {
		if err := haggle(); !errors.Is(err, market.ErrFeeFixed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c, err := w.billing.AcceptBid(ctx, w.yumi.Actor, bid, 1)
	w.Check(err)
	if len(c.Milestones) != 1 || c.Milestones[0].Amount != 50_000 || c.Milestones[0].Withheld != 0 || c.Title == "" {
		t.Errorf("%+v", c)
	}
	if _, err := w.Market.OfferFee(ctx, w.aoi.Manager, f.ID, ""); !errors.Is(err, market.ErrFeeOffered) {
		t.Errorf("offered again: %v", err)
	}
	m := c.Milestones[0]
	w.fund(m)
	w.onboard()
	w.deliver(m)
	w.accept(m)
	w.payday()
	w.wantState(m, billing.MilestonePaid)
	w.Check(w.billing.WorkRecord(ctx, billing.RecordJob{Contract: c.ID, Milestone: m.ID}))
	if n := w.Count("SELECT count(*) FROM work_records"); n != 0 {
		t.Errorf("a fee is put on record as work %d times", n)
	}
}

func TestAnInterestOfTheReferrersTakesASecondPerson(t *testing.T) {
	w := newWorld(t)
	r := w.introduced(market.ReferralTerms{Fee: market.FixedFee, Amount: 50_000}, func(d *market.ReferralDraft) { d.Relation, d.RelationNote = market.OwnCompany, "I own it" })
	f := w.offerFee(w.report(r, "", 0).ID)
	if _, err := w.billing.AcceptBid(ctx, w.yumi.Actor, *f.BidID, 1); !errors.Is(err, market.ErrUncleared) {
		t.Fatalf("accepted without a look: %v", err)
	}
	look, err := w.Market.AskLook(ctx, w.aoi.Manager, *f.BidID)
	w.Check(err)
	if len(look.Cautions) != 1 || look.Cautions[0] != string(market.OwnInterest) {
		t.Errorf("%v", look.Cautions)
	}
	if _, err := w.Market.ClearCautions(ctx, w.aoi.Manager, look.ID, true, "fine"); !errors.Is(err, market.ErrForbidden) && !errors.Is(err, market.ErrOwnCaution) {
		t.Errorf("who offered it looks: %v", err)
	}
	_, err = w.Market.ClearCautions(ctx, w.aoi.Office, look.ID, true, "the price was compared")
	w.Check(err)
	_, err = w.billing.AcceptBid(ctx, w.yumi.Actor, *f.BidID, 1)
	w.Check(err)
}

func TestASharedFeeIsOneAMonthUpToItsCap(t *testing.T) {
	w := newWorld(t)
	r := w.introduced(market.ReferralTerms{Fee: market.ShareFee, BP: 1_000, Cap: 150_000})
	for period, want := range map[string]error{"": market.ErrFeePeriod, "2026-10": market.ErrFeePeriod, "2026-12": market.ErrFeePeriod, "November": market.ErrFeePeriod} {
		if _, err := w.Market.ReportRevenue(ctx, w.aoi.Office, r.ID, market.RevenueReport{Period: period, Revenue: market.Yen(1)}); !errors.Is(err, want) {
			t.Errorf("%q: %v", period, err)
		}
	}
	w.report(r, "2026-11", 900_000)
	first := w.report(r, "2026-11", 1_000_000) // corrected before it is offered
	w.days(31)
	second := w.report(r, "2026-12", 1_000_000)
	if first.Amount != 100_000 || second.Amount != 50_000 {
		t.Errorf("%d and %d", first.Amount, second.Amount)
	}
	for _, f := range []market.ReferralFee{first, second} {
		_, err := w.billing.AcceptBid(ctx, w.yumi.Actor, *w.offerFee(f.ID).BidID, 1)
		w.Check(err)
	}
	if n := w.Count("SELECT sum(amount) FROM contracts"); n != 150_000 {
		t.Errorf("the contracts come to %d", n)
	}
}
