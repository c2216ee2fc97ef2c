package billing

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/db"
)

// Accounts that stand alone. The others are per milestone, person or company: "held:<milestone>".
const (
	accountPlatform  = "stripe:platform"    // asset: the platform's balance at Stripe
	accountFee       = "stripe_fee"         // expense
	accountRevenue   = "platform_fee"       // income
	accountTax       = "consumption_tax"    // liability: on our own fee
	accountUnmatched = "suspense:unmatched" // money that arrived and that no milestone explains
	accountMirror    = "memo:connected"     // contra of the connected accounts' mirror
	accountWithheld  = "memo:withheld"      // contra of the companies' withheld tax

	accountDisputeFee = "dispute_fee"   // expense: what the provider takes for a chargeback
	accountGoodwill   = "goodwill_loss" // expense: debts that two people gave up
	accountBank       = "bank:platform" // asset: our own bank, for what is paid outside the provider

	accountBankInTransit = "bank_in_transit" // asset: what companies' banks were told to pay, until their statements say so
)

func held(m Milestone) string          { return "held:" + m.ID.String() }
func refundPayable(m Milestone) string { return "refund_payable:" + m.ID.String() }
func payable(p uuid.UUID) string       { return "payable:" + p.String() }
func connected(p uuid.UUID) string     { return "connected:" + p.String() }
func bankOf(account uuid.UUID) string  { return "bank:" + account.String() }
func contractCost(c uuid.UUID) string  { return "contract_cost:" + c.String() } // in the books of a company that pays by itself

// unchargedNet and unchargedFee are what a company has accepted and is charged for by its next pay run: the alumnus's part
// and the platform's. It is no debt until then.
func unchargedNet(c uuid.UUID) string { return "uncharged:net:" + c.String() }
func unchargedFee(c uuid.UUID) string { return "uncharged:fee:" + c.String() }

func withheldTax(c uuid.UUID) string { return "withheld_tax:" + c.String() }

// A Posting is one line of an entry: an amount in minor units, positive for a debit, negative for a credit.
type Posting struct {
	Account  string
	Currency string
	Amount   int64
}

// An Entry is one fact about money, balanced per currency, written once and never changed.
type Entry struct {
	ID          uuid.UUID
	CompanyID   uuid.UUID
	At          time.Time // when it happened, by the clock of who made it happen
	PostedAt    time.Time
	BookedOn    civil.Date `gorm:"type:date"` // set by Post: the day of At in the company's zone, or the first day that is not closed
	Kind        string     // charge, accept, transfer, mirror, withheld, payout, payout_failed, refund_asked, refund, unmatched
	Source      string     // unique: posting the same source again changes nothing
	ExternalID  string     // the provider's object whose balance transaction this explains; empty for our own steps
	MilestoneID *uuid.UUID // nil where no milestone is concerned
	Postings    []Posting  `gorm:"-"`
}

// TableName is where entries are kept.
func (Entry) TableName() string { return "ledger_entries" }

// balanced is the assertion before every write.
func (e Entry) balanced() error {
	sums := map[string]int64{}
	for _, p := range e.Postings {
		sums[p.Currency] += p.Amount
	}
	for currency, sum := range sums {
		if sum != 0 {
			return fmt.Errorf("billing: entry %s is off by %d %s", e.Source, sum, currency)
		}
	}
	if len(e.Postings) < 2 {
		return fmt.Errorf("billing: entry %s has %d postings", e.Source, len(e.Postings))
	}
	return nil
}

// Post writes an entry with all its postings in one round trip, in the caller's transaction, and reports whether it is
// new: a source that was posted before leaves everything as it is. Callers hold the milestone's row. Postings of zero
// are left out. An entry of a closed month is booked on the first day after it; the company's row is held meanwhile, so
// that no month closes between the look and the write.
func Post(tx *gorm.DB, e Entry) (isNew bool, err error) {
	if err := e.balanced(); err != nil {
		return false, err
	}
	var accounts, currencies []string
	var amounts []int64
	for _, p := range e.Postings {
		if p.Amount != 0 {
			accounts, currencies, amounts = append(accounts, p.Account), append(currencies, p.Currency), append(amounts, p.Amount)
		}
	}
	done, err := tx.Statement.ConnPool.ExecContext(tx.Statement.Context, entryWithPostings,
		e.CompanyID, newID(), e.At, e.PostedAt, e.Kind, e.Source, e.ExternalID, e.MilestoneID, accounts, currencies, amounts)
	if err != nil {
		return false, err
	}
	rows, err := done.RowsAffected()
	return rows > 0, err
}

// entryWithPostings goes to the driver as it stands: nothing is written as often, and gorm would spell it anew each time.
const entryWithPostings = `WITH c AS MATERIALIZED (
		SELECT greatest(($3::timestamptz AT TIME ZONE time_zone)::date, books_closed_through + 1) AS booked_on
		FROM companies WHERE id = $1 FOR KEY SHARE),
	e AS (
		INSERT INTO ledger_entries (id, company_id, at, posted_at, kind, source, external_id, milestone_id, booked_on)
		VALUES ($2, $1, $3, $4, $5, $6, $7, $8, (SELECT booked_on FROM c)) ON CONFLICT ON CONSTRAINT entry_source_once DO NOTHING
		RETURNING id, company_id, milestone_id, at)
	INSERT INTO ledger_postings (entry_id, line, company_id, milestone_id, account, currency, amount, at)
	SELECT e.id, p.line, e.company_id, e.milestone_id, p.account, p.currency, p.amount, e.at
	FROM e, unnest($9::text[], $10::text[], $11::bigint[]) WITH ORDINALITY AS p(account, currency, amount, line)`

// An AccountBalance is an account with what was ever debited and credited to it, in minor units.
type AccountBalance struct {
	Account  string
	Currency string
	Debit    int64
	Credit   int64
}

// Balance is debits less credits: positive for assets and expenses, negative for liabilities and income.
func (a AccountBalance) Balance() int64 { return a.Debit - a.Credit }

// Class is asset, liability, income, expense or memo; memo accounts are no part of our books' balance.
func (a AccountBalance) Class() string {
	class, _, _ := strings.Cut(a.Account, ":")
	switch class {
	case "held", "payable", "refund_payable", "consumption_tax", "suspense", "client_cash", "paying":
		return "liability"
	case "platform_fee":
		return "income"
	case "stripe_fee", "dispute_fee", "goodwill_loss", "contract_cost":
		return "expense"
	case "connected", "withheld_tax", "memo":
		return "memo"
	}
	return "asset"
}

// BalanceAt is an account's balance at a moment, debits less credits, by when things happened.
func BalanceAt(ctx context.Context, d *db.DB, account, currency string, at time.Time) (int64, error) {
	var sum int64
	err := d.Gorm(ctx).Raw("SELECT coalesce(sum(amount), 0) FROM ledger_postings WHERE account = ? AND currency = ? AND at <= ?",
		account, currency, at).Scan(&sum).Error
	return sum, err
}
