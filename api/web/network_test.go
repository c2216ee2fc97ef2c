package web_test

import (
	"net/http"
	"testing"
	"time"

	"homecoming/market/markettest"
)

func TestTheNetworkPageShowsWhatTheFileHoldsAndHidesAFewPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	en := w.as(aoi.Office, "en")
	en.get("/people/network").is(http.StatusOK).says("Nothing in these months", "December 2025 to November 2026", "November 2026 counts so far").check("en")
	for _, name := range []string{"Abe Aya", "Baba Ben", "Chiba Chie", "Doi Dai", "Endo Emi"} {
		aoi.Alumnus(name)
	}
	aoi.Task("Close the books", 300_000)
	w.Clock.Advance(time.Minute)
	en.get("/people/network?to=2026-11").is(http.StatusOK).says("<svg", "Still open").check("en")
	w.as(aoi.Office, "ja").get("/people/network?to=2026-11").is(http.StatusOK).says("ネットワークの状況", "2025年12月〜2026年11月").check("ja")
	en.get("/people/network.csv?to=2026-11").is(http.StatusOK).says("reach,year,2022,,,registry,people,5,,")
	aoi.Alumnus("Fukuda Fumi", markettest.Worked("Accounting", "2015-04-01", "2023-03-31"))
	w.Clock.Advance(time.Minute)
	en.get("/people/network?to=2026-11").is(http.StatusOK).says("under 5", "hidden")
	en.get("/people/network.csv?to=2026-11").says("reach,year,2022,,,registry,people,,,withheld", "reach,year,2023,,,registry,people,,,under_5")
	en.get("/people/network?from=2026-13").is(http.StatusUnprocessableEntity).says("Write a month as 2026-11").check("en")
	en.get("/people/network?from=%00").is(http.StatusUnprocessableEntity)
	w.as(aoi.Manager, "en").get("/people/network").is(http.StatusForbidden)
}
