package matching

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"homecoming/internal/db"
)

// errTooStale says that an index lags so far behind that PostgreSQL is the quicker way to the truth.
var errTooStale = errors.New("matching: too many changes wait for the index")

// errUnbuilt says that an index does not hold everybody yet.
var errUnbuilt = errors.New("matching: the index is not built")

// anyNumber bounds nothing.
const anyNumber = 1 << 30

// mostNews is how many memberships of one company are scored from the truth beside an index other than PostgreSQL's.
const mostNews = 500

// newsFor reads whose documents an index may have wrong for this question: changes that it has not confirmed, and
// people whose anniversary or first day away has come since they were written. They are scored from the truth. Where
// built names an index, it must have been built as a whole.
func newsFor(d *db.DB, q Question, stage, most int, built string) overlay {
	return func(ctx context.Context, known map[uuid.UUID]News) (map[uuid.UUID]News, error) {
		var rows []struct {
			MembershipID uuid.UUID
			Seq          int64
		}
		err := d.Gorm(ctx).Raw(`SELECT membership_id, max(seq) AS seq FROM index_pending WHERE company_id = ? AND stage <= ? GROUP BY 1
			UNION ALL SELECT membership_id, 0 FROM match_members WHERE company_id = ? AND changes_on <= ?
			UNION ALL SELECT ?, 0 WHERE ? <> '' AND NOT EXISTS (SELECT 1 FROM match_indexes WHERE name = ?)`,
			q.Company, stage, q.Company, q.AsOf, uuid.Nil, built, built).Scan(&rows).Error
		if err != nil {
			return nil, err
		}
		fresh := make(map[uuid.UUID]News, len(rows))
		for _, r := range rows {
			if r.MembershipID == uuid.Nil {
				return nil, errUnbuilt
			}
			if had, ok := known[r.MembershipID]; !ok || had.Seq < r.Seq {
				fresh[r.MembershipID] = News{Seq: max(r.Seq, fresh[r.MembershipID].Seq)}
			}
		}
		if len(known)+len(fresh) > most {
			return nil, errTooStale
		}
		return fresh, scoreTruly(ctx, d, q, fresh)
	}
}

// scoreTruly fills in the hits from the facts themselves.
func scoreTruly(ctx context.Context, d *db.DB, q Question, fresh map[uuid.UUID]News) error {
	found, err := members(d.Gorm(ctx), keys(fresh))
	for _, m := range found {
		if hit, ok := q.Hit(q.Formula.Document(m.Member, q.AsOf)); ok {
			fresh[m.ID] = News{Hit: &hit, Seq: fresh[m.ID].Seq}
		}
	}
	return err
}
