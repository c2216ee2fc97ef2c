package market_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"cloud.google.com/go/civil"

	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/market/markettest"
)

func TestATextThatSoundsLikeEmploymentIsNoticed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]market.Caution{
		"請求書を月20件処理してください。納期は月末です。":                    nil,
		"Close the books by Friday; how is up to you.": nil,
		"週２日出社し、１０：００〜１６：００に対応してください":                  {market.FixedHours},
		"平日9時から17時まで常駐":                                {market.FixedHours},
		"9:30 am to 5 pm, on-site":                     {market.FixedHours},
		"Please work full-time in October":             {market.FixedHours},
		"上長の指示に従って進めてください":                             {market.Directed},
		"You report to our team lead.":                 {market.Directed},
		"振込手数料は受託者の負担とします":                             {market.FeePassedOn},
		"Transfer fees are deducted from the fee.":     {market.FeePassedOn},
		"振込手数料は当社が負担します":                               nil,
		"業務には弊社の会計ソフトを購入していただきます":                      {market.ForcedSale},
		"You must purchase a licence from us.":         {market.ForcedSale},
		"備品の購入手順書を作成してください":                            nil,
		"Review how we purchase parts from suppliers.": nil,
		"納品後の修正は無償で対応してください":                           {market.UnpaidExtras},
		"Revisions are free of charge.":                {market.UnpaidExtras},
		"ソフトは当社が無償で提供します":                              nil,
		"常駐のうえ、指揮命令に従う":                                {market.FixedHours, market.Directed},
	} {
		if got := market.CautionsIn(market.Situation{Texts: []string{text}}); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestWhatIsSeenOfThePersonIsNoticed(t *testing.T) {
	t.Parallel()
	today := markettest.Day("2026-11-23")
	left := func(days int) *civil.Date { d := today.AddDays(-days); return &d }
	for _, c := range []struct {
		market.Situation
		want []market.Caution
	}{
		{market.Situation{LeftOn: left(364), SameUnit: true}, []market.Caution{market.SameWork}},
		{market.Situation{LeftOn: left(365), SameUnit: true}, nil},
		{market.Situation{LeftOn: nil, SameUnit: true}, nil},
		{market.Situation{LeftOn: left(30), Texts: []string{"常駐"}}, []market.Caution{market.FixedHours, market.DispatchLike}},
		{market.Situation{LeftOn: left(400), Texts: []string{"常駐"}}, []market.Caution{market.FixedHours}},
		{market.Situation{Awards: 2, Steady: true}, nil},
		{market.Situation{Awards: 30}, nil},
		{market.Situation{Awards: 3, Steady: true}, []market.Caution{market.Dependence}},
		{market.Situation{WorkedWith: true, PastConflict: true}, []market.Caution{market.OldSuperior, market.PastConflict}},
	} {
		if c.Today = today; !slices.Equal(market.CautionsIn(c.Situation), c.want) {
			t.Errorf("%+v: %v, want %v", c.Situation, market.CautionsIn(c.Situation), c.want)
		}
	}
}

func TestACautionTakesASecondPersonsLookAndNoWayLeadsRound(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	yumi := aoi.Alumnus("Takahashi Yumi")
	task := aoi.Task("Sit at our desk", 300_000, func(d *market.TaskDraft) { d.Brief = "週3日出社してください。" })
	bid := w.Bid(yumi, task, 280_000)
	wants := func(err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Fatalf("%v, want %v", err, want)
		}
	}
	wants(accept(w, aoi.Manager, bid.ID, 0), market.ErrUncleared)
	wants(accept(w, aoi.Administrator, bid.ID, 0), market.ErrUncleared)
	look, err := w.Market.AskLook(ctx, aoi.Manager, bid.ID)
	wants(err, nil)
	_, err = w.Market.AskLook(ctx, aoi.Manager, bid.ID)
	wants(err, market.ErrLookedAt)
	_, err = w.Market.ClearCautions(ctx, aoi.Manager, look.ID, true, "Fine.")
	wants(err, market.ErrForbidden)
	_, err = w.Market.ClearCautions(ctx, ben.Administrator, look.ID, true, "Fine.")
	wants(err, market.ErrNotFound)
	_, err = w.Market.ClearCautions(ctx, aoi.Approver, look.ID, true, " ")
	wants(err, market.ErrRequired)
	_, err = w.Market.ClearCautions(ctx, aoi.Approver, look.ID, false, "Rewrite the brief first.")
	wants(err, nil)
	wants(accept(w, aoi.Manager, bid.ID, 0), market.ErrUncleared)
	look, err = w.Market.AskLook(ctx, aoi.Manager, bid.ID)
	wants(err, nil)
	_, err = w.Market.ClearCautions(ctx, aoi.Administrator, look.ID, true, "She brings the samples herself and chooses the days.")
	wants(err, nil)
	wants(accept(w, aoi.Administrator, bid.ID, 0), market.ErrUncleared) // who cleared it does not award it
	wants(accept(w, aoi.Manager, bid.ID, 0), nil)
	var told []string
	for _, l := range lettersOf(t, w, market.LetterCautionOver) {
		if l.PersonID != aoi.Manager.PersonID || l.Path != "/bids/"+bid.ID.String() {
			t.Errorf("told %+v", l)
		}
		told = append(told, fmt.Sprint(l.Facts["state"], ": ", l.Facts["reason"]))
	}
	if want := []string{"declined: Rewrite the brief first.", "cleared: She brings the samples herself and chooses the days."}; !slices.Equal(told, want) {
		t.Errorf("who asked is told %q, want %q", told, want)
	}
}

func TestALowerCounterOfferSaysWhy(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	bid := w.Bid(aoi.Alumnus("Takahashi Yumi"), aoi.Task("Close the books", 300_000), 280_000)
	terms := market.Terms{Amount: market.Yen(279_999), DeliverOn: w.Today().AddDays(9), Message: " "}
	_, err := w.Market.Counter(ctx, aoi.Manager, bid.ID, 1, terms)
	var p *problem.Error
	if !errors.As(err, &p) || p.Code != "lower_price_unexplained" || p.Field != "message" {
		t.Fatalf("without a word: %v", err)
	}
	terms.Amount = market.Yen(280_000)
	_, err = w.Market.Counter(ctx, aoi.Manager, bid.ID, 1, terms)
	w.Check(err)
	terms.Amount, terms.Message = market.Yen(270_000), "Half the receipts are in order already."
	_, err = w.Market.Counter(ctx, aoi.Manager, bid.ID, 2, terms)
	w.Check(err)
}
