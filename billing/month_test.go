package billing_test

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/billing"
	"homecoming/market/markettest"
)

// A month is a random month of one company: contracts by the hundred with all that money does, on both sides, and errors
// planted among them. The provider's side is a list; ours is posted as it always is.
type month struct {
	*world
	r        *rand.Rand
	start    time.Time
	contract uuid.UUID
	moved    []billing.BalanceTransaction
	n        int
}

// newMonth begins a month of which nothing happened yet. Milestones and payouts are written behind the back of the use
// cases, so that hundreds fit into a test; that is why no invariant about operations is asked afterwards.
func newMonth(t *testing.T, seed uint64) *month {
	t.Helper()
	w := &world{World: markettest.New(t)}
	m := &month{world: w, r: rand.New(rand.NewPCG(seed, 7))}
	w.serve(monthList{m: m})
	w.aoi = w.Company("Aoi")
	w.yumi = w.aoi.Alumnus("Takahashi Yumi")
	m.contract = m.world.contract()(100_000).ID
	m.start = w.Clock.Now()
	w.Clock.Advance(28 * 24 * time.Hour)
	return m
}

// monthList is a provider that knows the month's balance transactions and nothing else.
type monthList struct {
	billing.Gateway
	m *month
}

func (l monthList) BalanceTransactions(_ context.Context, since, until time.Time) iter.Seq2[billing.BalanceTransaction, error] {
	return func(yield func(billing.BalanceTransaction, error) bool) {
		for _, b := range slices.Backward(l.m.moved) {
			if b.CreatedAt.Before(since) || !until.IsZero() && !b.CreatedAt.Before(until) {
				continue
			}
			if !yield(b, nil) {
				return
			}
		}
	}
}

// A deal is one milestone of the month with how far it has come.
type deal struct {
	id                uuid.UUID
	at                time.Time
	net, fee, tax, sf int64 // yen: to the alumna, platform fee and its tax, the provider's fee
}

func (d deal) charge() int64 { return d.net + d.fee + d.tax }

func (d deal) account(kind string) string { return kind + ":" + d.id.String() }

// deal writes a milestone down.
func (m *month) deal(state string) deal {
	m.Helper()
	m.n++
	net := 10_000 + int64(m.r.IntN(400))*1_000
	fee := net / 20
	d := deal{id: uuid.Must(uuid.NewV7()), at: m.start.Add(time.Duration(m.r.IntN(25*24)) * time.Hour), net: net, fee: fee, tax: fee / 10}
	d.sf = d.charge() * 36 / 1000
	m.Exec(`INSERT INTO milestones SELECT (jsonb_populate_record(m, jsonb_build_object('id', CAST(? AS uuid), 'position', CAST(? AS int), 'title', CAST(? AS text), 'state', CAST(? AS text),
			'amount', CAST(? AS bigint), 'tax', 0, 'withheld', 0, 'platform_fee', CAST(? AS bigint), 'platform_tax', CAST(? AS bigint), 'refunded', CAST(? AS bigint), 'paid_in', CAST(? AS bigint),
			'created_at', CAST(? AS timestamptz), 'updated_at', CAST(? AS timestamptz)))).*
		FROM milestones m WHERE m.contract_id = ? AND m.position = 1`, d.id, m.n+1, fmt.Sprintf("Part %d", m.n), state, d.net, d.fee, d.tax,
		map[bool]int64{true: d.charge()}[state == "refunded"], map[bool]int64{true: d.charge()}[state != "draft"], d.at, d.at, m.contract)
	return d
}

// post writes an entry as billing does.
func (m *month) post(d deal, kind, source, external string, at time.Time, lines ...billing.Posting) {
	m.Helper()
	e := billing.Entry{CompanyID: m.aoi.ID, At: at, PostedAt: at, Kind: kind, Source: source, ExternalID: external, MilestoneID: &d.id, Postings: lines}
	m.Tx(func(tx *gorm.DB) error { _, err := billing.Post(tx, e); return err })
}

func yen(account string, amount int64) billing.Posting {
	return billing.Posting{Account: account, Currency: "JPY", Amount: amount}
}

// move adds a balance transaction.
func (m *month) move(d deal, source, kind string, amount, fee int64, at time.Time) *billing.BalanceTransaction {
	m.moved = append(m.moved, billing.BalanceTransaction{ID: fmt.Sprintf("txn_%06d", len(m.moved)), Source: source, Type: kind, Amount: amount, Fee: fee, Net: amount - fee, Currency: "JPY",
		CreatedAt: at, Milestone: d.id})
	return &m.moved[len(m.moved)-1]
}

func name(prefix string, d deal) string { return prefix + "_" + d.id.String()[24:] }

func (m *month) fund(d deal) {
	m.bookCharge(d)
	m.move(d, name("ch", d), "charge", d.charge(), d.sf, d.at)
}

func (m *month) bookCharge(d deal) {
	m.post(d, "charge", "charge:"+name("ch", d), name("ch", d), d.at, yen("stripe:platform", d.charge()-d.sf), yen("stripe_fee", d.sf), yen(d.account("held"), -d.charge()))
}

func (m *month) person() string { return m.yumi.PersonID.String() }

// release accepts, and sends the net.
func (m *month) release(d deal) {
	at := d.at.Add(2 * time.Hour)
	m.Exec("UPDATE milestones SET accepted_at = ?, released_at = ? WHERE id = ?", at, at, d.id)
	m.Exec(`INSERT INTO milestone_steps (id, company_id, milestone_id, at, actor_id, party, action, from_state, to_state) VALUES (?, ?, ?, ?, ?, 'company', 'accept', 'submitted', 'accepted')`,
		uuid.Must(uuid.NewV7()), m.aoi.ID, d.id, at, m.aoi.Manager.PersonID)
	m.post(d, "accept", "accept:"+d.id.String(), "", at, yen(d.account("held"), d.charge()), yen("payable:"+m.person(), -d.net), yen("platform_fee", -d.fee), yen("consumption_tax", -d.tax))
	m.post(d, "transfer", "transfer:"+name("tr", d), name("tr", d), at, yen("payable:"+m.person(), d.net), yen("stripe:platform", -d.net))
	m.post(d, "mirror", "mirror:"+name("tr", d), "", at, yen("connected:"+m.person(), d.net), yen("memo:connected", -d.net))
	m.move(d, name("tr", d), "transfer", -d.net, 0, at)
}

// refund gives everything back before delivery.
func (m *month) refund(d deal) {
	at := d.at.Add(3 * time.Hour)
	m.post(d, "refund_asked", "refund_asked:"+d.id.String(), "", at, yen(d.account("held"), d.charge()), yen(d.account("refund_payable"), -d.charge()))
	m.post(d, "refund", "refund:"+name("re", d), name("re", d), at, yen(d.account("refund_payable"), d.charge()), yen("stripe:platform", -d.charge()))
	m.move(d, name("re", d), "refund", -d.charge(), 0, at)
}

// payOut writes a payout with the lines of some deals, and books it.
func (m *month) payOut(state string, off int64, deals ...deal) string {
	m.Helper()
	id, at := name("po", deals[0]), m.start.Add(26*24*time.Hour)
	var sum int64
	for _, d := range deals {
		sum += d.net
	}
	m.Exec("INSERT INTO payouts (id, person_id, account, amount, currency, state, automatic, arrives_on, created_at, updated_at) VALUES (?, ?, 'acct_1', ?, 'JPY', ?, true, ?, ?, ?)",
		id, m.yumi.PersonID, sum+off, state, m.Today(), at, at)
	for _, d := range deals {
		m.Exec("INSERT INTO payout_lines (payout_id, company_id, milestone_id, amount) VALUES (?, ?, ?, ?)", id, m.aoi.ID, d.id, d.net)
		m.post(d, "payout", "payout:"+id+":"+d.id.String(), "", at, yen("memo:connected", d.net), yen("connected:"+m.person(), -d.net))
		if state == "failed" {
			m.post(d, "payout_failed", "payout_failed:"+id+":"+d.id.String(), "", at, yen("connected:"+m.person(), d.net), yen("memo:connected", -d.net))
		}
	}
	return id
}

// dispute has the payer's bank take a held charge and give it back.
func (m *month) dispute(d deal) {
	id, at := name("dp", d), d.at.Add(4*time.Hour)
	hold := "dispute_hold:" + id
	m.post(d, "chargeback", "chargeback:"+id, id, at, yen(hold, d.charge()), yen("dispute_fee", 1_300), yen("stripe:platform", -d.charge()-1_300))
	m.move(d, id, "adjustment", -d.charge(), 1_300, at)
	m.post(d, "chargeback_won", "chargeback:"+id+":back", id+":back", at.Add(time.Hour), yen("stripe:platform", d.charge()), yen(hold, -d.charge()))
	m.move(d, id+":back", "adjustment", d.charge(), 0, at.Add(time.Hour))
}

// pass lets n deals take their course, each by chance.
func (m *month) pass(n int) {
	m.Helper()
	var owed []deal
	for range n {
		switch m.r.IntN(6) {
		case 0:
			m.deal("draft")
		case 1:
			m.fund(m.deal("funded"))
		case 2:
			d := m.deal("refunded")
			m.fund(d)
			m.refund(d)
		case 3:
			d := m.deal("in_progress")
			m.fund(d)
			m.dispute(d)
		default:
			d := m.deal("paid")
			m.fund(d)
			m.release(d)
			owed = append(owed, d)
		}
	}
	for few := range slices.Chunk(owed, 5) {
		m.payOut("paid", 0, few...)
	}
}

// monthPlants are the errors, each with how it comes about.
var monthPlants = map[string]func(m *month){
	"stripe missing_in_ledger": func(m *month) { d := m.deal("draft"); m.move(d, name("ch", d), "charge", d.charge(), d.sf, d.at) },
	"stripe missing_at_stripe": func(m *month) { m.bookCharge(m.deal("funded")) },
	"stripe amount":            func(m *month) { m.fund(m.deal("funded")); b := &m.moved[len(m.moved)-1]; b.Amount += 100; b.Net += 100 },
	"stripe fee":               func(m *month) { m.fund(m.deal("funded")); b := &m.moved[len(m.moved)-1]; b.Fee += 6; b.Net -= 6 },
	"stripe currency":          func(m *month) { m.fund(m.deal("funded")); m.moved[len(m.moved)-1].Currency = "USD" },
	"stripe timing": func(m *month) {
		m.fund(m.deal("funded"))
		b := &m.moved[len(m.moved)-1]
		b.CreatedAt = b.CreatedAt.Add(-3 * 24 * time.Hour)
	},
	"stripe duplicate": func(m *month) {
		d := m.deal("funded")
		m.fund(d)
		m.move(d, name("ch", d), "charge", d.charge(), d.sf, d.at)
	},
	"stripe orphan_transfer": func(m *month) { d := m.deal("draft"); m.move(d, name("tr", d), "transfer", -d.net, 0, d.at) },
	"stripe unapplied_cash": func(m *month) {
		d := m.deal("draft")
		m.post(d, "unmatched", "charge:"+name("ch", d), name("ch", d), d.at, yen("stripe:platform", d.net-d.sf), yen("stripe_fee", d.sf), yen("suspense:unmatched", -d.net))
		m.move(d, name("ch", d), "charge", d.net, d.sf, d.at)
	},
	"stripe unknown_category": func(m *month) {
		d := m.deal("draft")
		m.move(d, name("xx", d), "climate_order_purchase", -500, 0, d.at)
	},
	"payout returned_payout": func(m *month) {
		d := m.deal("payout_failed")
		m.fund(d)
		m.release(d)
		m.payOut("failed", 0, d)
	},
	"payout amount": func(m *month) { d := m.deal("paid"); m.fund(d); m.release(d); m.payOut("paid", 40, d) },
	"payout missing_at_stripe": func(m *month) {
		d := m.deal("paid")
		m.fund(d)
		m.release(d)
		m.post(d, "payout", "payout:po_invented:"+d.id.String(), "", d.at.Add(5*time.Hour), yen("memo:connected", d.net), yen("connected:"+m.person(), -d.net))
	},
	"payout missing_in_ledger": func(m *month) {
		d := m.deal("paid")
		m.fund(d)
		m.release(d)
		m.Exec("INSERT INTO payouts (id, person_id, account, amount, currency, state, automatic, arrives_on, created_at, updated_at) VALUES (?, ?, 'acct_1', ?, 'JPY', 'paid', true, ?, ?, ?)",
			name("po", d), m.yumi.PersonID, d.net, m.Today(), d.at, d.at)
		m.Exec("INSERT INTO payout_lines (payout_id, company_id, milestone_id, amount) VALUES (?, ?, ?, ?)", name("po", d), m.aoi.ID, d.id, d.net)
	},
	"payout negative_account": func(m *month) {
		d := m.deal("draft")
		account := "connected:" + uuid.NewString()
		m.post(d, "mirror_back", "mirror:"+name("trr", d), "", d.at, yen("memo:connected", 70), yen(account, -70))
	},
	"contract amount": func(m *month) {
		d := m.deal("funded")
		m.fund(d)
		m.Exec("UPDATE milestones SET paid_in = paid_in + 1 WHERE id = ?", d.id)
	},
	"contract missing_in_ledger": func(m *month) { m.deal("funded") },
}

// found counts a reconciliation's exceptions by level and kind.
func found(r billing.Reconciliation) map[string]int {
	out := map[string]int{}
	for _, e := range r.Exceptions {
		out[string(e.Level)+" "+string(e.Kind)]++
	}
	return out
}

// TestARandomMonthReconcilesToZeroAndEveryPlantedErrorIsNamed is the judge: a month without errors leaves nothing; with
// every kind planted three times, each is found under its name, three times, and nothing else is.
func TestARandomMonthReconcilesToZeroAndEveryPlantedErrorIsNamed(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	m := newMonth(t, seed)
	m.pass(150)
	m.wantNothingFound()
	const times = 3
	want := map[string]int{}
	kinds := slices.Sorted(maps.Keys(monthPlants))
	for range times {
		for _, kind := range kinds {
			monthPlants[kind](m)
			want[kind]++
		}
	}
	m.Exec("DELETE FROM balance_copies") // what was planted lies in days that were read already
	m.pass(50)
	r := m.reconcile()
	if got := found(r); !maps.Equal(got, want) {
		for _, e := range r.Exceptions {
			if want[string(e.Level)+" "+string(e.Kind)] != got[string(e.Level)+" "+string(e.Kind)] {
				t.Logf("%+v", e)
			}
		}
		t.Errorf("found %v\nwant  %v", got, want)
	}
	again := m.reconcile()
	if !slices.EqualFunc(r.Exceptions, again.Exceptions, func(a, b billing.Exception) bool { return a.ID == b.ID }) {
		t.Error("the next run finds other things, or the same under other names")
	}
}

func (m *month) wantNothingFound() {
	m.Helper()
	if r := m.reconcile(); r.Open != 0 || r.Difference["JPY"] != 0 || r.Matched == 0 {
		m.Fatalf("a month without errors: %d matched, %v, %+v", r.Matched, r.Difference, r.Exceptions)
	}
}

// TestEveryPostingOfAMonthHasItsWayBack walks from each line of the ledger to where it came from.
func TestEveryPostingOfAMonthHasItsWayBack(t *testing.T) {
	t.Parallel()
	m := newMonth(t, 11)
	m.pass(25)
	m.wantNothingFound()
	var lines []struct {
		Ref, Kind, ExternalID string
	}
	m.Check(m.DB.Gorm(ctx).Raw("SELECT 'entry:' || p.entry_id || ':' || p.line AS ref, e.kind, e.external_id FROM ledger_postings p JOIN ledger_entries e ON e.id = p.entry_id").Scan(&lines).Error)
	if len(lines) < 60 {
		t.Fatalf("only %d postings", len(lines))
	}
	for _, l := range lines {
		e, err := m.billing.Explain(ctx, m.aoi.Finance, m.aoi.ID, l.Ref)
		m.Check(err)
		wants := []string{"posting", "entry", "milestone", "contract"}
		if l.Kind == "accept" || l.Kind == "transfer" || l.Kind == "payout" {
			wants = append(wants, "acceptance")
		}
		if l.Kind == "payout" {
			wants = append(wants, "payout")
		}
		if l.ExternalID != "" {
			wants = append(wants, "transaction")
		}
		for _, kind := range wants {
			if !e.Has(kind) {
				t.Errorf("%s of a %s has no %s on its way: %+v", l.Ref, l.Kind, kind, e.Links)
			}
		}
		for _, link := range e.Links { // and on from each
			if link.Kind == "transaction" || link.Kind == "payout" {
				back, err := m.billing.Explain(ctx, m.aoi.Finance, m.aoi.ID, link.Ref)
				if err != nil || !back.Has("milestone") {
					t.Errorf("no way back from %s: %v", link.Ref, err)
				}
			}
		}
	}
	beni := m.Company("Beni")
	if _, err := m.billing.Explain(ctx, beni.Finance, beni.ID, lines[0].Ref); err == nil {
		t.Error("another company explains it")
	}
}
