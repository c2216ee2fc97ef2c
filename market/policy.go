package market

import (
	"slices"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// An Action is something that somebody may or may not do at a company.
type Action string

// The actions. A route names the one it needs; the use case asks again with the company at hand.
const (
	ManagePeople   Action = "manage_people"   // import, invite, see every member
	SeePeople      Action = "see_people"      // the directory
	ManageSkills   Action = "manage_skills"   // the company's own skills: names, links, merging
	PostTasks      Action = "post_tasks"      // post, edit, publish, cancel, invite, counter, shortlist, accept
	SeeTasks       Action = "see_tasks"       // every task of the company, drafts included
	BidOnTasks     Action = "bid_on_tasks"    // on a task one can see, as an alumnus or from outside
	SeeContracts   Action = "see_contracts"   // every contract of the company
	RunContracts   Action = "run_contracts"   // fund, accept, ask for changes
	DeliverWork    Action = "deliver_work"    // start, submit: the contract's own alumnus
	SeeMoney       Action = "see_money"       // ledger, payouts, reconciliation, exports
	ReconcileMoney Action = "reconcile_money" // start a reconciliation
	KeepBooks      Action = "keep_books"      // the names that exports use; files for the bookkeeping
	SettleMoney    Action = "settle_money"    // send a failed refund again, answer a chargeback, ask for a reversal
	ApproveMoney   Action = "approve_money"   // say yes or no to what somebody else asks about money
	PayBills       Action = "pay_bills"       // pay by bank transfer or saved card, apply the company's cash
	SweepRevenue   Action = "sweep_revenue"   // send what the platform has earned to its bank
	RuleDisputes   Action = "rule_disputes"   // decide, with somebody else, what the parties could not settle
	Administer     Action = "administer"      // roles, rules, constants
	SeeRules       Action = "see_rules"       // the statutory rules, and say yes or no to a row that somebody else asks for
	ClearCautions  Action = "clear_cautions"  // give the second look that an award may need
	DraftRules     Action = "draft_rules"     // ask for a row: an administrator of the company's own, an operator of everybody's
	SetStatute     Action = "set_statute"     // add to the rules of the whole installation
	ManageBudgets  Action = "manage_budgets"  // purchase orders and cost centres
	ApproveSpend   Action = "approve_spend"   // say yes or no to what a task may cost
	SeeLog         Action = "see_log"         // who did what, and take it out as a file
	RunEvents      Action = "run_events"      // make events, and everything that one of their hosts may
	PublishNews    Action = "publish_news"    // write news and see how many read it
	SeeReturns     Action = "see_returns"     // see who would come back, and see to it

	HandleReports Action = "handle_reports" // look into what is reported, as far as it is not about oneself: see report.go

	RunReferrals    Action = "run_referrals"    // the programmes by which people introduce customers, and what came of them
	FollowReferrals Action = "follow_referrals" // see customers who agreed to be introduced, and take them through the stages
)

// policy is the whole of who may do what. An administrator may do everything but act as an alumnus or for the installation.
var policy = map[Action][]Role{
	ManagePeople:   {Administrator, Office},
	SeePeople:      {Administrator, Office, Manager},
	ManageSkills:   {Administrator, Office},
	PostTasks:      {Administrator, Manager},
	SeeTasks:       {Administrator, Manager, Approver, Finance, Office},
	BidOnTasks:     {Alumnus, Outsider},
	SeeContracts:   {Administrator, Manager, Approver, Finance},
	RunContracts:   {Administrator, Manager},
	DeliverWork:    {Alumnus, Outsider},
	SeeMoney:       {Administrator, Finance},
	ReconcileMoney: {Administrator, Finance},
	KeepBooks:      {Administrator, Finance},
	SettleMoney:    {Administrator, Finance},
	ApproveMoney:   {Administrator, Approver, Finance},
	PayBills:       {Administrator, Manager, Finance},
	SweepRevenue:   {Operator},
	RuleDisputes:   {Administrator, Approver, Operator},
	Administer:     {Administrator},
	SeeRules:       {Administrator, Approver, Finance, Operator},
	DraftRules:     {Administrator, Operator},
	SetStatute:     {Operator},
	ClearCautions:  {Administrator, Approver, Office},
	ManageBudgets:  {Administrator, Finance},
	ApproveSpend:   {Administrator, Approver},
	SeeLog:         {Administrator},
	RunEvents:      {Administrator, Office},
	PublishNews:    {Administrator, Office},
	SeeReturns:     {Administrator, Office},

	HandleReports: {Administrator, Operator},

	RunReferrals:    {Administrator, Office},
	FollowReferrals: {Administrator, Office, Manager},
}

// Permissions are the actions that a company's own roles can be made of, in the order in which people choose them: all that
// an administrator may do, but asking for statutory rules, which stays with administrators. What is left is an alumnus's own,
// or the installation's.
var Permissions = []Action{SeeTasks, PostTasks, SeePeople, ManagePeople, ManageSkills, RunEvents, PublishNews, SeeReturns, RunReferrals, FollowReferrals, SeeContracts, RunContracts, ClearCautions, RuleDisputes,
	ApproveSpend, ManageBudgets, SeeMoney, PayBills, SettleMoney, ApproveMoney, ReconcileMoney, KeepBooks, SeeRules, SeeLog, HandleReports, Administer}

// RolesFor lists who may do the action, for documents and for the test over the route table.
func RolesFor(a Action) []Role { return slices.Clone(policy[a]) }

// May answers whether the actor may do the action at the company: nil, ErrForbidden for a colleague without the
// role, ErrThroughProvider for one whose roles wait, ErrNotFound for everybody else, who shall not learn that the thing exists.
func (a Actor) May(do Action, company uuid.UUID) error {
	switch {
	case a.can(do, company):
		return nil
	case slices.Contains(a.Withheld, company):
		return ErrThroughProvider
	case a.Belongs(company):
		return ErrForbidden.With("action", string(do))
	}
	return ErrNotFound
}

// can reports whether one of the actor's roles at the company carries the action.
func (a Actor) can(do Action, company uuid.UUID) bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.CompanyID == company && g.carries(do) })
}

// MayAnywhere answers for an action that names no company yet: nil when the actor may do it at one company at
// least, ErrForbidden otherwise.
func (a Actor) MayAnywhere(do Action) error {
	switch {
	case len(a.Companies(do)) > 0:
		return nil
	case len(a.Withheld) > 0:
		return ErrThroughProvider
	}
	return ErrForbidden.With("action", string(do))
}

// VisibleBids narrows a query over bids: managers see those of their company, alumni their own.
func (a Actor) VisibleBids(q *gorm.DB) *gorm.DB {
	return q.Where("(bids.company_id IN ? OR bids.membership_id IN ?) AND NOT "+keptPapers("bids.person_id"),
		orNone(a.Companies(PostTasks)), orNone(a.Memberships()))
}

// VisibleContracts narrows a query over contracts: the company's own people by role, alumni their own. What a law has kept of
// somebody who was forgotten is in no list.
func (a Actor) VisibleContracts(q *gorm.DB) *gorm.DB {
	return a.contracts(q).Where("NOT " + keptPapers("contracts.person_id"))
}

// ReadableContracts narrows a query over contracts, of which one is opened, and says of each in the column kept whether a law has it
// kept of somebody who was forgotten: finance reads that, and a look is to be noted, see [NoteLook]. The column referral says whether it
// pays the fee of one.
func (a Actor) ReadableContracts(q *gorm.DB) *gorm.DB {
	kept := keptPapers("contracts.person_id")
	return a.contracts(q).Where("(NOT "+kept+" OR contracts.company_id IN ?)", orNone(a.Companies(SeeMoney))).
		Select("contracts.*, " + kept + " AS kept, EXISTS (SELECT 1 FROM tasks fee WHERE fee.id = contracts.task_id AND fee.fee_id IS NOT NULL) AS referral")
}

func (a Actor) contracts(q *gorm.DB) *gorm.DB {
	return q.Where("(contracts.company_id IN ? OR contracts.membership_id IN ?)",
		orNone(a.Companies(SeeContracts)), orNone(a.Memberships()))
}

// VisibleThreads narrows a query over threads: the company's people see what is about things that they may see, alumni their
// own. It says in SQL what [Thread.MayRead] says of one.
func (a Actor) VisibleThreads(q *gorm.DB) *gorm.DB {
	return q.Where(`(threads.person_id = ? OR threads.kind = 'task' AND threads.company_id IN ? OR threads.kind = 'bid' AND threads.company_id IN ?
		OR threads.kind = 'contract' AND threads.company_id IN ? OR threads.kind = 'referral' AND threads.company_id IN ?)`, a.Self(), orNone(a.Companies(threadReaders[AboutTask])),
		orNone(a.Companies(threadReaders[AboutBid])), orNone(a.Companies(threadReaders[AboutContract])), orNone(a.Companies(threadReaders[AboutReferral])))
}

// VisibleReferrals narrows a query over referrals: people see those that they made, and a company's people by role the ones whose
// customer has said yes, be it that they took it back. Whom a provider vouched for sees its company's alone.
func (a Actor) VisibleReferrals(q *gorm.DB) *gorm.DB {
	if a.Through != uuid.Nil {
		q = q.Where("referrals.company_id = ?", a.Through)
	}
	return q.Where("(referrals.person_id = ? OR referrals.company_id IN ? AND referrals.agreed_at IS NOT NULL)", a.PersonID, orNone(a.Companies(FollowReferrals)))
}

// orNone keeps "IN ()" true to its meaning where the list is empty.
func orNone(ids []uuid.UUID) []uuid.UUID {
	if len(ids) == 0 {
		return []uuid.UUID{uuid.Nil}
	}
	return ids
}

// MayHost answers whether the actor may run an event: nil for the company's office, and for one of its hosts while they belong to
// the company, of exactly that event. ErrForbidden for everybody else; whoever does not even see it was told ErrNotFound before.
func (a Actor) MayHost(e Event, hosts []uuid.UUID) error {
	if a.can(RunEvents, e.CompanyID) {
		return nil
	}
	if a.InNetwork(e.CompanyID) && (a.Through == uuid.Nil || a.Through == e.CompanyID) && slices.Contains(hosts, a.PersonID) {
		return nil
	}
	return ErrForbidden.With("action", string(RunEvents))
}
