package market

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// What can be wrong with a passkey.
var (
	ErrPasskey = problem.Define(problem.Unauthenticated, "passkey_refused",
		"This passkey could not be checked. Try again, or sign in another way.",
		"パスキーを確認できませんでした。もう一度お試しになるか、別の方法でサインインしてください。")
	ErrNoPasskeys = problem.Define(problem.Conflict, "no_passkeys",
		"Passkeys need an address with a name, over HTTPS. The operator sets it by HOMECOMING_URL.",
		"パスキーを使うには、HTTPSのドメイン名でアクセスする必要があります（HOMECOMING_URL で設定します）。")
	ErrTooManyPasskeys = problem.Define(problem.Conflict, "too_many_passkeys",
		"You have {max} passkeys. Remove one that you do not use first.",
		"パスキーは{max}個まで登録できます。使っていないものを削除してください。")
)

const (
	challengeLives = 5 * time.Minute
	maxPasskeys    = 20
)

// A Passkey is one key of somebody's. The credential is its public half.
type Passkey struct {
	ID         []byte
	PersonID   uuid.UUID
	Name       string
	Credential json.RawMessage `gorm:"type:jsonb"`
	CreatedAt  time.Time
	LastUsedAt *time.Time
}

// A Challenge is what a browser answers with a passkey. Options is the argument of navigator.credentials, as JSON.
type Challenge struct {
	ID      uuid.UUID
	Options json.RawMessage
}

type challenge struct {
	ID        uuid.UUID
	PersonID  *uuid.UUID
	Data      json.RawMessage `gorm:"type:jsonb"`
	ExpiresAt time.Time
}

// TableName is where challenges wait for their answers.
func (challenge) TableName() string { return "passkey_challenges" }

// WithAddress says where browsers reach the program, which signed records name, and lets people use passkeys there. A
// browser takes none at an address without a name, so there they are refused with ErrNoPasskeys.
func WithAddress(address string) Option {
	return func(s *Service) { s.home, s.passkeys = strings.TrimRight(address, "/"), passkeysAt(address) }
}

// passkeysAt is nil where browsers take no passkeys.
func passkeysAt(address string) *webauthn.WebAuthn {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Hostname() != "localhost" {
		return nil
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return nil
	}
	w, err := webauthn.New(&webauthn.Config{RPID: u.Hostname(), RPDisplayName: "Homecoming", RPOrigins: []string{u.Scheme + "://" + u.Host},
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired}})
	if err != nil {
		return nil
	}
	return w
}

// HavePasskeys reports whether passkeys can be used here.
func (s *Service) HavePasskeys() bool { return s.passkeys != nil }

// keyholder is a person as the library sees one.
type keyholder struct {
	person Person
	keys   []webauthn.Credential
}

func (k keyholder) WebAuthnID() []byte                         { return k.person.ID[:] }
func (k keyholder) WebAuthnName() string                       { return k.person.address() }
func (k keyholder) WebAuthnDisplayName() string                { return k.person.Name() }
func (k keyholder) WebAuthnCredentials() []webauthn.Credential { return k.keys }

func keyholderOf(g *gorm.DB, person uuid.UUID) (k keyholder, err error) {
	if err := one(g.Where("id = ?", person).Take(&k.person)); err != nil {
		return k, err
	}
	var list []Passkey
	if err := g.Where("person_id = ?", person).Order("created_at").Find(&list).Error; err != nil {
		return k, err
	}
	for _, p := range list {
		var c webauthn.Credential
		if err := json.Unmarshal(p.Credential, &c); err != nil {
			return k, err
		}
		k.keys = append(k.keys, c)
	}
	return k, nil
}

// Passkeys lists the actor's passkeys, the oldest first.
func (s *Service) Passkeys(ctx context.Context, who Actor) ([]Passkey, error) {
	var list []Passkey
	return list, s.db.Gorm(ctx).Where("person_id = ?", who.PersonID).Order("created_at").Find(&list).Error
}

// BeginPasskey asks the actor's browser to make a passkey; [Service.AddPasskey] takes the answer within five minutes.
func (s *Service) BeginPasskey(ctx context.Context, who Actor) (Challenge, error) {
	if !s.HavePasskeys() {
		return Challenge{}, ErrNoPasskeys
	}
	holder, err := keyholderOf(s.db.Gorm(ctx), who.PersonID)
	if err != nil {
		return Challenge{}, err
	}
	if len(holder.keys) >= maxPasskeys {
		return Challenge{}, ErrTooManyPasskeys.With("max", maxPasskeys)
	}
	options, data, err := s.passkeys.BeginRegistration(holder, webauthn.WithExclusions(webauthn.Credentials(holder.keys).CredentialDescriptors()))
	if err != nil {
		return Challenge{}, err
	}
	return s.challenge(ctx, &who.PersonID, options, data)
}

// AddPasskey takes the browser's answer to a challenge and keeps the passkey under a name.
func (s *Service) AddPasskey(ctx context.Context, who Actor, id uuid.UUID, name string, answer []byte) error {
	if name = strings.TrimSpace(name); name == "" {
		return ErrRequired.On("name")
	}
	if len([]rune(name)) > maxAddress {
		return ErrTooLong.On("name").With("max", maxAddress)
	}
	data, err := s.answered(ctx, id, &who.PersonID)
	if err != nil {
		return err
	}
	holder, err := keyholderOf(s.db.Gorm(ctx), who.PersonID)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return ErrPasskey.Because(err)
	}
	credential, err := s.passkeys.CreateCredential(holder, data, parsed)
	if err != nil {
		return ErrPasskey.Because(err)
	}
	body, err := json.Marshal(credential)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		key := Passkey{ID: credential.ID, PersonID: who.PersonID, Name: name, Credential: body, CreatedAt: s.clock.Now()}
		if err := tx.Create(&key).Error; err != nil {
			return err
		}
		return Audit(tx, who, uuid.Nil, "passkey.add", "person:"+who.PersonID.String(), map[string]any{"name": name})
	})
}

// RemovePasskey takes one of the actor's passkeys out; ErrNotFound for anybody else's.
func (s *Service) RemovePasskey(ctx context.Context, who Actor, id []byte) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("DELETE FROM passkeys WHERE id = ? AND person_id = ?", id, who.PersonID)
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected == 0 {
			return ErrNotFound
		}
		return Audit(tx, who, uuid.Nil, "passkey.remove", "person:"+who.PersonID.String(), nil)
	})
}

// BeginPasskeySignIn asks a browser for any passkey of this place.
func (s *Service) BeginPasskeySignIn(ctx context.Context) (Challenge, error) {
	if !s.HavePasskeys() {
		return Challenge{}, ErrNoPasskeys
	}
	options, data, err := s.passkeys.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Challenge{}, err
	}
	return s.challenge(ctx, nil, options, data)
}

// SignInByPasskey finds the actor whose passkey answered the challenge. A passkey is something one has, opened by
// something one knows or is, so no further code is asked for.
func (s *Service) SignInByPasskey(ctx context.Context, id uuid.UUID, answer []byte) (Actor, error) {
	data, err := s.answered(ctx, id, nil)
	if err != nil {
		return Actor{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return Actor{}, ErrPasskey.Because(err)
	}
	var holder keyholder
	credential, err := s.passkeys.ValidateDiscoverableLogin(func(_, handle []byte) (webauthn.User, error) {
		person, err := uuid.FromBytes(handle)
		if err != nil {
			return nil, err
		}
		holder, err = keyholderOf(s.db.Gorm(ctx), person)
		return holder, err
	}, data, parsed)
	if err != nil {
		return Actor{}, ErrPasskey.Because(err)
	}
	if credential.Authenticator.CloneWarning { // its counter went back: somebody has a copy
		return Actor{}, ErrPasskey
	}
	body, err := json.Marshal(credential)
	if err != nil {
		return Actor{}, err
	}
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		used := tx.Exec("UPDATE passkeys SET credential = ?, last_used_at = ? WHERE id = ?", string(body), s.clock.Now(), credential.ID)
		return errors.Join(used.Error, s.arrive(tx, holder.person.ID))
	})
	if err != nil {
		return Actor{}, err
	}
	return s.visitor(ctx, holder.person.ID, nil)
}

func (s *Service) challenge(ctx context.Context, person *uuid.UUID, options any, data *webauthn.SessionData) (Challenge, error) {
	shown, err := json.Marshal(options)
	if err != nil {
		return Challenge{}, err
	}
	kept, err := json.Marshal(data)
	if err != nil {
		return Challenge{}, err
	}
	c := challenge{ID: newID(), PersonID: person, Data: kept, ExpiresAt: s.clock.Now().Add(challengeLives)}
	return Challenge{c.ID, shown}, s.db.Gorm(ctx).Create(&c).Error
}

// answered takes a challenge out: it can be answered once, in time, and by whom it was made for.
func (s *Service) answered(ctx context.Context, id uuid.UUID, person *uuid.UUID) (data webauthn.SessionData, err error) {
	if !s.HavePasskeys() {
		return data, ErrNoPasskeys
	}
	var kept []string
	err = s.db.Gorm(ctx).Raw("DELETE FROM passkey_challenges WHERE id = ? AND person_id IS NOT DISTINCT FROM ? AND expires_at > ? RETURNING data",
		id, person, s.clock.Now()).Scan(&kept).Error
	if err != nil {
		return data, err
	}
	if len(kept) == 0 {
		return data, ErrPasskey
	}
	return data, json.Unmarshal([]byte(kept[0]), &data)
}
