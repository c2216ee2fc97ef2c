package clock

import (
	"sync"
	"sync/atomic"
	"time"
)

// A Clock tells the present moment in UTC.
type Clock interface{ Now() time.Time }

// System is the machine's own clock.
var System Clock = system{}

type system struct{}

func (system) Now() time.Time { return time.Now().UTC() }

// A Fixed clock stands still until it is moved. It is safe for use from several goroutines.
type Fixed struct {
	mu  sync.Mutex
	now time.Time
}

// At returns a clock that stands at t.
func At(t time.Time) *Fixed { return &Fixed{now: t.UTC()} }

// Now is where the clock stands.
func (f *Fixed) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// Advance moves the clock by d.
func (f *Fixed) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// Set moves the clock to t.
func (f *Fixed) Set(t time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = t.UTC()
}

// A Late clock goes with the machine's and stands behind it, until it catches up. It is safe for use from several
// goroutines.
type Late struct{ behind atomic.Int64 }

// Behind returns a clock that stands so far behind the machine's.
func Behind(d time.Duration) *Late {
	l := &Late{}
	l.behind.Store(int64(d))
	return l
}

// Now is the machine's time, less how far the clock stands behind.
func (l *Late) Now() time.Time { return System.Now().Add(-l.Left()) }

// Left is how far the clock stands behind; 0 once it has caught up.
func (l *Late) Left() time.Duration { return time.Duration(l.behind.Load()) }

// Forward moves it towards the machine's time, and no further than there.
func (l *Late) Forward(d time.Duration) { l.behind.Store(int64(max(0, l.Left()-d))) }
