package market_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/market"
	"homecoming/market/markettest"
)

// noted writes some lines at a company, the latest last.
func noted(w *markettest.World, who market.Actor, company uuid.UUID, actions ...string) {
	w.Helper()
	for _, action := range actions {
		w.Tx(func(tx *gorm.DB) error {
			return market.Audit(tx, who, company, action, "thing:"+action, map[string]any{"reason": "=1+1 because of " + action})
		})
	}
}

func actionsOf(lines []market.LogLine) (list []string) {
	for _, l := range lines {
		list = append(list, l.Action)
	}
	return list
}

func TestTheLogIsReadByAdministratorsOfTheCompanyAlone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, beni := w.Company("Aoi"), w.Company("Beni")
	noted(w, aoi.Manager, aoi.ID, "kite.fly")
	noted(w, beni.Manager, beni.ID, "boat.row")
	lines, err := w.Market.Log(ctx, aoi.Administrator, aoi.ID, market.LogQuery{Text: "because"})
	w.Check(err)
	if got := actionsOf(lines); !slices.Equal(got, []string{"kite.fly"}) || lines[0].Actor != aoi.Manager.Name || *lines[0].ActorID != aoi.Manager.PersonID {
		t.Errorf("%+v", lines)
	}
	for _, who := range []market.Actor{aoi.Manager, aoi.Finance, aoi.Office, aoi.Approver} {
		if _, err := w.Market.Log(ctx, who, aoi.ID, market.LogQuery{}); !errors.Is(err, market.ErrForbidden) {
			t.Errorf("%v", err)
		}
	}
	if write, err := w.Market.LogFile(ctx, beni.Administrator, aoi.ID, market.LogQuery{}); !errors.Is(err, market.ErrNotFound) || write != nil {
		t.Errorf("a stranger takes it out: %v", err)
	}
	if nouns, err := w.Market.LogNouns(ctx, aoi.Administrator, aoi.ID); err != nil || !slices.Contains(nouns, "kite") || slices.Contains(nouns, "boat") {
		t.Errorf("%v, %v", nouns, err)
	}
}

func TestTheLogIsNarrowedAndTurnedOver(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	noted(w, aoi.Manager, aoi.ID, "kite.make", "kite.fly", "boat.row", "kite.land")
	read := func(q market.LogQuery) []market.LogLine {
		t.Helper()
		lines, err := w.Market.Log(ctx, aoi.Administrator, aoi.ID, q)
		w.Check(err)
		return lines
	}
	first := read(market.LogQuery{Noun: "kite", Limit: 2})
	if got := actionsOf(first); !slices.Equal(got, []string{"kite.land", "kite.fly"}) {
		t.Errorf("%v", got)
	}
	if got := actionsOf(read(market.LogQuery{Noun: "kite", Limit: 2, Before: first[1].ID})); !slices.Equal(got, []string{"kite.make"}) {
		t.Errorf("the rest: %v", got)
	}
	if got := actionsOf(read(market.LogQuery{Text: "ROW thing"})); !slices.Equal(got, []string{"boat.row"}) {
		t.Errorf("by words: %v", got)
	}
	today := market.Company{TimeZone: "Asia/Tokyo"}.Today(first[0].At)
	before, after := today.AddDays(-1), today.AddDays(1)
	if len(read(market.LogQuery{Noun: "kite", From: &today, To: &today})) != 3 || len(read(market.LogQuery{Noun: "kite", From: &after})) != 0 || len(read(market.LogQuery{Noun: "kite", To: &before})) != 0 {
		t.Error("days are not those of the company")
	}
	if _, err := w.Market.Log(ctx, aoi.Administrator, aoi.ID, market.LogQuery{From: &after, To: &before}); !errors.Is(err, market.ErrLogDays) {
		t.Error(err)
	}
}

func TestTheLogIsTakenOutWholeAndThatIsNoted(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	for range 150 { // more than a page
		noted(w, aoi.Manager, aoi.ID, "kite.fly")
	}
	var file bytes.Buffer
	write, err := w.Market.LogFile(ctx, aoi.Administrator, aoi.ID, market.LogQuery{Noun: "kite"})
	w.Check(err)
	w.Check(write(&file))
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.String(), "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 151 || rows[1][4] != "kite.fly" || rows[1][3] != aoi.Manager.Name {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if lines, err := w.Market.Log(ctx, aoi.Administrator, aoi.ID, market.LogQuery{Noun: "log"}); err != nil || len(lines) != 1 || *lines[0].ActorID != aoi.Administrator.PersonID {
		t.Errorf("%+v, %v", lines, err)
	}
}
