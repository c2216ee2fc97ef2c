package market

import (
	"errors"
	"testing"

	"cloud.google.com/go/civil"
	"pgregory.net/rapid"
)

// drawCalendar draws a calendar that is kept, around a day.
func drawCalendar(t *rapid.T, today civil.Date) Calendar {
	var c Calendar
	day := today.AddDays(rapid.IntRange(-20, 20).Draw(t, "begins"))
	for range rapid.IntRange(0, 6).Draw(t, "periods") {
		from := day.AddDays(rapid.SampledFrom([]int{0, 0, 1, 9}).Draw(t, "gap"))
		until := from.AddDays(rapid.IntRange(0, 15).Draw(t, "days"))
		c = append(c, Period{from, until, rapid.SampledFrom([]int{0, 0, 10}).Draw(t, "hours")})
		day = until.AddDays(1)
	}
	kept, err := c.checked(today)
	if err != nil {
		t.Fatalf("%v: %v", c, err)
	}
	return kept
}

// busy reports whether a day is in a busy period, day by day.
func (c Calendar) busy(day civil.Date) bool {
	for _, p := range c {
		if p.Hours == 0 && !day.Before(p.From) && !day.After(p.Until) {
			return true
		}
	}
	return false
}

func TestTheFirstFreeDayIsTheFirstThatIsInNoBusyPeriod(t *testing.T) {
	t.Parallel()
	today := civil.Date{Year: 2026, Month: 11, Day: 23}
	rapid.Check(t, func(t *rapid.T) {
		c := drawCalendar(t, today)
		day := today
		for c.busy(day) {
			day = day.AddDays(1)
		}
		switch got := c.AvailableFrom(today); {
		case day == today && got != nil, day != today && (got == nil || *got != day):
			t.Fatalf("%v gives %v, not %v", c, got, day)
		}
	})
}

func TestSayingFromWhenOneIsFreeMakesItSoAndLeavesWhatComesLater(t *testing.T) {
	t.Parallel()
	today := civil.Date{Year: 2026, Month: 11, Day: 23}
	rapid.Check(t, func(t *rapid.T) {
		c := drawCalendar(t, today)
		day := today.AddDays(rapid.IntRange(-5, 60).Draw(t, "free"))
		now := c.freeFrom(day, today)
		again, err := now.checked(today)
		if err != nil || len(again) != len(now) {
			t.Fatalf("%v is no calendar: %v", now, err)
		}
		free := today
		if day.After(today) {
			free = day
		}
		if got := now.firstFree(today); got != free {
			t.Fatalf("%v, free from %v: %v is free from %v", c, day, now, got)
		}
		for d := c.firstFree(free); d.Before(today.AddDays(150)); d = d.AddDays(1) {
			if c.busy(d) != now.busy(d) {
				t.Fatalf("%v, free from %v: %v changes %v", c, day, now, d)
			}
		}
	})
}

func TestACalendarRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	today := civil.Date{Year: 2026, Month: 11, Day: 23}
	many := make(Calendar, maxPeriods+1)
	for i := range many {
		many[i] = Period{From: today.AddDays(2 * i), Until: today.AddDays(2 * i)}
	}
	for name, c := range map[string]struct {
		said Calendar
		want error
	}{
		"no day":           {Calendar{{Until: today}}, ErrDay},
		"no end":           {Calendar{{From: today}}, ErrDay},
		"the wrong way":    {Calendar{{From: today, Until: today.AddDays(-1)}}, ErrPeriodOrder},
		"too far":          {Calendar{{From: today, Until: today.AddDays(calendarTo + 1)}}, ErrPeriodTooFarOff},
		"hours":            {Calendar{{From: today, Until: today, Hours: 81}}, ErrBetween},
		"minus":            {Calendar{{From: today, Until: today, Hours: -1}}, ErrBetween},
		"one over another": {Calendar{{From: today, Until: today.AddDays(5)}, {From: today.AddDays(5), Until: today.AddDays(9), Hours: 8}}, ErrPeriodsOverlap},
		"too many":         {many, ErrTooManyPeriods},
	} {
		if _, err := c.said.checked(today); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	past := Calendar{{From: today.AddDays(-9), Until: today.AddDays(-1)}, {From: today.AddDays(3), Until: today.AddDays(4)}, {From: today, Until: today.AddDays(2), Hours: 8}}
	if kept, err := past.checked(today); err != nil || len(kept) != 2 || kept[0].Hours != 8 {
		t.Errorf("%v, %v", kept, err)
	}
}

func TestAWeekSaysHowMuchOfItIsTaken(t *testing.T) {
	t.Parallel()
	monday := civil.Date{Year: 2026, Month: 11, Day: 23}
	c := Calendar{{monday, monday.AddDays(2), 0}, {monday.AddDays(7), monday.AddDays(13), 0}, {monday.AddDays(15), monday.AddDays(20), 12}}
	want := []CalendarWeek{{monday, 3, 0}, {monday.AddDays(7), 7, 0}, {monday.AddDays(14), 0, 12}, {monday.AddDays(21), 0, 0}}
	for i, w := range c.Weeks(monday.AddDays(4), 4) {
		if w != want[i] {
			t.Errorf("week %d is %+v", i, w)
		}
	}
}

// FuzzLink holds what is taken for a link against what a browser must never be handed.
func FuzzLink(f *testing.F) {
	for _, seed := range []string{"https://example.com/a?b=c#d", "http://example.com", "https://user:pass@example.com", "javascript:alert(1)", "https://", "https://a", "https://例え.jp/作品",
		"https://example.com\u0000", "https://exa mple.com", "//example.com", "https:example.com", "https://example.com:99999/", "https://\xff.com", "https://a%2fb.com", "https://example.com@evil.test"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, link string) {
		kept, err := checkLinks([]string{link}, 1, "links")
		if err != nil || len(kept) == 0 {
			if err != nil && asProblem(err) == nil {
				t.Fatalf("%q: %v", link, err)
			}
			return
		}
		if got := Links(kept[0]).List(); len(got) != 1 || got[0][:8] != "https://" || got[0][8:] == "" || got[0][8] == '/' {
			t.Fatalf("%q is kept as %q", link, got)
		}
	})
}
