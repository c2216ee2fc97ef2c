package billing

import (
	"context"
	"encoding/json"
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

// A Reconciliation compares a company's ledger with the provider's balance transactions over whole days of the
// company's zone, both ends included. It reports and never edits.
type Reconciliation struct {
	ID         uuid.UUID        `json:"id"`
	CompanyID  uuid.UUID        `json:"company_id"`
	State      jobs.State       `json:"state"`
	From       civil.Date       `json:"from"`
	To         civil.Date       `json:"to"`
	Matched    int              `json:"matched"`    // objects of the provider on which both sides agree
	Open       int              `json:"open"`       // exceptions of these days that wait for somebody
	Exceptions []Exception      `json:"exceptions"` // the oldest of them first; at most 500
	Difference map[string]int64 `json:"difference"` // by currency: ledger less provider
	Levels     []levelTally     `json:"levels"`
	AsOf       time.Time        `json:"as_of"` // what was booked later is the next run's
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
	err := s.db.Tx(ctx, func(tx *gorm.DB) (err error) {
		run, err = s.startRun(tx, who, company, period{from, to})
		return err
	})
	if err != nil {
		return Reconciliation{}, err
	}
	return reconciliation(run)
}

// startRun writes a run down and has a job work it. who is nobody where the clock asks for it.
func (s *Service) startRun(tx *gorm.DB, who market.Actor, company uuid.UUID, days period) (jobs.Run, error) {
	report, err := json.Marshal(Reconciliation{From: days.From, To: days.To, Exceptions: []Exception{}, Difference: map[string]int64{}})
	if err != nil {
		return jobs.Run{}, err
	}
	input, err := json.Marshal(days)
	if err != nil {
		return jobs.Run{}, err
	}
	asked := jobs.Run{CompanyID: &company, Kind: reconciliationKind, Input: input, Report: report}
	if who.PersonID != uuid.Nil {
		asked.StartedBy = &who.PersonID
	}
	run, err := jobs.NewRun(tx, asked)
	if err != nil {
		return run, err
	}
	if err := market.Audit(tx, who, company, "reconciliation.start", "run:"+run.ID.String(), days); err != nil {
		return run, err
	}
	return run, jobs.Enqueue(tx, ReconcileJob{Run: run.ID})
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
	asOf := s.clock.Now()
	err = s.copyTransactions(ctx, days.From.In(company.Zone()).Add(-copyOverlap), func(done, total int) error { return jobs.Progress(g, id, done, total+len(levels)) })
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		r, err := compare(comparison{tx: tx, company: company, run: id, asOf: asOf, from: days.From, until: days.To.AddDays(1)})
		if err != nil {
			return err
		}
		return jobs.Finish(tx, id, jobs.Succeeded, r)
	})
}

// shownExceptions are as many as a report holds; the rest is found on the desk.
const shownExceptions = 500

// compare goes through the levels, one run of a company at a time, and writes the report.
func compare(c comparison) (Reconciliation, error) {
	r := Reconciliation{From: c.from, To: c.until.AddDays(-1), AsOf: c.asOf, Difference: map[string]int64{c.company.Currency: 0}}
	if err := c.begin(); err != nil {
		return r, err
	}
	for _, look := range []func() (levelTally, error){c.contracts, c.stripe, c.payouts, c.banks} {
		t, err := look()
		if err != nil {
			return r, err
		}
		r.Levels = append(r.Levels, t)
		r.Open += t.Open
		if t.Level == StripeLevel {
			r.Matched = t.Compared - t.Open
		}
	}
	if err := c.differences(r.Difference); err != nil {
		return r, err
	}
	list, err := exceptionsWhere(c.tx, c.company, c.asOf, "x.state IN ('open', 'proposed') AND x.day BETWEEN ? AND ?", r.From, r.To)
	if err != nil {
		return r, err
	}
	r.Exceptions = append([]Exception{}, list[:min(len(list), shownExceptions)]...)
	return r, c.mark()
}

// begin lets one run of a company compare at a time. It has the database hash in memory, within bounds, and leaves it from
// compiling queries that run once.
func (c comparison) begin() error {
	return c.tx.Exec("SELECT pg_advisory_xact_lock(hashtext('reconcile:' || ?::text)), set_config('work_mem', '64MB', true), set_config('jit', 'off', true)", c.company.ID).Error
}

// differences sums what is left between ledger and provider, by currency.
func (c comparison) differences(into map[string]int64) error {
	var rows []struct {
		Currency string
		Off      int64
	}
	err := c.tx.Raw(`SELECT p.currency, sum(p.amount)::bigint AS off FROM (
			SELECT x.currency, CASE WHEN x.kind = 'currency' THEN 0 ELSE x.ledger END - x.other AS amount FROM exceptions x
			WHERE x.company_id = @company AND x.level = 'stripe' AND x.state IN ('open', 'proposed') AND x.day >= @from AND x.day < @until
			UNION ALL
			SELECT l.currency, l.amount FROM exceptions x JOIN ledger_entries e ON e.company_id = x.company_id AND e.external_id = x.source
				JOIN ledger_postings l ON l.entry_id = e.id AND l.account = ANY(@net)
			WHERE x.company_id = @company AND x.kind = 'currency' AND x.state IN ('open', 'proposed') AND x.day >= @from AND x.day < @until) p
		GROUP BY p.currency`, c.args(nil)).Scan(&rows).Error
	for _, row := range rows {
		into[row.Currency] += row.Off
	}
	return err
}

// mark notes how far the books are compared without a gap; the daily run goes on from there.
func (c comparison) mark() error {
	return c.tx.Exec(`INSERT INTO reconciled (company_id, through_on, as_of, run_id) VALUES (@company, CAST(@until AS date) - 1, @as_of, @run)
		ON CONFLICT (company_id) DO UPDATE SET as_of = excluded.as_of, run_id = excluded.run_id,
			through_on = CASE WHEN @from <= reconciled.through_on + 1 THEN greatest(reconciled.through_on, excluded.through_on) ELSE reconciled.through_on END`, c.args(nil)).Error
}

// dailyFrom is the hour, in the company's zone, from which the day before is compared; some days before it once more.
const (
	dailyFrom   = 5
	overlapDays = 3
)

// ReconcileDue starts a run for every company with books that has had none today, and gives how many.
func (s *Service) ReconcileDue(ctx context.Context) (int, error) {
	var due []struct {
		CompanyID uuid.UUID
		From      civil.Date `gorm:"type:date"`
		Today     civil.Date `gorm:"type:date"`
	}
	err := s.db.Gorm(ctx).Raw(`SELECT c.id AS company_id, n.now::date AS today,
			greatest(coalesce(r.through_on, (SELECT min(e.booked_on) FROM ledger_entries e WHERE e.company_id = c.id)) - CAST(@overlap AS int), n.now::date - 366) AS from
		FROM companies c CROSS JOIN LATERAL (SELECT CAST(@now AS timestamptz) AT TIME ZONE c.time_zone AS now) n LEFT JOIN reconciled r ON r.company_id = c.id
		WHERE (r.company_id IS NULL OR (r.as_of AT TIME ZONE c.time_zone)::date < n.now::date AND extract(hour FROM n.now) >= @hour)
			AND EXISTS (SELECT 1 FROM ledger_entries e WHERE e.company_id = c.id)
			AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.company_id = c.id AND runs.kind = @kind AND runs.finished_at IS NULL)`,
		map[string]any{"now": s.clock.Now(), "hour": dailyFrom, "overlap": overlapDays, "kind": reconciliationKind}).Scan(&due).Error
	if err != nil {
		return 0, err
	}
	for _, d := range due {
		err := s.db.Tx(ctx, func(tx *gorm.DB) error {
			_, err := s.startRun(tx, market.Actor{}, d.CompanyID, period{d.From, d.Today})
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

// failReconciliation ends a run that could not be worked; its days stay in its report.
func (s *Service) failReconciliation(ctx context.Context, id uuid.UUID) error {
	return s.db.Gorm(ctx).Exec("UPDATE runs SET state = ?, finished_at = now(), input = NULL WHERE id = ? AND finished_at IS NULL", jobs.Failed, id).Error
}

// Unattributed lists the provider's balance transactions of the last hundred days that no company's milestone
// explains, newest first, for the operator.
func (s *Service) Unattributed(ctx context.Context, who market.Actor) ([]BalanceTransaction, error) {
	if err := operates(who); err != nil {
		return nil, err
	}
	var list []BalanceTransaction
	return list, s.db.Gorm(ctx).Raw(`SELECT id, source, type, amount, fee, net, currency, created_at FROM balance_transactions
		WHERE company_id IS NULL AND created_at > ? AND NOT EXISTS (SELECT 1 FROM sweeps w WHERE w.provider_id <> ''
			AND (source = w.provider_id AND balance_transactions.amount = -w.amount OR source = w.provider_id || ':back' AND balance_transactions.amount = w.amount)) ORDER BY created_at DESC LIMIT 500`, s.clock.Now().AddDate(0, 0, -100)).Scan(&list).Error
}
