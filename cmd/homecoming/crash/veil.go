package crash

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
)

// A Veil hides things at Stripe from the program. The zero Veil hides nothing; so does nil.
type Veil struct {
	Events  atomic.Bool // asking what has happened fails
	LookUps atomic.Bool // the lists in which an operation is looked up are empty, as if nobody had looked
}

// lookUps are the lists that the program looks for its own operations in.
var lookUps = []string{"/v1/transfers", "/v1/refunds", "/v1/checkout/sessions", "/v1/accounts"}

// hides answers in Stripe's place, or reports that nothing is hidden.
func (v *Veil) hides(w http.ResponseWriter, r *http.Request) bool {
	if v == nil {
		return false
	}
	if v.Events.Load() && r.URL.Path == "/v1/events" {
		http.Error(w, "<html>502 Bad Gateway</html>", http.StatusBadGateway)
		return true
	}
	if !v.LookUps.Load() || !isLookUp(r.URL.Path) {
		return false
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"object":"list","data":[],"has_more":false,"url":%q}`, r.URL.Path)
	return true
}

func isLookUp(path string) bool {
	for _, l := range lookUps {
		if path == l {
			return true
		}
	}
	return strings.HasSuffix(path, "/reversals")
}

// detached is a request's context without its end: what has reached Stripe goes on when the client is dead.
type detached struct{ context.Context }

// Done never comes.
func (detached) Done() <-chan struct{} { return nil }

// Err is always nil.
func (detached) Err() error { return nil }
