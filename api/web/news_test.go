package web_test

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"homecoming/market"
)

var postAt = regexp.MustCompile(`^/news/[0-9a-f-]{36}`)

func TestNewsIsWrittenScheduledAndReadOnPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("高橋 由美")
	office, alumna, reader := w.as(aoi.Office, "ja"), w.as(yumi.Actor, "ja"), w.as(aoi.Manager, "en")
	alumna.get("/news").is(http.StatusOK).says("お知らせはまだありません").check("ja")
	office.get("/news/new").is(http.StatusOK).says("対象：6人").check("ja")
	typed := url.Values{"kind": {"opening"}, "title": {"経理の経験者を募集"}, "body": {"**決算**を一緒に。<script>alert(1)</script>"}, "audience.who": {"members"}}
	office.post("/news/reach", url.Values{"audience.who": {"alumni"}}).is(http.StatusOK).says("対象：1人")
	office.post("/news/new", url.Values{"title": {"A"}, "audience.who": {"members"}}).is(http.StatusUnprocessableEntity).says("言語ごとに両方入力").check("ja")
	at := postAt.FindString(office.post("/news/new", typed).leads("/news/"))
	office.get(at).is(http.StatusOK).says("下書き", "対象：6人").check("ja")
	office.get("/news?drafts=1").says("経理の経験者を募集").check("ja")
	alumna.get(at).is(http.StatusNotFound)
	office.post(at, url.Values{"do": {"schedule"}, "at": {"soon"}}).is(http.StatusUnprocessableEntity)
	office.post(at, url.Values{"do": {"schedule"}, "at": {w.Clock.Now().Add(30 * time.Hour).Format("2006-01-02T15:04")}, "by_mail": {"1"}}).leads(at)
	office.get(at).says("公開予約", "自動で公開").check("ja")
	office.post(at, url.Values{"do": {"hold"}}).leads(at)
	office.post(at, url.Values{"do": {"publish"}}).leads(at)

	alumna.get("/work").says("未読のお知らせ", "経理の経験者を募集").check("ja")
	alumna.get("/news").says("未読").check("ja")
	page := alumna.get(at).is(http.StatusOK).says("<strong>決算</strong>", "再入社の方を募集")
	page.check("ja")
	if strings.Contains(page.body, "<script>alert") || strings.Contains(page.body, "既読") {
		t.Error("a reader sees a script, or who reads")
	}
	reader.get(at).says("This text is in Japanese only.").check("en")
	office.get(at).says("既読：3人").check("ja")
	form := office.get(at + "/edit").is(http.StatusOK)
	form.check("ja")
	typed.Set("version", regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(form.body)[1])
	typed.Set("title", "経理の経験者を募集（追記）")
	office.post(at+"/edit", typed).leads(at)
	alumna.get(at).says("に更新", "（追記）")
	office.get(at).says("以前の内容").check("ja")

	feed := alumna.post("/news/feed", url.Values{"do": {"renew"}}).is(http.StatusOK)
	feed.check("ja")
	address := regexp.MustCompile(`/feeds/[A-Za-z0-9_-]+\.atom`).FindString(feed.body)
	var atom struct {
		Entries []struct {
			Title   string `xml:"title"`
			Content string `xml:"content"`
		} `xml:"entry"`
	}
	file := w.as(market.Actor{}, "en").get(address).is(http.StatusOK)
	if err := xml.Unmarshal([]byte(file.body), &atom); err != nil || len(atom.Entries) != 1 || atom.Entries[0].Title != "経理の経験者を募集（追記）" || !strings.Contains(atom.Entries[0].Content, "<strong>") {
		t.Errorf("%v: %s", err, file.body)
	}
	alumna.get("/news").says("発行日時").check("ja")
	alumna.post("/news/feed", url.Values{"do": {"end"}}).leads("/news")
	w.as(market.Actor{}, "en").get(address).is(http.StatusNotFound)
	office.post(at, url.Values{"do": {"withdraw"}}).leads(at)
	alumna.get(at).is(http.StatusNotFound)
	alumna.get("/feeds/nothing.atom").is(http.StatusNotFound)
}
