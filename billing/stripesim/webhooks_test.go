package stripesim_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"homecoming/billing/stripesim"
)

// withInboxes gives the stand-in two webhook endpoints.
func withInboxes(t *testing.T) (w *world, ours, theirs *inbox) {
	ours, theirs = newInbox(t), newInbox(t)
	w = newWorld(t, func(c *stripesim.Config) {
		c.PlatformWebhook = stripesim.Endpoint{URL: ours.URL, Secret: ourSecret}
		c.ConnectWebhook = stripesim.Endpoint{URL: theirs.URL, Secret: itsSecret}
	})
	return w, ours, theirs
}

// opened verifies each letter's signature as the product does, and returns the events.
func opened(t *testing.T, in *inbox, secret string) (out []stripe.Event) {
	t.Helper()
	for _, l := range in.letters() {
		e, err := webhook.ConstructEvent(l.body, l.signature, secret)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

func types(events []stripe.Event) (out []string) {
	for _, e := range events {
		out = append(out, string(e.Type))
	}
	return out
}

func TestEveryStepSendsItsSignedEventsToTheRightEndpoint(t *testing.T) {
	w, ours, theirs := withInboxes(t)
	yumi, ch := w.alumna(), w.charge(10_000)
	_, err := w.transfer(3_000, yumi, ch)
	w.must(err)
	w.days(6)
	_, err = w.stripe.Refunds.New(&stripe.RefundParams{Charge: &ch.ID, Amount: stripe.Int64(100)})
	w.must(err)
	w.delivered()
	want := []string{"payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "checkout.session.completed", "transfer.created",
		"balance.available", "refund.created", "charge.refunded"}
	events := opened(t, ours, ourSecret)
	if got := types(events); !slices.Equal(got, want) {
		t.Errorf("the platform got\n%v, want\n%v", got, want)
	}
	for _, e := range events {
		if e.Account != "" || e.APIVersion != stripe.APIVersion {
			t.Errorf("%s is of account %q and version %s", e.Type, e.Account, e.APIVersion)
		}
	}
	events = opened(t, theirs, itsSecret)
	got := types(events)
	for _, kind := range []string{"account.updated", "capability.updated", "payment.created", "payout.created", "payout.paid", "payout.reconciliation_completed"} {
		if !slices.Contains(got, kind) {
			t.Errorf("the connect endpoint never got %s: %v", kind, got)
		}
	}
	for _, e := range events {
		if e.Account != yumi.ID {
			t.Errorf("%s is of account %q", e.Type, e.Account)
		}
	}
}

func TestAForgedSignatureDoesNotPass(t *testing.T) {
	w, ours, _ := withInboxes(t)
	w.charge(10_000)
	w.delivered()
	l := ours.letters()[0]
	if _, err := webhook.ConstructEvent(l.body, l.signature, "whsec_other"); err == nil {
		t.Error("another secret passed")
	}
	if _, err := webhook.ConstructEvent(append(l.body, ' '), l.signature, ourSecret); err == nil {
		t.Error("another body passed")
	}
}

func TestAnEventIsSentUntilItIsTaken(t *testing.T) {
	w, ours, _ := withInboxes(t)
	ours.answer = func(n int) int {
		if n < 2 {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	}
	_, err := w.stripe.Topups.New(&stripe.TopupParams{Amount: stripe.Int64(360), Currency: stripe.String("jpy")})
	w.must(err)
	w.delivered()
	events := opened(t, ours, ourSecret)
	if len(events) != 3 || events[0].ID != events[2].ID {
		t.Errorf("it was sent as %v", events)
	}
	e, err := w.stripe.Events.Get(events[0].ID, nil)
	w.must(err)
	if e.PendingWebhooks != 0 {
		t.Errorf("delivered, and %d still pending", e.PendingWebhooks)
	}
}

func TestEventsCanBeHeldReversedDroppedAndDoubled(t *testing.T) {
	w, ours, _ := withInboxes(t)
	w.control("events", map[string]any{"action": "hold"})
	w.charge(10_000) // four events
	if n := len(ours.letters()); n != 0 {
		t.Fatalf("%d arrived while held", n)
	}
	i := w.stripe.Events.List(&stripe.EventListParams{Type: stripe.String("charge.succeeded")})
	i.Next()
	dropped := i.Event()
	w.control("events", map[string]any{"action": "drop", "event": dropped.ID})
	w.control("events", map[string]any{"action": "release", "order": "reversed"})
	w.delivered()
	want := []string{"checkout.session.completed", "payment_intent.succeeded", "payment_intent.created"}
	if got := types(opened(t, ours, ourSecret)); !slices.Equal(got, want) {
		t.Errorf("released: %v, want %v", got, want)
	}
	w.control("events", map[string]any{"action": "duplicate", "event": dropped.ID})
	w.delivered()
	if got := types(opened(t, ours, ourSecret)[3:]); !slices.Equal(got, []string{"charge.succeeded", "charge.succeeded"}) {
		t.Errorf("doubled: %v", got)
	}
	for _, wrong := range []map[string]any{{"action": "redeliver", "event": "evt_no"}, {"action": "burn"}, {"action": "drop", "event": dropped.ID}} {
		if status := w.control("events", wrong); status != 422 {
			t.Errorf("%v was answered %d", wrong, status)
		}
	}
}

func TestEventsCanBeReadBackForThirtyDays(t *testing.T) {
	w := newWorld(t)
	w.charge(10_000)
	w.days(3)
	_, err := w.stripe.Topups.New(&stripe.TopupParams{Amount: stripe.Int64(360), Currency: stripe.String("jpy")})
	w.must(err)
	n := func(p *stripe.EventListParams) int { return w.count(w.stripe.Events.List(p)) }
	for name, c := range map[string]struct {
		params *stripe.EventListParams
		want   int
	}{
		"all":      {&stripe.EventListParams{}, 5},
		"one type": {&stripe.EventListParams{Type: stripe.String("charge.succeeded")}, 1},
		"types":    {&stripe.EventListParams{Types: stripe.StringSlice([]string{"charge.succeeded", "topup.succeeded"})}, 2},
		"since":    {&stripe.EventListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThan: monday.Unix()}}, 1},
		"until":    {&stripe.EventListParams{CreatedRange: &stripe.RangeQueryParams{LesserThanOrEqual: monday.Unix()}}, 4},
	} {
		if got := n(c.params); got != c.want {
			t.Errorf("%s: %d events, want %d", name, got, c.want)
		}
	}
	i := w.stripe.Events.List(&stripe.EventListParams{Type: stripe.String("charge.succeeded")})
	i.Next()
	old := i.Event()
	if old.Data.Object["amount"] != float64(10_000) {
		t.Errorf("the event carries %v", old.Data.Object)
	}
	w.days(28)
	if got := n(&stripe.EventListParams{Type: stripe.String("charge.succeeded")}); got != 0 {
		t.Errorf("after 31 days %d are listed", got)
	}
	_, err = w.stripe.Events.Get(old.ID, nil)
	wantStripe(t, err, 404, invalidRequest, stripe.ErrorCodeResourceMissing)
}
