package stripe

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"homecoming/billing"
)

// How far a signature's time may be from ours. stripe-go bounds the past alone, so that a clock that runs ahead, or a
// signature made for later use, would pass for as long as somebody likes.
const (
	oldestSignature = 5 * time.Minute
	newestSignature = time.Minute
)

// Verify checks that Stripe signed these bytes just now for this endpoint, and reads them. Another API version than
// ours is no fault: the event says only where to look.
func (g *gateway) Verify(payload []byte, signature string, from billing.Endpoint) (billing.Event, error) {
	secret := g.cfg.WebhookSecret
	if from == billing.ConnectEndpoint {
		secret = g.cfg.ConnectWebhookSecret
	}
	if secret == "" {
		return billing.Event{}, fmt.Errorf("%w: no secret is set for the %s endpoint", billing.ErrForged, from)
	}
	if err := g.signedJustNow(signature); err != nil {
		return billing.Event{}, err
	}
	if err := webhook.ValidatePayloadIgnoringTolerance(payload, signature, secret); err != nil {
		return billing.Event{}, fmt.Errorf("%w: %w", billing.ErrForged, err)
	}
	var e stripe.Event
	if err := json.Unmarshal(payload, &e); err != nil {
		return billing.Event{}, fmt.Errorf("%w: %w", billing.ErrForged, err)
	}
	if !strings.HasPrefix(e.ID, "evt_") || e.Type == "" || e.Data == nil {
		return billing.Event{}, fmt.Errorf("%w: it is no event", billing.ErrForged)
	}
	return event(&e, payload), nil
}

// signedJustNow bounds the signature's age on both sides. The time is part of what is signed, and stands there once.
func (g *gateway) signedJustNow(signature string) error {
	var stamps []string
	for part := range strings.SplitSeq(signature, ",") {
		if t, ok := strings.CutPrefix(part, "t="); ok {
			stamps = append(stamps, t)
		}
	}
	if len(stamps) != 1 {
		return fmt.Errorf("%w: it has %d times", billing.ErrForged, len(stamps))
	}
	unix, err := strconv.ParseInt(stamps[0], 10, 64)
	if err != nil {
		return fmt.Errorf("%w: %w", billing.ErrForged, err)
	}
	age := g.cfg.Now().Sub(time.Unix(unix, 0))
	if age > oldestSignature || age < -newestSignature {
		return fmt.Errorf("%w: it was signed %s ago", billing.ErrForged, age)
	}
	return nil
}
