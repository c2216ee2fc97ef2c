package api_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"homecoming/api"
	"homecoming/api/access"
	"homecoming/api/web"
	"homecoming/market"
)

func TestAReportIsSeenByItsDeskAndItsReporterAlone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := newWorld(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	pages := web.Pages(web.Config{Market: w.Market, Matching: w.matching, Billing: w.billing, Clock: w.Clock})
	w.serve(api.Config{Clock: w.Clock, Pages: pages})
	aoi := w.tenant("Aoi")
	at := "/api/v1/companies/" + aoi.ID.String() + "/reports"
	named := w.as(aoi.alumna.Actor, "POST", at, tree{"category": "harassment", "about": "task:" + aoi.ids["tasks"], "text": "Marmalade"}).wants(http.StatusOK).object()["id"].(string)
	coded := w.as(aoi.alumna.Actor, "POST", at, tree{"category": "fraud", "text": "Marmalade", "anonymous": true}).wants(http.StatusOK).object()
	if coded["id"] != nil || coded["code"] == "" {
		t.Fatalf("an anonymous report answers %v", coded)
	}
	_, err := w.Market.TellDesk(ctx)
	w.Check(err)
	aoi.ids["runs"], aoi.ids["spending"], aoi.ids["people"] = aoi.ids["jobs"], aoi.ids["requests"], aoi.ids["members"]
	mine := aoi.ids["reports"]
	aoi.ids["reports"] = named
	for _, r := range append(apiRoutes(w), pages.Routes...) {
		if r.Method != http.MethodGet || r.Needs == access.Anybody || strings.HasSuffix(r.Path, "/live") {
			continue
		}
		for _, role := range []market.Role{market.Manager, market.Office, market.Finance, market.Staff} {
			path := aoi.path(t, r.Path)
			got := w.form(aoi.people[role], r.Method, path, url.Values{}).Body.String()
			if strings.Contains(got, "Marmalade") || !strings.Contains(path, named) && strings.Contains(got, named) {
				t.Errorf("%s tells the %s of a report", r.Path, role)
			}
		}
	}
	for _, table := range []string{"audit", "webhook_deliveries", "idempotency_keys", "river_job"} {
		if n := w.Count("SELECT count(*) FROM " + table + " x WHERE x::text LIKE '%Marmalade%' OR x::text LIKE '%report.%'"); n != 0 {
			t.Errorf("%s holds %d rows about reports", table, n)
		}
	}
	for id, want := range map[string]int{named: http.StatusOK, mine: http.StatusOK} {
		w.as(aoi.Administrator, "GET", "/api/v1/reports/"+id, nil).wants(want)
		w.as(aoi.alumna.Actor, "GET", "/api/v1/reports/"+id, nil).wants(want)
		w.as(aoi.Manager, "GET", "/api/v1/reports/"+id, nil).wants(http.StatusNotFound)
	}
	read := w.as(nobody, "POST", "/api/v1/reports/lookup", tree{"code": coded["code"]}).wants(http.StatusOK).object()
	if read["category"] != "fraud" || read["desk"] != nil {
		t.Errorf("by its code: %v", read)
	}
	added := w.as(nobody, "POST", "/api/v1/reports/lookup/entries", tree{"code": coded["code"], "text": "And more."}).wants(http.StatusOK).object()
	if len(added["entries"].([]any)) != 2 {
		t.Errorf("%v", added)
	}
	w.as(nobody, "POST", "/api/v1/reports/lookup", tree{"code": "x"}).refuses(http.StatusNotFound, "report_code", "code")
}

func TestWhoReportsIsInNoLogAndUnderNoKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pages := web.Pages(web.Config{Market: w.Market, Matching: w.matching, Billing: w.billing, Clock: w.Clock})
	w.serve(api.Config{Clock: w.Clock, Pages: pages})
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	w.token(yumi.Actor)
	w.logs.Reset()
	at := "/api/v1/companies/" + aoi.ID.String() + "/reports"
	w.as(yumi.Actor, "POST", at, tree{"category": "fraud", "text": "He takes.", "anonymous": true}, "Idempotency-Key: mine").wants(http.StatusOK)
	w.form(yumi.Actor, "GET", "/report", url.Values{}).wants(http.StatusOK)
	made := w.form(yumi.Actor, "POST", "/report", url.Values{"company": {aoi.ID.String()}, "category": {"fraud"}, "text": {"He takes."}, "anonymous": {"yes"}}).wants(http.StatusOK)
	w.form(yumi.Actor, "GET", "/reports", url.Values{}).wants(http.StatusOK)
	if made.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("the code may be kept on the way: %q", made.Header().Get("Cache-Control"))
	}
	lines := strings.Split(strings.TrimSpace(w.logs.String()), "\n")
	if len(lines) < 4 {
		t.Fatalf("%d lines", len(lines))
	}
	if at := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, yumi.PersonID.String()) }); at >= 0 {
		t.Errorf("the log tells who reported: %s", lines[at])
	}
	if n := w.Count("SELECT count(*) FROM idempotency_keys WHERE person_id = ?", yumi.PersonID); n != 0 {
		t.Error("a key tells who reported")
	}
	if n := w.Count("SELECT count(*) FROM reports WHERE reporter_id IS NULL"); n != 2 {
		t.Errorf("%d anonymous reports", n)
	}
}
