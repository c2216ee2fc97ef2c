package market

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Calendars as RFC 5545 writes them. Times are in UTC, so that no program has to know our zones; a program that shows them takes its
// own. Lines end in CRLF and are folded at 75 octets, never within a character.

// A CalendarEntry is an event as one person's calendar shows it.
type CalendarEntry struct {
	Event
	Link      string // of the meeting, as far as the person may know it
	Page      string // where the event is here
	Tentative bool   // whether the person still waits for a place
	Language  string
}

// calendarHost follows the @ of what calendars know events by. It never changes, wherever the program moves to.
const calendarHost = "events.homecoming"

// CalendarFile writes entries as one calendar. One entry that was canceled makes it the message that takes it away.
func CalendarFile(name string, entries ...CalendarEntry) []byte {
	method := "PUBLISH"
	if len(entries) == 1 && entries[0].State == EventCanceled {
		method = "CANCEL"
	}
	var b strings.Builder
	for _, l := range [][2]string{{"BEGIN", "VCALENDAR"}, {"VERSION", "2.0"}, {"PRODID", "-//Homecoming//Events//EN"}, {"CALSCALE", "GREGORIAN"}, {"METHOD", method}, {"X-WR-CALNAME", calendarText(name)}} {
		writeFolded(&b, l[0]+":"+l[1])
	}
	for _, e := range entries {
		e.write(&b)
	}
	writeFolded(&b, "END:VCALENDAR")
	return []byte(b.String())
}

func (e CalendarEntry) write(b *strings.Builder) {
	status := "CONFIRMED"
	switch {
	case e.State == EventCanceled:
		status = "CANCELLED"
	case e.Tentative:
		status = "TENTATIVE"
	}
	for _, l := range [][2]string{
		{"BEGIN", "VEVENT"},
		{"UID", e.ID.String() + "@" + calendarHost},
		{"SEQUENCE", strconv.Itoa(e.Version - 1)},
		{"DTSTAMP", calendarTime(e.UpdatedAt)},
		{"LAST-MODIFIED", calendarTime(e.UpdatedAt)},
		{"DTSTART", calendarTime(e.StartsAt)},
		{"DTEND", calendarTime(e.EndsAt)},
		{"STATUS", status},
		{"SUMMARY", calendarText(e.TitleIn(e.Language))},
		{"LOCATION", calendarText(e.where())},
		{"DESCRIPTION", calendarText(e.about())},
		{"URL", strings.Map(printable, e.Page)},
		{"END", "VEVENT"},
	} {
		if l[1] != "" {
			writeFolded(b, l[0]+":"+l[1])
		}
	}
}

// where is the place with its address, or that of the meeting.
func (e CalendarEntry) where() string {
	if e.Way == Online {
		return e.Link
	}
	return strings.Trim(e.Place+", "+e.Address, ", ")
}

// about is what the event says of itself, after the address of the meeting and before its page.
func (e CalendarEntry) about() string {
	var parts []string
	for _, p := range []string{e.Link, e.DescriptionIn(e.Language), e.Page} {
		if p = strings.TrimSpace(p); p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, "\n\n")
}

func calendarTime(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// calendarText escapes what has a meaning (RFC 5545, 3.3.11); control characters have no place in a calendar.
func calendarText(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(s, "\ufffd"))
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`).Replace(strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return printable(r)
	}, s))
}

// printable drops control characters.
func printable(r rune) rune {
	if unicode.IsControl(r) {
		return -1
	}
	return r
}

// foldAt is how many octets a line has at most, without its end.
const foldAt = 75

// writeFolded writes a line, with a blank before each part after the first.
func writeFolded(b *strings.Builder, line string) {
	room := foldAt
	for len(line) > room {
		cut := room
		for !utf8.RuneStart(line[cut]) {
			cut--
		}
		b.WriteString(line[:cut] + "\r\n ")
		line, room = line[cut:], foldAt-1
	}
	b.WriteString(line + "\r\n")
}
