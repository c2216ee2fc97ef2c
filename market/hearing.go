package market

import (
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
)

// A Way is how somebody hears of a kind of news.
type Way string

// The ways. What comes by mail is in the app as well.
const (
	AtOnce   Way = "now"    // a letter of its own
	Daily    Way = "daily"  // gathered in one letter a day
	Weekly   Way = "weekly" // gathered in one letter a week
	InApp    Way = "app"    // no letter
	NotAtAll Way = "off"    // neither
)

// Ways are all of them, in the order in which people read them.
var Ways = []Way{AtOnce, Daily, Weekly, InApp, NotAtAll}

// A Hearing is how one person wants to hear of what happens. Its hours are hours of the clock in its zone, whatever the zone does
// with its clock in spring and autumn.
type Hearing struct {
	PersonID   uuid.UUID          `gorm:"primaryKey"`
	Zone       string             // IANA name
	QuietFrom  int                // the hour at which quiet hours begin
	QuietTo    int                // and the one at which they end; the same: there are none
	DigestHour int                // at which a digest goes
	DigestDay  int                // of the week, of the weekly one; 0 is Sunday
	Ways       map[NoticeKind]Way `gorm:"serializer:json"`
	StopKey    uuid.UUID          `json:"-"` // signs the links that stop letters; see [Service.StopLetters]
	UpdatedAt  time.Time
}

// TableName is where they are kept.
func (Hearing) TableName() string { return "notice_settings" }

// hearingOf is how somebody hears who has chosen nothing: of everything at once, at any hour.
func hearingOf(person uuid.UUID) Hearing {
	return Hearing{PersonID: person, Zone: homeZone, DigestHour: 8, DigestDay: int(time.Monday), Ways: map[NoticeKind]Way{}, StopKey: uuid.New()}
}

// Way is how the person hears of a kind. What the kind does not offer, or no longer, is as if nothing had been chosen.
func (h Hearing) Way(k KindOfNews) Way {
	for _, way := range k.Ways() {
		if h.Ways[k.Kind] == way {
			return way
		}
	}
	return AtOnce
}

// A Course is what becomes of one piece of news.
type Course int

// The courses.
const (
	Send   Course = iota // a letter goes now
	Wait                 // quiet hours: ask again when they end
	Gather               // it goes in a digest
	List                 // it stands in the app and goes nowhere
	Drop                 // nobody hears of it
)

// Decide says what becomes of news of a kind at a moment; at is when quiet hours end, or the digest goes.
//
// It is the only place where this is decided. A letter that waited is decided anew, by what its reader chose meanwhile.
func (h Hearing) Decide(k KindOfNews, now time.Time) (course Course, at time.Time) {
	way := h.Way(k)
	switch {
	case k.Say == Urgent:
		return Send, now
	case way == InApp:
		return List, now
	case way == NotAtAll:
		return Drop, now
	case way == Daily || way == Weekly:
		return Gather, h.nextDigest(way, now)
	case h.Quiet(now):
		return Wait, h.Loud(now)
	}
	return Send, now
}

// Quiet reports whether a moment lies in the quiet hours: from the first up to the one at which they end.
func (h Hearing) Quiet(t time.Time) bool {
	hour := t.In(h.zone()).Hour()
	if h.QuietFrom <= h.QuietTo {
		return h.QuietFrom <= hour && hour < h.QuietTo
	}
	return hour >= h.QuietFrom || hour < h.QuietTo
}

// Loud is the first moment from t on that is not quiet. It goes there by the minute: where a clock is put back or forward, an hour
// comes twice or never, and no calculation with dates tells which is meant.
func (h Hearing) Loud(t time.Time) time.Time {
	for h.Quiet(t) {
		t = t.Truncate(time.Minute).Add(time.Minute)
	}
	return t
}

// nextDigest is the first moment after now at which a digest goes: on its hour, or when the quiet hours end that hold it.
func (h Hearing) nextDigest(rhythm Way, now time.Time) time.Time {
	zone := h.zone()
	for day := civil.DateOf(now.In(zone)).AddDays(-1); ; day = day.AddDays(1) { // yesterday's may wait for the end of quiet hours
		if rhythm == Weekly && int(day.In(time.UTC).Weekday()) != h.DigestDay {
			continue
		}
		at := h.Loud(time.Date(day.Year, day.Month, day.Day, h.DigestHour, 0, 0, 0, zone))
		if at.After(now) {
			return at
		}
	}
}

func (h Hearing) zone() *time.Location { return Company{TimeZone: h.Zone}.Zone() }
