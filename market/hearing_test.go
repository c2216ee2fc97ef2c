package market_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"homecoming/market"
)

func TestEveryLetterHasAKindOfNews(t *testing.T) {
	t.Parallel()
	used := map[market.NoticeKind]bool{}
	for _, l := range market.LetterKinds {
		k := l.News()
		if k.Kind == "" {
			t.Errorf("nobody can say how to hear of %s", l)
		}
		used[k.Kind] = true
	}
	for _, k := range market.KindsOfNews {
		if !used[k.Kind] {
			t.Errorf("no letter is of the kind %s", k.Kind)
		}
		if k.NameEN == "" || k.NameJA == "" || k.AboutEN == "" || k.AboutJA == "" || len(k.Ways()) == 0 {
			t.Errorf("%s says too little", k.Kind)
		}
	}
}

func TestLettersOfMoneyLawAndSecurityAreNeverSwitchedOff(t *testing.T) {
	t.Parallel()
	for _, l := range []market.LetterKind{market.LetterPaid, market.LetterAwarded, market.LetterNotice, market.LetterPayBy, market.LetterStatement, market.LetterDispute,
		market.LetterSpending, market.LetterBankAccount, market.LetterAddressChanged, market.LetterSignIn, market.LetterTeam} {
		k := l.News()
		if k.Chosen() || !slices.Equal(k.Ways(), []market.Way{market.AtOnce}) {
			t.Errorf("%s, of the kind %s, can be heard of as %v", l, k.Kind, k.Ways())
		}
		h := market.Hearing{Zone: "Asia/Tokyo", Ways: map[market.NoticeKind]market.Way{k.Kind: market.NotAtAll}}
		if course, _ := h.Decide(k, time.Date(2026, 11, 28, 3, 0, 0, 0, time.UTC)); course != market.Send {
			t.Errorf("%s takes the course %d", l, course)
		}
	}
}

// zones are those in which clocks are put in many ways: by an hour, by half of one, at midnight, and not at all.
var zones = []string{"Asia/Tokyo", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Beirut", "Asia/Kathmandu", "America/St_Johns", "UTC"}

// turns are days about which clocks are put.
var turns = []time.Time{time.Date(2026, 3, 8, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC), time.Date(2026, 4, 5, 0, 0, 0, 0, time.UTC),
	time.Date(2026, 4, 24, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 4, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}

func drawHearing(t *rapid.T) market.Hearing {
	from := rapid.IntRange(0, 23).Draw(t, "from")
	h := market.Hearing{Zone: rapid.SampledFrom(zones).Draw(t, "zone"), QuietFrom: from, QuietTo: (from + rapid.IntRange(0, 20).Draw(t, "hours")) % 24,
		DigestHour: rapid.IntRange(0, 23).Draw(t, "hour"), DigestDay: rapid.IntRange(0, 6).Draw(t, "day"), Ways: map[market.NoticeKind]market.Way{}}
	for _, k := range market.KindsOfNews {
		h.Ways[k.Kind] = rapid.SampledFrom(market.Ways).Draw(t, string(k.Kind))
	}
	return h
}

func drawMoment(t *rapid.T) time.Time {
	return rapid.SampledFrom(turns).Draw(t, "near").Add(time.Duration(rapid.Int64Range(-3*24*3600, 3*24*3600).Draw(t, "seconds")) * time.Second)
}

// The longest that quiet hours last, and days: with an hour more where clocks are put back, or that begins in the middle of one skipped.
const (
	quiet = 22 * time.Hour
	day   = 26 * time.Hour
)

func TestNewsGoOnceInTimeAndNeverInQuietHours(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h, now := drawHearing(t), drawMoment(t)
		for _, k := range market.KindsOfNews {
			way := h.Way(k)
			course, at := h.Decide(k, now)
			if k.Say == market.Urgent {
				if course != market.Send || !at.Equal(now) {
					t.Fatalf("%s waits: %d, %s", k.Kind, course, at)
				}
				continue
			}
			want := map[market.Way]market.Course{market.AtOnce: market.Send, market.Daily: market.Gather, market.Weekly: market.Gather, market.InApp: market.List, market.NotAtAll: market.Drop}[way]
			if course == market.Wait { // it is the same news, later
				if way != market.AtOnce || !at.After(now) || at.Sub(now) > quiet || !h.Quiet(now) {
					t.Fatalf("%s waits from %s to %s", k.Kind, now, at)
				}
				course, at = h.Decide(k, at)
			}
			if course != want {
				t.Fatalf("%s, wanted %s, takes the course %d", k.Kind, way, course)
			}
			if (course == market.Send || course == market.Gather) && h.Quiet(at) {
				t.Fatalf("%s goes in quiet hours, at %s", k.Kind, at)
			}
			if course != market.Gather {
				continue
			}
			most := day + quiet
			if way == market.Weekly {
				most += 6 * 24 * time.Hour
			}
			if !at.After(now) || at.Sub(now) > most {
				t.Fatalf("%s of %s waits until %s", k.Kind, now, at)
			}
		}
	})
}

func TestNewsOfOneDayShareADigest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h, now := drawHearing(t), drawMoment(t)
		k, _ := market.KindNamed(market.NewsBids)
		h.Ways[k.Kind] = rapid.SampledFrom([]market.Way{market.Daily, market.Weekly}).Draw(t, "way")
		_, first := h.Decide(k, now)
		later := now.Add(time.Duration(rapid.Int64Range(0, int64(first.Sub(now))-1).Draw(t, "later")))
		if _, second := h.Decide(k, later); !second.Equal(first) {
			t.Fatalf("what happens at %s comes at %s, and what happens at %s comes at %s", now, first, later, second)
		}
		if _, next := h.Decide(k, first); !next.After(first) {
			t.Fatalf("what happens as the digest goes comes at %s", next)
		}
	})
}

func TestQuietHoursAndDigestsAreByTheReadersClock(t *testing.T) {
	t.Parallel()
	newYork := market.Hearing{Zone: "America/New_York", QuietFrom: 22, QuietTo: 7, DigestHour: 8, DigestDay: 1, Ways: map[market.NoticeKind]market.Way{
		market.NewsEvents: market.Daily, market.NewsCompanies: market.Weekly}}
	at := func(text string) time.Time {
		moment, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	for _, c := range []struct {
		kind   market.NoticeKind
		now    string
		course market.Course
		at     string
	}{
		{market.NewsBids, "2026-11-27T12:00:00-05:00", market.Send, "2026-11-27T12:00:00-05:00"},
		{market.NewsBids, "2026-11-27T21:59:59-05:00", market.Send, "2026-11-27T21:59:59-05:00"},
		{market.NewsBids, "2026-11-27T22:00:00-05:00", market.Wait, "2026-11-28T07:00:00-05:00"},
		{market.NewsBids, "2026-10-31T23:30:00-04:00", market.Wait, "2026-11-01T07:00:00-05:00"}, // the night has an hour more
		{market.NewsBids, "2026-03-07T23:30:00-05:00", market.Wait, "2026-03-08T07:00:00-04:00"}, // and one less
		{market.NewsPayments, "2026-11-28T03:00:00-05:00", market.Wait, "2026-11-28T07:00:00-05:00"},
		{market.NewsSecurity, "2026-11-28T03:00:00-05:00", market.Send, "2026-11-28T03:00:00-05:00"},
		{market.NewsSigningIn, "2026-11-28T03:00:00-05:00", market.Send, "2026-11-28T03:00:00-05:00"},
		{market.NewsEvents, "2026-10-31T09:00:00-04:00", market.Gather, "2026-11-01T08:00:00-05:00"},
		{market.NewsEvents, "2026-11-28T07:59:59-05:00", market.Gather, "2026-11-28T08:00:00-05:00"},
		{market.NewsEvents, "2026-11-28T08:00:00-05:00", market.Gather, "2026-11-29T08:00:00-05:00"},
		{market.NewsCompanies, "2026-11-28T08:00:00-05:00", market.Gather, "2026-11-30T08:00:00-05:00"}, // Saturday to Monday
	} {
		k, _ := market.KindNamed(c.kind)
		if course, when := newYork.Decide(k, at(c.now)); course != c.course || !when.Equal(at(c.at)) {
			t.Errorf("%s at %s: %d, %s", c.kind, c.now, course, when)
		}
	}
}
