package market_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/market/markettest"
)

// written is news of a company, as a draft.
func written(w *markettest.World, c *markettest.Company, change ...func(*market.DraftPost)) market.Post {
	w.Helper()
	d := market.DraftPost{Title: "移転のお知らせ", Body: "丸の内へ移転します。"}
	for _, c := range change {
		c(&d)
	}
	p, err := w.Market.CreatePost(context.Background(), c.Office, c.ID, d)
	w.Check(err)
	return p
}

// told is news that its readers see, with letters or without.
func told(w *markettest.World, c *markettest.Company, byMail bool, change ...func(*market.DraftPost)) market.Post {
	w.Helper()
	p, err := w.Market.PublishPost(context.Background(), c.Office, written(w, c, change...).ID, nil, byMail)
	w.Check(err)
	return p
}

func TestADraftOfNewsIsRefusedByField(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	for field, c := range map[string]struct {
		want  error
		draft market.DraftPost
	}{
		"title":                {market.ErrRequired, market.DraftPost{Title: " ", Body: "\r\n"}},
		"body":                 {market.ErrPostText, market.DraftPost{Title: "A"}},
		"title_en":             {market.ErrPostText, market.DraftPost{Title: "A", Body: "B", BodyEN: "C"}},
		"body_en":              {market.ErrTooLong, market.DraftPost{Title: "A", Body: "B", TitleEN: "C", BodyEN: strings.Repeat("d", 20_001)}},
		"kind":                 {market.ErrNotOneOf, market.DraftPost{Title: "A", Body: "B", Kind: "rumour"}},
		"audience.entities[0]": {market.ErrUnknownEntity, market.DraftPost{Title: "A", Body: "B", Audience: market.DraftCircle{Entities: []string{"Nowhere Ltd."}}}},
		"audience.group":       {market.ErrCircleGroup, market.DraftPost{Title: "A", Body: "B", Audience: market.DraftCircle{Entities: []string{"x"}, Group: true}}},
	} {
		_, err := w.Market.CreatePost(ctx, aoi.Office, aoi.ID, c.draft)
		var p *problem.Error
		if !errors.Is(err, c.want) || !errors.As(err, &p) || p.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if n := w.Count("SELECT count(*) FROM posts"); n != 0 {
		t.Errorf("%d posts were written all the same", n)
	}
}

func TestNewsIsReadInTheReadersLanguageOrInTheOneThatThereIs(t *testing.T) {
	t.Parallel()
	ja, en := market.Post{Title: "移転", Body: "あ"}, market.Post{TitleEN: "We move", BodyEN: "a"}
	both := market.Post{Title: "移転", Body: "あ", TitleEN: "We move", BodyEN: "a"}
	for name, c := range map[string]struct {
		post                market.Post
		reader, title, lang string
	}{
		"both, to a Japanese":  {both, "ja", "移転", "ja"},
		"both, to an English":  {both, "en", "We move", "en"},
		"Japanese to English":  {ja, "en", "移転", "ja"},
		"English to Japanese":  {en, "ja", "We move", "en"},
		"Japanese to Japanese": {ja, "ja", "移転", "ja"},
	} {
		if got, lang := c.post.TitleIn(c.reader), c.post.LanguageFor(c.reader); got != c.title || lang != c.lang {
			t.Errorf("%s: %q in %s", name, got, lang)
		}
	}
}

func TestNewsReachesTheSamePeopleInListsCountsAndLetters(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi, other := w.Company("Aoi"), w.Company("Other")
	name := "Aoi West"
	e, err := w.Market.SaveEntity(ctx, aoi.Office, aoi.ID, uuid.Nil, market.EntityEdit{Name: &name})
	w.Check(err)
	tax, sales := aoi.Alumnus("Takahashi Yumi", markettest.Worked("Tax", "2010-04-01", "2024-03-31")), aoi.Alumnus("Sato Emi", markettest.Worked("Sales", "2015-04-01", "2018-03-31"))
	w.Exec("UPDATE stints SET entity_id = ? WHERE membership_id = ?", e.ID, sales.MembershipID)
	kept, stranger := aoi.Alumnus("Abe Ryo"), other.Alumnus("Ito Rei")
	_, err = w.Market.BarMember(ctx, aoi.Office, aoi.ID, kept.MembershipID, market.Bar{Kind: market.BlockedByCompany, Reason: "x"})
	w.Check(err)
	for _, a := range []markettest.Alumnus{tax, kept} {
		say(w, a, aoi, market.ForNews, true)
	}
	people := map[string]market.Actor{"tax": tax.Actor, "sales": sales.Actor, "kept": kept.Actor, "stranger": stranger.Actor, "manager": aoi.Manager}
	const staff = 5
	for name, c := range map[string]struct {
		audience market.DraftCircle
		sees     []string
		reach    int
		letters  int // sales agreed to none
	}{
		"everybody":    {market.DraftCircle{}, []string{"tax", "sales", "manager"}, 2 + staff, 1 + staff},
		"alumni":       {market.DraftCircle{Who: market.ForAlumni}, []string{"tax", "sales"}, 2, 1},
		"staff":        {market.DraftCircle{Who: market.ForStaff}, []string{"manager"}, staff, staff},
		"a department": {market.DraftCircle{Departments: []string{"Tax"}}, []string{"tax"}, 1, 1},
		"an entity":    {market.DraftCircle{Entities: []string{"Aoi West"}}, []string{"sales"}, 1, 0},
		"lately left":  {market.DraftCircle{Who: market.ForAlumni, LeftWithinYears: 3}, []string{"tax"}, 1, 1},
	} {
		if n, err := w.Market.PostReach(ctx, aoi.Office, aoi.ID, c.audience); err != nil || n != c.reach {
			t.Errorf("%s: reaches %d, %v", name, n, err)
		}
		p := told(w, aoi, true, func(d *market.DraftPost) { d.Audience = c.audience })
		for range 2 { // a second worker has nothing left to do
			_, err := w.Market.SendPostLetters(ctx, p.ID)
			w.Check(err)
		}
		if n := w.Count("SELECT count(*) FROM post_letters WHERE post_id = ?", p.ID); n != c.letters {
			t.Errorf("%s: %d letters", name, n)
		}
		for who, actor := range people {
			list, err := w.Market.Posts(ctx, actor, market.PostFilter{})
			w.Check(err)
			listed := slices.ContainsFunc(list, func(v market.PostView) bool { return v.ID == p.ID && v.Unread })
			_, err = w.Market.ReadPost(ctx, actor, p.ID)
			if want := slices.Contains(c.sees, who); listed != want || (err == nil) != want || err != nil && !errors.Is(err, market.ErrNotFound) {
				t.Errorf("%s: %s listed %v, reads %v", name, who, listed, err)
			}
		}
	}
	if n := w.Count("SELECT count(*) FROM river_job WHERE kind = 'market.letter' AND args->>'letter' = 'post'"); n != w.Count("SELECT count(*) FROM post_letters") {
		t.Errorf("%d letters were enqueued", n)
	}
}

func TestWhatWasPublishedStaysOnRecordWhenItIsChanged(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	p := told(w, aoi, false)
	if _, err := w.Market.EditPost(ctx, yumi.Actor, p.ID, p.Version, market.DraftPost{Title: "A", Body: "B"}); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("a reader changes it: %v", err)
	}
	if _, err := w.Market.EditPost(ctx, aoi.Office, p.ID, 1, market.DraftPost{Title: "A", Body: "B"}); !errors.Is(err, market.ErrStaleVersion) {
		t.Errorf("an old version: %v", err)
	}
	pinned, err := w.Market.EditPost(ctx, aoi.Office, p.ID, p.Version, market.DraftPost{Title: p.Title, Body: p.Body, Pinned: true})
	if err != nil || pinned.EditedAt != nil {
		t.Errorf("pinning alone is no change of what it says: %v, %v", pinned.EditedAt, err)
	}
	w.Clock.Advance(time.Hour)
	_, err = w.Market.EditPost(ctx, aoi.Office, p.ID, pinned.Version, market.DraftPost{Title: "移転先の訂正", Body: "大手町へ移転します。"})
	w.Check(err)
	v, err := w.Market.ReadPost(ctx, yumi.Actor, p.ID)
	if err != nil || v.Title != "移転先の訂正" || v.EditedAt == nil || v.Reads != 0 {
		t.Errorf("a reader sees %+v, %v", v, err)
	}
	for range 2 {
		_, err = w.Market.ReadPost(ctx, yumi.Actor, p.ID)
		w.Check(err)
	}
	_, err = w.Market.ReadPost(ctx, aoi.Manager, p.ID)
	w.Check(err)
	if v, err = w.Market.ReadPost(ctx, aoi.Administrator, p.ID); err != nil || v.Reads != 3 {
		t.Errorf("the office counts %d, %v", v.Reads, err)
	}
	old, err := w.Market.PostRevisions(ctx, aoi.Office, p.ID)
	if err != nil || len(old) != 1 || old[0].Body != "丸の内へ移転します。" {
		t.Errorf("on record is %+v, %v", old, err)
	}
	if _, err := w.Market.PostRevisions(ctx, yumi.Actor, p.ID); !errors.Is(err, market.ErrForbidden) {
		t.Errorf("a reader reads what it said: %v", err)
	}
	_, err = w.Market.WithdrawPost(ctx, aoi.Office, p.ID)
	w.Check(err)
	if _, err := w.Market.ReadPost(ctx, yumi.Actor, p.ID); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("withdrawn, it is read: %v", err)
	}
	if _, err := w.Market.PublishPost(ctx, aoi.Office, p.ID, nil, false); !errors.Is(err, market.ErrPostState) {
		t.Errorf("withdrawn, it is published: %v", err)
	}
}

func TestScheduledNewsComesOutAtItsTimeAndItsLettersGoOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	say(w, yumi, aoi, market.ForNews, true)
	p := written(w, aoi, func(d *market.DraftPost) { d.Audience.Who = market.ForAlumni })
	past, soon := w.Clock.Now(), w.Clock.Now().Add(2*time.Hour)
	if _, err := w.Market.PublishPost(ctx, aoi.Office, p.ID, &past, true); !errors.Is(err, market.ErrPostTime) {
		t.Errorf("in the past: %v", err)
	}
	_, err := w.Market.PublishPost(ctx, aoi.Office, p.ID, &soon, true)
	w.Check(err)
	due := func(want int) {
		t.Helper()
		if n, err := w.Market.PublishDuePosts(ctx); err != nil || n != want {
			t.Errorf("%d came out, %v", n, err)
		}
	}
	due(0)
	_, err = w.Market.HoldPost(ctx, aoi.Office, p.ID)
	w.Check(err)
	_, err = w.Market.PublishPost(ctx, aoi.Office, p.ID, &soon, true)
	w.Check(err)
	if _, err := w.Market.ReadPost(ctx, yumi.Actor, p.ID); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("before its time: %v", err)
	}
	w.Clock.Advance(2 * time.Hour)
	due(1)
	due(0)
	if n := w.Count("SELECT count(*) FROM river_job WHERE kind = 'market.post_letters'"); n != 1 {
		t.Errorf("%d jobs write its letters", n)
	}
	both := w.Together(func() error { _, err := w.Market.SendPostLetters(ctx, p.ID); return err }, func() error { _, err := w.Market.SendPostLetters(ctx, p.ID); return err })
	if list := lettersOf(t, w, market.LetterPost); errors.Join(both...) != nil || len(list) != 1 || list[0].PersonID != yumi.PersonID || list[0].Facts["title"] != "移転のお知らせ" || list[0].Facts["text"] != "丸の内へ移転します。" {
		t.Errorf("%+v, %v", list, both)
	}
}

func TestNewsStandsPinnedFirstAndPagesHoldEachOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	for i, title := range []string{"one", "two", "pinned", "four"} {
		told(w, aoi, false, func(d *market.DraftPost) { d.Title, d.Pinned = title, i == 2 })
		w.Clock.Advance(time.Minute)
	}
	want := []string{"pinned", "four", "two", "one"}
	var got []string
	f := market.PostFilter{Limit: 1}
	for range want {
		list, err := w.Market.Posts(ctx, yumi.Actor, f)
		w.Check(err)
		got, f.Before = append(got, list[0].Title), list[0].ID
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	address, err := w.Market.RenewFeed(ctx, yumi.Actor, market.NewsFeed)
	w.Check(err)
	raw := strings.TrimSuffix(address[strings.LastIndex(address, "/")+1:], ".atom")
	who, list, err := w.Market.NewsBehind(ctx, raw)
	if err != nil || who.PersonID != yumi.PersonID || len(list) != 4 || !list[0].Unread {
		t.Errorf("the feed holds %d, %v", len(list), err)
	}
	if _, err := w.Market.Feed(ctx, raw); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("the address of news opens a calendar: %v", err)
	}
	w.Check(w.Market.EndFeed(ctx, yumi.Actor, market.NewsFeed))
	if _, _, err := w.Market.NewsBehind(ctx, raw); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("ended, it opens: %v", err)
	}
}
