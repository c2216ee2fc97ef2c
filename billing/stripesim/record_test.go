package stripesim_test

import (
	"fmt"
	"net/http"
	"os"
	"testing"

	"homecoming/billing/stripesim/mockcheck"
)

// mock is stripe-mock, or nil where there is none to be had; then noMock says why.
var (
	mock   *mockcheck.Mock
	noMock error
)

func TestMain(m *testing.M) {
	if path := os.Getenv(childPath); path != "" {
		beChild(path)
	}
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

// record has every request that the stand-in accepts held against Stripe's own description when the
// test is over. What it refuses is left out: many tests send nonsense on purpose.
func (w *world) record(next http.RoundTripper) http.RoundTripper {
	recorder := &mockcheck.Recorder{Next: next}
	w.Cleanup(func() {
		if mock == nil {
			return
		}
		var accepted []mockcheck.Request
		for _, r := range recorder.Requests() {
			if r.Status == http.StatusOK {
				accepted = append(accepted, r)
			}
		}
		mock.Check(w.T, accepted)
	})
	return recorder
}
