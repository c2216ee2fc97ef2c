package billing_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"homecoming/billing"
	"homecoming/billing/gatewaytest"
	"homecoming/billing/stripesim"
	"homecoming/internal/problem"
	"homecoming/market"
)

// TestARandomWalkWithFaultsKeepsEveryInvariant lets people, time and a failing provider do anything in any order, on
// the real database. Whatever is refused is refused with a problem that a person can read. The seed names the walk.
func TestARandomWalkWithFaultsKeepsEveryInvariant(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(string(rune('a'+seed)), func(t *testing.T) {
			w := newWorld(t)
			r := rand.New(rand.NewPCG(seed, 2026))
			var ms []billing.Milestone
			for range 3 {
				ms = append(ms, w.contract(design)(r.Int64N(900_000)+100, r.Int64N(90_000)+100).Milestones...)
			}
			for range 60 {
				w.stumble(r, ms[r.IntN(len(ms))])
			}
			w.Check(billing.CheckLedger(ctx, w.DB))
			for range 6 { // the provider is well again, and everything settles
				w.Clock.Advance(2 * time.Hour)
				w.drain()
			}
			if rec := w.reconcile(); len(rec.Exceptions) != 0 || rec.Difference["JPY"] != 0 {
				t.Errorf("seed %d: %v %+v", seed, rec.Difference, rec.Exceptions)
			}
		})
	}
}

// stumble does one thing at random.
func (w *world) stumble(r *rand.Rand, m billing.Milestone) {
	w.Helper()
	var err error
	who := []market.Actor{w.aoi.Manager, w.yumi.Actor, w.aoi.Finance}[r.IntN(3)]
	switch r.IntN(14) {
	case 0, 1, 2:
		var f billing.Funding
		if f, err = w.billing.Fund(ctx, w.aoi.Manager, m.ID); err == nil && f.CheckoutURL != "" && r.IntN(4) > 0 {
			if co := w.pageOf(m); co == "open" {
				gatewaytest.Press(w, f.CheckoutURL)
			}
		}
	case 3:
		_, err = w.billing.Start(ctx, who, m.ID)
	case 4, 5:
		_, err = w.billing.Submit(ctx, w.yumi.Actor, m.ID, "Done.")
	case 6:
		_, err = w.billing.RequestChanges(ctx, who, m.ID, billing.NotAsAgreed, "More.")
	case 7, 8:
		_, err = w.billing.Accept(ctx, w.aoi.Manager, m.ID)
	case 9:
		_, err = w.billing.Refund(ctx, who, m.ID, "Stopped.")
	case 10:
		var link string
		if link, err = w.billing.Onboard(ctx, w.yumi.Actor); err == nil {
			gatewaytest.Press(w, link)
		}
	case 11:
		w.Clock.Advance(time.Duration(r.IntN(72)) * time.Hour)
		w.Check(w.sim.Advance(0))
		_, err = w.billing.AutoAccept(ctx)
	case 12:
		kinds := []stripesim.FaultKind{stripesim.CutBefore, stripesim.CutAfter, stripesim.Error500, stripesim.HTML502, stripesim.HTML502After, stripesim.TooMany}
		w.Check(w.sim.PlanFault(stripesim.Fault{Method: "POST", Kind: kinds[r.IntN(len(kinds))]}))
	case 13:
		w.tryDrain()
	}
	var p *problem.Error
	if err != nil && !errors.As(err, &p) {
		w.Errorf("a step failed with something that nobody can act on: %v", err)
	}
}

// pageOf is the state of the milestone's latest page at the provider.
func (w *world) pageOf(m billing.Milestone) string {
	w.Helper()
	var id string
	w.Check(w.DB.Gorm(ctx).Raw("SELECT provider_id FROM operations WHERE kind = 'checkout' AND milestone_id = ? ORDER BY created_at DESC, id DESC LIMIT 1", m.ID).Scan(&id).Error)
	co, err := w.gateway.Checkout(ctx, id)
	w.Check(err)
	return co.State
}
