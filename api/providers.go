package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// provider is a company's identity provider. Its secret is never told.
type provider struct {
	Issuer   string     `json:"issuer"`
	ClientID string     `json:"client_id"`
	Version  int        `json:"version" doc:"Raised by each change; 0 while there is none"`
	State    string     `json:"state" enum:"none,off,on,required" doc:"required: staff of the proved domains come in by nothing else, administrators spared"`
	TestedAt *time.Time `json:"tested_at" doc:"When somebody came all the way through it as it is now"`
	Return   string     `json:"redirect_uri" doc:"What the provider has to be told"`
}

func (s *Server) providerOf(p market.IdentityProvider) provider {
	view := provider{Issuer: p.Issuer, ClientID: p.ClientID, Version: p.Version, State: string(p.State), TestedAt: p.TestedAt, Return: s.cfg.Market.ReturnAddress()}
	if p.Version == 0 {
		view.State = "none"
	}
	return view
}

func (s *Server) provider(ctx context.Context, in *OfID) (*out[provider], error) {
	p, err := s.cfg.Market.Provider(ctx, access.Actor(ctx), in.ID)
	return answer(s.providerOf(p), err)
}

type providerEdit struct {
	OfID
	Body struct {
		Issuer   string `json:"issuer" maxLength:"500" example:"https://login.example.com"`
		ClientID string `json:"client_id" maxLength:"500"`
		Secret   string `json:"client_secret,omitempty" maxLength:"2000" doc:"Left out: the one there is"`
		Version  int    `json:"version" doc:"The one that was looked at; 0 for none"`
	}
}

// saveProvider asks the provider for its endpoints before anything is kept.
func (s *Server) saveProvider(ctx context.Context, in *providerEdit) (*out[provider], error) {
	b := in.Body
	p, err := s.cfg.Market.SaveProvider(ctx, access.Actor(ctx), in.ID, market.ProviderEdit{Issuer: b.Issuer, ClientID: b.ClientID, Secret: b.Secret, Seen: b.Version})
	return answer(s.providerOf(p), err)
}

type providerSwitch struct {
	OfID
	Body struct {
		State   string `json:"state" enum:"off,on,required"`
		Version int    `json:"version" doc:"The one that was looked at"`
	}
}

func (s *Server) switchProvider(ctx context.Context, in *providerSwitch) (*out[provider], error) {
	p, err := s.cfg.Market.SwitchProvider(ctx, access.Actor(ctx), in.ID, in.Body.Version, market.ProviderState(in.Body.State))
	return answer(s.providerOf(p), err)
}

func (s *Server) removeProvider(ctx context.Context, in *OfID) (*nothing, error) {
	return nil, s.cfg.Market.RemoveProvider(ctx, access.Actor(ctx), in.ID)
}

// companyAccount is somebody's account at a company's provider.
type companyAccount struct {
	CompanyID uuid.UUID  `json:"company_id" format:"uuid"`
	Company   string     `json:"company"`
	PersonID  uuid.UUID  `json:"person_id" format:"uuid"`
	Name      string     `json:"name"`
	Email     string     `json:"email" doc:"As the provider said when they were connected"`
	Linked    bool       `json:"linked"`
	UsedAt    *time.Time `json:"used_at"`
}

func companyAccountOf(a market.LinkedAccount) companyAccount {
	view := companyAccount{CompanyID: a.CompanyID, Company: a.CompanyName, PersonID: a.PersonID, Name: a.Name, Email: a.Email, Linked: a.Linked}
	if a.Linked {
		view.UsedAt = &a.UsedAt
	}
	return view
}

func (s *Server) linkedPeople(ctx context.Context, in *OfID) (*out[list[companyAccount]], error) {
	all, err := s.cfg.Market.LinkedPeople(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, companyAccountOf), err)
}

func (s *Server) myCompanyAccounts(ctx context.Context, _ *nothing) (*out[list[companyAccount]], error) {
	all, err := s.cfg.Market.MyAccounts(ctx, access.Actor(ctx))
	return answer(whole(all, companyAccountOf), err)
}

type ofLinked struct {
	OfID
	PersonID uuid.UUID `path:"person_id" format:"uuid"`
}

func (s *Server) unlinkPerson(ctx context.Context, in *ofLinked) (*nothing, error) {
	return nil, s.cfg.Market.Unlink(ctx, access.Actor(ctx), in.ID, in.PersonID)
}

func (s *Server) unlinkMine(ctx context.Context, in *OfID) (*nothing, error) {
	who := access.Actor(ctx)
	return nil, s.cfg.Market.Unlink(ctx, who, in.ID, who.PersonID)
}

// domain is the part after the @ of a company's addresses.
type domain struct {
	ID       uuid.UUID  `json:"id" format:"uuid"`
	Domain   string     `json:"domain"`
	AskedAt  time.Time  `json:"asked_at" doc:"When the latest letter was asked for"`
	ProvedAt *time.Time `json:"proved_at"`
}

func domainOf(d market.Domain) domain {
	return domain{ID: d.ID, Domain: d.Domain, AskedAt: d.AskedAt, ProvedAt: d.ProvedAt}
}

func (s *Server) domains(ctx context.Context, in *OfID) (*out[list[domain]], error) {
	all, err := s.cfg.Market.Domains(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, domainOf), err)
}

type domainClaim struct {
	OfID
	Body struct {
		Domain string `json:"domain" maxLength:"253" example:"example.co.jp"`
	}
}

func (s *Server) askDomain(ctx context.Context, in *domainClaim) (*made[domain], error) {
	d, err := s.cfg.Market.AskDomain(ctx, access.Actor(ctx), in.ID, in.Body.Domain)
	if err != nil {
		return nil, err
	}
	return created("/domains/"+d.ID.String(), domainOf(d)), nil
}

type domainProof struct {
	OfID
	Body struct {
		Code string `json:"code" maxLength:"100"`
	}
}

func (s *Server) proveDomain(ctx context.Context, in *domainProof) (*out[domain], error) {
	d, err := s.cfg.Market.ProveDomain(ctx, access.Actor(ctx), in.ID, in.Body.Code)
	return answer(domainOf(d), err)
}

func (s *Server) removeDomain(ctx context.Context, in *OfID) (*nothing, error) {
	return nil, s.cfg.Market.RemoveDomain(ctx, access.Actor(ctx), in.ID)
}
