package stripesim_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

func TestPressingPayTwiceTakesTheMoneyOnce(t *testing.T) {
	w := newWorld(t)
	s := w.checkout(5_000)
	first := w.pay(s)
	again := w.submit(w.at+"/_checkout/"+s.ID+"/pay", url.Values{"number": {"4242424242424242"}, "expiry": {"12/40"}})
	if again.StatusCode != http.StatusSeeOther || again.Header.Get("Location") != first {
		t.Errorf("the second press answered %d and led to %q", again.StatusCode, again.Header.Get("Location"))
	}
	w.wantBalance("", 0, 5_000-180)
	if body := w.load(w.at + "/_checkout/" + s.ID); !strings.Contains(body, "complete") || strings.Contains(body, "<form") {
		t.Errorf("the paid page is\n%s", body)
	}
}

func TestADeclinedCardLeavesTheSessionOpenForAnother(t *testing.T) {
	w := newWorld(t)
	s := w.checkout(5_000)
	if resp := w.press(s.URL, 1); resp.StatusCode != http.StatusPaymentRequired {
		t.Errorf("the declined card answered %d", resp.StatusCode)
	}
	got := w.session(s.ID)
	if got.Status != stripe.CheckoutSessionStatusOpen || got.PaymentIntent == nil {
		t.Fatalf("after the decline the session is %s with intent %v", got.Status, got.PaymentIntent)
	}
	pi, err := w.stripe.PaymentIntents.Get(got.PaymentIntent.ID, nil)
	w.must(err)
	if pi.Status != stripe.PaymentIntentStatusRequiresPaymentMethod || pi.LastPaymentError.DeclineCode != "generic_decline" {
		t.Errorf("the intent is %s after %+v", pi.Status, pi.LastPaymentError)
	}
	w.pay(s)
	if got = w.session(s.ID); got.PaymentStatus != stripe.CheckoutSessionPaymentStatusPaid || got.PaymentIntent.ID != pi.ID {
		t.Errorf("the other card left it %s under %s", got.PaymentStatus, got.PaymentIntent.ID)
	}
	if n := w.count(w.stripe.Charges.List(&stripe.ChargeListParams{PaymentIntent: &pi.ID})); n != 2 {
		t.Errorf("%d charges, want the failed and the paid one", n)
	}
}

func TestCancelLeadsBackAndChangesNothing(t *testing.T) {
	w := newWorld(t)
	s := w.checkout(5_000)
	if led := w.press(s.URL, 2).Header.Get("Location"); led != "http://product.test/back" {
		t.Errorf("cancel led to %q", led)
	}
	if got := w.session(s.ID); got.Status != stripe.CheckoutSessionStatusOpen || got.PaymentIntent != nil {
		t.Errorf("after cancel: %s, intent %v", got.Status, got.PaymentIntent)
	}
}

func TestASessionThatIsNotPaidExpires(t *testing.T) {
	w := newWorld(t)
	byItself := w.checkout(5_000, func(p *stripe.CheckoutSessionParams) { p.ExpiresAt = stripe.Int64(monday.Add(time.Hour).Unix()) })
	w.press(byItself.URL, 1) // a decline, so that there is an intent to be canceled
	byUs, err := w.stripe.CheckoutSessions.Expire(w.checkout(5_000).ID, nil)
	w.must(err)
	w.must(w.sim.Advance(59 * time.Minute))
	if got := w.session(byItself.ID).Status; got != stripe.CheckoutSessionStatusOpen {
		t.Errorf("a minute before its time it is %s", got)
	}
	w.must(w.sim.Advance(time.Minute))
	got := w.session(byItself.ID)
	if got.Status != stripe.CheckoutSessionStatusExpired || byUs.Status != stripe.CheckoutSessionStatusExpired || got.URL != "" {
		t.Errorf("they are %s and %s", got.Status, byUs.Status)
	}
	pi, err := w.stripe.PaymentIntents.Get(got.PaymentIntent.ID, nil)
	w.must(err)
	if pi.Status != stripe.PaymentIntentStatusCanceled {
		t.Errorf("its intent is %s", pi.Status)
	}
	if resp := w.submit(w.at+"/_checkout/"+byItself.ID+"/pay", url.Values{"number": {"4242424242424242"}, "expiry": {"12/40"}}); resp.StatusCode != http.StatusGone {
		t.Errorf("paying late answered %d", resp.StatusCode)
	}
	_, err = w.stripe.CheckoutSessions.Expire(byUs.ID, nil)
	wantStripe(t, err, 400, stripe.ErrorTypeInvalidRequest, "")
	w.wantBalance("", 0, 0)
}

// Only the stand-in's clock is moved, never the product's: its sessions must go on working.
func TestASessionLivesAsLongAsAskedAfterTheClockHasBeenMoved(t *testing.T) {
	w := newWorld(t)
	w.days(7)
	s := w.checkout(5_000, func(p *stripe.CheckoutSessionParams) { p.ExpiresAt = stripe.Int64(monday.Add(time.Hour).Unix()) })
	w.must(w.sim.Advance(59 * time.Minute))
	if got := w.session(s.ID).Status; got != stripe.CheckoutSessionStatusOpen {
		t.Errorf("after 59 of its 60 minutes it is %s", got)
	}
	w.must(w.sim.Advance(time.Minute))
	if got := w.session(s.ID).Status; got != stripe.CheckoutSessionStatusExpired {
		t.Errorf("after 60 minutes it is %s", got)
	}
}

func TestTheCheckoutPageSpeaksTheCustomersLanguage(t *testing.T) {
	w := newWorld(t)
	japanese := w.checkout(5_000, func(p *stripe.CheckoutSessionParams) { p.Locale = stripe.String("ja") })
	if body := w.load(japanese.URL); !strings.Contains(body, `lang="ja"`) || !strings.Contains(body, "支払う ¥5,000") || !strings.Contains(body, "決算 2026") {
		t.Errorf("with the session's locale:\n%s", body)
	}
	req, _ := http.NewRequest(http.MethodGet, w.checkout(5_000).URL, nil)
	req.Header.Set("Accept-Language", "fr, ja-JP;q=0.9, en;q=0.8")
	resp, err := http.DefaultClient.Do(req)
	w.must(err)
	defer resp.Body.Close()
	if body := read(t, resp.Body); !strings.Contains(body, `lang="ja"`) {
		t.Errorf("with the browser's preference:\n%s", body)
	}
	if body := w.load(w.checkout(5_000).URL); !strings.Contains(body, `lang="en"`) {
		t.Errorf("without any preference:\n%s", body)
	}
}

var foreign = regexp.MustCompile(`(?:src|href|action)="(?:[a-z]+:)?//|@import|url\(`)

func TestNoPageAsksAThirdPartyForAnything(t *testing.T) {
	w := newWorld(t)
	a := w.alumna()
	for _, page := range []string{w.checkout(5_000).URL, w.accountLink(a.ID).URL, w.at + "/_stand-in/style.css", w.at + "/_checkout/nothing"} {
		if found := foreign.FindString(w.load(page)); found != "" {
			t.Errorf("%s has %s", page, found)
		}
	}
	resp, err := http.Get(w.checkout(5_000).URL)
	w.must(err)
	resp.Body.Close()
	if policy := resp.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("the policy is %q", policy)
	}
}

func TestAPageElsewhereCannotPayOrMoveTheClock(t *testing.T) {
	w := newWorld(t)
	s := w.checkout(5_000)
	for _, path := range []string{"/_checkout/" + s.ID + "/pay", "/_stand-in/clock"} {
		req, _ := http.NewRequest(http.MethodPost, w.at+path, strings.NewReader("number=4242424242424242&expiry=1240&advance_seconds=9"))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		resp, err := http.DefaultClient.Do(req)
		w.must(err)
		resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s answered %d", path, resp.StatusCode)
		}
	}
	w.wantBalance("", 0, 0)
}

func TestSessionsCanBeFoundAgainByTheirIntent(t *testing.T) {
	w := newWorld(t)
	w.pay(w.checkout(5_000))
	s := w.checkout(7_000)
	w.pay(s)
	intent := w.session(s.ID).PaymentIntent.ID
	i := w.stripe.CheckoutSessions.List(&stripe.CheckoutSessionListParams{PaymentIntent: &intent})
	if !i.Next() || i.CheckoutSession().ID != s.ID || i.Next() {
		t.Errorf("the list by intent is wrong: %v", i.Err())
	}
	items := w.stripe.CheckoutSessions.ListLineItems(&stripe.CheckoutSessionListLineItemsParams{Session: &s.ID})
	if !items.Next() || items.LineItem().AmountTotal != 7_000 || items.LineItem().Description != "決算 2026" {
		t.Errorf("the items are wrong: %v", items.Err())
	}
	whole, err := w.stripe.CheckoutSessions.Get(s.ID, &stripe.CheckoutSessionParams{Expand: []*string{stripe.String("line_items"), stripe.String("payment_intent")}})
	w.must(err)
	if len(whole.LineItems.Data) != 1 || whole.PaymentIntent.Amount != 7_000 {
		t.Errorf("expanded: %+v %+v", whole.LineItems, whole.PaymentIntent)
	}
}

func TestSessionsThatStripeWouldRefuseAreRefused(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		spoil func(*stripe.CheckoutSessionParams)
		param string
		code  stripe.ErrorCode
	}{
		"no success_url":    {func(p *stripe.CheckoutSessionParams) { p.SuccessURL = nil }, "success_url", stripe.ErrorCodeParameterMissing},
		"not a URL":         {func(p *stripe.CheckoutSessionParams) { p.CancelURL = stripe.String("back") }, "cancel_url", stripe.ErrorCodeURLInvalid},
		"no items":          {func(p *stripe.CheckoutSessionParams) { p.LineItems = nil }, "line_items", stripe.ErrorCodeParameterMissing},
		"too little":        {func(p *stripe.CheckoutSessionParams) { p.LineItems[0].PriceData.UnitAmount = stripe.Int64(49) }, "", stripe.ErrorCodeAmountTooSmall},
		"negative":          {func(p *stripe.CheckoutSessionParams) { p.LineItems[0].PriceData.UnitAmount = stripe.Int64(-100) }, "line_items[0][price_data][unit_amount]", stripe.ErrorCodeParameterInvalidInteger},
		"expires too late":  {func(p *stripe.CheckoutSessionParams) { p.ExpiresAt = stripe.Int64(monday.AddDate(0, 0, 2).Unix()) }, "expires_at", ""},
		"unknown parameter": {func(p *stripe.CheckoutSessionParams) { p.AddExtra("colour", "red") }, "colour", stripe.ErrorCodeParameterUnknown},
		"subscription":      {func(p *stripe.CheckoutSessionParams) { p.Mode = stripe.String("subscription") }, "mode", ""},
	} {
		p := &stripe.CheckoutSessionParams{Mode: stripe.String("payment"), SuccessURL: stripe.String("http://product.test/paid"),
			LineItems: []*stripe.CheckoutSessionLineItemParams{{Quantity: stripe.Int64(1), PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
				Currency: stripe.String("jpy"), UnitAmount: stripe.Int64(5_000),
				ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String("x")}}}}}
		c.spoil(p)
		_, err := w.stripe.CheckoutSessions.New(p)
		t.Run(name, func(t *testing.T) {
			got := wantStripe(t, err, 400, stripe.ErrorTypeInvalidRequest, c.code).Param
			if got != c.param {
				t.Errorf("the error is on %q, want %q", got, c.param)
			}
		})
	}
}

// TestTheFeeIsRoundedHalfUp: 3.6 % of 125 is 4.5, of 124 is 4.464.
func TestTheFeeIsRoundedHalfUp(t *testing.T) {
	w := newWorld(t)
	for amount, fee := range map[int64]int64{125: 5, 124: 4, 50: 2, 105_290: 3_790, 99_999_999: 3_600_000} {
		if got := w.charge(amount).BalanceTransaction.Fee; got != fee {
			t.Errorf("the fee on %d is %d, want %d", amount, got, fee)
		}
	}
}
