package stripesim

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// platform is the owner of what belongs to the platform's own account; platformID is that account's id on the wire.
const (
	platform   = ""
	platformID = "acct_standinplatform"
)

// A balanceTransaction is one movement of an account's Stripe balance. Amounts are minor units; Net = Amount − Fee.
type balanceTransaction struct {
	head
	Amount            int64       `json:"amount"`
	AvailableOn       int64       `json:"available_on"`
	Currency          string      `json:"currency"`
	Description       ref         `json:"description"`
	ExchangeRate      *struct{}   `json:"exchange_rate"` // always null: one currency in, the same one out
	Fee               int64       `json:"fee"`
	FeeDetails        []feeDetail `json:"fee_details"`
	Net               int64       `json:"net"`
	ReportingCategory string      `json:"reporting_category"`
	Source            ref         `json:"source"`
	Status            string      `json:"status"` // pending or available
	Type              string      `json:"type"`

	Payout ref `json:"_payout"` // the automatic payout that it went out with
}

type feeDetail struct {
	Amount      int64  `json:"amount"`
	Application ref    `json:"application"`
	Currency    string `json:"currency"`
	Description string `json:"description"`
	Type        string `json:"type"`
}

// A balanceSheet is an account's balance by currency, kept alongside its transactions so that the one can be held against the
// other.
type balanceSheet struct {
	ID        string           `json:"id"`
	Available map[string]int64 `json:"available"`
	Pending   map[string]int64 `json:"pending"`
	Reserved  map[string]int64 `json:"reserved,omitempty"` // of the platform, for connected accounts below zero
}

func (b balanceSheet) objectID() string { return b.ID }

// reportingCategory is Stripe's accounting word for each type of transaction where it is not the type itself.
var reportingCategory = map[string]string{
	"payment":         "charge",
	"payment_refund":  "refund",
	"transfer_refund": "transfer_reversal",
	"payout_failure":  "payout_reversal",
	"payout_cancel":   "payout_reversal",
	"refund_failure":  "refund_failure",
	"adjustment":      "other_adjustment",
}

// A posting is a movement to be written: what of, how much, and from when on it is available.
type posting struct {
	kind        string
	category    string // Stripe's accounting word where the kind does not decide it
	source      string
	amount, fee int64
	currency    string
	description string
	availableOn time.Time // the zero time means at once
	payout      ref
}

// post writes the movement to the account's transactions and balance, and returns the transaction's id.
func (t *tx) post(owner string, p posting) ref {
	b := balanceTransaction{
		head: t.head("balance_transaction", "txn_"), Amount: p.amount, Fee: p.fee, Net: p.amount - p.fee, Currency: p.currency,
		Description: ref(p.description), Source: ref(p.source), Type: p.kind, ReportingCategory: cmp.Or(p.category, reportingCategory[p.kind], p.kind),
		Status: "available", AvailableOn: t.now.Unix(), FeeDetails: []feeDetail{}, Payout: p.payout,
	}
	if p.fee != 0 {
		b.FeeDetails = append(b.FeeDetails, feeDetail{Amount: p.fee, Currency: p.currency, Description: "Stripe processing fees", Type: "stripe_fee"})
	}
	if p.availableOn.After(t.now) {
		b.Status, b.AvailableOn = "pending", p.availableOn.Unix()
		t.wakeAt(p.availableOn)
	}
	t.txns.put(t, owner, b)
	t.move(owner, b.Currency, b.Status, b.Net)
	if p.amount > 0 && t.refundsWait() {
		t.wakeAt(t.now)
	}
	return ref(b.ID)
}

// move changes one of the balance's two pots.
func (t *tx) move(owner, currency, pot string, net int64) {
	sheet := t.balance(owner)
	sheet.Available, sheet.Pending = maps.Clone(sheet.Available), maps.Clone(sheet.Pending)
	if pot == "pending" {
		sheet.Pending[currency] += net
	} else {
		sheet.Available[currency] += net
		if a, ok := t.accounts.get(owner); ok {
			t.planPayoutOf(a, sheet, t.now)
		}
	}
	t.balances.put(t, owner, sheet)
	if owner != platform {
		t.reserve(currency)
	}
}

func (s *Server) balance(owner string) balanceSheet {
	sheet, ok := s.balances.get("balance:" + owner)
	if !ok {
		return balanceSheet{ID: "balance:" + owner, Available: map[string]int64{}, Pending: map[string]int64{}}
	}
	return sheet
}

// makeAvailable moves what has become due from pending to available.
func (t *tx) makeAvailable() {
	touched := map[string]bool{}
	for owner, pending := range t.txns.all() {
		if pending.Status != "pending" || pending.AvailableOn > t.now.Unix() {
			continue
		}
		b := *pending
		b.Status = "available"
		t.txns.put(t, owner, b)
		t.move(owner, b.Currency, "pending", -b.Net)
		t.move(owner, b.Currency, "available", b.Net)
		touched[owner] = true
	}
	for _, owner := range slices.Sorted(maps.Keys(touched)) {
		t.emit(owner, "balance.available", t.balanceWire(owner))
	}
}

func (s *Server) balanceWire(owner string) map[string]any {
	sheet := s.balance(owner)
	pot := func(m map[string]int64) []any {
		out := []any{}
		for _, currency := range slices.Sorted(maps.Keys(m)) {
			out = append(out, map[string]any{"amount": m[currency], "currency": currency, "source_types": map[string]any{"card": m[currency]}})
		}
		if len(out) == 0 {
			out = append(out, map[string]any{"amount": 0, "currency": "jpy", "source_types": map[string]any{"card": 0}})
		}
		return out
	}
	wire := map[string]any{"object": "balance", "livemode": false, "available": pot(sheet.Available), "pending": pot(sheet.Pending)}
	if owner == platform {
		wire["connect_reserved"] = pot(sheet.Reserved)
	}
	return wire
}

func getBalance(c *call) (any, error) { return c.balanceWire(c.owner), c.check() }

func getBalanceTransaction(c *call) (any, error) {
	b, ok := c.txns.of(c.owner, c.id)
	if !ok {
		return nil, missing("balance transaction", c.id, "id")
	}
	return b, nil
}

func listBalanceTransactions(c *call) (any, error) {
	source, kind, currency, out := ref(c.text("source")), c.text("type"), c.text("currency"), ref(c.text("payout"))
	if out != "" {
		p, ok := c.payouts.of(c.owner, string(out))
		if !ok {
			return nil, missing("payout", string(out), "payout")
		}
		if !p.Automatic {
			return nil, malformed("payout", "", "Balance transaction history can only be filtered on automatic transfers, not manual.")
		}
	}
	return page(c, c.txns, "/v1/balance_transactions", func(b balanceTransaction) bool {
		return (source == "" || b.Source == source) && (kind == "" || b.Type == kind) &&
			(currency == "" || b.Currency == currency) && (out == "" || b.Payout == out)
	})
}
