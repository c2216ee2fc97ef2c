package billing

import "homecoming/market"

// OwnTables are what this room keeps about a person who works, as they may take it out. Account numbers stay behind: they are
// sealed, and shown where they are set.
var OwnTables = []market.OwnTable{
	{Name: "contracts", Query: `SELECT c.id, o.name AS company, c.number, c.title, c.state, c.amount, c.currency, c.deliver_on, c.version, c.ends_on, c.notice_on, c.created_at, c.completed_at
		FROM contracts c JOIN companies o ON o.id = c.company_id WHERE c.person_id = @person ORDER BY c.created_at, c.id`},
	{Name: "milestones", Query: `SELECT m.id, m.contract_id AS contract, m.position, m.title, m.state, m.currency, m.amount, m.tax, m.withheld, m.due_on, m.received_on, m.pay_by, m.accepted_at, m.released_at, m.paid_at
		FROM milestones m JOIN contracts c ON c.id = m.contract_id WHERE c.person_id = @person ORDER BY c.created_at, m.position, m.id`},
	{Name: "timesheets", Query: `SELECT milestone_id AS milestone, day, minutes, note, at FROM timesheet_entries WHERE person_id = @person ORDER BY at, id`},
	{Name: "payouts", Query: `SELECT id, amount, currency, state, arrives_on, failure, created_at FROM payouts WHERE person_id = @person ORDER BY created_at, id`},
}
