package market

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// A Token lets a program act as its person, within its scopes. Only its hash is kept.
type Token struct {
	ID         uuid.UUID
	PersonID   uuid.UUID
	Name       string
	Hash       []byte         `json:"-"`
	Scopes     pq.StringArray `gorm:"type:text[]"` // see [Scope]
	CompanyID  *uuid.UUID     // for that company alone: its provider vouched for whoever made the token
	ExpiresAt  *time.Time     // nil never expires
	LastUsedAt *time.Time     // to the minute
	RevokedAt  *time.Time
	CreatedAt  time.Time
}

// ErrToken is for a token that is unknown, revoked or expired.
var ErrToken = problem.Define(problem.Unauthenticated, "invalid_token",
	"This token is unknown, revoked or expired. Make a new one in the settings.",
	"このトークンは無効です（不明・失効・期限切れ）。設定画面で新しいトークンを発行してください。")

// TokenPrefix begins every token, so that scanners of leaked secrets can tell one.
const TokenPrefix = "hc_"

// CreateToken makes a token for the actor that is good for these scopes; none means everything. raw is shown this once.
func (s *Service) CreateToken(ctx context.Context, who Actor, name string, expires *time.Time, scopes ...Scope) (raw string, t Token, err error) {
	if len(scopes) == 0 {
		scopes = []Scope{Everything}
	}
	return s.MintToken(ctx, who, name, expires, scopes)
}

// MintToken is CreateToken for somebody who chose scopes, where choosing none is refused with ErrNoScope.
func (s *Service) MintToken(ctx context.Context, who Actor, name string, expires *time.Time, scopes []Scope) (raw string, t Token, err error) {
	name = strings.TrimSpace(name)
	if scopes, err = checkScopes(scopes); err != nil {
		return "", t, err
	}
	switch {
	case name == "":
		return "", t, ErrRequired.On("name")
	case len([]rune(name)) > maxTitle:
		return "", t, ErrTooLong.On("name").With("max", maxTitle)
	case expires != nil && !expires.After(s.clock.Now()):
		return "", t, ErrPastDate.On("expires_at").With("date", expires.Format(time.DateOnly))
	}
	raw, hash := secret(TokenPrefix)
	t = Token{ID: newID(), PersonID: who.PersonID, Name: name, Hash: hash, Scopes: texts(scopes), CompanyID: who.voucher(), ExpiresAt: expires, CreatedAt: s.clock.Now()}
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := tx.Create(&t).Error; err != nil {
			return err
		}
		return Audit(tx, who, uuid.Nil, "token.create", "token:"+t.ID.String(), map[string]any{"name": name, "scopes": scopes})
	})
	return raw, t, err
}

// ActorByToken finds the actor behind a raw token, or ErrToken.
func (s *Service) ActorByToken(ctx context.Context, raw string) (Actor, error) {
	now := s.clock.Now()
	var t Token
	err := s.db.Gorm(ctx).Where("hash = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)", hashed(raw), now).Limit(1).Find(&t).Error
	if err != nil {
		return Actor{}, err
	}
	if t.ID == uuid.Nil {
		return Actor{}, ErrToken
	}
	if t.LastUsedAt == nil || now.Sub(*t.LastUsedAt) > time.Minute {
		if err := s.db.Gorm(ctx).Model(&t).Update("last_used_at", now).Error; err != nil {
			return Actor{}, err
		}
	}
	who, err := s.visitor(ctx, t.PersonID, t.CompanyID)
	who.Scopes = t.scopes()
	return who, err
}

// scopes are what narrows the token's actor; nil where nothing does.
func (t Token) scopes() []Scope {
	var list []Scope
	for _, name := range t.Scopes {
		if list = append(list, Scope(name)); Scope(name) == Everything {
			return nil
		}
	}
	return list
}

// Tokens lists the actor's tokens that still work or have expired, newest first.
func (s *Service) Tokens(ctx context.Context, who Actor) ([]Token, error) {
	var list []Token
	return list, who.ownTokens(s.db.Gorm(ctx)).Order("id DESC").Find(&list).Error
}

// ownTokens narrows a query to the actor's tokens: all of them, or where a company's provider vouched, those for that company.
func (a Actor) ownTokens(q *gorm.DB) *gorm.DB {
	if a.Through != uuid.Nil {
		q = q.Where("company_id = ?", a.Through)
	}
	return q.Where("person_id = ? AND revoked_at IS NULL", a.PersonID)
}

// RevokeToken ends one of the actor's tokens; ErrNotFound for anybody else's.
func (s *Service) RevokeToken(ctx context.Context, who Actor, id uuid.UUID) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		done := who.ownTokens(tx.Model(&Token{})).Where("id = ?", id).Update("revoked_at", s.clock.Now())
		if done.Error == nil && done.RowsAffected == 0 {
			return ErrNotFound
		}
		if done.Error != nil {
			return done.Error
		}
		return Audit(tx, who, uuid.Nil, "token.revoke", "token:"+id.String(), nil)
	})
}
