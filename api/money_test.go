package api_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/billing"
)

var (
	form   = regexp.MustCompile(`(?s)<form[^>]*action="([^"]*)".*?</form>`)
	inputs = regexp.MustCompile(`<input[^>]*>`)
)

// press posts a hosted page's first form as it is.
func (w *world) press(page string) {
	w.Helper()
	res, err := http.Get(page)
	w.Check(err)
	body, err := io.ReadAll(res.Body)
	w.Check(err)
	w.Check(res.Body.Close())
	found := form.FindStringSubmatch(string(body))
	if found == nil {
		w.Fatalf("%s has no form: %s", page, body)
	}
	fields := url.Values{}
	for _, input := range inputs.FindAllString(found[0], -1) {
		fields.Set(attribute(input, "name"), attribute(input, "value"))
	}
	action, err := res.Request.URL.Parse(html.UnescapeString(found[1]))
	w.Check(err)
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err = stay.PostForm(action.String(), fields)
	w.Check(err)
	w.Check(res.Body.Close())
}

func attribute(tag, name string) string {
	m := regexp.MustCompile(name + `="([^"]*)"`).FindStringSubmatch(tag)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

func TestAContractIsFundedDeliveredAcceptedPaidAndReconciled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	aoi := w.tenant("Aoi")
	at := "/api/v1/milestones/" + aoi.ids["milestones"]
	wantsState := func(state string) tree {
		t.Helper()
		m := w.as(aoi.Manager, "GET", at, nil).wants(http.StatusOK).object()
		if m["state"] != state {
			t.Fatalf("the milestone is %v, not %s", m["state"], state)
		}
		return m
	}

	account := w.as(aoi.alumna.Actor, "POST", "/api/v1/me/payout-account", nil).wants(http.StatusOK).object()
	w.press(account["onboarding_url"].(string))
	w.drain()
	if got := w.as(aoi.alumna.Actor, "GET", "/api/v1/me/payout-account", nil).wants(http.StatusOK).object(); got["state"] != "active" {
		t.Fatalf("the account is %v", got)
	}

	key := "Idempotency-Key: pay"
	first := w.as(aoi.Manager, "POST", at+"/fund", tree{}, key).wants(http.StatusCreated).object()
	again := w.as(aoi.Manager, "POST", at+"/fund", tree{}, key).wants(http.StatusCreated).object()
	if first["checkout_url"] == "" || first["checkout_url"] != again["checkout_url"] {
		t.Fatalf("two pages to pay on: %v and %v", first, again)
	}
	w.press(first["checkout_url"].(string))
	w.drain()
	wantsState("funded")

	w.as(aoi.Manager, "POST", at+"/start", tree{}).refuses(http.StatusForbidden, "forbidden", "")
	w.as(aoi.alumna.Actor, "POST", at+"/start", tree{}).wants(http.StatusOK)
	w.as(aoi.alumna.Actor, "POST", at+"/submit", tree{"message": "Here it is."}).wants(http.StatusOK)
	w.as(aoi.Manager, "POST", at+"/request-changes", tree{"message": "One thing is missing."}).wants(http.StatusOK)
	w.as(aoi.alumna.Actor, "POST", at+"/submit", tree{"message": "Now all is there."}).wants(http.StatusOK)
	w.as(aoi.Manager, "POST", at+"/accept", tree{}).wants(http.StatusOK)
	w.drain()
	released := wantsState("released")
	if n := len(released["timeline"].([]any)); n < 6 {
		t.Errorf("the timeline has %d steps", n)
	}
	w.as(aoi.Manager, "POST", at+"/accept", tree{}).wants(http.StatusConflict)

	w.Clock.Advance(15 * 24 * time.Hour)
	w.Check(w.sim.Advance(0))
	w.drain()
	wantsState("paid")
	w.as(aoi.Manager, "POST", "/api/v1/reviews", tree{"contract_id": aoi.ids["contracts"], "rating": 5}).wants(http.StatusNoContent)
	w.as(aoi.Manager, "POST", "/api/v1/reviews", tree{"contract_id": aoi.ids["contracts"], "rating": 9}).refuses(http.StatusUnprocessableEntity, "rating_out_of_range", "rating")

	w.books(aoi)
}

// books looks at what finance sees of a company whose one contract is paid.
func (w *world) books(of *tenant) {
	w.Helper()
	at := "/api/v1/companies/" + of.ids["companies"]
	for _, item := range w.as(of.Finance, "GET", at+"/ledger/entries?limit=100", nil).wants(http.StatusOK).object()["items"].([]any) {
		sum := 0.0
		for _, p := range item.(tree)["postings"].([]any) {
			sum += p.(tree)["amount"].(tree)["amount"].(float64)
		}
		if sum != 0 {
			w.Errorf("an entry sums to %v: %v", sum, item)
		}
	}
	paid := w.as(of.Finance, "GET", at+"/payouts", nil).wants(http.StatusOK).object()["items"].([]any)
	mine := w.as(of.alumna.Actor, "GET", "/api/v1/me/payouts", nil).wants(http.StatusOK).object()["items"].([]any)
	if len(paid) != 1 || len(mine) != 1 || paid[0].(tree)["amount"].(tree)["amount"] != mine[0].(tree)["amount"].(tree)["amount"] {
		w.Errorf("paid %v, received %v", paid, mine)
	}
	overview := w.as(of.Finance, "GET", at+"/money", nil).wants(http.StatusOK).object()
	if overview["held"].(tree)["amount"] != 0.0 || overview["paid"].(tree)["amount"] == 0.0 || overview["paid"].(tree)["currency"] != "JPY" {
		w.Errorf("the overview is %v", overview)
	}
	w.as(of.Finance, "GET", at+"/ledger/accounts", nil).wants(http.StatusOK)
	w.as(of.Finance, "POST", "/api/v1/bank-lines/"+of.ids["lines"]+"/match", tree{"kind": "other"}).wants(http.StatusOK)
	run := w.as(of.Finance, "POST", "/api/v1/reconciliations", tree{"from": w.Today().AddDays(-30), "to": w.Today().AddDays(1)}).wants(http.StatusCreated).object()
	id := run["id"].(string)
	var ids []string
	w.Check(w.DB.Gorm(context.Background()).Raw("SELECT args->>'run' FROM river_job WHERE kind = ? AND args->>'run' = ?", billing.ReconcileJob{}.Kind(), id).Scan(&ids).Error)
	if len(ids) != 1 {
		w.Fatalf("%d jobs for one reconciliation", len(ids))
	}
	w.Check(w.billing.Reconcile(context.Background(), uuid.MustParse(ids[0])))
	got := w.as(of.Finance, "GET", "/api/v1/reconciliations/"+id, nil).wants(http.StatusOK).object()
	if got["state"] != "succeeded" || got["difference"].(tree)["JPY"] != 0.0 || len(got["exceptions"].([]any)) != 0 || got["matched"].(float64) < 2 {
		w.Errorf("the reconciliation is %v", got)
	}
}

// signed is an event as the provider signs it.
func signed(payload, secret string, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", at.Unix(), payload)
	return fmt.Sprintf("Stripe-Signature: t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}

func TestAnEventIsStoredOnceWhenItIsSignedAndNeverWhenItIsForged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := w.Clock.Now()
	event := fmt.Sprintf(`{"id":"evt_1","object":"event","api_version":"2023-10-16","created":%d,"type":"transfer.created","data":{"object":{"id":"tr_1","object":"transfer"}}}`, now.Unix())
	for name, header := range map[string]string{
		"no signature":         "X-Nothing: 1",
		"another secret":       signed(event, "whsec_guessed", now),
		"the other endpoint's": signed(event, "whsec_of_accounts", now),
		"another body":         signed(event+" ", platformSecret, now),
		"too old":              signed(event, platformSecret, now.Add(-time.Hour)),
		"of the future":        signed(event, platformSecret, now.Add(time.Hour)),
		"v0 alone":             strings.Replace(signed(event, platformSecret, now), "v1=", "v0=", 1),
	} {
		got := w.as(nobody, "POST", "/webhooks/stripe", event, header)
		if p := got.problem(); p.Status != http.StatusBadRequest || p.Code != "event_not_signed" {
			t.Errorf("%s: answered %s", name, got.Body)
		}
	}
	w.as(nobody, "POST", "/webhooks/stripe", strings.Repeat("x", 2<<20)).refuses(http.StatusRequestEntityTooLarge, "body_too_large", "")
	if n := w.Count("SELECT count(*) FROM provider_events"); n != 0 {
		t.Fatalf("%d forged events are stored", n)
	}
	for range 2 {
		w.as(nobody, "POST", "/webhooks/stripe", event, signed(event, platformSecret, now)).wants(http.StatusOK)
	}
	if n := w.Count("SELECT count(*) FROM provider_events") + w.Count("SELECT count(*) FROM river_job WHERE kind = 'billing.event'"); n != 2 {
		t.Errorf("one event left %d rows", n)
	}
}
