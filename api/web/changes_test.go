package web_test

import (
	"net/url"
	"regexp"
	"testing"
)

var offeredHash = regexp.MustCompile(`name="hash" value="([^"]+)"`)

func TestAChangeIsOfferedReadSideBySideAndSignedWithoutAScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("高橋 由美")
	c, m := w.funded(aoi, yumi, "月次決算の支援", 100_000)
	hers, theirs := w.as(yumi.Actor, "ja"), w.as(aoi.Manager, "en")
	theirs.get("/contracts/" + c.ID.String()).says("Offer a change").check("en")
	form := "/contracts/" + c.ID.String() + "/change"
	theirs.get(form).says("Milestone 1", "100,000", "A new milestone").check("en")
	typed := url.Values{"reason": {"A third report."}, "id": {m.ID.String(), ""}, "milestones[0].title": {m.Title},
		"milestones[0].amount": {"100,000"}, "milestones[0].due_on": {m.DueOn.String()}}
	theirs.post(form, typed).says("This offer leaves everything as it is.", "A third report.").check("en")
	typed.Set("milestones[0].amount", "150,000")
	at := theirs.post(form, typed).leads("/changes/")
	theirs.get(at).says("to answer", "Take the offer back").check("en")
	page := hers.get(at).says("変更の提案があります", "<del>", "<ins>", "署名する", "別の条件を提示する")
	page.check("ja")
	hers.post(at, url.Values{"do": {"sign"}, "hash": {offeredHash.FindStringSubmatch(page.body)[1]}}).leads(at)
	hers.get("/contracts/" + c.ID.String()).says("双方が署名しました").check("ja")
	theirs.post(theirs.get(at).says("Pay ¥57,750").action("top-up-by-transfer"), nil).leads(at)
	panel := theirs.get(at).says(`data-test="missing">¥57,750<`)
	panel.check("en")
	w.sends(panel, 57_750, "")
	theirs.get(at).says("It holds: these are the terms now.").check("en")
	hers.get("/contracts/" + c.ID.String() + "/versions").says("変更 1").check("ja")
}
