package billing

import (
	"errors"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/market"
)

// post writes entries, each once, as posted now.
func (s *Service) post(tx *gorm.DB, entries ...Entry) error {
	for _, e := range entries {
		e.PostedAt = s.clock.Now()
		if _, err := Post(tx, e); err != nil {
			return err
		}
	}
	return nil
}

// ours forgives objects that no operation of ours explains; reconciliation shows them if they moved money.
func ours(err error) error {
	if errors.Is(err, market.ErrNotFound) {
		return nil
	}
	return err
}

// endOperation moves an operation to its end, unless it is there already.
func (s *Service) endOperation(tx *gorm.DB, o *Operation, do string) error {
	to, err := operationMachine.Next(o.State, do, TheProvider, *o)
	if err != nil {
		return nil //nolint:nilerr // it is there already
	}
	return s.saveOperation(tx, o, to, 0)
}

// over ends an operation whose doing has been booked already.
func (s *Service) over(tx *gorm.DB, o *Operation) error { return s.endOperation(tx, o, doSettle) }

// tell writes one letter about a milestone to each of several people.
func tell(tx *gorm.DB, kind market.LetterKind, readers []uuid.UUID, c Contract, m Milestone, facts map[string]any) error {
	told := map[uuid.UUID]bool{}
	for _, p := range readers {
		if told[p] {
			continue
		}
		told[p] = true
		if err := jobs.Enqueue(tx, letter(kind, p, c, m, facts)); err != nil {
			return err
		}
	}
	return nil
}

// askOthers writes a letter that asks for a second person to all of them but who asks.
func askOthers(tx *gorm.DB, who market.Actor, l market.Letter, people []uuid.UUID) error {
	l = l.Naming("from", who.PersonID, who.Name)
	for _, p := range people {
		if p == who.PersonID {
			continue
		}
		l.PersonID = p
		if err := jobs.Enqueue(tx, l); err != nil {
			return err
		}
	}
	return nil
}

// tellMoney writes to the contract's manager and to everybody who looks after the company's money.
func (s *Service) tellMoney(tx *gorm.DB, kind market.LetterKind, c Contract, m Milestone, facts map[string]any) error {
	readers, err := market.Holders(tx, c.CompanyID, market.Finance)
	if err != nil {
		return err
	}
	return tell(tx, kind, append(readers, c.ManagerID), c, m, facts)
}
