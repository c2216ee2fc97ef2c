package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/market"
)

func TestNewsAreListedReadAndHeardOfAsTheirReaderChose(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	for _, hour := range []int{1, 2, 3} {
		w.Exec("INSERT INTO notices (id, person_id, company_id, kind, title_en, title_ja, path, made_at) VALUES (?, ?, ?, 'bids', 'In English', '日本語', '/tasks', ?)",
			uuid.New(), yumi.PersonID, aoi.ID, w.Clock.Now().Add(time.Duration(hour-9)*time.Hour))
	}
	page := w.as(yumi.Actor, "GET", "/api/v1/me/notifications?limit=2", nil).wants(http.StatusOK).object()
	items := page["items"].([]any)
	rest := w.as(yumi.Actor, "GET", "/api/v1/me/notifications?limit=2&cursor="+page["next_cursor"].(string), nil).wants(http.StatusOK).object()["items"].([]any)
	if len(items) != 2 || len(rest) != 1 || items[0].(tree)["made_at"].(string) < items[1].(tree)["made_at"].(string) || items[0].(tree)["title"] != "In English" {
		t.Errorf("%v, %v", items, rest)
	}
	unread := func(n int) {
		t.Helper()
		if got := w.as(yumi.Actor, "GET", "/api/v1/me/notifications?unread=true", nil).wants(http.StatusOK).object()["items"].([]any); len(got) != n {
			t.Errorf("%d unread, not %d", len(got), n)
		}
	}
	w.as(yumi.Actor, "POST", "/api/v1/me/notifications/"+items[0].(tree)["id"].(string)+"/read", nil).wants(http.StatusNoContent)
	unread(2)
	w.as(aoi.Manager, "POST", "/api/v1/me/notifications/"+items[1].(tree)["id"].(string)+"/read", nil).wants(http.StatusNotFound)
	w.as(yumi.Actor, "POST", "/api/v1/me/notifications/read", tree{"up_to": rest[0].(tree)["made_at"]}).wants(http.StatusNoContent)
	unread(1)

	w.as(yumi.Actor, "PATCH", "/api/v1/me/notification-settings", tree{"ways": tree{"payments": "off"}}).refuses(http.StatusUnprocessableEntity, "not_a_way", "ways.payments")
	w.as(yumi.Actor, "PATCH", "/api/v1/me/notification-settings", tree{"time_zone": "Mars/Base"}).refuses(http.StatusUnprocessableEntity, "unknown_time_zone", "time_zone")
	w.as(yumi.Actor, "PATCH", "/api/v1/me/notification-settings", tree{"quiet_from": 22, "quiet_to": 7, "ways": tree{"bids": "weekly"}}).wants(http.StatusOK)
	got := w.as(yumi.Actor, "GET", "/api/v1/me/notification-settings", nil).wants(http.StatusOK).object()
	kinds := got["kinds"].([]any)
	if got["quiet_from"] != 22.0 || got["digest_hour"] != 8.0 || len(kinds) != len(market.KindsOfNews) || kinds[1].(tree)["way"] != "weekly" {
		t.Errorf("%v", got)
	}
}
