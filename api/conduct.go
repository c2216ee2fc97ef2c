package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// aboutConduct is how people are to behave to one another in a company's network.
func (s *Server) aboutConduct() []endpoint {
	return []endpoint{
		get("/companies/{id}/conduct", access.SignedIn, s.conduct, "How people behave to one another there, and whether I agreed"),
		put("/companies/{id}/conduct", market.Administer, s.publishConduct, "Say it anew; everybody is asked again"),
		post("/companies/{id}/conduct/agreement", access.SignedIn, s.agreeConduct, "Agree to the version that holds"),
		get("/companies/{id}/conduct/versions", access.SignedIn, s.conductVersions, "What the company said before, the latest first"),
		get("/companies/{id}/conduct/counts", market.Administer, s.conductCounts, "How many agreed"),
	}
}

// conductPolicy is what a company asks of its network.
type conductPolicy struct {
	Version     int        `json:"version" doc:"0: the house's own text, which holds until the company writes one. Send it along with a change"`
	Wording     string     `json:"wording" doc:"What is agreed to: send it along with the agreement"`
	Text        string     `json:"text" doc:"Markdown, Japanese"`
	TextEN      string     `json:"text_en" doc:"Markdown"`
	Change      string     `json:"change" doc:"What is new, in a line"`
	PublishedAt *time.Time `json:"published_at" doc:"null for the house's text"`
}

func conductOf(p market.ConductPolicy) conductPolicy {
	view := conductPolicy{Version: p.Version, Wording: p.Wording(), Text: p.Text, TextEN: p.TextEN, Change: p.Change}
	if p.Version > 0 {
		view.PublishedAt = &p.PublishedAt
	}
	return view
}

// ownConduct is one with where the reader stands.
type ownConduct struct {
	conductPolicy
	CompanyID uuid.UUID  `json:"company_id" format:"uuid"`
	AgreedAt  *time.Time `json:"agreed_at" doc:"null: it asks for a yes"`
	Before    bool       `json:"before" doc:"An earlier version was agreed to"`
}

func (s *Server) conduct(ctx context.Context, in *OfID) (*out[ownConduct], error) {
	v, err := s.cfg.Market.Conduct(ctx, access.Actor(ctx), in.ID)
	return answer(ownConduct{conductOf(v.ConductPolicy), v.CompanyID, v.AgreedAt, v.Before}, err)
}

type conductSaid struct {
	OfID
	Body struct {
		Version int    `json:"version" doc:"That was looked at"`
		Text    string `json:"text,omitempty" doc:"Markdown, Japanese; at least one language is needed"`
		TextEN  string `json:"text_en,omitempty"`
		Change  string `json:"change,omitempty" doc:"What is new, in a line"`
	}
}

func (s *Server) publishConduct(ctx context.Context, in *conductSaid) (*out[conductPolicy], error) {
	b := in.Body
	p, err := s.cfg.Market.PublishConduct(ctx, access.Actor(ctx), in.ID, b.Version, market.DraftConduct{Text: b.Text, TextEN: b.TextEN, Change: b.Change})
	return answer(conductOf(p), err)
}

type conductAgreed struct {
	OfID
	Body struct {
		Wording string `json:"wording" doc:"As it was read"`
	}
}

func (s *Server) agreeConduct(ctx context.Context, in *conductAgreed) (*out[ownConduct], error) {
	if err := s.cfg.Market.AgreeConduct(ctx, access.Actor(ctx), in.ID, in.Body.Wording); err != nil {
		return nil, err
	}
	return s.conduct(ctx, &in.OfID)
}

func (s *Server) conductVersions(ctx context.Context, in *OfID) (*out[list[conductPolicy]], error) {
	all, err := s.cfg.Market.ConductVersions(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, conductOf), err)
}

type conductCount struct {
	Agreed  int `json:"agreed" doc:"To the version that holds"`
	Earlier int `json:"earlier" doc:"To an earlier one alone"`
	Unsaid  int `json:"unsaid" doc:"To none"`
}

func (s *Server) conductCounts(ctx context.Context, in *OfID) (*out[conductCount], error) {
	n, err := s.cfg.Market.ConductCounts(ctx, access.Actor(ctx), in.ID)
	return answer(conductCount(n), err)
}
