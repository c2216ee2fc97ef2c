package web

import (
	"context"
	"slices"
	"strings"

	"cloud.google.com/go/civil"

	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/market"
)

var contractTones = map[billing.ContractState]ui.Tone{billing.ContractActive: ui.Now, billing.ContractCompleted: ui.Good,
	billing.ContractPaused: ui.Warn, billing.ContractTerminated: ui.Bad}

func contractMark(ctx context.Context, s billing.ContractState) ui.Mark {
	return ui.Mark{Text: ui.T(ctx, "state.contract."+string(s)), Tone: contractTones[s]}
}

var milestoneTones = map[billing.MilestoneState]ui.Tone{
	billing.MilestoneFunding: ui.Warn, billing.MilestonePartFunded: ui.Warn, billing.MilestoneFunded: ui.Now, billing.MilestoneInProgress: ui.Now, billing.MilestoneSubmitted: ui.Now,
	billing.MilestoneChangesRequested: ui.Warn, billing.MilestoneAccepted: ui.Good, billing.MilestoneReleasing: ui.Good,
	billing.MilestoneReleased: ui.Good, billing.MilestonePaid: ui.Good, billing.MilestonePayoutFailed: ui.Bad, billing.MilestoneRefunding: ui.Warn,
	billing.MilestoneChargedBack: ui.Bad, billing.MilestoneReversed: ui.Bad,
}

// worded is the sentence of a contract's page, in the words for a referral's fee where that is what is paid: nothing is delivered then.
func (c contractView) worded(key string) string {
	if c.contract.Referral && known("fee."+key) {
		return "fee." + key
	}
	return key
}

func milestoneMark(ctx context.Context, s billing.MilestoneState) ui.Mark {
	return ui.Mark{Text: ui.T(ctx, "state.milestone."+string(s)), Tone: milestoneTones[s]}
}

func milestonePath(m billing.Milestone) string { return "/milestones/" + m.ID.String() }

// owners say whose turn it is in a state; nobody's in the others.
var owners = map[billing.MilestoneState]billing.Party{
	billing.MilestoneDraft: billing.TheCompany, billing.MilestoneFunding: billing.TheCompany, billing.MilestonePartFunded: billing.TheCompany, billing.MilestoneFunded: billing.TheAlumnus,
	billing.MilestoneInProgress: billing.TheAlumnus, billing.MilestoneChangesRequested: billing.TheAlumnus, billing.MilestoneSubmitted: billing.TheCompany,
	billing.MilestonePayoutFailed: billing.TheAlumnus,
}

// turn is whose turn it is with a milestone: what is paid for later is begun and delivered without funding, and is owed
// once it is accepted.
func turn(m billing.Milestone) billing.Party {
	switch {
	case !m.Rail.PaysLater():
	case m.State == billing.MilestoneDraft:
		return billing.TheAlumnus
	case m.State == billing.MilestoneAccepted, m.State == billing.MilestoneReleasing && m.PaidIn == 0:
		return billing.TheCompany
	}
	return owners[m.State]
}

// mine reports whether the contract waits for the reader's side.
func mine(c contractView, m billing.Milestone) bool {
	switch {
	case m.Frozen != "":
		return false
	case strings.HasPrefix(m.HoldReason, "payout_account") && c.side == billing.TheAlumnus:
		return true
	}
	return c.contract.State == billing.ContractActive && turn(m) == c.side
}

// stepText says what happens next with a milestone, to the side that reads.
func stepText(ctx context.Context, c contractView, m billing.Milestone) string {
	key := c.worded("next." + string(m.State) + "." + string(c.side))
	if m.State == billing.MilestoneReleasing && m.HoldReason != "" {
		key = "next.held." + string(c.side)
	}
	if later := "next.later." + string(m.State) + "." + string(c.side); m.Rail.PaysLater() && known(later) {
		key = later
	}
	if c.waits(m) {
		key = "next.transfer.company"
		if m.Rail.PaysLater() {
			key = "next.transfer.later"
		}
	}
	if m.Frozen != "" {
		key = "next.frozen." + m.Frozen
	}
	auto := ""
	if m.AutoAcceptAt != nil {
		auto = ui.Day(ctx, civil.DateOf(m.AutoAcceptAt.In(ui.FrameOf(ctx).Zone)).AddDays(-1))
	}
	return ui.T(ctx, key, "name", otherName(c), "day", auto, "due", ui.ShortDay(ctx, m.DueOn),
		"missing", m.Quote().Money(m.Missing()).String())
}

func otherName(c contractView) string {
	if c.side == billing.TheAlumnus {
		return c.contract.CompanyName
	}
	return c.contract.PersonName
}

// netOf is what the alumnus gets for one milestone of several, as the reader's side says it.
func netOf(ctx context.Context, c contractView, m billing.Milestone) string {
	if len(c.contract.Milestones) == 1 { // the contract's own line says it
		return ""
	}
	return ui.T(ctx, "milestone.net."+string(c.side), "amount", m.Quote().Money(m.Quote().Net).String())
}

// titleOf is the milestone that a step was about.
func (c contractView) titleOf(s billing.Step) string {
	for _, m := range c.contract.Milestones {
		if m.ID == s.MilestoneID {
			return m.Title
		}
	}
	return ""
}

// payBy is the day by which the law wants the fee paid, once the work was received.
func payBy(ctx context.Context, m billing.Milestone) string {
	if m.PayBy == nil || m.State == billing.MilestonePaid {
		return ""
	}
	return ui.T(ctx, "milestone.pay.by", "day", ui.ShortDay(ctx, *m.PayBy))
}

// paidFrom says on which day the company's own bank pays a milestone, or has paid it.
func paidFrom(ctx context.Context, c contractView, m billing.Milestone) string {
	switch {
	case m.Rail != market.BankFile || m.ReleasedAt == nil || m.State == billing.MilestonePayoutFailed:
		return ""
	case m.PaidAt != nil:
		return ui.T(ctx, "milestone.paid.from", "name", c.contract.CompanyName, "day", dayOf(ctx, *m.PaidAt))
	}
	return ui.T(ctx, "milestone.pays.from", "name", c.contract.CompanyName, "day", dayOf(ctx, *m.ReleasedAt))
}

// way is the road of a milestone in the order of its stages.
var way = []struct {
	key    string
	states []billing.MilestoneState // in which this stage is what goes on
}{
	{"way.funded", []billing.MilestoneState{billing.MilestoneDraft, billing.MilestoneFunding, billing.MilestonePartFunded}},
	{"way.delivered", []billing.MilestoneState{billing.MilestoneFunded, billing.MilestoneInProgress, billing.MilestoneChangesRequested}},
	{"way.accepted", []billing.MilestoneState{billing.MilestoneSubmitted}},
	{"way.paid", []billing.MilestoneState{billing.MilestoneAccepted, billing.MilestoneReleasing, billing.MilestoneReleased, billing.MilestonePayoutFailed}},
}

// wayOf is the timeline of a milestone with its next step named for the reader.
func wayOf(ctx context.Context, c contractView, m billing.Milestone) []ui.Step {
	steps := []ui.Step{{Title: ui.T(ctx, "history.agreed"), Note: ui.Moment(ctx, c.contract.CreatedAt), State: "done"}}
	stages := way
	if m.Rail.PaysLater() {
		stages = way[1:]
	}
	at := len(stages)
	for i, stage := range stages {
		if slices.Contains(stage.states, m.State) {
			at = i
		}
	}
	if m.Rail.PaysLater() && m.State == billing.MilestoneDraft {
		at = 0
	}
	for i, stage := range stages {
		step := ui.Step{Title: ui.T(ctx, stage.key), State: "todo"}
		switch {
		case i < at:
			step.State = "done"
		case i == at:
			step.State, step.Note = "now", stepText(ctx, c, m)
		}
		steps = append(steps, step)
	}
	return steps
}

// path is the last part of the address that takes the step.
func (s saying) path() string {
	if s.do == "request_changes" {
		return "request-changes"
	}
	return s.do
}

// partID tells the amounts of several milestones on one page apart.
func partID(m billing.Milestone, fault ui.Fault) string {
	if fault.Sentence != "" {
		return ""
	}
	return "f-part-" + m.ID.String()
}

// controlID tells the messages of several milestones on one page apart. A form shown again has the page to itself.
func (s saying) controlID(m billing.Milestone, fault ui.Fault) string {
	if fault.Sentence != "" {
		return ""
	}
	return "f-" + s.do + "-" + m.ID.String()
}
