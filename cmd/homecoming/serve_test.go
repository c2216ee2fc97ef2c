package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"homecoming/internal/db"
	"homecoming/internal/db/dbtest"
)

// ours is a configuration with which serve would start on a fresh database.
func ours(t *testing.T) Config {
	t.Helper()
	c, err := readConfig(environment(map[string]string{
		"DATABASE_URL": dbtest.URL(t), "STRIPE_SECRET_KEY": "sk_test_1", "STRIPE_WEBHOOK_SECRET": "whsec_1", "STRIPE_CONNECT_WEBHOOK_SECRET": "whsec_2",
	}), serveNeeds...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheProgramRefusesASchemaThatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"older": "DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)",
		"newer": "INSERT INTO goose_db_version (version_id, is_applied) SELECT max(version_id) + 1, true FROM goose_db_version",
	} {
		ctx, c := context.Background(), ours(t)
		a, err := build(ctx, c, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		err = a.db.Gorm(ctx).Exec(change).Error
		a.close()
		if err != nil {
			t.Fatal(err)
		}
		var wrong db.SchemaError
		if _, err := build(ctx, c, slog.New(slog.DiscardHandler)); !errors.As(err, &wrong) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestServeAndWorkDoNotStartWithoutStripe(t *testing.T) {
	t.Parallel()
	_, err := readConfig(environment(map[string]string{"DATABASE_URL": "postgres:///any"}), serveNeeds...)
	if err == nil || !strings.Contains(err.Error(), "STRIPE_SECRET_KEY is not set") {
		t.Fatalf("got %v", err)
	}
}

func TestACommandThatDoesNotExistIsNamedAndTheOthersAreShown(t *testing.T) {
	t.Parallel()
	var shown strings.Builder
	err := run(context.Background(), &shown, []string{"fly"})
	if err == nil || !strings.Contains(err.Error(), `"fly"`) {
		t.Fatalf("got %v", err)
	}
	for _, c := range commands {
		if !strings.Contains(shown.String(), "  "+c.name+" ") {
			t.Errorf("%s is not shown", c.name)
		}
	}
}
