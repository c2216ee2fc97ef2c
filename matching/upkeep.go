package matching

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"
)

const (
	drainBatch   = 1000 // changes confirmed at a time
	rebuildBatch = 2000 // memberships read at a time
)

// Drain brings every index up to date with the changes in index_pending and says how many were confirmed by all. One
// process drains at a time; where another is at it, nothing happens. A failing index keeps its rows; the indexes
// before it do not wait for it.
func (s *Service) Drain(ctx context.Context) (confirmed int, err error) {
	release, held, err := s.hold(ctx, false)
	if err != nil || !held {
		return 0, err
	}
	defer release()
	for stage := range s.indexes {
		for {
			n, err := s.drainStage(ctx, stage)
			if stage == len(s.indexes)-1 {
				confirmed += n
			}
			if err != nil {
				return confirmed, fmt.Errorf("bringing %s up to date: %w", s.indexes[stage].Name(), err)
			}
			if n < drainBatch {
				break
			}
		}
	}
	return confirmed, nil
}

// drainStage writes one batch into one index and confirms it there. The rows are read before the facts, so a change
// that comes in between is in the facts already and its row stays for the next batch.
func (s *Service) drainStage(ctx context.Context, stage int) (int, error) {
	var rows []struct {
		Seq                     int64
		CompanyID, MembershipID uuid.UUID
	}
	err := s.db.Gorm(ctx).Raw("SELECT seq, company_id, membership_id FROM index_pending WHERE stage = ? ORDER BY seq LIMIT ?", stage, drainBatch).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	seqs, companies := make([]int64, len(rows)), map[uuid.UUID]uuid.UUID{}
	for i, r := range rows {
		seqs[i], companies[r.MembershipID] = r.Seq, r.CompanyID
	}
	docs, err := s.documents(ctx, keys(companies))
	if err != nil {
		return 0, err
	}
	for _, d := range docs {
		delete(companies, d.Membership)
	}
	for id, company := range companies { // what is left is gone
		docs = append(docs, Document{Membership: id, Company: company})
	}
	if err := s.indexes[stage].Put(ctx, docs); err != nil {
		return 0, err
	}
	return len(rows), s.confirm(ctx, stage, seqs)
}

func (s *Service) confirm(ctx context.Context, stage int, seqs []int64) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		if stage < len(s.indexes)-1 {
			return tx.Exec("UPDATE index_pending SET stage = ? WHERE seq = ANY(?::bigint[])", stage+1, pq.Array(seqs)).Error
		}
		if err := tx.Exec("DELETE FROM match_indexes WHERE NOT name = ANY(?::text[])", pq.Array(s.indexNames())).Error; err != nil {
			return err
		}
		return tx.Exec("DELETE FROM index_pending WHERE seq = ANY(?::bigint[]) OR stage > ?", pq.Array(seqs), stage).Error
	})
}

func (s *Service) indexNames() []string {
	var all []string
	for _, ix := range s.indexes {
		all = append(all, ix.Name())
	}
	return all
}

// documents condenses the present facts about these memberships, each as of its company's day.
func (s *Service) documents(ctx context.Context, ids []uuid.UUID) ([]Document, error) {
	found, err := members(s.db.Gorm(ctx), ids)
	docs := make([]Document, len(found))
	for i, m := range found {
		docs[i] = s.formula.Document(m.Member, m.asOf(s.clock.Now()))
	}
	return docs, err
}

// Reindex writes every document of these companies into every index, and without companies builds the indexes anew.
// Rankings go on meanwhile. progress, where not nil, is told how many memberships are done of how many.
func (s *Service) Reindex(ctx context.Context, progress func(done, total int), companies ...uuid.UUID) error {
	release, _, err := s.hold(ctx, true)
	if err != nil {
		return err
	}
	defer release()
	for i, ix := range s.indexes {
		part := func(done, total int) {
			if progress != nil {
				progress(i*total+done, len(s.indexes)*total)
			}
		}
		if err := s.rebuild(ctx, ix, part, companies); err != nil {
			return fmt.Errorf("rebuilding %s: %w", ix.Name(), err)
		}
	}
	return nil
}

func (s *Service) rebuild(ctx context.Context, ix Index, progress func(done, total int), companies []uuid.UUID) error {
	feed := func(put func([]Document) error) error { return s.feed(ctx, companies, progress, put) }
	if len(companies) > 0 {
		return feed(func(docs []Document) error { return ix.Put(ctx, docs) })
	}
	if err := ix.Replace(ctx, feed); err != nil {
		return err
	}
	return s.db.Gorm(ctx).Exec("INSERT INTO match_indexes (name) VALUES (?) ON CONFLICT (name) DO UPDATE SET built_at = now()", ix.Name()).Error
}

// feed puts the documents of all memberships (of these companies, where there are any), in the order of their ids.
func (s *Service) feed(ctx context.Context, companies []uuid.UUID, progress func(done, total int), put func([]Document) error) error {
	var total int
	where := "(cardinality(?::uuid[]) = 0 OR company_id = ANY(?::uuid[]))"
	of := pq.Array(append([]uuid.UUID{}, companies...))
	if err := s.db.Gorm(ctx).Raw("SELECT count(*) FROM memberships WHERE "+where, of, of).Scan(&total).Error; err != nil {
		return err
	}
	for done, last := 0, uuid.Nil; ; {
		var ids []uuid.UUID
		err := s.db.Gorm(ctx).Raw("SELECT id FROM memberships WHERE "+where+" AND id > ? ORDER BY id LIMIT ?", of, of, last, rebuildBatch).Scan(&ids).Error
		if err != nil || len(ids) == 0 {
			return err
		}
		docs, err := s.documents(ctx, ids)
		if err != nil {
			return err
		}
		if err := put(docs); err != nil {
			return err
		}
		last, done = ids[len(ids)-1], done+len(ids)
		progress(done, max(done, total))
	}
}

// Prepare builds the indexes that are not built, or that do not pass their own check, and leaves the others as they are.
func (s *Service) Prepare(ctx context.Context) error {
	release, _, err := s.hold(ctx, true)
	if err != nil {
		return err
	}
	defer release()
	for _, ix := range s.indexes {
		var built int
		if err := s.db.Gorm(ctx).Raw("SELECT count(*) FROM match_indexes WHERE name = ?", ix.Name()).Scan(&built).Error; err != nil {
			return err
		}
		if built > 0 && ix.Check(ctx) == nil {
			continue
		}
		if err := s.rebuild(ctx, ix, func(int, int) {}, nil); err != nil {
			return fmt.Errorf("building %s: %w", ix.Name(), err)
		}
		s.trouble.clear(ix.Name())
	}
	return nil
}

// TouchDue notes the members whose documents go stale today by themselves: those who left on this day of an earlier
// year, and those whose first day away this is. Rankings are right without it; it keeps the list of news short.
func (s *Service) TouchDue(ctx context.Context) (int64, error) {
	done := s.db.Gorm(ctx).Exec(`INSERT INTO index_pending (company_id, membership_id)
		SELECT m.company_id, m.membership_id FROM match_members m JOIN companies c ON c.id = m.company_id
		WHERE m.changes_on <= (CAST(? AS timestamptz) AT TIME ZONE c.time_zone)::date
		  AND NOT EXISTS (SELECT 1 FROM index_pending p WHERE p.company_id = m.company_id AND p.membership_id = m.membership_id AND p.stage = 0)`,
		s.clock.Now().Format(time.RFC3339Nano))
	return done.RowsAffected, done.Error
}

// hold takes the lock under which indexes are written: two writers could put an older document over a newer one. It
// is held by a connection and not by a transaction, because writing calls the outside.
func (s *Service) hold(ctx context.Context, wait bool) (release func(), held bool, err error) {
	for {
		release, held, err = s.tryHold(ctx)
		if err != nil || held || !wait {
			return release, held, err
		}
		select { // without a connection in hand, of which there are few
		case <-ctx.Done():
			return nil, false, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *Service) tryHold(ctx context.Context) (release func(), held bool, err error) {
	conn, err := s.db.Pool().Acquire(ctx)
	if err != nil {
		return nil, false, err
	}
	err = conn.QueryRow(ctx, "SELECT pg_try_advisory_lock(hashtext('homecoming index'))").Scan(&held)
	if err != nil || !held {
		conn.Release()
		return nil, false, err
	}
	return func() {
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if _, err := conn.Exec(undo, "SELECT pg_advisory_unlock(hashtext('homecoming index'))"); err != nil {
			_ = conn.Conn().Close(undo) // a lock that cannot be given back ends with its connection
		}
		conn.Release()
	}, true, nil
}
