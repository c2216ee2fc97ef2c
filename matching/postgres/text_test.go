package postgres_test

import (
	"testing"

	"homecoming/internal/clock"
	"homecoming/internal/db"
	"homecoming/internal/db/dbtest"
	"homecoming/matching"
	"homecoming/matching/freetext/freetexttest"
	"homecoming/matching/postgres"
)

func TestWordsAreFoundAsTheyAreTyped(t *testing.T) {
	t.Parallel()
	freetexttest.Words(t, postgres.New(dbtest.New(t)).Text())
}

func TestSearchesShowAndCountWhatTheListsShow(t *testing.T) {
	t.Parallel()
	freetexttest.Policy(t, "postgres", false, func(_ testing.TB, d *db.DB, c clock.Clock) *matching.Service {
		return matching.New(d, c, postgres.New(d))
	})
}
