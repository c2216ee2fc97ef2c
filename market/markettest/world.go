package markettest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/civil"
	"github.com/alexedwards/argon2id"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/clock"
	"homecoming/internal/db"
	"homecoming/internal/db/dbtest"
	"homecoming/internal/files"
	"homecoming/market"
)

// Start is where a world's clock stands at first: a Monday morning in Tokyo.
var Start = time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC)

// Password is everybody's who has one.
const Password = "a password for tests"

// CheapPasswords hash in no time.
var CheapPasswords = market.WithPasswordCost(argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 8, KeyLength: 16})

// A World is a database with a clock and the market's use cases.
type World struct {
	testing.TB
	DB     *db.DB
	Clock  *clock.Fixed
	Market *market.Service
}

// New is an empty world that ends with the test.
func New(t testing.TB) *World {
	t.Helper()
	w := &World{TB: t, DB: dbtest.New(t), Clock: clock.At(Start)}
	w.Market = market.New(w.DB, w.Clock, Resolve, CheapPasswords, Files(t))
	return w
}

// Files keeps files in a directory of the test's own.
func Files(t testing.TB) market.Option {
	t.Helper()
	store, err := files.NewDirectory(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return market.WithFiles(store)
}

// Resolve finds a skill by id or name for a company and makes an unknown one its own.
func Resolve(tx *gorm.DB, company uuid.UUID, name string) (string, error) {
	var ids []string
	err := tx.Raw(`SELECT id FROM skills WHERE (company_id IS NULL OR company_id = ?) AND (id = ? OR lower(name_en) = lower(?) OR name_ja = ?) ORDER BY id LIMIT 1`,
		company, name, name, name).Scan(&ids).Error
	if err != nil || len(ids) > 0 || company == uuid.Nil {
		return strings.Join(ids, ""), err
	}
	id := "own-" + uuid.NewString()
	return id, tx.Exec("INSERT INTO skills (id, company_id, name_en, name_ja) VALUES (?, ?, ?, ?)", id, company, name, name).Error
}

// Check fails the test at once when err is not nil.
func (w *World) Check(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// Tx runs fn in a transaction.
func (w *World) Tx(fn func(tx *gorm.DB) error) {
	w.Helper()
	w.Check(w.DB.Tx(context.Background(), fn))
}

// Count answers a query that gives one number.
func (w *World) Count(query string, args ...any) (n int) {
	w.Helper()
	w.Check(w.DB.Gorm(context.Background()).Raw(query, args...).Scan(&n).Error)
	return n
}

// Exec changes the database behind the market's back.
func (w *World) Exec(query string, args ...any) {
	w.Helper()
	w.Check(w.DB.Gorm(context.Background()).Exec(query, args...).Error)
}

// Actor reads somebody's roles anew.
func (w *World) Actor(person uuid.UUID) market.Actor {
	w.Helper()
	who, err := w.Market.ActorOf(context.Background(), person)
	w.Check(err)
	return who
}

// Skill makes a skill that every company shares.
func (w *World) Skill(id, en, ja string) string {
	w.Helper()
	w.Exec("INSERT INTO skills (id, name_en, name_ja) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", id, en, ja)
	return id
}

// Together starts all of fns at once and waits for all; the results are in their order. Connections are opened
// beforehand, so that none comes first for having one.
func (w *World) Together(fns ...func() error) []error {
	w.Helper()
	w.connect(len(fns))
	results := make([]error, len(fns))
	start := make(chan struct{})
	var all sync.WaitGroup
	for i, fn := range fns {
		all.Go(func() {
			<-start
			results[i] = fn()
		})
	}
	close(start)
	all.Wait()
	return results
}

// connect opens up to n connections and leaves them to whoever comes.
func (w *World) connect(n int) {
	w.Helper()
	for range min(n, int(w.DB.Pool().Config().MaxConns)) {
		conn, err := w.DB.Pool().Acquire(context.Background())
		w.Check(err)
		defer conn.Release()
	}
}

// Day reads 2026-11-23.
func Day(s string) civil.Date {
	d, err := civil.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// Today is the day in Tokyo where the world's clock stands.
func (w *World) Today() civil.Date {
	return market.Company{TimeZone: "Asia/Tokyo"}.Today(w.Clock.Now())
}
