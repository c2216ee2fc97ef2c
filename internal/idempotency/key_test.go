package idempotency_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/db"
	"homecoming/internal/db/dbtest"
	"homecoming/internal/idempotency"
)

// A till is a database with somebody who asks for things, and a row that says how often it was done.
type till struct {
	testing.TB
	db  *db.DB
	req idempotency.Request
}

func newTill(t *testing.T) *till {
	d := dbtest.New(t)
	person := uuid.Must(uuid.NewV7())
	l := &till{t, d, idempotency.Request{Person: person, Key: "k", Route: "POST /x", Input: []byte("input")}}
	l.exec("INSERT INTO people (id) VALUES (?)", person)
	l.exec("CREATE TABLE done (at timestamptz DEFAULT now())")
	return l
}

func (l *till) exec(q string, args ...any) {
	l.Helper()
	if err := l.db.Gorm(context.Background()).Exec(q, args...).Error; err != nil {
		l.Fatal(err)
	}
}

func (l *till) done() (n int) {
	l.Helper()
	if err := l.db.Gorm(context.Background()).Raw("SELECT count(*) FROM done").Scan(&n).Error; err != nil {
		l.Fatal(err)
	}
	return n
}

// begin asks for the key and wants it to stand like this.
func (l *till) begin(want idempotency.State) (*idempotency.Hold, idempotency.Answer) {
	l.Helper()
	state, h, a, err := idempotency.Begin(context.Background(), l.db, l.req)
	if err != nil || state != want {
		l.Fatalf("the key is %s (%v), not %s", state, err, want)
	}
	return h, a
}

// work does the request's work, and fails after it when told to.
func (l *till) work(h *idempotency.Hold, fail error) error {
	return l.db.Tx(h.Context(context.Background()), func(tx *gorm.DB) error {
		if err := tx.Exec("INSERT INTO done DEFAULT VALUES").Error; err != nil {
			return err
		}
		return fail
	})
}

func (l *till) finish(h *idempotency.Hold, a *idempotency.Answer) {
	l.Helper()
	if err := h.Finish(context.Background(), a); err != nil {
		l.Fatal(err)
	}
}

var answer = &idempotency.Answer{Status: 201, Header: map[string]string{"Location": "/x/1"}, Body: []byte("made")}

func TestAnAnswerIsKeptWithTheWork(t *testing.T) {
	t.Parallel()
	l := newTill(t)
	h, _ := l.begin(idempotency.Mine)
	l.begin(idempotency.Busy)
	if err := l.work(h, nil); err != nil {
		t.Fatal(err)
	}
	l.begin(idempotency.Lost) // as a crash right here would leave it
	l.finish(h, answer)
	if _, a := l.begin(idempotency.Known); a.Status != 201 || string(a.Body) != "made" || a.Header["Location"] != "/x/1" {
		t.Errorf("kept %+v", a)
	}
	l.req.Input = []byte("other")
	l.begin(idempotency.Misused)
}

func TestWorkThatFailedGivesTheKeyBack(t *testing.T) {
	t.Parallel()
	l := newTill(t)
	h, _ := l.begin(idempotency.Mine)
	if err := l.work(h, errors.New("no")); err == nil {
		t.Fatal("the work did not fail")
	}
	l.finish(h, answer)
	h, _ = l.begin(idempotency.Mine)
	if err := l.work(h, nil); err != nil || l.done() != 1 {
		t.Fatalf("done %d times: %v", l.done(), err)
	}
}

func TestARequestThatWasTakenOverCommitsNothing(t *testing.T) {
	t.Parallel()
	l := newTill(t)
	slow, _ := l.begin(idempotency.Mine)
	l.exec("UPDATE idempotency_keys SET started_at = now() - interval '31 seconds'")
	quick, _ := l.begin(idempotency.Mine)
	if err := l.work(quick, nil); err != nil {
		t.Fatal(err)
	}
	if err := l.work(slow, nil); err == nil {
		t.Error("the late one did its work again")
	}
	l.finish(slow, answer)
	l.finish(quick, answer)
	l.begin(idempotency.Known)
	if l.done() != 1 {
		t.Errorf("done %d times", l.done())
	}
}

func TestOldKeysAreForgottenAndYoungOnesKept(t *testing.T) {
	t.Parallel()
	l := newTill(t)
	l.begin(idempotency.Mine)
	l.exec("UPDATE idempotency_keys SET started_at = now() - interval '25 hours'")
	l.req.Key = "young"
	l.begin(idempotency.Mine)
	if n, err := idempotency.Prune(context.Background(), l.db); n != 1 || err != nil {
		t.Fatalf("%d forgotten: %v", n, err)
	}
	l.begin(idempotency.Busy)
}

func TestRepeatableWorkKeepsItsAnswerOrFreesItsKey(t *testing.T) {
	t.Parallel()
	l := newTill(t)
	l.req.Repeatable = true
	for range 2 {
		h, _ := l.begin(idempotency.Mine)
		if err := l.work(h, nil); err != nil {
			t.Fatal(err)
		}
		l.begin(idempotency.Busy)
		l.finish(h, nil)
	}
	h, _ := l.begin(idempotency.Mine)
	l.finish(h, answer)
	l.begin(idempotency.Known)
}
