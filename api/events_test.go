package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestAnEventIsRunAndAnsweredByTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi").Actor
	body := func(more tree) tree {
		d := tree{"company_id": aoi.ID, "title": "Homecoming", "way": "hybrid", "place": "Hall", "link": "https://meet.example/x", "starts_at": "2026-11-29T10:00:00+09:00", "ends_at": "2026-11-29T12:00:00+09:00",
			"zone": "America/New_York", "capacity": tree{"on_site": 2}, "guests": 1, "audience": tree{"who": "alumni"}}
		for k, v := range more {
			d[k] = v
		}
		return d
	}
	for field, more := range map[string]tree{"title": {"title": "a\x00b"}, "link": {"link": "ftp://x"}, "starts_at": {"starts_at": "2020-01-01T00:00:00Z"}, "guests": {"guests": 99}, "capacity.on_site": {"capacity": tree{"on_site": -1}}, "zone": {"zone": "Mars/Base\xff"}} {
		if p := w.as(aoi.Office, "POST", "/api/v1/events", body(more)).problem(); p.Status != http.StatusUnprocessableEntity || p.Code != "bad_characters" && p.Field != field {
			t.Errorf("%s: %d %s on %q", field, p.Status, p.Code, p.Field)
		}
	}
	made := w.as(aoi.Office, "POST", "/api/v1/events", body(nil)).wants(http.StatusCreated).object()
	at := "/api/v1/events/" + made["id"].(string)
	w.as(yumi, "GET", at, nil).wants(http.StatusNotFound)
	w.as(yumi, "POST", "/api/v1/events", body(nil)).wants(http.StatusForbidden)
	w.as(aoi.Office, "POST", at+"/publish", nil).wants(http.StatusOK)
	w.as(aoi.Office, "POST", at+"/publish", nil).refuses(http.StatusConflict, "event_state", "")
	if n := w.as(aoi.Office, "POST", "/api/v1/events/reach", tree{"company_id": aoi.ID, "audience": tree{"who": "alumni"}}).wants(http.StatusOK).object()["people"]; n != 1.0 {
		t.Errorf("it reaches %v", n)
	}
	seen := w.as(yumi, "GET", at, nil).wants(http.StatusOK).object()
	if seen["link"] != "" || seen["mine"] != nil || seen["may_host"] != false || seen["audience"] != nil {
		t.Errorf("%v", seen)
	}
	w.as(yumi, "POST", at+"/rsvps", tree{"answer": "perhaps"}).refuses(http.StatusUnprocessableEntity, "wrong_shape", "answer")
	w.as(yumi, "POST", at+"/rsvps", tree{"answer": "on_site", "guests": []string{"A", "B"}}).refuses(http.StatusUnprocessableEntity, "too_many_guests", "guests")
	mine := w.as(yumi, "POST", at+"/rsvps", tree{"answer": "on_site", "guests": []string{"Ken"}}).wants(http.StatusOK).object()
	code := mine["tickets"].([]any)[1].(tree)["code"].(string)
	if seen := w.as(yumi, "GET", at, nil).wants(http.StatusOK).object(); seen["link"] != "https://meet.example/x" || seen["counts"].(tree)["on_site"] != 2.0 {
		t.Errorf("%v", seen)
	}
	w.as(yumi, "GET", at+"/rsvps", nil).wants(http.StatusForbidden)
	w.as(yumi, "POST", "/api/v1/tickets/"+code+"/check-in", nil).refuses(http.StatusNotFound, "no_ticket", "")
	w.Clock.Advance(5*24*time.Hour + 2*time.Hour)
	if in := w.as(aoi.Office, "POST", "/api/v1/tickets/"+code+"/check-in", nil).wants(http.StatusOK).object(); in["name"] != "Ken" || in["now"] != true {
		t.Errorf("%v", in)
	}
	if rows := w.as(aoi.Office, "GET", at+"/rsvps?q=yumi", nil).wants(http.StatusOK).object()["items"].([]any); len(rows) != 1 {
		t.Errorf("%v", rows)
	}
	w.as(yumi, "POST", at+"/rsvps", tree{"answer": "no"}).refuses(http.StatusConflict, "came_already", "")
	w.as(aoi.Office, "GET", at+"/attendance.csv", nil).wants(http.StatusOK)
	w.as(yumi, "GET", at+"/event.ics", nil).wants(http.StatusOK)
	w.as(yumi, "GET", "/api/v1/events?company_id="+uuid.NewString(), nil).wants(http.StatusOK)
	w.as(aoi.Office, "PUT", at, body(tree{"company_id": nil, "version": 1})).refuses(http.StatusUnprocessableEntity, "unknown_field", "company_id")
	w.as(aoi.Office, "POST", at+"/cancel", tree{"reason": "A typhoon."}).wants(http.StatusOK)
}
