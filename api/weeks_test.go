package api_test

import (
	"net/http"
	"testing"

	"homecoming/billing/gatewaytest"
)

// TestAWeekIsWorkedAndPaidOverTheAPI walks from a task by the hour to the hours that are paid.
func TestAWeekIsWorkedAndPaidOverTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	hours := tree{"rate": 6_000, "weekly_minutes": 600, "starts_on": w.Today(), "weeks": 2}
	task := w.as(aoi.Manager, "POST", "/api/v1/tasks", draft(aoi.ID, tree{"hourly": hours})).wants(http.StatusCreated).object()
	if task["budget"].(tree)["amount"] != 120_000.0 || task["hourly"].(tree)["rate"].(tree)["amount"] != 6_000.0 {
		t.Errorf("the task is %v", task)
	}
	at := "/api/v1/tasks/" + task["id"].(string)
	w.as(aoi.Manager, "POST", at+"/publish", nil).wants(http.StatusOK)
	w.as(yumi.Actor, "POST", at+"/bids", offer(w, 100_000)).refuses(http.StatusUnprocessableEntity, "hourly_task", "hourly")
	bid := w.as(yumi.Actor, "POST", at+"/bids", tree{"hourly": hours}).wants(http.StatusCreated).object()
	if bid["amount"].(tree)["amount"] != 120_000.0 || len(bid["milestones"].([]any)) != 2 {
		t.Errorf("the bid is %v", bid)
	}
	c := w.as(aoi.Manager, "POST", "/api/v1/bids/"+bid["id"].(string)+"/accept", nil).wants(http.StatusCreated).object()
	weeks := w.as(yumi.Actor, "GET", "/api/v1/contracts/"+c["id"].(string)+"/weeks", nil).wants(http.StatusOK).object()["items"].([]any)
	first := weeks[0].(tree)
	if len(weeks) != 2 || first["covered"] != false || first["starts_on"] != "2026-11-23" || first["ends_on"] != "2026-11-29" {
		t.Fatalf("the weeks are %v", weeks)
	}
	week, milestone := "/api/v1/weeks/"+first["id"].(string), "/api/v1/milestones/"+first["id"].(string)
	entry := tree{"day": w.Today(), "minutes": 90, "note": "Receipts"}
	w.as(yumi.Actor, "POST", week+"/entries", entry).refuses(http.StatusConflict, "week_not_covered", "")
	gatewaytest.Press(t, w.as(aoi.Manager, "POST", milestone+"/fund", nil).wants(http.StatusCreated).object()["checkout_url"].(string))
	w.drain()
	got := w.as(yumi.Actor, "POST", week+"/entries", entry).wants(http.StatusOK).object()
	old := got["entries"].([]any)[0].(tree)["id"]
	got = w.as(yumi.Actor, "POST", week+"/entries", tree{"day": w.Today(), "minutes": 75, "note": "Receipts", "replaces": old}).wants(http.StatusOK).object()
	if got["minutes"] != 75.0 || got["left"] != 525.0 || got["worked"].(tree)["amount"] != 7_500.0 || len(got["entries"].([]any)) != 1 {
		t.Errorf("the week is %v", got)
	}
	if all := w.as(aoi.Manager, "GET", week+"/entries", nil).wants(http.StatusOK).object()["items"].([]any); len(all) != 2 || all[0].(tree)["replaced"] != true {
		t.Errorf("what was written down is %v", all)
	}
	w.as(yumi.Actor, "POST", week+"/entries", tree{"day": w.Today(), "minutes": 600, "note": "All night"}).refuses(http.StatusConflict, "over_weekly_cap", "minutes")
	w.as(yumi.Actor, "POST", milestone+"/submit", nil).wants(http.StatusOK)
	paid := w.as(aoi.Manager, "POST", milestone+"/accept", nil).wants(http.StatusOK).object()
	if paid["amount"].(tree)["amount"] != 7_500.0 || paid["refunded"].(tree)["amount"] != 69_300.0-8_662.0 {
		t.Errorf("the milestone is %v", paid)
	}
	w.as(aoi.Manager, "GET", "/api/v1/weeks/"+c["id"].(string), nil).wants(http.StatusNotFound)
	change := tree{"reason": "More to do.", "hours": tree{"rate": 6_500, "weekly_minutes": 900, "from": "2026-12-02", "until": "2026-12-20"}}
	amended := w.as(yumi.Actor, "POST", "/api/v1/contracts/"+c["id"].(string)+"/amendments", change).wants(http.StatusCreated).object()
	if amended["added"].(tree)["amount"] != 3*97_500.0-60_000.0 || amended["offer"].(tree)["hours"].(tree)["rate"] != 6_500.0 {
		t.Errorf("the change is %v", amended)
	}
}
