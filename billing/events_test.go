package billing_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"homecoming/billing"
	"homecoming/billing/gatewaytest"
	"homecoming/billing/stripesim"
	"homecoming/internal/clock"
	"homecoming/internal/jobs"
)

func signed(payload []byte, secret string, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", at.Unix(), payload)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}

// happened lists every event of the platform and of the alumna's account, oldest first.
func (w *world) happened() []billing.Event {
	w.Helper()
	accounts := []string{""}
	if a, err := w.billing.PayoutAccount(ctx, w.yumi.Actor); err == nil {
		accounts = append(accounts, *a.ProviderID)
	}
	var all []billing.Event
	for _, a := range accounts {
		for e, err := range w.gateway.Events(ctx, a, w.Clock.Now().Add(-29*24*time.Hour)) {
			w.Check(err)
			all = append(all, e)
		}
	}
	slices.Reverse(all)
	return all
}

// receive sends an event to its endpoint as the provider would.
func (w *world) receive(e billing.Event) {
	w.Helper()
	endpoint, secret := billing.PlatformEndpoint, platformWhsec
	if e.Account != "" {
		endpoint, secret = billing.ConnectEndpoint, connectWhsec
	}
	w.Check(w.billing.ReceiveEvent(ctx, endpoint, e.Payload, signed(e.Payload, secret, time.Now())))
}

// books is the whole ledger as text, without ids and times of our own.
func (w *world) books() string {
	w.Helper()
	var lines []string
	w.Check(w.DB.Gorm(ctx).Raw(`SELECT e.source || ' ' || e.at || ' ' || p.line || ' ' || p.account || ' ' || p.amount FROM ledger_entries e
		JOIN ledger_postings p ON p.entry_id = e.id ORDER BY e.source, p.line`).Scan(&lines).Error)
	return strings.Join(lines, "\n")
}

func TestForgedEventsChangeNothing(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	f, err := w.billing.Fund(ctx, w.aoi.Manager, m.ID)
	w.Check(err)
	gatewaytest.Press(w, f.CheckoutURL)
	var e billing.Event
	for _, e = range w.happened() {
		if e.Type == "charge.succeeded" {
			break
		}
	}
	now := time.Now()
	good := signed(e.Payload, platformWhsec, now)
	other := append(slices.Clone(e.Payload), '\n')
	for name, forged := range map[string]struct {
		endpoint  billing.Endpoint
		payload   []byte
		signature string
	}{
		"a wrong secret":            {billing.PlatformEndpoint, e.Payload, signed(e.Payload, "whsec_guess", now)},
		"the other endpoint":        {billing.ConnectEndpoint, e.Payload, good},
		"another body":              {billing.PlatformEndpoint, other, good},
		"too old":                   {billing.PlatformEndpoint, e.Payload, signed(e.Payload, platformWhsec, now.Add(-301*time.Second))},
		"from the future":           {billing.PlatformEndpoint, e.Payload, signed(e.Payload, platformWhsec, now.Add(59*time.Minute))},
		"v0 alone":                  {billing.PlatformEndpoint, e.Payload, strings.Replace(good, "v1=", "v0=", 1)},
		"no signature":              {billing.PlatformEndpoint, e.Payload, ""},
		"the time moved afterwards": {billing.PlatformEndpoint, e.Payload, "t=" + fmt.Sprint(now.Unix()) + "," + after(good, ",") + "0"},
	} {
		err := w.billing.ReceiveEvent(ctx, forged.endpoint, forged.payload, forged.signature)
		w.wantErr(err, billing.ErrForgedEvent)
		if n := w.Count("SELECT count(*) FROM provider_events"); n != 0 {
			t.Fatalf("%s: %d events are stored", name, n)
		}
	}
	w.wantState(m, billing.MilestoneFunding)
	w.receive(e)
	w.receive(e)
	w.receive(e)
	if n := w.Count("SELECT count(*) FROM provider_events"); n != 1 {
		t.Fatalf("the same event three times is %d events", n)
	}
	w.workEvents()
	w.wantState(m, billing.MilestoneFunded)
}

func TestReplayingAllEventsShuffledAndDoubledChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	c := w.contract(design)(100_000, 60_000)
	for _, m := range c.Milestones {
		w.fund(m)
	}
	w.deliver(c.Milestones[0])
	w.accept(c.Milestones[0])
	_, err := w.billing.Refund(ctx, w.aoi.Manager, c.Milestones[1].ID, "Stopped.")
	w.Check(err)
	w.drain()
	w.payday()
	before := w.books()
	events := w.happened()
	if len(events) < 15 {
		t.Fatalf("only %d events", len(events))
	}
	for seed := range uint64(5) {
		order := append(slices.Clone(events), events...)
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for i, e := range order {
			var body map[string]any
			w.Check(json.Unmarshal(e.Payload, &body))
			body["id"] = fmt.Sprintf("%s_%d_%d", e.ID, seed, i%2) // some under new ids, as after months
			e.Payload, err = json.Marshal(body)
			w.Check(err)
			w.receive(e)
			if i%7 == 0 {
				w.workEvents()
			}
		}
		w.drain()
		if after := w.books(); after != before {
			t.Fatalf("seed %d: the ledger was\n%s\nand is\n%s", seed, before, after)
		}
	}
}

func TestEventsThatNeverCameAreCaughtUpWith(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	m := w.contract()(100_000).Milestones[0]
	f, err := w.billing.Fund(ctx, w.aoi.Manager, m.ID)
	w.Check(err)
	gatewaytest.Press(w, f.CheckoutURL)
	found, err := w.billing.CatchUp(ctx)
	w.Check(err)
	if found == 0 || w.Count("SELECT count(*) FROM provider_events WHERE caught_up AND worked_at IS NULL") != found {
		t.Fatalf("found %d", found)
	}
	if again, err := w.billing.CatchUp(ctx); err != nil || again != 0 {
		t.Fatalf("the second time %d, %v", again, err)
	}
	w.drain()
	w.wantState(m, billing.MilestoneFunded)
}

func TestWithoutAnyEventTheLookUpSettlesAPayment(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	f, err := w.billing.Fund(ctx, w.aoi.Manager, m.ID)
	w.Check(err)
	gatewaytest.Press(w, f.CheckoutURL)
	w.Clock.Advance(5 * time.Minute)
	w.workOperations()
	w.wantState(m, billing.MilestoneFunded)
}

func TestAnEventOfAnotherVersionSaysWhereToLookAndIsRecordedAsSuch(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	f, err := w.billing.Fund(ctx, w.aoi.Manager, m.ID)
	w.Check(err)
	gatewaytest.Press(w, f.CheckoutURL)
	var session string
	w.Check(w.DB.Gorm(ctx).Raw("SELECT provider_id FROM operations WHERE kind = 'checkout'").Scan(&session).Error)
	payload := []byte(`{"id":"evt_new","type":"checkout.session.completed","api_version":"2031-05-05.zebra","created":1790000000,"data":{"object":{"id":"` +
		session + `","amount":"a word","payment_status":{"is":"an object now"}}}}`)
	w.Check(w.billing.ReceiveEvent(ctx, billing.PlatformEndpoint, payload, signed(payload, platformWhsec, time.Now())))
	w.workEvents()
	w.wantState(m, billing.MilestoneFunded)
	if w.Count("SELECT count(*) FROM provider_events WHERE api_version = '2031-05-05.zebra'") != 1 {
		t.Error("the version was not recorded")
	}
}

func TestAnEventAboutSomethingOfSomebodyElsesIsDoneWith(t *testing.T) {
	w := newWorld(t)
	for i, about := range []string{"checkout.session.completed cs_test_x", "charge.succeeded ch_x", "transfer.created tr_x", "refund.updated re_x", "balance.available "} {
		kind, object, _ := strings.Cut(about, " ")
		payload := fmt.Appendf(nil, `{"id":"evt_%d","type":"%s","api_version":"2023-10-16","created":1790000000,"data":{"object":{"id":"%s"}}}`, i, kind, object)
		w.Check(w.billing.ReceiveEvent(ctx, billing.PlatformEndpoint, payload, signed(payload, platformWhsec, time.Now())))
	}
	payload := []byte(`{"id":"evt_c","type":"payout.paid","account":"acct_x","api_version":"2023-10-16","created":1790000000,"data":{"object":{"id":"po_x"}}}`)
	w.Check(w.billing.ReceiveEvent(ctx, billing.ConnectEndpoint, payload, signed(payload, connectWhsec, time.Now())))
	w.workEvents()
	if n := w.Count("SELECT count(*) FROM provider_events WHERE worked_at IS NULL"); n != 0 {
		t.Errorf("%d events are left", n)
	}
}

func TestAnEventWhoseWorkFailsIsTakenUpAgain(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	f, err := w.billing.Fund(ctx, w.aoi.Manager, m.ID)
	w.Check(err)
	gatewaytest.Press(w, f.CheckoutURL)
	for _, e := range w.happened() {
		if e.Type == "payment_intent.succeeded" {
			w.receive(e)
		}
	}
	w.Check(w.sim.PlanFault(stripesim.Fault{Method: "GET", Kind: stripesim.HTML502}))
	var id string
	w.Check(w.DB.Gorm(ctx).Raw("SELECT id FROM provider_events").Scan(&id).Error)
	w.wantErr(w.billing.WorkEvent(ctx, id), billing.ErrUnknown)
	w.Clock.Advance(time.Minute)
	before := w.Count("SELECT count(*) FROM river_job WHERE kind = 'billing.event'")
	if n, err := w.billing.SweepEvents(ctx); n != 1 || err != nil || w.Count("SELECT count(*) FROM river_job WHERE kind = 'billing.event'") != before+1 {
		t.Fatalf("the sweep found %d, %v", n, err)
	}
	w.workEvents()
	w.wantState(m, billing.MilestoneFunded)
}

// TestTheQueueAndTheWebhooksCarryAContractByThemselves is the chain as it runs for real: signed webhooks over HTTP, the
// job queue, and nobody who drains anything.
func TestTheQueueAndTheWebhooksCarryAContractByThemselves(t *testing.T) {
	w := newWorld(t)
	mux := http.NewServeMux()
	for path, endpoint := range map[string]billing.Endpoint{"POST /webhooks/stripe": billing.PlatformEndpoint, "POST /webhooks/stripe/connect": billing.ConnectEndpoint} {
		mux.HandleFunc(path, func(rw http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err == nil {
				err = w.billing.ReceiveEvent(r.Context(), endpoint, body, r.Header.Get("Stripe-Signature"))
			}
			if err != nil {
				http.Error(rw, err.Error(), http.StatusBadRequest)
			}
		})
	}
	door := httptest.NewServer(mux)
	defer door.Close()
	w.stripeAt(stripesim.Config{SecretKey: testKey, InstantlyAvailable: true,
		PlatformWebhook: stripesim.Endpoint{URL: door.URL + "/webhooks/stripe", Secret: platformWhsec},
		ConnectWebhook:  stripesim.Endpoint{URL: door.URL + "/webhooks/stripe/connect", Secret: connectWhsec}})
	w.billing = billing.New(w.DB, clock.System, w.Market, w.gateway, billing.Config{BaseURL: "http://product.test"})
	workers := river.NewWorkers()
	billing.AddWorkers(workers, w.billing)
	queue, err := jobs.Start(ctx, w.DB, workers, jobs.Config{Periodic: billing.Periodic(w.billing), Logger: slog.New(slog.DiscardHandler)})
	w.Check(err)
	t.Cleanup(func() { w.Check(queue.Stop(ctx)) })

	link, err := w.billing.Onboard(ctx, w.yumi.Actor)
	w.Check(err)
	gatewaytest.Press(w, link)
	m := w.contract()(100_000).Milestones[0]
	f, err := w.billing.Fund(ctx, w.aoi.Manager, m.ID)
	w.Check(err)
	gatewaytest.Press(w, f.CheckoutURL)
	w.awaitState(m, billing.MilestoneFunded)
	w.deliver(m)
	_, err = w.billing.Accept(ctx, w.aoi.Manager, m.ID)
	w.Check(err)
	w.awaitState(m, billing.MilestonePaid)
	r, err := w.billing.StartReconciliation(ctx, w.aoi.Finance, w.aoi.ID, w.Today().AddDays(-30), w.Today().AddDays(30))
	w.Check(err)
	w.await("the reconciliation", func() bool {
		r, err = w.billing.Reconciliation(ctx, w.aoi.Finance, r.ID)
		w.Check(err)
		return r.State == jobs.Succeeded
	})
	if r.Matched != 2 || len(r.Exceptions) != 0 || r.Difference["JPY"] != 0 {
		t.Errorf("reconciled: %+v", r)
	}
}

func (w *world) awaitState(m billing.Milestone, want billing.MilestoneState) {
	w.Helper()
	w.await(string(want), func() bool { return w.milestone(m.ID).State == want })
}

// await asks every 20 milliseconds, for at most half a minute.
func (w *world) await(what string, done func() bool) {
	w.Helper()
	tick, deadline := time.NewTicker(20*time.Millisecond), time.After(30*time.Second)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			w.Fatalf("%s never came", what)
		}
	}
}

// after is what follows the first separator.
func after(s, separator string) string {
	_, rest, _ := strings.Cut(s, separator)
	return rest
}
