package billing

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/billing/books"
	"homecoming/internal/problem"
	"homecoming/market"
)

// An ExportKind is what an export holds: payouts, or a kind of package books.
type ExportKind string

// ExportPayouts is the payouts with the milestones that each is made of.
const ExportPayouts ExportKind = "payouts"

// ExportKinds lists them in the order in which people choose.
var ExportKinds = func() []ExportKind {
	kinds := []ExportKind{ExportPayouts}
	for _, k := range books.Kinds {
		kinds = append(kinds, ExportKind(k))
	}
	return kinds
}()

// books is the kind as package books knows it.
func (k ExportKind) books() books.Kind { return books.Kind(k) }

// Encodings are those that it may be written in, its own first.
func (k ExportKind) Encodings() []books.Encoding { return k.books().Encodings() }

// Limit is the largest file that its program takes, in bytes; 0: none.
func (k ExportKind) Limit() int64 { return k.books().Limit() }

// Target is the bookkeeping program that it is for; empty for payouts, which are for none.
func (k ExportKind) Target() books.Target {
	if k == ExportPayouts {
		return ""
	}
	return k.books().Target()
}

// What can be wrong with what is asked for.
var (
	ErrExportKind = problem.Define(problem.Invalid, "unknown_export", "Choose one of: {choices}.", "次から選択してください：{choices}")
	ErrExportDays = problem.Define(problem.Invalid, "export_days", "The first day must not be after the last, and ten years at most lie between.", "開始日は終了日以前とし、期間は10年以内にしてください。")
	ErrEncoding   = problem.Define(problem.Invalid, "encoding_not_taken", "This file is written in {choices}.", "この形式の文字コードは{choices}です。")
	ErrYenOnly    = problem.Define(problem.Conflict, "yen_only", "This program keeps books in yen alone, and yours are in {currency}. Use the journal or QuickBooks.",
		"この会計ソフトは円のみに対応しており、貴社の通貨は{currency}です。仕訳帳またはQuickBooks形式をご利用ください。")
	ErrManyParts = problem.Define(problem.Conflict, "export_has_parts", "The program takes files of at most {max} MB and this period makes more. Ask for part 1, 2 and so on, or have the export made in the background.",
		"この会計ソフトが取り込めるのは{max}MBまでですが、この期間のデータはそれを超えます。part=1、2…を指定するか、バックグラウンドで作成してください。")
)

// An ExportOrder says what is to be exported: whole days of the company's books, both ends included. Without days it is
// the last closed month, see [Service.ExportMonth].
type ExportOrder struct {
	Company  uuid.UUID      `json:"-"`
	Kind     ExportKind     `json:"kind"`
	From     civil.Date     `json:"from"`
	To       civil.Date     `json:"to"`
	Encoding books.Encoding `json:"encoding"` // empty: the kind's own
}

// checked is the order with its blanks filled in, or what is wrong with it.
func (o ExportOrder) checked(c market.Company) (ExportOrder, error) {
	switch {
	case !slices.Contains(ExportKinds, o.Kind):
		return o, ErrExportKind.On("kind").With("choices", ExportKinds)
	case !o.From.IsValid() || !o.To.IsValid() || o.From.After(o.To) || o.To.DaysSince(o.From) > 3660:
		return o, ErrExportDays.On("from")
	case o.Kind != ExportPayouts && o.Kind.books().YenOnly() && c.Currency != "JPY":
		return o, ErrYenOnly.On("kind").With("currency", c.Currency)
	}
	if o.Encoding == "" {
		o.Encoding = o.Kind.Encodings()[0]
	}
	if !slices.Contains(o.Kind.Encodings(), o.Encoding) {
		return o, ErrEncoding.On("encoding").With("choices", o.Kind.Encodings())
	}
	return o, nil
}

// An export is one order at work.
type export struct {
	ExportOrder
	company  market.Company
	chart    books.Chart
	rules    Rules
	most     int                  // records; 0: all
	progress func(done int) error // entries read; nil: nobody watches
}

// errEnough ends an export of which only the beginning is wanted.
var errEnough = errors.New("billing: enough was exported")

// begin checks an order and reads what it needs besides the entries.
func (s *Service) begin(ctx context.Context, who market.Actor, o ExportOrder) (export, error) {
	if err := who.May(market.SeeMoney, o.Company); err != nil {
		return export{}, err
	}
	return s.prepare(ctx, o)
}

func (s *Service) prepare(ctx context.Context, o ExportOrder) (x export, err error) {
	g := s.db.Gorm(ctx)
	if x.company, err = market.CompanyByID(g, o.Company); err != nil {
		return x, err
	}
	if x.ExportOrder, err = o.checked(x.company); err != nil {
		return x, err
	}
	if x.rules, err = rulesFor(g, o.Company); err != nil || x.Target() == "" {
		return x, err
	}
	x.chart, err = chartOf(g, x.company, x.Target())
	return x, err
}

// Target is the program that the order is for.
func (o ExportOrder) Target() books.Target { return o.Kind.Target() }

// Export writes what was ordered as it is read, into the file that open gives for each part, from 1. However long it is,
// it takes no more memory. What was made, by whom and with which hash goes into the audit log.
func (s *Service) Export(ctx context.Context, who market.Actor, o ExportOrder, open func(part int) (io.Writer, error)) (books.Report, error) {
	x, err := s.begin(ctx, who, o)
	if err != nil {
		return books.Report{}, err
	}
	report, err := s.write(ctx, x, open)
	if err != nil {
		return report, err
	}
	return report, s.noteExport(ctx, who, x.ExportOrder, report)
}

// An ExportMade is what the audit log keeps of an export.
type ExportMade struct {
	ExportOrder
	Records  int64        `json:"records"`
	Parts    []books.Part `json:"parts"`
	Replaced string       `json:"replaced,omitempty"` // characters that the encoding lacks
	Cut      int          `json:"cut,omitempty"`      // texts that were too long
	At       time.Time    `json:"-"`
	By       string       `json:"-"`
}

// exportMade is the action under which exports stand in the audit log.
const exportMade = "export.made"

func (s *Service) noteExport(ctx context.Context, who market.Actor, o ExportOrder, r books.Report) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		return market.Audit(tx, who, o.Company, exportMade, "export:"+string(o.Kind),
			ExportMade{ExportOrder: o, Records: r.Records(), Parts: r.Parts, Replaced: r.Replaced, Cut: r.Cut})
	})
}

// ExportsMade lists a company's latest fifty exports, newest first, from the audit log.
func (s *Service) ExportsMade(ctx context.Context, who market.Actor, company uuid.UUID) ([]ExportMade, error) {
	if err := who.May(market.SeeMoney, company); err != nil {
		return nil, err
	}
	var rows []struct {
		At            time.Time
		Family, Given string
		Detail        []byte
	}
	err := s.db.Gorm(ctx).Raw(`SELECT a.at, a.detail, coalesce(p.family_name, '') AS family, coalesce(p.given_name, '') AS given
		FROM audit a LEFT JOIN people p ON p.id = a.actor_id WHERE a.company_id = ? AND a.action = '`+exportMade+`' ORDER BY a.at DESC LIMIT 50`,
		company).Scan(&rows).Error
	list := make([]ExportMade, len(rows))
	for i, row := range rows {
		if err := json.Unmarshal(row.Detail, &list[i]); err != nil {
			return nil, err
		}
		list[i].Company, list[i].At, list[i].By = company, row.At, posted{Family: row.Family, Given: row.Given}.person()
	}
	return list, err
}

// write writes an export.
func (s *Service) write(ctx context.Context, x export, open func(part int) (io.Writer, error)) (books.Report, error) {
	if x.Kind == ExportPayouts {
		return s.writePayouts(ctx, x, open)
	}
	w, err := books.NewWriter(open, x.Kind.books(), books.Options{Encoding: x.Encoding, Currency: x.company.Currency, Exponent: market.Exponent(x.company.Currency)})
	if err != nil {
		return books.Report{}, err
	}
	read, written := 0, 0
	for p, err := range s.entriesOf(ctx, x) {
		if err != nil {
			return books.Report{}, err
		}
		if read++; x.progress != nil && read%1000 == 0 {
			if err := x.progress(read); err != nil {
				return books.Report{}, err
			}
		}
		f, ok, err := p.fact(x.rules)
		if err != nil {
			return books.Report{}, err
		}
		if !ok {
			continue
		}
		written++
		f.No = written
		if err := put(w, x, f); err != nil {
			return books.Report{}, unmapped(err)
		}
		if written == x.most {
			return w.Close(), errEnough
		}
	}
	return w.Close(), nil
}

// put writes one fact. What is no deal is left out of a file of deals.
func put(w *books.Writer, x export, f books.Fact) error {
	kind := x.Kind.books()
	if kind != books.FreeeDeals {
		e, err := x.chart.Entry(kind, f)
		if err != nil {
			return err
		}
		return w.Entry(e)
	}
	d, ok, err := x.chart.Deal(f)
	if err != nil || !ok {
		return err
	}
	return w.Deal(d)
}
