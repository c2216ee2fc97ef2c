package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homecoming/internal/db"
	"homecoming/matching"
)

// A loader fills an index in bulk. It takes the short way past the service, which the suites of package matching watch.
type loader interface {
	load(ctx context.Context, companies func(put func([]matching.Document) error) error) error
	first(ctx context.Context, docs []matching.Document) error // of the company that is asked
}

// fill generates the companies one after the other and keeps the first, which is the one that is asked.
func (r Rank) fill(ctx context.Context, d *db.DB, l loader) (first *staff, err error) {
	rnd := rand.New(rand.NewPCG(r.Seed, 0))
	err = l.load(ctx, func(put func([]matching.Document) error) error {
		for left := r.Members; left > 0; left -= r.CompanySize {
			s := newStaff(rnd, min(left, r.CompanySize))
			if err := copyMembers(ctx, d, s.documents); err != nil {
				return err
			}
			if first == nil {
				first = s
				if err := l.first(ctx, s.documents); err != nil {
					return err
				}
			}
			for batch := range slices.Chunk(s.documents, 20_000) {
				if err := put(batch); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	_, err = d.Pool().Exec(ctx, "VACUUM (ANALYZE) match_members, match_held, index_pending, match_indexes")
	return first, err
}

// copyMembers fills the table in which every ranking looks for people whose day it is.
func copyMembers(ctx context.Context, d *db.DB, docs []matching.Document) error {
	_, err := d.Pool().CopyFrom(ctx, pgx.Identifier{"match_members"},
		[]string{"membership_id", "company_id", "person_id", "candidate", "p", "tenure", "left_on", "knows", "worked", "days", "available_from", "hourly_rate", "changes_on"},
		pgx.CopyFromSlice(len(docs), func(i int) ([]any, error) {
			m := docs[i]
			var free, changes any
			if m.AvailableFrom != nil {
				free = m.AvailableFrom.String()
			}
			if m.ChangesOn != nil {
				changes = m.ChangesOn.String()
			}
			return []any{m.Membership, m.Company, m.Person, m.Candidate, int16(m.P), int16(m.Tenure), m.LeftOn.String(), orNone(m.Knows), orNone(m.Worked), int32(m.Days), free, m.HourlyRate, changes}, nil
		}))
	return err
}

func orNone(ids []uuid.UUID) []uuid.UUID { return append([]uuid.UUID{}, ids...) }

// A heldLoader fills PostgreSQL's own index.
type heldLoader struct{ d *db.DB }

func (l heldLoader) first(context.Context, []matching.Document) error { return nil }

func (l heldLoader) load(ctx context.Context, companies func(put func([]matching.Document) error) error) error {
	return companies(func(docs []matching.Document) error { return copyHeld(ctx, l.d, docs) })
}

func copyHeld(ctx context.Context, d *db.DB, docs []matching.Document) error {
	var rows [][]any
	for _, m := range docs {
		for skill, strength := range m.Held {
			rows = append(rows, []any{m.Membership, m.Company, skill, int16(strength)})
		}
	}
	_, err := d.Pool().CopyFrom(ctx, pgx.Identifier{"match_held"}, []string{"membership_id", "company_id", "skill_id", "strength"}, pgx.CopyFromRows(rows))
	return err
}

// An indexLoader fills a faster index, and PostgreSQL's own only for the company that is asked: it is read now and then
// to foresee how many members there are.
type indexLoader struct {
	d  *db.DB
	ix matching.Index
}

func (l indexLoader) first(ctx context.Context, docs []matching.Document) error {
	return copyHeld(ctx, l.d, docs)
}

func (l indexLoader) load(ctx context.Context, companies func(put func([]matching.Document) error) error) error {
	if err := l.ix.Replace(ctx, companies); err != nil {
		return err
	}
	if err := l.ix.Check(ctx); err != nil {
		return fmt.Errorf("the index is not as it must be: %w", err)
	}
	moment, err := l.ix.Moment(ctx)
	if err != nil {
		return err
	}
	_, err = l.d.Pool().Exec(ctx, "INSERT INTO match_indexes (name, moment, format) VALUES ($1, $2, $3)", l.ix.Name(), moment, l.ix.Format())
	return err
}
