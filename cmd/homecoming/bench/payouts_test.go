package bench

import (
	"io"
	"testing"
)

func TestAPayRunIsSentOnceEachWithinTheLimitAndGoesOnAfterAStop(t *testing.T) {
	t.Parallel()
	r, err := Payouts(t.Context(), PayoutsOptions{N: 30, PerSecond: 40, Workers: 4}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if r.Requests != 30 || !r.Resumed || r.PerSecond <= 0 || r.Unsound != "" {
		t.Errorf("%+v", r)
	}
}
