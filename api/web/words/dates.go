package words

import (
	"fmt"
	"time"

	"cloud.google.com/go/civil"

	"homecoming/internal/problem"
)

// Day writes a day with its year: 18 Dec 2026, 2026年12月18日. The zero day is a dash.
func Day(lang problem.Language, d civil.Date) string {
	switch {
	case d.IsZero():
		return "–"
	case lang == problem.Japanese:
		return fmt.Sprintf("%d年%d月%d日", d.Year, d.Month, d.Day)
	}
	return fmt.Sprintf("%d %s %d", d.Day, d.Month.String()[:3], d.Year)
}

// ShortDay leaves the year out where it is that of today: 18 Dec, 12月18日.
func ShortDay(lang problem.Language, d, today civil.Date) string {
	switch {
	case d.IsZero() || d.Year != today.Year:
		return Day(lang, d)
	case lang == problem.Japanese:
		return fmt.Sprintf("%d月%d日", d.Month, d.Day)
	}
	return fmt.Sprintf("%d %s", d.Day, d.Month.String()[:3])
}

// Month writes a month: November 2026, 2026年11月.
func Month(lang problem.Language, d civil.Date) string {
	if lang == problem.Japanese {
		return fmt.Sprintf("%d年%d月", d.Year, d.Month)
	}
	return fmt.Sprintf("%s %d", d.Month, d.Year)
}

// Clock writes the time of day, 09:41, in a zone.
func Clock(t time.Time, zone *time.Location) string { return t.In(zone).Format("15:04") }

// Moment writes a day and the time of day in a zone: 18 Dec 2026 09:41.
func Moment(lang problem.Language, t time.Time, zone *time.Location) string {
	return Day(lang, civil.DateOf(t.In(zone))) + " " + Clock(t, zone)
}

// Ago says how long before now something was: just now, 5 minutes ago, yesterday, and the day from a week on.
func Ago(lang problem.Language, t, now time.Time, zone *time.Location) string {
	d := now.Sub(t)
	switch {
	case d < time.Minute:
		return In(lang, "ago.now")
	case d < time.Hour:
		return In(lang, "ago.minutes", "n", int(d.Minutes()))
	case d < 24*time.Hour:
		return In(lang, "ago.hours", "n", int(d.Hours()))
	case d < 7*24*time.Hour:
		return In(lang, "ago.days", "n", int(d.Hours()/24))
	}
	return ShortDay(lang, civil.DateOf(t.In(zone)), civil.DateOf(now.In(zone)))
}
