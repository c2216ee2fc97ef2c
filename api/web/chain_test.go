package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"homecoming/billing/gatewaytest"
	"homecoming/market"
)

// action finds the address of the form of that name on a page.
func (s shown) action(name string) string {
	s.Helper()
	for _, form := range regexp.MustCompile(`<form[^>]*>`).FindAllString(s.body, -1) {
		if at := regexp.MustCompile(`action="([^"]*)"`).FindStringSubmatch(form); at != nil && strings.Contains(form, `name="`+name+`"`) {
			return at[1]
		}
	}
	s.Fatalf("%s has no form %q:\n%s", s.Request.URL.Path, name, s.body)
	return ""
}

func TestTheMainJobWalksThroughThePages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	alumna := aoi.Alumnus("高橋 由美")
	manager, yumi, finance := w.as(aoi.Manager, "en"), w.as(alumna.Actor, "ja"), w.as(aoi.Finance, "en")

	form := taskFields()
	form.Set("do", "invite")
	form.Set("invite", alumna.MembershipID.String())
	task := manager.post("/tasks/new", form).leads("/tasks/")

	yumi.get("/work").is(200).says("3月決算の法人税申告書レビュー")
	bid := yumi.get(task).is(200).says("あなたの適合度", `value="300,000"`, "お受け取り").action("bid")
	yumi.post(strings.Replace(bid, "/bids", "/quote", 1), url.Values{"amount": {"280000"}, "deliver_on": {"2026-12-16"}}).is(200).says("−¥28,588", "¥279,412")
	yumi.post(bid, url.Values{"amount": {"280,000"}, "deliver_on": {"2026-12-16"}, "message": {"6年担当しました。"}}).leads("/bids")

	accept := manager.get(task).is(200).says("高橋 由美", "¥280,000", "6年担当しました。").action("accept")
	contract := manager.post(accept, url.Values{"seen": {"1"}}).leads("/contracts/")
	manager.get(contract+"/notice").is(200).says("Terms notice", "Aoi")
	yumi.get(contract+"/notice").is(200).says("取引条件の明示", "委託日")

	fund := manager.get(contract).is(200).says("Your turn: fund it").action("fund")
	checkout := manager.post(fund, nil).leads(w.sim.URL())
	gatewaytest.Press(t, checkout)
	w.settle()

	submit := yumi.get(contract).is(200).says("入金が確認されました").action("submit")
	yumi.post(submit, url.Values{"message": {"指摘一覧です。"}}).leads(contract)
	changes := manager.get(contract).is(200).says("指摘一覧です。").action("request_changes")
	manager.post(changes, url.Values{"message": {" "}}).is(422).says("Please look at this again")
	manager.post(changes, url.Values{"message": {"別表五をもう一度。"}}).leads(contract)
	yumi.post(yumi.get(contract).says("別表五をもう一度。").action("submit"), url.Values{"message": {"直しました。"}}).leads(contract)
	manager.post(manager.get(contract).action("accept-work"), nil).leads(contract)
	w.settle()

	yumi.get(contract).is(200).says("受取口座を設定してください")
	onboarding := yumi.post(yumi.get("/payouts").is(200).action("onboard"), nil).leads(w.sim.URL())
	gatewaytest.Press(t, onboarding)
	w.settle()
	w.payday()
	yumi.get("/payouts?onboarding=done").is(200).says("利用可能", "¥279,412", "支払済み")

	manager.post(manager.get(contract).is(200).action("review"), url.Values{"rating": {"0"}}).is(422).says(`id="f-rating-fault"`)
	manager.post(manager.get(contract).action("review"), url.Values{"rating": {"5"}, "text": {"早くて正確。"}}).leads(contract)

	finance.get("/money").is(200).says("¥279,412")
	finance.get("/money/ledger").is(200).says("Paid in by the company", `data-test="ledger-sum">¥0<`)
	finance.get("/money/payouts").is(200).says("高橋 由美", "Paid")
	result := finance.post("/money/reconciliations", url.Values{"from": {"2026-11-01"}, "to": {"2026-12-31"}}).leads("/money/reconciliations/")
	finance.get(result).is(200).says("data-poll", "Comparing")
	id := market.Grant{}.CompanyID
	w.Check(id.UnmarshalText([]byte(strings.TrimPrefix(result, "/money/reconciliations/"))))
	w.Check(w.billing.Reconcile(ctx, id))
	finance.get(result).is(200).says(`data-test="difference">difference ¥0<`, "Everything matches")
	finance.get("/money/reconciliations").is(200).says("nothing needs you", "Every Stripe transaction explained")
	var transfer string
	w.Check(w.DB.Gorm(ctx).Raw("SELECT id FROM balance_transactions WHERE type = 'transfer'").Scan(&transfer).Error)
	finance.get("/money/explain?ref="+transfer).is(200).says("Accepted", "Payout", "高橋 由美")
}
