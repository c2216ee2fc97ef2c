package market_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"homecoming/market"
	"homecoming/market/markettest"
)

func TestTheHousesRulesHaveAVersionOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	v, err := w.Market.Conduct(context.Background(), aoi.Manager, aoi.ID)
	w.Check(err)
	sum := sha256.Sum256([]byte(v.Text + v.TextEN))
	if got := hex.EncodeToString(sum[:4]); got != "26256d3d" || v.Wording() != "house-2026-11" {
		t.Errorf("%s says %s: whoever changes what it says raises its version, and notes both here", v.Wording(), got)
	}
	for _, said := range []string{"第14条", "引き抜き", "匿名"} {
		if !strings.Contains(v.Text, said) {
			t.Errorf("it does not speak of %s", said)
		}
	}
}

func TestEverybodyIsAskedAgainWhenTheRulesChange(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	yumi := aoi.Alumnus("Takahashi Yumi")
	asked := func() []market.AskedConduct {
		list, err := w.Market.ConductAsked(ctx, yumi.Actor)
		w.Check(err)
		return list
	}
	if list := asked(); len(list) != 1 || list[0].CompanyID != aoi.ID || list[0].Before {
		t.Fatalf("who has just come is asked %+v", list)
	}
	w.Check(w.Market.AgreeConduct(ctx, yumi.Actor, aoi.ID, market.HouseConduct))
	w.Check(w.Market.AgreeConduct(ctx, yumi.Actor, aoi.ID, market.HouseConduct))
	if list := asked(); len(list) != 0 {
		t.Errorf("who agreed is asked %+v", list)
	}
	before, err := w.Market.ConductCounts(ctx, aoi.Administrator, aoi.ID)
	w.Check(err)
	if before.Agreed != 1 || before.Earlier != 0 || before.Unsaid != 5 {
		t.Errorf("%+v", before)
	}
	p, err := w.Market.PublishConduct(ctx, aoi.Administrator, aoi.ID, 0, market.DraftConduct{TextEN: "Be kind.\r\n", Change: "Shorter\nby far"})
	w.Check(err)
	if p.Version != 1 || p.TextEN != "Be kind." || p.Change != "Shorter by far" {
		t.Errorf("%+v", p)
	}
	if list := asked(); len(list) != 1 || !list[0].Before {
		t.Errorf("after a change: %+v", list)
	}
	same, err := w.Market.PublishConduct(ctx, aoi.Administrator, aoi.ID, 1, market.DraftConduct{TextEN: "Be kind."})
	if err != nil || same.Version != 1 {
		t.Errorf("the same again is version %d, %v", same.Version, err)
	}
	after, err := w.Market.ConductCounts(ctx, aoi.Administrator, aoi.ID)
	if err != nil || after.Agreed != 0 || after.Earlier != 1 || after.Unsaid != 5 {
		t.Errorf("%+v, %v", after, err)
	}
	for name, c := range map[string]struct{ err, want error }{
		"an old text":       {w.Market.AgreeConduct(ctx, yumi.Actor, aoi.ID, market.HouseConduct), market.ErrConductWording},
		"another company's": {w.Market.AgreeConduct(ctx, yumi.Actor, ben.ID, market.HouseConduct), market.ErrNotFound},
		"no role":           {publish(w, aoi, aoi.Office, 1, "Be good."), market.ErrForbidden},
		"an old version":    {publish(w, aoi, aoi.Administrator, 0, "Be good."), market.ErrStaleVersion},
		"nothing":           {publish(w, aoi, aoi.Administrator, 1, " \x00\xff "), market.ErrRequired},
		"too much":          {publish(w, aoi, aoi.Administrator, 1, strings.Repeat("長", 20_001)), market.ErrTooLong},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
	versions, err := w.Market.ConductVersions(ctx, yumi.Actor, aoi.ID)
	if err != nil || len(versions) != 1 {
		t.Errorf("%+v, %v", versions, err)
	}
	if _, err := w.Market.Conduct(ctx, yumi.Actor, ben.ID); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("another company's: %v", err)
	}
}

func publish(w *markettest.World, c *markettest.Company, who market.Actor, seen int, text string) error {
	_, err := w.Market.PublishConduct(context.Background(), who, c.ID, seen, market.DraftConduct{Text: text})
	return err
}
