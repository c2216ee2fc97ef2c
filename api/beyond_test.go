package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"homecoming/market"
)

func TestSomebodyFromOutsideIsInvitedContractedAndPaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	aoi, midori := w.Company("Aoi"), w.Company("Midori")
	ken := midori.Alumnus("Mori Kenji")
	midori.Attests(ken, "bookkeeping", 3)

	asked := w.as(aoi.Administrator, "POST", "/api/v1/companies/"+aoi.ID.String()+"/partners", tree{"company_id": midori.ID}).wants(http.StatusCreated).object()
	if asked["company_name"] != "" {
		t.Errorf("a number tells a name: %v", asked)
	}
	partner := "/partners/" + asked["id"].(string)
	w.as(aoi.Administrator, "POST", "/api/v1/companies/"+aoi.ID.String()+partner+"/agree", nil).refuses(http.StatusConflict, "partnership_not_asked", "")
	w.as(midori.Administrator, "POST", "/api/v1/companies/"+midori.ID.String()+partner+"/agree", nil).wants(http.StatusOK)

	made := w.as(aoi.Manager, "POST", "/api/v1/tasks", draft(aoi.ID, tree{"visibility": tree{"kind": "partners"}})).wants(http.StatusCreated).object()
	at := "/api/v1/tasks/" + made["id"].(string)
	w.as(aoi.Manager, "POST", at+"/publish", tree{}).wants(http.StatusOK)
	w.as(ken.Actor, "GET", at, nil).refuses(http.StatusNotFound, "not_found", "")
	w.as(ken.Actor, "PUT", "/api/v1/me/shown-to", tree{"shown_to": "partners", "wording": "an older one"}).refuses(http.StatusConflict, "wording_changed", "wording")
	w.as(ken.Actor, "PUT", "/api/v1/me/shown-to", tree{"shown_to": "partners", "wording": market.ShownWording}).wants(http.StatusOK)
	w.as(ken.Actor, "GET", at, nil).wants(http.StatusOK)
	if feed := w.as(ken.Actor, "GET", "/api/v1/me/recommended-tasks", nil).wants(http.StatusOK).object(); len(feed["items"].([]any)) != 1 {
		t.Errorf("his feed is %v", feed)
	}
	w.as(ken.Actor, "GET", at+"/standing", nil).wants(http.StatusOK)

	first := w.as(aoi.Manager, "GET", at+"/candidates", nil).wants(http.StatusOK).object()["items"].([]any)[0].(tree)
	person := first["person"].(tree)
	if first["membership_id"] != ken.PersonID.String() || person["outside"] != true || person["from"].([]any)[0].(tree)["name"] != "Midori" {
		t.Errorf("ranked %v", first)
	}
	invited := w.as(aoi.Manager, "POST", at+"/invitations", tree{"membership_ids": []any{first["membership_id"]}}).wants(http.StatusOK).object()
	member := invited["items"].([]any)[0].(tree)["membership_id"].(string)
	bid := w.as(ken.Actor, "POST", at+"/bids", offer(w, 280_000)).wants(http.StatusCreated).object()
	contract := w.as(aoi.Manager, "POST", "/api/v1/bids/"+bid["id"].(string)+"/accept", tree{"version": 1}).wants(http.StatusCreated).object()
	milestone := "/api/v1/milestones/" + contract["milestones"].([]any)[0].(tree)["id"].(string)

	account := w.as(ken.Actor, "POST", "/api/v1/me/payout-account", nil).wants(http.StatusOK).object()
	w.press(account["onboarding_url"].(string))
	w.press(w.as(aoi.Manager, "POST", milestone+"/fund", tree{}).wants(http.StatusCreated).object()["checkout_url"].(string))
	w.drain()
	w.as(ken.Actor, "POST", milestone+"/start", tree{}).wants(http.StatusOK)
	w.as(ken.Actor, "POST", milestone+"/submit", tree{"message": "Here it is."}).wants(http.StatusOK)
	w.as(aoi.Manager, "POST", milestone+"/accept", tree{}).wants(http.StatusOK)
	w.drain()
	w.Clock.Advance(15 * 24 * time.Hour)
	w.Check(w.sim.Advance(0))
	w.drain()
	if m := w.as(ken.Actor, "GET", milestone, nil).wants(http.StatusOK).object(); m["state"] != "paid" {
		t.Errorf("the milestone is %v", m["state"])
	}

	// What he earned opens none of the company's doors, and shows none of another company's.
	w.as(ken.Actor, "GET", "/api/v1/companies/"+aoi.ID.String()+"/alumni", nil).wants(http.StatusForbidden)
	w.as(ken.Actor, "GET", "/api/v1/companies/"+aoi.ID.String()+"/departments", nil).wants(http.StatusNotFound)
	seen := w.as(aoi.Manager, "GET", "/api/v1/members/"+member, nil).wants(http.StatusOK)
	if o := seen.object(); o["outside"] != true || len(o["stints"].([]any)) != 0 || o["email"] != "" || strings.Contains(seen.Body.String(), "alumni.test") {
		t.Errorf("the manager sees %s", seen.Body)
	}
	if list := w.as(aoi.Office, "GET", "/api/v1/companies/"+aoi.ID.String()+"/alumni", nil).wants(http.StatusOK).object(); len(list["items"].([]any)) != 0 {
		t.Errorf("he is listed as an alumnus: %v", list)
	}
}

func TestABlockIsKnownToTheSideThatMadeItAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	aoi := w.Company("Aoi")
	yumi, ana := aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Sato Ana")
	at := "/api/v1/tasks/" + aoi.Task("Close the books", 300_000).ID.String()
	bars := "/api/v1/companies/" + aoi.ID.String() + "/bars"

	mine := w.as(yumi.Actor, "POST", "/api/v1/me/blocks", tree{"company_id": aoi.ID}).wants(http.StatusCreated).object()
	w.as(aoi.Office, "POST", bars, tree{"member_id": ana.MembershipID, "kind": "conflict"}).refuses(http.StatusUnprocessableEntity, "required", "reason")
	theirs := w.as(aoi.Office, "POST", bars, tree{"member_id": ana.MembershipID, "kind": "conflict", "reason": "audits us"}).wants(http.StatusCreated).object()
	for _, who := range []market.Actor{yumi.Actor, ana.Actor} {
		w.as(who, "GET", at, nil).refuses(http.StatusNotFound, "not_found", "")
	}
	if got := w.as(aoi.Manager, "GET", at+"/candidates", nil).wants(http.StatusOK).object(); len(got["items"].([]any)) != 0 {
		t.Errorf("candidates are %v", got["items"])
	}
	for _, id := range []any{yumi.MembershipID, ana.MembershipID} { // the answers do not tell the two apart
		w.as(aoi.Manager, "POST", at+"/invitations", tree{"membership_ids": []any{id}}).refuses(http.StatusConflict, "not_available", "membership_ids[0]")
	}

	if list := w.as(aoi.Office, "GET", bars, nil).wants(http.StatusOK).object()["items"].([]any); len(list) != 1 || list[0].(tree)["id"] != theirs["id"] {
		t.Errorf("the office sees %v", list)
	}
	if n := w.Count("SELECT count(*) FROM audit WHERE company_id = ? AND detail::text LIKE '%by_person%'", aoi.ID); n != 0 {
		t.Error("the company's audit log tells of her block")
	}
	if list := w.as(ana.Actor, "GET", "/api/v1/me/blocks", nil).wants(http.StatusOK).object()["items"].([]any); len(list) != 0 {
		t.Errorf("she learns of the flag: %v", list)
	}
	w.as(aoi.Administrator, "DELETE", "/api/v1/bars/"+mine["id"].(string), nil).refuses(http.StatusNotFound, "not_found", "")
	w.as(ana.Actor, "DELETE", "/api/v1/bars/"+theirs["id"].(string), nil).refuses(http.StatusNotFound, "not_found", "")
	w.as(yumi.Actor, "DELETE", "/api/v1/bars/"+mine["id"].(string), nil).wants(http.StatusNoContent)
	w.as(aoi.Office, "DELETE", "/api/v1/bars/"+theirs["id"].(string), nil).wants(http.StatusNoContent)
	for _, who := range []market.Actor{yumi.Actor, ana.Actor} {
		w.as(who, "GET", at, nil).wants(http.StatusOK)
	}
}
