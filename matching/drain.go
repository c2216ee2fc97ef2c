package matching

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"
)

// drainBatch is how many changes are confirmed at a time.
const drainBatch = 2000

// Drain brings every index up to date with the changes in index_pending and says how many were confirmed by all. One
// process writes at a time; where another is at it, nothing happens. A failing index keeps its rows; the indexes
// before it do not wait for it.
func (s *Service) Drain(ctx context.Context) (confirmed int, err error) {
	release, held, err := s.hold(ctx, writing, false)
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

// A batch is some rows of index_pending at one stage: the company of each membership, and the numbers of the rows.
type batch struct {
	seqs      []int64
	companies map[uuid.UUID]uuid.UUID
}

func (s *Service) batch(ctx context.Context, stage int) (b batch, err error) {
	var rows []struct {
		Seq                     int64
		CompanyID, MembershipID uuid.UUID
	}
	err = s.db.Gorm(ctx).Raw("SELECT seq, company_id, membership_id FROM index_pending WHERE stage = ? ORDER BY seq LIMIT ?", stage, drainBatch).Scan(&rows).Error
	b = batch{make([]int64, len(rows)), make(map[uuid.UUID]uuid.UUID, len(rows))}
	for i, r := range rows {
		b.seqs[i], b.companies[r.MembershipID] = r.Seq, r.CompanyID
	}
	return b, err
}

// present condenses the facts of now about the batch; who is gone becomes nobody's candidate. The rows are read before
// the facts, so a change that comes in between is in the facts already and its row stays for the next batch.
func (s *Service) present(ctx context.Context, b batch) ([]Document, error) {
	docs, err := s.documents(ctx, keys(b.companies))
	if err != nil {
		return nil, err
	}
	for _, d := range docs {
		delete(b.companies, d.Membership)
	}
	for id, company := range b.companies { // what is left is gone
		docs = append(docs, Document{Membership: id, Company: company})
	}
	return docs, nil
}

// drainStage writes one batch into one index and confirms it there. An index that is not built needs no changes: it
// will be built from the facts.
func (s *Service) drainStage(ctx context.Context, stage int) (int, error) {
	b, err := s.batch(ctx, stage)
	if err != nil || len(b.seqs) == 0 {
		return 0, err
	}
	r, err := recordOf(s.db.Gorm(ctx), s.indexes[stage].Name())
	if err != nil {
		return 0, err
	}
	moment := ""
	if stage == 0 || r.usable(s.indexes[stage].Format()) == nil {
		docs, err := s.present(ctx, b)
		if err != nil {
			return 0, err
		}
		if moment, err = s.write(ctx, stage, r, docs); err != nil {
			return 0, err
		}
	}
	return len(b.seqs), s.confirm(ctx, stage, b.seqs, moment)
}

// write puts documents into an index and gives the moment from which they can be found. An index that is not the one on
// record is not written to, so that its strangeness stays visible, and is built again.
func (s *Service) write(ctx context.Context, stage int, r record, docs []Document) (moment string, err error) {
	ix := s.indexes[stage]
	defer func() { err = s.tally(ctx, ix.Name(), err) }()
	if stage > 0 {
		if moment, err = ix.Moment(ctx); err != nil {
			return "", err
		}
		if err = r.met(moment); err != nil {
			return "", s.disown(ctx, ix.Name(), err)
		}
	}
	if err = ix.Put(ctx, docs); err != nil {
		return "", err
	}
	return ix.Moment(ctx)
}

// disown takes an index off the record, so that nobody asks it until it is built again.
func (s *Service) disown(ctx context.Context, name string, why error) error {
	return errors.Join(why, s.db.Gorm(ctx).Exec("DELETE FROM match_indexes WHERE name = ?", name).Error)
}

// tally counts the failures in a row, for everybody to see, and gives the error back.
func (s *Service) tally(ctx context.Context, name string, err error) error {
	if err == nil {
		return wrote(s.db.Gorm(ctx), name)
	}
	if ctx.Err() != nil {
		return err
	}
	return errors.Join(err, failed(s.db.Gorm(ctx), name, err))
}

// confirm moves the rows to the next index, and past the last one takes them away, unless a build still needs them.
func (s *Service) confirm(ctx context.Context, stage int, seqs []int64, moment string) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		if moment != "" {
			if err := note(tx, s.indexes[stage].Name(), moment); err != nil {
				return err
			}
		}
		if stage < len(s.indexes)-1 {
			return tx.Exec("UPDATE index_pending SET stage = ? WHERE seq = ANY(?::bigint[])", stage+1, pq.Array(seqs)).Error
		}
		if err := s.dropOthers(tx); err != nil {
			return err
		}
		kept := tx.Exec("UPDATE index_pending SET stage = ? WHERE seq = ANY(?::bigint[]) AND EXISTS (SELECT 1 FROM match_builds)", s.kept(), pq.Array(seqs))
		if kept.Error != nil || kept.RowsAffected > 0 {
			return kept.Error
		}
		return tx.Exec("DELETE FROM index_pending WHERE seq = ANY(?::bigint[])", pq.Array(seqs)).Error
	})
}

// kept is the stage of changes that every index has confirmed and a build has not.
func (s *Service) kept() int { return len(s.indexes) }

// dropOthers takes off the record, with their builds and the changes that wait for them, the indexes that this process
// runs without: they miss the changes of this time.
func (s *Service) dropOthers(tx *gorm.DB) error {
	names := pq.Array(s.indexNames())
	if err := tx.Exec("DELETE FROM match_indexes WHERE NOT name = ANY(?::text[])", names).Error; err != nil {
		return err
	}
	if err := tx.Exec("DELETE FROM match_builds WHERE NOT name = ANY(?::text[])", names).Error; err != nil {
		return err
	}
	return tx.Exec("DELETE FROM index_pending WHERE stage > ? OR stage = ? AND NOT EXISTS (SELECT 1 FROM match_builds)", s.kept(), s.kept()).Error
}

func (s *Service) indexNames() []string {
	var all []string
	for _, ix := range s.indexes {
		all = append(all, ix.Name())
	}
	return all
}
