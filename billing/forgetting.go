package billing

import (
	"homecoming/internal/problem"
	"homecoming/market/personal"
)

// What somebody has to clear who wants to be forgotten.
var (
	ErrContractRuns = problem.Define(problem.Conflict, "contract_runs",
		"{what} still runs. Finish it, or end it with notice, first.", "{what}が進行中です。先に完了するか、契約終了の手続きを行ってください。")
	ErrWorkUnpaid = problem.Define(problem.Conflict, "work_unpaid",
		"{what} is not paid or settled yet. Wait for the money, or settle with the company, first.", "{what}の支払いまたは精算が完了していません。入金を待つか、会社との精算を済ませてください。")
	ErrDisputeRuns = problem.Define(problem.Conflict, "dispute_runs",
		"There is an open dispute or chargeback about {what}. It has to be settled first.", "{what}について、未解決の申し立てまたはチャージバックがあります。先に解決してください。")
	ErrOwing = problem.Define(problem.Conflict, "owing",
		"Something is still owed between you and {what}. Settle it first.", "{what}との間に未精算の金額があります。先に精算してください。")
	ErrAccountLinked = problem.Define(problem.Conflict, "payout_account_open",
		"You have an account at the payment provider through us. Close it there, or ask the operator to, first, so that nothing of it stays behind.",
		"決済会社に受取口座が登録されています。先に決済会社で解約するか、運用担当者へ解約をご依頼ください。")
)

// People is what erasing somebody has to know of this room: whoever has work under way clears it first, and what was dealt with them
// is kept for as long as books are.
var People = personal.Room{
	Tables: PersonalData,
	Obstacles: []personal.Obstacle{
		{Err: ErrContractRuns, SQL: "SELECT " + contractCalled + ofPerson + " AND c.state IN ('active', 'paused') ORDER BY c.id LIMIT 1"},
		{Err: ErrDisputeRuns, SQL: "SELECT " + milestoneCalled + milestonesOfPerson + ` AND (EXISTS (SELECT 1 FROM disputes d WHERE d.milestone_id = m.id AND d.state IN ('open', 'for_ruling', 'proposed_ruling'))
			OR EXISTS (SELECT 1 FROM chargebacks b WHERE b.milestone_id = m.id AND b.state IN ('inquiry', 'needs_response', 'under_review'))) ORDER BY m.id LIMIT 1`},
		{Err: ErrWorkUnpaid, SQL: "SELECT " + milestoneCalled + milestonesOfPerson + " AND m.state NOT IN ('paid', 'refunded', 'canceled', 'charged_back', 'reversed') ORDER BY m.id LIMIT 1"},
		{Err: ErrOwing, SQL: `SELECT co.name FROM ledger_postings p JOIN companies co ON co.id = p.company_id WHERE p.account IN ('receivable:freelancer:' || @person, 'payable:' || @person)
			GROUP BY p.account, p.currency, co.id HAVING sum(p.amount) <> 0 ORDER BY co.id LIMIT 1`},
		{Err: ErrAccountLinked, SQL: "SELECT '' FROM payout_accounts WHERE person_id = @person AND state <> 'deauthorized'"},
	},
	Dealt: `SELECT greatest(created_at, completed_at)::date FROM contracts WHERE person_id = @person
		UNION ALL SELECT m.updated_at::date FROM milestones m JOIN contracts c ON c.id = m.contract_id WHERE c.person_id = @person
		UNION ALL SELECT day FROM issued_documents WHERE person_id = @person
		UNION ALL SELECT updated_at::date FROM payouts WHERE person_id = @person`,
}

const (
	contractCalled     = "'C-' || c.number || ' (' || co.name || ')'"
	ofPerson           = " FROM contracts c JOIN companies co ON co.id = c.company_id WHERE c.person_id = @person"
	milestoneCalled    = "'C-' || c.number || '-' || m.position || ' (' || co.name || ')'"
	milestonesOfPerson = " FROM milestones m JOIN contracts c ON c.id = m.contract_id JOIN companies co ON co.id = c.company_id WHERE c.person_id = @person"
)
