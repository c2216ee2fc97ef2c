package api_test

import (
	"net/http"
	"strings"
	"testing"

	"golang.org/x/text/encoding/japanese"

	"homecoming/billing"
)

func TestExportsAreFilesInTheEncodingThatWasAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	aoi := w.tenant("Aoi")
	w.press(w.as(aoi.Manager, "POST", "/api/v1/milestones/"+aoi.ids["milestones"]+"/fund", tree{}).wants(http.StatusCreated).object()["checkout_url"].(string))
	w.drain()
	at := "/api/v1/companies/" + aoi.ids["companies"] + "/exports/"
	days := "?from=" + w.Today().AddDays(-60).String() + "&to=" + w.Today().AddDays(1).String()
	for _, kind := range billing.ExportKinds {
		got := w.as(aoi.Finance, "GET", at+string(kind)+".csv"+days, nil).wants(http.StatusOK)
		encoding := string(kind.Encodings()[0])
		if got.Header().Get("Content-Type") != "text/csv; charset="+encoding ||
			!strings.HasPrefix(got.Header().Get("Content-Disposition"), `attachment; filename="homecoming-`+string(kind)+"-20") {
			t.Errorf("%s comes as %v", kind, got.Header())
		}
		body := got.Body.String()
		if strings.HasPrefix(body, "\ufeff") != (encoding == "utf-8") || !strings.HasSuffix(body, "\r\n") || strings.Count(body, "\n") != strings.Count(body, "\r\n") {
			t.Errorf("%s is %q", kind, body)
		}
	}
	payouts := w.as(aoi.Finance, "GET", at+"payouts.csv"+days, nil).wants(http.StatusOK).Body.String()
	lines := strings.Split(strings.TrimSpace(payouts), "\r\n")
	if !strings.HasPrefix(lines[len(lines)-1], "unexplained,") {
		t.Errorf("payouts end with %q", lines[len(lines)-1])
	}
	sjis := w.as(aoi.Finance, "GET", at+"journal.csv"+days+"&encoding=shift_jis", nil).wants(http.StatusOK)
	if text, err := japanese.ShiftJIS.NewDecoder().String(sjis.Body.String()); err != nil || !strings.Contains(text, "前渡金") {
		t.Errorf("in Shift_JIS: %q, %v", text, err)
	}
	w.as(aoi.Finance, "GET", at+"yayoi.csv"+days+"&encoding=utf-8", nil).refuses(http.StatusUnprocessableEntity, "encoding_not_taken", "encoding")
	w.as(aoi.Finance, "GET", at+"journal.csv?from=2026-02-01&to=2026-01-01", nil).refuses(http.StatusUnprocessableEntity, "export_days", "from")
	w.as(aoi.Finance, "GET", at+"journal.csv"+days+"&part=2", nil).wants(http.StatusNotFound)
	w.as(aoi.Finance, "GET", at+"excel.csv"+days, nil).wants(http.StatusNotFound)
	if made := w.as(aoi.Finance, "GET", strings.TrimSuffix(at, "/"), nil).wants(http.StatusOK).object(); len(made["items"].([]any)) != len(billing.ExportKinds)+2 {
		t.Errorf("the log has %v", made)
	}
}

func TestNamesOfTheBooksAreSetOneByOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	aoi := w.tenant("Aoi")
	at := "/api/v1/companies/" + aoi.ids["companies"] + "/book-names"
	names := func(list ...any) tree { return tree{"target": "freee", "names": list} }
	w.as(aoi.Finance, "PUT", at, names(tree{"field": "account", "key": "outsourcing", "name": "業務委託費"})).wants(http.StatusOK)
	got := w.as(aoi.Finance, "GET", at+"?target=freee", nil).wants(http.StatusOK).object()
	if got["accounts"].(tree)["outsourcing"] != "業務委託費" || got["taxes"].(tree)["purchase-10-80"] != "課対仕入（控80）10%" {
		t.Errorf("the names are %v", got)
	}
	w.as(aoi.Finance, "PUT", at, names(tree{"field": "account", "key": "coffee", "name": "x"})).refuses(http.StatusUnprocessableEntity, "name_not_usable", "names")
}

func TestAFileThatCannotBeBegunIsAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.tenant("Aoi")
	got := w.as(aoi.Administrator, "GET", "/api/v1/companies/"+aoi.ids["companies"]+"/log.csv?q=%FF", nil).wants(http.StatusUnprocessableEntity)
	if h := got.Header(); h.Get("Content-Type") != "application/problem+json" || h.Get("Content-Disposition") != "" {
		t.Errorf("the refusal comes as %v", h)
	}
}
