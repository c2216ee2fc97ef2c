package market

import (
	"context"
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// BarKind says who keeps a person and a company apart, and why.
type BarKind string

// The kinds of bar. A block is known to the side alone that made it; a conflict to the company's office.
const (
	BlockedByPerson  BarKind = "by_person"
	BlockedByCompany BarKind = "by_company"
	InConflict       BarKind = "conflict"  // a conflict of interest, for a period
	Suspended        BarKind = "suspended" // by the reporting desk; its person is told, see report.go
)

// A Bar keeps a person and a company apart while it holds: the person is no candidate there, sees none of its tasks,
// cannot be invited and cannot bid. Contracts and bids that exist stay in sight. reach.go asks it.
type Bar struct {
	ID        uuid.UUID
	CompanyID uuid.UUID
	PersonID  uuid.UUID
	Kind      BarKind
	FromOn    civil.Date  `gorm:"type:date"` // the company's day
	UntilOn   *civil.Date `gorm:"type:date"` // the last day; nil is until it is lifted
	Reason    string
	MadeBy    uuid.UUID
	MadeAt    time.Time
	LiftedBy  *uuid.UUID
	LiftedAt  *time.Time

	CompanyName string `gorm:"->;-:migration"` // for the person; read alone
}

// What can be wrong with a bar.
var (
	ErrBarred        = problem.Define(problem.Conflict, "not_available", "“{value}” is not available for this at present. Choose somebody else.", "「{value}」は現在この仕事の対象外です。ほかの方をお選びください。")
	ErrNotOpenToYou  = problem.Define(problem.Conflict, "not_open_to_you", "This task is not open to you at present.", "この仕事は現在あなたの応募を受け付けていません。")
	ErrInConflict    = problem.Define(problem.Conflict, "in_conflict", "The alumni office has flagged a conflict of interest until {until}. Let the office lift it first.", "アルムナイ事務局が利益相反として登録しています（{until}まで）。先に事務局に解除を依頼してください。")
	ErrPeriodOrder   = problem.Define(problem.Invalid, "period_order", "The last day is before the first ({date}). Set a later one.", "終了日が開始日（{date}）より前です。")
	ErrBlockedBefore = problem.Define(problem.Conflict, "already_blocked", "This is blocked already.", "すでにブロック済みです。")
)

// maxReason is how long a reason may be, in characters.
const maxReason = 1000

// Block keeps a company away from the actor, who belongs to it or not. The company is not told.
func (s *Service) Block(ctx context.Context, who Actor, company uuid.UUID) (Bar, error) {
	b := Bar{CompanyID: company, PersonID: who.PersonID, Kind: BlockedByPerson}
	return b, s.bar(ctx, who, &b, func(tx *gorm.DB, c Company) error {
		var met bool // a company that somebody has never met shall not be found by trying numbers
		err := who.VisibleTasks(tx.Model(&Task{}).Where("tasks.company_id = ?", company), s.clock.Now()).Select("count(*) > 0").Scan(&met).Error
		if err == nil && !met && !who.Belongs(company) {
			return ErrNotFound
		}
		return err
	})
}

// Blocks lists the companies that the actor keeps away.
func (s *Service) Blocks(ctx context.Context, who Actor) ([]Bar, error) {
	return bars(s.db.Gorm(ctx).Joins("JOIN companies c ON c.id = bars.company_id").Select("bars.*, c.name AS company_name").
		Where("person_id = ? AND kind = 'by_person' AND lifted_at IS NULL", who.PersonID))
}

// BarMember keeps one of a company's people away, or somebody from outside whom its tasks could reach: as a block until it
// is lifted, or for a period as a conflict of interest, which needs a reason. The person is not told. member is a
// membership there, or a person's id as lists of candidates have it.
func (s *Service) BarMember(ctx context.Context, who Actor, company, member uuid.UUID, b Bar) (Bar, error) {
	if err := who.May(ManagePeople, company); err != nil {
		return Bar{}, err
	}
	if b.Kind != BlockedByCompany && b.Kind != InConflict {
		return Bar{}, ErrNotOneOf.On("kind").With("value", b.Kind).With("allowed", "by_company, conflict")
	}
	b.CompanyID = company
	return b, s.bar(ctx, who, &b, func(tx *gorm.DB, _ Company) (err error) {
		b.PersonID, err = personHere(tx, company, member)
		return err
	})
}

// personHere is the person behind a membership of the company, or behind their own id where they agreed to be shown to
// it; ErrUnknownMember for anybody else.
func personHere(tx *gorm.DB, company, member uuid.UUID) (uuid.UUID, error) {
	var people []uuid.UUID
	err := tx.Raw(`SELECT person_id FROM memberships WHERE company_id = @company AND id = @member
		UNION ALL
		SELECT p.id FROM people p JOIN companies c ON c.id = @company WHERE p.id = @member AND EXISTS (SELECT 1 FROM memberships m
			WHERE m.person_id = p.id AND (m.company_id = c.id OR p.shown_to = 'everyone' OR p.shown_to = 'partners' AND `+partner+`))`,
		map[string]any{"company": company, "member": member}).Scan(&people).Error
	if err == nil && len(people) == 0 {
		err = ErrUnknownMember.On("member_id").With("value", member)
	}
	return first(people), err
}

// Bars lists whom a company keeps away at present or will, for its office: the newest first. With a member, all that was
// ever held against that one.
func (s *Service) Bars(ctx context.Context, who Actor, company, member uuid.UUID) ([]Bar, error) {
	if err := who.May(ManagePeople, company); err != nil {
		return nil, err
	}
	g := s.db.Gorm(ctx)
	q := g.Where("company_id = ? AND kind <> 'by_person'", company)
	if member != uuid.Nil {
		person, err := personHere(g, company, member)
		if err != nil {
			return nil, err
		}
		return bars(q.Where("person_id = ?", person))
	}
	c, err := CompanyByID(g, company)
	if err != nil {
		return nil, err
	}
	return bars(q.Where("lifted_at IS NULL AND (until_on IS NULL OR until_on >= ?)", c.Today(s.clock.Now())))
}

func bars(q *gorm.DB) ([]Bar, error) {
	var list []Bar
	return list, q.Order("bars.id DESC").Find(&list).Error
}

// bar checks and writes one, and notes it for rankings.
func (s *Service) bar(ctx context.Context, who Actor, b *Bar, may func(*gorm.DB, Company) error) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, err := CompanyByID(tx, b.CompanyID)
		if err != nil {
			return err
		}
		if err := may(tx, c); err != nil {
			return err
		}
		b.ID, b.MadeBy, b.MadeAt = newID(), who.PersonID, s.clock.Now()
		if err := b.check(c.Today(s.clock.Now())); err != nil {
			return err
		}
		if err := tx.Create(b).Error; err != nil {
			return refused(err, map[string]*problem.Error{"one_block_a_side": ErrBlockedBefore})
		}
		return b.note(tx, who, "bar.make")
	})
}

// check finds what is wrong with a bar made on a day, and fills in its first day.
func (b *Bar) check(today civil.Date) error {
	b.Reason = strings.TrimSpace(b.Reason)
	if b.FromOn.IsZero() || b.Kind != InConflict {
		b.FromOn = today
	}
	if b.Kind != InConflict {
		b.UntilOn = nil
	}
	switch {
	case len([]rune(b.Reason)) > maxReason:
		return ErrTooLong.On("reason").With("max", maxReason)
	case b.Kind != InConflict:
		return nil
	case b.Reason == "":
		return ErrRequired.On("reason")
	case !b.FromOn.IsValid():
		return ErrDay.On("from_on").With("value", b.FromOn)
	case b.UntilOn != nil && !b.UntilOn.IsValid():
		return ErrDay.On("until_on").With("value", *b.UntilOn)
	case b.UntilOn != nil && b.UntilOn.Before(today):
		return ErrPastDate.On("until_on").With("date", *b.UntilOn)
	case b.UntilOn != nil && b.UntilOn.Before(b.FromOn):
		return ErrPeriodOrder.On("until_on").With("date", b.FromOn)
	}
	return nil
}

// note leaves the rows that rankings and the audit log need. What a person blocks is nobody's business but theirs: no
// row of it stands under the company.
func (b *Bar) note(tx *gorm.DB, who Actor, action string) error {
	if err := TouchPerson(tx, b.PersonID); err != nil {
		return err
	}
	of := b.CompanyID
	if b.Kind == BlockedByPerson {
		of = uuid.Nil
	}
	return Audit(tx, who, of, action, "bar:"+b.ID.String(), map[string]any{"kind": b.Kind, "person": b.PersonID, "company": b.CompanyID,
		"from_on": b.FromOn, "until_on": b.UntilOn, "reason": b.Reason})
}

// Lift ends a bar at once: the person's own block by the person, the company's by those who manage its people. Anybody
// else finds nothing.
func (s *Service) Lift(ctx context.Context, who Actor, id uuid.UUID) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		var b Bar
		if err := one(tx.Where("id = ?", id).Take(&b)); err != nil {
			return err
		}
		mine := b.Kind == BlockedByPerson
		if b.Kind == Suspended && who.May(ManagePeople, b.CompanyID) == nil && b.PersonID != who.PersonID {
			return ErrBySuspension
		}
		if mine != (b.PersonID == who.PersonID) { // somebody else's block, or what is held against the actor
			return ErrNotFound
		}
		if !mine {
			if err := who.May(ManagePeople, b.CompanyID); err != nil {
				return err
			}
		}
		done := tx.Exec("UPDATE bars SET lifted_by = ?, lifted_at = ? WHERE id = ? AND lifted_at IS NULL", who.PersonID, s.clock.Now(), id)
		if done.Error != nil || done.RowsAffected == 0 {
			return done.Error
		}
		return b.note(tx, who, "bar.lift")
	})
}

// freeOfConflict refuses while the company has flagged the person, so that an award or a counter-offer cannot go around
// the flag. A bid that was made before stays in sight. The company learns why; the person does not.
func freeOfConflict(tx *gorm.DB, c Company, side Side, person uuid.UUID, day civil.Date) error {
	var until []*civil.Date
	err := tx.Raw(`SELECT until_on FROM bars WHERE company_id = ? AND person_id = ? AND kind = 'conflict' AND lifted_at IS NULL
		AND from_on <= ? AND (until_on IS NULL OR until_on >= ?) ORDER BY until_on DESC NULLS FIRST LIMIT 1`, c.ID, person, day, day).Scan(&until).Error
	if err != nil || len(until) == 0 {
		return err
	}
	if side == ByAlumnus {
		return ErrNotOpenToYou
	}
	if until[0] == nil {
		return ErrInConflict.With("until", "—")
	}
	return ErrInConflict.With("until", *until[0])
}
