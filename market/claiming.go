package market

import (
	"context"
	"errors"
	"slices"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
)

// The letters about claims.
const (
	LetterVouch     LetterKind = "vouch"      // somebody says that you worked with them (carries a one-time link)
	LetterClaim     LetterKind = "claim"      // somebody who is not in the file says that they worked here: for the office
	LetterClaimOver LetterKind = "claim_over" // what became of yours
)

// MakeClaim says for the actor that they worked at a company, asks the former colleagues whom they name, and tells the alumni
// office. The answer is the same whoever they name.
func (s *Service) MakeClaim(ctx context.Context, who Actor, d ClaimDraft) (Claim, error) {
	if who.Self() == uuid.Nil {
		return Claim{}, ErrOwnMeans
	}
	id := newID()
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, err := CompanyByID(tx, d.CompanyID)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		if err := d.check(who.Email, c.Today(now)); err != nil {
			return err
		}
		if err := notInFile(tx, c.ID, who.PersonID); err != nil {
			return err
		}
		claim := Claim{ID: id, CompanyID: c.ID, PersonID: who.PersonID, Department: d.Department, JoinedOn: *d.JoinedOn, LeftOn: *d.LeftOn, Note: d.Note,
			State: ClaimOpen, AskedAt: now, ExpiresAt: now.Add(claimLives)}
		if err := tx.Omit("Witnesses").Create(&claim).Error; err != nil {
			return refused(err, map[string]*problem.Error{"one_open_claim": ErrClaimOpen})
		}
		if err := s.askWitnesses(tx, who, c, claim, d.Colleagues); err != nil {
			return err
		}
		if err := tellOffice(tx, c.ID, Letter{Letter: LetterClaim, Path: "/claims/" + id.String()}.Naming("person", who.PersonID, who.Name)); err != nil {
			return err
		}
		return Audit(tx, who, c.ID, "claim.make", "claim:"+id.String(), map[string]any{"department": d.Department, "from": d.JoinedOn, "to": d.LeftOn, "colleagues": len(d.Colleagues)})
	})
	if err != nil {
		return Claim{}, err
	}
	return s.Claim(ctx, who, id)
}

// notInFile refuses somebody whom the company's file has and who has not said yet whether that is them.
func notInFile(tx *gorm.DB, company, person uuid.UUID) error {
	var n int64
	err := tx.Raw("SELECT count(*) FROM link_proposals WHERE company_id = ? AND person_id = ? AND state = 'open'", company, person).Scan(&n).Error
	if err == nil && n > 0 {
		return ErrClaimedFile
	}
	return err
}

// tellOffice writes to everybody in a company's alumni office; where there is nobody, to its administrators.
func tellOffice(tx *gorm.DB, company uuid.UUID, l Letter) error {
	var people []uuid.UUID
	err := tx.Raw(`SELECT DISTINCT person_id FROM role_grants r WHERE company_id = @company AND accepted_at IS NOT NULL AND role = (SELECT CASE WHEN EXISTS (SELECT 1 FROM role_grants
		WHERE company_id = @company AND role = 'office' AND accepted_at IS NOT NULL) THEN 'office' ELSE 'administrator' END) ORDER BY 1`, map[string]any{"company": company}).Scan(&people).Error
	for _, p := range people {
		if err == nil {
			l.PersonID, l.CompanyID = p, company
			err = jobs.Enqueue(tx, l)
		}
	}
	return err
}

// askWitnesses keeps whom the claimant named, and writes to those who are known to have been there at the time. Whom
// colleagues alone vouched for is not asked: nobody lets their friends in one after the other.
func (s *Service) askWitnesses(tx *gorm.DB, who Actor, c Company, claim Claim, addresses []string) error {
	stay := period{claim.JoinedOn, claim.LeftOn}
	var asked []uuid.UUID
	for i, email := range addresses {
		w := Witness{ClaimID: claim.ID, Position: i, Email: email}
		found, err := s.colleagueAt(tx, c, email, who.PersonID, stay)
		if err != nil {
			return err
		}
		if found.days >= overlapNeeded && !slices.Contains(asked, found.person) {
			w.PersonID, w.Overlap = &found.person, found.days
			asked = append(asked, found.person)
			l := Letter{Letter: LetterVouch, PersonID: found.person, CompanyID: c.ID, Path: "/claims/" + claim.ID.String()}
			err := jobs.Enqueue(tx, l.Naming("person", who.PersonID, who.Name))
			if err != nil {
				return err
			}
		}
		if err := tx.Create(&w).Error; err != nil {
			return err
		}
	}
	return nil
}

// A formerColleague is somebody who was at a company at the same time, for so many days; zero is nobody.
type formerColleague struct {
	person uuid.UUID
	days   int
}

// colleagueAt finds who signs in with an address, or has it in the company's records, and how long they were there during a
// stay of somebody else's.
func (s *Service) colleagueAt(tx *gorm.DB, c Company, email string, besides uuid.UUID, stay period) (formerColleague, error) {
	return s.together(tx, c, "(p.email = ? OR m.email = ?) AND p.email IS NOT NULL AND p.id <> ?", []any{email, email, besides}, stay)
}

func (s *Service) together(tx *gorm.DB, c Company, where string, args []any, stay period) (formerColleague, error) {
	var stints []struct {
		PersonID uuid.UUID
		JoinedOn civil.Date  `gorm:"type:date"`
		LeftOn   *civil.Date `gorm:"type:date"`
	}
	err := tx.Raw(`SELECT m.person_id, s.joined_on, s.left_on FROM memberships m JOIN people p ON p.id = m.person_id JOIN stints s ON s.membership_id = m.id
		WHERE m.company_id = ? AND NOT m.outside AND m.verified_by <> 'colleagues' AND `+where+` ORDER BY m.person_id`, append([]any{c.ID}, args...)...).Scan(&stints).Error
	if err != nil || len(stints) == 0 {
		return formerColleague{}, err
	}
	found, today := formerColleague{person: stints[0].PersonID}, c.Today(s.clock.Now())
	var there []period
	for _, at := range stints {
		if at.PersonID != found.person {
			continue // the address means two people here: the first one is asked
		}
		until := today
		if at.LeftOn != nil {
			until = *at.LeftOn
		}
		there = append(there, period{at.JoinedOn, until})
	}
	found.days = daysTogether(stay, there)
	return found, nil
}

// A Stance is how somebody stands to a claim, which says what of it they may see.
type Stance string

// The stances.
const (
	Claimant    Stance = "claimant" // sees their own words and where it stands
	AsColleague Stance = "witness"  // sees who says what, and was asked
	AsOffice    Stance = "office"   // sees everything
)

// ClaimAs reads a claim for its claimant, a former colleague who was asked, or the company's alumni office, and says which of
// them the actor is. ErrNotFound for everybody else.
func (s *Service) ClaimAs(ctx context.Context, who Actor, id uuid.UUID) (Claim, Stance, error) {
	return claimAs(s.db.Gorm(ctx), who, id)
}

// Claim reads it without the stance.
func (s *Service) Claim(ctx context.Context, who Actor, id uuid.UUID) (Claim, error) {
	c, _, err := s.ClaimAs(ctx, who, id)
	return c, err
}

func claimsOf(g *gorm.DB) *gorm.DB {
	return g.Table("claims").Select("claims.*, name_of(p) AS name, coalesce(p.email, '') AS email, c.name AS company_name").
		Joins("JOIN people p ON p.id = claims.person_id JOIN companies c ON c.id = claims.company_id").
		Preload("Witnesses", func(g *gorm.DB) *gorm.DB {
			return g.Select("claim_witnesses.*, (SELECT name_of(people) FROM people WHERE id = claim_witnesses.person_id) AS name").Order("position")
		})
}

func claimAs(g *gorm.DB, who Actor, id uuid.UUID) (Claim, Stance, error) {
	var c Claim
	if err := one(claimsOf(g).Where("claims.id = ?", id).Take(&c)); err != nil {
		return Claim{}, "", err
	}
	stance := c.stance(who)
	if stance == "" {
		return Claim{}, "", ErrNotFound
	}
	return c.shownTo(stance, who.Self()), stance, nil
}

// stance is how somebody stands to the claim; empty: not at all.
func (c Claim) stance(who Actor) Stance {
	if c.PersonID == who.Self() {
		return Claimant
	}
	if who.May(ManagePeople, c.CompanyID) == nil {
		return AsOffice
	}
	for _, w := range c.Witnesses {
		if w.PersonID != nil && *w.PersonID == who.Self() {
			return AsColleague
		}
	}
	return ""
}

// shownTo leaves out what a stance shall not learn: of the others, who is a member and what they said.
func (c Claim) shownTo(stance Stance, person uuid.UUID) Claim {
	if stance == AsOffice {
		return c
	}
	var shown []Witness
	for _, w := range c.Witnesses {
		switch {
		case stance == Claimant:
			shown = append(shown, Witness{ClaimID: w.ClaimID, Position: w.Position, Email: w.Email})
		case w.PersonID != nil && *w.PersonID == person:
			shown = append(shown, w)
		}
	}
	c.Witnesses = shown
	if stance == AsColleague {
		c.Note, c.Email, c.Reason = "", "", ""
	}
	return c
}

// Claims lists those of a company, the open ones first, for its alumni office.
func (s *Service) Claims(ctx context.Context, who Actor, company uuid.UUID) ([]Claim, error) {
	if err := who.May(ManagePeople, company); err != nil {
		return nil, err
	}
	var list []Claim
	return list, claimsOf(s.db.Gorm(ctx)).Where("claims.company_id = ?", company).Order("claims.state <> 'open', claims.id DESC").Limit(200).Find(&list).Error
}

// MyClaims lists the actor's own, the latest first.
func (s *Service) MyClaims(ctx context.Context, who Actor) ([]Claim, error) {
	var list []Claim
	err := claimsOf(s.db.Gorm(ctx)).Where("claims.person_id = ?", who.Self()).Order("claims.id DESC").Find(&list).Error
	for i, c := range list {
		list[i] = c.shownTo(Claimant, who.Self())
	}
	return list, err
}

// lockClaim reads an open claim that nobody else changes meanwhile, whole, for who stands to it in one of these ways.
func (s *Service) lockClaim(tx *gorm.DB, who Actor, id uuid.UUID, stances ...Stance) (Claim, error) {
	if err := tx.Exec("SELECT FROM claims WHERE id = ? FOR NO KEY UPDATE", id).Error; err != nil {
		return Claim{}, err
	}
	var c Claim
	if err := one(claimsOf(tx).Where("claims.id = ?", id).Take(&c)); err != nil {
		return c, err
	}
	switch is := c.stance(who); {
	case is == "":
		return c, ErrNotFound
	case len(stances) == 1 && stances[0] != is:
		return c, ErrForbidden.With("action", "claim")
	}
	return c, c.open(s.clock.Now())
}

// WithdrawClaim takes the actor's own back.
func (s *Service) WithdrawClaim(ctx context.Context, who Actor, id uuid.UUID) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, err := s.lockClaim(tx, who, id, Claimant)
		if err != nil {
			return err
		}
		return s.endClaim(tx, who, c, ClaimWithdrawn, "")
	})
}

// RefuseClaim says for the office that it is not so. The claimant reads the reason.
func (s *Service) RefuseClaim(ctx context.Context, who Actor, id uuid.UUID, reason string) error {
	if reason = or(reason, ""); reason == "" {
		return ErrRequired.On("reason")
	}
	if len([]rune(reason)) > 1000 {
		return ErrTooLong.On("reason").With("max", 1000)
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, err := s.lockClaim(tx, who, id, AsOffice)
		if err != nil {
			return err
		}
		return s.endClaim(tx, who, c, ClaimRefused, reason)
	})
}

// endClaim ends one that comes to nothing, and tells the claimant unless they did it.
func (s *Service) endClaim(tx *gorm.DB, who Actor, c Claim, to ClaimState, reason string) error {
	by := uuid.NullUUID{UUID: who.PersonID, Valid: who.PersonID != uuid.Nil}
	err := tx.Exec("UPDATE claims SET state = ?, reason = ?, decided_by = ?, decided_at = ? WHERE id = ?", to, reason, by, s.clock.Now(), c.ID).Error
	if err != nil {
		return err
	}
	if to != ClaimWithdrawn {
		if err := tellClaimant(tx, c, to, reason); err != nil {
			return err
		}
	}
	return Audit(tx, who, c.CompanyID, "claim."+string(to), "claim:"+c.ID.String(), map[string]any{"reason": reason, "evidence": c.evidence()})
}

func tellClaimant(tx *gorm.DB, c Claim, state ClaimState, reason string) error {
	return jobs.Enqueue(tx, Letter{Letter: LetterClaimOver, PersonID: c.PersonID, CompanyID: c.CompanyID, Path: "/claims/" + c.ID.String(),
		Facts: map[string]any{"state": string(state), "reason": reason}})
}

// evidence is what was said for and against a claim, for the log.
func (c Claim) evidence() []map[string]any {
	said := []map[string]any{}
	for _, w := range c.Witnesses {
		if w.Answer != "" {
			said = append(said, map[string]any{"person_id": w.PersonID, "days_together": w.Overlap, "answer": w.Answer})
		}
	}
	return said
}

// AnswerClaim says for a former colleague who was asked whether they worked with the claimant. The second yes settles it,
// unless somebody said no.
func (s *Service) AnswerClaim(ctx context.Context, who Actor, id uuid.UUID, yes bool) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, err := s.lockClaim(tx, who, id)
		if err != nil {
			return err
		}
		answer, now := map[bool]string{true: "yes", false: "no"}[yes], s.clock.Now()
		done := tx.Exec("UPDATE claim_witnesses SET answer = ?, answered_at = ? WHERE claim_id = ? AND person_id = ?", answer, now, id, who.Self())
		if done.Error == nil && done.RowsAffected == 0 {
			return ErrForbidden.With("action", "claim")
		}
		if done.Error != nil {
			return done.Error
		}
		for i, w := range c.Witnesses {
			if w.PersonID != nil && *w.PersonID == who.Self() {
				c.Witnesses[i].Answer = answer
			}
		}
		if err := Audit(tx, who, c.CompanyID, "claim.answer", "claim:"+id.String(), map[string]any{"yes": yes}); err != nil || !c.vouched() {
			return err
		}
		meant, err := departmentKnown(tx, c.CompanyID, c.Department) // colleagues make no departments
		if err != nil {
			return err
		}
		return s.settleClaim(tx, Actor{}, c, ByColleagues, meant, nil)
	})
}

// A ClaimVerdict is how the office settles a claim that is so: the department by id or name, empty for none, and the member
// of its file whom the claimant is, nil for nobody there.
type ClaimVerdict struct {
	Department string
	Member     *uuid.UUID
}

// VerifyClaim says for the office that it is so.
func (s *Service) VerifyClaim(ctx context.Context, who Actor, id uuid.UUID, v ClaimVerdict) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, err := s.lockClaim(tx, who, id, AsOffice)
		if err != nil {
			return err
		}
		meant, err := departmentNamed(tx, c.CompanyID, v.Department)
		if err != nil {
			return err
		}
		return s.settleClaim(tx, who, c, ByOffice, meant, v.Member)
	})
}

// settleClaim makes the claimant a member with the stint that they told of.
func (s *Service) settleClaim(tx *gorm.DB, who Actor, c Claim, by Verifier, department departmentMeant, record *uuid.UUID) error {
	if record != nil {
		if err := s.takeRecord(tx, c, *record); err != nil {
			return err
		}
	}
	membership, err := s.membershipFor(tx, c, by)
	if err != nil {
		return err
	}
	stint := Stint{ID: newID(), CompanyID: c.CompanyID, MembershipID: membership, FormerlyID: department.Formerly, JoinedOn: c.JoinedOn, LeftOn: &c.LeftOn}
	if department.ID != uuid.Nil {
		stint.DepartmentID = &department.ID
	}
	if record == nil { // the file knows the stints of whom it has
		if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&stint).Error; err != nil {
			return err
		}
	}
	decider := uuid.NullUUID{UUID: who.PersonID, Valid: who.PersonID != uuid.Nil}
	err = tx.Exec("UPDATE claims SET state = 'verified', verified_by = ?, membership_id = ?, decided_by = ?, decided_at = ? WHERE id = ?",
		by, membership, decider, s.clock.Now(), c.ID).Error
	if err != nil {
		return err
	}
	if err := TouchPerson(tx, c.PersonID); err != nil {
		return err
	}
	if err := tellClaimant(tx, c, ClaimVerified, ""); err != nil {
		return err
	}
	return Audit(tx, who, c.CompanyID, "claim.verify", "claim:"+c.ID.String(), map[string]any{"by": by, "membership": membership, "record": record, "evidence": c.evidence()})
}

// membershipFor is the claimant's membership at the company, made where there was none. Somebody from outside is an alumnus
// from now on.
func (s *Service) membershipFor(tx *gorm.DB, c Claim, by Verifier) (uuid.UUID, error) {
	now := s.clock.Now()
	err := tx.Exec(`INSERT INTO memberships (id, company_id, person_id, email, verified_by, joined_at, created_at)
		SELECT @id, @company, p.id, CASE WHEN EXISTS (SELECT 1 FROM memberships o WHERE o.company_id = @company AND o.email = p.email) THEN '' ELSE coalesce(p.email, '') END, @by, @now, @now
		FROM people p WHERE p.id = @person
		ON CONFLICT ON CONSTRAINT membership_once DO UPDATE SET outside = false, verified_by = CASE WHEN memberships.outside THEN excluded.verified_by ELSE memberships.verified_by END`,
		map[string]any{"id": newID(), "company": c.CompanyID, "person": c.PersonID, "by": by, "now": now}).Error
	if err != nil {
		return uuid.Nil, err
	}
	var found []uuid.UUID
	err = tx.Raw("SELECT id FROM memberships WHERE company_id = ? AND person_id = ?", c.CompanyID, c.PersonID).Scan(&found).Error
	return first(found), err
}

// takeRecord gives the claimant a membership of the company's file that nobody has used, as a confirmed proposal would.
func (s *Service) takeRecord(tx *gorm.DB, c Claim, record uuid.UUID) error {
	var m Membership
	err := one(tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ? AND company_id = ? AND NOT outside", record, c.CompanyID).Take(&m))
	if err != nil {
		return ErrUnknownMember.On("member").With("value", record).Because(err)
	}
	var used int64
	err = tx.Raw(`SELECT count(*) FROM people p WHERE p.id = @person AND (p.first_sign_in_at IS NOT NULL OR p.id = @claimant
		OR EXISTS (SELECT 1 FROM memberships o WHERE o.person_id = p.id AND o.id <> @record) OR EXISTS (SELECT 1 FROM role_grants r WHERE r.person_id = p.id))`,
		map[string]any{"person": m.PersonID, "claimant": c.PersonID, "record": record}).Scan(&used).Error
	if err != nil {
		return err
	}
	if used > 0 || m.JoinedAt != nil {
		return ErrNotThem.On("member")
	}
	if err := tx.Exec("DELETE FROM link_proposals WHERE membership_id = ?", record).Error; err != nil {
		return err
	}
	return s.join(tx, Actor{PersonID: c.PersonID}, m)
}

// Namesakes lists members of the company's file who have the claimant's name and have not been here: who they may be.
func (s *Service) Namesakes(ctx context.Context, who Actor, c Claim) ([]Member, error) {
	if err := who.May(ManagePeople, c.CompanyID); err != nil {
		return nil, err
	}
	g := s.db.Gorm(ctx)
	return s.members(g, g.Where(`m.company_id = ? AND NOT m.outside AND m.joined_at IS NULL AND EXISTS (SELECT 1 FROM people o WHERE o.id = ? AND o.id <> p.id
		AND lower(o.family_name) = lower(p.family_name) AND lower(o.given_name) = lower(p.given_name))`, c.CompanyID, c.PersonID).Limit(5), who.viewing)
}

// ExpireClaims ends claims that nobody answered in time, and tells how many.
func (s *Service) ExpireClaims(ctx context.Context) (int, error) {
	var due []uuid.UUID
	if err := s.db.Gorm(ctx).Raw("SELECT id FROM claims WHERE state = 'open' AND expires_at <= ? ORDER BY id LIMIT 500", s.clock.Now()).Scan(&due).Error; err != nil {
		return 0, err
	}
	for _, id := range due {
		err := s.db.Tx(ctx, func(tx *gorm.DB) error {
			var c Claim
			err := claimsOf(tx).Clauses(clause.Locking{Strength: "NO KEY UPDATE", Table: clause.Table{Name: "claims"}}).Where("claims.id = ? AND claims.state = 'open'", id).Take(&c).Error
			if err != nil {
				return err
			}
			return s.endClaim(tx, Actor{}, c, ClaimExpired, "")
		})
		if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) { // answered meanwhile
			return 0, err
		}
	}
	return len(due), nil
}
