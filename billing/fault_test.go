package billing_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/billing"
	"homecoming/billing/gatewaytest"
	"homecoming/billing/stripe"
	"homecoming/billing/stripesim"
	"homecoming/market"
)

// killed is what a process says that is killed in a test.
type killed struct{}

// A reaper kills the process at one of its calls to Stripe: just before the request leaves, or when its answer has
// come and nobody has read it yet. Lists of events are left out: nothing hangs on them.
type reaper struct {
	at   int64 // which boundary, from 1; 0 never
	seen atomic.Int64
}

func (r *reaper) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Path == "/v1/events" {
		return http.DefaultTransport.RoundTrip(req)
	}
	r.boundary()
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err == nil {
		r.boundary()
	}
	return resp, err
}

func (r *reaper) boundary() {
	if r.seen.Add(1) == r.at {
		panic(killed{})
	}
}

// restart starts billing as a new process whose requests go through a transport.
func (w *world) restart(through http.RoundTripper) {
	w.Helper()
	if through == nil {
		through = http.DefaultTransport
	}
	g, err := stripe.New(stripe.Config{Key: testKey, APIBase: w.sim.URL(), WebhookSecret: platformWhsec, ConnectWebhookSecret: connectWhsec,
		PerSecond: 1000, Transport: outside{w, through}})
	w.Check(err)
	w.serve(g)
}

// survive runs a step; when it is killed, a new process takes over a minute later.
func (w *world) survive(r *reaper, step func()) {
	w.Helper()
	defer func() {
		switch p := recover().(type) {
		case nil:
		case killed:
			w.Clock.Advance(time.Minute)
			w.restart(r)
		default:
			panic(p)
		}
	}()
	step()
}

// push takes a milestone one step towards being paid, as people and the queue would, from wherever it stands.
func (w *world) push(id uuid.UUID) {
	w.Helper()
	w.Clock.Advance(time.Minute)
	w.tryDrain()
	m := w.milestone(id)
	a, err := w.billing.PayoutAccount(ctx, w.yumi.Actor)
	switch {
	case err != nil || !a.Transfers:
		if link, err := w.billing.Onboard(ctx, w.yumi.Actor); err == nil {
			gatewaytest.Press(w, link)
		}
	case m.State == billing.MilestoneDraft, m.State == billing.MilestoneFunding, m.Rail == market.OnAcceptance && m.State == billing.MilestoneReleasing && m.PaidIn == 0:
		if f, err := w.billing.Fund(ctx, w.aoi.Manager, id); err == nil && f.CheckoutURL != "" {
			gatewaytest.Press(w, f.CheckoutURL)
		}
	case m.State == billing.MilestoneFunded:
		_, err := w.billing.Submit(ctx, w.yumi.Actor, id, "")
		w.Check(err)
	case m.State == billing.MilestoneSubmitted:
		_, err := w.billing.Accept(ctx, w.aoi.Manager, id)
		w.Check(err)
	case m.State == billing.MilestoneReleased:
		w.Clock.Advance(15 * 24 * time.Hour)
	}
	w.Check(w.sim.Advance(0))
	w.tryDrain()
}

// tryDrain is drain for a provider that fails now and then: what failed is taken up again later.
func (w *world) tryDrain() {
	w.Helper()
	for range 20 {
		found, _ := w.billing.CatchUp(ctx)
		var events []string
		w.Check(w.DB.Gorm(ctx).Raw("SELECT id FROM provider_events WHERE worked_at IS NULL AND next_at <= ? OR tries = 0 ORDER BY random()", w.Clock.Now()).Scan(&events).Error)
		for _, id := range events {
			_ = w.billing.WorkEvent(ctx, id)
		}
		if found+len(events)+w.workOperations() == 0 {
			return
		}
	}
}

// carryThrough pushes a milestone until it is paid, whoever is killed on the way.
func (w *world) carryThrough(m billing.Milestone, r *reaper) {
	w.Helper()
	for range 60 {
		w.survive(r, func() { w.push(m.ID) })
		if w.milestone(m.ID).State == billing.MilestonePaid {
			return
		}
	}
	now := w.milestone(m.ID)
	w.Fatalf("the milestone got stuck as %s (%s)", now.State, now.HoldReason)
}

// wantOneOfEach asserts that nothing was lost and nothing doubled, here and at the provider.
func (w *world) wantOneOfEach() {
	w.Helper()
	w.Check(billing.CheckLedger(ctx, w.DB))
	w.wantReconciled(2)
	moved := map[string]int{}
	for b, err := range w.gateway.BalanceTransactions(ctx, w.Clock.Now().Add(-90*24*time.Hour), time.Time{}) {
		w.Check(err)
		moved[b.Type]++
	}
	if moved["charge"] != 1 || moved["transfer"] != 1 || len(moved) != 2 {
		w.Fatalf("the provider's balance moved by %v", moved)
	}
	if n := w.Count("SELECT count(*) FROM ledger_entries"); n != 5 { // charge, accept, transfer, mirror, payout
		w.Fatalf("%d entries, want 5", n)
	}
}

func TestAProcessKilledAtAnyCallToStripeLosesAndDoublesNothing(t *testing.T) {
	w := newWorld(t)
	var unharmed reaper
	w.restart(&unharmed)
	w.carryThrough(w.contract()(100_000).Milestones[0], &unharmed)
	boundaries := unharmed.seen.Load()
	w.wantOneOfEach()
	if boundaries < 20 {
		t.Errorf("only %d boundaries were found", boundaries)
	}
	for at := int64(1); at <= boundaries; at++ {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			w := newWorld(t)
			r := &reaper{at: at}
			w.restart(r)
			w.carryThrough(w.contract()(100_000).Milestones[0], r)
			w.restart(nil)
			w.wantOneOfEach()
			if r.seen.Load() < at {
				t.Error("nobody was killed")
			}
		})
	}
}

func TestEveryFaultOfTheProvidersIsSurvived(t *testing.T) {
	for _, path := range []string{"/v1/accounts", "/v1/checkout/sessions", "/v1/transfers"} {
		for _, kind := range []stripesim.FaultKind{stripesim.CutBefore, stripesim.CutAfter, stripesim.Error500, stripesim.HTML502, stripesim.HTML502After, stripesim.TooMany} {
			t.Run(strings.TrimPrefix(path, "/v1/")+" "+string(kind), func(t *testing.T) {
				w := newWorld(t)
				w.Check(w.sim.PlanFault(stripesim.Fault{Method: "POST", PathPrefix: path, Kind: kind}))
				w.carryThrough(w.contract()(100_000).Milestones[0], nil)
				w.wantOneOfEach()
				if kind == stripesim.Error500 && path == "/v1/transfers" && w.Count("SELECT attempt FROM operations WHERE kind = 'transfer'") != 2 {
					t.Error("a stored failure is over only under another attempt's key")
				}
			})
		}
	}
}

func TestALostAnswerIsLookedUpEvenWhenTheKeyIsForgotten(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	w.Check(w.sim.PlanFault(stripesim.Fault{Method: "POST", PathPrefix: "/v1/transfers", Kind: stripesim.CutAfter}))
	_, err := w.billing.Accept(ctx, w.aoi.Manager, m.ID)
	w.Check(err)
	w.workOperations() // no event is heard of it either
	w.wantState(m, billing.MilestoneReleasing)
	w.Clock.Advance(26 * time.Hour)
	w.workOperations()
	w.wantState(m, billing.MilestoneReleased)
	w.drain()
	w.wantReconciled(2)
}

func TestWhenThePageIsNotKnownFundingAnswersLaterAndGivesTheSamePage(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	w.Check(w.sim.PlanFault(stripesim.Fault{Method: "POST", PathPrefix: "/v1/checkout", Kind: stripesim.CutAfter}))
	f, err := w.billing.Fund(ctx, w.aoi.Manager, m.ID)
	w.Check(err)
	if f.CheckoutURL != "" || f.Milestone.State != billing.MilestoneFunding {
		t.Fatalf("with a lost answer: %+v", f)
	}
	w.Clock.Advance(time.Minute)
	again, err := w.billing.Fund(ctx, w.aoi.Manager, m.ID)
	w.Check(err)
	if again.CheckoutURL == "" {
		t.Fatal("a minute later there is no page")
	}
	gatewaytest.Press(w, again.CheckoutURL)
	w.drain()
	w.wantState(m, billing.MilestoneFunded)
	w.wantReconciled(1)
}

func TestAskingForAPageThatWasPaidOrHasExpiredLooksBeforeItAnswers(t *testing.T) {
	w := newWorld(t)
	c := w.contract()(100_000, 50_000)
	paid, late := c.Milestones[0], c.Milestones[1]
	f, err := w.billing.Fund(ctx, w.aoi.Manager, paid.ID)
	w.Check(err)
	gatewaytest.Press(w, f.CheckoutURL)
	f, err = w.billing.Fund(ctx, w.aoi.Manager, paid.ID) // before any event
	w.Check(err)
	if f.CheckoutURL != "" || f.Milestone.State != billing.MilestoneFunded {
		t.Errorf("after it was paid: %q, %s", f.CheckoutURL, f.Milestone.State)
	}
	first, err := w.billing.Fund(ctx, w.aoi.Manager, late.ID)
	w.Check(err)
	w.Clock.Advance(25 * time.Hour)
	second, err := w.billing.Fund(ctx, w.aoi.Manager, late.ID)
	w.Check(err)
	if second.CheckoutURL == "" || second.CheckoutURL == first.CheckoutURL {
		t.Errorf("after it had expired: %q and %q", first.CheckoutURL, second.CheckoutURL)
	}
}

func TestFundingTwiceAtOnceOpensOnePage(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	var pages [4]string
	fund := func(i int) func() error {
		return func() error {
			f, err := w.billing.Fund(ctx, w.aoi.Manager, m.ID)
			pages[i] = f.CheckoutURL
			return err
		}
	}
	for _, err := range w.Together(fund(0), fund(1), fund(2), fund(3)) {
		w.Check(err)
	}
	opened := map[string]bool{}
	for _, p := range pages {
		if p != "" {
			opened[p] = true
		}
	}
	if len(opened) != 1 {
		t.Fatalf("pages %q", pages)
	}
}

func TestARefundSurvivesItsFaults(t *testing.T) {
	for _, kind := range []stripesim.FaultKind{stripesim.CutBefore, stripesim.CutAfter, stripesim.Error500, stripesim.HTML502After, stripesim.TooMany} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t)
			c := w.contract()(100_000, 100_000)
			w.fund(c.Milestones[0])
			w.fund(c.Milestones[1])
			w.Check(w.sim.PlanFault(stripesim.Fault{Method: "POST", PathPrefix: "/v1/refunds", Kind: kind}))
			_, err := w.billing.Refund(ctx, w.aoi.Manager, c.Milestones[0].ID, "Stopped.")
			w.Check(err)
			for range 4 {
				w.drain()
				w.Clock.Advance(2 * time.Hour)
			}
			w.wantState(c.Milestones[0], billing.MilestoneRefunded)
			w.wantReconciled(3)
		})
	}
}

// aDeafProvider answers nothing about some calls, whatever happens to them.
type aDeafProvider struct{ billing.Gateway }

func (aDeafProvider) FindTransfer(context.Context, uuid.UUID, uuid.UUID) (billing.Transfer, error) {
	return billing.Transfer{}, billing.ErrUnknown
}

func TestWhileTheLookUpFailsNothingIsSentAgain(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	w.serve(aDeafProvider{w.gateway})
	w.Check(w.sim.PlanFault(stripesim.Fault{Method: "POST", PathPrefix: "/v1/transfers", Kind: stripesim.CutBefore}))
	_, err := w.billing.Accept(ctx, w.aoi.Manager, m.ID)
	w.Check(err)
	for range 5 {
		w.drain()
		w.Clock.Advance(time.Hour)
	}
	w.wantState(m, billing.MilestoneReleasing)
	w.serve(w.gateway)
	w.drain()
	w.wantState(m, billing.MilestoneReleased)
}

// outside fails the test when a request is sent by a goroutine that is inside a transaction at that moment. Every world's
// gateway goes through it.
type outside struct {
	t  testing.TB
	to http.RoundTripper
}

func (o outside) RoundTrip(r *http.Request) (*http.Response, error) {
	if inTransaction(debug.Stack()) {
		o.t.Errorf("%s %s is sent inside a transaction", r.Method, r.URL.Path)
	}
	return o.to.RoundTrip(r)
}

// inTransaction looks for the frame of a transaction among a goroutine's callers.
func inTransaction(stack []byte) bool { return bytes.Contains(stack, []byte("internal/db.(*DB).Tx")) }

func TestACallInsideATransactionWouldBeNoticed(t *testing.T) {
	w := newWorld(t)
	var seen bool
	g, err := stripe.New(stripe.Config{Key: testKey, APIBase: w.sim.URL(), PerSecond: 1000,
		Transport: watcher(func() { seen = seen || inTransaction(debug.Stack()) })})
	w.Check(err)
	if _, err = g.Checkout(ctx, "cs_none"); seen || !errors.Is(err, billing.ErrNotThere) {
		t.Errorf("outside of any: %t, %v", seen, err)
	}
	w.Tx(func(*gorm.DB) error { _, err = g.Checkout(ctx, "cs_none"); return nil })
	if !seen {
		t.Error("nobody noticed")
	}
}

func TestNoCallIsMadeInsideATransaction(t *testing.T) {
	w := newWorld(t)
	w.restart(watcher(func() {
		if n := w.Count("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"); n > 0 {
			t.Errorf("%d transactions are open during a call", n)
		}
	}))
	w.carryThrough(w.contract()(100_000).Milestones[0], nil)
}

// A watcher looks at something during every request.
type watcher func()

func (f watcher) RoundTrip(r *http.Request) (*http.Response, error) {
	f()
	return http.DefaultTransport.RoundTrip(r)
}

// aCutList is a provider whose list of balance transactions ends with an error after the first.
type aCutList struct{ billing.Gateway }

func (l *aCutList) BalanceTransactions(ctx context.Context, since, until time.Time) iter.Seq2[billing.BalanceTransaction, error] {
	return func(yield func(billing.BalanceTransaction, error) bool) {
		for b, err := range l.Gateway.BalanceTransactions(ctx, since, until) {
			if !yield(b, err) {
				return
			}
			break
		}
		yield(billing.BalanceTransaction{}, billing.ErrUnknown)
	}
}

// aLongList is a provider of many balance transactions over sixty days, newest first, whose list ends with an error after
// some of them. It counts what it gave.
type aLongList struct {
	billing.Gateway
	end    time.Time
	n, cut int
	gave   atomic.Int64
}

func (l *aLongList) BalanceTransactions(_ context.Context, since, until time.Time) iter.Seq2[billing.BalanceTransaction, error] {
	return func(yield func(billing.BalanceTransaction, error) bool) {
		apart := 60 * 24 * time.Hour / time.Duration(l.n)
		for i := range l.n {
			at := l.end.Add(-time.Duration(i) * apart).Truncate(time.Second)
			if at.Before(since) || !until.IsZero() && !at.Before(until) {
				continue
			}
			if gave := int(l.gave.Add(1)); l.cut > 0 && gave > l.cut {
				yield(billing.BalanceTransaction{}, billing.ErrUnknown)
				return
			}
			if !yield(billing.BalanceTransaction{ID: fmt.Sprint("txn_", i), Source: fmt.Sprint("tr_", i), Type: "transfer", Amount: -1, Net: -1, Currency: "JPY", CreatedAt: at}, nil) {
				return
			}
		}
	}
}

// aBusyDesk counts the pages it opens, and has somebody else ask for one while it is at it.
type aBusyDesk struct {
	billing.Gateway
	meanwhile func()
	opened    int
}

func (d *aBusyDesk) CreateCheckout(ctx context.Context, key string, o billing.CheckoutOrder) (billing.Checkout, error) {
	d.opened++
	if d.opened == 1 {
		d.meanwhile()
	}
	return d.Gateway.CreateCheckout(ctx, key, o)
}

func TestWhileOneSendsNobodyElseDoes(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	desk := &aBusyDesk{Gateway: w.gateway}
	desk.meanwhile = func() {
		f, err := w.billing.Fund(ctx, w.aoi.Manager, m.ID)
		w.Check(err)
		if f.CheckoutURL != "" {
			t.Error("a page is known before it was opened")
		}
		w.workOperations()
	}
	w.serve(desk)
	f, err := w.billing.Fund(ctx, w.aoi.Manager, m.ID)
	w.Check(err)
	if desk.opened != 1 || f.CheckoutURL == "" {
		t.Fatalf("%d requests were sent, the page is %q", desk.opened, f.CheckoutURL)
	}
}

// aSlowList is a provider whose balance somebody adds to just after it has been listed.
type aSlowList struct {
	billing.Gateway
	afterwards func()
}

func (l *aSlowList) BalanceTransactions(ctx context.Context, since, until time.Time) iter.Seq2[billing.BalanceTransaction, error] {
	return func(yield func(billing.BalanceTransaction, error) bool) {
		for b, err := range l.Gateway.BalanceTransactions(ctx, since, until) {
			if !yield(b, err) {
				return
			}
		}
		l.afterwards()
	}
}

func TestWhatIsBookedDuringAReconciliationIsTheNextOnes(t *testing.T) {
	w, _ := paidFor(t)
	other := w.contract()(50_000).Milestones[0]
	once := false
	w.serve(&aSlowList{w.gateway, func() {
		if !once {
			once = true
			w.Clock.Advance(time.Second)
			w.fund(other)
		}
	}})
	w.wantReconciled(2)
	w.wantReconciled(3)
}

func TestAPaymentWhoseFeeIsNotKnownYetIsBookedWhenItIs(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	f, err := w.billing.Fund(ctx, w.aoi.Manager, m.ID)
	w.Check(err)
	gatewaytest.Press(w, f.CheckoutURL)
	w.serve(anUnsettled{w.gateway})
	_, err = w.billing.CatchUp(ctx)
	w.Check(err)
	var id string
	w.Check(w.DB.Gorm(ctx).Raw("SELECT id FROM provider_events WHERE type = 'charge.succeeded'").Scan(&id).Error)
	w.wantErr(w.billing.WorkEvent(ctx, id), billing.ErrBusy)
	w.wantState(m, billing.MilestoneFunding)
	w.serve(w.gateway)
	w.drain()
	w.wantState(m, billing.MilestoneFunded)
}

// anUnsettled is a provider that has taken money and not said yet what it keeps.
type anUnsettled struct{ billing.Gateway }

func (u anUnsettled) Payment(ctx context.Context, id string) (billing.Payment, error) {
	p, err := u.Gateway.Payment(ctx, id)
	p.Fee, p.Settled = 0, false
	return p, err
}
