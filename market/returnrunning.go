package market

import (
	"context"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/jobs"
)

// LetterReturn asks somebody whose interest in returning has expired whether it still holds.
const LetterReturn LetterKind = "return"

// SayReturn says for the actor, who left a company, that they are open to coming back. It holds for a year, and can be said again
// or taken back at any time. The office has a case to see to from then on.
func (s *Service) SayReturn(ctx context.Context, who Actor, company uuid.UUID, d DraftInterest) (ReturnInterest, error) {
	if err := d.check(); err != nil {
		return ReturnInterest{}, err
	}
	var at ReturnInterest
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		m, c, err := s.returner(tx, who, company)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		today := c.Today(now)
		if err := stillEmployed(tx, m.ID, today); err != nil {
			return err
		}
		at = ReturnInterest{MembershipID: m.ID, CompanyID: m.CompanyID, PersonID: m.PersonID, Openness: d.Openness, Roles: d.Roles, Hours: d.Hours, Place: d.Place,
			FromOn: d.FromOn, Note: d.Note, SaidAt: now, ExpiresOn: today.AddDays(interestHolds)}
		if err := tx.Save(&at).Error; err != nil {
			return err
		}
		if err := s.openReturn(tx, at); err != nil {
			return err
		}
		return Audit(tx, who, m.CompanyID, "return.say", "membership:"+m.ID.String(), nil) // what was said is in no log
	})
	return at, err
}

// returner is the actor's own membership at a company, which nothing else changes meanwhile.
func (s *Service) returner(tx *gorm.DB, who Actor, company uuid.UUID) (m Membership, c Company, err error) {
	if err = one(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("company_id = ? AND person_id = ? AND NOT outside", company, who.Self()).Take(&m)); err != nil {
		return m, c, err
	}
	c, err = CompanyByID(tx, company)
	return m, c, err
}

// stillEmployed refuses whom the company employs on a day.
func stillEmployed(tx *gorm.DB, membership uuid.UUID, today civil.Date) error {
	var there bool
	err := tx.Raw("SELECT EXISTS (SELECT 1 FROM stints WHERE membership_id = ? AND coalesce(left_on >= ?, true))", membership, today).Scan(&there).Error
	if err == nil && there {
		return ErrStillThere
	}
	return err
}

// openReturn opens a case for an interest where none is open.
func (s *Service) openReturn(tx *gorm.DB, at ReturnInterest) error {
	c := ReturnCase{ID: newID(), CompanyID: at.CompanyID, MembershipID: at.MembershipID, PersonID: at.PersonID, Stage: StageInterest, Version: 1, OpenedAt: at.SaidAt, UpdatedAt: at.SaidAt}
	return tx.Exec(`INSERT INTO return_cases (id, company_id, membership_id, person_id, stage, version, opened_at, updated_at)
		SELECT ?, ?, ?, ?, ?, 1, ?, ? WHERE NOT EXISTS (SELECT 1 FROM return_cases WHERE membership_id = ? AND stage NOT IN ('returned', 'not_now'))`,
		c.ID, c.CompanyID, c.MembershipID, c.PersonID, c.Stage, c.OpenedAt, c.UpdatedAt, c.MembershipID).Error
}

// WithdrawReturn takes the actor's interest back: nothing of what it said is kept, and a case that is open ends.
func (s *Service) WithdrawReturn(ctx context.Context, who Actor, company uuid.UUID) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		m, _, err := s.returner(tx, who, company)
		if err != nil {
			return err
		}
		if err := tx.Exec("DELETE FROM return_interests WHERE membership_id = ?", m.ID).Error; err != nil {
			return err
		}
		if err := s.endReturns(tx, "membership_id = ? AND stage NOT IN ('returned', 'not_now')", m.ID); err != nil {
			return err
		}
		return Audit(tx, who, m.CompanyID, "return.withdraw", "membership:"+m.ID.String(), nil)
	})
}

// endReturns ends the cases that a condition narrows, without anybody of the company having a part in it.
func (s *Service) endReturns(tx *gorm.DB, where string, args ...any) error {
	var list []ReturnCase
	if err := tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where(where, args...).Order("id").Find(&list).Error; err != nil {
		return err
	}
	for _, c := range list {
		c.Stage, c.NextStep, c.NextOn = StageNotNow, "", nil
		if err := s.saveReturn(tx, Actor{}, c, ""); err != nil {
			return err
		}
	}
	return nil
}

// saveReturn writes a case with a note of what happened.
func (s *Service) saveReturn(tx *gorm.DB, who Actor, c ReturnCase, note string) error {
	now := s.clock.Now()
	c.Version, c.UpdatedAt = c.Version+1, now
	if err := tx.Save(&c).Error; err != nil {
		return err
	}
	author := uuid.NullUUID{UUID: who.PersonID, Valid: who.PersonID != uuid.Nil}
	return tx.Exec("INSERT INTO return_notes (id, company_id, case_id, author_id, stage, text, noted_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		newID(), c.CompanyID, c.ID, author, c.Stage, note, now).Error
}

// MoveReturn carries a return on, seen being the version that was looked at. Who is back has a new stint from their first day on,
// and is no alumnus any more then; the contracts that they still have as one are told of by [ReturnView].
func (s *Service) MoveReturn(ctx context.Context, who Actor, id uuid.UUID, seen int, e ReturnEdit) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, err := s.returnFor(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}), who, id)
		if err != nil {
			return err
		}
		if err := c.apply(&e, seen); err != nil {
			return err
		}
		if e.Mine {
			c.OwnerID = &who.PersonID
		}
		if c.Stage == StageReturned {
			if err := s.rehire(tx, c, e); err != nil {
				return err
			}
		}
		if err := s.saveReturn(tx, who, c, e.Note); err != nil {
			return err
		}
		return Audit(tx, who, c.CompanyID, "return.move", "return:"+c.ID.String(), map[string]any{"stage": c.Stage})
	})
}

// returnFor reads a case for who may see a company's returns.
func (s *Service) returnFor(g *gorm.DB, who Actor, id uuid.UUID) (c ReturnCase, err error) {
	if err = one(g.Where("id = ?", id).Take(&c)); err != nil {
		return c, err
	}
	return c, who.May(SeeReturns, c.CompanyID)
}

// rehire writes the stint of somebody who is back, and lets go of what they said about it.
func (s *Service) rehire(tx *gorm.DB, c ReturnCase, e ReturnEdit) error {
	var over []bool
	err := tx.Raw("SELECT bool_and(coalesce(left_on < ?, false)) FROM stints WHERE membership_id = ? HAVING count(*) > 0", *e.JoinedOn, c.MembershipID).Scan(&over).Error
	if err != nil {
		return err
	}
	if len(over) > 0 && !over[0] {
		return ErrNoReturnDay.On("joined_on")
	}
	meant, err := departmentNamed(tx, c.CompanyID, e.Department)
	if err != nil {
		return err
	}
	stint := Stint{ID: newID(), CompanyID: c.CompanyID, MembershipID: c.MembershipID, FormerlyID: meant.Formerly, JoinedOn: *e.JoinedOn}
	if meant.ID != uuid.Nil {
		stint.DepartmentID = &meant.ID
	}
	if err := tx.Create(&stint).Error; err != nil {
		return err
	}
	if err := tx.Exec("DELETE FROM return_interests WHERE membership_id = ?", c.MembershipID).Error; err != nil {
		return err
	}
	return TouchMembership(tx, c.MembershipID)
}

// ExpireReturns lets go of interests that were said a year ago, asks their people by letter whether they still hold, and tells how
// many. A case that nobody has begun to see to ends with it; one that they talk about goes on.
func (s *Service) ExpireReturns(ctx context.Context) (n int, err error) {
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		var list []ReturnInterest
		err := tx.Raw(`SELECT i.* FROM return_interests i JOIN companies c ON c.id = i.company_id WHERE i.expires_on <= `+today+` ORDER BY i.membership_id LIMIT @most FOR UPDATE OF i SKIP LOCKED`,
			map[string]any{"now": s.clock.Now(), "most": lettersAtOnce}).Scan(&list).Error
		if err != nil {
			return err
		}
		for _, at := range list {
			if err := tx.Exec("DELETE FROM return_interests WHERE membership_id = ?", at.MembershipID).Error; err != nil {
				return err
			}
			if err := s.endReturns(tx, "membership_id = ? AND stage = ?", at.MembershipID, StageInterest); err != nil {
				return err
			}
			if err := jobs.Enqueue(tx, Letter{Letter: LetterReturn, PersonID: at.PersonID, CompanyID: at.CompanyID, Path: "/profile/return"}); err != nil {
				return err
			}
		}
		n = len(list)
		return nil
	})
	return n, err
}

// SetReturnRule says after which departures a company does not take people back.
func (s *Service) SetReturnRule(ctx context.Context, who Actor, company uuid.UUID, kinds []DepartureKind) error {
	if err := who.May(SeeReturns, company); err != nil {
		return err
	}
	list := pq.StringArray{}
	for i, k := range kinds {
		if _, known := departureMeant(string(k)); !known || k == "" {
			return ErrDeparture.On("excludes["+itoa(i)+"]").With("value", shortened(string(k)))
		}
		list = append(list, string(k))
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("UPDATE companies SET return_excludes = ? WHERE id = ?", list, company).Error; err != nil {
			return err
		}
		return Audit(tx, who, company, "return.rule", "company:"+company.String(), map[string]any{"excludes": list})
	})
}

// ReturnRule are the departures after which a company does not take people back, for who may see its returns.
func (s *Service) ReturnRule(ctx context.Context, who Actor, company uuid.UUID) ([]DepartureKind, error) {
	if err := who.May(SeeReturns, company); err != nil {
		return nil, err
	}
	var kinds []DepartureKind
	return kinds, s.db.Gorm(ctx).Raw("SELECT unnest(return_excludes) FROM companies WHERE id = ? ORDER BY 1", company).Scan(&kinds).Error
}

// excludedThere is true of a membership m whose last stint ended in a way after which the company c takes nobody back. Its person
// is told so, and finds it among their own data.
const excludedThere = `EXISTS (SELECT 1 FROM stints s WHERE s.membership_id = m.id AND s.departure = ANY(c.return_excludes)
	AND s.left_on = (SELECT max(l.left_on) FROM stints l WHERE l.membership_id = m.id))`

// A ReturnChoice is one of the companies that the actor left, with what they said about coming back.
type ReturnChoice struct {
	CompanyID uuid.UUID
	Name      string
	NameEN    string `gorm:"column:name_en"`
	Excluded  bool   // the company's rule speaks against it
	Stage     ReturnStage
	Interest  *ReturnInterest `gorm:"-"` // nil: not at all, or nothing was said
}

// MyReturns lists the companies that the actor left, the latest known first, and those where they are back and have not taken back
// what they said.
func (s *Service) MyReturns(ctx context.Context, who Actor) ([]ReturnChoice, error) {
	g, args := s.db.Gorm(ctx), map[string]any{"person": who.Self(), "now": s.clock.Now()}
	var list []ReturnChoice
	err := g.Raw(`SELECT m.company_id, c.name, c.name_en, `+excludedThere+` AS excluded,
			coalesce((SELECT r.stage FROM return_cases r WHERE r.membership_id = m.id AND r.stage NOT IN ('returned', 'not_now')), '') AS stage
		FROM memberships m JOIN companies c ON c.id = m.company_id WHERE m.person_id = @person AND NOT m.outside AND (`+left+` OR EXISTS (SELECT 1 FROM return_interests i WHERE i.membership_id = m.id)) ORDER BY m.created_at DESC, m.id`, args).Scan(&list).Error
	if err != nil {
		return nil, err
	}
	var said []ReturnInterest
	err = g.Where("person_id = ?", who.Self()).Find(&said).Error
	for i := range list {
		for j := range said {
			if said[j].CompanyID == list[i].CompanyID {
				list[i].Interest = &said[j]
			}
		}
	}
	return list, err
}

// A ReturnView is a case as the office sees it.
type ReturnView struct {
	ReturnCase    `gorm:"embedded"`
	Name          string
	Owner         string          // empty: nobody yet
	Excluded      bool            // the company's rule speaks against it; its person knows
	OpenContracts int             // that they still have as an alumnus
	Interest      *ReturnInterest `gorm:"-"` // nil: taken back or expired
}

const returnsWithNames = `SELECT r.*, name_of(p) AS name, coalesce(name_of(o), '') AS owner, ` + excludedThere + ` AS excluded,
		(SELECT count(*) FROM contracts k WHERE k.membership_id = r.membership_id AND k.state IN ('active', 'paused')) AS open_contracts
	FROM return_cases r JOIN memberships m ON m.id = r.membership_id JOIN companies c ON c.id = r.company_id JOIN people p ON p.id = r.person_id LEFT JOIN people o ON o.id = r.owner_id`

// Returns lists a company's cases for who may see them, or those of all companies where the actor may (the nil id): the ones that
// are open, the one to see to next first, or the ones that are over.
func (s *Service) Returns(ctx context.Context, who Actor, company uuid.UUID, over bool) ([]ReturnView, error) {
	companies := who.Companies(SeeReturns)
	if company != uuid.Nil {
		if err := who.May(SeeReturns, company); err != nil {
			return nil, err
		}
		companies = []uuid.UUID{company}
	}
	where := ` WHERE r.company_id IN @companies AND (r.stage IN ('returned', 'not_now')) = @over ORDER BY `
	order := "r.next_on NULLS LAST, r.updated_at DESC, r.id"
	if over {
		order = "r.updated_at DESC, r.id"
	}
	g := s.db.Gorm(ctx)
	var list []ReturnView
	if err := g.Raw(returnsWithNames+where+order+" LIMIT 500", map[string]any{"companies": orNone(companies), "over": over}).Scan(&list).Error; err != nil {
		return nil, err
	}
	return list, addInterests(g, list)
}

func addInterests(g *gorm.DB, list []ReturnView) error {
	ids := make([]uuid.UUID, len(list))
	for i, v := range list {
		ids[i] = v.MembershipID
	}
	var said []ReturnInterest
	err := g.Where("membership_id IN ?", orNone(ids)).Find(&said).Error
	for i := range list {
		for j := range said {
			if said[j].MembershipID == list[i].MembershipID && !list[i].Stage.Over() {
				list[i].Interest = &said[j]
			}
		}
	}
	return err
}

// A ReturnNote is what was noted on a case, and how far it was then.
type ReturnNote struct {
	Author  string // empty: its person, or the clock
	Stage   ReturnStage
	Text    string
	NotedAt time.Time
}

// Return reads one case with what was noted on it, the latest first.
func (s *Service) Return(ctx context.Context, who Actor, id uuid.UUID) (ReturnView, []ReturnNote, error) {
	g := s.db.Gorm(ctx)
	if _, err := s.returnFor(g, who, id); err != nil {
		return ReturnView{}, nil, err
	}
	var list []ReturnView
	if err := g.Raw(returnsWithNames+" WHERE r.id = @id", map[string]any{"id": id}).Scan(&list).Error; err != nil {
		return ReturnView{}, nil, err
	}
	if err := addInterests(g, list); err != nil {
		return ReturnView{}, nil, err
	}
	var notes []ReturnNote
	err := g.Raw(`SELECT coalesce(name_of(a), '') AS author, n.stage, n.text, n.noted_at FROM return_notes n LEFT JOIN people a ON a.id = n.author_id
		WHERE n.case_id = ? ORDER BY n.noted_at DESC, n.id DESC`, id).Scan(&notes).Error
	return list[0], notes, err
}
