package billing

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/market"
)

// ContractState is where a contract is: active ↔ paused → completed | terminated.
type ContractState string

// The states of a contract.
const (
	ContractActive     ContractState = "active"
	ContractPaused     ContractState = "paused"
	ContractCompleted  ContractState = "completed"
	ContractTerminated ContractState = "terminated"
)

// contractMachine is the life of a contract.
var contractMachine = Machine[ContractState, []Milestone]{
	Noun:  "contract",
	Start: ContractActive,
	Moves: []Move[ContractState, []Milestone]{
		{ContractActive, doPause, ContractPaused, TheCompany, nil},
		{ContractPaused, doResume, ContractActive, TheCompany, nil},
		{ContractActive, "complete", ContractCompleted, TheClock, allReleased},
		{ContractPaused, "complete", ContractCompleted, TheClock, allReleased},
		{ContractActive, "terminate", ContractTerminated, TheClock, noneReleased},
		{ContractPaused, "terminate", ContractTerminated, TheClock, noneReleased},
	},
	Stands: map[ContractState]Stand{
		ContractActive:     {Owner: TheAlumnus, Timer: "the timers of its milestones"},
		ContractPaused:     {Owner: TheCompany},
		ContractCompleted:  {},
		ContractTerminated: {},
	},
}

var (
	allReleased = &Guard[[]Milestone]{"every milestone is over, one at least paid for", func(ms []Milestone) error {
		over, released := tally(ms)
		if !over || released == 0 {
			return ErrWrongState.With("noun", word("contract")).With("state", word(string(ContractActive)))
		}
		return nil
	}}
	noneReleased = &Guard[[]Milestone]{"every milestone is over, none paid for", func(ms []Milestone) error {
		over, released := tally(ms)
		if !over || released > 0 {
			return ErrWrongState.With("noun", word("contract")).With("state", word(string(ContractActive)))
		}
		return nil
	}}
)

// tally says whether every milestone is over, and how many of them were paid for.
func tally(ms []Milestone) (over bool, released int) {
	over = true
	for _, m := range ms {
		switch m.State {
		case MilestoneReleased, MilestonePaid, MilestonePayoutFailed:
			released++
		case MilestoneRefunded, MilestoneCanceled, MilestoneChargedBack, MilestoneReversed:
		default:
			over = false
		}
	}
	return over, released
}

// A Contract is a task awarded to one bid. Its terms are a frozen, hashed snapshot of the bid and of the company's
// rules at that moment; a later edit of either changes nothing here.
type Contract struct {
	ID           uuid.UUID
	CompanyID    uuid.UUID
	Number       int // counted within the company: C-1042
	TaskID       uuid.UUID
	BidID        uuid.UUID
	MembershipID uuid.UUID
	PersonID     uuid.UUID
	State        ContractState
	Title        string // the task's
	Amount       int64  // minor units, without consumption tax
	Currency     string
	DeliverOn    civil.Date `gorm:"type:date"`
	Version      int        // of the terms in force
	ManagerID    uuid.UUID  // who posted the task; letters to the company go there
	CreatedAt    time.Time
	CompletedAt  *time.Time
	PausedAt     *time.Time  // since when it rests
	EndsOn       *civil.Date `gorm:"type:date"` // notice was given: nothing new begins, and what was not delivered ends with this day
	NoticeOn     *civil.Date `gorm:"type:date"` // when notice was given
	EndReason    string

	CompanyName string      `gorm:"-"`
	PersonName  string      `gorm:"-"`
	Terms       Terms       `gorm:"-"`
	TermsHash   string      `gorm:"-"` // SHA-256 of the stored terms, hexadecimal
	Notice      Notice      `gorm:"-"`
	NoticeHash  string      `gorm:"-"`
	Milestones  []Milestone `gorm:"-"` // in order

	Kept     bool            `gorm:"->;-:migration"` // by a law, of somebody who was forgotten; of one contract alone
	Referral bool            `gorm:"->;-:migration"` // pays the fee of one: nothing is delivered; of one contract alone
	Reviews  []market.Review `gorm:"-"`              // those that the reader's side may read; of one contract alone
}

// ReviewBy is a side's review among those that may be read.
func (c Contract) ReviewBy(side market.Side) (market.Review, bool) {
	for _, r := range c.Reviews {
		if r.By == side {
			return r, true
		}
	}
	return market.Review{}, false
}

// Label is the number as people quote it: C-1042.
func (c Contract) Label() string { return fmt.Sprintf("C-%d", c.Number) }

// Quote sums the milestones that were not canceled or refunded.
func (c Contract) Quote() Quote {
	sum := Quote{Currency: c.Currency}
	for _, m := range c.Milestones {
		if m.State != MilestoneCanceled && m.State != MilestoneRefunded && m.State != MilestoneChargedBack {
			sum = sum.add(m.Quote())
		}
	}
	return sum
}

// Terms are what both sides agreed to, as they were on the day. Package api shows them; nothing recomputes them.
type Terms struct {
	Schema              int                       `json:"schema"` // 1
	Task                uuid.UUID                 `json:"task"`
	Bid                 uuid.UUID                 `json:"bid"`
	BidVersion          int                       `json:"bid_version"`
	Title               string                    `json:"title"`
	Brief               string                    `json:"brief"`
	Amount              market.Money              `json:"amount"` // without consumption tax
	DeliverOn           civil.Date                `json:"deliver_on"`
	Message             string                    `json:"message"`
	Milestones          []market.PlannedMilestone `json:"milestones"`
	Hourly              *market.Hourly            `json:"hourly,omitempty"` // the milestones are its weeks, each over the most that it comes to
	WithholdingCategory string                    `json:"withholding_category"`
	market.Payee                                  // who the supplier was for taxes on the day
	PlatformFeeBP       int64                     `json:"platform_fee_bp"`
	AutoAcceptDays      int                       `json:"auto_accept_days"`
	PaymentDays         int                       `json:"payment_days"`
	Rail                market.Rail               `json:"rail,omitempty"`          // none in the first contracts, which are prefunded
	RulesVersion        int64                     `json:"rules_version,omitempty"` // the rules that it was quoted under; none in the first contracts
	AgreedAt            time.Time                 `json:"agreed_at"`
	Version             int                       `json:"version,omitempty"`     // from the second on
	ChangeHash          string                    `json:"change_hash,omitempty"` // of the change that made this version, as both sides signed it
}

// PaidBy is the way in which the company pays.
func (t Terms) PaidBy() market.Rail { return cmp.Or(t.Rail, market.Prefunded) }

func termsOf(r Rules, a market.Award, p market.Person, now time.Time) Terms {
	return Terms{Schema: 1, Task: a.Task.ID, Bid: a.Bid.ID, BidVersion: a.Bid.Version, Title: a.Task.Title, Brief: a.Task.Brief,
		Amount: market.Money{Amount: a.Bid.Amount, Currency: a.Bid.Currency}, DeliverOn: a.Bid.DeliverOn, Message: a.Bid.Message,
		Milestones: a.Bid.Milestones, Hourly: a.Bid.Hourly, WithholdingCategory: a.Task.WithholdingCategory, Payee: p.Payee(),
		PlatformFeeBP: a.Company.PlatformFeeBP, AutoAcceptDays: a.Company.AutoAcceptDays, Rail: a.Company.Rail,
		PaymentDays: r.PaymentTerm(a.Bid.DeliverOn, a.Company.PaymentDays), RulesVersion: r.Version(),
		AgreedAt: now.UTC().Truncate(time.Millisecond)}
}

// A document is the terms or the notice as stored: the very bytes that were hashed.
type document struct {
	ContractID uuid.UUID
	CompanyID  uuid.UUID
	Kind       string // terms, notice or supplement
	Version    int
	Body       string
	Hash       string
	CreatedAt  time.Time
}

func (document) TableName() string { return "contract_documents" }

// write fixes v as a document of the contract.
func (c Contract) write(kind string, v any, now time.Time) (document, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return document{}, err
	}
	return document{ContractID: c.ID, CompanyID: c.CompanyID, Kind: kind, Version: c.Version, Body: string(body), Hash: hashOf(body), CreatedAt: now}, nil
}

func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
