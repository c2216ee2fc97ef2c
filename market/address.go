package market

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
)

// The address from which somebody signs in is their own to change: they name another one, a letter goes there, and its link
// makes it theirs when they follow it signed in. The old address is told. Nothing says whether an address has an account here
// before the letter has proven whose it is.

// The letters about it.
const (
	LetterAddress        LetterKind = "address"         // confirm that this address is yours; goes to the new one
	LetterAddressChanged LetterKind = "address_changed" // it was changed; goes to the old one
)

// An AddressChange is a new address that waits for its confirmation.
type AddressChange struct {
	Hash      []byte
	PersonID  uuid.UUID
	Email     string
	ExpiresAt time.Time
	UsedAt    *time.Time
	CreatedAt time.Time
}

// What can be wrong with a new address.
var (
	ErrAddressTaken = problem.Define(problem.Conflict, "address_taken",
		"There is another account with this address. Sign in with that one, or use another address.", "このアドレスは別のアカウントで使用されています。そのアカウントでサインインするか、別のアドレスを使用してください。")
	ErrAddressSame = problem.Define(problem.Invalid, "address_same", "You sign in with this address already.", "すでにこのアドレスでサインインされています。")
	ErrOwnPassword = problem.Define(problem.Invalid, "own_password", "This is not your password.", "パスワードが違います。")
	ErrOtherReader = problem.Define(problem.Forbidden, "address_other_account",
		"You are signed in with another account. Sign out, sign in with the one that asked for this address, and open the link again.",
		"別のアカウントでサインインしています。いったんサインアウトし、変更を申し込んだアカウントでサインインしてから、もう一度リンクを開いてください。")
)

// AskAddress sends a letter to an address that the actor wants to use from now on. Whoever has a password gives it.
func (s *Service) AskAddress(ctx context.Context, who Actor, email, password string) error {
	email = Address(email)
	switch {
	case email == "":
		return ErrRequired.On("email")
	case len(email) > 254 || !address.MatchString(email):
		return ErrAddress.On("email").With("value", email)
	case email == who.Email:
		return ErrAddressSame.On("email")
	case who.Through != uuid.Nil:
		return ErrOwnMeans
	}
	var p Person
	if err := one(s.db.Gorm(ctx).Where("id = ?", who.PersonID).Take(&p)); err != nil {
		return err
	}
	if p.PasswordHash != "" {
		ok, err := s.vault.matches(password, p.PasswordHash)
		if err != nil {
			return err
		}
		if !ok {
			return ErrOwnPassword.On("password")
		}
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := jobs.Enqueue(tx, Letter{Letter: LetterAddress, PersonID: p.ID, To: email, Facts: map[string]any{"address": email}}); err != nil {
			return err
		}
		return Audit(tx, who, uuid.Nil, "profile.ask_address", "person:"+p.ID.String(), nil)
	})
}

// mintAddress makes the link of the letter that goes to the new address.
func (s *Service) mintAddress(g *gorm.DB, person uuid.UUID, email string) (path string, err error) {
	raw, hash := secret("")
	now := s.clock.Now()
	return "/address/" + raw, g.Create(&AddressChange{Hash: hash, PersonID: person, Email: email, CreatedAt: now, ExpiresAt: now.Add(sentLinkLives)}).Error
}

// LookAtAddress reads what a link would change, or ErrLinkSpent.
func (s *Service) LookAtAddress(ctx context.Context, raw string) (AddressChange, error) {
	return addressChange(s.db.Gorm(ctx), raw, s.clock.Now())
}

func addressChange(g *gorm.DB, raw string, now time.Time) (AddressChange, error) {
	var list []AddressChange
	if err := g.Where("hash = ? AND used_at IS NULL AND expires_at > ?", hashed(raw), now).Find(&list).Error; err != nil {
		return AddressChange{}, err
	}
	if len(list) == 0 {
		return AddressChange{}, ErrLinkSpent
	}
	return list[0], nil
}

// ConfirmAddress makes the address of a link the one that the actor signs in with. It works once, and for the person alone who
// asked: whoever else reads that mailbox gains nothing. Links that wait in the old mailbox open nothing any more, and
// companies that the person leaves hear that they stay in touch.
func (s *Service) ConfirmAddress(ctx context.Context, who Actor, raw string) (email string, err error) {
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		now := s.clock.Now()
		c, err := addressChange(tx, raw, now)
		if err != nil {
			return err
		}
		if c.PersonID != who.PersonID {
			return ErrOtherReader
		}
		if who.Through != uuid.Nil {
			return ErrOwnMeans
		}
		done := tx.Exec("UPDATE address_changes SET used_at = ? WHERE hash = ? AND used_at IS NULL", now, c.Hash)
		if done.Error == nil && done.RowsAffected == 0 {
			return ErrLinkSpent
		}
		if done.Error != nil {
			return done.Error
		}
		email = c.Email
		if err := tx.Exec("UPDATE people SET email = ? WHERE id = ?", email, who.PersonID).Error; err != nil {
			return refused(err, map[string]*problem.Error{"people_email_once": ErrAddressTaken})
		}
		if err := tx.Exec("UPDATE one_time_links SET used_at = ? WHERE person_id = ? AND used_at IS NULL", now, who.PersonID).Error; err != nil {
			return err
		}
		if err := answerFarewells(tx, "answer = '' AND sent > 0 AND membership_id IN (SELECT id FROM memberships WHERE person_id = ?)", who.PersonID, FarewellKept, now); err != nil {
			return err
		}
		if who.Email != "" {
			told := Letter{Letter: LetterAddressChanged, PersonID: who.PersonID, To: who.Email, Path: "/signin", Facts: map[string]any{"address": blurred(email)}}
			if err := jobs.Enqueue(tx, told); err != nil {
				return err
			}
		}
		return Audit(tx, who, uuid.Nil, "profile.address", "person:"+who.PersonID.String(), nil)
	})
	return email, err
}

// blurred is an address that its owner recognises and the reader of a company's old mailbox does not learn: y…@example.com.
func blurred(email string) string {
	name, domain, _ := strings.Cut(email, "@")
	for _, first := range name {
		return string(first) + "…@" + domain
	}
	return email
}
