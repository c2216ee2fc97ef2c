package stripesim

import (
	"errors"
	"net/http"
	"strings"
)

var errLinkGone = errors.New("the account link is used up")

// linkFor returns the link in the address with its account, if it still works.
func (t *tx) linkFor(r *http.Request) (l accountLink, a account, err error) {
	l, ok := t.links.get(r.FormValue("link"))
	if !ok || l.Account != r.PathValue("account") {
		return accountLink{}, a, errLinkGone
	}
	if a, ok = t.accounts.get(l.Account); !ok || l.Used || t.now.Unix() >= l.ExpiresAt {
		return l, a, errLinkGone
	}
	return l, a, nil
}

func (s *Server) showOnboarding(w http.ResponseWriter, r *http.Request) {
	var l accountLink
	var a account
	err := s.update(durable, func(t *tx) (err error) {
		l, a, err = t.linkFor(r)
		return err
	})
	if err != nil {
		linkGone(w, r, l, err)
		return
	}
	showPage(w, http.StatusOK, "onboarding.html", languageOf(r, ""), map[string]any{"Account": a, "Link": l})
}

// linkGone does what Stripe does with a link that no longer works: it sends the person to refresh_url, to be given another.
func linkGone(w http.ResponseWriter, r *http.Request, l accountLink, err error) {
	switch {
	case !errors.Is(err, errLinkGone):
		http.Error(w, err.Error(), http.StatusInternalServerError)
	case l.RefreshURL != "":
		http.Redirect(w, r, l.RefreshURL, http.StatusSeeOther)
	default:
		showMessage(w, http.StatusNotFound, languageOf(r, ""), "onboard_gone", "")
	}
}

// finishOnboarding completes the account with the first form, or leaves it as it is with the second; either way back to the product.
func (s *Server) finishOnboarding(w http.ResponseWriter, r *http.Request) {
	var l accountLink
	err := s.update(durable, func(t *tx) error {
		link, a, err := t.linkFor(r)
		if l = link; err != nil {
			return err
		}
		link.Used = true
		t.links.put(t, link.Account, link)
		if r.PostFormValue("later") == "" {
			t.onboard(a, strings.TrimSpace(r.PostFormValue("family_name")+" "+r.PostFormValue("given_name")))
		}
		return nil
	})
	if err != nil {
		linkGone(w, r, l, err)
		return
	}
	http.Redirect(w, r, l.ReturnURL, http.StatusSeeOther)
}
