package api

import (
	"context"

	"homecoming/api/access"
)

type credentials struct {
	Body struct {
		Email    string `json:"email" maxLength:"320" example:"yumi@example.com"`
		Password string `json:"password" maxLength:"1000"`
	}
}

// signIn begins a session: the answer sets its cookie.
func (s *Server) signIn(ctx context.Context, in *credentials) (*out[Me], error) {
	if err := access.Attempt(ctx, in.Body.Email); err != nil {
		return nil, err
	}
	who, err := s.cfg.Market.SignIn(ctx, in.Body.Email, in.Body.Password)
	if err != nil {
		return nil, err
	}
	return answer(meOf(who), access.SignIn(ctx, who.PersonID))
}

func (s *Server) signOut(ctx context.Context, _ *nothing) (*nothing, error) {
	return nil, access.SignOut(ctx)
}

type linkRequest struct {
	Body struct {
		Email string `json:"email" maxLength:"320"`
	}
}

// requestLink sends a one-time link; the answer is the same for an address that nobody has.
func (s *Server) requestLink(ctx context.Context, in *linkRequest) (*nothing, error) {
	if err := access.Attempt(ctx, in.Body.Email); err != nil {
		return nil, err
	}
	return nil, s.cfg.Market.RequestLink(ctx, in.Body.Email)
}

type linkUse struct {
	Body struct {
		Link     string `json:"link" maxLength:"200" doc:"What follows /link/ in the mail's address"`
		Password string `json:"password,omitempty" maxLength:"1000" doc:"A new password, if one shall be set"`
	}
}

type arrival struct {
	Me
	Path string `json:"path" doc:"Where the link leads"`
}

// useLink signs the link's person in, once.
func (s *Server) useLink(ctx context.Context, in *linkUse) (*out[arrival], error) {
	who, path, err := s.cfg.Market.UseLink(ctx, in.Body.Link, in.Body.Password)
	if err != nil {
		return nil, err
	}
	return answer(arrival{meOf(who), path}, access.SignIn(ctx, who.PersonID))
}

type passwordChange struct {
	Body struct {
		Old string `json:"old_password,omitempty" maxLength:"1000" doc:"Not needed by who has none yet"`
		New string `json:"password" maxLength:"1000"`
	}
}

func (s *Server) setPassword(ctx context.Context, in *passwordChange) (*nothing, error) {
	who := access.Actor(ctx)
	if err := access.Attempt(ctx, who.Email); err != nil {
		return nil, err
	}
	return nil, s.cfg.Market.SetPassword(ctx, who, in.Body.Old, in.Body.New)
}
