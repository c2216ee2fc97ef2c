package api_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/api/access"
	"homecoming/billing"
	"homecoming/internal/seal"
	"homecoming/market"
	"homecoming/market/markettest"
	"homecoming/matching"
)

// A tenant is one company with somebody in every role and one of every thing that has an id.
type tenant struct {
	*markettest.Company
	alumna  markettest.Alumnus
	people  map[market.Role]market.Actor
	ids     map[string]string // by the noun before {id}
	grantee market.Actor
	custom  market.Actor // has a role of the company's own; see allow
}

func (w *world) tenant(name string) *tenant {
	w.Helper()
	c := w.Company(name)
	t := &tenant{Company: c, alumna: c.Alumnus("Sato " + name), ids: map[string]string{}}
	t.people = map[market.Role]market.Actor{market.Administrator: c.Administrator, market.Manager: c.Manager, market.Approver: c.Approver,
		market.Finance: c.Finance, market.Office: c.Office, market.Staff: c.Colleague("staff", market.Staff), market.Alumnus: t.alumna.Actor}
	t.grantee = c.Colleague("spare", market.Staff)
	own, err := w.Market.CreateCustomRole(context.Background(), c.Administrator, c.ID, "Own", market.Permissions)
	w.Check(err)
	t.ids["roles"] = own.ID.String()
	t.custom = c.Colleague("custom", market.Role(own.ID.String()))
	t.fill(w)
	return t
}

// allow changes what the company's own role allows.
func (t *tenant) allow(w *world, actions ...market.Action) {
	w.Helper()
	names := make(pq.StringArray, len(actions))
	for i, a := range actions {
		names[i] = string(a)
	}
	w.Exec("UPDATE custom_roles SET permissions = ? WHERE id = ?", names, t.ids["roles"])
}

// operator is somebody of the company who runs the installation.
func (t *tenant) operator(w *world) market.Actor {
	w.Helper()
	w.Check(w.Market.MakeOperator(context.Background(), t.ID, t.grantee.PersonID))
	return w.Actor(t.grantee.PersonID)
}

// asker is somebody of the company whom a route admits.
func (t *tenant) asker(w *world, r access.Route) market.Actor {
	w.Helper()
	switch may := market.RolesFor(r.Needs); {
	case r.Needs == access.SignedIn || r.Needs == access.Anybody || slices.Contains(may, market.Administrator):
		return t.Administrator
	case slices.Contains(may, market.Operator):
		return t.operator(w)
	}
	return t.alumna.Actor
}

// fill makes one of everything.
func (t *tenant) fill(w *world) {
	w.Helper()
	task := t.Task("Close the books", 300_000)
	t.ids["conduct"] = t.ID.String()
	t.ids["companies"], t.ids["tasks"], t.ids["members"] = t.ID.String(), task.ID.String(), t.alumna.MembershipID.String()
	t.ids["bids"] = w.Bid(t.alumna, task, 280_000).ID.String()
	t.ids["rankings"] = w.as(t.Manager, "GET", "/api/v1/tasks/"+t.ids["tasks"]+"/candidates", nil).wants(http.StatusOK).object()["id"].(string)
	awarded := w.Bid(t.alumna, t.Task("File the tax return", 200_000), 200_000)
	contract := w.as(t.Manager, "POST", "/api/v1/bids/"+awarded.ID.String()+"/accept", tree{"version": 1}).wants(http.StatusCreated).object()
	t.ids["contracts"] = contract["id"].(string)
	t.ids["milestones"] = contract["milestones"].([]any)[0].(tree)["id"].(string)
	w.Check(w.billing.WorkPapers(context.Background(), billing.PaperJob{Contract: uuid.MustParse(t.ids["contracts"])}))
	t.ids["documents"] = w.as(t.Finance, "GET", "/api/v1/companies/"+t.ids["companies"]+"/documents", nil).wants(http.StatusOK).object()["items"].([]any)[0].(tree)["id"].(string)
	t.recordWork(w)
	t.settle(w)
	t.keepHours(w)
	t.bank(w)
	t.ids["reconciliations"] = w.as(t.Finance, "POST", "/api/v1/reconciliations", tree{"from": w.Today(), "to": w.Today()}).wants(http.StatusCreated).object()["id"].(string)
	t.ids["exports"] = w.as(t.Finance, "POST", "/api/v1/companies/"+t.ids["companies"]+"/exports", tree{"kind": "payouts"}).wants(http.StatusAccepted).object()["id"].(string)
	t.ids["parts"] = "1"
	t.ids["memberships"], t.ids["proposals"] = t.ids["members"], t.ids["members"]
	run := w.as(t.Office, "POST", "/api/v1/companies/"+t.ids["companies"]+"/alumni/import?dry_run=true", people, "Content-Type: text/csv").wants(http.StatusAccepted)
	t.ids["jobs"] = run.object()["id"].(string)
	t.ids["searches"] = w.as(t.Manager, "POST", "/api/v1/saved-searches", tree{"kind": "talent", "company_id": t.ID}).wants(http.StatusCreated).object()["id"].(string)
	t.ids["saved"] = t.ids["searches"]
	t.typeSkills(w)
	t.ids["tokens"] = w.as(t.Manager, "POST", "/api/v1/tokens", tree{"name": "one"}).wants(http.StatusCreated).object()["id"].(string)
	session, err := w.Market.BeginSession(context.Background(), t.Manager, "Firefox", "192.0.2.1")
	w.Check(err)
	t.ids["sessions"] = session.String()
	w.Exec("INSERT INTO passkeys (person_id, id, name, credential, created_at) VALUES (?, ?, 'phone', '{}', now())", t.Manager.PersonID, []byte(t.Name))
	t.ids["passkeys"] = base64.RawURLEncoding.EncodeToString([]byte(t.Name))
	other := t.Company.Alumnus("Kato " + t.Name)
	bar, err := w.Market.BarMember(context.Background(), t.Office, t.ID, other.MembershipID, market.Bar{Kind: market.InConflict, Reason: "audits us"})
	w.Check(err)
	partner := w.Company(t.Name + "Partners")
	asked, err := w.Market.AskPartner(context.Background(), t.Administrator, t.ID, partner.ID)
	w.Check(err)
	t.ids["bars"], t.ids["partners"] = bar.ID.String(), asked.ID.String()
	given, err := w.Market.KeepFile(context.Background(), t.Manager, market.Upload{Name: "a.txt", Size: 1, Body: strings.NewReader("a")})
	w.Check(err)
	t.ids["files"] = given.ID.String()
	said, err := w.Market.WriteMessage(context.Background(), t.Manager, market.MessageDraft{Subject: market.Subject{Kind: market.AboutBid, ID: uuid.MustParse(t.ids["bids"])}, Body: "Close the books by Friday?"})
	w.Check(err)
	t.ids["threads"], t.ids["messages"] = said.ThreadID.String(), said.ThreadID.String()
	t.register(w, other)
	t.ids["groups"] = t.directory(w)
	t.ids["directory"] = t.ids["groups"]
	t.ask(w)
	t.provide(w)
	t.meet(w)
	t.tell(w)
	t.refer(w)
	t.report(w)
}

// report has the alumna report something under her name, and somebody ask for a suspension.
func (t *tenant) report(w *world) {
	w.Helper()
	ctx := context.Background()
	made, err := w.Market.MakeReport(ctx, t.alumna.Actor, t.ID, market.ReportDraft{Category: "other", Text: "Close the books"})
	w.Check(err)
	other, err := w.Market.People(ctx, t.Office, market.PeopleFilter{CompanyID: t.ID, Query: "Kato"})
	w.Check(err)
	asked, err := w.Market.AskSuspension(ctx, t.Administrator, made.ID, market.SuspensionDraft{Member: other[0].ID, Reason: "Close the books"})
	w.Check(err)
	t.ids["reports"], t.ids["suspensions"] = made.ID.String(), asked.ID.String()
}

// tell publishes news, and says that the alumna would come back.
func (t *tenant) tell(w *world) {
	w.Helper()
	p, err := w.Market.CreatePost(context.Background(), t.Office, t.ID, market.DraftPost{Title: "Close the books", Body: "By Friday."})
	w.Check(err)
	_, err = w.Market.PublishPost(context.Background(), t.Office, p.ID, nil, false)
	w.Check(err)
	t.ids["posts"], t.ids["news"] = p.ID.String(), p.ID.String()
	t.ids["clarifications"] = uuid.NewString()
	w.Exec("INSERT INTO clarifications (id, company_id, task_id, number, question, answer, made_by, made_at) VALUES (?, ?, ?, 1, 'Close the books', 'By Friday.', ?, now())",
		t.ids["clarifications"], t.ID, t.ids["tasks"], t.Manager.PersonID)
	_, err = w.Market.SayReturn(context.Background(), t.alumna.Actor, t.ID, market.DraftInterest{Openness: market.OpenLater, Note: "Close the books"})
	w.Check(err)
	list, err := w.Market.Returns(context.Background(), t.Office, t.ID, false)
	w.Check(err)
	t.ids["interests"], t.ids["returns"] = list[0].ID.String(), list[0].ID.String()
}

// refer has the alumna introduce a customer who agrees, under a programme whose fee is due.
func (t *tenant) refer(w *world) {
	w.Helper()
	ctx := context.Background()
	p, err := w.Market.CreateProgramme(ctx, t.Office, t.ID, market.ProgrammeDraft{Name: "Close the books", Stages: []market.ReferralStage{{Name: "Contacted"}}, Terms: market.ReferralTerms{Fee: market.FixedFee, Amount: 1000, HoldMonths: 6}})
	w.Check(err)
	r, err := w.Market.Introduce(ctx, t.alumna.Actor, market.ReferralDraft{ProgrammeID: p.ID, Organisation: "Close the books " + t.Name, ContactName: "Mori", ContactEmail: "mori@" + t.Name + ".example", Why: "They grow."})
	w.Check(err)
	w.Exec("UPDATE referrals SET state = 'agreed', agreed_at = now(), stage_id = ? WHERE id = ?", p.Stages[0].ID, r.ID)
	t.ids["referrals"], t.ids["programmes"], t.ids["fees"] = r.ID.String(), p.ID.String(), uuid.NewString()
	w.Exec("INSERT INTO referral_fees (id, company_id, referral_id, period, revenue, amount, currency, reported_by, reported_at) VALUES (?, ?, ?, '', 0, 1000, 'JPY', ?, now())", t.ids["fees"], t.ID, r.ID, t.Office.PersonID)
}

// meet makes an event with a host, a ticket and a question.
func (t *tenant) meet(w *world) {
	w.Helper()
	ctx, starts := context.Background(), w.Clock.Now().Add(20*time.Hour)
	e, err := w.Market.CreateEvent(ctx, t.Office, t.ID, market.DraftEvent{Title: "Close the books", Way: market.OnSite, Place: "Hall", StartsAt: starts, EndsAt: starts.Add(time.Hour)})
	w.Check(err)
	_, err = w.Market.PublishEvent(ctx, t.Office, e.ID)
	w.Check(err)
	w.Check(w.Market.AddHost(ctx, t.Office, e.ID, t.alumna.Email))
	r, err := w.Market.AnswerEvent(ctx, t.alumna.Actor, e.ID, market.AnswerDraft{Way: market.OnSite})
	w.Check(err)
	q, err := w.Market.AskQuestion(ctx, t.alumna.Actor, e.ID, "When?", true)
	w.Check(err)
	t.ids["events"], t.ids["hosts"], t.ids["questions"] = e.ID.String(), t.alumna.PersonID.String(), q.ID.String()
	w.Exec("INSERT INTO notices (id, person_id, company_id, kind, title_en, title_ja, path, made_at) VALUES (?, ?, ?, 'events', 'x', 'x', '/', now())", e.ID, t.alumna.PersonID, t.ID)
	t.ids["notifications"] = e.ID.String()
	t.ids["tickets"], t.ids["door"] = r.Tickets[0].Code, r.Tickets[0].Code
	t.ids["pictures"] = uuid.NewString()
	w.Exec("INSERT INTO files (id, company_id, uploader_id, subject, subject_id, name, media, bytes, sha256, made_at, stored_at) VALUES (?, ?, ?, 'event', ?, 'a.jpg', 'image/jpeg', 1, sha256('x'), now(), now())", t.ids["pictures"], t.ID, t.alumna.PersonID, e.ID)
}

// recordWork has something of the alumna's work on record.
func (t *tenant) recordWork(w *world) {
	w.Helper()
	box, err := seal.New("a key for tests")
	w.Check(err)
	signer := market.New(w.DB, w.Clock, matching.ResolveSkill, market.WithBox(box))
	w.Check(signer.IssueRecord(context.Background(), market.Work{CompanyID: t.ID, PersonID: t.alumna.PersonID, ContractID: uuid.MustParse(t.ids["contracts"]),
		Title: "Close the books", BeganOn: w.Today(), AcceptedOn: w.Today()}))
	list, err := w.Market.Records(context.Background(), t.alumna.Actor)
	w.Check(err)
	t.ids["records"] = list[0].ID.String()
}

// provide sets up an identity provider, with a domain and somebody who is linked.
func (t *tenant) provide(w *world) {
	w.Helper()
	w.Exec("INSERT INTO identity_providers (company_id, issuer, client_id, secret, version, state, edited_by, edited_at) VALUES (?, 'https://login.test', 'x', 'x', 1, 'off', ?, now())", t.ID, t.Administrator.PersonID)
	w.Exec("INSERT INTO provider_subjects (company_id, issuer, subject, person_id, email, linked_at, used_at) VALUES (?, 'https://login.test', 's', ?, '', now(), now())", t.ID, t.grantee.PersonID)
	t.ids["people"] = t.grantee.PersonID.String()
	d, err := w.Market.AskDomain(context.Background(), t.Administrator, t.ID, strings.ToLower(t.Name)+".test")
	w.Check(err)
	t.ids["domains"] = d.ID.String()
	box, err := seal.New("a key that is long enough for a test")
	w.Check(err)
	telling := market.New(w.DB, w.Clock, matching.ResolveSkill, market.WithBox(box), market.WithWebhooks(http.DefaultClient, false))
	address, about := "https://example.com/", []string{"task"}
	hook, _, err := telling.CreateWebhook(context.Background(), t.Administrator, t.ID, market.WebhookEdit{URL: &address, About: &about})
	w.Check(err)
	told, err := telling.TryWebhook(context.Background(), t.Administrator, hook.ID)
	w.Check(err)
	t.ids["webhooks"], t.ids["deliveries"] = hook.ID.String(), told.ID.String()
}

// register makes a department, an entity and a farewell, and what somebody says and asks of former colleagues.
func (t *tenant) register(w *world, other markettest.Alumnus) {
	w.Helper()
	ctx := context.Background()
	departments, err := w.Market.Departments(ctx, t.Office, t.ID)
	w.Check(err)
	m, err := w.Market.Member(ctx, t.Office, other.MembershipID)
	w.Check(err)
	legal := t.Name + " Ltd."
	entity, err := w.Market.SaveEntity(ctx, t.Office, t.ID, uuid.Nil, market.EntityEdit{Name: &legal})
	w.Check(err)
	from, to := w.Today().AddDays(-9000), w.Today().AddDays(-8000)
	claim, err := w.Market.MakeClaim(ctx, other.Actor, market.ClaimDraft{CompanyID: t.ID, JoinedOn: &from, LeftOn: &to, Colleagues: []string{t.alumna.Email}})
	w.Check(err)
	w.Check(w.Market.AskAttestation(ctx, other.Actor, t.ID, t.alumna.Email))
	asked, err := w.Market.AttestationRequests(ctx, other.Actor)
	w.Check(err)
	w.Exec("INSERT INTO farewells (membership_id, company_id, leaves_on, made_at) VALUES (?, ?, ?, now())", t.alumna.MembershipID, t.ID, w.Today())
	t.ids["departments"], t.ids["stints"], t.ids["entities"] = departments[0].ID.String(), m.Stints[0].ID.String(), entity.ID.String()
	t.ids["claims"], t.ids["attestations"], t.ids["farewells"] = claim.ID.String(), asked[0].ID.String(), t.alumna.MembershipID.String()
}

// ask makes a budget, a request about what a task may cost, and somebody who stands in.
func (t *tenant) ask(w *world) {
	w.Helper()
	t.ids["budgets"] = w.as(t.Finance, "POST", "/api/v1/companies/"+t.ids["companies"]+"/budgets", tree{"kind": "purchase_order", "code": "PO-1", "limit": 500_000}).wants(http.StatusCreated).object()["id"].(string)
	w.as(t.Administrator, "PUT", "/api/v1/companies/"+t.ids["companies"]+"/approval-rules", tree{"rules": []any{tree{"above": 0}}}).wants(http.StatusOK)
	task := t.Task("Read a contract", 100_000)
	asked := w.as(t.Manager, "GET", "/api/v1/companies/"+t.ids["companies"]+"/spending-requests?task_id="+task.ID.String(), nil).wants(http.StatusOK).object()
	t.ids["requests"] = asked["items"].([]any)[0].(tree)["id"].(string)
	w.as(t.Administrator, "PUT", "/api/v1/companies/"+t.ids["companies"]+"/approval-rules", tree{"rules": []any{}}).wants(http.StatusOK)
	t.ids["delegations"] = w.as(t.Approver, "POST", "/api/v1/companies/"+t.ids["companies"]+"/delegations",
		tree{"to_id": t.Administrator.PersonID, "from_on": w.Today(), "until_on": w.Today()}).wants(http.StatusCreated).object()["id"].(string)
}

// settle makes one of everything that follows when money went wrong, behind billing's back.
func (t *tenant) settle(w *world) {
	w.Helper()
	m, alumna, manager := t.ids["milestones"], t.alumna.PersonID, t.Manager.PersonID
	t.ids["changes"], t.ids["cautions"] = uuid.NewString(), uuid.NewString()
	w.Exec("INSERT INTO caution_looks (id, company_id, bid_id, task_id, cautions, state, asked_by, asked_at) VALUES (?, ?, ?, ?, '{directed}', 'asked', ?, now())", t.ids["cautions"], t.ID, t.ids["bids"], t.ids["tasks"], manager)
	w.Exec("INSERT INTO rule_changes (id, company_id, statute, kind, key, valid_from, value, choice, source, note, affected, state, asked_by, asked_at) VALUES (?, ?, false, 'rounding', 'consumption_tax', ?, 0, 'up', 'x', '', 1, 'asked', ?, now())", t.ids["changes"], t.ID, w.Today().AddDays(9), manager)
	t.ids["disputes"], t.ids["approvals"], t.ids["refunds"], t.ids["chargebacks"] = uuid.NewString(), uuid.NewString(), uuid.NewString(), "dp_"+uuid.NewString()
	t.ids["amendments"] = uuid.NewString()
	w.Exec("INSERT INTO contract_changes (id, company_id, contract_id, number, side, offered_by, state, body, hash, added, expires_at, offered_at) SELECT ?, company_id, contract_id, 1, 'alumnus', ?, 'offered', '{}', encode(sha256('{}'), 'hex'), 0, now(), now() FROM milestones WHERE id = ?", t.ids["amendments"], alumna, m)
	w.Exec("INSERT INTO disputes (id, company_id, milestone_id, opened_by, side, reason, state, deadline, opened_at) VALUES (?, ?, ?, ?, 'alumnus', 'x', 'open', now(), now())", t.ids["disputes"], t.ID, m, alumna)
	w.Exec("INSERT INTO approvals (id, company_id, milestone_id, kind, amount, currency, reason, state, asked_by, asked_at) VALUES (?, ?, ?, 'refund', 1, 'JPY', 'x', 'asked', ?, now())", t.ids["approvals"], t.ID, m, manager)
	t.ids["concessions"] = uuid.NewString()
	w.Exec("INSERT INTO approvals (id, company_id, milestone_id, kind, account, amount, currency, reason, state, asked_by, asked_at) VALUES (?, ?, ?, 'write_off', ?, 1, 'JPY', 'x', 'asked', ?, now())",
		t.ids["concessions"], t.ID, m, "receivable:client:"+t.ID.String(), manager)
	w.Exec("INSERT INTO refunds (id, company_id, milestone_id, amount, currency, state, created_at, updated_at) VALUES (?, ?, ?, 1, 'JPY', 'succeeded', now(), now())", t.ids["refunds"], t.ID, m)
	t.ids["sweeps"], t.ids["transfers"] = uuid.NewString(), uuid.NewString()
	w.Exec("INSERT INTO sweeps (id, amount, currency, state, proposed_by, proposed_at, updated_at) VALUES (?, 1, 'JPY', 'declined', ?, now(), now())", t.ids["sweeps"], manager)
	w.Exec("INSERT INTO operations (id, company_id, kind, purpose, milestone_id, state, input, input_hash, created_at, updated_at) VALUES (?, ?, 'bank_transfer', 'funding', ?, 'expired', '{}', '', now(), now())",
		t.ids["transfers"], t.ID, m)
	w.Exec("INSERT INTO bank_transfers (id, company_id, milestone_id, purpose, amount, currency, state, asked_by, expires_at, created_at, updated_at) VALUES (?, ?, ?, 'funding', 1, 'JPY', 'canceled', ?, now(), now(), now())",
		t.ids["transfers"], t.ID, m, manager)
	t.ids["exceptions"], t.ids["adjustments"] = uuid.NewString(), uuid.NewString()
	w.Exec(`INSERT INTO exceptions (id, company_id, level, subject, kind, source, type, ledger, other, currency, day, milestone_id, state, found_at, seen_at, seen_run)
		VALUES (?, ?, 'payout', 'po_x', 'returned_payout', 'po_x', 'payout', 1, 0, 'JPY', now(), ?, 'open', now(), now(), ?)`, t.ids["exceptions"], t.ID, m, uuid.New())
	w.Exec("INSERT INTO adjustments (id, company_id, reason, state, asked_by, asked_at) VALUES (?, ?, 'x', 'asked', ?, now())", t.ids["adjustments"], t.ID, manager)
	w.Exec("INSERT INTO chargebacks (id, company_id, milestone_id, charge, amount, currency, reason, state, stage, opened_at, updated_at) VALUES (?, ?, ?, 'ch_x', 1, 'JPY', 'x', 'won', 'before_acceptance', now(), now())", t.ids["chargebacks"], t.ID, m)
}

// bank makes an account of the company's with a statement, a line and a pay run.
func (t *tenant) bank(w *world) {
	w.Helper()
	finance := t.Finance.PersonID
	for _, kind := range []string{"accounts", "statements", "lines", "runs"} {
		t.ids[kind] = uuid.NewString()
	}
	t.ids["bank"], t.ids["payruns"] = t.ids["accounts"], t.ids["runs"]
	w.Exec("INSERT INTO bank_accounts (id, company_id, name, bank, bank_name, branch, branch_name, kind, number, holder, consignor, currency, created_by, created_at) VALUES (?, ?, 'Main', '0001', '', '001', '', 'current', '1234567', 'A', '1234567890', 'JPY', ?, now())", t.ids["accounts"], t.ID, finance)
	w.Exec("INSERT INTO bank_statements (id, company_id, account_id, file_name, format, encoding, hash, content, state, uploaded_by, uploaded_at) VALUES (?, ?, ?, 's.csv', 'csv', 'utf-8', encode(sha256('x'), 'hex'), 'x', 'uploaded', ?, now())", t.ids["statements"], t.ID, t.ids["accounts"], finance)
	w.Exec("INSERT INTO bank_lines (id, company_id, account_id, statement_id, row, booked_on, amount, currency, name, description, reference, fingerprint) VALUES (?, ?, ?, ?, 1, now(), 1, 'JPY', '', '', '', 'x')", t.ids["lines"], t.ID, t.ids["accounts"], t.ids["statements"])
	w.Exec("INSERT INTO pay_runs (id, company_id, number, rail, account_id, pay_on, currency, state, proposed_by, proposed_at, file) VALUES (?, ?, 1, 'bank_file', ?, ?, 'JPY', 'proposed', ?, now(), 'x')", t.ids["runs"], t.ID, t.ids["accounts"], w.Today(), finance)
}

// directory connects a staff directory that has written a group.
func (t *tenant) directory(w *world) string {
	w.Helper()
	raw, err := w.Market.ConnectDirectory(context.Background(), t.Administrator, t.ID)
	w.Check(err)
	d, err := w.Market.DirectoryBy(context.Background(), raw)
	w.Check(err)
	g, err := w.Market.ProvisionGroup(context.Background(), d, market.GroupEdit{Name: "Staff"})
	w.Check(err)
	return g.ID.String()
}

// keepHours makes a week of hourly work that was called off, behind billing's back.
func (t *tenant) keepHours(w *world) {
	w.Helper()
	t.ids["weeks"] = uuid.NewString()
	w.Exec(`INSERT INTO milestones (id, company_id, contract_id, position, title, due_on, state, currency, amount, tax, withheld, platform_fee, platform_tax, payment_days, auto_accept_days,
			rules_version, created_at, updated_at, week_of, rate, cap_minutes, opens_at, closes_at)
		SELECT ?, company_id, contract_id, 9, 'A week', due_on, 'canceled', currency, 60000, 6000, 0, 3000, 300, payment_days, auto_accept_days,
			rules_version, created_at, updated_at, date_trunc('week', created_at), 6000, 600, created_at, created_at + interval '9 days' FROM milestones WHERE id = ?`, t.ids["weeks"], t.ids["milestones"])
}

// typeSkills makes own skills of the company and merges one of them.
func (t *tenant) typeSkills(w *world) {
	w.Helper()
	for _, name := range []string{"Way of tea", "Tea", "Coffee"} {
		w.Tx(func(tx *gorm.DB) (err error) {
			t.ids["skills"], err = matching.ResolveSkill(tx, t.ID, t.Name+" "+name)
			return err
		})
	}
	merge := w.as(t.Office, "POST", "/api/v1/skills/"+t.ids["skills"]+"/merge", tree{"into": t.Name + " Tea"}).wants(http.StatusOK).object()
	t.ids["merges"], t.ids["skills"] = merge["id"].(string), merge["into"].(string)
}

// people is a small HR file.
const people = "email,family_name,given_name,joined_on\nken@alumni.example,Sato,Ken,2015-04-01\n"

var parameter = regexp.MustCompile(`([a-z]+)/\{([a-z_]+)\}`)

// path fills a route's parameters with the tenant's own ids.
func (t *tenant) path(tb testing.TB, route string) string {
	tb.Helper()
	route = strings.Replace(route, "{person_id}/{role}", t.grantee.PersonID.String()+"/staff", 1)
	return parameter.ReplaceAllStringFunc(route, func(part string) string {
		m := parameter.FindStringSubmatch(part)
		id, ok := t.ids[m[1]]
		if !ok {
			tb.Fatalf("%s: the test has no id of %s; make one in fill", route, m[1])
		}
		return m[1] + "/" + id
	})
}

func apiRoutes(w *world) []access.Route {
	return slices.DeleteFunc(w.server.Routes(), func(r access.Route) bool {
		return !strings.HasPrefix(r.Path, "/api/v1/") || r.Path == "/api/v1/openapi.json"
	})
}

func TestEveryRouteAdmitsWhomItPromisesAndNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	aoi, ben := w.tenant("Aoi"), w.tenant("Ben")
	doc, day := w.document(), w.Today().AddDays(5).String()
	stranger := w.Company("Cho")
	for _, r := range apiRoutes(w) {
		if r.Needs == access.Anybody {
			continue
		}
		ask := func(who market.Actor, of *tenant) answer {
			body := doc.body(r.Method, r.Path, of.ID.String(), day)
			header := []string{}
			if media := doc.file(r.Method, r.Path); media != "" {
				header = append(header, "Content-Type: "+media)
			}
			return w.as(who, r.Method, of.path(t, r.Path), body, header...)
		}
		name := r.Method + " " + r.Path
		wantsStatus(t, name+" as nobody", ask(nobody, aoi), http.StatusUnauthorized)
		of := strings.Contains(r.Path, "{")
		if of || names(doc, r) { // ben's people ask for what is aoi's
			for role, who := range ben.people {
				want := []int{http.StatusNotFound}
				if r.Needs != access.SignedIn && !slices.Contains(market.RolesFor(r.Needs), role) {
					want = []int{http.StatusForbidden}
				}
				wantsStatus(t, name+" as ben's "+string(role), ask(who, aoi), want...)
			}
			wantsStatus(t, name+" as another company's administrator", ask(stranger.Administrator, aoi), http.StatusNotFound, http.StatusForbidden)
		}
		if r.Needs == access.SignedIn {
			continue
		}
		for role, who := range aoi.people {
			got := ask(who, aoi)
			if slices.Contains(market.RolesFor(r.Needs), role) {
				wantsNot(t, name+" as aoi's "+string(role), got, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusInternalServerError)
			} else {
				wantsStatus(t, name+" as aoi's "+string(role), got, http.StatusForbidden)
			}
		}
		if !slices.Contains(market.Permissions, r.Needs) {
			continue
		}
		aoi.allow(w, market.Permitting(append(besides[r.Path], r.Needs)...)...)
		refused := []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusInternalServerError}
		if r.Method != http.MethodDelete { // whoever asked before took it away
			refused = append(refused, http.StatusNotFound)
		}
		wantsNot(t, name+" by a role of its own that allows it", ask(aoi.custom, aoi), refused...)
		aoi.allow(w, slices.DeleteFunc(slices.Clone(market.Permissions), func(a market.Action) bool { return a == r.Needs })...)
		wantsStatus(t, name+" by a role of its own that allows all else", ask(aoi.custom, aoi), http.StatusForbidden)
	}
}

// besides is what some use cases ask for beyond what their route does.
var besides = map[string][]market.Action{
	"/api/v1/companies/{id}/approval-rules":         {market.SeeTasks},
	"/api/v1/milestones/{id}/fund-by-card":          {market.PayBills},
	"/api/v1/milestones/{id}/fund-by-bank-transfer": {market.PayBills},
	"/api/v1/milestones/{id}/pay-back-by-card":      {market.PayBills},
	"/api/v1/rule-changes/{id}/approve":             {market.ApproveMoney},
	"/api/v1/rule-changes/{id}/decline":             {market.ApproveMoney},
}

// names reports whether the body of a route names a company.
func names(d document, r access.Route) bool {
	o, ok := d.body(r.Method, r.Path, "", "").(tree)
	return ok && o["company_id"] != nil
}

func wantsStatus(t *testing.T, what string, a answer, allowed ...int) {
	t.Helper()
	if !slices.Contains(allowed, a.Code) {
		t.Errorf("%s: answered %d, not %v: %s", what, a.Code, allowed, a.Body)
	}
}

func wantsNot(t *testing.T, what string, a answer, refused ...int) {
	t.Helper()
	if slices.Contains(refused, a.Code) {
		t.Errorf("%s: answered %d: %s", what, a.Code, a.Body)
	}
}

func TestAForeignIdInABodyIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	aoi, ben := w.tenant("Aoi"), w.tenant("Ben")
	today := w.Today().String()
	for _, c := range []struct {
		who    market.Actor
		path   string
		body   tree
		status int
	}{
		{ben.Manager, "/api/v1/tasks", draft(aoi.ID, nil), http.StatusNotFound},
		{ben.Manager, "/api/v1/tasks", draft(ben.ID, tree{"visibility": tree{"kind": "named", "membership_ids": []any{aoi.ids["members"]}}}), http.StatusUnprocessableEntity},
		{ben.Manager, "/api/v1/tasks", draft(ben.ID, tree{"visibility": tree{"kind": "rule", "departments": []any{"Nowhere"}}}), http.StatusUnprocessableEntity},
		{ben.Manager, "/api/v1/candidates", draft(aoi.ID, nil), http.StatusNotFound},
		{ben.Manager, "/api/v1/tasks/" + ben.ids["tasks"] + "/invitations", tree{"membership_ids": []any{aoi.ids["members"]}}, http.StatusUnprocessableEntity},
		{ben.Office, "/api/v1/companies/" + ben.ids["companies"] + "/alumni/invitations", tree{"membership_ids": []any{aoi.ids["members"]}}, http.StatusUnprocessableEntity},
		{ben.Finance, "/api/v1/reconciliations", tree{"from": today, "to": today, "company_id": aoi.ID}, http.StatusNotFound},
		{ben.Manager, "/api/v1/skills/suggest", tree{"text": "bookkeeping", "company_id": aoi.ID}, http.StatusNotFound},
		{ben.Manager, "/api/v1/reviews", tree{"contract_id": aoi.ids["contracts"], "rating": 5}, http.StatusNotFound},
		{ben.alumna.Actor, "/api/v1/reviews", tree{"contract_id": aoi.ids["contracts"], "rating": 5}, http.StatusNotFound},
	} {
		wantsStatus(t, c.path, w.as(c.who, "POST", c.path, c.body), c.status)
	}
	for _, path := range []string{"/api/v1/tasks?company_id=", "/api/v1/contracts?company_id="} {
		if got := w.as(ben.Administrator, "GET", path+aoi.ids["companies"], nil).wants(http.StatusOK).object(); len(got["items"].([]any)) != 0 {
			t.Errorf("%s shows another company's: %v", path, got)
		}
	}
	w.as(ben.Administrator, "GET", "/api/v1/skills?q=a&company_id="+aoi.ids["companies"], nil).wants(http.StatusNotFound)
}

func TestAnIdThatIsNoneAndAnIdOfNothingAreNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.tenant("Aoi")
	doc, day := w.document(), w.Today().AddDays(5).String()
	for _, r := range apiRoutes(w) {
		if !strings.Contains(r.Path, "{id}") {
			continue
		}
		who := aoi.asker(w, r)
		for _, id := range []string{"17", "%00", uuid.NewString(), uuid.Nil.String()} {
			path := strings.NewReplacer("{id}", id, "{person_id}", uuid.NewString(), "{role}", "staff").Replace(r.Path)
			header := []string{}
			body := doc.body(r.Method, r.Path, aoi.ID.String(), day)
			if media := doc.file(r.Method, r.Path); media != "" {
				header = append(header, "Content-Type: "+media)
			}
			wantsStatus(t, r.Method+" "+path, w.as(who, r.Method, path, body, header...), http.StatusNotFound)
		}
	}
}
