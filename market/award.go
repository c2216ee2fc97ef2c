package market

import (
	"errors"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
)

// An Award is what accepting a bid decides: whose terms hold, for which task. Billing makes the contract from it.
type Award struct {
	Company Company
	Task    Task
	Bid     Bid
}

// LockForAward reads a bid for accepting it and holds its task and the bid until the transaction ends. The actor
// must run the task, or be the bidder whom the company made a counter-offer.
func (s *Service) LockForAward(tx *gorm.DB, who Actor, bid uuid.UUID) (Award, Side, error) {
	var b Bid
	t, c, side, err := s.lockBid(tx, who, bid, &b)
	if err != nil {
		return Award{}, "", err
	}
	if side == ByCompany {
		if err := who.May(PostTasks, t.CompanyID); err != nil {
			return Award{}, "", err
		}
	}
	return Award{Company: c, Task: t, Bid: b}, side, freeOfConflict(tx, c, side, b.PersonID, c.Today(s.clock.Now()))
}

// Award gives the task to the bid, closes the other bids and tells everybody. It runs in billing's transaction, which
// writes the contract; see [Bid.Accept] for what it refuses, and [Caution] for what needs a second look before.
func (s *Service) Award(tx *gorm.DB, who Actor, a Award, by Side, seen int) error {
	if err := a.Bid.Accept(a.Task, by, seen); err != nil {
		return err
	}
	if err := licensed(tx, a.Bid); err != nil {
		return err
	}
	if err := s.cleared(tx, who, a); err != nil {
		return err
	}
	now := s.clock.Now()
	if err := s.afford(tx, a, by, now); err != nil {
		return err
	}
	if err := tx.Exec("UPDATE bids SET state = 'accepted', updated_at = ? WHERE id = ?", now, a.Bid.ID).Error; err != nil {
		return refused(err, bidProblems)
	}
	err := tx.Exec("UPDATE tasks SET state = 'awarded', version = version + 1, updated_at = ? WHERE id = ?", now, a.Task.ID).Error
	if err != nil {
		return err
	}
	if err := loseBids(tx, a.Task, LetterNotChosen, nil); err != nil {
		return err
	}
	reader := a.Bid.PersonID
	if by == ByAlumnus {
		reader = a.Task.CreatedBy
	}
	err = jobs.Enqueue(tx, Letter{Letter: LetterAwarded, PersonID: reader, CompanyID: a.Company.ID, Path: "/tasks/" + a.Task.ID.String(),
		Facts: map[string]any{"title": a.Task.Title, "amount": a.Bid.sum()}})
	if err != nil {
		return err
	}
	return Audit(tx, who, a.Company.ID, "bid.accept", "bid:"+a.Bid.ID.String(), map[string]any{"task": a.Task.ID, "version": a.Bid.Version, "by": by})
}

// affordable answers whether the company could award the task for a fee today: it is approved, and its budget carries it.
func affordable(tx *gorm.DB, t Task, c Company, fee int64, now time.Time) error {
	if err := cleared(tx, t, fee); err != nil {
		return err
	}
	return carries(tx, t, c, fee, now)
}

// afford promises the fee out of the task's budget, once it is approved. Why it cannot is the company's own affair: the
// alumnus learns only that it is not cleared yet.
func (s *Service) afford(tx *gorm.DB, a Award, by Side, now time.Time) error {
	err := cleared(tx, a.Task, a.Bid.Amount)
	if err == nil {
		err = Commit(tx, a.Task.ID, a.Bid.Amount, "award", now)
	}
	if err == nil {
		err = dropSpending(tx, a.Task.ID, now)
	}
	return asTold(err, by)
}

// asTold is why a company cannot spend something, as a side is told.
func asTold(err error, by Side) error {
	var p *problem.Error
	if by == ByAlumnus && errors.As(err, &p) {
		return ErrSpendingNotCleared.Because(err)
	}
	return err
}
