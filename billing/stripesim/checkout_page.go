package stripesim

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What the bank says to each test card; any other number is not accepted.
var testCards = map[string]declineReason{
	"4242424242424242": {},
	"4000003920000003": {}, // Stripe's Japanese Visa
	"4000002760003184": {}, // asks for its owner whenever it is charged; here, on the page, they are there
	"4000000000000341": {}, // can be saved, and is declined when it is charged again
	"4000000000000002": {"generic_decline", "Your card was declined."},
	"4000000000009995": {"insufficient_funds", "Your card has insufficient funds."},
}

const (
	goodCard     = "4242 4242 4242 4242"
	declinedCard = "4000 0000 0000 0002"
)

type checkoutView struct {
	Session        checkoutSession
	Email, Expiry  string
	Good, Declined string
	Problem        string // the key of a text
}

func (s *Server) showCheckout(w http.ResponseWriter, r *http.Request) {
	session, ok := s.sessionFor(r)
	lang := languageOf(r, session.Locale)
	if !ok {
		showMessage(w, http.StatusNotFound, lang, "not_found", "")
		return
	}
	s.showSession(w, r, session, "")
}

// sessionFor returns the session in the path as it is by now.
func (s *Server) sessionFor(r *http.Request) (session checkoutSession, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.catchUp(); err != nil {
		s.log.Error("the Stripe stand-in cannot let time pass", "error", err)
	}
	return s.sessions.get(r.PathValue("session"))
}

func (s *Server) showSession(w http.ResponseWriter, r *http.Request, session checkoutSession, problem string) {
	lang := languageOf(r, session.Locale)
	switch session.Status {
	case "complete":
		showMessage(w, http.StatusOK, lang, "done", successURL(session))
	case "expired":
		showMessage(w, http.StatusGone, lang, "expired", string(session.CancelURL))
	default:
		status := http.StatusOK
		if problem != "" {
			status = http.StatusPaymentRequired
		}
		email := string(session.CustomerEmail)
		if email == "" {
			email = "finance@example.com"
		}
		expiry := time.Now().AddDate(3, 0, 0).Format("01 / 06")
		showPage(w, status, "checkout.html", lang, checkoutView{session, email, expiry, goodCard, declinedCard, problem})
	}
}

func successURL(s checkoutSession) string {
	return strings.ReplaceAll(string(s.SuccessURL), "{CHECKOUT_SESSION_ID}", s.ID)
}

func backToCheckout(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/_checkout/"+r.PathValue("session"), http.StatusSeeOther)
}

var errNotOpen = errors.New("the session is not open")

// payCheckout charges the card in the form. Pressing twice pays once: the second time only leads on.
func (s *Server) payCheckout(w http.ResponseWriter, r *http.Request) {
	with, problem := readCard(r, s.config.Clock())
	declined := testCards[with.Number]
	var session checkoutSession
	err := s.update(durable, func(t *tx) error {
		i, ok := t.sessions.at[r.PathValue("session")]
		if !ok {
			return errNotOpen
		}
		found := t.sessions.rows[i]
		if session = found.Body; session.Status != "open" || problem != "" {
			return errNotOpen
		}
		session = t.submit(found.Owner, session, with, declined)
		return nil
	})
	switch {
	case session.ID == "":
		showMessage(w, http.StatusNotFound, languageOf(r, ""), "not_found", "")
	case err != nil && !errors.Is(err, errNotOpen):
		http.Error(w, err.Error(), http.StatusInternalServerError)
	case session.Status == "complete":
		http.Redirect(w, r, successURL(session), http.StatusSeeOther)
	default:
		if declined.code == "insufficient_funds" {
			problem = "insufficient"
		} else if declined.code != "" {
			problem = "declined"
		}
		s.showSession(w, r, session, problem)
	}
}

// readCard reads the form and returns the key of what is wrong with it, if anything is.
func readCard(r *http.Request, now time.Time) (c card, problem string) {
	c = card{Number: digits(r.PostFormValue("number")), Email: r.PostFormValue("email"), Name: r.PostFormValue("name")}
	if _, ok := testCards[c.Number]; !ok {
		return c, "incorrect"
	}
	expiry := digits(r.PostFormValue("expiry"))
	if len(expiry) != 4 {
		return c, "expired_card"
	}
	month, _ := strconv.Atoi(expiry[:2])
	year, _ := strconv.Atoi(expiry[2:])
	c.ExpMonth, c.ExpYear = month, 2000+year
	if month < 1 || month > 12 || !now.Before(time.Date(c.ExpYear, time.Month(month)+1, 1, 0, 0, 0, 0, time.UTC)) {
		return c, "expired_card"
	}
	return c, ""
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// cancelCheckout leads back to where the customer came from. As with Stripe, the session stays open.
func (s *Server) cancelCheckout(w http.ResponseWriter, r *http.Request) {
	session, ok := s.sessionFor(r)
	switch {
	case !ok:
		showMessage(w, http.StatusNotFound, languageOf(r, ""), "not_found", "")
	case session.CancelURL == "":
		showMessage(w, http.StatusOK, languageOf(r, session.Locale), "no_cancel_target", "")
	default:
		http.Redirect(w, r, string(session.CancelURL), http.StatusSeeOther)
	}
}
