package market

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/internal/mail"
	"homecoming/internal/problem"
)

// A Domain is the part after the @ of a company's e-mail addresses. It is the company's once somebody there has read a letter to
// admin@ that domain: who owns a domain decides who gets that mail (the way certificates are given out, CA/Browser Forum
// Baseline Requirements 3.2.2.4.4).
type Domain struct {
	ID        uuid.UUID
	CompanyID uuid.UUID
	Domain    string // lower case
	Code      []byte `json:"-"` // hash; nil before the letter is written
	AskedAt   time.Time
	ProvedAt  *time.Time
}

// TableName is where domains are kept.
func (Domain) TableName() string { return "company_domains" }

// What can be wrong with a domain.
var (
	ErrDomainForm  = problem.Define(problem.Invalid, "domain_form", "“{value}” is no domain. Write what follows the @: example.co.jp.", "「{value}」はドメインではありません。@の後ろの部分を入力してください（例：example.co.jp）。")
	ErrDomainCode  = problem.Define(problem.Invalid, "domain_code_wrong", "This is not the code of the latest letter, or it is older than 14 days. Send the letter again.", "コードが最新のメールのものと異なるか、14日の期限を過ぎています。メールを再送してください。")
	ErrDomainTaken = problem.Define(problem.Conflict, "domain_taken", "Another company has proved this domain. Ask the operator of this installation.", "このドメインは別の会社が確認済みです。運用担当者にお問い合わせください。")
	ErrDomainSoon  = problem.Define(problem.RateLimited, "domain_letter_sent", "The letter went out less than ten minutes ago. Wait for it before you send another.", "メールは10分以内に送信済みです。届くまでしばらくお待ちください。")
	ErrManyDomains = problem.Define(problem.Conflict, "too_many_domains", "A company has at most {max} domains. Remove one first.", "ドメインは{max}件までです。使っていないものを削除してください。")
)

const (
	maxDomains     = 50
	domainCodeLife = 14 * 24 * time.Hour
	domainPause    = 10 * time.Minute
)

var domainName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`)

// Keeper is who gets the letter that proves the domain.
func (d Domain) Keeper() string { return "admin@" + d.Domain }

// Prove answers whether a code is the one of the latest letter, in time.
func (d Domain) Prove(code string, now time.Time) error {
	if len(d.Code) == 0 || now.After(d.AskedAt.Add(domainCodeLife)) || subtle.ConstantTimeCompare(hashed(plainCode(code)), d.Code) != 1 {
		return ErrDomainCode.On("code")
	}
	return nil
}

// Domains lists a company's domains by name, for its administrators.
func (s *Service) Domains(ctx context.Context, who Actor, company uuid.UUID) ([]Domain, error) {
	if err := who.May(Administer, company); err != nil {
		return nil, err
	}
	var list []Domain
	return list, s.db.Gorm(ctx).Where("company_id = ?", company).Order("domain").Find(&list).Error
}

// AskDomain says that a domain is the company's, and sends the letter that proves it; asked again, it sends another.
func (s *Service) AskDomain(ctx context.Context, who Actor, company uuid.UUID, name string) (Domain, error) {
	if err := who.May(Administer, company); err != nil {
		return Domain{}, err
	}
	typed := name
	name = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(name)), "@")
	if len(name) > 253 || !domainName.MatchString(name) {
		return Domain{}, ErrDomainForm.On("domain").With("value", typed)
	}
	var d Domain
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		if _, err := lockProvider(tx, company); err != nil {
			return err
		}
		var there []Domain
		if err := tx.Where("company_id = ?", company).Find(&there).Error; err != nil {
			return err
		}
		now := s.clock.Now()
		d = Domain{ID: newID(), CompanyID: company, Domain: name, AskedAt: now}
		for _, known := range there {
			switch {
			case known.Domain != name:
			case known.ProvedAt != nil:
				d = known
				return nil
			case now.Before(known.AskedAt.Add(domainPause)):
				return ErrDomainSoon.On("domain")
			default:
				d.ID = known.ID
			}
		}
		if len(there) >= maxDomains && !containsDomain(there, d.ID) {
			return ErrManyDomains.On("domain").With("max", maxDomains)
		}
		if err := tx.Save(&d).Error; err != nil {
			return err
		}
		if err := jobs.Enqueue(tx, DomainLetter{Domain: d.ID}); err != nil {
			return err
		}
		return Audit(tx, who, company, "domain.ask", "domain:"+d.ID.String(), map[string]any{"domain": name})
	})
	return d, err
}

func containsDomain(list []Domain, id uuid.UUID) bool {
	for _, d := range list {
		if d.ID == id {
			return true
		}
	}
	return false
}

// ProveDomain takes the code of the letter, and from then on the domain is the company's.
func (s *Service) ProveDomain(ctx context.Context, who Actor, id uuid.UUID, code string) (Domain, error) {
	var d Domain
	err := s.db.Tx(ctx, func(tx *gorm.DB) (err error) {
		if d, err = lockDomain(tx, who, id); err != nil || d.ProvedAt != nil {
			return err
		}
		now := s.clock.Now()
		if err := d.Prove(code, now); err != nil {
			return err
		}
		d.ProvedAt, d.Code = &now, nil
		if err := tx.Save(&d).Error; err != nil {
			return refused(err, map[string]*problem.Error{"domain_of_one_company": ErrDomainTaken.On("domain")})
		}
		return Audit(tx, who, d.CompanyID, "domain.prove", "domain:"+id.String(), map[string]any{"domain": d.Domain})
	})
	return d, err
}

// RemoveDomain gives a domain up: its addresses find the company's way in no more, and nobody is held to it by them.
func (s *Service) RemoveDomain(ctx context.Context, who Actor, id uuid.UUID) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		d, err := lockDomain(tx, who, id)
		if err != nil {
			return err
		}
		if err := tx.Exec("DELETE FROM company_domains WHERE id = ?", id).Error; err != nil {
			return err
		}
		return Audit(tx, who, d.CompanyID, "domain.remove", "domain:"+id.String(), map[string]any{"domain": d.Domain})
	})
}

func lockDomain(tx *gorm.DB, who Actor, id uuid.UUID) (Domain, error) {
	var d Domain
	if err := one(tx.Where("id = ? AND company_id IN ?", id, orNone(companiesOf(who))).Take(&d)); err != nil {
		return d, err
	}
	if err := who.May(Administer, d.CompanyID); err != nil {
		return d, err
	}
	if _, err := lockProvider(tx, d.CompanyID); err != nil {
		return d, err
	}
	return d, one(tx.Where("id = ?", id).Take(&d))
}

// A DomainLetter is the letter to admin@ a domain, as a job: its code is made when it is sent, so that none waits in the
// queue.
type DomainLetter struct {
	Domain uuid.UUID `json:"domain"`
}

// Kind is the job's name in the queue.
func (DomainLetter) Kind() string { return "market.domain_letter" }

// A domainPostman sends them.
type domainPostman struct {
	river.WorkerDefaults[DomainLetter]
	s       *Service
	mailer  mail.Mailer
	baseURL string
}

// Work writes a new code to whoever keeps the domain. A domain that was given up or proved meanwhile gets none.
func (w *domainPostman) Work(ctx context.Context, job *river.Job[DomainLetter]) error {
	g := w.s.db.Gorm(ctx)
	var d Domain
	if err := g.Where("id = ? AND proved_at IS NULL", job.Args.Domain).Limit(1).Find(&d).Error; err != nil || d.ID == uuid.Nil {
		return err
	}
	c, err := CompanyByID(g, d.CompanyID)
	if err != nil {
		return err
	}
	code := typedCode()
	if err := g.Model(&d).Update("code", hashed(plainCode(code))).Error; err != nil {
		return err
	}
	subject, text, err := renderLetter(LetterDomain, c.Language, letterData{Name: d.Keeper(), Company: oneLine(c.NameIn(c.Language)), URL: w.baseURL + "/settings/signin",
		Facts: map[string]any{"domain": d.Domain, "code": code}})
	if err != nil {
		return river.JobCancel(err) // no later try would find another text
	}
	err = w.mailer.Send(ctx, mail.Message{ID: fmt.Sprintf("domain-%d.%s", job.ID, d.ID), To: d.Keeper(), Subject: subject, Text: text, Language: c.Language})
	if errors.Is(err, mail.ErrAddress) {
		return river.JobCancel(err)
	}
	return err
}
