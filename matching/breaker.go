package matching

import (
	"errors"
	"sync"
	"time"
)

// A breaker remembers which index failed lately, so that not every ranking waits for it to fail again. Once the rest is
// over, one ranking tries; the others do without until it has succeeded. Each failure in a row doubles the rest, up to
// eight times.
type breaker struct {
	mu       sync.Mutex
	circuits map[string]*circuit
}

// A circuit is an index that failed and has not succeeded since.
type circuit struct {
	till   time.Time
	rest   time.Duration
	trying bool
}

const longestRest = 8 // times the usual one

// errResting says that an index failed just now and is left alone.
var errResting = errors.New("matching: the index failed a moment ago and is left alone")

// pass lets a caller ask the index. Exactly one who is let through must call the function it gets, with what came of it.
func (b *breaker) pass(name string, rest time.Duration) (report func(error), err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.circuits[name]
	if c == nil {
		return func(err error) { b.closed(name, rest, err) }, nil
	}
	if c.trying || time.Now().Before(c.till) {
		return nil, errResting
	}
	c.trying = true
	return func(err error) { b.tried(name, c, rest, err) }, nil
}

// closed hears from somebody who asked while all was well.
func (b *breaker) closed(name string, rest time.Duration, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !counts(err) || b.circuits[name] != nil { // another one was faster to tell
		return
	}
	if b.circuits == nil {
		b.circuits = map[string]*circuit{}
	}
	b.circuits[name] = &circuit{till: time.Now().Add(rest), rest: rest}
}

// tried hears from the one who tried after the rest.
func (b *breaker) tried(name string, c *circuit, rest time.Duration, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c.trying = false
	switch {
	case errors.Is(err, errGaveUp): // nobody knows; the next one tries
	case counts(err):
		c.rest = min(2*c.rest, longestRest*rest)
		c.till = time.Now().Add(c.rest)
	case b.circuits[name] == c:
		delete(b.circuits, name)
	}
}

// clear forgets the failures of an index that was mended.
func (b *breaker) clear(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.circuits, name)
}

// errGaveUp says that the caller went away before the index had answered.
var errGaveUp = errors.New("matching: the caller has gone")

// counts says whether an outcome is a failure of the index. One that is behind, moves or is being built works.
func counts(err error) bool {
	for _, fine := range []error{nil, errMoving, errTooStale, errUnbuilt, errOtherFormat, errGaveUp} {
		if errors.Is(err, fine) {
			return false
		}
	}
	return true
}
