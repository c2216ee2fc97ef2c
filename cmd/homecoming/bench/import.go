package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"homecoming/internal/clock"
	"homecoming/internal/db"
	"homecoming/internal/jobs"
	"homecoming/internal/mail"
	"homecoming/market"
	"homecoming/matching"
)

// ImportOptions say how an HR file is measured.
type ImportOptions struct {
	Rows int
}

// An ImportResult is how fast an HR file goes in by the queue, and how much memory that takes, with a tenth of it beside it,
// and beside PostgreSQL's own COPY of the same lines into one plain table.
type ImportResult struct {
	Rows          int     `json:"rows"`
	Bytes         int     `json:"bytes"`
	Seconds       float64 `json:"seconds"` // from the upload to the report
	RowsPerSecond float64 `json:"rows_per_second"`
	StageSeconds  float64 `json:"stage_seconds"` // of these, until the upload is answered
	CheckSeconds  float64 `json:"check_seconds"` // a dry run of the same file afterwards
	CopySeconds   float64 `json:"copy_seconds"`
	Ratio         float64 `json:"ratio"`         // our time over that of COPY
	HeapMB        float64 `json:"heap_mb"`       // the most that was alive at a time, above what was before; the file was there before
	TenthHeapMB   float64 `json:"tenth_heap_mb"` // the same for a tenth of the rows
	TenthSeconds  float64 `json:"tenth_seconds"`
}

const hrHeader = "email,family_name,given_name,family_kana,given_kana,department,joined_on,left_on,skills,hourly_rate,available_from,entity,departure,registration_number\n"

// hrLines is an HR file of so many rows: five for every four people, who are in forty departments and know forty things.
func hrLines(rows int) []byte {
	var b bytes.Buffer
	b.WriteString(hrHeader)
	for i := range rows {
		person, again := i, i%5 == 4
		if again { // a second stint of somebody far up in the file
			person = i / 2 / 5 * 5
		}
		fmt.Fprintf(&b, "person%d@alumni.example,山田%d,花子,ヤマダ,ハナコ,部署%d,%d-04-01,%d-03-31,技能%d:%d;技能%d:2:self,%d,,本社,自己都合,\n",
			person, person, i%40, 2000+i%10, 2012+i%10, i%40, 1+i%3, (i+7)%40, 3000+i%50*100)
	}
	return b.Bytes()
}

// Import measures an HR file.
func Import(ctx context.Context, o ImportOptions, progress io.Writer) (ImportResult, error) {
	file := hrLines(o.Rows)
	result := ImportResult{Rows: o.Rows, Bytes: len(file)}
	p, err := startPostgres(ctx, careless)
	if err != nil {
		return result, err
	}
	defer p.stop()
	house, err := p.database(ctx)
	if err != nil {
		return result, err
	}
	defer house.Close()
	h := hrOffice{house, market.New(house, clock.System, matching.ResolveSkill)}
	stop, err := h.open(ctx)
	if err != nil {
		return result, err
	}
	defer stop()
	fmt.Fprintf(progress, "taking in %d rows, then %d\n", o.Rows/10, o.Rows)
	if _, result.TenthSeconds, result.TenthHeapMB, err = h.takeIn(ctx, uuid.Nil, hrLines(o.Rows/10), false); err != nil {
		return result, err
	}
	company, err := oneCompany(ctx, house)
	if err != nil {
		return result, err
	}
	if result.StageSeconds, result.Seconds, result.HeapMB, err = h.takeIn(ctx, company, file, false); err != nil {
		return result, err
	}
	fmt.Fprintf(progress, "checking the same file\n")
	if _, result.CheckSeconds, _, err = h.takeIn(ctx, company, file, true); err != nil {
		return result, err
	}
	if result.CopySeconds, err = copyLines(ctx, house, file); err != nil {
		return result, err
	}
	result.RowsPerSecond, result.Ratio = float64(o.Rows)/result.Seconds, result.Seconds/result.CopySeconds
	return result, nil
}

// An hrOffice hands files over and waits.
type hrOffice struct {
	house *db.DB
	m     *market.Service
}

// open has the queue worked until stop is called.
func (h hrOffice) open(ctx context.Context) (stop func(), err error) {
	workers := river.NewWorkers()
	market.AddWorkers(workers, h.m, mail.NewOutbox(h.house), "http://bench.example")
	w, err := jobs.Start(ctx, h.house, workers, jobs.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	return func() { _ = w.Stop(context.WithoutCancel(ctx)) }, nil
}

// takeIn gives the seconds until the file was staged and until its report was there, and the megabytes that were alive at most.
func (h hrOffice) takeIn(ctx context.Context, company uuid.UUID, file []byte, check bool) (staged, seconds, mb float64, err error) {
	if company == uuid.Nil {
		if company, err = oneCompany(ctx, h.house); err != nil {
			return 0, 0, 0, err
		}
	}
	who := market.Actor{PersonID: uuid.New(), Grants: []market.Grant{{CompanyID: company, Role: market.Office}}}
	most, stop := watchHeap()
	began := time.Now()
	run, err := h.m.StartImport(ctx, who, company, file, check)
	staged = time.Since(began).Seconds()
	for err == nil && run.FinishedAt == nil {
		time.Sleep(50 * time.Millisecond)
		run, err = h.m.Run(ctx, who, run.ID)
	}
	seconds = time.Since(began).Seconds()
	close(stop)
	mb = float64(<-most) / 1e6
	if err == nil {
		err = accounted(run)
	}
	return staged, seconds, mb, err
}

// accounted wants every row of a run taken in or as it was.
func accounted(run jobs.Run) error {
	var r market.ImportReport
	if err := json.Unmarshal(run.Report, &r); err != nil {
		return err
	}
	if run.State != jobs.Succeeded || r.Created+r.Updated+r.Unchanged+r.Duplicates != r.Rows {
		return fmt.Errorf("the import ended as %s with %d of %d rows created and %d rejected", run.State, r.Created, r.Rows, r.Rejected)
	}
	return nil
}

// copyLines is the yardstick: the same lines by COPY.
func copyLines(ctx context.Context, d *db.DB, file []byte) (float64, error) {
	conn, err := d.Pool().Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release()
	_, err = conn.Exec(ctx, `CREATE TABLE yardstick (email text, family_name text, given_name text, family_kana text, given_kana text, department text, joined_on date, left_on date,
		skills text, hourly_rate bigint, available_from date, entity text, departure text, registration_number text)`)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	_, err = conn.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(file), "COPY yardstick FROM STDIN (FORMAT csv, HEADER)")
	return time.Since(began).Seconds(), err
}
