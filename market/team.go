package market

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
)

// What can be wrong with a team.
var (
	ErrLastAdministrator = problem.Define(problem.Conflict, "last_administrator",
		"This is the company's last administrator. Make somebody else one first.",
		"最後の管理者です。先にほかの方を管理者にしてください。")
)

// granted are the roles that a company gives to its own people, besides those that it made itself.
var granted = []Role{Administrator, Manager, Approver, Finance, Office, Staff}

// A TeamMember is one of a company's own people with the roles they were given.
type TeamMember struct {
	PersonID uuid.UUID
	Email    string
	Name     string // empty until somebody known elsewhere takes a role
	Roles    []Role
	Joined   bool // has taken a role and been here
	Since    time.Time
}

// A Colleague is somebody to be given a role.
type Colleague struct {
	Email                 string
	FamilyName, GivenName string // used for somebody new alone
	FamilyKana, GivenKana string
	Role                  Role

	byDirectory bool // the role follows from the company's staff directory
	joined      bool // and had been taken before
}

// Team lists who has which role at the company, for its administrators.
func (s *Service) Team(ctx context.Context, who Actor, company uuid.UUID) ([]TeamMember, error) {
	if err := who.May(Administer, company); err != nil {
		return nil, err
	}
	return team(s.db.Gorm(ctx).Where("r.company_id = ?", company))
}

func team(q *gorm.DB) ([]TeamMember, error) {
	var rows []struct {
		Person
		Roles  pq.StringArray `gorm:"type:text[]"`
		Taken  bool
		Joined bool
		Since  time.Time
	}
	err := q.Table("role_grants r").Joins("JOIN people p ON p.id = r.person_id").Group("p.id").Order("min(r.granted_at), p.id").
		Select(`p.id, p.email, p.family_name, p.given_name, array_agg(r.role ORDER BY r.role) AS roles, count(r.accepted_at) > 0 AS taken,
			count(r.accepted_at) > 0 AND p.first_sign_in_at IS NOT NULL AS joined, min(r.granted_at) AS since`).Find(&rows).Error
	list := make([]TeamMember, len(rows))
	for i, r := range rows {
		list[i] = TeamMember{PersonID: r.ID, Email: r.address(), Joined: r.Joined, Since: r.Since}
		for _, role := range r.Roles {
			list[i].Roles = append(list[i].Roles, Role(role))
		}
		if r.Taken {
			list[i].Name = r.Name()
		}
	}
	return list, err
}

// Grant gives a role to somebody by address and writes them a letter to come in. Somebody who is known elsewhere has
// the role when they take it by the letter's link, and shows nothing of themselves until then.
func (s *Service) Grant(ctx context.Context, who Actor, company uuid.UUID, c Colleague) (TeamMember, error) {
	if err := who.May(Administer, company); err != nil {
		return TeamMember{}, err
	}
	var m []TeamMember
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		at, err := lockCompany(tx, company)
		if err != nil {
			return err
		}
		p, err := s.grant(tx, at, c)
		if err != nil {
			return err
		}
		if err := mayGive(tx, who, company, c.Role); err != nil {
			return err
		}
		if off, err := switchedOff(tx, company, p.ID); err != nil || off {
			return cmp.Or(err, error(ErrAccountOff.On("email")))
		}
		if m, err = team(tx.Where("r.company_id = ? AND r.person_id = ?", company, p.ID)); err != nil {
			return err
		}
		return Audit(tx, who, company, "role.grant", "person:"+p.ID.String(), map[string]any{"role": c.Role})
	})
	if err != nil {
		return TeamMember{}, err
	}
	return m[0], nil
}

// grant gives the role and enqueues the letter unless the role was there already.
func (s *Service) grant(tx *gorm.DB, at Company, c Colleague) (Person, error) {
	g, err := s.give(tx, at, c)
	if err != nil || !g.fresh {
		return g.Person, err
	}
	return g.Person, g.tell(tx, at, c.Role)
}

// A gift is a role that somebody has from now on.
type gift struct {
	Person
	named string // the company's own role; empty for a fixed one
	fresh bool   // they did not have it before
	waits bool   // they are known elsewhere, and have it when they take it
}

// tell writes to somebody that they have a role, or may take it.
func (g gift) tell(tx *gorm.DB, at Company, role Role) error {
	return jobs.Enqueue(tx, Letter{Letter: LetterTeam, PersonID: g.ID, CompanyID: at.ID, Path: "/", Facts: map[string]any{"role": string(role), "named": g.named}})
}

// give finds or makes the person and gives the role.
func (s *Service) give(tx *gorm.DB, at Company, c Colleague) (gift, error) {
	c.Email = Address(c.Email)
	switch {
	case !address.MatchString(c.Email):
		return gift{}, ErrAddress.On("email").With("value", c.Email)
	case len([]rune(c.FamilyName)) > maxName || len([]rune(c.GivenName)) > maxName:
		return gift{}, ErrTooLong.On("family_name").With("max", maxName)
	}
	own, known, err := roleNamed(tx, at.ID, c.Role)
	if err != nil {
		return gift{}, err
	}
	if !known {
		return gift{}, ErrNotOneOf.On("role").With("value", c.Role).With("allowed", roleNames(granted))
	}
	fresh := Person{ID: newID(), Email: &c.Email, FamilyName: strings.TrimSpace(c.FamilyName), GivenName: strings.TrimSpace(c.GivenName),
		FamilyKana: c.FamilyKana, GivenKana: c.GivenKana, Language: at.Language, RateCurrency: at.Currency, CreatedAt: s.clock.Now()}
	if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&fresh).Error; err != nil {
		return gift{}, err
	}
	g := gift{named: own.Name}
	if err := tx.Where("email = ?", c.Email).Take(&g.Person).Error; err != nil {
		return gift{}, err
	}
	ours, err := belongsHere(tx, g.ID, at.ID)
	if err != nil {
		return gift{}, err
	}
	g.waits = !ours && g.ID != fresh.ID && !c.joined
	now := s.clock.Now()
	var accepted *time.Time
	if !g.waits {
		accepted = &now
	}
	done := tx.Exec("INSERT INTO role_grants (company_id, person_id, role, custom_id, granted_at, accepted_at, by_directory) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		at.ID, g.ID, c.Role, own.id(), now, accepted, c.byDirectory)
	if g.fresh = done.RowsAffected > 0; done.Error != nil || !g.fresh {
		return g, done.Error
	}
	return g, TouchPerson(tx, g.ID) // a colleague is no candidate from outside
}

// belongsHere reports whether a person has taken a role or has a membership at the company.
func belongsHere(tx *gorm.DB, person, company uuid.UUID) (bool, error) {
	var here bool
	return here, tx.Raw(`SELECT EXISTS (SELECT 1 FROM role_grants WHERE person_id = @p AND company_id = @c AND accepted_at IS NOT NULL)
		OR EXISTS (SELECT 1 FROM memberships WHERE person_id = @p AND company_id = @c)`, map[string]any{"p": person, "c": company}).Scan(&here).Error
}

func roleNames(roles []Role) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return strings.Join(names, ", ")
}

// Revoke takes a role away; ErrLastAdministrator keeps a company from being left without one.
func (s *Service) Revoke(ctx context.Context, who Actor, company, person uuid.UUID, role Role) error {
	if err := who.May(Administer, company); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		if _, err := lockCompany(tx, company); err != nil { // two who revoke each other take turns
			return err
		}
		if err := mayGive(tx, who, company, role); err != nil {
			return err
		}
		var followed bool
		if err := tx.Raw("SELECT EXISTS (SELECT 1 FROM role_grants WHERE company_id = ? AND person_id = ? AND role = ? AND by_directory)", company, person, role).Scan(&followed).Error; err != nil {
			return err
		}
		if followed {
			return ErrRoleFromDirectory
		}
		done := tx.Exec("DELETE FROM role_grants WHERE company_id = ? AND person_id = ? AND role = ?", company, person, role)
		if done.Error == nil && done.RowsAffected == 0 {
			return ErrNotFound
		}
		if done.Error != nil {
			return done.Error
		}
		if err := TouchPerson(tx, person); err != nil {
			return err
		}
		if err := keepsAdministrator(tx, company); err != nil {
			return err
		}
		return Audit(tx, who, company, "role.revoke", "person:"+person.String(), map[string]any{"role": role})
	})
}

// keepsAdministrator refuses what would leave a company without anybody to run it.
func keepsAdministrator(tx *gorm.DB, company uuid.UUID) error {
	var kept bool
	err := tx.Raw("SELECT EXISTS (SELECT 1 FROM role_grants WHERE company_id = ? AND role = 'administrator' AND accepted_at IS NOT NULL)", company).Scan(&kept).Error
	if err == nil && !kept {
		return ErrLastAdministrator
	}
	return err
}
