package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// Passkey is one passkey of somebody's.
type Passkey struct {
	ID         string     `json:"id" doc:"In base64url"`
	Name       string     `json:"name"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
}

func (s *Server) passkeys(ctx context.Context, _ *nothing) (*out[list[Passkey]], error) {
	all, err := s.cfg.Market.Passkeys(ctx, access.Actor(ctx))
	return answer(whole(all, func(p market.Passkey) Passkey {
		return Passkey{base64.RawURLEncoding.EncodeToString(p.ID), p.Name, p.CreatedAt, p.LastUsedAt}
	}), err)
}

// challenge is what a browser answers.
type challenge struct {
	ID      uuid.UUID       `json:"id" format:"uuid" doc:"To be given with the answer"`
	Options json.RawMessage `json:"options" doc:"The argument of navigator.credentials.create or get, with binary parts in base64url"`
}

func (s *Server) beginPasskey(ctx context.Context, _ *nothing) (*out[challenge], error) {
	c, err := s.cfg.Market.BeginPasskey(ctx, access.Actor(ctx))
	return answer(challenge{c.ID, c.Options}, err)
}

type newPasskey struct {
	Body struct {
		Challenge uuid.UUID       `json:"challenge" format:"uuid"`
		Name      string          `json:"name" example:"My phone"`
		Answer    json.RawMessage `json:"answer" doc:"What navigator.credentials.create gave, as JSON"`
	}
}

func (s *Server) addPasskey(ctx context.Context, in *newPasskey) (*nothing, error) {
	return nil, s.cfg.Market.AddPasskey(ctx, access.Actor(ctx), in.Body.Challenge, in.Body.Name, in.Body.Answer)
}

type ofPasskey struct {
	ID string `path:"id" maxLength:"2000" doc:"In base64url"`
}

func (s *Server) removePasskey(ctx context.Context, in *ofPasskey) (*nothing, error) {
	id, err := base64.RawURLEncoding.DecodeString(in.ID)
	if err != nil {
		return nil, market.ErrNotFound
	}
	return nil, s.cfg.Market.RemovePasskey(ctx, access.Actor(ctx), id)
}

func (s *Server) beginPasskeySignIn(ctx context.Context, _ *nothing) (*out[challenge], error) {
	c, err := s.cfg.Market.BeginPasskeySignIn(ctx)
	return answer(challenge{c.ID, c.Options}, err)
}

type passkeyAnswer struct {
	Body struct {
		Challenge uuid.UUID       `json:"challenge" format:"uuid"`
		Answer    json.RawMessage `json:"answer" doc:"What navigator.credentials.get gave, as JSON"`
	}
}

// passkeySignIn begins a session, as signIn does.
func (s *Server) passkeySignIn(ctx context.Context, in *passkeyAnswer) (*out[Me], error) {
	who, err := s.cfg.Market.SignInByPasskey(ctx, in.Body.Challenge, in.Body.Answer)
	if err != nil {
		return nil, err
	}
	return answer(meOf(who), access.SignIn(ctx, who))
}
