package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/billing/gatewaytest"
	"homecoming/market"
	"homecoming/market/markettest"
)

// funded is a contract over so many yen whose milestone is paid for.
func (w *world) funded(aoi *markettest.Company, a markettest.Alumnus, title string, yen int64) (billing.Contract, billing.Milestone) {
	w.Helper()
	bid := w.Bid(a, aoi.Task(title, yen), yen)
	c, err := w.billing.AcceptBid(ctx, aoi.Manager, bid.ID, bid.Version)
	w.Check(err)
	f, err := w.billing.Fund(ctx, aoi.Manager, c.Milestones[0].ID)
	w.Check(err)
	gatewaytest.Press(w, f.CheckoutURL)
	w.settle()
	m, err := w.billing.Milestone(ctx, aoi.Manager, c.Milestones[0].ID)
	w.Check(err)
	return c, m
}

var proposalID = regexp.MustCompile(`name="proposal" value="([^"]+)"`)

func TestADisputeIsSettledOnItsPageWithoutAScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("高橋 由美")
	c, m := w.funded(aoi, yumi, "月次決算の支援", 100_000)
	hers, theirs := w.as(yumi.Actor, "ja"), w.as(aoi.Manager, "en")
	hers.get("/contracts/"+c.ID.String()).says("異議を申し立てる", "終了を予告する").check("ja")
	at := hers.post("/milestones/"+m.ID.String()+"/dispute", url.Values{"reason": {"依頼範囲を超えた作業を求められています。"}}).leads("/disputes/")
	hers.get(at).says("協議中", "依頼範囲を超えた作業", "分配を提案する").check("ja")
	theirs.get("/contracts/"+c.ID.String()).says("A dispute is open.", "Dispute").check("en")
	theirs.post(at, url.Values{"do": {"propose"}, "release": {"200,000"}}).leads(at)
	theirs.get(at).says("must be from 0 to ¥100,000")
	theirs.post(at, url.Values{"do": {"propose"}, "release": {"60,000"}, "message": {"Let us say 60,000."}}).leads(at)
	theirs.get(at).says("company: ¥60,000 of the fee", "¥66,000", "¥46,200").check("en")
	page := hers.get(at).says("この案に同意する")
	hers.post(at, url.Values{"do": {"agree"}, "proposal": {proposalID.FindStringSubmatch(page.body)[1]}}).leads(at)
	hers.get(at).says("双方の合意により解決しました").check("ja")
	w.settle()
	hers.get("/contracts/"+c.ID.String()).says("¥46,200は会社へ返金", "異議の解決（一部支払）").check("ja")
}

func TestFinanceSeesEverythingThatNeedsSeeingToAfterMoneyHasMoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	w.funded(aoi, yumi, "The platform's own money", 900_000)
	_, m := w.funded(aoi, yumi, "Close the books", 100_000)
	_, refunded := w.funded(aoi, yumi, "Count the stock", 50_000)
	admin, finance, approver := w.as(aoi.Administrator, "en"), w.as(aoi.Finance, "en"), w.as(aoi.Approver, "ja")
	admin.get("/settings").says("Refunds above this amount take two people").check("en")
	limit := int64(0)
	_, err := w.Market.UpdateCompany(ctx, aoi.Administrator, aoi.ID, market.CompanyEdit{RefundLimit: &limit})
	w.Check(err)
	_, err = w.billing.Refund(ctx, aoi.Manager, refunded.ID, "Stopped.")
	w.Check(err)
	dp, err := w.sim.Dispute(m.Charges[0].ID, 0, "product_not_received", false)
	w.Check(err)
	w.settle()

	finance.get("/money/settling").says("that wait for a second person", "¥57,750", "Stopped.", "Needs an answer", "evidence by").check("en")
	approver.get("/money/settling").says("承認待ち", "承認する").check("ja")
	finance.get("/money/chargebacks/"+dp).says("What goes to the bank", "TERMS NOTICE GIVEN ON AWARD", "Send to the bank").check("en")
	finance.post("/money/chargebacks/"+dp+"/evidence", url.Values{"comment": {"It is under way."}}).leads("/money/chargebacks/")
	w.settle()
	finance.get("/money/chargebacks/"+dp).says("What was sent to the bank", "The bank decides", "It is under way.").check("en")
	w.as(aoi.Manager, "en").get("/money/settling").is(http.StatusForbidden)

	asked, err := w.billing.Approvals(ctx, aoi.Approver, aoi.ID, true)
	w.Check(err)
	approver.post("/approvals/"+asked[0].ID.String(), url.Values{"do": {"approve"}}).leads("/money/settling")
	w.settle()
	list, err := w.billing.Refunds(ctx, aoi.Finance, aoi.ID, uuid.Nil, 1)
	w.Check(err)
	w.Check(w.sim.FailRefund(list[0].ProviderID, "lost_or_stolen_card"))
	w.settle()
	page := finance.get("/money/settling").says("lost_or_stolen_card", "Send it again", "It was paid by bank transfer").check
	page("en")
	finance.post("/refunds/"+list[0].ID.String(), url.Values{"do": {"by_hand"}, "reference": {"Mizuho no. 4471"}}).leads("/money/settling")
	if got := finance.get("/money/settling"); !strings.Contains(got.body, "You asked for this") {
		t.Error("finance may approve what finance asked for")
	}
	w.Check(w.sim.DecideDispute(dp, false))
	w.settle()
	finance.get("/money/chargebacks/" + dp).says("Lost: the money that was held has gone back to the payer.").check("en")
	finance.get("/money/ledger").says("Chargeback lost", "Refund came back", "Chargeback fees").check("en")
}

func TestAContractRestsGoesOnAndEndsFromItsPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("高橋 由美")
	c, _ := w.funded(aoi, yumi, "Close the books", 100_000)
	at, b := "/contracts/"+c.ID.String(), w.as(aoi.Manager, "en")
	b.post(at+"/parting", url.Values{"do": {"pause"}, "reason": {"The budget is under review."}}).leads(at)
	b.get(at).says("The contract rests.", "Go on").check("en")
	b.post(at+"/parting", url.Values{"do": {"resume"}}).leads(at)
	b.post(at+"/parting", url.Values{"do": {"notice"}, "ends_on": {w.Today().AddDays(3).String()}, "reason": {"In-house from now on."}}).leads(at)
	b.get(at).says("Notice was given").check("en")
	w.as(yumi.Actor, "ja").get(at).says("終了の予告があります").check("ja")
}
