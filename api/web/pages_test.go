package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"homecoming/market"
	"homecoming/market/markettest"
)

var (
	forbidden = regexp.MustCompile(`\s(style|on[a-z]+)="|<style|javascript:|<script>`)
	outside   = regexp.MustCompile(`(?:src|href)="(?:https?:)?//`)
	ids       = regexp.MustCompile(`\sid="([^"]+)"`)
	controls  = regexp.MustCompile(`<(?:input|select|textarea)\b[^>]*>`)
	bareKey   = regexp.MustCompile(`>\s*[a-z]+(?:\.[a-z_]+)+\s*<`)
)

// check holds a page to what every page promises.
func (s shown) check(lang string) {
	s.Helper()
	path := s.Request.URL.Path
	if n := len(s.body); n > 100_000 {
		s.Errorf("%s has %d bytes", path, n)
	}
	for what, pattern := range map[string]*regexp.Regexp{"an inline style or script": forbidden, "something of a third party": outside, "a key instead of a sentence": bareKey} {
		if at := pattern.FindString(s.body); at != "" {
			s.Errorf("%s has %s: %s", path, what, at)
		}
	}
	if !strings.HasPrefix(s.body, `<!doctype html><html lang="`+lang+`">`) || strings.Count(s.body, "<h1") != 1 {
		s.Errorf("%s has the wrong language or not one heading: %.80s", path, s.body)
	}
	if policy := s.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
		s.Errorf("%s has the policy %q", path, policy)
	}
	s.checkIDs()
	s.checkLabels()
}

// checkIDs refuses an id that stands twice, and references to none.
func (s shown) checkIDs() {
	s.Helper()
	seen := map[string]bool{}
	for _, m := range ids.FindAllStringSubmatch(s.body, -1) {
		if seen[m[1]] {
			s.Errorf("%s has the id %s twice", s.Request.URL.Path, m[1])
		}
		seen[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`(?:for|aria-describedby|aria-labelledby|list|data-into)="([^"]+)"`).FindAllStringSubmatch(s.body, -1) {
		for _, id := range strings.Fields(m[1]) {
			if !seen[id] && !strings.HasPrefix(m[0], "data-into") {
				s.Errorf("%s refers to the id %s, which is not there", s.Request.URL.Path, id)
			}
		}
	}
}

// checkLabels refuses a control that nobody has named.
func (s shown) checkLabels() {
	s.Helper()
	for _, c := range controls.FindAllString(s.body, -1) {
		id := ids.FindStringSubmatch(c)
		switch {
		case strings.Contains(c, `type="hidden"`), strings.Contains(c, "aria-label="):
		case id != nil && strings.Contains(s.body, `<label for="`+id[1]+`"`):
		case id == nil && regexp.MustCompile(`<label class="tick[^>]*>\s*`+regexp.QuoteMeta(c)+`|<label>\s*`+regexp.QuoteMeta(c)).MatchString(s.body):
		default:
			s.Errorf("%s has a control without a label: %s", s.Request.URL.Path, c)
		}
	}
}

// populated is a world in which every list has something.
func populated(t *testing.T) (*world, *markettest.Company, markettest.Alumnus, map[string]string) {
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("高橋 由美")
	draft, task := aoi.Draft("Draft", 100_000), aoi.Task("Close the books", 300_000)
	bid := w.Bid(yumi, task, 280_000)
	open := aoi.Task("Check the tax return", 200_000)
	agreed := w.Bid(yumi, aoi.Task("月次決算", 500_000), 480_000)
	c, err := w.billing.AcceptBid(ctx, aoi.Manager, agreed.ID, 1)
	w.Check(err)
	own := w.wordsAndSkills(aoi, yumi)
	_, _, err = w.Market.CreateToken(ctx, aoi.Administrator, "export", nil)
	w.Check(err)
	return w, aoi, yumi, map[string]string{"draft": draft.ID.String(), "task": task.ID.String(), "open": open.ID.String(), "bid": bid.ID.String(),
		"contract": c.ID.String(), "member": yumi.MembershipID.String(), "skill": own}
}

func TestEveryPageKeepsItsPromises(t *testing.T) {
	t.Parallel()
	w, aoi, yumi, at := populated(t)
	for who, pages := range map[*market.Actor][]string{
		{}:                 {"/signin", "/checkout/done", "/checkout/done?canceled=1", "/dev/mails", "/dev/storybook"},
		&aoi.Manager:       {"/tasks", "/tasks?state=draft", "/tasks?state=completed", "/tasks/new", "/tasks/" + at["draft"], "/tasks/" + at["draft"] + "/edit", "/tasks/" + at["task"], "/tasks/" + at["task"] + "/cancel", "/bids/" + at["bid"], "/contracts", "/contracts/" + at["contract"], "/contracts/" + at["contract"] + "/notice", "/people", "/people?q=nobody", "/people/" + at["member"], "/settings", "/profile", "/money/cash"},
		&yumi.Actor:        {"/work", "/tasks/" + at["open"], "/tasks/" + at["task"], "/bids", "/bids/" + at["bid"], "/contracts", "/contracts/" + at["contract"], "/payouts", "/profile", "/settings"},
		&aoi.Finance:       {"/money", "/money/ledger", "/money/payouts", "/money/reconciliations", "/money/exports", "/money/exports?kind=yayoi", "/money/exports/names?target=quickbooks", "/money/insight", "/contracts"},
		&aoi.Office:        {"/people", "/people/import", "/people/network?to=2026-11", "/tasks", "/skills", "/skills/" + at["skill"]},
		&aoi.Approver:      {"/contracts", "/tasks"},
		&aoi.Administrator: {"/settings", "/tasks", "/money"},
	} {
		for _, lang := range []string{"en", "ja"} {
			b := w.as(*who, lang)
			for _, page := range pages {
				b.get(page).is(http.StatusOK).check(lang)
			}
		}
	}
}

func TestEverybodyComesHomeToTheirOwnWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	for who, home := range map[*market.Actor]string{&aoi.Administrator: "/tasks", &aoi.Manager: "/tasks", &aoi.Finance: "/money", &aoi.Office: "/people", &aoi.Approver: "/contracts"} {
		w.as(*who, "en").get("/").leads(home)
	}
	w.as(aoi.Alumnus("Okafor Daniel").Actor, "en").get("/").leads("/work")
	w.as(market.Actor{}, "en").get("/").leads("/signin")
}

func TestNobodyIsShownTheDoorAndComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	nobody := w.as(market.Actor{}, "en")
	door := nobody.get("/tasks?state=draft").leads("/signin?next=")
	nobody.get(door).is(http.StatusOK).says(`name="next" value="/tasks?state=draft"`)
	in := url.Values{"email": {aoi.Manager.Email}, "password": {markettest.Password}, "next": {"/tasks?state=draft"}}
	nobody.post("/signin", in).leads("/tasks?state=draft")
	nobody.post("/signout", nil).leads("/signin")

	for _, next := range []string{"//evil.example", "https://evil.example", `/\evil.example`, "javascript:alert(1)"} {
		in.Set("next", next)
		if at := w.as(market.Actor{}, "en").post("/signin", in).leads("/"); at != "/" {
			t.Errorf("next=%s leads to %s", next, at)
		}
	}
	in.Set("password", "wrong")
	w.as(market.Actor{}, "ja").post("/signin", in).is(http.StatusUnauthorized).says("正しくありません", aoi.Manager.Email)
}

func TestErrorsHaveAPageInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi, kita := w.Company("Aoi"), w.Company("Kita")
	task := kita.Task("Somebody else's", 100_000)
	w.as(aoi.Manager, "ja").get("/tasks/" + task.ID.String()).is(http.StatusNotFound).says("ページが見つかりません").check("ja")
	w.as(aoi.Manager, "en").get("/tasks/none").is(http.StatusNotFound).says("This page is not here")
	w.as(aoi.Finance, "en").get("/tasks/new").is(http.StatusForbidden).says("This is not for your role")
	w.as(aoi.Finance, "ja").get("/nowhere").is(http.StatusNotFound)
}

func TestALinkActsOnPostAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	somebody := aoi.Alumnus("小林 健")
	raw := w.link(somebody.PersonID)
	b := w.as(market.Actor{}, "ja")
	for range 2 {
		b.get("/link/"+raw).is(http.StatusOK).says("健", `method="post"`).check("ja")
	}
	b.get("/work").leads("/signin")
	b.post("/link/"+raw, url.Values{"password": {"short"}}).is(http.StatusUnprocessableEntity).says(`aria-invalid="true"`)
	b.post("/link/"+raw, url.Values{"password": {""}}).leads("/")
	b.get("/work").is(http.StatusOK)
	w.as(market.Actor{}, "ja").post("/link/"+raw, nil).is(http.StatusNotFound)
}

func TestACounterOfferIsAnsweredByTheOtherSide(t *testing.T) {
	t.Parallel()
	w, aoi, yumi, at := populated(t)
	manager, alumna := w.as(aoi.Manager, "en"), w.as(yumi.Actor, "en")
	bid := "/bids/" + at["bid"]
	manager.post(bid+"/mark", url.Values{"shortlisted": {"yes"}}).leads("/tasks/" + at["task"])
	manager.get("/tasks/" + at["task"]).says("off the shortlist")
	manager.post(bid+"/counter", url.Values{"amount": {"0"}, "deliver_on": {"2026-12-20"}, "seen": {"1"}, "message": {"Could it be less?"}}).is(422).says("Could it be less?")
	manager.post(bid+"/counter", url.Values{"amount": {"250000"}, "deliver_on": {"2026-12-20"}, "seen": {"1"}, "message": {"Could it be less?"}}).leads("/tasks/")
	manager.get("/tasks/" + at["task"]).says("Waiting for the other side")
	alumna.get("/bids").says("Your answer, please")
	alumna.get(bid).says("Could it be less?", "¥250,000")
	alumna.post(bid+"/accept", url.Values{"seen": {"1"}}).leads(bid)
	alumna.get(bid).says("Somebody changed this in the meantime")
	alumna.post(bid+"/accept", url.Values{"seen": {"2"}}).leads("/contracts/")
}

func TestNotThisTimeUpdatesAvailability(t *testing.T) {
	t.Parallel()
	w, aoi, yumi, at := populated(t)
	_, err := w.Market.Invite(ctx, aoi.Manager, uuid.MustParse(at["open"]), memberIDs(yumi))
	w.Check(err)
	b := w.as(yumi.Actor, "ja")
	b.post("/tasks/"+at["open"]+"/decline", url.Values{"available_from": {"2027-06-01"}}).leads("/work")
	b.get("/profile").says(`value="2027-06-01"`)
	w.as(aoi.Manager, "ja").get("/tasks/" + at["open"]).says("見送り")
}

func TestAProfileIsRefusedAndKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	yumi := w.Company("Aoi").Alumnus("高橋 由美")
	b := w.as(yumi.Actor, "en")
	form := url.Values{"family_name": {"高橋"}, "given_name": {"由美"}, "language": {"ja"}, "hourly_rate": {"7,500"}, "registration_number": {"T123"},
		"skills[0].skill": {"Bookkeeping"}, "skills[0].level": {"3"}}
	b.post("/profile", form).is(422).says(`value="T123"`, `value="7,500"`, "T and 13 digits")
	form.Set("registration_number", "T1234567890123")
	form.Set("skills[1].skill", "whistling in the dark")
	b.post("/profile", form).leads("/profile")
	b.get("/profile").says("T1234567890123", `value="簿記"`, `value="whistling in the dark"`, "保存しました")
}
