package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/market"
)

func TestALettersLinkStopsItsKindOnlyWhenItIsConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	yumi := w.Company("Aoi").Alumnus("Takahashi Yumi")
	h, err := w.Market.SetHearing(ctx, yumi.Actor, market.HearingEdit{})
	w.Check(err)
	way := func() market.Way {
		h, err := w.Market.Hearing(ctx, yumi.Actor)
		w.Check(err)
		k, _ := market.KindNamed(market.NewsBids)
		return h.Way(k)
	}
	path := market.StopPath + h.StopToken(market.NewsBids)
	for _, lang := range []string{"en", "ja"} { // scanners, then the reader
		w.as(market.Actor{}, lang).get(path).is(http.StatusOK).check(lang)
	}
	anybody := w.as(market.Actor{}, "en")
	if page := anybody.get(path).is(http.StatusOK); way() != market.AtOnce || !strings.Contains(page.body, "Bids and offers") || !strings.Contains(page.body, `method="post"`) {
		t.Fatalf("%s after a look: %s", way(), page.body)
	}
	for range 2 { // the button, and a mail program of its own accord
		anybody.post(path, url.Values{"List-Unsubscribe": {"One-Click"}}).is(http.StatusOK)
		if way() != market.InApp {
			t.Fatal("it is not stopped")
		}
	}
	anybody.post(path, url.Values{"way": {"daily"}}).is(http.StatusOK).says("one digest a day")
	if way() != market.Daily {
		t.Error("it is in no digest")
	}
	anybody.post(path, url.Values{"way": {"sometimes"}}).is(http.StatusNotFound)
	anybody.get(market.StopPath + "nonsense").is(http.StatusNotFound)
	anybody.post(market.StopPath+h.StopToken(market.EveryDigest), nil).is(http.StatusOK).check("en")
	if way() != market.InApp {
		t.Error("digests are not stopped")
	}
}

func TestNewsStandInTheListUntilTheirPageIsOpened(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	b := w.as(aoi.Manager, "en")
	b.get("/notifications").is(http.StatusOK).says("Nothing yet").check("en")
	for _, path := range []string{"/tasks", "/contracts", "/people"} {
		w.Exec("INSERT INTO notices (id, person_id, company_id, kind, title_en, title_ja, path, made_at) VALUES (?, ?, ?, 'bids', ?, '日本語', ?, ?)",
			uuid.New(), aoi.Manager.PersonID, aoi.ID, "About <"+path+">", path, w.Clock.Now().Add(-time.Hour))
	}
	page := b.get("/notifications").is(http.StatusOK).says("About &lt;/tasks&gt;", `data-count="3"`)
	page.check("en")
	b.get("/tasks").is(http.StatusOK)
	b.get("/notifications").is(http.StatusOK).says(`data-count="2"`)
	b.post("/notifications", url.Values{"up_to": {w.Clock.Now().Format(time.RFC3339Nano)}}).leads("/notifications")
	b.get("/notifications").is(http.StatusOK).says(`data-count="0"`)
	b.post("/notifications", url.Values{"up_to": {"\x00"}}).is(http.StatusNotFound)
}

func TestHowOneHearsIsChosenOnOnePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	yumi := w.Company("Aoi").Alumnus("Takahashi Yumi")
	for _, lang := range []string{"en", "ja"} {
		w.as(yumi.Actor, lang).get("/notifications/settings").is(http.StatusOK).check(lang)
	}
	b := w.as(yumi.Actor, "en")
	form := url.Values{"time_zone": {"Europe/London"}, "quiet": {"yes"}, "quiet_from": {"22"}, "quiet_to": {"7"}, "digest_hour": {"9"}, "digest_day": {"5"}, "ways.bids": {"weekly"}, "ways.payments": {"off"}}
	b.post("/notifications/settings", form).leads("/notifications/settings")
	h, err := w.Market.Hearing(ctx, yumi.Actor)
	w.Check(err)
	if h.Zone != "Europe/London" || h.QuietFrom != 22 || h.QuietTo != 7 || h.DigestHour != 9 || h.DigestDay != 5 || len(h.Ways) != 1 || h.Ways[market.NewsBids] != market.Weekly {
		t.Errorf("%+v", h)
	}
	form.Set("quiet_to", "21")
	b.post("/notifications/settings", form).is(http.StatusUnprocessableEntity).says("at most 20 hours").check("en")
	form.Del("quiet")
	b.post("/notifications/settings", form).leads("/notifications/settings")
	if h, err = w.Market.Hearing(ctx, yumi.Actor); err != nil || h.QuietFrom != h.QuietTo {
		t.Errorf("%+v, %v", h, err)
	}
}
