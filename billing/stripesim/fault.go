package stripesim

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// A FaultKind says how a request goes wrong.
type FaultKind string

// The ways in which a request can go wrong.
const (
	CutBefore     FaultKind = "cut_before"     // the connection is cut and nothing has happened
	CutAfter      FaultKind = "cut_after"      // it has happened, the answer is lost
	Error500      FaultKind = "500"            // Stripe's own failure: nothing has happened, and the 500 is stored with the key
	HTML502       FaultKind = "502_html"       // a proxy's page instead of JSON; nothing has happened
	HTML502After  FaultKind = "502_html_after" // a proxy's page instead of JSON; it has happened
	TooMany       FaultKind = "429"            // the rate limit; nothing has happened
	Slow          FaultKind = "slow"           // it happens after Delay; meanwhile its key is in use
	defaultDelay            = 2 * time.Second
	badGatewayDoc           = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center><h1>502 Bad Gateway</h1></center></body>\r\n</html>\r\n"
)

var faultKinds = []FaultKind{CutBefore, CutAfter, Error500, HTML502, HTML502After, TooMany, Slow}

// A Fault makes the next Times matching requests of the API go wrong.
type Fault struct {
	Method     string        `json:"method"`      // empty matches all
	PathPrefix string        `json:"path_prefix"` // such as /v1/transfers; empty matches all
	Kind       FaultKind     `json:"kind"`
	Times      int           `json:"times"` // zero means once
	Delay      time.Duration `json:"delay"` // for Slow; zero means two seconds
}

// A faultPlan holds the faults to come, in the order they were planned.
type faultPlan struct {
	mu   sync.Mutex
	plan []Fault
}

// PlanFault adds a fault to the plan, which is kept in memory only. It returns an error for a kind it does not know.
func (s *Server) PlanFault(f Fault) error {
	if !slices.Contains(faultKinds, f.Kind) {
		return fmt.Errorf("stripesim: no fault is called %q; there are %v", f.Kind, faultKinds)
	}
	f.Times = max(f.Times, 1)
	f.Method = strings.ToUpper(f.Method)
	if f.Delay == 0 {
		f.Delay = defaultDelay
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.plan = append(s.faults.plan, f)
	return nil
}

func (p *faultPlan) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plan = nil
}

func (p *faultPlan) left() []Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.plan)
}

// take returns the first fault planned for such a request, and uses it up by one.
func (p *faultPlan) take(method, path string) Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, f := range p.plan {
		if f.Method != "" && f.Method != method || !strings.HasPrefix(path, f.PathPrefix) {
			continue
		}
		if p.plan[i].Times--; p.plan[i].Times == 0 {
			p.plan = slices.Delete(p.plan, i, i+1)
		}
		return f
	}
	return Fault{}
}

// perform carries out the request, or lets it go wrong as planned.
func (s *Server) perform(in *incoming, h handler) answer {
	fault := s.faults.take(in.Method, in.URL.Path)
	switch fault.Kind {
	case CutBefore:
		return answer{cut: true}
	case HTML502:
		return badGateway()
	case TooMany:
		return errorAnswer(&apiError{Status: http.StatusTooManyRequests, Type: "invalid_request_error", Code: "rate_limit",
			Message: "Request rate limit exceeded."})
	case Error500:
		h = func(*call) (any, error) { return nil, failedAtStripe("An unknown error occurred.") }
	}
	replay, release, err := s.claim(in)
	if err != nil {
		return errorAnswer(err)
	}
	if replay != nil {
		return *replay
	}
	defer release()
	if fault.Kind == Slow {
		s.wait(in.Context(), fault.Delay)
	}
	a := s.execute(in, h)
	switch fault.Kind {
	case CutAfter:
		return answer{cut: true}
	case HTML502After:
		return badGateway()
	}
	return a
}

func badGateway() answer {
	return answer{status: http.StatusBadGateway, body: []byte(badGatewayDoc), header: http.Header{"Content-Type": {"text/html"}}}
}

// breakOff breaks the connection off in the middle of an answer. The few bytes matter: Go's transport silently repeats a request with
// an Idempotency-Key whose connection ends without any, and then nobody would notice the fault.
func breakOff(w http.ResponseWriter) {
	conn, out, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	fmt.Fprint(out, "HTTP/1.1 200 OK\r\nContent-")
	_ = out.Flush()
	_ = conn.Close()
}

// wait returns after d, or when the client has gone, or at Close.
func (s *Server) wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-s.stopped.Done():
	}
}
