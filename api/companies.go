package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// company is one of the caller's companies.
type company struct {
	ID             uuid.UUID `json:"id" format:"uuid"`
	Name           string    `json:"name"`
	NameEN         string    `json:"name_en"`
	TimeZone       string    `json:"time_zone" example:"Asia/Tokyo"`
	Currency       string    `json:"currency" example:"JPY"`
	Language       string    `json:"language" enum:"ja,en"`
	Address        string    `json:"address"`
	TaxNumber      string    `json:"tax_number"`
	PlatformFeeBP  int64     `json:"platform_fee_bp" doc:"Basis points, charged on top of the fee"`
	AutoAcceptDays int       `json:"auto_accept_days" doc:"Silence of so many days accepts delivered work"`
	PaymentDays    int       `json:"payment_days" doc:"The fee is due so many days after receipt, receipt being day 1"`
	Rail           string    `json:"rail" enum:"prefunded,on_acceptance,bank_file" doc:"How its next contracts are paid"`
	RefundLimit    *int64    `json:"refund_limit" doc:"Minor units; above it a refund takes two people, 0: always; null: never"`
	NamesViewers   bool      `json:"names_viewers" doc:"People learn the names of those of the company who opened their page"`
}

func companyOf(c market.Company) company {
	return company{ID: c.ID, Name: c.Name, NameEN: c.NameEN, TimeZone: c.TimeZone, Currency: c.Currency, Language: c.Language, Address: c.Address,
		TaxNumber: c.TaxNumber, PlatformFeeBP: c.PlatformFeeBP, AutoAcceptDays: c.AutoAcceptDays, PaymentDays: c.PaymentDays, Rail: string(c.Rail), RefundLimit: c.RefundLimit, NamesViewers: c.NamesViewers}
}

func (s *Server) company(ctx context.Context, in *OfID) (*out[company], error) {
	c, err := s.cfg.Market.Company(ctx, access.Actor(ctx), in.ID)
	return answer(companyOf(c), err)
}

type companyEdit struct {
	OfID
	Body struct {
		Name           *string      `json:"name,omitempty"`
		NameEN         *string      `json:"name_en,omitempty"`
		TimeZone       *string      `json:"time_zone,omitempty" pattern:"^[A-Z][A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$" example:"Asia/Tokyo"`
		Language       *string      `json:"language,omitempty" enum:"ja,en"`
		Address        *string      `json:"address,omitempty"`
		TaxNumber      *string      `json:"tax_number,omitempty"`
		AutoAcceptDays *int         `json:"auto_accept_days,omitempty"`
		PaymentDays    *int         `json:"payment_days,omitempty"`
		Rail           *market.Rail `json:"rail,omitempty" enum:"prefunded,on_acceptance,bank_file" doc:"How its next contracts are paid"`
		RefundLimit    *int64       `json:"refund_limit,omitempty" doc:"Minor units; above it a refund takes two people, 0: always; -1: never"`
		NamesViewers   *bool        `json:"names_viewers,omitempty" doc:"People learn the names of those of the company who opened their page"`
	}
}

func (s *Server) editCompany(ctx context.Context, in *companyEdit) (*out[company], error) {
	c, err := s.cfg.Market.UpdateCompany(ctx, access.Actor(ctx), in.ID, market.CompanyEdit(in.Body))
	return answer(companyOf(c), err)
}

// colleague is one of a company's own people with their roles.
type colleague struct {
	PersonID uuid.UUID `json:"person_id" format:"uuid"`
	Email    string    `json:"email"`
	Name     string    `json:"name" doc:"Empty until somebody known elsewhere takes a role"`
	Roles    []string  `json:"roles" doc:"Fixed ones by name, the company's own by id"`
	Joined   bool      `json:"joined"`
	Since    time.Time `json:"since"`
}

func colleagueOf(m market.TeamMember) colleague {
	return colleague{PersonID: m.PersonID, Email: m.Email, Name: m.Name, Joined: m.Joined, Since: m.Since,
		Roles: each(m.Roles, func(r market.Role) string { return string(r) })}
}

func (s *Server) team(ctx context.Context, in *OfID) (*out[list[colleague]], error) {
	all, err := s.cfg.Market.Team(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, colleagueOf), err)
}

type newColleague struct {
	OfID
	Body struct {
		Email      string `json:"email" maxLength:"320"`
		FamilyName string `json:"family_name,omitempty"`
		GivenName  string `json:"given_name,omitempty"`
		FamilyKana string `json:"family_kana,omitempty"`
		GivenKana  string `json:"given_kana,omitempty"`
		Role       string `json:"role" maxLength:"40" example:"manager" doc:"administrator, manager, approver, finance, office, staff, or the id of a role of the company's own"`
	}
}

func (s *Server) grantRole(ctx context.Context, in *newColleague) (*out[colleague], error) {
	b := in.Body
	m, err := s.cfg.Market.Grant(ctx, access.Actor(ctx), in.ID, market.Colleague{Email: b.Email, FamilyName: b.FamilyName, GivenName: b.GivenName,
		FamilyKana: b.FamilyKana, GivenKana: b.GivenKana, Role: market.Role(b.Role)})
	return answer(colleagueOf(m), err)
}

type ofGrant struct {
	OfID
	PersonID uuid.UUID `path:"person_id" format:"uuid"`
	Role     string    `path:"role"`
}

func (s *Server) revokeRole(ctx context.Context, in *ofGrant) (*nothing, error) {
	return nil, s.cfg.Market.Revoke(ctx, access.Actor(ctx), in.ID, in.PersonID, market.Role(in.Role))
}
