package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"homecoming/market"
)

// TestAWayBack plays a return from the wish, which no manager sees, to the first day.
func TestAWayBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("高橋 由美")
	office, alumna := w.as(aoi.Office, "ja"), w.as(yumi.Actor, "ja")
	office.get("/returns").is(http.StatusOK).says("該当者はいません").check("ja")
	alumna.get("/profile/return").is(http.StatusOK).says("希望しない").check("ja")
	wish := url.Values{"company": {aoi.ID.String()}, "openness": {"now"}, "roles": {"経理"}, "hours": {"24"}, "from_on": {"someday"}}
	alumna.post("/profile/return", wish).is(http.StatusUnprocessableEntity).says("経理").check("ja")
	wish.Set("from_on", "2027-04-01")
	alumna.post("/profile/return", wish).leads("/profile/return")
	alumna.get("/profile/return").says("まで有効です", "経理").check("ja")
	list := office.get("/returns").is(http.StatusOK).says("経理", "週24時間", "関心あり")
	list.check("ja")
	at := regexp.MustCompile(`/returns/[0-9a-f-]{36}`).FindString(list.body)
	for _, who := range []market.Actor{aoi.Manager, aoi.Finance, yumi.Actor} {
		w.as(who, "en").get(at).is(http.StatusForbidden)
	}
	step := func(fields url.Values) url.Values {
		fields.Set("version", regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(office.get(at).is(http.StatusOK).body)[1])
		return fields
	}
	office.get(at).check("ja")
	office.post(at, step(url.Values{"stage": {"returned"}, "joined_on": {"2026-12-01"}})).is(http.StatusConflict).says("その段階へは進められません").check("ja")
	office.post(at, step(url.Values{"stage": {"talking"}, "note": {"面談しました。"}, "next_step": {"面接"}, "next_on": {"2026-12-01"}, "mine": {"1"}})).leads(at)
	office.get(at).says("面談しました。", "担当：").check("ja")
	office.post("/returns/rule", url.Values{"excludes": {"other"}}).leads("/returns")
	office.post(at, step(url.Values{"stage": {"offer"}})).leads(at)
	office.get(at).says("再入社日").check("ja")
	office.post(at, step(url.Values{"stage": {"returned"}})).is(http.StatusUnprocessableEntity).says("再入社日を").check("ja")
	office.post(at, step(url.Values{"stage": {"returned"}, "joined_on": {w.Today().String()}})).leads(at)
	office.get("/returns?over=1").says("再入社").check("ja")
	w.as(w.Actor(yumi.PersonID), "ja").get("/profile/return").says("退職した会社の登録がありません").check("ja")
}
