package api

import (
	"context"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/billing"
	"homecoming/market"
)

// hourly is work that is paid by the hour, as people send it.
type hourly struct {
	Rate          *amount    `json:"rate,omitempty" doc:"For an hour; of a task, absent: open to offers"`
	WeeklyMinutes int64      `json:"weekly_minutes" doc:"The most that is written down and paid in a week: 60 to 3600" example:"600"`
	StartsOn      civil.Date `json:"starts_on" format:"date" doc:"A day of the first week; weeks run from Monday to Sunday"`
	Weeks         int        `json:"weeks" doc:"1 to 26" example:"8"`
}

func (h *hourly) of() *market.Hourly {
	if h == nil {
		return nil
	}
	out := &market.Hourly{WeeklyMinutes: h.WeeklyMinutes, StartsOn: h.StartsOn, Weeks: h.Weeks}
	if h.Rate != nil {
		out.Rate = h.Rate.Amount
	}
	return out
}

// byHour is work that is paid by the hour, as people read it.
type byHour struct {
	Rate          *market.Money `json:"rate,omitempty" doc:"For an hour, without consumption tax; of a task, absent: open to offers"`
	WeeklyMinutes int64         `json:"weekly_minutes" doc:"The most that is written down and paid in a week"`
	StartsOn      civil.Date    `json:"starts_on" format:"date" doc:"The Monday of the first week"`
	Weeks         int           `json:"weeks"`
}

func byHourOf(h *market.Hourly, currency string) *byHour {
	if h == nil {
		return nil
	}
	v := &byHour{WeeklyMinutes: h.WeeklyMinutes, StartsOn: h.StartsOn, Weeks: h.Weeks}
	if h.Rate > 0 {
		v.Rate = &market.Money{Amount: h.Rate, Currency: currency}
	}
	return v
}

// week is a milestone of a contract by the hour, under its own id, with its timesheet.
type week struct {
	ID            uuid.UUID         `json:"id" format:"uuid" doc:"The milestone's: it is paid in, submitted, accepted and disputed under that name"`
	StartsOn      civil.Date        `json:"starts_on" format:"date" doc:"Its Monday"`
	EndsOn        civil.Date        `json:"ends_on" format:"date" doc:"Its Sunday"`
	Rate          market.Money      `json:"rate" doc:"For an hour, without consumption tax"`
	WeeklyMinutes int64             `json:"weekly_minutes" doc:"The cap"`
	Minutes       int64             `json:"minutes" doc:"Written down and in force"`
	Left          int64             `json:"left" doc:"Minutes that can still be written down"`
	Worked        market.Money      `json:"worked" doc:"What the minutes come to, without consumption tax: rounded once, a half and more up"`
	Covered       bool              `json:"covered" doc:"Work in it is paid for: it is paid in, or the company pays on acceptance"`
	OpensAt       time.Time         `json:"opens_at" doc:"From then on it can be paid in"`
	ClosesAt      time.Time         `json:"closes_at" doc:"What was written down by then is submitted by itself; a week without work ends"`
	Milestone     contractMilestone `json:"milestone"`
	Entries       []timeEntry       `json:"entries,omitempty" doc:"In force, by day; where one week is read"`
}

// timeEntry is what was worked on a day.
type timeEntry struct {
	ID       uuid.UUID  `json:"id" format:"uuid"`
	Day      civil.Date `json:"day" format:"date"`
	Minutes  int64      `json:"minutes"`
	Note     string     `json:"note" doc:"What was done"`
	Replaces *uuid.UUID `json:"replaces,omitempty" format:"uuid" doc:"The entry that it corrects"`
	Replaced bool       `json:"replaced" doc:"A later entry stands in its place"`
	At       time.Time  `json:"at" doc:"When it was written down"`
}

// weekFor shows a week to one of the contract's parties.
func (s *Server) weekFor(who market.Actor) func(billing.Week) week {
	return func(w billing.Week) week {
		money := func(n int64) market.Money { return market.Money{Amount: n, Currency: w.Currency} }
		return week{ID: w.ID, StartsOn: *w.WeekOf, EndsOn: w.Sunday(), Rate: money(w.Rate), WeeklyMinutes: w.CapMinutes, Minutes: w.Minutes, Left: w.Left(),
			Worked: money(w.WorkedFee()), Covered: !w.Uncovered(), OpensAt: *w.OpensAt, ClosesAt: *w.ClosesAt, Milestone: s.milestoneFor(who, *w.Contract)(w.Milestone)}
	}
}

func timeEntryOf(sheet billing.Timesheet) func(billing.TimeEntry) timeEntry {
	return func(e billing.TimeEntry) timeEntry {
		return timeEntry{ID: e.ID, Day: e.Day, Minutes: e.Minutes, Note: e.Note, Replaces: e.Replaces, Replaced: sheet.Replaced(e.ID), At: e.At}
	}
}

func (s *Server) weekAnswer(who market.Actor, w billing.Week, err error) (*out[week], error) {
	if err != nil {
		return nil, err
	}
	v := s.weekFor(who)(w)
	v.Entries = each(w.Sheet.InForce(), timeEntryOf(w.Sheet))
	return answer(v, nil)
}

func (s *Server) weeks(ctx context.Context, in *OfID) (*out[list[week]], error) {
	who := reader(ctx)
	all, err := s.cfg.Billing.Weeks(ctx, who, in.ID)
	return answer(whole(all, s.weekFor(who)), err)
}

func (s *Server) week(ctx context.Context, in *OfID) (*out[week], error) {
	who := reader(ctx)
	w, err := s.cfg.Billing.Week(ctx, who, in.ID)
	return s.weekAnswer(who, w, err)
}

func (s *Server) timesheet(ctx context.Context, in *OfID) (*out[list[timeEntry]], error) {
	w, err := s.cfg.Billing.Week(ctx, reader(ctx), in.ID)
	return answer(whole(w.Sheet, timeEntryOf(w.Sheet)), err)
}

type writtenDown struct {
	OfID
	Body struct {
		Day      civil.Date `json:"day" format:"date"`
		Minutes  int64      `json:"minutes" doc:"0 takes out the entry that it replaces" example:"90"`
		Note     string     `json:"note,omitempty" doc:"What was done; needed where there are minutes" example:"Receipts of the branch"`
		Replaces *uuid.UUID `json:"replaces,omitempty" format:"uuid" doc:"The entry that it corrects"`
	}
}

func (s *Server) recordWork(ctx context.Context, in *writtenDown) (*out[week], error) {
	who := reader(ctx)
	b := in.Body
	w, err := s.cfg.Billing.Record(ctx, who, in.ID, billing.Work{Day: b.Day, Minutes: b.Minutes, Note: b.Note, Replaces: b.Replaces})
	return s.weekAnswer(who, w, err)
}

// changedHours is how the weeks of a contract by the hour are to read, from one on that has not begun.
type changedHours struct {
	Rate          int64      `json:"rate" doc:"For an hour, in minor units"`
	WeeklyMinutes int64      `json:"weekly_minutes"`
	From          civil.Date `json:"from" format:"date" doc:"A day of the first week that reads so"`
	Until         civil.Date `json:"until" format:"date" doc:"A day of the last week"`
}
