package billing

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"gorm.io/gorm"

	"homecoming/billing/books"
	"homecoming/internal/jobs"
	"homecoming/internal/problem"
	"homecoming/market"
)

const (
	exportRun   = "export"
	pieceSize   = 256 << 10
	keepPieces  = 7 * 24 * time.Hour
	exportTries = 3

	// How many entries make an export that nobody should wait for, and one that may be larger than its program takes.
	longExport    = 20_000
	limitedExport = 4_000
)

// Long reports whether an export that reads so many entries is to be made in the background.
func (k ExportKind) Long(entries int) bool {
	return entries > longExport || k.Limit() > 0 && entries > limitedExport
}

// ErrNotMade is a file that is not there: not yet, not any more, or not at all.
var ErrNotMade = problem.Define(problem.Conflict, "export_not_ready", "This file is not there. Wait until the export has succeeded; a week later, make it again.",
	"ファイルはまだありません。作成の完了をお待ちください。1週間を過ぎたものは、もう一度作成してください。")

// An ExportRun is an export that is made in the background.
type ExportRun struct {
	ExportOrder
	ID         uuid.UUID
	State      jobs.State
	Done       int
	Total      int
	Made       *ExportMade    // once it has succeeded
	Problem    *problem.Error // why it failed, where a person can mend it
	CreatedAt  time.Time
	FinishedAt *time.Time
}

// exportOutcome is the report of a run.
type exportOutcome struct {
	Order ExportOrder `json:"order"`
	Made  *ExportMade `json:"made,omitempty"`
	Code  string      `json:"code,omitempty"` // of a problem
	EN    string      `json:"en,omitempty"`
	JA    string      `json:"ja,omitempty"`
}

// StartExport has a job make the files of an order.
func (s *Service) StartExport(ctx context.Context, who market.Actor, o ExportOrder) (ExportRun, error) {
	x, err := s.begin(ctx, who, o)
	if err != nil {
		return ExportRun{}, err
	}
	var run jobs.Run
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		report, err := json.Marshal(exportOutcome{Order: x.ExportOrder})
		if err != nil {
			return err
		}
		input, err := json.Marshal(x.ExportOrder)
		if err != nil {
			return err
		}
		run, err = jobs.NewRun(tx, jobs.Run{CompanyID: &o.Company, Kind: exportRun, Input: input, Report: report, StartedBy: &who.PersonID})
		if err != nil {
			return err
		}
		return jobs.Enqueue(tx, ExportJob{Run: run.ID})
	})
	if err != nil {
		return ExportRun{}, err
	}
	return exportRunOf(run)
}

func exportRunOf(run jobs.Run) (ExportRun, error) {
	var out exportOutcome
	err := json.Unmarshal(run.Report, &out)
	r := ExportRun{ExportOrder: out.Order, ID: run.ID, State: run.State, Done: run.Done, Total: run.Total, Made: out.Made, CreatedAt: run.CreatedAt, FinishedAt: run.FinishedAt}
	if run.CompanyID != nil {
		r.Company = *run.CompanyID
	}
	if out.Code != "" {
		r.Problem = ErrStopped.With("why", problem.Word{EN: out.EN, JA: out.JA})
	}
	return r, err
}

// ErrStopped repeats why an export in the background stopped.
var ErrStopped = problem.Define(problem.Conflict, "export_stopped", "{why}", "{why}")

// ExportRun reads how far an export in the background is.
func (s *Service) ExportRun(ctx context.Context, who market.Actor, id uuid.UUID) (ExportRun, error) {
	var run jobs.Run
	if err := one(s.db.Gorm(ctx).Where("id = ? AND kind = ? AND company_id IS NOT NULL", id, exportRun).Take(&run)); err != nil {
		return ExportRun{}, err
	}
	if err := who.May(market.SeeMoney, *run.CompanyID); err != nil {
		return ExportRun{}, err
	}
	return exportRunOf(run)
}

// madePart is an export that has such a part, whose files are kept still.
func (s *Service) madePart(ctx context.Context, who market.Actor, id uuid.UUID, part int) (ExportRun, error) {
	r, err := s.ExportRun(ctx, who, id)
	switch {
	case err != nil:
		return r, err
	case r.Made == nil || s.clock.Now().Sub(r.CreatedAt) > keepPieces:
		return r, ErrNotMade
	case part < 1 || part > len(r.Made.Parts):
		return r, market.ErrNotFound
	}
	return r, nil
}

// sendPieces writes one part, as it is read.
func (s *Service) sendPieces(ctx context.Context, r ExportRun, part int, w io.Writer) error {
	const query = "SELECT body FROM export_pieces WHERE run_id = $1 AND company_id = $2 AND part = $3 ORDER BY seq"
	for piece, err := range streamed(ctx, s, query, pgx.RowTo[[]byte], r.ID, r.Company, part) {
		if err != nil {
			return err
		}
		if _, err := w.Write(piece); err != nil {
			return err
		}
	}
	return nil
}

// pieces keeps what is written to it in the database, a piece at a time.
type pieces struct {
	g         *gorm.DB
	run       uuid.UUID
	company   uuid.UUID
	part, seq int
	buffer    bytes.Buffer
}

func (p *pieces) Write(b []byte) (int, error) {
	p.buffer.Write(b)
	if p.buffer.Len() < pieceSize {
		return len(b), nil
	}
	return len(b), p.flush()
}

func (p *pieces) flush() error {
	if p.buffer.Len() == 0 {
		return nil
	}
	p.seq++
	err := p.g.Exec("INSERT INTO export_pieces (run_id, company_id, part, seq, body) VALUES (?, ?, ?, ?, ?)", p.run, p.company, p.part, p.seq, p.buffer.Bytes()).Error
	p.buffer.Reset()
	return err
}

// MakeExport works one run. One that a killed worker left begins again.
func (s *Service) MakeExport(ctx context.Context, id uuid.UUID) error {
	g := s.db.Gorm(ctx)
	var run jobs.Run
	if err := g.Where("id = ?", id).Take(&run).Error; err != nil || run.FinishedAt != nil {
		return err
	}
	var o ExportOrder
	if err := json.Unmarshal(run.Input, &o); err != nil {
		return err
	}
	o.Company = *run.CompanyID
	if err := g.Exec("DELETE FROM export_pieces WHERE run_id = ?", id).Error; err != nil {
		return err
	}
	report, err := s.makePieces(ctx, g, id, o)
	var p *problem.Error
	if errors.As(err, &p) {
		return jobs.Finish(g, id, jobs.Failed, exportOutcome{Order: o, Code: p.Code, EN: p.In(problem.English), JA: p.In(problem.Japanese)})
	}
	if err != nil {
		return err
	}
	made := ExportMade{ExportOrder: o, Records: report.Records(), Parts: report.Parts, Replaced: report.Replaced, Cut: report.Cut}
	if err := jobs.Finish(g, id, jobs.Succeeded, exportOutcome{Order: o, Made: &made}); err != nil {
		return err
	}
	return s.noteExport(ctx, market.Actor{PersonID: *run.StartedBy}, o, report)
}

// makePieces writes the files of an order into the database and tells how far it is.
func (s *Service) makePieces(ctx context.Context, g *gorm.DB, id uuid.UUID, o ExportOrder) (books.Report, error) {
	total, err := s.countEntries(ctx, o)
	if err != nil {
		return books.Report{}, err
	}
	x, err := s.prepare(ctx, o)
	if err != nil {
		return books.Report{}, err
	}
	x.progress = func(done int) error { return jobs.Progress(g, id, done, max(total, done)) }
	var file *pieces
	report, err := s.write(ctx, x, func(part int) (io.Writer, error) {
		if file != nil {
			if err := file.flush(); err != nil {
				return nil, err
			}
		}
		file = &pieces{g: g, run: id, company: o.Company, part: part}
		return file, nil
	})
	if err != nil {
		return report, err
	}
	return report, file.flush()
}

// An ExportPreview is the beginning of an export as a table, with what there is to wait for.
type ExportPreview struct {
	Header  []string
	Rows    [][]string
	Entries int  // that it reads
	More    bool // there is more than what is shown
	Example bool // the period has nothing: an entry that is made up
	Cut     int
}

// PreviewExport is the first records of an order, with names that a company tries out laid over those that it has.
func (s *Service) PreviewExport(ctx context.Context, who market.Actor, o ExportOrder, tried []BookName, most int) (ExportPreview, error) {
	x, err := s.begin(ctx, who, o)
	if err != nil {
		return ExportPreview{}, err
	}
	for _, n := range tried {
		if _, err := nameIn(x.chart, n); err != nil {
			return ExportPreview{}, err
		}
	}
	x.chart, x.most, x.Encoding = named(x.chart, tried), most, books.UTF8
	if x.Kind == ExportKind(books.Yayoi) {
		x.Encoding = books.ShiftJIS
	}
	var file bytes.Buffer
	report, err := s.write(ctx, x, books.One(&file))
	p := ExportPreview{More: errors.Is(err, errEnough), Cut: report.Cut}
	if err != nil && !p.More {
		return p, err
	}
	if p.Entries, err = s.countEntries(ctx, x.ExportOrder); err != nil {
		return p, err
	}
	if report.Records() == 0 && x.Target() != "" {
		p.Example = true
		file.Reset()
		if err := x.example(&file); err != nil {
			return p, err
		}
	}
	p.Header, p.Rows, err = x.table(file.Bytes())
	return p, err
}

// example writes an entry that is made up: the one that the design works out.
func (x export) example(file io.Writer) error {
	w, err := books.NewWriter(books.One(file), x.Kind.books(), books.Options{Encoding: x.Encoding, Currency: x.company.Currency, Exponent: market.Exponent(x.company.Currency)})
	if err != nil {
		return err
	}
	p := posted{Kind: "accept", BookedOn: x.To, Number: 1001, Title: "月次決算", Family: "佐藤", Given: "健", Department: "経理部", Registered: true,
		Amount: 300_000, Tax: 30_000, Withheld: 30_630, Lines: []int64{1, 2, 3, 4}, Amounts: []int64{315_870, -299_370, -15_000, -1_500},
		Accounts: []string{"held:", "payable:", accountRevenue, accountTax}}
	f, _, err := p.fact(x.rules)
	if err != nil {
		return err
	}
	f.No = 1
	return unmapped(put(w, x, f))
}

// table is a file as rows under a header.
func (x export) table(file []byte) ([]string, [][]string, error) {
	if x.Kind != ExportPayouts {
		return books.Table(bytes.NewReader(file), x.Kind.books())
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(file), "\ufeff"))).ReadAll()
	if err != nil || len(rows) == 0 {
		return payoutHeader, nil, err
	}
	return rows[0], rows[1:], nil
}

// ForgetExports lets the files of exports go that were made more than a week ago.
func (s *Service) ForgetExports(ctx context.Context) error {
	return s.db.Gorm(ctx).Exec("DELETE FROM export_pieces p USING runs r WHERE r.id = p.run_id AND r.created_at < ?", s.clock.Now().Add(-keepPieces)).Error
}

// An ExportJob makes the files of one export.
type ExportJob struct {
	Run uuid.UUID `json:"run"`
}

// Kind is the job's name in the queue.
func (ExportJob) Kind() string { return "billing.export" }

// InsertOpts keeps long exports from holding up letters and events.
func (ExportJob) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: jobs.Paced, MaxAttempts: exportTries}
}

// An exporter makes exports; a year of a large company takes longer than other jobs.
type exporter struct {
	river.WorkerDefaults[ExportJob]
	s *Service
}

// Timeout is how long one may take.
func (*exporter) Timeout(*river.Job[ExportJob]) time.Duration { return 20 * time.Minute }

// Work makes one export. When the last try fails, the run says so.
func (e *exporter) Work(ctx context.Context, j *river.Job[ExportJob]) error {
	err := e.s.MakeExport(ctx, j.Args.Run)
	if err != nil && j.Attempt >= j.MaxAttempts {
		err = errors.Join(err, e.s.failExport(context.WithoutCancel(ctx), j.Args.Run))
	}
	return err
}

// failExport ends a run that could not be worked; what was ordered stays in its report.
func (s *Service) failExport(ctx context.Context, id uuid.UUID) error {
	return s.db.Gorm(ctx).Exec("UPDATE runs SET state = ?, finished_at = now(), input = NULL WHERE id = ? AND finished_at IS NULL", jobs.Failed, id).Error
}

// A ForgetExportsJob lets old files go.
type ForgetExportsJob struct{}

// Kind is the job's name in the queue.
func (ForgetExportsJob) Kind() string { return "billing.forget_exports" }

// InsertOpts keeps the queue from retrying what comes round again by itself.
func (ForgetExportsJob) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 1} }
