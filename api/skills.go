package api

import (
	"context"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
	"homecoming/matching/taxonomy"
)

// skill is one thing a person can do and a task can ask for.
type skill struct {
	ID       string   `json:"id" example:"corporate-tax"`
	NameEN   string   `json:"name_en"`
	NameJA   string   `json:"name_ja"`
	Aliases  []string `json:"aliases"`
	Broader  []string `json:"broader" doc:"Ids of the directly broader skills"`
	Reserved string   `json:"reserved" doc:"The Japanese licence that the work needs; empty for most"`
	Obsolete bool     `json:"obsolete" doc:"A published list dropped it; it is kept where it is held"`
}

func skillOf(k taxonomy.Skill) skill {
	return skill{ID: k.ID, NameEN: k.NameEN, NameJA: k.NameJA, Aliases: orEmpty(k.Aliases), Broader: orEmpty(k.Broader), Reserved: k.Reserved, Obsolete: k.Obsolete}
}

type skillQuery struct {
	HowMany
	Q         string    `query:"q" maxLength:"200" doc:"The beginning of a name or alias, in either language"`
	CompanyID uuid.UUID `query:"company_id" format:"uuid" doc:"Whose own skills to look at as well; the caller's only company when left out"`
}

func (s *Server) skills(ctx context.Context, in *skillQuery) (*out[list[skill]], error) {
	company, err := s.companyFor(ctx, in.CompanyID)
	if err != nil {
		return nil, err
	}
	found, err := s.cfg.Matching.SearchSkills(ctx, company, in.Q, in.Limit)
	return answer(whole(found, skillOf), err)
}

// companyFor is the company that the caller named and belongs to, or the only one they belong to; uuid.Nil when
// there are several to choose from.
func (s *Server) companyFor(ctx context.Context, named uuid.UUID) (uuid.UUID, error) {
	who := access.Actor(ctx)
	if named != uuid.Nil {
		_, err := s.cfg.Market.Company(ctx, who, named)
		return named, err
	}
	return only(who), nil
}

func only(who market.Actor) uuid.UUID {
	found := uuid.Nil
	for _, g := range who.Grants {
		if found != uuid.Nil && found != g.CompanyID {
			return uuid.Nil
		}
		found = g.CompanyID
	}
	return found
}

// mention is a skill that a text speaks of.
type mention struct {
	Skill string `json:"skill" example:"corporate-tax"`
	Text  string `json:"text" doc:"As the writer wrote it"`
	From  int    `json:"from" doc:"First byte in the text"`
	To    int    `json:"to" doc:"Byte after the last"`

	Mentions  int  `json:"mentions" doc:"How often the text speaks of it"`
	Ambiguous bool `json:"ambiguous" doc:"The words may mean another skill as well, which is listed with the same place"`
}

type skillText struct {
	Body struct {
		Text      string     `json:"text" maxLength:"20000" example:"法人税の申告と連結決算"`
		CompanyID *uuid.UUID `json:"company_id,omitempty" format:"uuid"`
		Limit     int        `json:"limit,omitempty" minimum:"1" maximum:"100" doc:"20 when left out"`
	}
}

func (s *Server) suggestSkills(ctx context.Context, in *skillText) (*out[list[mention]], error) {
	named := uuid.Nil
	if in.Body.CompanyID != nil {
		named = *in.Body.CompanyID
	}
	company, err := s.companyFor(ctx, named)
	if err != nil {
		return nil, err
	}
	found, err := s.cfg.Matching.SuggestSkills(ctx, company, in.Body.Text, market.Page(in.Body.Limit))
	return answer(whole(found, func(m taxonomy.Match) mention {
		return mention{Skill: m.ID, Text: m.Text, From: m.From, To: m.To, Mentions: m.Mentions, Ambiguous: m.Ambiguous}
	}), err)
}
