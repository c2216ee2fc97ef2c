package api

import (
	"context"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// department of a company, as it is today.
type department struct {
	ID      uuid.UUID  `json:"id" format:"uuid"`
	Name    string     `json:"name"`
	NameEN  string     `json:"name_en"`
	Aliases []string   `json:"aliases"`
	AboveID *uuid.UUID `json:"above_id" format:"uuid" doc:"The department that it belongs to"`
}

func departmentOf(d market.Department) department {
	return department{ID: d.ID, Name: d.Name, NameEN: d.NameEN, Aliases: orEmpty([]string(d.Aliases)), AboveID: d.AboveID}
}

func (s *Server) departments(ctx context.Context, in *OfID) (*out[list[department]], error) {
	all, err := s.cfg.Market.Departments(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, departmentOf), err)
}

// departmentLife is a department with its past.
type departmentLife struct {
	ID      uuid.UUID          `json:"id" format:"uuid"`
	Name    string             `json:"name"`
	NameEN  string             `json:"name_en"`
	Aliases []string           `json:"aliases"`
	AboveID *uuid.UUID         `json:"above_id" format:"uuid" doc:"The department that it belongs to"`
	Alumni  int                `json:"alumni" doc:"Who left the company and was there"`
	Staff   int                `json:"staff" doc:"Who is there now"`
	Pasts   []departmentPast   `json:"pasts" doc:"What it was before, the latest first"`
	Merged  []departmentMerged `json:"merged" doc:"Departments that became part of it"`
}

type departmentPast struct {
	Until   civil.Date `json:"until" format:"date" doc:"The first day on which it was not so any more"`
	Name    string     `json:"name"`
	NameEN  string     `json:"name_en"`
	AboveID *uuid.UUID `json:"above_id" format:"uuid"`
}

type departmentMerged struct {
	ID   uuid.UUID   `json:"id" format:"uuid"`
	Name string      `json:"name"`
	On   *civil.Date `json:"on" format:"date" doc:"The first day on which it was part of this one"`
}

func departmentLifeOf(l market.DepartmentLife) departmentLife {
	return departmentLife{ID: l.ID, Name: l.Name, NameEN: l.NameEN, Aliases: orEmpty([]string(l.Aliases)), AboveID: l.AboveID, Alumni: l.Alumni, Staff: l.Staff,
		Pasts: each(l.Pasts, func(p market.DepartmentPast) departmentPast {
			return departmentPast{p.Until, p.Name, p.NameEN, p.AboveID}
		}),
		Merged: each(l.Merged, func(d market.Department) departmentMerged {
			return departmentMerged{d.ID, d.Name, d.MergedOn}
		})}
}

func (s *Server) department(ctx context.Context, in *OfID) (*out[departmentLife], error) {
	l, err := s.cfg.Market.DepartmentLife(ctx, access.Actor(ctx), in.ID)
	return answer(departmentLifeOf(l), err)
}

type newDepartment struct {
	OfID
	Body struct {
		Name    string     `json:"name"`
		NameEN  *string    `json:"name_en,omitempty"`
		Aliases *[]string  `json:"aliases,omitempty"`
		AboveID *uuid.UUID `json:"above_id,omitempty" format:"uuid"`
	}
}

func (s *Server) addDepartment(ctx context.Context, in *newDepartment) (*made[department], error) {
	b := in.Body
	d, err := s.cfg.Market.AddDepartment(ctx, access.Actor(ctx), in.ID, market.DepartmentEdit{Name: &b.Name, NameEN: b.NameEN, Aliases: b.Aliases, Above: b.AboveID})
	if err != nil {
		return nil, err
	}
	return created("/departments/"+d.ID.String(), departmentOf(d)), nil
}

type departmentEdit struct {
	OfID
	Body struct {
		Name    *string     `json:"name,omitempty"`
		NameEN  *string     `json:"name_en,omitempty"`
		Aliases *[]string   `json:"aliases,omitempty"`
		AboveID *uuid.UUID  `json:"above_id,omitempty" format:"uuid" doc:"The nil id puts it on top"`
		Since   *civil.Date `json:"since,omitempty" format:"date" doc:"From when this holds; without it, it was always so"`
	}
}

func (s *Server) editDepartment(ctx context.Context, in *departmentEdit) (*out[department], error) {
	b := in.Body
	d, err := s.cfg.Market.EditDepartment(ctx, access.Actor(ctx), in.ID, market.DepartmentEdit{Name: b.Name, NameEN: b.NameEN, Aliases: b.Aliases, Above: b.AboveID, Since: b.Since})
	return answer(departmentOf(d), err)
}

type departmentMerge struct {
	OfID
	Body struct {
		Into uuid.UUID   `json:"into" format:"uuid"`
		On   *civil.Date `json:"on,omitempty" format:"date" doc:"The first day on which it is part of the other; today when it is missing"`
	}
}

func (s *Server) mergeDepartment(ctx context.Context, in *departmentMerge) (*out[department], error) {
	d, err := s.cfg.Market.MergeDepartment(ctx, access.Actor(ctx), in.ID, in.Body.Into, in.Body.On)
	return answer(departmentOf(d), err)
}

type stintEnd struct {
	OfID
	Body struct {
		LeftOn    *civil.Date `json:"left_on,omitempty" format:"date" doc:"The last day; without it the stint lasts"`
		Departure string      `json:"departure,omitempty" enum:",retirement,contract_end,voluntary,company,transfer,other"`
	}
}

func (s *Server) endStint(ctx context.Context, in *stintEnd) (*out[member], error) {
	m, err := s.cfg.Market.EndStint(ctx, access.Actor(ctx), in.ID, market.StintEnd{LeftOn: in.Body.LeftOn, Departure: market.DepartureKind(in.Body.Departure)})
	return answer(memberOf(m), err)
}
