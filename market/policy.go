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
	PostTasks      Action = "post_tasks"      // post, edit, publish, cancel, invite, counter, shortlist, accept
	SeeTasks       Action = "see_tasks"       // every task of the company, drafts included
	BidOnTasks     Action = "bid_on_tasks"    // as an alumnus, on a task one can see
	SeeContracts   Action = "see_contracts"   // every contract of the company
	RunContracts   Action = "run_contracts"   // fund, accept, ask for changes
	DeliverWork    Action = "deliver_work"    // start, submit: the contract's own alumnus
	SeeMoney       Action = "see_money"       // ledger, payouts, reconciliation, exports
	ReconcileMoney Action = "reconcile_money" // start a reconciliation
	Administer     Action = "administer"      // roles, rules, constants
)

// policy is the whole of who may do what. An administrator may do everything but act as an alumnus.
var policy = map[Action][]Role{
	ManagePeople:   {Administrator, Office},
	SeePeople:      {Administrator, Office, Manager},
	PostTasks:      {Administrator, Manager},
	SeeTasks:       {Administrator, Manager, Approver, Finance, Office},
	BidOnTasks:     {Alumnus},
	SeeContracts:   {Administrator, Manager, Approver, Finance},
	RunContracts:   {Administrator, Manager},
	DeliverWork:    {Alumnus},
	SeeMoney:       {Administrator, Finance},
	ReconcileMoney: {Administrator, Finance},
	Administer:     {Administrator},
}

// RolesFor lists who may do the action, for documents and for the test over the route table.
func RolesFor(a Action) []Role { return slices.Clone(policy[a]) }

// May answers whether the actor may do the action at the company: nil, ErrForbidden for a colleague without the
// role, ErrNotFound for everybody else, who shall not learn that the thing exists.
func (a Actor) May(do Action, company uuid.UUID) error {
	switch {
	case a.Is(company, policy[do]...):
		return nil
	case a.Belongs(company):
		return ErrForbidden.With("action", string(do))
	}
	return ErrNotFound
}

// MayAnywhere answers for an action that names no company yet: nil when the actor may do it at one company at
// least, ErrForbidden otherwise.
func (a Actor) MayAnywhere(do Action) error {
	if len(a.Companies(policy[do]...)) == 0 {
		return ErrForbidden.With("action", string(do))
	}
	return nil
}

// VisibleTasks narrows a query over tasks to what the actor may see: all of a company's for those who may, and for
// its alumni the published ones that are meant for them, plus those they were invited to or have bid on.
func (a Actor) VisibleTasks(q *gorm.DB) *gorm.DB {
	mine := a.Memberships()
	if len(mine) == 0 {
		return q.Where("tasks.company_id IN ?", orNone(a.Companies(policy[SeeTasks]...)))
	}
	return q.Where(`(tasks.company_id IN ? OR tasks.state <> 'draft' AND EXISTS (
		SELECT 1 FROM memberships m WHERE m.id IN ? AND m.company_id = tasks.company_id AND (`+reaches+`
		  OR EXISTS (SELECT 1 FROM invitations i WHERE i.task_id = tasks.id AND i.membership_id = m.id)
		  OR EXISTS (SELECT 1 FROM bids b WHERE b.task_id = tasks.id AND b.membership_id = m.id))))`,
		orNone(a.Companies(policy[SeeTasks]...)), mine)
}

// reaches is the visibility rule as SQL over tasks and m (memberships): whom a task is shown to. [Visibility.Reaches]
// says the same in Go; a test holds the two together.
const reaches = `(tasks.state = 'published' AND CASE tasks.visibility->>'kind'
	WHEN 'own_alumni' THEN true
	WHEN 'named' THEN jsonb_exists(tasks.visibility->'membership_ids', m.id::text)
	WHEN 'rule' THEN EXISTS (SELECT 1 FROM stints s WHERE s.membership_id = m.id AND jsonb_exists(tasks.visibility->'departments', s.department_id::text))
	ELSE false END)`

// VisibleBids narrows a query over bids: managers see those of their company, alumni their own.
func (a Actor) VisibleBids(q *gorm.DB) *gorm.DB {
	return q.Where("(bids.company_id IN ? OR bids.membership_id IN ?)",
		orNone(a.Companies(policy[PostTasks]...)), orNone(a.Memberships()))
}

// VisibleContracts narrows a query over contracts: the company's own people by role, alumni their own.
func (a Actor) VisibleContracts(q *gorm.DB) *gorm.DB {
	return q.Where("(contracts.company_id IN ? OR contracts.membership_id IN ?)",
		orNone(a.Companies(policy[SeeContracts]...)), orNone(a.Memberships()))
}

// orNone keeps "IN ()" true to its meaning where the list is empty.
func orNone(ids []uuid.UUID) []uuid.UUID {
	if len(ids) == 0 {
		return []uuid.UUID{uuid.Nil}
	}
	return ids
}
