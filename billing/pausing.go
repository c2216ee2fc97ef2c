package billing

import (
	"context"
	"errors"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
	"homecoming/market"
)

// What is done to a contract.
const (
	doPause  = "pause"
	doResume = "resume"
)

// What can be wrong with ending a contract.
var (
	ErrNotice = problem.Define(problem.Invalid, "notice_too_short",
		"With renewals this contract runs for six months or longer, so it may end on {date} at the earliest: {days} days' notice ({article}).",
		"更新を含めて6か月以上の契約のため、{days}日前までの予告が必要です（{article}）。最短の終了日は{date}です。")
	ErrNoticeGiven = problem.Define(problem.Conflict, "notice_given",
		"Notice was given: this contract ends on {date}. Nothing new begins.", "この契約は{date}に終了する予告がされています。新たな作業は開始できません。")
)

// PauseContract lets a contract rest: nothing is funded or begun. What was delivered is answered for all the same.
func (s *Service) PauseContract(ctx context.Context, who market.Actor, contract uuid.UUID, reason string) (Contract, error) {
	if err := checkMessage(reason, true); err != nil {
		return Contract{}, err
	}
	return s.turn(ctx, who, contract, doPause, reason, market.LetterPaused)
}

// ResumeContract lets it go on.
func (s *Service) ResumeContract(ctx context.Context, who market.Actor, contract uuid.UUID) (Contract, error) {
	return s.turn(ctx, who, contract, doResume, "", market.LetterResumed)
}

// turn pauses or resumes a contract and tells the alumnus.
func (s *Service) turn(ctx context.Context, who market.Actor, contract uuid.UUID, do, reason string, kind market.LetterKind) (Contract, error) {
	return s.onContract(ctx, who, contract, func(tx *gorm.DB, c Contract, side Party) error {
		to, err := contractMachine.Next(c.State, do, side, c.Milestones)
		if err != nil {
			return err
		}
		var since *time.Time
		if now := s.clock.Now(); to == ContractPaused {
			since = &now
		}
		if err := tx.Exec("UPDATE contracts SET state = ?, paused_at = ? WHERE id = ?", to, since, c.ID).Error; err != nil {
			return err
		}
		if err := market.Audit(tx, who, c.CompanyID, "contract."+do, "contract:"+c.ID.String(), map[string]any{"reason": reason}); err != nil {
			return err
		}
		return jobs.Enqueue(tx, contractLetter(kind, c.PersonID, c, who, map[string]any{"message": reason}))
	})
}

// contractLetter is a mail about a whole contract.
func contractLetter(kind market.LetterKind, to uuid.UUID, c Contract, who market.Actor, facts map[string]any) market.Letter {
	facts["title"], facts["contract"] = c.Title, c.Label()
	return market.Letter{Letter: kind, PersonID: to, CompanyID: c.CompanyID, Path: "/contracts/" + c.ID.String(), Facts: facts}.Naming("from", who.PersonID, who.Name)
}

// sideFor is the side of a contract that somebody stands on who may see it.
func sideFor(who market.Actor, c Contract) Party {
	if who.PersonID == c.PersonID {
		return TheAlumnus
	}
	return TheCompany
}

// onContract runs a use case on a held contract for whichever side the actor stands on, and reads the result.
func (s *Service) onContract(ctx context.Context, who market.Actor, id uuid.UUID, do func(*gorm.DB, Contract, Party) error) (Contract, error) {
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		var c Contract
		if err := one(who.VisibleContracts(tx.Where("contracts.id = ?", id)).Take(&c)); err != nil {
			return err
		}
		side := sideFor(who, c)
		if err := mayAct(who, c, side); err != nil {
			return err
		}
		c = Contract{}
		if err := tx.Clauses(hold).Where("id = ?", id).Take(&c).Error; err != nil {
			return err
		}
		if err := tx.Where("contract_id = ?", id).Order("position").Find(&c.Milestones).Error; err != nil {
			return err
		}
		return do(tx, c, side)
	})
	if err != nil {
		return Contract{}, err
	}
	return s.Contract(ctx, who, id)
}

// GiveNotice says that a contract ends with a day, today at the earliest. From then on nothing new begins; with that
// day what was not delivered ends and its money goes back, and what was delivered is still answered for.
func (s *Service) GiveNotice(ctx context.Context, who market.Actor, contract uuid.UUID, endsOn civil.Date, reason string) (Contract, error) {
	if err := checkMessage(reason, true); err != nil {
		return Contract{}, err
	}
	return s.onContract(ctx, who, contract, func(tx *gorm.DB, c Contract, side Party) error {
		company, err := market.CompanyByID(tx, c.CompanyID)
		if err != nil {
			return err
		}
		rules, err := rulesFor(tx, c.CompanyID)
		if err != nil {
			return err
		}
		today := company.Today(s.clock.Now())
		engagement, err := engagementOf(tx, company, c)
		if err != nil {
			return err
		}
		earliest := rules.earliestEnd(engagement, today)
		switch {
		case c.State != ContractActive && c.State != ContractPaused:
			return ErrContractNotActive.With("state", word(string(c.State)))
		case c.EndsOn != nil:
			return ErrNoticeGiven.With("date", *c.EndsOn)
		case !endsOn.IsValid() || endsOn.Before(today):
			return market.ErrPastDate.On("ends_on").With("date", endsOn)
		case side == TheCompany && endsOn.Before(earliest):
			return ErrNotice.On("ends_on").With("date", earliest).With("days", earliest.DaysSince(today)).With("article", ArticleEnding)
		}
		if err := tx.Exec("UPDATE contracts SET ends_on = ?, notice_on = ?, end_reason = ? WHERE id = ?", endsOn, today, reason, c.ID).Error; err != nil {
			return err
		}
		if err := market.Audit(tx, who, c.CompanyID, "contract.notice", "contract:"+c.ID.String(), map[string]any{"ends_on": endsOn, "by": side}); err != nil {
			return err
		}
		to := c.PersonID
		if side == TheAlumnus {
			to = c.ManagerID
		}
		return jobs.Enqueue(tx, contractLetter(market.LetterNotice, to, c, who, map[string]any{"message": reason, "date": endsOn.String()}))
	})
}

// earliestEnd is the first day with which a company may end an engagement. Freelance Act art. 16: renewals counted.
func (r Rules) earliestEnd(e Span, today civil.Date) civil.Date {
	if r.TakesNotice(e) {
		return today.AddDays(int(r.value(LengthRule, "notice_days", today)))
	}
	return today
}

// working refuses what begins something new on a contract that rests, is over or is about to end.
func (s *Service) working(tx *gorm.DB, c Contract) error {
	if c.State != ContractActive {
		return ErrContractNotActive.With("state", word(string(c.State)))
	}
	if c.EndsOn == nil {
		return nil
	}
	company, err := market.CompanyByID(tx, c.CompanyID)
	if err != nil {
		return err
	}
	if company.Today(s.clock.Now()).After(*c.EndsOn) {
		return ErrNoticeGiven.With("date", *c.EndsOn)
	}
	return nil
}

// EndContracts winds up every contract whose last day is over, and returns how many it looked at: what was not funded
// is canceled, and what was funded and never delivered goes back.
func (s *Service) EndContracts(ctx context.Context) (int, error) {
	var due []uuid.UUID
	err := s.db.Gorm(ctx).Raw(`SELECT DISTINCT c.id FROM contracts c JOIN companies k ON k.id = c.company_id JOIN milestones m ON m.contract_id = c.id
		WHERE c.state IN ('active', 'paused') AND c.ends_on < (? AT TIME ZONE k.time_zone)::date AND m.frozen = ''
			AND (m.state = 'draft' OR m.state IN ('part_funded', 'funded', 'in_progress') AND m.received_on IS NULL) LIMIT 100`, s.clock.Now()).Scan(&due).Error
	if err != nil {
		return 0, err
	}
	var failures []error
	for _, id := range due {
		failures = append(failures, s.db.Tx(ctx, func(tx *gorm.DB) error { return s.windUp(tx, id) }))
	}
	return len(due), errors.Join(failures...)
}

// windUp ends the milestones of a contract that nobody delivered.
func (s *Service) windUp(tx *gorm.DB, contract uuid.UUID) error {
	var ids []uuid.UUID
	if err := tx.Raw("SELECT id FROM milestones WHERE contract_id = ? ORDER BY position", contract).Scan(&ids).Error; err != nil {
		return err
	}
	for _, id := range ids {
		c, m, err := lockMilestone(tx, id)
		if err != nil {
			return err
		}
		switch {
		case m.Minutes > 0 && m.ReceivedOn == nil && m.Frozen == "": // what was worked until then
			err = s.endWeek(tx, c, &m)
		case m.State == MilestoneDraft, m.Rail.PaysLater() && milestoneMachine.Allows(m.State, doCancel, TheCompany, moment{m, s.clock.Now()}):
			err = s.move(tx, market.Actor{}, &m, TheCompany, doCancel, c.EndReason)
		case m.ReceivedOn == nil && m.holdsMoney() && m.Frozen == "":
			err = s.giveBack(tx, market.Actor{}, c, &m, TheCompany, doRefund, c.EndReason)
		}
		if err != nil {
			return err
		}
		if err := s.close(tx, c); err != nil {
			return err
		}
	}
	return nil
}

// giveTaskBack opens the task of a contract again that ended without anything being paid for, or closes it where its
// day has passed, and tells its alumnus.
func (s *Service) giveTaskBack(tx *gorm.DB, c Contract, now time.Time) error {
	reopened, err := market.ReleaseTask(tx, c.TaskID, c.BidID, now)
	if err != nil {
		return err
	}
	facts := map[string]any{"reason": c.EndReason}
	if reopened {
		facts["reopened"] = true
	}
	return jobs.Enqueue(tx, contractLetter(market.LetterEnded, c.PersonID, c, market.Actor{}, facts))
}
