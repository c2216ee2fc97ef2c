package db

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations/*.sql
var files embed.FS

// A SchemaError says that the program and the database do not belong together.
type SchemaError struct{ Have, Want int64 }

func (e SchemaError) Error() string {
	if e.Have > e.Want {
		return fmt.Sprintf("the database's schema %d is newer than this program's %d: start the newer program", e.Have, e.Want)
	}
	return fmt.Sprintf("the database's schema %d is older than this program's %d: run `homecoming migrate`", e.Have, e.Want)
}

// Migrate brings the schema to this program's version: the job queue's tables first, then ours. Several starters
// may call it at once; one migrates, the others wait.
func Migrate(ctx context.Context, d *DB) error {
	p, err := provider(d)
	if err != nil {
		return err
	}
	queue, err := rivermigrate.New(riverpgxv5.New(d.pool), nil)
	if err != nil {
		return err
	}
	release, err := hold(ctx, d)
	if err != nil {
		return err
	}
	defer release()
	if _, err := queue.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrating the job queue: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrating: %w", err)
	}
	return nil
}

// CheckSchema returns a SchemaError when the schema is older or newer than this program.
func CheckSchema(ctx context.Context, d *DB) error {
	p, err := provider(d)
	if err != nil {
		return err
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return err
	}
	if have != want {
		return SchemaError{Have: have, Want: want}
	}
	queue, err := rivermigrate.New(riverpgxv5.New(d.pool), nil)
	if err != nil {
		return err
	}
	checked, err := queue.Validate(ctx, nil)
	if err != nil {
		return err
	}
	if !checked.OK {
		return fmt.Errorf("the job queue's tables are not this program's (%v): run `homecoming migrate`", checked.Messages)
	}
	return nil
}

func provider(d *DB) (*goose.Provider, error) {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		return nil, err
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, d.std, sub, goose.WithSessionLocker(locker))
}

// askAgain is how long somebody who waits for the lock waits between two looks at it.
const askAgain = 200 * time.Millisecond

// hold takes the advisory lock under which the queue's migrations run; goose has its own. Whoever waits for it asks again and
// again: a session that stood waiting in the database would hold a snapshot, for whose end CREATE INDEX CONCURRENTLY of whoever
// migrates would wait in turn, for ever.
func hold(ctx context.Context, d *DB) (release func(), err error) {
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	if err := take(ctx, conn); err != nil {
		conn.Release()
		return nil, err
	}
	return func() {
		_, _ = conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock(hashtext('homecoming migrate'))")
		conn.Release()
	}, nil
}

func take(ctx context.Context, conn *pgxpool.Conn) error {
	for {
		var held bool
		err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock(hashtext('homecoming migrate'))").Scan(&held)
		if err != nil || held {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(askAgain):
		}
	}
}

// Fingerprint is a hash of every migration, the job queue's included: two programs with one fingerprint make the
// same schema.
func Fingerprint() (string, error) {
	h := sha256.New()
	queue, err := rivermigrate.New(riverpgxv5.New(nil), nil)
	if err != nil {
		return "", err
	}
	for _, m := range queue.AllVersions() {
		fmt.Fprintf(h, "%d %s\n", m.Version, m.SQLUp)
	}
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return "", err
	}
	for _, name := range names {
		body, err := files.ReadFile(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %d\n%s", name, len(body), body)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
