package web_test

import (
	"testing"
	"time"

	"cloud.google.com/go/civil"
	"github.com/go-rod/rod"

	"homecoming/billing"
)

// A counted page is a page on which every click is counted.
type counted struct {
	*rod.Page
	clicks int
}

func (c *counted) click(selector, text string) {
	wait := c.MustWaitNavigation()
	c.MustElementR(selector, text).MustClick()
	c.clicks++
	wait()
}

func TestACleanMonthTakesFiveClicksFromTheFirstPageOfMoney(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("高橋 由美")
	w.funded(aoi, yumi, "月次決算の支援", 100_000)
	w.Clock.Set(time.Date(2026, 12, 1, 0, 30, 0, 0, time.UTC))
	run, err := w.billing.StartReconciliation(ctx, aoi.Finance, aoi.ID, civil.Date{Year: 2026, Month: 11, Day: 1}, civil.Date{Year: 2026, Month: 12, Day: 1})
	w.Check(err)
	w.Check(w.billing.Reconcile(ctx, run.ID)) // as every morning

	page := &counted{Page: w.screen(aoi.Finance, "ja")}
	page.MustNavigate(w.server.URL + "/money").MustWaitLoad()
	page.click(".tabs a", "突合")
	page.MustElementR("h1", "2026年11月：.*要確認なし")
	page.click("button", "月次を締める")
	page.MustElementR("[data-test=closings]", "2026年11月")
	page.click("a.button", "会計ソフトへ出力")
	downloaded := page.Browser().MustWaitDownload()
	page.MustElementR("a.button", "ダウンロード").MustClick()
	page.clicks++
	if file := downloaded(); len(file) == 0 {
		t.Error("the export is empty")
	}
	if page.clicks > 5 {
		t.Errorf("a clean month took %d clicks", page.clicks)
	}
	month, err := w.billing.Month(ctx, aoi.Finance, aoi.ID, civil.Date{Year: 2026, Month: 11, Day: 1})
	if err != nil || month.Closing == nil || month.Closing.State() != billing.MonthClosed {
		t.Errorf("November is %+v, %v", month.Closing, err)
	}
}
