package stripesim_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

func TestANewAccountMayDoNothingUntilItIsOnboarded(t *testing.T) {
	w := newWorld(t)
	a, err := w.stripe.Accounts.New(&stripe.AccountParams{Type: stripe.String("express"), Country: stripe.String("JP"), BusinessType: stripe.String("individual"),
		Email: stripe.String("d@example.com"), Metadata: map[string]string{"person": "7"},
		Capabilities: &stripe.AccountCapabilitiesParams{Transfers: &stripe.AccountCapabilitiesTransfersParams{Requested: stripe.Bool(true)}},
		Settings:     &stripe.AccountSettingsParams{Payouts: &stripe.AccountSettingsPayoutsParams{Schedule: &stripe.AccountSettingsPayoutsScheduleParams{Interval: stripe.String("weekly"), WeeklyAnchor: stripe.String("monday")}}}})
	w.must(err)
	if a.PayoutsEnabled || a.DetailsSubmitted || a.Capabilities.Transfers != "inactive" || len(a.Requirements.CurrentlyDue) == 0 || a.Metadata["person"] != "7" {
		t.Errorf("new: %+v", a)
	}
	if led := w.press(w.accountLink(a.ID).URL, 1).Header.Get("Location"); led != "http://product.test/onboarded" {
		t.Errorf("finishing later led to %q", led)
	}
	a, err = w.stripe.Accounts.GetByID(a.ID, nil)
	w.must(err)
	if a.DetailsSubmitted {
		t.Error("finishing later finished it")
	}
	if led := w.press(w.accountLink(a.ID).URL, 0).Header.Get("Location"); led != "http://product.test/onboarded" {
		t.Errorf("onboarding led to %q", led)
	}
	a, err = w.stripe.Accounts.GetByID(a.ID, nil)
	w.must(err)
	if !a.PayoutsEnabled || !a.DetailsSubmitted || len(a.Requirements.CurrentlyDue) != 0 || len(a.ExternalAccounts.Data) != 1 || a.Settings.Payouts.Schedule.WeeklyAnchor != "monday" {
		t.Errorf("onboarded: %+v", a)
	}
	c, err := w.stripe.Capabilities.Get("transfers", &stripe.CapabilityParams{Account: &a.ID})
	w.must(err)
	if c.Status != stripe.CapabilityStatusActive || w.count(w.stripe.Capabilities.List(&stripe.CapabilityListParams{Account: &a.ID})) != 1 {
		t.Errorf("the capability is %s", c.Status)
	}
}

func TestAnOnboardingLinkWorksOnceAndNotForLong(t *testing.T) {
	w := newWorld(t)
	a := w.alumna()
	used, old := w.accountLink(a.ID), w.accountLink(a.ID)
	gone := func(link *stripe.AccountLink) {
		t.Helper()
		resp, err := noRedirect.Get(link.URL)
		w.must(err)
		resp.Body.Close()
		if led := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther || led != "http://product.test/again" {
			t.Errorf("the link answered %d and led to %q", resp.StatusCode, led)
		}
	}
	w.press(used.URL, 0)
	gone(used)
	w.must(w.sim.Advance(5 * time.Minute))
	gone(old)
	resp, err := noRedirect.Get(w.at + "/_onboarding/" + a.ID)
	w.must(err)
	resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("without a link the page answered %d", resp.StatusCode)
	}
}

func TestAnAccountCanBeChanged(t *testing.T) {
	w := newWorld(t)
	a := w.alumna()
	_, err := w.stripe.Accounts.Update(a.ID, &stripe.AccountParams{Email: stripe.String("new@example.com"), Metadata: map[string]string{"a": "b"}})
	w.must(err)
	got, err := w.stripe.Accounts.GetByID(a.ID, nil)
	w.must(err)
	if got.Email != "new@example.com" || got.Metadata["a"] != "b" || !got.PayoutsEnabled {
		t.Errorf("changed: %+v", got)
	}
	if n := w.count(w.stripe.Accounts.List(nil)); n != 1 {
		t.Errorf("%d accounts", n)
	}
	us, err := w.stripe.Accounts.Get()
	w.must(err)
	if us.ID == a.ID || us.Type != stripe.AccountTypeStandard {
		t.Errorf("we are %+v", us)
	}
}

func TestOneAccountSeesNothingOfAnother(t *testing.T) {
	w := newWorld(t)
	yumi, daniel, ch := w.alumna(), w.alumna(), w.charge(10_000)
	tr, err := w.transfer(1_000, yumi, ch)
	w.must(err)
	_, err = w.stripe.Charges.Get(tr.DestinationPayment.ID, &stripe.ChargeParams{Params: on(yumi.ID)})
	w.must(err)
	_, err = w.stripe.Charges.Get(tr.DestinationPayment.ID, &stripe.ChargeParams{Params: on(daniel.ID)})
	wantStripe(t, err, 404, invalidRequest, stripe.ErrorCodeResourceMissing)
	_, err = w.stripe.Accounts.GetByID(yumi.ID, &stripe.AccountParams{Params: on(daniel.ID)})
	wantStripe(t, err, 403, invalidRequest, stripe.ErrorCodeAccountInvalid)
	_, err = w.stripe.Balance.Get(&stripe.BalanceParams{Params: on("acct_nobody")})
	wantStripe(t, err, 403, invalidRequest, stripe.ErrorCodeAccountInvalid)
	if n := len(w.transactions(daniel.ID, &stripe.BalanceTransactionListParams{})); n != 0 {
		t.Errorf("daniel sees %d transactions", n)
	}
}
