package matching

import (
	"context"
	"time"
)

// Health says how rankings are answered now, and whether the indexes are kept up to date.
type Health struct {
	Index     string        // that is asked first
	Degraded  bool          // it cannot be relied on, and PostgreSQL answers
	Reason    string        // why, for operators; empty when not degraded
	Pending   int64         // changes that an index has not confirmed
	OldestFor time.Duration // how long the oldest of them waits
	Failures  int           // writes in a row that an index refused or did not confirm
	Failed    string        // what the last of them said
	Building  bool          // an index is being built anew
}

// Failing reports whether an index has refused changes so often that somebody should look. Rankings are right all the
// same, because what is not confirmed is scored from PostgreSQL.
func (h Health) Failing() bool { return h.Failures >= 3 }

// Health looks at the index that is asked first, and at the changes that wait.
func (s *Service) Health(ctx context.Context) (Health, error) {
	front := s.indexes[len(s.indexes)-1]
	h := Health{Index: front.Name()}
	var now struct {
		Pending  int64
		Oldest   *time.Time
		Failures int
		Failed   string
		Building bool
	}
	err := s.db.Gorm(ctx).Raw(`SELECT count(*) AS pending, min(created_at) AS oldest,
			(SELECT coalesce(max(failures), 0) FROM match_failures) AS failures,
			(SELECT coalesce(max(reason), '') FROM match_failures) AS failed,
			EXISTS (SELECT 1 FROM match_builds) AS building
		FROM index_pending WHERE stage < ?`, s.kept()).Scan(&now).Error
	if err != nil {
		return h, err
	}
	h.Pending, h.Failures, h.Failed, h.Building = now.Pending, now.Failures, now.Failed, now.Building
	if now.Oldest != nil {
		h.OldestFor = time.Since(*now.Oldest)
	}
	within, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if why := s.unreliable(within, front); why != nil {
		h.Degraded, h.Reason = true, why.Error()
	}
	return h, nil
}

// unreliable says why an index cannot be asked now.
func (s *Service) unreliable(ctx context.Context, ix Index) error {
	if len(s.indexes) == 1 {
		return ix.Check(ctx)
	}
	r, err := recordOf(s.db.Gorm(ctx), ix.Name())
	if err != nil {
		return err
	}
	moment, down := ix.Moment(ctx)
	if down != nil {
		return down
	}
	if err := r.usable(ix.Format()); err != nil {
		return err
	}
	if err := r.met(moment); err != nil {
		return err
	}
	return ix.Check(ctx)
}
