package market

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/idp"
	"homecoming/internal/problem"
)

// An IdentityProvider is where the staff of one company prove who they are, by OpenID Connect. It lets people into that
// company alone, whatever else they are elsewhere.
type IdentityProvider struct {
	CompanyID uuid.UUID `gorm:"primaryKey"`
	Issuer    string    // its address, exactly as it writes it
	ClientID  string
	Secret    []byte     `json:"-"` // sealed
	Version   int        // raised by each change
	TestedAt  *time.Time // when somebody came all the way through it as it is now
	State     ProviderState
	EditedBy  uuid.UUID
	EditedAt  time.Time
}

// ProviderState is how far a provider is in use.
type ProviderState string

// The states of a provider.
const (
	ProviderOff      ProviderState = "off"      // set up, and lets nobody in
	ProviderOn       ProviderState = "on"       // one more way in
	ProviderRequired ProviderState = "required" // the only way for staff of the proved domains, administrators spared
)

// ProviderStates are all of them.
var ProviderStates = []ProviderState{ProviderOff, ProviderOn, ProviderRequired}

// What can be wrong with a company's provider.
var (
	ErrProviderUntested = problem.Define(problem.Conflict, "provider_untested",
		"Test the connection first: go through the provider yourself, once.",
		"先に接続テストを行ってください（一度ご自身でプロバイダーにサインインします）。")
	ErrNoProvedDomain = problem.Define(problem.Conflict, "no_proved_domain",
		"Prove a domain of your e-mail addresses first: people find the way in by it.",
		"先にメールアドレスのドメインを確認してください。サインイン画面での案内に使われます。")
	ErrNoSignInHere = problem.Define(problem.Conflict, "no_company_sign_in_here",
		"This installation cannot send people to providers. Its operator must set HOMECOMING_URL.",
		"この環境では外部プロバイダーを利用できません。運用担当者が HOMECOMING_URL を設定する必要があります。")
)

// ReturnPath is where providers send browsers back to.
const ReturnPath = "/signin/provider"

// WithProviders lets companies have identity providers; browsers come back to this address of ours.
func WithProviders(client *idp.Client, address string) Option {
	return func(s *Service) { s.idp, s.comeBack = client, strings.TrimRight(address, "/")+ReturnPath }
}

// ReturnAddress is what a provider has to be told as redirect address; empty where there can be none.
func (s *Service) ReturnAddress() string { return s.comeBack }

func sealedFor(company uuid.UUID) string { return "identity_provider:" + company.String() }

// registration is what the provider knows us by.
func (s *Service) registration(p IdentityProvider) (idp.Registration, error) {
	secret, err := s.box.Open(p.Secret, sealedFor(p.CompanyID))
	return idp.Registration{Issuer: p.Issuer, ClientID: p.ClientID, Secret: string(secret), Return: s.comeBack}, err
}

// Provider reads a company's provider for its administrators; the zero one where there is none.
func (s *Service) Provider(ctx context.Context, who Actor, company uuid.UUID) (IdentityProvider, error) {
	var p IdentityProvider
	if err := who.May(Administer, company); err != nil {
		return p, err
	}
	return p, s.db.Gorm(ctx).Where("company_id = ?", company).Limit(1).Find(&p).Error
}

// A ProviderEdit is a provider as it was typed. An empty secret keeps the one there is.
type ProviderEdit struct {
	Issuer, ClientID, Secret string
	Seen                     int // the version that was looked at; 0 for none
}

func (e *ProviderEdit) check() error {
	e.Issuer, e.ClientID, e.Secret = strings.TrimSpace(e.Issuer), strings.TrimSpace(e.ClientID), strings.TrimSpace(e.Secret)
	switch {
	case e.Issuer == "":
		return ErrRequired.On("issuer")
	case e.ClientID == "":
		return ErrRequired.On("client_id")
	case len([]rune(e.ClientID)) > maxProviderText:
		return ErrTooLong.On("client_id").With("max", maxProviderText)
	case len([]rune(e.Secret)) > 4*maxProviderText:
		return ErrTooLong.On("client_secret").With("max", 4*maxProviderText)
	}
	return nil
}

const maxProviderText = 500

// SaveProvider sets a company's provider up or changes it. The provider is asked for its endpoints first, outside of any
// transaction. A change switches it off until it was tested anew, and ends the sessions that it began.
func (s *Service) SaveProvider(ctx context.Context, who Actor, company uuid.UUID, e ProviderEdit) (IdentityProvider, error) {
	if err := who.May(Administer, company); err != nil {
		return IdentityProvider{}, err
	}
	if s.idp == nil {
		return IdentityProvider{}, ErrNoSignInHere
	}
	if err := e.check(); err != nil {
		return IdentityProvider{}, err
	}
	if err := s.idp.Check(ctx, idp.Registration{Issuer: e.Issuer}); err != nil {
		if p := asProblem(err); p != nil {
			err = p.On("issuer")
		}
		return IdentityProvider{}, err
	}
	var p IdentityProvider
	err := s.db.Tx(ctx, func(tx *gorm.DB) (err error) {
		if p, err = lockProvider(tx, company); err != nil {
			return err
		}
		if p.Version != e.Seen {
			return ErrStaleVersion.On("version")
		}
		if e.Secret == "" && p.Version == 0 {
			return ErrRequired.On("client_secret")
		}
		if e.Secret != "" {
			if p.Secret, err = s.box.Seal([]byte(e.Secret), sealedFor(company)); err != nil {
				return err
			}
		}
		p = IdentityProvider{CompanyID: company, Issuer: e.Issuer, ClientID: e.ClientID, Secret: p.Secret, Version: p.Version + 1,
			State: ProviderOff, EditedBy: who.PersonID, EditedAt: s.clock.Now()}
		if err := tx.Save(&p).Error; err != nil {
			return err
		}
		if err := endSessionsThrough(tx, company, s.clock.Now()); err != nil {
			return err
		}
		return Audit(tx, who, company, "provider.edit", "company:"+company.String(),
			map[string]any{"issuer": p.Issuer, "client_id": p.ClientID, "secret_changed": e.Secret != ""})
	})
	return p, err
}

// lockProvider reads a company's provider so that changes take turns; the zero one where there is none.
func lockProvider(tx *gorm.DB, company uuid.UUID) (IdentityProvider, error) {
	var p IdentityProvider
	if _, err := lockCompany(tx, company); err != nil {
		return p, err
	}
	return p, tx.Where("company_id = ?", company).Limit(1).Find(&p).Error
}

// SwitchProvider changes how far a company's provider is in use. seen is the version that was looked at. Switching it off ends
// the sessions that it began.
func (s *Service) SwitchProvider(ctx context.Context, who Actor, company uuid.UUID, seen int, to ProviderState) (IdentityProvider, error) {
	if err := who.May(Administer, company); err != nil {
		return IdentityProvider{}, err
	}
	var p IdentityProvider
	err := s.db.Tx(ctx, func(tx *gorm.DB) (err error) {
		if p, err = lockProvider(tx, company); err != nil {
			return err
		}
		if p.Version == 0 {
			return ErrNotFound
		}
		if p.Version != seen {
			return ErrStaleVersion.On("version")
		}
		var proved int64
		if err := tx.Table("company_domains").Where("company_id = ? AND proved_at IS NOT NULL", company).Count(&proved).Error; err != nil {
			return err
		}
		if err := p.turn(to, int(proved)); err != nil {
			return err
		}
		if err := tx.Model(&p).Where("company_id = ?", company).Update("state", to).Error; err != nil {
			return err
		}
		if to == ProviderOff {
			if err := endSessionsThrough(tx, company, s.clock.Now()); err != nil {
				return err
			}
		}
		return Audit(tx, who, company, "provider.switch", "company:"+company.String(), map[string]any{"state": to})
	})
	return p, err
}

// turn changes the state as far as what is known allows: nothing is in use that nobody has been through, and nobody is sent to
// a provider without a domain by which they would find it.
func (p *IdentityProvider) turn(to ProviderState, provedDomains int) error {
	switch {
	case to == ProviderOff:
	case to != ProviderOn && to != ProviderRequired:
		return ErrNotOneOf.On("state").With("value", to).With("allowed", strings.Join(texts(ProviderStates), ", "))
	case p.TestedAt == nil:
		return ErrProviderUntested
	case provedDomains == 0:
		return ErrNoProvedDomain
	}
	p.State = to
	return nil
}

// RemoveProvider takes a company's provider away, and ends the sessions that it began.
func (s *Service) RemoveProvider(ctx context.Context, who Actor, company uuid.UUID) error {
	if err := who.May(Administer, company); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		p, err := lockProvider(tx, company)
		if err != nil {
			return err
		}
		if p.Version == 0 {
			return ErrNotFound
		}
		if err := tx.Exec("DELETE FROM identity_providers WHERE company_id = ?", company).Error; err != nil {
			return err
		}
		if err := endSessionsThrough(tx, company, s.clock.Now()); err != nil {
			return err
		}
		return Audit(tx, who, company, "provider.remove", "company:"+company.String(), map[string]any{"issuer": p.Issuer})
	})
}

func endSessionsThrough(tx *gorm.DB, company uuid.UUID, now time.Time) error {
	return tx.Exec("UPDATE person_sessions SET ended_at = ? WHERE company_id = ? AND ended_at IS NULL", now, company).Error
}
