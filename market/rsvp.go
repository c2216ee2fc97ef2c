package market

import (
	"cmp"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/lib/pq"

	"homecoming/internal/problem"
)

// An RSVP is what somebody answered to an event: that they come in one way or the other, with guests or without, that they wait
// for a place, or that they do not come. One a person and event; it can be changed until the event takes no answers any more.
type RSVP struct {
	ID         uuid.UUID
	EventID    uuid.UUID
	CompanyID  uuid.UUID
	PersonID   uuid.UUID
	State      RSVPState
	Way        EventWay       // empty: declined
	Guests     pq.StringArray `gorm:"type:text[]"` // their names; each takes a place
	Turn       int64          // on the waiting list: the lower, the sooner
	AnsweredAt time.Time
	UpdatedAt  time.Time

	Name    string        `gorm:"->;-:migration"` // of the person, for hosts
	Tickets []EventTicket `gorm:"-"`              // for the person and for hosts
}

// TableName is where answers are kept.
func (RSVP) TableName() string { return "rsvps" }

// An RSVPState is where an answer stands.
type RSVPState string

// The states of an answer.
const (
	Coming        RSVPState = "coming"
	AwaitingPlace RSVPState = "waiting"
	NotComing     RSVPState = "declined"
)

// heads is how many people an answer is about.
func (r RSVP) heads() int { return 1 + len(r.Guests) }

// What can be wrong with an answer.
var (
	ErrAnswersClosed = problem.Define(problem.Conflict, "answers_closed", "This event takes no answers any more. Write to its hosts.", "このイベントの回答受付は終了しました。主催者へご連絡ください。")
	ErrEventWay      = problem.Define(problem.Invalid, "event_way", "Nobody can come to this event in this way.", "このイベントでは、その参加方法は選べません。")
	ErrTooManyGuests = problem.Define(problem.Invalid, "too_many_guests", "You may bring at most {max} guests.", "同伴者は{max}人までです。")
	ErrPartyTooLarge = problem.Define(problem.Invalid, "party_too_large", "There are {max} places in all, fewer than you are. Bring fewer guests.", "定員（{max}人）を超えています。同伴者を減らしてください。")
	ErrNoMoreRoom    = problem.Define(problem.Conflict, "no_room_for_guests", "There is no place for so many of you. Your own stays; bring fewer guests.", "空席が足りないため同伴者を増やせません。ご自身の参加登録はそのままです。")
	ErrCameAlready   = problem.Define(problem.Conflict, "came_already", "You have been checked in. The hosts can change this.", "受付済みのため変更できません。主催者へご連絡ください。")
)

// An AnswerDraft is an answer as somebody gives it.
type AnswerDraft struct {
	Way    EventWay // empty: they do not come
	Guests []string // names; empty ones are left out
}

// check finds what is wrong with an answer to an event at a moment, and puts it in order.
func (d *AnswerDraft) check(e Event, now time.Time) error {
	if !e.Open(now) {
		return ErrAnswersClosed
	}
	if d.Way == "" {
		d.Guests = nil
		return nil
	}
	if !e.takes(d.Way) {
		return ErrEventWay.On("answer")
	}
	var names []string
	for i, name := range d.Guests {
		switch name = oneLine(name); {
		case name == "":
		case utf8.RuneCountInString(name) > maxName:
			return ErrTooLong.On("guests["+itoa(i)+"]").With("max", maxName)
		default:
			names = append(names, name)
		}
	}
	d.Guests = names
	if len(names) > e.Guests {
		return ErrTooManyGuests.On("guests").With("max", e.Guests)
	}
	if most := e.Limit(d.Way); most > 0 && 1+len(names) > most {
		return ErrPartyTooLarge.On("guests").With("max", most)
	}
	return nil
}

// taken is how many places of a way are taken by those who come.
func taken(all []RSVP, way EventWay) (n int) {
	for _, r := range all {
		if r.State == Coming && r.Way == way {
			n += r.heads()
		}
	}
	return n
}

// fits reports whether so many more people find a place in a way.
func fits(e Event, all []RSVP, way EventWay, heads int) bool {
	limit := e.Limit(way)
	return limit == 0 || taken(all, way)+heads <= limit
}

// promote gives free places to those who wait, by their turn: the first party that fits gets them, so that a large one keeps no
// place empty. It changes all and returns who got in. Places are never taken back: where the limit was lowered below those who
// come, nobody gets in until enough have gone.
func promote(e Event, all []RSVP) []uuid.UUID {
	var in []uuid.UUID
	waiting := make([]int, 0, len(all))
	for i, r := range all {
		if r.State == AwaitingPlace {
			waiting = append(waiting, i)
		}
	}
	slices.SortFunc(waiting, func(a, b int) int { return cmp.Compare(all[a].Turn, all[b].Turn) })
	for _, i := range waiting {
		if e.takes(all[i].Way) && fits(e, all, all[i].Way, all[i].heads()) {
			all[i].State, all[i].Turn = Coming, 0
			in = append(in, all[i].ID)
		}
	}
	return in
}

// seat gives an answer its place among the others, or its turn behind those who wait. before is what the person had answered;
// whoever comes already in the same way keeps their place, and is refused more guests than there is room for.
func seat(e Event, others []RSVP, before, r RSVP) (RSVP, error) {
	r.State, r.Turn = NotComing, 0
	if r.Way == "" {
		return r, nil
	}
	r.State = Coming
	stays := before.State == Coming && before.Way == r.Way
	switch {
	case stays && r.heads() <= before.heads(), fits(e, others, r.Way, r.heads()):
		return r, nil
	case stays:
		return before, ErrNoMoreRoom.On("guests")
	}
	r.State = AwaitingPlace
	if before.State == AwaitingPlace && before.Way == r.Way && r.heads() <= before.heads() {
		r.Turn = before.Turn
		return r, nil
	}
	for _, o := range append(others, before) {
		r.Turn = max(r.Turn, o.Turn)
	}
	r.Turn++
	return r, nil
}

// EventCounts is how an event stands.
type EventCounts struct {
	OnSite, Online   int // places taken, guests included
	WaitingOnSite    int // people who wait, guests included
	WaitingOnline    int
	Declined         int
	CameIn, Expected int // tickets used, and tickets there are
}

// Waiting is how many people wait.
func (c EventCounts) Waiting() int { return c.WaitingOnSite + c.WaitingOnline }
