package market

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// What can be wrong with the second step of signing in.
var (
	ErrCodeNeeded = problem.Define(problem.Unauthenticated, "code_needed",
		"Enter the six digits that your authenticator app shows, or a recovery code.",
		"認証アプリに表示された6桁の数字、またはリカバリーコードを入力してください。")
	ErrCode = problem.Define(problem.Unauthenticated, "code_wrong",
		"This code is not right, or was used before. Wait for the next one and try again.",
		"コードが正しくないか、使用済みです。次のコードが表示されてからもう一度お試しください。")
	ErrAuthenticatorThere = problem.Define(problem.Conflict, "authenticator_there",
		"An authenticator app is set up already. Remove it first.",
		"認証アプリはすでに設定されています。先に解除してください。")
)

// An Authenticator is what an app needs to make codes: six digits, every 30 seconds (RFC 6238).
type Authenticator struct {
	Secret string // for typing, in base32
	URL    string // for the picture that a phone reads, otpauth://…
}

type authenticator struct {
	PersonID    uuid.UUID `gorm:"primaryKey"`
	Secret      []byte
	ConfirmedAt *time.Time
	LastStep    int64
	CreatedAt   time.Time
}

// TableName is where authenticators are kept.
func (authenticator) TableName() string { return "authenticators" }

const (
	codeStep        = 30 * time.Second
	recoveryCodes   = 10
	secondStepLives = 10 * time.Minute
)

func owner(person uuid.UUID) string { return "authenticator:" + person.String() }

// BeginAuthenticator makes a new secret for the actor's app. It is asked for at the door only after
// [Service.ConfirmAuthenticator]. It returns ErrAuthenticatorThere when one is confirmed, seal.ErrNoKey where the
// installation cannot keep secrets.
func (s *Service) BeginAuthenticator(ctx context.Context, who Actor) (Authenticator, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Homecoming", AccountName: who.Email})
	if err != nil {
		return Authenticator{}, err
	}
	sealed, err := s.box.Seal([]byte(key.Secret()), owner(who.PersonID))
	if err != nil {
		return Authenticator{}, err
	}
	done := s.db.Gorm(ctx).Exec(`INSERT INTO authenticators (person_id, secret, created_at) VALUES (?, ?, ?)
		ON CONFLICT (person_id) DO UPDATE SET secret = EXCLUDED.secret, created_at = EXCLUDED.created_at, last_step = 0
		WHERE authenticators.confirmed_at IS NULL`, who.PersonID, sealed, s.clock.Now())
	if done.Error == nil && done.RowsAffected == 0 {
		return Authenticator{}, ErrAuthenticatorThere
	}
	return Authenticator{key.Secret(), key.URL()}, done.Error
}

// ConfirmAuthenticator takes the first code of the actor's app, and from then on signing in asks for one. It returns ten
// recovery codes, shown this once; ErrCode when the code is not right.
func (s *Service) ConfirmAuthenticator(ctx context.Context, who Actor, code string) (recovery []string, err error) {
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		a, err := lockAuthenticator(tx, who.PersonID)
		if err != nil {
			return err
		}
		if a.ConfirmedAt != nil {
			return ErrAuthenticatorThere
		}
		if err := s.useCode(tx, a, code); err != nil {
			return err
		}
		if err := tx.Exec("UPDATE authenticators SET confirmed_at = ? WHERE person_id = ?", s.clock.Now(), who.PersonID).Error; err != nil {
			return err
		}
		if recovery, err = newRecoveryCodes(tx, who.PersonID); err != nil {
			return err
		}
		return Audit(tx, who, uuid.Nil, "authenticator.confirm", "person:"+who.PersonID.String(), nil)
	})
	return recovery, err
}

// RemoveAuthenticator ends the second step for the actor, who proves once more to have it.
func (s *Service) RemoveAuthenticator(ctx context.Context, who Actor, code string) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := s.secondStep(tx, who.PersonID, code); err != nil {
			return err
		}
		for _, table := range []string{"recovery_codes", "authenticators"} {
			if err := tx.Exec("DELETE FROM "+table+" WHERE person_id = ?", who.PersonID).Error; err != nil {
				return err
			}
		}
		return Audit(tx, who, uuid.Nil, "authenticator.remove", "person:"+who.PersonID.String(), nil)
	})
}

// HasAuthenticator reports whether signing in asks the actor for a code, and how many recovery codes are left.
func (s *Service) HasAuthenticator(ctx context.Context, who Actor) (has bool, recoveryLeft int, err error) {
	g := s.db.Gorm(ctx)
	if has, err = needsCode(g, who.PersonID); err != nil || !has {
		return has, 0, err
	}
	return has, recoveryLeft, g.Raw("SELECT count(*) FROM recovery_codes WHERE person_id = ? AND used_at IS NULL", who.PersonID).Scan(&recoveryLeft).Error
}

func needsCode(g *gorm.DB, person uuid.UUID) (needs bool, err error) {
	return needs, g.Raw("SELECT EXISTS (SELECT 1 FROM authenticators WHERE person_id = ? AND confirmed_at IS NOT NULL)", person).Scan(&needs).Error
}

// askForCode is ErrCodeNeeded with a ticket that stands for the right password, for ten minutes.
func (s *Service) askForCode(tx *gorm.DB, person uuid.UUID) (asks, err error) {
	ticket, err := s.mintLink(tx, oneTimeLink{PersonID: person, Purpose: purposeSecondStep}, secondStepLives)
	return ErrCodeNeeded.With("ticket", ticket), err
}

// Ticket is what an ErrCodeNeeded of [Service.SignIn] gives along; false for any other error.
func Ticket(err error) (ticket string, asked bool) {
	p := asProblem(err)
	if p == nil || p.Code != ErrCodeNeeded.Code {
		return "", false
	}
	ticket, asked = p.Args["ticket"].(string)
	return ticket, asked
}

// SignInByCode ends what SignIn began with ErrCodeNeeded: ticket is what it gave along. A wrong code leaves the ticket as
// it is; the caller limits how often it is tried.
func (s *Service) SignInByCode(ctx context.Context, ticket, code string) (Actor, error) {
	now := s.clock.Now()
	var l oneTimeLink
	find := s.db.Gorm(ctx).Where("hash = ? AND purpose = ? AND used_at IS NULL AND expires_at > ?", hashed(ticket), purposeSecondStep, now)
	if err := find.Limit(1).Find(&l).Error; err != nil {
		return Actor{}, err
	}
	if l.PersonID == uuid.Nil {
		return Actor{}, ErrLinkSpent
	}
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := s.secondStep(tx, l.PersonID, code); err != nil {
			return err
		}
		done := tx.Exec("UPDATE one_time_links SET used_at = ? WHERE hash = ? AND used_at IS NULL", now, l.Hash)
		if done.Error == nil && done.RowsAffected == 0 {
			return ErrLinkSpent
		}
		if done.Error != nil {
			return done.Error
		}
		return s.arrive(tx, l.PersonID)
	})
	if err != nil {
		return Actor{}, err
	}
	return s.visitor(ctx, l.PersonID, nil)
}

// secondStep accepts a code of the app or a recovery code, each once.
func (s *Service) secondStep(tx *gorm.DB, person uuid.UUID, code string) error {
	a, err := lockAuthenticator(tx, person)
	if err != nil {
		return err
	}
	if a.ConfirmedAt == nil {
		return ErrCode.On("code")
	}
	if code = plainCode(code); len(code) > int(otp.DigitsSix) {
		return useRecovery(tx, person, code, s.clock.Now())
	}
	return s.useCode(tx, a, code)
}

// lockAuthenticator reads a person's authenticator; ErrCode when there is none.
func lockAuthenticator(tx *gorm.DB, person uuid.UUID) (a authenticator, err error) {
	err = tx.Raw("SELECT * FROM authenticators WHERE person_id = ? FOR NO KEY UPDATE", person).Scan(&a).Error
	if err == nil && a.PersonID == uuid.Nil {
		err = ErrCode.On("code")
	}
	return a, err
}

// useCode accepts the code of the present time step or of a neighbour (RFC 6238 section 5.2), later than the last one.
func (s *Service) useCode(tx *gorm.DB, a authenticator, code string) error {
	secret, err := s.box.Open(a.Secret, owner(a.PersonID))
	if err != nil {
		return err
	}
	code, now := plainCode(code), s.clock.Now().Unix()/int64(codeStep/time.Second)
	for at := max(now-1, a.LastStep+1); at <= now+1; at++ {
		want, err := hotp.GenerateCode(string(secret), uint64(at))
		if err != nil {
			return err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return tx.Exec("UPDATE authenticators SET last_step = ? WHERE person_id = ?", at, a.PersonID).Error
		}
	}
	return ErrCode.On("code")
}

func useRecovery(tx *gorm.DB, person uuid.UUID, code string, now time.Time) error {
	done := tx.Exec("UPDATE recovery_codes SET used_at = ? WHERE person_id = ? AND hash = ? AND used_at IS NULL", now, person, hashed(code))
	if done.Error == nil && done.RowsAffected == 0 {
		return ErrCode.On("code")
	}
	return done.Error
}

// newRecoveryCodes replaces a person's recovery codes.
func newRecoveryCodes(tx *gorm.DB, person uuid.UUID) ([]string, error) {
	if err := tx.Exec("DELETE FROM recovery_codes WHERE person_id = ?", person).Error; err != nil {
		return nil, err
	}
	codes := make([]string, recoveryCodes)
	for i := range codes {
		codes[i] = typedCode()
		if err := tx.Exec("INSERT INTO recovery_codes (person_id, hash) VALUES (?, ?)", person, hashed(plainCode(codes[i]))).Error; err != nil {
			return nil, err
		}
	}
	return codes, nil
}

// typedCode is a secret for people to type, in four groups: 80 random bits, so a plain hash is enough to keep.
func typedCode() string {
	b := make([]byte, 10)
	_, _ = rand.Read(b) // crypto/rand never fails
	code := strings.ToLower(base32.StdEncoding.EncodeToString(b))
	return code[:4] + "-" + code[4:8] + "-" + code[8:12] + "-" + code[12:]
}

// plainCode is a code without what people and apps put between its parts.
func plainCode(code string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "　", "").Replace(code))
}
