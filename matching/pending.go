package matching

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homecoming/internal/db"
)

// errTooStale says that an index lags so far behind that PostgreSQL is the quicker way to the truth.
var errTooStale = errors.New("matching: too many changes wait for the index")

// anyNumber bounds nothing.
const anyNumber = 1 << 30

// mostNews is how many memberships whose changes wait for an index are scored from the truth beside it. Those whose day it
// is do not count: PostgreSQL's own index has them wrong as well, and would not be quicker.
const mostNews = 500

// news reads whose documents an index may have wrong for this question: changes that it has not confirmed, and people
// whose anniversary or first day away has come since they were written. They are scored from the truth. A front learns
// in the same breath what is on record about its index.
func (s *Service) news(q Question, stage, most int, of *front) overlay {
	return func(ctx context.Context, known map[uuid.UUID]News) (map[uuid.UUID]News, error) {
		changes, r, err := s.changes(ctx, q, stage, of)
		if err != nil {
			return nil, err
		}
		if of != nil {
			if err := of.read(r); err != nil {
				return nil, err
			}
		}
		fresh, waiting := make(map[uuid.UUID]News, len(changes)), 0
		for _, c := range changes {
			if c.seq > 0 {
				waiting++
			}
			if had, ok := known[c.id]; !ok || had.Seq < c.seq {
				fresh[c.id] = News{Seq: max(c.seq, fresh[c.id].Seq)}
			}
		}
		if waiting > most {
			return nil, errTooStale
		}
		return fresh, scoreTruly(ctx, s.db, q, fresh)
	}
}

// once hears the news there is at first, and none that comes later.
func once(news overlay) overlay {
	return func(ctx context.Context, known map[uuid.UUID]News) (map[uuid.UUID]News, error) {
		if known != nil {
			return nil, nil
		}
		return news(ctx, nil)
	}
}

// A change is the latest reason why a document may be stale; seq 0 is the calendar.
type change struct {
	id  uuid.UUID
	seq int64
}

// changes reads them with the index's record, in one statement: every ranking does so twice.
func (s *Service) changes(ctx context.Context, q Question, stage int, of *front) (changes []change, r record, err error) {
	name := ""
	if of != nil {
		name = of.Name()
	}
	rows, err := s.db.Pool().Query(ctx, `SELECT membership_id, max(seq), '', '', false FROM index_pending WHERE company_id = ANY($1) AND stage <= $2 GROUP BY 1
		UNION ALL SELECT membership_id, 0, '', '', false FROM match_members WHERE company_id = ANY($1) AND changes_on <= $3
		UNION ALL SELECT NULL, 0, moment, format, EXISTS (SELECT 1 FROM match_builds b WHERE b.name = i.name AND swapping)
			FROM match_indexes i WHERE name = $4`, q.companies(), stage, q.AsOf.String(), name)
	if err != nil {
		return nil, r, err
	}
	var id *uuid.UUID
	var seq int64
	var moment, format string
	var swapping bool
	_, err = pgx.ForEachRow(rows, []any{&id, &seq, &moment, &format, &swapping}, func() error {
		if id == nil {
			r = record{true, moment, format, swapping}
		} else {
			changes = append(changes, change{*id, seq})
		}
		return nil
	})
	return changes, r, err
}

// scoreTruly fills in the hits from the facts themselves.
func scoreTruly(ctx context.Context, d *db.DB, q Question, fresh map[uuid.UUID]News) error {
	found, err := members(ctx, d, keys(fresh))
	for _, m := range found {
		if hit, ok := q.Hit(q.Formula.Document(m.Member, q.AsOf)); ok {
			fresh[m.ID] = News{Hit: &hit, Seq: fresh[m.ID].Seq}
		}
	}
	return err
}
