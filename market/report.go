package market

import (
	"crypto/rand"
	"encoding/base32"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/internal/problem"
)

// A Report is what somebody of a company's network tells its reporting desk, under their name or without it. Nobody but the desk
// and the reporter ever sees that it is there: no list, count, log of the company's, letter or webhook tells of it.
//
// An anonymous one has no reporter, anywhere: they come back with a code of which a hash is kept, and of its times only the day is.
type Report struct {
	ID             uuid.UUID
	CompanyID      uuid.UUID
	Category       string
	Subject        string // task:<id> and the like; empty: nothing in particular
	State          ReportState
	ReporterID     *uuid.UUID // nil: anonymous, or forgotten
	CodeHash       []byte
	Outcome        ReportOutcome // of a closed one
	ReceivedOn     civil.Date    `gorm:"type:date"`
	AcknowledgedAt *time.Time
	AnsweredAt     *time.Time
	ClosedAt       *time.Time
	Told           bool
	Reminded       int
	ForgottenAt    *time.Time
	Version        int
}

// A ReportState is how far a report is.
type ReportState string

// The states.
const (
	ReportReceived ReportState = "received"
	ReportLooking  ReportState = "looking" // somebody of the desk looks into it
	ReportAnswered ReportState = "answered"
	ReportMeasures ReportState = "measures" // something was done about it
	ReportClosed   ReportState = "closed"
)

var reportStateWords = map[ReportState]problem.Word{ReportReceived: {EN: "received", JA: "受付済み"}, ReportLooking: {EN: "being looked into", JA: "確認中"},
	ReportAnswered: {EN: "answered", JA: "回答済み"}, ReportMeasures: {EN: "measures taken", JA: "措置済み"}, ReportClosed: {EN: "closed", JA: "終了"}}

// In is the state in the reader's language.
func (s ReportState) In(lang problem.Language) string { return reportStateWords[s].In(lang) }

// A ReportStep is what moves a report from one state to another.
type ReportStep string

// The steps. AddToReport is the reporter's; all others are the desk's.
const (
	LookIntoReport ReportStep = "look"
	AnswerReport   ReportStep = "answer"  // the reporter reads it
	NoteReport     ReportStep = "note"    // the desk alone does
	MeasureReport  ReportStep = "measure" // what was done; the reporter reads it
	CloseReport    ReportStep = "close"   // with an outcome and why; the reporter reads it
	AddToReport    ReportStep = "add"
)

// reportLife is the life of a report: from where each step leads where. What is missing cannot be done.
var reportLife = map[ReportState]map[ReportStep]ReportState{
	ReportReceived: {LookIntoReport: ReportLooking, AnswerReport: ReportAnswered, NoteReport: ReportReceived, MeasureReport: ReportMeasures, CloseReport: ReportClosed, AddToReport: ReportReceived},
	ReportLooking:  {AnswerReport: ReportAnswered, NoteReport: ReportLooking, MeasureReport: ReportMeasures, CloseReport: ReportClosed, AddToReport: ReportLooking},
	ReportAnswered: {LookIntoReport: ReportLooking, AnswerReport: ReportAnswered, NoteReport: ReportAnswered, MeasureReport: ReportMeasures, CloseReport: ReportClosed, AddToReport: ReportLooking},
	ReportMeasures: {LookIntoReport: ReportLooking, AnswerReport: ReportMeasures, NoteReport: ReportMeasures, MeasureReport: ReportMeasures, CloseReport: ReportClosed, AddToReport: ReportLooking},
	ReportClosed:   {AddToReport: ReportLooking},
}

// DeskSteps are those that the desk can take from a state, in the order in which it chooses.
func (s ReportState) DeskSteps() []ReportStep {
	return slices.DeleteFunc([]ReportStep{LookIntoReport, AnswerReport, NoteReport, MeasureReport, CloseReport}, func(do ReportStep) bool {
		_, ok := reportLife[s][do]
		return !ok
	})
}

// A ReportOutcome is why a report was closed.
type ReportOutcome string

// ReportOutcomes are all of them.
var ReportOutcomes = []ReportOutcome{"confirmed", "not_confirmed", "advised", "withdrawn"}

// ReportCategories are what reports are about, in the order in which people choose.
var ReportCategories = []string{"harassment", "collusion", "unpaid", "discrimination", "fraud", "privacy", "other"}

// The desk's days, counted from the day after the report came.
const (
	acknowledgeDays = 3
	answerDays      = 30
	answerWarning   = 5 // days before, it is reminded
)

// AcknowledgeBy is the last day on which somebody of the desk should have looked.
func (r Report) AcknowledgeBy() civil.Date { return r.ReceivedOn.AddDays(acknowledgeDays) }

// AnswerBy is the last day for an answer.
func (r Report) AnswerBy() civil.Date { return r.ReceivedOn.AddDays(answerDays) }

// Anonymous reports whether nobody knows who made it.
func (r Report) Anonymous() bool { return r.CodeHash != nil }

// due is how many of the desk's reminders are owed by a day: one when nobody has looked by the last day for that, one when the
// last day for an answer comes near, and one when it has passed.
func (r Report) due(today civil.Date) int {
	switch {
	case r.State == ReportClosed || r.AnsweredAt != nil:
		return 0
	case today.After(r.AnswerBy()):
		return 3
	case today.DaysSince(r.AnswerBy()) >= -answerWarning:
		return 2
	case r.AcknowledgedAt == nil && !today.Before(r.AcknowledgeBy()):
		return 1
	}
	return 0
}

// step moves the report on at a moment, or says that this cannot be done.
func (r *Report) step(do ReportStep, now time.Time) error {
	to, ok := reportLife[r.State][do]
	if !ok || r.ForgottenAt != nil {
		return ErrReportState.With("state", r.State)
	}
	r.State, r.Version, r.ClosedAt = to, r.Version+1, nil
	if do != AddToReport && r.AcknowledgedAt == nil {
		r.AcknowledgedAt = &now
	}
	if (do == AnswerReport || do == MeasureReport || do == CloseReport) && r.AnsweredAt == nil {
		r.AnsweredAt = &now
	}
	if to == ReportClosed {
		r.ClosedAt = &now
	} else {
		r.Outcome = ""
	}
	return nil
}

// What can be wrong with a report.
var (
	ErrReportState   = problem.Define(problem.Conflict, "report_state", "This report is {state}; that cannot be done now.", "この通報は現在「{state}」のため、その操作はできません。")
	ErrReportSubject = problem.Define(problem.Invalid, "report_subject", "Say what it is about as task, bid, event, post, message or member, a colon and its id; or leave it out.", "対象は「task」「bid」「event」「post」「message」「member」のいずれかとコロン、IDで指定するか、空欄にしてください。")
	ErrNoOfficer     = problem.Define(problem.Invalid, "no_such_officer", "This is nobody who looks into reports there.", "通報の担当者ではありません。")
	ErrReportCode    = problem.Define(problem.NotFound, "report_code", "There is no report with this code. Look whether all of it is there; after its company's term it is forgotten.", "このコードの通報は見つかりません。コードをご確認ください（保存期間の経過後は削除されます）。")
	ErrOwnSuspension = problem.Define(problem.Conflict, "own_suspension", "You asked for this suspension. Somebody else of the desk has to decide.", "ご自身が申請した利用停止のため決定できません。別の担当者が決定してください。")
	ErrSuspended     = problem.Define(problem.Conflict, "suspended_already", "They are suspended already, or somebody has asked for it.", "すでに利用停止中、または申請中です。")
	ErrSuspension    = problem.Define(problem.Conflict, "suspension_state", "This suspension was decided already.", "この利用停止はすでに決定済みです。")
	ErrBySuspension  = problem.Define(problem.Conflict, "lift_by_desk", "This is a suspension. The reporting desk lifts it.", "利用停止のため、通報窓口の担当者が解除します。")
)

// A ReportDraft is a report as somebody makes it.
type ReportDraft struct {
	Category  string
	Subject   string      // see Report.Subject
	Officers  []uuid.UUID // of those who look into reports, whom it is about
	Text      string
	Anonymous bool
}

// maxReport is how long what is written in a report may be, in characters.
const maxReport = 10_000

func (d *ReportDraft) check() error {
	d.Text, d.Subject = sayable(tidyText(d.Text)), strings.TrimSpace(d.Subject)
	if !slices.Contains(ReportCategories, d.Category) {
		return ErrNotOneOf.On("category").With("value", shortened(d.Category)).With("allowed", strings.Join(ReportCategories, ", "))
	}
	return checkEntry(d.Text)
}

func checkEntry(text string) error {
	switch {
	case text == "":
		return ErrRequired.On("text")
	case utf8.RuneCountInString(text) > maxReport:
		return ErrTooLong.On("text").With("max", maxReport)
	}
	return nil
}

// reportCode makes a code for somebody to write down: 25 letters and figures in groups, of which none looks like another. 125 bits
// need no slow hash.
func reportCode() (code string, hash []byte) {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // crypto/rand never fails
	raw := codeLetters.EncodeToString(b)[:25]
	var groups []string
	for part := range slices.Chunk([]byte(raw), 5) {
		groups = append(groups, string(part))
	}
	return strings.Join(groups, "-"), hashed(raw)
}

// codeLetters leave out I, L, O and U.
var codeLetters = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// codeHash is the hash of a code as it was typed: blanks and dashes aside, and O for 0, I and L for 1.
func codeHash(typed string) []byte {
	return hashed(strings.NewReplacer("-", "", " ", "", "　", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(sayable(typed))))
}

// A ReportEntry is what was written into a report.
type ReportEntry struct {
	Side   string // reporter, desk or note
	Author string // of the desk, for the desk
	Text   string
	OnDay  civil.Date `gorm:"type:date"`
}

// The sides of an entry.
const (
	FromReporter = "reporter"
	FromDesk     = "desk"
	DeskNote     = "note" // the desk's own
)

// A Suspension keeps somebody out of a company's network: bar.go says what of. Contracts that run are not touched. One person of the desk
// asks for it, and another decides.
type Suspension struct {
	ID        uuid.UUID
	ReportID  uuid.UUID
	CompanyID uuid.UUID
	PersonID  uuid.UUID
	UntilOn   *civil.Date `gorm:"type:date"` // the last day; nil: until it is lifted
	Reason    string      // which its person reads
	State     string      // asked, held, declined or lifted
	AskedBy   uuid.UUID
	AskedAt   time.Time
	DecidedBy *uuid.UUID
	DecidedAt *time.Time
	BarID     *uuid.UUID

	Name    string `gorm:"->;-:migration"` // the person's
	AskedOf string `gorm:"->;-:migration"` // who asked
}
