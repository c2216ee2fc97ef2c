package stripesim

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// The two webhook endpoints, by the name a delivery has them under.
const (
	platformEndpoint = "platform"
	connectEndpoint  = "connect"
)

// A delivery is one event on its way to one endpoint. Times are of the real clock: the post does not travel in simulated time.
type delivery struct {
	ID       string    `json:"id"`
	Event    string    `json:"event"`
	Endpoint string    `json:"endpoint"`
	State    string    `json:"state"` // waiting, delivered, dropped or given_up
	Attempts int       `json:"attempts"`
	Next     time.Time `json:"next"`
	Since    time.Time `json:"since"`
	Outcome  string    `json:"outcome"` // of the last attempt, for the control page
}

func (d delivery) objectID() string { return d.ID }

// Retries start after half a second, double, and stay at fifteen seconds: a product that is restarted on somebody's desk should
// not wait for Stripe's hours. Like Stripe, the stand-in gives up after three days.
const (
	firstRetry  = 500 * time.Millisecond
	slowestPace = 15 * time.Second
	giveUpAfter = 3 * 24 * time.Hour
)

func (s *Server) endpoint(name string) Endpoint {
	if name == connectEndpoint {
		return s.config.ConnectWebhook
	}
	return s.config.PlatformWebhook
}

func (t *tx) mailTo(endpoint string, e event) {
	now := time.Now()
	t.mail.put(t, platform, delivery{ID: newID("dl_"), Event: e.ID, Endpoint: endpoint, State: "waiting", Next: now, Since: now})
	t.nudge()
}

// nudge makes the delivery loops look again.
func (s *Server) nudge() {
	for range 2 { // one for each loop
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

// deliverTo sends what waits for one endpoint, one after the other, until Close.
func (s *Server) deliverTo(endpoint string) {
	for {
		d, pause, ok := s.nextDelivery(endpoint)
		if ok {
			s.deliver(d)
			continue
		}
		timer := time.NewTimer(pause)
		select {
		case <-s.stopped.Done():
			timer.Stop()
			return
		case <-s.wake:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// nextDelivery returns the delivery that has been due for longest, or how long to pause when none is due.
func (s *Server) nextDelivery(endpoint string) (next delivery, pause time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	pause = time.Second
	if s.held || s.stopped.Err() != nil {
		return next, pause, false
	}
	now := time.Now()
	for _, d := range s.mail.all() {
		if d.State != "waiting" || d.Endpoint != endpoint {
			continue
		}
		if d.Next.After(now) {
			pause = min(pause, d.Next.Sub(now))
		} else if !ok || d.Next.Before(next.Next) {
			next, ok = *d, true
		}
	}
	return next, pause, ok
}

func (s *Server) deliver(d delivery) {
	s.mu.Lock()
	e, found := s.events.get(d.Event)
	s.mu.Unlock()
	if !found {
		return
	}
	body, err := json.MarshalIndent(e, "", "  ")
	if err == nil {
		err = s.postEvent(s.endpoint(d.Endpoint), body)
	}
	if s.stopped.Err() != nil {
		return // closing cut it short; it is sent again at the next start
	}
	if err := s.note(d, err); err != nil {
		s.log.Error("the Stripe stand-in cannot note a delivery", "event", d.Event, "error", err)
	}
}

func (s *Server) postEvent(to Endpoint, body []byte) error {
	ctx, cancel := context.WithTimeout(s.stopped, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "Stripe/1.0 (stand-in)")
	// Receivers compare the time with their real clock, so it is the real one here too, however far ours has been moved.
	req.Header.Set("Stripe-Signature", signature(time.Now(), body, to.Secret))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxBody))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("answered %s", resp.Status)
	}
	return nil
}

// signature is Stripe's v1 scheme: the HMAC-SHA256 of time, dot and body under the endpoint's secret.
func signature(at time.Time, body []byte, secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", at.Unix(), body)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}

// note records how an attempt went. Losing the note in a crash only means that the event is delivered twice, as Stripe may too.
func (s *Server) note(d delivery, failure error) error {
	err := s.update(relaxed, func(t *tx) error {
		now, ok := t.mail.get(d.ID)
		if !ok || now.State != "waiting" {
			return nil // dropped meanwhile
		}
		now.Attempts++
		now.Outcome, now.State = "delivered", "delivered"
		if failure != nil {
			now.Outcome, now.State = failure.Error(), "waiting"
			now.Next = time.Now().Add(pace(now.Attempts))
			if time.Since(now.Since) > giveUpAfter {
				now.State = "given_up"
			}
		}
		t.mail.put(t, platform, now)
		if e, ok := t.events.get(d.Event); ok && failure == nil && e.PendingWebhooks > 0 {
			e.PendingWebhooks--
			t.events.put(t, e.Account, e)
		}
		return nil
	})
	s.announce()
	return err
}

func pace(attempts int) time.Duration {
	return min(firstRetry<<min(attempts-1, 10), slowestPace)
}

// announce wakes WaitIdle.
func (s *Server) announce() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.noted)
	s.noted = make(chan struct{})
}

// WaitIdle returns when no event is waiting to be delivered, or with the context's error. It lets tests go on at the right
// moment without sleeping.
func (s *Server) WaitIdle(ctx context.Context) error {
	for {
		s.mu.Lock()
		waiting, noted := s.waiting(), s.noted
		s.mu.Unlock()
		if waiting == 0 {
			return nil
		}
		select {
		case <-noted:
		case <-ctx.Done():
			return fmt.Errorf("stripesim: %d events still wait to be delivered: %w", waiting, ctx.Err())
		}
	}
}

func (s *Server) waiting() (n int) {
	for _, d := range s.mail.all() {
		if d.State == "waiting" {
			n++
		}
	}
	return n
}
