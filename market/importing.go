package market

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
)

// RunImport is the kind of a run that takes people in.
const RunImport = "import"

// runActions says who may watch which kind of run.
var runActions = map[string]Action{RunImport: ManagePeople, "reconciliation": SeeMoney}

// Limits of a report: what is over them is counted, not listed.
const (
	maxFaults  = 2000
	maxChanges = 1000
)

// An ImportReport tells what an import did, or would do in a dry run. Every row of the file counts once, in one of
// created, updated, unchanged, duplicates or rejected.
type ImportReport struct {
	DryRun     bool           `json:"dry_run"`
	Rows       int            `json:"rows"`
	People     int            `json:"people"` // different addresses among the good rows
	Created    int            `json:"created"`
	Updated    int            `json:"updated"`
	Unchanged  int            `json:"unchanged"`
	Duplicates int            `json:"duplicates"` // set aside: the same stint twice
	Rejected   int            `json:"rejected"`
	Ignored    []string       `json:"ignored_columns,omitempty"`
	Faults     []RowFault     `json:"faults"`
	Changes    []ImportChange `json:"changes"`
}

// An ImportChange is what a row made or would make different.
type ImportChange struct {
	Line   int          `json:"line"`
	Email  string       `json:"email"`
	What   string       `json:"what"` // created or updated
	Fields []Difference `json:"fields,omitempty"`
}

// A Difference is one value before and after; From is empty for something new.
type Difference struct {
	Field string `json:"field"`
	From  string `json:"from"`
	To    string `json:"to"`
}

// importJob reads one run's file in.
type importJob struct {
	RunID  uuid.UUID `json:"run_id"`
	DryRun bool      `json:"dry_run"`
}

// Kind is the job's name in the queue.
func (importJob) Kind() string { return "market.import" }

// InsertOpts bounds how often a failing import is tried.
func (importJob) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 6} }

// StartImport takes an HR file for a company and reads it in by a job; the run tells how far that is and what came
// of it as an [ImportReport]. A dry run does the same and takes it all back. A file that cannot be read at all is
// refused at once.
func (s *Service) StartImport(ctx context.Context, who Actor, company uuid.UUID, file []byte, dryRun bool) (jobs.Run, error) {
	if err := who.May(ManagePeople, company); err != nil {
		return jobs.Run{}, err
	}
	c, err := CompanyByID(s.db.Gorm(ctx), company)
	if err != nil {
		return jobs.Run{}, err
	}
	r, err := openHR(file, c.Currency)
	if err != nil {
		return jobs.Run{}, err
	}
	staged, err := s.stage(ctx, c, r)
	if err != nil {
		return jobs.Run{}, err
	}
	var run jobs.Run
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		run, err = beginImport(tx, who, staged, dryRun)
		return err
	})
	return run, err
}

func beginImport(tx *gorm.DB, who Actor, f importFile, dryRun bool) (jobs.Run, error) {
	var r ImportReport
	if err := json.Unmarshal(f.Report, &r); err != nil {
		return jobs.Run{}, err
	}
	r.DryRun = dryRun
	report, err := json.Marshal(r)
	if err != nil {
		return jobs.Run{}, err
	}
	run, err := jobs.NewRun(tx, jobs.Run{CompanyID: &f.CompanyID, Kind: RunImport, Total: r.Rows, Input: []byte(f.ID.String()), Report: report, StartedBy: &who.PersonID})
	if err != nil {
		return jobs.Run{}, err
	}
	run.Input = nil
	if err := jobs.Enqueue(tx, importJob{run.ID, dryRun}); err != nil {
		return jobs.Run{}, err
	}
	return run, Audit(tx, who, f.CompanyID, "people.import", "run:"+run.ID.String(), map[string]any{"rows": r.Rows, "dry_run": dryRun})
}

// rehearsalKept is how long the file of a dry run waits to be taken in for good.
const rehearsalKept = 24 * time.Hour

// ErrImportGone is for a dry run whose file was taken in already or is not kept any more.
var ErrImportGone = problem.Define(problem.Conflict, "import_gone",
	"The file of this check was taken in already, or the check is more than a day old. Choose the file again.",
	"この確認のファイルはすでに取り込まれたか、確認から1日以上が過ぎています。ファイルを選び直してください。")

// ConfirmImport takes in for good the file that a dry run checked, once and within a day. It returns the new run, or
// ErrImportGone.
func (s *Service) ConfirmImport(ctx context.Context, who Actor, rehearsal uuid.UUID) (jobs.Run, error) {
	checked, err := s.Run(ctx, who, rehearsal)
	if err != nil {
		return jobs.Run{}, err
	}
	if checked.Kind != RunImport {
		return jobs.Run{}, ErrNotFound
	}
	var run jobs.Run
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		file, err := takeInput(tx, rehearsal)
		if err != nil {
			return err
		}
		run, err = beginImport(tx, who, file, false)
		return err
	})
	return run, err
}

// takeInput finds the file of a finished dry run, and lets nobody take it again.
func takeInput(tx *gorm.DB, rehearsal uuid.UUID) (importFile, error) {
	var inputs [][]byte
	err := tx.Raw("SELECT input FROM runs WHERE id = ? AND finished_at IS NOT NULL AND input IS NOT NULL FOR UPDATE", rehearsal).Scan(&inputs).Error
	if err != nil {
		return importFile{}, err
	}
	if len(inputs) == 0 {
		return importFile{}, ErrImportGone
	}
	f, err := fileOf(tx, inputs[0])
	if err != nil {
		return f, err
	}
	return f, tx.Exec("UPDATE runs SET input = NULL WHERE id = ?", rehearsal).Error
}

// report begins with what reading alone can tell.
func (r *hrReader) report(people int) ImportReport {
	begun := ImportReport{Rows: r.rows, People: people, Rejected: r.rejected, Ignored: r.ignored, Faults: []RowFault{}, Changes: []ImportChange{}}
	begun.fault(r.faults...)
	return begun
}

// fault notes what is wrong with rows. A report names them in the order of the file, in which whoever mends it goes through them.
func (r *ImportReport) fault(faults ...RowFault) {
	for _, f := range faults[:min(len(faults), maxFaults-len(r.Faults))] {
		at, _ := slices.BinarySearchFunc(r.Faults, f.Line+1, func(earlier RowFault, line int) int { return earlier.Line - line })
		r.Faults = slices.Insert(r.Faults, at, f)
	}
}

func (r *ImportReport) change(c ImportChange) {
	if len(r.Changes) < maxChanges {
		r.Changes = append(r.Changes, c)
	}
}

// handled is how many rows are behind us.
func (r *ImportReport) handled() int {
	return r.Created + r.Updated + r.Unchanged + r.Duplicates + r.Rejected
}

// Run reads long work that the actor may watch: imports for those who manage people, reconciliations for those who
// see money, anything else for whoever started it.
func (s *Service) Run(ctx context.Context, who Actor, id uuid.UUID) (jobs.Run, error) {
	var r jobs.Run
	if err := one(s.db.Gorm(ctx).Omit("input").Where("id = ?", id).Take(&r)); err != nil {
		return jobs.Run{}, err
	}
	action, known := runActions[r.Kind]
	switch {
	case known && r.CompanyID != nil:
		if err := who.May(action, *r.CompanyID); err != nil {
			return jobs.Run{}, err
		}
	case r.StartedBy == nil || *r.StartedBy != who.PersonID:
		return jobs.Run{}, ErrNotFound
	}
	return r, nil
}

// An importWorker reads files in, a batch of rows a transaction.
type importWorker struct {
	river.WorkerDefaults[importJob]
	s     *Service
	batch int           // rows a transaction, and as many more as the last person has
	turn  time.Duration // how long one turn takes at most; the next goes on where it ended
}

func newImportWorker(s *Service) *importWorker {
	return &importWorker{s: s, batch: 250, turn: 15 * time.Second}
}

// Timeout leaves a turn time to end its last batch.
func (w *importWorker) Timeout(*river.Job[importJob]) time.Duration { return 45 * time.Second }

// Work goes on where the run stands. What a killed worker had committed is behind it; a commit that the database has not ended yet
// holds the run, and is waited for.
func (w *importWorker) Work(ctx context.Context, job *river.Job[importJob]) error {
	var run jobs.Run
	if err := w.s.db.Gorm(ctx).Clauses(clause.Locking{Strength: "SHARE"}).Where("id = ?", job.Args.RunID).Take(&run).Error; err != nil {
		return err
	}
	if run.FinishedAt != nil {
		return nil
	}
	err := w.read(ctx, run, job.Args.DryRun)
	if err != nil && !isSnooze(err) && job.Attempt >= job.MaxAttempts {
		failed := json.RawMessage(`{"error": ` + strconv.Quote("import_failed") + `}`)
		return errors.Join(err, jobs.Finish(w.s.db.Gorm(ctx), run.ID, jobs.Failed, failed))
	}
	return err
}

func isSnooze(err error) bool {
	var snooze *river.JobSnoozeError
	return errors.As(err, &snooze)
}

func (w *importWorker) read(ctx context.Context, run jobs.Run, dryRun bool) error {
	g := w.s.db.Gorm(ctx)
	c, err := CompanyByID(g, *run.CompanyID)
	if err != nil {
		return err
	}
	file, err := fileOf(g, run.Input)
	if err != nil {
		return err
	}
	var report ImportReport
	if err := json.Unmarshal(run.Report, &report); err != nil {
		return err
	}
	if behind := report.handled() - (report.Rows - file.Rows); behind > 0 {
		// The tables may be many times as long as in the turn before, and autovacuum looks once a minute.
		if err := g.Exec("ANALYZE people, memberships, stints, person_skills, import_rows").Error; err != nil {
			return err
		}
	}
	until, skills := time.Now().Add(w.turn), map[string]string{}
	for {
		people, err := file.people(g, report, w.batch, c.Currency)
		if err != nil {
			return err
		}
		if len(people) == 0 {
			return w.end(ctx, run, file, report)
		}
		if time.Now().After(until) {
			return river.JobSnooze(0)
		}
		if report, err = w.commit(ctx, run, c, people, report, skills); err != nil {
			return err
		}
	}
}

var errRehearsal = errors.New("a dry run is taken back")

// commit takes one batch in, together with how far that brings the run; a dry run does as much, takes it back, and then tells
// how far it is.
func (w *importWorker) commit(ctx context.Context, run jobs.Run, c Company, people []hrPerson, before ImportReport, skills map[string]string) (ImportReport, error) {
	var report ImportReport
	var found map[string]string
	err := w.s.db.Tx(ctx, func(tx *gorm.DB) error {
		report = before // the closure may run again
		report.Faults, report.Changes = slices.Clip(before.Faults), slices.Clip(before.Changes)
		found = maps.Clone(skills)
		if err := w.s.newIntake(tx, c, &report, found).take(people); err != nil {
			return err
		}
		if before.DryRun {
			return errRehearsal
		}
		return report.keep(tx, run.ID)
	})
	if errors.Is(err, errRehearsal) { // skills that were made are gone again
		return report, report.keep(w.s.db.Gorm(ctx), run.ID)
	}
	if err == nil {
		maps.Copy(skills, found)
	}
	return report, err
}

// keep writes down how far a run is, from where it goes on.
func (r *ImportReport) keep(g *gorm.DB, run uuid.UUID) error {
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return g.Exec("UPDATE runs SET state = 'running', report = ?, done = ?, total = ? WHERE id = ? AND finished_at IS NULL", string(body), r.handled(), r.Rows, run).Error
}

// end finishes the run. The rows of a dry run stay for a day, for somebody who may want to go on with them.
func (w *importWorker) end(ctx context.Context, run jobs.Run, file importFile, report ImportReport) error {
	if report.DryRun {
		return jobs.FinishKeeping(w.s.db.Gorm(ctx), run.ID, report)
	}
	return w.s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("DELETE FROM import_files WHERE id = ?", file.ID).Error; err != nil {
			return err
		}
		return jobs.Finish(tx, run.ID, jobs.Succeeded, report)
	})
}

// asProblem gives the problem in err, nil when it is a fault of ours.
func asProblem(err error) *problem.Error {
	var p *problem.Error
	errors.As(err, &p)
	return p
}
