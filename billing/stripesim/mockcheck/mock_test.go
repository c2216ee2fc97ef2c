package mockcheck

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// A checker that lets everything through would be worse than none.
func TestRequestsThatStripeDoesNotKnowAreFound(t *testing.T) {
	mock, err := Start()
	if err != nil {
		t.Skip("SKIP: ", err)
	}
	t.Cleanup(func() {
		if err := mock.Close(); err != nil {
			t.Error(err)
		}
	})
	const form = "application/x-www-form-urlencoded"
	for name, c := range map[string]struct {
		request Request
		fine    bool
	}{
		"a good transfer":   {Request{Method: "POST", Path: "/v1/transfers", ContentType: form, Body: "amount=1&currency=jpy&destination=acct_1"}, true},
		"unknown parameter": {Request{Method: "POST", Path: "/v1/transfers", ContentType: form, Body: "amount=1&currency=jpy&destination=acct_1&speed=9"}, false},
		"missing parameter": {Request{Method: "POST", Path: "/v1/transfers", ContentType: form, Body: "amount=1&currency=jpy"}, false},
		"wrong word":        {Request{Method: "POST", Path: "/v1/account_links", ContentType: form, Body: "account=acct_1&type=nonsense"}, false},
		"unknown filter":    {Request{Method: "GET", Path: "/v1/charges", Query: "colour=red"}, false},
		"a good list":       {Request{Method: "GET", Path: "/v1/charges", Query: "limit=3"}, true},
	} {
		if err := mock.try(c.request); (err == nil) != c.fine {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheRecorderPassesOnWhatItRemembers(t *testing.T) {
	t.Parallel()
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.PostFormValue("amount")
		w.WriteHeader(http.StatusTeapot)
	}))
	defer server.Close()
	recorder := &Recorder{}
	resp, err := (&http.Client{Transport: recorder}).PostForm(server.URL+"/v1/transfers?a=b", url.Values{"amount": {"7"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	all := recorder.Requests()
	if got != "7" || len(all) != 1 || all[0].Status != http.StatusTeapot || all[0].Body != "amount=7" || all[0].Query != "a=b" ||
		!strings.HasSuffix(all[0].Path, "/transfers") {
		t.Errorf("the server got %q, the recorder has %+v", got, all)
	}
}
