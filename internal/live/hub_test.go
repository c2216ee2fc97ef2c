package live_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homecoming/internal/db"
	"homecoming/internal/db/dbtest"
	"homecoming/internal/live"
)

const channel = "live_test"

// parse reads a person and a thing parted by a blank.
func parse(payload string) (person, thing uuid.UUID, ok bool) {
	first, second, _ := strings.Cut(payload, " ")
	person, one := uuid.Parse(first)
	thing, two := uuid.Parse(second)
	return person, thing, one == nil && two == nil
}

// A house is a hub that hears a database of its own.
type house struct {
	*testing.T
	*live.Hub
	db     *db.DB
	ready  chan struct{}
	deafen context.CancelFunc
	ended  chan struct{}
}

func open(t *testing.T) *house {
	t.Helper()
	h := &house{T: t, Hub: live.NewHub(channel, parse), db: dbtest.New(t), ready: make(chan struct{}, 10), ended: make(chan struct{})}
	var ctx context.Context
	ctx, h.deafen = context.WithCancel(context.Background())
	go func() {
		defer close(h.ended)
		h.Hub.Run(ctx, h.db.Pool().Config().ConnConfig, func() { h.ready <- struct{}{} })
	}()
	t.Cleanup(func() { h.deafen(); <-h.ended })
	h.wait(h.ready, "the hub to hear")
	return h
}

// wait gives up after long, so that a failure is told and does not hang.
func (h *house) wait(signal <-chan struct{}, what string) {
	h.Helper()
	select {
	case <-signal:
	case <-time.After(time.Minute):
		h.Fatalf("waited in vain for %s", what)
	}
}

func (h *house) listen(person uuid.UUID) *live.Ear {
	h.Helper()
	e, err := h.Listen(person)
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(e.Close)
	return e
}

func (h *house) exec(sql string, args ...any) {
	h.Helper()
	if err := h.db.Gorm(context.Background()).Exec(sql, args...).Error; err != nil {
		h.Fatal(err)
	}
}

// tell tells a person of a thing.
func (h *house) tell(person, thing uuid.UUID) {
	h.Helper()
	h.exec("SELECT pg_notify(?, ?)", channel, person.String()+" "+thing.String())
}

// hears waits for the ear to be stirred, and takes what it heard.
func (h *house) hears(e *live.Ear) []uuid.UUID {
	h.Helper()
	h.wait(e.Stirred(), "news")
	return e.Take()
}

// listening counts the connections that wait for news in this database.
func (h *house) listening() (n int) {
	h.Helper()
	err := h.db.Gorm(context.Background()).Raw("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'").Scan(&n).Error
	if err != nil {
		h.Fatal(err)
	}
	return n
}

func TestNewsReachTheirPersonOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	yumi, ken, thing := uuid.New(), uuid.New(), uuid.New()
	hers, alsoHers, his := h.listen(yumi), h.listen(yumi), h.listen(ken)
	h.exec("SELECT pg_notify(?, 'no news of ours')", channel)
	h.tell(yumi, thing)
	h.tell(ken, uuid.Nil)
	if got := h.hears(his); !slices.Equal(got, []uuid.UUID{uuid.Nil}) {
		t.Errorf("he hears %v", got)
	}
	for _, e := range []*live.Ear{hers, alsoHers} {
		if got := h.hears(e); !slices.Equal(got, []uuid.UUID{thing}) {
			t.Errorf("she hears %v", got)
		}
		if again := e.Take(); len(again) != 0 {
			t.Errorf("she hears %v again", again)
		}
	}
}

func TestNothingIsLostSilentlyWhenTheConnectionIsCut(t *testing.T) {
	t.Parallel()
	h := open(t)
	yumi, thing := uuid.New(), uuid.New()
	e := h.listen(yumi)
	h.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%' AND pid <> pg_backend_pid()")
	h.tell(yumi, uuid.New()) // while nobody hears
	h.wait(h.ready, "the hub to hear again")
	if got := h.hears(e); !slices.Contains(got, uuid.Nil) {
		t.Errorf("after a cut an ear hears %v", got)
	}
	h.tell(yumi, thing)
	if got := h.hears(e); !slices.Equal(got, []uuid.UUID{thing}) {
		t.Errorf("after the cut an ear hears %v", got)
	}
}

func TestAnEarThatIsSlowKnowsThatAnythingMayHaveChanged(t *testing.T) {
	t.Parallel()
	h := open(t)
	yumi, ken := uuid.New(), uuid.New()
	slow, witness := h.listen(yumi), h.listen(ken)
	many := func(n int) {
		t.Helper()
		h.exec("SELECT pg_notify(?, ? || ' ' || gen_random_uuid()) FROM generate_series(1, ?)", channel, yumi.String(), n)
		h.tell(ken, ken) // what was told before has been heard when this is
		h.hears(witness)
	}
	many(live.MaxHeard)
	if got := h.hears(slow); len(got) != live.MaxHeard || slices.Contains(got, uuid.Nil) {
		t.Errorf("an ear that is full holds %d things", len(got))
	}
	many(live.MaxHeard + 1)
	if got := h.hears(slow); !slices.Equal(got, []uuid.UUID{uuid.Nil}) {
		t.Errorf("an ear that is too full holds %v", got)
	}
	many(1)
	if got := h.hears(slow); len(got) != 1 || got[0] == uuid.Nil {
		t.Errorf("after that it holds %v", got)
	}
}

func TestAPersonListensInEightPlacesAtMost(t *testing.T) {
	t.Parallel()
	h := live.NewHub(channel, parse)
	yumi := uuid.New()
	ears := make([]*live.Ear, live.MaxEars)
	for i := range ears {
		e, err := h.Listen(yumi)
		if err != nil {
			t.Fatal(err)
		}
		ears[i] = e
	}
	if _, err := h.Listen(yumi); !errors.Is(err, live.ErrTooMany) {
		t.Errorf("one more: %v", err)
	}
	if e, err := h.Listen(uuid.New()); err != nil {
		t.Errorf("somebody else: %v", err)
	} else {
		e.Close()
	}
	ears[3].Close()
	ears[3].Close() // twice is once
	e, err := h.Listen(yumi)
	if err != nil {
		t.Fatalf("after one was closed: %v", err)
	}
	if _, err := h.Listen(yumi); !errors.Is(err, live.ErrTooMany) {
		t.Errorf("one more again: %v", err)
	}
	ears[3] = e
	for _, e := range ears {
		e.Close()
	}
	if n := h.Ears(); n != 0 {
		t.Errorf("people who went are kept: %d", n)
	}
}

func TestAClosedHubEndsItsEars(t *testing.T) {
	t.Parallel()
	h := live.NewHub(channel, parse)
	e, err := h.Listen(uuid.New())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		h.Close()
	}
	<-e.Ended()
	if _, err := h.Listen(uuid.New()); !errors.Is(err, live.ErrClosed) {
		t.Errorf("%v", err)
	}
	e.Close()
	if n := h.Ears(); n != 0 {
		t.Errorf("%d are kept", n)
	}
}

func TestAHubThatIsStoppedLeavesNoConnectionBehind(t *testing.T) {
	t.Parallel()
	h := open(t)
	if n := h.listening(); n != 1 {
		t.Fatalf("%d connections listen", n)
	}
	h.deafen()
	h.wait(h.ended, "the hub to stop")
	for deadline := time.Now().Add(time.Minute); h.listening() > 0; { // PostgreSQL takes a moment to see that it has gone
		if time.Now().After(deadline) {
			t.Fatal("its connection still listens")
		}
	}
}

func TestAHubWithoutADatabaseStopsAtOnce(t *testing.T) {
	t.Parallel()
	config, err := pgx.ParseConfig("host=/nowhere dbname=none")
	if err != nil {
		t.Fatal(err)
	}
	h := live.NewHub(channel, parse)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.Run(ctx, config, func() { t.Error("it hears nothing") })
	}()
	cancel()
	<-ended
}
