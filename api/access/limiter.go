package access

import (
	"container/list"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// remembered bounds how many addresses or accounts a limiter keeps in mind; those not seen for longest go first.
const remembered = 20_000

// A limiter allows a burst of tries per key and then one every so often.
type limiter struct {
	every time.Duration
	burst int

	mu    sync.Mutex
	byKey map[string]*list.Element
	order *list.List // of *tries, the latest used in front
}

type tries struct {
	key  string
	rate *rate.Limiter
}

func newLimiter(every time.Duration, burst int) *limiter {
	return &limiter{every: every, burst: burst, byKey: map[string]*list.Element{}, order: list.New()}
}

// take counts one try, and returns ErrTooOften with the seconds to wait when there is none left.
func (l *limiter) take(key string, now time.Time) error {
	r := l.of(key)
	if r.AllowN(now, 1) {
		return nil
	}
	missing := 1 - r.TokensAt(now)
	seconds := math.Ceil(missing * l.every.Seconds())
	return ErrTooOften.With("seconds", int(max(1, seconds)))
}

func (l *limiter) of(key string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.byKey[key]; ok {
		l.order.MoveToFront(e)
		return e.Value.(*tries).rate
	}
	t := &tries{key, rate.NewLimiter(rate.Every(l.every), l.burst)}
	l.byKey[key] = l.order.PushFront(t)
	if l.order.Len() > remembered {
		last := l.order.Remove(l.order.Back()).(*tries)
		delete(l.byKey, last.key)
	}
	return t.rate
}
