package billing_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"homecoming/billing"
	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/market/markettest"
)

func TestAcceptingTwoBidsAtOnceAwardsOne(t *testing.T) {
	w := newWorld(t)
	task := w.aoi.Task("Close the books", 300_000)
	yumi := w.Bid(w.yumi, task, 280_000)
	daniel := w.Bid(w.aoi.Alumnus("Okafor Daniel"), task, 290_000)
	accept := func(b market.Bid) func() error {
		return func() error {
			_, err := w.billing.AcceptBid(ctx, w.aoi.Manager, b.ID, b.Version)
			return err
		}
	}
	results := w.Together(accept(yumi), accept(daniel), accept(yumi), accept(daniel))
	won := 0
	for _, err := range results {
		if err == nil {
			won++
			continue
		}
		w.wantErr(err, market.ErrTaskAwarded)
	}
	if won != 1 || w.Count("SELECT count(*) FROM contracts") != 1 || w.Count("SELECT count(*) FROM bids WHERE state = 'accepted'") != 1 {
		t.Fatalf("%d accepted, %d contracts", won, w.Count("SELECT count(*) FROM contracts"))
	}
}

// crowd holds the milestone until both have come to wait for it, and then lets them go at once. More would need more
// connections than a small pool has.
func (w *world) crowd(m billing.Milestone, one, other func() error) []error {
	w.Helper()
	gate, err := w.DB.Pool().Begin(ctx)
	w.Check(err)
	defer func() { _ = gate.Rollback(ctx) }()
	_, err = gate.Exec(ctx, "SELECT 1 FROM contracts c JOIN milestones m ON m.contract_id = c.id WHERE m.id = $1 FOR UPDATE", m.ID)
	w.Check(err)
	opened := make(chan []error, 1)
	go func() { opened <- w.Together(one, other) }()
	w.await("the crowd", func() bool {
		return w.Count("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == 2
	})
	w.Check(gate.Commit(ctx))
	return <-opened
}

func TestAcceptingWorkTwiceAtOncePaysOnce(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	accept := func() error {
		_, err := w.billing.Accept(ctx, w.aoi.Manager, m.ID)
		return err
	}
	changes := func() error {
		_, err := w.billing.RequestChanges(ctx, w.aoi.Administrator, m.ID, billing.NotAsAgreed, "Once more.")
		return err
	}
	w.wantOneOf(w.crowd(m, accept, changes))
	w.drain()
	if w.milestone(m.ID).State == billing.MilestoneChangesRequested {
		_, err := w.billing.Submit(ctx, w.yumi.Actor, m.ID, "")
		w.Check(err)
		w.wantOneOf(w.crowd(m, accept, accept))
	}
	w.drain()
	w.wantState(m, billing.MilestoneReleased)

	other := w.contract()(100_000).Milestones[0]
	w.fund(other)
	w.deliver(other)
	m = other
	w.wantOneOf(w.crowd(m, accept, accept))
	w.drain()
	w.wantReconciled(4)
}

// wantOneOf asserts that one step was taken and that the other came too late.
func (w *world) wantOneOf(results []error) {
	w.Helper()
	good := 0
	for _, err := range results {
		if err == nil {
			good++
			continue
		}
		w.wantErr(err, billing.ErrWrongState)
	}
	if good != 1 {
		w.Fatalf("%d of %d steps were taken, want one", good, len(results))
	}
}

func TestAcceptAgainstRefundTakesOneOfThem(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	results := w.crowd(m,
		func() error { _, err := w.billing.Submit(ctx, w.yumi.Actor, m.ID, ""); return err },
		func() error { _, err := w.billing.Refund(ctx, w.aoi.Manager, m.ID, "Stopped."); return err })
	if (results[0] == nil) == (results[1] == nil) {
		t.Fatalf("submit: %v, refund: %v", results[0], results[1])
	}
	w.drain()
	w.wantReconciled(w.Count("SELECT count(*) FROM ledger_entries WHERE external_id <> ''"))
}

func TestTermsAreWhatWasAgreedForEver(t *testing.T) {
	w := newWorld(t)
	c := w.contract(design)(100_000, 50_000)
	w.Exec("UPDATE companies SET platform_fee_bp = 4000, auto_accept_days = 1, payment_days = 5 WHERE id = ?", w.aoi.ID)
	w.Exec("UPDATE bids SET amount = 1, milestones = '[]' WHERE id = ?", c.BidID)
	w.Exec("UPDATE tasks SET brief = 'Something else.' WHERE id = ?", c.TaskID)
	now, err := w.billing.Contract(ctx, w.yumi.Actor, c.ID)
	w.Check(err)
	if now.TermsHash != c.TermsHash || now.Terms.Amount != market.Yen(150_000) || len(now.Terms.Milestones) != 2 || now.Terms.Brief != "As last year." ||
		now.Terms.PlatformFeeBP != 500 || now.Milestones[0].Quote() != c.Milestones[0].Quote() {
		t.Errorf("the terms are now %+v", now.Terms)
	}
	var body string
	w.Check(w.DB.Gorm(ctx).Raw("SELECT body FROM contract_documents WHERE contract_id = ? AND kind = 'terms'", c.ID).Scan(&body).Error)
	if sum := sha256.Sum256([]byte(body)); hex.EncodeToString(sum[:]) != c.TermsHash {
		t.Error("the hash is not that of the stored text")
	}
	for _, forbidden := range []string{"UPDATE contract_documents SET body = body || ' '", "DELETE FROM contract_documents"} {
		if err := w.DB.Gorm(ctx).Exec(forbidden).Error; err == nil {
			t.Errorf("%s was carried out", forbidden)
		}
	}
}

func TestContractsAreNumberedWithinTheirCompany(t *testing.T) {
	w := newWorld(t)
	first, second := w.contract()(10_000), w.contract()(20_000)
	beni := w.Company("Beni")
	bid := w.Bid(beni.Alumnus("Sato Ken"), beni.Task("Count the stock", 30_000), 30_000)
	other, err := w.billing.AcceptBid(ctx, beni.Manager, bid.ID, bid.Version)
	w.Check(err)
	if first.Label() != "C-1001" || second.Label() != "C-1002" || other.Label() != "C-1001" {
		t.Errorf("numbered %s, %s and %s", first.Label(), second.Label(), other.Label())
	}
}

func TestTheNoticeNamesEveryItemThatTheLawAsksForInBothLanguages(t *testing.T) {
	w := newWorld(t)
	c := w.contract(design)(100_000)
	want := map[problem.Language][]string{
		problem.English: {"Client", "Supplier", "Day of the order", "Work", "Rights in the work", "Place", "Delivery", "Part · Part A", "Fee", "Due",
			"Means of payment", "Undecided"},
		problem.Japanese: {"委託者", "受託者", "委託日", "業務の内容", "知的財産権", "納品の場所", "納期", "内訳 · Part A", "報酬の額", "支払期日", "支払方法", "未定の事項"},
	}
	for lang, labels := range want {
		items := c.Notice.Items(lang)
		var got []string
		for _, i := range items {
			got = append(got, i.Label)
			if strings.TrimSpace(i.Value) == "" {
				t.Errorf("%s: %s is empty", lang, i.Label)
			}
		}
		if strings.Join(got, "|") != strings.Join(labels, "|") {
			t.Errorf("%s: the notice has %q, want %q", lang, got, labels)
		}
		text := ""
		for _, i := range items {
			text += i.Value + "\n"
		}
		for _, fact := range []string{"Aoi", "Yumi Takahashi", "2026-11-23", "Close the books", "As last year.", "¥100,000", "¥10,000", "¥10,210", "¥99,790",
			"2026-12-13", "2027-01-11"} { // 30 payment days, the day of receipt being the first
			if !strings.Contains(text, fact) {
				t.Errorf("%s: the notice does not say %s:\n%s", lang, fact, text)
			}
		}
	}
}

func TestOthersNeitherSeeNorTouchAContract(t *testing.T) {
	w := newWorld(t)
	w.onboard()
	c := w.contract()(100_000)
	m := c.Milestones[0]
	beni := w.Company("Beni")
	daniel := w.aoi.Alumnus("Okafor Daniel")
	steps := map[string]func(market.Actor) error{
		"fund":   func(a market.Actor) error { _, err := w.billing.Fund(ctx, a, m.ID); return err },
		"start":  func(a market.Actor) error { _, err := w.billing.Start(ctx, a, m.ID); return err },
		"submit": func(a market.Actor) error { _, err := w.billing.Submit(ctx, a, m.ID, ""); return err },
		"request changes": func(a market.Actor) error {
			_, err := w.billing.RequestChanges(ctx, a, m.ID, billing.NotAsAgreed, "x")
			return err
		},
		"accept":         func(a market.Actor) error { _, err := w.billing.Accept(ctx, a, m.ID); return err },
		"refund":         func(a market.Actor) error { _, err := w.billing.Refund(ctx, a, m.ID, "x"); return err },
		"cancel":         func(a market.Actor) error { _, err := w.billing.Cancel(ctx, a, m.ID, "x"); return err },
		"read":           func(a market.Actor) error { _, err := w.billing.Contract(ctx, a, c.ID); return err },
		"read milestone": func(a market.Actor) error { _, err := w.billing.Milestone(ctx, a, m.ID); return err },
		"review":         func(a market.Actor) error { return w.billing.Review(ctx, a, c.ID, 5, "") },
	}
	for name, step := range steps {
		for who, stranger := range map[string]market.Actor{"another company's manager": beni.Manager, "another alumnus": daniel.Actor, "nobody": {}} {
			if err := step(stranger); err == nil || !strings.Contains(err.Error(), "not_found") {
				t.Errorf("%s may %s: %v", who, name, err)
			}
		}
	}
	for _, name := range []string{"fund", "request changes", "accept", "refund", "cancel"} {
		w.wantErr(steps[name](w.yumi.Actor), market.ErrForbidden)
		w.wantErr(steps[name](w.aoi.Finance), market.ErrForbidden)
	}
	for _, name := range []string{"start", "submit"} {
		w.wantErr(steps[name](w.aoi.Manager), market.ErrForbidden)
		w.wantErr(steps[name](w.aoi.Administrator), market.ErrForbidden)
	}
	_, err := w.billing.Onboard(ctx, w.aoi.Manager)
	w.wantErr(err, market.ErrForbidden)
	_, err = w.billing.Entries(ctx, w.yumi.Actor, w.aoi.ID, markettest.Alumnus{}.MembershipID, 0)
	w.wantErr(err, market.ErrForbidden)
	if list, err := w.billing.Contracts(ctx, daniel.Actor, billing.ContractFilter{}); err != nil || len(list) != 0 {
		t.Errorf("another alumnus sees %d contracts, %v", len(list), err)
	}
}
