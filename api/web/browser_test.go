package web_test

import (
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/launcher"
	"github.com/go-rod/rod/lib/proto"
	"github.com/google/uuid"

	"homecoming/market"
	"homecoming/market/markettest"
)

// screen is a real browser in which somebody has signed in. What the page's console complains of fails the test.
func (w *world) screen(who market.Actor, lang string) *rod.Page {
	w.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		w.Fatal("this test needs chromium: ", err)
	}
	l := launcher.New().Bin(path).NoSandbox(true).Leakless(false)
	control, err := l.Launch()
	w.Check(err)
	chromium := rod.New().ControlURL(control)
	w.Check(chromium.Connect())
	w.Cleanup(func() {
		w.Check(chromium.Close())
		l.Cleanup()
	})
	at, err := url.Parse(w.server.URL)
	w.Check(err)
	cookies := []*proto.NetworkCookieParam{{Name: "lang", Value: lang, URL: w.server.URL}}
	for _, c := range w.as(who, lang).client.Jar.Cookies(at) {
		cookies = append(cookies, &proto.NetworkCookieParam{Name: c.Name, Value: c.Value, URL: w.server.URL})
	}
	page := chromium.MustPage("about:blank").Timeout(90 * time.Second)
	w.Check(page.SetCookies(cookies))
	go page.EachEvent(func(e *proto.LogEntryAdded) {
		if e.Entry.Level == proto.LogLogEntryLevelError {
			w.Error("the browser complains: ", e.Entry.Text)
		}
	})()
	w.Check(proto.LogEnable{}.Call(page))
	return page
}

func TestCandidatesAppearWhileTheBriefIsWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("高橋 由美")
	page := w.screen(aoi.Manager, "ja")
	page.MustNavigate(w.server.URL + "/tasks").MustWaitLoad()
	page.MustElementR("a.button", "案件を作成").MustClick()
	page.MustElement("[name=title]").MustInput("法人税申告書のレビュー")
	page.MustElementR("button.chip", "法人税").MustClick()
	name := page.MustElementR("#candidates .name", "高橋").MustText()
	ticked := page.MustElement(`#candidates input[name=invite]`)
	if name != "高橋 由美" || !ticked.MustProperty("checked").Bool() {
		t.Errorf("%s stands there, ticked %v", name, ticked.MustProperty("checked"))
	}
	if typed := page.MustElement("[name=title]").MustProperty("value").Str(); typed != "法人税申告書のレビュー" {
		t.Errorf("the title became %q", typed)
	}
	page.MustElementR("#publish button", "公開して選んだ人を招待").MustClick()
	page.MustElementR(".flash", "1人を招待しました")
	list, err := w.Market.Tasks(ctx, yumi.Actor, market.TaskFilter{})
	if err != nil || len(list) != 1 || list[0].State != market.Published {
		t.Errorf("the alumna sees %+v, %v", list, err)
	}
}

func TestAMilestoneIsFundedInThreeClicksWithASavedCard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("高橋 由美")
	w.saves(w.as(aoi.Manager, "en"), w.agreed(aoi, yumi, "Close the books", 100_000))
	w.agreed(aoi, yumi, "Count the stock", 50_000)
	page := w.screen(aoi.Manager, "en")
	w.Check(proto.EmulationSetDeviceMetricsOverride{Width: 390, Height: 844, DeviceScaleFactor: 1, Mobile: true}.Call(page))
	page.MustNavigate(w.server.URL + "/tasks").MustWaitLoad()
	clicks := 0
	click := func(selector, text string) {
		clicks++
		found := page.MustElementR(selector, text)
		found.MustEval("() => this.scrollIntoView({ block: 'center' })") // from under the bar at the bottom of a phone
		found.MustClick()
	}
	click("nav.main a", "Contracts")
	page.MustElementR("h1", "Contracts") // the list of tasks names it too
	click("h3 a", "Count the stock")
	click("button", "Pay ¥57,750 with Visa")
	page.MustElementR(".flash", "Paid.")
	page.MustElement("[data-test=milestone][data-state=funded]")
	if wide := page.MustEval("() => document.documentElement.scrollWidth").Int(); clicks > 3 || wide > 390 {
		t.Errorf("%d clicks, and the page is %d wide on a phone", clicks, wide)
	}
}

func TestTheLineOfMoneyFollowsTheAmount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("高橋 由美")
	task := aoi.Task("Design the cover", 100_000, func(d *market.TaskDraft) { d.WithholdingCategory = "design" })
	page := w.screen(yumi.Actor, "en")
	w.Check(proto.EmulationSetDeviceMetricsOverride{Width: 390, Height: 844, DeviceScaleFactor: 1, Mobile: true}.Call(page))
	page.MustNavigate(w.server.URL + "/tasks/" + task.ID.String()).MustWaitLoad()
	page.MustElementR("#quote", "¥99,790")
	page.MustElement("[name=amount]").MustSelectAllText().MustInput("200000")
	page.MustElementR("#quote", "¥199,580")
	if wide := page.MustEval("() => document.documentElement.scrollWidth").Int(); wide > 390 {
		t.Errorf("the page is %d wide on a phone", wide)
	}
	page.MustElementR("button", "^Bid$").MustClick()
	page.MustElementR(".flash", "Your bid is in")
}

// The stream is played by the test: what is counted live must leave the list in sight, and bring it up to date.
func TestNewsStayInSightWhileTheyAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	tell := func(title string) {
		w.Exec("INSERT INTO notices (id, person_id, company_id, kind, title_en, title_ja, path, made_at) VALUES (?, ?, ?, 'bids', ?, '日本語', '/tasks', ?)",
			uuid.New(), aoi.Manager.PersonID, aoi.ID, title, w.Clock.Now())
	}
	tell("The first")
	page := w.screen(aoi.Manager, "en")
	page.MustEvalOnNewDocument(`window.EventSource = class { addEventListener(name, then) { (window.heard ??= {})[name] = then } close() {} }`)
	page.MustNavigate(w.server.URL + "/notifications").MustWaitLoad()
	hear := `n => window.heard.unread({ data: JSON.stringify({ messages: 0, notices: n }) })`
	page.MustEval(hear, 1)
	if !page.MustElementR("#news", "The first").MustVisible() {
		t.Error("the list is out of sight")
	}
	tell("The second")
	page.MustEval(hear, 2)
	if !page.MustElementR("#news", "The second").MustVisible() {
		t.Error("what is new is out of sight")
	}
	if badge := page.MustElement("[data-unread=notices]").MustText(); badge != "2" {
		t.Errorf("the bell says %q", badge)
	}
}

func TestEveryPageWorksWithoutTheScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	aoi.Alumnus("高橋 由美")
	b := w.as(aoi.Manager, "en")
	form := taskFields()
	form.Set("do", "look")
	looked := b.post("/tasks/new", form).is(http.StatusOK).says("高橋 由美", `name="do" value="invite"`)
	form.Set("add", "Bookkeeping")
	b.post("/tasks/new", form).is(http.StatusOK).says(`value="Bookkeeping"`)
	if strings.Contains(looked.body, "<noscript") {
		t.Error("a page asks for the script")
	}
	b.get("/tasks").says("No tasks yet")
}

func TestAPasskeySignsItsOwnerIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	page := w.screen(aoi.Manager, "en")
	w.Check(proto.WebAuthnEnable{}.Call(page))
	_, err := proto.WebAuthnAddVirtualAuthenticator{Options: &proto.WebAuthnVirtualAuthenticatorOptions{Protocol: proto.WebAuthnAuthenticatorProtocolCtap2,
		Transport: proto.WebAuthnAuthenticatorTransportInternal, HasResidentKey: true, HasUserVerification: true, IsUserVerified: true,
		AutomaticPresenceSimulation: true}}.Call(page)
	w.Check(err)
	enter := func(path string) { page.MustNavigate(w.named() + path).MustWaitLoad() }

	enter("/signin?lang=en")
	page.MustElement("[name=email]").MustInput(aoi.Manager.Email)
	page.MustElement("[name=password]").MustInput(markettest.Password)
	page.MustElementR("button", "^Sign in$").MustClick()
	page.MustElementR("h1", "Tasks")
	enter("/security")
	page.MustElement("#f-passkey-name").MustInput("Her laptop")
	page.MustElementR("button", "Add a passkey").MustClick()
	page.MustElementR("[data-test=passkey]", "Her laptop")

	w.Check(page.SetCookies(nil))
	enter("/signin?lang=en&next=/contracts")
	page.MustElementR("button", "Sign in with a passkey").MustClick()
	page.MustElementR("h1", "Contracts")

	list, err := w.Market.Passkeys(ctx, aoi.Manager)
	if err != nil || len(list) != 1 || list[0].LastUsedAt == nil {
		t.Fatalf("%+v, %v", list, err)
	}
	w.Check(w.Market.RemovePasskey(ctx, aoi.Manager, list[0].ID))
	if list, err := w.Market.Passkeys(ctx, aoi.Manager); err != nil || len(list) != 0 {
		t.Errorf("after it was removed: %+v, %v", list, err)
	}
}
