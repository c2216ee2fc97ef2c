package market

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/cell"
	"homecoming/internal/problem"
)

// A LogLine is one thing that somebody did, as [Audit] wrote it. Nobody can change it or take it away.
type LogLine struct {
	ID      uuid.UUID
	At      time.Time
	ActorID *uuid.UUID // nil: the program itself, a letter's link, or a provider
	Actor   string     // their name today, empty where there is none
	Action  string     // a noun and what was done with it: "bid.accept"
	Subject string     // what it was done to: "bid:<id>"
	Detail  json.RawMessage
}

// Noun and Verb are the halves of the action.
func (l LogLine) Noun() string { noun, _, _ := strings.Cut(l.Action, "."); return noun }

// Verb is what was done with the noun.
func (l LogLine) Verb() string { _, verb, _ := strings.Cut(l.Action, "."); return verb }

// A LogQuery narrows a company's log; zero fields do not.
type LogQuery struct {
	From, To *civil.Date // days of the company, both included
	Noun     string
	Text     string    // part of an actor's name, of the subject or of the detail
	Before   uuid.UUID // the cursor: lines older than this one
	Limit    int       // at most 100; 0 means 20
}

// ErrLogDays says that a period ends before it begins.
var ErrLogDays = problem.Define(problem.Invalid, "log_days", "The last day must not be before the first one.", "終了日は開始日以降にしてください。")

// Log lists what was done at a company, the latest first, for who may see it.
func (s *Service) Log(ctx context.Context, who Actor, company uuid.UUID, q LogQuery) ([]LogLine, error) {
	g, err := s.log(ctx, who, company, q)
	if err != nil {
		return nil, err
	}
	var rows []logRow
	if err := g.Limit(Page(q.Limit)).Scan(&rows).Error; err != nil {
		return nil, err
	}
	lines := make([]LogLine, len(rows))
	for i, r := range rows {
		lines[i] = r.line()
	}
	return lines, nil
}

// LogNouns lists what the company's log is about.
func (s *Service) LogNouns(ctx context.Context, who Actor, company uuid.UUID) ([]string, error) {
	if err := who.May(SeeLog, company); err != nil {
		return nil, err
	}
	var nouns []string
	return nouns, s.db.Gorm(ctx).Raw("SELECT DISTINCT split_part(action, '.', 1) AS noun FROM audit WHERE company_id = ? ORDER BY 1", company).Scan(&nouns).Error
}

// LogFile is what writes all lines of a query as CSV, the latest first, and notes that they were taken out. What is refused is
// refused before anything is written. Text that a spreadsheet would compute has an apostrophe before it.
func (s *Service) LogFile(ctx context.Context, who Actor, company uuid.UUID, q LogQuery) (write func(io.Writer) error, err error) {
	g, err := s.log(ctx, who, company, q)
	if err != nil {
		return nil, err
	}
	return func(to io.Writer) error { return s.writeLog(ctx, who, company, q, g, to) }, nil
}

func (s *Service) writeLog(ctx context.Context, who Actor, company uuid.UUID, q LogQuery, g *gorm.DB, to io.Writer) error {
	about := map[string]any{"from": q.From, "to": q.To, "noun": q.Noun, "text": q.Text}
	if err := Audit(s.db.Gorm(ctx), who, company, "log.export", "company:"+company.String(), about); err != nil {
		return err
	}
	rows, err := g.Rows()
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	if _, err := io.WriteString(to, "\ufeff"); err != nil { // so that spreadsheets read UTF-8
		return err
	}
	w := csv.NewWriter(to)
	w.UseCRLF = true
	if err := w.Write([]string{"id", "at", "actor_id", "actor", "action", "subject", "detail"}); err != nil {
		return err
	}
	for rows.Next() {
		var r logRow
		if err := s.db.Gorm(ctx).ScanRows(rows, &r); err != nil {
			return err
		}
		if err := w.Write(r.line().cells()); err != nil {
			return err
		}
	}
	w.Flush()
	if err := rows.Err(); err != nil {
		return err
	}
	return w.Error()
}

func (l LogLine) cells() []string {
	actor := ""
	if l.ActorID != nil {
		actor = l.ActorID.String()
	}
	text := func(s string) string { return cell.Neutral(cell.Clean(s)) }
	return []string{l.ID.String(), l.At.UTC().Format(time.RFC3339), actor, text(l.Actor), text(l.Action), text(l.Subject), text(string(l.Detail))}
}

// logRow is a line with its actor, as one query gives them.
type logRow struct {
	LogLine
	FamilyName, GivenName string
}

func (r logRow) line() LogLine {
	r.Actor = Person{FamilyName: r.FamilyName, GivenName: r.GivenName}.Name()
	return r.LogLine
}

func (s *Service) log(ctx context.Context, who Actor, company uuid.UUID, q LogQuery) (*gorm.DB, error) {
	if err := who.May(SeeLog, company); err != nil {
		return nil, err
	}
	if q.From != nil && q.To != nil && q.To.Before(*q.From) {
		return nil, ErrLogDays.On("to")
	}
	c, err := CompanyByID(s.db.Gorm(ctx), company)
	if err != nil {
		return nil, err
	}
	g := s.db.Gorm(ctx).Table("audit a").Joins("LEFT JOIN people p ON p.id = a.actor_id").Where("a.company_id = ?", company).
		Select("a.id, a.at, a.actor_id, a.action, a.subject, a.detail, p.family_name, p.given_name").Order("a.at DESC, a.id DESC")
	if q.From != nil {
		g = g.Where("a.at >= ?", q.From.In(c.Zone()))
	}
	if q.To != nil {
		g = g.Where("a.at < ?", q.To.AddDays(1).In(c.Zone()))
	}
	if q.Noun != "" {
		g = g.Where("split_part(a.action, '.', 1) = ?", q.Noun)
	}
	for _, word := range strings.Fields(q.Text) {
		g = g.Where("concat_ws(' ', p.family_name, p.given_name, a.action, a.subject, a.detail::text) ILIKE ?", "%"+escapeLike(word)+"%")
	}
	if q.Before != uuid.Nil {
		g = g.Where("(a.at, a.id) < (SELECT at, id FROM audit WHERE id = ? AND company_id = ?)", q.Before, company)
	}
	return g, nil
}
