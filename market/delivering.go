package market

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/jobs"
)

// WithWebhooks lets companies have webhooks, called by this client. private lets them lead to private networks, which is for
// development and tests.
func WithWebhooks(client *http.Client, private bool) Option {
	return func(s *Service) { s.hooks, s.hooksPrivate = client, private }
}

// Audit writes who did what, in the change's own transaction, and has the company's webhooks told of it. subject is "task:<id>" and the
// like; the zero Actor stands for the program itself, and the zero company for what is no company's business.
func Audit(tx *gorm.DB, who Actor, company uuid.UUID, action, subject string, detail any) error {
	body, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	actor := uuid.NullUUID{UUID: who.PersonID, Valid: who.PersonID != uuid.Nil}
	of := uuid.NullUUID{UUID: company, Valid: company != uuid.Nil}
	line := []any{newID(), of, actor, action, subject, string(body)}
	noun, _, _ := strings.Cut(action, ".")
	if company == uuid.Nil || !slices.Contains(WebhookNouns, noun) {
		return tx.Exec(writeLine, line...).Error
	}
	var told []uuid.UUID
	err = tx.Raw("WITH said AS ("+writeLine+` RETURNING id, company_id)
		INSERT INTO webhook_deliveries (id, webhook_id, company_id, event_id, state)
		SELECT gen_random_uuid(), w.id, w.company_id, said.id, 'waiting' FROM said JOIN webhooks w ON w.company_id = said.company_id
		WHERE w.state = 'on' AND ? = ANY(w.about) RETURNING id`, append(line, noun)...).Scan(&told).Error
	if err != nil || len(told) == 0 {
		return err
	}
	return enqueueDeliveries(tx, told)
}

const writeLine = "INSERT INTO audit (id, company_id, actor_id, action, subject, detail) VALUES (?, ?, ?, ?, ?, ?)"

// A DeliveryJob makes the calls of one delivery.
type DeliveryJob struct {
	ID uuid.UUID `json:"id"`
}

// Kind names the job.
func (DeliveryJob) Kind() string { return "market.webhook" }

// InsertOpts keeps it out of the way of letters and payments: nobody knows how long somebody else's server takes.
func (DeliveryJob) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: jobs.Outward} }

func enqueueDeliveries(tx *gorm.DB, ids []uuid.UUID) error {
	args := make([]river.JobArgs, len(ids))
	for i, id := range ids {
		args[i] = DeliveryJob{id}
	}
	return jobs.Enqueue(tx, args...)
}

type deliveryWorker struct {
	river.WorkerDefaults[DeliveryJob]
	market *Service
}

// Work makes a call, and comes back when the next one is due.
func (w *deliveryWorker) Work(ctx context.Context, job *river.Job[DeliveryJob]) error {
	again, err := w.market.Deliver(ctx, job.Args.ID)
	if err == nil && again > 0 {
		return river.JobSnooze(again)
	}
	return err
}

// Deliver makes one call, unless the address rests or the next call is not due yet. again is when to come back; 0 is never. A call whose outcome
// could not be written is made again: its receiver knows the event by its id.
func (s *Service) Deliver(ctx context.Context, id uuid.UUID) (again time.Duration, err error) {
	var d Delivery
	if err := deliveries(s.db.Gorm(ctx)).Where("d.id = ?", id).Limit(1).Scan(&d).Error; err != nil || d.State != DeliveryWaits {
		return 0, err
	}
	var w Webhook
	if err := s.db.Gorm(ctx).Take(&w, "id = ?", d.WebhookID).Error; err != nil || w.State != WebhookOn {
		return 0, err // switched on again, it has what waits called anew
	}
	now := s.clock.Now()
	if wait := max(until(d.NextAt, now), until(w.RestsUntil, now)); wait > 0 {
		return wait, nil
	}
	outcome, err := s.call(ctx, w, d)
	if err != nil {
		return 0, err
	}
	return s.wroteOutcome(ctx, d.ID, outcome)
}

func until(t *time.Time, now time.Time) time.Duration {
	if t == nil {
		return 0
	}
	return t.Sub(now)
}

// deliveries is a query over deliveries d with what they tell of.
func deliveries(g *gorm.DB) *gorm.DB {
	return g.Table("webhook_deliveries d").Joins("JOIN audit a ON a.id = d.event_id").Select("d.*, a.action, a.subject, a.at")
}

// told is the body of a call.
type told struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      toldData  `json:"data"`
}

type toldData struct {
	CompanyID uuid.UUID `json:"company_id"`
	Subject   string    `json:"subject"`
	Href      string    `json:"href,omitempty"`
}

// tells is what an address is told of a delivery; home is where the API is.
func (d Delivery) tells(home string) told {
	t := told{Type: d.Action, Timestamp: d.At.UTC(), Data: toldData{CompanyID: d.CompanyID, Subject: d.Subject}}
	noun, id, _ := strings.Cut(d.Subject, ":")
	if at, ok := WebhookSubjects[noun]; ok {
		t.Data.Href = strings.TrimRight(home, "/") + "/api/v1" + at + id
	}
	return t
}

// call tells the address, signed by all secrets that are good now, and hears what it answers. An error is ours and not the receiver's.
func (s *Service) call(ctx context.Context, w Webhook, d Delivery) (Outcome, error) {
	body, err := json.Marshal(d.tells(s.home))
	if err != nil {
		return Outcome{}, err
	}
	now := s.clock.Now()
	signature, err := s.signature(w, d.EventID.String(), now, body)
	if err != nil {
		return Outcome{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return Outcome{Trouble: TroubleUnreachable}, nil //nolint:nilerr // an address that cannot be called; it was refused when it was typed
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Homecoming-Webhooks")
	r.Header.Set(standardwebhooks.HeaderWebhookID, d.EventID.String())
	r.Header.Set(standardwebhooks.HeaderWebhookTimestamp, itoa(int(now.Unix())))
	r.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	began := time.Now()
	answer, err := s.hooks.Do(r)
	if ctx.Err() != nil {
		return Outcome{}, ctx.Err() // we were stopped, it was not slow
	}
	if err == nil {
		_ = answer.Body.Close() // what it says besides is nobody's business
	}
	o := outcomeOf(answer, err)
	o.Took = time.Since(began)
	return o, nil
}

// signature signs by the webhook's secret, and by the one before while that is good.
func (s *Service) signature(w Webhook, id string, now time.Time, body []byte) (string, error) {
	sealed := [][]byte{w.Secret}
	if w.OldUntil != nil && now.Before(*w.OldUntil) {
		sealed = append(sealed, w.OldSecret)
	}
	var all []string
	for _, sealed := range sealed {
		secret, err := s.box.Open(sealed, webhookOwner(w.ID))
		if err != nil {
			return "", err
		}
		signer, err := standardwebhooks.NewWebhook(string(secret))
		if err != nil {
			return "", err
		}
		one, err := signer.Sign(id, now, body)
		if err != nil {
			return "", err
		}
		all = append(all, one)
	}
	return strings.Join(all, " "), nil
}

func webhookOwner(id uuid.UUID) string { return "webhook:" + id.String() }

// wroteOutcome writes what came of a call, and has the administrators told when the address is switched off for it.
func (s *Service) wroteOutcome(ctx context.Context, id uuid.UUID, o Outcome) (again time.Duration, err error) {
	now := s.clock.Now()
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		again = 0
		var d Delivery
		if err := tx.Raw("SELECT * FROM webhook_deliveries WHERE id = ? FOR UPDATE", id).Scan(&d).Error; err != nil || d.ID == uuid.Nil {
			return err // removed meanwhile
		}
		var w Webhook
		if err := tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Take(&w, "id = ?", d.WebhookID).Error; err != nil {
			return err
		}
		was := w.State
		d.hears(o, now)
		w.hears(o, now)
		if d.NextAt != nil && w.State == WebhookOn {
			again = max(until(d.NextAt, now), until(w.RestsUntil, now))
		}
		if err := tx.Select("*").Updates(&d).Error; err != nil {
			return err
		}
		if err := tx.Select("state", "failures", "failing_since", "rests_until").Updates(&w).Error; err != nil {
			return err
		}
		if was != WebhookOn || w.State != WebhookOff {
			return nil
		}
		if err := Audit(tx, Actor{}, w.CompanyID, "webhook.off", "webhook:"+w.ID.String(), map[string]any{"since": w.FailingSince, "status": o.Status}); err != nil {
			return err
		}
		return tellAdministrators(tx, w.CompanyID, Letter{Letter: LetterWebhookOff, Path: "/settings/webhooks/" + w.ID.String(),
			Facts: map[string]any{"title": cmp.Or(w.Note, w.URL)}})
	})
	return again, err
}
