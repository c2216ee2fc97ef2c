package api_test

import (
	"net/http"
	"net/url"
	"testing"
)

func TestSearchThroughTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	aoi := w.Company("Aoi")
	for _, name := range []string{"高橋 由美", "高橋 健", "佐藤 真理"} {
		aoi.Attests(aoi.Alumnus(name), "bookkeeping", 2)
	}
	task := aoi.Task("Close the books", 300_000)
	path := "/api/v1/companies/" + aoi.ID.String() + "/talent?limit=1&q=" + url.QueryEscape("髙橋 記帳")
	first := w.as(aoi.Manager, "GET", path, nil, "Accept-Language: ja").wants(http.StatusOK).object()
	next := w.as(aoi.Manager, "GET", path+"&cursor="+first["next_cursor"].(string), nil).wants(http.StatusOK).object()
	one, two := first["items"].([]any)[0].(tree), next["items"].([]any)[0].(tree)
	if first["total"] != 2.0 || next["next_cursor"] != nil || one["member"].(tree)["id"] == two["member"].(tree)["id"] || first["index"] != "postgres" || first["degraded"] != false {
		t.Fatalf("%v, then %v", first, next)
	}
	parts := one["marks"].([]any)[0].(tree)["parts"].([]any)
	if p := parts[0].(tree); p["text"] != "高橋" || p["hit"] != true {
		t.Errorf("marks are %v", one["marks"])
	}
	if c := first["facets"].(tree)["skill"].([]any)[0].(tree); c["value"] != "bookkeeping" || c["name"] != "記帳" || c["count"] != 2.0 {
		t.Errorf("facets are %v", first["facets"])
	}
	w.as(aoi.Manager, "GET", path+"&cursor=none", nil).refuses(http.StatusUnprocessableEntity, "bad_cursor", "cursor")
	found := w.as(aoi.Finance, "GET", "/api/v1/search/tasks?q=books", nil).wants(http.StatusOK).object()
	if items := found["items"].([]any); len(items) != 1 || items[0].(tree)["task"].(tree)["id"] != task.ID.String() {
		t.Errorf("%v", found)
	}
	stranger := w.Company("Ben").Administrator
	if found := w.as(stranger, "GET", "/api/v1/search/tasks?q=books", nil).wants(http.StatusOK).object(); found["total"] != 0.0 || len(found["facets"].(tree)) != 0 {
		t.Errorf("a stranger finds %v", found)
	}
}

func TestSavedSearchesThroughTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	saved := w.as(yumi.Actor, "POST", "/api/v1/saved-searches", tree{"kind": "work", "text": "tax", "budget_from": 100_000, "rhythm": "weekly"}).wants(http.StatusCreated).object()
	path := "/api/v1/saved-searches/" + saved["id"].(string)
	if saved["name"] != "tax" || saved["paused"] != false || saved["next_at"] != "2026-11-29T23:00:00Z" {
		t.Fatalf("%v", saved)
	}
	edited := w.as(yumi.Actor, "PUT", path, tree{"version": 1, "kind": "work", "name": "All", "rhythm": "instant"}).wants(http.StatusOK).object()
	if edited["text"] != nil || edited["version"] != 2.0 {
		t.Errorf("%v", edited)
	}
	w.as(yumi.Actor, "PUT", path, tree{"version": 1, "kind": "work"}).wants(http.StatusConflict)
	if p := w.as(yumi.Actor, "POST", path+"/pause", nil).wants(http.StatusOK).object(); p["paused"] != true {
		t.Errorf("%v", p)
	}
	if p := w.as(yumi.Actor, "POST", path+"/resume", nil).wants(http.StatusOK).object(); p["paused"] != false {
		t.Errorf("%v", p)
	}
	w.as(yumi.Actor, "POST", "/api/v1/saved-searches", tree{"kind": "work", "skills": []any{"no such thing"}}).refuses(http.StatusUnprocessableEntity, "unknown_skill", "skills[0]")
	w.as(aoi.Manager, "POST", "/api/v1/saved-searches", tree{"kind": "work"}).wants(http.StatusForbidden)
	w.as(yumi.Actor, "DELETE", path, nil).wants(http.StatusNoContent)
	if l := w.as(yumi.Actor, "GET", "/api/v1/saved-searches", nil).wants(http.StatusOK).object(); len(l["items"].([]any)) != 0 {
		t.Errorf("%v", l)
	}
}
