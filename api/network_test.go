package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
)

func TestTheNetworkIsTheSameForProgramsAndSpreadsheetsAndForTheOfficeAlone(t *testing.T) {
	w, aoi, _, _, _ := crowded(t)
	path := "/api/v1/companies/" + aoi.ID.String() + "/network"
	got := w.as(aoi.Office, "GET", path+"?to=2026-11", nil).wants(http.StatusOK).object()
	reach := got["tables"].([]any)[0].(tree)
	total := reach["total"].(tree)["cells"].([]any)[0].(tree)
	if got["from"] != "2025-12" || got["to"] != "2026-11" || got["before_to"] != "2025-11" || got["smallest"] != 5.0 || reach["table"] != "reach" || total["value"] == nil || total["hidden"] != "" {
		t.Errorf("%v", got)
	}
	file := w.as(aoi.Office, "GET", path+".csv?to=2026-11", nil).wants(http.StatusOK)
	if body := file.Body.String(); !strings.Contains(body, "reach,total,,,,registry,people,") || strings.Contains(body, "spend_by") {
		t.Errorf("the office's file is\n%s", body)
	}
	if body := w.as(aoi.Administrator, "GET", path+".csv", nil).wants(http.StatusOK).Body.String(); !strings.Contains(body, "spend_by_skill") {
		t.Errorf("an administrator's file is\n%s", body)
	}
	for query, code := range map[string]string{"?from=2026-13": "month_form", "?from=%00": "month_form", "?to=%FF": "month_form", "?to=2026-12": "months_between", "?from=2020-01": "months_between"} {
		if problem := w.as(aoi.Office, "GET", path+query, nil).wants(http.StatusUnprocessableEntity).object(); problem["code"] != code {
			t.Errorf("%s: %v", query, problem)
		}
	}
	w.as(aoi.Manager, "GET", path, nil).wants(http.StatusForbidden)
	w.as(aoi.Office, "GET", "/api/v1/companies/"+uuid.NewString()+"/network", nil).wants(http.StatusNotFound)
}
