package api

import (
	"context"
	"encoding/json"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/matching"
)

// sighting is a list that was shown about a task.
type sighting struct {
	ID      uuid.UUID `json:"id" format:"uuid"`
	ShownAt time.Time `json:"shown_at" doc:"For the first time"`
	Formula int       `json:"formula" doc:"Version of the constants"`
	Listed  int       `json:"listed" doc:"How many people"`
	Hash    string    `json:"hash" doc:"SHA-256 of what it was made from"`
}

type rankingsQuery struct {
	OfID
	Page
}

func (s *Server) rankings(ctx context.Context, in *rankingsQuery) (*out[list[sighting]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	all, err := s.cfg.Matching.ShownAbout(ctx, access.Actor(ctx), in.ID, before, in.Limit)
	return answer(listed(in.Page, all, func(g matching.Sighting) string { return g.ID.String() }, func(g matching.Sighting) sighting { return sighting(g) }), err)
}

// shownRanking is a list as somebody saw it, scored again.
type shownRanking struct {
	ID          uuid.UUID       `json:"id" format:"uuid"`
	TaskID      uuid.UUID       `json:"task_id" format:"uuid"`
	ShownAt     time.Time       `json:"shown_at" doc:"For the first time"`
	AsOf        civil.Date      `json:"as_of" format:"date"`
	Formula     formula         `json:"formula"`
	Items       []candidate     `json:"items" doc:"Points, parts and reasons follow from the inputs; names are today's"`
	Discoveries []candidate     `json:"discoveries"`
	Replays     bool            `json:"replays" doc:"Scoring the inputs again gives the very same bytes"`
	Hash        string          `json:"hash" doc:"SHA-256 of the inputs as they were kept"`
	Inputs      json.RawMessage `json:"inputs" doc:"What was asked, the constants, and what was read of each person"`
}

func (s *Server) shownRanking(ctx context.Context, in *OfID) (*out[shownRanking], error) {
	r, err := s.cfg.Matching.Shown(ctx, reader(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return answer(shownRanking{ID: r.ID, TaskID: r.Task, ShownAt: r.ShownAt, AsOf: r.Sheet.AsOf, Formula: formulaOf(r.Sheet.Formula),
		Items: each(r.Items, candidateOf), Discoveries: each(r.Discoveries, discoveryOf), Replays: r.Replays, Hash: r.Hash, Inputs: r.Bytes}, nil)
}

// Constants are what a company may set of its score. The four parts come to 100 points.
type Constants struct {
	Skills     float64 `json:"skills" example:"65" doc:"Points for meeting every skill, 40 to 90"`
	Department float64 `json:"department" example:"5" doc:"Points for knowing the department, 0 to 20"`
	Tenure     float64 `json:"tenure" example:"20" doc:"Points approached by long and recent employment, 0 to 40"`
	Record     float64 `json:"record" example:"10" doc:"Points for nothing but the best ratings, 0 to 20"`
	Saturation float64 `json:"saturation" example:"2.5" doc:"Years of employment after which tenure stands at 63 %, 0.5 to 10"`
	HalfLife   float64 `json:"half_life" example:"6" doc:"Completed years away that halve tenure, 1 to 30"`
	PriorMean  float64 `json:"prior_mean" example:"4" doc:"The rating that a newcomer is taken to have, 3.0 to 5.0"`
	PriorCount int     `json:"prior_count" example:"5" doc:"How many ratings that assumption weighs, 1 to 20"`
}

type formula struct {
	Version int `json:"version" example:"1" doc:"Raised by every change"`
	Constants
	Own bool `json:"own" doc:"Set by the company, not the house's"`
}

func formulaOf(f matching.Formula) formula {
	c := f.Constants()
	return formula{Version: f.Version, Own: c != matching.V1.Constants(), Constants: Constants{c.Skills.Float(), c.Department.Float(), c.Tenure.Float(), c.Record.Float(),
		c.Saturation, c.HalfLife, float64(c.PriorMean) / 10, c.PriorCount}}
}

func (c Constants) of() matching.Constants {
	return matching.Constants{Skills: matching.Points(c.Skills), Department: matching.Points(c.Department), Tenure: matching.Points(c.Tenure), Record: matching.Points(c.Record),
		Saturation: c.Saturation, HalfLife: c.HalfLife, PriorMean: int(matching.Points(c.PriorMean) / 10), PriorCount: c.PriorCount}
}

func (s *Server) formula(ctx context.Context, in *OfID) (*out[formula], error) {
	f, err := s.cfg.Matching.FormulaOf(ctx, access.Actor(ctx), in.ID)
	return answer(formulaOf(f.Formula), err)
}

type formulaEdit struct {
	OfID
	Body struct {
		Version int `json:"version" example:"1" doc:"The version that was looked at"`
		Constants
	}
}

func (s *Server) setFormula(ctx context.Context, in *formulaEdit) (*out[formula], error) {
	f, err := s.cfg.Matching.SetConstants(ctx, access.Actor(ctx), in.ID, in.Body.Version, in.Body.of())
	return answer(formulaOf(f), err)
}

// moved is somebody with the place in both lists of a preview.
type moved struct {
	MembershipID uuid.UUID `json:"membership_id" format:"uuid"`
	Name         string    `json:"name"`
	Score        score     `json:"score"`
	Place        int       `json:"place"`
	Other        int       `json:"other" doc:"The place in the other list; 0 where it is beyond the first ten"`
}

type preview struct {
	Was   []moved `json:"was" doc:"The first ten by the present constants"`
	Would []moved `json:"would" doc:"The first ten by those asked about"`
}

type previewQuery struct {
	OfID
	Body Constants
}

// previewFormula shows what other constants would change for one task; nothing is saved.
func (s *Server) previewFormula(ctx context.Context, in *previewQuery) (*out[preview], error) {
	p, err := s.cfg.Matching.PreviewConstants(ctx, reader(ctx), in.ID, in.Body.of())
	view := func(m matching.Moved) moved {
		return moved{m.MembershipID, m.Person.Name, m.Score.Float(), m.Place, m.Other}
	}
	return answer(preview{each(p.Was, view), each(p.Would, view)}, err)
}

// exposure is who gets a chance, by cohort.
type exposure struct {
	From     civil.Date `json:"from" format:"date"`
	To       civil.Date `json:"to" format:"date"`
	Tasks    int        `json:"tasks" doc:"For which lists were shown"`
	Cohorts  []cohort   `json:"cohorts"`
	Withheld bool       `json:"withheld" doc:"Cohorts of fewer than five people are left out"`
}

type cohort struct {
	By      string `json:"by" enum:"contracts,away"`
	Name    string `json:"name" enum:"new,some,many,under_1,under_3,under_6,longer"`
	People  int    `json:"people"`
	Seen    int    `json:"seen" doc:"How many of them were shown at all"`
	Shown   int    `json:"shown" doc:"Tasks that they were shown for, summed over the people"`
	Invited int    `json:"invited"`
	Awarded int    `json:"awarded"`
}

type exposureQuery struct {
	OfID
	From string `query:"from" format:"date" doc:"The first day; the last 90 days when left out"`
	To   string `query:"to" format:"date" doc:"The last day"`
}

func (s *Server) exposure(ctx context.Context, in *exposureQuery) (*out[exposure], error) {
	from, err := dayOf("from", in.From)
	if err != nil {
		return nil, err
	}
	to, err := dayOf("to", in.To)
	if err != nil {
		return nil, err
	}
	e, err := s.cfg.Matching.ExposureOf(ctx, access.Actor(ctx), in.ID, from, to)
	return answer(exposure{From: e.From, To: e.To, Tasks: e.Tasks, Withheld: e.Withheld,
		Cohorts: each(e.Cohorts, func(c matching.Cohort) cohort { return cohort(c) })}, err)
}

// dayOf reads a day from the query; nil when it is left out.
func dayOf(field, text string) (*civil.Date, error) {
	if text == "" {
		return nil, nil
	}
	day, err := civil.ParseDate(text)
	if err != nil {
		return nil, ErrShape.On(field).With("expected", bilingual("expected string to be RFC 3339 date"))
	}
	return &day, nil
}

// outlook is a task as it stands for the reader, and what would lift them.
type outlook struct {
	Recommendation
	Among           int              `json:"among" doc:"Among the first 5, 10 or 20 now; 0 is beyond, or not in the list"`
	Counterfactuals []counterfactual `json:"counterfactuals" doc:"At most three, each found by ranking again"`
}

type counterfactual struct {
	Kind  string `json:"kind" enum:"state_skill,attest_skill,raise_skill,earn_rating,be_seen,be_free"`
	Skill string `json:"skill" doc:"Its id; empty where it is not about a skill"`
	Level int    `json:"level"`
	Score score  `json:"score" doc:"My own, after it"`
	Among int    `json:"among" doc:"The place would be among the first 5, 10 or 20; 0 is beyond"`
	Text  string `json:"text"`
}

func (s *Server) standing(ctx context.Context, in *OfID) (*out[outlook], error) {
	who := reader(ctx)
	o, err := s.cfg.Matching.Outlook(ctx, who, in.ID)
	return answer(outlook{Recommendation: recommendationFor(who)(o.Offer), Among: o.Band,
		Counterfactuals: each(o.Lifts, func(c matching.Counterfactual) counterfactual {
			return counterfactual{string(c.Kind), c.Skill, c.Level, c.Score.Float(), c.Band, c.Text}
		})}, err)
}
