package web_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"homecoming/api/web/words"
	"homecoming/internal/problem"
	"homecoming/market"
)

// agreedTexts are the fingerprints of the texts that people agree to, by purpose and version. Who changes a text raises its
// version in market and writes the new line here; a mere slip of the pen keeps the version.
var agreedTexts = map[string]string{
	"work 2026-11": "3761638e2a10", "directory 2026-11": "6baabe3b2b9d", "group 2026-11": "630c8240e6e3", "news 2026-11": "50e872f0d8f6",
	"shown_to 2026-10": "3c46a8ead0b8",
}

func TestWhatIsAgreedToIsTheTextOfItsVersion(t *testing.T) {
	t.Parallel()
	for _, p := range append(market.Purposes[:len(market.Purposes):len(market.Purposes)], market.BeyondOwn) {
		keys := []string{"consent." + string(p), "consent." + string(p) + ".text"}
		if p == market.BeyondOwn {
			keys = []string{"profile.shown.text", "profile.shown.nobody", "profile.shown.partners", "profile.shown.everyone"}
		}
		var text []string
		for _, key := range keys {
			text = append(text, words.In(problem.English, key), words.In(problem.Japanese, key))
		}
		sum := sha256.Sum256([]byte(strings.Join(text, "\n")))
		version := string(p) + " " + p.Wording()
		if got := hex.EncodeToString(sum[:])[:12]; got != agreedTexts[version] {
			t.Errorf("the text of %s is %s, not %s: did its version rise?", version, got, agreedTexts[version])
		}
	}
}

func TestConsentIsAskedForGivenAndCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	b := w.as(yumi.Actor, "en")
	b.get("/work").is(http.StatusOK).says("2 questions for you")
	b.get("/profile/consents").is(http.StatusOK).says("Write to me about news and events", "Not without your yes")
	said := url.Values{"company": {aoi.ID.String()}, "agree": {"work", "group", "news"}}
	for _, p := range market.Purposes {
		said.Set("wording."+string(p), p.Wording())
	}
	b.post("/profile/consents", said).is(http.StatusSeeOther)
	b.get("/profile/consents").is(http.StatusOK).says("You agreed on", "You said no on", "Everything you ever chose")
	if got := b.get("/work").is(http.StatusOK); strings.Contains(got.body, "questions for you") {
		t.Error("who has answered is asked again")
	}
	office := w.as(aoi.Office, "ja")
	office.get("/people/consents").is(http.StatusOK).says("お知らせと催しのメールを受け取る")
	office.get("/people/consents.csv").is(http.StatusOK).says("membership_id,email", "takahashi@alumni.test")
	w.as(aoi.Manager, "en").get("/people/consents").is(http.StatusForbidden)
}
