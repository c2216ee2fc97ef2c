package stripesim

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// An overview is the state that the control panel shows, newest things first.
type overview struct {
	Now       time.Time          `json:"now"`
	NextDue   *time.Time         `json:"next_due"`
	Balances  []accountOverview  `json:"balances"`
	Sessions  []checkoutSession  `json:"open_sessions"`
	Customers []customerOverview `json:"customers"`
	Disputes  []dispute          `json:"open_disputes"`
	Faults    []Fault            `json:"faults"`
	Held      bool               `json:"events_held"`
	Waiting   int                `json:"events_waiting"`
	Mail      []mailOverview     `json:"deliveries"`
	Requests  []logged           `json:"requests"`
	Running   []string           `json:"keys_in_use"` // account and idempotency key of requests being executed
}

type accountOverview struct {
	Account   string           `json:"account"` // empty for the platform
	Email     string           `json:"email"`
	Transfers string           `json:"transfers"` // state of the capability
	Available map[string]int64 `json:"available"`
	Pending   map[string]int64 `json:"pending"`
}

// A customerOverview is a customer with its cash balance, the transfers that came in, and what it is asked to send.
type customerOverview struct {
	Customer string            `json:"customer"`
	Name     string            `json:"name"`
	Number   string            `json:"account_number"`
	Cash     map[string]int64  `json:"cash"`
	Arrived  []cashTransaction `json:"arrived"`
	Awaited  []paymentIntent   `json:"awaited"`
}

// customersOverview is every customer, newest first.
func (s *Server) customersOverview() (out []customerOverview) {
	for _, r := range slices.Backward(s.customers.rows) {
		if len(out) == longestLog {
			return out
		}
		cu := customerOverview{Customer: r.Body.ID, Name: string(r.Body.Name), Number: r.Body.Number, Cash: r.Body.Cash}
		for _, ct := range slices.Backward(s.cash.rows) {
			if ct.Body.Customer == cu.Customer && ct.Body.Type == "funded" && !ct.Body.Reversed && len(cu.Arrived) < 5 {
				cu.Arrived = append(cu.Arrived, ct.Body)
			}
		}
		for _, pi := range s.intents.all() {
			if string(pi.Customer) == cu.Customer && pi.awaitsTransfer() {
				cu.Awaited = append(cu.Awaited, *pi)
			}
		}
		out = append(out, cu)
	}
	return out
}

type mailOverview struct {
	delivery
	Type string `json:"type"`
}

func (s *Server) overview() overview {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := overview{Now: s.now(), Faults: s.faults.left(), Held: s.held, Waiting: s.waiting(), Requests: s.recent,
		Running: slices.Sorted(maps.Keys(s.running))}
	if !s.due.IsZero() {
		next := s.due
		o.NextDue = &next
	}
	o.Disputes, o.Customers = s.openDisputes(), s.customersOverview()
	sheet := s.balance(platform)
	o.Balances = append(o.Balances, accountOverview{Available: sheet.Available, Pending: sheet.Pending})
	for _, r := range slices.Backward(s.accounts.rows) {
		sheet := s.balance(r.Body.ID)
		o.Balances = append(o.Balances, accountOverview{r.Body.ID, string(r.Body.Email), r.Body.Capabilities["transfers"], sheet.Available, sheet.Pending})
	}
	for _, r := range slices.Backward(s.sessions.rows) {
		if r.Body.Status == "open" && len(o.Sessions) < longestLog {
			o.Sessions = append(o.Sessions, r.Body)
		}
	}
	for _, r := range s.mail.rows[max(0, len(s.mail.rows)-longestLog):] {
		e, _ := s.events.get(r.Body.Event)
		o.Mail = append([]mailOverview{{r.Body, e.Type}}, o.Mail...)
	}
	return o
}

func (s *Server) showPanel(w http.ResponseWriter, r *http.Request) {
	o := s.overview()
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		send(w, newID("req_"), jsonAnswer(http.StatusOK, o))
		return
	}
	showPage(w, http.StatusOK, "panel.html", "en", map[string]any{"O": o, "Kinds": faultKinds, "Config": map[string]string{
		"Platform": s.config.PlatformWebhook.URL, "Connect": s.config.ConnectWebhook.URL}})
}
