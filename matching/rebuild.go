package matching

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// How an index is built anew while it is in use.
//
// A second copy is filled from the facts, without holding anybody up: the index in use goes on receiving changes, and
// each change that it has confirmed stays in index_pending, one stage further, for the copy. When the copy has caught up,
// writing pauses for the last few changes, and the two are swapped. A build that is killed leaves nothing that matters.

// ErrRebuilding says that the indexes are being rebuilt already.
var ErrRebuilding = problem.Define(problem.Conflict, "rebuild_under_way",
	"The search indexes are being rebuilt already; wait until that has ended.",
	"検索インデックスは再構築中です。完了するまでお待ちください。")

// errOvertaken says that the notes of a build have gone: another process runs without the index, or builds it too.
var errOvertaken = errors.New("matching: the build was given up by another process")

const (
	rebuildBatch = 5000 // memberships read at a time
	almost       = 200  // so few changes are caught up with while writing pauses
)

// Reindex builds the indexes anew, or writes every document of these companies into them. Rankings go on meanwhile.
// progress, where not nil, is told how many memberships are done of how many. It returns [ErrRebuilding] while the
// indexes are being built anew by somebody else.
func (s *Service) Reindex(ctx context.Context, progress func(done, total int), companies ...uuid.UUID) error {
	if progress == nil {
		progress = func(int, int) {}
	}
	if len(companies) > 0 {
		return s.refresh(ctx, progress, companies)
	}
	release, held, err := s.hold(ctx, rebuilding, false)
	if err != nil {
		return err
	}
	if !held {
		return ErrRebuilding
	}
	defer release()
	for stage, ix := range s.indexes {
		part := func(done, total int) { progress(stage*total+done, len(s.indexes)*total) }
		if err := s.rebuild(ctx, stage, part); err != nil {
			return fmt.Errorf("rebuilding %s: %w", ix.Name(), err)
		}
	}
	return nil
}

// refresh writes the documents of some companies, or of all, into the indexes in use.
func (s *Service) refresh(ctx context.Context, progress func(done, total int), companies []uuid.UUID) error {
	return s.eachBatch(ctx, companies, progress, func(ids []uuid.UUID) error {
		for stage := range s.indexes {
			if err := s.rewrite(ctx, stage, ids); err != nil {
				return err
			}
		}
		return nil
	})
}

// rewrite puts the present documents of some memberships into an index in use. Nobody else writes between the reading of
// the facts and their arrival, so none is put over a newer one.
func (s *Service) rewrite(ctx context.Context, stage int, ids []uuid.UUID) error {
	release, _, err := s.hold(ctx, writing, true)
	if err != nil {
		return err
	}
	defer release()
	r, err := recordOf(s.db.Gorm(ctx), s.indexes[stage].Name())
	if err != nil || stage > 0 && r.usable(s.indexes[stage].Format()) != nil {
		return err
	}
	docs, err := s.documents(ctx, ids)
	if err != nil {
		return err
	}
	moment, err := s.write(ctx, stage, r, docs)
	if err != nil || moment == "" {
		return err
	}
	return note(s.db.Gorm(ctx), s.indexes[stage].Name(), moment)
}

// rebuild builds one index. The caller holds the lock of rebuilding.
func (s *Service) rebuild(ctx context.Context, stage int, progress func(done, total int)) error {
	ix := s.indexes[stage]
	if stage == 0 {
		return s.rebuildInPlace(ctx, progress)
	}
	b := build{uuid.New(), ix.Name()}
	if err := s.writingAlone(ctx, func() error { return s.db.Tx(ctx, func(tx *gorm.DB) error { return b.begin(tx, s.kept()) }) }); err != nil {
		return err
	}
	resume := func() {}
	err := ix.Replace(ctx, func(put func([]Document) error) (err error) {
		if err = s.fill(ctx, put, progress); err == nil {
			resume, err = s.catchUp(ctx, b, put)
		}
		return err
	})
	defer func() { resume() }()
	if err != nil {
		undo := context.WithoutCancel(ctx)
		return errors.Join(err, s.db.Tx(undo, func(tx *gorm.DB) error { return forget(tx, b.name, s.kept()) }))
	}
	moment, err := ix.Moment(ctx)
	if err != nil {
		return err
	}
	err = s.db.Tx(ctx, func(tx *gorm.DB) error { return b.end(tx, s.kept(), moment, ix.Format()) })
	if err == nil {
		err = wrote(s.db.Gorm(ctx), ix.Name())
	}
	s.breaker.clear(ix.Name())
	return err
}

// rebuildInPlace rewrites PostgreSQL's own index batch by batch; each is right as soon as it is in.
func (s *Service) rebuildInPlace(ctx context.Context, progress func(done, total int)) error {
	ix := s.indexes[0]
	err := ix.Replace(ctx, func(func([]Document) error) error {
		return s.eachBatch(ctx, nil, progress, func(ids []uuid.UUID) error { return s.rewrite(ctx, 0, ids) })
	})
	if err != nil {
		return err
	}
	return s.db.Gorm(ctx).Exec(`INSERT INTO match_indexes (name, format) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET built_at = now(), format = excluded.format`, ix.Name(), ix.Format()).Error
}

// fill puts the documents of all memberships, read by several at a time while the index takes them in.
func (s *Service) fill(ctx context.Context, put func([]Document) error, progress func(done, total int)) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ahead, read := s.readAhead(ctx)
	done := 0
	for p := range ahead {
		if err := put(p.docs); err != nil {
			return err
		}
		done += len(p.docs)
		progress(done, max(done, p.total))
	}
	if err := <-read; err != nil {
		return err
	}
	return put(nil)
}

// A portion is what one reading gives, of how many there are.
type portion struct {
	docs  []Document
	total int
}

// readers is how many read at a time: the index stands still until the first large batch is there.
const readers = 3

// readAhead reads all documents, in no order, ahead of whoever takes them, until ctx ends.
func (s *Service) readAhead(ctx context.Context) (<-chan portion, <-chan error) {
	ahead, read := make(chan portion, readers), make(chan error, 1)
	go func() {
		defer close(ahead)
		reading, within := errgroup.WithContext(ctx)
		reading.SetLimit(readers)
		var total atomic.Int64
		err := s.eachBatch(within, nil, func(_, of int) { total.Store(int64(of)) }, func(ids []uuid.UUID) error {
			reading.Go(func() error {
				docs, err := s.documents(within, ids)
				if err != nil {
					return err
				}
				select {
				case ahead <- portion{docs, int(total.Load())}:
					return nil
				case <-within.Done():
					return within.Err()
				}
			})
			return within.Err()
		})
		read <- cmp.Or(reading.Wait(), err) // what a reader says explains why the others stopped
	}()
	return ahead, read
}

// catchUp puts what has changed since the build began, and comes back with writing paused, when the copy has everything
// and may be taken into use. resume lets others write again; it is never nil.
func (s *Service) catchUp(ctx context.Context, b build, put func([]Document) error) (resume func(), err error) {
	for n := drainBatch; n > almost; {
		if n, err = s.catchUpOnce(ctx, put); err != nil {
			return func() {}, err
		}
	}
	release, _, err := s.hold(ctx, writing, true)
	if err != nil {
		return func() {}, err
	}
	for n := 1; n > 0 && err == nil; {
		n, err = s.catchUpOnce(ctx, put)
	}
	if err == nil {
		err = put(nil)
	}
	if err == nil {
		var ours bool
		if ours, err = b.swap(s.db.Gorm(ctx)); err == nil && !ours {
			err = errOvertaken
		}
	}
	return release, err
}

func (s *Service) catchUpOnce(ctx context.Context, put func([]Document) error) (int, error) {
	b, err := s.batch(ctx, s.kept())
	if err != nil || len(b.seqs) == 0 {
		return 0, err
	}
	docs, err := s.present(ctx, b)
	if err == nil {
		err = put(docs)
	}
	if err == nil {
		err = put(nil)
	}
	if err != nil {
		return 0, err
	}
	return len(b.seqs), s.db.Gorm(ctx).Exec("DELETE FROM index_pending WHERE seq = ANY(?::bigint[])", pq.Array(b.seqs)).Error
}

// eachBatch goes through the ids of all memberships, and of people from outside, in their order: those of these companies
// alone, where there are any.
func (s *Service) eachBatch(ctx context.Context, companies []uuid.UUID, progress func(done, total int), each func(ids []uuid.UUID) error) error {
	var total int
	where := "(cardinality(?::uuid[]) = 0 OR company_id = ANY(?::uuid[]))"
	of := pq.Array(append([]uuid.UUID{}, companies...))
	if err := s.db.Gorm(ctx).Raw("SELECT count(*) FROM ranked_as WHERE "+where, of, of).Scan(&total).Error; err != nil {
		return err
	}
	for done, last := 0, uuid.Nil; ; {
		var ids []uuid.UUID
		err := s.db.Gorm(ctx).Raw("SELECT id FROM ranked_as WHERE "+where+" AND id > ? ORDER BY id LIMIT ?", of, of, last, rebuildBatch).Scan(&ids).Error
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := each(ids); err != nil {
			return err
		}
		last, done = ids[len(ids)-1], done+len(ids)
		progress(done, max(done, total))
	}
}

// documents condenses the present facts about these memberships, each as of its company's day.
func (s *Service) documents(ctx context.Context, ids []uuid.UUID) ([]Document, error) {
	found, err := members(ctx, s.db, ids)
	docs := make([]Document, len(found))
	for i, m := range found {
		docs[i] = s.formulaOf(m.Formula).Document(m.Member, m.asOf(s.clock.Now()))
	}
	return docs, err
}
