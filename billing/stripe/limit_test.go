package stripe

import (
	"context"
	"net/http"
	"testing"
	"time"

	"golang.org/x/time/rate"
)

// counted answers everything and counts it.
type counted map[string]int

func (c counted) RoundTrip(r *http.Request) (*http.Response, error) {
	c[r.URL.Path]++
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

func TestRequestsKeepToTheRateOfTheirKindAndOfAllTogether(t *testing.T) {
	t.Parallel()
	sent := counted{}
	const never = 0.001 // nothing more for a long time after the burst
	l := &limited{to: sent, perSecond: 5, inAll: rate.NewLimiter(never, 8), limiters: map[string]*rate.Limiter{"/v1/transfers": rate.NewLimiter(never, burst(5))}}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, path := range []string{"/v1/transfers", "/v1/transfers", "/v1/transfers", "/v1/transfers", "/v1/transfers", "/v1/transfers", "/v1/refunds", "/v1/refunds", "/v1/payouts", "/v1/payouts"} {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://stripe.test"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if res, err := l.RoundTrip(req); err == nil {
			_ = res.Body.Close()
		}
	}
	if sent["/v1/transfers"] != 5 {
		t.Errorf("%d transfers in a second's worth of 5", sent["/v1/transfers"])
	}
	if all := sent["/v1/transfers"] + sent["/v1/refunds"] + sent["/v1/payouts"]; all != 8 {
		t.Errorf("%d requests in all, with room for 8: %v", all, sent)
	}
}
