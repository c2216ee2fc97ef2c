package billing

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
)

// ErrForgedEvent is an event whose signature, body or age is not right. It names no reason: who forges learns nothing.
var ErrForgedEvent = problem.Define(problem.Invalid, "event_not_signed",
	"This event is not signed by the payment provider.", "このイベントは決済サービスの署名を確認できません。")

// A storedEvent is an event as it was received.
type storedEvent struct {
	ID         string
	Endpoint   Endpoint
	Account    string
	Type       string
	Object     string
	APIVersion string `gorm:"column:api_version"`
	Payload    string
	CreatedAt  time.Time
	ReceivedAt time.Time
	CaughtUp   bool
	WorkedAt   *time.Time
	Tries      int
	NextAt     time.Time
	Problem    string
}

func (storedEvent) TableName() string { return "provider_events" }

// eventPatience is how long an event's own job has before the sweep takes the event up.
const eventPatience = 15 * time.Second

// ReceiveEvent verifies an event and stores it with its job before it is answered. One that was received before
// changes nothing. It returns ErrForgedEvent for what the provider did not just sign.
func (s *Service) ReceiveEvent(ctx context.Context, endpoint Endpoint, payload []byte, signature string) error {
	e, err := s.gateway.Verify(payload, signature, endpoint)
	if errors.Is(err, ErrForged) {
		return ErrForgedEvent.Because(err)
	}
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		_, err := s.storeEvent(tx, e, endpoint, false)
		return err
	})
}

// storeEvent keeps an event under its id and enqueues its work; false when it was there.
func (s *Service) storeEvent(tx *gorm.DB, e Event, endpoint Endpoint, caughtUp bool) (bool, error) {
	now := s.clock.Now()
	done := tx.Exec(`INSERT INTO provider_events (id, endpoint, account, type, object, api_version, payload, created_at, received_at, caught_up, next_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		e.ID, endpoint, e.Account, e.Type, e.Object, e.APIVersion, string(e.Payload), e.CreatedAt, now, caughtUp, now.Add(eventPatience))
	if done.Error != nil || done.RowsAffected == 0 {
		return false, done.Error
	}
	return true, jobs.Enqueue(tx, EventJob{Event: e.ID})
}

// WorkEvent does what an event asks for, once. Its object is read again from the provider, so that an old, doubled or
// reordered event, or one of another API version, says no more than "look at this".
func (s *Service) WorkEvent(ctx context.Context, id string) error {
	var e storedEvent
	if err := one(s.db.Gorm(ctx).Where("id = ?", id).Take(&e)); err != nil {
		return err
	}
	if e.WorkedAt != nil {
		return nil
	}
	call, cancel := context.WithTimeout(ctx, 2*s.cfg.CallTimeout)
	defer cancel()
	failure := s.follow(call, e)
	if errors.Is(failure, ErrNotThere) {
		failure = nil // gone since, or of another installation
	}
	now := s.clock.Now()
	if failure != nil {
		err := s.db.Gorm(ctx).Exec("UPDATE provider_events SET tries = tries + 1, next_at = ?, problem = ? WHERE id = ?",
			now.Add(pauseAfter(e.Tries+2)), failure.Error(), id).Error
		return errors.Join(failure, err)
	}
	return s.db.Gorm(ctx).Exec("UPDATE provider_events SET worked_at = ?, tries = tries + 1, problem = '' WHERE id = ?", now, id).Error
}

// follow looks at what an event is about.
func (s *Service) follow(ctx context.Context, e storedEvent) error {
	noun, _, _ := strings.Cut(e.Type, ".")
	if e.Account != "" {
		switch noun {
		case "payout":
			return s.lookAtPayout(ctx, e.Account, e.Object)
		case "account", "capability":
			if e.Type == "account.application.deauthorized" {
				return s.loseAccount(ctx, e.Account)
			}
			return s.lookAtAccount(ctx, e.Account)
		}
		return nil
	}
	switch {
	case noun == "checkout":
		return s.lookAtCheckout(ctx, e.Object)
	case strings.HasPrefix(e.Type, "charge.dispute."):
		return s.lookAtChargeback(ctx, e.Object)
	case strings.HasPrefix(e.Object, "re_"): // refund.*, charge.refund.updated
		return s.lookAtRefund(ctx, e.Object)
	case e.Type == "payment_intent.succeeded", e.Type == "charge.succeeded", e.Type == "charge.updated":
		return s.lookAtPayment(ctx, e.Object)
	case e.Type == "payment_intent.partially_funded", e.Type == "payment_intent.canceled":
		return s.lookAtTransferRequest(ctx, e.Object)
	case noun == "customer_cash_balance_transaction":
		return s.lookAtCash(ctx, e.customer())
	case noun == "payout":
		return s.lookAtSweep(ctx, e.Object)
	case noun == "transfer":
		return s.lookAtTransfer(ctx, e.Object)
	}
	return nil
}

// customer is whose object the event is about; empty where it says nothing.
func (e storedEvent) customer() string {
	var body struct {
		Data struct {
			Object struct {
				Customer string `json:"customer"`
			} `json:"object"`
		} `json:"data"`
	}
	if json.Unmarshal([]byte(e.Payload), &body) != nil {
		return ""
	}
	return body.Data.Object.Customer
}

// SweepEvents enqueues the events whose own jobs have not done them, because a process was killed or they failed.
func (s *Service) SweepEvents(ctx context.Context) (n int, err error) {
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		var late []string
		now := s.clock.Now()
		err := tx.Raw(`UPDATE provider_events SET next_at = ? WHERE id IN (SELECT id FROM provider_events
			WHERE worked_at IS NULL AND next_at <= ? ORDER BY next_at LIMIT 200 FOR UPDATE SKIP LOCKED) RETURNING id`,
			now.Add(eventPatience), now).Scan(&late).Error
		if err != nil {
			return err
		}
		n = len(late)
		for _, id := range late {
			if err := jobs.Enqueue(tx, EventJob{Event: id}); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// How far back events are listed: everything that the provider keeps at first, and later a little before the newest known.
const (
	eventLife    = 30 * 24 * time.Hour
	eventOverlap = time.Hour // Duration.String is what PostgreSQL reads as an interval
)

// CatchUp lists the provider's recent events and stores those whose webhook never came, of the platform and of every
// connected account that somebody waits for. It returns how many it found.
func (s *Service) CatchUp(ctx context.Context) (int, error) {
	found, err := s.catchUp(ctx, "")
	if err != nil {
		return found, err
	}
	var accounts []string
	err = s.db.Gorm(ctx).Raw(`SELECT a.provider_id FROM payout_accounts a
		WHERE a.provider_id IS NOT NULL AND a.state <> 'deauthorized' AND (a.created_at > @lately
			OR EXISTS (SELECT 1 FROM contracts c JOIN milestones m ON m.contract_id = c.id
				WHERE c.person_id = a.person_id AND m.state IN ('releasing', 'released', 'payout_failed'))
			OR EXISTS (SELECT 1 FROM payouts p WHERE p.person_id = a.person_id AND p.updated_at > @lately)) ORDER BY a.person_id`,
		map[string]any{"lately": s.clock.Now().AddDate(0, 0, -14)}).Scan(&accounts).Error // banks return payouts days later
	if err != nil {
		return found, err
	}
	var failures []error // one account's trouble is not the others'
	for _, a := range accounts {
		n, err := s.catchUp(ctx, a)
		if isGone(err) {
			err = s.loseAccount(ctx, a) // and the word of it was lost
		}
		found += n
		failures = append(failures, err)
	}
	return found, errors.Join(failures...)
}

func (s *Service) catchUp(ctx context.Context, account string) (found int, err error) {
	since, endpoint := s.clock.Now().Add(-eventLife), PlatformEndpoint
	err = s.db.Gorm(ctx).Raw("SELECT coalesce(max(created_at) - ?::interval, ?) FROM provider_events WHERE account = ?",
		eventOverlap.String(), since, account).Scan(&since).Error
	if err != nil {
		return 0, err
	}
	if account != "" {
		endpoint = ConnectEndpoint
	}
	for e, err := range s.gateway.Events(ctx, account, since) {
		if err != nil {
			return found, err
		}
		err := s.db.Tx(ctx, func(tx *gorm.DB) error {
			isNew, err := s.storeEvent(tx, e, endpoint, true)
			if isNew {
				found++
			}
			return err
		})
		if err != nil {
			return found, err
		}
	}
	return found, nil
}
