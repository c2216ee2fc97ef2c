package market

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/internal/problem"
)

// BidState is where an offer is: open until it is accepted, lost to another, or withdrawn.
type BidState string

// The states of a bid.
const (
	Open      BidState = "open"
	Accepted  BidState = "accepted"
	Lost      BidState = "lost"
	Withdrawn BidState = "withdrawn"
)

var bidStateWords = map[BidState]problem.Word{Open: {EN: "open", JA: "検討中"}, Accepted: {EN: "accepted", JA: "採用"},
	Lost: {EN: "not chosen", JA: "不採用"}, Withdrawn: {EN: "withdrawn", JA: "取り下げ"}}

// In is the state in the reader's language.
func (s BidState) In(lang problem.Language) string { return bidStateWords[s].In(lang) }

// Side is one of the two parties to an offer.
type Side string

// The two sides.
const (
	ByAlumnus Side = "alumnus"
	ByCompany Side = "company"
)

// A Bid is one alumnus's offer for a task. Its terms become the contract when it is accepted, so nothing about money
// or dates is left to be agreed later. One open bid per person and task.
type Bid struct {
	ID           uuid.UUID
	CompanyID    uuid.UUID
	TaskID       uuid.UUID
	MembershipID uuid.UUID
	PersonID     uuid.UUID
	State        BidState
	Version      int        // counter-offers raise it; a stale version is refused
	OfferedBy    Side       // who made the latest version; the other side may accept it
	Amount       int64      // minor units, without consumption tax
	Currency     string     // the company's
	DeliverOn    civil.Date `gorm:"type:date"`
	Message      string
	Milestones   []PlannedMilestone `gorm:"serializer:json"`
	Hourly       *Hourly            `gorm:"serializer:json"` // the milestones are its weeks, each over the most that it comes to
	Shortlisted  bool
	Archived     bool // put aside by a person; nothing is hidden by machine
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// A PlannedMilestone is one part of an offer; the parts sum to the whole.
type PlannedMilestone struct {
	Title  string     `json:"title"`
	Amount int64      `json:"amount"` // minor units, without consumption tax
	DueOn  civil.Date `json:"due_on"`

	// Category is what kind of work the part is for withholding, where a mixed contract is split; empty: the task's.
	Category string `json:"withholding_category,omitempty"`
}

// Terms are what an offer proposes.
type Terms struct {
	Amount     Money
	DeliverOn  civil.Date
	Message    string
	Milestones []PlannedMilestone // none means one over the whole amount
	Hourly     *Hourly            // by the hour: amount, day and milestones follow from it
	Licences   []Licence          // what reserved work needs; an alumnus's own words
}

// What can be wrong with an offer.
var (
	ErrTaskAwarded     = problem.Define(problem.Conflict, "task_awarded", "This task was awarded to another bid.", "この仕事はすでに別の応募に決まりました。")
	ErrTaskNotOpen     = problem.Define(problem.Conflict, "task_not_open", "This task does not take bids: it is {state}.", "この仕事は現在「{state}」のため、応募を受け付けていません。")
	ErrBidNotOpen      = problem.Define(problem.Conflict, "bid_not_open", "This bid is {state}; that cannot be done any more.", "この応募は現在「{state}」のため、その操作はできません。")
	ErrBidExists       = problem.Define(problem.Conflict, "bid_exists", "You have an open bid on this task already. Change that one.", "この仕事にはすでに応募済みです。その応募の内容を変更してください。")
	ErrOwnOffer        = problem.Define(problem.Conflict, "own_offer", "The latest offer is your own; the other side has to answer it.", "最新の条件はあなたからの提示です。相手の回答をお待ちください。")
	ErrMilestonesSum   = problem.Define(problem.Invalid, "milestones_do_not_sum", "The milestones come to {sum}, the bid to {amount}. Make them equal.", "マイルストーンの合計{sum}が応募金額{amount}と一致しません。")
	ErrTooManyParts    = problem.Define(problem.Invalid, "too_many_milestones", "A bid takes at most {max} milestones.", "マイルストーンは{max}個までです。")
	ErrSmallestCharge  = problem.Define(problem.Invalid, "below_smallest_charge", "The smallest amount that can be paid is {min}.", "お支払いできる最小金額は{min}です。")
	ErrWhyLess         = problem.Define(problem.Invalid, "lower_price_unexplained", "A lower price than was asked takes a reason: a price set without consultation is forbidden (Freelance Act art. 5(1)(iv), subcontract law art. 5(2)(iv)). Say why; the thread is kept as evidence.", "相手の提示より低い金額を提示する場合は理由を記入してください。協議に応じない一方的な代金決定は禁止されています（フリーランス法5条1項4号・取適法5条2項4号）。やり取りは証跡として保管されます。")
	ErrAfterDeliveryOn = problem.Define(problem.Invalid, "due_after_delivery", "A milestone cannot be due after the delivery day {date}.", "マイルストーンの期日は納品日（{date}）以前にしてください。")
)

const (
	maxMessage    = 5000
	maxMilestones = 20
	smallestYen   = 50 // Stripe's smallest charge in JPY
)

// check finds what is wrong with an offer made for a task on a day, and fills in the one milestone that is meant when none are given.
func (o *Terms) check(c Company, t Task, today civil.Date) error {
	if t.FeeID != nil {
		return ErrFeeFixed
	}
	return o.checkOffer(c, t, today)
}

func (o *Terms) checkOffer(c Company, t Task, today civil.Date) error {
	if err := t.suits(o.Hourly); err != nil {
		return err
	}
	if o.Hourly != nil {
		return o.ofHours(c, today)
	}
	if o.Amount == (Money{}) {
		return ErrRequired.On("amount")
	}
	o.Amount.Currency = strings.TrimSpace(o.Amount.Currency)
	if err := checkAmount(o.Amount, c, "amount"); err != nil {
		return err
	}
	switch {
	case c.Currency == "JPY" && o.Amount.Amount < smallestYen:
		return ErrSmallestCharge.On("amount").With("min", Yen(smallestYen))
	case o.DeliverOn.IsZero():
		return ErrRequired.On("deliver_on")
	case !o.DeliverOn.IsValid():
		return ErrDay.On("deliver_on").With("value", o.DeliverOn)
	case o.DeliverOn.Before(today):
		return ErrPastDate.On("deliver_on").With("date", o.DeliverOn)
	case len([]rune(o.Message)) > maxMessage:
		return ErrTooLong.On("message").With("max", maxMessage)
	case len(o.Milestones) > maxMilestones:
		return ErrTooManyParts.On("milestones").With("max", maxMilestones)
	}
	o.Amount.Currency = c.Currency
	if len(o.Milestones) == 0 {
		o.Milestones = []PlannedMilestone{{Title: t.Title, Amount: o.Amount.Amount, DueOn: o.DeliverOn}}
	}
	return o.checkMilestones(c, today)
}

func (o *Terms) checkMilestones(c Company, today civil.Date) error {
	var sum int64
	for i := range o.Milestones {
		m, field := &o.Milestones[i], "milestones["+itoa(i)+"]"
		m.Title = strings.TrimSpace(m.Title)
		if m.DueOn.IsZero() {
			m.DueOn = o.DeliverOn
		}
		switch {
		case m.Title == "":
			return ErrRequired.On(field + ".title")
		case len([]rune(m.Title)) > maxTitle:
			return ErrTooLong.On(field+".title").With("max", maxTitle)
		case m.Amount <= 0:
			return ErrAmountNotPositive.On(field + ".amount")
		case c.Currency == "JPY" && m.Amount < smallestYen:
			return ErrSmallestCharge.On(field+".amount").With("min", Yen(smallestYen))
		case m.Amount > maxAmount:
			return ErrAmountTooLarge.On(field+".amount").With("max", Money{maxAmount, c.Currency})
		case !m.DueOn.IsValid():
			return ErrDay.On(field+".due_on").With("value", m.DueOn)
		case m.DueOn.Before(today):
			return ErrPastDate.On(field+".due_on").With("date", m.DueOn)
		case m.Category != "" && !slices.Contains(WithholdingCategories, m.Category):
			return ErrNotOneOf.On(field+".withholding_category").With("value", m.Category).With("allowed", strings.Join(WithholdingCategories, ", "))
		case m.DueOn.After(o.DeliverOn):
			return ErrAfterDeliveryOn.On(field+".due_on").With("date", o.DeliverOn)
		}
		sum += m.Amount
	}
	if sum != o.Amount.Amount {
		return ErrMilestonesSum.On("milestones").With("sum", Money{sum, c.Currency}).With("amount", o.Amount)
	}
	return nil
}

// Accept answers whether a side may accept this bid as it stood at the version seen. It returns ErrTaskAwarded when
// another bid was accepted first, ErrStaleVersion when there is a newer version than the one looked at, and
// ErrOwnOffer when the latest version is the side's own.
func (b Bid) Accept(t Task, by Side, seen int) error {
	switch {
	case t.State == Awarded || t.State == TaskCompleted:
		return ErrTaskAwarded
	case t.State != Published:
		return ErrTaskNotOpen.With("state", t.State)
	case b.State != Open:
		return ErrBidNotOpen.With("state", b.State)
	case seen != 0 && b.Version != seen:
		return ErrStaleVersion.On("version")
	case b.OfferedBy == by:
		return ErrOwnOffer
	}
	return t.suits(b.Hourly) // a task may have been edited since
}

// Terms are what the bid's latest version proposes.
func (b Bid) Terms() Terms {
	return Terms{Amount: Money{b.Amount, b.Currency}, DeliverOn: b.DeliverOn, Message: b.Message, Milestones: b.Milestones, Hourly: b.Hourly}
}

func itoa(i int) string { return strconv.Itoa(i) }

// A BidVersion is one offer as it was made, kept for ever.
type BidVersion struct {
	BidID      uuid.UUID
	Version    int
	OfferedBy  Side
	PersonID   uuid.UUID
	Amount     int64
	DeliverOn  civil.Date `gorm:"type:date"`
	Message    string
	Milestones []PlannedMilestone `gorm:"serializer:json"`
	Hourly     *Hourly            `gorm:"serializer:json"`
	CreatedAt  time.Time
}
