package stripe_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/billing/stripe"
	"homecoming/billing/stripesim"
)

func account() billing.AccountOrder {
	return billing.AccountOrder{Operation: uuid.New(), Person: uuid.New(), Email: "yumi@alumni.test"}
}

func TestAFaultIsUnknownUnlessItCertainlyDidNotHappen(t *testing.T) {
	t.Parallel()
	for kind, want := range map[stripesim.FaultKind]error{
		stripesim.CutBefore: billing.ErrUnknown, stripesim.CutAfter: billing.ErrUnknown, stripesim.Error500: billing.ErrUnknown,
		stripesim.HTML502: billing.ErrUnknown, stripesim.HTML502After: billing.ErrUnknown, stripesim.TooMany: billing.ErrBusy,
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			sim, g, _ := standIn(t)
			if err := sim.PlanFault(stripesim.Fault{Method: "POST", PathPrefix: "/v1/accounts", Kind: kind}); err != nil {
				t.Fatal(err)
			}
			if _, err := g.CreateAccount(context.Background(), "k", account()); !errors.Is(err, want) {
				t.Fatalf("got %v, want %v", err, want)
			}
		})
	}
}

func TestAStoredFailureIsARefusalTheSecondTime(t *testing.T) {
	t.Parallel()
	sim, g, _ := standIn(t)
	if err := sim.PlanFault(stripesim.Fault{Method: "POST", Kind: stripesim.Error500}); err != nil {
		t.Fatal(err)
	}
	order := account()
	if _, err := g.CreateAccount(context.Background(), "k", order); !errors.Is(err, billing.ErrUnknown) {
		t.Fatal(err)
	}
	var no *billing.Refusal
	if _, err := g.CreateAccount(context.Background(), "k", order); !errors.As(err, &no) || no.Code != "stored_failure" {
		t.Fatalf("the same key again: %v", err)
	}
	if _, err := g.CreateAccount(context.Background(), "another key", order); err != nil {
		t.Fatal(err)
	}
}

func TestAListThatIsCutShortIsNoEmptyList(t *testing.T) {
	t.Parallel()
	sim, g, at := standIn(t)
	if err := sim.PlanFault(stripesim.Fault{Method: "GET", Kind: stripesim.HTML502, Times: 10}); err != nil {
		t.Fatal(err)
	}
	ctx, now := context.Background(), at.Now()
	_, page := g.FindCheckout(ctx, uuid.New(), now)
	_, transfer := g.FindTransfer(ctx, uuid.New(), uuid.New())
	_, refund := g.FindRefund(ctx, "ch_1", uuid.New())
	_, acc := g.FindAccount(ctx, uuid.New(), now)
	var balance, events error
	for _, balance = range g.BalanceTransactions(ctx, now, time.Time{}) {
	}
	for _, events = range g.Events(ctx, "", now) {
	}
	for i, err := range []error{page, transfer, refund, acc, balance, events} {
		if !errors.Is(err, billing.ErrUnknown) {
			t.Errorf("list %d: %v", i, err)
		}
	}
}

func TestAListOfManyPagesIsWalkedToItsEnd(t *testing.T) {
	t.Parallel()
	_, g, at := standIn(t)
	first := account()
	for i := range 120 {
		order := account()
		if i == 0 {
			order = first
		}
		if _, err := g.CreateAccount(context.Background(), fmt.Sprint(i), order); err != nil {
			t.Fatal(err)
		}
	}
	if a, err := g.FindAccount(context.Background(), first.Operation, at.Now()); err != nil || a.Operation != first.Operation {
		t.Fatalf("the oldest of 120: %+v, %v", a, err)
	}
}

func TestAProviderThatIsNotThereIsBusyAndAWrongKeyToo(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	nobody, err := stripe.New(stripe.Config{Key: key, APIBase: gone.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := nobody.CreateAccount(context.Background(), "k", account()); !errors.Is(err, billing.ErrBusy) {
		t.Errorf("nobody listens: %v", err)
	}
	sim, _, _ := standIn(t)
	stranger, err := stripe.New(stripe.Config{Key: "sk_test_of_somebody_else", APIBase: sim.URL()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stranger.CreateAccount(context.Background(), "k", account()); !errors.Is(err, billing.ErrBusy) {
		t.Errorf("a wrong key: %v", err)
	}
}

func TestRequestsKeepToStripesRate(t *testing.T) {
	t.Parallel()
	sim, _, _ := standIn(t)
	slow, err := stripe.New(stripe.Config{Key: key, APIBase: sim.URL(), PerSecond: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if _, err := slow.CreateAccount(ctx, "1", account()); err != nil {
		t.Fatal(err)
	}
	if _, err := slow.CreateAccount(ctx, "2", account()); !errors.Is(err, billing.ErrBusy) {
		t.Fatalf("the second within a second: %v", err)
	}
}

func TestAGatewayWithoutAKeyIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := stripe.New(stripe.Config{}); err == nil {
		t.Fatal("made without a key")
	}
}
