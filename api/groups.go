package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// entity is a legal entity of a company.
type entity struct {
	ID        uuid.UUID `json:"id" format:"uuid"`
	Name      string    `json:"name"`
	NameEN    string    `json:"name_en"`
	TaxNumber string    `json:"tax_number" doc:"Qualified-invoice number, T and 13 digits"`
	Aliases   []string  `json:"aliases" doc:"As files write it"`
	People    int       `json:"people" doc:"Members who were with it"`
}

func entityOf(e market.Entity) entity {
	return entity{ID: e.ID, Name: e.Name, NameEN: e.NameEN, TaxNumber: e.TaxNumber, Aliases: orEmpty([]string(e.Aliases)), People: e.People}
}

func (s *Server) entities(ctx context.Context, in *OfID) (*out[list[entity]], error) {
	all, err := s.cfg.Market.Entities(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, entityOf), err)
}

type newEntity struct {
	OfID
	Body struct {
		Name      string    `json:"name"`
		NameEN    *string   `json:"name_en,omitempty"`
		TaxNumber *string   `json:"tax_number,omitempty"`
		Aliases   *[]string `json:"aliases,omitempty"`
	}
}

func (s *Server) addEntity(ctx context.Context, in *newEntity) (*made[entity], error) {
	b := in.Body
	e, err := s.cfg.Market.SaveEntity(ctx, access.Actor(ctx), in.ID, uuid.Nil, market.EntityEdit{Name: &b.Name, NameEN: b.NameEN, TaxNumber: b.TaxNumber, Aliases: b.Aliases})
	if err != nil {
		return nil, err
	}
	return created("/entities/"+e.ID.String(), entityOf(e)), nil
}

type entityEdit struct {
	OfID
	Body struct {
		Name      *string   `json:"name,omitempty"`
		NameEN    *string   `json:"name_en,omitempty"`
		TaxNumber *string   `json:"tax_number,omitempty"`
		Aliases   *[]string `json:"aliases,omitempty"`
	}
}

func (s *Server) editEntity(ctx context.Context, in *entityEdit) (*out[entity], error) {
	b := in.Body
	e, err := s.cfg.Market.SaveEntity(ctx, access.Actor(ctx), uuid.Nil, in.ID, market.EntityEdit{Name: b.Name, NameEN: b.NameEN, TaxNumber: b.TaxNumber, Aliases: b.Aliases})
	return answer(entityOf(e), err)
}

// group is several companies under one roof.
type group struct {
	ID        *uuid.UUID     `json:"id" format:"uuid" doc:"Null when the company is in none"`
	Name      string         `json:"name"`
	NameEN    string         `json:"name_en"`
	Companies []groupCompany `json:"companies" doc:"The asking company first"`
}

type groupCompany struct {
	CompanyID  uuid.UUID  `json:"company_id" format:"uuid"`
	Name       string     `json:"name"`
	NameEN     string     `json:"name_en"`
	State      string     `json:"state" enum:"asked,agreed"`
	Shares     bool       `json:"shares" doc:"Its directory, with those that share theirs"`
	AskedAt    time.Time  `json:"asked_at"`
	AnsweredAt *time.Time `json:"answered_at"`
}

func groupOf(g market.Group) group {
	view := group{Name: g.Name, NameEN: g.NameEN, Companies: each(g.Companies, func(c market.GroupCompany) groupCompany {
		return groupCompany{c.CompanyID, c.Name, c.NameEN, string(c.State), c.Shares, c.AskedAt, c.AnsweredAt}
	})}
	if g.ID != uuid.Nil {
		view.ID = &g.ID
	}
	return view
}

func (s *Server) group(ctx context.Context, in *OfID) (*out[group], error) {
	g, err := s.cfg.Market.GroupOf(ctx, access.Actor(ctx), in.ID)
	return answer(groupOf(g), err)
}

type newGroup struct {
	OfID
	Body struct {
		Name   string `json:"name"`
		NameEN string `json:"name_en,omitempty"`
	}
}

func (s *Server) makeGroup(ctx context.Context, in *newGroup) (*made[group], error) {
	g, err := s.cfg.Market.MakeGroup(ctx, access.Actor(ctx), in.ID, in.Body.Name, in.Body.NameEN)
	if err != nil {
		return nil, err
	}
	return created("/companies/"+in.ID.String()+"/group", groupOf(g)), nil
}

func (s *Server) groupInvitations(ctx context.Context, in *OfID) (*out[list[group]], error) {
	all, err := s.cfg.Market.GroupInvitations(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, groupOf), err)
}

type groupAsked struct {
	OfID
	Body struct {
		CompanyID uuid.UUID `json:"company_id" format:"uuid" doc:"The other company's number, as its settings show it"`
	}
}

func (s *Server) askIntoGroup(ctx context.Context, in *groupAsked) (*nothing, error) {
	return nil, s.cfg.Market.AskIntoGroup(ctx, access.Actor(ctx), in.ID, in.Body.CompanyID)
}

type groupAnswer struct {
	OfID
	Body struct {
		GroupID uuid.UUID `json:"group_id" format:"uuid"`
		Yes     bool      `json:"yes"`
	}
}

func (s *Server) answerGroup(ctx context.Context, in *groupAnswer) (*nothing, error) {
	return nil, s.cfg.Market.AnswerGroup(ctx, access.Actor(ctx), in.ID, in.Body.GroupID, in.Body.Yes)
}

type directoryShared struct {
	OfID
	Body struct {
		Shares bool `json:"shares"`
	}
}

func (s *Server) shareDirectory(ctx context.Context, in *directoryShared) (*nothing, error) {
	return nil, s.cfg.Market.ShareDirectory(ctx, access.Actor(ctx), in.ID, in.Body.Shares)
}

func (s *Server) leaveGroup(ctx context.Context, in *OfID) (*nothing, error) {
	return nil, s.cfg.Market.LeaveGroup(ctx, access.Actor(ctx), in.ID)
}

type groupPeopleQuery struct {
	OfID
	Page
	Q string `query:"q" maxLength:"200" doc:"Parts of a name or a reading"`
}

func (s *Server) groupPeople(ctx context.Context, in *groupPeopleQuery) (*out[list[fellow]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	all, err := s.cfg.Market.GroupPeople(ctx, access.Actor(ctx), in.ID, in.Q, before, in.Limit)
	return answer(listed(in.Page, all, func(m market.Fellow) string { return m.ID.String() }, fellowOf), err)
}
