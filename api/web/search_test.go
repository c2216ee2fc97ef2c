package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"homecoming/market"
	"homecoming/matching"
)

func TestALinkInALetterStopsNothingUntilItIsConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	yumi := w.Company("Aoi").Alumnus("Takahashi Yumi")
	saved, err := w.fits.SaveSearch(ctx, yumi.Actor, matching.SearchDraft{Kind: matching.ForWork, Name: "Everything <b>"})
	w.Check(err)
	paused := func() int { return w.Count("SELECT count(*) FROM saved_searches WHERE paused_at IS NOT NULL") }
	anybody, path := w.as(market.Actor{}, "en"), "/unsubscribe/"+saved.StopKey.String()
	for range 2 { // a scanner, then the reader
		page := anybody.get(path).is(http.StatusOK)
		if !strings.Contains(page.body, "Everything &lt;b&gt;") || !strings.Contains(page.body, `method="post"`) || paused() != 0 {
			t.Fatalf("%d paused by a look: %s", paused(), page.body)
		}
	}
	for range 2 { // the button, and a mail program of its own accord
		anybody.post(path, url.Values{"List-Unsubscribe": {"One-Click"}}).is(http.StatusOK)
		if paused() != 1 {
			t.Fatal("it is not stopped")
		}
	}
	anybody.post("/unsubscribe/"+saved.ID.String(), nil).is(http.StatusNotFound)
}

func TestWhatIsFoundIsShownMarkedAndCanBeKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	aoi.Alumnus("髙橋 由美")
	task := aoi.Task("Close <the> books", 300_000)
	b := w.as(aoi.Manager, "en")
	if page := b.get("/search?in=people&q=" + url.QueryEscape("高橋")).is(http.StatusOK); !strings.Contains(page.body, "<mark>髙橋</mark>") || !strings.Contains(page.body, "/search/saved/new?") {
		t.Errorf("%s", page.body)
	}
	if page := b.get("/search?in=tasks&q=books%20the").is(http.StatusOK); !strings.Contains(page.body, "Close &lt;<mark>the</mark>&gt; <mark>books</mark>") || !strings.Contains(page.body, task.ID.String()) {
		t.Errorf("%s", page.body)
	}
	b.post("/search/saved", url.Values{"kind": {"talent"}, "skills": {"no such thing"}, "rhythm": {"daily"}}).is(http.StatusUnprocessableEntity)
	b.post("/search/saved", url.Values{"kind": {"talent"}, "text": {"高橋"}, "rhythm": {"weekly"}}).leads("/search/saved")
	if page := b.get("/search/saved").is(http.StatusOK); !strings.Contains(page.body, "高橋") {
		t.Errorf("%s", page.body)
	}
}
