package api_test

import (
	"net/http"
	"testing"

	"homecoming/market/markettest"
)

func TestATaskIsPostedPublishedRankedInvitedAndBidOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	aoi.Attests(yumi, "bookkeeping", 3)

	task := w.as(aoi.Manager, "POST", "/api/v1/tasks", draft(aoi.ID, tree{"department": "Accounting"})).wants(http.StatusCreated)
	id := task.object()["id"].(string)
	if got := task.Header().Get("Location"); got != "/api/v1/tasks/"+id {
		t.Errorf("the task is at %q", got)
	}
	at := "/api/v1/tasks/" + id
	w.as(yumi.Actor, "GET", at, nil).refuses(http.StatusNotFound, "not_found", "")
	w.as(aoi.Manager, "POST", at+"/publish", tree{}).wants(http.StatusOK)
	seen := w.as(yumi.Actor, "GET", at, nil).wants(http.StatusOK).object()
	if seen["visibility"] != nil {
		t.Error("an alumna learns whom else the task is meant for")
	}

	ranked := w.as(aoi.Manager, "GET", at+"/candidates?limit=5", nil).wants(http.StatusOK).object()
	first := ranked["items"].([]any)[0].(tree)
	if first["membership_id"] != yumi.MembershipID.String() || first["person"].(tree)["name"] != "Yumi Takahashi" || ranked["index"] != "postgres" {
		t.Errorf("ranked %v", ranked)
	}
	if _, leaked := first["person"].(tree)["email"]; leaked {
		t.Error("a candidate's address is shown")
	}

	w.as(aoi.Manager, "POST", at+"/invitations", tree{"membership_ids": []any{yumi.MembershipID}}).wants(http.StatusOK)
	bid := w.as(yumi.Actor, "POST", at+"/bids", offer(w, 280_000)).wants(http.StatusCreated).object()
	all := w.as(aoi.Manager, "GET", at+"/bids", nil).wants(http.StatusOK).object()
	if n := len(all["items"].([]any)); n != 1 {
		t.Errorf("%d bids", n)
	}
	countered := w.as(aoi.Manager, "POST", "/api/v1/bids/"+bid["id"].(string)+"/counter", tree{"version": 1, "amount": 250_000, "message": "Half the receipts are in order.",
		"deliver_on": w.Today().AddDays(9).String(), "milestones": []tree{{"title": "Half", "amount": 125_000}, {"title": "Rest", "amount": 125_000}}}).wants(http.StatusOK).object()
	if m := countered["milestones"].([]any)[0].(tree)["amount"].(tree); m["amount"] != 125_000.0 || m["currency"] != "JPY" {
		t.Errorf("a bare amount came back as %v", m)
	}
	w.as(aoi.Manager, "POST", "/api/v1/bids/"+bid["id"].(string)+"/counter", tree{"version": 1, "amount": 250_000, "deliver_on": w.Today().AddDays(9).String()}).
		refuses(http.StatusConflict, "stale_version", "version")
}

func TestAListGoesOnWhereItsCursorSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	for _, title := range []string{"One", "Two", "Three"} {
		aoi.Draft(title, 100_000)
	}
	var seen []any
	path := "/api/v1/tasks?limit=2"
	for path != "" {
		page := w.as(aoi.Manager, "GET", path, nil).wants(http.StatusOK).object()
		for _, item := range page["items"].([]any) {
			seen = append(seen, item.(tree)["title"])
		}
		path = ""
		if next, ok := page["next_cursor"].(string); ok {
			path = "/api/v1/tasks?limit=2&cursor=" + next
		}
	}
	if len(seen) != 3 || seen[0] != "Three" || seen[2] != "One" {
		t.Errorf("the pages hold %v", seen)
	}
	w.as(aoi.Manager, "GET", "/api/v1/tasks?cursor=nonsense", nil).refuses(http.StatusUnprocessableEntity, "bad_cursor", "cursor")
}

func TestAnEmptyListIsAList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	if got := w.as(aoi.Manager, "GET", "/api/v1/tasks", nil).wants(http.StatusOK).Body.String(); got != `{"items":[],"next_cursor":null}`+"\n" {
		t.Errorf("an empty list is %s", got)
	}
}

func TestSigningInByPasswordBeginsASessionThatSigningOutEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	login := tree{"email": aoi.Manager.Email, "password": markettest.Password}
	in := w.as(nobody, "POST", "/api/v1/session", login).wants(http.StatusOK)
	cookies := in.Result().Cookies()
	if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteLaxMode {
		t.Fatalf("the cookies are %v", cookies)
	}
	cookie := "Cookie: " + cookies[0].Name + "=" + cookies[0].Value
	if w.Count("SELECT count(*) FROM sessions WHERE token = ?", cookies[0].Value) != 0 {
		t.Error("the session's token is stored as it is")
	}
	w.as(nobody, "GET", "/api/v1/me", nil, cookie).wants(http.StatusOK)
	w.as(nobody, "DELETE", "/api/v1/session", nil, cookie, "Origin: https://evil.example", "Sec-Fetch-Site: cross-site").refuses(http.StatusForbidden, "cross_origin", "")
	w.as(nobody, "DELETE", "/api/v1/session", nil, cookie).wants(http.StatusNoContent)
	w.as(nobody, "GET", "/api/v1/me", nil, cookie).refuses(http.StatusUnauthorized, "not_signed_in", "")
}

func TestAWrongPasswordIsRefusedAndTooManyAreSlowedDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	login := tree{"email": aoi.Manager.Email, "password": "not this one"}
	for range 10 {
		w.as(nobody, "POST", "/api/v1/session", login).refuses(http.StatusUnauthorized, "sign_in_failed", "")
	}
	slowed := w.as(nobody, "POST", "/api/v1/session", login)
	slowed.refuses(http.StatusTooManyRequests, "too_often", "")
	if slowed.Header().Get("Retry-After") == "" {
		t.Error("nobody says when to come back")
	}
	login["email"] = aoi.Finance.Email
	login["password"] = markettest.Password
	w.as(nobody, "POST", "/api/v1/session", login).wants(http.StatusOK)
}

func TestATokenIsShownOnceAndNotKeptUnderAKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	key := "Idempotency-Key: make me one"
	made := w.as(aoi.Manager, "POST", "/api/v1/tokens", tree{"name": "script"}, key).wants(http.StatusCreated).object()
	w.as(nobody, "GET", "/api/v1/me", nil, "Authorization: Bearer "+made["token"].(string)).wants(http.StatusOK)
	w.as(aoi.Manager, "POST", "/api/v1/tokens", tree{"name": "script"}, key).refuses(http.StatusConflict, "idempotency_answer_lost", "Idempotency-Key")
	if w.Count("SELECT count(*) FROM idempotency_keys WHERE body IS NOT NULL") != 0 {
		t.Error("the token's secret is stored")
	}
	w.as(aoi.Manager, "DELETE", "/api/v1/tokens/"+made["id"].(string), nil).wants(http.StatusNoContent)
	w.as(nobody, "GET", "/api/v1/me", nil, "Authorization: Bearer "+made["token"].(string)).refuses(http.StatusUnauthorized, "invalid_token", "")
}
