package market

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
)

// bidProblems are the rules that the database keeps even when two requests race.
var bidProblems = map[string]*problem.Error{
	"one_open_bid_a_person":   ErrBidExists,
	"one_accepted_bid_a_task": ErrTaskAwarded,
	"bid_amount_is_positive":  ErrAmountNotPositive.On("amount"),
}

// PlaceBid offers terms for a task that reaches the actor, as an alumnus of its company or from outside.
func (s *Service) PlaceBid(ctx context.Context, who Actor, task uuid.UUID, terms Terms) (Bid, error) {
	var b Bid
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		var t Task
		if err := one(who.VisibleTasks(tx.Where("tasks.id = ?", task), s.clock.Now()).Clauses(clause.Locking{Strength: "SHARE"}).Take(&t)); err != nil {
			return err
		}
		member, err := s.bidder(tx, who, t)
		if err != nil {
			return err
		}
		c, err := CompanyByID(tx, t.CompanyID)
		if err != nil {
			return err
		}
		if err := terms.check(c, t, c.Today(s.clock.Now())); err != nil {
			return err
		}
		b = Bid{ID: newID(), CompanyID: c.ID, TaskID: t.ID, MembershipID: member, PersonID: who.PersonID,
			State: Open, Version: 1, OfferedBy: ByAlumnus, CreatedAt: s.clock.Now()}
		s.fill(&b, terms)
		if err := tx.Create(&b).Error; err != nil {
			return refused(err, bidProblems)
		}
		if err := saveLicences(tx, b, terms.Licences); err != nil {
			return err
		}
		if err := tx.Exec("UPDATE invitations SET state = 'answered' WHERE task_id = ? AND membership_id = ?", t.ID, b.MembershipID).Error; err != nil {
			return err
		}
		return s.recordOffer(tx, who, t, b, t.CreatedBy, LetterBid)
	})
	return b, err
}

// Counter changes an open bid's terms: the alumnus their own, or the company as a counter-offer. seen is the version
// that the writer looked at.
func (s *Service) Counter(ctx context.Context, who Actor, bid uuid.UUID, seen int, terms Terms) (Bid, error) {
	var b Bid
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		t, c, side, err := s.lockBid(tx, who, bid, &b)
		if err != nil {
			return err
		}
		switch {
		case b.State != Open:
			return ErrBidNotOpen.With("state", b.State)
		case t.State != Published:
			return ErrTaskNotOpen.With("state", t.State)
		case seen != 0 && seen != b.Version:
			return ErrStaleVersion.On("version")
		}
		if err := freeOfConflict(tx, c, side, b.PersonID, c.Today(s.clock.Now())); err != nil {
			return err
		}
		if err := terms.check(c, t, c.Today(s.clock.Now())); err != nil {
			return err
		}
		if side == ByCompany && terms.lowers(b) && strings.TrimSpace(terms.Message) == "" {
			return ErrWhyLess.On("message")
		}
		if side == ByCompany { // what the company offers, it has to be able to keep
			if err := affordable(tx, t, c, terms.Amount.Amount, s.clock.Now()); err != nil {
				return err
			}
		}
		b.Version, b.OfferedBy = b.Version+1, side
		s.fill(&b, terms)
		if err := tx.Save(&b).Error; err != nil {
			return err
		}
		reader := b.PersonID
		if side == ByAlumnus {
			reader = t.CreatedBy
			if err := saveLicences(tx, b, terms.Licences); err != nil {
				return err
			}
		}
		return s.recordOffer(tx, who, t, b, reader, LetterCounter)
	})
	return b, err
}

func (s *Service) fill(b *Bid, o Terms) {
	b.Amount, b.Currency, b.DeliverOn, b.Message, b.Milestones, b.Hourly = o.Amount.Amount, o.Amount.Currency, o.DeliverOn, o.Message, o.Milestones, o.Hourly
	b.UpdatedAt = s.clock.Now()
}

// recordOffer keeps the version for ever, as evidence that the price was talked over, and tells the other side.
func (s *Service) recordOffer(tx *gorm.DB, who Actor, t Task, b Bid, reader uuid.UUID, letter LetterKind) error {
	err := tx.Exec(`INSERT INTO bid_versions (bid_id, company_id, version, offered_by, person_id, amount, deliver_on, message, milestones, hourly, created_at)
		SELECT id, company_id, version, offered_by, ?, amount, deliver_on, message, milestones, hourly, ? FROM bids WHERE id = ?`,
		who.PersonID, s.clock.Now(), b.ID).Error
	if err != nil {
		return err
	}
	err = jobs.Enqueue(tx, Letter{Letter: letter, PersonID: reader, CompanyID: t.CompanyID, Path: "/tasks/" + t.ID.String(),
		Facts: map[string]any{"title": t.Title, "amount": b.sum()}}.Naming("from", who.PersonID, who.Name))
	if err != nil {
		return err
	}
	return Audit(tx, who, t.CompanyID, "bid.offer", "bid:"+b.ID.String(), map[string]any{"version": b.Version, "by": b.OfferedBy, "amount": b.Amount})
}

// lockBid holds the bid's task and the bid, in that order everywhere, and says on which side the actor stands.
func (s *Service) lockBid(tx *gorm.DB, who Actor, id uuid.UUID, b *Bid) (Task, Company, Side, error) {
	var t Task
	if err := one(who.VisibleBids(tx.Where("bids.id = ?", id)).Take(b)); err != nil {
		return t, Company{}, "", err
	}
	hold := clause.Locking{Strength: "NO KEY UPDATE"}
	if err := tx.Clauses(hold).Where("id = ?", b.TaskID).Take(&t).Error; err != nil {
		return t, Company{}, "", err
	}
	*b = Bid{}
	if err := tx.Clauses(hold).Where("id = ?", id).Take(b).Error; err != nil {
		return t, Company{}, "", err
	}
	side := ByCompany
	if b.PersonID == who.PersonID {
		side = ByAlumnus
	}
	c, err := CompanyByID(tx, t.CompanyID)
	return t, c, side, err
}

// Mark puts an open bid on the shortlist or aside, for the company's eyes alone. Nil leaves a mark as it is.
func (s *Service) Mark(ctx context.Context, who Actor, bid uuid.UUID, shortlisted, archived *bool) (Bid, error) {
	var b Bid
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		t, _, _, err := s.lockBid(tx, who, bid, &b)
		if err != nil {
			return err
		}
		if err := who.May(PostTasks, t.CompanyID); err != nil {
			return err
		}
		if shortlisted != nil {
			b.Shortlisted = *shortlisted
		}
		if archived != nil {
			b.Archived = *archived
		}
		return tx.Model(&b).Select("shortlisted", "archived").Updates(&b).Error
	})
	return b, err
}

// Withdraw takes the actor's own open bid back.
func (s *Service) Withdraw(ctx context.Context, who Actor, bid uuid.UUID) (Bid, error) {
	var b Bid
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		t, _, side, err := s.lockBid(tx, who, bid, &b)
		if err != nil {
			return err
		}
		if side != ByAlumnus {
			return ErrForbidden.With("action", string(BidOnTasks))
		}
		if b.State != Open {
			return ErrBidNotOpen.With("state", b.State)
		}
		b.State = Withdrawn
		if err := tx.Model(&b).Update("state", Withdrawn).Error; err != nil {
			return err
		}
		return Audit(tx, who, t.CompanyID, "bid.withdraw", "bid:"+b.ID.String(), nil)
	})
	return b, err
}

// Bid reads one bid that the actor may see. Company marks are blank for the alumnus.
func (s *Service) Bid(ctx context.Context, who Actor, id uuid.UUID) (Bid, error) {
	var b Bid
	err := one(who.VisibleBids(s.db.Gorm(ctx).Where("bids.id = ?", id)).Take(&b))
	return blank(who, b), err
}

// Bids lists a task's bids: all of them for those who run the task, for an alumnus their own.
func (s *Service) Bids(ctx context.Context, who Actor, task uuid.UUID, before uuid.UUID, limit int) ([]Bid, error) {
	if _, err := s.Task(ctx, who, task); err != nil {
		return nil, err
	}
	return listBids(who, who.VisibleBids(s.db.Gorm(ctx).Where("bids.task_id = ?", task)), before, limit)
}

// MyBids lists the actor's own bids at every company, newest first.
func (s *Service) MyBids(ctx context.Context, who Actor, before uuid.UUID, limit int) ([]Bid, error) {
	return listBids(who, s.db.Gorm(ctx).Where("bids.person_id = ?", who.PersonID), before, limit)
}

// listBids reads a page of a query over bids, newest first, as the actor may see them.
func listBids(who Actor, q *gorm.DB, before uuid.UUID, limit int) ([]Bid, error) {
	if before != uuid.Nil {
		q = q.Where("bids.id < ?", before)
	}
	var list []Bid
	err := q.Order("bids.id DESC").Limit(Page(limit)).Find(&list).Error
	for i := range list {
		list[i] = blank(who, list[i])
	}
	return list, err
}

// BidVersions is the thread of offers of one bid, oldest first.
func (s *Service) BidVersions(ctx context.Context, who Actor, bid uuid.UUID) ([]BidVersion, error) {
	if _, err := s.Bid(ctx, who, bid); err != nil {
		return nil, err
	}
	var list []BidVersion
	return list, s.db.Gorm(ctx).Where("bid_id = ?", bid).Order("version").Find(&list).Error
}

// blank hides from the alumnus what the company noted for itself.
func blank(who Actor, b Bid) Bid {
	if who.May(PostTasks, b.CompanyID) != nil {
		b.Shortlisted, b.Archived = false, false
	}
	return b
}

func membershipAt(who Actor, company uuid.UUID) uuid.UUID {
	for _, g := range who.Grants {
		if g.CompanyID == company && (g.Role == Alumnus || g.Role == Outsider) {
			return g.MembershipID
		}
	}
	return uuid.Nil
}
