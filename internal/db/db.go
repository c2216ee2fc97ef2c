package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	pgxuuid "github.com/vgarvardt/pgx-google-uuid/v5"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

// attempts is how often a transaction is tried before a serialization failure or deadlock is given to the caller.
const attempts = 5

// connections is the size of the pool where the address does not say pool_max_conns: enough for eight jobs and a
// dozen requests at a time.
const connections = 24

// A DB is a pool of connections to one PostgreSQL database, seen through gorm, database/sql and pgx alike.
type DB struct {
	pool *pgxpool.Pool
	std  *sql.DB
	gorm *gorm.DB
}

// Open connects to the database at url and checks that it answers.
func Open(ctx context.Context, url string) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", err)
	}
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = "homecoming"
	}
	if !strings.Contains(url, "pool_max_conns") {
		cfg.MaxConns = connections
	}
	cfg.AfterConnect = func(_ context.Context, c *pgx.Conn) error {
		pgxuuid.Register(c.TypeMap()) // ids go as their sixteen bytes, not by way of text
		return nil
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("the database does not answer: %w", err)
	}
	std := stdlib.OpenDBFromPool(pool)
	g, err := gorm.Open(postgres.New(postgres.Config{Conn: std}), &gorm.Config{
		PrepareStmt:            false, // pgx caches statements itself; twice is 2.4 times slower
		SkipDefaultTransaction: true,  // transactions are ours to draw
		TranslateError:         false, // constraint names carry our error codes
		Logger:                 newStatements(),
		NowFunc:                func() time.Time { return time.Now().UTC() },
	})
	if err != nil {
		pool.Close()
		return nil, err
	}
	return &DB{pool: pool, std: std, gorm: g}, nil
}

// Close gives every connection back.
func (d *DB) Close() {
	_ = d.std.Close()
	d.pool.Close()
}

// Gorm is a fresh session for reading outside a transaction.
func (d *DB) Gorm(ctx context.Context) *gorm.DB { return d.gorm.WithContext(ctx) }

// Pool is the pgx pool below, for the job queue and for COPY.
func (d *DB) Pool() *pgxpool.Pool { return d.pool }

// SQL is the same pool as database/sql sees it.
func (d *DB) SQL() *sql.DB { return d.std }

// Tx runs fn in one transaction and commits it when fn returns nil. After a serialization failure or a deadlock,
// which PostgreSQL may report as late as the commit, the whole closure runs again, up to five times.
func (d *DB) Tx(ctx context.Context, fn func(tx *gorm.DB) error) error {
	var err error
	for range attempts {
		err = d.gorm.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
			if err := markKey(ctx, tx); err != nil {
				return err
			}
			return fn(tx)
		})
		if !retryable(err) {
			return err
		}
	}
	return err
}

// retryable reports whether PostgreSQL asks for the transaction to be tried again as a whole.
func retryable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// Violated gives the name of the constraint that refused a write, and "" when err is something else. Rooms map
// these names to their problems.
func Violated(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && len(pg.Code) == 5 && pg.Code[:2] == "23" {
		return pg.ConstraintName
	}
	return ""
}

type keyInContext struct{}

// WithKey hangs an idempotency record on the context, so that the first transaction of the request commits the
// record's mark together with its work: a request that was cut off after its commit is never done twice.
func WithKey(ctx context.Context, mark func(tx *gorm.DB) error) context.Context {
	return context.WithValue(ctx, keyInContext{}, mark)
}

func markKey(ctx context.Context, tx *gorm.DB) error {
	if mark, ok := ctx.Value(keyInContext{}).(func(tx *gorm.DB) error); ok {
		return mark(tx)
	}
	return nil
}
