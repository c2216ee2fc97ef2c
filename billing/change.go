package billing

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/internal/problem"
	"homecoming/market"
)

// ChangeState is where a change of a contract's terms stands.
type ChangeState string

// The states of a change.
const (
	ChangeOffered   ChangeState = "offered"   // the other side has to answer
	ChangeSigned    ChangeState = "signed"    // both agree; it holds once what it adds is paid
	ChangeInForce   ChangeState = "in_force"  // it is the contract now
	ChangeDeclined  ChangeState = "declined"  //
	ChangeWithdrawn ChangeState = "withdrawn" //
	ChangeCountered ChangeState = "countered" // the other side offered something else instead
	ChangeExpired   ChangeState = "expired"   // nobody answered
	ChangeLapsed    ChangeState = "lapsed"    // it was not paid, or the contract ended first: the terms stay as they were
)

// What is done to a change.
const (
	doSign       = "sign"
	doDecline    = "decline"
	doCounter    = "counter"
	doWithdraw   = "withdraw"
	doTakeEffect = "take_effect"
	doLapse      = "lapse"
)

// How long an offer waits for its answer, and a signed change for its money.
const changeTerm = 14 * 24 * time.Hour

// What can be wrong with a change, beside what [FeeChange] refuses. That delivered work is not done again for nothing, and
// begun work not taken back by the company, is the Freelance Act's as well, art. 5.
var (
	ErrNothingChanged = problem.Define(problem.Invalid, "nothing_changed",
		"This offer leaves everything as it is. Change an amount, a day, a title or the scope.", "変更点がありません。金額・期日・名称・業務内容のいずれかを変更してください。")
	ErrRedo = problem.Define(problem.Conflict, "redo_without_pay",
		"“{title}” was delivered: it becomes different work only for a higher fee. Raise its fee, or add a milestone.",
		"「{title}」は納品済みのため、内容を変更するには報酬の追加が必要です。金額を上げるか、マイルストーンを追加してください。")
	ErrBegun = problem.Define(problem.Conflict, "reduction_after_begin",
		"Work on “{title}” has begun, so the company may not lower or drop its fee. The contractor may offer it.",
		"「{title}」は着手済みのため、委託者から減額や取消を申し出ることはできません。受託者からの申し出は可能です。")
	ErrOneTopUp = problem.Define(problem.Invalid, "one_top_up",
		"A change can add to one paid milestone at a time. Put the rest into a milestone of its own.", "入金済みのマイルストーンへの増額は、1回の変更につき1件です。残りは新しいマイルストーンに分けてください。")
	ErrPageOpen = problem.Define(problem.Conflict, "payment_page_open",
		"The payment page of “{title}” is open. Drop it when the page has expired, or pay and take the money back.", "「{title}」は支払い手続き中のため取り消せません。手続きの期限切れ後、または入金・返金の後に操作してください。")
	ErrChangeOpen = problem.Define(problem.Conflict, "change_open",
		"Another change is under way. Answer that first.", "別の変更手続きが進行中です。先にそちらを完了してください。")
	ErrOtherChange = problem.Define(problem.Conflict, "change_differs",
		"This is not what you looked at. Read the change again, then sign.", "確認された内容と異なります。変更内容を再度確認のうえ、署名してください。")
	ErrOwnChange = problem.Define(problem.Conflict, "own_change",
		"This is your own side's offer; the other side has to answer it.", "ご自身の側からの提示です。相手の回答をお待ちください。")
	ErrNotAlterable = problem.Define(problem.Conflict, "milestone_not_alterable",
		"“{title}” is {state}; its terms cannot be changed any more.", "「{title}」は現在「{state}」のため、条件を変更できません。")
	ErrNeedsApprover = problem.Define(problem.Forbidden, "refund_needs_approver",
		"This change gives back {amount}, above the company's limit. Somebody who approves money has to agree to it for the company.",
		"この変更による返金額{amount}は会社の上限を超えています。支払いの承認権限を持つ方が手続きしてください。")
)

// An answer is a change with the side that moves it.
type answer struct {
	Change
	by Party
}

var (
	theOther = &Guard[answer]{"the other side", func(a answer) error {
		if a.by == a.Side {
			return ErrOwnChange
		}
		return nil
	}}
	theOfferer = &Guard[answer]{"the side that offered it", func(a answer) error {
		if a.by != a.Side {
			return market.ErrForbidden.With("action", "withdraw_change")
		}
		return nil
	}}
)

// changeMachine is the life of a change. Until it is in force the terms are those of before.
var changeMachine = Machine[ChangeState, answer]{
	Noun:  "change",
	Start: ChangeOffered,
	Moves: []Move[ChangeState, answer]{
		{ChangeOffered, doSign, ChangeSigned, TheCompany, theOther},
		{ChangeOffered, doSign, ChangeSigned, TheAlumnus, theOther},
		{ChangeOffered, doDecline, ChangeDeclined, TheCompany, theOther},
		{ChangeOffered, doDecline, ChangeDeclined, TheAlumnus, theOther},
		{ChangeOffered, doCounter, ChangeCountered, TheCompany, theOther},
		{ChangeOffered, doCounter, ChangeCountered, TheAlumnus, theOther},
		{ChangeOffered, doWithdraw, ChangeWithdrawn, TheCompany, theOfferer},
		{ChangeOffered, doWithdraw, ChangeWithdrawn, TheAlumnus, theOfferer},
		{ChangeOffered, doExpire, ChangeExpired, TheClock, nil},
		{ChangeOffered, doLapse, ChangeLapsed, TheClock, nil}, // the contract ended
		{ChangeSigned, doTakeEffect, ChangeInForce, TheClock, nil},
		{ChangeSigned, doLapse, ChangeLapsed, TheClock, nil},
	},
	Stands: map[ChangeState]Stand{
		ChangeOffered:   {Owner: TheParties, Timer: "the offer expires"}, // the side that did not make it
		ChangeSigned:    {Owner: TheCompany, Timer: "it lapses unpaid"},  // at once where nothing is to be paid
		ChangeInForce:   {},
		ChangeDeclined:  {},
		ChangeWithdrawn: {},
		ChangeCountered: {},
		ChangeExpired:   {},
		ChangeLapsed:    {},
	},
}

// A ChangedMilestone is how one milestone is to read. Amount is minor units, without consumption tax.
type ChangedMilestone struct {
	ID     *uuid.UUID `json:"id,omitempty"` // nil: a new one
	Title  string     `json:"title"`
	Amount int64      `json:"amount"`
	DueOn  civil.Date `json:"due_on"`
}

// A ChangeDraft is what one side offers: the milestones that are not over, as they are to read. One that is left out is
// dropped. Those that are over stay as they are.
type ChangeDraft struct {
	Reason     string             `json:"reason"`
	Scope      string             `json:"scope,omitempty"` // the brief as it is to read; empty: as it does
	Milestones []ChangedMilestone `json:"milestones"`
	Hours      *ChangedHours      `json:"hours,omitempty"` // of a contract that is paid by the hour, instead of milestones
}

// An offeredChange is the text that is hashed: what is offered, and to which terms.
type offeredChange struct {
	Schema   int       `json:"schema"` // 1
	Contract uuid.UUID `json:"contract"`
	Number   int       `json:"number"`
	Version  int       `json:"version"` // of the terms that it changes
	Side     Party     `json:"side"`
	ChangeDraft
}

// A Change is a new version of a contract's terms, offered by one side and signed by the other. Every offer is kept: the
// thread of them is the evidence that the price was talked about. Amounts are minor units.
type Change struct {
	ID          uuid.UUID
	CompanyID   uuid.UUID
	ContractID  uuid.UUID
	Number      int // counted within the contract
	Side        Party
	OfferedBy   uuid.UUID
	State       ChangeState
	Body        string // what was offered, the very text
	Hash        string // SHA-256 of it
	Answer      string // why it was declined
	Added       int64  // to the fee of the whole contract, without tax; negative: taken away
	TopUp       int64  // what has to be paid before it holds
	MilestoneID *uuid.UUID
	ExpiresAt   time.Time
	OfferedAt   time.Time
	SignedBy    *uuid.UUID
	SignedAt    *time.Time
	Version     *int // of the terms that it made
	EndedAt     *time.Time

	Draft    ChangeDraft `gorm:"-"`
	Was      Notice      `gorm:"-"` // where one change is read: the terms before and after, as the notice says them
	Is       Notice      `gorm:"-"`
	Refund   int64       `gorm:"-"` // what goes back when it holds
	Blocked  error       `gorm:"-"` // why it could not hold now
	Contract Contract    `gorm:"-"`
}

// TableName is where changes are kept.
func (Change) TableName() string { return "contract_changes" }

// Open reports whether it may still come to hold.
func (c Change) Open() bool { return changeMachine.Stands[c.State] != Stand{} }

// Can lists what a side may do now: sign, decline, counter, withdraw; top_up once it is signed and wants money.
func (c Change) Can(by Party) []string {
	var out []string
	for _, do := range changeMachine.Can(c.State, by) {
		if changeMachine.Allows(c.State, do, by, answer{c, by}) {
			out = append(out, do)
		}
	}
	if c.State == ChangeSigned && c.TopUp > 0 && by == TheCompany {
		out = append(out, "top_up")
	}
	return out
}

// offered fixes a draft as the text that is hashed.
func (c *Change) offered(d ChangeDraft, version int) error {
	body, err := json.Marshal(offeredChange{Schema: 1, Contract: c.ContractID, Number: c.Number, Version: version, Side: c.Side, ChangeDraft: d})
	c.Body, c.Hash, c.Draft = string(body), hashOf(body), d
	return err
}

// read takes the draft out of the text.
func (c *Change) read() error {
	var o offeredChange
	err := json.Unmarshal([]byte(c.Body), &o)
	c.Draft = o.ChangeDraft
	return err
}

// An alteration is what a change does to one milestone: Was is nil for a new one, Is for one that is dropped.
type alteration struct{ was, is *Milestone }

// A changePlan is what a change does to a contract.
type changePlan struct {
	alterations []alteration
	brief       string
	hourly      *market.Hourly // what is agreed by the hour from then on
	after       []Milestone    // all that count then, in order
	added       int64          // to the fee, without tax
	topUp       int64          // what has to be paid first
	tops        *uuid.UUID     // the milestone that this is for
	refund      int64          // what goes back
}

// Alterable reports whether a milestone's terms may still change.
func (m Milestone) Alterable() bool {
	switch m.State {
	case MilestoneDraft, MilestoneFunding, MilestonePartFunded:
		return true
	}
	return stands(m.State)
}

// counts reports whether a milestone is part of what the contract comes to.
func (m Milestone) counts() bool {
	switch m.State {
	case MilestoneCanceled, MilestoneRefunding, MilestoneRefunded, MilestoneChargedBack:
		return false
	}
	return true
}

// plan says what a draft of a side would do to a contract now, or why it may not. today is the company's.
func (d ChangeDraft) plan(r Rules, c Contract, side Party, today civil.Date) (changePlan, error) {
	p := changePlan{brief: c.Terms.Brief}
	switch {
	case d.Hours != nil:
		return p, ErrNotHourly.On("hours")
	case len([]rune(d.Scope)) > maxChangedScope:
		return p, market.ErrTooLong.On("scope").With("max", maxChangedScope)
	case len(d.Milestones) > maxOpenParts:
		return p, market.ErrTooManyParts.On("milestones").With("max", maxOpenParts)
	}
	if d.Scope != "" {
		p.brief = d.Scope
	}
	kept := map[uuid.UUID]bool{}
	for i, to := range d.Milestones {
		if err := to.check(today, i); err != nil {
			return p, err
		}
		a, err := c.altered(r, to, len(c.Milestones)+i+1)
		if err != nil {
			return p, err
		}
		if a.was != nil {
			if kept[a.was.ID] {
				return p, market.ErrNotFound
			}
			kept[a.was.ID] = true
		}
		p.alterations = append(p.alterations, a)
	}
	for i, m := range c.Milestones {
		if m.Alterable() && !kept[m.ID] {
			p.alterations = append(p.alterations, alteration{was: &c.Milestones[i]})
		}
		if m.counts() && !m.Alterable() {
			p.after = append(p.after, m)
		}
	}
	return p.weighed(d, c, side)
}

// altered is the milestone as it is to read, with its money computed anew where the fee or its day is another.
func (c Contract) altered(r Rules, to ChangedMilestone, position int) (alteration, error) {
	is := Milestone{ID: newID(), CompanyID: c.CompanyID, ContractID: c.ID, Position: position, State: MilestoneDraft, Rail: c.Terms.PaidBy(), Currency: c.Currency,
		PaymentDays: c.Terms.PaymentDays, AutoAcceptDays: c.Terms.AutoAcceptDays}
	var a alteration
	if to.ID != nil {
		i := slices.IndexFunc(c.Milestones, func(m Milestone) bool { return m.ID == *to.ID })
		switch {
		case i < 0:
			return a, market.ErrNotFound
		case !c.Milestones[i].Alterable():
			return a, ErrNotAlterable.With("title", c.Milestones[i].Title).With("state", word(string(c.Milestones[i].State)))
		}
		a.was, is = &c.Milestones[i], c.Milestones[i]
	}
	a.is = &is
	is.Title = to.Title
	if a.was != nil && is.Amount == to.Amount && is.DueOn == to.DueOn {
		return a, nil
	}
	is.DueOn = to.DueOn
	q := QuoteFor(r, market.Company{PlatformFeeBP: c.Terms.PlatformFeeBP, PaymentDays: is.PaymentDays}, cmp.Or(is.WithholdingCategory, c.Terms.WithholdingCategory),
		market.Money{Amount: to.Amount, Currency: c.Currency}, c.Terms.Payee, to.DueOn)
	is.Amount, is.Tax, is.Withheld, is.PlatformFee, is.PlatformTax, is.RulesVersion = q.Fee, q.Tax, q.Withheld, q.PlatformFee, q.PlatformTax, r.Version()
	return a, nil
}

// Limits of a change.
const (
	maxChangedTitle = 200
	maxChangedScope = 20_000
	maxOpenParts    = 20
	maxChangedFee   = 1_000_000_000_000
)

// check finds what is wrong with one line of an offer.
func (m ChangedMilestone) check(today civil.Date, i int) error {
	field := func(name string) string { return fmt.Sprintf("milestones[%d].%s", i, name) }
	switch {
	case strings.TrimSpace(m.Title) == "":
		return market.ErrRequired.On(field("title"))
	case len([]rune(m.Title)) > maxChangedTitle:
		return market.ErrTooLong.On(field("title")).With("max", maxChangedTitle)
	case m.Amount < smallestPayment:
		return market.ErrSmallestCharge.On(field("amount")).With("min", market.Yen(smallestPayment))
	case m.Amount > maxChangedFee:
		return market.ErrTooLong.On(field("amount")).With("max", maxChangedFee)
	case !m.DueOn.IsValid():
		return market.ErrDay.On(field("due_on")).With("value", m.DueOn)
	case m.ID == nil && m.DueOn.Before(today):
		return market.ErrPastDate.On(field("due_on")).With("date", m.DueOn)
	}
	return nil
}

// weighed holds the alterations to the law and sums what they come to.
func (p changePlan) weighed(d ChangeDraft, c Contract, side Party) (changePlan, error) {
	isNew := p.brief != c.Terms.Brief
	for _, a := range p.alterations {
		if err := a.lawful(d, side); err != nil {
			return p, err
		}
		if a.is != nil {
			p.after, p.added = append(p.after, *a.is), p.added+a.is.Amount
		}
		if a.was == nil {
			isNew = true
			continue
		}
		p.added -= a.was.Amount
		isNew = isNew || a.reads()
		switch more := a.owes(); {
		case more < 0:
			p.refund -= more
		case more > 0 && p.tops != nil:
			return p, ErrOneTopUp.On("milestones")
		case more > 0:
			p.topUp, p.tops = more, &a.was.ID
		}
	}
	slices.SortStableFunc(p.after, func(a, b Milestone) int { return a.Position - b.Position })
	switch {
	case !isNew:
		return p, ErrNothingChanged.On("milestones")
	case len(p.after) == 0:
		return p, market.ErrRequired.On("milestones")
	case p.topUp > 0 && p.topUp < smallestPayment:
		return p, market.ErrSmallestCharge.On("milestones").With("min", market.Yen(smallestPayment))
	}
	return p, nil
}

// owes is what has to be paid, or with a minus goes back, before a milestone that holds money reads as it is to. Where
// nothing is held, or not all, what is missing is paid when the work is to begin.
func (a alteration) owes() int64 {
	if a.was == nil || !a.was.holdsMoney() {
		return 0
	}
	if a.is == nil {
		return -a.was.Held()
	}
	more := a.is.Quote().Charge - a.was.Held()
	if a.was.State == MilestonePartFunded && more > 0 {
		return 0
	}
	return more
}

// lawful refuses what may not be done to a milestone any more.
func (a alteration) lawful(d ChangeDraft, side Party) error {
	if a.was == nil {
		return nil
	}
	less := a.is == nil || a.is.Amount < a.was.Amount
	switch was := a.was; {
	case !a.reads():
		return nil
	case was.Frozen != "":
		return ErrFrozen.With("reason", word(was.Frozen))
	case a.is != nil && was.ReceivedOn != nil && a.is.Title != was.Title && a.is.Amount == was.Amount:
		return ErrRedo.On("milestones").With("title", was.Title)
	case less && was.ReceivedOn == nil && was.StartedAt != nil && side == TheCompany:
		return ErrBegun.On("milestones").With("title", was.Title)
	case a.is == nil && was.State == MilestoneFunding:
		return ErrPageOpen.On("milestones").With("title", was.Title)
	}
	if a.is != nil && a.was.IsWeek() {
		return a.rateChange(d).Refused()
	}
	return a.feeChange(d).Refused()
}

// feeChange is what the alteration does to the fee. A change that takes work out drops the milestone, renames it, or says in
// the scope what falls away.
func (a alteration) feeChange(d ChangeDraft) FeeChange {
	f := FeeChange{Was: a.was.Quote().Money(a.was.Amount), Is: a.was.Quote().Money(0), Received: a.was.ReceivedOn != nil, LessWork: true}
	if a.is != nil {
		f.Is.Amount, f.LessWork = a.is.Amount, d.Scope != "" || a.is.Title != a.was.Title
	}
	return f
}
