package ui

import (
	"context"
	"strconv"
	"time"
	"unicode"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/web/words"
	"homecoming/internal/problem"
)

// A Frame is what surrounds a page and what its templates need to know of the reader.
type Frame struct {
	Language  problem.Language
	Other     string // the address of this page in the other language
	Person    string // the reader's name; empty when nobody is signed in
	Company   Company
	Companies []Company // those the reader can switch to, when there are several
	Nav       []Link
	Unread    int   // messages that the reader has not seen
	News      int64 // and other news
	Profile   bool  // offer the profile in the menu
	Settings  bool  // offer the settings in the menu
	Flash     Flash
	Asked     Ask // something that the reader is asked to read
	RequestID string
	Zone      *time.Location
	Now       time.Time
	Dev       bool // the storybook and the outbox are there
}

// A Company as the frame names it.
type Company struct {
	ID   uuid.UUID
	Name string
}

// A Link leads somewhere; Current marks the place where the reader is.
type Link struct {
	Href    string
	Label   string
	Icon    string
	Current bool
}

// An Ask asks the reader to read something, and leads there.
type Ask struct{ Text, Do, Href string }

// A Flash is one message about what just happened.
type Flash struct {
	Text string
	Bad  bool
}

type frameKey struct{}

// With makes the frame known to every template rendered under the context.
func With(ctx context.Context, f Frame) context.Context {
	if f.Zone == nil {
		f.Zone = time.FixedZone("Asia/Tokyo", 9*60*60)
	}
	return context.WithValue(ctx, frameKey{}, f)
}

// FrameOf is the context's frame; an English one when there is none.
func FrameOf(ctx context.Context) Frame {
	f, ok := ctx.Value(frameKey{}).(Frame)
	if !ok {
		return Frame{Language: problem.English, Zone: time.UTC}
	}
	return f
}

// T is the sentence of a key in the reader's language; see [words.In].
func T(ctx context.Context, key string, args ...any) string {
	return words.In(FrameOf(ctx).Language, key, args...)
}

// Day writes a day with its year for the reader.
func Day(ctx context.Context, d civil.Date) string { return words.Day(FrameOf(ctx).Language, d) }

// ShortDay writes a day for the reader, with its year only where it is another one.
func ShortDay(ctx context.Context, d civil.Date) string {
	f := FrameOf(ctx)
	return words.ShortDay(f.Language, d, Today(ctx))
}

// Today is the reader's day.
func Today(ctx context.Context) civil.Date {
	f := FrameOf(ctx)
	return civil.DateOf(f.Now.In(f.Zone))
}

// Ago says for the reader how long ago something was.
func Ago(ctx context.Context, t time.Time) string {
	f := FrameOf(ctx)
	return words.Ago(f.Language, t, f.Now, f.Zone)
}

// Moment writes a day and time in the company's zone.
func Moment(ctx context.Context, t time.Time) string {
	f := FrameOf(ctx)
	return words.Moment(f.Language, t, f.Zone)
}

// LangOf is the language to mark a text of people's own with, so that it is read out and broken into lines well: ja
// when any letter is kana or kanji, en otherwise.
func LangOf(text string) string {
	for _, r := range text {
		if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) {
			return "ja"
		}
	}
	return "en"
}

// other is the language that the switch leads to.
func other(l problem.Language) string {
	if l == problem.Japanese {
		return string(problem.English)
	}
	return string(problem.Japanese)
}

// badge writes how much is new, as far as there is room for it.
func badge(n int64) string {
	if n > 99 {
		return "99+"
	}
	return strconv.FormatInt(n, 10)
}
