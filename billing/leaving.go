package billing

import (
	"context"
	"errors"

	"github.com/google/uuid"
)

// leavePage closes the checkout page on which a purpose is being paid, because it is to be paid another way. Nothing happens
// where none is open; what was paid there meanwhile is settled. Callers have asked whether the actor may.
func (s *Service) leavePage(ctx context.Context, milestone uuid.UUID, purpose Purpose) error {
	op, err := openWay(s.db.Gorm(ctx), milestone, purpose)
	if err != nil || op.Kind != CheckoutOperation || op.State != OpCreated {
		return ours(err)
	}
	call, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	// Closing twice does no harm, so the key is a new one.
	_, err = s.gateway.ExpireCheckout(call, "xp:"+uuid.NewString(), op.ProviderID)
	var no *Refusal
	if err == nil || errors.As(err, &no) { // closed now, or paid or expired before: see which
		err = s.lookAtCheckout(call, op.ProviderID)
	}
	if err != nil {
		return ErrProviderUnavailable.Because(err)
	}
	return nil
}
