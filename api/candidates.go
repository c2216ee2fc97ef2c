package api

import (
	"context"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/matching"
)

// score is in points with two decimals: 82.11.
type score = float64

// ranking is who fits best, with the proof that nobody better is missing.
type ranking struct {
	ID          *uuid.UUID  `json:"id" format:"uuid" doc:"Under which it was kept, see /rankings/{id}; null for a task that is not saved"`
	Items       []candidate `json:"items"`
	Discoveries []candidate `json:"discoveries" doc:"At most two people behind the list who meet every must-have and are new here or were hardly ever shown"`
	Certificate certificate `json:"certificate"`
	Index       string      `json:"index" enum:"meilisearch,postgres" doc:"Which index answered; the list is the same"`
	Degraded    bool        `json:"degraded" doc:"The faster index could not be relied on"`
	AsOf        civil.Date  `json:"as_of" format:"date"`
	Formula     int         `json:"formula" doc:"Version of the constants"`
}

type certificate struct {
	Exact    bool  `json:"exact"`
	KthScore score `json:"kth_score" doc:"Of the last one listed"`
	Bound    score `json:"bound" doc:"The most that anybody not looked at could have"`
	Rounds   int   `json:"rounds" doc:"How often the index was asked"`
}

type candidate struct {
	MembershipID uuid.UUID `json:"membership_id" format:"uuid"`
	Person       person    `json:"person"`
	Discovery    bool      `json:"discovery" doc:"Stands behind the list to be discovered"`
	Standing
}

// person is what a manager sees of somebody; an address is not part of it.
type person struct {
	ID            uuid.UUID     `json:"id" format:"uuid"`
	Name          string        `json:"name"`
	Reading       string        `json:"reading" doc:"In kana; empty where there is none"`
	HourlyRate    *market.Money `json:"hourly_rate,omitempty"`
	AvailableFrom *civil.Date   `json:"available_from" format:"date" doc:"Null is now"`
	Outside       bool          `json:"outside" doc:"Does not come from the company"`
	From          []origin      `json:"from,omitempty" doc:"Partners of the company that somebody from outside left"`
}

// origin is a company by its names.
type origin struct {
	Name   string `json:"name"`
	NameEN string `json:"name_en"`
}

// Standing is a score with what explains it, in the reader's language.
type Standing struct {
	Score     score    `json:"score" example:"82.11"`
	Parts     parts    `json:"parts" doc:"They sum to the score"`
	Reasons   []string `json:"reasons"`
	Breakdown []reason `json:"breakdown" doc:"Each part with its points and a sentence"`
	Skills    []chip   `json:"skills" doc:"One for each skill of the task"`
}

type reason struct {
	Part   string `json:"part" enum:"skills,department,tenure,record"`
	Points score  `json:"points"`
	Most   score  `json:"most" doc:"What the part can give"`
	Text   string `json:"text"`
}

type parts struct {
	Skills     score `json:"skills"`
	Department score `json:"department"`
	Tenure     score `json:"tenure"`
	Record     score `json:"record"`
}

type chip struct {
	Skill    string `json:"skill"`
	Name     string `json:"name"`
	State    string `json:"state" enum:"met,below,missing,not_stated"`
	Wanted   int    `json:"wanted"`
	Strength int    `json:"strength"`
	Via      string `json:"via" doc:"The narrower skill that it follows from"`
	Text     string `json:"text"`
}

func standingOf(t matching.Standing) Standing {
	return Standing{Score: t.Score.Float(), Reasons: orEmpty(t.Reasons),
		Parts:     parts{Skills: t.Parts.Skills.Float(), Department: t.Parts.Department.Float(), Tenure: t.Parts.Tenure.Float(), Record: t.Parts.Record.Float()},
		Breakdown: each(t.Breakdown, func(r matching.Reason) reason { return reason{r.Part, r.Points.Float(), r.Most.Float(), r.Text} }),
		Skills: each(t.Skills, func(c matching.Chip) chip {
			return chip{Skill: c.Skill, Name: c.Name, State: string(c.State), Wanted: c.Wanted, Strength: c.Strength, Via: c.Via, Text: c.Text}
		})}
}

func rankingOf(r matching.Ranking) ranking {
	c := r.Certificate
	out := ranking{Certificate: certificate{Exact: c.Exact, KthScore: c.Kth.Float(), Bound: c.Bound.Float(), Rounds: c.Rounds},
		Index: r.Index, Degraded: r.Degraded, AsOf: r.AsOf, Formula: r.Formula, Items: each(r.Items, candidateOf), Discoveries: each(r.Discoveries, discoveryOf)}
	if r.ID != uuid.Nil {
		out.ID = &r.ID
	}
	return out
}

func candidateOf(c matching.Candidate) candidate {
	p := c.Person
	return candidate{MembershipID: c.MembershipID, Standing: standingOf(c.Standing),
		Person: person{ID: p.ID, Name: p.Name, Reading: p.Reading, HourlyRate: p.HourlyRate, AvailableFrom: p.AvailableFrom,
			Outside: p.Outside, From: each(p.From, func(w problem.Word) origin { return origin{w.JA, w.EN} })}}
}

func discoveryOf(c matching.Candidate) candidate {
	found := candidateOf(c)
	found.Discovery = true
	return found
}

// reader is the actor, read to in the language that the request asks for.
func reader(ctx context.Context) market.Actor {
	who := access.Actor(ctx)
	who.Language = access.Language(ctx)
	return who
}

// RankingFilters are what a list of candidates can be narrowed by, in the query.
type RankingFilters struct {
	Limit       int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
	AvailableBy string `query:"available_by" format:"date" doc:"Free by this day"`
	MaxRate     int64  `query:"max_rate" minimum:"0" doc:"At most so much an hour, in minor units; who states no rate is left out"`
}

func (f RankingFilters) query() (matching.Query, error) {
	q := matching.Query{Limit: f.Limit}
	if f.AvailableBy != "" {
		day, err := civil.ParseDate(f.AvailableBy)
		if err != nil {
			return q, ErrShape.On("available_by").With("expected", bilingual("expected string to be RFC 3339 date"))
		}
		q.AvailableBy = &day
	}
	if f.MaxRate > 0 {
		q.MaxRate = &f.MaxRate
	}
	return q, nil
}

type candidatesQuery struct {
	OfID
	RankingFilters
}

func (s *Server) candidates(ctx context.Context, in *candidatesQuery) (*out[ranking], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	r, err := s.cfg.Matching.Rank(ctx, reader(ctx), in.ID, q)
	return answer(rankingOf(r), err)
}

type draftQuery struct {
	RankingFilters
	CompanyDraft
}

// rankDraft ranks for a task that is still being written; nothing is saved.
func (s *Server) rankDraft(ctx context.Context, in *draftQuery) (*out[ranking], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	r, err := s.cfg.Matching.RankDraft(ctx, reader(ctx), in.Body.of(in.Body.CompanyID), q)
	return answer(rankingOf(r), err)
}

// Recommendation is a task as it stands for the reader.
type Recommendation struct {
	Task         task      `json:"task"`
	CompanyName  string    `json:"company_name"`
	MembershipID uuid.UUID `json:"membership_id" format:"uuid"`
	Standing
	AsOf civil.Date `json:"as_of" format:"date"`
}

func recommendationFor(who market.Actor) func(matching.Offer) Recommendation {
	return func(o matching.Offer) Recommendation {
		return Recommendation{Task: taskFor(who)(o.Task), CompanyName: o.Company.Name, MembershipID: o.MembershipID, Standing: standingOf(o.Standing), AsOf: o.AsOf}
	}
}

// HowMany is the length of a list, in the query.
type HowMany struct {
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

func (s *Server) recommended(ctx context.Context, in *Page) (*out[list[Recommendation]], error) {
	who := reader(ctx)
	text, err := in.beforeText()
	after, ok := matching.ParseFeedPlace(text)
	if err != nil || text != "" && !ok {
		return nil, ErrCursor.On("cursor")
	}
	all, err := s.cfg.Matching.RecommendedAfter(ctx, who, after, in.Limit)
	return answer(listed(*in, all, func(o matching.Offer) string { return o.Place().String() }, recommendationFor(who)), err)
}

type reached struct {
	Alumni  int `json:"alumni" doc:"Whom it is shown to"`
	Outside int `json:"outside" doc:"And how many people from outside"`
	Hidden  int `json:"hidden" doc:"How many of them keep themselves out of rankings"`
}

type reachQuery struct {
	Body struct {
		CompanyID  uuid.UUID   `json:"company_id" format:"uuid"`
		Visibility *visibility `json:"visibility,omitempty" doc:"All of the company's alumni when left out"`
	}
}

// reach counts whom a draft would be shown to, as its visibility changes.
func (s *Server) reach(ctx context.Context, in *reachQuery) (*out[reached], error) {
	d := Draft{Visibility: in.Body.Visibility}
	n, err := s.cfg.Matching.Reaches(ctx, access.Actor(ctx), d.of(in.Body.CompanyID))
	return answer(reached(n), err)
}
