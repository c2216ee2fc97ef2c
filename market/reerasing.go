package market

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/files"
	"homecoming/internal/problem"
)

// WithErasures has whom we forget listed in a store that lies beside the database's backups, and not in them: an id and a moment,
// and nothing about the person. By it a database that was restored from an older backup forgets them again.
func WithErasures(list files.Store) Option {
	return func(s *Service) { s.forgotten = list }
}

// enlist writes down that somebody is forgotten, before anything goes. Writing it twice does no harm.
func (s *Service) enlist(ctx context.Context, e Erasure) error {
	if s.forgotten == nil {
		return nil
	}
	moment := s.clock.Now().UTC().Format(time.RFC3339)
	return s.forgotten.Put(ctx, e.PersonID, strings.NewReader(moment), int64(len(moment)))
}

// Returned are the people whom the list has as forgotten and whom the database has all the same, because it was restored from a
// backup that is older.
func (s *Service) Returned(ctx context.Context) (people []uuid.UUID, err error) {
	if s.forgotten == nil {
		return nil, nil
	}
	keys, err := s.forgotten.Keys(ctx)
	if err != nil {
		return nil, fmt.Errorf("the list of erasures: %w", err)
	}
	listed := make([]string, len(keys))
	for i, k := range keys {
		listed[i] = k.String()
	}
	return people, s.db.Gorm(ctx).Raw(`SELECT id FROM people WHERE id = ANY (CAST(? AS uuid[])) AND NOT EXISTS (SELECT 1 FROM erasures e
		WHERE e.person_id = people.id AND e.state IN ('erasing', 'kept', 'done')) ORDER BY id`, "{"+strings.Join(listed, ",")+"}").Scan(&people).Error
}

// ForgottenAgain is what became of those who returned.
type ForgottenAgain struct {
	Erased  []uuid.UUID
	Waiting map[uuid.UUID]*problem.Error // what stands in the way: work that the backup still has open, and that others have a part in. They are hidden, and tried again
}

// ForgetAgain erases everybody who has returned with a restored backup, without a letter and without time to think: both were had.
func (s *Service) ForgetAgain(ctx context.Context) (ForgottenAgain, error) {
	again := ForgottenAgain{Waiting: map[uuid.UUID]*problem.Error{}}
	returned, err := s.Returned(ctx)
	wrong := []error{err}
	for _, person := range returned {
		stands, err := s.forgetAgain(ctx, person)
		switch {
		case err != nil:
			wrong = append(wrong, fmt.Errorf("person %s: %w", person, err))
		case stands != nil:
			again.Waiting[person] = stands
		default:
			again.Erased = append(again.Erased, person)
		}
	}
	return again, errors.Join(wrong...)
}

// forgetAgain erases one of them, or says what stands in the way.
func (s *Service) forgetAgain(ctx context.Context, person uuid.UUID) (stands *problem.Error, err error) {
	var e Erasure
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		stands, e = nil, Erasure{} // the closure may run again
		var p Person
		if err := one(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Select("id", "shown_to").Where("id = ?", person).Take(&p)); err != nil {
			return err
		}
		err := tx.Exec(`INSERT INTO erasures (id, person_id, state, asked_at, due_at, hid, shown_to) VALUES (@id, @person, 'asked', @now, @now, '{}', @shown)
			ON CONFLICT (person_id) WHERE state IN ('asked', 'erasing') DO NOTHING`, map[string]any{"id": newID(), "person": person, "now": s.clock.Now(), "shown": p.ShownTo}).Error
		if err != nil {
			return err
		}
		if err := tx.Where("person_id = ? AND state = 'asked'", person).Take(&e).Error; err != nil {
			return err
		}
		if err = letGo(tx, person); err != nil {
			return err
		}
		if err = s.standsInTheWay(tx, person); errors.As(err, &stands) {
			return setShown(tx, person, "true", ShownToNobody)
		} else if err != nil {
			return err
		}
		return s.shutOut(tx, e)
	})
	if err != nil || stands != nil {
		return stands, err
	}
	return nil, s.erase(ctx, e)
}

// letGo does for somebody what they did before they were forgotten, or would do, and can do no more: their open bids are withdrawn,
// and whether they are who a company takes them for is answered with no.
func letGo(tx *gorm.DB, person uuid.UUID) error {
	var bids []Bid
	if err := tx.Where("person_id = ? AND state = ?", person, Open).Order("id").Find(&bids).Error; err != nil {
		return err
	}
	for _, b := range bids {
		if err := tx.Model(&b).Update("state", Withdrawn).Error; err != nil {
			return err
		}
		if err := Audit(tx, Actor{}, b.CompanyID, "bid.withdraw", "bid:"+b.ID.String(), nil); err != nil {
			return err
		}
	}
	return tx.Exec("UPDATE link_proposals SET state = 'refused' WHERE person_id = ? AND state = 'open'", person).Error
}
