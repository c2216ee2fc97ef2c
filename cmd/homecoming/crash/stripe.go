package crash

import (
	"net/http"
	"net/http/httptest"
	"strings"
)

// Stripe stands in front of Stripe's handler and sees each request that changes something pass, there and back.
// The server it returns is the program's STRIPE_API_BASE.
func Stripe(stripe http.Handler, plug *Plug) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || !strings.HasPrefix(r.URL.Path, "/v1/") { // a person at a hosted page is not cut off
			stripe.ServeHTTP(w, r)
			return
		}
		if plug.pass(BeforeCall) {
			panic(http.ErrAbortHandler)
		}
		answer := httptest.NewRecorder()
		stripe.ServeHTTP(answer, r)
		if plug.pass(AfterCall) {
			panic(http.ErrAbortHandler)
		}
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}))
}
