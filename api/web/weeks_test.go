package web_test

import (
	"net/url"
	"regexp"
	"testing"

	"github.com/go-rod/rod/lib/proto"

	"homecoming/billing/gatewaytest"
	"homecoming/market"
)

var replaced = regexp.MustCompile(`name="replaces" value="([^"]+)"`)

func TestAWeekByTheHourWalksThroughThePages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	alumna := aoi.Alumnus("高橋 由美")
	manager, yumi := w.as(aoi.Manager, "en"), w.as(alumna.Actor, "ja")
	manager.get("/tasks/new").says("By the hour").check("en")
	form := taskFields()
	form.Set("do", "publish")
	form.Set("pay", "hourly")
	for name, value := range map[string]string{"hourly.rate": "6,000", "hourly.weekly_minutes": "ten", "hourly.starts_on": "2026-11-25", "hourly.weeks": "2"} {
		form.Set(name, value)
	}
	manager.post("/tasks/new", form).is(422).says("Write hours as 1:30 or 1.5.", `value="ten"`)
	form.Set("hourly.weekly_minutes", "7:30")
	task := manager.post("/tasks/new", form).leads("/tasks/")
	manager.get(task+"/edit").says(`value="6,000"`, `value="7:30"`, `value="2026-11-23"`).check("en")

	page := yumi.get(task).is(200).says("1時間¥6,000", "週7:30時間まで", "¥90,000")
	page.check("ja")
	bid := page.action("bid")
	offer := url.Values{"hourly.rate": {"5,900"}, "hourly.weekly_minutes": {"7.5"}, "hourly.starts_on": {"2026-11-23"}, "hourly.weeks": {"2"}, "message": {"毎週伺えます。"}}
	yumi.post(bid, offer).leads("/bids")
	yumi.get("/bids").says("上限¥88,500").check("ja")
	contract := manager.post(manager.get(task).says("¥5,900 an hour", "at most ¥88,500").action("accept"), url.Values{"seen": {"1"}}).leads("/contracts/")
	yumi.get(contract).says("まだ保証されていません").check("ja")
	fund := manager.get(contract).says("Not covered", "Fund ¥").action("fund")
	gatewaytest.Press(t, manager.post(fund, nil).leads(w.sim.URL()))
	w.settle()

	page = yumi.get(contract).says("作業を記録してください", "11月23日（月）")
	page.check("ja")
	entry := page.action("entry")
	yumi.post(entry, url.Values{"day": {"2026-11-23"}, "minutes": {"soon"}, "note": {"仕訳"}}).is(422).says("1:30", `value="soon"`).check("ja")
	yumi.post(entry, url.Values{"day": {"2026-11-23"}, "minutes": {"8"}, "note": {"仕訳"}}).is(409).says("週の上限7:30を超えます")
	yumi.post(entry, url.Values{"day": {"2026-11-23"}, "minutes": {"1:30"}, "note": {"仕訳"}}).leads(contract)
	week := "/weeks/" + entry[len("/weeks/"):len(entry)-len("/entries")]
	page = yumi.get(week).says("仕訳", "1:30 / 7:30", "訂正する")
	page.check("ja")
	old := replaced.FindStringSubmatch(page.body)[1]
	yumi.post(entry, url.Values{"day": {"2026-11-23"}, "minutes": {"2"}, "note": {"仕訳と照合"}, "replaces": {old}, "from": {"week"}}).leads(week)
	yumi.get(week).says("仕訳と照合", "訂正前の記録（1件）").check("ja")
	yumi.post(yumi.get(contract).action("submit-week"), nil).leads(contract)
	page = manager.get(contract).says("Accept: ¥11,800", "仕訳と照合", "2:00 of 7:30")
	page.check("en")
	manager.post(page.action("accept-work"), nil).leads(contract)
	manager.get(contract).says("¥11,800", "2:00 of 7:30").check("en")
	manager.get(contract + "/notice").says("¥5,900 an hour without tax")

	change := manager.get(contract+"/change").says("From the week of", `value="5,900"`)
	change.check("en")
	typed := url.Values{"reason": {"The year's end."}, "hourly.rate": {"6,000"}, "hourly.weekly_minutes": {"10"}, "hourly.starts_on": {"2026-11-25"}, "hours.until": {"2026-12-13"}}
	manager.post(contract+"/change", typed).is(422).says("from 2026-11-30 on").check("en")
	typed.Set("hourly.starts_on", "2026-11-30")
	manager.get(manager.post(contract+"/change", typed).leads("/changes/")).says("How the fee comes about", "¥6,000 an hour").check("en")
}

func TestHoursAreRecordedOnAPhone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("高橋 由美")
	h := market.Hourly{Rate: 6_000, WeeklyMinutes: 600, StartsOn: w.Today(), Weeks: 3}
	bid, err := w.Market.PlaceBid(ctx, yumi.Actor, aoi.Task("月次決算の支援", 1, func(d *market.TaskDraft) { d.Hourly = &h }).ID, market.Terms{Hourly: &h})
	w.Check(err)
	c, err := w.billing.AcceptBid(ctx, aoi.Manager, bid.ID, bid.Version)
	w.Check(err)
	f, err := w.billing.Fund(ctx, aoi.Manager, c.Milestones[0].ID)
	w.Check(err)
	gatewaytest.Press(t, f.CheckoutURL)
	w.settle()
	page := w.screen(yumi.Actor, "ja")
	w.Check(proto.EmulationSetDeviceMetricsOverride{Width: 390, Height: 844, DeviceScaleFactor: 1, Mobile: true}.Call(page))
	page.MustNavigate(w.server.URL + "/contracts/" + c.ID.String()).MustWaitLoad()
	if wide := page.MustEval("() => document.documentElement.scrollWidth").Int(); wide > 390 {
		t.Errorf("the page is %d wide on a phone", wide)
	}
	page.MustElement("form[name=entry] [name=minutes]").MustInput("1.5")
	page.MustElement("form[name=entry] [name=note]").MustInput("経費精算の確認")
	page.MustElementR("form[name=entry] button", "記録する").MustClick()
	page.MustElementR(".flash", "今週の合計1:30")
	if m, err := w.billing.Milestone(ctx, yumi.Actor, c.Milestones[0].ID); err != nil || m.Minutes != 90 {
		t.Errorf("%d minutes are recorded, %v", m.Minutes, err)
	}
}
