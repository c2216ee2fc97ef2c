package market

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/idp"
	"homecoming/internal/problem"
)

// What can go wrong on the way through a company's provider.
var (
	ErrThroughProvider = problem.Define(problem.Forbidden, "company_sign_in_needed",
		"Your company wants its own people to come in by its own sign-in. Sign out, and choose “Sign in with my company”.",
		"会社の設定により、会社のアカウントでのサインインが必要です。サインアウトして「会社のアカウントでサインイン」を選んでください。")
	ErrOwnMeans = problem.Define(problem.Forbidden, "own_sign_in_needed",
		"You came in by your company's sign-in, which does not open what is your own. Sign in by password, passkey or a link by mail for this.",
		"会社のアカウントでサインインしているため、ご自身の情報は開けません。パスワード・パスキー・メールのリンクでサインインし直してください。")
	ErrNoCompanySignIn = problem.Define(problem.Invalid, "no_company_sign_in",
		"No company has set up its own sign-in for this address. Use your password, or ask for a link by mail.",
		"このメールアドレスの会社サインインは設定されていません。パスワードまたはメールのリンクをご利用ください。")
	ErrVisit = problem.Define(problem.Unauthenticated, "provider_visit_over",
		"This way in took too long, was used before, or began in another browser. Begin again.",
		"時間切れか、使用済みか、別のブラウザーで始めた手続きです。最初からやり直してください。")
	ErrTurnedAway = problem.Define(problem.Unauthenticated, "provider_turned_away",
		"{host} did not let you in ({reason}). Try again, or ask whoever runs your company's accounts.",
		"{host}でサインインできませんでした（{reason}）。もう一度お試しになるか、アカウントの管理者にお問い合わせください。")
	ErrUnverified = problem.Define(problem.Unauthenticated, "provider_mail_unverified",
		"{host} does not say that your address was verified. Come in by a link by mail once, and connect your company account under “Sign-in”.",
		"{host}がメールアドレスを確認済みとしていません。一度メールのリンクでサインインし、「サインイン」画面で会社のアカウントを連携してください。")
	ErrStrange = problem.Define(problem.Unauthenticated, "provider_stranger",
		"{host} knows you, and you have no role at this company here. Ask the company's administrator for one.",
		"{host}での確認はできましたが、この会社での権限がありません。会社の管理者にご依頼ください。")
	ErrOtherSubject = problem.Define(problem.Conflict, "provider_other_account",
		"This person is connected with another account at {host}. An administrator can part the two in the settings.",
		"この方は{host}の別のアカウントと連携済みです。管理者が設定画面で連携を解除できます。")
)

const visitLives = 10 * time.Minute

// visitPurpose is why a browser was sent to a provider.
type visitPurpose string

const (
	visitSignIn visitPurpose = "sign_in"
	visitTest   visitPurpose = "test"
	visitLink   visitPurpose = "link"
)

// providerVisit is a browser that was sent to a provider, as it is kept.
type providerVisit struct {
	State     []byte
	Browser   []byte
	CompanyID uuid.UUID
	Version   int
	Purpose   visitPurpose
	PersonID  *uuid.UUID
	Nonce     string
	Verifier  string
	Path      string
	ExpiresAt time.Time
}

// TableName is where visits are kept.
func (providerVisit) TableName() string { return "provider_visits" }

// A Departure sends a browser to a provider. Browser is for it to keep, so that nobody else's comes back in its place.
type Departure struct {
	URL     string
	Host    string
	Browser string
}

// A Return is what a browser brings back from a provider.
type Return struct {
	State, Code string
	Issuer      string // who says it sent the browser back (RFC 9207); may be empty
	Refusal     string // an error code of OAuth, instead of a code
	Browser     string // what the browser kept
	Who         Actor  // who is signed in there, if anybody
}

// An Arrival is what came of it.
type Arrival struct {
	Actor    Actor        // who comes in; the zero Actor after a test or a link
	Path     string       // where to go on
	Tested   bool         // it was a test, whether or not it went well
	Identity idp.Identity // whom the provider vouched for
	Known    string       // after a test: the name of whom this lets in; empty for nobody
}

// BeginThrough sends a browser to the provider of the company that proved the domain of an address. It returns
// ErrNoCompanySignIn where there is none. The caller limits how often it is asked.
func (s *Service) BeginThrough(ctx context.Context, email, path string) (Departure, error) {
	email = Address(email)
	_, domain, _ := strings.Cut(email, "@")
	var p IdentityProvider
	err := s.db.Gorm(ctx).Where("state <> 'off' AND company_id = (SELECT company_id FROM company_domains WHERE domain = ? AND proved_at IS NOT NULL)", domain).Limit(1).Find(&p).Error
	if err != nil {
		return Departure{}, err
	}
	if p.Version == 0 {
		return Departure{}, ErrNoCompanySignIn.On("email")
	}
	return s.depart(ctx, p, providerVisit{Purpose: visitSignIn, Path: localPath(path)}, email)
}

// TestProvider sends an administrator through their company's provider; when they come back, it counts as tested.
func (s *Service) TestProvider(ctx context.Context, who Actor, company uuid.UUID) (Departure, error) {
	p, err := s.Provider(ctx, who, company)
	if err != nil {
		return Departure{}, err
	}
	if p.Version == 0 {
		return Departure{}, ErrNotFound
	}
	return s.depart(ctx, p, providerVisit{Purpose: visitTest, PersonID: &who.PersonID, Path: "/settings/signin"}, "")
}

// LinkAccount sends somebody who came in by their own means through a company's provider; when they come back, the account
// there is theirs, whatever the provider says of its address. They need a role at the company, which may wait for this.
func (s *Service) LinkAccount(ctx context.Context, who Actor, company uuid.UUID) (Departure, error) {
	all, err := s.ActorOf(ctx, who.Self())
	if err != nil {
		return Departure{}, err
	}
	if len(all.through(company).Grants) == 0 {
		return Departure{}, ErrNotFound
	}
	var p IdentityProvider
	if err := one(s.db.Gorm(ctx).Where("company_id = ? AND state <> 'off'", company).Take(&p)); err != nil {
		return Departure{}, err
	}
	return s.depart(ctx, p, providerVisit{Purpose: visitLink, PersonID: &who.PersonID, Path: "/security"}, "")
}

// depart asks the provider for its endpoints, outside of any transaction, and notes who left.
func (s *Service) depart(ctx context.Context, p IdentityProvider, v providerVisit, hint string) (Departure, error) {
	if s.idp == nil {
		return Departure{}, ErrNoSignInHere
	}
	r, err := s.registration(p)
	if err != nil {
		return Departure{}, err
	}
	state, stateHash := secret("")
	browser, browserHash := secret("")
	nonce, _ := secret("")
	ticket := idp.NewTicket(state, nonce)
	address, err := s.idp.Begin(ctx, r, ticket, hint)
	if err != nil {
		return Departure{}, err
	}
	v.State, v.Browser, v.CompanyID, v.Version, v.Nonce, v.Verifier = stateHash, browserHash, p.CompanyID, p.Version, nonce, ticket.Verifier
	v.ExpiresAt = s.clock.Now().Add(visitLives)
	return Departure{URL: address, Host: idp.Host(p.Issuer), Browser: browser}, s.db.Gorm(ctx).Create(&v).Error
}

// ArriveThrough ends what one of the three began, once. The provider is asked outside of any transaction.
func (s *Service) ArriveThrough(ctx context.Context, r Return) (Arrival, error) {
	v, p, err := s.visitOf(ctx, r)
	if err != nil {
		return Arrival{}, err
	}
	a := Arrival{Path: v.Path, Tested: v.Purpose == visitTest}
	if a.Identity, err = s.vouchedFor(ctx, r, v, p); err != nil {
		return a, err
	}
	switch v.Purpose {
	case visitTest:
		err = s.passTest(ctx, r.Who, p, &a)
	case visitLink:
		err = s.db.Tx(ctx, func(tx *gorm.DB) error { return s.linkSubject(tx, p, a.Identity, r.Who.PersonID) })
	default:
		a.Actor, err = s.comeIn(ctx, p, a.Identity)
	}
	if refusal := asProblem(err); refusal != nil {
		err = refusal.With("host", idp.Host(p.Issuer))
	}
	return a, err
}

// vouchedFor asks the provider whom it sent back.
func (s *Service) vouchedFor(ctx context.Context, r Return, v providerVisit, p IdentityProvider) (idp.Identity, error) {
	host := idp.Host(p.Issuer)
	if r.Refusal != "" || r.Code == "" {
		return idp.Identity{}, ErrTurnedAway.With("host", host).With("reason", or(idp.Word(r.Refusal), "error"))
	}
	if r.Issuer != "" && r.Issuer != p.Issuer {
		return idp.Identity{}, idp.ErrVouch.With("host", host).With("reason", "iss")
	}
	registration, err := s.registration(p)
	if err != nil {
		return idp.Identity{}, err
	}
	return s.idp.Finish(ctx, registration, idp.Ticket{State: r.State, Nonce: v.Nonce, Verifier: v.Verifier}, r.Code)
}

// visitOf takes the visit out that a browser comes back from, with the provider as it was when it left.
func (s *Service) visitOf(ctx context.Context, r Return) (v providerVisit, p IdentityProvider, err error) {
	if s.idp == nil {
		return v, p, ErrNoSignInHere
	}
	var rows []providerVisit
	err = s.db.Gorm(ctx).Raw("DELETE FROM provider_visits WHERE state = ? AND browser = ? AND expires_at > ? RETURNING *", hashed(r.State), hashed(r.Browser), s.clock.Now()).Scan(&rows).Error
	if err != nil {
		return v, p, err
	}
	if len(rows) == 0 || rows[0].PersonID != nil && *rows[0].PersonID != r.Who.PersonID {
		return v, p, ErrVisit
	}
	v = rows[0]
	if err := s.db.Gorm(ctx).Where("company_id = ?", v.CompanyID).Limit(1).Find(&p).Error; err != nil {
		return v, p, err
	}
	if p.Version != v.Version || p.State == ProviderOff && v.Purpose != visitTest {
		return v, p, ErrVisit // changed or switched off meanwhile
	}
	return v, p, nil
}

// passTest notes that an administrator came all the way through, and says whom the provider would let in.
func (s *Service) passTest(ctx context.Context, who Actor, p IdentityProvider, a *Arrival) error {
	if err := who.May(Administer, p.CompanyID); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("UPDATE identity_providers SET tested_at = ? WHERE company_id = ? AND version = ?", s.clock.Now(), p.CompanyID, p.Version)
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected == 0 {
			return ErrStaleVersion
		}
		person, err := s.whose(tx, p, a.Identity)
		if err != nil && asProblem(err) == nil {
			return err
		}
		if err == nil {
			var known Person
			if err := one(tx.Where("id = ?", person).Take(&known)); err != nil {
				return err
			}
			a.Known = known.Name()
		}
		return Audit(tx, who, p.CompanyID, "provider.test", "company:"+p.CompanyID.String(), map[string]any{"issuer": p.Issuer})
	})
}

// comeIn finds who somebody is for whom the provider vouches, and links them for the next time.
func (s *Service) comeIn(ctx context.Context, p IdentityProvider, i idp.Identity) (Actor, error) {
	var person uuid.UUID
	err := s.db.Tx(ctx, func(tx *gorm.DB) (err error) {
		if person, err = s.whose(tx, p, i); err != nil {
			return err
		}
		if err := s.linkSubject(tx, p, i, person); err != nil {
			return err
		}
		now := s.clock.Now()
		if err := tx.Exec("UPDATE people SET first_sign_in_at = ? WHERE id = ? AND first_sign_in_at IS NULL", now, person).Error; err != nil {
			return err
		}
		return tx.Exec("UPDATE memberships SET joined_at = ? WHERE person_id = ? AND company_id = ? AND joined_at IS NULL", now, person, p.CompanyID).Error
	})
	if err != nil {
		return Actor{}, err
	}
	who, err := s.visitor(ctx, person, &p.CompanyID)
	if errors.Is(err, ErrNobody) {
		return who, ErrStrange
	}
	return who, err
}

// whose finds the person behind a provider's subject: whom it was linked with before, or whose verified address it has at a
// domain that the company proved. Nobody is made, and nobody is taken who is not one of the company's own people.
func (s *Service) whose(tx *gorm.DB, p IdentityProvider, i idp.Identity) (uuid.UUID, error) {
	var found []uuid.UUID
	if err := tx.Raw("SELECT person_id FROM provider_subjects WHERE company_id = ? AND issuer = ? AND subject = ?", p.CompanyID, p.Issuer, i.Subject).Scan(&found).Error; err != nil {
		return uuid.Nil, err
	}
	if len(found) == 0 {
		if !i.EmailVerified {
			return uuid.Nil, ErrUnverified
		}
		_, domain, _ := strings.Cut(i.Email, "@")
		err := tx.Raw(`SELECT id FROM people WHERE email = ? AND EXISTS (SELECT 1 FROM company_domains WHERE company_id = ? AND domain = ? AND proved_at IS NOT NULL)`,
			i.Email, p.CompanyID, domain).Scan(&found).Error
		if err != nil {
			return uuid.Nil, err
		}
	}
	if len(found) == 0 {
		return uuid.Nil, ErrStrange
	}
	grants, err := s.grants(tx, found[0])
	if err != nil {
		return uuid.Nil, err
	}
	if len((Actor{Grants: grants}).through(p.CompanyID).Grants) == 0 {
		return uuid.Nil, ErrStrange
	}
	return found[0], nil
}

// linkSubject keeps whom a subject is, or notes that it was used. A person has one subject of an issuer: an address that was
// given to somebody new does not make them whoever had it before.
func (s *Service) linkSubject(tx *gorm.DB, p IdentityProvider, i idp.Identity, person uuid.UUID) error {
	var there []struct {
		PersonID uuid.UUID
		Subject  string
	}
	err := tx.Table("provider_subjects").Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("company_id = ? AND issuer = ? AND (subject = ? OR person_id = ?)",
		p.CompanyID, p.Issuer, i.Subject, person).Find(&there).Error
	if err != nil {
		return err
	}
	for _, t := range there {
		if t.PersonID != person || subtle.ConstantTimeCompare([]byte(t.Subject), []byte(i.Subject)) != 1 {
			return ErrOtherSubject
		}
	}
	now := s.clock.Now()
	if len(there) > 0 {
		return tx.Exec("UPDATE provider_subjects SET used_at = ? WHERE company_id = ? AND issuer = ? AND subject = ?", now, p.CompanyID, p.Issuer, i.Subject).Error
	}
	err = tx.Exec("INSERT INTO provider_subjects (company_id, issuer, subject, person_id, email, linked_at, used_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
		p.CompanyID, p.Issuer, i.Subject, person, i.Email, now, now).Error
	if err != nil {
		return refused(err, map[string]*problem.Error{"subject_of_person": ErrOtherSubject, "provider_subjects_pkey": ErrOtherSubject})
	}
	return Audit(tx, Actor{PersonID: person}, p.CompanyID, "provider.link", "person:"+person.String(), map[string]any{"issuer": p.Issuer, "email": i.Email})
}

// A LinkedAccount is somebody's account at a company's provider.
type LinkedAccount struct {
	CompanyID   uuid.UUID
	CompanyName string
	PersonID    uuid.UUID
	Name        string
	Issuer      string
	Email       string // as the provider said
	UsedAt      time.Time
	Linked      bool // false: the company has a provider and the person no account there yet
}

const linkedAccounts = `SELECT i.company_id, c.name AS company_name, p.id AS person_id, name_of(p) AS name, i.issuer, coalesce(u.email, '') AS email,
	coalesce(u.used_at, i.edited_at) AS used_at, u.subject IS NOT NULL AS linked
	FROM identity_providers i JOIN companies c ON c.id = i.company_id`

// LinkedPeople lists who is connected with the company's provider, by name, for its administrators.
func (s *Service) LinkedPeople(ctx context.Context, who Actor, company uuid.UUID) ([]LinkedAccount, error) {
	if err := who.May(Administer, company); err != nil {
		return nil, err
	}
	var list []LinkedAccount
	return list, s.db.Gorm(ctx).Raw(linkedAccounts+` JOIN provider_subjects u ON u.company_id = i.company_id AND u.issuer = i.issuer JOIN people p ON p.id = u.person_id
		WHERE i.company_id = ? ORDER BY p.family_kana, p.family_name, p.given_name, p.id`, company).Scan(&list).Error
}

// MyAccounts lists the companies of the actor's that have a provider in use, and whether the actor has an account there.
func (s *Service) MyAccounts(ctx context.Context, who Actor) ([]LinkedAccount, error) {
	all, err := s.ActorOf(ctx, who.PersonID)
	if err != nil {
		return nil, err
	}
	var own []uuid.UUID
	for _, g := range all.Grants {
		if !g.theirs() {
			own = append(own, g.CompanyID)
		}
	}
	var list []LinkedAccount
	return list, s.db.Gorm(ctx).Raw(linkedAccounts+` JOIN people p ON p.id = @person LEFT JOIN provider_subjects u ON u.company_id = i.company_id AND u.issuer = i.issuer AND u.person_id = p.id
		WHERE i.state <> 'off' AND i.company_id IN @companies ORDER BY c.name`, map[string]any{"person": who.PersonID, "companies": orNone(own)}).Scan(&list).Error
}

// Unlink parts a person from their account at a company's provider, and ends the sessions that it began. People do so for
// themselves, a company's administrators for whoever is linked there.
func (s *Service) Unlink(ctx context.Context, who Actor, company, person uuid.UUID) error {
	if person != who.Self() {
		if err := who.May(Administer, company); err != nil {
			return err
		}
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("DELETE FROM provider_subjects WHERE company_id = ? AND person_id = ?", company, person)
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected == 0 {
			return ErrNotFound
		}
		err := tx.Exec("UPDATE person_sessions SET ended_at = ? WHERE company_id = ? AND person_id = ? AND ended_at IS NULL", s.clock.Now(), company, person).Error
		if err != nil {
			return err
		}
		return Audit(tx, who, company, "provider.unlink", "person:"+person.String(), nil)
	})
}
