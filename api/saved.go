package api

import (
	"context"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/matching"
)

// savedSearch is a search that the reader keeps, and hears from.
type savedSearch struct {
	ID uuid.UUID `json:"id" format:"uuid"`
	SearchWords
	Paused    bool      `json:"paused"`
	Version   int       `json:"version" doc:"Raised by every edit; say which one you looked at"`
	NextAt    time.Time `json:"next_at" doc:"When it looks again at the latest"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// SearchWords are what a search looks for. In requests skills and departments may be names.
type SearchWords struct {
	Kind        string      `json:"kind" enum:"work,talent" doc:"Tasks on offer to me, or alumni of a company"`
	CompanyID   *uuid.UUID  `json:"company_id,omitempty" format:"uuid" doc:"For talent: whose alumni"`
	Name        string      `json:"name,omitempty" maxLength:"100" doc:"Made of the rest when left out"`
	Text        string      `json:"text,omitempty" maxLength:"200" doc:"Words that must all be found, as they are written"`
	Skills      []string    `json:"skills,omitempty"`
	Companies   []uuid.UUID `json:"companies,omitempty" format:"uuid" doc:"For work: whose"`
	Departments []string    `json:"departments,omitempty" doc:"For talent: where people were"`
	BudgetFrom  *int64      `json:"budget_from,omitempty" doc:"Minor units, at least; tasks that are open to offers are in"`
	DueBy       *civil.Date `json:"due_by,omitempty" format:"date"`
	AvailableBy *civil.Date `json:"available_by,omitempty" format:"date"`
	MaxRate     *int64      `json:"max_rate,omitempty" doc:"Minor units an hour, at most"`
	Rhythm      string      `json:"rhythm,omitempty" enum:"instant,daily,weekly" doc:"daily when left out"`
}

func savedOf(s matching.SavedSearch) savedSearch {
	view := savedSearch{ID: s.ID, Paused: s.PausedAt != nil, Version: s.Version, NextAt: s.NextAt, CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
		SearchWords: SearchWords{Kind: string(s.Kind), CompanyID: s.CompanyID, Name: s.Name, Text: s.Text, Skills: orEmpty([]string(s.Skills)), Departments: orEmpty([]string(s.Departments)),
			BudgetFrom: s.BudgetFrom, DueBy: s.DueBy, AvailableBy: s.AvailableBy, MaxRate: s.MaxRate, Rhythm: string(s.Rhythm)}}
	view.Companies = s.CompanyIDs()
	return view
}

func (w SearchWords) draft() matching.SearchDraft {
	d := matching.SearchDraft{Kind: matching.SavedKind(w.Kind), Name: w.Name, Text: w.Text, Skills: w.Skills, Companies: w.Companies, Departments: w.Departments,
		BudgetFrom: w.BudgetFrom, DueBy: w.DueBy, AvailableBy: w.AvailableBy, MaxRate: w.MaxRate, Rhythm: matching.Rhythm(w.Rhythm)}
	if w.CompanyID != nil {
		d.CompanyID = *w.CompanyID
	}
	return d
}

func (s *Server) savedSearches(ctx context.Context, _ *nothing) (*out[list[savedSearch]], error) {
	all, err := s.cfg.Matching.SavedSearches(ctx, reader(ctx))
	return answer(whole(all, savedOf), err)
}

type newSearch struct{ Body SearchWords }

func (s *Server) saveSearch(ctx context.Context, in *newSearch) (*made[savedSearch], error) {
	saved, err := s.cfg.Matching.SaveSearch(ctx, reader(ctx), in.Body.draft())
	if err != nil {
		return nil, err
	}
	return created("/saved-searches/"+saved.ID.String(), savedOf(saved)), nil
}

func (s *Server) savedSearch(ctx context.Context, in *OfID) (*out[savedSearch], error) {
	saved, err := s.cfg.Matching.SavedSearch(ctx, reader(ctx), in.ID)
	return answer(savedOf(saved), err)
}

// SearchEdit is a saved search as it shall be.
type SearchEdit struct {
	OfID
	Body struct {
		Version int `json:"version" doc:"The one you looked at"`
		SearchWords
	}
}

func (s *Server) editSearch(ctx context.Context, in *SearchEdit) (*out[savedSearch], error) {
	saved, err := s.cfg.Matching.EditSearch(ctx, reader(ctx), in.ID, in.Body.Version, in.Body.draft())
	return answer(savedOf(saved), err)
}

func (s *Server) pauseSearch(ctx context.Context, in *act) (*out[savedSearch], error) {
	saved, err := s.cfg.Matching.PauseSearch(ctx, reader(ctx), in.ID, true)
	return answer(savedOf(saved), err)
}

func (s *Server) resumeSearch(ctx context.Context, in *act) (*out[savedSearch], error) {
	saved, err := s.cfg.Matching.PauseSearch(ctx, reader(ctx), in.ID, false)
	return answer(savedOf(saved), err)
}

func (s *Server) deleteSearch(ctx context.Context, in *OfID) (*nothing, error) {
	return nil, s.cfg.Matching.DeleteSearch(ctx, reader(ctx), in.ID)
}
