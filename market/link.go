package market

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
)

// Purpose says what a one-time link is for.
type Purpose string

// The purposes of a link. Each but the last signs its person in, once.
const (
	PurposeJoin   Purpose = "join"    // come in for the first time, or take a role at the company
	PurposeSignIn Purpose = "sign_in" // asked for at the door
	PurposeLink   Purpose = "link"    // see that another company claims to know you
	PurposeDecide Purpose = "decide"  // say yes or no to one thing, which signs nobody in

	purposeSecondStep Purpose = "second_step" // the password was right and the code is missing; never mailed
)

// How long a link lives. One that was asked for is used at once; one that was sent waits for its reader.
const (
	askedLinkLives = 30 * time.Minute
	sentLinkLives  = 14 * 24 * time.Hour
)

// ErrLinkSpent is for a link that is unknown, used or too old.
var ErrLinkSpent = problem.Define(problem.NotFound, "link_spent",
	"This link was used already or is too old. Ask for a new one at the sign-in page.",
	"このリンクは使用済みか、有効期限が切れています。サインイン画面から新しいリンクをお受け取りください。")

// A Link is what a one-time link says before it is used.
type Link struct {
	Purpose     Purpose
	PersonID    uuid.UUID
	Name        string // of the person
	Email       string
	Language    problem.Language
	CompanyID   uuid.UUID // zero when it is about no company
	CompanyName string
	Path        string // where it leads
	ExpiresAt   time.Time
	HasPassword bool // whether the person has a password already
	Alumnus     bool // whether the person is in the company's register
	NeedsCode   bool // whether using it also takes a code of the person's authenticator
}

// oneTimeLink is a link as it is kept.
type oneTimeLink struct {
	Hash      []byte
	PersonID  uuid.UUID
	CompanyID *uuid.UUID
	Purpose   Purpose
	Path      string
	ExpiresAt time.Time
	UsedAt    *time.Time
	CreatedAt time.Time
}

// TableName is where links are kept.
func (oneTimeLink) TableName() string { return "one_time_links" }

// secret makes 32 random bytes for a person to carry, and the hash that is kept.
func secret(prefix string) (raw string, hash []byte) {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // crypto/rand never fails
	raw = prefix + base64.RawURLEncoding.EncodeToString(b)
	return raw, hashed(raw)
}

func hashed(raw string) []byte {
	sum := sha256.Sum256([]byte(raw))
	return sum[:]
}

// mintLink makes a link for a letter that is about to be sent.
func (s *Service) mintLink(tx *gorm.DB, l oneTimeLink, lives time.Duration) (raw string, err error) {
	raw, l.Hash = secret("")
	l.CreatedAt, l.ExpiresAt = s.clock.Now(), s.clock.Now().Add(lives)
	l.Path = localPath(l.Path)
	return raw, tx.Create(&l).Error
}

// localPath keeps a link from leading anywhere but into these pages.
func localPath(p string) string {
	if !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n") {
		return "/"
	}
	return p
}

// RequestLink sends a sign-in link to an address. The answer, and the work done before it, are the same for an
// address that nobody has. The caller limits how often it is asked.
func (s *Service) RequestLink(ctx context.Context, email string) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		var found []uuid.UUID
		if err := tx.Raw("SELECT id FROM people WHERE email = ?", Address(email)).Scan(&found).Error; err != nil {
			return err
		}
		return jobs.Enqueue(tx, Letter{Letter: LetterSignIn, PersonID: first(found), Path: "/"})
	})
}

// LookAtLink reads a link without using it, or ErrLinkSpent.
func (s *Service) LookAtLink(ctx context.Context, raw string) (Link, error) {
	g := s.db.Gorm(ctx)
	var l oneTimeLink
	err := g.Where("hash = ? AND used_at IS NULL AND expires_at > ? AND purpose <> ?", hashed(raw), s.clock.Now(), purposeSecondStep).Limit(1).Find(&l).Error
	if err != nil {
		return Link{}, err
	}
	if l.PersonID == uuid.Nil {
		return Link{}, ErrLinkSpent
	}
	var p Person
	if err := one(g.Where("id = ?", l.PersonID).Take(&p)); err != nil {
		return Link{}, err
	}
	link := Link{Purpose: l.Purpose, PersonID: p.ID, Name: p.Name(), Email: p.address(), Language: problem.Language(p.Language),
		Path: l.Path, ExpiresAt: l.ExpiresAt, HasPassword: p.PasswordHash != ""}
	if link.NeedsCode, err = needsCode(g, p.ID); err != nil || l.CompanyID == nil {
		return link, err
	}
	c, err := CompanyByID(g, *l.CompanyID)
	if err != nil {
		return link, err
	}
	link.CompanyID, link.CompanyName = c.ID, c.Name
	return link, g.Raw("SELECT EXISTS (SELECT 1 FROM memberships WHERE company_id = ? AND person_id = ?)", c.ID, p.ID).Scan(&link.Alumnus).Error
}

// UseLink signs a link's person in and spends the link: it works once. A new password is set unless it is empty. It
// returns who came in and where the link leads. Somebody with an authenticator gives its code as well; without, the link
// stays as it is and ErrCodeNeeded or ErrCode is returned. Only a POST may call it: scanners follow links in mails.
func (s *Service) UseLink(ctx context.Context, raw, newPassword, code string) (Actor, string, error) {
	look, err := s.LookAtLink(ctx, raw)
	if err != nil {
		return Actor{}, "", err
	}
	if look.Purpose == PurposeDecide {
		return Actor{}, "", ErrLinkSpent
	}
	if look.NeedsCode && code == "" {
		return Actor{}, "", ErrCodeNeeded.On("code")
	}
	hash := ""
	if newPassword != "" {
		if err := checkPassword(newPassword, look.Email); err != nil {
			return Actor{}, "", err
		}
		if hash, err = s.vault.hash(newPassword); err != nil {
			return Actor{}, "", err
		}
	}
	err = s.db.Tx(ctx, func(tx *gorm.DB) error { return s.spend(tx, raw, look, hash, code) })
	if err != nil {
		return Actor{}, "", err
	}
	who, err := s.visitor(ctx, look.PersonID, nil)
	return who, look.Path, err
}

func (s *Service) spend(tx *gorm.DB, raw string, look Link, passwordHash, code string) error {
	if look.NeedsCode {
		if err := s.secondStep(tx, look.PersonID, code); err != nil {
			return err
		}
	}
	now := s.clock.Now()
	done := tx.Exec("UPDATE one_time_links SET used_at = ? WHERE hash = ? AND used_at IS NULL AND expires_at > ?", now, hashed(raw), now)
	if done.Error != nil {
		return done.Error
	}
	if done.RowsAffected == 0 {
		return ErrLinkSpent // somebody was faster
	}
	if passwordHash != "" {
		if err := storePassword(tx, look.PersonID, passwordHash, uuid.Nil, now); err != nil {
			return err
		}
	}
	if look.Purpose == PurposeJoin {
		err := tx.Exec("UPDATE role_grants SET accepted_at = ? WHERE person_id = ? AND company_id = ? AND accepted_at IS NULL", now, look.PersonID, look.CompanyID).Error
		if err == nil {
			err = TouchPerson(tx, look.PersonID)
		}
		if err != nil {
			return err
		}
	}
	if err := s.arrive(tx, look.PersonID); err != nil {
		return err
	}
	return Audit(tx, Actor{PersonID: look.PersonID}, look.CompanyID, "link.use", "person:"+look.PersonID.String(), map[string]any{"purpose": look.Purpose})
}
