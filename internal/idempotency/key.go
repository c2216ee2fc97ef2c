package idempotency

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/db"
)

// Kept is how long a key is remembered at least; [Prune] forgets older ones.
const Kept = 24 * time.Hour

// lease is how long a request that has committed nothing keeps others of its key out.
const lease = 30 * time.Second

// State is what a key stands at when it is asked for.
type State string

// What Begin can find.
const (
	Mine    State = "mine"     // the key is free: go on, and Finish
	Known   State = "answered" // done before: give the kept answer again
	Lost    State = "lost"     // done before, its answer was lost on the way
	Busy    State = "busy"     // another request with this key is at work
	Misused State = "misused"  // the key was used for another input
)

// A Request is what a key stands for.
type Request struct {
	Person uuid.UUID
	Key    string // 1 to 255 bytes
	Route  string // method and path as a person would look them up
	Input  []byte // a hash of all that was asked

	// Repeatable work may be asked for again at any time: it finds what it did before by itself. Its commits do not
	// mark the key, and a key whose answer is not kept is free again.
	Repeatable bool
}

// An Answer is what came out.
type Answer struct {
	Status int
	Header map[string]string
	Body   []byte
}

// A Hold is a key while its request is at work.
type Hold struct {
	db      *db.DB
	request Request
	attempt uuid.UUID
}

// errTaken ends the transaction of a request whose key another one took over.
var errTaken = errors.New("idempotency: another request took this key over")

// row is a key as it is kept.
type row struct {
	Route  string
	Input  []byte
	State  string
	Status int
	Header []byte
	Body   []byte
}

// Begin asks for a key. The Hold is there when the state is Mine, the Answer when it is Known.
func Begin(ctx context.Context, d *db.DB, r Request) (State, *Hold, Answer, error) {
	h := &Hold{db: d, request: r, attempt: uuid.Must(uuid.NewV7())}
	g := d.Gorm(ctx)
	// A key whose lease ran out before anything was committed is taken over, whatever it was for.
	taken := g.Exec(`INSERT INTO idempotency_keys AS k (person_id, key, route, input, attempt, state) VALUES (@person, @key, @route, @input, @attempt, 'started')
		ON CONFLICT (person_id, key) DO UPDATE SET attempt = @attempt, started_at = now()
		WHERE k.state = 'started' AND k.route = @route AND k.input = @input AND k.started_at < now() - make_interval(secs => @lease)`,
		map[string]any{"person": r.Person, "key": r.Key, "route": r.Route, "input": r.Input, "attempt": h.attempt, "lease": lease.Seconds()})
	if taken.Error != nil {
		return "", nil, Answer{}, taken.Error
	}
	if taken.RowsAffected == 1 {
		return Mine, h, Answer{}, nil
	}
	var found row
	err := g.Raw("SELECT route, input, state, coalesce(status, 0) AS status, header, body FROM idempotency_keys WHERE person_id = ? AND key = ?", r.Person, r.Key).Scan(&found).Error
	if err != nil {
		return "", nil, Answer{}, err
	}
	return found.stands(r)
}

// stands says what a key that is not free means for a request.
func (f row) stands(r Request) (State, *Hold, Answer, error) {
	switch {
	case f.State == "": // given back this moment: the caller may try again
		return Busy, nil, Answer{}, nil
	case f.Route != r.Route || string(f.Input) != string(r.Input):
		return Misused, nil, Answer{}, nil
	case f.State == "started":
		return Busy, nil, Answer{}, nil
	case f.State == "committed":
		return Lost, nil, Answer{}, nil
	}
	a := Answer{Status: f.Status, Body: f.Body}
	return Known, nil, a, json.Unmarshal(f.Header, &a.Header)
}

// Context makes every transaction under it commit the key's mark together with its work.
func (h *Hold) Context(ctx context.Context) context.Context {
	if h.request.Repeatable {
		return ctx
	}
	return db.WithKey(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("UPDATE idempotency_keys SET state = 'committed' WHERE person_id = ? AND key = ? AND attempt = ? AND state <> 'answered'",
			h.request.Person, h.request.Key, h.attempt)
		if done.Error == nil && done.RowsAffected == 0 {
			return errTaken
		}
		return done.Error
	})
}

// Finish keeps the answer when work was committed and gives the key back when none was. A nil answer keeps nothing:
// whoever asks again is told that it is done.
func (h *Hold) Finish(ctx context.Context, a *Answer) error {
	ctx = context.WithoutCancel(ctx) // the caller may have hung up; the key must not stay behind
	g := h.db.Gorm(ctx)
	if a != nil {
		header, err := json.Marshal(a.Header)
		if err != nil {
			return err
		}
		err = g.Exec(`UPDATE idempotency_keys SET state = 'answered', status = ?, header = ?, body = ?
			WHERE person_id = ? AND key = ? AND attempt = ? AND (state = 'committed' OR ? AND state = 'started')`,
			a.Status, string(header), a.Body, h.request.Person, h.request.Key, h.attempt, h.request.Repeatable).Error
		if err != nil {
			return err
		}
	}
	return g.Exec("DELETE FROM idempotency_keys WHERE person_id = ? AND key = ? AND attempt = ? AND state = 'started'",
		h.request.Person, h.request.Key, h.attempt).Error
}

// Prune forgets keys that are older than Kept and says how many.
func Prune(ctx context.Context, d *db.DB) (int64, error) {
	gone := d.Gorm(ctx).Exec("DELETE FROM idempotency_keys WHERE started_at < now() - make_interval(secs => ?)", Kept.Seconds())
	return gone.RowsAffected, gone.Error
}
