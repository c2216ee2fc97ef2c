package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/google/uuid"

	"homecoming/market/markettest"
)

var keptAt = regexp.MustCompile(`href="(/rankings/[0-9a-f-]{36})"`)

func TestAListLeadsToWhyItIsSoAndSpeaksTwoLanguages(t *testing.T) {
	t.Parallel()
	w, aoi, yumi, at := populated(t)
	task := "/tasks/" + at["open"]
	for lang, says := range map[string][]string{"en": {"Why this list", "replays to the byte", "65 points", "高橋"}, "ja": {"この順位の理由", "再現を確認済み", "65点", "高橋"}} {
		b := w.as(aoi.Manager, lang)
		kept := keptAt.FindStringSubmatch(b.get(task).is(http.StatusOK).body)
		if kept == nil {
			t.Fatal("the list does not lead to its page")
		}
		b.get(kept[1]).is(http.StatusOK).says(says...).check(lang)
		w.as(aoi.Finance, lang).get(kept[1]).is(http.StatusForbidden)
		w.as(w.Company("Ben"+lang).Manager, lang).get(kept[1]).is(http.StatusNotFound)
	}
	w.as(aoi.Manager, "en").get("/rankings/" + uuid.NewString()).is(http.StatusNotFound)
	for lang, says := range map[string]string{"en": "What would lift you", "ja": "順位を上げるには"} {
		w.as(yumi.Actor, lang).get(task).is(http.StatusOK).says(says, `data-test="lift"`).check(lang)
	}
}

func TestConstantsAreTriedBeforeTheyAreSaved(t *testing.T) {
	t.Parallel()
	w, aoi, _, at := populated(t)
	form := url.Values{"version": {"1"}, "skills": {"55"}, "department": {"5"}, "tenure": {"30"}, "record": {"10"}, "saturation": {"2.5"},
		"half_life": {"6"}, "prior_mean": {"4.0"}, "prior_count": {"5"}, "task": {at["open"]}, "do": {"preview"}}
	for _, lang := range []string{"en", "ja"} {
		b := w.as(aoi.Administrator, lang)
		b.get("/settings/score").is(http.StatusOK).says(`value="65"`).check(lang)
		b.post("/settings/score", form).is(http.StatusOK).says(`data-test="would"`, `value="55"`).check(lang)
	}
	b := w.as(aoi.Administrator, "en")
	b.get("/settings/score").says(`value="65"`)
	form.Set("do", "save")
	form.Set("skills", "50")
	b.post("/settings/score", form).is(422).says("come to 95", `value="50"`)
	form.Set("skills", "many")
	b.post("/settings/score", form).is(422).says("Write a number", `value="many"`)
	form.Set("skills", "55")
	b.post("/settings/score", form).leads("/settings/score")
	b.get("/settings/score").says("Version 2", "own constants")
	b.post("/settings/score", form).is(http.StatusConflict)
	w.as(aoi.Manager, "en").get("/settings/score").is(http.StatusForbidden)
}

func TestTheOfficeSeesWhoGetsAChance(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	b := w.as(aoi.Office, "en")
	b.get("/people/exposure").is(http.StatusOK).says("Nothing to report yet").check("en")
	for _, name := range []string{"Ito Aki", "Kato Eri", "Mori Jun", "Abe Rei", "Oda Sho", "Ueno Mai"} {
		aoi.Alumnus(name, markettest.Worked("Accounting", "2015-04-01", "2022-03-31"))
	}
	_, err := w.fits.Drain(ctx)
	w.Check(err)
	for lang, says := range map[string]string{"en": "New here", "ja": "初めての方"} {
		w.as(aoi.Office, lang).get("/people/exposure").is(http.StatusOK).says(says, `data-test="cohort"`, "<svg").check(lang)
	}
	b.get("/people/exposure?from=soon").is(422).says("Write a day")
	w.as(aoi.Manager, "en").get("/people/exposure").is(http.StatusForbidden)
}
