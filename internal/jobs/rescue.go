package jobs

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// A worker that was killed leaves its jobs "running". River gives them to another only after the job's own time limit,
// which for long work is long. So each worker holds an advisory lock under its name for as long as it lives, which
// PostgreSQL lets go of with the connection, and every worker looks now and then for running jobs whose worker is gone.

// lookAround is how often that is.
const lookAround = 3 * time.Second

// lockClass tells these locks from others in the database.
const lockClass = 0x686a // "hj"

// orphaned frees the jobs whose last worker holds no lock. The oid of pg_locks is unsigned, a hash is not.
const orphaned = `UPDATE river_job SET state = 'available', scheduled_at = now()
	WHERE state = 'running' AND NOT EXISTS (
		SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = $1 AND objsubid = 2
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
			AND objid::bigint = hashtext(attempted_by[array_upper(attempted_by, 1)])::bigint & 4294967295)`

// A sign of life is the connection that holds a worker's lock.
type sign struct {
	name string
	pool *pgxpool.Pool
	conn *pgxpool.Conn
}

// hold takes the lock, on a new connection if the last one is gone.
func (s *sign) hold(ctx context.Context) error {
	if s.conn != nil && s.conn.Ping(ctx) == nil {
		return nil
	}
	s.drop()
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1::int, hashtext($2))", lockClass, s.name); err != nil {
		conn.Release()
		return err
	}
	s.conn = conn
	return nil
}

// drop ends the connection, and the lock with it.
func (s *sign) drop() {
	if s.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.conn.Hijack().Close(ctx)
	s.conn = nil
}

// keep holds the lock and frees orphaned jobs until ctx ends.
func (s *sign) keep(ctx context.Context, log *slog.Logger) {
	defer s.drop()
	tick := time.NewTicker(lookAround)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := s.rescue(ctx); err != nil && ctx.Err() == nil {
			log.Warn("looking for the jobs of dead workers", "error", err)
		}
	}
}

// rescue frees the jobs of workers that are gone, once this one is known to be alive.
func (s *sign) rescue(ctx context.Context) error {
	if err := s.hold(ctx); err != nil {
		return err
	}
	_, err := s.conn.Exec(ctx, orphaned, lockClass)
	return err
}
