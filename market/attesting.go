package market

import (
	"context"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
)

// An AttestationRequest is what somebody asked a former colleague: whether they know them to have the skills that they state.
// The colleague was at the same company at the time. As with a claim, who asks never learns whether an address means anybody.
type AttestationRequest struct {
	ID         uuid.UUID
	CompanyID  uuid.UUID
	PersonID   uuid.UUID
	Email      string
	AskedID    *uuid.UUID // whom we asked; nil: nobody
	Overlap    int        // days that both were there
	AskedAt    time.Time
	ExpiresAt  time.Time
	AnsweredAt *time.Time

	Name        string        `gorm:"->;-:migration"` // of who asks
	CompanyName string        `gorm:"->;-:migration"`
	Skills      []StatedSkill `gorm:"-"` // for the colleague: what may be attested
}

// A StatedSkill is one that somebody states, and what the reader attests of it; level 0 is nothing.
type StatedSkill struct {
	SkillID  string
	NameEN   string `gorm:"column:name_en"`
	NameJA   string `gorm:"column:name_ja"`
	Level    int    // that is stated
	Attested int    // by the reader
}

// LetterAttest asks a former colleague to attest skills (carries a one-time link).
const LetterAttest LetterKind = "attest"

const attestationsMost = 20 // requests of one person about one company

// What can be wrong with attesting.
var (
	ErrAskedColleague = problem.Define(problem.Conflict, "attestation_asked", "You have asked this address already.", "このアドレスにはすでに依頼済みです。")
	ErrAskedEnough    = problem.Define(problem.Conflict, "attestations_enough", "You have asked {max} people already; that is as many as can be asked.", "すでに{max}人に依頼済みです。これ以上は依頼できません。")
	ErrNotStated      = problem.Define(problem.Invalid, "skill_not_stated", "“{value}” is no skill that they state.", "「{value}」は本人が登録しているスキルではありません。")
)

// AskAttestation asks a former colleague at a company of the actor's, by address. The answer is the same for every address.
func (s *Service) AskAttestation(ctx context.Context, who Actor, company uuid.UUID, email string) error {
	named, err := namedAddresses([]string{email}, who.Email)
	if err != nil {
		return asField(err, "email")
	}
	if len(named) == 0 {
		return ErrRequired.On("email")
	}
	if !who.InNetwork(company) {
		return ErrNotFound
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, err := CompanyByID(tx, company)
		if err != nil {
			return err
		}
		var asked int64
		if err := tx.Model(&AttestationRequest{}).Where("company_id = ? AND person_id = ?", company, who.PersonID).Count(&asked).Error; err != nil {
			return err
		}
		if asked >= attestationsMost {
			return ErrAskedEnough.With("max", attestationsMost)
		}
		now := s.clock.Now()
		r := AttestationRequest{ID: newID(), CompanyID: company, PersonID: who.PersonID, Email: named[0], AskedAt: now, ExpiresAt: now.Add(claimLives)}
		found, err := s.colleagueOf(tx, c, who, named[0])
		if err != nil {
			return err
		}
		if found.days >= overlapNeeded {
			r.AskedID, r.Overlap = &found.person, found.days
			l := Letter{Letter: LetterAttest, PersonID: found.person, CompanyID: company, Path: "/attestations/" + r.ID.String()}
			err := jobs.Enqueue(tx, l.Naming("person", who.PersonID, who.Name))
			if err != nil {
				return err
			}
		}
		if err := tx.Create(&r).Error; err != nil {
			return refused(err, map[string]*problem.Error{"a_colleague_is_asked_once": ErrAskedColleague.On("email")})
		}
		return Audit(tx, who, company, "attestation.ask", "person:"+who.PersonID.String(), nil)
	})
}

// asField puts a problem on another field.
func asField(err error, field string) error {
	if p := asProblem(err); p != nil {
		return p.On(field)
	}
	return err
}

// colleagueOf finds who has an address and was at the company with the actor, for the longest of the actor's stints there.
func (s *Service) colleagueOf(tx *gorm.DB, c Company, who Actor, email string) (best formerColleague, err error) {
	var own []struct {
		JoinedOn civil.Date  `gorm:"type:date"`
		LeftOn   *civil.Date `gorm:"type:date"`
	}
	err = tx.Raw("SELECT joined_on, left_on FROM stints s JOIN memberships m ON m.id = s.membership_id WHERE m.company_id = ? AND m.person_id = ?", c.ID, who.PersonID).Scan(&own).Error
	if err != nil {
		return best, err
	}
	for _, stint := range own {
		stay := period{stint.JoinedOn, c.Today(s.clock.Now())}
		if stint.LeftOn != nil {
			stay.to = *stint.LeftOn
		}
		found, err := s.colleagueAt(tx, c, email, who.PersonID, stay)
		if err != nil {
			return best, err
		}
		if found.days > best.days {
			best = found
		}
	}
	return best, nil
}

// AttestationRequests lists whom the actor asked, the latest first. Who of them was reached is not told.
func (s *Service) AttestationRequests(ctx context.Context, who Actor) ([]AttestationRequest, error) {
	var list []AttestationRequest
	return list, s.db.Gorm(ctx).Table("attestation_requests r").Select("r.id, r.company_id, r.person_id, r.email, r.asked_at, r.expires_at, c.name AS company_name").
		Joins("JOIN companies c ON c.id = r.company_id").Where("r.person_id = ?", who.Self()).Order("r.id DESC").Find(&list).Error
}

// AttestationRequest reads one that the actor was asked, with the skills that they may attest.
func (s *Service) AttestationRequest(ctx context.Context, who Actor, id uuid.UUID) (AttestationRequest, error) {
	g := s.db.Gorm(ctx)
	r, err := askedOf(g, who, id, s.clock.Now())
	if err != nil {
		return r, err
	}
	r.Skills, err = statedSkills(g, r)
	return r, err
}

func askedOf(g *gorm.DB, who Actor, id uuid.UUID, now time.Time) (AttestationRequest, error) {
	var r AttestationRequest
	return r, one(g.Table("attestation_requests").Select("attestation_requests.*, name_of(p) AS name, c.name AS company_name").
		Joins("JOIN people p ON p.id = attestation_requests.person_id JOIN companies c ON c.id = attestation_requests.company_id").
		Where("attestation_requests.id = ? AND asked_id = ? AND expires_at > ?", id, who.Self(), now).Take(&r))
}

// statedSkills are the skills that somebody states, without those that other companies named for themselves.
func statedSkills(g *gorm.DB, r AttestationRequest) ([]StatedSkill, error) {
	var list []StatedSkill
	return list, g.Raw(`SELECT k.id AS skill_id, k.name_en, k.name_ja, max(h.level) AS level,
			coalesce(max(h.level) FILTER (WHERE h.attested_by = @asked AND h.company_id = @company), 0) AS attested
		FROM person_skills h JOIN skills k ON k.id = h.skill_id WHERE h.person_id = @person AND (k.company_id IS NULL OR k.company_id = @company)
		GROUP BY k.id ORDER BY bool_or(h.evidence = 'self') DESC, max(h.level) DESC, k.id`,
		map[string]any{"asked": r.AskedID, "company": r.CompanyID, "person": r.PersonID}).Scan(&list).Error
}

// Attest says for a former colleague who was asked at what level they know somebody to have skills, by id; level 0, and what
// is not said, is nothing. What they said before is replaced. It counts as the company's own word does: see matching.
func (s *Service) Attest(ctx context.Context, who Actor, id uuid.UUID, levels map[string]int) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		r, err := askedOf(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE", Table: clause.Table{Name: "attestation_requests"}}), who, id, s.clock.Now())
		if err != nil {
			return err
		}
		stated, err := statedSkills(tx, r)
		if err != nil {
			return err
		}
		held, err := r.attested(stated, levels)
		if err != nil {
			return err
		}
		if err := tx.Exec("DELETE FROM person_skills WHERE person_id = ? AND company_id = ? AND attested_by = ?", r.PersonID, r.CompanyID, who.PersonID).Error; err != nil {
			return err
		}
		if len(held) > 0 {
			if err := tx.Create(&held).Error; err != nil {
				return err
			}
		}
		if err := tx.Exec("UPDATE attestation_requests SET answered_at = ? WHERE id = ?", s.clock.Now(), id).Error; err != nil {
			return err
		}
		if err := TouchPerson(tx, r.PersonID); err != nil {
			return err
		}
		return Audit(tx, who, r.CompanyID, "attestation.give", "person:"+r.PersonID.String(), map[string]any{"days_together": r.Overlap, "levels": levels})
	})
}

// attested are the rows that say what a colleague does.
func (r AttestationRequest) attested(stated []StatedSkill, levels map[string]int) ([]HeldSkill, error) {
	var held []HeldSkill
	for skill, level := range levels {
		switch {
		case level == 0:
			continue
		case level < 0 || level > 3:
			return nil, ErrLevel.On("levels")
		case !slices.ContainsFunc(stated, func(k StatedSkill) bool { return k.SkillID == skill }):
			return nil, ErrNotStated.On("levels").With("value", skill)
		}
		held = append(held, HeldSkill{PersonID: r.PersonID, SkillID: skill, Evidence: Attested, CompanyID: &r.CompanyID, AttestedBy: r.AskedID, Level: level})
	}
	slices.SortFunc(held, func(a, b HeldSkill) int { return strings.Compare(a.SkillID, b.SkillID) })
	return held, nil
}

// AttestSkill says for the alumni office at what level the company knows a member to have a skill, by id or name; level 0
// takes the company's word back, and leaves what former colleagues said.
func (s *Service) AttestSkill(ctx context.Context, who Actor, membership uuid.UUID, skill string, level int) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		var m Membership
		if err := one(tx.Where("id = ? AND NOT outside", membership).Take(&m)); err != nil {
			return err
		}
		if err := who.May(ManagePeople, m.CompanyID); err != nil {
			return err
		}
		if level < 0 || level > 3 {
			return ErrLevel.On("level")
		}
		id, err := s.resolve(tx, m.CompanyID, skill)
		if err != nil {
			return asField(err, "skill")
		}
		if id == "" {
			return ErrRequired.On("skill")
		}
		if err := companySays(tx, m, id, level); err != nil {
			return err
		}
		if err := TouchPerson(tx, m.PersonID); err != nil {
			return err
		}
		return Audit(tx, who, m.CompanyID, "membership.attest", "membership:"+membership.String(), map[string]any{"skill": id, "level": level})
	})
}

func companySays(tx *gorm.DB, m Membership, skill string, level int) error {
	if level == 0 {
		return tx.Exec("DELETE FROM person_skills WHERE person_id = ? AND skill_id = ? AND evidence = 'attested' AND company_id = ? AND attested_by IS NULL", m.PersonID, skill, m.CompanyID).Error
	}
	said := HeldSkill{PersonID: m.PersonID, SkillID: skill, Evidence: Attested, CompanyID: &m.CompanyID, Level: level}
	return tx.Clauses(clause.OnConflict{OnConstraint: "person_skill_once", DoUpdates: clause.AssignmentColumns([]string{"level"})}).Create(&said).Error
}
