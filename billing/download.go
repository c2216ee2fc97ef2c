package billing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/billing/books"
	"homecoming/market"
)

// A Download is a file on its way to a person. Its beginning is made already, so that what is wrong with an order is said
// instead of sent; the rest follows as it is written.
type Download struct {
	Name     string // for whoever saves it: homecoming-moneyforward-2026-11-01-2026-11-30.csv
	Encoding books.Encoding
	Write    func(io.Writer) error // sends it; to be called once
}

// beginning is how much of a file is made before anything is sent.
const beginning = 256 << 10

// fileName is what an export is saved as. part is 0 for a whole one.
func fileName(o ExportOrder, part int) string {
	more := ""
	if part > 0 {
		more = fmt.Sprintf("-part%d", part)
	}
	return fmt.Sprintf("homecoming-%s-%s-%s%s.csv", o.Kind, o.From, o.To, more)
}

// Download begins an export that is sent while it is made. part is one file of several, from 1; 0 is the only one, and
// refused where the program takes no file that large. Until ctx ends, Write must be called.
func (s *Service) Download(ctx context.Context, who market.Actor, o ExportOrder, part int) (Download, error) {
	x, err := s.begin(ctx, who, o)
	if err != nil {
		return Download{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	out, in := io.Pipe()
	context.AfterFunc(ctx, func() { _ = out.CloseWithError(context.Cause(ctx)) })
	go func() {
		report, err := s.write(ctx, x, partOnly(in, part, x.Kind.Limit()))
		switch {
		case err == nil && part > len(report.Parts):
			err = market.ErrNotFound
		case err == nil:
			err = s.noteExport(ctx, who, x.ExportOrder, report)
		}
		_ = in.CloseWithError(err) // nil is the end of the file
	}()
	head := make([]byte, max(beginning, int(x.Kind.Limit())))
	n, err := io.ReadFull(out, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		cancel()
		return Download{}, err
	}
	return Download{Name: fileName(x.ExportOrder, part), Encoding: x.Encoding, Write: func(w io.Writer) error {
		defer cancel()
		_, err := io.Copy(w, io.MultiReader(bytes.NewReader(head[:n]), out))
		return err
	}}, nil
}

// partOnly lets one part through. Where none was asked for by number, a second is too many.
func partOnly(w io.Writer, part int, limit int64) func(int) (io.Writer, error) {
	return func(n int) (io.Writer, error) {
		switch {
		case part == 0 && n > 1:
			return nil, ErrManyParts.On("part").With("max", limit/1_000_000)
		case part == 0 || part == n:
			return w, nil
		}
		return io.Discard, nil
	}
}

// DownloadPart is one part of an export that was made in the background.
func (s *Service) DownloadPart(ctx context.Context, who market.Actor, id uuid.UUID, part int) (Download, error) {
	r, err := s.madePart(ctx, who, id, part)
	if err != nil {
		return Download{}, err
	}
	named := part
	if len(r.Made.Parts) == 1 {
		named = 0
	}
	return Download{Name: fileName(r.ExportOrder, named), Encoding: r.Encoding, Write: func(w io.Writer) error { return s.sendPieces(ctx, r, part, w) }}, nil
}

// ExportMonth proposes the days of an export: the last closed month, or the one before this where none is.
func (s *Service) ExportMonth(ctx context.Context, who market.Actor, company uuid.UUID) (from, to civil.Date, err error) {
	if err := who.May(market.SeeMoney, company); err != nil {
		return from, to, err
	}
	g := s.db.Gorm(ctx)
	c, err := market.CompanyByID(g, company)
	if err != nil {
		return from, to, err
	}
	today := c.Today(s.clock.Now())
	to = civil.Date{Year: today.Year, Month: today.Month, Day: 1}.AddDays(-1)
	var closed []civil.Date
	err = g.Raw("SELECT books_closed_through FROM companies WHERE id = ? AND books_closed_through IS NOT NULL", company).Scan(&closed).Error
	if len(closed) > 0 {
		to = closed[0]
	}
	return civil.Date{Year: to.Year, Month: to.Month, Day: 1}, to, err
}
