package stripe

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/stripe/stripe-go/v76"

	"homecoming/billing"
)

// answer turns what stripe-go reports into billing's answers. The rule of thumb: a refusal is only what Stripe said in
// its own words; "busy" is only what certainly did not happen; all else is unknown.
func answer(err error) error {
	if err == nil {
		return nil
	}
	var said *stripe.Error
	if errors.As(err, &said) {
		return spoken(said)
	}
	var dial *net.OpError
	if errors.Is(err, errNotSent) || errors.As(err, &dial) && dial.Op == "dial" {
		return fmt.Errorf("%w: %w", billing.ErrBusy, err)
	}
	// Cut connections, timeouts, and pages of proxies in between, which stripe-go reports as bad JSON.
	return fmt.Errorf("%w: %w", billing.ErrUnknown, err)
}

// spoken is an error object that Stripe itself wrote.
func spoken(e *stripe.Error) error {
	said := fmt.Errorf("%d %s %s: %s (%s)", e.HTTPStatusCode, e.Type, e.Code, e.Msg, e.RequestID)
	switch {
	case e.HTTPStatusCode == http.StatusNotFound:
		return fmt.Errorf("%w: %w", billing.ErrNotThere, said)
	case e.HTTPStatusCode == http.StatusTooManyRequests, e.HTTPStatusCode == http.StatusUnauthorized:
		return fmt.Errorf("%w: %w", billing.ErrBusy, said) // a wrong key is mended by people; nothing happened
	case e.HTTPStatusCode == http.StatusConflict, e.Type == stripe.ErrorTypeIdempotency:
		return fmt.Errorf("%w: %w", billing.ErrUnknown, said) // the key's first request runs, or was another
	case e.HTTPStatusCode >= http.StatusInternalServerError && !replayed(e):
		return fmt.Errorf("%w: %w", billing.ErrUnknown, said)
	case e.HTTPStatusCode >= http.StatusInternalServerError:
		// The key is spent on a failure that has ended: it will never be answered otherwise.
		return &billing.Refusal{Code: "stored_failure", Message: e.Msg, Passing: true}
	}
	return &billing.Refusal{Code: refusalCode(e), Message: e.Msg}
}

func refusalCode(e *stripe.Error) string {
	return cmp.Or(string(e.DeclineCode), string(e.Code), string(e.Type))
}

// replayed reports whether the answer is the stored one of an earlier request under the same key.
func replayed(e *stripe.Error) bool {
	return e.LastResponse != nil && e.LastResponse.Header.Get("Idempotent-Replayed") == "true"
}
