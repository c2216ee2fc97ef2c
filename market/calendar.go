package market

import (
	"context"
	"slices"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/problem"
)

// A Period is a stretch of days in which somebody has so many hours a week for work here.
type Period struct {
	From  civil.Date
	Until civil.Date // the last day
	Hours int        // a week; 0: none, they are busy
}

// A Calendar is when somebody has time: periods in order, none over another. On days that are in none they have time, and do
// not say how much.
//
// Rankings know one day of it, the first on which there is time: "available by" asks for that day, and indexes keep it, sort by
// nothing of it and know no calendar. Whoever changes a calendar, or says from when they are free, sets that day in the same
// transaction and notes the person for the indexes, as for anything else that counts; so a list is as exact as before. When a
// busy period ends, nothing has to be done: the day it gave way to is the one that is kept. When one begins, the day moves on
// by itself, which TurnCalendars sees to.
type Calendar []Period

// Limits of a calendar.
const (
	maxPeriods = 24
	maxHours   = 80  // a week
	calendarTo = 731 // days ahead
)

// What can be wrong with a calendar.
var (
	ErrPeriodsOverlap  = problem.Define(problem.Invalid, "periods_overlap", "Two periods share the day {date}. Let one end before the other begins.", "{date}が2つの期間に重なっています。重ならないように入力してください。")
	ErrTooManyPeriods  = problem.Define(problem.Invalid, "too_many_periods", "A calendar takes at most {max} periods.", "期間は{max}件までです。")
	ErrPeriodTooFarOff = problem.Define(problem.Invalid, "period_too_far", "Say what is known up to {date}.", "{date}までの予定を入力してください。")
)

// homeZone is where people's own days are counted, as those of a new company are: a person belongs to no one company's zone.
const homeZone = "Asia/Tokyo"

// ownToday is the day of people.
func (s *Service) ownToday() civil.Date { return Company{TimeZone: homeZone}.Today(s.clock.Now()) }

// firstFree is the first day from a day on that is in no busy period.
func (c Calendar) firstFree(from civil.Date) civil.Date {
	for _, p := range c {
		if p.Hours == 0 && !p.From.After(from) && !p.Until.Before(from) {
			from = p.Until.AddDays(1)
		}
	}
	return from
}

// AvailableFrom is the first day on which there is time; nil is now.
func (c Calendar) AvailableFrom(today civil.Date) *civil.Date {
	if day := c.firstFree(today); day != today {
		return &day
	}
	return nil
}

// freeFrom is the calendar of somebody who says that they have no time before a day, and have some on it. What they said of
// the days before, and of a busy period that this day is in, gives way.
func (c Calendar) freeFrom(day, today civil.Date) Calendar {
	if day.Before(today) {
		day = today
	}
	said := c.firstFree(day)
	var now Calendar
	if day.After(today) {
		now = append(now, Period{From: today, Until: day.AddDays(-1)})
	}
	for _, p := range c {
		if p.Until.Before(said) {
			continue
		}
		if p.From.Before(said) {
			p.From = said
		}
		now = append(now, p)
	}
	return now
}

// checked is the calendar in order, without what has passed, or what is wrong with it.
func (c Calendar) checked(today civil.Date) (Calendar, error) {
	kept := Calendar{}
	for i, p := range c {
		field := "periods[" + itoa(i) + "]"
		switch last := today.AddDays(calendarTo); {
		case !p.From.IsValid():
			return nil, ErrDay.On(field+".from").With("value", p.From)
		case !p.Until.IsValid():
			return nil, ErrDay.On(field+".until").With("value", p.Until)
		case p.Until.Before(p.From):
			return nil, ErrPeriodOrder.On(field+".until").With("date", p.From)
		case p.Until.After(last):
			return nil, ErrPeriodTooFarOff.On(field+".until").With("date", last)
		case p.Hours < 0 || p.Hours > maxHours:
			return nil, ErrBetween.On(field+".hours").With("min", 0).With("max", maxHours)
		}
		if !p.Until.Before(today) {
			kept = append(kept, p)
		}
	}
	if len(kept) > maxPeriods {
		return nil, ErrTooManyPeriods.On("periods").With("max", maxPeriods)
	}
	slices.SortFunc(kept, func(a, b Period) int { return a.From.Compare(b.From) })
	for i := 1; i < len(kept); i++ {
		if !kept[i].From.After(kept[i-1].Until) {
			return nil, ErrPeriodsOverlap.On("periods").With("date", kept[i].From)
		}
	}
	return kept, nil
}

// A CalendarWeek is one week of a calendar.
type CalendarWeek struct {
	Monday   civil.Date
	BusyDays int // of seven
	Hours    int // the fewest a week of the periods that it is in; 0 where they do not say, or where the whole week is busy
}

// Weeks are so many weeks from the one that a day is in.
func (c Calendar) Weeks(from civil.Date, n int) []CalendarWeek {
	weeks := make([]CalendarWeek, n)
	for i := range weeks {
		w := CalendarWeek{Monday: MondayOf(from).AddDays(7 * i)}
		for d := range 7 {
			day := w.Monday.AddDays(d)
			for _, p := range c {
				switch {
				case p.From.After(day) || p.Until.Before(day):
				case p.Hours == 0:
					w.BusyDays++
				case w.Hours == 0 || p.Hours < w.Hours:
					w.Hours = p.Hours
				}
			}
		}
		weeks[i] = w
	}
	return weeks
}

// MyCalendar reads the actor's calendar from today on. Who keeps none, and said from when they are free, has one busy period.
func (s *Service) MyCalendar(ctx context.Context, who Actor) (Calendar, error) {
	var p Person
	if err := one(s.db.Gorm(ctx).Where("id = ?", who.Self()).Take(&p)); err != nil {
		return nil, err
	}
	return s.calendarOf(s.db.Gorm(ctx), p.ID, p.AvailableFrom)
}

// calendarOf is somebody's calendar from today on, or what follows from the day on which they are free.
func (s *Service) calendarOf(g *gorm.DB, person uuid.UUID, free *civil.Date) (Calendar, error) {
	today := s.ownToday()
	c, err := calendarKept(g, person, today)
	if err == nil && len(c) == 0 && free != nil {
		c = c.freeFrom(*free, today)
	}
	return c, err
}

func calendarKept(g *gorm.DB, person uuid.UUID, today civil.Date) (Calendar, error) {
	var rows []struct {
		FromOn  civil.Date `gorm:"type:date"`
		UntilOn civil.Date `gorm:"type:date"`
		Hours   int
	}
	err := g.Raw("SELECT from_on, until_on, hours FROM availability_periods WHERE person_id = ? AND until_on >= ? ORDER BY from_on", person, today).Scan(&rows).Error
	c := make(Calendar, len(rows))
	for i, r := range rows {
		c[i] = Period{r.FromOn, r.UntilOn, r.Hours}
	}
	return c, err
}

// SetCalendar says when the actor has time from now on, in whole.
func (s *Service) SetCalendar(ctx context.Context, who Actor, said Calendar) (Calendar, error) {
	today := s.ownToday()
	c, err := said.checked(today)
	if err != nil {
		return nil, err
	}
	return c, s.db.Tx(ctx, func(tx *gorm.DB) error {
		p, err := lockPerson(tx, who.Self())
		if err != nil {
			return err
		}
		if err := keepCalendar(tx, p.ID, c); err != nil {
			return err
		}
		if err := setFree(tx, p, c.AvailableFrom(today)); err != nil {
			return err
		}
		return Audit(tx, who, uuid.Nil, "profile.calendar", "person:"+p.ID.String(), map[string]any{"periods": len(c)})
	})
}

func lockPerson(tx *gorm.DB, id uuid.UUID) (p Person, err error) {
	return p, one(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", id).Take(&p))
}

func keepCalendar(tx *gorm.DB, person uuid.UUID, c Calendar) error {
	if err := tx.Exec("DELETE FROM availability_periods WHERE person_id = ?", person).Error; err != nil {
		return err
	}
	for _, p := range c {
		if err := tx.Exec("INSERT INTO availability_periods (person_id, from_on, until_on, hours) VALUES (?, ?, ?, ?)", person, p.From, p.Until, p.Hours).Error; err != nil {
			return err
		}
	}
	return nil
}

// setFree writes the day that rankings know, where it is another one.
func setFree(tx *gorm.DB, p Person, day *civil.Date) error {
	if same(p.AvailableFrom, day) {
		return nil
	}
	if err := tx.Exec("UPDATE people SET available_from = ? WHERE id = ?", day, p.ID).Error; err != nil {
		return err
	}
	return TouchPerson(tx, p.ID)
}

// sayFree brings the calendar of somebody who keeps one in line with the day from which they just said that they are free.
func (s *Service) sayFree(tx *gorm.DB, p *Person) error {
	today := s.ownToday()
	c, err := calendarKept(tx, p.ID, today)
	if err != nil || len(c) == 0 {
		return err
	}
	day := today
	if p.AvailableFrom != nil {
		day = *p.AvailableFrom
	}
	c = c.freeFrom(day, today)
	p.AvailableFrom = c.AvailableFrom(today)
	return keepCalendar(tx, p.ID, c)
}

// turnedAtOnce is how many people one transaction looks after.
const turnedAtOnce = 200

// TurnCalendars moves on the day from which people are free whose busy period has begun, and tells how many. It runs by the
// hour and is done with somebody once the day is right.
func (s *Service) TurnCalendars(ctx context.Context) (turned int, err error) {
	for {
		n := 0
		err := s.db.Tx(ctx, func(tx *gorm.DB) (err error) {
			n, err = s.turnCalendars(tx)
			return err
		})
		turned += n
		if err != nil || n < turnedAtOnce {
			return turned, err
		}
	}
}

func (s *Service) turnCalendars(tx *gorm.DB) (int, error) {
	today := s.ownToday()
	var busy []Person
	err := tx.Raw(`SELECT p.* FROM people p WHERE coalesce(p.available_from <= @today, true) AND EXISTS (SELECT 1 FROM availability_periods a
			WHERE a.person_id = p.id AND a.hours = 0 AND a.from_on <= @today AND a.until_on >= @today)
		ORDER BY p.id LIMIT @most FOR NO KEY UPDATE OF p SKIP LOCKED`, map[string]any{"today": today, "most": turnedAtOnce}).Scan(&busy).Error
	if err != nil {
		return 0, err
	}
	for _, p := range busy {
		c, err := calendarKept(tx, p.ID, today)
		if err != nil {
			return 0, err
		}
		if err := setFree(tx, p, c.AvailableFrom(today)); err != nil {
			return 0, err
		}
	}
	return len(busy), nil
}
