package crash

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
)

// Stripe stands in front of Stripe's handler and sees each request that changes something pass, there and back.
// The server it returns is the program's STRIPE_API_BASE. What the veil hides, the program does not get to see.
func Stripe(stripe http.Handler, plug *Plug, veil *Veil) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/v1/") { // a person at a hosted page is not cut off
			stripe.ServeHTTP(w, r)
			return
		}
		if r.Method == http.MethodGet {
			if !veil.hides(w, r) {
				stripe.ServeHTTP(w, r)
			}
			return
		}
		change(w, r, stripe, plug)
	}))
}

// change passes on a request that changes something.
func change(w http.ResponseWriter, r *http.Request, stripe http.Handler, plug *Plug) {
	path := r.URL.Path
	if plug.pass(BeforeCall, path) {
		panic(http.ErrAbortHandler)
	}
	plug.approach(path)
	answer, done := httptest.NewRecorder(), make(chan struct{})
	go func() {
		defer close(done)
		stripe.ServeHTTP(answer, r.WithContext(detached{r.Context()}))
	}()
	dead := plug.pass(DuringCall, path)
	<-done
	if dead || plug.pass(AfterCall, path) {
		panic(http.ErrAbortHandler)
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = fmt.Fprint(w, answer.Body)
}
