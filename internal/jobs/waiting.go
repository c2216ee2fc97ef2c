package jobs

import (
	"context"
	"time"

	"homecoming/internal/db"
)

// Waiting counts the jobs that are due and not done, and tells how long the longest of them has been due.
func Waiting(ctx context.Context, d *db.DB) (count int64, oldest time.Duration, err error) {
	var row struct {
		Count  int64
		Oldest float64
	}
	err = d.Gorm(ctx).Raw(`SELECT count(*) AS count, coalesce(extract(epoch FROM now() - min(scheduled_at)), 0) AS oldest
		FROM river_job WHERE state IN ('available', 'retryable') AND scheduled_at <= now()`).Scan(&row).Error
	return row.Count, time.Duration(row.Oldest * float64(time.Second)), err
}
