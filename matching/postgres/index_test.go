package postgres_test

import (
	"testing"

	"homecoming/internal/clock"
	"homecoming/internal/db"
	"homecoming/matching"
	"homecoming/matching/indextest"
	"homecoming/matching/postgres"
)

func TestListsEqualScoringEverybody(t *testing.T) {
	t.Parallel()
	indextest.Run(t, "postgres", func(_ testing.TB, d *db.DB, c clock.Clock) *matching.Service {
		return matching.New(d, c, postgres.New(d))
	})
}

func TestWhatTheScoreMustNotReadMovesNobody(t *testing.T) {
	t.Parallel()
	indextest.NeverMoves(t, "postgres", func(_ testing.TB, d *db.DB, c clock.Clock) *matching.Service {
		return matching.New(d, c, postgres.New(d))
	})
}
