package market_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"homecoming/market"
	"homecoming/market/markettest"
)

func TestATicketLetsItsHolderInOnceAndOnlyByAHost(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, other := w.Company("Aoi"), w.Company("Other")
	yumi := aoi.Alumnus("Takahashi Yumi")
	e := openEvent(w, aoi, func(d *market.DraftEvent) { d.Guests = 1 })
	r, err := w.Market.AnswerEvent(ctx, yumi.Actor, e.ID, comes("=Guest()"))
	w.Check(err)
	guest := r.Tickets[1].Code
	if _, err := w.Market.CheckIn(ctx, aoi.Office, guest); !errors.Is(err, market.ErrDoorsClosed) {
		t.Errorf("three days before: %v", err)
	}
	w.Clock.Advance(71 * time.Hour)
	for name, who := range map[string]market.Actor{"the guest's host": yumi.Actor, "a manager": aoi.Manager, "another office": other.Office, "nobody": {}} {
		if _, err := w.Market.CheckIn(ctx, who, guest); !errors.Is(err, market.ErrNoTicket) {
			t.Errorf("by %s: %v", name, err)
		}
	}
	a, err := w.Market.LookAtTicket(ctx, aoi.Office, guest)
	if w.Check(err); a.CameAt != nil || a.Holder != "=Guest()" || a.With != "Yumi Takahashi" || len(a.Party) != 1 || a.Party[0].Holder != "Yumi Takahashi" || a.Party[0].Code != r.Tickets[0].Code {
		t.Errorf("looking gives %+v", a)
	}
	twice := [2]market.Admission{}
	for _, err := range w.Together(
		func() (err error) { twice[0], err = w.Market.CheckIn(ctx, aoi.Office, guest); return err },
		func() (err error) { twice[1], err = w.Market.CheckIn(ctx, aoi.Administrator, guest); return err }) {
		w.Check(err)
	}
	if twice[0].LetInNow == twice[1].LetInNow || !twice[0].CameAt.Equal(*twice[1].CameAt) {
		t.Errorf("%+v\n%+v", twice[0], twice[1])
	}
	if _, err := w.Market.AnswerEvent(ctx, yumi.Actor, e.ID, market.AnswerDraft{}); !errors.Is(err, market.ErrCameAlready) {
		t.Errorf("who is there declines: %v", err)
	}
	lines, err := w.Market.Attendance(ctx, aoi.Office, e.ID)
	if w.Check(err); len(lines) != 3 || lines[2][0] != "'=Guest()" || lines[2][1] != "Yumi Takahashi" || lines[2][5] != "2026-11-26 08:30" || lines[1][5] != "" {
		t.Errorf("%q", lines)
	}
	w.Check(w.Market.TakeBack(ctx, aoi.Office, guest))
	if n := w.Count("SELECT count(came_at) FROM event_tickets"); n != 0 {
		t.Errorf("%d are still in", n)
	}
}

func TestAQuestionKeepsANameFromTheOthersButNotFromHosts(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi, emi := aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Sato Emi")
	e := openEvent(w, aoi)
	q, err := w.Market.AskQuestion(ctx, yumi.Actor, e.ID, " Do you take people back? ", true)
	w.Check(err)
	one := func(who market.Actor) market.Question {
		list, err := w.Market.Questions(ctx, who, e.ID)
		if w.Check(err); len(list) != 1 {
			return market.Question{}
		}
		return list[0]
	}
	if asked := one(emi.Actor); asked.Name != "" || asked.PersonID != uuid.Nil || asked.Text != "Do you take people back?" {
		t.Errorf("others see %+v", asked)
	}
	if one(aoi.Office).Name != "Yumi Takahashi" || !one(yumi.Actor).Mine {
		t.Error("hosts do not see who asks, or whoever asks does not know it again")
	}
	for range 2 {
		w.Check(w.Market.Vote(ctx, emi.Actor, q.ID, true))
	}
	w.Check(w.Market.Vote(ctx, yumi.Actor, q.ID, true))
	w.Check(w.Market.Vote(ctx, yumi.Actor, q.ID, false))
	if got := one(emi.Actor); got.Votes != 1 || !got.Voted {
		t.Errorf("%d votes", got.Votes)
	}
	if err := w.Market.AnswerQuestion(ctx, emi.Actor, q.ID, "Yes"); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("a guest answers: %v", err)
	}
	w.Check(w.Market.AnswerQuestion(ctx, aoi.Office, q.ID, "Gladly."))
	if one(emi.Actor).Answer != "Gladly." {
		t.Error("the answer is not there")
	}
	if err := w.Market.HideQuestion(ctx, aoi.Office, q.ID, true, ""); !errors.Is(err, market.ErrRequired) {
		t.Errorf("hidden without a reason: %v", err)
	}
	w.Check(w.Market.HideQuestion(ctx, aoi.Office, q.ID, true, "Asked twice."))
	if one(emi.Actor).ID != uuid.Nil || one(yumi.Actor).HiddenReason != "Asked twice." {
		t.Error("a hidden question is shown to others, or not to whoever asked")
	}
	if err := w.Market.Vote(ctx, emi.Actor, q.ID, true); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("a vote for what is hidden: %v", err)
	}
}

func TestASurveyTellsNothingBeforeFiveHaveAnswered(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	e := openEvent(w, aoi)
	var came []markettest.Alumnus
	for _, name := range []string{"A One", "B Two", "C Three", "D Four", "E Five"} {
		one := aoi.Alumnus(name)
		_, err := w.Market.AnswerEvent(ctx, one.Actor, e.ID, comes())
		w.Check(err)
		came = append(came, one)
	}
	if err := w.Market.GiveFeedback(ctx, came[0].Actor, e.ID, 5, ""); !errors.Is(err, market.ErrNotOver) {
		t.Errorf("before it: %v", err)
	}
	w.Clock.Advance(76 * time.Hour)
	_, err := w.Market.EndEvents(ctx)
	w.Check(err)
	if err := w.Market.GiveFeedback(ctx, aoi.Manager, e.ID, 5, ""); !errors.Is(err, market.ErrNotThere) {
		t.Errorf("who was not there: %v", err)
	}
	for i, one := range came {
		survey, err := w.Market.SurveyOf(ctx, aoi.Office, e.ID)
		if w.Check(err); survey.Answers != i || len(survey.Words) != 0 || survey.Average() != 0 {
			t.Errorf("after %d answers: %+v", i, survey)
		}
		w.Check(w.Market.GiveFeedback(ctx, one.Actor, e.ID, 1, "first"))
		w.Check(w.Market.GiveFeedback(ctx, one.Actor, e.ID, 5-i%2, "Zo"+strings.Repeat("o", i)))
	}
	survey, err := w.Market.SurveyOf(ctx, aoi.Office, e.ID)
	if w.Check(err); survey.Answers != 5 || survey.Average() != 46 || len(survey.Words) != 5 || survey.Ratings != [5]int{3: 2, 4: 3} {
		t.Errorf("%+v, %d", survey, survey.Average())
	}
}

// calendarEntry is an event that a calendar shows; the same at every run.
func calendarEntry(change func(*market.CalendarEntry)) market.CalendarEntry {
	c := market.CalendarEntry{Page: "https://home.test/events/1", Language: "ja"}
	c.ID = uuid.MustParse("01930000-0000-7000-8000-000000000001")
	c.Title, c.TitleEN, c.Way, c.State, c.Version = "ホームカミングデー：在籍者と退職者が半分ずつ集まる、まちのボランティアの日", "Homecoming; Day, “half\\half”", market.OnSite, market.EventPublished, 3
	c.Description, c.Place, c.Address = "1行目\r\n2行目; セミコロン, コンマ\\\x00", "本社ホール", "東京都多摩市落合1-34"
	c.StartsAt, c.EndsAt, c.UpdatedAt = time.Date(2026, 11, 1, 0, 30, 0, 0, zoneOf("America/New_York")), time.Date(2026, 11, 1, 2, 30, 0, 0, zoneOf("America/New_York")), markettest.Start
	change(&c)
	return c
}

func zoneOf(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

// TestCalendarFilesStayByteForByte holds them to the golden ones. To write those anew: HOMECOMING_DRAW=1.
func TestCalendarFilesStayByteForByte(t *testing.T) {
	t.Parallel()
	for name, file := range map[string][]byte{
		"published": market.CalendarFile("Aoi", calendarEntry(func(*market.CalendarEntry) {})),
		"canceled": market.CalendarFile("Aoi", calendarEntry(func(c *market.CalendarEntry) {
			c.State, c.Version, c.Language = market.EventCanceled, 4, "en"
		})),
		"feed": market.CalendarFile("Homecoming", calendarEntry(func(c *market.CalendarEntry) {
			c.Way, c.Link, c.StartsAt, c.EndsAt = market.Online, "https://meet.example/x?a=1,2", time.Date(2026, 7, 1, 18, 0, 0, 0, zoneOf("Asia/Tokyo")), time.Date(2026, 7, 1, 20, 0, 0, 0, zoneOf("Asia/Tokyo"))
		}), calendarEntry(func(c *market.CalendarEntry) { c.Tentative = true })),
		"empty": market.CalendarFile("Homecoming"),
	} {
		golden := "testdata/event-" + name + ".ics"
		if os.Getenv("HOMECOMING_DRAW") != "" { // write them anew, and read what has changed
			if err := os.WriteFile(golden, file, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || !bytes.Equal(want, file) {
			t.Errorf("%s (%v) is now\n%s", name, err, file)
		}
	}
}

func FuzzCalendarFile(f *testing.F) {
	f.Add("Title", "Place; with, signs\\", "Two\r\nlines\nand\rthree")
	f.Add(strings.Repeat("長", 200), "\x00\x7f\u2028", "BEGIN:VEVENT\r\nEND:VCALENDAR")
	f.Add("\xff\xfe", "", strings.Repeat("\xe3\x81", 90))
	f.Fuzz(func(t *testing.T, title, place, text string) {
		file := string(market.CalendarFile(title, calendarEntry(func(c *market.CalendarEntry) { c.Title, c.Place, c.Description, c.Page = title, place, text, text })))
		if !utf8.ValidString(file) || !strings.HasSuffix(file, "\r\nEND:VCALENDAR\r\n") {
			t.Fatalf("%q", file)
		}
		for _, line := range strings.Split(strings.TrimSuffix(file, "\r\n"), "\r\n") {
			if len(line) > 75 || strings.ContainsAny(line, "\r\n\x00") || !utf8.ValidString(line) {
				t.Fatalf("the line %q of %d octets", line, len(line))
			}
		}
		whole := strings.ReplaceAll(file, "\r\n ", "")
		if n := strings.Count(whole, "\r\nEND:"); n != 2 || strings.Count(whole, "\r\nBEGIN:") != 1 {
			t.Fatalf("what somebody typed ends something: %q", whole)
		}
	})
}

func TestACalendarAddressShowsWhereItsPersonComesUntilItIsRenewed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	coming := openEvent(w, aoi, func(d *market.DraftEvent) { d.Title = "Coming" })
	openEvent(w, aoi, func(d *market.DraftEvent) { d.Title = "Not answered" })
	full := openEvent(w, aoi, seats(1), func(d *market.DraftEvent) { d.Title = "Waiting" })
	_, err := w.Market.AnswerEvent(ctx, aoi.Manager, full.ID, comes())
	w.Check(err)
	for _, e := range []market.Event{coming, full} {
		_, err := w.Market.AnswerEvent(ctx, yumi.Actor, e.ID, comes())
		w.Check(err)
	}
	token := func() string {
		url, err := w.Market.RenewFeed(ctx, yumi.Actor, market.EventsFeed)
		w.Check(err)
		return url[strings.LastIndex(url, "/")+1:]
	}
	first := token()
	file, err := w.Market.Feed(ctx, first)
	if w.Check(err); strings.Count(string(file), "BEGIN:VEVENT") != 2 || !strings.Contains(string(file), "SUMMARY:Coming") || !strings.Contains(string(file), "STATUS:TENTATIVE") {
		t.Errorf("%s", file)
	}
	_, err = w.Market.CancelEvent(ctx, aoi.Office, coming.ID, "A typhoon.")
	w.Check(err)
	if file, err = w.Market.Feed(ctx, first); err != nil || !strings.Contains(string(file), "STATUS:CANCELLED") || !strings.Contains(string(file), "SEQUENCE:2") {
		t.Errorf("%s, %v", file, err)
	}
	second := token()
	if _, err := w.Market.Feed(ctx, first); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("the address before: %v", err)
	}
	w.Check(w.Market.EndFeed(ctx, yumi.Actor, market.EventsFeed))
	for _, gone := range []string{second, "", "x\x00"} {
		if _, err := w.Market.Feed(ctx, gone); !errors.Is(err, market.ErrNotFound) {
			t.Errorf("%q: %v", gone, err)
		}
	}
	if n := w.Count("SELECT count(*) FROM audit WHERE detail::text LIKE '%' || ? || '%'", second); n != 0 {
		t.Error("the log has the secret")
	}
	vouched := yumi.Actor
	vouched.Through = aoi.ID
	if _, err := w.Market.RenewFeed(ctx, vouched, market.EventsFeed); !errors.Is(err, market.ErrOwnMeans) {
		t.Errorf("whom a provider vouched for: %v", err)
	}
}
