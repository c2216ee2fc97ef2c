package stripe_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"homecoming/billing"
	"homecoming/billing/gatewaytest"
	"homecoming/billing/stripe"
	"homecoming/billing/stripesim"
	"homecoming/billing/stripesim/mockcheck"
	"homecoming/internal/clock"
)

const key = "sk_test_of_the_stand_in"

var secrets = map[billing.Endpoint]string{billing.PlatformEndpoint: "whsec_platform", billing.ConnectEndpoint: "whsec_connect"}

// mock is stripe-mock, or nil where there is none to be had; then noMock says why.
var (
	mock   *mockcheck.Mock
	noMock error
)

func TestMain(m *testing.M) {
	if mock, noMock = mockcheck.Start(); noMock != nil {
		fmt.Println("SKIP of all checks against stripe-mock:", noMock)
	}
	code := m.Run()
	if mock != nil {
		if err := mock.Close(); err != nil {
			fmt.Println(err)
			code = 1
		}
	}
	os.Exit(code)
}

func TestStripeMockIsThereToCheckAgainst(t *testing.T) {
	if noMock != nil {
		t.Skip("SKIP: ", noMock)
	}
}

// standIn is a fresh stand-in whose every accepted request is held against Stripe's own description afterwards.
func standIn(t *testing.T) (*stripesim.Server, billing.Gateway, *clock.Fixed) {
	t.Helper()
	at := clock.At(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	sim, err := stripesim.Open(stripesim.Config{SecretKey: key, Clock: at.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	recorder := &mockcheck.Recorder{}
	t.Cleanup(func() {
		if mock == nil {
			return
		}
		var accepted []mockcheck.Request
		for _, r := range recorder.Requests() {
			if r.Status == http.StatusOK {
				accepted = append(accepted, r)
			}
		}
		mock.Check(t, accepted)
	})
	g, err := stripe.New(stripe.Config{Key: key, APIBase: sim.URL(), WebhookSecret: secrets[billing.PlatformEndpoint],
		ConnectWebhookSecret: secrets[billing.ConnectEndpoint], Transport: recorder, PerSecond: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return sim, g, at
}

func TestTheStandInBehindOurClientBehavesAsAProviderDoes(t *testing.T) {
	gatewaytest.Run(t, func(t *testing.T) gatewaytest.Provider {
		sim, g, at := standIn(t)
		return gatewaytest.Provider{Gateway: g, Now: at.Now,
			Pay:     func(page string) { gatewaytest.Press(t, page) },
			Onboard: func(page string) { gatewaytest.Press(t, page) },
			Advance: func(d time.Duration) {
				at.Advance(d)
				if err := sim.Advance(0); err != nil {
					t.Fatal(err)
				}
			},
			Send: func(to billing.VirtualAccount, amount int64, reference string) string {
				id, err := sim.SendBankTransfer(stripesim.BankTransfer{Customer: to.Number, Amount: amount, Reference: reference, Sender: "カ）アオイ"})
				if err != nil {
					t.Fatal(err)
				}
				return id
			},
			TakeBack: func(movement string) {
				if err := sim.ReverseBankTransfer(movement); err != nil {
					t.Fatal(err)
				}
			},
			Sign: func(payload []byte, at time.Time, from billing.Endpoint) string {
				mac := hmac.New(sha256.New, []byte(secrets[from]))
				fmt.Fprintf(mac, "%d.%s", at.Unix(), payload)
				return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
			}}
	})
}
