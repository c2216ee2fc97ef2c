package market

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// What can go wrong on the way in.
var (
	ErrSignIn = problem.Define(problem.Unauthenticated, "sign_in_failed",
		"The address and the password do not belong together. Try again, or ask for a link by mail.",
		"メールアドレスとパスワードの組み合わせが正しくありません。もう一度お試しになるか、メールでリンクをお受け取りください。")
	ErrNobody = problem.Define(problem.Unauthenticated, "not_signed_in",
		"Sign in first.", "先にサインインしてください。")
)

// Address is an e-mail address the way it is stored and compared: trimmed and in lower case.
func Address(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// SignIn finds the actor behind an address and a password, or ErrSignIn. It takes as long for an address that nobody
// has. The caller limits how often it is tried. Somebody with an authenticator gets ErrCodeNeeded, whose ticket goes on
// to [Service.SignInByCode].
func (s *Service) SignIn(ctx context.Context, email, password string) (Actor, error) {
	var p Person
	err := s.db.Gorm(ctx).Where("email = ?", Address(email)).Limit(1).Find(&p).Error
	if err != nil {
		return Actor{}, err
	}
	ok, err := s.vault.matches(password, p.PasswordHash)
	if err != nil {
		return Actor{}, err
	}
	if !ok {
		return Actor{}, ErrSignIn
	}
	var asks error // kept apart: the ticket must be committed
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		needs, err := needsCode(tx, p.ID)
		if err != nil {
			return err
		}
		if !needs {
			return s.arrive(tx, p.ID)
		}
		asks, err = s.askForCode(tx, p.ID)
		return err
	})
	if err = cmp.Or(err, asks); err != nil {
		return Actor{}, err
	}
	return s.visitor(ctx, p.ID, nil)
}

// visitor is who came in: by their own means, or through a company's provider. Whom the provider's company knows no more is
// nobody.
func (s *Service) visitor(ctx context.Context, person uuid.UUID, through *uuid.UUID) (Actor, error) {
	who, err := s.ActorOf(ctx, person)
	if err != nil || through == nil {
		return who.byThemselves(), err
	}
	if who = who.through(*through); len(who.Grants) == 0 {
		return Actor{}, ErrNobody
	}
	return who, nil
}

// arrive notes the first time that a person came in, for themselves and for every company they belong to.
func (s *Service) arrive(tx *gorm.DB, person uuid.UUID) error {
	now := s.clock.Now()
	if err := tx.Exec("UPDATE people SET first_sign_in_at = ? WHERE id = ? AND first_sign_in_at IS NULL", now, person).Error; err != nil {
		return err
	}
	return tx.Exec("UPDATE memberships SET joined_at = ? WHERE person_id = ? AND joined_at IS NULL", now, person).Error
}

// ActorOf reads who somebody is and what they are to which company; ErrNobody when there is no such person.
func (s *Service) ActorOf(ctx context.Context, person uuid.UUID) (Actor, error) {
	g := s.db.Gorm(ctx)
	var p Person
	if err := g.Where("id = ?", person).Limit(1).Find(&p).Error; err != nil {
		return Actor{}, err
	}
	if p.ID == uuid.Nil {
		return Actor{}, ErrNobody
	}
	grants, err := s.grants(g, person)
	return Actor{PersonID: p.ID, Email: p.address(), Name: p.Name(), Language: problem.Language(p.Language), Grants: grants}, err
}

// grants lists the roles that a person took, and those that follow from memberships: staff while a stint lasts in
// the company's own day, alumnus from the day after the last one ended, outsider where there never was one.
func (s *Service) grants(g *gorm.DB, person uuid.UUID) ([]Grant, error) {
	var rows []struct {
		CompanyID, MembershipID uuid.UUID
		Role                    Role
		Name                    string
		Permissions             pq.StringArray `gorm:"type:text[]"`
		Guarded                 bool
	}
	err := g.Raw(`
		WITH guarding AS (SELECT i.company_id FROM people p JOIN company_domains d ON d.domain = split_part(p.email, '@', 2) AND d.proved_at IS NOT NULL
			JOIN identity_providers i ON i.company_id = d.company_id AND i.state = 'required' WHERE p.id = @person)
		SELECT g.*, g.company_id IN (SELECT company_id FROM guarding) AS guarded FROM (
		SELECT g.company_id, g.role, coalesce(c.name, '') AS name, c.permissions, NULL::uuid AS membership_id
		FROM role_grants g LEFT JOIN custom_roles c ON c.id = g.custom_id WHERE g.person_id = @person AND g.accepted_at IS NOT NULL
		UNION ALL
		SELECT m.company_id, CASE WHEN bool_and(coalesce(st.left_on < (CAST(@now AS timestamptz) AT TIME ZONE c.time_zone)::date, false))
			THEN 'alumnus' ELSE 'staff' END, '', NULL, m.id
		FROM memberships m JOIN stints st ON st.membership_id = m.id JOIN companies c ON c.id = m.company_id
		WHERE m.person_id = @person GROUP BY m.id
		UNION ALL
		SELECT company_id, 'outsider', '', NULL, id FROM memberships WHERE person_id = @person AND outside) g
		ORDER BY company_id, role`, map[string]any{"person": person, "now": s.clock.Now()}).Scan(&rows).Error
	list := make([]Grant, len(rows))
	for i, r := range rows {
		list[i] = Grant{CompanyID: r.CompanyID, Role: r.Role, Name: r.Name, Allows: actions(r.Permissions), MembershipID: r.MembershipID, Guarded: r.Guarded}
	}
	return list, err
}

// SetPassword replaces the actor's password. Whoever has one must know it; whoever came in by a link and has none
// need not. Every other browser is signed out.
func (s *Service) SetPassword(ctx context.Context, who Actor, old, password string) error {
	if err := checkPassword(password, who.Email); err != nil {
		return err
	}
	var p Person
	if err := one(s.db.Gorm(ctx).Where("id = ?", who.PersonID).Take(&p)); err != nil {
		return err
	}
	if p.PasswordHash != "" {
		ok, err := s.vault.matches(old, p.PasswordHash)
		if err != nil {
			return err
		}
		if !ok {
			return ErrSignIn.On("old_password")
		}
	}
	hash, err := s.vault.hash(password)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error { return storePassword(tx, p.ID, hash, who.Session, s.clock.Now()) })
}

// storePassword also ends the person's sessions but the one that is kept, and spends the links that are still out: all
// of them came about under the old password.
func storePassword(tx *gorm.DB, person uuid.UUID, hash string, kept uuid.UUID, now time.Time) error {
	if err := tx.Exec("UPDATE people SET password_hash = ? WHERE id = ?", hash, person).Error; err != nil {
		return err
	}
	if _, err := endSessions(tx, person, kept, now); err != nil {
		return err
	}
	return tx.Exec("UPDATE one_time_links SET used_at = ? WHERE person_id = ? AND purpose = 'sign_in' AND used_at IS NULL", now, person).Error
}
