package billing

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/db"
	"homecoming/internal/jobs"
	"homecoming/market"
)

// sweepWatch is how soon a sweep that has left is looked at again when no event tells us.
const sweepWatch = 6 * time.Hour

// operates answers whether somebody runs the installation.
func operates(who market.Actor) error { return who.MayAnywhere(market.SweepRevenue) }

// ProposeSweep lists all that the platform has earned in a currency and not swept, less what was kept from it, and
// proposes to send the sum to the bank. It returns ErrNothingToSweep when the sum is not above zero.
func (s *Service) ProposeSweep(ctx context.Context, who market.Actor, currency string) (Sweep, error) {
	if err := operates(who); err != nil {
		return Sweep{}, err
	}
	now := s.clock.Now()
	w := Sweep{ID: newID(), Currency: currency, State: sweepMachine.Start, ProposedBy: who.PersonID, ProposedAt: now, UpdatedAt: now}
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		lines, err := unswept(tx, w)
		if err != nil {
			return err
		}
		w.Amount = 0
		for _, l := range lines {
			w.Amount += l.Amount
		}
		if w.Amount <= 0 {
			return ErrNothingToSweep
		}
		if err := tx.Create(&w).Error; err != nil {
			if db.Violated(err) == "one_open_sweep" {
				return ErrSweepOpen
			}
			return err
		}
		if err := tx.CreateInBatches(lines, 1000).Error; err != nil {
			return err
		}
		return s.auditSweep(tx, who, w, "propose")
	})
	if err != nil {
		return Sweep{}, err
	}
	return s.SweepByID(ctx, who, w.ID)
}

// Unswept is what the platform has earned in a currency, less what was kept from it, and that no sweep takes yet.
func (s *Service) Unswept(ctx context.Context, who market.Actor, currency string) (market.Money, error) {
	left := market.Money{Currency: currency}
	if err := operates(who); err != nil {
		return left, err
	}
	return left, s.db.Gorm(ctx).Raw(`SELECT coalesce(-sum(p.amount), 0)::bigint FROM ledger_postings p JOIN ledger_entries e ON e.id = p.entry_id `+unsweptPostings, currency).
		Scan(&left.Amount).Error
}

// unsweptPostings are the postings of the platform's own money in a currency that no live sweep takes.
const unsweptPostings = `WHERE ` + ownMoney + ` AND p.currency = ? AND e.kind NOT LIKE 'sweep%'
	AND NOT EXISTS (SELECT 1 FROM sweep_lines l WHERE l.entry_id = p.entry_id AND l.live)`

// unswept are the entries that no live sweep takes, with what each adds to the platform's own money.
func unswept(tx *gorm.DB, w Sweep) ([]SweepLine, error) {
	var lines []SweepLine
	return lines, tx.Raw(`SELECT ?::uuid AS sweep_id, p.entry_id, p.company_id, -sum(p.amount)::bigint AS amount, true AS live
		FROM ledger_postings p JOIN ledger_entries e ON e.id = p.entry_id `+unsweptPostings+`
		GROUP BY p.entry_id, p.company_id HAVING sum(p.amount) <> 0 ORDER BY p.entry_id`, w.ID, w.Currency).Scan(&lines).Error
}

// auditSweep writes a decision into the audit log of the operator's company.
func (s *Service) auditSweep(tx *gorm.DB, who market.Actor, w Sweep, did string) error {
	for _, g := range who.Grants {
		if g.Role == market.Operator {
			return market.Audit(tx, who, g.CompanyID, "sweep."+did, "sweep:"+w.ID.String(), map[string]any{"amount": w.Amount, "currency": w.Currency})
		}
	}
	return nil
}

// ApproveSweep sends what somebody else proposed.
func (s *Service) ApproveSweep(ctx context.Context, who market.Actor, id uuid.UUID) (Sweep, error) {
	return s.decideSweep(ctx, who, id, "approve", func(tx *gorm.DB, w *Sweep) error {
		now := s.clock.Now()
		o := Operation{ID: newID(), Kind: SweepOperation, PersonID: &who.PersonID}
		o, err := s.plan(tx, o, SweepOrder{Operation: o.ID, Sweep: w.ID, Amount: w.Amount, Currency: w.Currency}, now)
		if err != nil {
			return err
		}
		w.OperationID = &o.ID
		return jobs.Enqueue(tx, OperationJob{Operation: o.ID})
	})
}

// DeclineSweep says no to a proposed sweep, or takes one's own proposal back.
func (s *Service) DeclineSweep(ctx context.Context, who market.Actor, id uuid.UUID) (Sweep, error) {
	return s.decideSweep(ctx, who, id, "decline", freeLines)
}

// freeLines gives the entries of a sweep that will not be paid to the next one.
func freeLines(tx *gorm.DB, w *Sweep) error {
	return tx.Exec("UPDATE sweep_lines SET live = false WHERE sweep_id = ?", w.ID).Error
}

func (s *Service) decideSweep(ctx context.Context, who market.Actor, id uuid.UUID, do string, then func(*gorm.DB, *Sweep) error) (Sweep, error) {
	if err := operates(who); err != nil {
		return Sweep{}, err
	}
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		var w Sweep
		if err := one(tx.Clauses(hold).Where("id = ?", id).Take(&w)); err != nil {
			return err
		}
		to, err := sweepMachine.Next(w.State, do, TheOperator, decision{w, who.PersonID})
		if err != nil {
			return err
		}
		now := s.clock.Now()
		w.State, w.DecidedBy, w.DecidedAt, w.UpdatedAt = to, &who.PersonID, &now, now
		if err := then(tx, &w); err != nil {
			return err
		}
		if err := tx.Save(&w).Error; err != nil {
			return err
		}
		return s.auditSweep(tx, who, w, do)
	})
	if err != nil {
		return Sweep{}, err
	}
	return s.SweepByID(ctx, who, id)
}

func (s *Service) sweeps() procedure {
	left := func(p Payout) outcome {
		return outcome{id: p.ID, watch: sweepWatch, settle: func(tx *gorm.DB, _ *Operation) error { return s.seenSweep(tx, p) }}
	}
	return procedure{
		find: func(ctx context.Context, o Operation) (outcome, error) {
			p, err := s.gateway.FindSweep(ctx, o.ID, o.CreatedAt)
			return left(p), err
		},
		send: func(ctx context.Context, o Operation) (outcome, error) {
			var order SweepOrder
			if err := json.Unmarshal(o.Input, &order); err != nil {
				return outcome{}, err
			}
			p, err := s.gateway.CreateSweep(ctx, o.Key(), order)
			return left(p), err
		},
		refused: func(tx *gorm.DB, o Operation, no *Refusal) error {
			return s.moveSweep(tx, o.ID, func(w *Sweep) error {
				w.Failure = no.Code
				return s.stepSweep(tx, w, "reject")
			})
		},
		watched: func(ctx context.Context, o Operation) error { return s.lookAtSweep(ctx, o.ProviderID) },
	}
}

// lookAtSweep reads a payout of the platform's own again. One that no operation of ours explains is left to the
// operator's list of what nobody explains.
func (s *Service) lookAtSweep(ctx context.Context, id string) error {
	p, err := s.gateway.Payout(ctx, "", id)
	if err != nil || p.Operation == uuid.Nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		o, err := lockOperation(tx, p.Operation)
		if err != nil || o.Kind != SweepOperation {
			return ours(err)
		}
		return s.created(tx, &o, outcome{id: p.ID, watch: sweepWatch, settle: func(tx *gorm.DB, o *Operation) error { return s.seenSweep(tx, p) }})
	})
}

// moveSweep holds the sweep of an operation while it changes.
func (s *Service) moveSweep(tx *gorm.DB, operation uuid.UUID, change func(*Sweep) error) error {
	var w Sweep
	if err := one(tx.Clauses(hold).Where("operation_id = ?", operation).Take(&w)); err != nil {
		return ours(err)
	}
	w.UpdatedAt = s.clock.Now()
	if err := change(&w); err != nil {
		return err
	}
	return tx.Save(&w).Error
}

// sweepDoing is how a sweep gets to where the provider sees it, whatever was never reported.
var sweepDoing = map[PayoutState][]string{PayoutPending: {"send"}, PayoutInTransit: {"send"}, PayoutPaid: {"send", "pay"},
	PayoutFailed: {"send", "fail"}, PayoutCanceled: {"send", "cancel"}}

// seenSweep books what has become of a sweep, each step once. The request, events and look-ups all end here, in any order.
func (s *Service) seenSweep(tx *gorm.DB, p Payout) error {
	return s.moveSweep(tx, p.Operation, func(w *Sweep) error {
		w.ProviderID, w.ArrivesOn = p.ID, &p.ArrivesOn
		if p.Failure != "" {
			w.Failure = p.Failure
		}
		for _, do := range sweepDoing[PayoutState(p.State)] {
			if err := s.stepSweep(tx, w, do); err != nil {
				return err
			}
		}
		return nil
	})
}

// stepSweep takes a sweep one step on, unless it is there already, and books it for each company.
func (s *Service) stepSweep(tx *gorm.DB, w *Sweep, do string) error {
	from := w.State
	to, err := sweepMachine.Next(w.State, do, TheProvider, decision{Sweep: *w})
	if err != nil {
		return nil //nolint:nilerr // it is there already
	}
	now := s.clock.Now()
	w.State = to
	var steps []func(uuid.UUID, int64, time.Time) Entry
	switch to {
	case SweepInTransit:
		steps = append(steps, w.swept)
	case SweepPaid:
		w.PaidAt = &now
		steps = append(steps, w.arrived)
	case SweepFailed, SweepCanceled:
		if from == SweepPaid {
			w.PaidAt = nil
			steps = append(steps, w.returned)
		}
		steps = append(steps, w.back)
	}
	var parts []SweepLine
	if err := tx.Raw("SELECT company_id, sum(amount)::bigint AS amount FROM sweep_lines WHERE sweep_id = ? GROUP BY company_id HAVING sum(amount) <> 0 ORDER BY company_id", w.ID).Scan(&parts).Error; err != nil {
		return err
	}
	for _, step := range steps {
		for _, part := range parts {
			if err := s.post(tx, step(part.CompanyID, part.Amount, now)); err != nil {
				return err
			}
		}
	}
	if to == SweepFailed || to == SweepCanceled || to == SweepRejected {
		return freeLines(tx, w)
	}
	return nil
}

// Sweeps lists the platform's sweeps, newest first, for those who run it.
func (s *Service) Sweeps(ctx context.Context, who market.Actor) ([]Sweep, error) {
	if err := operates(who); err != nil {
		return nil, err
	}
	var list []Sweep
	return list, shownSweeps(s.db.Gorm(ctx)).Order("w.proposed_at DESC, w.id DESC").Limit(100).Scan(&list).Error
}

func shownSweeps(g *gorm.DB) *gorm.DB {
	return g.Table("sweeps w").Select("w.*, name_of(p) AS proposed_by_name, coalesce(name_of(d), '') AS decided_by_name").
		Joins("JOIN people p ON p.id = w.proposed_by").Joins("LEFT JOIN people d ON d.id = w.decided_by")
}

// SweepByID reads one with its lines, oldest entry first.
func (s *Service) SweepByID(ctx context.Context, who market.Actor, id uuid.UUID) (Sweep, error) {
	if err := operates(who); err != nil {
		return Sweep{}, err
	}
	g := s.db.Gorm(ctx)
	var list []Sweep
	if err := shownSweeps(g).Where("w.id = ?", id).Scan(&list).Error; err != nil {
		return Sweep{}, err
	}
	if len(list) == 0 {
		return Sweep{}, market.ErrNotFound
	}
	w := list[0]
	return w, g.Raw(`SELECT l.*, e.kind, e.at, co.name AS company_name, coalesce(m.title, '') AS milestone_title, coalesce(c.number, 0) AS contract_number
		FROM sweep_lines l JOIN ledger_entries e ON e.id = l.entry_id JOIN companies co ON co.id = l.company_id
		LEFT JOIN milestones m ON m.id = e.milestone_id LEFT JOIN contracts c ON c.id = m.contract_id
		WHERE l.sweep_id = ? ORDER BY e.at, l.entry_id`, id).Scan(&w.Lines).Error
}
