package market

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"homecoming/internal/problem"
)

// A Post is news of a company for some of its people: those who left, those who work there, or both. Its text is in Japanese,
// in English or in both; whoever reads another language than there is gets the one that there is.
type Post struct {
	ID          uuid.UUID
	CompanyID   uuid.UUID
	Kind        PostKind
	Title       string
	TitleEN     string `gorm:"column:title_en"`
	Body        string // Markdown
	BodyEN      string `gorm:"column:body_en"`
	Audience    Circle `gorm:"serializer:json"`
	Pinned      bool   // stands before the others
	ByMail      bool   // a letter goes to those who agreed to letters with news
	State       PostState
	PublishAt   *time.Time // while it is scheduled
	PublishedAt *time.Time
	EditedAt    *time.Time // the latest change of its text after it was published
	Version     int        // raised by every change
	CreatedBy   uuid.UUID
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// A PostKind is what a post is about.
type PostKind string

// The kinds of post.
const (
	PlainNews PostKind = "news"
	Opening   PostKind = "opening" // the company looks for people who come back
)

// PostKinds are all of them.
var PostKinds = []PostKind{PlainNews, Opening}

// A PostState is where a post is in its life.
type PostState string

// The states of a post.
const (
	PostDraft     PostState = "draft"
	PostScheduled PostState = "scheduled" // is published by itself when its time comes
	PostPublished PostState = "published"
	PostWithdrawn PostState = "withdrawn" // nobody but the office sees it any more
)

var postStateWords = map[PostState]problem.Word{PostDraft: {EN: "a draft", JA: "下書き"}, PostScheduled: {EN: "scheduled", JA: "公開予約"},
	PostPublished: {EN: "published", JA: "公開中"}, PostWithdrawn: {EN: "withdrawn", JA: "取り下げ"}}

// In is the state in the reader's language.
func (s PostState) In(lang problem.Language) string { return postStateWords[s].In(lang) }

// A postStep is what moves a post from one state to another.
type postStep string

const (
	publishPost  postStep = "publish"
	schedulePost postStep = "schedule"
	holdPost     postStep = "hold" // back to the drafts
	withdrawPost postStep = "withdraw"
)

// postLife is the life of a post: from where each step leads where. What is missing cannot be done.
var postLife = map[PostState]map[postStep]PostState{
	PostDraft:     {publishPost: PostPublished, schedulePost: PostScheduled, withdrawPost: PostWithdrawn},
	PostScheduled: {publishPost: PostPublished, schedulePost: PostScheduled, holdPost: PostDraft, withdrawPost: PostWithdrawn},
	PostPublished: {withdrawPost: PostWithdrawn},
}

// farthestPost is how far ahead a post can be scheduled.
const farthestPost = 366 * 24 * time.Hour

// What can be wrong with a post.
var (
	ErrPostState = problem.Define(problem.Conflict, "post_state", "This post is {state}; that cannot be done any more.", "このお知らせは現在「{state}」のため、その操作はできません。")
	ErrPostText  = problem.Define(problem.Invalid, "post_text", "A language needs both a title and a text. Write the other, or leave both out.", "見出しと本文は、言語ごとに両方入力するか、両方空欄にしてください。")
	ErrPostTime  = problem.Define(problem.Invalid, "post_time", "Choose a time from now on, within a year.", "公開日時は、これから1年以内で指定してください。")
)

// A DraftPost is what the office fills in.
type DraftPost struct {
	Kind           PostKind // empty: news
	Title, TitleEN string
	Body, BodyEN   string
	Audience       DraftCircle
	Pinned         bool
}

// check finds what is wrong with a draft, field by field, and puts it in order.
func (d *DraftPost) check() error {
	d.Title, d.TitleEN, d.Body, d.BodyEN = oneLine(d.Title), oneLine(d.TitleEN), tidyText(d.Body), tidyText(d.BodyEN)
	if d.Kind == "" {
		d.Kind = PlainNews
	}
	for _, f := range []struct {
		name, text string
		most       int
	}{{"title", d.Title, maxTitle}, {"title_en", d.TitleEN, maxTitle}, {"body", d.Body, maxBrief}, {"body_en", d.BodyEN, maxBrief}} {
		if utf8.RuneCountInString(f.text) > f.most {
			return ErrTooLong.On(f.name).With("max", f.most)
		}
	}
	switch {
	case !slices.Contains(PostKinds, d.Kind):
		return ErrNotOneOf.On("kind").With("value", d.Kind).With("allowed", "news, opening")
	case d.Title+d.TitleEN+d.Body+d.BodyEN == "":
		return ErrRequired.On("title")
	case (d.Title == "") != (d.Body == ""):
		return ErrPostText.On(missingOf("title", d.Title, "body"))
	case (d.TitleEN == "") != (d.BodyEN == ""):
		return ErrPostText.On(missingOf("title_en", d.TitleEN, "body_en"))
	}
	return d.Audience.check()
}

// missingOf names the field that is empty: the first, or the second.
func missingOf(first, text, second string) string {
	if text == "" {
		return first
	}
	return second
}

// becomes is the post with what a draft says in place of what it said.
func (p Post) becomes(d DraftPost, a Circle) Post {
	p.Kind, p.Title, p.TitleEN, p.Body, p.BodyEN, p.Audience, p.Pinned = d.Kind, d.Title, d.TitleEN, d.Body, d.BodyEN, a, d.Pinned
	return p
}

// says reports whether two posts say the same to their readers.
func (p Post) says(o Post) bool {
	return p.Title == o.Title && p.TitleEN == o.TitleEN && p.Body == o.Body && p.BodyEN == o.BodyEN
}

// step moves the post on, or says that this cannot be done any more.
func (p *Post) step(do postStep) error {
	to, ok := postLife[p.State][do]
	if !ok {
		return ErrPostState.With("state", p.State)
	}
	p.State, p.PublishAt = to, nil
	return nil
}

// publish shows the post to its readers from a moment on.
func (p *Post) publish(now time.Time) error {
	if err := p.step(publishPost); err != nil {
		return err
	}
	p.PublishedAt = &now
	return nil
}

// schedule has the post published by itself at a time.
func (p *Post) schedule(at, now time.Time) error {
	if err := p.step(schedulePost); err != nil {
		return err
	}
	if !at.After(now) || at.After(now.Add(farthestPost)) {
		return ErrPostTime.On("at")
	}
	at = at.UTC()
	p.PublishAt = &at
	return nil
}

// editable answers whether whoever looked at a version may change the post: until it is withdrawn.
func (p Post) editable(seen int) error {
	switch {
	case p.State == PostWithdrawn:
		return ErrPostState.With("state", p.State)
	case p.Version != seen:
		return ErrStaleVersion.On("version")
	}
	return nil
}

// english reports whether a reader of a language gets the English text.
func (p Post) english(language string) bool {
	return p.TitleEN != "" && (language == "en" || p.Title == "")
}

// TitleIn is the title for a reader of a language.
func (p Post) TitleIn(language string) string {
	if p.english(language) {
		return p.TitleEN
	}
	return p.Title
}

// BodyIn is the text for a reader of a language.
func (p Post) BodyIn(language string) string {
	if p.english(language) {
		return p.BodyEN
	}
	return p.Body
}

// LanguageFor is the language that a reader of one gets.
func (p Post) LanguageFor(language string) string {
	if p.english(language) {
		return "en"
	}
	return "ja"
}

// excerpt is how a text begins, for letters: whole paragraphs as long as they fit, and otherwise the first of them cut.
func excerpt(text string) string {
	kept := ""
	for _, part := range strings.Split(text, "\n\n") {
		if utf8.RuneCountInString(kept)+utf8.RuneCountInString(part) > longestExcerpt {
			break
		}
		kept = strings.TrimSpace(kept + "\n\n" + part)
	}
	if runes := []rune(text); kept == "" && len(runes) > longestExcerpt {
		return string(runes[:longestExcerpt]) + "…"
	}
	return kept
}

// longestExcerpt is how many letters of a text a letter carries.
const longestExcerpt = 600

// tidyText is a text of several lines without the blanks around it, and with line ends as files have them.
func tidyText(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
