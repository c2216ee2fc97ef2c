package market

import (
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/internal/problem"
)

// A Claim is what somebody says who is in no file: "I worked there, from then to then, in Sales." The alumni office says
// whether it is so, or two former colleagues do who were there at the time. It makes a stint, and a membership where there
// was none. Whoever claims never learns who is a member: an address that they name gets a letter or none, and nothing tells which.
type Claim struct {
	ID           uuid.UUID
	CompanyID    uuid.UUID
	PersonID     uuid.UUID
	Department   string     // as the person calls it
	JoinedOn     civil.Date `gorm:"type:date"`
	LeftOn       civil.Date `gorm:"type:date"`
	Note         string     // for the office
	State        ClaimState
	VerifiedBy   Verifier
	MembershipID *uuid.UUID // that it became
	Reason       string     // why it was refused, for the claimant
	AskedAt      time.Time
	ExpiresAt    time.Time
	DecidedBy    *uuid.UUID
	DecidedAt    *time.Time
	Witnesses    []Witness `gorm:"foreignKey:ClaimID"` // in the order in which they were named

	Name        string `gorm:"->;-:migration"` // of the claimant
	Email       string `gorm:"->;-:migration"`
	CompanyName string `gorm:"->;-:migration"`
}

// A ClaimState is where a claim stands.
type ClaimState string

// The states of a claim. Only an open one can still be answered.
const (
	ClaimOpen      ClaimState = "open"
	ClaimVerified  ClaimState = "verified"
	ClaimRefused   ClaimState = "refused"   // by the office
	ClaimWithdrawn ClaimState = "withdrawn" // by the claimant
	ClaimExpired   ClaimState = "expired"
)

var claimStateWords = map[ClaimState]problem.Word{ClaimOpen: {EN: "open", JA: "確認中"}, ClaimVerified: {EN: "verified", JA: "確認済み"},
	ClaimRefused: {EN: "refused", JA: "不承認"}, ClaimWithdrawn: {EN: "withdrawn", JA: "取り下げ"}, ClaimExpired: {EN: "expired", JA: "期限切れ"}}

// In is the state in the reader's language.
func (s ClaimState) In(lang problem.Language) string { return claimStateWords[s].In(lang) }

// A Verifier is why a membership is believed.
type Verifier string

// The verifiers.
const (
	ByRecords    Verifier = ""           // the company's file has it
	ByOffice     Verifier = "office"     // the alumni office said so
	ByColleagues Verifier = "colleagues" // two former colleagues did
)

// A Witness is a former colleague whom a claimant named by address.
type Witness struct {
	ClaimID    uuid.UUID
	Position   int
	Email      string
	PersonID   *uuid.UUID // whom we asked; nil: nobody with that address who was there at the time
	Overlap    int        // days that both were there
	Answer     string     // yes, no, or empty
	AnsweredAt *time.Time

	Name string `gorm:"->;-:migration"` // for the office alone
}

// TableName is where witnesses are kept.
func (Witness) TableName() string { return "claim_witnesses" }

const (
	claimLives      = 60 * 24 * time.Hour
	witnessesNeeded = 2
	witnessesMost   = 5
	overlapNeeded   = 90 // days: less makes no colleague who would know
)

// What can be wrong with a claim.
var (
	ErrClaimDays   = problem.Define(problem.Invalid, "claim_days", "Write the days from the first to the last, none after today.", "在籍期間は開始日から終了日の順に、今日以前の日付で入力してください。")
	ErrClaimOpen   = problem.Define(problem.Conflict, "claim_open", "You have told this company already, and it has not answered yet. Take that back first.", "この会社への申請は確認中です。内容を変えるには、先に取り下げてください。")
	ErrClaimEnded  = problem.Define(problem.Conflict, "claim_ended", "This is {state}; nothing is left to answer.", "この申請は現在「{state}」のため、回答は不要です。")
	ErrClaimedFile = problem.Define(problem.Conflict, "claim_in_file", "This company has you in its file already. Your profile asks whether that is you.", "この会社の名簿にすでに登録があります。プロフィールの確認にお答えください。")
	ErrWitnesses   = problem.Define(problem.Invalid, "too_many_witnesses", "Name at most {max} former colleagues.", "元同僚は{max}人まで指定できます。")
	ErrOwnWitness  = problem.Define(problem.Invalid, "own_witness", "Name somebody else: you cannot vouch for yourself.", "ご自身は指定できません。元同僚のアドレスを入力してください。")
	ErrWitnessOnce = problem.Define(problem.Invalid, "witness_twice", "This address is there twice. Remove one.", "同じアドレスが2回入力されています。一方を削除してください。")
	ErrNotThem     = problem.Define(problem.Conflict, "claim_record_taken", "This record belongs to somebody who has been here. Choose another, or none.", "この登録はすでに利用者がいます。別の登録を選ぶか、新規として承認してください。")
)

// A ClaimDraft is a claim as somebody writes it. Colleagues are addresses.
type ClaimDraft struct {
	CompanyID        uuid.UUID
	Department, Note string
	JoinedOn, LeftOn *civil.Date
	Colleagues       []string
}

// check finds what is wrong with a draft of somebody who signs in with own, on a day of the company.
func (d *ClaimDraft) check(own string, today civil.Date) error {
	d.Department, d.Note = strings.Join(strings.Fields(d.Department), " "), strings.TrimSpace(d.Note)
	switch {
	case d.JoinedOn == nil:
		return ErrRequired.On("joined_on")
	case d.LeftOn == nil:
		return ErrRequired.On("left_on")
	case !d.JoinedOn.IsValid() || !d.LeftOn.IsValid() || d.LeftOn.Before(*d.JoinedOn) || d.LeftOn.After(today):
		return ErrClaimDays.On("left_on")
	case len([]rune(d.Department)) > maxName:
		return ErrTooLong.On("department").With("max", maxName)
	case len([]rune(d.Note)) > 1000:
		return ErrTooLong.On("note").With("max", 1000)
	}
	var err error
	d.Colleagues, err = namedAddresses(d.Colleagues, own)
	return err
}

// namedAddresses are the addresses of former colleagues as they are kept, each once and none of them one's own.
func namedAddresses(typed []string, own string) ([]string, error) {
	var list []string
	for i, email := range typed {
		field := "colleagues[" + itoa(i) + "]"
		switch email = Address(email); {
		case email == "":
		case len(email) > 254 || !address.MatchString(email):
			return nil, ErrAddress.On(field).With("value", email)
		case email == own:
			return nil, ErrOwnWitness.On(field)
		case slices.Contains(list, email):
			return nil, ErrWitnessOnce.On(field)
		default:
			list = append(list, email)
		}
	}
	if len(list) > witnessesMost {
		return nil, ErrWitnesses.On("colleagues").With("max", witnessesMost)
	}
	return list, nil
}

// open refuses what nobody can answer any more.
func (c Claim) open(now time.Time) error {
	switch {
	case c.State != ClaimOpen:
		return ErrClaimEnded.With("state", c.State)
	case !now.Before(c.ExpiresAt):
		return ErrClaimEnded.With("state", ClaimExpired)
	}
	return nil
}

// vouched reports whether former colleagues alone may settle it: enough say yes, and none no. A no leaves it to the office.
func (c Claim) vouched() bool {
	yes := 0
	for _, w := range c.Witnesses {
		switch w.Answer {
		case "no":
			return false
		case "yes":
			yes++
		}
	}
	return yes >= witnessesNeeded
}

// A period is a stretch of days, both included.
type period struct{ from, to civil.Date }

// daysTogether counts the days that lie in a and in one of the others, which do not count twice where they overlap.
func daysTogether(a period, others []period) int {
	others = slices.Clone(others)
	slices.SortFunc(others, func(x, y period) int { return x.from.Compare(y.from) })
	days, next := 0, a.from
	for _, o := range others {
		from, to := later(o.from, next), earlier(o.to, a.to)
		if !to.Before(from) {
			days += to.DaysSince(from) + 1
			next = to.AddDays(1)
		}
	}
	return days
}

func later(a, b civil.Date) civil.Date {
	if a.Before(b) {
		return b
	}
	return a
}

func earlier(a, b civil.Date) civil.Date {
	if a.Before(b) {
		return a
	}
	return b
}
