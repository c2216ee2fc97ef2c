package web_test

import (
	"net/http"
	"testing"
)

func TestTheLogIsShownSearchedAndTakenOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	for lang, says := range map[string]string{"en": "Role · given", "ja": "役割 · 付与"} {
		w.as(aoi.Administrator, lang).get("/settings/log").is(http.StatusOK).says(says, `data-test="log-line"`).check(lang)
	}
	b := w.as(aoi.Administrator, "en")
	b.get("/settings/log?q=nothing+of+the+kind").is(http.StatusOK).says("Nothing was found")
	b.get("/settings/log?from=soon").is(http.StatusUnprocessableEntity).says("Write a day")
	b.get("/settings/log?from=2026-04-02&to=2026-04-01").is(http.StatusUnprocessableEntity).says("must not be before")
	b.get("/settings/log.csv?noun=role").is(http.StatusOK).says("id,at,actor_id", "role.grant")
	w.as(aoi.Manager, "en").get("/settings/log.csv").is(http.StatusForbidden)
}
