package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/billing/gatewaytest"
	"homecoming/billing/stripesim"
	"homecoming/market"
	"homecoming/market/markettest"
)

// agreed is a contract over so many yen that nobody has paid for.
func (w *world) agreed(aoi *markettest.Company, a markettest.Alumnus, title string, yen int64) billing.Contract {
	w.Helper()
	bid := w.Bid(a, aoi.Task(title, yen), yen)
	c, err := w.billing.AcceptBid(ctx, aoi.Manager, bid.ID, bid.Version)
	w.Check(err)
	return c
}

// sends has the company's bank send money to the account that a page shows.
func (w *world) sends(page shown, yen int64, reference string) {
	w.Helper()
	number := regexp.MustCompile(`data-test="number">(\d+)<`).FindStringSubmatch(page.body)
	if number == nil {
		w.Fatalf("no account number on the page: %s", page.body)
	}
	_, err := w.sim.SendBankTransfer(stripesim.BankTransfer{Customer: number[1], Amount: yen, Reference: reference, Sender: "カ）アオイ"})
	w.Check(err)
	w.settle()
}

// saves pays a contract's milestone on the provider's page, with the consent to charge the card again.
func (w *world) saves(b *browser, c billing.Contract) {
	w.Helper()
	at := contractAt(c)
	gatewaytest.Press(w, b.post(b.get(at).says("Save this card").action("fund"), url.Values{"keep": {"1"}}).leads(w.sim.URL()))
	w.settle()
}

func contractAt(c billing.Contract) string { return "/contracts/" + c.ID.String() }

var cardID = regexp.MustCompile(`name="card" value="([^"]+)"`)

func TestASavedCardPaysFromTheContractsPageAndIsTakenAwayAmongTheSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("高橋 由美")
	manager := w.as(aoi.Manager, "en")
	w.saves(manager, w.agreed(aoi, yumi, "Close the books", 100_000))
	at := contractAt(w.agreed(aoi, yumi, "Count the stock", 50_000))
	page := manager.get(at).says("Pay ¥57,750 with Visa •••• 4242", "Pay by bank transfer", "Pay with another card")
	page.check("en")
	manager.post(page.action("fund-by-card"), url.Values{"card": {cardID.FindStringSubmatch(page.body)[1]}}).leads(at)
	manager.get(at).says("Paid.", `data-state="funded"`).check("en")

	settings := manager.get("/settings").says("Saved cards", "Visa •••• 4242")
	settings.check("en")
	card := url.Values{"card": {cardID.FindStringSubmatch(settings.body)[1]}}
	manager.post(settings.action("forget-card"), card).leads("/settings")
	w.as(aoi.Finance, "ja").get("/settings").says("登録されていません").check("ja")
	w.as(aoi.Office, "en").post("/settings/cards/forget", card).is(http.StatusForbidden)
	at = contractAt(w.agreed(aoi, yumi, "Read a lease", 50_000))
	manager.post(manager.get(at).action("fund")+"-by-card", card).leads(at)
	manager.get(at).says("This card is not saved any more.")
}

func TestABankTransferIsFollowedOnTheContractsPageWhateverComes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("高橋 由美")
	manager, finance := w.as(aoi.Manager, "en"), w.as(aoi.Finance, "ja")
	finance.get("/money/cash").says("銀行振込による入金はありません").check("ja")
	at := contractAt(w.agreed(aoi, yumi, "Close the books", 100_000))
	manager.post(manager.get(at).action("fund-by-transfer"), nil).leads(at)
	page := manager.get(at).says(`data-test="missing">¥115,500<`, `data-copy="115500"`, "Ordinary account", "Reference", "data-poll")
	page.check("en")
	manager.get(regexp.MustCompile(`/bank-transfers/[^"]+/page`).FindString(page.body)).leads(w.sim.URL() + "/_bank-transfer/")
	w.as(yumi.Actor, "ja").get(at).says("支払い手続き中です").check("ja")

	w.sends(page, 100_000, "")
	page = manager.get(at).says("¥100,000 has come, ¥15,500 is missing.", `data-test="missing">¥15,500<`, "Some is missing")
	page.check("en")
	w.sends(page, 20_000, "")
	manager.get(at).says(`data-state="funded"`).check("en")

	finance.get("/money/cash").says(`data-test="free">¥4,500<`, "銀行振込の入金", "マイルストーンへ充当", "カ）アオイ").check("ja")
	next := contractAt(w.agreed(aoi, yumi, "Count the stock", 50_000))
	manager.post(manager.get(next).action("fund-by-transfer"), nil).leads(next)
	manager.post(manager.get(next).says("Use ¥4,500 of the company").action("apply-cash"), url.Values{"do": {"apply"}}).leads(next)
	manager.get(next).says("The balance was used.", `data-test="missing">¥53,250<`)
	manager.post(manager.get(next).action("cancel-transfer"), url.Values{"do": {"cancel"}}).leads(next)
	w.settle()
	manager.get(next).says(`data-state="draft"`, "Pay by bank transfer").check("en")

	manager.get("/money/cash").says("¥4,500").check("en")
	manager.post("/money/cash", url.Values{"do": {"return"}, "amount": {"4500"}}).is(http.StatusForbidden)
	finance.post("/money/cash", url.Values{"do": {"return"}, "amount": {"4501"}}).is(http.StatusConflict).says("¥4,500").check("ja")
	finance.post(finance.get("/money/cash").action("return-cash"), url.Values{"do": {"return"}, "amount": {"4,500"}}).leads("/money/cash")
	w.settle()
	finance.get("/money/cash").says(`data-test="free">¥0<`, "銀行口座への返金").check("ja")
	finance.get("/money/ledger").says("銀行振込の入金").check("ja")
}

func TestWhatTheCompanyOwesIsPaidBackInTheWayItLikes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	manager, finance := w.as(aoi.Manager, "en"), w.as(aoi.Finance, "en")
	w.saves(manager, w.agreed(aoi, yumi, "Close the books", 900_000))
	_, m := w.funded(aoi, yumi, "Count the stock", 50_000)
	_, err := w.billing.Submit(ctx, yumi.Actor, m.ID, "")
	w.Check(err)
	_, err = w.billing.Accept(ctx, aoi.Manager, m.ID)
	w.Check(err)
	dp, err := w.sim.Dispute(m.Charges[0].ID, 0, "fraudulent", false)
	w.Check(err)
	w.settle()
	w.Check(w.sim.DecideDispute(dp, false))
	w.settle()
	page := finance.get("/money/settling").says("Pay ¥57,750 with Visa •••• 4242", "Pay by bank transfer")
	page.check("en")
	finance.post(page.action("pay-back-by-transfer"), nil).leads("/money/cash")
	open := finance.get("/money/cash").says("pays back what the company owes", "Waiting for the money")
	open.check("en")
	finance.post(open.action("cancel-transfer"), url.Values{"do": {"cancel"}}).leads("/money/cash")
	w.settle()
	finance.post(page.action("pay-back-by-card"), url.Values{"card": {cardID.FindStringSubmatch(page.body)[1]}}).leads("/money/settling")
	w.settle()
	debts, err := w.billing.Debts(ctx, aoi.Finance, aoi.ID)
	w.Check(err)
	if len(debts) != 0 {
		t.Errorf("still owed: %+v", debts)
	}
}

// operator is a colleague who runs the installation.
func (w *world) operator(aoi *markettest.Company, name string) market.Actor {
	w.Helper()
	who := aoi.Colleague(name, market.Staff)
	w.Check(w.Market.MakeOperator(ctx, aoi.ID, who.PersonID))
	return w.Actor(who.PersonID)
}

func TestOneOperatorProposesASweepAndAnotherSendsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("高橋 由美")
	one, other := w.as(w.operator(aoi, "hana"), "en"), w.as(w.operator(aoi, "ken"), "ja")
	one.get("/").leads("/sweeps")
	one.get("/sweeps").says(`data-test="earned">¥0<`, "No sweep yet").check("en")
	_, m := w.funded(aoi, yumi, "月次決算の支援", 900_000)
	_, err := w.billing.Submit(ctx, yumi.Actor, m.ID, "")
	w.Check(err)
	_, err = w.billing.Accept(ctx, aoi.Manager, m.ID)
	w.Check(err)
	w.settle()
	w.Clock.Advance(5 * 24 * time.Hour)
	w.Check(w.sim.Advance(0))
	at := one.post(one.get("/sweeps").action("propose-sweep"), nil).leads("/sweeps/")
	one.get(at).says("Another operator has to approve it.", "Aoi", "月次決算の支援", "Work accepted", "−¥").check("en")
	one.post(at, url.Values{"do": {"approve"}}).leads(at)
	one.get(at).says("Waits for approval")
	other.post(other.get(at).says("承認して送金する").action("decide-sweep"), url.Values{"do": {"approve"}}).leads(at)
	w.settle()
	other.get(at).says("送金中", "po_", "着金日").check("ja")
	w.Clock.Advance(5 * 24 * time.Hour)
	w.Check(w.sim.Advance(0))
	w.settle()
	other.get("/sweeps").says("着金済み").check("ja")
	w.as(aoi.Administrator, "en").get("/sweeps").is(http.StatusForbidden)
	one.get("/sweeps/" + uuid.NewString()).is(http.StatusNotFound)
}
