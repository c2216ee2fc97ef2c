package web

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/market"
	"homecoming/matching"
)

// A taskView is a task as those who run it see it.
type taskView struct {
	task       market.Task
	facts      []string
	skills     []ui.Chip
	licences   []string // what its skills are reserved for
	mayPost    bool
	ranked     ranked
	invited    map[string]int // how many invitations stand in each state
	bids       []bidRow
	department map[uuid.UUID]string
	reached    matching.Reached
	talks      []market.Conversation
	answers    []market.Clarification
	who        market.Actor
	spending   spendingCard
}

// A bidRow is one bid in the comparison.
type bidRow struct {
	bid    market.Bid
	name   string
	score  *ui.Score
	charge market.Money // what the company is charged in all
}

// getTask shows a task to those who run it, and to an alumna with the form for her bid.
func (v *visit) getTask() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	t, err := v.Market.Task(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	if v.who.May(market.SeeTasks, t.CompanyID) != nil {
		return v.showWork(id)
	}
	view, err := v.taskView(t)
	if err != nil {
		return err
	}
	return v.ok(taskPage(view))
}

func (v *visit) taskView(t market.Task) (taskView, error) {
	view := taskView{task: t, mayPost: v.who.May(market.PostTasks, t.CompanyID) == nil}
	names, err := v.skillNames(t)
	if err != nil {
		return view, err
	}
	view.skills = wanted(v.ctx, t, names)
	if view.licences, err = v.Market.Licences(v.ctx, t.ID); err != nil {
		return view, err
	}
	if view.department, err = v.departments(); err != nil {
		return view, err
	}
	view.who = v.who
	if view.talks, err = v.Market.Threads(v.ctx, v.who, market.ThreadFilter{Task: t.ID, All: true, Limit: pageSize}); err != nil {
		return view, err
	}
	if view.answers, err = v.Market.Clarifications(v.ctx, v.who, t.ID); err != nil {
		return view, err
	}
	view.facts = append(taskFacts(v.ctx, t, view.department), v.reach(t, view.department))
	if !view.mayPost {
		return view, nil
	}
	if err := v.addCandidates(&view); err != nil {
		return view, err
	}
	if view.spending, err = v.spendingOf(t); err != nil {
		return view, err
	}
	return view, v.addBids(&view)
}

// reach says in words whom a task is shown to.
func (v *visit) reach(t market.Task, departments map[uuid.UUID]string) string {
	switch t.Visibility.Kind {
	case market.ByRule:
		return v.ruleText(t.Visibility, departments)
	case market.ToPartners:
		return v.t("reach.partners")
	case market.ToEveryone:
		return v.t("reach.open")
	case market.Named:
		return v.t("reach.named", "n", len(t.Visibility.MembershipIDs))
	}
	return v.t("reach.own_alumni")
}

// addCandidates ranks, while the task can still be given away.
func (v *visit) addCandidates(view *taskView) error {
	t := view.task
	if t.State != market.Draft && t.State != market.Published {
		return nil
	}
	invitations, err := v.Market.Invitations(v.ctx, v.who, t.ID)
	if err != nil {
		return err
	}
	states := make(map[uuid.UUID]string, len(invitations))
	view.invited = map[string]int{}
	for _, i := range invitations {
		states[i.MembershipID] = i.State
		view.invited[i.State]++
	}
	if view.reached, err = v.Matching.TaskReaches(v.ctx, v.who, t.ID); err != nil {
		return err
	}
	r, err := v.Matching.Rank(v.ctx, v.who, t.ID, matching.Query{Limit: 20})
	if err != nil {
		return err
	}
	view.ranked = v.rank(r, states)
	return nil
}

// addBids reads the bids, shortlisted ones first and those put aside last.
func (v *visit) addBids(view *taskView) error {
	t := view.task
	bids, err := v.Market.Bids(v.ctx, v.who, t.ID, uuid.Nil, 100)
	if err != nil || len(bids) == 0 {
		return err
	}
	company, err := v.Market.Company(v.ctx, v.who, t.CompanyID)
	if err != nil {
		return err
	}
	rules, err := v.Billing.Rules(v.ctx, company.ID)
	if err != nil {
		return err
	}
	scores := map[string]*ui.Score{}
	for i := range view.ranked.people {
		scores[view.ranked.people[i].ID] = &view.ranked.people[i].Score
	}
	for _, b := range bids {
		m, err := v.Market.Member(v.ctx, v.who, b.MembershipID)
		if err != nil {
			return err
		}
		q := billing.QuoteOffer(rules, company, t.WithholdingCategory, b.Terms(), m.Payee)
		view.bids = append(view.bids, bidRow{b, m.Name, scores[b.MembershipID.String()], q.Money(q.Charge)})
	}
	slices.SortStableFunc(view.bids, func(a, b bidRow) int { return cmp.Compare(rankOf(a.bid), rankOf(b.bid)) })
	return nil
}

// rankOf orders bids by what the manager decided about them.
func rankOf(b market.Bid) int {
	switch {
	case b.State == market.Accepted:
		return 0
	case b.State != market.Open:
		return 4
	case b.Archived:
		return 3
	case b.Shortlisted:
		return 1
	}
	return 2
}

func joined(ctx context.Context, list []string) string {
	out := ""
	for i, s := range list {
		if i > 0 {
			out += ui.T(ctx, "list.comma")
		}
		out += s
	}
	return out
}

func label(t market.Task) string { return "T-" + strconv.Itoa(t.Number) }

// open counts the bids that can be accepted.
func (t taskView) open() (n int) {
	for _, b := range t.bids {
		if b.bid.State == market.Open {
			n++
		}
	}
	return n
}

// uninvited are those of the list who can still be invited.
func (t taskView) uninvited() (n int) {
	for _, p := range t.ranked.people {
		if p.Invited == "" {
			n++
		}
	}
	return n
}
