package postgres_test

import (
	"testing"

	"homecoming/internal/db/dbtest"
	"homecoming/matching/freetext/freetexttest"
	"homecoming/matching/postgres"
)

func TestWordsAreFoundAsTheyAreTyped(t *testing.T) {
	t.Parallel()
	freetexttest.Words(t, postgres.New(dbtest.New(t)).Text())
}
