package db_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"homecoming/internal/db"
	"homecoming/internal/db/dbtest"
)

func open(t *testing.T, url string) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func exec(t *testing.T, d *db.DB, q string) {
	t.Helper()
	if err := d.Gorm(context.Background()).Exec(q).Error; err != nil {
		t.Fatal(err)
	}
}

func number(t *testing.T, d *db.DB, q string) (n int) {
	t.Helper()
	if err := d.Gorm(context.Background()).Raw(q).Scan(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

func TestFourStartersMigrateOnce(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	var wg sync.WaitGroup
	for range 4 {
		d := open(t, url)
		wg.Go(func() {
			if err := db.Migrate(context.Background(), d); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	d := open(t, url)
	if err := db.CheckSchema(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	if n := number(t, d, "SELECT max(n) FROM (SELECT count(*) n FROM goose_db_version WHERE is_applied GROUP BY version_id) v"); n != 1 {
		t.Fatalf("a migration was applied %d times", n)
	}
}

func TestAnOlderOrNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	var wrong db.SchemaError

	d := dbtest.New(t)
	newest := number(t, d, "SELECT max(version_id) FROM goose_db_version")
	exec(t, d, "INSERT INTO goose_db_version (version_id, is_applied) SELECT max(version_id) + 1, true FROM goose_db_version")
	if err := db.CheckSchema(ctx, d); !errors.As(err, &wrong) || wrong.Have != int64(newest)+1 || !strings.Contains(err.Error(), "newer") {
		t.Fatalf("newer: %v", err)
	}
	if err := db.Migrate(ctx, d); err == nil && number(t, d, "SELECT max(version_id) FROM goose_db_version") != newest+1 {
		t.Fatal("migrating went back")
	}

	d = dbtest.New(t)
	exec(t, d, "DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)")
	before := number(t, d, "SELECT max(version_id) FROM goose_db_version") // numbers have gaps
	if err := db.CheckSchema(ctx, d); !errors.As(err, &wrong) || before >= newest || wrong.Have != int64(before) || !strings.Contains(err.Error(), "homecoming migrate") {
		t.Fatalf("older: %v", err)
	}

	if err := db.CheckSchema(ctx, open(t, dbtest.Empty(t))); err == nil {
		t.Fatal("an empty database was taken")
	}

	d = dbtest.New(t)
	exec(t, d, "DELETE FROM river_migration WHERE version = (SELECT max(version) FROM river_migration)")
	if err := db.CheckSchema(ctx, d); err == nil || !strings.Contains(err.Error(), "job queue") {
		t.Fatalf("old queue: %v", err)
	}
}

func TestConcurrentSerializableTransactionsAllSucceed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := dbtest.New(t)
	exec(t, d, "CREATE TABLE counter (n int NOT NULL)")
	exec(t, d, "INSERT INTO counter VALUES (0)")
	var wg sync.WaitGroup
	var mu sync.Mutex
	runs := 0
	const adders = 3 // the last one is met by two conflicts at most
	for range adders {
		wg.Go(func() {
			err := d.Tx(ctx, func(tx *gorm.DB) error {
				mu.Lock()
				runs++
				mu.Unlock()
				if err := tx.Exec("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE").Error; err != nil {
					return err
				}
				var n int
				if err := tx.Raw("SELECT n FROM counter").Scan(&n).Error; err != nil {
					return err
				}
				return tx.Exec("UPDATE counter SET n = ?", n+1).Error
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := number(t, d, "SELECT n FROM counter"); n != adders {
		t.Fatalf("counted %d in %d runs, want %d", n, runs, adders)
	}
}

func TestASerializationFailureRunsTheClosureAgainAndOtherErrorsDoNot(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := dbtest.New(t)
	runs := 0
	err := d.Tx(ctx, func(tx *gorm.DB) error {
		if runs++; runs < 3 {
			return tx.Exec("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$").Error
		}
		return nil
	})
	if err != nil || runs != 3 {
		t.Fatalf("%d runs, %v", runs, err)
	}
	runs = 0
	err = d.Tx(ctx, func(tx *gorm.DB) error {
		runs++
		return tx.Exec("SELECT 1/0").Error
	})
	if err == nil || runs != 1 {
		t.Fatalf("%d runs, %v", runs, err)
	}
}

func TestAViolatedConstraintIsNamed(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	exec(t, d, "CREATE TABLE priced (amount int CONSTRAINT amount_positive CHECK (amount > 0))")
	err := d.Tx(context.Background(), func(tx *gorm.DB) error { return tx.Exec("INSERT INTO priced VALUES (0)").Error })
	if got := db.Violated(err); got != "amount_positive" {
		t.Fatalf("got %q of %v", got, err)
	}
	if got := db.Violated(errors.New("something else")); got != "" {
		t.Fatalf("got %q", got)
	}
}

func TestTheIdempotencyMarkCommitsWithTheWorkAndGoesBackWithIt(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	exec(t, d, "CREATE TABLE mark (done boolean)")
	ctx := db.WithKey(context.Background(), func(tx *gorm.DB) error { return tx.Exec("INSERT INTO mark VALUES (true)").Error })
	failed := errors.New("failed")
	if err := d.Tx(ctx, func(*gorm.DB) error { return failed }); !errors.Is(err, failed) {
		t.Fatal(err)
	}
	if n := number(t, d, "SELECT count(*) FROM mark"); n != 0 {
		t.Fatal("a failed transaction left its mark")
	}
	if err := d.Tx(ctx, func(*gorm.DB) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if n := number(t, d, "SELECT count(*) FROM mark"); n != 1 {
		t.Fatalf("%d marks", n)
	}
}

func TestEverySessionIsInUTC(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	var zone string
	if err := d.Gorm(context.Background()).Raw("SHOW timezone").Scan(&zone).Error; err != nil {
		t.Fatal(err)
	}
	if zone != "UTC" {
		t.Fatalf("a session is in %s", zone)
	}
}
