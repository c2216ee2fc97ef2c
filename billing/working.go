package billing

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/market"
)

const maxMessage = 5000

// Start says that the alumnus has begun; the contract's own alumnus alone may.
func (s *Service) Start(ctx context.Context, who market.Actor, id uuid.UUID) (Milestone, error) {
	return s.step(ctx, who, id, TheAlumnus, func(tx *gorm.DB, _ Contract, m *Milestone) error {
		now := s.clock.Now()
		if m.StartedAt == nil {
			m.StartedAt = &now
		}
		return s.move(tx, who, m, TheAlumnus, doStart, "")
	})
}

// Submit delivers. The first delivery is the receipt from which the fee's due day counts; each starts the days after
// which silence accepts.
func (s *Service) Submit(ctx context.Context, who market.Actor, id uuid.UUID, message string) (Milestone, error) {
	if err := checkMessage(message, false); err != nil {
		return Milestone{}, err
	}
	return s.stepOpen(ctx, who, id, TheAlumnus, func(tx *gorm.DB, c Contract, m *Milestone) error { // receiving is never refused
		return s.deliver(tx, who, c, m, TheAlumnus, message)
	})
}

// deliver is delivery by the alumnus, or of a week by the clock.
func (s *Service) deliver(tx *gorm.DB, who market.Actor, c Contract, m *Milestone, by Party, message string) error {
	company, err := market.CompanyByID(tx, c.CompanyID)
	if err != nil {
		return err
	}
	m.receive(company, s.clock.Now())
	if err := s.move(tx, who, m, by, doSubmit, message); err != nil {
		return err
	}
	return jobs.Enqueue(tx, letter(market.LetterSubmitted, c.ManagerID, c, *m, map[string]any{"message": message,
		"hours": hoursOf(*m), "date": civil.DateOf(m.AutoAcceptAt.In(company.Zone())).AddDays(-1).String()}).Naming("from", who.PersonID, who.Name))
}

// receive notes a delivery at a moment of the company's day.
func (m *Milestone) receive(company market.Company, now time.Time) {
	day := company.Today(now)
	if m.ReceivedOn == nil {
		received := m.receivedOn(day)
		due := nthDay(received, m.PaymentDays)
		m.ReceivedOn, m.PayBy = &received, &due
	}
	silence := day.AddDays(m.AutoAcceptDays + 1).In(company.Zone()).UTC() // the whole of the last day is theirs
	m.SubmittedAt, m.AutoAcceptAt = &now, &silence
}

// RequestChanges sends a delivery back with what is to be changed, on the ground that it is not as agreed; what goes
// beyond the agreement is refused with ErrUnpaidRedo.
func (s *Service) RequestChanges(ctx context.Context, who market.Actor, id uuid.UUID, ground Ground, message string) (Milestone, error) {
	if err := checkMessage(message, true); err != nil {
		return Milestone{}, err
	}
	if err := ground.refused(); err != nil {
		return Milestone{}, err
	}
	if err := s.mayReturn(ctx, who, id); err != nil {
		return Milestone{}, err
	}
	return s.step(ctx, who, id, TheCompany, func(tx *gorm.DB, c Contract, m *Milestone) error {
		m.AutoAcceptAt = nil
		if err := s.move(tx, who, m, TheCompany, doRequestChanges, message); err != nil {
			return err
		}
		return jobs.Enqueue(tx, letter(market.LetterChanges, c.PersonID, c, *m, map[string]any{"message": message}))
	})
}

// mayReturn refuses to send back what was accepted, whatever has become of its contract since.
func (s *Service) mayReturn(ctx context.Context, who market.Actor, id uuid.UUID) error {
	m, err := s.Milestone(ctx, who, id)
	if err != nil {
		return err
	}
	company, err := market.CompanyByID(s.db.Gorm(ctx), m.CompanyID)
	if err != nil {
		return err
	}
	return m.returned(company.Zone())
}

// Accept accepts a delivery: what was held is owed to the alumnus, and its transfer is planned and sent by a job.
func (s *Service) Accept(ctx context.Context, who market.Actor, id uuid.UUID) (Milestone, error) {
	return s.stepOpen(ctx, who, id, TheCompany, func(tx *gorm.DB, c Contract, m *Milestone) error {
		return s.accept(tx, who, c, m, TheCompany)
	})
}

// accept is acceptance by the company or by its silence. A week comes to what was worked in it.
func (s *Service) accept(tx *gorm.DB, who market.Actor, c Contract, m *Milestone, by Party) error {
	if m.IsWeek() {
		if err := s.reckon(tx, c, m, by); err != nil {
			return err
		}
	}
	if err := s.move(tx, who, m, by, doAccept, ""); err != nil {
		return err
	}
	if !m.IsWeek() {
		if err := jobs.Enqueue(tx, RecordJob{Contract: c.ID, Milestone: m.ID}); err != nil {
			return err
		}
	}
	return s.release(tx, c, m)
}

// release owes what was held to the alumnus, and plans its transfer. What was not paid in is owed all the same, and waits
// for a pay run.
func (s *Service) release(tx *gorm.DB, c Contract, m *Milestone) error {
	now := s.clock.Now()
	m.AcceptedAt, m.AutoAcceptAt = &now, nil
	if m.Rail.PaysLater() {
		if err := tx.Save(m).Error; err != nil {
			return err
		}
		if err := s.post(tx, acceptedOnCredit(*m, c.PersonID, now)); err != nil {
			return err
		}
		return jobs.Enqueue(tx, PaperJob{Milestone: m.ID})
	}
	keep, err := s.recoverable(tx, c, *m)
	if err != nil {
		return err
	}
	m.Recovered = keep
	if err := s.move(tx, market.Actor{}, m, TheClock, doRelease, ""); err != nil {
		return err
	}
	if err := s.post(tx, accepted(*m, c.PersonID, now)); err != nil {
		return err
	}
	if keep > 0 {
		if err := s.post(tx, recovered(*m, c.PersonID, now)); err != nil {
			return err
		}
	}
	if err := jobs.Enqueue(tx, PaperJob{Milestone: m.ID}); err != nil {
		return err
	}
	return s.planTransfers(tx, c, *m)
}

// AutoAccept accepts every delivery that was left unanswered until its day, one transaction each, and returns how many.
// One that cannot be accepted does not keep the others waiting.
func (s *Service) AutoAccept(ctx context.Context) (int, error) {
	var due []uuid.UUID
	err := s.db.Gorm(ctx).Raw("SELECT id FROM milestones WHERE state = 'submitted' AND frozen = '' AND auto_accept_at <= ? ORDER BY auto_accept_at LIMIT 500",
		s.clock.Now()).Scan(&due).Error
	if err != nil {
		return 0, err
	}
	var failures []error
	for _, id := range due {
		err := s.db.Tx(ctx, func(tx *gorm.DB) error {
			c, m, err := lockMilestone(tx, id)
			if err != nil || m.State != MilestoneSubmitted || m.AutoAcceptAt == nil || m.AutoAcceptAt.After(s.clock.Now()) {
				return err // answered meanwhile
			}
			return s.accept(tx, market.Actor{}, c, &m, TheClock)
		})
		failures = append(failures, err)
	}
	failures = slices.DeleteFunc(failures, func(err error) bool { return err == nil })
	return len(due) - len(failures), errors.Join(failures...)
}

// Cancel takes a milestone that was not funded out of the contract. An order that the law protects is not taken back:
// ErrOrderWithdrawn.
func (s *Service) Cancel(ctx context.Context, who market.Actor, id uuid.UUID, reason string) (Milestone, error) {
	if err := checkMessage(reason, true); err != nil {
		return Milestone{}, err
	}
	return s.stepOpen(ctx, who, id, TheCompany, func(tx *gorm.DB, c Contract, m *Milestone) error {
		if err := s.move(tx, who, m, TheCompany, doCancel, reason); err != nil {
			return err
		}
		if err := s.mayWithdraw(tx, c, *m); err != nil {
			return err
		}
		return s.close(tx, c)
	})
}

// step runs one use case on a milestone of an active contract, and reads the result.
func (s *Service) step(ctx context.Context, who market.Actor, id uuid.UUID, as Party, do func(*gorm.DB, Contract, *Milestone) error) (Milestone, error) {
	return s.stepOpen(ctx, who, id, as, func(tx *gorm.DB, c Contract, m *Milestone) error {
		if err := s.working(tx, c); err != nil {
			return err
		}
		return do(tx, c, m)
	})
}

// stepOpen runs one use case on a milestone that the actor may act on, of a contract that is active or rests: what was
// delivered is answered for even then.
func (s *Service) stepOpen(ctx context.Context, who market.Actor, id uuid.UUID, as Party, do func(*gorm.DB, Contract, *Milestone) error) (Milestone, error) {
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, m, err := s.lockFor(tx, who, id, as)
		if err != nil {
			return err
		}
		if c.State != ContractActive && c.State != ContractPaused {
			return ErrContractNotActive.With("state", word(string(c.State)))
		}
		return do(tx, c, &m)
	})
	if err != nil {
		return Milestone{}, err
	}
	return s.Milestone(ctx, who, id)
}

func checkMessage(message string, needed bool) error {
	switch {
	case needed && strings.TrimSpace(message) == "":
		return market.ErrRequired.On("message")
	case len([]rune(message)) > maxMessage:
		return market.ErrTooLong.On("message").With("max", maxMessage)
	}
	return nil
}

// close ends a held contract when all its milestones are over: completed when work was paid for, terminated when none
// was. A completed one completes its task and proves its skills.
func (s *Service) close(tx *gorm.DB, c Contract) error {
	var ms []Milestone
	if err := tx.Where("contract_id = ?", c.ID).Order("position").Find(&ms).Error; err != nil {
		return err
	}
	for _, do := range []string{"complete", "terminate"} {
		to, err := contractMachine.Next(c.State, do, TheClock, ms)
		if err != nil {
			continue
		}
		now := s.clock.Now()
		if err := tx.Exec("UPDATE contracts SET state = ?, completed_at = ? WHERE id = ?", to, now, c.ID).Error; err != nil {
			return err
		}
		if err := market.Audit(tx, market.Actor{}, c.CompanyID, "contract."+do, "contract:"+c.ID.String(), nil); err != nil {
			return err
		}
		if err := s.dropChange(tx, c); err != nil {
			return err
		}
		if to != ContractCompleted {
			return s.giveTaskBack(tx, c, now)
		}
		if err := market.CompleteTask(tx, c.TaskID, now); err != nil {
			return err
		}
		if len(ms) > 0 && ms[0].IsWeek() {
			if err := jobs.Enqueue(tx, RecordJob{Contract: c.ID}); err != nil {
				return err
			}
		}
		return ProveSkills(tx, c, now)
	}
	return nil
}
