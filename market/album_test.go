package market_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/market"
	"homecoming/market/markettest"
)

func aPicture(t *testing.T) market.Upload {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 20, 10))); err != nil {
		t.Fatal(err)
	}
	return market.Upload{Name: "party.png", Size: int64(b.Len()), Body: &b}
}

func TestWhoWasThereSeesWhatStaysOfAnEventAndNobodyElse(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	w.Market = market.New(w.DB, w.Clock, markettest.Resolve, markettest.CheapPasswords, markettest.Files(t))
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	mei, ren := aoi.Alumnus("Mei"), aoi.Alumnus("Ren")
	e := openEvent(w, aoi)
	_, err := w.Market.AnswerEvent(ctx, mei.Actor, e.ID, comes())
	w.Check(err)
	if _, err := w.Market.AddPicture(ctx, aoi.Office, e.ID, aPicture(t)); !errors.Is(err, market.ErrAlbumEarly) {
		t.Errorf("before it: %v", err)
	}
	w.Clock.Advance(e.StartsAt.Sub(w.Clock.Now()) + time.Minute)
	if _, err := w.Market.AddPicture(ctx, mei.Actor, e.ID, aPicture(t)); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("by a guest: %v", err)
	}
	if _, err := w.Market.AddPicture(ctx, ben.Office, e.ID, aPicture(t)); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("by another company: %v", err)
	}
	if _, err := w.Market.AddPicture(ctx, aoi.Office, e.ID, market.Upload{Name: "x.jpg", Size: 1, Body: strings.NewReader("x")}); !errors.Is(err, market.ErrPicture) {
		t.Errorf("no picture: %v", err)
	}
	f, err := w.Market.AddPicture(ctx, aoi.Office, e.ID, aPicture(t))
	w.Check(err)
	if f.Media != "image/jpeg" || f.Name != "party.jpg" {
		t.Errorf("%s, %s", f.Media, f.Name)
	}
	for name, c := range map[string]struct {
		who  market.Actor
		sees bool
	}{"who came": {mei.Actor, true}, "the office": {aoi.Office, true}, "who did not come": {ren.Actor, false}, "a manager": {aoi.Manager, false}} {
		a, err := w.Market.Album(ctx, c.who, e.ID)
		if err != nil || a.Mine != c.sees || len(a.Pictures) == 1 != c.sees {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
		_, body, err := w.Market.OpenPicture(ctx, c.who, e.ID, f.ID)
		if c.sees != (err == nil) || !c.sees && !errors.Is(err, market.ErrNotFound) {
			t.Errorf("%s opens it: %v", name, err)
		}
		if err == nil {
			w.Check(body.Close())
		}
	}
	if _, err := w.Market.Album(ctx, ben.Office, e.ID); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("another company: %v", err)
	}
	if _, _, err := w.Market.OpenPicture(ctx, mei.Actor, uuid.New(), f.ID); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("by another event: %v", err)
	}
	w.Check(w.Market.RemovePicture(ctx, aoi.Office, e.ID, f.ID))
	if _, _, err := w.Market.OpenPicture(ctx, mei.Actor, e.ID, f.ID); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("taken out: %v", err)
	}
	if err := w.Market.RemovePicture(ctx, aoi.Office, e.ID, f.ID); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("taken out twice: %v", err)
	}
}

func TestThanksGoOutOnceToThoseWhoWereOnTheList(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	mei, ren := aoi.Alumnus("Mei"), aoi.Alumnus("Ren")
	e := openEvent(w, aoi)
	for _, who := range []market.Actor{mei.Actor, ren.Actor} {
		_, err := w.Market.AnswerEvent(ctx, who, e.ID, comes())
		w.Check(err)
	}
	_, err := w.Market.AnswerEvent(ctx, ren.Actor, e.ID, market.AnswerDraft{})
	w.Check(err)
	if _, err := w.Market.ThankFor(ctx, aoi.Office, e.ID, "ありがとう", "", true); !errors.Is(err, market.ErrThanksEarly) {
		t.Errorf("before its end: %v", err)
	}
	w.Clock.Advance(e.EndsAt.Sub(w.Clock.Now()) + time.Minute)
	if _, err := w.Market.ThankFor(ctx, aoi.Office, e.ID, " \x00", "", true); !errors.Is(err, market.ErrRequired) {
		t.Errorf("nothing said: %v", err)
	}
	_, err = w.Market.ThankFor(ctx, aoi.Office, e.ID, "下書き", "", false)
	w.Check(err)
	if a, err := w.Market.Album(ctx, mei.Actor, e.ID); err != nil || a.Thanks != "" {
		t.Errorf("what is not sent is shown: %+v, %v", a, err)
	}
	_, err = w.Market.ThankFor(ctx, aoi.Office, e.ID, "ありがとう", "Thank you", true)
	w.Check(err)
	if got := news(t, w, mei.PersonID); got[len(got)-1] != "thanks" {
		t.Errorf("%v", got)
	}
	if got := news(t, w, ren.PersonID); got[len(got)-1] == "thanks" {
		t.Error("who did not come is thanked for coming")
	}
	if _, err := w.Market.ThankFor(ctx, aoi.Office, e.ID, "again", "", true); !errors.Is(err, market.ErrThanksAgain) {
		t.Errorf("twice: %v", err)
	}
	_, err = w.Market.ThankFor(ctx, aoi.Office, e.ID, "直した", "", false)
	w.Check(err)
	if a, err := w.Market.Album(ctx, mei.Actor, e.ID); err != nil || a.ThanksIn("en") != "直した" {
		t.Errorf("%+v, %v", a, err)
	}
}
