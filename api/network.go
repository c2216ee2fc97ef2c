package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"homecoming/api/access"
	insights "homecoming/insight"
	"homecoming/market"
)

// network is how a company's network does.
type network struct {
	From       string         `json:"from" doc:"The first month, as 2026-11"`
	To         string         `json:"to" doc:"The last one"`
	BeforeFrom string         `json:"before_from" doc:"As many months right before them, to compare with"`
	BeforeTo   string         `json:"before_to"`
	Smallest   int            `json:"smallest" doc:"Numbers of people below this are hidden, and what they could be computed from"`
	Currency   string         `json:"currency"`
	Tables     []networkTable `json:"tables" doc:"Those that the reader may see"`
}

type networkTable struct {
	Table   string          `json:"table" enum:"reach,activity,matching,matching_by_department,repeats,newcomers,spend_by_department,spend_by_skill,punctuality,referrals,stages,returns,events"`
	By      string          `json:"by" enum:"month,year,department,skill,programme,stage,step" doc:"What the rows are; a year is the one in which people left"`
	Columns []networkColumn `json:"columns"`
	Rows    []networkRow    `json:"rows"`
	Total   *networkRow     `json:"total,omitempty" doc:"Of the months as a whole; people are counted once"`
	Before  *networkRow     `json:"before,omitempty" doc:"Of the months before"`
}

type networkColumn struct {
	Column string `json:"column"`
	Unit   string `json:"unit" enum:"people,count,share,days,money" doc:"A share is a part of 1, money is in minor units"`
}

type networkRow struct {
	Key    string        `json:"key" doc:"2026-11, 2026, an id or a step; empty for what belongs to none, or to earlier years than those told"`
	Name   string        `json:"name"`
	NameEN string        `json:"name_en"`
	Cells  []networkCell `json:"cells" doc:"In the order of the columns"`
}

type networkCell struct {
	Value  *float64 `json:"value" doc:"null where it is not shown"`
	Hidden string   `json:"hidden" enum:",under_5,withheld,no_figure" doc:"Why: it is 1 to 4 people, or such a number could be computed from it, or there is none"`
}

func networkOf(r insights.Report) network {
	before := r.Months.Before()
	return network{From: market.MonthName(r.Months.First), To: market.MonthName(r.Months.Last()), BeforeFrom: market.MonthName(before.First), BeforeTo: market.MonthName(before.Last()),
		Smallest: insights.Smallest, Currency: r.Company.Currency, Tables: each(r.Tables, networkTableOf)}
}

func networkTableOf(t insights.Table) networkTable {
	row := func(r insights.Row) networkRow {
		view := networkRow{r.Key, r.Name, r.NameEN, make([]networkCell, len(r.Cells))}
		for i, c := range r.Cells {
			view.Cells[i] = networkCell{t.Columns[i].Float(c), string(c.Mask)}
		}
		return view
	}
	view := networkTable{Table: t.Key, By: t.By, Rows: each(t.Rows, row),
		Columns: each(t.Columns, func(c insights.Column) networkColumn { return networkColumn{c.Key, string(c.Unit)} })}
	if t.Total != nil {
		total, before := row(*t.Total), row(*t.Before)
		view.Total, view.Before = &total, &before
	}
	return view
}

// NetworkQuery is over which months; the name is for the document.
type NetworkQuery struct {
	OfID
	From string `query:"from" doc:"The first month, as 2026-11; the twelve months up to this one, so far, when both are left out, and twelve months when one is"`
	To   string `query:"to" doc:"The last month; at most 36 are counted at once"`
}

// gatherNetwork asks the rooms that count.
func (s *Server) gatherNetwork(ctx context.Context, company uuid.UUID, from, to string) (insights.Report, error) {
	return insights.Gather(ctx, insights.Rooms{Market: s.cfg.Market, Matching: s.cfg.Matching, Billing: s.cfg.Billing}, access.Actor(ctx), company, from, to)
}

func (s *Server) network(ctx context.Context, in *NetworkQuery) (*out[network], error) {
	r, err := s.gatherNetwork(ctx, in.ID, in.From, in.To)
	if err != nil {
		return nil, err
	}
	return answer(networkOf(r), nil)
}

func (s *Server) networkCSV(ctx context.Context, in *NetworkQuery) (*huma.StreamResponse, error) {
	r, err := s.gatherNetwork(ctx, in.ID, in.From, in.To)
	if err != nil {
		return nil, err
	}
	return s.streamed(r.FileName(), "utf-8", r.CSV), nil
}
