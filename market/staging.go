package market

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/lib/pq"
	"gorm.io/gorm"
)

// An importFile is an HR file whose good rows wait to be taken in. They stand in the database in the order of people's first
// lines, so that an import holds a few people at a time in memory, and one that was killed goes on after those it has taken.
type importFile struct {
	ID        uuid.UUID
	CompanyID uuid.UUID
	Rows      int             // good ones
	Report    json.RawMessage // what reading alone told
	MadeAt    time.Time
}

// stage reads a file through and writes its good rows down as it goes.
func (s *Service) stage(ctx context.Context, c Company, r *hrReader) (importFile, error) {
	f := importFile{ID: newID(), CompanyID: c.ID, MadeAt: s.clock.Now()}
	err := pgx.BeginFunc(ctx, s.db.Pool(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "CREATE TEMP TABLE staged (line integer, email text, cells text[]) ON COMMIT DROP"); err != nil {
			return err
		}
		n, err := tx.CopyFrom(ctx, pgx.Identifier{"staged"}, []string{"line", "email", "cells"}, pgx.CopyFromFunc(func() ([]any, error) {
			l, more := r.next()
			if !more {
				return nil, nil
			}
			return []any{int32(l.line), l.email, l.cells}, nil //nolint:gosec // files are 32 MB long at most
		}))
		if err != nil {
			return err
		}
		if r.rows == 0 {
			return ErrFileEmpty
		}
		f.Rows = int(n)
		return f.keep(ctx, tx, r)
	})
	return f, err
}

// keep puts the staged rows in their order, each person's together.
func (f *importFile) keep(ctx context.Context, tx pgx.Tx, r *hrReader) (err error) {
	var people int
	if err := tx.QueryRow(ctx, "SELECT count(DISTINCT email) FROM staged").Scan(&people); err != nil {
		return err
	}
	if f.Report, err = json.Marshal(r.report(people)); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO import_files (id, company_id, rows, report, made_at) VALUES ($1, $2, $3, $4, $5)", f.ID, f.CompanyID, f.Rows, f.Report, f.MadeAt)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO import_rows (file_id, seq, last, line, email, cells)
		SELECT $1, seq, max(seq) OVER (PARTITION BY place), line, email, cells
		FROM (SELECT row_number() OVER (ORDER BY place, line) AS seq, * FROM (SELECT min(line) OVER (PARTITION BY email) AS place, * FROM staged) a) b`, f.ID)
	return err
}

// fileOf finds the file of a run by what the run works on; ErrImportGone when it is not kept any more.
func fileOf(g *gorm.DB, input []byte) (importFile, error) {
	id, err := uuid.ParseBytes(input)
	if err != nil {
		return importFile{}, ErrImportGone.Because(err)
	}
	var list []importFile
	if err := g.Table("import_files").Where("id = ?", id).Find(&list).Error; err != nil {
		return importFile{}, err
	}
	if len(list) == 0 {
		return importFile{}, ErrImportGone
	}
	return list[0], nil
}

// people are the next ones after those whom a report accounts for: those of so many rows, the last one whole. A batch commits
// all rows of its people, so that the count of rows tells where to go on.
func (f importFile) people(g *gorm.DB, behind ImportReport, rows int, currency string) ([]hrPerson, error) {
	bad := behind.Rows - f.Rows // refused by reading alone
	done := behind.handled() - bad
	var waiting []struct {
		Line  int
		Email string
		Cells pq.StringArray `gorm:"type:text[]"`
	}
	err := g.Raw(`SELECT line, email, cells FROM import_rows WHERE file_id = @file AND seq > @done
		AND seq <= (SELECT last FROM import_rows WHERE file_id = @file AND seq = @until) ORDER BY seq`,
		map[string]any{"file": f.ID, "done": done, "until": min(done+max(rows, 1), f.Rows)}).Scan(&waiting).Error
	var people []hrPerson
	for _, w := range waiting {
		if len(people) == 0 || people[len(people)-1].email != w.Email {
			people = append(people, hrPerson{email: w.Email})
		}
		p := &people[len(people)-1]
		p.rows = append(p.rows, hrLine{w.Line, w.Email, w.Cells}.row(currency))
	}
	return people, err
}
