package web

import (
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/internal/problem"
	"homecoming/market"
)

const eventsPath = "/events"

func eventPath(id uuid.UUID) string { return eventsPath + "/" + id.String() }

// What can be wrong with a time as it is typed.
var (
	ErrTimeForm = problem.Define(problem.Invalid, "time_form", "Write a day and a time, such as 2026-12-05T18:00.", "日時は「2026-12-05T18:00」の形で入力してください。")
	ErrNoTime   = problem.Define(problem.Invalid, "no_such_time", "The clocks skip this time in {zone} on that day. Choose another.", "{zone}では、この日のこの時刻は（夏時間の切り替えにより）存在しません。別の時刻を選んでください。")
)

// An eventForm is an event as it is typed.
type eventForm struct {
	id                         uuid.UUID // uuid.Nil for a new one
	company                    uuid.UUID
	version                    int
	state                      market.EventState
	title, titleEN             string
	description, descriptionEN string
	way                        string
	place, address, link       string
	starts, ends, zone         string
	linkFrom, answerBy         string
	seats, seatsOnline, guests string
	circleForm
}

const localTime = "2006-01-02T15:04"

// commonZones are offered beside the company's and the event's own.
var commonZones = []string{"Asia/Tokyo", "Asia/Seoul", "Asia/Shanghai", "Asia/Singapore", "Asia/Bangkok", "Asia/Kolkata", "Europe/London", "Europe/Berlin", "Europe/Paris",
	"America/New_York", "America/Chicago", "America/Los_Angeles", "America/Sao_Paulo", "Australia/Sydney", "UTC"}

func (f eventForm) zones() []ui.Option { return zonesWith(f.zone) }

// zonesWith are the common zones, and the one that is chosen.
func zonesWith(chosen string) []ui.Option {
	list := commonZones
	if chosen != "" && !slices.Contains(list, chosen) {
		list = append([]string{chosen}, list...)
	}
	options := make([]ui.Option, len(list))
	for i, z := range list {
		options[i] = ui.Option{Value: z, Label: z}
	}
	return options
}

func (v *visit) readEvent() eventForm {
	f := v.form()
	return eventForm{version: f.number("version"), state: market.EventState(f.text("state")), title: f.text("title"), titleEN: f.text("title_en"), description: v.c.PostForm("description"), descriptionEN: v.c.PostForm("description_en"),
		way: f.text("way"), place: f.text("place"), address: f.text("address"), link: f.text("link"), starts: f.text("starts_at"), ends: f.text("ends_at"), zone: f.text("zone"),
		linkFrom: f.text("link_from"), answerBy: f.text("answer_by"), seats: f.text("capacity.on_site"), seatsOnline: f.text("capacity.online"), guests: f.text("guests"),
		circleForm: v.readCircle()}
}

// draft is what the form means. The error is about what cannot be read; the rules are asked by market.
func (f eventForm) draft() (d market.DraftEvent, err error) {
	d = market.DraftEvent{Title: f.title, TitleEN: f.titleEN, Description: f.description, DescriptionEN: f.descriptionEN, Way: market.EventWay(f.way),
		Place: f.place, Address: f.address, Link: f.link, Zone: f.zone, Audience: f.audience()}
	zone, err := time.LoadLocation(f.zone)
	if err != nil {
		return d, market.ErrEventZone.On("zone").With("value", f.zone)
	}
	for _, t := range []struct {
		field, typed string
		to           **time.Time
	}{{"link_from", f.linkFrom, &d.LinkFrom}, {"answer_by", f.answerBy, &d.AnswerBy}} {
		if *t.to, err = parseTime(t.field, t.typed, zone); err != nil {
			return d, err
		}
	}
	for _, t := range []struct {
		field, typed string
		to           *time.Time
	}{{"starts_at", f.starts, &d.StartsAt}, {"ends_at", f.ends, &d.EndsAt}} {
		at, err := parseTime(t.field, t.typed, zone)
		if err != nil {
			return d, err
		}
		if at != nil {
			*t.to = *at
		}
	}
	for _, n := range []struct {
		field, typed string
		to           *int
	}{{"capacity.on_site", f.seats, &d.Seats}, {"capacity.online", f.seatsOnline, &d.SeatsOnline}, {"guests", f.guests, &d.Guests}} {
		if n.typed == "" {
			continue
		}
		if *n.to, err = strconv.Atoi(plain(n.typed)); err != nil {
			return d, ErrNumberForm.On(n.field)
		}
	}
	return d, nil
}

// parseTime reads a day and a time by the clocks of a zone; nil when nothing was typed. A time that they skip is refused.
func parseTime(field, typed string, zone *time.Location) (*time.Time, error) {
	if typed == "" {
		return nil, nil
	}
	if len(typed) > len(localTime) { // some browsers send seconds
		typed = typed[:len(localTime)]
	}
	t, err := time.ParseInLocation(localTime, typed, zone)
	if err != nil {
		return nil, ErrTimeForm.On(field)
	}
	if t.Format(localTime) != typed {
		return nil, ErrNoTime.On(field).With("zone", zone)
	}
	return &t, nil
}

// formOfEvent fills the form with an event.
func formOfEvent(e market.Event) eventForm {
	clock := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.In(e.Location()).Format(localTime)
	}
	return eventForm{id: e.ID, company: e.CompanyID, version: e.Version, state: e.State, title: e.Title, titleEN: e.TitleEN, description: e.Description, descriptionEN: e.DescriptionEN,
		way: string(e.Way), place: e.Place, address: e.Address, link: e.Link, starts: clock(&e.StartsAt), ends: clock(&e.EndsAt), zone: e.Zone, linkFrom: clock(e.LinkFrom), answerBy: clock(e.AnswerBy),
		seats: orBlank(e.Seats), seatsOnline: orBlank(e.SeatsOnline), guests: orBlank(e.Guests), circleForm: formOfCircle(e.Audience)}
}

// orBlank writes a number the way it is typed; nothing for 0.
func orBlank(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// countReach adds how many people the audience reaches.
func (v *visit) countReach(f eventForm) (eventForm, error) {
	n, err := v.Market.EventReach(v.ctx, v.who, f.company, f.id, f.audience())
	return f, f.counted(n, err)
}

// completeEvent adds what can be chosen of the company and the count.
func (v *visit) completeEvent(f eventForm) (eventForm, error) {
	if err := v.completeCircle(f.company, &f.circleForm); err != nil {
		return f, err
	}
	return v.countReach(f)
}

func (v *visit) getNewEvent() error {
	day := ui.Today(v.ctx).AddDays(14).String()
	f, err := v.completeEvent(eventForm{company: v.company.ID, way: string(market.OnSite), zone: v.company.TimeZone, circleForm: everybody, starts: day + "T18:00", ends: day + "T20:00"})
	if err != nil {
		return err
	}
	return v.ok(eventFormPage(f, ui.Fault{}))
}

func (v *visit) postNewEvent() error {
	f := v.readEvent()
	f.company = v.company.ID
	d, err := f.draft()
	var e market.Event
	if err == nil {
		e, err = v.Market.CreateEvent(v.ctx, v.who, v.company.ID, d)
	}
	if err != nil {
		return v.eventAgain(f, err)
	}
	return v.to(eventPath(e.ID)+"/host", "event.drafted")
}

// eventAgain shows the form with what is wrong with it.
func (v *visit) eventAgain(f eventForm, err error) error {
	f, wrong := v.completeEvent(f)
	if wrong != nil {
		return wrong
	}
	return v.refuse(err, func(fault ui.Fault) templ.Component { return eventFormPage(f, fault) })
}

// hosted is the event of the path, for who runs it.
func (v *visit) hosted() (market.EventView, error) {
	id, err := v.id()
	if err != nil {
		return market.EventView{}, err
	}
	e, err := v.Market.Event(v.ctx, v.who, id)
	if err != nil {
		return e, err
	}
	return e, v.who.MayHost(e.Event, hostsOf(e))
}

func hostsOf(e market.EventView) []uuid.UUID {
	ids := make([]uuid.UUID, len(e.Hosts))
	for i, h := range e.Hosts {
		ids[i] = h.PersonID
	}
	return ids
}

func (v *visit) getEditEvent() error {
	e, err := v.hosted()
	if err != nil {
		return err
	}
	f, err := v.completeEvent(formOfEvent(e.Event))
	if err != nil {
		return err
	}
	return v.ok(eventFormPage(f, ui.Fault{}))
}

func (v *visit) postEditEvent() error {
	e, err := v.hosted()
	if err != nil {
		return err
	}
	f := v.readEvent()
	f.id, f.company, f.state = e.ID, e.CompanyID, e.State
	d, err := f.draft()
	if err == nil {
		_, err = v.Market.EditEvent(v.ctx, v.who, e.ID, f.version, d)
	}
	if err != nil {
		return v.eventAgain(f, err)
	}
	return v.to(eventPath(e.ID)+"/host", "event.saved")
}

// postReach tells how many people what is typed would reach, for a new event and for one that is changed.
func (v *visit) postReach() error {
	f := v.readEvent()
	f.id, f.company = v.form().uuid("event"), v.company.ID
	f, err := v.countReach(f)
	if err != nil {
		return err
	}
	return v.ok(circleReach(f.circleForm))
}
