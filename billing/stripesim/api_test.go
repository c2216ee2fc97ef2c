package stripesim_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76"

	"homecoming/billing/stripesim"
)

// ask makes a plain request of the API.
func (w *world) ask(method, path string, header map[string]string) (int, string) {
	w.Helper()
	req, err := http.NewRequest(method, w.at+path, nil)
	w.must(err)
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	w.must(err)
	defer resp.Body.Close()
	return resp.StatusCode, read(w.T, resp.Body)
}

func TestOnlyTheRightKeyOpensTheAPI(t *testing.T) {
	w := newWorld(t)
	for header, want := range map[string]int{"": 401, "Bearer ": 401, "Bearer sk_test_of_somebody_else": 401, "Bearer " + testKey: 200, "Basic bm9ib2R5Og==": 401} {
		status, body := w.ask("GET", "/v1/balance", map[string]string{"Authorization": header})
		if status != want || strings.Contains(body, "somebody_else") {
			t.Errorf("%q was answered %d %s", header, status, body)
		}
	}
}

func TestOtherVersionsAndUnknownAddressesAreRefused(t *testing.T) {
	w := newWorld(t)
	auth := map[string]string{"Authorization": "Bearer " + testKey, "Stripe-Version": "2020-08-27"}
	if status, _ := w.ask("GET", "/v1/balance", auth); status != 400 {
		t.Errorf("another version was answered %d", status)
	}
	delete(auth, "Stripe-Version")
	for _, path := range []string{"/v1/coupons", "/v1/charges/ch_1/capture", "/v1/"} {
		if status, body := w.ask("POST", path, auth); status != 404 || !strings.Contains(body, "Unrecognized request URL") {
			t.Errorf("%s was answered %d %s", path, status, body)
		}
	}
}

func TestALiveKeyIsNeverTaken(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", "sk_live_0123456789"} {
		if s, err := stripesim.Open(stripesim.Config{SecretKey: key}); err == nil {
			s.Close()
			t.Errorf("%q was taken", key)
		}
	}
}

func TestListsAreReadPageByPageInBothDirections(t *testing.T) {
	w := newWorld(t)
	var made []string // newest first
	for i := range 7 {
		tu, err := w.stripe.Topups.New(&stripe.TopupParams{Amount: stripe.Int64(int64(100 + i)), Currency: stripe.String("jpy")})
		w.must(err)
		made = slices.Insert(made, 0, tu.ID)
	}
	for _, limit := range []int64{1, 2, 3, 7, 100} {
		p := &stripe.TopupListParams{}
		p.Limit = &limit
		if got := w.ids(p); !slices.Equal(got, made) {
			t.Errorf("by %d: %v, want %v", limit, got, made)
		}
		back := &stripe.TopupListParams{}
		back.Limit, back.EndingBefore = &limit, &made[6]
		got := w.ids(back)
		slices.Reverse(got) // stripe-go walks backwards through each page
		if !slices.Equal(got, made[:6]) {
			t.Errorf("backwards by %d: %v, want %v", limit, got, made[:6])
		}
	}
	for _, query := range []string{"limit=0", "limit=101", "limit=x", "starting_after=tu_no", "ending_before=tu_no", "created[gte]=x", "colour=red"} {
		status, body := w.ask("GET", "/v1/topups?"+query, map[string]string{"Authorization": "Bearer " + testKey})
		if status != 400 || !strings.Contains(body, "invalid_request_error") {
			t.Errorf("%s was answered %d %s", query, status, body)
		}
	}
}

func (w *world) ids(p *stripe.TopupListParams) (out []string) {
	w.Helper()
	i := w.stripe.Topups.List(p)
	for i.Next() {
		out = append(out, i.Topup().ID)
	}
	w.must(i.Err())
	return out
}

// TestAListThatBreaksOffSaysSo is about the trap that stripe-go's iterators stop silently.
func TestAListThatBreaksOffSaysSo(t *testing.T) {
	w := newWorld(t)
	for range 5 {
		_, err := w.stripe.Topups.New(&stripe.TopupParams{Amount: stripe.Int64(100), Currency: stripe.String("jpy")})
		w.must(err)
	}
	p := &stripe.TopupListParams{}
	p.Limit = stripe.Int64(2)
	i := w.stripe.Topups.List(p)
	n := 0
	for i.Next() {
		if n++; n == 2 {
			w.must(w.sim.PlanFault(stripesim.Fault{Kind: stripesim.HTML502, PathPrefix: "/v1/topups"}))
		}
	}
	if n != 2 || i.Err() == nil {
		t.Errorf("%d came, and the error is %v", n, i.Err())
	}
}

func TestTransactionsAreFilteredAndExpanded(t *testing.T) {
	w := newWorld(t)
	yumi, ch := w.alumna(), w.charge(10_000)
	tr, err := w.transfer(1_000, yumi, ch)
	w.must(err)
	w.days(1)
	_, err = w.stripe.Topups.New(&stripe.TopupParams{Amount: stripe.Int64(500), Currency: stripe.String("jpy")})
	w.must(err)
	for name, c := range map[string]struct {
		params stripe.BalanceTransactionListParams
		want   []string
	}{
		"all":    {stripe.BalanceTransactionListParams{}, []string{"topup", "transfer", "charge"}},
		"type":   {stripe.BalanceTransactionListParams{Type: stripe.String("charge")}, []string{"charge"}},
		"source": {stripe.BalanceTransactionListParams{Source: &tr.ID}, []string{"transfer"}},
		"since":  {stripe.BalanceTransactionListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: monday.Unix() + 1}}, []string{"topup"}},
	} {
		var got []string
		i := w.stripe.BalanceTransactions.List(&c.params)
		for i.Next() {
			got = append(got, string(i.BalanceTransaction().Type))
		}
		w.must(i.Err())
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	p := &stripe.BalanceTransactionListParams{Type: stripe.String("charge")}
	p.AddExpand("data.source")
	i := w.stripe.BalanceTransactions.List(p)
	if !i.Next() || i.BalanceTransaction().Source.Charge == nil || i.BalanceTransaction().Source.Charge.Metadata["milestone"] != "1" {
		t.Errorf("the source is %+v", i.BalanceTransaction().Source)
	}
	one, err := w.stripe.BalanceTransactions.Get(tr.BalanceTransaction.ID, &stripe.BalanceTransactionParams{Expand: []*string{stripe.String("source")}})
	w.must(err)
	if one.Source.Transfer == nil || one.Source.Transfer.Destination.ID != yumi.ID || one.ReportingCategory != "transfer" {
		t.Errorf("the transfer's transaction is %+v", one)
	}
}

func TestThePanelShowsTheStateAndTakesForms(t *testing.T) {
	w := newWorld(t)
	yumi := w.alumna()
	s := w.checkout(5_000)
	status, body := w.ask("GET", "/_stand-in", map[string]string{"Accept": "text/html"})
	if status != 200 || !strings.Contains(body, yumi.ID) || !strings.Contains(body, "/_checkout/"+s.ID) || foreign.MatchString(body) {
		t.Errorf("the panel answered %d\n%s", status, body)
	}
	resp := w.submit(w.at+"/_stand-in/topups", map[string][]string{"amount": {"700"}})
	if resp.StatusCode != http.StatusOK {
		t.Errorf("a form was answered %d", resp.StatusCode)
	}
	w.wantBalance("", 700, 0)
	if _, body = w.ask("GET", "/_stand-in", nil); !strings.Contains(body, fmt.Sprintf("%q: 700", "jpy")) {
		t.Errorf("the panel's JSON is %s", body)
	}
}
