package api

import (
	"context"

	"homecoming/api/access"
	"homecoming/market"
)

type credentials struct {
	Body struct {
		Email    string `json:"email" maxLength:"320" example:"yumi@example.com"`
		Password string `json:"password" maxLength:"1000"`
		Code     string `json:"code,omitempty" maxLength:"100" doc:"Of an authenticator app, or a recovery code; for those who set one up"`
	}
}

// signIn begins a session: the answer sets its cookie.
func (s *Server) signIn(ctx context.Context, in *credentials) (*out[Me], error) {
	if err := access.Attempt(ctx, in.Body.Email); err != nil {
		return nil, err
	}
	who, err := s.cfg.Market.SignIn(ctx, in.Body.Email, in.Body.Password)
	if ticket, asked := market.Ticket(err); asked && in.Body.Code != "" {
		who, err = s.cfg.Market.SignInByCode(ctx, ticket, in.Body.Code)
	}
	if err != nil {
		return nil, err
	}
	return answer(meOf(who), access.SignIn(ctx, who))
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
		Code     string `json:"code,omitempty" maxLength:"100" doc:"Of an authenticator app, or a recovery code; for those who set one up"`
	}
}

type arrival struct {
	Me
	Path string `json:"path" doc:"Where the link leads"`
}

// useLink signs the link's person in, once.
func (s *Server) useLink(ctx context.Context, in *linkUse) (*out[arrival], error) {
	who, path, err := s.cfg.Market.UseLink(ctx, in.Body.Link, in.Body.Password, in.Body.Code)
	if err != nil {
		return nil, err
	}
	return answer(arrival{meOf(who), path}, access.SignIn(ctx, who))
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

// authenticatorSetup is what an app needs, shown this once.
type authenticatorSetup struct {
	Secret string `json:"secret" doc:"In base32, for typing"`
	URL    string `json:"url" doc:"otpauth://… for a QR code"`
}

type codeGiven struct {
	Body struct {
		Code string `json:"code" maxLength:"100" doc:"Six digits of the app, or a recovery code"`
	}
}

type recovery struct {
	Codes []string `json:"recovery_codes" doc:"Each works once in place of a code; not shown again"`
}

func (s *Server) beginAuthenticator(ctx context.Context, _ *nothing) (*out[authenticatorSetup], error) {
	a, err := s.cfg.Market.BeginAuthenticator(ctx, access.Actor(ctx))
	return answer(authenticatorSetup{a.Secret, a.URL}, err)
}

func (s *Server) confirmAuthenticator(ctx context.Context, in *codeGiven) (*out[recovery], error) {
	who := access.Actor(ctx)
	if err := access.Attempt(ctx, who.Email); err != nil {
		return nil, err
	}
	codes, err := s.cfg.Market.ConfirmAuthenticator(ctx, who, in.Body.Code)
	return answer(recovery{codes}, err)
}

func (s *Server) removeAuthenticator(ctx context.Context, in *codeGiven) (*nothing, error) {
	who := access.Actor(ctx)
	if err := access.Attempt(ctx, who.Email); err != nil {
		return nil, err
	}
	return nil, s.cfg.Market.RemoveAuthenticator(ctx, who, in.Body.Code)
}
