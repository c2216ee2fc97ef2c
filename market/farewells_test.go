package market_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"homecoming/market"
	"homecoming/market/markettest"
)

// tick moves the clock by days and does what the hour asks for.
func tick(w *markettest.World, days int) {
	w.Helper()
	w.Clock.Advance(time.Duration(days) * 24 * time.Hour)
	_, err := w.Market.SendFarewells(context.Background())
	w.Check(err)
}

// tokenIn sends a letter and gives the last part of the address in it.
func tokenIn(t *testing.T, w *markettest.World, l market.Letter) (token, to string) {
	t.Helper()
	outbox := &kept{}
	w.Check(w.Market.SendLetter(context.Background(), outbox, "https://home.test", l, 1))
	if len(outbox.mails) != 1 {
		t.Fatalf("%d mails", len(outbox.mails))
	}
	for line := range strings.Lines(outbox.mails[0].Text) {
		if at, err := url.Parse(strings.TrimSpace(line)); err == nil && at.Host == "home.test" {
			return at.Path[strings.LastIndex(at.Path, "/")+1:], outbox.mails[0].To
		}
	}
	t.Fatalf("no link in %s", outbox.mails[0].Text)
	return "", ""
}

func TestTheOfficeWritesToWhoLeavesBeforeTheHour(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	hana := aoi.Alumnus("Here Hana", markettest.Worked("Sales", "2018-04-01", ""))
	leaves := w.Today().AddDays(10)
	_, err := w.Market.EndStint(ctx, aoi.Office, member(t, w, aoi.Office, hana.MembershipID).Stints[0].ID, market.StintEnd{LeftOn: &leaves, Departure: market.Voluntary})
	w.Check(err)
	if err := w.Market.SendFarewell(ctx, aoi.Manager, hana.MembershipID); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("a manager may: %v", err)
	}
	w.Check(w.Market.SendFarewell(ctx, aoi.Office, hana.MembershipID))
	if err := w.Market.SendFarewell(ctx, aoi.Office, hana.MembershipID); !errors.Is(err, market.ErrFarewellSent) {
		t.Errorf("a second press gives %v", err)
	}
	for _, day := range []struct{ days, letters int }{{10, 1}, {6, 1}, {1, 2}} {
		tick(w, day.days)
		if got := len(lettersOf(t, w, market.LetterFarewell)); got != day.letters {
			t.Errorf("on %v she has %d letters, not %d", w.Today(), got, day.letters)
		}
	}
}

func TestWhoLeavesIsAskedOnTheDayAndTwiceAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	hana := aoi.Alumnus("Here Hana", markettest.Worked("Sales", "2018-04-01", ""))
	stint := member(t, w, aoi.Office, hana.MembershipID).Stints[0].ID
	leaves := w.Today().AddDays(10)
	_, err := w.Market.EndStint(ctx, aoi.Office, stint, market.StintEnd{LeftOn: &leaves, Departure: market.Voluntary})
	w.Check(err)
	for _, day := range []struct{ days, letters int }{{9, 0}, {1, 1}, {6, 1}, {1, 2}, {22, 2}, {1, 3}, {30, 3}} {
		tick(w, day.days)
		if got := len(lettersOf(t, w, market.LetterFarewell)); got != day.letters {
			t.Errorf("on %v she has %d letters, not %d", w.Today(), got, day.letters)
		}
	}
	if l := lettersOf(t, w, market.LetterFarewell)[0]; l.PersonID != hana.PersonID || l.Facts["date"] != leaves.String() {
		t.Errorf("%+v", l)
	}
}

func TestAFarewellFollowsTheDayAndEndsWhenSheStays(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	hana := aoi.Alumnus("Here Hana", markettest.Worked("Sales", "2018-04-01", ""))
	stint := member(t, w, aoi.Office, hana.MembershipID).Stints[0].ID
	end := func(days int) {
		t.Helper()
		e := market.StintEnd{}
		if days > 0 {
			day := w.Today().AddDays(days)
			e.LeftOn = &day
		}
		_, err := w.Market.EndStint(ctx, aoi.Office, stint, e)
		w.Check(err)
	}
	end(5)
	end(20)
	tick(w, 6)
	if n := len(lettersOf(t, w, market.LetterFarewell)); n != 0 {
		t.Errorf("%d letters on the day that was moved", n)
	}
	end(0)
	tick(w, 30)
	if n := len(lettersOf(t, w, market.LetterFarewell)); n != 0 || w.Count("SELECT count(*) FROM farewells") != 0 {
		t.Errorf("%d letters to somebody who stays", n)
	}
}

func TestAFileBidsFarewellToWhoLeavesNowAndNotToHistory(t *testing.T) {
	t.Parallel()
	w := markettest.New(t) // 23 November 2026
	aoi := w.Company("Aoi")
	here := "hana@ex.jp,Here,Hana,,,Sales,2018-04-01,%s,,,,,\n"
	importInto(t, w, aoi, header+strings.ReplaceAll(here, "%s", "")+
		"old@ex.jp,Old,Otto,,,Sales,2001-04-01,2010-03-31,,,,,\nnew@ex.jp,New,Nana,,,Sales,2001-04-01,2026-11-20,,,,,\n"+
		"soon@ex.jp,Soon,Sora,,,Sales,2020-04-01,2026-11-23,,,,,\n", false)
	importInto(t, w, aoi, header+strings.ReplaceAll(here, "%s", "2026-11-16"), false) // told a week late
	tick(w, 0)
	var names []string
	list, err := w.Market.Farewells(context.Background(), aoi.Office, aoi.ID)
	w.Check(err)
	for _, f := range list {
		names = append(names, f.Name)
	}
	if strings.Join(names, ", ") != "Sora Soon, Hana Here" || len(lettersOf(t, w, market.LetterFarewell)) != 2 {
		t.Errorf("farewells: %v", names)
	}
	importInto(t, w, aoi, header+strings.ReplaceAll(here, "%s", "2026-11-16"), false)
	tick(w, 0)
	if n := len(lettersOf(t, w, market.LetterFarewell)); n != 2 {
		t.Errorf("the same file again makes it %d letters", n)
	}
}

func TestSheKeepsAnAddressOfHerOwn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	hana := aoi.Alumnus("Here Hana", markettest.Worked("Sales", "2018-04-01", ""))
	leaves := w.Today()
	_, err := w.Market.EndStint(ctx, aoi.Office, member(t, w, aoi.Office, hana.MembershipID).Stints[0].ID, market.StintEnd{LeftOn: &leaves})
	w.Check(err)
	tick(w, 0)
	if err := w.Market.AskAddress(ctx, hana.Actor, "hana@home.example", "a wrong password"); !errors.Is(err, market.ErrOwnPassword) {
		t.Errorf("without her password: %v", err)
	}
	if err := w.Market.AskAddress(ctx, hana.Actor, hana.Email, markettest.Password); !errors.Is(err, market.ErrAddressSame) {
		t.Errorf("the same address: %v", err)
	}
	w.Check(w.Market.AskAddress(ctx, hana.Actor, " Hana@Home.example", markettest.Password))
	token, to := tokenIn(t, w, lettersOf(t, w, market.LetterAddress)[0])
	if to != "hana@home.example" {
		t.Errorf("the letter goes to %s", to)
	}
	if _, err := w.Market.ConfirmAddress(ctx, aoi.Office, token); !errors.Is(err, market.ErrOtherReader) {
		t.Errorf("somebody else reads it: %v", err)
	}
	_, err = w.Market.ConfirmAddress(ctx, hana.Actor, token)
	w.Check(err)
	if _, err := w.Market.ConfirmAddress(ctx, hana.Actor, token); !errors.Is(err, market.ErrLinkSpent) {
		t.Errorf("used twice: %v", err)
	}
	if _, err := w.Market.SignIn(ctx, "hana@home.example", markettest.Password); err != nil {
		t.Errorf("she signs in with it: %v", err)
	}
	if _, err := w.Market.SignIn(ctx, hana.Email, markettest.Password); !errors.Is(err, market.ErrSignIn) {
		t.Errorf("the old address still opens: %v", err)
	}
	f, err := w.Market.Farewell(ctx, hana.Actor, hana.MembershipID)
	w.Check(err)
	if f.Answer != market.FarewellKept || f.NextOn != nil {
		t.Errorf("%+v", f)
	}
	told := lettersOf(t, w, market.LetterAddressChanged)
	if len(told) != 1 || told[0].To != hana.Email || told[0].Facts["address"] != "h…@home.example" {
		t.Errorf("the old address is told %+v", told)
	}
	tick(w, 40)
	if n := len(lettersOf(t, w, market.LetterFarewell)); n != 1 {
		t.Errorf("%d letters after her answer", n)
	}
}

func TestAnAddressThatIsTakenIsToldToItsOwnerAlone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	hana, yumi := aoi.Alumnus("Here Hana"), aoi.Alumnus("Takahashi Yumi")
	w.Check(w.Market.AskAddress(ctx, hana.Actor, yumi.Email, markettest.Password))
	token, _ := tokenIn(t, w, lettersOf(t, w, market.LetterAddress)[0])
	if _, err := w.Market.ConfirmAddress(ctx, hana.Actor, token); !errors.Is(err, market.ErrAddressTaken) {
		t.Errorf("two people sign in with one address: %v", err)
	}
}

func TestWhoWouldRatherNotIsLeftAlone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	hana := aoi.Alumnus("Here Hana", markettest.Worked("Sales", "2018-04-01", ""))
	leaves := w.Today()
	_, err := w.Market.EndStint(ctx, aoi.Office, member(t, w, aoi.Office, hana.MembershipID).Stints[0].ID, market.StintEnd{LeftOn: &leaves})
	w.Check(err)
	tick(w, 0)
	if err := w.Market.AnswerFarewell(ctx, aoi.Office, hana.MembershipID, market.FarewellDeclined); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("somebody else answers: %v", err)
	}
	w.Check(w.Market.AnswerFarewell(ctx, hana.Actor, hana.MembershipID, market.FarewellDeclined))
	tick(w, 40)
	if n := len(lettersOf(t, w, market.LetterFarewell)); n != 1 {
		t.Errorf("%d letters", n)
	}
	p, err := w.Market.Profile(ctx, hana.Actor)
	w.Check(err)
	if !p.Memberships[0].Hidden {
		t.Error("she is still a candidate")
	}
}

func TestWhoLeavesReadsTheCompanysOwnWords(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	for name, c := range map[string]struct {
		who   market.Actor
		words market.FarewellWords
		want  error
	}{"a manager": {aoi.Manager, market.FarewellWords{}, market.ErrForbidden}, "another company": {w.Company("Ben").Office, market.FarewellWords{}, market.ErrNotFound},
		"too many words": {aoi.Office, market.FarewellWords{WordsEN: strings.Repeat("あ", 2001)}, market.ErrTooLong}} {
		if err := w.Market.SetFarewellWords(ctx, c.who, aoi.ID, c.words); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.Check(w.Market.SetFarewellWords(ctx, aoi.Office, aoi.ID, market.FarewellWords{Words: "ありがとう。"}))
	today := w.Today()
	yumi := aoi.Alumnus("Takahashi Yumi", markettest.Worked("Accounting", "2015-04-01", ""))
	stint := member(t, w, aoi.Office, yumi.MembershipID).Stints[0].ID
	_, err := w.Market.EndStint(ctx, aoi.Office, stint, market.StintEnd{LeftOn: &today, Departure: market.Voluntary})
	w.Check(err)
	f, err := w.Market.Farewell(ctx, yumi.Actor, yumi.MembershipID)
	w.Check(err)
	if f.Words.In("ja") != "ありがとう。" || f.Words.In("en") != "ありがとう。" {
		t.Errorf("she reads %+v", f.Words)
	}
	tick(w, 1)
	if letters := lettersOf(t, w, market.LetterFarewell); len(letters) != 1 || letters[0].Facts["words"] != "ありがとう。" {
		t.Errorf("the letter says %+v", letters)
	}
}
