package web_test

import (
	"net/http"
	"strings"
	"testing"

	"homecoming/market"
)

func TestWhoComesInForARoleIsNotThankedForYearsAtTheCompany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	m, err := w.Market.Grant(ctx, aoi.Administrator, aoi.ID, market.Colleague{Email: "new@aoi.example", Role: market.Manager})
	w.Check(err)
	raw, err := w.Market.FirstLink(ctx, aoi.ID, m.PersonID)
	w.Check(err)
	page := w.as(market.Actor{}, "en").get("/link/" + raw).is(http.StatusOK).says("You are asked to work in this company")
	page.check("en")
	if strings.Contains(page.body, "You worked with us") {
		t.Error("the page takes them for somebody who left")
	}
}
