package api_test

import (
	"net/http"
	"testing"

	"homecoming/billing/gatewaytest"
)

// TestADisputeIsSettledOverTheAPIToTheYen walks from a dispute to the split that both agree to.
func TestADisputeIsSettledOverTheAPIToTheYen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	bid := w.Bid(yumi, aoi.Task("Close the books", 100_000), 100_000)
	c := w.as(aoi.Manager, "POST", "/api/v1/bids/"+bid.ID.String()+"/accept", tree{"version": 1}).wants(http.StatusCreated).object()
	m := "/api/v1/milestones/" + c["milestones"].([]any)[0].(tree)["id"].(string)
	f := w.as(aoi.Manager, "POST", m+"/fund", nil).wants(http.StatusCreated).object()
	gatewaytest.Press(t, f["checkout_url"].(string))
	w.drain()
	d := w.as(yumi.Actor, "POST", m+"/dispute", tree{"message": "They want more than was agreed."}).wants(http.StatusCreated).object()
	at := "/api/v1/disputes/" + d["id"].(string)
	if frozen := w.as(aoi.Manager, "GET", m, nil).wants(http.StatusOK).object()["frozen"]; frozen != "dispute" {
		t.Errorf("frozen: %v", frozen)
	}
	w.as(yumi.Actor, "POST", m+"/submit", tree{"message": "x"}).wants(http.StatusConflict)
	d = w.as(aoi.Manager, "POST", at+"/propose", tree{"release": tree{"amount": 60_000, "currency": "JPY"}, "message": "Let us say 60,000."}).wants(http.StatusOK).object()
	offer := d["proposals"].([]any)[0].(tree)
	paid, back := offer["money"].(tree)["charge"].(tree)["amount"].(float64), offer["refund"].(tree)["amount"].(float64)
	if paid+back != 115_500 || offer["money"].(tree)["net"].(tree)["amount"].(float64) != 66_000 {
		t.Errorf("the offer is %v", offer)
	}
	w.as(aoi.Manager, "POST", at+"/agree", tree{"proposal": offer["id"]}).wants(http.StatusConflict)
	if got := w.as(yumi.Actor, "POST", at+"/agree", tree{"proposal": offer["id"]}).wants(http.StatusOK).object(); got["state"] != "agreed" {
		t.Errorf("the dispute is %v", got)
	}
}

// TestAChargebackIsAnsweredOverTheAPI has finance read the papers and send them.
func TestAChargebackIsAnsweredOverTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	bid := w.Bid(yumi, aoi.Task("Close the books", 100_000), 100_000)
	c := w.as(aoi.Manager, "POST", "/api/v1/bids/"+bid.ID.String()+"/accept", tree{"version": 1}).wants(http.StatusCreated).object()
	m := "/api/v1/milestones/" + c["milestones"].([]any)[0].(tree)["id"].(string)
	f := w.as(aoi.Manager, "POST", m+"/fund", nil).wants(http.StatusCreated).object()
	gatewaytest.Press(t, f["checkout_url"].(string))
	w.drain()
	var charge string
	w.Check(w.DB.Gorm(t.Context()).Raw("SELECT id FROM charges").Scan(&charge).Error)
	id, err := w.sim.Dispute(charge, 0, "product_not_received", false)
	w.Check(err)
	w.drain()
	at := "/api/v1/chargebacks/" + id
	seen := w.as(aoi.Finance, "GET", at, nil).wants(http.StatusOK).object()
	if seen["state"] != "needs_response" || seen["stage"] != "before_acceptance" || seen["evidence"] == nil || seen["due_by"] == nil {
		t.Errorf("the chargeback is %v", seen)
	}
	w.as(aoi.Manager, "POST", at+"/evidence", nil).wants(http.StatusForbidden)
	w.as(aoi.Finance, "POST", at+"/evidence", tree{"message": "It is under way."}).wants(http.StatusOK)
	w.drain()
	if got := w.as(aoi.Finance, "GET", at, nil).wants(http.StatusOK).object(); got["state"] != "under_review" || got["evidence_at"] == nil {
		t.Errorf("answered: %v", got)
	}
	w.as(aoi.Finance, "POST", at+"/evidence", nil).wants(http.StatusConflict)
}
