package api

import (
	"bytes"
	"context"
	"encoding/csv"
	"time"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// aboutEvents is when people meet.
func (s *Server) aboutEvents() []endpoint {
	return []endpoint{
		get("/events", access.SignedIn, s.events, "Events that I am asked to, those to come first"),
		post("/events", market.RunEvents, s.createEvent, "Write an event, as a draft"),
		reading(post("/events/reach", access.SignedIn, s.eventReach, "How many people an audience reaches now")),
		get("/events/{id}", access.SignedIn, s.event, "One event, as I see it"),
		put("/events/{id}", access.SignedIn, s.editEvent, "Change it, as a host"),
		post("/events/{id}/publish", access.SignedIn, s.publishEvent, "Open it to its audience"),
		post("/events/{id}/cancel", access.SignedIn, s.cancelEvent, "Call it off; who comes is told why"),
		post("/events/{id}/invitations", access.SignedIn, s.inviteToEvent, "Write to everybody whom it asks and who was not asked yet"),
		post("/events/{id}/hosts", access.SignedIn, s.addHost, "Make somebody a host of it"),
		remove("/events/{id}/hosts/{person_id}", access.SignedIn, s.removeHost, "Take a host out"),
		get("/events/{id}/rsvps", access.SignedIn, s.rsvps, "Who comes, for hosts"),
		post("/events/{id}/rsvps", access.SignedIn, s.answerEvent, "Say whether and how I come"),
		get("/events/{id}/attendance.csv", access.SignedIn, s.attendance, "Who answered and who was there, as a file, for hosts"),
		get("/events/{id}/event.ics", access.SignedIn, s.eventFile, "The event for a calendar"),
		get("/tickets/{code}", access.SignedIn, s.ticket, "Whose a ticket is, for hosts"),
		post("/tickets/{code}/check-in", access.SignedIn, s.checkIn, "Let them in, once"),
		remove("/tickets/{code}/check-in", access.SignedIn, s.takeBack, "They were let in by mistake"),
		get("/events/{id}/questions", access.SignedIn, s.questions, "What people want to have answered"),
		post("/events/{id}/questions", access.SignedIn, s.askQuestion, "Ask something beforehand"),
		put("/questions/{id}/vote", access.SignedIn, s.vote, "Put my vote to a question, or take it back"),
		put("/questions/{id}/answer", access.SignedIn, s.answerQuestion, "Answer it in writing, as a host"),
		put("/questions/{id}/hidden", access.SignedIn, s.hideQuestion, "Hide it with a reason, or show it again, as a host"),
		put("/events/{id}/feedback", access.SignedIn, s.giveFeedback, "Say how it was"),
		get("/events/{id}/album", access.SignedIn, s.album, "What stays of it: what the hosts say afterwards, and pictures"),
		long(taking(post("/events/{id}/pictures", access.SignedIn, s.addPicture, "Add a picture to it, as a host: it is drawn anew, without place and time"), "application/octet-stream")),
		remove("/events/{id}/pictures/{picture_id}", access.SignedIn, s.removePicture, "Take a picture out, as a host"),
		put("/events/{id}/thanks", access.SignedIn, s.thank, "Say something to those who came, as a host, and send it once"),
		get("/events/{id}/survey", access.SignedIn, s.survey, "What people said of it, without names, for hosts"),
		once(post("/me/event-feed", access.SignedIn, s.renewFeed, "Make the address of my calendar; the one before ends")),
		remove("/me/event-feed", access.SignedIn, s.endFeed, "End it"),
	}
}

// capacity is how many people can come, guests included.
type capacity struct {
	OnSite int `json:"on_site,omitempty" doc:"0: as many as like"`
	Online int `json:"online,omitempty" doc:"0: as many as like"`
}

// EventFields are an event as a host writes it.
type EventFields struct {
	Title         string     `json:"title"`
	TitleEN       string     `json:"title_en,omitempty"`
	Description   string     `json:"description,omitempty" doc:"Markdown"`
	DescriptionEN string     `json:"description_en,omitempty"`
	Way           string     `json:"way" enum:"on_site,online,hybrid"`
	Place         string     `json:"place,omitempty" doc:"Needed unless it is online"`
	Address       string     `json:"address,omitempty"`
	Link          string     `json:"link,omitempty" doc:"Of the online meeting; only who comes sees it"`
	LinkFrom      *time.Time `json:"link_from,omitempty" doc:"From when on; left out: as soon as they come"`
	StartsAt      time.Time  `json:"starts_at"`
	EndsAt        time.Time  `json:"ends_at"`
	Zone          string     `json:"zone,omitempty" example:"Asia/Tokyo" doc:"By which its times are said; the company's when left out"`
	AnswerBy      *time.Time `json:"answer_by,omitempty"`
	Capacity      capacity   `json:"capacity,omitempty"`
	Guests        int        `json:"guests,omitempty" doc:"That one person may bring"`
	Audience      circle     `json:"audience,omitempty"`
}

func (d EventFields) draft() market.DraftEvent {
	return market.DraftEvent{Title: d.Title, TitleEN: d.TitleEN, Description: d.Description, DescriptionEN: d.DescriptionEN, Way: market.EventWay(d.Way), Place: d.Place,
		Address: d.Address, Link: d.Link, LinkFrom: d.LinkFrom, StartsAt: d.StartsAt, EndsAt: d.EndsAt, Zone: d.Zone, AnswerBy: d.AnswerBy,
		Seats: d.Capacity.OnSite, SeatsOnline: d.Capacity.Online, Guests: d.Guests, Audience: d.Audience.draft()}
}

// event is one as somebody sees it.
type event struct {
	ID            uuid.UUID   `json:"id" format:"uuid"`
	CompanyID     uuid.UUID   `json:"company_id" format:"uuid"`
	CompanyName   string      `json:"company_name"`
	State         string      `json:"state" enum:"draft,published,over,canceled"`
	Version       int         `json:"version" doc:"Send it along with a change"`
	Title         string      `json:"title"`
	TitleEN       string      `json:"title_en"`
	Description   string      `json:"description"`
	DescriptionEN string      `json:"description_en"`
	Way           string      `json:"way" enum:"on_site,online,hybrid"`
	Place         string      `json:"place"`
	Address       string      `json:"address"`
	Link          string      `json:"link" doc:"Empty unless the reader comes and it is time, or runs the event"`
	LinkFrom      *time.Time  `json:"link_from"`
	StartsAt      time.Time   `json:"starts_at"`
	EndsAt        time.Time   `json:"ends_at"`
	Zone          string      `json:"zone"`
	AnswerBy      *time.Time  `json:"answer_by"`
	Capacity      capacity    `json:"capacity"`
	Guests        int         `json:"guests"`
	Audience      *circle     `json:"audience,omitempty" doc:"For hosts"`
	Counts        eventCounts `json:"counts"`
	Hosts         []eventHost `json:"hosts"`
	Mine          *rsvp       `json:"mine" doc:"What the reader answered"`
	Asked         bool        `json:"asked" doc:"Whether the reader is of its audience"`
	MayHost       bool        `json:"may_host"`
	CancelReason  string      `json:"cancel_reason"`
}

type eventCounts struct {
	OnSite        int `json:"on_site" doc:"Places taken, guests included"`
	Online        int `json:"online"`
	WaitingOnSite int `json:"waiting_on_site"`
	WaitingOnline int `json:"waiting_online"`
	Declined      int `json:"declined"`
	CheckedIn     int `json:"checked_in"`
	Expected      int `json:"expected" doc:"Tickets that there are"`
}

type eventHost struct {
	PersonID uuid.UUID `json:"person_id" format:"uuid"`
	Name     string    `json:"name"`
}

func (s *Server) eventOf(v market.EventView) event {
	c := v.Counts
	view := event{ID: v.ID, CompanyID: v.CompanyID, CompanyName: v.CompanyName, State: string(v.State), Version: v.Version, Title: v.Title, TitleEN: v.TitleEN, Description: v.Description,
		DescriptionEN: v.DescriptionEN, Way: string(v.Way), Place: v.Place, Address: v.Address, Link: v.MeetingLink(s.cfg.Clock.Now()), LinkFrom: v.LinkFrom, StartsAt: v.StartsAt, EndsAt: v.EndsAt, Zone: v.Zone,
		AnswerBy: v.AnswerBy, Capacity: capacity{v.Seats, v.SeatsOnline}, Guests: v.Guests, Asked: v.Asked, MayHost: v.MayHost, CancelReason: v.CancelReason,
		Counts: eventCounts{c.OnSite, c.Online, c.WaitingOnSite, c.WaitingOnline, c.Declined, c.CameIn, c.Expected},
		Hosts:  each(v.Hosts, func(h market.EventHost) eventHost { return eventHost{h.PersonID, h.Name} })}
	if v.MayHost {
		a := circleOf(v.Audience)
		view.Audience = &a
	}
	if v.Mine != nil {
		mine := rsvpOf(*v.Mine)
		view.Mine = &mine
	}
	return view
}

type eventSearch struct {
	Page
	CompanyID string `query:"company_id" format:"uuid"`
	Past      bool   `query:"past" doc:"Those that are over or called off, the latest first"`
}

func (s *Server) events(ctx context.Context, in *eventSearch) (*out[list[event]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	company, _ := uuid.Parse(in.CompanyID) // its form was checked; nothing is none
	all, err := s.cfg.Market.Events(ctx, access.Actor(ctx), market.EventFilter{CompanyID: company, Past: in.Past, Before: before, Limit: in.Limit})
	return answer(listed(in.Page, all, func(v market.EventView) string { return v.ID.String() }, s.eventOf), err)
}

// seen reads an event again after a change, as the reader sees it.
func (s *Server) seen(ctx context.Context, e market.Event, err error) (*out[event], error) {
	if err != nil {
		return nil, err
	}
	v, err := s.cfg.Market.Event(ctx, access.Actor(ctx), e.ID)
	return answer(s.eventOf(v), err)
}

type newEvent struct {
	Body struct {
		CompanyID uuid.UUID `json:"company_id" format:"uuid"`
		EventFields
	}
}

func (s *Server) createEvent(ctx context.Context, in *newEvent) (*made[event], error) {
	e, err := s.cfg.Market.CreateEvent(ctx, access.Actor(ctx), in.Body.CompanyID, in.Body.draft())
	if err != nil {
		return nil, err
	}
	v, err := s.cfg.Market.Event(ctx, access.Actor(ctx), e.ID)
	if err != nil {
		return nil, err
	}
	return created("/events/"+e.ID.String(), s.eventOf(v)), nil
}

func (s *Server) eventReach(ctx context.Context, in *reachAsked) (*out[peopleReached], error) {
	n, err := s.cfg.Market.EventReach(ctx, access.Actor(ctx), in.Body.CompanyID, uuid.Nil, in.Body.Audience.draft())
	return answer(peopleReached{n}, err)
}

func (s *Server) event(ctx context.Context, in *OfID) (*out[event], error) {
	v, err := s.cfg.Market.Event(ctx, access.Actor(ctx), in.ID)
	return answer(s.eventOf(v), err)
}

type eventEdit struct {
	OfID
	Body struct {
		Version int `json:"version" doc:"That was looked at"`
		EventFields
	}
}

func (s *Server) editEvent(ctx context.Context, in *eventEdit) (*out[event], error) {
	e, err := s.cfg.Market.EditEvent(ctx, access.Actor(ctx), in.ID, in.Body.Version, in.Body.draft())
	return s.seen(ctx, e, err)
}

func (s *Server) publishEvent(ctx context.Context, in *act) (*out[event], error) {
	e, err := s.cfg.Market.PublishEvent(ctx, access.Actor(ctx), in.ID)
	return s.seen(ctx, e, err)
}

type eventCancel struct {
	OfID
	Body struct {
		Reason string `json:"reason,omitempty" doc:"Who comes reads it"`
	}
}

func (s *Server) cancelEvent(ctx context.Context, in *eventCancel) (*out[event], error) {
	e, err := s.cfg.Market.CancelEvent(ctx, access.Actor(ctx), in.ID, in.Body.Reason)
	return s.seen(ctx, e, err)
}

func (s *Server) inviteToEvent(ctx context.Context, in *act) (*nothing, error) {
	return nil, s.cfg.Market.InviteToEvent(ctx, access.Actor(ctx), in.ID)
}

type newHost struct {
	OfID
	Body struct {
		Email string `json:"email" maxLength:"320" doc:"Of somebody in the company's network"`
	}
}

func (s *Server) addHost(ctx context.Context, in *newHost) (*nothing, error) {
	return nil, s.cfg.Market.AddHost(ctx, access.Actor(ctx), in.ID, in.Body.Email)
}

type oneHost struct {
	OfID
	PersonID uuid.UUID `path:"person_id" format:"uuid"`
}

func (s *Server) removeHost(ctx context.Context, in *oneHost) (*nothing, error) {
	return nil, s.cfg.Market.RemoveHost(ctx, access.Actor(ctx), in.ID, in.PersonID)
}

// rsvp is what somebody answered.
type rsvp struct {
	ID        uuid.UUID     `json:"id" format:"uuid"`
	EventID   uuid.UUID     `json:"event_id" format:"uuid"`
	PersonID  uuid.UUID     `json:"person_id" format:"uuid"`
	Name      string        `json:"name" doc:"For hosts"`
	State     string        `json:"state" enum:"coming,waiting,declined"`
	Answer    string        `json:"answer" enum:"on_site,online,no"`
	Guests    []string      `json:"guests"`
	Tickets   []eventTicket `json:"tickets" doc:"The person's first, then the guests' in their order"`
	UpdatedAt time.Time     `json:"updated_at"`
}

type eventTicket struct {
	Code        string     `json:"code" doc:"What the picture on the ticket leads a host to ends in it"`
	CheckedInAt *time.Time `json:"checked_in_at"`
}

const answerNo = "no"

func rsvpOf(r market.RSVP) rsvp {
	v := rsvp{ID: r.ID, EventID: r.EventID, PersonID: r.PersonID, Name: r.Name, State: string(r.State), Answer: string(r.Way), Guests: orEmpty([]string(r.Guests)), UpdatedAt: r.UpdatedAt,
		Tickets: each(r.Tickets, func(t market.EventTicket) eventTicket { return eventTicket{t.Code, t.CameAt} })}
	if r.Way == "" {
		v.Answer = answerNo
	}
	return v
}

type rsvpSearch struct {
	OfID
	Q string `query:"q" maxLength:"200" doc:"Parts of a name"`
}

func (s *Server) rsvps(ctx context.Context, in *rsvpSearch) (*out[list[rsvp]], error) {
	all, err := s.cfg.Market.RSVPs(ctx, access.Actor(ctx), in.ID, in.Q)
	return answer(whole(all, rsvpOf), err)
}

type newRSVP struct {
	OfID
	Body struct {
		Answer string   `json:"answer" enum:"on_site,online,no"`
		Guests []string `json:"guests,omitempty" maxItems:"20" doc:"Their names"`
	}
}

func (s *Server) answerEvent(ctx context.Context, in *newRSVP) (*out[rsvp], error) {
	d := market.AnswerDraft{Way: market.EventWay(in.Body.Answer), Guests: in.Body.Guests}
	if in.Body.Answer == answerNo {
		d.Way = ""
	}
	r, err := s.cfg.Market.AnswerEvent(ctx, access.Actor(ctx), in.ID, d)
	return answer(rsvpOf(r), err)
}

func (s *Server) attendance(ctx context.Context, in *OfID) (*file, error) {
	lines, err := s.cfg.Market.Attendance(ctx, access.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	b := bytes.NewBufferString("\uFEFF")
	w := csv.NewWriter(b)
	w.UseCRLF = true
	err = w.WriteAll(lines)
	return attached("attendance.csv", "text/csv; charset=utf-8", b.Bytes()), err
}

func (s *Server) eventFile(ctx context.Context, in *OfID) (*file, error) {
	body, err := s.cfg.Market.EventFile(ctx, access.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return attached("event.ics", "text/calendar; charset=utf-8", body), nil
}

// OfCode is the code of a ticket in a path.
type OfCode struct {
	Code string `path:"code" maxLength:"100"`
}

type checkingIn struct {
	OfCode
	Body *nothing
}

// admission is a ticket at the door.
type admission struct {
	EventID     uuid.UUID  `json:"event_id" format:"uuid"`
	Name        string     `json:"name"`
	GuestOf     string     `json:"guest_of"`
	Way         string     `json:"way" enum:"on_site,online"`
	CheckedInAt *time.Time `json:"checked_in_at"`
	Now         bool       `json:"now" doc:"Whether they were let in by this request; false: they had been before"`
}

func admissionOf(a market.Admission) admission {
	return admission{a.EventID, a.Holder, a.With, string(a.Way), a.CameAt, a.LetInNow}
}

func (s *Server) ticket(ctx context.Context, in *OfCode) (*out[admission], error) {
	a, err := s.cfg.Market.LookAtTicket(ctx, access.Actor(ctx), in.Code)
	return answer(admissionOf(a), err)
}

func (s *Server) checkIn(ctx context.Context, in *checkingIn) (*out[admission], error) {
	a, err := s.cfg.Market.CheckIn(ctx, access.Actor(ctx), in.Code)
	return answer(admissionOf(a), err)
}

func (s *Server) takeBack(ctx context.Context, in *OfCode) (*nothing, error) {
	return nil, s.cfg.Market.TakeBack(ctx, access.Actor(ctx), in.Code)
}
