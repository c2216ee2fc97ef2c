package market

import (
	"context"
	_ "embed" // the house's own text
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// A ConductPolicy is how people are to behave to one another in a company's network, in Japanese, in English or in both. A company
// that wrote none has the house's; every change is a new version, and the earlier ones stay to be read.
type ConductPolicy struct {
	CompanyID   uuid.UUID
	Version     int    // from 1; 0 is the house's own text
	Text        string // Markdown, Japanese
	TextEN      string `gorm:"column:text_en"`
	Change      string // what is new, in a line
	PublishedBy uuid.UUID
	PublishedAt time.Time // zero for the house's
}

// TableName is where companies' own are kept.
func (ConductPolicy) TableName() string { return "conduct_policies" }

// HouseConduct is the version of the house's own text. Whoever changes what it says raises it, and everybody who agreed to another
// is asked again. A test holds the text to its version.
const HouseConduct = "house-2026-11"

var (
	//go:embed conduct/house.ja.md
	houseConductJA string
	//go:embed conduct/house.en.md
	houseConductEN string
)

// houseConduct is the text that holds at a company until it writes its own.
func houseConduct(company uuid.UUID) ConductPolicy {
	return ConductPolicy{CompanyID: company, Text: strings.TrimSpace(houseConductJA), TextEN: strings.TrimSpace(houseConductEN)}
}

// Wording names the version, as agreements keep it.
func (p ConductPolicy) Wording() string {
	if p.Version == 0 {
		return HouseConduct
	}
	return "v" + itoa(p.Version)
}

// In is the text for a reader of a language, and the language that they get.
func (p ConductPolicy) In(language string) (text, in string) {
	if p.TextEN != "" && (language == "en" || p.Text == "") {
		return p.TextEN, "en"
	}
	return p.Text, "ja"
}

// conductWording is what names the version that holds at a company c.
const conductWording = "coalesce((SELECT 'v' || max(v.version) FROM conduct_policies v WHERE v.company_id = c.id), '" + HouseConduct + "')"

// ErrConductWording is for agreeing to a text that is not the present one.
var ErrConductWording = problem.Define(problem.Conflict, "conduct_changed",
	"These rules were changed in the meantime. Read them as they are now, and agree then.", "行動規範がその間に改定されました。最新の内容をお読みのうえ、同意してください。")

// A DraftConduct is a policy as an administrator writes it.
type DraftConduct struct {
	Text, TextEN string
	Change       string
}

// check finds what is wrong with a draft, field by field, and puts it in order.
func (d *DraftConduct) check() error {
	d.Text, d.TextEN, d.Change = sayable(tidyText(d.Text)), sayable(tidyText(d.TextEN)), sayable(oneLine(d.Change))
	switch {
	case d.Text+d.TextEN == "":
		return ErrRequired.On("text")
	case utf8.RuneCountInString(d.Text) > maxBrief:
		return ErrTooLong.On("text").With("max", maxBrief)
	case utf8.RuneCountInString(d.TextEN) > maxBrief:
		return ErrTooLong.On("text_en").With("max", maxBrief)
	case utf8.RuneCountInString(d.Change) > maxTitle:
		return ErrTooLong.On("change").With("max", maxTitle)
	}
	return nil
}

// A ConductView is a company's policy as somebody stands to it.
type ConductView struct {
	ConductPolicy
	Company   string
	CompanyEN string
	AgreedAt  *time.Time // to this version; nil: it asks for a yes
	Before    bool       // an earlier version was agreed to
}

// Conduct reads a company's policy for whoever belongs to it, be it from outside.
func (s *Service) Conduct(ctx context.Context, who Actor, company uuid.UUID) (ConductView, error) {
	var v ConductView
	if !who.Belongs(company) {
		return v, ErrNotFound
	}
	g := s.db.Gorm(ctx)
	c, err := CompanyByID(g, company)
	if err != nil {
		return v, err
	}
	v.Company, v.CompanyEN = c.Name, c.NameEN
	if v.ConductPolicy, err = conductOf(g, company); err != nil {
		return v, err
	}
	var said []struct {
		Wording  string
		AgreedAt time.Time
	}
	err = g.Raw("SELECT wording, agreed_at FROM conduct_agreements WHERE company_id = ? AND person_id = ? ORDER BY agreed_at", company, who.PersonID).Scan(&said).Error
	for _, a := range said {
		if a.Wording == v.Wording() {
			v.AgreedAt = &a.AgreedAt
		}
	}
	v.Before = v.AgreedAt == nil && len(said) > 0
	return v, err
}

// conductOf is the policy that holds at a company.
func conductOf(g *gorm.DB, company uuid.UUID) (ConductPolicy, error) {
	var own []ConductPolicy
	err := g.Where("company_id = ?", company).Order("version DESC").Limit(1).Find(&own).Error
	if err != nil || len(own) == 0 {
		return houseConduct(company), err
	}
	return own[0], nil
}

// ConductVersions lists a company's own versions for whoever belongs to it, the latest first.
func (s *Service) ConductVersions(ctx context.Context, who Actor, company uuid.UUID) ([]ConductPolicy, error) {
	if !who.Belongs(company) {
		return nil, ErrNotFound
	}
	var list []ConductPolicy
	return list, s.db.Gorm(ctx).Where("company_id = ?", company).Order("version DESC").Limit(100).Find(&list).Error
}

// PublishConduct puts a company's policy in place of the version that was looked at. Everybody in its network is asked again. What
// says the same in other words of its change is no new version.
func (s *Service) PublishConduct(ctx context.Context, who Actor, company uuid.UUID, seen int, d DraftConduct) (ConductPolicy, error) {
	if err := who.May(Administer, company); err != nil {
		return ConductPolicy{}, err
	}
	if err := d.check(); err != nil {
		return ConductPolicy{}, err
	}
	var p ConductPolicy
	return p, s.db.Tx(ctx, func(tx *gorm.DB) error {
		if _, err := lockCompany(tx, company); err != nil {
			return err
		}
		before, err := conductOf(tx, company)
		switch {
		case err != nil:
			return err
		case before.Version != seen:
			return ErrStaleVersion.On("version")
		case before.Text == d.Text && before.TextEN == d.TextEN:
			p = before
			return nil
		}
		p = ConductPolicy{CompanyID: company, Version: before.Version + 1, Text: d.Text, TextEN: d.TextEN, Change: d.Change, PublishedBy: who.PersonID, PublishedAt: s.clock.Now()}
		if err := tx.Create(&p).Error; err != nil {
			return err
		}
		return Audit(tx, who, company, "conduct.publish", "company:"+company.String(), map[string]any{"version": p.Version})
	})
}

// AgreeConduct notes that the actor has read a company's policy and keeps to it. Saying so again changes nothing.
func (s *Service) AgreeConduct(ctx context.Context, who Actor, company uuid.UUID, wording string) error {
	if !who.Belongs(company) {
		return ErrNotFound
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		p, err := conductOf(tx, company)
		if err != nil {
			return err
		}
		if p.Wording() != wording {
			return ErrConductWording.On("wording").With("wording", p.Wording())
		}
		done := tx.Exec("INSERT INTO conduct_agreements (company_id, person_id, wording, agreed_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", company, who.PersonID, wording, s.clock.Now())
		if done.Error != nil || done.RowsAffected == 0 {
			return done.Error
		}
		return Audit(tx, who, company, "conduct.agree", "company:"+company.String(), map[string]any{"wording": wording})
	})
}

// An AskedConduct is a company whose policy waits for the actor's yes.
type AskedConduct struct {
	CompanyID uuid.UUID
	Name      string
	NameEN    string `gorm:"column:name_en"`
	Before    bool   // they agreed to an earlier version
}

// ConductAsked lists those companies, by name.
func (s *Service) ConductAsked(ctx context.Context, who Actor) ([]AskedConduct, error) {
	var list []AskedConduct
	return list, s.db.Gorm(ctx).Raw(`SELECT c.id AS company_id, c.name, c.name_en, EXISTS (SELECT 1 FROM conduct_agreements a WHERE a.company_id = c.id AND a.person_id = @person) AS before
		FROM companies c WHERE c.id IN @companies AND NOT EXISTS (SELECT 1 FROM conduct_agreements a
			WHERE a.company_id = c.id AND a.person_id = @person AND a.wording = `+conductWording+`) ORDER BY c.name, c.id`,
		map[string]any{"person": who.PersonID, "companies": orNone(companiesOf(who))}).Scan(&list).Error
}

// A ConductCount is how many of a company's network agreed to its policy.
type ConductCount struct {
	Agreed  int // to the version that holds
	Earlier int // to an earlier one alone
	Unsaid  int // to none
}

// ConductCounts counts them over members, from outside as well, and the company's own people, for its administrators.
func (s *Service) ConductCounts(ctx context.Context, who Actor, company uuid.UUID) (n ConductCount, err error) {
	if err := who.May(Administer, company); err != nil {
		return n, err
	}
	return n, s.db.Gorm(ctx).Raw(`SELECT count(*) FILTER (WHERE agreed) AS agreed, count(*) FILTER (WHERE NOT agreed AND earlier) AS earlier, count(*) FILTER (WHERE NOT agreed AND NOT earlier) AS unsaid
		FROM (SELECT EXISTS (SELECT 1 FROM conduct_agreements a WHERE a.company_id = c.id AND a.person_id = n.person_id AND a.wording = `+conductWording+`) AS agreed,
				EXISTS (SELECT 1 FROM conduct_agreements a WHERE a.company_id = c.id AND a.person_id = n.person_id) AS earlier
			FROM companies c JOIN (SELECT company_id, person_id FROM memberships UNION SELECT company_id, person_id FROM role_grants WHERE accepted_at IS NOT NULL) n ON n.company_id = c.id
			WHERE c.id = ?) each_one`, company).Scan(&n).Error
}
