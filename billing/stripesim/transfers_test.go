package stripesim_test

import (
	"testing"

	"github.com/stripe/stripe-go/v76"
)

const (
	invalidRequest = stripe.ErrorTypeInvalidRequest
	insufficient   = stripe.ErrorCodeBalanceInsufficient
)

func TestATransferNeedsAnAvailableBalanceOrACharge(t *testing.T) {
	w := newWorld(t)
	yumi := w.alumna()
	ch := w.charge(10_000) // 9,640 after the fee, pending
	_, err := w.transfer(1_000, yumi, nil)
	wantStripe(t, err, 400, invalidRequest, insufficient)
	tr, err := w.transfer(1_000, yumi, ch)
	w.must(err)
	if tr.SourceTransaction.ID != ch.ID || tr.TransferGroup != "ms_1" || tr.DestinationPayment == nil || tr.Destination.ID != yumi.ID {
		t.Errorf("the transfer is %+v", tr)
	}
	w.days(4)
	_, err = w.transfer(8_641, yumi, nil)
	wantStripe(t, err, 400, invalidRequest, insufficient)
	_, err = w.transfer(8_640, yumi, nil)
	w.must(err)
	w.wantBalance("", 0, 0)
}

func TestTransfersOfAChargeNeverExceedIt(t *testing.T) {
	w := newWorld(t)
	yumi, ch := w.alumna(), w.charge(10_000)
	_, err := w.transfer(6_000, yumi, ch)
	w.must(err)
	_, err = w.transfer(4_001, yumi, ch)
	wantStripe(t, err, 400, invalidRequest, insufficient)
	_, err = w.transfer(4_000, yumi, ch)
	w.must(err)
	_, err = w.transfer(1, yumi, ch)
	wantStripe(t, err, 400, invalidRequest, insufficient)
}

func TestATransferNeedsADestinationThatMayReceive(t *testing.T) {
	w := newWorld(t)
	ch := w.charge(10_000)
	_, err := w.transfer(1_000, &stripe.Account{ID: "acct_nobody"}, ch)
	wantStripe(t, err, 400, invalidRequest, stripe.ErrorCodeResourceMissing)
	a, err := w.stripe.Accounts.New(&stripe.AccountParams{Type: stripe.String("express"),
		Capabilities: &stripe.AccountCapabilitiesParams{Transfers: &stripe.AccountCapabilitiesTransfersParams{Requested: stripe.Bool(true)}}})
	w.must(err)
	_, err = w.transfer(1_000, a, ch)
	wantStripe(t, err, 400, invalidRequest, "insufficient_capabilities_for_transfer")
	w.press(w.accountLink(a.ID).URL, 0)
	_, err = w.transfer(1_000, a, ch)
	w.must(err)
	if w.control("accounts", map[string]any{"account": a.ID, "action": "restrict"}) != 200 {
		t.Error("the account could not be restricted")
	}
	_, err = w.transfer(1_000, a, ch)
	wantStripe(t, err, 400, invalidRequest, "insufficient_capabilities_for_transfer")
}

func TestTransfersThatStripeWouldRefuseAreRefused(t *testing.T) {
	w := newWorld(t)
	yumi, ch := w.alumna(), w.charge(10_000)
	for name, c := range map[string]struct {
		spoil func(*stripe.TransferParams)
		param string
		code  stripe.ErrorCode
	}{
		"no amount":         {func(p *stripe.TransferParams) { p.Amount = nil }, "amount", stripe.ErrorCodeParameterMissing},
		"zero":              {func(p *stripe.TransferParams) { p.Amount = stripe.Int64(0) }, "amount", stripe.ErrorCodeParameterInvalidInteger},
		"negative":          {func(p *stripe.TransferParams) { p.Amount = stripe.Int64(-5) }, "amount", stripe.ErrorCodeParameterInvalidInteger},
		"no currency":       {func(p *stripe.TransferParams) { p.Currency = nil }, "currency", stripe.ErrorCodeParameterMissing},
		"other currency":    {func(p *stripe.TransferParams) { p.Currency = stripe.String("usd") }, "currency", ""},
		"unknown charge":    {func(p *stripe.TransferParams) { p.SourceTransaction = stripe.String("ch_no") }, "source_transaction", stripe.ErrorCodeResourceMissing},
		"other group":       {func(p *stripe.TransferParams) { p.TransferGroup = stripe.String("ms_2") }, "transfer_group", ""},
		"unknown parameter": {func(p *stripe.TransferParams) { p.AddExtra("speed", "high") }, "speed", stripe.ErrorCodeParameterUnknown},
		"unknown expansion": {func(p *stripe.TransferParams) { p.AddExpand("amount") }, "", ""},
	} {
		_, err := w.transfer(1_000, yumi, ch, c.spoil)
		t.Run(name, func(t *testing.T) {
			got := wantStripe(t, err, 400, invalidRequest, c.code).Param
			if got != c.param {
				t.Errorf("the error is on %q, want %q", got, c.param)
			}
		})
	}
	if n := w.count(w.stripe.Transfers.List(nil)); n != 0 {
		t.Errorf("%d transfers were made", n)
	}
}

func TestTransfersAreFoundAgainByGroupWithTheirMetadata(t *testing.T) {
	w := newWorld(t)
	yumi, ch := w.alumna(), w.charge(10_000)
	tr, err := w.transfer(1_000, yumi, ch)
	w.must(err)
	w.days(4)
	_, err = w.transfer(1_000, yumi, nil, func(p *stripe.TransferParams) { p.TransferGroup = stripe.String("ms_2") })
	w.must(err)
	i := w.stripe.Transfers.List(&stripe.TransferListParams{TransferGroup: stripe.String("ms_1")})
	if !i.Next() || i.Transfer().ID != tr.ID || i.Transfer().Metadata["operation"] != "1" || i.Next() {
		t.Errorf("the list by group is wrong: %v", i.Err())
	}
	if n := w.count(w.stripe.Transfers.List(&stripe.TransferListParams{Destination: &yumi.ID})); n != 2 {
		t.Errorf("%d transfers to her, want 2", n)
	}
	changed, err := w.stripe.Transfers.Update(tr.ID, &stripe.TransferParams{Metadata: map[string]string{"operation": "", "checked": "yes"}})
	w.must(err)
	got, err := w.stripe.Transfers.Get(tr.ID, nil)
	w.must(err)
	if len(got.Metadata) != 1 || got.Metadata["checked"] != "yes" || len(changed.Metadata) != 1 {
		t.Errorf("the metadata is %v", got.Metadata)
	}
	_, err = w.stripe.Transfers.Get("tr_no", nil)
	wantStripe(t, err, 404, invalidRequest, stripe.ErrorCodeResourceMissing)
}

func TestAReversalTakesTheMoneyBackFromBothSides(t *testing.T) {
	w := newWorld(t)
	yumi, ch := w.alumna(), w.charge(10_000)
	tr, err := w.transfer(5_000, yumi, ch)
	w.must(err)
	rev, err := w.stripe.TransferReversals.New(&stripe.TransferReversalParams{ID: &tr.ID, Amount: stripe.Int64(2_000), Metadata: map[string]string{"why": "ruling"}})
	w.must(err)
	w.wantBalance("", 0, 9_640-3_000)
	w.wantBalance(yumi.ID, 0, 3_000)
	_, err = w.stripe.TransferReversals.New(&stripe.TransferReversalParams{ID: &tr.ID, Amount: stripe.Int64(3_001)})
	wantStripe(t, err, 400, invalidRequest, stripe.ErrorCodeAmountTooLarge)
	_, err = w.stripe.TransferReversals.New(&stripe.TransferReversalParams{ID: &tr.ID})
	w.must(err)
	got, err := w.stripe.Transfers.Get(tr.ID, nil)
	w.must(err)
	if !got.Reversed || got.AmountReversed != 5_000 || len(got.Reversals.Data) != 2 {
		t.Errorf("after both reversals: %+v", got)
	}
	_, err = w.stripe.TransferReversals.New(&stripe.TransferReversalParams{ID: &tr.ID})
	wantStripe(t, err, 400, invalidRequest, "")
	again, err := w.stripe.TransferReversals.Get(rev.ID, &stripe.TransferReversalParams{ID: &tr.ID})
	w.must(err)
	if again.Amount != 2_000 || again.Metadata["why"] != "ruling" {
		t.Errorf("read back: %+v", again)
	}
	if n := w.count(w.stripe.TransferReversals.List(&stripe.TransferReversalListParams{ID: &tr.ID})); n != 2 {
		t.Errorf("%d reversals are listed", n)
	}
	back := w.transactions("", &stripe.BalanceTransactionListParams{Source: &rev.ID})
	if len(back) != 1 || back[0].Type != "transfer_refund" || back[0].ReportingCategory != "transfer_reversal" || back[0].Net != 2_000 {
		t.Errorf("the platform's transaction is %+v", back)
	}
}

func TestAReversalIsRefusedOnceTheMoneyIsAtTheBank(t *testing.T) {
	w := newWorld(t)
	yumi, ch := w.alumna(), w.charge(10_000)
	tr, err := w.transfer(5_000, yumi, ch)
	w.must(err)
	w.days(4)
	_, err = w.stripe.TransferReversals.New(&stripe.TransferReversalParams{ID: &tr.ID})
	wantStripe(t, err, 400, invalidRequest, insufficient)
}
