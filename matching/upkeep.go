package matching

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// Prepare looks after the indexes: one that is missing, foreign or of another format is built, one that is not set up as
// it must be is mended, and what a killed build left is cleared away. The others stay as they are. Where somebody is
// rebuilding, that is left to them.
func (s *Service) Prepare(ctx context.Context) error {
	release, held, err := s.hold(ctx, rebuilding, false)
	if err != nil || !held {
		return err
	}
	defer release()
	if err := s.clearAway(ctx); err != nil {
		return err
	}
	for stage, ix := range s.indexes {
		if err := s.prepare(ctx, stage); err != nil {
			return fmt.Errorf("preparing %s: %w", ix.Name(), s.tally(ctx, ix.Name(), err))
		}
	}
	return nil
}

// clearAway ends a build whose process is gone: we hold the lock that it would hold. What was kept for it goes, unless
// the build may have come to its end, in which case the index is found foreign and built again.
func (s *Service) clearAway(ctx context.Context) error {
	var left []string
	if err := s.db.Gorm(ctx).Raw("SELECT name FROM match_builds").Scan(&left).Error; err != nil || len(left) == 0 {
		return err
	}
	return s.writingAlone(ctx, func() error {
		return s.db.Tx(ctx, func(tx *gorm.DB) error {
			for _, name := range left {
				if err := forget(tx, name, s.kept()); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func (s *Service) prepare(ctx context.Context, stage int) error {
	ix := s.indexes[stage]
	sound, err := s.sound(ctx, stage)
	if err != nil || sound {
		return err
	}
	if err := s.rebuild(ctx, stage, func(int, int) {}); err != nil {
		return err
	}
	s.breaker.clear(ix.Name())
	return nil
}

// sound reports whether an index can stay, after it was set up again where it had to be. An index that does not answer
// is neither sound nor not: that is an error.
func (s *Service) sound(ctx context.Context, stage int) (bool, error) {
	ix := s.indexes[stage]
	r, err := recordOf(s.db.Gorm(ctx), ix.Name())
	if err != nil {
		return false, err
	}
	if unusable := r.usable(ix.Format()); unusable != nil {
		return false, nil //nolint:nilerr // that is the answer
	}
	if stage == 0 {
		return true, ix.Check(ctx)
	}
	here, err := s.onRecord(ctx, ix)
	if err != nil || !here {
		return false, err
	}
	if ix.Check(ctx) == nil {
		return true, nil
	}
	if err := ix.Mend(ctx); err != nil {
		return false, err
	}
	s.breaker.clear(ix.Name())
	return true, ix.Check(ctx)
}

// onRecord reports whether the index is the one that was filled. The record is read first, because the index may move on
// at any time.
func (s *Service) onRecord(ctx context.Context, ix Index) (bool, error) {
	r, err := recordOf(s.db.Gorm(ctx), ix.Name())
	if err != nil {
		return false, err
	}
	moment, err := ix.Moment(ctx)
	if err != nil {
		return false, err
	}
	if why := r.met(moment); why != nil {
		return false, s.db.Gorm(ctx).Exec("DELETE FROM match_indexes WHERE name = ?", ix.Name()).Error
	}
	return true, nil
}

// timestamp is how a moment is handed to PostgreSQL.
const timestamp = time.RFC3339Nano

// TouchDue notes the members whose documents go stale today by themselves: those who left on this day of an earlier
// year, those whose first day away this is, and those whom something ceases to keep apart. Rankings are right without it;
// it keeps the list of news short. Documents from outside have no company's day; theirs comes when it has everywhere.
func (s *Service) TouchDue(ctx context.Context) (int64, error) {
	done := s.db.Gorm(ctx).Exec(`INSERT INTO index_pending (company_id, membership_id)
		SELECT m.company_id, m.membership_id FROM match_members m LEFT JOIN companies c ON c.id = m.company_id
		WHERE m.changes_on <= (CAST(? AS timestamptz) AT TIME ZONE coalesce(c.time_zone, 'Etc/GMT+12'))::date
		  AND NOT EXISTS (SELECT 1 FROM index_pending p WHERE p.company_id = m.company_id AND p.membership_id = m.membership_id AND p.stage = 0)`,
		s.clock.Now().Format(timestamp))
	return done.RowsAffected, done.Error
}
