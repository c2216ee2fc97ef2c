package market

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
)

// The letters about referrals. What they say of the contact is on the page that they lead to, and nowhere in the queue.
const (
	LetterIntroduction LetterKind = "introduction" // to a customer: somebody introduces you, do you agree? (carries a one-time link)
	LetterReferral     LetterKind = "referral"     // what became of a referral
)

// referralProblems are the rules that the database keeps even when two customers say yes at once.
var referralProblems = map[string]*problem.Error{"one_referral_a_customer": ErrCustomerHeld, "one_referral_a_domain": ErrCustomerHeld}

// Introduce writes an introduction down and asks the customer by mail. A customer whom somebody else holds is refused at once.
func (s *Service) Introduce(ctx context.Context, who Actor, d ReferralDraft) (Referral, error) {
	var r Referral
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		p, err := programmeFor(tx, who, d.ProgrammeID)
		if err != nil {
			return err
		}
		c, err := lockCompany(tx, p.CompanyID) // numbers referrals
		if err != nil {
			return err
		}
		alumnus, staff := who.standing(c.ID)
		if err := p.takes(alumnus, staff); err != nil {
			return err
		}
		if err := d.check(p, Address(who.Email)); err != nil {
			return err
		}
		now := s.clock.Now()
		r = d.referral(p, now)
		r.ID, r.PersonID, r.AsStaff = newID(), who.PersonID, staff
		if err := s.mayIntroduce(tx, who, r, c.Today(now)); err != nil {
			return err
		}
		if err := tx.Raw("SELECT coalesce(max(number), 0) + 1 FROM referrals WHERE company_id = ?", c.ID).Scan(&r.Number).Error; err != nil {
			return err
		}
		if err := tx.Create(&r).Error; err != nil {
			return err
		}
		if err := noteMove(tx, r, who, introduceCustomer, ReferralMove{}, now); err != nil {
			return err
		}
		if err := jobs.Enqueue(tx, IntroductionLetter{Referral: r.ID}); err != nil {
			return err
		}
		return Audit(tx, who, c.ID, "referral.introduce", "referral:"+r.ID.String(), map[string]any{"programme": p.ID, "number": r.Number})
	})
	return r, err
}

// mayIntroduce refuses whom something keeps apart from the company, who introduces too much at a time or the same customer twice, an
// event that they do not see, and a customer whom somebody holds.
func (s *Service) mayIntroduce(tx *gorm.DB, who Actor, r Referral, today civil.Date) error {
	now := s.clock.Now()
	var facts struct {
		Apart, Event bool
		Asked, ADay  int
		Label        string
	}
	err := tx.Raw(`SELECT EXISTS (SELECT 1 FROM companies c WHERE c.id = @company AND `+barred+`) AS apart,
			(SELECT count(*) FROM referrals WHERE person_id = @person AND state = 'asked') AS asked,
			(SELECT count(*) FROM referrals WHERE person_id = @person AND created_at > @yesterday) AS a_day,
			(SELECT 'R-' || min(number) FROM referrals WHERE person_id = @person AND company_id = @company AND organisation_key = @key AND state IN ('asked', 'agreed')) AS label`,
		map[string]any{"company": r.CompanyID, "person": r.PersonID, "now": now, "yesterday": now.Add(-24 * time.Hour), "key": r.OrganisationKey}).Scan(&facts).Error
	switch {
	case err != nil:
		return err
	case facts.Apart:
		return ErrNotOpenToYou
	case facts.Label != "":
		return ErrReferredAlready.On("organisation").With("label", facts.Label)
	case facts.Asked >= maxAsked || facts.ADay >= maxADay:
		return ErrReferralsOften
	}
	if r.EventID != nil {
		var e Event
		if err := one(who.VisibleEvents(tx.Where("events.id = ? AND events.company_id = ?", *r.EventID, r.CompanyID), now).Take(&e)); err != nil {
			return err
		}
	}
	return mustBeUnheld(tx, r, today)
}

// mustBeUnheld refuses a customer whom another referral holds on a day.
func mustBeUnheld(tx *gorm.DB, r Referral, today civil.Date) error {
	if err := releaseHeld(tx, "company_id = ? AND holds_until < ?", r.CompanyID, today); err != nil {
		return err
	}
	var until []*civil.Date
	err := tx.Raw(`SELECT holds_until FROM referrals WHERE company_id = ? AND holds AND id <> ? AND (organisation_key = ? OR domain <> '' AND domain = ?) ORDER BY holds_until DESC LIMIT 1`,
		r.CompanyID, r.ID, r.OrganisationKey, r.Domain).Scan(&until).Error
	if err == nil && len(until) > 0 {
		err = ErrCustomerHeld.On("organisation").With("until", *until[0])
	}
	return err
}

// saveReferral writes a referral after a step, with its line in the timeline.
func saveReferral(tx *gorm.DB, who Actor, r Referral, do referralStep, m ReferralMove) error {
	if err := tx.Save(&r).Error; err != nil {
		return refused(err, referralProblems)
	}
	if r.ForgottenAt != nil { // what was noted may tell of the contact as well
		if err := tx.Exec("UPDATE referral_moves SET note = '', told = '' WHERE referral_id = ?", r.ID).Error; err != nil {
			return err
		}
		m.Note, m.Told = "", ""
	}
	if err := noteMove(tx, r, who, do, m, r.UpdatedAt); err != nil {
		return err
	}
	return Audit(tx, who, r.CompanyID, "referral."+string(do), "referral:"+r.ID.String(), map[string]any{"state": r.State})
}

// A ReferralMove is what the company says of a step. Note is its own; Told is what the referrer reads.
type ReferralMove struct {
	Stage      uuid.UUID
	Note, Told string
	Reason     string // why it was lost, or how the customer was known
	Seen       int    // the version that was looked at; 0 for whatever it is
}

func (m *ReferralMove) check() error {
	for name, text := range map[string]*string{"note": &m.Note, "told": &m.Told, "reason": &m.Reason} {
		*text = strings.TrimSpace(strings.ToValidUTF8(*text, ""))
		if utf8.RuneCountInString(*text) > maxReason {
			return ErrTooLong.On(name).With("max", maxReason)
		}
	}
	return nil
}

func noteMove(tx *gorm.DB, r Referral, who Actor, do referralStep, m ReferralMove, at time.Time) error {
	actor := uuid.NullUUID{UUID: who.PersonID, Valid: who.PersonID != uuid.Nil}
	return tx.Exec("INSERT INTO referral_moves (id, company_id, referral_id, did, stage_id, note, told, actor_id, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		newID(), r.CompanyID, r.ID, do, r.StageID, m.Note, m.Told, actor, at).Error
}

// tellReferrer writes to whoever introduced the customer.
func tellReferrer(tx *gorm.DB, r Referral, do referralStep, m ReferralMove) error {
	facts := map[string]any{"news": string(do), "title": r.Organisation, "label": r.Label()}
	if m.Told != "" {
		facts["message"] = m.Told
	}
	if m.Reason != "" {
		facts["reason"] = m.Reason
	}
	if do == readyReferral && len(r.missing("ja")) > 0 {
		facts["missing"], facts["missing_en"] = strings.Join(r.missing("ja"), "、"), strings.Join(r.missing("en"), "; ")
	}
	if do == moveReferral {
		var stage ReferralStage
		if err := tx.Where("id = ?", r.StageID).Take(&stage).Error; err != nil {
			return err
		}
		facts["stage"], facts["stage_en"] = stage.In("ja"), stage.In("en")
	}
	return jobs.Enqueue(tx, Letter{Letter: LetterReferral, PersonID: r.PersonID, CompanyID: r.CompanyID, Path: "/referrals/" + r.ID.String(), Facts: facts})
}

// tellDesk writes to who of the company is responsible, or to everybody who runs its referrals.
func tellDesk(tx *gorm.DB, r Referral, news string) error {
	readers, err := Able(tx, r.CompanyID, RunReferrals)
	if err != nil {
		return err
	}
	if r.OwnerID != nil {
		readers = []uuid.UUID{*r.OwnerID}
	}
	for _, person := range readers {
		if person == r.PersonID {
			continue
		}
		err := jobs.Enqueue(tx, Letter{Letter: LetterReferral, PersonID: person, CompanyID: r.CompanyID, Path: "/referrals/" + r.ID.String(),
			Facts: map[string]any{"news": news, "title": r.Organisation, "label": r.Label()}})
		if err != nil {
			return err
		}
	}
	return nil
}

// lockReferral reads a referral that the actor may see and holds it.
func lockReferral(tx *gorm.DB, who Actor, id uuid.UUID) (Referral, error) {
	var r Referral
	return r, one(who.VisibleReferrals(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("referrals.id = ?", id)).Take(&r))
}

// lockFollowed is lockReferral for who follows the company's referrals and did not make this one.
func lockFollowed(tx *gorm.DB, who Actor, id uuid.UUID) (Referral, error) {
	r, err := lockReferral(tx, who, id)
	if err != nil {
		return r, err
	}
	if err := who.May(FollowReferrals, r.CompanyID); err != nil {
		return r, err
	}
	if r.PersonID == who.PersonID {
		return r, ErrOwnReferral
	}
	return r, nil
}

// MoveReferral takes a referral to another stage of its programme and tells its referrer.
func (s *Service) MoveReferral(ctx context.Context, who Actor, id uuid.UUID, m ReferralMove) (Referral, error) {
	return s.follow(ctx, who, id, moveReferral, m, func(tx *gorm.DB, r *Referral) error {
		var n int64
		if err := tx.Model(&ReferralStage{}).Where("id = ? AND programme_id = ?", m.Stage, r.ProgrammeID).Count(&n).Error; err != nil {
			return err
		}
		if n == 0 {
			return ErrNoStage.On("stage_id")
		}
		r.StageID = &m.Stage
		return r.licensed()
	})
}

// ReadyReferral notes which points of the checklist the customer meets by now, and tells the referrer, who may help with the rest.
func (s *Service) ReadyReferral(ctx context.Context, who Actor, id uuid.UUID, ready []int, m ReferralMove) (Referral, error) {
	return s.follow(ctx, who, id, readyReferral, m, func(_ *gorm.DB, r *Referral) error { return r.setReady(ready) })
}

// WinReferral says that the customer became one.
func (s *Service) WinReferral(ctx context.Context, who Actor, id uuid.UUID, m ReferralMove) (Referral, error) {
	return s.follow(ctx, who, id, winReferral, m, func(_ *gorm.DB, r *Referral) error { return r.licensed() })
}

// LoseReferral says why the customer did not become one. The first introduction holds them all the same; see [Referral].
func (s *Service) LoseReferral(ctx context.Context, who Actor, id uuid.UUID, m ReferralMove) (Referral, error) {
	return s.follow(ctx, who, id, loseReferral, m, becauseOf(&m))
}

// KnowReferral says how the customer was one of the company's already. What the referral said of the contact is removed.
func (s *Service) KnowReferral(ctx context.Context, who Actor, id uuid.UUID, m ReferralMove) (Referral, error) {
	return s.follow(ctx, who, id, knowReferral, m, becauseOf(&m))
}

func becauseOf(m *ReferralMove) func(*gorm.DB, *Referral) error {
	return func(_ *gorm.DB, r *Referral) error {
		if strings.TrimSpace(m.Reason) == "" {
			return ErrRequired.On("reason")
		}
		r.Reason = strings.TrimSpace(m.Reason)
		return nil
	}
}

// ReopenReferral goes on with one that was lost, while it is not forgotten.
func (s *Service) ReopenReferral(ctx context.Context, who Actor, id uuid.UUID, m ReferralMove) (Referral, error) {
	return s.follow(ctx, who, id, reopenReferral, m, func(_ *gorm.DB, r *Referral) error {
		if r.ForgottenAt != nil {
			return ErrReferralState.With("state", r.State)
		}
		r.Reason = ""
		return nil
	})
}

// follow has a company's person take one step with a referral.
func (s *Service) follow(ctx context.Context, who Actor, id uuid.UUID, do referralStep, m ReferralMove, rule func(*gorm.DB, *Referral) error) (Referral, error) {
	var r Referral
	if err := m.check(); err != nil {
		return r, err
	}
	err := s.db.Tx(ctx, func(tx *gorm.DB) (err error) {
		if r, err = lockFollowed(tx, who, id); err != nil {
			return err
		}
		if m.Seen != 0 && m.Seen != r.Version {
			return ErrStaleVersion.On("version")
		}
		if err := r.step(do, s.clock.Now()); err != nil {
			return err
		}
		if err := rule(tx, &r); err != nil {
			return err
		}
		if err := saveReferral(tx, who, r, do, m); err != nil {
			return err
		}
		return tellReferrer(tx, r, do, m)
	})
	return r, err
}

// AssignReferral makes somebody of the company responsible, and tells them.
func (s *Service) AssignReferral(ctx context.Context, who Actor, id, owner uuid.UUID) (Referral, error) {
	var r Referral
	err := s.db.Tx(ctx, func(tx *gorm.DB) (err error) {
		if r, err = lockFollowed(tx, who, id); err != nil {
			return err
		}
		if err := mayOwn(tx, r, owner); err != nil {
			return err
		}
		r.OwnerID, r.UpdatedAt, r.Version = &owner, s.clock.Now(), r.Version+1
		if err := tx.Save(&r).Error; err != nil {
			return err
		}
		if owner != who.PersonID {
			if err := tellDesk(tx, r, "yours"); err != nil {
				return err
			}
		}
		return Audit(tx, who, r.CompanyID, "referral.assign", "referral:"+r.ID.String(), map[string]any{"person_id": owner})
	})
	return r, err
}

// mayOwn refuses who does not follow the company's referrals, and the referrer.
func mayOwn(tx *gorm.DB, r Referral, owner uuid.UUID) error {
	able, err := Able(tx, r.CompanyID, FollowReferrals)
	if err != nil {
		return err
	}
	if owner == r.PersonID || !slices.Contains(able, owner) {
		return ErrUnknownMember.On("owner_id").With("value", owner)
	}
	return nil
}

// ConfirmReferralLicence notes that the actor looked the referrer's registration up and found it right. seen is the number that was
// looked up.
func (s *Service) ConfirmReferralLicence(ctx context.Context, who Actor, id uuid.UUID, seen string) (Referral, error) {
	var r Referral
	err := s.db.Tx(ctx, func(tx *gorm.DB) (err error) {
		if r, err = lockFollowed(tx, who, id); err != nil {
			return err
		}
		switch {
		case r.Terms.Licence == "" || r.LicenceNumber != seen:
			return ErrStaleVersion.On("number")
		case r.LicenceConfirmedAt != nil:
			return nil
		}
		now := s.clock.Now()
		r.LicenceConfirmedBy, r.LicenceConfirmedAt, r.UpdatedAt, r.Version = &who.PersonID, &now, now, r.Version+1
		if err := tx.Save(&r).Error; err != nil {
			return err
		}
		return Audit(tx, who, r.CompanyID, "referral.confirm_licence", "referral:"+r.ID.String(), map[string]any{"licence": r.Terms.Licence, "number": seen, "body": r.LicenceBody})
	})
	return r, err
}

// WithdrawReferral takes the actor's own introduction back while the customer has not answered. Nothing of the contact is left.
func (s *Service) WithdrawReferral(ctx context.Context, who Actor, id uuid.UUID) (Referral, error) {
	var r Referral
	err := s.db.Tx(ctx, func(tx *gorm.DB) (err error) {
		if r, err = lockReferral(tx, who, id); err != nil {
			return err
		}
		if r.PersonID != who.PersonID {
			return ErrForbidden.With("action", "withdraw")
		}
		if err := r.step(withdrawReferral, s.clock.Now()); err != nil {
			return err
		}
		return saveReferral(tx, who, r, withdrawReferral, ReferralMove{})
	})
	return r, err
}

// TurnReferrals does what days ask for: questions that nobody answered lapse, and customers whose time is over are released.
func (s *Service) TurnReferrals(ctx context.Context) error {
	return errors.Join(s.expireReferrals(ctx), s.releaseReferrals(ctx))
}

func (s *Service) expireReferrals(ctx context.Context) error {
	for {
		n, err := s.expireSome(ctx)
		if err != nil || n < lettersAtOnce {
			return err
		}
	}
}

func (s *Service) expireSome(ctx context.Context) (n int, err error) {
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		var list []Referral
		now := s.clock.Now()
		if err := tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE", Options: "SKIP LOCKED"}).Where("state = 'asked' AND expires_at <= ?", now).Order("id").Limit(lettersAtOnce).Find(&list).Error; err != nil {
			return err
		}
		for _, r := range list {
			if err := endAsked(tx, r, expireReferral, now); err != nil {
				return err
			}
		}
		n = len(list)
		return nil
	})
	return n, err
}

// endAsked ends a question to a customer without their yes, and tells the referrer.
func endAsked(tx *gorm.DB, r Referral, do referralStep, now time.Time) error {
	if err := r.step(do, now); err != nil {
		return err
	}
	if err := saveReferral(tx, Actor{}, r, do, ReferralMove{}); err != nil {
		return err
	}
	return tellReferrer(tx, r, do, ReferralMove{})
}

func (s *Service) releaseReferrals(ctx context.Context) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		return releaseHeld(tx, "holds_until < (SELECT "+today+" FROM companies c WHERE c.id = referrals.company_id)", map[string]any{"now": s.clock.Now()})
	})
}

// releaseHeld lets others introduce the customers of referrals whose time is over. What was lost is forgotten with it.
func releaseHeld(tx *gorm.DB, where string, args ...any) error {
	var list []Referral
	if err := tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("holds").Where(where, args...).Order("id").Limit(lettersAtOnce).Find(&list).Error; err != nil {
		return err
	}
	for _, r := range list {
		r.release()
		if r.State == ReferralLost {
			r.forget(r.UpdatedAt)
		}
		if err := tx.Save(&r).Error; err != nil {
			return err
		}
	}
	return nil
}
