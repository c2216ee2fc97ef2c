package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"homecoming/billing"
)

func TestFinanceSeesTheFileBeforeItIsDownloadedAndWhatWasMadeAfter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	w.funded(aoi, aoi.Alumnus("高橋 由美"), "月次決算の支援", 100_000)
	days := "&from=" + w.Today().AddDays(-40).String() + "&to=" + w.Today().AddDays(1).String()
	ja, en := w.as(aoi.Finance, "ja"), w.as(aoi.Finance, "en")
	en.get("/money/exports").says("Files for the books", "Nothing was exported yet").check("en")
	ja.get("/money/exports?kind=moneyforward"+days).says("借方勘定科目", "前渡金", "115500", "高橋 由美").check("ja")
	file := en.get("/money/exports/file?kind=moneyforward" + days).is(http.StatusOK)
	if !strings.HasPrefix(file.body, "\ufeff取引No,") || !strings.Contains(file.Header.Get("Content-Disposition"), `filename="homecoming-moneyforward-`) {
		t.Errorf("the file is %q, %v", file.body, file.Header)
	}
	en.get("/money/exports").says("Money Forward journal", "Finance Aoi").check("en")
	en.get("/money/exports?kind=yayoi&encoding=utf-8"+days).says("識別フラグ", "2000").check("en")
	en.get("/money/exports?kind=excel").is(http.StatusUnprocessableEntity).check("en")
	w.as(aoi.Manager, "en").get("/money/exports").is(http.StatusForbidden)

	run := en.post("/money/exports", url.Values{"kind": {"freee-deals"}}).leads("/money/exports/")
	en.get(run).says("Making the file").check("en")
	id := strings.TrimPrefix(run, "/money/exports/")
	w.Check(w.billing.MakeExport(ctx, uuid.MustParse(id)))
	ja.get(run).says("ファイル 1／1", "1週間保存").check("ja")
	if part := en.get(run + "/parts/1").is(http.StatusOK); !strings.HasPrefix(part.body, "\ufeff収支区分,") {
		t.Errorf("the part is %q", part.body)
	}
	en.get(run + "/parts/2").is(http.StatusNotFound)
}

func TestNamesAreTriedOnTheirPageBeforeTheyAreSaved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	w.funded(aoi, aoi.Alumnus("高橋 由美"), "月次決算の支援", 100_000)
	ja, en := w.as(aoi.Finance, "ja"), w.as(aoi.Finance, "en")
	const at = "/money/exports/names"
	ja.get(at+"?target=freee").says("科目の設定", "課対仕入（控70）10%", "前渡金").check("ja")
	tried := url.Values{"target": {"freee"}, "account:advance": {"前払費用"}, "do": {"preview"}}
	en.post(at, tried).says("前払費用").check("en")
	if page := en.get(at + "?target=freee"); strings.Contains(page.body, "前払費用") {
		t.Error("what was only tried is saved")
	}
	tried.Set("do", "save")
	en.post(at, tried).leads(at + "?target=freee")
	en.get(at+"?target=freee").says("The names are saved.", "前払費用").check("en")
	tried.Set("account:advance", "")
	en.post(at, tried).leads(at + "?target=freee")
	en.get("/money/exports?kind=freee-journal&from=" + w.Today().AddDays(-40).String() + "&to=" + w.Today().String()).
		is(http.StatusConflict).says("freee has no name for account “advance”").check("en")
	en.post(at, url.Values{"target": {"freee"}, "account:coffee": {"x"}, "do": {"save"}}).is(http.StatusUnprocessableEntity).check("en")
}

var cells = regexp.MustCompile(`data-test="insight"`)

func TestInsightShowsChartsWithTheirTables(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	ja, en := w.as(aoi.Finance, "ja"), w.as(aoi.Finance, "en")
	en.get("/money/insight").says("Nothing in these days").check("en")
	w.funded(aoi, aoi.Alumnus("高橋 由美"), "月次決算の支援", 100_000)
	page := ja.get("/money/insight").says("支出の分析", "月別", "受託者別", "¥115,500", "高橋 由美")
	page.check("ja")
	if n := len(cells.FindAllString(page.body, -1)); n < 3 {
		t.Errorf("%d rows in its tables", n)
	}
	table := en.get("/money/insight/table?by=" + string(billing.ByPerson)).is(http.StatusOK)
	if !strings.Contains(table.body, "person,committed,funded,held,paid,due,currency\r\n高橋 由美,115500,115500,115500,0,") {
		t.Errorf("the table is %q", table.body)
	}
	en.get("/money/insight?from=2026-13-01").is(http.StatusUnprocessableEntity).check("en")
}
