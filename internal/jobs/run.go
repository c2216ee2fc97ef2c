package jobs

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// A State of long work, as the API spells it.
type State string

// The states of a Run.
const (
	Queued    State = "queued"
	Running   State = "running"
	Succeeded State = "succeeded"
	Failed    State = "failed"
)

// A Run is long work that somebody watches: an import, a reconciliation, a rebuild of the index.
type Run struct {
	ID         uuid.UUID
	CompanyID  *uuid.UUID // nil for work of the whole installation
	Kind       string
	State      State
	Done       int             // steps behind us
	Total      int             // steps in all; 0 while unknown
	Input      []byte          // what it works on; kept so that a killed worker can start again
	Report     json.RawMessage // what came out, in the shape of its kind
	StartedBy  *uuid.UUID
	CreatedAt  time.Time
	FinishedAt *time.Time
}

// TableName is where runs are kept.
func (Run) TableName() string { return "runs" }

// NewRun writes a queued Run in the caller's transaction.
func NewRun(tx *gorm.DB, r Run) (Run, error) {
	r.ID, r.State, r.CreatedAt = uuid.Must(uuid.NewV7()), Queued, time.Now().UTC()
	if r.Report == nil {
		r.Report = json.RawMessage("{}")
	}
	return r, tx.Create(&r).Error
}

// Progress tells watchers how far a Run is.
func Progress(g *gorm.DB, id uuid.UUID, done, total int) error {
	return g.Exec("UPDATE runs SET state = 'running', done = ?, total = ? WHERE id = ? AND finished_at IS NULL", done, total, id).Error
}

// FinishKeeping ends a Run that succeeded and keeps its input, for somebody who may want to go on with it. Whoever
// calls it also says when the input is forgotten.
func FinishKeeping(g *gorm.DB, id uuid.UUID, report any) error {
	body, err := json.Marshal(report)
	if err != nil {
		return err
	}
	return g.Exec("UPDATE runs SET state = ?, report = ?, finished_at = now() WHERE id = ? AND finished_at IS NULL", Succeeded, string(body), id).Error
}

// Finish ends a Run with its report. A Run that has ended stays as it is.
func Finish(g *gorm.DB, id uuid.UUID, state State, report any) error {
	body, err := json.Marshal(report)
	if err != nil {
		return err
	}
	return g.Exec("UPDATE runs SET state = ?, report = ?, finished_at = now(), input = NULL WHERE id = ? AND finished_at IS NULL", state, string(body), id).Error
}
