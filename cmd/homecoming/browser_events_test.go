package main

import (
	"encoding/csv"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"homecoming/cmd/homecoming/mainjob"
)

// homecomingDay plays the programme of Benesse: volunteers, half staff and half alumni, on site, without a fixed head.
func (s *stage) homecomingDay(t *testing.T) {
	office, alumna, staff := s.sit(t, "office", "ja", 1280), s.stranger(t, 390), s.sit(t, "staff", "en", 1280)
	event := volunteersByHand(office)
	office.fill("email", s.info.login(t, "alumnus").Email)
	office.send(`form[name="host"]`)
	office.wantText("高橋 由美")
	office.send(`form[name="steps"]`)
	office.wantText("新たにお送りする方はいません")
	office.shoot("day-host")

	s.comesWithAGuest(alumna, event)
	staff.open("/events")
	staff.press(`a[href="` + event + `"]`)
	staff.wantText("Full: wait for a place")
	staff.press(`form[name="answer"] [value="on_site"]`)
	staff.wantText("waiting")
	staff.without("Your ticket")
	staff.shoot("day-waiting")
	alumna.open(event) // her guest cannot come after all
	alumna.fill("guests", "")
	alumna.press(`form[name="answer"] [value="on_site"]`)
	staff.follow(s.letter(t, s.info.login(t, "staff").Email, "ご参加いただけます："+volunteersDay, event))
	staff.wantText("comes")
	staff.wantText("Your ticket")

	host := s.sit(t, "alumnus", "ja", 390)
	host.follow(s.letter(t, s.info.login(t, "alumnus").Email, "主催者に登録されました："+volunteersDay, event))
	host.press(`a[href="` + event + `/host"]`)
	host.shoot("day-cohost")
	atTheDoor(host)
	handOn(host, staff, s.info.login(t, "staff").Email, event)
	s.whatComesOfIt(t, alumna, event)
}

const (
	volunteersDay = "公園の花植えボランティア"
	volunteer     = "alumni137@aoi.example"
)

// volunteersByHand writes an event for two, which begins in three hours, and opens it; it returns where it is.
func volunteersByHand(office *person) string {
	office.t.Helper()
	office.open("/events/new")
	begins := time.Now().In(jst()).Add(3 * time.Hour)
	for field, value := range map[string]string{"title": volunteersDay, "description": "花の苗を植えます。\n\n- 軍手はこちらで用意します", "place": "中央公園", "capacity.on_site": "2", "guests": "1",
		"starts_at": begins.Format(clockForm), "ends_at": begins.Add(2 * time.Hour).Format(clockForm)} {
		office.fill(field, value)
	}
	if office.page.MustElement(`[name="link"]`).MustVisible() {
		office.t.Error("who meets on site is asked for the link of an online meeting")
	}
	office.shoot("day-new")
	office.send(`form[name="event"]`)
	office.wantText("下書きを保存しました")
	office.send(`form[name="steps"]`)
	office.wantText("名に届きます")
	return strings.TrimSuffix(office.path(), "/host")
}

const clockForm = "2006-01-02T15:04"

// jst is the clock of the demo's companies.
func jst() *time.Location { return time.FixedZone("JST", 9*60*60) }

// comesWithAGuest follows the invitation and takes both places.
func (s *stage) comesWithAGuest(alumna *person, event string) {
	alumna.t.Helper()
	alumna.follow(s.letter(alumna.t, volunteer, volunteersDay, "/link/"))
	alumna.wantText("サインインする") // the letter was Japanese
	alumna.shoot("day-come-in")
	alumna.send(`form[name="link"]`)
	if alumna.path() != event {
		alumna.t.Fatalf("the invitation leads to %s", alumna.path())
	}
	alumna.wantText("中央公園")
	alumna.without("運営ページ")
	alumna.page.MustElement(`form[name="answer"] summary`).MustClick()
	alumna.fill("guests", "山田 一郎")
	alumna.press(`form[name="answer"] [value="on_site"]`)
	alumna.wantText("会場参加")
	if n := len(alumna.page.MustElements(`[data-test="ticket"] svg`)); n != 2 {
		alumna.t.Errorf("two people have %d tickets", n)
	}
	alumna.shoot("day-ticket")
	if ics := alumna.download(event + "/event.ics"); !strings.Contains(ics, "SUMMARY:"+volunteersDay) || !strings.Contains(ics, "LOCATION:中央公園") {
		alumna.t.Errorf("%s", ics)
	}
}

// atTheDoor reads a ticket with the host's phone, lets its holder in, undoes that and does it again.
func atTheDoor(host *person) {
	host.t.Helper()
	host.follow(host.page.MustElement(`form[name="door"]`).MustProperty("action").Str())
	host.wantText(volunteersDay)
	host.without("受付済み") // looking lets nobody in
	host.shoot("day-door")
	host.send(`form[name="door"]`)
	host.wantText("受付済み")
	host.shoot("day-door-in")
	host.send(`form[name="door"]`)
	host.wantText("受付を取り消しました")
	host.send(`form[name="door"]`)
	host.press(`main a[href$="/host"]`)
	host.shoot("day-list")
	if came := host.page.MustElement(`[data-test="came"]`).MustText(); !strings.HasPrefix(came, "1 / 2") {
		host.t.Errorf("%s have come", came)
	}
}

// handOn makes a colleague host, and takes the host out who did.
func handOn(host, next *person, address, event string) {
	host.t.Helper()
	next.open(event + "/host")
	next.wantText("This is not for your role")
	host.fill("email", address)
	host.send(`form[name="host"]`)
	host.press(`[data-test="host"]:nth-child(2) button`)
	if host.path() != event {
		host.t.Errorf("who takes herself out stands at %s", host.path())
	}
	host.without("運営ページ")
	next.open(event)
	next.press(`a[href="` + event + `/host"]`)
	next.wantText("Checked in")
	next.shoot("day-next-host")
}

// whatComesOfIt goes from the event to a referral and to a task, in one click each.
func (s *stage) whatComesOfIt(t *testing.T, alumna *person, event string) {
	alumna.press(`a[href^="/referrals/new"]`)
	alumna.wantText(volunteersDay)
	alumna.shoot("day-referral")
	manager := s.sit(t, "manager", "en", 1280)
	manager.open(event)
	manager.press(`a[href^="/tasks/new"]`)
	if title := manager.page.MustElement(`[name="title"]`).MustProperty("value").Str(); title != volunteersDay {
		t.Errorf("the task is called %q", title)
	}
	manager.shoot("day-task")
}

// afterwards plays what stays of an event: pictures, thanks, and what people say of it.
func (s *stage) afterwards(t *testing.T) {
	office, alumna := s.sit(t, "office", "en", 1280), s.sit(t, "alumnus", "ja", 390)
	office.open("/events?past=1")
	office.press(`[data-test="event"] a`)
	event := office.path()
	office.without("Are you coming?")
	office.press(`a[href="` + event + `/host"]`)
	office.wantText("4 answers")
	office.page.MustElement(`[name="pictures"][type="file"]`).MustSetFiles(photo(t), photo(t))
	office.send(`form[name="pictures"]`)
	office.fill("thanks", "ご参加**ありがとう**ございました。")
	office.send(`form[name="thanks"]`)
	office.wantText("Sent to those who came")
	office.shoot("after-thanked")

	alumna.follow(s.letter(t, s.info.login(t, "alumnus").Email, "ご参加ありがとうございました：秋の昼食会", event))
	alumna.wantText("ご参加ありがとうございました。")
	if n := len(alumna.page.MustElements(`[data-test="picture"] img`)); n < 2 {
		t.Errorf("she sees %d pictures", n)
	}
	alumna.shoot("after-album")
	alumna.page.MustElement(`form[name="survey"] [value="5"]`).MustClick()
	alumna.fill("words", "また参加します")
	alumna.send(`form[name="survey"]`)
	alumna.wantText("ご回答ありがとうございました")

	finance := s.sit(t, "finance", "en", 1280) // was not there
	finance.open(event)
	finance.without("ありがとう")

	office.open(event + "/host")
	office.wantText("from 5 answers")
	office.wantText("また参加します")
	lines, err := csv.NewReader(strings.NewReader(office.download(event + "/attendance.csv"))).ReadAll()
	if err != nil || len(lines) != 7 || !slices.ContainsFunc(lines, func(l []string) bool { return slices.Contains(l, "田中 花子") }) {
		t.Errorf("%v, %q", err, lines)
	}
	office.shoot("after-result")
}

// photo is a picture as a camera writes it, in a file.
func photo(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "photo.jpg")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	sky := image.NewRGBA(image.Rect(0, 0, 640, 480))
	for y := range 480 {
		for x := range 640 {
			sky.Set(x, y, color.RGBA{90, 120 + uint8(y/8), 200, 255}) //nolint:gosec // y/8 is below 60
		}
	}
	if err := jpeg.Encode(f, sky, nil); err != nil {
		t.Fatal(err)
	}
	return name
}

// closedMeetings plays the programme of Chugai: online meetings of the companies of a group, with questions to HR, closed to
// everybody else.
func (s *stage) closedMeetings(t *testing.T) {
	const talk, fair = "人事へのオンライン相談会", "グループ技術交流会"
	office, member := s.sit(t, "office", "ja", 1280), s.sitAt(t, "alumnus", "hokuto", "en", 390)
	online, hybrid := groupEventByHand(office, talk, "online"), groupEventByHand(office, fair, "hybrid")
	s.nobodyOutside(t, map[string]string{online: talk, hybrid: fair})

	member.open("/events")
	member.wantText(fair)
	member.press(`a[href="` + online + `"]`)
	member.wantText("The link is for those who come")
	member.fill("text", "副業をしていても再入社できますか。")
	member.page.MustElement(`[name="anonymous"]`).MustClick()
	member.send(`form[name="question"]`)

	voter := s.sit(t, "alumnus", "ja", 390)
	voter.open(online)
	if asked := voter.page.MustElement(`[data-test="question"]`).MustText(); !strings.Contains(asked, "匿名") || strings.Contains(asked, "高橋") {
		t.Errorf("the others read: %s", asked)
	}
	voter.send(`form[name="vote"]`)
	voter.wantText("1票")
	voter.shoot("closed-voted")

	office.open(online)
	office.page.MustElement(`[data-test="question"] summary`).MustClick()
	office.fill("answer", "はい。届け出があれば問題ありません。")
	office.press(`[data-test="question"] [value="answer"]`)
	office.shoot("closed-answered")

	member.follow(s.letter(t, s.at(t, "alumnus", "hokuto").Email, "ご質問への回答："+talk, online))
	member.wantText("はい。届け出があれば問題ありません。")
	member.press(`form[name="answer"] [value="online"]`)
	if link := member.page.MustElement(`a[href^="https://meet.example.com"]`).MustText(); link != "Open the online meeting" {
		t.Errorf("the way to the meeting is called %q", link)
	}
	member.shoot("closed-joined")
	s.wouldReturn(t)
}

// groupEventByHand writes an event for the companies of the group, opens it, and returns where it is.
func groupEventByHand(office *person, title, way string) string {
	office.t.Helper()
	office.open("/events/new")
	begins := time.Now().In(jst()).AddDate(0, 0, 8)
	office.page.MustElement(`[name="way"][value="` + way + `"]`).MustClick()
	fields := map[string]string{"title": title, "link": "https://meet.example.com/x", "starts_at": begins.Format(clockForm), "ends_at": begins.Add(time.Hour).Format(clockForm)}
	if way == "hybrid" {
		fields["place"] = "本社ホール"
	}
	for field, value := range fields {
		office.fill(field, value)
	}
	office.page.MustElement(`[name="audience.group"]`).MustClick()
	office.send(`form[name="event"]`)
	office.send(`form[name="steps"]`)
	return strings.TrimSuffix(office.path(), "/host")
}

// nobodyOutside holds the events of a group to show themselves neither to an alumna of another company nor to a stranger.
func (s *stage) nobodyOutside(t *testing.T, events map[string]string) {
	outsider, stranger := s.sitAt(t, "alumnus", "minato", "en", 390), s.stranger(t, 390)
	for at, title := range events {
		for _, path := range []string{"/events", "/search?q=" + title, at} {
			outsider.open(path)
			if found := strings.ReplaceAll(outsider.page.MustElement("main").MustText(), "“"+title+"”", ""); strings.Contains(found, title) {
				t.Errorf("%s shows somebody of another company %s", path, found)
			}
		}
		outsider.wantText("This page is not here")
		if outsider.open(at + "/event.ics"); !strings.Contains(outsider.text(), "This page is not here") {
			t.Errorf("the file of %s: %s", title, outsider.text())
		}
		stranger.open(at)
		if stranger.path() != "/signin" {
			t.Errorf("a stranger sees %s", stranger.path())
		}
	}
}

// wouldReturn says an alumna's wish to come back, which her office sees and nobody else.
func (s *stage) wouldReturn(t *testing.T) {
	alumna, office, manager := s.sitAt(t, "alumnus", "hokuto", "ja", 390), s.sitAt(t, "office", "hokuto", "ja", 1280), s.sitAt(t, "manager", "hokuto", "en", 1280)
	const wish = "設計部門の教育係"
	alumna.open("/profile/return")
	alumna.page.MustElement(`form[name="return"] [value="now"]`).MustClick()
	alumna.fill("roles", wish)
	alumna.shoot("closed-return")
	alumna.send(`form[name="return"]`)
	alumna.wantText("関心あり")

	office.open("/returns")
	office.wantText(wish)
	office.press(`[data-test="return"] a`)
	office.wantText(wish)
	office.shoot("closed-pipeline")
	at := office.path()

	alumna.open("/work")
	alumna.without(wish)
	for _, path := range []string{"/returns", at} {
		manager.open(path)
		manager.wantText("Your role does not allow this (See who would come back, and see to it)")
	}
	manager.open("/tasks")
	manager.without(wish)
	manager.open("/search?in=people&q=" + wish)
	if manager.has(`[data-test="hit"]`) {
		t.Errorf("a manager finds who would come back: %s", manager.text())
	}
	manager.open("/search?in=people&q=高橋 由美")
	manager.press(`[data-test="hit"] a`)
	manager.wantText("高橋 由美")
	manager.without(wish)
	if manager.has(`a[href="/returns"]`) {
		t.Error("a manager is offered the pipeline of returns")
	}
}

// at is whoever holds that role at the company of that domain.
func (s *stage) at(t *testing.T, role, domain string) mainjob.Login {
	t.Helper()
	all := s.info.logins(role)
	i := slices.IndexFunc(all, func(l mainjob.Login) bool { return strings.HasSuffix(l.Email, "@"+domain+".example") })
	if i < 0 {
		t.Fatalf("there is no %s at %s", role, domain)
	}
	return all[i]
}

// sitAt gives them a window of their own.
func (s *stage) sitAt(t *testing.T, role, domain, lang string, width int) *person {
	t.Helper()
	return sit(t, s.browser, s.info, s.at(t, role, domain), lang, width)
}

// download is a file of the program as the person's browser gets it.
func (p *person) download(path string) string {
	p.t.Helper()
	return p.page.MustEval(`async (path) => { const r = await fetch(path); return r.ok ? r.text() : r.status + " " + r.statusText }`, path).Str()
}
