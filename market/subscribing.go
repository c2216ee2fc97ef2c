package market

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/seal"
)

// Webhooks lists a company's webhooks in the order in which they were made, for its administrators.
func (s *Service) Webhooks(ctx context.Context, who Actor, company uuid.UUID) ([]Webhook, error) {
	if err := who.May(Administer, company); err != nil {
		return nil, err
	}
	var list []Webhook
	return list, counted(s.db.Gorm(ctx)).Where("company_id = ?", company).Order("id").Find(&list).Error
}

// counted is a query over webhooks with how many of their deliveries wait, and were given up.
func counted(g *gorm.DB) *gorm.DB {
	return g.Table("webhooks").Select(`webhooks.*, (SELECT count(*) FROM webhook_deliveries WHERE webhook_id = webhooks.id AND state = 'waiting') AS waiting,
		(SELECT count(*) FROM webhook_deliveries WHERE webhook_id = webhooks.id AND state = 'failed') AS failed`)
}

// Webhook reads one of them.
func (s *Service) Webhook(ctx context.Context, who Actor, id uuid.UUID) (Webhook, error) {
	var w Webhook
	if err := one(counted(s.db.Gorm(ctx)).Where("webhooks.id = ?", id).Take(&w)); err != nil {
		return Webhook{}, err
	}
	if err := who.May(Administer, w.CompanyID); err != nil {
		return Webhook{}, err
	}
	return w, nil
}

// CreateWebhook makes an address of the company's known. secret is what its calls are signed by, shown this once. It returns
// seal.ErrNoKey where the installation cannot keep secrets.
func (s *Service) CreateWebhook(ctx context.Context, who Actor, company uuid.UUID, e WebhookEdit) (w Webhook, secret string, err error) {
	if err := who.May(Administer, company); err != nil {
		return w, "", err
	}
	w = Webhook{ID: newID(), CompanyID: company, State: WebhookOn, MadeBy: who.PersonID, CreatedAt: s.clock.Now()}
	if err := e.apply(&w, s.hooksPrivate); err != nil {
		return w, "", err
	}
	if secret, w.Secret, err = s.newWebhookSecret(w.ID); err != nil {
		return w, "", err
	}
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		if _, err := lockCompany(tx, company); err != nil {
			return err // so that two at once count each other
		}
		var there int64
		if err := tx.Model(&Webhook{}).Where("company_id = ?", company).Count(&there).Error; err != nil {
			return err
		}
		if there >= maxWebhooks {
			return ErrTooManyWebhooks.With("max", maxWebhooks)
		}
		if err := tx.Create(&w).Error; err != nil {
			return err
		}
		return Audit(tx, who, company, "webhook.create", "webhook:"+w.ID.String(), map[string]any{"url": w.URL, "about": w.About})
	})
	return w, secret, err
}

// newWebhookSecret makes a secret as Standard Webhooks writes it, and seals it.
func (s *Service) newWebhookSecret(id uuid.UUID) (secret string, sealed []byte, err error) {
	if s.hooks == nil || s.box.Closed() {
		return "", nil, seal.ErrNoKey
	}
	b := make([]byte, 32)
	_, _ = rand.Read(b) // crypto/rand never fails
	secret = "whsec_" + base64.StdEncoding.EncodeToString(b)
	sealed, err = s.box.Seal([]byte(secret), webhookOwner(id))
	return secret, sealed, err
}

// changeWebhook changes one webhook under lock, for an administrator of its company, and notes what was done.
func (s *Service) changeWebhook(ctx context.Context, who Actor, id uuid.UUID, did string, change func(tx *gorm.DB, w *Webhook) (detail map[string]any, err error)) (w Webhook, err error) {
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		if w, err = lockWebhook(tx, who, id); err != nil {
			return err
		}
		detail, err := change(tx, &w)
		if err != nil {
			return err
		}
		return Audit(tx, who, w.CompanyID, "webhook."+did, "webhook:"+id.String(), detail)
	})
	return w, err
}

// lockWebhook reads a webhook so that changes take turns, for an administrator of its company.
func lockWebhook(tx *gorm.DB, who Actor, id uuid.UUID) (Webhook, error) {
	var w Webhook
	if err := one(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Take(&w, "id = ?", id)); err != nil {
		return Webhook{}, err
	}
	return w, who.May(Administer, w.CompanyID)
}

// EditWebhook changes an address, what it is told of, or whether it is called. What waits for one that is switched on again, or moved, is called
// at once.
func (s *Service) EditWebhook(ctx context.Context, who Actor, id uuid.UUID, e WebhookEdit) (Webhook, error) {
	w, err := s.changeWebhook(ctx, who, id, "edit", func(tx *gorm.DB, w *Webhook) (map[string]any, error) {
		before := *w
		if err := e.apply(w, s.hooksPrivate); err != nil {
			return nil, err
		}
		if w.URL != before.URL {
			w.Failures, w.FailingSince, w.RestsUntil = 0, nil, nil
		}
		if err := tx.Select("url", "note", "about", "state", "failures", "failing_since", "rests_until").Updates(w).Error; err != nil {
			return nil, err
		}
		detail := map[string]any{"url": w.URL, "about": w.About, "state": w.State}
		if w.State != WebhookOn || w.State == before.State && w.URL == before.URL {
			return detail, nil
		}
		return detail, callAgain(tx, *w, "state = 'waiting'")
	})
	if err != nil {
		return Webhook{}, err
	}
	return s.Webhook(ctx, who, w.ID)
}

// callAgain has deliveries of a webhook called as if for the first time.
func callAgain(tx *gorm.DB, w Webhook, which string, args ...any) error {
	var ids []uuid.UUID
	err := tx.Raw("UPDATE webhook_deliveries SET state = 'waiting', attempts = 0, next_at = NULL WHERE webhook_id = ? AND ("+which+") RETURNING id", append([]any{w.ID}, args...)...).Scan(&ids).Error
	if err != nil {
		return err
	}
	return enqueueDeliveries(tx, ids)
}

// RotateWebhook gives a webhook a new secret, shown this once. Calls are signed by the old one too for 24 hours, and by none before that.
func (s *Service) RotateWebhook(ctx context.Context, who Actor, id uuid.UUID) (w Webhook, secret string, err error) {
	w, err = s.changeWebhook(ctx, who, id, "rotate", func(tx *gorm.DB, w *Webhook) (map[string]any, error) {
		fresh, sealed, err := s.newWebhookSecret(id)
		if err != nil {
			return nil, err
		}
		end := s.clock.Now().Add(oldSecretLives)
		secret, w.OldSecret, w.OldUntil, w.Secret = fresh, w.Secret, &end, sealed
		return nil, tx.Select("secret", "old_secret", "old_until").Updates(w).Error
	})
	return w, secret, err
}

// RemoveWebhook forgets an address and what it was told; the log keeps that there was one.
func (s *Service) RemoveWebhook(ctx context.Context, who Actor, id uuid.UUID) error {
	_, err := s.changeWebhook(ctx, who, id, "remove", func(tx *gorm.DB, w *Webhook) (map[string]any, error) {
		return map[string]any{"url": w.URL}, tx.Delete(w).Error
	})
	return err
}

// TryWebhook tells an address of nothing but the trial, which is the event "webhook.try" about the webhook itself.
func (s *Service) TryWebhook(ctx context.Context, who Actor, id uuid.UUID) (d Delivery, err error) {
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		w, err := lockWebhook(tx, who, id)
		if err != nil {
			return err
		}
		if w.State != WebhookOn {
			return ErrWebhookSilent
		}
		d = Delivery{ID: newID(), WebhookID: id, CompanyID: w.CompanyID, EventID: newID(), State: DeliveryWaits}
		if err := tx.Exec(writeLine, d.EventID, w.CompanyID, who.PersonID, "webhook.try", "webhook:"+id.String(), "{}").Error; err != nil {
			return err
		}
		if err := tx.Create(&d).Error; err != nil {
			return err
		}
		return enqueueDeliveries(tx, []uuid.UUID{d.ID})
	})
	return d, err
}

// A DeliveryQuery narrows a webhook's deliveries.
type DeliveryQuery struct {
	State  DeliveryState // empty: any
	Before uuid.UUID     // the cursor: deliveries of older events than this one's
	Limit  int           // at most 100; 0 means 20
}

// Deliveries lists what a webhook was told, the latest first, as long as it is kept: 30 days.
func (s *Service) Deliveries(ctx context.Context, who Actor, webhook uuid.UUID, q DeliveryQuery) ([]Delivery, error) {
	if _, err := s.Webhook(ctx, who, webhook); err != nil {
		return nil, err
	}
	g := deliveries(s.db.Gorm(ctx)).Where("d.webhook_id = ?", webhook).Order("a.at DESC, a.id DESC").Limit(Page(q.Limit))
	if q.State != "" {
		g = g.Where("d.state = ?", q.State)
	}
	if q.Before != uuid.Nil {
		g = g.Where("(a.at, a.id) < (SELECT at, b.id FROM webhook_deliveries e JOIN audit b ON b.id = e.event_id WHERE e.id = ? AND e.webhook_id = ?)", q.Before, webhook)
	}
	var list []Delivery
	return list, g.Scan(&list).Error
}

// ReplayDelivery tells an address again, whether it heard it or not. It returns ErrDeliveryWaits for what is on its way already and
// ErrWebhookSilent for a webhook that is not on.
func (s *Service) ReplayDelivery(ctx context.Context, who Actor, id uuid.UUID) (Delivery, error) {
	var d Delivery
	if err := one(s.db.Gorm(ctx).Take(&d, "id = ?", id)); err != nil {
		return Delivery{}, err
	}
	_, err := s.changeWebhook(ctx, who, d.WebhookID, "replay", func(tx *gorm.DB, w *Webhook) (map[string]any, error) {
		if w.State != WebhookOn {
			return nil, ErrWebhookSilent
		}
		if err := one(tx.Take(&d, "id = ?", id)); err != nil {
			return nil, err
		}
		if d.State == DeliveryWaits {
			return nil, ErrDeliveryWaits
		}
		return map[string]any{"event": d.EventID}, callAgain(tx, *w, "id = ?", id)
	})
	if err != nil {
		return Delivery{}, err
	}
	return d, one(deliveries(s.db.Gorm(ctx)).Where("d.id = ?", id).Take(&d))
}

// ReplayFailed tells an address again of all that was given up since a moment, and says how much that is.
func (s *Service) ReplayFailed(ctx context.Context, who Actor, webhook uuid.UUID, since time.Time) (n int64, err error) {
	_, err = s.changeWebhook(ctx, who, webhook, "replay", func(tx *gorm.DB, w *Webhook) (map[string]any, error) {
		if w.State != WebhookOn {
			return nil, ErrWebhookSilent
		}
		const given = "state = 'failed' AND EXISTS (SELECT 1 FROM audit a WHERE a.id = event_id AND a.at >= ?)"
		if err := tx.Model(&Delivery{}).Where("webhook_id = ? AND "+given, w.ID, since).Count(&n).Error; err != nil {
			return nil, err
		}
		return map[string]any{"since": since, "count": n}, callAgain(tx, *w, given, since)
	})
	return n, err
}

// forgetDeliveries lets go of what was told, or could not be, longer ago than deliveries are kept.
func (s *Service) forgetDeliveries(g *gorm.DB) error {
	return g.Exec("DELETE FROM webhook_deliveries d USING audit a WHERE a.id = d.event_id AND a.at < ?", s.clock.Now().Add(-deliveriesKept)).Error
}
