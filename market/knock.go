package market

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/internal/mail"
	"homecoming/internal/problem"
)

// A Knock is somebody at a company's door who is in no file: they give an address, and the letter that goes there lets them
// in to say when they worked there. Nobody is made before the address is proven, and the answer at the door is the same for
// an address that is known here: whose it is gets a link that signs them in instead.
type Knock struct {
	Hash      []byte
	CompanyID uuid.UUID
	Email     string
	Language  string
	ExpiresAt time.Time
	UsedAt    *time.Time
	CreatedAt time.Time

	CompanyName string `gorm:"->;-:migration"`
	NameEN      string `gorm:"->;-:migration;column:name_en"`
}

// LetterKnock lets somebody in who said that they worked at a company.
const LetterKnock LetterKind = "knock"

// knockLives is how long the letter's link does.
const knockLives = 24 * time.Hour

// A Newcomer is what somebody says of themselves when they come in from the door.
type Newcomer struct {
	FamilyName, GivenName string
	FamilyKana, GivenKana string
}

// claimPath is where somebody says when they worked at a company.
func claimPath(company uuid.UUID) string { return "/claims/new?company=" + company.String() }

// CompanyAtDoor reads the company whose door it is, for anybody who has its number: its name is all they learn.
func (s *Service) CompanyAtDoor(ctx context.Context, id uuid.UUID) (Company, error) {
	c, err := CompanyByID(s.db.Gorm(ctx), id)
	return Company{ID: c.ID, Name: c.Name, NameEN: c.NameEN}, err
}

// Knock sends a letter to an address. The caller limits how often it is asked.
func (s *Service) Knock(ctx context.Context, company uuid.UUID, email string, lang problem.Language) error {
	email = Address(email)
	switch {
	case email == "":
		return ErrRequired.On("email")
	case len(email) > 254 || !address.MatchString(email):
		return ErrAddress.On("email").With("value", email)
	}
	if err := checkLanguage(string(lang)); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		if _, err := CompanyByID(tx, company); err != nil {
			return err
		}
		return jobs.Enqueue(tx, knockJob{CompanyID: company, Email: email, Language: string(lang)})
	})
}

// knockJob answers one knock. No secret waits in the queue.
type knockJob struct {
	CompanyID uuid.UUID `json:"company_id"`
	Email     string    `json:"email"`
	Language  string    `json:"language"`
}

// Kind is the job's name in the queue.
func (knockJob) Kind() string { return "market.knock" }

type knockWorker struct {
	river.WorkerDefaults[knockJob]
	post *postman
}

// Work sends the letter.
func (w *knockWorker) Work(ctx context.Context, job *river.Job[knockJob]) error {
	k, s := job.Args, w.post.s
	c, err := CompanyByID(s.db.Gorm(ctx), k.CompanyID)
	if err != nil {
		return err
	}
	d := letterData{Name: k.Email, Company: oneLine(c.NameIn(k.Language))}
	if d.URL, err = w.door(ctx, k); err != nil {
		return err
	}
	subject, text, err := renderLetter(LetterKnock, k.Language, d)
	if err != nil {
		return river.JobCancel(err)
	}
	return undeliverable(w.post.mailer.Send(ctx, mail.Message{ID: fmt.Sprintf("knock-%d", job.ID), To: k.Email, Subject: subject, Text: text, Language: k.Language}))
}

// door is the link: in for somebody new, and in as themselves for somebody who is known here.
func (w *knockWorker) door(ctx context.Context, k knockJob) (string, error) {
	s := w.post.s
	g := s.db.Gorm(ctx)
	p, err := personOrNobody(g.Where("email = ?", k.Email))
	if err != nil {
		return "", err
	}
	if p.ID != uuid.Nil {
		raw, err := s.mintLink(g, oneTimeLink{PersonID: p.ID, CompanyID: &k.CompanyID, Purpose: PurposeSignIn, Path: claimPath(k.CompanyID)}, knockLives)
		return w.post.baseURL + "/link/" + raw, err
	}
	raw, hash := secret("")
	now := s.clock.Now()
	return w.post.baseURL + "/knock/" + raw, g.Create(&Knock{Hash: hash, CompanyID: k.CompanyID, Email: k.Email, Language: k.Language, CreatedAt: now, ExpiresAt: now.Add(knockLives)}).Error
}

// LookAtKnock reads what a link lets in, or ErrLinkSpent.
func (s *Service) LookAtKnock(ctx context.Context, raw string) (Knock, error) {
	return knockBy(s.db.Gorm(ctx), raw, s.clock.Now())
}

func knockBy(g *gorm.DB, raw string, now time.Time) (Knock, error) {
	var list []Knock
	err := g.Select("knocks.*, c.name AS company_name, c.name_en").Joins("JOIN companies c ON c.id = knocks.company_id").
		Where("hash = ? AND used_at IS NULL AND expires_at > ?", hashed(raw), now).Find(&list).Error
	if err == nil && len(list) == 0 {
		err = ErrLinkSpent
	}
	if err != nil {
		return Knock{}, err
	}
	return list[0], nil
}

// ComeIn makes somebody out of a knock, once, and says where to go on. They belong to no company yet. Only a POST may call it.
func (s *Service) ComeIn(ctx context.Context, raw string, n Newcomer) (Actor, string, error) {
	for _, f := range []*string{&n.FamilyName, &n.GivenName, &n.FamilyKana, &n.GivenKana} {
		*f = strings.Join(strings.Fields(*f), " ")
		if len([]rune(*f)) > maxName {
			return Actor{}, "", ErrTooLong.On("family_name").With("max", maxName)
		}
	}
	if n.FamilyName == "" {
		return Actor{}, "", ErrRequired.On("family_name")
	}
	var p Person
	var company uuid.UUID
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		now := s.clock.Now()
		k, err := knockBy(tx, raw, now)
		if err != nil {
			return err
		}
		done := tx.Exec("UPDATE knocks SET used_at = ? WHERE hash = ? AND used_at IS NULL", now, k.Hash)
		if done.Error == nil && done.RowsAffected == 0 {
			return ErrLinkSpent
		}
		if done.Error != nil {
			return done.Error
		}
		company = k.CompanyID
		p = Person{ID: newID(), Email: &k.Email, FamilyName: n.FamilyName, GivenName: n.GivenName, FamilyKana: n.FamilyKana, GivenKana: n.GivenKana,
			Language: k.Language, RateCurrency: "JPY", FirstSignInAt: &now, CreatedAt: now}
		if err := tx.Create(&p).Error; err != nil { // known by now: the sign-in page is theirs
			return refused(err, map[string]*problem.Error{"people_email_once": ErrLinkSpent})
		}
		return Audit(tx, Actor{PersonID: p.ID}, uuid.Nil, "link.use", "person:"+p.ID.String(), map[string]any{"purpose": "knock"})
	})
	if err != nil {
		return Actor{}, "", err
	}
	who, err := s.ActorOf(ctx, p.ID)
	return who, claimPath(company), err
}
