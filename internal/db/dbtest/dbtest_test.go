package dbtest_test

import (
	"context"
	"testing"

	"homecoming/internal/db"
	"homecoming/internal/db/dbtest"
)

func TestEachTestHasAMigratedDatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	a, b := dbtest.New(t), dbtest.New(t)
	if err := db.CheckSchema(ctx, a); err != nil {
		t.Fatal(err)
	}
	if err := a.Gorm(ctx).Exec("CREATE TABLE only_here (n int)").Error; err != nil {
		t.Fatal(err)
	}
	var there bool
	if err := b.Gorm(ctx).Raw("SELECT to_regclass('only_here') IS NOT NULL").Scan(&there).Error; err != nil {
		t.Fatal(err)
	}
	if there {
		t.Fatal("one test sees another's table")
	}
}

func TestADatabaseIsDroppedWithItsTest(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	var name string
	t.Run("inner", func(t *testing.T) {
		if err := dbtest.New(t).Gorm(ctx).Raw("SELECT current_database()").Scan(&name).Error; err != nil {
			t.Fatal(err)
		}
	})
	var left int
	if err := dbtest.New(t).Gorm(ctx).Raw("SELECT count(*) FROM pg_database WHERE datname = ?", name).Scan(&left).Error; err != nil {
		t.Fatal(err)
	}
	if name == "" || left != 0 {
		t.Fatalf("database %q is still there", name)
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		dbtest.URL(b)
	}
}
