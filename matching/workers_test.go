package matching_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/matching"
)

func TestTheQueueKeepsTheIndexCurrent(t *testing.T) {
	w := newWorld(t)
	w.alumnus("高橋", "2017-01-31", "2025-03-31", "corporate-tax")
	workers := river.NewWorkers()
	matching.Workers(workers, w.s)
	var run jobs.Run
	w.inTx(func(tx *gorm.DB) (err error) {
		if run, err = jobs.NewRun(tx, jobs.Run{Kind: "reindex"}); err != nil {
			return err
		}
		return jobs.Enqueue(tx, matching.ReindexJob{Run: run.ID, Companies: []uuid.UUID{w.company}})
	})
	worker, err := jobs.Start(context.Background(), w.d, workers, jobs.Config{Periodic: matching.Periodic(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := worker.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	w.until("the change is confirmed", "SELECT count(*) FROM index_pending HAVING count(*) = 0")
	w.until("the member can be found", "SELECT 1 FROM match_held")
	w.until("the index counts as built", "SELECT 1 FROM match_indexes WHERE name = 'postgres'")
	w.until("the run tells how it went", "SELECT 1 FROM runs WHERE state = 'succeeded' AND done = 1 AND total = 1")
}

// until asks again and again until the query has a row, for half a minute at most.
func (w *world) until(what, query string) {
	w.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); ; <-tick.C {
		var rows []int
		if err := w.d.Gorm(context.Background()).Raw(query).Scan(&rows).Error; err != nil {
			w.t.Fatal(err)
		}
		if len(rows) > 0 {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("in vain: %s", what)
		}
	}
}
