package market

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"homecoming/internal/problem"
)

// A ThreadKind is a sort of thing that people write to one another about.
type ThreadKind string

// The kinds of thread.
const (
	AboutTask     ThreadKind = "task"     // questions before a bid, one thread for each who asks or is asked
	AboutBid      ThreadKind = "bid"      // the terms of one offer
	AboutContract ThreadKind = "contract" // the work itself
	AboutReferral ThreadKind = "referral" // a customer, between who introduced them and those who talk to them
)

// threadReaders and threadWriters are what somebody must be able to do at the company to read its side of a thread, and to
// write for it. The alumnus of the thread does both.
var (
	threadReaders = map[ThreadKind]Action{AboutTask: SeeTasks, AboutBid: PostTasks, AboutContract: SeeContracts, AboutReferral: FollowReferrals}
	threadWriters = map[ThreadKind]Action{AboutTask: PostTasks, AboutBid: PostTasks, AboutContract: RunContracts, AboutReferral: FollowReferrals}
)

// A Subject is what a thread is about, written as kind and id: bid:0198c2f0-….
type Subject struct {
	Kind ThreadKind
	ID   uuid.UUID
}

// String is how the API spells it.
func (s Subject) String() string { return string(s.Kind) + ":" + s.ID.String() }

// ParseSubject reads how the API spells it, or returns ErrSubject.
func ParseSubject(text string) (Subject, error) {
	kind, rest, _ := strings.Cut(text, ":")
	id, err := uuid.Parse(rest)
	if _, known := threadReaders[ThreadKind(kind)]; !known || err != nil || id == uuid.Nil {
		return Subject{}, ErrSubject.On("subject")
	}
	return Subject{ThreadKind(kind), id}, nil
}

// A Thread is what one company and one alumnus write to one another about one thing. The company's side is whoever may see
// that thing there; no other alumnus ever reads it.
type Thread struct {
	ID        uuid.UUID
	CompanyID uuid.UUID
	Kind      ThreadKind
	TaskID    uuid.UUID `gorm:"default:null"` // whose work it is about; none for a referral
	SubjectID uuid.UUID
	PersonID  uuid.UUID // the alumnus
	Messages  int       // how many; 0 where nobody has written yet
	LastAt    time.Time
	CreatedAt time.Time
}

// Subject is what it is about.
func (t Thread) Subject() Subject { return Subject{t.Kind, t.SubjectID} }

// SideOf is the side on which somebody stands who may read the thread.
func (t Thread) SideOf(who Actor) Side {
	if who.Self() == t.PersonID {
		return ByAlumnus
	}
	return ByCompany
}

// MayRead answers whether somebody may read the thread: nil, or what [Actor.May] says.
func (t Thread) MayRead(who Actor) error {
	if t.SideOf(who) == ByAlumnus {
		return nil
	}
	return who.May(threadReaders[t.Kind], t.CompanyID)
}

// MayWrite answers whether somebody may write in it, as far as roles say; [Service.WriteMessage] also asks what keeps the two
// sides apart.
func (t Thread) MayWrite(who Actor) error {
	if err := t.MayRead(who); err != nil || t.SideOf(who) == ByAlumnus {
		return err
	}
	return who.May(threadWriters[t.Kind], t.CompanyID)
}

// A Message is what somebody wrote. It is never changed.
type Message struct {
	ID        uuid.UUID
	CompanyID uuid.UUID
	ThreadID  uuid.UUID
	Number    int // within the thread, from 1 without gaps
	AuthorID  uuid.UUID
	Side      Side
	Body      string // Markdown; may be empty where there are files
	SentAt    time.Time
	MailKey   []byte // by which the mail that it came by is known again; nil for one that came another way

	Author string `gorm:"-"` // their name
	Files  []File `gorm:"-"`
}

// fileOfMessage is the subject of a message's files.
const fileOfMessage FileSubject = "message"

// Limits of messages.
const (
	maxBody     = 10_000 // characters
	maxAnHour   = 120    // messages of one person
	maxFragment = 1_000  // characters of a message that its letter repeats
)

// What can be wrong with a message.
var (
	ErrSubject = problem.Define(problem.Invalid, "subject_form",
		"A conversation is named by what it is about: task, bid, contract or referral, a colon and its id.", "会話は「task」「bid」「contract」「referral」のいずれかとコロン、IDで指定してください。")
	ErrNobodyAsked = problem.Define(problem.Invalid, "member_not_in_talk",
		"About a task you write to somebody whom you invited, or who asked or bid. Invite them first.", "案件についてのメッセージは、招待した方、質問または応募のあった方に送れます。先に招待してください。")
	ErrMessagesTooOften = problem.Define(problem.RateLimited, "messages_too_often",
		"That is {max} messages within an hour. Wait a little.", "1時間に送信できるメッセージ（{max}件）に達しました。しばらくお待ちください。")
)

// A MessageDraft is a message as somebody sends it: into a thread that is there, or about a subject.
type MessageDraft struct {
	Thread  uuid.UUID
	Subject Subject
	Member  uuid.UUID // whom the company's side writes to about a task: their membership there
	Body    string
	Files   []uuid.UUID // that the writer gave before; see [Service.KeepFile]

	mailKey []byte // of an answer by mail
}

// check tidies what was typed and says what is wrong with it.
func (d *MessageDraft) check() error {
	d.Body = tidyText(sayable(d.Body))
	switch {
	case d.Body == "" && len(d.Files) == 0:
		return ErrRequired.On("body")
	case len([]rune(d.Body)) > maxBody:
		return ErrTooLong.On("body").With("max", maxBody)
	}
	return nil
}
