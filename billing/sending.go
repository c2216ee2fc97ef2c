package billing

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/billing/zengin"
	"homecoming/internal/jobs"
	"homecoming/market"
)

// FilePayRun makes the transfer file of an approved run, with the payees' accounts as they stand now. The same bytes are
// given out ever after.
func (s *Service) FilePayRun(ctx context.Context, who market.Actor, id uuid.UUID) (PayRun, error) {
	return s.onRun(ctx, who, id, market.SettleMoney, doMakeFile, func(tx *gorm.DB, r *PayRun) error {
		company, err := market.CompanyByID(tx, r.CompanyID)
		if err != nil {
			return err
		}
		if r.PayOn.Before(company.Today(s.clock.Now())) {
			return ErrPayDayOver.With("date", r.PayOn)
		}
		file, err := s.transferFile(tx, r)
		if err != nil {
			return err
		}
		raw, err := file.Bytes()
		if err != nil {
			return err
		}
		now := s.clock.Now()
		r.FiledAt, r.FileHash = &now, hashOf(raw)
		r.File, r.FileSealed, err = s.conceal(raw, r.owner())
		return err
	})
}

// owner binds the sealed file to its run.
func (r PayRun) owner() string { return "pay_run:" + r.ID.String() }

// transferFile writes a run as the bank takes it, and notes whose name each payment is to.
func (s *Service) transferFile(tx *gorm.DB, r *PayRun) (f zengin.File, err error) {
	var from BankAccount
	if err := one(tx.Where("id = ? AND company_id = ?", r.AccountID, r.CompanyID).Take(&from)); err != nil {
		return f, err
	}
	f.Header = zengin.Header{Consignor: from.Consignor, On: r.PayOn, From: from.zengin()}
	of, err := described(tx, r.Items)
	if err != nil {
		return f, err
	}
	for n := range r.Items {
		i := &r.Items[n]
		a, err := payeeAccount(tx, i.PersonID)
		if err != nil {
			return f, err
		}
		d, err := s.details(a)
		if err != nil {
			return f, err
		}
		i.Holder = d.Holder
		if err := tx.Save(i).Error; err != nil {
			return f, err
		}
		p := of[i.MilestoneID]
		f.Transfers = append(f.Transfers, zengin.Transfer{To: d.zengin(), Amount: i.Amount,
			Reference: fmt.Sprintf("%010d%010d", p.Number, p.Position)}) // the way back from the bank's list to the contract and its part
	}
	return f, nil
}

// PayRunFile is the transfer file of a run, for whoever gives it to the bank. That it was taken is kept in the audit log.
func (s *Service) PayRunFile(ctx context.Context, who market.Actor, id uuid.UUID) ([]byte, error) {
	var r PayRun
	if err := one(s.db.Gorm(ctx).Where("id = ?", id).Take(&r)); err != nil {
		return nil, err
	}
	if err := who.May(market.SettleMoney, r.CompanyID); err != nil {
		return nil, err
	}
	return s.fileOf(ctx, who, r)
}

func (s *Service) fileOf(ctx context.Context, who market.Actor, r PayRun) ([]byte, error) {
	if r.File == nil {
		return nil, ErrWrongState.With("noun", word(payRunMachine.Noun)).With("state", word(string(r.State)))
	}
	raw, err := s.reveal(r.File, r.FileSealed, r.owner())
	if err != nil {
		return nil, err
	}
	return raw, s.db.Tx(ctx, func(tx *gorm.DB) error {
		return market.Audit(tx, who, r.CompanyID, "pay_run.download", "pay_run:"+r.ID.String(), map[string]any{"hash": r.FileHash})
	})
}

// FiledRuns are the runs of a company that have a transfer file and are to be paid from one day to another, oldest first,
// with their payments. Without days they are today's and the coming month's.
func (s *Service) FiledRuns(ctx context.Context, who market.Actor, company uuid.UUID, from, to *civil.Date) ([]PayRun, error) {
	if err := who.May(market.SettleMoney, company); err != nil {
		return nil, err
	}
	g := s.db.Gorm(ctx)
	c, err := market.CompanyByID(g, company)
	if err != nil {
		return nil, err
	}
	first := c.Today(s.clock.Now())
	if from != nil {
		first = *from
	}
	last := first.AddMonths(1)
	if to != nil {
		last = *to
	}
	if first.After(last) {
		return nil, ErrExportDays.On("from")
	}
	var runs []PayRun
	err = g.Where("company_id = ? AND pay_on BETWEEN ? AND ? AND file IS NOT NULL AND state <> ?", company, first, last, RunRecalled).Order("pay_on, id").Find(&runs).Error
	if err != nil {
		return nil, err
	}
	return runs, withItems(g, runs)
}

// TransferFiles are the files of [Service.FiledRuns], one after the other as banks take several. It returns
// market.ErrNotFound when there is none.
func (s *Service) TransferFiles(ctx context.Context, who market.Actor, company uuid.UUID, from, to *civil.Date) ([]byte, error) {
	runs, err := s.FiledRuns(ctx, who, company, from, to)
	if err != nil {
		return nil, err
	}
	if len(runs) == 0 {
		return nil, market.ErrNotFound
	}
	var all bytes.Buffer
	for _, r := range runs {
		raw, err := s.fileOf(ctx, who, r)
		if err != nil {
			return nil, err
		}
		all.Write(raw)
	}
	return all.Bytes(), nil
}

// SendPayRun notes that the file was given to the bank: its payments are on their way. The transfer fee is the client's
// and in no amount: Freelance Act, the fee agreed is paid whole.
func (s *Service) SendPayRun(ctx context.Context, who market.Actor, id uuid.UUID) (PayRun, error) {
	return s.onRun(ctx, who, id, market.SettleMoney, doGiveBank, func(tx *gorm.DB, r *PayRun) error {
		company, err := market.CompanyByID(tx, r.CompanyID)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		on := now
		if company.Today(now).Before(r.PayOn) {
			on = noon(company, r.PayOn)
		}
		r.SentBy, r.SentAt = &who.PersonID, &now
		for n := range r.Items {
			if err := s.handOver(tx, who, *r, &r.Items[n], on); err != nil {
				return err
			}
		}
		return nil
	})
}

// noon stands for a day on which a bank did something: banks name no hour.
func noon(c market.Company, day civil.Date) time.Time { return day.In(c.Zone()).Add(12 * time.Hour) }

// handOver books that one payment is with the bank, which pays it on a day. A payment that came back counts as paid on the
// first day still: its tax was withheld then.
func (s *Service) handOver(tx *gorm.DB, who market.Actor, r PayRun, i *PayItem, on time.Time) error {
	c, m, err := lockMilestone(tx, i.MilestoneID)
	if err != nil {
		return err
	}
	if i.State, err = payItemMachine.Next(i.State, doGiveBank, TheCompany, *i); err != nil {
		return err
	}
	if err := tx.Save(i).Error; err != nil {
		return err
	}
	if err := s.post(tx, sentByBank(m, *i, c.PersonID, *r.SentAt, on)...); err != nil {
		return err
	}
	first := m.ReleasedAt == nil
	if m.HoldReason = ""; first {
		m.ReleasedAt = &on
	}
	if err := s.move(tx, who, &m, TheCompany, doHandOver, r.Label()); err != nil {
		return err
	}
	if !first {
		return nil // they were told when it went out for the first time, and that it came back
	}
	if err := s.close(tx, c); err != nil {
		return err
	}
	return jobs.Enqueue(tx, letter(market.LetterReleased, c.PersonID, c, m, nil))
}
