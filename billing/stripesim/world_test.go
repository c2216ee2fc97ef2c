package stripesim_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"

	"homecoming/billing/stripesim"
)

const (
	testKey   = "sk_test_of_the_stand_in"
	ourSecret = "whsec_platform"
	itsSecret = "whsec_connect"
)

// monday is when every test begins: a Monday morning, so that weekly payouts on Friday are four days off.
var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// A world is one stand-in with stripe-go pointed at it. After every call it checks that balances are the sums of their
// transactions.
type world struct {
	*testing.T
	sim    *stripesim.Server
	stripe *client.API
	at     string // the stand-in's address
	sums   *balanceCheck
}

func newWorld(t *testing.T, adjust ...func(*stripesim.Config)) *world {
	t.Helper()
	t.Parallel()
	config := stripesim.Config{SecretKey: testKey, Clock: func() time.Time { return monday }}
	for _, a := range adjust {
		a(&config)
	}
	return openWorld(t, config)
}

func openWorld(t *testing.T, config stripesim.Config) *world {
	t.Helper()
	sim, err := stripesim.Open(config)
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
	w := &world{T: t, sim: sim, at: sim.URL(), sums: &balanceCheck{T: t, at: sim.URL()}}
	w.stripe = w.client(w.record(w.sums))
	return w
}

// client returns a stripe-go client that does not retry by itself, so that every failure is seen.
func (w *world) client(transport http.RoundTripper) *client.API {
	backend := func() stripe.Backend {
		return stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{URL: stripe.String(w.at), MaxNetworkRetries: stripe.Int64(0),
			LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}, HTTPClient: &http.Client{Transport: transport}})
	}
	api := &client.API{}
	api.Init(testKey, &stripe.Backends{API: backend(), Connect: backend(), Uploads: backend()})
	return api
}

// checkout opens a session for the amount in yen, as the product does.
func (w *world) checkout(amount int64, adjust ...func(*stripe.CheckoutSessionParams)) *stripe.CheckoutSession {
	w.Helper()
	p := &stripe.CheckoutSessionParams{
		Mode: stripe.String("payment"), SuccessURL: stripe.String("http://product.test/paid?session={CHECKOUT_SESSION_ID}"),
		CancelURL: stripe.String("http://product.test/back"), ClientReferenceID: stripe.String("ms_1"),
		LineItems: []*stripe.CheckoutSessionLineItemParams{{Quantity: stripe.Int64(1), PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
			Currency: stripe.String("jpy"), UnitAmount: stripe.Int64(amount),
			ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String("決算 2026")}}}},
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{TransferGroup: stripe.String("ms_1"),
			Metadata: map[string]string{"milestone": "1"}},
	}
	for _, a := range adjust {
		a(p)
	}
	s, err := w.stripe.CheckoutSessions.New(p)
	w.must(err)
	return s
}

// pay does what a person does who presses the first button of the page, and returns where it led.
func (w *world) pay(s *stripe.CheckoutSession) string {
	w.Helper()
	return w.press(s.URL, 0).Header.Get("Location")
}

// charge makes a paid charge of the amount in yen.
func (w *world) charge(amount int64) *stripe.Charge {
	w.Helper()
	s := w.checkout(amount)
	w.pay(s)
	s, err := w.stripe.CheckoutSessions.Get(s.ID, &stripe.CheckoutSessionParams{Expand: []*string{stripe.String("payment_intent.latest_charge.balance_transaction")}})
	w.must(err)
	return s.PaymentIntent.LatestCharge
}

// alumna makes an account that has been onboarded by pressing the first button of its page.
func (w *world) alumna() *stripe.Account {
	w.Helper()
	a, err := w.stripe.Accounts.New(&stripe.AccountParams{Type: stripe.String("express"), Country: stripe.String("JP"), Email: stripe.String("yumi@example.com"),
		Capabilities: &stripe.AccountCapabilitiesParams{Transfers: &stripe.AccountCapabilitiesTransfersParams{Requested: stripe.Bool(true)}}})
	w.must(err)
	l := w.accountLink(a.ID)
	w.press(l.URL, 0)
	a, err = w.stripe.Accounts.GetByID(a.ID, nil)
	w.must(err)
	return a
}

func (w *world) accountLink(account string) *stripe.AccountLink {
	w.Helper()
	l, err := w.stripe.AccountLinks.New(&stripe.AccountLinkParams{Account: &account, Type: stripe.String("account_onboarding"),
		RefreshURL: stripe.String("http://product.test/again"), ReturnURL: stripe.String("http://product.test/onboarded")})
	w.must(err)
	return l
}

// transfer sends the amount to the account out of the charge, or out of the balance where there is none.
func (w *world) transfer(amount int64, to *stripe.Account, from *stripe.Charge, adjust ...func(*stripe.TransferParams)) (*stripe.Transfer, error) {
	p := &stripe.TransferParams{Amount: &amount, Currency: stripe.String("jpy"), Destination: &to.ID, TransferGroup: stripe.String("ms_1"),
		Metadata: map[string]string{"operation": "1"}}
	if from != nil {
		p.SourceTransaction = &from.ID
	}
	for _, a := range adjust {
		a(p)
	}
	return w.stripe.Transfers.New(p)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// days moves the clock.
func (w *world) days(n int) {
	w.Helper()
	w.must(w.sim.Advance(time.Duration(n) * 24 * time.Hour))
	w.sums.check()
}

// balance returns the account's balance in yen; the empty account is the platform.
func (w *world) balance(account string) (available, pending int64) {
	w.Helper()
	b, err := w.stripe.Balance.Get(&stripe.BalanceParams{Params: on(account)})
	w.must(err)
	return b.Available[0].Amount, b.Pending[0].Amount
}

func on(account string) (p stripe.Params) {
	if account != "" {
		p.SetStripeAccount(account)
	}
	return p
}

func listOn(account string) (p stripe.ListParams) {
	if account != "" {
		p.SetStripeAccount(account)
	}
	return p
}

// wantStripe fails unless the error is Stripe's with this status, type and code; it gives the error back.
func wantStripe(t *testing.T, err error, status int, kind stripe.ErrorType, code stripe.ErrorCode) *stripe.Error {
	t.Helper()
	var got *stripe.Error
	if !errors.As(err, &got) {
		t.Fatalf("got %v, want a Stripe error %d %s %s", err, status, kind, code)
	}
	if got.HTTPStatusCode != status || got.Type != kind || got.Code != code {
		t.Errorf("got %d %s %q (%s), want %d %s %q", got.HTTPStatusCode, got.Type, got.Code, got.Msg, status, kind, code)
	}
	if got.RequestID == "" {
		t.Error("the error has no request id")
	}
	return got
}

var (
	formPattern  = regexp.MustCompile(`(?s)<form method="post" action="([^"]+)".*?</form>`)
	inputPattern = regexp.MustCompile(`<input[^>]*name="([^"]+)"[^>]*>`)
	valuePattern = regexp.MustCompile(`value="([^"]*)"`)
)

// press loads the page and posts its n-th form as it stands.
func (w *world) press(page string, n int) *http.Response {
	w.Helper()
	body := w.load(page)
	forms := formPattern.FindAllStringSubmatch(body, -1)
	if len(forms) <= n {
		w.Fatalf("the page at %s has %d forms, want form %d:\n%s", page, len(forms), n, body)
	}
	values := url.Values{}
	for _, input := range inputPattern.FindAllStringSubmatch(forms[n][0], -1) {
		if v := valuePattern.FindStringSubmatch(input[0]); v != nil {
			values.Set(input[1], v[1])
		}
	}
	return w.submit(w.at+forms[n][1], values)
}

func (w *world) load(page string) string {
	w.Helper()
	resp, err := http.Get(page)
	w.must(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	w.must(err)
	return string(body)
}

var noRedirect = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (w *world) submit(address string, values url.Values) *http.Response {
	w.Helper()
	resp, err := noRedirect.PostForm(address, values)
	w.must(err)
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	w.sums.check()
	return resp
}

// control gives the control panel a command as JSON and returns its status.
func (w *world) control(name string, fields map[string]any) int {
	w.Helper()
	raw, err := json.Marshal(fields)
	w.must(err)
	resp, err := http.Post(w.at+"/_stand-in/"+name, "application/json", strings.NewReader(string(raw)))
	w.must(err)
	resp.Body.Close()
	w.sums.check()
	return resp.StatusCode
}

// A balanceCheck is a transport that holds, after every call, every account's balance against the sum of its transactions.
type balanceCheck struct {
	*testing.T
	at string
	mu sync.Mutex
}

func (b *balanceCheck) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	b.check()
	return resp, err
}

func (b *balanceCheck) check() {
	b.mu.Lock()
	defer b.mu.Unlock()
	var accounts struct{ Data []struct{ ID string } }
	b.get("/v1/accounts?limit=100", "", &accounts)
	owners := []string{""}
	for _, a := range accounts.Data {
		owners = append(owners, a.ID)
	}
	for _, owner := range owners {
		b.checkOne(owner)
	}
}

type pot []struct {
	Amount   int64
	Currency string
}

func (p pot) in(currency string) (sum int64) {
	for _, a := range p {
		if a.Currency == currency {
			sum += a.Amount
		}
	}
	return sum
}

// checkOne reads the transactions page by page over the wire, as anybody could.
func (b *balanceCheck) checkOne(owner string) {
	var balance struct{ Available, Pending pot }
	b.get("/v1/balance", owner, &balance)
	sums := map[string]int64{}
	for after := ""; ; {
		var page struct {
			HasMore bool `json:"has_more"`
			Data    []struct {
				ID, Status       string
				Amount, Fee, Net int64
			}
		}
		b.get("/v1/balance_transactions?limit=100"+after, owner, &page)
		for _, tx := range page.Data {
			if tx.Net != tx.Amount-tx.Fee {
				b.Errorf("%s: net %d is not %d − %d", tx.ID, tx.Net, tx.Amount, tx.Fee)
			}
			sums[tx.Status] += tx.Net
			after = "&starting_after=" + tx.ID
		}
		if !page.HasMore {
			break
		}
	}
	if a, p := balance.Available.in("jpy"), balance.Pending.in("jpy"); a != sums["available"] || p != sums["pending"] {
		b.Errorf("account %q: balance is %d available and %d pending, its transactions sum to %d and %d", owner, a, p, sums["available"], sums["pending"])
	}
}

func (b *balanceCheck) get(path, account string, into any) {
	req, _ := http.NewRequest(http.MethodGet, b.at+path, nil)
	req.SetBasicAuth(testKey, "")
	if account != "" {
		req.Header.Set("Stripe-Account", account)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		b.Error(err)
		return
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		b.Error(err)
	}
}

// An inbox is a webhook endpoint that keeps what it is sent, and answers as it is told.
type inbox struct {
	*httptest.Server
	mu     sync.Mutex
	got    []letter
	answer func(n int) int // the status for the n-th letter
}

type letter struct {
	body      []byte
	signature string
}

func newInbox(t *testing.T) *inbox {
	in := &inbox{answer: func(int) int { return http.StatusOK }}
	in.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		in.mu.Lock()
		defer in.mu.Unlock()
		w.WriteHeader(in.answer(len(in.got)))
		in.got = append(in.got, letter{body, r.Header.Get("Stripe-Signature")})
	}))
	t.Cleanup(in.Close)
	return in
}

func (in *inbox) letters() []letter {
	in.mu.Lock()
	defer in.mu.Unlock()
	return append([]letter(nil), in.got...)
}

// delivered waits until nothing is in the post any more.
func (w *world) delivered() {
	w.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	w.must(w.sim.WaitIdle(ctx))
}
