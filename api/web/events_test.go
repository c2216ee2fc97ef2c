package web_test

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"homecoming/market"
)

// typed is an event as the form sends it.
func typed(change url.Values) url.Values {
	f := url.Values{"title": {"ホームカミングデー"}, "title_en": {"Homecoming Day"}, "way": {"hybrid"}, "place": {"本社ホール"}, "link": {"https://meet.example/x"}, "starts_at": {"2026-11-29T18:00"}, "ends_at": {"2026-11-29T20:00"},
		"zone": {"America/New_York"}, "guests": {"1"}, "capacity.on_site": {"1"}, "audience.who": {"members"}}
	for k, v := range change {
		f[k] = v
	}
	return f
}

var (
	eventAt  = regexp.MustCompile(`^/events/[0-9a-f-]{36}`)
	ticketAt = regexp.MustCompile(`/door/([A-Za-z0-9_-]{22})`)
)

// TestAHomecomingDay plays the programme of volunteers, half staff half alumni, without a fixed head.
func TestAHomecomingDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi, emi := aoi.Alumnus("高橋 由美"), aoi.Alumnus("Sato Emi")
	office, alumna, staff := w.as(aoi.Office, "en"), w.as(yumi.Actor, "ja"), w.as(aoi.Manager, "en")
	alumna.get("/events").is(http.StatusOK).says("イベントはまだありません").check("ja")
	office.get("/events/new").is(http.StatusOK).says("Reaches 7 people").check("en")
	office.post("/events/reach", typed(url.Values{"audience.who": {"alumni"}})).is(http.StatusOK).says("Reaches 2 people")
	for fault, change := range map[string]url.Values{
		"The clocks skip this time": {"starts_at": {"2027-03-14T02:30"}, "ends_at": {"2027-03-14T04:00"}},
		"Write a day and a time":    {"starts_at": {"tomorrow"}},
		"beginning with https":      {"link": {"ftp://meet.example"}},
		"Write a number":            {"guests": {"many"}},
		"is no time zone":           {"zone": {"Nowhere"}},
	} {
		office.post("/events/new", typed(change)).is(http.StatusUnprocessableEntity).says(fault).check("en")
	}
	at := eventAt.FindString(office.post("/events/new", typed(nil)).leads("/events/"))
	alumna.get(at).is(http.StatusNotFound)
	office.get(at+"/host").is(http.StatusOK).says("a draft", "Nobody has answered yet").check("en")
	office.post(at+"/host", url.Values{"do": {"publish"}}).leads(at + "/host")
	office.post(at+"/host", url.Values{"do": {"add_host"}, "email": {yumi.Email}}).leads(at + "/host")
	office.post(at+"/host", url.Values{"do": {"add_host"}, "email": {"nobody@x.example"}}).is(http.StatusUnprocessableEntity).says("nobody@x.example")
	staff.get("/events").says("Homecoming Day", "29 Nov 2026 18:00–20:00 (America/New_York)").check("en")

	staff.get(at).is(http.StatusOK).says("30 Nov 2026 08:00–10:00", "The link is for those who come").check("en")
	staff.post(at+"/answer", url.Values{"answer": {"on_site"}}).leads(at)
	staff.get(at).says("You are on the list", "Your ticket", `class="qr"`, "https://meet.example/x")
	w.as(emi.Actor, "ja").get(at).says("満席：キャンセル待ちをする（会場）").check("ja")
	alumna.post(at+"/answer", url.Values{"answer": {"on_site"}}).leads(at)
	alumna.get(at).says("キャンセル待ち")
	alumna.post(at+"/answer", url.Values{"answer": {"by post"}}).is(http.StatusUnprocessableEntity)
	staff.post(at+"/questions", url.Values{"text": {"Is there parking?"}, "anonymous": {"1"}}).leads(at)
	w.as(emi.Actor, "en").get(at).says("Is there parking?", "somebody").check("en")
	alumna.get(at).says("Is there parking?", "ほかの参加者には匿名")

	staff.post(at+"/answer", url.Values{"answer": {"no"}}).leads(at)
	w.Clock.Advance(6 * 24 * time.Hour)
	list := alumna.get(at + "/host").is(http.StatusOK)
	list.says("会場参加", "受付する").check("ja")
	code := ticketAt.FindStringSubmatch(list.body)[1]
	door := "/door/" + code
	for range 2 { // looking lets nobody in
		alumna.get(door).is(http.StatusOK).says("受付する").check("ja")
	}
	staff.get(door).is(http.StatusNotFound)
	alumna.post(door, url.Values{"do": {"in"}}).leads(door)
	alumna.get(door).says("受付済み")
	alumna.post(door, url.Values{"do": {"in"}}).leads(door)
	alumna.get(door).says("このコードは受付済みです")
	if file := alumna.get(at + "/attendance.csv").is(http.StatusOK); !strings.Contains(file.body, "高橋 由美,,coming,on_site") {
		t.Errorf("%s", file.body)
	}
	w.Clock.Advance(26 * time.Hour)
	_, err := w.Market.EndEvents(ctx)
	w.Check(err)
	alumna.get(at).says("アンケート")
	alumna.post(at+"/feedback", url.Values{"rating": {"5"}, "words": {"楽しかった"}}).leads(at)
	w.as(aoi.Administrator, "en").get(at+"/host").says("1 answer.", "Make a task out of this").check("en")
	if page := w.as(aoi.Administrator, "en").get(at + "/host").body; strings.Contains(page, "楽しかった") {
		t.Error("the words of one are told apart")
	}
	var picture bytes.Buffer
	w.Check(png.Encode(&picture, image.NewGray(image.Rect(0, 0, 20, 10))))
	alumna.send(at+"/album", url.Values{"do": {"pictures"}}, "pictures", "x.png", "no picture").is(http.StatusUnprocessableEntity).says("画像ではありません").check("ja")
	alumna.send(at+"/album", url.Values{"do": {"pictures"}}, "pictures", "party.png", picture.String()).leads(at + "/host")
	alumna.post(at+"/album", url.Values{"do": {"send"}, "thanks": {"**ありがとう**ございました"}}).leads(at + "/host")
	album := alumna.get(at+"/host").says("写真1を削除", "送信しました")
	album.check("ja")
	alumna.get(at).says("<strong>ありがとう</strong>ございました", "写真1／1")
	shown := alumna.get(pictureAt.FindString(album.body)).is(http.StatusOK)
	if kind := shown.Header.Get("Content-Type"); kind != "image/jpeg" || !strings.HasPrefix(shown.body, "\xff\xd8") {
		t.Errorf("the picture is %s", kind)
	}
	staff.get(pictureAt.FindString(album.body)).is(http.StatusNotFound)
	if page := staff.get(at).body; strings.Contains(page, "ありがとう") {
		t.Error("who said no reads what was said to those who came")
	}
	w.as(aoi.Manager, "en").get("/tasks/new?title=Homecoming+Day&brief=x").says(`value="Homecoming Day"`)
}

var pictureAt = regexp.MustCompile(`/events/[0-9a-f-]+/pictures/[0-9a-f-]+`)

func TestACalendarIsReadByItsAddressAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("高橋 由美")
	starts := w.Clock.Now().Add(100 * time.Hour)
	e, err := w.Market.CreateEvent(ctx, aoi.Office, aoi.ID, market.DraftEvent{Title: "会", Way: market.OnSite, Place: "H", StartsAt: starts, EndsAt: starts.Add(time.Hour)})
	w.Check(err)
	_, err = w.Market.PublishEvent(ctx, aoi.Office, e.ID)
	w.Check(err)
	alumna := w.as(yumi.Actor, "ja")
	alumna.post("/events/"+e.ID.String()+"/answer", url.Values{"answer": {"on_site"}}).leads("/events/")
	page := alumna.post("/events/calendar", url.Values{"do": {"renew"}}).is(http.StatusOK)
	page.check("ja")
	path := regexp.MustCompile(`/calendar/[A-Za-z0-9_-]+\.ics`).FindString(page.body)
	nobody := w.as(market.Actor{}, "en")
	if feed := nobody.get(path).is(http.StatusOK); feed.Header.Get("Content-Type") != "text/calendar; charset=utf-8" || !strings.Contains(feed.body, "SUMMARY:会") {
		t.Errorf("%s", feed.body)
	}
	if file := alumna.get("/events/" + e.ID.String() + "/event.ics").is(http.StatusOK); !strings.Contains(file.body, "DTSTART:20261127T043000Z") {
		t.Errorf("%s", file.body)
	}
	alumna.get("/events").says("発行日時").check("ja")
	alumna.post("/events/calendar", url.Values{"do": {"end"}}).leads("/events")
	nobody.get(path).is(http.StatusNotFound)
}
