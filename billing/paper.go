package billing

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/billing/paper"
	"homecoming/internal/problem"
)

// A PaperKind is what a document is.
type PaperKind string

// The kinds of document.
const (
	NoticePaper      PaperKind = "terms_notice"        // 取引条件明示書, a version for each version of the terms
	StatementPaper   PaperKind = "statement"           // 仕入明細書, of one accepted milestone
	MonthlyPaper     PaperKind = "monthly_statement"   // 支払明細書, of what one person was paid in a month
	ReceiptPaper     PaperKind = "receipt"             // 領収書, of the platform's fee
	RecordsPaper     PaperKind = "payment_records"     // 支払調書, of a year
	WithholdingPaper PaperKind = "withholding_summary" // 納付書 figures, of a month
)

// PaperKinds are all of them.
var PaperKinds = []PaperKind{NoticePaper, StatementPaper, MonthlyPaper, ReceiptPaper, RecordsPaper, WithholdingPaper}

// series are the letters that a number begins with.
var series = map[PaperKind]string{NoticePaper: "TN", StatementPaper: "ST", MonthlyPaper: "MS", ReceiptPaper: "RC", RecordsPaper: "PR", WithholdingPaper: "WH"}

// suppliers are the kinds that the supplier reads too.
var suppliers = []PaperKind{NoticePaper, StatementPaper, MonthlyPaper}

// onContract are the kinds that everybody reads who may see the contract.
var onContract = []PaperKind{NoticePaper, StatementPaper}

// A Paper is a document as it was issued, one version of it, never changed again. Number, version and both hashes name it.
// A correction is the next version of the same number.
type Paper struct {
	ID           uuid.UUID
	CompanyID    uuid.UUID
	Kind         PaperKind
	Year         int
	Serial       int // counted within company, kind and year, without gaps
	Version      int
	Subject      string     // what it is about; there is one number for each subject
	ContractID   *uuid.UUID //
	PersonID     *uuid.UUID // the supplier
	Counterparty string
	Title        string
	Day          civil.Date `gorm:"type:date"` // of what it records
	Amount       int64      // minor units: what the document comes to
	Currency     string
	Language     string
	RulesVersion int64      // of the rules that it was made with
	ConfirmBy    *time.Time // silence until then confirms it
	IssuedOn     civil.Date `gorm:"type:date"`
	IssuedAt     time.Time
	Data         string // JSON, the very text that was hashed
	DataHash     string // SHA-256, hexadecimal; stands on the document
	PDF          []byte `gorm:"column:pdf"`
	PDFHash      string `gorm:"column:pdf_hash"`

	Latest   bool          `gorm:"->"` // no later version replaces it; where it is read
	Answer   AnswerKind    `gorm:"->"` // the last; where it is read
	Company  string        `gorm:"->"` // its name; where it is read
	Kept     bool          `gorm:"->"` // by a law, of somebody who was forgotten; where it is read
	Evidence []PaperAnswer `gorm:"-"`  // every answer; where one is read
}

// TableName is where documents are kept.
func (Paper) TableName() string { return "issued_documents" }

// Number is how people quote it: ST-2026-000042.
func (p Paper) Number() string { return fmt.Sprintf("%s-%d-%06d", series[p.Kind], p.Year, p.Serial) }

// FileName is safe on every disk: ST-2026-000042-v1.pdf.
func (p Paper) FileName(extension string) string {
	return fmt.Sprintf("%s-v%d.%s", p.Number(), p.Version, extension)
}

// Waits reports whether the supplier has yet to say whether it is right.
func (p Paper) Waits() bool {
	return p.Latest && p.ConfirmBy != nil && p.Answer != Confirmed && p.Answer != Deemed
}

// An AnswerKind is what became of the question whether a statement is right.
type AnswerKind string

// The answers to a statement.
const (
	Confirmed AnswerKind = "confirmed" // the supplier said so
	Deemed    AnswerKind = "deemed"    // the supplier said nothing for the agreed number of days
	Objected  AnswerKind = "objected"  // the supplier said it is wrong: silence confirms it no longer
)

// A PaperAnswer is the evidence of an answer: who gave it, when, how, and of which hash.
type PaperAnswer struct {
	ID         uuid.UUID
	CompanyID  uuid.UUID
	DocumentID uuid.UUID
	Answer     AnswerKind
	Means      string     // page, api or silence
	PersonID   *uuid.UUID // nil: silence
	DataHash   string
	Message    string
	At         time.Time
}

// TableName is where answers are kept.
func (PaperAnswer) TableName() string { return "document_answers" }

// An AnswerMeans is how an answer was given.
type AnswerMeans string

// The means of answering.
const (
	ByPage    AnswerMeans = "page"
	ByAPI     AnswerMeans = "api"
	bySilence AnswerMeans = "silence"
)

// What can be wrong with a document.
var (
	ErrNotIssuedYet = problem.Define(problem.Conflict, "not_issued_yet",
		"A statement is issued when a part of the contract is accepted. None has been so far.",
		"仕入明細書は検収時に発行されます。この契約にはまだ検収済みのマイルストーンがありません。")
	ErrAnswered = problem.Define(problem.Conflict, "already_confirmed",
		"This statement is confirmed already. Write to the company if something is wrong with it.",
		"この仕入明細書は確認済みです。誤りがある場合は委託者へご連絡ください。")
	ErrNotAsked = problem.Define(problem.Conflict, "not_to_be_confirmed",
		"This document does not ask for a confirmation.", "この書類は確認の対象ではありません。")
	ErrOtherVersion = problem.Define(problem.Conflict, "other_version",
		"This is not the version in force. Open the document again and look at what it says now.",
		"この版は現在有効な版ではありません。書類を開き直して内容をご確認ください。")
	ErrPeriodNotOver = problem.Define(problem.Invalid, "period_not_over",
		"This document is about a period that has ended: a month such as 2026-11, or a year such as 2026.",
		"終了した期間を指定してください（月は2026-11、年は2026の形式）。")
)

// A content is the data of a document: what it says, and how it is set.
type content interface {
	sheet(l wording) paper.Document
}

// A paperData is the stored text of a document: its own description around its content.
type paperData struct {
	Schema       int             `json:"schema"` // 1
	Kind         PaperKind       `json:"kind"`
	Number       string          `json:"number"`
	Version      int             `json:"version"`
	IssuedOn     civil.Date      `json:"issued_on"`
	Language     string          `json:"language"`
	RulesVersion int64           `json:"rules_version"`
	Replaces     *replaced       `json:"replaces,omitempty"`
	Content      json.RawMessage `json:"content"`
}

// A replaced names the version before.
type replaced struct {
	Version  int        `json:"version"`
	IssuedOn civil.Date `json:"issued_on"`
	Hash     string     `json:"hash"`
}

// A PaperParty is one of the two that a document is between.
type PaperParty struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Number  string `json:"number"` // qualified-invoice number, empty when none
}

// A wording writes for readers of one language.
type wording struct{ lang problem.Language }

func (l wording) say(en, ja string) string {
	if l.lang == problem.Japanese {
		return ja
	}
	return en
}

func (l wording) day(d civil.Date) string {
	if l.lang == problem.Japanese {
		return fmt.Sprintf("%d年%d月%d日", d.Year, int(d.Month), d.Day)
	}
	return fmt.Sprintf("%d %s %d", d.Day, d.Month, d.Year)
}

func (l wording) month(d civil.Date) string {
	if l.lang == problem.Japanese {
		return fmt.Sprintf("%d年%d月", d.Year, int(d.Month))
	}
	return fmt.Sprintf("%s %d", d.Month, d.Year)
}

// period says beside the title what stretch a document is about.
func (l wording) period(name string) []paper.Fact {
	return []paper.Fact{{Label: l.say("Period", "対象期間"), Value: name}}
}

// rate writes basis points: 10%, 10.21%.
func rate(bp int64) string {
	s := fmt.Sprintf("%d.%02d", bp/100, bp%100)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".") + "%"
}

// to is a reader with the form of address that a document uses.
func (l wording) to(p PaperParty, company bool) paper.Party {
	name := p.Name
	if l.lang == problem.Japanese {
		name += map[bool]string{true: " 御中", false: " 様"}[company]
	}
	return paper.Party{Name: name, Lines: l.lines(p)}
}

func (l wording) lines(p PaperParty) []string {
	var lines []string
	if p.Address != "" {
		lines = append(lines, p.Address)
	}
	if p.Number != "" {
		lines = append(lines, l.say("Registration number ", "登録番号 ")+p.Number)
	}
	return lines
}
