package market

import (
	"slices"
	"time"
	"unicode/utf8"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/internal/problem"
)

// A ReturnInterest is what somebody who left says about coming back to a company. The alumni office reads it, and those whom the
// company names for it; no manager does, and it is in no directory, search or ranking. Who says nothing has none.
type ReturnInterest struct {
	MembershipID uuid.UUID `gorm:"primaryKey"`
	CompanyID    uuid.UUID
	PersonID     uuid.UUID
	Openness     Openness
	Roles        string // kinds of role, as the person says it
	Hours        int    // a week; 0: not said
	Place        string
	FromOn       *civil.Date `gorm:"type:date"`
	Note         string
	SaidAt       time.Time
	ExpiresOn    civil.Date `gorm:"type:date"` // the company's day from which on it holds no more, unless it is said again
}

// Openness is how soon somebody would come back.
type Openness string

// The ways to be open. Not at all is no interest.
const (
	OpenNow   Openness = "now"
	OpenLater Openness = "later"
)

// interestHolds is for how many days an interest is taken for what somebody still wants.
const interestHolds = 365

// Limits of what is said about a return.
const (
	maxReturnLine = 300
	maxReturnNote = 5000
)

// A DraftInterest is a ReturnInterest as its person writes it.
type DraftInterest struct {
	Openness Openness
	Roles    string
	Hours    int
	Place    string
	FromOn   *civil.Date
	Note     string
}

// check finds what is wrong with a draft, and puts it in order.
func (d *DraftInterest) check() error {
	d.Roles, d.Place, d.Note = oneLine(d.Roles), oneLine(d.Place), tidyText(d.Note)
	switch {
	case d.Openness != OpenNow && d.Openness != OpenLater:
		return ErrNotOneOf.On("openness").With("value", shortened(string(d.Openness))).With("allowed", "now, later")
	case utf8.RuneCountInString(d.Roles) > maxReturnLine:
		return ErrTooLong.On("roles").With("max", maxReturnLine)
	case utf8.RuneCountInString(d.Place) > maxReturnLine:
		return ErrTooLong.On("place").With("max", maxReturnLine)
	case utf8.RuneCountInString(d.Note) > maxReturnNote:
		return ErrTooLong.On("note").With("max", maxReturnNote)
	case d.Hours < 0 || d.Hours > maxHours:
		return ErrBetween.On("hours").With("min", 0).With("max", maxHours)
	case d.FromOn != nil && (!d.FromOn.IsValid() || d.FromOn.Year > 2200):
		return ErrDay.On("from_on").With("value", d.FromOn)
	}
	return nil
}

// A ReturnCase is how far the return of one person is, from their interest to the day on which they are back. One at a time is open.
type ReturnCase struct {
	ID           uuid.UUID
	CompanyID    uuid.UUID
	MembershipID uuid.UUID
	PersonID     uuid.UUID
	Stage        ReturnStage
	OwnerID      *uuid.UUID // who sees to it; nil: nobody yet
	NextStep     string
	NextOn       *civil.Date `gorm:"type:date"`
	Version      int
	OpenedAt     time.Time
	UpdatedAt    time.Time
}

// A ReturnStage is how far a return is.
type ReturnStage string

// The stages.
const (
	StageInterest  ReturnStage = "interest"
	StageTalking   ReturnStage = "talking"
	StageInterview ReturnStage = "interview"
	StageOffer     ReturnStage = "offer"
	StageReturned  ReturnStage = "returned"
	StageNotNow    ReturnStage = "not_now"
)

// ReturnStages are all of them, in their order.
var ReturnStages = []ReturnStage{StageInterest, StageTalking, StageInterview, StageOffer, StageReturned, StageNotNow}

var returnStageWords = map[ReturnStage]problem.Word{StageInterest: {EN: "interested", JA: "関心あり"}, StageTalking: {EN: "talking", JA: "対話中"},
	StageInterview: {EN: "interview", JA: "面接"}, StageOffer: {EN: "offer", JA: "内定・条件提示"}, StageReturned: {EN: "returned", JA: "再入社"}, StageNotNow: {EN: "not now", JA: "見送り"}}

// In is the stage in the reader's language.
func (s ReturnStage) In(lang problem.Language) string { return returnStageWords[s].In(lang) }

// Over reports whether a return in this stage has come to its end.
func (s ReturnStage) Over() bool { return len(returnLife[s]) == 0 }

// returnLife is the life of a return: from each stage, those that it can go to. People go back a step as they go on.
var returnLife = map[ReturnStage][]ReturnStage{
	StageInterest:  {StageTalking, StageInterview, StageNotNow},
	StageTalking:   {StageInterview, StageOffer, StageNotNow},
	StageInterview: {StageTalking, StageOffer, StageNotNow},
	StageOffer:     {StageTalking, StageReturned, StageNotNow},
}

// Next are the stages that a return in this one can go to.
func (s ReturnStage) Next() []ReturnStage { return slices.Clone(returnLife[s]) }

// What can be wrong about a return.
var (
	ErrReturnStage = problem.Define(problem.Conflict, "return_stage", "A return that is at “{state}” cannot go there.", "現在「{state}」のため、その段階へは進められません。")
	ErrStillThere  = problem.Define(problem.Conflict, "still_there", "You work there now. A wish to return can be said once you have left.", "現在在籍中のため登録できません。退職後にご利用ください。")
	ErrNoReturnDay = problem.Define(problem.Invalid, "return_day", "Say on which day they begin again, from their last day on.", "再入社日を、前回の退職日より後の日付で入力してください。")
)

// A ReturnEdit is what the office changes of a return.
type ReturnEdit struct {
	Stage    ReturnStage // as it is, or the one that it goes to
	Mine     bool        // the actor sees to it from now on
	NextStep string
	NextOn   *civil.Date
	Note     string // written down with it

	JoinedOn   *civil.Date // for StageReturned: their first day
	Department string      // likewise, by id, name or alias; empty: none yet
}

// apply writes an edit into a return that was looked at in a version.
func (c *ReturnCase) apply(e *ReturnEdit, seen int) error {
	e.NextStep, e.Note = oneLine(e.NextStep), tidyText(e.Note)
	switch {
	case c.Version != seen:
		return ErrStaleVersion.On("version")
	case c.Stage.Over() || e.Stage != c.Stage && !slices.Contains(returnLife[c.Stage], e.Stage):
		return ErrReturnStage.On("stage").With("state", c.Stage)
	case utf8.RuneCountInString(e.NextStep) > maxReturnLine:
		return ErrTooLong.On("next_step").With("max", maxReturnLine)
	case utf8.RuneCountInString(e.Note) > maxReturnNote:
		return ErrTooLong.On("note").With("max", maxReturnNote)
	case e.NextOn != nil && (!e.NextOn.IsValid() || e.NextOn.Year > 2200):
		return ErrDay.On("next_on").With("value", e.NextOn)
	case e.Stage == StageReturned && (e.JoinedOn == nil || !e.JoinedOn.IsValid() || e.JoinedOn.Year > 2200):
		return ErrNoReturnDay.On("joined_on")
	}
	c.Stage, c.NextStep, c.NextOn = e.Stage, e.NextStep, e.NextOn
	if e.Stage.Over() {
		c.NextStep, c.NextOn = "", nil
	}
	return nil
}
