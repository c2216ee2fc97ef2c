package market

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
	"homecoming/market/personal"
)

// The letters about it.
const (
	LetterLeaving LetterKind = "leaving" // you asked to be forgotten: here is when it happens, and how to stay
	LetterStaying LetterKind = "staying" // you took it back
	LetterLeft    LetterKind = "left"    // it begins: the last letter
)

// WithPersonalData has erasing reach other rooms too; their tables are erased before this room's.
func WithPersonalData(others ...personal.Room) Option {
	return func(s *Service) { s.rooms = slices.Concat(others, []personal.Room{people}) }
}

// A Leaving is where the actor stands on being forgotten.
type Leaving struct {
	Erasure     *Erasure       // nil while they have not asked
	Obstacle    *problem.Error // what they have to clear first; nil: nothing
	KeptUntil   *civil.Date    // the last day on which a law has papers of theirs kept; nil: there are none
	HasPassword bool           // which they give to ask; others must have signed in within the hour
}

// Leaving tells the actor whether they could be forgotten, and what waits.
func (s *Service) Leaving(ctx context.Context, who Actor) (Leaving, error) {
	if who.Self() == uuid.Nil {
		return Leaving{}, ErrOwnMeans
	}
	g := s.db.Gorm(ctx)
	var p Person
	if err := one(g.Where("id = ?", who.PersonID).Take(&p)); err != nil {
		return Leaving{}, err
	}
	l := Leaving{HasPassword: p.PasswordHash != ""}
	var list []Erasure
	if err := g.Where("person_id = ? AND state IN ('asked', 'erasing')", who.PersonID).Find(&list).Error; err != nil {
		return l, err
	}
	if len(list) > 0 {
		l.Erasure = &list[0]
	}
	var err error
	if l.KeptUntil, err = s.keptUntil(g, who.PersonID); err != nil {
		return l, err
	}
	if err = s.standsInTheWay(g, who.PersonID); errors.As(err, &l.Obstacle) {
		return l, nil
	}
	return l, err
}

// standsInTheWay is the first thing that somebody has to clear before they can be forgotten, as its error.
func (s *Service) standsInTheWay(g *gorm.DB, person uuid.UUID) error {
	for _, room := range slices.Backward(s.rooms) {
		for _, o := range room.Obstacles {
			var what []string
			if err := g.Raw(o.SQL, map[string]any{"person": person.String()}).Scan(&what).Error; err != nil {
				return err
			}
			if len(what) > 0 {
				return o.Err.With("what", what[0])
			}
		}
	}
	return nil
}

// AskErasure has the actor forgotten after Grace, and hidden from every company at once. Whoever has a password gives it; whoever
// has none must have signed in within the hour.
func (s *Service) AskErasure(ctx context.Context, who Actor, password string) (Erasure, error) {
	if who.Self() == uuid.Nil {
		return Erasure{}, ErrOwnMeans
	}
	if err := s.proves(ctx, who, password); err != nil {
		return Erasure{}, err
	}
	now := s.clock.Now()
	e := Erasure{ID: newID(), PersonID: who.PersonID, State: ErasureAsked, AskedAt: now, DueAt: now.Add(Grace)}
	return e, s.db.Tx(ctx, func(tx *gorm.DB) error {
		var p Person
		if err := one(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", who.PersonID).Take(&p)); err != nil {
			return err
		}
		if err := s.standsInTheWay(tx, p.ID); err != nil {
			return err
		}
		facts := map[string]any{"date": letterDay(e.DueAt).String()}
		if until, err := s.keptUntil(tx, p.ID); err != nil {
			return err
		} else if until != nil {
			facts["until"] = until.String()
		}
		err := tx.Exec(`INSERT INTO erasures (id, person_id, state, asked_at, due_at, hid, shown_to) VALUES (?, ?, ?, ?, ?,
			ARRAY(SELECT id FROM memberships WHERE person_id = ? AND NOT hidden ORDER BY id), ?)`, e.ID, p.ID, e.State, e.AskedAt, e.DueAt, p.ID, p.ShownTo).Error
		if err != nil {
			return refused(err, map[string]*problem.Error{"one_erasure": ErrErasureAsked})
		}
		if err := setShown(tx, p.ID, "true", ShownToNobody); err != nil {
			return err
		}
		if err := jobs.Enqueue(tx, Letter{Letter: LetterLeaving, PersonID: p.ID, Path: LeavePath, Facts: facts}); err != nil {
			return err
		}
		return Audit(tx, who, uuid.Nil, "erasure.ask", "person:"+p.ID.String(), nil)
	})
}

// LeavePath is the page on which people leave, and think again.
const LeavePath = "/profile/leave"

// proves asks for what a borrowed browser does not have.
func (s *Service) proves(ctx context.Context, who Actor, password string) error {
	g := s.db.Gorm(ctx)
	var p Person
	if err := one(g.Where("id = ?", who.PersonID).Take(&p)); err != nil {
		return err
	}
	if p.PasswordHash != "" {
		ok, err := s.vault.matches(password, p.PasswordHash)
		if err == nil && !ok {
			return ErrOwnPassword.On("password")
		}
		return err
	}
	var fresh bool
	err := g.Raw("SELECT EXISTS (SELECT 1 FROM person_sessions WHERE id = ? AND person_id = ? AND began_at > ?)", who.Session, p.ID, s.clock.Now().Add(-freshFor)).Scan(&fresh).Error
	if err == nil && !fresh {
		return ErrStaleSignIn
	}
	return err
}

// setShown says who finds somebody: hidden is SQL for each membership. Indexes hear of it.
func setShown(tx *gorm.DB, person uuid.UUID, hidden string, to ShownTo) error {
	about := map[string]any{"person": person, "to": to, "nowhere": uuid.Nil}
	for _, q := range []string{"UPDATE memberships SET hidden = " + hidden + " WHERE person_id = @person",
		"UPDATE people SET shown_to = @to WHERE id = @person",
		"INSERT INTO index_pending (company_id, membership_id) VALUES (@nowhere, @person)"} { // who is shown beyond no more is in no view, and has to leave the index all the same
		if err := tx.Exec(q, about).Error; err != nil {
			return err
		}
	}
	return TouchPerson(tx, person)
}

// CancelErasure takes the actor's wish back while it waits: they are shown where they were shown before.
func (s *Service) CancelErasure(ctx context.Context, who Actor) error {
	if who.Self() == uuid.Nil {
		return ErrOwnMeans
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		var was struct{ ShownTo ShownTo }
		done := tx.Raw("UPDATE erasures SET state = ?, ended_at = ? WHERE person_id = ? AND state = ? RETURNING shown_to", ErasureCanceled, s.clock.Now(), who.PersonID, ErasureAsked).Scan(&was)
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected == 0 {
			return ErrNotLeaving
		}
		again := "hidden AND NOT id = ANY ((SELECT hid FROM erasures WHERE person_id = @person AND state = 'canceled' ORDER BY ended_at DESC, id DESC LIMIT 1)::uuid[])"
		if err := setShown(tx, who.PersonID, again, was.ShownTo); err != nil {
			return err
		}
		if err := jobs.Enqueue(tx, Letter{Letter: LetterStaying, PersonID: who.PersonID, Path: "/profile"}); err != nil {
			return err
		}
		return Audit(tx, who, uuid.Nil, "erasure.cancel", "person:"+who.PersonID.String(), nil)
	})
}

// leaving reports whether somebody has asked to be forgotten: only letters about their account reach them then.
func leaving(g *gorm.DB, person uuid.UUID) (yes bool, err error) {
	return yes, g.Raw("SELECT EXISTS (SELECT 1 FROM erasures WHERE person_id = ? AND state IN ('asked', 'erasing'))", person).Scan(&yes).Error
}

// TurnErasures begins the erasures whose time to think is over, and goes on with those that have begun, or whose papers no law has
// kept any longer; whom a restored backup brought back is forgotten again. Whatever dies in between is gone on with the next time.
func (s *Service) TurnErasures(ctx context.Context) error {
	now := s.clock.Now()
	again, err := s.ForgetAgain(ctx)
	wrong := []error{err}
	if len(again.Erased) > 0 {
		slog.WarnContext(ctx, "people came back with a restored backup and were forgotten again", "people", len(again.Erased))
	}
	var due []Erasure
	err = s.db.Gorm(ctx).Where("state = 'asked' AND due_at <= ? OR state = 'erasing' AND begun_at <= ? OR state = 'kept' AND person_id NOT IN (SELECT person_id FROM kept_payees WHERE kept_until >= ?)",
		now, now.Add(-lastLetter), letterDay(now).String()).Order("due_at, id").Find(&due).Error
	wrong = append(wrong, err)
	for _, e := range due {
		turn := s.erase
		if e.State == ErasureAsked {
			turn = s.beginErasure
		}
		if err := turn(ctx, e); err != nil {
			wrong = append(wrong, fmt.Errorf("erasure %s: %w", e.ID, err))
		}
	}
	return errors.Join(wrong...)
}

// beginErasure writes the last letter, and leaves the person no way to act any more. What stands in the way by now has it wait a day.
func (s *Service) beginErasure(ctx context.Context, e Erasure) error {
	now := s.clock.Now()
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		var stands *problem.Error
		if err := s.standsInTheWay(tx, e.PersonID); errors.As(err, &stands) {
			return tx.Exec("UPDATE erasures SET due_at = ? WHERE id = ? AND state = ?", now.Add(24*time.Hour), e.ID, ErasureAsked).Error
		} else if err != nil {
			return err
		}
		var waits int64
		if err := tx.Model(&Erasure{}).Where("id = ? AND state = ?", e.ID, ErasureAsked).Count(&waits).Error; err != nil || waits == 0 { // taken back meanwhile
			return err
		}
		facts := map[string]any{}
		if until, err := s.keptUntil(tx, e.PersonID); err != nil {
			return err
		} else if until != nil {
			facts["until"] = until.String()
		}
		if err := jobs.Enqueue(tx, Letter{Letter: LetterLeft, PersonID: e.PersonID, Path: "/", Facts: facts}); err != nil {
			return err
		}
		return s.shutOut(tx, e)
	})
}

// shutOut begins an erasure that waits: its person can act no more, and the name by which they dealt is set aside where a law has it
// kept.
func (s *Service) shutOut(tx *gorm.DB, e Erasure) error {
	now := s.clock.Now()
	done := tx.Exec("UPDATE erasures SET state = ?, begun_at = ? WHERE id = ? AND state = ?", Erasing, now, e.ID, ErasureAsked)
	if done.Error != nil {
		return done.Error
	}
	if done.RowsAffected == 0 {
		return ErrNotLeaving
	}
	if _, err := endSessions(tx, e.PersonID, uuid.Nil, now); err != nil {
		return err
	}
	for _, q := range []string{"UPDATE tokens SET revoked_at = @now WHERE person_id = @person AND revoked_at IS NULL",
		"UPDATE one_time_links SET used_at = @now WHERE person_id = @person AND used_at IS NULL",
		"UPDATE people SET password_hash = '' WHERE id = @person"} {
		if err := tx.Exec(q, map[string]any{"now": now, "person": e.PersonID}).Error; err != nil {
			return err
		}
	}
	until, err := s.keptUntil(tx, e.PersonID)
	if err != nil {
		return err
	}
	if until != nil {
		if err := keepPapers(tx, e.PersonID, *until); err != nil {
			return err
		}
	}
	return Audit(tx, Actor{}, uuid.Nil, "erasure.begin", "person:"+e.PersonID.String(), nil)
}

// erase lists that the person is forgotten, and does one table after the other, each in a transaction of its own that also notes that it is done: first what goes at once,
// and what a law has kept when its time is over.
func (s *Service) erase(ctx context.Context, e Erasure) error {
	if err := s.enlist(ctx, e); err != nil {
		return err
	}
	g := s.db.Gorm(ctx)
	if err := g.Exec("UPDATE erasures SET state = ? WHERE id = ? AND state = ?", Erasing, e.ID, ErasureKept).Error; err != nil {
		return err
	}
	if err := s.eraseTables(ctx, e, nil); err != nil {
		return err
	}
	var kept bool
	err := g.Raw("SELECT EXISTS (SELECT 1 FROM kept_payees WHERE person_id = ? AND kept_until >= ?)", e.PersonID, letterDay(s.clock.Now()).String()).Scan(&kept).Error
	if err != nil {
		return err
	}
	if kept {
		return s.endErasure(ctx, e, ErasureKept, nil)
	}
	if err := s.eraseTables(ctx, e, personal.Books); err != nil {
		return err
	}
	now := s.clock.Now()
	return s.endErasure(ctx, e, ErasureDone, &now)
}

// endErasure leaves it in a state in which nothing has to be done, for now or for good.
func (s *Service) endErasure(ctx context.Context, e Erasure, as ErasureState, ended *time.Time) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("UPDATE erasures SET state = ?, ended_at = ? WHERE id = ? AND state = ?", as, ended, e.ID, Erasing)
		if done.Error != nil || done.RowsAffected == 0 {
			return done.Error
		}
		if err := TouchPerson(tx, e.PersonID); err != nil {
			return err
		}
		return Audit(tx, Actor{}, uuid.Nil, "erasure."+string(as), "person:"+e.PersonID.String(), nil)
	})
}

// eraseTables erases what a law has kept, or, without one, what none has.
func (s *Service) eraseTables(ctx context.Context, e Erasure, law *personal.Law) error {
	for _, room := range s.rooms {
		for _, table := range room.Tables {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := s.eraseTable(ctx, e, table, law); err != nil {
				return fmt.Errorf("%s: %w", table.Name, err)
			}
		}
	}
	return nil
}

// eraseTable does one, unless it is done.
func (s *Service) eraseTable(ctx context.Context, e Erasure, table personal.Table, law *personal.Law) error {
	statements := table.Erasing(law)
	if len(statements) == 0 {
		return nil
	}
	if table.Name == "files" {
		if err := s.removeFiles(ctx, e.PersonID); err != nil {
			return err
		}
	}
	step := table.Name
	if law != nil {
		step += ":" + law.Name
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("UPDATE erasures SET erased = erased || CAST(? AS text) WHERE id = ? AND state = ? AND NOT CAST(? AS text) = ANY (erased)", step, e.ID, Erasing, step)
		if done.Error != nil || done.RowsAffected == 0 {
			return done.Error
		}
		if err := tx.Exec("SELECT set_config('homecoming.erasing', ?, true)", e.ID.String()).Error; err != nil {
			return err
		}
		about, err := s.knownBy(tx, e.PersonID)
		if err != nil {
			return err
		}
		for _, q := range statements {
			if err := tx.Exec(q, about).Error; err != nil {
				return err
			}
		}
		return nil
	})
}

// knownBy is what rows are found by to be somebody's: see [personal.Of].
func (s *Service) knownBy(tx *gorm.DB, person uuid.UUID) (map[string]any, error) {
	var p Person
	if err := one(tx.Select("email").Where("id = ?", person).Take(&p)); err != nil {
		return nil, err
	}
	return map[string]any{"person": person.String(), "address": strings.ToLower(p.address()), "now": s.clock.Now()}, nil
}

// removeFiles takes what somebody gave out of the file store, before the rows forget whose it was.
func (s *Service) removeFiles(ctx context.Context, person uuid.UUID) error {
	g := s.db.Gorm(ctx)
	var ids []uuid.UUID
	if err := g.Raw("UPDATE files SET dropped_at = coalesce(dropped_at, ?) WHERE uploader_id = ? RETURNING id", s.clock.Now(), person).Scan(&ids).Error; err != nil {
		return err
	}
	for _, id := range ids {
		if s.files == nil {
			return ErrNoFiles
		}
		if err := s.files.Remove(ctx, id); err != nil {
			return fmt.Errorf("file %s: %w", id, err)
		}
	}
	return nil
}

// letterDay is the day of a moment as letters say it that belong to no company.
func letterDay(at time.Time) civil.Date { return Company{TimeZone: "Asia/Tokyo"}.Today(at) }
