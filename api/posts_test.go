package api_test

import (
	"net/http"
	"testing"
)

func TestNewsIsWrittenPublishedAndReadByTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	yumi, stranger := aoi.Alumnus("Takahashi Yumi").Actor, ben.Alumnus("Ito Rei").Actor
	body := func(more tree) tree {
		d := tree{"company_id": aoi.ID, "title": "移転", "body": "丸の内へ。", "title_en": "We move", "body_en": "To Marunouchi.", "audience": tree{"who": "alumni"}}
		for k, v := range more {
			d[k] = v
		}
		return d
	}
	for field, more := range map[string]tree{"title": {"title": "a\x00b"}, "body": {"body": ""}, "kind": {"kind": "rumour"}, "audience.who": {"audience": tree{"who": "friends"}}, "body_en": {"body_en": "\xff\x00"}} {
		if p := w.as(aoi.Office, "POST", "/api/v1/posts", body(more)).problem(); p.Status != http.StatusUnprocessableEntity || p.Code != "bad_characters" && p.Field != field {
			t.Errorf("%s: %d %s on %q", field, p.Status, p.Code, p.Field)
		}
	}
	w.as(yumi, "POST", "/api/v1/posts", body(nil)).wants(http.StatusForbidden)
	post := w.as(aoi.Office, "POST", "/api/v1/posts", body(nil)).wants(http.StatusCreated).object()
	at := "/api/v1/posts/" + post["id"].(string)
	if n := w.as(aoi.Office, "POST", "/api/v1/posts/reach", tree{"company_id": aoi.ID, "audience": tree{"who": "alumni"}}).wants(http.StatusOK).object()["people"]; n != 1.0 {
		t.Errorf("it reaches %v", n)
	}
	w.as(yumi, "GET", at, nil).wants(http.StatusNotFound)
	w.as(aoi.Office, "POST", at+"/publish", tree{"at": "2020-01-01T00:00:00Z"}).refuses(http.StatusUnprocessableEntity, "post_time", "at")
	w.as(aoi.Office, "POST", at+"/publish", tree{"by_mail": true}).wants(http.StatusOK)
	w.as(aoi.Office, "POST", at+"/hold", nil).refuses(http.StatusConflict, "post_state", "")
	list := w.as(yumi, "GET", "/api/v1/posts?unread=true", nil).wants(http.StatusOK).object()["items"].([]any)
	if len(list) != 1 || list[0].(tree)["unread"] != true || list[0].(tree)["desk"] != nil {
		t.Errorf("%v", list)
	}
	if seen := w.as(yumi, "GET", at, nil).wants(http.StatusOK).object(); seen["unread"] != false || seen["body_en"] != "To Marunouchi." {
		t.Errorf("%v", seen)
	}
	w.as(stranger, "GET", at, nil).wants(http.StatusNotFound)
	if desk := w.as(aoi.Office, "GET", at, nil).wants(http.StatusOK).object()["desk"].(tree); desk["reads"] != 1.0 || desk["by_mail"] != true {
		t.Errorf("%v", desk)
	}
	edit := body(tree{"version": 2, "title": "移転の訂正"})
	delete(edit, "company_id")
	if v := w.as(aoi.Office, "PUT", at, edit).wants(http.StatusOK).object(); v["edited_at"] == nil || v["version"] != 3.0 {
		t.Errorf("%v", v)
	}
	w.as(aoi.Office, "PUT", at, edit).refuses(http.StatusConflict, "stale_version", "version")
	if old := w.as(aoi.Office, "GET", at+"/revisions", nil).wants(http.StatusOK).object()["items"].([]any); len(old) != 1 || old[0].(tree)["title"] != "移転" {
		t.Errorf("%v", old)
	}
	w.as(aoi.Office, "POST", at+"/withdraw", nil).wants(http.StatusOK)
	w.as(yumi, "GET", at, nil).wants(http.StatusNotFound)
	if drafts := w.as(aoi.Office, "GET", "/api/v1/posts?drafts=true", nil).wants(http.StatusOK).object()["items"].([]any); len(drafts) != 1 {
		t.Errorf("%v", drafts)
	}
}
