package billing_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/billing/gatewaytest"
	"homecoming/billing/stripe"
	"homecoming/billing/stripesim"
	"homecoming/internal/seal"
	"homecoming/market"
	"homecoming/market/markettest"
)

const (
	testKey       = "sk_test_of_the_stand_in"
	platformWhsec = "whsec_of_the_platform"
	connectWhsec  = "whsec_of_connected_accounts"
)

var ctx = context.Background()

// testBox seals what tests keep.
var testBox = func() *seal.Box {
	box, err := seal.New("a key for tests")
	if err != nil {
		panic(err)
	}
	return box
}()

// A world is a company with a manager and an alumna on a stand-in of their own. No webhooks are sent unless a test
// says so: drain lists events and works them, in the order the test wants.
type world struct {
	*markettest.World
	aoi     *markettest.Company
	yumi    markettest.Alumnus
	sim     *stripesim.Server
	gateway billing.Gateway
	billing *billing.Service
}

func newWorld(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	w := &world{World: markettest.New(t)}
	w.stripeAt(stripesim.Config{SecretKey: testKey, Clock: w.Clock.Now})
	w.serve(w.gateway)
	w.aoi = w.Company("Aoi")
	w.yumi = w.aoi.Alumnus("Takahashi Yumi")
	t.Cleanup(func() {
		if err := billing.CheckLedger(ctx, w.DB); err != nil {
			t.Error("the ledger does not hold:", err)
		}
	})
	return w
}

// stripeAt opens a stand-in and points a gateway at it.
func (w *world) stripeAt(c stripesim.Config) {
	w.Helper()
	sim, err := stripesim.Open(c)
	w.Check(err)
	w.Check(sim.Start())
	w.Cleanup(func() { w.Check(sim.Close()) })
	w.sim = sim
	w.gateway, err = stripe.New(stripe.Config{Key: testKey, APIBase: sim.URL(), WebhookSecret: platformWhsec, ConnectWebhookSecret: connectWhsec, PerSecond: 1000,
		Transport: outside{w, http.DefaultTransport}})
	w.Check(err)
}

// serve starts billing anew, as a restarted process would, on a gateway.
func (w *world) serve(g billing.Gateway) {
	w.billing = billing.New(w.DB, w.Clock, w.Market, g, billing.Config{BaseURL: "http://product.test", CallTimeout: 5 * time.Second, ToppedUp: true, Box: testBox})
}

// contract posts a task, bids and accepts: an active contract with these milestones.
func (w *world) contract(options ...func(*market.TaskDraft)) func(yen ...int64) billing.Contract {
	return func(yen ...int64) billing.Contract {
		w.Helper()
		var sum int64
		terms := market.Terms{DeliverOn: w.Today().AddDays(20)}
		for i, y := range yen {
			sum += y
			terms.Milestones = append(terms.Milestones, market.PlannedMilestone{Title: "Part " + string(rune('A'+i)), Amount: y, DueOn: terms.DeliverOn})
		}
		terms.Amount = market.Yen(sum)
		bid, err := w.Market.PlaceBid(ctx, w.yumi.Actor, w.aoi.Task("Close the books", sum, options...).ID, terms)
		w.Check(err)
		c, err := w.billing.AcceptBid(ctx, w.aoi.Manager, bid.ID, bid.Version)
		w.Check(err)
		return c
	}
}

// design is work that income tax is withheld on.
func design(d *market.TaskDraft) { d.WithholdingCategory = "design" }

// onboard completes the alumna's payout account.
func (w *world) onboard() {
	w.Helper()
	link, err := w.billing.Onboard(ctx, w.yumi.Actor)
	w.Check(err)
	gatewaytest.Press(w, link)
	w.drain()
}

// fund opens the milestone's page, pays there, and lets the news arrive.
func (w *world) fund(m billing.Milestone) billing.Milestone {
	w.Helper()
	f, err := w.billing.Fund(ctx, w.aoi.Manager, m.ID)
	w.Check(err)
	gatewaytest.Press(w, f.CheckoutURL)
	w.drain()
	return w.milestone(m.ID)
}

// deliver has the alumna start and submit.
func (w *world) deliver(m billing.Milestone) {
	w.Helper()
	_, err := w.billing.Start(ctx, w.yumi.Actor, m.ID)
	w.Check(err)
	_, err = w.billing.Submit(ctx, w.yumi.Actor, m.ID, "Here it is.")
	w.Check(err)
}

// accept has the manager accept, and lets the transfer happen.
func (w *world) accept(m billing.Milestone) billing.Milestone {
	w.Helper()
	_, err := w.billing.Accept(ctx, w.aoi.Manager, m.ID)
	w.Check(err)
	w.drain()
	return w.milestone(m.ID)
}

// payday lets two weeks pass, at the provider as here: charges become available and the weekly payout arrives.
func (w *world) payday() {
	w.Helper()
	w.Clock.Advance(15 * 24 * time.Hour)
	w.Check(w.sim.Advance(0))
	w.drain()
}

// drain lists new events and works everything that waits, until nothing does.
func (w *world) drain() {
	w.Helper()
	for range 20 {
		found, err := w.billing.CatchUp(ctx)
		w.Check(err)
		if found+w.workEvents()+w.workOperations() == 0 {
			return
		}
	}
	w.Fatal("there is always something left to do")
}

func (w *world) workEvents() int {
	w.Helper()
	var ids []string
	w.Check(w.DB.Gorm(ctx).Raw("SELECT id FROM provider_events WHERE worked_at IS NULL ORDER BY random()").Scan(&ids).Error)
	for _, id := range ids {
		w.Check(w.billing.WorkEvent(ctx, id))
	}
	return len(ids)
}

// workOperations works what is due; a failure of the provider's is no failure of ours.
func (w *world) workOperations() int {
	w.Helper()
	var ids []uuid.UUID
	w.Check(w.DB.Gorm(ctx).Raw("SELECT id FROM operations WHERE next_at <= ?", w.Clock.Now()).Scan(&ids).Error)
	for _, id := range ids {
		w.Check(w.billing.Work(ctx, id))
	}
	return len(ids)
}

func (w *world) milestone(id uuid.UUID) billing.Milestone {
	w.Helper()
	m, err := w.billing.Milestone(ctx, w.aoi.Manager, id)
	w.Check(err)
	return m
}

func (w *world) wantState(m billing.Milestone, want billing.MilestoneState) {
	w.Helper()
	if got := w.milestone(m.ID); got.State != want {
		w.Fatalf("the milestone is %s (%s), want %s", got.State, got.HoldReason, want)
	}
}

func (w *world) wantErr(err, want error) {
	w.Helper()
	if !errors.Is(err, want) {
		w.Fatalf("got %v, want %v", err, want)
	}
}

// balance is what an account has, debits less credits.
func (w *world) balance(account string) int64 {
	w.Helper()
	b, err := billing.BalanceAt(ctx, w.DB, account, "JPY", w.Clock.Now().Add(time.Minute))
	w.Check(err)
	return b
}

// reconcile compares the last and the coming days.
func (w *world) reconcile() billing.Reconciliation {
	w.Helper()
	r, err := w.billing.StartReconciliation(ctx, w.aoi.Finance, w.aoi.ID, w.Today().AddDays(-60), w.Today().AddDays(1))
	w.Check(err)
	w.Check(w.billing.Reconcile(ctx, r.ID))
	r, err = w.billing.Reconciliation(ctx, w.aoi.Finance, r.ID)
	w.Check(err)
	return r
}

func (w *world) wantReconciled(matched int) {
	w.Helper()
	r := w.reconcile()
	if r.Matched != matched || len(r.Exceptions) != 0 || r.Difference["JPY"] != 0 {
		w.Fatalf("reconciliation: %d matched (want %d), difference %v, exceptions %+v", r.Matched, matched, r.Difference, r.Exceptions)
	}
}
