package market_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"homecoming/market"
	"homecoming/market/markettest"
)

func TestANewPasswordSignsEveryOtherBrowserOut(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	yumi := w.Company("Aoi").Alumnus("Takahashi Yumi")
	begin := func() market.Actor {
		id, err := w.Market.BeginSession(ctx, yumi.Actor, "Firefox", "192.0.2.1")
		w.Check(err)
		who, err := w.Market.ActorBySession(ctx, id)
		w.Check(err)
		return who
	}
	here, there := begin(), begin()
	w.Check(w.Market.SetPassword(ctx, here, markettest.Password, "another long password"))
	if _, err := w.Market.ActorBySession(ctx, here.Session); err != nil {
		t.Error("the browser in which the password was set:", err)
	}
	if _, err := w.Market.ActorBySession(ctx, there.Session); !errors.Is(err, market.ErrNobody) {
		t.Error("the other browser:", err)
	}
}

func TestSomebodyEndsTheirOwnSessionsOnly(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi, daniel := aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Daniel Weber")
	id, err := w.Market.BeginSession(ctx, yumi.Actor, "Firefox", "192.0.2.1")
	w.Check(err)
	if err := w.Market.EndSession(ctx, daniel.Actor, id); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("a stranger ended it: %v", err)
	}
	w.Check(w.Market.EndSession(ctx, yumi.Actor, id))
	if _, err := w.Market.ActorBySession(ctx, id); !errors.Is(err, market.ErrNobody) {
		t.Errorf("an ended session: %v", err)
	}
	list, err := w.Market.Sessions(ctx, yumi.Actor)
	w.Check(err)
	if len(list) != 0 {
		t.Errorf("ended sessions are listed: %+v", list)
	}
}

func TestASessionGrowsTooOldAndIsForgotten(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	yumi := w.Company("Aoi").Alumnus("Takahashi Yumi")
	_, err := w.Market.BeginSession(ctx, yumi.Actor, "a\x00b\xff"+strings.Repeat("長", 1000), strings.Repeat("9", 1000))
	w.Check(err)
	w.Clock.Advance(market.SessionLife)
	if list, err := w.Market.Sessions(ctx, yumi.Actor); err != nil || len(list) != 0 {
		t.Errorf("after its life: %v, %v", list, err)
	}
	w.Clock.Advance(31 * 24 * time.Hour)
	w.Check(w.Market.Sweep(ctx))
	if n := w.Count("SELECT count(*) FROM person_sessions"); n != 0 {
		t.Errorf("%d sessions are kept for ever", n)
	}
}
