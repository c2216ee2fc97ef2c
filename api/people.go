package api

import (
	"context"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// member is somebody as one company sees them.
type member struct {
	ID            uuid.UUID     `json:"id" format:"uuid" doc:"Of the membership"`
	CompanyID     uuid.UUID     `json:"company_id" format:"uuid"`
	PersonID      uuid.UUID     `json:"person_id" format:"uuid"`
	Name          string        `json:"name"`
	Reading       string        `json:"reading"`
	Email         string        `json:"email" doc:"As the company's records have it"`
	State         string        `json:"state" enum:"imported,invited,joined"`
	Alumnus       bool          `json:"alumnus" doc:"Every stint has ended"`
	Outside       bool          `json:"outside" doc:"Never worked here: invited from outside, or bid"`
	HourlyRate    *market.Money `json:"hourly_rate,omitempty"`
	AvailableFrom *civil.Date   `json:"available_from" format:"date"`
	Registered    bool          `json:"registered" doc:"Issues qualified invoices"`
	Corporate     bool          `json:"corporate" doc:"Contracts through a corporation: nothing is withheld"`
	NonResident   bool          `json:"non_resident" doc:"Lives abroad, for taxes"`
	InvitedAt     *time.Time    `json:"invited_at"`
	JoinedAt      *time.Time    `json:"joined_at"`
	Stints        []stint       `json:"stints"`
	Skills        []memberSkill `json:"skills"`
	Introduction  string        `json:"introduction" doc:"Markdown"`
	Portfolio     []string      `json:"portfolio" doc:"Addresses of what they made"`
	Languages     []spoken      `json:"languages"`
	Calendar      []period      `json:"calendar" doc:"When they have time; of one member alone, lists leave it out"`
}

// spoken is a language that somebody works in.
type spoken struct {
	Code  string `json:"code" doc:"BCP 47: ja, en, zh-Hans and others" example:"en"`
	Level string `json:"level" enum:"basic,conversational,business,native"`
	Note  string `json:"note,omitempty" doc:"What shows it: JLPT N1, CEFR C1" maxLength:"40"`
}

type memberSkill struct {
	Skill    string `json:"skill"`
	NameEN   string `json:"name_en"`
	NameJA   string `json:"name_ja"`
	Level    int    `json:"level"`
	Evidence string `json:"evidence" enum:"self,attested,proven"`
	Ours     bool   `json:"ours" doc:"This company, or former colleagues at it, attest or proved it"`

	Colleagues int      `json:"colleagues" doc:"How many former colleagues attest it"`
	About      string   `json:"about" doc:"Of a skill that they say of themselves, what they did with it"`
	Links      []string `json:"links" doc:"And what shows it"`
}

func memberOf(m market.Member) member {
	return member{ID: m.ID, CompanyID: m.CompanyID, PersonID: m.PersonID, Name: m.Name, Reading: m.Reading, Email: m.Email, State: string(m.State),
		Alumnus: m.Alumnus, Outside: m.Outside, HourlyRate: m.HourlyRate, AvailableFrom: m.AvailableFrom, Registered: m.Registered, Corporate: m.Corporate, NonResident: m.NonResident, InvitedAt: m.InvitedAt, JoinedAt: m.JoinedAt,
		Stints: each(m.Stints, stintOf), Skills: each(m.Skills, memberSkillOf),
		Introduction: m.Introduction, Portfolio: orEmpty(m.Portfolio), Languages: each(m.Languages, spokenOf), Calendar: each(m.Calendar, periodOf)}
}

func spokenOf(l market.SpokenLanguage) spoken { return spoken(l) }

func memberSkillOf(k market.MemberSkill) memberSkill {
	return memberSkill{Skill: k.SkillID, NameEN: k.NameEN, NameJA: k.NameJA, Level: k.Level, Evidence: string(k.Evidence), Ours: k.Ours, Colleagues: k.Colleagues,
		About: k.About, Links: orEmpty(k.Links.List())}
}

type peopleQuery struct {
	OfID
	Page
	Q          string `query:"q" maxLength:"200" doc:"Part of a name, a reading or an address"`
	Department string `query:"department" maxLength:"200" doc:"An id, a name or an alias"`
}

func (s *Server) people(ctx context.Context, in *peopleQuery) (*out[list[member]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	all, err := s.cfg.Market.People(ctx, access.Actor(ctx), market.PeopleFilter{CompanyID: in.ID, Query: in.Q, Department: in.Department, Before: before, Limit: in.Limit})
	return answer(listed(in.Page, all, func(m market.Member) string { return m.ID.String() }, memberOf), err)
}

func (s *Server) member(ctx context.Context, in *OfID) (*out[member], error) {
	m, err := s.cfg.Market.LookAt(ctx, access.Actor(ctx), in.ID)
	return answer(memberOf(m), err)
}

// moment is one thing that happened between a company and a member.
type moment struct {
	At      time.Time  `json:"at"`
	On      civil.Date `json:"on" format:"date" doc:"The day of it by the company's clock"`
	Kind    string     `json:"kind" enum:"came_to_company,left_company,asked_to_join,joined_network,work_agreed,work_done,work_ended,customer_named,customer_won,hosted_event,hosts_event,came_to_event,comes_to_event,would_return,returned"`
	Title   string     `json:"title,omitempty" doc:"Of the department, the contract, the customer or the event"`
	TitleEN string     `json:"title_en,omitempty"`
	Ref     *uuid.UUID `json:"ref" format:"uuid" doc:"The contract, referral, event or return; null where there is none"`
}

func momentOf(m market.Moment) moment {
	shown := moment{At: m.At, On: m.On, Kind: string(m.Kind), Title: m.Title, TitleEN: m.TitleEN}
	if m.Ref != uuid.Nil {
		shown.Ref = &m.Ref
	}
	return shown
}

func (s *Server) memberTimeline(ctx context.Context, in *OfID) (*out[list[moment]], error) {
	m, err := s.cfg.Market.Member(ctx, access.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	all, err := s.cfg.Market.Timeline(ctx, access.Actor(ctx), m)
	return answer(whole(all, momentOf), err)
}

type sent struct {
	Sent int `json:"sent" doc:"How many letters were written; who has joined gets none"`
}

func (s *Server) invitePeople(ctx context.Context, in *members) (*out[sent], error) {
	n, err := s.cfg.Market.InvitePeople(ctx, access.Actor(ctx), in.ID, in.Body.MembershipIDs)
	return answer(sent{n}, err)
}
