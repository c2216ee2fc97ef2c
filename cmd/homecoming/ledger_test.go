package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"homecoming/internal/db"
	"homecoming/internal/db/dbtest"
)

func TestLedgerCheckNamesWhatBreaksAnInvariantAndFails(t *testing.T) {
	url := dbtest.URL(t)
	t.Setenv("DATABASE_URL", url)
	var out bytes.Buffer
	if err := run(t.Context(), &out, []string{"ledger", "check"}); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if lines := strings.Count(out.String(), "\n"); lines < 15 || strings.Contains(out.String(), "BAD") {
		t.Fatalf("an empty ledger is said to be\n%s", out.String())
	}
	d, err := db.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	err = d.Gorm(t.Context()).Exec(`WITH c AS (INSERT INTO companies (id, name, name_en, created_at) VALUES (gen_random_uuid(), 'A', 'A', now()) RETURNING id)
		INSERT INTO ledger_entries (id, company_id, at, posted_at, booked_on, kind, source) SELECT gen_random_uuid(), id, now(), now(), now(), 'test', 'the culprit' FROM c`).Error
	if err != nil {
		t.Fatal(err)
	}
	out.Reset()
	err = run(t.Context(), &out, []string{"ledger", "check"})
	if !errors.Is(err, errUnsound) || !strings.Contains(out.String(), "BAD") || !strings.Contains(out.String(), "the culprit") {
		t.Errorf("with an entry without postings: %v\n%s", err, out.String())
	}
}
