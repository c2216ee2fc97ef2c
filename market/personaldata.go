package market

import "homecoming/market/personal"

// Whose rows are, where it takes more than one column to tell.
const (
	byMembership = "membership_id IN (SELECT id FROM memberships WHERE person_id = @person)"
	byBid        = "bid_id IN (SELECT id FROM bids WHERE person_id = @person)"
	contracted   = "EXISTS (SELECT 1 FROM contracts k WHERE k.bid_id = "
)

// addressed is true where a column holds an address of the person. The one that they sign in with is proven to be theirs. What a
// company's own records have beside a membership is the company's word, and holds for rows of that company alone.
func addressed(column, company string) string {
	return "(lower(" + column + ") = @address OR EXISTS (SELECT 1 FROM memberships known WHERE known.person_id = @person AND known.company_id = " + company + " AND lower(known.email) = lower(" + column + ")))"
}

// reportOf finds the reports of a company's imports that tell of the person, and takes out what does.
const (
	withoutThem = "report_without(report,company_id,@person,@address)"
	reportOf    = "company_id IN (SELECT company_id FROM memberships WHERE person_id = @person) AND report_without(report, company_id, @person, @address) <> report"
)

var (
	ones      = personal.Of("person_id = @person")
	asMember  = personal.Of(byMembership)
	looseBid  = personal.Of(byBid + " AND NOT " + contracted + "bid_id)") // came to nothing
	signedBid = personal.Of(byBid + " AND " + contracted + "bid_id)")     // the contract rests on it
)

// Why some of a person's rows do not come out with their own data.
const (
	secrets    = "secrets of signing in, and traces of it that last minutes"
	machinery  = "what the program works on, of what comes out elsewhere"
	companyRow = "what a company keeps for itself; the person asks the company for it"
	nothingYet = "addresses of which nobody knows whose they are"
)

// PersonalData says of every table of this room, and of the plumbing below it, what in it is about a person and what erasing
// them does with it, in the order in which it is done. A fee is a number; whose it is stands in the row that it points to.
var PersonalData = []personal.Table{
	// Ways in.
	personal.On("sessions", personal.Of("EXISTS (SELECT 1 FROM person_sessions s WHERE s.person_id = @person AND position(convert_to(s.id::text, 'UTF8') IN data) > 0)").Gone("token data")).LeftOut(secrets),
	personal.On("person_sessions", personal.Points("person_id"), ones.Gone("browser address")),
	personal.On("one_time_links", personal.Points("person_id"), ones.Gone("hash path")).LeftOut(secrets),
	personal.On("address_changes", personal.Points("person_id"), ones.Gone("hash email")).LeftOut(secrets),
	personal.On("authenticators", personal.Points("person_id"), ones.Gone("secret")).LeftOut(secrets),
	personal.On("recovery_codes", personal.Points("person_id"), ones.Gone("hash")).LeftOut(secrets),
	personal.On("passkey_challenges", personal.Points("person_id"), ones.Gone("data")).LeftOut(secrets),
	personal.On("passkeys", personal.Points("person_id"), ones.Gone("name credential")),
	personal.On("provider_visits", personal.Points("person_id"), ones.Gone("state browser nonce verifier path")).LeftOut(secrets),
	personal.On("provider_subjects", personal.Points("person_id"), personal.House("issuer"), ones.Gone("subject email")),
	personal.On("tokens", personal.Points("person_id"), ones.Gone("name hash scopes")),
	personal.On("knocks", personal.Of(addressed("knocks.email", "knocks.company_id")).Gone("hash email")).LeftOut(nothingYet),
	personal.On("idempotency_keys", personal.Points("person_id"), personal.Nothing("attempt"), ones.Gone("key route input header body")).LeftOut(machinery),

	// What waits, and what was told.
	personal.On("river_job", personal.Nothing("kind queue tags"), personal.House("attempted_by"),
		personal.Of("state <> 'running' AND (@person IN (args->>'person_id', args->>'tells_of') OR finalized_at IS NOT NULL AND strpos(args::text, @person) > 0)").Gone("args errors metadata unique_key")).LeftOut(machinery),
	personal.On("river_notification", personal.Nothing("payload topic")),
	personal.On("river_leader", personal.Nothing("leader_id name")),
	personal.On("river_queue", personal.Nothing("name metadata")),
	personal.On("river_migration", personal.Nothing("line")),
	personal.On("goose_db_version"),
	personal.On("outbox", personal.Points("tells_of"),
		personal.Of("lower(recipient) = @address OR tells_of && (CAST(@person AS uuid) || ARRAY(SELECT id FROM memberships WHERE person_id = @person))").Gone("recipient subject body")).LeftOut(machinery),
	personal.On("notices", personal.Points("person_id tells_of"), personal.Nothing("kind path thread_id digest_id"), ones.Gone("title_en title_ja"),
		personal.Of("tells_of = @person").Erased("title_en='—' title_ja='—'")),
	personal.On("notice_settings", personal.Points("person_id"), ones.Gone("zone ways stop_key")),
	personal.On("calendar_feeds", personal.Points("person_id"), ones.Gone("hash")),
	personal.On("runs", personal.Nothing("kind"), personal.Deeds("started_by"), personal.House("input"), personal.Of("kind = 'import' AND "+reportOf).Erased("report="+withoutThem)).LeftOut(companyRow),
	personal.On("import_rows", personal.Of("EXISTS (SELECT 1 FROM import_files f WHERE f.id = file_id AND "+addressed("import_rows.email", "f.company_id")+")").Gone("email cells")).LeftOut(companyRow),
	personal.On("import_files", personal.Of(reportOf).Erased("report="+withoutThem)).LeftOut(companyRow),

	// Conversation.
	personal.On("messages", personal.Points("author_id"), personal.Of("author_id = @person").Erased("body='—' mail_key=NULL")),
	personal.On("thread_readers", personal.Points("person_id"), ones.Gone("")).LeftOut(machinery),
	personal.On("threads", personal.Nothing("kind subject_id"), personal.Points("person_id")),
	personal.On("files", personal.Points("uploader_id"), personal.Nothing("subject subject_id media"),
		personal.Of("uploader_id = @person").Erased("name='—' sha256=sha256(convert_to(id::text,'UTF8'))")),

	// Events, news, returns, referrals.
	personal.On("event_feedback", personal.Points("person_id"), ones.Erased("words")),
	personal.On("event_votes", personal.Points("person_id")),
	personal.On("event_questions", personal.Points("person_id"), personal.Deeds("answered_by hidden_by"), personal.House("answer hidden_reason"), ones.Erased("text='—'")),
	personal.On("event_tickets", personal.Deeds("let_in_by"), personal.Of("rsvp_id IN (SELECT id FROM rsvps WHERE person_id = @person)").Erased("code=gen_random_uuid()::text")),
	personal.On("rsvps", personal.Points("person_id"), ones.Erased("guests='{}'")),
	personal.On("event_invitations", personal.Points("person_id"), ones.Gone("")),
	personal.On("event_hosts", personal.Points("person_id"), personal.Deeds("added_by"), ones.Gone("")),
	personal.On("events", personal.House("title title_en description description_en place address link zone audience cancel_reason thanks thanks_en"), personal.Deeds("created_by")),
	personal.On("post_reads", personal.Points("person_id"), ones.Gone("")),
	personal.On("post_letters", personal.Points("person_id"), ones.Gone("")),
	personal.On("post_revisions", personal.House("title title_en body body_en"), personal.Deeds("changed_by")),
	personal.On("posts", personal.House("title title_en body body_en audience"), personal.Deeds("created_by")),
	personal.On("return_notes", personal.Nothing("stage"), personal.Deeds("author_id"), personal.Of("case_id IN (SELECT id FROM return_cases WHERE person_id = @person)").Gone("text")),
	personal.On("return_cases", personal.Points("membership_id person_id"), personal.Deeds("owner_id"), ones.Gone("next_step next_on")),
	personal.On("return_interests", personal.Points("membership_id person_id"), ones.Gone("roles place from_on note expires_on")),
	personal.On("referral_moves", personal.Nothing("did"), personal.Deeds("actor_id"), personal.Of("referral_id IN (SELECT id FROM referrals WHERE person_id = @person)").Erased("note told")),
	personal.On("referral_fees", personal.Nothing("period"), personal.Deeds("reported_by")),
	personal.On("referral_stages", personal.House("name name_en")),
	personal.On("referral_programmes", personal.House("name name_en wanted wanted_en checklist terms"), personal.Deeds("created_by")),
	personal.On("referrals", personal.Points("person_id"), personal.Deeds("licence_confirmed_by owner_id"), personal.Nothing("consent_hash holds_until"),
		personal.House("organisation organisation_key domain answers terms reason"), ones.Erased("why relation_note licence_number licence_body"),
		personal.Of(addressed("contact_email", "referrals.company_id")).Erased("contact_name contact_email")),

	// Bids, and how companies see people.
	personal.On("bid_versions", personal.Points("person_id"), personal.Nothing("deliver_on hourly offered_by"), looseBid.Erased("message milestones='[]'"),
		signedBid.Erased("message milestones='[]'").Until(personal.Books)),
	personal.On("bid_licences", personal.Nothing("licence"), personal.Deeds("confirmed_by"), looseBid.Erased("number='—' body"), signedBid.Erased("number='—' body").Until(personal.Books)).
		LeftOut("registrations that the person gave with a bid, as evidence for the company"),
	personal.On("caution_looks", personal.Nothing("cautions"), personal.Deeds("asked_by decided_by"), looseBid.Erased("reason='—'"), signedBid.Erased("reason='—'").Until(personal.Books)).LeftOut(companyRow),
	personal.On("bids", personal.Points("membership_id person_id"), personal.Nothing("deliver_on hourly"),
		personal.Of("person_id = @person AND NOT "+contracted+"bids.id)").Erased("message milestones='[]'"),
		personal.Of("person_id = @person AND "+contracted+"bids.id)").Erased("message milestones='[]'").Until(personal.Books)),
	personal.On("reviews", personal.Points("person_id"), ones.Erased("text")),
	personal.On("invitations", personal.Points("membership_id"), personal.Deeds("invited_by")),
	personal.On("bars", personal.Points("person_id"), personal.Deeds("made_by lifted_by"), ones.Gone("from_on until_on reason")),
	personal.On("work_records", personal.Points("person_id"), personal.Deeds("revoked_by"), personal.Nothing("key_id"), ones.Gone("title skills began_on accepted_on token reason")),
	personal.On("record_pages", personal.Points("person_id"), ones.Gone("slug")).LeftOut("the address of a page that shows what is in the work records"),
	personal.On("profile_looks", personal.Points("person_id viewer_id"), personal.Nothing("role"), personal.Of("@person IN (person_id::text, viewer_id::text)").Gone("day")),

	// Who one is, and where one worked.
	personal.On("claim_witnesses", personal.Points("person_id"), personal.Of("claim_id IN (SELECT id FROM claims WHERE person_id = @person)").Gone("email"),
		personal.Of("person_id = @person OR EXISTS (SELECT 1 FROM claims c WHERE c.id = claim_id AND "+addressed("claim_witnesses.email", "c.company_id")+")").Erased("email")),
	personal.On("claims", personal.Points("person_id membership_id"), personal.Deeds("decided_by"), ones.Gone("department joined_on left_on note reason")),
	personal.On("attestation_requests", personal.Points("person_id asked_id"), personal.Of("person_id = @person OR asked_id = @person OR "+addressed("attestation_requests.email", "attestation_requests.company_id")).Gone("email")),
	personal.On("person_skills", personal.Points("person_id attested_by"), ones.Gone("skill_id typed about links")),
	personal.On("person_words", personal.Points("person_id"), ones.Gone("key words")),
	personal.On("availability_periods", personal.Points("person_id"), ones.Gone("from_on until_on")),
	personal.On("link_proposals", personal.Points("person_id membership_id"), personal.Of("person_id = @person OR "+byMembership).Gone("")),
	personal.On("farewells", personal.Points("membership_id"), asMember.Gone("leaves_on next_on")),
	personal.On("stints", personal.Points("membership_id"), asMember.Gone("entity joined_on left_on")),
	personal.On("consents", personal.Points("person_id"), personal.Nothing("choice wording")),
	personal.On("role_grants", personal.Points("person_id"), ones.Gone("role")),
	personal.On("provisioned_members"), // leads to accounts, and goes with them
	personal.On("provisioned_accounts", personal.Points("person_id"), personal.Of("person_id = @person OR email = @address").Gone("user_name external_id email family_name given_name")),
	personal.On("audit", personal.Points("actor_id subject"), personal.Nothing("action"), personal.Of(ownLines).Erased("detail='{}'")),
	personal.On("memberships", personal.Points("person_id"), ones.Erased("email hidden=true")),
	personal.On("erasures", personal.Points("person_id hid"), personal.Nothing("erased")),
	personal.On("kept_payees", personal.Points("person_id"), ones.Gone("family_name given_name corporate_name registration_number kept_until").Until(personal.Books)).
		LeftOut("the name by which somebody dealt, who has left and whose papers a law has kept"),
	personal.On("people", personal.Nothing("rate_currency"), personal.Of("id = @person").Erased(`email=NULL family_name='退会' given_name='(left)' family_kana given_kana password_hash
		hourly_rate=NULL available_from=NULL registration_number corporate_name non_resident=false shown_to='nobody' first_sign_in_at=NULL introduction portfolio=NULL languages=NULL audiences=NULL`)),

	// Of companies.
	personal.On("companies", personal.House("name name_en time_zone address tax_number formula books_closed_through return_excludes farewell_words farewell_words_en")),
	personal.On("report_looks", personal.Deeds("person_id"), personal.Nothing("did")),
	personal.On("report_entries", personal.Deeds("author_id"), personal.Nothing("on_day"), personal.Of("report_id IN (SELECT id FROM reports WHERE reporter_id = @person)").Erased("text='—'")),
	personal.On("report_people", personal.Points("person_id")).LeftOut("what others report of a person, who shall not learn who did; the person asks the company for it"),
	personal.On("suspensions", personal.Points("person_id"), personal.Deeds("asked_by decided_by"), personal.Nothing("until_on"), ones.Erased("reason='—'")),
	personal.On("reports", personal.Points("reporter_id"), personal.Nothing("category subject code_hash outcome received_on")),
	personal.On("conduct_policies", personal.House("text text_en change"), personal.Deeds("published_by")),
	personal.On("conduct_agreements", personal.Points("person_id"), personal.Nothing("wording")),
	personal.On("company_domains", personal.House("domain code")),
	personal.On("company_groups", personal.House("name name_en"), personal.Deeds("made_by")),
	personal.On("group_companies", personal.Deeds("asked_by answered_by")),
	personal.On("partnerships", personal.Deeds("asked_by agreed_by ended_by")),
	personal.On("departments", personal.House("name name_en aliases merged_on")),
	personal.On("department_pasts", personal.House("until name name_en")),
	personal.On("entities", personal.House("name name_en tax_number aliases")),
	personal.On("custom_roles", personal.House("name permissions")),
	personal.On("identity_providers", personal.House("issuer client_id secret"), personal.Deeds("edited_by")),
	personal.On("provisionings", personal.House("hash"), personal.Deeds("made_by")),
	personal.On("provisioned_groups", personal.House("external_id name role")),
	personal.On("signing_keys", personal.House("public sealed")),
	personal.On("webhooks", personal.House("url note about secret old_secret"), personal.Deeds("made_by")),
	personal.On("webhook_deliveries", personal.House("trouble")),
	personal.On("tasks", personal.House("title brief due_on withholding_category visibility cancel_reason hourly"), personal.Deeds("created_by")),
	personal.On("clarifications", personal.House("question answer"), personal.Deeds("made_by")),
	personal.On("task_skills", personal.House("skill_id")),
	personal.On("approval_rules", personal.Deeds("approver_id")),
	personal.On("delegations", personal.Nothing("from_on until_on"), personal.Deeds("from_id to_id")),
	personal.On("budgets", personal.House("code name valid_from valid_until"), personal.Deeds("created_by")),
	personal.On("commitments", personal.Nothing("cause")),
	personal.On("spending_requests", personal.House("reason"), personal.Deeds("asked_by")),
	personal.On("spending_steps", personal.House("comment"), personal.Deeds("approver_id decided_by stood_for")),
}

// ownLines are the lines of the log whose detail may tell of somebody: those about them, and what they did about anything that is
// not a company's own. Who did what, and when, stays: the line then says it of a stone.
const ownLines = `subject = 'person:' || @person OR subject IN (SELECT 'membership:' || id FROM memberships WHERE person_id = @person)
	OR strpos(detail::text, @person) > 0 OR actor_id = @person AND (company_id IS NULL OR split_part(subject, ':', 1) <> ALL (ARRAY['company', 'department', 'entity', 'budget', 'role', 'webhook',
	'group', 'partnership', 'domain', 'skill', 'task', 'post', 'event', 'referral_programme', 'rule', 'rule_change', 'month', 'export', 'target', 'pay_run', 'bank_account', 'bank_statement', 'sweep', 'adjustment', 'exception']))`
