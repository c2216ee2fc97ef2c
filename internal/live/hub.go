package live

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	// MaxEars is how many listen for one person at a time: windows of a browser that are in sight.
	MaxEars = 8
	// MaxHeard is how many things an ear keeps apart until it is asked; beyond, it only knows that anything may have changed.
	MaxHeard = 64
	// Again is how long the hub waits before it connects anew.
	Again = time.Second
)

// What listening may answer.
var (
	ErrTooMany = errors.New("live: this person listens in many places already")
	ErrClosed  = errors.New("live: this process ends")
)

// A Hub passes on what is told about people.
type Hub struct {
	channel string
	parse   func(payload string) (person, thing uuid.UUID, ok bool)

	mu     sync.Mutex
	ears   map[uuid.UUID][]*Ear
	closed bool
}

// NewHub hears a channel of PostgreSQL's, whose payloads are read by parse.
func NewHub(channel string, parse func(string) (person, thing uuid.UUID, ok bool)) *Hub {
	return &Hub{channel: channel, parse: parse, ears: map[uuid.UUID][]*Ear{}}
}

// An Ear listens for one person.
type Ear struct {
	hub     *Hub
	person  uuid.UUID
	stirred chan struct{} // holds one, while there is something to take
	ended   chan struct{}
	heard   map[uuid.UUID]bool
}

// Listen opens an ear for a person, which its owner closes. It returns ErrTooMany or ErrClosed.
func (h *Hub) Listen(person uuid.UUID) (*Ear, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed
	}
	if len(h.ears[person]) >= MaxEars {
		return nil, ErrTooMany
	}
	e := &Ear{hub: h, person: person, stirred: make(chan struct{}, 1), ended: make(chan struct{}), heard: map[uuid.UUID]bool{}}
	h.ears[person] = append(h.ears[person], e)
	return e, nil
}

// Stirred gives a value when there is something to take.
func (e *Ear) Stirred() <-chan struct{} { return e.stirred }

// Ended is closed when the hub is.
func (e *Ear) Ended() <-chan struct{} { return e.ended }

// Take gives what changed since the last time; uuid.Nil among it says that anything may have.
func (e *Ear) Take() []uuid.UUID {
	e.hub.mu.Lock()
	defer e.hub.mu.Unlock()
	var things []uuid.UUID
	for thing := range e.heard {
		things = append(things, thing)
	}
	clear(e.heard)
	return things
}

// Close stops listening.
func (e *Ear) Close() {
	e.hub.mu.Lock()
	defer e.hub.mu.Unlock()
	kept := e.hub.ears[e.person][:0]
	for _, other := range e.hub.ears[e.person] {
		if other != e {
			kept = append(kept, other)
		}
	}
	if e.hub.ears[e.person] = kept; len(kept) == 0 {
		delete(e.hub.ears, e.person)
	}
}

// hear notes a thing; the hub is held.
func (e *Ear) hear(thing uuid.UUID) {
	if len(e.heard) >= MaxHeard && !e.heard[thing] {
		clear(e.heard)
		thing = uuid.Nil
	}
	if !e.heard[uuid.Nil] {
		e.heard[thing] = true
	}
	select {
	case e.stirred <- struct{}{}:
	default: // it has been told that there is something
	}
}

// Close ends every ear and takes no more.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.closed = true
	for _, ears := range h.ears {
		for _, e := range ears {
			close(e.ended)
		}
	}
}

// tell passes one payload on.
func (h *Hub) tell(payload string) {
	person, thing, ok := h.parse(payload)
	if !ok {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.ears[person] {
		e.hear(thing)
	}
}

// tellAll says to every ear that anything may have changed.
func (h *Hub) tellAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, ears := range h.ears {
		for _, e := range ears {
			e.hear(uuid.Nil)
		}
	}
}

// Run hears until ctx ends, connecting anew where the connection is lost. ready, if it is not nil, is called whenever
// the hub begins to hear.
func (h *Hub) Run(ctx context.Context, address *pgx.ConnConfig, ready func()) {
	for {
		err := h.run(ctx, address, ready)
		if ctx.Err() != nil {
			return
		}
		slog.WarnContext(ctx, "live: not hearing, trying again", "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(Again):
		}
	}
}

func (h *Hub) run(ctx context.Context, address *pgx.ConnConfig, ready func()) error {
	conn, err := pgx.ConnectConfig(ctx, address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{h.channel}.Sanitize()); err != nil {
		return err
	}
	h.tellAll() // what happened before was heard by nobody
	if ready != nil {
		ready()
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		h.tell(n.Payload)
	}
}
