package market

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"homecoming/internal/problem"
)

// An Event is when people meet whom a company asks: some who left, some who work there, or both. Its office runs it together
// with hosts from among them, who may do everything to this one event and hand it on to others.
type Event struct {
	ID            uuid.UUID
	CompanyID     uuid.UUID
	Title         string
	TitleEN       string `gorm:"column:title_en"`
	Description   string // Markdown
	DescriptionEN string `gorm:"column:description_en"`
	Way           EventWay
	Place         string
	Address       string
	Link          string     // where it is online; see [Event.LinkFor]
	LinkFrom      *time.Time // nil: as soon as somebody comes
	StartsAt      time.Time
	EndsAt        time.Time
	Zone          string     // IANA name, by which its times are said
	AnswerBy      *time.Time // nil: until it is over
	Seats         int        // on site, guests included; 0: no limit
	SeatsOnline   int
	Guests        int    // that one person may bring
	Audience      Circle `gorm:"serializer:json"`
	State         EventState
	CancelReason  string
	Version       int // raised by every change; calendars tell changes by it
	CreatedBy     uuid.UUID
	CreatedAt     time.Time
	UpdatedAt     time.Time
	PublishedAt   *time.Time
	ToldDayAt     *time.Time // when the reminder of the day before went out
	ToldHourAt    *time.Time
	Thanks        string // see [Album]
	ThanksEN      string `gorm:"column:thanks_en"`
	ThankedAt     *time.Time
}

// An EventWay is how people come to an event, or how somebody does.
type EventWay string

// The ways. Hybrid is for events alone.
const (
	OnSite EventWay = "on_site"
	Online EventWay = "online"
	Hybrid EventWay = "hybrid"
)

// EventWays are all of them.
var EventWays = []EventWay{OnSite, Online, Hybrid}

// An EventState is where an event is in its life.
type EventState string

// The states of an event.
const (
	EventDraft     EventState = "draft"
	EventPublished EventState = "published"
	EventOver      EventState = "over"
	EventCanceled  EventState = "canceled"
)

var eventStateWords = map[EventState]problem.Word{EventDraft: {EN: "a draft", JA: "下書き"}, EventPublished: {EN: "published", JA: "公開中"},
	EventOver: {EN: "over", JA: "終了"}, EventCanceled: {EN: "canceled", JA: "中止"}}

// In is the state in the reader's language.
func (s EventState) In(lang problem.Language) string { return eventStateWords[s].In(lang) }

// An eventStep is what moves an event from one state to another.
type eventStep string

const (
	publishEvent eventStep = "publish"
	cancelEvent  eventStep = "cancel"
	endEvent     eventStep = "end" // by the clock
)

// eventLife is the life of an event: from where each step leads where. What is missing cannot be done.
var eventLife = map[EventState]map[eventStep]EventState{
	EventDraft:     {publishEvent: EventPublished, cancelEvent: EventCanceled},
	EventPublished: {cancelEvent: EventCanceled, endEvent: EventOver},
}

// Limits of events.
const (
	maxSeats     = 100_000
	maxGuests    = 10
	maxPlace     = 300
	longestEvent = 14 * 24 * time.Hour
)

// What can be wrong with an event.
var (
	ErrEventState  = problem.Define(problem.Conflict, "event_state", "This event is {state}; that cannot be done any more.", "このイベントは現在「{state}」のため、その操作はできません。")
	ErrEventTimes  = problem.Define(problem.Invalid, "event_times", "An event ends after it begins, and within 14 days.", "終了日時は開始より後、開始から14日以内にしてください。")
	ErrEventPast   = problem.Define(problem.Invalid, "event_past", "This lies in the past. Choose a later time.", "過去の日時です。これからの日時を選んでください。")
	ErrEventZone   = problem.Define(problem.Invalid, "event_zone", "“{value}” is no time zone. Write one such as Asia/Tokyo.", "「{value}」というタイムゾーンはありません。Asia/Tokyoの形で指定してください。")
	ErrEventLink   = problem.Define(problem.Invalid, "event_link", "Write the whole address of the online meeting, beginning with https://.", "オンライン会場のURLは https:// から入力してください。")
	ErrAnswerBy    = problem.Define(problem.Invalid, "answer_by_late", "The last moment to answer lies before the end of the event.", "回答期限は、イベントの終了より前にしてください。")
	ErrUnknownHost = problem.Define(problem.Invalid, "unknown_host", "“{value}” is nobody's address in this company's network.", "「{value}」はこの会社のネットワークに登録されていません。")
)

// A DraftEvent is what a host fills in.
type DraftEvent struct {
	Title, TitleEN             string
	Description, DescriptionEN string
	Way                        EventWay
	Place, Address, Link       string
	LinkFrom                   *time.Time
	StartsAt, EndsAt           time.Time
	Zone                       string // empty: the company's
	AnswerBy                   *time.Time
	Seats, SeatsOnline, Guests int
	Audience                   DraftCircle
}

// check finds what is wrong with a draft at a moment, field by field, and puts it in order.
func (d *DraftEvent) check(c Company, now time.Time) error {
	d.tidy(c)
	for _, f := range []struct {
		name, text string
		most       int
	}{{"title", d.Title, maxTitle}, {"title_en", d.TitleEN, maxTitle}, {"description", d.Description, maxBrief}, {"description_en", d.DescriptionEN, maxBrief},
		{"place", d.Place, maxPlace}, {"address", d.Address, maxPlace}, {"link", d.Link, 2000}} {
		if utf8.RuneCountInString(f.text) > f.most {
			return ErrTooLong.On(f.name).With("max", f.most)
		}
	}
	switch {
	case d.Title == "":
		return ErrRequired.On("title")
	case !slices.Contains(EventWays, d.Way):
		return ErrNotOneOf.On("way").With("value", d.Way).With("allowed", "on_site, online, hybrid")
	case d.Way != Online && d.Place == "":
		return ErrRequired.On("place")
	case d.Link != "" && !wholeAddress(d.Link):
		return ErrEventLink.On("link")
	}
	if err := d.checkTimes(now); err != nil {
		return err
	}
	return d.checkSeats()
}

func (d *DraftEvent) tidy(c Company) {
	for _, text := range []*string{&d.Title, &d.TitleEN, &d.Place, &d.Address} {
		*text = oneLine(*text)
	}
	d.Link, d.Zone = strings.TrimSpace(d.Link), strings.TrimSpace(d.Zone)
	if d.Zone == "" {
		d.Zone = c.TimeZone
	}
	if d.Way == Online {
		d.Place, d.Address, d.Seats = "", "", 0
	}
	if d.Way == OnSite {
		d.Link, d.LinkFrom, d.SeatsOnline = "", nil, 0
	}
	d.StartsAt, d.EndsAt = d.StartsAt.UTC(), d.EndsAt.UTC()
}

func (d *DraftEvent) checkTimes(now time.Time) error {
	zone, err := time.LoadLocation(d.Zone)
	switch {
	case err != nil || zone.String() == "Local":
		return ErrEventZone.On("zone").With("value", d.Zone)
	case d.StartsAt.IsZero():
		return ErrRequired.On("starts_at")
	case d.EndsAt.IsZero():
		return ErrRequired.On("ends_at")
	case !d.StartsAt.After(now):
		return ErrEventPast.On("starts_at")
	case d.StartsAt.Year() > 2200:
		return ErrEventTimes.On("starts_at")
	case !d.EndsAt.After(d.StartsAt) || d.EndsAt.Sub(d.StartsAt) > longestEvent:
		return ErrEventTimes.On("ends_at")
	case d.AnswerBy != nil && d.AnswerBy.After(d.EndsAt):
		return ErrAnswerBy.On("answer_by")
	}
	return nil
}

func (d *DraftEvent) checkSeats() error {
	for _, n := range []struct {
		name        string
		value, most int
	}{{"capacity.on_site", d.Seats, maxSeats}, {"capacity.online", d.SeatsOnline, maxSeats}, {"guests", d.Guests, maxGuests}} {
		if n.value < 0 || n.value > n.most {
			return ErrBetween.On(n.name).With("min", 0).With("max", n.most)
		}
	}
	return d.Audience.check()
}

// wholeAddress reports whether a text is an address on the web that a browser opens as it stands.
func wholeAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil
}

// step moves the event on, or says that this cannot be done any more.
func (e *Event) step(do eventStep) error {
	to, ok := eventLife[e.State][do]
	if !ok {
		return ErrEventState.With("state", e.State)
	}
	e.State = to
	return nil
}

// publish opens a draft to its audience.
func (e *Event) publish(now time.Time) error {
	if err := e.step(publishEvent); err != nil {
		return err
	}
	if !e.StartsAt.After(now) {
		return ErrEventPast.On("starts_at")
	}
	e.PublishedAt = &now
	return nil
}

// editable answers whether a host who looked at a version may change the event: before it is over.
func (e Event) editable(seen int) error {
	switch {
	case e.State != EventDraft && e.State != EventPublished:
		return ErrEventState.With("state", e.State)
	case e.Version != seen:
		return ErrStaleVersion.On("version")
	}
	return nil
}

// becomes is the event with what a draft says in place of what it said. Reminders go out anew where the time has moved.
func (e Event) becomes(d DraftEvent, a Circle) Event {
	if !e.StartsAt.Equal(d.StartsAt) {
		e.ToldDayAt, e.ToldHourAt = nil, nil
	}
	e.Title, e.TitleEN, e.Description, e.DescriptionEN = d.Title, d.TitleEN, d.Description, d.DescriptionEN
	e.Way, e.Place, e.Address, e.Link, e.LinkFrom = d.Way, d.Place, d.Address, d.Link, d.LinkFrom
	e.StartsAt, e.EndsAt, e.Zone, e.AnswerBy = d.StartsAt, d.EndsAt, d.Zone, d.AnswerBy
	e.Seats, e.SeatsOnline, e.Guests, e.Audience = d.Seats, d.SeatsOnline, d.Guests, a
	return e
}

// moved reports whether somebody who is coming has to know of a change: the time, the place or the way.
func (e Event) moved(after Event) bool {
	return !e.StartsAt.Equal(after.StartsAt) || !e.EndsAt.Equal(after.EndsAt) || e.Place != after.Place || e.Address != after.Address || e.Way != after.Way
}

// Location is the event's zone; UTC where the machine does not know it any more.
func (e Event) Location() *time.Location {
	loc, err := time.LoadLocation(e.Zone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// TitleIn is the title for a reader of a language.
func (e Event) TitleIn(language string) string {
	if language == "en" && e.TitleEN != "" {
		return e.TitleEN
	}
	return e.Title
}

// DescriptionIn is the description for a reader of a language.
func (e Event) DescriptionIn(language string) string {
	if language == "en" && e.DescriptionEN != "" {
		return e.DescriptionEN
	}
	return e.Description
}

// takes reports whether somebody can come to the event in a way.
func (e Event) takes(way EventWay) bool {
	return way == OnSite && e.Way != Online || way == Online && e.Way != OnSite
}

// Limit is how many people can come in a way, guests included; 0: as many as like.
func (e Event) Limit(way EventWay) int {
	if way == Online {
		return e.SeatsOnline
	}
	return e.Seats
}

// Open reports whether answers are still taken.
func (e Event) Open(now time.Time) bool {
	return e.State == EventPublished && now.Before(e.EndsAt) && (e.AnswerBy == nil || now.Before(*e.AnswerBy))
}

// LinkFor is the address of the online meeting for whoever comes, from the moment it is told; empty until then.
func (e Event) LinkFor(r *RSVP, now time.Time) string {
	if r == nil || r.State != Coming || e.State != EventPublished || e.LinkFrom != nil && now.Before(*e.LinkFrom) {
		return ""
	}
	return e.Link
}
