package matching

import (
	"context"
	"time"
)

// Health says how rankings are answered now.
type Health struct {
	Index     string        // that is asked first
	Degraded  bool          // it cannot be relied on, and PostgreSQL answers
	Reason    string        // why, for operators; empty when not degraded
	Pending   int64         // changes that an index has not confirmed
	OldestFor time.Duration // how long the oldest of them waits
}

// Health looks at the index that is asked first, and at the changes that wait.
func (s *Service) Health(ctx context.Context) (Health, error) {
	front := s.indexes[len(s.indexes)-1]
	h := Health{Index: front.Name()}
	var waiting struct {
		Pending int64
		Oldest  *time.Time
		Built   bool
	}
	err := s.db.Gorm(ctx).Raw(`SELECT count(*) AS pending, min(created_at) AS oldest,
		EXISTS (SELECT 1 FROM match_indexes WHERE name = ?) AS built FROM index_pending`, front.Name()).Scan(&waiting).Error
	if err != nil {
		return h, err
	}
	h.Pending = waiting.Pending
	if waiting.Oldest != nil {
		h.OldestFor = time.Since(*waiting.Oldest)
	}
	within, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	err = front.Check(within)
	if err == nil && len(s.indexes) > 1 && !waiting.Built {
		err = errUnbuilt
	}
	if err != nil {
		h.Degraded, h.Reason = true, err.Error()
	}
	return h, nil
}
