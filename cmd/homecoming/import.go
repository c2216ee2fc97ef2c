package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/google/uuid"

	"homecoming/internal/jobs"
	"homecoming/market"
)

// importPeople reads an HR file in on behalf of somebody who manages people at the company, exactly as the page does:
// the work is a job, carried out by whatever serves or works this database.
func importPeople(ctx context.Context, out io.Writer, args []string) error {
	var company uuid.UUID
	var email, file string
	var dryRun bool
	err := flags(out, "import", args, func(f *flag.FlagSet) {
		f.TextVar(&company, "company", uuid.Nil, "the company whose alumni they are")
		f.StringVar(&email, "as", "", "the address of who imports")
		f.StringVar(&file, "file", "", "the CSV file, in UTF-8 or Shift_JIS")
		f.BoolVar(&dryRun, "dry-run", false, "only say what would happen")
	})
	if err != nil {
		return err
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	d, m, who, err := as(ctx, email)
	if err != nil {
		return err
	}
	defer d.Close()
	run, err := m.StartImport(ctx, who, company, content, dryRun)
	if err != nil {
		return err
	}
	if run, err = watch(ctx, out, m, who, run); err != nil {
		return err
	}
	return sayImport(out, run)
}

// watch tells how far a run is until it has ended.
func watch(ctx context.Context, out io.Writer, m *market.Service, who market.Actor, run jobs.Run) (jobs.Run, error) {
	fmt.Fprintf(out, "run %s is queued; a server or `homecoming work` carries it out\n", run.ID)
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for done := -1; run.FinishedAt == nil; {
		select {
		case <-ctx.Done():
			return run, errors.New("stopped watching; the run goes on")
		case <-tick.C:
		}
		var err error
		if run, err = m.Run(ctx, who, run.ID); err != nil {
			return run, err
		}
		if run.Done != done {
			done = run.Done
			fmt.Fprintf(out, "%d of %d\n", run.Done, run.Total)
		}
	}
	return run, nil
}

// sayImport prints what came out, fault by fault.
func sayImport(out io.Writer, run jobs.Run) error {
	if run.State != jobs.Succeeded {
		return fmt.Errorf("the import failed: %s", run.Report)
	}
	var r market.ImportReport
	if err := json.Unmarshal(run.Report, &r); err != nil {
		return err
	}
	for _, f := range r.Faults {
		fmt.Fprintf(out, "line %d, %s: %s\n", f.Line, f.Column, f.EN)
	}
	fmt.Fprintf(out, "%d rows: %d created, %d updated, %d unchanged, %d duplicates, %d rejected\n",
		r.Rows, r.Created, r.Updated, r.Unchanged, r.Duplicates, r.Rejected)
	return nil
}
