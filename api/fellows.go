package api

import (
	"context"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// fellow is somebody as colleagues see them.
type fellow struct {
	ID            uuid.UUID     `json:"id" format:"uuid" doc:"Of the membership"`
	CompanyName   string        `json:"company_name"`
	Name          string        `json:"name"`
	Reading       string        `json:"reading"`
	Email         string        `json:"email"`
	HourlyRate    *market.Money `json:"hourly_rate,omitempty"`
	AvailableFrom *civil.Date   `json:"available_from" format:"date"`
	Introduction  string        `json:"introduction" doc:"Markdown"`
	Portfolio     []string      `json:"portfolio"`
	Languages     []spoken      `json:"languages"`
	Stints        []stint       `json:"stints"`
	Skills        []memberSkill `json:"skills" doc:"In a group, of those that everybody shares"`
}

func fellowOf(f market.Fellow) fellow {
	return fellow{ID: f.ID, CompanyName: f.CompanyName, Name: f.Name, Reading: f.Reading, Email: f.Email, HourlyRate: f.HourlyRate, AvailableFrom: f.AvailableFrom,
		Introduction: f.Introduction, Portfolio: orEmpty(f.Portfolio), Languages: each(f.Languages, spokenOf), Stints: each(f.Stints, stintOf), Skills: each(f.Skills, memberSkillOf)}
}

func (s *Server) fellows(ctx context.Context, in *groupPeopleQuery) (*out[list[fellow]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	all, err := s.cfg.Market.Fellows(ctx, access.Actor(ctx), in.ID, in.Q, before, in.Limit)
	return answer(listed(in.Page, all, func(f market.Fellow) string { return f.ID.String() }, fellowOf), err)
}

// formerPeer is one with whom the reader was in one department.
type formerPeer struct {
	fellow
	Months int  `json:"months_together"`
	New    bool `json:"new" doc:"In the directory for less than two months"`
}

func (s *Server) workedWith(ctx context.Context, in *OfID) (*out[list[formerPeer]], error) {
	all, err := s.cfg.Market.WorkedWith(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, func(p market.FormerPeer) formerPeer { return formerPeer{fellowOf(p.Fellow), p.Months, p.New} }), err)
}

// audience is who sees one field of the caller's profile.
type audience struct {
	Field    string   `json:"field" enum:"introduction,skills,evidence,languages,departments,reading,rate,availability,email"`
	Audience string   `json:"audience" enum:"colleagues,choosers,nobody"`
	Choices  []string `json:"choices" doc:"What can be chosen for this field"`
}

func (s *Server) audiences(ctx context.Context, _ *nothing) (*out[list[audience]], error) {
	f, err := s.cfg.Market.Profile(ctx, access.Actor(ctx))
	return answer(whole(market.FieldRules, func(r market.FieldRule) audience {
		return audience{string(r.Field), string(f.Person.Audiences.Of(r.Field)), each(r.Choose, func(a market.Audience) string { return string(a) })}
	}), err)
}

type audiencesSaid struct {
	Body struct {
		Audiences map[string]string `json:"audiences" doc:"By field; those that are not named stay as they are"`
	}
}

func (s *Server) setAudiences(ctx context.Context, in *audiencesSaid) (*out[list[audience]], error) {
	chosen := market.Audiences{}
	for f, a := range in.Body.Audiences {
		chosen[market.Field(f)] = market.Audience(a)
	}
	if err := s.cfg.Market.SetAudiences(ctx, access.Actor(ctx), chosen); err != nil {
		return nil, err
	}
	return s.audiences(ctx, nil)
}
