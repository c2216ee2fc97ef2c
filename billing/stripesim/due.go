package stripesim

import (
	"errors"
	"strings"
	"time"
)

// clockState is the stand-in's clock: how far it has been moved, and the last moment that has been worked through.
type clockState struct {
	Ahead time.Duration `json:"ahead"`
	Done  time.Time     `json:"done"`
}

func (clockState) objectID() string { return "clock" }

// now is the stand-in's time: the configured clock plus what Advance has added.
func (s *Server) now() time.Time {
	state, _ := s.clock.get("clock")
	return s.config.Clock().Add(state.Ahead).UTC()
}

// longestAdvance keeps a slip of the finger from simulating centuries.
const longestAdvance = 5 * 366 * 24 * time.Hour

// Advance moves the clock forward and lets everything happen that becomes due on the way, each at its own moment. It refuses
// to go back, and to go further than five years at once.
func (s *Server) Advance(d time.Duration) error {
	if d < 0 || d > longestAdvance {
		return errors.New("stripesim: the clock moves forward only, by at most five years at once")
	}
	err := s.update(durable, func(t *tx) error {
		state, _ := t.clock.get("clock")
		state.Ahead += d
		t.clock.put(t, platform, state)
		return nil
	})
	if err != nil {
		return err
	}
	return s.settle()
}

// settle lets everything happen that is due by now.
func (s *Server) settle() error { return s.update(durable, func(*tx) error { return nil }) }

// letTimePass makes due things happen when nobody calls.
func (s *Server) letTimePass() {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-s.stopped.Done():
			return
		case <-tick.C:
			if err := s.settle(); err != nil {
				s.log.Error("the Stripe stand-in cannot let time pass", "error", err)
			}
		}
	}
}

// startClock finds out what is due. A new journal notes when it began, so that nothing is looked for before that; it may
// begin in the past, from where Advance brings it to the present.
func (s *Server) startClock(now time.Time) error {
	state, known := s.clock.get("clock")
	if !known {
		if !s.config.Begins.IsZero() {
			state.Ahead = min(0, s.config.Begins.Sub(now))
			now = now.Add(state.Ahead)
		}
		state.Done = now
		t := &tx{Server: s, now: now}
		t.clock.put(t, platform, state)
		if err := t.commit(durable); err != nil {
			return err
		}
	}
	s.plan(state.Done)
	return nil
}

// catchUp works through the due moments up to now, in order, each as a transaction of its own. The lock is held.
func (s *Server) catchUp() error {
	now := s.now()
	for !s.due.IsZero() && !s.due.After(now) {
		t := &tx{Server: s, now: s.due}
		t.step()
		if err := t.commit(durable); err != nil {
			return err
		}
		s.plan(t.now)
	}
	return nil
}

// step does all that is due at this moment. The order matters: money becomes available before it is paid out.
func (t *tx) step() {
	t.makeAvailable()
	t.retryRefunds()
	t.loseUnanswered()
	t.expireSessions()
	t.handOver()
	t.finishPayouts()
	t.payOutAutomatically()
	state, _ := t.clock.get("clock")
	state.Done = t.now
	t.clock.put(t, platform, state)
}

// wakeAt makes sure that something happens at that moment, or just after the present if it has passed.
func (s *Server) wakeAt(at time.Time) {
	if s.due.IsZero() || at.Before(s.due) {
		s.due = at
	}
}

// plan finds the next moment at which something is due, after the one that has been worked through.
func (s *Server) plan(done time.Time) {
	s.due = time.Time{}
	for _, b := range s.txns.all() {
		if b.Status == "pending" {
			s.wakeAt(stamp(b.AvailableOn).time())
		}
	}
	for _, session := range s.sessions.all() {
		if session.Status == "open" {
			s.wakeAt(stamp(session.ExpiresAt).time())
		}
	}
	for _, d := range s.disputes.all() {
		if strings.HasSuffix(d.Status, "needs_response") {
			s.wakeAt(d.EvidenceDetails.DueBy.time())
		}
	}
	for _, p := range s.payouts.all() {
		if p.Status == "pending" {
			s.wakeAt(p.leavesAt())
		}
		if p.Status == "in_transit" {
			s.wakeAt(stamp(p.ArrivalDate).time())
		}
	}
	for _, a := range s.accounts.all() {
		s.planPayout(*a, done)
	}
}
