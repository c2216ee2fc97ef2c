package api

import (
	"context"
	"slices"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/billing"
	"homecoming/market"
	"homecoming/matching"
)

// Me is who the caller is.
type Me struct {
	PersonID uuid.UUID `json:"person_id" format:"uuid"`
	Email    string    `json:"email"`
	Name     string    `json:"name"`
	Language string    `json:"language" enum:"en,ja"`
	Grants   []grant   `json:"grants" doc:"What the person is to which company"`

	Through  *uuid.UUID  `json:"through,omitempty" format:"uuid" doc:"The company whose provider vouched for them: they act there alone"`
	Withheld []uuid.UUID `json:"withheld,omitempty" doc:"Companies whose roles wait until they come in through its provider"`
}

type grant struct {
	CompanyID    uuid.UUID  `json:"company_id" format:"uuid"`
	Role         string     `json:"role" example:"manager" doc:"A fixed role, or the id of one that the company made"`
	Name         string     `json:"name,omitempty" doc:"Of such a role"`
	Allows       []string   `json:"allows,omitempty" doc:"What such a role allows"`
	MembershipID *uuid.UUID `json:"membership_id,omitempty" format:"uuid" doc:"Where the role follows from a membership"`
}

func meOf(a market.Actor) Me {
	me := Me{PersonID: a.PersonID, Email: a.Email, Name: a.Name, Language: string(a.Language), Withheld: a.Withheld, Grants: each(a.Grants, func(g market.Grant) grant {
		view := grant{CompanyID: g.CompanyID, Role: string(g.Role), Name: g.Name, Allows: each(g.Allows, func(a market.Action) string { return string(a) })}
		if g.MembershipID != uuid.Nil {
			view.MembershipID = &g.MembershipID
		}
		return view
	})}
	if a.Through != uuid.Nil {
		me.Through = &a.Through
	}
	return me
}

func (s *Server) me(ctx context.Context, _ *nothing) (*out[Me], error) {
	return answer(meOf(access.Actor(ctx)), nil)
}

// profile is all that the person keeps here about themselves.
type profile struct {
	FamilyName         string              `json:"family_name"`
	GivenName          string              `json:"given_name"`
	FamilyKana         string              `json:"family_kana"`
	GivenKana          string              `json:"given_kana"`
	Email              string              `json:"email"`
	Language           string              `json:"language" enum:"en,ja"`
	HourlyRate         *market.Money       `json:"hourly_rate,omitempty"`
	AvailableFrom      *civil.Date         `json:"available_from" format:"date" doc:"Null is now"`
	RegistrationNumber string              `json:"registration_number" doc:"Of qualified invoices: T and 13 digits"`
	CorporateName      string              `json:"corporate_name" doc:"Of the corporation that they contract through; empty for an individual"`
	NonResident        bool                `json:"non_resident" doc:"Lives abroad, for taxes"`
	HasPassword        bool                `json:"has_password"`
	Memberships        []profileMembership `json:"memberships"`
	Skills             []profileSkill      `json:"skills"`
	Words              []profileWords      `json:"words" doc:"What was said and means no skill yet, or several"`
	Introduction       string              `json:"introduction" doc:"Markdown"`
	Portfolio          []string            `json:"portfolio" doc:"Addresses of what they made"`
	Languages          []spoken            `json:"languages"`
}

type profileWords struct {
	Words    string `json:"words" doc:"As they were typed"`
	Level    int    `json:"level" doc:"1 basic, 2 solid, 3 expert"`
	Evidence string `json:"evidence" enum:"self,attested,proven"`
}

type profileMembership struct {
	ID          uuid.UUID `json:"id" format:"uuid"`
	CompanyID   uuid.UUID `json:"company_id" format:"uuid"`
	CompanyName string    `json:"company_name"`
	Hidden      bool      `json:"hidden" doc:"The person's own choice: no candidate there"`
	Outside     bool      `json:"outside" doc:"Never worked there: invited from outside, or bid"`
	Stints      []stint   `json:"stints"`
}

type stint struct {
	ID           uuid.UUID   `json:"id" format:"uuid"`
	DepartmentID *uuid.UUID  `json:"department_id" format:"uuid" doc:"Today's, for which the stint counts"`
	Department   string      `json:"department" doc:"As it was called on the stint's last day"`
	DepartmentEN string      `json:"department_en"`
	Today        string      `json:"department_today" doc:"As it is called today, where that is something else"`
	TodayEN      string      `json:"department_today_en"`
	Entity       string      `json:"entity" doc:"The legal entity's name, or what the file wrote"`
	JoinedOn     civil.Date  `json:"joined_on" format:"date"`
	LeftOn       *civil.Date `json:"left_on" format:"date" doc:"Null while employed"`
	Departure    string      `json:"departure" enum:",retirement,contract_end,voluntary,company,transfer,other" doc:"For the alumni office alone; empty for everybody else"`
}

func stintOf(t market.MemberStint) stint {
	return stint{ID: t.ID, DepartmentID: t.DepartmentID, Department: t.Department, DepartmentEN: t.DepartmentEN, Today: t.Today, TodayEN: t.TodayEN,
		Entity: t.Entity, JoinedOn: t.JoinedOn, LeftOn: t.LeftOn, Departure: string(t.Departure)}
}

type profileSkill struct {
	Skill    string `json:"skill" example:"corporate-tax"`
	NameEN   string `json:"name_en"`
	NameJA   string `json:"name_ja"`
	Level    int    `json:"level" doc:"1 basic, 2 solid, 3 expert"`
	Evidence string `json:"evidence" enum:"self,attested,proven"`
	Company  string `json:"company" doc:"Who attests it or where it was proven; empty for self"`

	Colleagues int      `json:"colleagues" doc:"How many former colleagues there attest it"`
	About      string   `json:"about" doc:"Of a skill that they say of themselves, what they did with it"`
	Links      []string `json:"links" doc:"And what shows it"`
}

func profileOf(f market.Profile) profile {
	p := f.Person
	view := profile{FamilyName: p.FamilyName, GivenName: p.GivenName, FamilyKana: p.FamilyKana, GivenKana: p.GivenKana, Language: p.Language,
		HourlyRate: f.HourlyRate, AvailableFrom: p.AvailableFrom, RegistrationNumber: p.RegistrationNumber, CorporateName: p.CorporateName, NonResident: p.NonResident, HasPassword: f.HasPassword,
		Memberships: each(f.Memberships, func(m market.ProfileMembership) profileMembership {
			return profileMembership{ID: m.ID, CompanyID: m.CompanyID, CompanyName: m.CompanyName, Hidden: m.Hidden, Outside: m.Outside, Stints: each(m.Stints, stintOf)}
		}),
		Skills: each(f.Skills, func(k market.ProfileSkill) profileSkill {
			return profileSkill{Skill: k.SkillID, NameEN: k.NameEN, NameJA: k.NameJA, Level: k.Level, Evidence: string(k.Evidence), Company: k.CompanyName, Colleagues: k.Colleagues,
				About: k.About, Links: orEmpty(k.Links.List())}
		}),
		Words:        each(f.Words, func(t market.TypedSkill) profileWords { return profileWords{t.Words, t.Level, string(t.Evidence)} }),
		Introduction: p.Introduction, Portfolio: orEmpty(p.Portfolio), Languages: each(p.Languages, spokenOf)}
	if p.Email != nil {
		view.Email = *p.Email
	}
	return view
}

func (s *Server) profile(ctx context.Context, _ *nothing) (*out[profile], error) {
	f, err := s.cfg.Market.Profile(ctx, access.Actor(ctx))
	return answer(profileOf(f), err)
}

type profileEdit struct {
	Body struct {
		FamilyName         *string          `json:"family_name,omitempty"`
		GivenName          *string          `json:"given_name,omitempty"`
		FamilyKana         *string          `json:"family_kana,omitempty"`
		GivenKana          *string          `json:"given_kana,omitempty"`
		Language           *string          `json:"language,omitempty" enum:"en,ja"`
		HourlyRate         *amount          `json:"hourly_rate,omitempty" doc:"An amount of 0 takes it away"`
		AvailableFrom      *string          `json:"available_from,omitempty" doc:"A day; an empty text takes it away"`
		RegistrationNumber *string          `json:"registration_number,omitempty"`
		CorporateName      *string          `json:"corporate_name,omitempty" doc:"Of the corporation that they contract through, whose number must fit; an empty text is an individual"`
		NonResident        *bool            `json:"non_resident,omitempty" doc:"Lives abroad, for taxes"`
		Skills             *[]ownSkill      `json:"skills,omitempty" doc:"All that the person says of themselves"`
		Introduction       *string          `json:"introduction,omitempty" doc:"Markdown"`
		Portfolio          *[]string        `json:"portfolio,omitempty" doc:"https addresses of what they made"`
		Languages          *[]spoken        `json:"languages,omitempty"`
		Evidence           *[]skillEvidence `json:"evidence,omitempty" doc:"What shows skills that the person says of themselves; those that are not named stay as they are"`
	}
}

type skillEvidence struct {
	Skill string   `json:"skill" doc:"Its id"`
	About string   `json:"about,omitempty" doc:"What they did with it"`
	Links []string `json:"links,omitempty" doc:"https addresses that show it"`
}

type ownSkill struct {
	Skill string `json:"skill" doc:"An id, a name or an alias"`
	Level int    `json:"level,omitempty" minimum:"1" maximum:"3" doc:"2 when left out"`
}

func (s *Server) editProfile(ctx context.Context, in *profileEdit) (*out[profile], error) {
	b := in.Body
	e := market.ProfileEdit{FamilyName: b.FamilyName, GivenName: b.GivenName, FamilyKana: b.FamilyKana, GivenKana: b.GivenKana, Language: b.Language,
		HourlyRate: (*market.Money)(b.HourlyRate), RegistrationNumber: b.RegistrationNumber, CorporateName: b.CorporateName, NonResident: b.NonResident,
		Introduction: b.Introduction, Portfolio: b.Portfolio}
	if b.AvailableFrom != nil {
		day, err := dayOrNone(*b.AvailableFrom)
		if err != nil {
			return nil, ErrShape.On("available_from").With("expected", bilingual("expected string to be RFC 3339 date"))
		}
		e.AvailableFrom = &day
	}
	if b.Skills != nil {
		skills := each(*b.Skills, func(k ownSkill) market.OwnSkill { return market.OwnSkill(k) })
		e.Skills = &skills
	}
	if b.Languages != nil {
		list := each(*b.Languages, func(l spoken) market.SpokenLanguage { return market.SpokenLanguage(l) })
		e.Languages = &list
	}
	if b.Evidence != nil {
		list := each(*b.Evidence, func(v skillEvidence) market.SkillEvidence { return market.SkillEvidence(v) })
		e.Evidence = &list
	}
	f, err := s.cfg.Market.UpdateProfile(ctx, access.Actor(ctx), e)
	return answer(profileOf(f), err)
}

// dayOrNone reads a day; no text is no day.
func dayOrNone(text string) (civil.Date, error) {
	if text == "" {
		return civil.Date{}, nil
	}
	return civil.ParseDate(text)
}

// myData is everything that is kept about the person, from every room.
func (s *Server) myData(ctx context.Context, _ *nothing) (*file, error) {
	body, err := s.cfg.Market.MyData(ctx, access.Actor(ctx), slices.Concat(matching.OwnTables, billing.OwnTables)...)
	if err != nil {
		return nil, err
	}
	return attached("homecoming-my-data.zip", "application/zip", body), nil
}

type hiding struct {
	OfID
	Body struct {
		Hidden bool `json:"hidden"`
	}
}

func (s *Server) hide(ctx context.Context, in *hiding) (*nothing, error) {
	return nil, s.cfg.Market.Hide(ctx, access.Actor(ctx), in.ID, in.Body.Hidden)
}

// proposal is a company's claim that the person worked there.
type proposal struct {
	MembershipID uuid.UUID `json:"membership_id" format:"uuid"`
	CompanyID    uuid.UUID `json:"company_id" format:"uuid"`
	CompanyName  string    `json:"company_name"`
	Stints       []stint   `json:"stints"`
	CreatedAt    time.Time `json:"created_at"`
}

func (s *Server) proposals(ctx context.Context, _ *nothing) (*out[list[proposal]], error) {
	all, err := s.cfg.Market.LinkProposals(ctx, access.Actor(ctx))
	return answer(whole(all, func(p market.Proposal) proposal {
		return proposal{MembershipID: p.MembershipID, CompanyID: p.CompanyID, CompanyName: p.CompanyName, Stints: each(p.Stints, stintOf), CreatedAt: p.CreatedAt}
	}), err)
}

type proposalAnswer struct {
	OfID
	Body struct {
		IsMe bool `json:"is_me" doc:"Whether the person did work there"`
	}
}

func (s *Server) answerProposal(ctx context.Context, in *proposalAnswer) (*nothing, error) {
	return nil, s.cfg.Market.AnswerProposal(ctx, access.Actor(ctx), in.ID, in.Body.IsMe)
}
