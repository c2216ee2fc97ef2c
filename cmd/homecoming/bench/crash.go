package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"homecoming/billing"
	"homecoming/cmd/homecoming/crash"
)

// CrashOptions say how the crash campaign runs.
type CrashOptions struct {
	Program       string // the binary that is killed
	Kills         int
	Walkers       int // main jobs that are walked at the same time
	Seed          uint64
	WithoutLookup bool // the control: what the program looks up before it sends again is hidden from it
}

// A CrashResult is what a campaign came to. Lost and doubled are counted in the stand-in's own books, against what the
// API had acknowledged.
type CrashResult struct {
	Kills         int            `json:"kills"`
	Lost          int            `json:"lost"`
	Doubled       int            `json:"doubled"`
	Seed          uint64         `json:"seed"`
	WithoutLookup bool           `json:"without_lookup"`
	Blows         map[string]int `json:"blows"`  // how often each kind fell
	Checks        int            `json:"checks"` // of every invariant, one after each kill and one at the end
	Walks         int            `json:"walks"`  // main jobs that were walked to their end
	Charges       int            `json:"charges"`
	Transfers     int            `json:"transfers"`
	Refunds       int            `json:"refunds"`
	Matched       int            `json:"matched"` // by the reconciliation at the end
	Trouble       []string       `json:"trouble"` // every sentence that was not true, and what was lost or doubled
	Seconds       float64        `json:"seconds"`
	Measured      string         `json:"measured"`
}

// A lost answer is the blow for which the program looks things up: Stripe has done it, the program is dead, its key is
// forgotten by the time it asks again, and no event says anything meanwhile. Every third blow is one.
const lostAnswer = "lost answer, forgotten key, no events"

// Crash kills the real program under load, again and again, and counts what was lost or doubled.
func Crash(ctx context.Context, o CrashOptions, progress io.Writer) (CrashResult, error) {
	result := CrashResult{Seed: o.Seed, WithoutLookup: o.WithoutLookup, Blows: map[string]int{}, Trouble: []string{},
		Measured: "the real program and PostgreSQL; Stripe is the stand-in, as a process of its own"}
	began := time.Now()
	v, err := newVictim(ctx, o)
	if err != nil {
		return result, err
	}
	defer v.stop()
	load, err := v.startLoad(ctx, o)
	if err != nil {
		return result, errors.Join(err, v.lastWords())
	}
	r := rand.New(rand.NewPCG(o.Seed, 1))
	for result.Kills < o.Kills && ctx.Err() == nil {
		blow, err := v.strike(ctx, r, result.Kills)
		if err != nil {
			return result, errors.Join(err, v.lastWords())
		}
		result.Kills++
		result.Blows[blow]++
		result.check(ctx, v)
		if result.Kills%10 == 0 {
			fmt.Fprintf(progress, "%d kills, %d main jobs walked, %d troubles, %.0f s\n", result.Kills, load.walked(), len(result.Trouble), time.Since(began).Seconds())
		}
	}
	if err := load.finish(ctx, &result); err != nil {
		return result, errors.Join(err, v.lastWords())
	}
	result.check(ctx, v)
	if err := v.judge(ctx, load, &result); err != nil {
		return result, errors.Join(err, v.lastWords())
	}
	result.Seconds = time.Since(began).Seconds()
	return result, ctx.Err()
}

// check asks every invariant of the books as the killed process left them.
func (r *CrashResult) check(ctx context.Context, v *victim) {
	r.Checks++
	if err := billing.CheckLedger(ctx, v.db); err != nil {
		r.trouble("after kill %d: %v", r.Kills, err)
	}
}

// trouble notes a sentence; a campaign that goes wrong goes wrong often.
func (r *CrashResult) trouble(format string, args ...any) {
	if len(r.Trouble) < 50 {
		r.Trouble = append(r.Trouble, fmt.Sprintf(format, args...))
	}
}

// strike waits until the server is up, kills it once, and says how.
func (v *victim) strike(ctx context.Context, r *rand.Rand, n int) (string, error) {
	if err := v.up(ctx); err != nil {
		return "", err
	}
	if n%3 == 2 {
		return v.loseAnswer(ctx, r)
	}
	at := r.IntN(len(crash.Boundaries) + 2)
	if at >= len(crash.Boundaries) {
		pause(ctx, time.Duration(r.IntN(900))*time.Millisecond)
		v.kill()
		return "at random", ctx.Err()
	}
	kind := crash.Boundaries[at]
	v.plug.Arm(kind, 1+r.IntN(8), v.kill)
	if !v.pulledOrKilled(ctx, 4*time.Second) {
		return "at random", ctx.Err()
	}
	return string(kind), ctx.Err()
}

// loseAnswer kills the server during or after a transfer, with every other way of hearing of it cut off, and lets it
// hear again when it has made up its mind.
func (v *victim) loseAnswer(ctx context.Context, r *rand.Rand) (string, error) {
	var held error
	kind := []crash.Boundary{crash.DuringCall, crash.AfterCall}[r.IntN(2)]
	v.plug.ArmAt(kind, "/v1/transfers", func() {
		held = v.stripe.control(ctx, "events", map[string]string{"action": "hold"})
		v.veil.Events.Store(true)
	}, v.kill)
	blow := lostAnswer
	if !v.pulledOrKilled(ctx, time.Minute) {
		blow = "at random"
	}
	forgotten := v.stripe.control(ctx, "keys", map[string]string{"action": "forget"}) // sooner than anybody sends again
	var unsure []string
	err := v.db.Gorm(ctx).Raw("SELECT id::text FROM operations WHERE kind = 'transfer' AND state IN ('sending', 'unknown')").Scan(&unsure).Error
	if err = errors.Join(err, held, forgotten); err != nil {
		return "", err
	}
	for patience := time.Now().Add(30 * time.Second); time.Now().Before(patience) && ctx.Err() == nil; pause(ctx, 100*time.Millisecond) {
		var left int
		err := v.db.Gorm(ctx).Raw("SELECT count(*) FROM operations WHERE id::text IN ? AND state IN ('sending', 'unknown')", append(unsure, "")).Scan(&left).Error
		if err != nil {
			return "", err
		}
		if left == 0 {
			break
		}
	}
	v.veil.Events.Store(false)
	return blow, v.stripe.control(ctx, "events", map[string]string{"action": "release", "order": []string{"", "reversed", "shuffled"}[r.IntN(3)]})
}

// pulledOrKilled waits for the plug to be pulled, and kills the server all the same when nothing has passed by. It
// reports whether the plug was pulled.
func (v *victim) pulledOrKilled(ctx context.Context, patience time.Duration) bool {
	for end := time.Now().Add(patience); !v.plug.Pulled(); pause(ctx, 5*time.Millisecond) {
		if time.Now().After(end) || ctx.Err() != nil {
			v.plug.Arm("", 0, nil)
			v.kill()
			return false
		}
	}
	return true
}

// pause waits, or returns when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
