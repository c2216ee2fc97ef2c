package market

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// What the installation's own commands do. Whoever may run them has the database: no page or route calls any of it.

// ErrNoColleague is about somebody who holds no role at the company that was named.
var ErrNoColleague = problem.Define(problem.Invalid, "no_colleague", "“{value}” has no role at this company. Give them one on its settings page first.", "「{value}」はこの会社に役割がありません。先に会社の設定画面で役割を付与してください。")

// maxPlatformFeeBP is the highest fee that a company may be charged, in basis points.
const maxPlatformFeeBP = 5000

// A CompanyLine is a company as whoever runs the installation lists it.
type CompanyLine struct {
	ID             uuid.UUID
	Name           string
	NameEN         string `gorm:"column:name_en"`
	Currency       string
	Rail           Rail
	PlatformFeeBP  int64 `gorm:"column:platform_fee_bp"`
	Alumni         int
	Administrators string // their addresses
	CreatedAt      time.Time
}

// Companies lists all companies of the installation, the oldest first.
func (s *Service) Companies(ctx context.Context) ([]CompanyLine, error) {
	var list []CompanyLine
	return list, s.db.Gorm(ctx).Raw(`SELECT c.id, c.name, c.name_en, c.currency, c.rail, c.platform_fee_bp, c.created_at,
			(SELECT count(*) FROM memberships m WHERE m.company_id = c.id AND NOT m.outside) AS alumni,
			coalesce((SELECT string_agg(p.email, ', ' ORDER BY p.email) FROM role_grants g JOIN people p ON p.id = g.person_id WHERE g.company_id = c.id AND g.role = 'administrator'), '') AS administrators
		FROM companies c ORDER BY c.created_at, c.id`).Scan(&list).Error
}

// SetPlatformFee sets what a company is charged on top of fees from now on, in basis points. Contracts keep what they agreed.
func (s *Service) SetPlatformFee(ctx context.Context, company uuid.UUID, bp int64) error {
	if bp < 0 || bp > maxPlatformFeeBP {
		return ErrBetween.On("platform_fee_bp").With("min", 0).With("max", maxPlatformFeeBP)
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		was, err := lockCompany(tx, company)
		if err != nil {
			return err
		}
		if err := tx.Exec("UPDATE companies SET platform_fee_bp = ? WHERE id = ?", bp, company).Error; err != nil {
			return err
		}
		return Audit(tx, Actor{}, company, "company.fee", "company:"+company.String(), map[string]any{"from": was.PlatformFeeBP, "to": bp})
	})
}

// FirstLink is a link by which the first administrator of a company comes in, for whoever has no mail to send it by; empty for
// somebody who has an account already, and takes the role by the letter alone. It works once, for fourteen days.
func (s *Service) FirstLink(ctx context.Context, company, person uuid.UUID) (raw string, err error) {
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		var fresh bool
		err := tx.Raw("SELECT first_sign_in_at IS NULL AND password_hash = '' FROM people WHERE id = ?", person).Scan(&fresh).Error
		if err != nil || !fresh {
			return err
		}
		raw, err = s.mintLink(tx, oneTimeLink{PersonID: person, CompanyID: &company, Purpose: PurposeJoin, Path: "/"}, sentLinkLives)
		return err
	})
	return raw, err
}

// An OperatorLine is somebody who runs the installation, with the company from which they do.
type OperatorLine struct {
	Email   string
	Name    string
	Company string
}

// OperatorLines lists who runs the installation.
func (s *Service) OperatorLines(ctx context.Context) ([]OperatorLine, error) {
	var list []OperatorLine
	return list, s.db.Gorm(ctx).Raw(`SELECT p.email, name_of(p) AS name, c.name AS company FROM role_grants g JOIN people p ON p.id = g.person_id JOIN companies c ON c.id = g.company_id
		WHERE g.role = 'operator' ORDER BY p.email`).Scan(&list).Error
}

// MakeOperator lets somebody of a company run the installation.
func (s *Service) MakeOperator(ctx context.Context, company, person uuid.UUID) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		err := tx.Exec("INSERT INTO role_grants (company_id, person_id, role, granted_at) VALUES (?, ?, 'operator', ?) ON CONFLICT DO NOTHING", company, person, s.clock.Now()).Error
		if err != nil {
			return err
		}
		return Audit(tx, Actor{}, company, "role.grant", "person:"+person.String(), map[string]any{"role": Operator})
	})
}

// ColleagueAt finds who holds a role at a company by their address. It returns ErrNoColleague when nobody does.
func (s *Service) ColleagueAt(ctx context.Context, company uuid.UUID, email string) (uuid.UUID, error) {
	var found []uuid.UUID
	err := s.db.Gorm(ctx).Raw("SELECT DISTINCT p.id FROM people p JOIN role_grants g ON g.person_id = p.id WHERE p.email = ? AND g.company_id = ? AND g.accepted_at IS NOT NULL",
		Address(email), company).Scan(&found).Error
	if err == nil && len(found) == 0 {
		err = ErrNoColleague.On("email").With("value", email)
	}
	return first(found), err
}

// EndOperator ends that somebody runs the installation. Their other roles stay.
func (s *Service) EndOperator(ctx context.Context, email string) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		var at []struct{ CompanyID, PersonID uuid.UUID }
		err := tx.Raw("DELETE FROM role_grants g USING people p WHERE p.id = g.person_id AND p.email = ? AND g.role = 'operator' RETURNING g.company_id, g.person_id", Address(email)).Scan(&at).Error
		if err == nil && len(at) == 0 {
			return ErrNotFound
		}
		for _, g := range at {
			if err == nil {
				err = Audit(tx, Actor{}, g.CompanyID, "role.revoke", "person:"+g.PersonID.String(), map[string]any{"role": Operator})
			}
		}
		return err
	})
}
