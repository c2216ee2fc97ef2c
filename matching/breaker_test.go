package matching

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

const indexName = "faster"

var errBroken = errors.New("broken")

// after reports whether somebody is let through once so much time has passed.
func (b *breaker) after(t *testing.T, d time.Duration) (report func(error)) {
	t.Helper()
	time.Sleep(d)
	report, _ = b.pass(indexName, time.Second)
	return report
}

func TestAfterItsRestOneCallerTriesAFailedIndex(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b breaker
		one, other := b.after(t, 0), b.after(t, 0)
		one(errBroken)
		other(errBroken) // who asked before anybody knew adds nothing
		if b.after(t, 999*time.Millisecond) != nil {
			t.Fatal("an index that failed is asked during its rest")
		}
		try := b.after(t, time.Millisecond)
		if try == nil || b.after(t, 0) != nil || b.after(t, time.Hour) != nil {
			t.Fatal("not exactly one tries")
		}
		try(errBroken)
		if b.after(t, 1999*time.Millisecond) != nil {
			t.Fatal("the rest does not grow")
		}
		b.after(t, time.Millisecond)(errGaveUp)
		try = b.after(t, 0) // a caller that went away has not tried
		try(nil)
		if first, second := b.after(t, 0), b.after(t, 0); first == nil || second == nil {
			t.Fatal("an index that works again is not asked by everybody")
		}
	})
}

func TestTheRestGrowsEightfoldAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b breaker
		b.after(t, 0)(errBroken)
		for range 10 {
			b.after(t, longestRest*time.Second)(errBroken)
		}
		if b.after(t, longestRest*time.Second-1) != nil || b.after(t, 1) == nil {
			t.Fatal("the longest rest is another")
		}
	})
}

func TestAnIndexThatIsBehindHasNotFailed(t *testing.T) {
	var b breaker
	for _, err := range []error{nil, errMoving, errTooStale, errUnbuilt, errOtherFormat, errGaveUp} {
		report, err2 := b.pass(indexName, time.Hour)
		if err2 != nil {
			t.Fatalf("%v closes the door", err)
		}
		report(err)
	}
}
