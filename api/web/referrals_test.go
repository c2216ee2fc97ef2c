package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"
	"time"

	"homecoming/market"
)

var (
	referralAt = regexp.MustCompile(`^/referrals/[0-9a-f-]{36}`)
	bidAt      = regexp.MustCompile(`/bids/[0-9a-f-]{36}`)
	feeIn      = regexp.MustCompile(`name="fee" value="([0-9a-f-]{36})"`)
)

// programmeForm is a programme as the office types it.
func programmeForm(change url.Values) url.Values {
	f := url.Values{"name": {"融資のご紹介"}, "name_en": {"Borrowers"}, "open_to": {"members"}, "stages[0].name": {"連絡済み"}, "stages[0].name_en": {"Contacted"}, "stages[1].name": {"提案中"}, "stages[1].name_en": {"Proposal"},
		"checklist[0].text": {"決算書3期分"}, "checklist[0].text_en": {"three annual accounts"}, "checklist[0].required": {"1"}, "fee.kind": {"fixed"}, "fee.amount": {"50,000"}, "hold_months": {"6"},
		"withholding_category": {"none"}}
	for k, v := range change {
		f[k] = v
	}
	return f
}

// TestALoanOfficerWhoLeftBringsABorrower plays the bank's programme: well-prepared borrowers, stages, and a fee by contract.
func TestALoanOfficerWhoLeftBringsABorrower(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("高橋 由美")
	office, alumna, manager, nobody := w.as(aoi.Office, "en"), w.as(yumi.Actor, "ja"), w.as(aoi.Manager, "en"), w.as(market.Actor{}, "en")
	office.get("/referrals").is(http.StatusOK).says("Nobody introduced yet", "New programme").check("en")
	alumna.get("/referrals").is(http.StatusOK).says("会社が紹介を募集すると", "紹介はまだありません").check("ja")
	office.get("/referrals/programmes/new").is(http.StatusOK).check("en")
	office.post("/referrals/programmes/new", programmeForm(url.Values{"fee.amount": {"much"}})).is(http.StatusUnprocessableEntity).says("amount in figures").check("en")
	office.post("/referrals/programmes/new", programmeForm(url.Values{"hold_months": {"0"}})).is(http.StatusUnprocessableEntity).says("from 1 to 36")
	office.post("/referrals/programmes/new", programmeForm(nil)).leads("/referrals/programmes")
	office.get("/referrals/programmes").says("Borrowers", "¥50,000 once they become a customer").check("en")

	starts := w.Clock.Now().Add(100 * time.Hour)
	meeting, err := w.Market.CreateEvent(ctx, aoi.Office, aoi.ID, market.DraftEvent{Title: "会", Way: market.OnSite, Place: "H", StartsAt: starts, EndsAt: starts.Add(time.Hour)})
	w.Check(err)
	_, err = w.Market.PublishEvent(ctx, aoi.Office, meeting.ID)
	w.Check(err)
	e := "/events/" + meeting.ID.String()
	alumna.get(e).says("お客様を紹介する", "/referrals/new?event=")
	form := alumna.get("/referrals/new?event=" + e[len("/events/"):]).is(http.StatusOK)
	form.says("融資のご紹介", "決算書3期分（必須）", "出会った場所").check("ja")
	typed := url.Values{"programme": {regexp.MustCompile(`name="programme" value="([0-9a-f-]{36})"`).FindStringSubmatch(form.body)[1]}, "event": {e[len("/events/"):]}, "organisation": {"株式会社青葉商事"},
		"contact_name": {"森 健二"}, "contact_email": {"mori@aoba.example"}, "why": {"新工場の資金"}, "language": {"ja"}, "relation": {"none"}}
	alumna.post("/referrals/new", typed).is(http.StatusUnprocessableEntity).says("準備項目").check("ja")
	typed.Set("ready[0]", "1")
	at := referralAt.FindString(alumna.post("/referrals/new", typed).leads("/referrals/"))
	alumna.get(at).is(http.StatusOK).says("紹介先の同意待ち", "mori@aoba.example").check("ja")
	manager.get(at).is(http.StatusNotFound)
	office.get("/referrals/board").says("1 more wait", "Nobody has been introduced yet").check("en")

	w.Exec("UPDATE referrals SET consent_hash = sha256('link')")
	for range 2 { // looking answers nothing
		nobody.get("/introductions/link").is(http.StatusOK).says("May you be introduced to Aoi?", "高橋", "新工場の資金", "¥50,000 once they become a customer").check("en")
	}
	nobody.post("/introductions/link", url.Values{"answer": {"maybe"}}).is(http.StatusOK).says("May you be introduced")
	nobody.post("/introductions/link", url.Values{"answer": {"yes"}}).is(http.StatusOK).says("Aoi knows of you now").check("en")
	nobody.get("/introductions/link").says("Take my yes back").check("en")
	nobody.get("/introductions/other").is(http.StatusNotFound)

	page := manager.get(at).is(http.StatusOK)
	page.says("森 健二", "Contacted", "The next stage").check("en")
	stage := regexp.MustCompile(`value="([0-9a-f-]{36})"[^>]*>Proposal`).FindStringSubmatch(page.body)[1]
	manager.post(at, url.Values{"do": {"move"}, "stage_id": {stage}, "told": {"来週お会いします"}, "note": {"tough"}}).leads(at)
	alumna.get(at).says("提案中", "来週お会いします").check("ja")
	if body := alumna.get(at).body; regexp.MustCompile("tough").MatchString(body) {
		t.Error("the company's note is shown to the referrer")
	}
	manager.post(at, url.Values{"do": {"lose"}}).is(http.StatusUnprocessableEntity).says("Fill it in")
	manager.get("/referrals/board?state=agreed&q=" + url.QueryEscape("青葉")).says("株式会社青葉商事")
	manager.post(at, url.Values{"do": {"win"}}).leads(at)
	manager.post(at, url.Values{"do": {"revenue"}, "revenue": {"2,000,000"}}).leads(at)
	page = manager.get(at)
	page.says("¥2,000,000", "¥50,000", "Offer the fee").check("en")
	manager.post(at, url.Values{"do": {"fee"}, "fee": {feeIn.FindStringSubmatch(page.body)[1]}}).leads(at)
	offer := bidAt.FindString(alumna.get(at).says("提示済み").body)
	alumna.get(offer).is(http.StatusOK).says("R-1").check("ja")
	contract := alumna.post(offer+"/accept", url.Values{"seen": {"1"}}).leads("/contracts/")
	alumna.get(contract).says("の入金待ちです。").check("ja")
	manager.get(contract).says("Your turn: pay the referral fee in").check("en")
	alumna.get(at).says("契約を見る").check("ja")
	alumna.get("/referrals").says("株式会社青葉商事", "成約").check("ja")
	office.get("/referrals/report").is(http.StatusOK).says("Borrowers", "¥2,000,000", "Proposal").check("en")
	office.get("/referrals/report.csv").is(http.StatusOK).says("won,1,JPY,2000000,50000")
}
