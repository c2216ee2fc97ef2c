package billing

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
	"homecoming/market"
)

// reconciliationKind names these runs among others.
const reconciliationKind = "reconciliation"

// An ExceptionKind is what does not match between ledger and provider.
type ExceptionKind string

// The kinds of exception that there are so far.
const (
	MissingInLedger ExceptionKind = "missing_in_ledger"
	MissingAtStripe ExceptionKind = "missing_at_stripe"
	WrongAmount     ExceptionKind = "amount"
	WrongFee        ExceptionKind = "fee"
	WrongCurrency   ExceptionKind = "currency"
	Duplicate       ExceptionKind = "duplicate"
	OrphanTransfer  ExceptionKind = "orphan_transfer"
	UnappliedCash   ExceptionKind = "unapplied_cash" // booked to suspense: somebody has to say what it was for
)

// An Exception is one thing that finance has to look at. Amounts are minor units, as they change the platform's balance.
type Exception struct {
	Kind        ExceptionKind `json:"kind"`
	Source      string        `json:"source"` // the provider's object
	Type        string        `json:"type"`   // of the balance transaction, or the entry's kind
	Ledger      int64         `json:"ledger"`
	Stripe      int64         `json:"stripe"`
	LedgerFee   int64         `json:"ledger_fee"`
	StripeFee   int64         `json:"stripe_fee"`
	Currency    string        `json:"currency"`
	Day         civil.Date    `json:"day"`
	AgeDays     int           `json:"age_days"`
	EntryID     *uuid.UUID    `json:"entry_id,omitempty"`
	MilestoneID *uuid.UUID    `json:"milestone_id,omitempty"`
}

// A Reconciliation compares a company's ledger with the provider's balance transactions over whole days of the
// company's zone, both ends included. It reports and never edits.
type Reconciliation struct {
	ID         uuid.UUID        `json:"id"`
	CompanyID  uuid.UUID        `json:"company_id"`
	State      jobs.State       `json:"state"`
	From       civil.Date       `json:"from"`
	To         civil.Date       `json:"to"`
	Matched    int              `json:"matched"`
	Exceptions []Exception      `json:"exceptions"` // oldest first
	Difference map[string]int64 `json:"difference"` // by currency: ledger less provider
	Done       int              `json:"done"`
	Total      int              `json:"total"`
	CreatedAt  time.Time        `json:"created_at"`
	FinishedAt *time.Time       `json:"finished_at,omitempty"`
}

// ErrDays is a reconciliation over days that make no period.
var ErrDays = problem.Define(problem.Invalid, "days_out_of_order",
	"The first day must not be after the last, and a year at most lies between.", "開始日は終了日以前とし、期間は1年以内にしてください。")

type period struct {
	From civil.Date `json:"from"`
	To   civil.Date `json:"to"`
}

// StartReconciliation has a job compare a company's books with the provider's, from and to included.
func (s *Service) StartReconciliation(ctx context.Context, who market.Actor, company uuid.UUID, from, to civil.Date) (Reconciliation, error) {
	if err := who.May(market.ReconcileMoney, company); err != nil {
		return Reconciliation{}, err
	}
	if from.IsZero() || to.IsZero() {
		return Reconciliation{}, market.ErrRequired.On("from")
	}
	if !from.IsValid() || !to.IsValid() || from.After(to) || to.DaysSince(from) > 366 {
		return Reconciliation{}, ErrDays.On("from")
	}
	var run jobs.Run
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		report, err := json.Marshal(Reconciliation{From: from, To: to, Exceptions: []Exception{}, Difference: map[string]int64{}})
		if err != nil {
			return err
		}
		input, err := json.Marshal(period{from, to})
		if err != nil {
			return err
		}
		run, err = jobs.NewRun(tx, jobs.Run{CompanyID: &company, Kind: reconciliationKind, Input: input, Report: report, StartedBy: &who.PersonID})
		if err != nil {
			return err
		}
		if err := market.Audit(tx, who, company, "reconciliation.start", "run:"+run.ID.String(), period{from, to}); err != nil {
			return err
		}
		return jobs.Enqueue(tx, ReconcileJob{Run: run.ID})
	})
	if err != nil {
		return Reconciliation{}, err
	}
	return reconciliation(run)
}

func reconciliation(run jobs.Run) (Reconciliation, error) {
	var r Reconciliation
	if err := json.Unmarshal(run.Report, &r); err != nil {
		return r, err
	}
	r.ID, r.State, r.Done, r.Total, r.CreatedAt, r.FinishedAt = run.ID, run.State, run.Done, run.Total, run.CreatedAt, run.FinishedAt
	if run.CompanyID != nil {
		r.CompanyID = *run.CompanyID
	}
	return r, nil
}

// Reconciliation reads one with what it found.
func (s *Service) Reconciliation(ctx context.Context, who market.Actor, id uuid.UUID) (Reconciliation, error) {
	var run jobs.Run
	if err := one(s.db.Gorm(ctx).Where("id = ? AND kind = ? AND company_id IS NOT NULL", id, reconciliationKind).Take(&run)); err != nil {
		return Reconciliation{}, err
	}
	if err := who.May(market.SeeMoney, *run.CompanyID); err != nil {
		return Reconciliation{}, err
	}
	return reconciliation(run)
}

// Reconciliations lists a company's latest fifty, newest first.
func (s *Service) Reconciliations(ctx context.Context, who market.Actor, company uuid.UUID) ([]Reconciliation, error) {
	if err := who.May(market.SeeMoney, company); err != nil {
		return nil, err
	}
	var runs []jobs.Run
	err := s.db.Gorm(ctx).Where("company_id = ? AND kind = ?", company, reconciliationKind).Order("created_at DESC").Limit(50).Find(&runs).Error
	if err != nil {
		return nil, err
	}
	var list []Reconciliation
	for _, run := range runs {
		r, err := reconciliation(run)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

// Reconcile works one run: it copies what is new at the provider, compares, and writes the report. A run that has
// ended, or that a killed worker left, may be worked again with the same result.
func (s *Service) Reconcile(ctx context.Context, id uuid.UUID) error {
	g := s.db.Gorm(ctx)
	var run jobs.Run
	if err := g.Where("id = ?", id).Take(&run).Error; err != nil {
		return err
	}
	if run.FinishedAt != nil {
		return nil
	}
	var days period
	if err := json.Unmarshal(run.Input, &days); err != nil {
		return err
	}
	company, err := market.CompanyByID(g, *run.CompanyID)
	if err != nil {
		return err
	}
	from, asOf := days.From.In(company.Zone()), s.clock.Now()
	if err := s.copyTransactions(ctx, from.Add(-copyOverlap), func(n int) error { return jobs.Progress(g, id, n, n) }); err != nil {
		return err
	}
	r := Reconciliation{From: days.From, To: days.To}
	pairs, err := pairsOf(g, company.ID, from, days.To.AddDays(1).In(company.Zone()))
	if err != nil {
		return err
	}
	r.compare(pairs, company, asOf)
	return jobs.Finish(g, id, jobs.Succeeded, r)
}

// failReconciliation ends a run that could not be worked; its days stay in its report.
func (s *Service) failReconciliation(ctx context.Context, id uuid.UUID) error {
	return s.db.Gorm(ctx).Exec("UPDATE runs SET state = ?, finished_at = now(), input = NULL WHERE id = ? AND finished_at IS NULL", jobs.Failed, id).Error
}

// copyOverlap is how much older than asked for the copy begins, so that nothing falls between two days.
const copyOverlap = 48 * time.Hour

// copyTransactions copies the platform's balance transactions since a moment; those that are there stay, but learn
// whose they are.
func (s *Service) copyTransactions(ctx context.Context, since time.Time, progress func(int) error) error {
	n := 0
	for b, err := range s.gateway.BalanceTransactions(ctx, since) {
		if err != nil {
			return err
		}
		var milestone *uuid.UUID
		if b.Milestone != uuid.Nil {
			milestone = &b.Milestone
		}
		err := s.db.Gorm(ctx).Exec(`INSERT INTO balance_transactions (id, company_id, milestone_id, source, type, amount, fee, net, currency, created_at, fetched_at)
			SELECT ?, m.company_id, m.id, ?, ?, ?, ?, ?, ?, ?, ? FROM (SELECT 1) one LEFT JOIN milestones m
				ON m.id = coalesce(?, (SELECT milestone_id FROM ledger_entries WHERE external_id = ? LIMIT 1)) -- chargebacks name none
			ON CONFLICT (id) DO UPDATE SET company_id = excluded.company_id, milestone_id = excluded.milestone_id`,
			b.ID, b.Source, b.Type, b.Amount, b.Fee, b.Net, b.Currency, b.CreatedAt, s.clock.Now(), milestone, b.Source).Error
		if err != nil {
			return err
		}
		if n++; n%100 == 0 {
			if err := progress(n); err != nil {
				return err
			}
		}
	}
	return progress(n)
}

// A pair is one object of the provider as both sides see it.
type pair struct {
	Source                         string
	Type                           string
	LedgerNet, LedgerFee           int64
	StripeNet, StripeFee           int64
	LedgerCurrency, StripeCurrency string
	Entries, Transactions          int
	Kind                           string // of the entry
	At, Posted                     time.Time
	EntryID, MilestoneID           *uuid.UUID
}

// pairsOf joins both sides by the provider's object. A pair belongs to the days if either side does.
func pairsOf(g *gorm.DB, company uuid.UUID, from, until time.Time) ([]pair, error) {
	var pairs []pair
	return pairs, g.Raw(`WITH ledger AS (
			SELECT e.external_id AS source, min(p.currency) AS currency, sum(p.amount) FILTER (WHERE p.account = 'stripe:platform') AS net,
				coalesce(sum(p.amount) FILTER (WHERE p.account IN ('stripe_fee', 'dispute_fee')), 0) AS fee, min(e.at) AS at, max(e.at) AS last, max(e.posted_at) AS posted,
				count(DISTINCT e.id) AS entries, min(e.id::text)::uuid AS entry_id, min(e.milestone_id::text)::uuid AS milestone_id, min(e.kind) AS kind
			FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id
			WHERE e.company_id = @company AND e.external_id <> '' GROUP BY e.external_id),
		stripe AS (
			SELECT source, min(currency) AS currency, sum(net) AS net, sum(fee) AS fee, min(created_at) AS at, max(created_at) AS last,
				count(*) AS transactions, min(type) AS type, min(milestone_id::text)::uuid AS milestone_id
			FROM balance_transactions WHERE company_id = @company GROUP BY source)
		SELECT coalesce(l.source, s.source) AS source, coalesce(s.type, l.kind) AS type, coalesce(l.kind, '') AS kind,
			coalesce(l.net, 0) AS ledger_net, coalesce(l.fee, 0) AS ledger_fee, coalesce(s.net, 0) AS stripe_net, coalesce(s.fee, 0) AS stripe_fee,
			coalesce(l.currency, '') AS ledger_currency, coalesce(s.currency, '') AS stripe_currency,
			coalesce(l.posted, 'epoch') AS posted, coalesce(l.entries, 0) AS entries, coalesce(s.transactions, 0) AS transactions, coalesce(s.at, l.at) AS at,
			l.entry_id, coalesce(l.milestone_id, s.milestone_id) AS milestone_id
		FROM ledger l FULL JOIN stripe s ON s.source = l.source
		WHERE l.last >= @from AND l.at < @until OR s.last >= @from AND s.at < @until
		ORDER BY at, source`,
		map[string]any{"company": company, "from": from, "until": until}).Scan(&pairs).Error
}

// compare sorts the pairs, as they were at the moment now, into what matches and what a person has to look at.
func (r *Reconciliation) compare(pairs []pair, c market.Company, now time.Time) {
	r.Exceptions, r.Difference = []Exception{}, map[string]int64{c.Currency: 0}
	for _, p := range pairs {
		if p.Transactions == 0 && p.Posted.After(now) {
			continue // booked after the copy was made: the next reconciliation compares it
		}
		r.Difference[cmp.Or(p.LedgerCurrency, p.StripeCurrency)] += p.LedgerNet
		r.Difference[cmp.Or(p.StripeCurrency, p.LedgerCurrency)] -= p.StripeNet
		kind := p.exception()
		if kind == "" {
			r.Matched++
			continue
		}
		day := civil.DateOf(p.At.In(c.Zone()))
		r.Exceptions = append(r.Exceptions, Exception{Kind: kind, Source: p.Source, Type: p.Type, Ledger: p.LedgerNet, Stripe: p.StripeNet,
			LedgerFee: p.LedgerFee, StripeFee: p.StripeFee, Currency: cmp.Or(p.StripeCurrency, p.LedgerCurrency), Day: day,
			AgeDays: max(0, c.Today(now).DaysSince(day)), EntryID: p.EntryID, MilestoneID: p.MilestoneID})
	}
}

// exception names what is wrong with a pair; empty when it matches.
func (p pair) exception() ExceptionKind {
	switch {
	case p.Entries == 0 && slices.Contains([]string{"transfer", "transfer_refund"}, p.Type):
		return OrphanTransfer
	case p.Entries == 0:
		return MissingInLedger
	case p.Transactions == 0:
		return MissingAtStripe
	case p.Transactions > 1 || p.Entries > 1:
		return Duplicate
	case p.LedgerCurrency != p.StripeCurrency:
		return WrongCurrency
	case p.LedgerNet+p.LedgerFee != p.StripeNet+p.StripeFee:
		return WrongAmount
	case p.LedgerFee != p.StripeFee:
		return WrongFee
	case p.Kind == "unmatched":
		return UnappliedCash
	}
	return ""
}

// Unattributed lists the provider's balance transactions of the last hundred days that no company's milestone
// explains, newest first, for the operator.
func (s *Service) Unattributed(ctx context.Context, who market.Actor) ([]BalanceTransaction, error) {
	if !slices.ContainsFunc(who.Grants, func(g market.Grant) bool { return g.Role == market.Operator }) {
		return nil, market.ErrForbidden.With("action", "see_installation")
	}
	var list []BalanceTransaction
	return list, s.db.Gorm(ctx).Raw(`SELECT id, source, type, amount, fee, net, currency, created_at FROM balance_transactions
		WHERE company_id IS NULL AND created_at > ? ORDER BY created_at DESC LIMIT 500`, s.clock.Now().AddDate(0, 0, -100)).Scan(&list).Error
}
