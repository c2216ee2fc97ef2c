package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/internal/jobs"
)

// job is long work that somebody watches.
type job struct {
	ID         uuid.UUID       `json:"id" format:"uuid"`
	Kind       string          `json:"kind" example:"import"`
	State      string          `json:"state" enum:"queued,running,succeeded,failed"`
	Done       int             `json:"done" doc:"Steps behind us"`
	Total      int             `json:"total" doc:"Steps in all; 0 while unknown"`
	Report     json.RawMessage `json:"report" doc:"What came out, in the shape of its kind"`
	CreatedAt  time.Time       `json:"created_at"`
	FinishedAt *time.Time      `json:"finished_at"`
}

func jobOf(r jobs.Run) job {
	return job{ID: r.ID, Kind: r.Kind, State: string(r.State), Done: r.Done, Total: r.Total, Report: r.Report, CreatedAt: r.CreatedAt, FinishedAt: r.FinishedAt}
}

func (s *Server) job(ctx context.Context, in *OfID) (*out[job], error) {
	r, err := s.cfg.Market.Run(ctx, access.Actor(ctx), in.ID)
	return answer(jobOf(r), err)
}

type importFile struct {
	OfID
	DryRun  bool   `query:"dry_run" doc:"Tell what would change and change nothing"`
	RawBody []byte `contentType:"text/csv"`
}

// importAlumni reads an HR file in; the job tells how far that is and what came of each row.
func (s *Server) importAlumni(ctx context.Context, in *importFile) (*out[job], error) {
	r, err := s.cfg.Market.StartImport(ctx, access.Actor(ctx), in.ID, in.RawBody, in.DryRun)
	return answer(jobOf(r), err)
}

// confirmImport takes in for good what a dry run checked.
func (s *Server) confirmImport(ctx context.Context, in *OfID) (*out[job], error) {
	r, err := s.cfg.Market.ConfirmImport(ctx, access.Actor(ctx), in.ID)
	return answer(jobOf(r), err)
}
