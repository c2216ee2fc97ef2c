package market_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/internal/mail"
	"homecoming/market"
	"homecoming/market/markettest"
)

// lastJob numbers the jobs of letters that tests send by themselves.
var lastJob atomic.Int64

// digests are those that wait in the queue.
func digests(t *testing.T, w *markettest.World) []market.Digest {
	t.Helper()
	var rows []string
	w.Check(w.DB.Gorm(context.Background()).Raw("SELECT args::text FROM river_job WHERE kind = 'market.digest' ORDER BY id").Scan(&rows).Error)
	list := make([]market.Digest, len(rows))
	for i, row := range rows {
		w.Check(json.Unmarshal([]byte(row), &list[i]))
	}
	return list
}

// hears sets how somebody hears.
func hears(w *markettest.World, who market.Actor, e market.HearingEdit) {
	_, err := w.Market.SetHearing(context.Background(), who, e)
	w.Check(err)
}

func as(kind market.NoticeKind, way market.Way) market.HearingEdit {
	return market.HearingEdit{Ways: map[market.NoticeKind]market.Way{kind: way}}
}

func TestALetterDoneTwiceTellsOnceAndGoesOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	letter := market.Letter{Letter: market.LetterNotChosen, PersonID: yumi.PersonID, CompanyID: aoi.ID, Path: "/tasks/1", Facts: map[string]any{"title": "Close the books"}}
	job := lastJob.Add(1)
	if err := w.Market.SendLetter(ctx, refusing{errors.New("try later")}, "https://home.test", letter, job); err == nil {
		t.Fatal("a server that is away took the letter")
	}
	box := &kept{}
	for range 3 { // a worker may die after any of its steps
		w.Check(w.Market.SendLetter(ctx, box, "https://home.test", letter, job))
	}
	list, err := w.Market.Notices(ctx, yumi.Actor, market.NoticeFilter{})
	w.Check(err)
	if len(box.mails) != 1 || len(list) != 1 || list[0].Company.ID != aoi.ID || list[0].Kind != market.NewsBids || !strings.Contains(list[0].TitleEN, "Close the books") || list[0].TitleJA == list[0].TitleEN {
		t.Errorf("%d letters, %+v", len(box.mails), list)
	}
	if n, err := w.Market.Opened(ctx, yumi.Actor, "/elsewhere"); err != nil || n != 1 {
		t.Errorf("%d unread, %v", n, err)
	}
	if n, err := w.Market.Opened(ctx, yumi.Actor, "/tasks/1"); err != nil || n != 0 {
		t.Errorf("%d unread after the page was opened, %v", n, err)
	}
}

func TestALetterInQuietHoursWaitsUntilTheyEnd(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	hour := w.Clock.Now().In(time.UTC).Hour()
	from, to, zone := hour, (hour+2)%24, "UTC"
	hears(w, yumi.Actor, market.HearingEdit{Zone: &zone, QuietFrom: &from, QuietTo: &to})
	box := &kept{}
	letter := market.Letter{Letter: market.LetterNotChosen, PersonID: yumi.PersonID, CompanyID: aoi.ID, Path: "/tasks/1"}
	job := lastJob.Add(1)
	if err := w.Market.SendLetter(ctx, box, "https://home.test", letter, job); !market.IsSnooze(err) || len(box.mails) != 0 {
		t.Fatalf("it did not wait: %v, %d letters", err, len(box.mails))
	}
	w.Check(w.Market.SendLetter(ctx, box, "https://home.test", market.Letter{Letter: market.LetterSignIn, PersonID: yumi.PersonID, Path: "/"}, lastJob.Add(1)))
	if len(box.mails) != 1 {
		t.Error("the link that somebody asked for waited")
	}
	w.Clock.Advance(2 * time.Hour)
	w.Check(w.Market.SendLetter(ctx, box, "https://home.test", letter, job))
	if len(box.mails) != 2 {
		t.Error("it did not go when quiet hours were over")
	}
}

func TestADigestHoldsWhatGatheredAndNothingThatWasRead(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, midori := w.Company("Aoi"), w.Company("Midori")
	yumi := aoi.Alumnus("Takahashi Yumi")
	hears(w, yumi.Actor, as(market.NewsBids, market.Daily))
	box := &kept{}
	send := func(kind market.LetterKind, company uuid.UUID, path, title string) {
		w.Check(w.Market.SendLetter(ctx, box, "https://home.test", market.Letter{Letter: kind, PersonID: yumi.PersonID, CompanyID: company, Path: path,
			Facts: map[string]any{"title": title}}, lastJob.Add(1)))
	}
	send(market.LetterNotChosen, midori.ID, "/tasks/1", "Audit")
	send(market.LetterCanceled, aoi.ID, "/tasks/2", "Payroll")
	send(market.LetterNotChosen, aoi.ID, "/tasks/3", "Read already")
	if len(box.mails) != 0 {
		t.Fatalf("what gathers went by itself: %+v", box.mails)
	}
	_, err := w.Market.Opened(ctx, yumi.Actor, "/tasks/3")
	w.Check(err)
	if n, err := w.Market.GatherDigests(ctx); err != nil || n != 0 {
		t.Errorf("%d digests before their time, %v", n, err)
	}
	w.Clock.Advance(25 * time.Hour)
	send(market.LetterNotChosen, aoi.ID, "/tasks/4", "Of the next day")
	gather := func() error { _, err := w.Market.GatherDigests(ctx); return err }
	errs := w.Together(gather, gather)
	w.Check(errors.Join(errs...))
	waiting := digests(t, w)
	if len(waiting) != 1 {
		t.Fatalf("%d digests", len(waiting))
	}
	for range 2 {
		w.Check(w.Market.SendDigest(ctx, box, "https://home.test", waiting[0]))
	}
	if len(box.mails) != 1 {
		t.Fatalf("%d letters", len(box.mails))
	}
	m := box.mails[0]
	for _, want := range []string{"Audit", "Payroll", "https://home.test/tasks/1\n", "https://home.test/tasks/2\n", "— Bids and offers —", "\nAoi:\n", "\nMidori:\n", m.Stop} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("%q is not in\n%s", want, m.Text)
		}
	}
	if strings.Contains(m.Text, "/tasks/3") || strings.Contains(m.Text, "/tasks/4") || m.Subject != "2 new for you" || m.To != yumi.Email {
		t.Errorf("%+v", m)
	}
}

func TestAnEmptyDigestDoesNotGo(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	hears(w, yumi.Actor, as(market.NewsBids, market.Weekly))
	box := &kept{}
	w.Check(w.Market.SendLetter(ctx, box, "https://home.test", market.Letter{Letter: market.LetterNotChosen, PersonID: yumi.PersonID, CompanyID: aoi.ID, Path: "/tasks/1"}, lastJob.Add(1)))
	w.Clock.Advance(8 * 24 * time.Hour)
	_, err := w.Market.GatherDigests(ctx)
	w.Check(err)
	w.Check(w.Market.ReadNotices(ctx, yumi.Actor, w.Clock.Now()))
	for _, d := range digests(t, w) {
		w.Check(w.Market.SendDigest(ctx, box, "https://home.test", d))
	}
	if len(box.mails) != 0 || len(digests(t, w)) != 1 {
		t.Errorf("%+v", box.mails)
	}
}

func TestADigestThatIsLateWaitsForQuietHoursToEnd(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	hears(w, yumi.Actor, as(market.NewsBids, market.Daily))
	box := &kept{}
	w.Check(w.Market.SendLetter(ctx, box, "https://home.test", market.Letter{Letter: market.LetterNotChosen, PersonID: yumi.PersonID, CompanyID: aoi.ID, Path: "/tasks/1"}, lastJob.Add(1)))
	w.Clock.Advance(25 * time.Hour)
	_, err := w.Market.GatherDigests(ctx)
	w.Check(err)
	from := w.Clock.Now().In(time.UTC).Hour()
	to, zone := (from+1)%24, "UTC"
	hears(w, yumi.Actor, market.HearingEdit{Zone: &zone, QuietFrom: &from, QuietTo: &to})
	if err := w.Market.SendDigest(ctx, box, "https://home.test", digests(t, w)[0]); !market.IsSnooze(err) || len(box.mails) != 0 {
		t.Errorf("%v, %+v", err, box.mails)
	}
}

func TestWhatWaitsForADigestFollowsANewChoice(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for way, wanted := range map[market.Way]int{market.AtOnce: 1, market.InApp: 0, market.NotAtAll: 0} {
		w := markettest.New(t)
		aoi := w.Company("Aoi")
		yumi := aoi.Alumnus("Takahashi Yumi")
		hears(w, yumi.Actor, as(market.NewsBids, market.Weekly))
		letter := market.Letter{Letter: market.LetterNotChosen, PersonID: yumi.PersonID, CompanyID: aoi.ID, Path: "/tasks/1"}
		w.Check(w.Market.SendLetter(ctx, &kept{}, "https://home.test", letter, lastJob.Add(1)))
		hears(w, yumi.Actor, as(market.NewsBids, way))
		if n, err := w.Market.GatherDigests(ctx); err != nil || n != wanted {
			t.Errorf("%s: %d digests, %v", way, n, err)
		}
		w.Clock.Advance(8 * 24 * time.Hour)
		if n, err := w.Market.GatherDigests(ctx); err != nil || n != 0 {
			t.Errorf("%s: %d digests later, %v", way, n, err)
		}
	}
}

func TestALettersLinkStopsItsKindAndNothingElse(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	box := &kept{}
	send := func(kind market.LetterKind) mail.Message {
		w.Check(w.Market.SendLetter(ctx, box, "https://home.test", market.Letter{Letter: kind, PersonID: yumi.PersonID, CompanyID: aoi.ID, Path: "/tasks/1"}, lastJob.Add(1)))
		if len(box.mails) == 0 {
			return mail.Message{}
		}
		m := box.mails[len(box.mails)-1]
		box.mails = nil
		return m
	}
	if m := send(market.LetterPaid); m.Stop != "" || strings.Contains(m.Text, market.StopPath) {
		t.Errorf("a letter about money can be stopped: %+v", m)
	}
	m := send(market.LetterNotChosen)
	token, ours := strings.CutPrefix(m.Stop, "https://home.test"+market.StopPath)
	if !ours || !strings.Contains(m.Text, "\n"+m.Stop+"\n") {
		t.Fatalf("%+v", m)
	}
	if stop, err := w.Market.LettersToStop(ctx, token); err != nil || stop != (market.Stop{Kind: market.NewsBids, Way: market.AtOnce, Language: stop.Language}) {
		t.Errorf("%+v, %v", stop, err)
	}
	parts := strings.Split(token, ".")
	other := aoi.Alumnus("Sato Ken")
	ken := market.Letter{Letter: market.LetterNotChosen, PersonID: other.PersonID, CompanyID: aoi.ID, Path: "/tasks/1"}
	w.Check(w.Market.SendLetter(ctx, box, "https://home.test", ken, lastJob.Add(1)))
	kens := strings.Split(strings.TrimPrefix(box.mails[0].Stop, "https://home.test"+market.StopPath), ".")
	box.mails = nil
	for _, forged := range []string{"", ".", "..", token + "x", parts[0] + ".messages." + parts[2], parts[0] + ".payments." + parts[2], kens[0] + "." + parts[1] + "." + parts[2],
		parts[0] + "." + parts[1] + "." + kens[2], parts[0] + "." + parts[1] + ".", "\x00.\xff.a"} {
		if _, err := w.Market.StopLetters(ctx, forged, ""); !errors.Is(err, market.ErrNotFound) {
			t.Errorf("%q: %v", forged, err)
		}
	}
	for range 2 {
		if stop, err := w.Market.StopLetters(ctx, token, ""); err != nil || stop.Way != market.InApp {
			t.Errorf("%+v, %v", stop, err)
		}
	}
	if m := send(market.LetterCanceled); m.To != "" {
		t.Errorf("a stopped letter went: %+v", m)
	}
	if m := send(market.LetterSubmitted); m.To == "" {
		t.Error("another kind stopped as well")
	}
	if n, err := w.Market.UnreadNotices(ctx, yumi.Actor); err != nil || n != 4 {
		t.Errorf("%d in the app, %v", n, err)
	}
	if _, err := w.Market.StopLetters(ctx, token, "sometimes"); !errors.Is(err, market.ErrNotAWay) {
		t.Errorf("%v", err)
	}
}

func TestADigestsLinkStopsDigests(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	hears(w, yumi.Actor, market.HearingEdit{Ways: map[market.NoticeKind]market.Way{market.NewsBids: market.Daily, market.NewsEvents: market.Weekly}})
	box := &kept{}
	w.Check(w.Market.SendLetter(ctx, box, "https://home.test", market.Letter{Letter: market.LetterNotChosen, PersonID: yumi.PersonID, CompanyID: aoi.ID, Path: "/tasks/1"}, lastJob.Add(1)))
	w.Clock.Advance(25 * time.Hour)
	_, err := w.Market.GatherDigests(ctx)
	w.Check(err)
	w.Check(w.Market.SendDigest(ctx, box, "https://home.test", digests(t, w)[0]))
	_, err = w.Market.StopLetters(ctx, strings.TrimPrefix(box.mails[0].Stop, "https://home.test"+market.StopPath), "")
	w.Check(err)
	h, err := w.Market.Hearing(ctx, yumi.Actor)
	w.Check(err)
	if h.Ways[market.NewsBids] != market.InApp || h.Ways[market.NewsEvents] != market.InApp || len(h.Ways) != 2 {
		t.Errorf("%+v", h.Ways)
	}
}

func TestHowOneHearsIsCheckedAndOnesOwn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	no, day, nowhere, local, five, four := 24, 7, "Mars/Base\x00", "Local", 5, 4
	for name, c := range map[string]struct {
		edit market.HearingEdit
		want error
	}{
		"an hour":         {market.HearingEdit{QuietFrom: &no}, market.ErrHour},
		"nearly a day":    {market.HearingEdit{QuietFrom: &five, QuietTo: &four}, market.ErrQuietLong},
		"a weekday":       {market.HearingEdit{DigestDay: &day}, market.ErrWeekday},
		"a zone":          {market.HearingEdit{Zone: &nowhere}, market.ErrZone},
		"no zone":         {market.HearingEdit{Zone: &local}, market.ErrZone},
		"a kind":          {as("gossip", market.AtOnce), market.ErrKindOfNews},
		"money":           {as(market.NewsPayments, market.NotAtAll), market.ErrNotAWay},
		"a late reminder": {as(market.NewsAttending, market.Daily), market.ErrNotAWay},
	} {
		if _, err := w.Market.SetHearing(ctx, yumi.Actor, c.edit); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	vouched := yumi.Actor
	vouched.Through = aoi.ID
	if _, err := w.Market.SetHearing(ctx, vouched, as(market.NewsBids, market.InApp)); !errors.Is(err, market.ErrOwnMeans) {
		t.Errorf("a provider's word was enough: %v", err)
	}
	midori := w.Company("Midori")
	for _, c := range []uuid.UUID{aoi.ID, midori.ID} {
		w.Check(w.Market.SendLetter(ctx, &kept{}, "https://home.test", market.Letter{Letter: market.LetterNotChosen, PersonID: yumi.PersonID, CompanyID: c, Path: "/tasks/1"}, lastJob.Add(1)))
	}
	if list, err := w.Market.Notices(ctx, vouched, market.NoticeFilter{}); err != nil || len(list) != 1 || list[0].Company.ID != aoi.ID {
		t.Errorf("a provider's word shows other companies' news: %+v, %v", list, err)
	}
	mine, err := w.Market.Notices(ctx, yumi.Actor, market.NoticeFilter{Unread: true})
	if err != nil || len(mine) != 2 {
		t.Fatalf("%+v, %v", mine, err)
	}
	if err := w.Market.ReadNotice(ctx, aoi.Manager, mine[0].ID); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("somebody else read it: %v", err)
	}
	for range 2 {
		w.Check(w.Market.ReadNotice(ctx, yumi.Actor, mine[0].ID))
	}
	if n, err := w.Market.UnreadNotices(ctx, yumi.Actor); err != nil || n != 1 {
		t.Errorf("%d unread, %v", n, err)
	}
}
