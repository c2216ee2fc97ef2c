package billing

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/market"
)

// Overs are the accounts that the rest of a correction may go to: unclear for now, owed by the company, or lost.
func Overs(company uuid.UUID) []string {
	return []string{accountUnmatched, receivableClient(company), accountGoodwill}
}

// Prepared is the entry that would settle an exception at the provider, with the rest on an account of [Overs]; empty
// where the two sides agree in amount.
func (s *Service) Prepared(ctx context.Context, who market.Actor, id uuid.UUID, over string) ([]Posting, error) {
	g := s.db.Gorm(ctx)
	e, _, err := s.exceptionOf(g, who, id, market.SeeMoney)
	if err != nil {
		return nil, err
	}
	return prepared(g, e, over)
}

func prepared(g *gorm.DB, e Exception, over string) ([]Posting, error) {
	if e.Level != StripeLevel {
		return nil, nil
	}
	var sides []side
	err := g.Raw(`SELECT currency, sum(ledger_net)::bigint AS ledger_net, sum(ledger_fee)::bigint AS ledger_fee, sum(net)::bigint AS net, sum(fee)::bigint AS fee FROM (
			SELECT p.currency, CASE WHEN p.account = ANY(@net) THEN p.amount ELSE 0 END AS ledger_net, CASE WHEN p.account = ANY(@fees) THEN p.amount ELSE 0 END AS ledger_fee, 0 AS net, 0 AS fee
			FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id WHERE e.company_id = @company AND e.external_id = @source AND e.external_id <> ''
			UNION ALL SELECT currency, 0, 0, net, fee FROM balance_transactions WHERE company_id = @company AND source = @source) both_sides
		GROUP BY currency ORDER BY currency`,
		map[string]any{"company": e.CompanyID, "source": e.Source, "net": pq.StringArray(netAccounts), "fees": pq.StringArray(feeAccounts)}).Scan(&sides).Error
	return correction(sides, over), err
}

// ProposeAdjustment proposes what to do about an exception: an entry, or without postings that it counts as explained. Somebody
// else approves.
func (s *Service) ProposeAdjustment(ctx context.Context, who market.Actor, id uuid.UUID, postings []Posting, reason string) (Adjustment, error) {
	var a Adjustment
	if err := checkMessage(reason, true); err != nil {
		return a, err
	}
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("SELECT 1 FROM exceptions WHERE id = ? FOR NO KEY UPDATE", id).Error; err != nil {
			return err
		}
		e, _, err := s.exceptionOf(tx, who, id, market.SettleMoney)
		if err != nil {
			return err
		}
		if err := s.moveException(tx, &e, "propose", TheCompany); err != nil {
			return err
		}
		object := ""
		if e.Level == StripeLevel {
			object = e.Source
		}
		if len(postings) > 0 {
			if err := checkByHand(postings, e.CompanyID, object); err != nil {
				return err
			}
		}
		a = Adjustment{ID: newID(), CompanyID: e.CompanyID, ExceptionID: &e.ID, MilestoneID: e.MilestoneID, ExternalID: object, Postings: postings, Reason: reason}
		return s.askAdjustment(tx, who, &a)
	})
	return a, err
}

// ProposeEntry proposes an entry made by hand that is about no exception. Somebody else approves.
func (s *Service) ProposeEntry(ctx context.Context, who market.Actor, company uuid.UUID, postings []Posting, reason string) (Adjustment, error) {
	a := Adjustment{ID: newID(), CompanyID: company, Postings: postings, Reason: reason}
	if err := who.May(market.SettleMoney, company); err != nil {
		return a, err
	}
	if err := checkMessage(reason, true); err != nil {
		return a, err
	}
	if err := checkByHand(postings, company, ""); err != nil {
		return a, err
	}
	return a, s.db.Tx(ctx, func(tx *gorm.DB) error { return s.askAdjustment(tx, who, &a) })
}

// askAdjustment writes an adjustment down and tells those who may approve it.
func (s *Service) askAdjustment(tx *gorm.DB, who market.Actor, a *Adjustment) error {
	a.State, a.AskedBy, a.AskedAt = adjustmentMachine.Start, who.PersonID, s.clock.Now()
	if a.Postings == nil {
		a.Postings = []Posting{}
	}
	if err := tx.Create(a).Error; err != nil {
		return err
	}
	if err := market.Audit(tx, who, a.CompanyID, "adjustment.ask", "adjustment:"+a.ID.String(), map[string]any{"postings": a.Postings, "reason": a.Reason, "object": a.ExternalID}); err != nil {
		return err
	}
	return askApprovers(tx, who, market.Letter{Letter: market.LetterApproval, CompanyID: a.CompanyID, Path: "/money/reconciliations",
		Facts: map[string]any{"title": a.ExternalID, "reason": a.Reason}}, a.CostsPlatform())
}

// DecideAdjustment approves, declines or withdraws an adjustment; do is the machine's word. Approving posts its entry.
func (s *Service) DecideAdjustment(ctx context.Context, who market.Actor, id uuid.UUID, do string) (Adjustment, error) {
	var a Adjustment
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		a = Adjustment{}
		if err := one(tx.Clauses(hold).Where("id = ?", id).Take(&a)); err != nil {
			return err
		}
		if do != "withdraw" || who.PersonID != a.AskedBy {
			if err := mayApprove(who, a.CompanyID, a.CostsPlatform()); err != nil {
				return err
			}
		}
		to, err := adjustmentMachine.Next(a.State, do, TheCompany, change{a, who.PersonID})
		if err != nil {
			return err
		}
		now := s.clock.Now()
		a.State, a.DecidedBy, a.DecidedAt = to, &who.PersonID, &now
		if to == ApprovalApproved && len(a.Postings) > 0 {
			if err := s.postByHand(tx, &a); err != nil {
				return err
			}
		}
		if err := tx.Save(&a).Error; err != nil {
			return err
		}
		if a.ExceptionID != nil {
			var e Exception
			if err := tx.Clauses(hold).Where("id = ?", *a.ExceptionID).Take(&e).Error; err != nil {
				return err
			}
			if err := s.moveException(tx, &e, do, TheCompany); err != nil {
				return err
			}
		}
		return market.Audit(tx, who, a.CompanyID, "adjustment."+do, "adjustment:"+a.ID.String(), map[string]any{"entry": a.EntryID})
	})
	return a, err
}

// postByHand posts an adjustment's entry at the moment when its object moved at the provider, or now.
func (s *Service) postByHand(tx *gorm.DB, a *Adjustment) error {
	var at time.Time
	err := tx.Raw("SELECT coalesce(min(created_at), ?) FROM balance_transactions WHERE company_id = ? AND source = ? AND source <> ''", s.clock.Now(), a.CompanyID, a.ExternalID).Scan(&at).Error
	if err != nil {
		return err
	}
	e := a.entry(at)
	if err := s.post(tx, e); err != nil {
		return err
	}
	var posted Entry
	if err := tx.Select("id").Where("company_id = ? AND source = ?", a.CompanyID, e.Source).Take(&posted).Error; err != nil {
		return err
	}
	a.EntryID = &posted.ID
	return nil
}

// moveException takes a held exception one step on.
func (s *Service) moveException(tx *gorm.DB, e *Exception, do string, by Party) error {
	to, err := exceptionMachine.Next(e.State, do, by, *e)
	if err != nil {
		return ErrNotOpen
	}
	e.State, e.EndedAt = to, nil
	if to == ExceptionResolved {
		now := s.clock.Now()
		e.EndedAt = &now
	}
	return tx.Exec("UPDATE exceptions SET state = ?, ended_at = ? WHERE id = ?", e.State, e.EndedAt, e.ID).Error
}

// Adjustments lists a company's latest hundred, newest first; waiting are those that need a second person.
func (s *Service) Adjustments(ctx context.Context, who market.Actor, company uuid.UUID, waiting bool) ([]Adjustment, error) {
	if who.May(market.ApproveMoney, company) != nil {
		if err := who.May(market.SeeMoney, company); err != nil {
			return nil, err
		}
	}
	if waiting {
		return adjustmentsWhere(s.db.Gorm(ctx), "a.company_id = ? AND a.state = 'asked'", company)
	}
	return adjustmentsWhere(s.db.Gorm(ctx), "a.company_id = ?", company)
}

func adjustmentsWhere(g *gorm.DB, condition string, args ...any) ([]Adjustment, error) {
	var list []Adjustment
	return list, g.Table("adjustments a").Select("a.*, name_of(p) AS asked_by_name, name_of(d) AS decided_by_name").
		Joins("JOIN people p ON p.id = a.asked_by").Joins("LEFT JOIN people d ON d.id = a.decided_by").
		Where(condition, args...).Order("a.id DESC").Limit(100).Scan(&list).Error
}
