package market

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/mail"
)

// An IntroductionLetter is the letter that asks a customer, as a job: its link is made when it is sent, and who it goes to stays
// in the referral, so that nothing of the contact waits in the queue.
type IntroductionLetter struct {
	Referral uuid.UUID `json:"referral"`
}

// Kind is the job's name in the queue.
func (IntroductionLetter) Kind() string { return "market.introduction_letter" }

type introductionPostman struct {
	river.WorkerDefaults[IntroductionLetter]
	post *postman
}

// introductionsPath begins the address of the page on which a customer answers.
const introductionsPath = "/introductions/"

// Work asks the customer. A referral that was withdrawn meanwhile asks nobody.
func (w *introductionPostman) Work(ctx context.Context, job *river.Job[IntroductionLetter]) error {
	g := w.post.s.db.Gorm(ctx)
	var r Referral
	if err := g.Where("id = ? AND state = 'asked'", job.Args.Referral).Limit(1).Find(&r).Error; err != nil || r.ID == uuid.Nil {
		return err
	}
	look, err := introduction(g, r)
	if err != nil {
		return err
	}
	raw, hash := secret("")
	if err := g.Exec("UPDATE referrals SET consent_hash = ? WHERE id = ? AND state = 'asked'", hash, r.ID).Error; err != nil {
		return err
	}
	subject, text, err := renderLetter(LetterIntroduction, r.ContactLanguage, letterData{Name: r.ContactName, Company: oneLine(look.Company.NameIn(r.ContactLanguage)),
		URL: w.post.baseURL + introductionsPath + raw, Facts: map[string]any{"from": look.Referrer, "title": r.Organisation}})
	if err != nil {
		return river.JobCancel(err) // no later try would find another text
	}
	return undeliverable(w.post.mailer.Send(ctx, mail.Message{ID: fmt.Sprintf("introduction-%d.%s", job.ID, r.ID), To: r.ContactEmail, ToName: r.ContactName,
		Subject: subject, Text: text, Language: r.ContactLanguage, TellsOf: []uuid.UUID{r.PersonID}}))
}

// An Introduction is what a customer reads before they answer: exactly what is said of them, by whom, to whom, and whether
// somebody earns by it.
type Introduction struct {
	Referral  Referral
	Programme ReferralProgramme
	Company   Company
	Referrer  string
}

func introduction(g *gorm.DB, r Referral) (Introduction, error) {
	i := Introduction{Referral: r}
	names, err := namesOf(g, []uuid.UUID{r.PersonID})
	if err != nil {
		return i, err
	}
	i.Referrer = names[r.PersonID]
	if err := one(g.Where("id = ?", r.ProgrammeID).Take(&i.Programme)); err != nil {
		return i, err
	}
	i.Company, err = CompanyByID(g, r.CompanyID)
	return i, err
}

// LookAtIntroduction reads what a customer's link is about without answering it: before their answer, and after a yes, which they
// may take back. ErrLinkSpent for any other.
func (s *Service) LookAtIntroduction(ctx context.Context, raw string) (Introduction, error) {
	g := s.db.Gorm(ctx)
	r, err := byConsent(g, raw)
	if err != nil {
		return Introduction{}, err
	}
	if r.State == ReferralAsked && !s.clock.Now().Before(r.ExpiresAt) {
		return Introduction{}, ErrLinkSpent
	}
	return introduction(g, r)
}

func byConsent(g *gorm.DB, raw string) (Referral, error) {
	var r Referral
	if err := g.Where("consent_hash = ?", hashed(raw)).Limit(1).Find(&r).Error; err != nil {
		return r, err
	}
	if r.ID == uuid.Nil || r.State == ReferralWon { // who became a customer speaks with the company itself
		return r, ErrLinkSpent
	}
	return r, nil
}

// AnswerIntroduction is a customer's yes or no; a no takes a yes back as well. Of two introductions of one customer the one that
// they agree to first counts: the others end, and so does this one where another was faster. Only a POST may call it: scanners
// follow links in mails.
func (s *Service) AnswerIntroduction(ctx context.Context, raw string, yes bool) (Referral, error) {
	var r Referral
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		look, err := byConsent(tx, raw)
		if err != nil {
			return err
		}
		c, err := lockCompany(tx, look.CompanyID)
		if err != nil {
			return err
		}
		r = Referral{}
		err = one(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("consent_hash = ?", hashed(raw)).Take(&r))
		switch {
		case ErrNotFound.Is(err): // it ended meanwhile
			return ErrLinkSpent
		case err != nil:
			return err
		case !yes:
			return s.refuseIntroduction(tx, &r)
		case r.State != ReferralAsked:
			return ErrLinkSpent
		}
		return s.agreeIntroduction(tx, c, &r)
	})
	return r, err
}

func (s *Service) refuseIntroduction(tx *gorm.DB, r *Referral) error {
	if err := r.step(refuseReferral, s.clock.Now()); err != nil {
		return err
	}
	if err := saveReferral(tx, Actor{}, *r, refuseReferral, ReferralMove{}); err != nil {
		return err
	}
	if r.AgreedAt != nil {
		if err := tellDesk(tx, *r, string(refuseReferral)); err != nil {
			return err
		}
	}
	return tellReferrer(tx, *r, refuseReferral, ReferralMove{})
}

func (s *Service) agreeIntroduction(tx *gorm.DB, c Company, r *Referral) error {
	now := s.clock.Now()
	if err := mustBeUnheld(tx, *r, c.Today(now)); ErrCustomerHeld.Is(err) {
		if err := endAsked(tx, *r, takeReferral, now); err != nil {
			return err
		}
		r.State = ReferralTaken
		return nil
	} else if err != nil {
		return err
	}
	var stage ReferralStage
	if err := tx.Where("programme_id = ?", r.ProgrammeID).Order("position, id").Take(&stage).Error; err != nil {
		return err
	}
	if err := r.agree(stage.ID, c.Today(now), now); err != nil {
		return err
	}
	var others []Referral
	err := tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("company_id = ? AND state = 'asked' AND id <> ? AND (organisation_key = ? OR domain <> '' AND domain = ?)",
		r.CompanyID, r.ID, r.OrganisationKey, r.Domain).Order("id").Find(&others).Error
	if err != nil {
		return err
	}
	for _, o := range others {
		if err := endAsked(tx, o, takeReferral, now); err != nil {
			return err
		}
	}
	if err := saveReferral(tx, Actor{}, *r, agreeReferral, ReferralMove{}); err != nil {
		return err
	}
	if err := tellDesk(tx, *r, "new"); err != nil {
		return err
	}
	return tellReferrer(tx, *r, agreeReferral, ReferralMove{})
}
