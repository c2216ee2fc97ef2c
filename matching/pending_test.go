package matching_test

import (
	"errors"
	"testing"

	"homecoming/internal/clock"
	"homecoming/internal/db/dbtest"
	"homecoming/matching"
	"homecoming/matching/postgres"
)

// On the first of April many people's day comes at once. No index is behind because of it.
func TestHoweverManysDayItIsNoIndexCountsAsBehind(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	s := matching.New(d, clock.System, postgres.New(d))
	q := matching.Question{Company: company, Formula: matching.V1, AsOf: today}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(d.Gorm(t.Context()).Exec(`INSERT INTO match_members (membership_id, company_id, person_id, candidate, p, tenure, left_on, knows, worked, changes_on)
		SELECT gen_random_uuid(), ?, gen_random_uuid(), true, 0, 0, '2020-01-01', '{}', '{}', ? FROM generate_series(1, 700)`, company, today).Error)
	if news, err := s.NewsOf(t.Context(), q); err != nil || len(news) != 700 {
		t.Fatalf("%d are looked at, %v", len(news), err)
	}
	must(d.Gorm(t.Context()).Exec("INSERT INTO index_pending (company_id, membership_id) SELECT ?, gen_random_uuid() FROM generate_series(1, 501)", company).Error)
	if _, err := s.NewsOf(t.Context(), q); !errors.Is(err, matching.ErrTooStale) {
		t.Fatalf("501 changes wait: %v", err)
	}
}
