package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"homecoming/market"
)

// TestAMessageIsReportedAndItsDeskNamesWhomItIsAbout goes from the message to a suspension, without anybody typing an id.
func TestAMessageIsReportedAndItsDeskNamesWhomItIsAbout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("高橋 由美")
	aoi.Alumnus("佐藤 健")
	task := aoi.Task("月次決算の支援", 100_000)
	said, err := w.Market.WriteMessage(ctx, yumi.Actor, market.MessageDraft{Subject: market.Subject{Kind: market.AboutTask, ID: task.ID}, Body: "質問です。"})
	w.Check(err)
	said, err = w.Market.WriteMessage(ctx, aoi.Manager, market.MessageDraft{Thread: said.ThreadID, Body: "今夜までに**無料**でやれ。"})
	w.Check(err)
	deputy := aoi.Colleague("deputy", market.Administrator)
	hers, desk, second := w.as(yumi.Actor, "ja"), w.as(aoi.Administrator, "ja"), w.as(deputy, "en")

	talk := hers.get("/messages/" + said.ThreadID.String()).is(http.StatusOK)
	talk.check("ja")
	links := regexp.MustCompile(`href="(/report\?[^"]+)"`).FindAllStringSubmatch(talk.body, -1)
	if len(links) != 1 || !strings.Contains(links[0][1], said.ID.String()) {
		t.Fatalf("her conversation leads to reports about %v", links)
	}
	form := strings.ReplaceAll(links[0][1], "&amp;", "&")
	hers.get(form).is(http.StatusOK).says("メッセージの場合は本文も表示されます").check("ja")
	at := hers.post("/report", url.Values{"company": {aoi.ID.String()}, "about": {"message:" + said.ID.String()}, "category": {"unpaid"}, "text": {"無償の仕事を求められました。"}}).leads("/reports/")
	at, _, _ = strings.Cut(at, "?")

	page := desk.get(at).is(http.StatusOK).says("対象のメッセージ", "<strong>無料</strong>", aoi.Manager.Name)
	page.check("ja")
	if strings.Contains(page.body, said.ID.String()) {
		t.Error("the desk reads an id")
	}
	desk.get(at + "?q=" + url.QueryEscape("鈴木")).says("該当する人はいません").check("ja")
	found := desk.get(at + "?q=" + url.QueryEscape("佐藤")).says(`data-test="found"`)
	found.check("ja")
	member := regexp.MustCompile(`name="member" value="([^"]+)"`).FindStringSubmatch(found.body)[1]
	desk.post(at, url.Values{"do": {"concern"}, "member": {member}}).leads("/reports")
	whom := regexp.MustCompile(`<option value="([^"]+)"[^>]*>佐藤`).FindStringSubmatch(desk.get(at).body)
	if whom == nil {
		t.Fatal("nobody of that name can be suspended")
	}
	desk.post(at, url.Values{"do": {"suspend"}, "member": {whom[1]}, "text": {"確認が終わるまで。"}}).leads(at)
	decide := regexp.MustCompile(`action="(/suspensions/[^"]+)"`).FindStringSubmatch(second.get(at).says("asks for it").body)[1]
	second.post(decide, url.Values{"do": {"approve"}}).leads("/reports")
	second.get(at).says("suspended").check("en")
}
