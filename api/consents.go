package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// consentState is where the caller stands on one purpose at one company.
type consentState struct {
	CompanyID   uuid.UUID `json:"company_id" format:"uuid"`
	CompanyName string    `json:"company_name"`
	Purpose     string    `json:"purpose" enum:"work,directory,group,news"`
	Agreed      bool      `json:"agreed"`
	Asks        bool      `json:"asks" doc:"A yes is needed and nothing was said, or the text has changed since"`
	Wording     string    `json:"wording" doc:"The version of the text to agree to; send it along"`
	Last        *lastSaid `json:"last" doc:"What was said last; null while nothing was"`
}

// lastSaid is a choice as it was made.
type lastSaid struct {
	Choice  string    `json:"choice" enum:"given,withdrawn"`
	Wording string    `json:"wording"`
	How     string    `json:"how" enum:"profile,farewell"`
	GivenAt time.Time `json:"given_at"`
}

func consentStateOf(c market.ConsentState) consentState {
	view := consentState{CompanyID: c.CompanyID, CompanyName: c.Company, Purpose: string(c.Purpose), Agreed: c.Agreed, Asks: c.Asks, Wording: c.Purpose.Wording()}
	if c.Last != nil {
		view.Last = &lastSaid{c.Last.Choice, c.Last.Wording, string(c.Last.How), c.Last.GivenAt}
	}
	return view
}

func (s *Server) myConsents(ctx context.Context, _ *nothing) (*out[list[consentState]], error) {
	all, err := s.cfg.Market.ConsentStates(ctx, access.Actor(ctx))
	return answer(whole(all, consentStateOf), err)
}

type consentsSaid struct {
	Body struct {
		CompanyID uuid.UUID       `json:"company_id" format:"uuid"`
		Answers   []consentAnswer `json:"answers" minItems:"1" maxItems:"10"`
	}
}

type consentAnswer struct {
	Purpose string `json:"purpose" enum:"work,directory,group,news"`
	Agreed  bool   `json:"agreed"`
	Wording string `json:"wording,omitempty" doc:"The version of the text that the person saw; a no needs none"`
}

func (s *Server) setConsents(ctx context.Context, in *consentsSaid) (*out[list[consentState]], error) {
	answers := each(in.Body.Answers, func(a consentAnswer) market.Answer {
		return market.Answer{Purpose: market.ConsentPurpose(a.Purpose), Yes: a.Agreed, Wording: a.Wording}
	})
	if err := s.cfg.Market.SetConsents(ctx, access.Actor(ctx), in.Body.CompanyID, market.InProfile, answers...); err != nil {
		return nil, err
	}
	return s.myConsents(ctx, nil)
}

// consentCount is how many of a company's people agree to a purpose.
type consentCount struct {
	Purpose   string `json:"purpose" enum:"work,directory,group,news"`
	Agreed    int    `json:"agreed" doc:"By what they said, or by what holds while they say nothing"`
	Withdrawn int    `json:"withdrawn"`
	Unsaid    int    `json:"unsaid" doc:"Said nothing yet"`
	Outdated  int    `json:"outdated" doc:"Agreed to a text that has changed since"`
}

func (s *Server) consentCounts(ctx context.Context, in *OfID) (*out[list[consentCount]], error) {
	all, err := s.cfg.Market.ConsentCounts(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, func(c market.ConsentCount) consentCount {
		return consentCount{string(c.Purpose), c.Agreed, c.Withdrawn, c.Unsaid, c.Outdated}
	}), err)
}

func (s *Server) consentsCSV(ctx context.Context, in *OfID) (*huma.StreamResponse, error) {
	write, err := s.cfg.Market.ConsentsFile(ctx, access.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return s.streamed("homecoming-consents.csv", "utf-8", write), nil
}
