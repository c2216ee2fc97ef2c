package stripesim

import (
	"encoding/json"
	"fmt"
	"iter"
	"time"
)

// An object is anything kept under an id of its own.
type object interface{ objectID() string }

// head is what nearly all of Stripe's objects begin with.
type head struct {
	ID       string `json:"id"`
	Object   string `json:"object"`
	Created  int64  `json:"created"`
	Livemode bool   `json:"livemode"`
}

func (h head) objectID() string { return h.ID }

// A row is an object with the account it belongs to; the empty owner is the platform.
type row[T object] struct {
	Owner string
	Body  T
}

// A book holds the objects of one kind in the order they were made. Bodies are values: a change is a put of a changed copy,
// which is what lets a transaction be undone. Whoever changes a map or slice inside a body clones it first.
type book[T object] struct {
	kind string
	rows []row[T]
	at   map[string]int
}

// A change is one put, as the journal keeps it.
type change struct {
	Kind  string          `json:"kind"`
	Owner string          `json:"owner,omitempty"`
	Body  json.RawMessage `json:"body"`
}

// A shelf is what journal and expansion need of a book without knowing its type.
type shelf interface {
	restore(change) error
	snapshot(keep func(body any) bool) ([]change, error)
	find(id string) (any, bool)
}

func newBook[T object](shelves map[string]shelf, kind string) *book[T] {
	b := &book[T]{kind: kind, at: map[string]int{}}
	shelves[kind] = b
	return b
}

func (b *book[T]) get(id string) (body T, ok bool) {
	i, ok := b.at[id]
	if ok {
		body = b.rows[i].Body
	}
	return body, ok
}

// of returns the object only when the account owns it.
func (b *book[T]) of(owner, id string) (body T, ok bool) {
	i, ok := b.at[id]
	if !ok || b.rows[i].Owner != owner {
		return body, false
	}
	return b.rows[i].Body, true
}

// all walks the objects in the order they were made, with their owners. The bodies are to be read only.
func (b *book[T]) all() iter.Seq2[string, *T] {
	return func(yield func(string, *T) bool) {
		for i := range b.rows {
			if !yield(b.rows[i].Owner, &b.rows[i].Body) {
				return
			}
		}
	}
}

func (b *book[T]) find(id string) (any, bool) { return b.get(id) }

// set stores without a journal and returns what undoes it.
func (b *book[T]) set(owner string, body T) (undo func()) {
	id := body.objectID()
	if i, ok := b.at[id]; ok {
		old := b.rows[i]
		b.rows[i] = row[T]{owner, body}
		return func() { b.rows[i] = old }
	}
	b.at[id] = len(b.rows)
	b.rows = append(b.rows, row[T]{owner, body})
	return func() {
		b.rows = b.rows[:len(b.rows)-1]
		delete(b.at, id)
	}
}

// put stores the object as part of the transaction.
func (b *book[T]) put(t *tx, owner string, body T) {
	raw, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("stripesim: %s cannot be stored: %v", b.kind, err)) // a programming error: all bodies are plain data
	}
	t.undo = append(t.undo, b.set(owner, body))
	t.changes = append(t.changes, change{b.kind, owner, raw})
}

func (b *book[T]) restore(c change) error {
	var body T
	if err := json.Unmarshal(c.Body, &body); err != nil {
		return fmt.Errorf("%s: %w", b.kind, err)
	}
	b.set(c.Owner, body)
	return nil
}

func (b *book[T]) snapshot(keep func(any) bool) ([]change, error) {
	var out []change
	for _, r := range b.rows {
		if !keep(r.Body) {
			continue
		}
		raw, err := json.Marshal(r.Body)
		if err != nil {
			return nil, err
		}
		out = append(out, change{b.kind, r.Owner, raw})
	}
	return out, nil
}

// A tx is one change of the stand-in's state, at one moment. It holds the server's lock for as long as it lives.
type tx struct {
	*Server
	now     time.Time
	request requestRef
	changes []change
	undo    []func()
}

// head begins an object that is created now.
func (t *tx) head(object, prefix string) head {
	return head{ID: newID(prefix), Object: object, Created: t.now.Unix()}
}

func (t *tx) rollback() {
	for i := len(t.undo) - 1; i >= 0; i-- {
		t.undo[i]()
	}
	t.undo, t.changes = nil, nil
}

// durability says whether a commit waits for the disk.
type durability bool

const (
	durable durability = true  // anything that a caller is told has happened
	relaxed durability = false // what may be lost and simply happens again, such as the note that an event was delivered
)

func (t *tx) commit(d durability) error {
	if len(t.changes) == 0 {
		return nil
	}
	if err := t.journal.append(t.changes, d); err != nil {
		t.rollback()
		return fmt.Errorf("stripesim: write the journal: %w", err)
	}
	t.undo, t.changes = nil, nil
	return nil
}

// update first lets everything happen that has become due, then runs f as one transaction: committed as a whole when f
// returns nil, undone as a whole when it returns an error.
func (s *Server) update(d durability, f func(*tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.catchUp(); err != nil {
		return err
	}
	t := &tx{Server: s, now: s.now()}
	if err := f(t); err != nil {
		t.rollback()
		return err
	}
	return t.commit(d)
}
