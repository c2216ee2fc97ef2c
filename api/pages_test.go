package api_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"homecoming/api"
	"homecoming/api/access"
	"homecoming/api/web"
	"homecoming/market"
)

// form posts a form, or gets a page, as somebody. Tokens open pages as well; a browser would send its cookie.
func (w *world) form(who market.Actor, method, path string, fields url.Values) answer {
	w.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(fields.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if who.PersonID != uuid.Nil {
		r.Header.Set("Authorization", "Bearer "+w.token(who))
	}
	rec := httptest.NewRecorder()
	w.server.ServeHTTP(rec, r)
	return answer{rec, w}
}

// fields is a form that says a little of everything, so that what is asked about is found wrong only where it is not
// the asker's.
func (w *world) fields(of *tenant) url.Values {
	return url.Values{"title": {"Close the books"}, "skill": {"bookkeeping"}, "message": {"Here it is."}, "reason": {"No more."}, "amount": {"200000"},
		"rating": {"5"}, "version": {"1"}, "deliver_on": {w.Today().AddDays(5).String()}, "due_on": {w.Today().AddDays(5).String()},
		"only": {of.ids["members"]}, "member": {of.ids["members"]}, "membership_id": {of.ids["members"]}, "company": {of.ids["companies"]}, "company_id": {of.ids["companies"]}}
}

func TestEveryPageAdmitsWhomItPromisesAndNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	pages := web.Pages(web.Config{Market: w.Market, Matching: w.matching, Billing: w.billing, Clock: w.Clock})
	w.serve(api.Config{Clock: w.Clock, Pages: pages})
	aoi, ben := w.tenant("Aoi"), w.tenant("Ben")
	aoi.ids["runs"], ben.ids["runs"] = aoi.ids["jobs"], ben.ids["jobs"]
	aoi.ids["spending"], ben.ids["spending"] = aoi.ids["requests"], ben.ids["requests"]
	aoi.ids["people"], ben.ids["people"] = aoi.ids["members"], ben.ids["members"]
	for _, r := range pages.Routes {
		if r.Needs == access.Anybody {
			continue
		}
		ask := func(who market.Actor, of *tenant) answer {
			return w.form(who, r.Method, of.path(t, r.Path), w.fields(of))
		}
		name := r.Method + " " + r.Path
		turnedAway(t, name, r.Method, ask(nobody, aoi))
		for role, who := range ben.people {
			mayKnock := r.Needs == access.SignedIn || slices.Contains(market.RolesFor(r.Needs), role)
			switch {
			case !mayKnock:
				wantsStatus(t, name+" as ben's "+string(role), ask(who, aoi), http.StatusForbidden)
			case strings.Contains(r.Path, "{id}"):
				got := ask(who, aoi)
				wantsNot(t, name+" as ben's "+string(role), got, http.StatusOK, http.StatusSeeOther, http.StatusInternalServerError)
				if strings.Contains(got.Body.String(), "Close the books") && r.Method == http.MethodGet {
					t.Errorf("%s shows aoi's to ben's %s", name, role)
				}
			}
		}
		if r.Needs == access.SignedIn || r.Method != http.MethodGet {
			continue
		}
		for role, who := range aoi.people {
			if slices.Contains(market.RolesFor(r.Needs), role) {
				wantsNot(t, name+" as aoi's "+string(role), ask(who, aoi), http.StatusUnauthorized, http.StatusForbidden, http.StatusInternalServerError)
			}
		}
	}
}

// turnedAway wants nobody sent to the door, or refused.
func turnedAway(t *testing.T, name, method string, got answer) {
	t.Helper()
	if method == http.MethodGet {
		if to := got.Header().Get("Location"); got.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/signin") {
			t.Errorf("%s as nobody: answered %d to %q", name, got.Code, to)
		}
		return
	}
	wantsStatus(t, name+" as nobody", got, http.StatusUnauthorized)
}
