package stripesim_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"homecoming/billing/stripesim"
)

func key(k string) func(*stripe.TransferParams) {
	return func(p *stripe.TransferParams) { p.SetIdempotencyKey(k) }
}

func (w *world) transfers() int {
	w.Helper()
	return w.count(w.stripe.Transfers.List(nil))
}

func TestTheSameKeyIsAnsweredTheSameAndDoneOnce(t *testing.T) {
	w := newWorld(t)
	yumi, ch := w.alumna(), w.charge(10_000)
	first, err := w.transfer(1_000, yumi, ch, key("tr:1:1"))
	w.must(err)
	again, err := w.transfer(1_000, yumi, ch, key("tr:1:1"))
	w.must(err)
	if again.ID != first.ID || string(again.LastResponse.RawJSON) != string(first.LastResponse.RawJSON) {
		t.Error("the answers differ")
	}
	if again.LastResponse.Header.Get("Idempotent-Replayed") != "true" || first.LastResponse.Header.Get("Idempotent-Replayed") != "" ||
		again.LastResponse.Header.Get("Original-Request") != first.LastResponse.RequestID {
		t.Errorf("the replay's header is %v", again.LastResponse.Header)
	}
	if n := w.transfers(); n != 1 {
		t.Errorf("%d transfers", n)
	}
}

func TestTheSameKeyForSomethingElseIsAnError(t *testing.T) {
	w := newWorld(t)
	yumi, ch := w.alumna(), w.charge(10_000)
	_, err := w.transfer(1_000, yumi, ch, key("tr:1:1"))
	w.must(err)
	_, err = w.transfer(1_001, yumi, ch, key("tr:1:1"))
	wantStripe(t, err, 400, stripe.ErrorTypeIdempotency, "")
	if n := w.transfers(); n != 1 {
		t.Errorf("%d transfers", n)
	}
}

func TestARefusalStaysWithItsKey(t *testing.T) {
	w := newWorld(t)
	yumi := w.alumna()
	_, err := w.transfer(1_000, yumi, nil, key("tr:1:1"))
	wantStripe(t, err, 400, invalidRequest, insufficient)
	_, err = w.stripe.Topups.New(&stripe.TopupParams{Amount: stripe.Int64(5_000), Currency: stripe.String("jpy")})
	w.must(err)
	_, err = w.transfer(1_000, yumi, nil, key("tr:1:1"))
	wantStripe(t, err, 400, invalidRequest, insufficient)
	_, err = w.transfer(1_000, yumi, nil, key("tr:1:2"))
	w.must(err)
}

func TestAMalformedRequestLeavesItsKeyFree(t *testing.T) {
	w := newWorld(t)
	yumi, ch := w.alumna(), w.charge(10_000)
	_, err := w.transfer(-1, yumi, ch, key("tr:1:1"))
	wantStripe(t, err, 400, invalidRequest, stripe.ErrorCodeParameterInvalidInteger)
	_, err = w.transfer(1_000, yumi, ch, key("tr:1:1"))
	w.must(err)
}

func TestAKeyIsForgottenAfterADay(t *testing.T) {
	w := newWorld(t)
	yumi, ch := w.alumna(), w.charge(10_000)
	_, err := w.transfer(1_000, yumi, ch, key("tr:1:1"))
	w.must(err)
	w.must(w.sim.Advance(24*time.Hour - time.Second))
	_, err = w.transfer(1_000, yumi, ch, key("tr:1:1"))
	w.must(err)
	if n := w.transfers(); n != 1 {
		t.Errorf("%d transfers within the day", n)
	}
	w.must(w.sim.Advance(time.Second))
	_, err = w.transfer(1_000, yumi, ch, key("tr:1:1"))
	w.must(err)
	if n := w.transfers(); n != 2 {
		t.Errorf("%d transfers after the day", n)
	}
}

func TestAKeyInUseIsAConflict(t *testing.T) {
	w := newWorld(t)
	yumi, ch := w.alumna(), w.charge(10_000)
	w.must(w.sim.PlanFault(stripesim.Fault{Kind: stripesim.Slow, PathPrefix: "/v1/transfers", Method: "POST", Delay: 10 * time.Second}))
	slow := make(chan error, 1)
	body := "amount=1000&currency=jpy&destination=" + yumi.ID + "&source_transaction=" + ch.ID
	send := func(ctx context.Context) (int, error) {
		req, _ := http.NewRequestWithContext(ctx, http.MethodPost, w.at+"/v1/transfers", strings.NewReader(body))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Idempotency-Key", "tr:1:1")
		req.SetBasicAuth(testKey, "")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, err
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		return resp.StatusCode, err
	}
	patient, hangUp := context.WithCancel(t.Context())
	go func() {
		_, err := send(patient)
		slow <- err
	}()
	for !strings.Contains(w.load(w.at+"/_stand-in"), "|tr:1:1") { // until the panel says that the key is in use
	}
	status, err := send(t.Context())
	w.must(err)
	if status != http.StatusConflict {
		t.Errorf("the second was answered %d", status)
	}
	hangUp() // a client that has gone does not stop what has begun
	if err := <-slow; err == nil {
		t.Error("the slow one was not cut")
	}
	for status = http.StatusConflict; status == http.StatusConflict; {
		status, err = send(t.Context())
		w.must(err)
	}
	if n := w.transfers(); status != http.StatusOK || n != 1 {
		t.Errorf("afterwards it was answered %d, and there are %d transfers", status, n)
	}
}

func TestFaultsHappenAsPlannedAndTheKeyFindsOut(t *testing.T) {
	for kind, want := range map[stripesim.FaultKind]struct{ happened, retried int }{
		stripesim.CutBefore:    {0, 1},
		stripesim.CutAfter:     {1, 1},
		stripesim.Error500:     {0, 0}, // stored: the retry is answered the same 500
		stripesim.HTML502:      {0, 1},
		stripesim.HTML502After: {1, 1},
		stripesim.TooMany:      {0, 1},
	} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t)
			yumi, ch := w.alumna(), w.charge(10_000)
			if status := w.control("faults", map[string]any{"method": "post", "path_prefix": "/v1/transfers", "kind": kind, "times": 1}); status != 200 {
				t.Fatalf("planning was answered %d", status)
			}
			_, err := w.transfer(1_000, yumi, ch, key("tr:1:1"))
			if err == nil {
				t.Fatal("it went well")
			}
			definitive := errors.As(err, new(*stripe.Error))
			if known := kind == stripesim.Error500 || kind == stripesim.TooMany; definitive != known {
				t.Errorf("the error is %T %v", err, err)
			}
			if n := w.transfers(); n != want.happened {
				t.Errorf("%d transfers, want %d", n, want.happened)
			}
			_, err = w.transfer(1_000, yumi, ch, key("tr:1:1"))
			if (err == nil) != (want.retried == 1) {
				t.Errorf("the retry: %v", err)
			}
			if n := w.transfers(); n != want.retried {
				t.Errorf("%d transfers after the retry, want %d", n, want.retried)
			}
		})
	}
}

func TestAFaultNeedsAKnownKind(t *testing.T) {
	w := newWorld(t)
	if w.sim.PlanFault(stripesim.Fault{Kind: "gremlins"}) == nil {
		t.Error("gremlins were planned")
	}
	if status := w.control("faults", map[string]any{"kind": "gremlins"}); status != 422 {
		t.Errorf("the panel answered %d", status)
	}
	w.must(w.sim.PlanFault(stripesim.Fault{Kind: stripesim.TooMany, Times: 5}))
	w.control("faults/clear", nil)
	w.wantBalance("", 0, 0)
}

func TestKeysCanBeForgottenAsAfterADay(t *testing.T) {
	w := newWorld(t)
	yumi, ch := w.alumna(), w.charge(10_000)
	_, err := w.transfer(1_000, yumi, ch, key("tr:1:1"))
	w.must(err)
	if status := w.control("keys", map[string]any{"action": "forget"}); status != http.StatusOK {
		t.Fatalf("answered %d", status)
	}
	_, err = w.transfer(1_000, yumi, ch, key("tr:1:1"))
	w.must(err)
	if n := w.transfers(); n != 2 {
		t.Errorf("%d transfers", n)
	}
}
