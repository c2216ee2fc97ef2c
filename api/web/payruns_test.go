package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/billing/zengin"
	"homecoming/market"
)

var (
	chosenAccount = regexp.MustCompile(`<option value="([0-9a-f-]{36})"`)
	chosenPayment = regexp.MustCompile(`name="milestone_ids" value="([^"]+)"`)
)

func TestAPayRunIsProposedApprovedHandedToTheBankAndConfirmedByItsStatement(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("高橋 由美")
	hers, manager, finance, approver := w.as(yumi.Actor, "ja"), w.as(aoi.Manager, "en"), w.as(aoi.Finance, "en"), w.as(aoi.Approver, "ja")
	finance.get("/money/payruns").says("Nothing is owed that is not in a run").check("en")
	finance.get("/money/exports").says("No pay run of the coming month has a transfer file").check("en")
	w.as(aoi.Administrator, "en").get("/settings").says("From your own bank, once work is accepted").check("en")
	rail := market.BankFile
	_, err := w.Market.UpdateCompany(ctx, aoi.Administrator, aoi.ID, market.CompanyEdit{Rail: &rail})
	w.Check(err)
	task := aoi.Task("月次決算の支援", 100_000)
	hers.get("/tasks/" + task.ID.String()).says("自社の銀行口座から振り込みます").check("ja")
	bid := w.Bid(yumi, task, 100_000)
	c, err := w.billing.AcceptBid(ctx, aoi.Manager, bid.ID, bid.Version)
	w.Check(err)
	m, at := "/milestones/"+c.Milestones[0].ID.String(), "/contracts/"+c.ID.String()
	hers.get(at).says("着手できます").check("ja")
	hers.post(m+"/start", nil).leads(at)
	hers.post(m+"/submit", url.Values{"message": {"できました。"}}).leads(at)
	manager.post(m+"/accept", nil).leads(at)
	manager.get(at).says("Put it into a pay run before its due day.").check("en")

	finance.get("/money/payruns").says("月次決算の支援", "No bank account given yet", "Add the bank account that you pay from first.").check("en")
	hers.get("/payouts").says("銀行振込用の受取口座").check("ja")
	hers.post("/payouts/bank", url.Values{"bank": {"0005"}, "bank_name": {"ミツビシUFJ"}, "branch": {"123"}, "branch_name": {"シンジュク"}, "kind": {"ordinary"},
		"number": {"7654321"}, "holder": {"タカハシ ユミ"}}).leads("/payouts")
	own := url.Values{"name": {"Main"}, "bank": {"0001"}, "bank_name": {"ミズホ"}, "branch": {"001"}, "branch_name": {"トウキョウ"}, "kind": {"current"},
		"number": {"1234567"}, "holder": {"カ)アオイ"}, "consignor": {"12"}}
	finance.post("/money/bank", own).is(422).check("en")
	own.Set("consignor", "1234567890")
	finance.post("/money/bank", own).leads("/money/bank")

	finance.get("/money/exports/names?target=yayoi").says("Your bank accounts", "当座預金").check("en")
	page := finance.get("/money/payruns").says("••••321", "Main")
	page.check("en")
	run := url.Values{"rail": {"bank_file"}, "account_id": {chosenAccount.FindStringSubmatch(page.body)[1]}, "milestone_ids": {chosenPayment.FindStringSubmatch(page.body)[1]}}
	run.Set("pay_on", w.Today().AddDays(5).String()) // a Saturday
	finance.post("/money/payruns", run).is(422).says("Banks are closed on").check("en")
	run.Set("pay_on", w.Today().AddDays(1).String())
	at = finance.post("/money/payruns", run).leads("/money/payruns/")
	do := func(b *browser, what string) { b.Helper(); b.post(at, url.Values{"do": {what}}).leads(at) }
	finance.get(at).says("Waits for approval", "Withdraw").check("en")
	approver.get(at).says("承認する").check("ja")
	do(approver, "approve")
	do(finance, "make_file")
	f, err := zengin.Read(strings.NewReader(finance.get(at+"/zengin.txt").is(200).body), w.Today())
	if err != nil || len(f.Transfers) != 1 || f.Transfers[0].Amount != 110_000 {
		t.Fatalf("the file pays %+v (%v)", f, err)
	}
	finance.get("/money/exports").says("Transfer file for your bank", `href="`+at+`/zengin.txt"`).check("en")
	do(finance, "send")
	if strings.Contains(finance.get("/money/exports").says("With the bank").body, at+"/zengin.txt") {
		t.Error("a file that the bank has is offered again")
	}
	finance.get(at).says("With the bank", "what it shows as paid is confirmed by itself").check("en")
	hers.get("/contracts/" + c.ID.String()).says("の銀行口座から支払予定").check("ja")

	w.Clock.Advance(2 * 24 * time.Hour)
	const statement = "日付,出金,入金,摘要\n20261124,110000,,ﾀｶﾊｼ ﾕﾐ\n20261124,145,,ﾌﾘｺﾐﾃｽｳﾘﾖｳ\n"
	given := finance.uploadWith("/money/statements", statement, "account_id", run.Get("account_id")).leads("/money/statements/")
	finance.get(given).says("Which column says what").check("en")
	finance.post(given, url.Values{"do": {"import"}, "mapping.day": {"日付"}, "mapping.out": {"出金"}, "mapping.in": {"入金"}, "mapping.description": {"摘要"}}).leads(given)
	w.matchStatements()
	finance.get(at).says("Everything is paid.").check("en")
	hers.get("/payouts").says("会社の銀行口座からの支払い", "¥110,000").check("ja")
	finance.get("/money/bank").says("Main", "a file.csv").check("en")
	hers.get("/contracts/" + c.ID.String()).says("の銀行口座から支払済み").check("ja")
}

// matchStatements does what the job does that follows an import.
func (w *world) matchStatements() {
	w.Helper()
	var accounts []string
	w.Check(w.DB.Gorm(ctx).Raw("SELECT args->>'account' FROM river_job WHERE kind = 'billing.match'").Scan(&accounts).Error)
	for _, a := range accounts {
		_, err := w.billing.MatchPayments(ctx, uuid.MustParse(a))
		w.Check(err)
	}
	if len(accounts) == 0 {
		w.Fatal("nothing follows an import")
	}
}
