package billing

import "homecoming/market/personal"

// Whose rows are: of the person who works under a contract. What either side wrote about it is a paper of the same dealing.
const (
	byContract  = "contract_id IN (SELECT id FROM contracts WHERE person_id = @person)"
	byMilestone = "milestone_id IN (SELECT m.id FROM milestones m JOIN contracts c ON c.id = m.contract_id WHERE c.person_id = @person)"
	byAccount   = "account IN (SELECT provider_id FROM payout_accounts WHERE person_id = @person)"
	byPayment   = "id IN (SELECT line_id FROM pay_items WHERE person_id = @person UNION SELECT return_id FROM pay_items WHERE person_id = @person)"
	// Records of a year name everybody whom the company paid; with those of the person's last year their own time is over too.
	oldRecords = "person_id IS NULL AND company_id IN (SELECT company_id FROM contracts WHERE person_id = @person) AND make_date(extract(year FROM day)::int + 9, 3, 1) <= CAST(@now AS date)"
	noText     = "='{}'"                            // which still reads as JSON
	noTextHash = "=encode(sha256('{}'),'hex')"      // of that
	noHash     = "=encode(sha256(''::bytea),'hex')" // of nothing
)

var (
	ones        = personal.Of("person_id = @person")
	ofContract  = personal.Of(byContract)
	ofMilestone = personal.Of(byMilestone)
)

// Why some of a person's rows do not come out with their own data.
const (
	inContract = "a paper of a contract, which both sides open there"
	companys   = "the company's own books of what it paid"
	provider   = "how the program spoke with the payment provider, which tells the person what it keeps"
)

// PersonalData says of every table of this room what in it is about a person and what erasing them does with it. Nearly all is
// books, or papers that prove them, and is kept for as long as those: an entry names a person by an id alone.
var PersonalData = []personal.Table{
	personal.On("payee_accounts", personal.Points("person_id"), ones.Gone("details masked")).LeftOut("an account number is sealed, and shown where it is set"),
	personal.On("export_pieces", personal.Of("company_id IN (SELECT company_id FROM contracts WHERE person_id = @person)").Gone("body")).LeftOut(companys),
	personal.On("provider_events", personal.Nothing("type object api_version problem"), personal.Points("account"),
		personal.Of(byAccount+" AND type LIKE 'account.%'").Erased("payload='{}'"), personal.Of(byAccount+" AND type NOT LIKE 'account.%'").Erased("payload='{}'").Until(personal.Books)).LeftOut(provider),
	personal.On("operations", personal.Points("person_id"), personal.Nothing("input_hash provider_id subject purpose"), personal.Of("person_id = @person AND milestone_id IS NULL").Erased("input='{}' url problem"),
		personal.Of("(person_id = @person OR "+byMilestone+") AND milestone_id IS NOT NULL").Erased("input='{}' url problem").Until(personal.Books)).LeftOut(provider),

	personal.On("pay_items", personal.Points("person_id"), ones.Erased("holder").Until(personal.Books)).LeftOut(companys),
	personal.On("pay_runs", personal.Nothing("pay_on file_hash"), personal.Deeds("proposed_by decided_by sent_by"),
		personal.Of("id IN (SELECT run_id FROM pay_items WHERE person_id = @person)").Erased("file=NULL").Until(personal.Books)).LeftOut(companys),
	personal.On("bank_lines", personal.Nothing("booked_on reference fingerprint matched_kind matched_to"), personal.Deeds("matched_by"),
		personal.Of(byPayment).Erased("name description").Until(personal.Books)).LeftOut(companys),
	personal.On("bank_statements", personal.House("file_name mapping from_on to_on faults"), personal.Deeds("uploaded_by imported_by"),
		personal.Of("id IN (SELECT statement_id FROM bank_lines WHERE "+byPayment+")").Erased("content=convert_to(id::text,'UTF8') hash=encode(sha256(convert_to(id::text,'UTF8')),'hex')").Until(personal.Books)).LeftOut(companys),
	personal.On("payouts", personal.Points("person_id"), personal.Nothing("arrives_on failure"), ones.Erased("account").Until(personal.Books)),
	personal.On("payout_lines", personal.Nothing("payout_id")),
	personal.On("payout_accounts", personal.Points("person_id"), ones.Gone("provider_id missing").Until(personal.Books)).LeftOut(provider),

	personal.On("document_answers", personal.Points("person_id"), personal.Nothing("data_hash"),
		personal.Of("document_id IN (SELECT id FROM issued_documents WHERE person_id = @person)").Erased("message").Until(personal.Books)).LeftOut(inContract),
	personal.On("issued_documents", personal.Points("person_id subject"), personal.Nothing("day issued_on"),
		ones.Erased("counterparty title data"+noText+" data_hash"+noTextHash+" pdf=''::bytea pdf_hash"+noHash).Until(personal.Books),
		personal.Of(oldRecords).Erased("data"+noText+" data_hash"+noTextHash+" pdf=''::bytea pdf_hash"+noHash).Until(personal.Books)).LeftOut(inContract),
	personal.On("contract_documents", ofContract.Erased("body"+noText+" hash"+noTextHash).Until(personal.Books)).LeftOut(inContract),
	personal.On("contract_changes", personal.Deeds("offered_by signed_by"), ofContract.Erased("body"+noText+" hash"+noTextHash+" answer").Until(personal.Books)).LeftOut(inContract),
	personal.On("dispute_proposals", personal.Points("person_id"), personal.Of("dispute_id IN (SELECT id FROM disputes WHERE "+byMilestone+")").Erased("message").Until(personal.Books)).LeftOut(inContract),
	personal.On("disputes", personal.Points("opened_by"), ofMilestone.Erased("reason='—'").Until(personal.Books)).LeftOut(inContract),
	personal.On("chargebacks", personal.Nothing("charge"), personal.House("reason"), personal.Deeds("evidence_by"), ofMilestone.Erased("evidence").Until(personal.Books)).LeftOut(companys),
	personal.On("refunds", personal.Nothing("provider_id failure reference charge"), ofMilestone.Erased("reason").Until(personal.Books)).LeftOut(inContract),
	personal.On("recoveries", personal.Points("person_id"), ones.Erased("terms='—'").Until(personal.Books)).LeftOut(inContract),
	personal.On("timesheet_entries", personal.Points("person_id"), personal.Nothing("day"), ones.Erased("note").Until(personal.Books)),
	personal.On("milestone_steps", personal.Points("actor_id"), personal.Nothing("party action from_state to_state"), ofMilestone.Erased("message").Until(personal.Books)).LeftOut(inContract),
	personal.On("milestones", personal.House("title due_on received_on pay_by withholding_category week_of"), personal.Nothing("frozen hold_reason")),
	personal.On("contracts", personal.Points("membership_id person_id"), personal.Deeds("manager_id"), personal.House("title deliver_on ends_on notice_on"), ones.Erased("end_reason").Until(personal.Books)),

	personal.On("ledger_entries", personal.Nothing("kind source external_id booked_on")),
	personal.On("ledger_postings", personal.Nothing("milestone_id"), personal.Points("account")).LeftOut(companys),
	personal.On("balance_transactions", personal.Nothing("milestone_id source type")),
	personal.On("balance_copies"),
	personal.On("adjustments", personal.House("external_id postings reason"), personal.Nothing("entry_id"), personal.Deeds("asked_by decided_by")),
	personal.On("approvals", personal.House("account reason"), personal.Deeds("asked_by decided_by")),
	personal.On("bank_accounts", personal.House("name bank bank_name branch branch_name number holder consignor mapping"), personal.Deeds("created_by")),
	personal.On("bank_transfers", personal.Nothing("purpose intent reference"), personal.House("account"), personal.Deeds("asked_by")),
	personal.On("book_names", personal.House("key value"), personal.Deeds("updated_by")),
	personal.On("cash_movements", personal.Nothing("kind reference"), personal.House("sender")),
	personal.On("charges"),
	personal.On("closed_months", personal.Nothing("month"), personal.House("checklist reopen_reason"), personal.Deeds("closed_by reopen_asked_by reopened_by")),
	personal.On("document_series", personal.Nothing("kind")),
	personal.On("ending_alarms", personal.Nothing("due_on")),
	personal.On("exceptions", personal.Nothing("subject kind source type day entry_id seen_run"), personal.Deeds("owner_id")),
	personal.On("milestone_alarms", personal.Nothing("mark")),
	personal.On("provider_customers", personal.Nothing("provider_id")),
	personal.On("reconciled", personal.Nothing("through_on run_id")),
	personal.On("rule_changes", personal.House("kind key valid_from choice source note"), personal.Deeds("asked_by decided_by")),
	personal.On("rules", personal.House("key valid_from choice source note"), personal.Deeds("added_by")),
	personal.On("sweeps", personal.Nothing("provider_id arrives_on failure"), personal.Deeds("proposed_by decided_by")),
	personal.On("sweep_lines"),
}
