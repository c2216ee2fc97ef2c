package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"cloud.google.com/go/civil"
	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/api/web/ui"
	"homecoming/api/web/words"
	"homecoming/internal/problem"
	"homecoming/market"
)

// An eventList is the page of events.
type eventList struct {
	list  []market.EventView
	past  bool
	write bool // whether the reader may write one
	older string
	paged bool
	own   bool       // whether the reader came by themselves, and has a calendar
	since *time.Time // of their calendar's address
}

func (v *visit) getEvents() error {
	l := eventList{past: v.c.Query("past") != "", write: v.may(market.RunEvents), paged: v.c.Query("before") != "", own: v.who.Through == uuid.Nil}
	var err error
	if l.list, err = v.Market.Events(v.ctx, v.who, market.EventFilter{Past: l.past, Before: v.before(), Limit: pageSize}); err != nil {
		return err
	}
	if n := len(l.list); n > 0 {
		l.older = v.older(eventsPath, n, l.list[n-1].ID)
	}
	if l.since, err = v.Market.FeedSince(v.ctx, v.who, market.EventsFeed); err != nil {
		return err
	}
	return v.ok(eventsPage(l))
}

// nextEvent is the next event that the reader is asked to and has not declined; nil when there is none.
func (v *visit) nextEvent() (*market.EventView, error) {
	list, err := v.Market.Events(v.ctx, v.who, market.EventFilter{Limit: pageSize})
	for i, e := range list {
		if e.State == market.EventPublished && e.Asked && (e.Mine == nil || e.Mine.State != market.NotComing) {
			return &list[i], err
		}
	}
	return nil, err
}

// postFeed makes or ends the address of the reader's calendar.
func (v *visit) postFeed() error { return v.feed(market.EventsFeed, eventsPath) }

// feed makes or ends the address of a feed of the reader's. A new one is shown once.
func (v *visit) feed(kind market.FeedKind, back string) error {
	if v.form().text("do") == "end" {
		if err := v.Market.EndFeed(v.ctx, v.who, kind); err != nil {
			return err
		}
		return v.to(back, "feed.ended."+string(kind))
	}
	address, err := v.Market.RenewFeed(v.ctx, v.who, kind)
	if err != nil {
		return err
	}
	return v.ok(feedPage(kind, address, back))
}

// getFeed is the calendar behind an address, for programs that know no passwords.
func (v *visit) getFeed() error {
	body, err := v.Market.Feed(v.ctx, v.c.Param("token"))
	if err != nil {
		return err
	}
	v.c.Header("Cache-Control", "private, no-cache")
	v.c.Data(http.StatusOK, "text/calendar; charset=utf-8", body)
	return nil
}

// An eventPageView is an event with all that a reader can do about it.
type eventPageView struct {
	market.EventView
	questions []market.Question
	feedback  market.Feedback
	album     market.Album
	now       time.Time
	guests    []string // as typed
	question  string
	base      func(code string) string // what a ticket's picture leads to
	refer     bool                     // whether the reader can introduce customers to the company
	tasks     bool                     // whether the reader can make a task of it
}

func (v *visit) eventView() (p eventPageView, err error) {
	id, err := v.id()
	if err != nil {
		return p, err
	}
	p.now, p.base = v.Clock.Now(), v.Market.TicketURL
	if p.EventView, err = v.Market.Event(v.ctx, v.who, id); err != nil {
		return p, err
	}
	if p.Mine != nil {
		p.guests = p.Mine.Guests
	}
	if p.questions, err = v.Market.Questions(v.ctx, v.who, id); err != nil {
		return p, err
	}
	programmes, err := v.Market.OpenProgrammes(v.ctx, v.who)
	if err != nil {
		return p, err
	}
	p.tasks = v.company.ID == p.CompanyID && v.may(market.PostTasks)
	p.refer = slices.ContainsFunc(programmes, func(r market.ReferralProgramme) bool { return r.CompanyID == p.CompanyID })
	if p.album, err = v.Market.Album(v.ctx, v.who, id); err != nil {
		return p, err
	}
	p.feedback, err = v.Market.MyFeedback(v.ctx, v.who, id)
	return p, err
}

func (v *visit) getEvent() error {
	p, err := v.eventView()
	if err != nil {
		return err
	}
	return v.ok(eventPage(p, ui.Fault{}))
}

// eventRefused shows the event again with what is wrong with a form on it.
func (v *visit) eventRefused(err error, typed func(*eventPageView)) error {
	p, wrong := v.eventView()
	if wrong != nil {
		return wrong
	}
	typed(&p)
	return v.refuse(err, func(f ui.Fault) templ.Component { return eventPage(p, f) })
}

func (v *visit) postAnswerEvent() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	d := market.AnswerDraft{Way: market.EventWay(v.form().text("answer")), Guests: v.c.PostFormArray("guests")}
	if d.Way == "no" {
		d.Way = ""
	}
	r, err := v.Market.AnswerEvent(v.ctx, v.who, id, d)
	if err != nil {
		return v.eventRefused(err, func(p *eventPageView) { p.guests = d.Guests })
	}
	return v.to(eventPath(id), "event.answered."+string(r.State))
}

func (v *visit) postQuestion() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	f := v.form()
	text := f.text("text")
	if _, err := v.Market.AskQuestion(v.ctx, v.who, id, text, f.text("anonymous") != ""); err != nil {
		return v.eventRefused(err, func(p *eventPageView) { p.question = text })
	}
	return v.to(eventPath(id)+"#questions", "question.asked")
}

// postQuestionStep votes, answers, hides or shows.
func (v *visit) postQuestionStep() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	f := v.form()
	said := ""
	switch f.text("do") {
	case "vote", "unvote":
		err = v.Market.Vote(v.ctx, v.who, id, f.text("do") == "vote")
	case "hide", "show":
		err, said = v.Market.HideQuestion(v.ctx, v.who, id, f.text("do") == "hide", f.text("reason")), "question.saved"
	default:
		err, said = v.Market.AnswerQuestion(v.ctx, v.who, id, f.text("answer")), "question.saved"
	}
	back := eventsPath
	if event := f.uuid("event"); event != uuid.Nil {
		back = eventPath(event) + "#questions"
	}
	if err != nil {
		return v.retreat(err, back)
	}
	return v.to(back, said)
}

func (v *visit) postFeedback() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	f := v.form()
	if err := v.Market.GiveFeedback(v.ctx, v.who, id, f.number("rating"), f.text("words")); err != nil {
		return v.eventRefused(err, func(p *eventPageView) { p.feedback.Rating, p.feedback.Words = f.number("rating"), f.text("words") })
	}
	return v.to(eventPath(id), "survey.thanks")
}

func (v *visit) getEventFile() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	body, err := v.Market.EventFile(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	return v.attach("event.ics", "text/calendar; charset=utf-8", body)
}

// A hostView is the page from which an event is run.
type hostView struct {
	market.EventView
	rsvps   []market.RSVP
	survey  market.Survey
	album   market.Album
	reach   int
	letters int // how many invitations would go out now
	query   string
	now     time.Time
	email   string // as typed
	reason  string
	me      uuid.UUID
	tasks   bool // whether the reader can make a task of it
}

func (v *visit) hostView() (h hostView, err error) {
	if h.EventView, err = v.hosted(); err != nil {
		return h, err
	}
	h.query, h.now, h.me = v.c.Query("q"), v.Clock.Now(), v.who.PersonID
	h.tasks = v.company.ID == h.CompanyID && v.may(market.PostTasks)
	if h.rsvps, err = v.Market.RSVPs(v.ctx, v.who, h.ID, h.query); err != nil {
		return h, err
	}
	if h.survey, err = v.Market.SurveyOf(v.ctx, v.who, h.ID); err != nil {
		return h, err
	}
	if h.album, err = v.Market.Album(v.ctx, v.who, h.ID); err != nil {
		return h, err
	}
	h.album.Thanks, h.album.ThanksEN = h.Thanks, h.ThanksEN // hosts see what they have not sent yet
	if h.reach, err = v.Market.EventReach(v.ctx, v.who, h.CompanyID, h.ID, h.Audience.Draft()); err != nil {
		return h, err
	}
	h.letters, err = v.Market.EventInvitees(v.ctx, v.who, h.ID)
	return h, err
}

func (v *visit) getHost() error {
	h, err := v.hostView()
	if err != nil {
		return err
	}
	return v.ok(hostPage(h, ui.Fault{}))
}

// busy reports whether people arrive about now, so that the counts are worth asking again.
func (h hostView) busy() bool {
	return h.State == market.EventPublished && h.now.After(h.StartsAt.Add(-3*time.Hour)) && h.now.Before(h.EndsAt)
}

// nextKey says what a host of an event without answers does next.
func (h hostView) nextKey() string {
	switch {
	case h.State == market.EventDraft:
		return "event.nobody.draft"
	case h.letters > 0:
		return "event.nobody.text"
	}
	return "event.nobody.wait"
}

// postHost does one thing that a host may.
func (v *visit) postHost() error {
	h, err := v.hostView()
	if err != nil {
		return err
	}
	f, do := v.form(), v.form().text("do")
	switch do {
	case "publish":
		_, err = v.Market.PublishEvent(v.ctx, v.who, h.ID)
	case "cancel":
		h.reason = f.text("reason")
		_, err = v.Market.CancelEvent(v.ctx, v.who, h.ID, h.reason)
	case "invite":
		err = v.Market.InviteToEvent(v.ctx, v.who, h.ID)
	case "remove_host":
		err = v.Market.RemoveHost(v.ctx, v.who, h.ID, f.uuid("person"))
	default:
		do, h.email = "add_host", f.text("email")
		err = v.Market.AddHost(v.ctx, v.who, h.ID, h.email)
	}
	if err != nil {
		return v.refuse(err, func(fault ui.Fault) templ.Component { return hostPage(h, fault) })
	}
	if do == "remove_host" && f.uuid("person") == h.me && !v.may(market.RunEvents) {
		return v.to(eventPath(h.ID), "event.done."+do)
	}
	return v.to(eventPath(h.ID)+"/host", "event.done."+do)
}

func (v *visit) getAttendance() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	lines, err := v.Market.Attendance(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	return access.SendFile(v.c, "attendance.csv", "utf-8", func(w io.Writer) error {
		b := bytes.NewBufferString("\ufeff")
		c := csv.NewWriter(b)
		c.UseCRLF = true
		if err := c.WriteAll(lines); err != nil {
			return err
		}
		_, err := w.Write(b.Bytes())
		return err
	})
}

// getDoor shows whose ticket a host has read with their phone. It lets nobody in: phones open addresses ahead of a tap.
func (v *visit) getDoor() error {
	a, err := v.Market.LookAtTicket(v.ctx, v.who, v.c.Param("code"))
	if err != nil {
		return err
	}
	return v.ok(doorPage(a, ui.Fault{}))
}

func (v *visit) postDoor() error {
	code, f := v.c.Param("code"), v.form()
	var err error
	said := "door.in"
	if f.text("do") == "back" {
		err, said = v.Market.TakeBack(v.ctx, v.who, code), "door.back"
	} else {
		var a market.Admission
		if a, err = v.Market.CheckIn(v.ctx, v.who, code); err == nil && !a.LetInNow {
			said = "door.twice"
		}
	}
	if err != nil {
		a, wrong := v.Market.LookAtTicket(v.ctx, v.who, code)
		if wrong != nil {
			return wrong
		}
		return v.refuse(err, func(fault ui.Fault) templ.Component { return doorPage(a, fault) })
	}
	if ticket := f.text("ticket"); ticket != "" { // from the page of somebody who came together with them
		return v.to("/door/"+escape(ticket), said)
	}
	if event := f.uuid("event"); event != uuid.Nil { // from the list
		return v.to(eventPath(event)+"/host?q="+escape(f.text("q"))+"#list", said)
	}
	return v.to("/door/"+escape(code), said)
}

var eventTones = map[market.EventState]ui.Tone{market.EventPublished: ui.Now, market.EventCanceled: ui.Bad}

func eventMark(ctx context.Context, e market.Event) ui.Mark {
	return ui.Mark{Text: e.State.In(ui.FrameOf(ctx).Language), Tone: eventTones[e.State]}
}

var answerTones = map[market.RSVPState]ui.Tone{market.Coming: ui.Good, market.AwaitingPlace: ui.Warn}

func answerMark(ctx context.Context, r market.RSVP) ui.Mark {
	key := "event.state." + string(r.State)
	if r.State == market.Coming {
		key += "." + string(r.Way)
	}
	return ui.Mark{Text: ui.T(ctx, key), Tone: answerTones[r.State]}
}

// eventTitle is the title in the reader's language.
func eventTitle(ctx context.Context, e market.Event) string {
	return e.TitleIn(string(ui.FrameOf(ctx).Language))
}

// eventCompany is the company's name in the reader's language.
func eventCompany(ctx context.Context, e market.EventView) string {
	return inLanguage(ui.FrameOf(ctx).Language, e.CompanyEN, e.CompanyName)
}

// eventSpan says when an event is, by the clocks of a zone: 5 Dec 2026 18:00–20:00.
func eventSpan(lang problem.Language, e market.Event, zone *time.Location) string {
	from, to := e.StartsAt.In(zone), e.EndsAt.In(zone)
	if civil.DateOf(from) == civil.DateOf(to) {
		return words.Moment(lang, from, zone) + "–" + words.Clock(to, zone)
	}
	return words.Moment(lang, from, zone) + " – " + words.Moment(lang, to, zone)
}

// eventWhen is the span by the event's own clock, with its zone.
func eventWhen(ctx context.Context, e market.Event) string {
	return eventSpan(ui.FrameOf(ctx).Language, e, e.Location()) + " (" + e.Zone + ")"
}

// eventHere is the span by the reader's clock, where that shows another time; empty where it does not.
func eventHere(ctx context.Context, e market.Event) string {
	f := ui.FrameOf(ctx)
	here := eventSpan(f.Language, e, f.Zone)
	if here == eventSpan(f.Language, e, e.Location()) {
		return ""
	}
	return ui.T(ctx, "event.here", "when", here, "zone", e.StartsAt.In(f.Zone).Format("MST"))
}

// eventWhere says where an event is, in a line.
func eventWhere(ctx context.Context, e market.Event) string {
	switch e.Way {
	case market.OnSite:
		return e.Place
	case market.Hybrid:
		return e.Place + " · " + ui.T(ctx, "event.way.online")
	}
	return ui.T(ctx, "event.way.online")
}

// places says how many places of a way are taken: 12 of 40.
func places(ctx context.Context, e market.EventView, way market.EventWay) string {
	n := e.Counts.OnSite
	if way == market.Online {
		n = e.Counts.Online
	}
	if limit := e.Limit(way); limit > 0 {
		return ui.T(ctx, "event.places.of", "n", n, "limit", limit)
	}
	return ui.T(ctx, "event.places", "n", n)
}

// full reports whether nobody more finds a place in a way.
func full(e market.EventView, way market.EventWay) bool {
	n := e.Counts.OnSite
	if way == market.Online {
		n = e.Counts.Online
	}
	return e.Limit(way) > 0 && n >= e.Limit(way)
}

// guestRows are the guests as typed, with room for as many as may be brought.
func (p eventPageView) guestRows() []string {
	return append(p.guests[:min(len(p.guests), p.Guests)], make([]string, max(0, p.Guests-len(p.guests)))...)
}

// tookPlace reports whether an event lies in the past and was not called off. The state says so a little later.
func tookPlace(e market.Event, now time.Time) bool {
	return e.State != market.EventDraft && e.State != market.EventCanceled && !now.Before(e.EndsAt)
}

// taskFrom is where a task begins that comes out of the event.
func taskFrom(ctx context.Context, e market.EventView) string {
	return "/tasks/new?title=" + escape(eventTitle(ctx, e.Event)) + "&brief=" + escape(ui.T(ctx, "event.task.brief", "title", eventTitle(ctx, e.Event), "when", eventWhen(ctx, e.Event)))
}

// tenths writes a number of tenths: 4.3.
func tenths(n int) string { return strconv.Itoa(n/10) + "." + strconv.Itoa(n%10) }
