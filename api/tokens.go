package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// Token is a token without its secret.
type Token struct {
	ID         uuid.UUID  `json:"id" format:"uuid"`
	Name       string     `json:"name"`
	Scopes     []string   `json:"scopes" doc:"What it is good for; *all* is everything that its person may do"`
	ExpiresAt  *time.Time `json:"expires_at" doc:"Null is never"`
	LastUsedAt *time.Time `json:"last_used_at" doc:"To the minute"`
	CreatedAt  time.Time  `json:"created_at"`
}

func tokenOf(t market.Token) Token {
	return Token{ID: t.ID, Name: t.Name, Scopes: orEmpty([]string(t.Scopes)), ExpiresAt: t.ExpiresAt, LastUsedAt: t.LastUsedAt, CreatedAt: t.CreatedAt}
}

// newToken is a token with its secret, shown this once.
type newToken struct {
	Token
	Secret string `json:"token" doc:"Keep it: it is not shown again"`
}

func (s *Server) tokens(ctx context.Context, _ *nothing) (*out[list[Token]], error) {
	all, err := s.cfg.Market.Tokens(ctx, access.Actor(ctx))
	return answer(whole(all, tokenOf), err)
}

type tokenRequest struct {
	Body struct {
		Name      string     `json:"name" example:"month-end script"`
		Scopes    []string   `json:"scopes,omitempty" minItems:"1" example:"tasks:read" doc:"Left out: *all*. What may be written may be read"`
		ExpiresAt *time.Time `json:"expires_at,omitempty"`
	}
}

func (s *Server) createToken(ctx context.Context, in *tokenRequest) (*made[newToken], error) {
	raw, t, err := s.cfg.Market.CreateToken(ctx, access.Actor(ctx), in.Body.Name, in.Body.ExpiresAt,
		each(in.Body.Scopes, func(s string) market.Scope { return market.Scope(s) })...)
	if err != nil {
		return nil, err
	}
	return created("/tokens/"+t.ID.String(), newToken{tokenOf(t), raw}), nil
}

func (s *Server) revokeToken(ctx context.Context, in *OfID) (*nothing, error) {
	return nil, s.cfg.Market.RevokeToken(ctx, access.Actor(ctx), in.ID)
}
