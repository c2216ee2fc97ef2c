package market

import (
	"context"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
)

const maxApprovalRules = 20

// ApprovalRules lists a company's rules in the order in which they are asked, for everybody who posts or approves.
func (s *Service) ApprovalRules(ctx context.Context, who Actor, company uuid.UUID) ([]ApprovalRule, error) {
	if err := who.May(SeeTasks, company); err != nil {
		return nil, err
	}
	return approvalRules(s.db.Gorm(ctx), company)
}

func approvalRules(g *gorm.DB, company uuid.UUID) ([]ApprovalRule, error) {
	var rules []ApprovalRule
	return rules, g.Where("company_id = ?", company).Order("position").Find(&rules).Error
}

// SetApprovalRules replaces a company's rules. Requests that wait keep the chain they were asked with.
func (s *Service) SetApprovalRules(ctx context.Context, who Actor, company uuid.UUID, rules []ApprovalRule) error {
	if err := who.May(Administer, company); err != nil {
		return err
	}
	if len(rules) > maxApprovalRules {
		return ErrBetween.On("rules").With("min", 0).With("max", maxApprovalRules)
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		if _, err := lockCompany(tx, company); err != nil {
			return err
		}
		for i := range rules {
			r, field := &rules[i], "rules["+itoa(i)+"]"
			r.CompanyID, r.Position = company, i+1
			if err := checkRule(tx, *r, field); err != nil {
				return err
			}
		}
		if err := tx.Exec("DELETE FROM approval_rules WHERE company_id = ?", company).Error; err != nil {
			return err
		}
		if len(rules) > 0 {
			if err := tx.Create(&rules).Error; err != nil {
				return err
			}
		}
		return Audit(tx, who, company, "approval_rules.set", "company:"+company.String(), rules)
	})
}

func checkRule(tx *gorm.DB, r ApprovalRule, field string) error {
	if r.Above < 0 || r.Above > maxAmount {
		return ErrAmountNotPositive.On(field + ".above")
	}
	if r.DepartmentID != nil {
		if found, err := DepartmentKnown(tx, r.CompanyID, r.DepartmentID.String()); err != nil || found == uuid.Nil {
			return orElse(err, ErrNotOneOf.On(field+".department").With("value", r.DepartmentID.String()).With("allowed", "–"))
		}
	}
	if r.ApproverID == nil {
		return nil
	}
	return mayApprove(tx, r.CompanyID, *r.ApproverID, field+".approver")
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// mayApprove refuses a person who has no role that approves spending at the company.
func mayApprove(tx *gorm.DB, company, person uuid.UUID, field string) error {
	able, err := Able(tx, company, ApproveSpend)
	if err != nil || slices.Contains(able, person) {
		return err
	}
	var names []string
	err = tx.Raw("SELECT name_of(p) FROM people p JOIN role_grants r ON r.person_id = p.id WHERE p.id = ? AND r.company_id = ? LIMIT 1", person, company).Scan(&names).Error
	if len(names) == 0 { // nobody of this company
		names = []string{person.String()}
	}
	return orElse(err, ErrNoApprover.On(field).With("name", names[0]))
}

// cleared answers whether a task may cost an amount: no rule asks anybody about it, or so much was approved.
func cleared(tx *gorm.DB, t Task, amount int64) error {
	if amount <= t.ApprovedAmount {
		return nil
	}
	rules, err := approvalRules(tx, t.CompanyID)
	if err != nil || len(chain(rules, t, amount, uuid.Nil)) == 0 {
		return err
	}
	return ErrApprovalNeeded.With("amount", Money{amount, t.Currency}).With("approved", Money{t.ApprovedAmount, t.Currency})
}

// NeedsApproval reports whether a task's cost has to be approved before it may be awarded for so much.
func (s *Service) NeedsApproval(ctx context.Context, who Actor, t Task, amount int64) (bool, error) {
	if err := who.May(SeeTasks, t.CompanyID); err != nil {
		return false, err
	}
	err := cleared(s.db.Gorm(ctx), t, amount)
	if ErrApprovalNeeded.Is(err) {
		return true, nil
	}
	return false, err
}

// AskSpending asks the company's chain to agree that a task may cost an amount, and writes to the first of it.
func (s *Service) AskSpending(ctx context.Context, who Actor, task uuid.UUID, amount Money, reason string) (SpendingRequest, error) {
	reason = strings.TrimSpace(reason)
	if len([]rune(reason)) > maxMessage {
		return SpendingRequest{}, ErrTooLong.On("reason").With("max", maxMessage)
	}
	var r SpendingRequest
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		t, c, err := s.lockTask(tx, who, task)
		if err != nil {
			return err
		}
		if err := checkAmount(amount, c, "amount"); err != nil {
			return err
		}
		if t.State != Draft && t.State != Published && t.State != Awarded { // a change of the contract may cost more than the award
			return ErrTaskState.With("state", t.State)
		}
		r, err = s.ask(tx, who, t, amount.Amount, reason)
		if err == nil && r.ID == uuid.Nil {
			return ErrNothingToApprove.With("amount", Money{amount.Amount, c.Currency})
		}
		return err
	})
	if err != nil {
		return SpendingRequest{}, err
	}
	return s.SpendingRequest(ctx, who, r.ID)
}

// ask writes a request where a rule asks somebody; the zero request where none does, or so much is approved.
func (s *Service) ask(tx *gorm.DB, who Actor, t Task, amount int64, reason string) (SpendingRequest, error) {
	rules, err := approvalRules(tx, t.CompanyID)
	if err != nil || amount <= t.ApprovedAmount {
		return SpendingRequest{}, err
	}
	steps := chain(rules, t, amount, who.PersonID)
	if len(steps) == 0 {
		return SpendingRequest{}, nil
	}
	var waiting bool // the task is held, so nobody else asks meanwhile
	err = tx.Raw("SELECT EXISTS (SELECT 1 FROM spending_requests WHERE task_id = ? AND state = 'asked')", t.ID).Scan(&waiting).Error
	if err != nil || waiting {
		return SpendingRequest{}, orElse(err, ErrSpendingAsked)
	}
	r := SpendingRequest{ID: newID(), CompanyID: t.CompanyID, TaskID: t.ID, Amount: amount, Currency: t.Currency, Reason: reason,
		State: SpendingAsked, AskedBy: who.PersonID, AskedAt: s.clock.Now()}
	for i, approver := range steps {
		r.Steps = append(r.Steps, SpendingStep{RequestID: r.ID, CompanyID: t.CompanyID, Position: i + 1, ApproverID: approver})
	}
	if err := tx.Omit("Steps").Create(&r).Error; err != nil {
		return r, err
	}
	if err := tx.Create(&r.Steps).Error; err != nil {
		return r, err
	}
	if err := Audit(tx, who, t.CompanyID, "spending.ask", "spending:"+r.ID.String(), map[string]any{"task": t.ID, "amount": amount}); err != nil {
		return r, err
	}
	return r, s.tellApprovers(tx, r, t, who)
}

// tellApprovers writes to whom a request waits for, and to who stands in for them today.
func (s *Service) tellApprovers(tx *gorm.DB, r SpendingRequest, t Task, from Actor) error {
	step := r.Waiting()
	if step == nil {
		return nil
	}
	readers, err := s.deciders(tx, r.CompanyID, step)
	if err != nil {
		return err
	}
	for _, p := range readers {
		if p == r.AskedBy {
			continue
		}
		err := jobs.Enqueue(tx, Letter{Letter: LetterSpending, PersonID: p, CompanyID: r.CompanyID, Path: "/spending/" + r.ID.String(),
			Facts: map[string]any{"title": t.Title, "amount": Money{r.Amount, r.Currency}.String(), "reason": r.Reason}}.Naming("from", from.PersonID, from.Name))
		if err != nil {
			return err
		}
	}
	return nil
}

// deciders are the people whom a step waits for: the named one and who stands in today, or all who may approve.
func (s *Service) deciders(tx *gorm.DB, company uuid.UUID, step *SpendingStep) ([]uuid.UUID, error) {
	if step.ApproverID == nil {
		return Able(tx, company, ApproveSpend)
	}
	c, err := CompanyByID(tx, company)
	if err != nil {
		return nil, err
	}
	var stand []uuid.UUID
	err = s.delegationsToday(tx, c).Where("from_id = ?", *step.ApproverID).Pluck("to_id", &stand).Error
	return append([]uuid.UUID{*step.ApproverID}, stand...), err
}

// delegationsToday are those of a company that hold now.
func (s *Service) delegationsToday(tx *gorm.DB, c Company) *gorm.DB {
	return tx.Model(&Delegation{}).Where("company_id = ? AND ended_at IS NULL AND ? BETWEEN from_on AND until_on", c.ID, c.Today(s.clock.Now()))
}

// DecideSpending says yes or no to what waits for the actor, or for whom they stand in. A yes by the last of the chain
// lets the task be awarded for the amount.
func (s *Service) DecideSpending(ctx context.Context, who Actor, id uuid.UUID, yes bool, comment string) (SpendingRequest, error) {
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		return s.decideSpending(tx, who, id, Decision{Yes: yes, Comment: strings.TrimSpace(comment)})
	})
	if err != nil {
		return SpendingRequest{}, err
	}
	return s.SpendingRequest(ctx, who, id)
}

func (s *Service) decideSpending(tx *gorm.DB, who Actor, id uuid.UUID, d Decision) error {
	r, t, err := lockSpending(tx, id)
	if err != nil {
		return err
	}
	if err := who.May(ApproveSpend, r.CompanyID); err != nil {
		return err
	}
	c, err := CompanyByID(tx, r.CompanyID)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	d.By, d.Superior = who.PersonID, slices.ContainsFunc(who.Grants, func(g Grant) bool { return g.CompanyID == r.CompanyID && g.Role == Administrator })
	if err := s.delegationsToday(tx, c).Where("to_id = ?", who.PersonID).Pluck("from_id", &d.StandsFor).Error; err != nil {
		return err
	}
	if err := r.Decide(d, now); err != nil {
		return err
	}
	if err := saveSpending(tx, r); err != nil {
		return err
	}
	if r.State == SpendingApproved {
		if err := tx.Exec("UPDATE tasks SET approved_amount = greatest(approved_amount, ?) WHERE id = ?", r.Amount, t.ID).Error; err != nil {
			return err
		}
	}
	if err := s.tellOfDecision(tx, r, t, who, d); err != nil {
		return err
	}
	return Audit(tx, who, r.CompanyID, "spending.decide", "spending:"+r.ID.String(), map[string]any{"yes": d.Yes, "by_mail": d.ByMail, "state": r.State})
}

// lockSpending holds a request's task, then the request, in that order everywhere.
func lockSpending(tx *gorm.DB, id uuid.UUID) (SpendingRequest, Task, error) {
	var r SpendingRequest
	var t Task
	if err := one(tx.Select("task_id").Where("id = ?", id).Take(&r)); err != nil {
		return r, t, err
	}
	hold := clause.Locking{Strength: "NO KEY UPDATE"}
	if err := tx.Clauses(hold).Where("id = ?", r.TaskID).Take(&t).Error; err != nil {
		return r, t, err
	}
	r = SpendingRequest{}
	err := tx.Clauses(hold).Where("id = ?", id).Preload("Steps", namedSteps).Take(&r).Error
	return r, t, err
}

func namedSteps(q *gorm.DB) *gorm.DB {
	name := func(of, as string) string {
		return "(SELECT name_of(people) FROM people WHERE id = spending_steps." + of + ") AS " + as
	}
	return q.Select("spending_steps.*, " + name("approver_id", "approver_name") + ", " + name("decided_by", "decided_by_name") + ", " + name("stood_for", "stood_for_name")).Order("position")
}

func saveSpending(tx *gorm.DB, r SpendingRequest) error {
	if err := tx.Exec("UPDATE spending_requests SET state = ?, ended_at = ? WHERE id = ?", r.State, r.EndedAt, r.ID).Error; err != nil {
		return err
	}
	for _, p := range r.Steps {
		err := tx.Exec("UPDATE spending_steps SET approved = ?, decided_by = ?, stood_for = ?, by_mail = ?, comment = ?, decided_at = ? WHERE request_id = ? AND position = ? AND approved IS NULL",
			p.Approved, p.DecidedBy, p.StoodFor, p.ByMail, p.Comment, p.DecidedAt, p.RequestID, p.Position).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// tellOfDecision asks the next of the chain, or tells who asked how it ended.
func (s *Service) tellOfDecision(tx *gorm.DB, r SpendingRequest, t Task, who Actor, d Decision) error {
	if r.State == SpendingAsked {
		return s.tellApprovers(tx, r, t, Actor{})
	}
	return jobs.Enqueue(tx, Letter{Letter: LetterSpendingOver, PersonID: r.AskedBy, CompanyID: r.CompanyID, Path: "/tasks/" + t.ID.String(),
		Facts: map[string]any{"title": t.Title, "amount": Money{r.Amount, r.Currency}.String(), "approved": r.State == SpendingApproved, "reason": d.Comment}}.
		Naming("from", who.PersonID, who.Name))
}

// WithdrawSpending takes a request back; whoever may post tasks there may.
func (s *Service) WithdrawSpending(ctx context.Context, who Actor, id uuid.UUID) (SpendingRequest, error) {
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		r, _, err := lockSpending(tx, id)
		if err != nil {
			return err
		}
		if err := who.May(PostTasks, r.CompanyID); err != nil {
			return err
		}
		if r.State != SpendingAsked {
			return ErrSpendingEnded.With("state", r.State)
		}
		if err := tx.Exec("UPDATE spending_requests SET state = ?, ended_at = ? WHERE id = ?", SpendingWithdrawn, s.clock.Now(), id).Error; err != nil {
			return err
		}
		return Audit(tx, who, r.CompanyID, "spending.withdraw", "spending:"+id.String(), nil)
	})
	if err != nil {
		return SpendingRequest{}, err
	}
	return s.SpendingRequest(ctx, who, id)
}

// dropSpending takes back what waits about a task that no longer needs it.
func dropSpending(tx *gorm.DB, task uuid.UUID, now time.Time) error {
	return tx.Exec("UPDATE spending_requests SET state = ?, ended_at = ? WHERE task_id = ? AND state = ?", SpendingWithdrawn, now, task, SpendingAsked).Error
}

// SpendingRequest reads one with its chain.
func (s *Service) SpendingRequest(ctx context.Context, who Actor, id uuid.UUID) (SpendingRequest, error) {
	var r SpendingRequest
	if err := one(shownSpending(s.db.Gorm(ctx)).Where("spending_requests.id = ?", id).Take(&r)); err != nil {
		return r, err
	}
	if err := who.May(SeeTasks, r.CompanyID); err != nil {
		return SpendingRequest{}, err
	}
	return r, nil
}

// SpendingRequests lists a company's requests, those that wait first, then the newest. task narrows to one task.
func (s *Service) SpendingRequests(ctx context.Context, who Actor, company, task uuid.UUID) ([]SpendingRequest, error) {
	if err := who.May(SeeTasks, company); err != nil {
		return nil, err
	}
	q := shownSpending(s.db.Gorm(ctx)).Where("spending_requests.company_id = ?", company)
	if task != uuid.Nil {
		q = q.Where("spending_requests.task_id = ?", task)
	}
	var list []SpendingRequest
	return list, q.Order("spending_requests.state <> 'asked', spending_requests.id DESC").Limit(100).Find(&list).Error
}

func shownSpending(g *gorm.DB) *gorm.DB {
	return g.Select("spending_requests.*, name_of(p) AS asked_by_name, t.title AS task_title, coalesce(trim(b.code || ' ' || b.name), '') AS budget_label, b.amount - b.committed AS budget_left").
		Joins("JOIN people p ON p.id = spending_requests.asked_by").Joins("JOIN tasks t ON t.id = spending_requests.task_id").Joins("LEFT JOIN budgets b ON b.id = t.paid_from").Preload("Steps", namedSteps)
}

// Approvers lists who may approve spending at a company, by name. What else a team list tells is left blank.
func (s *Service) Approvers(ctx context.Context, who Actor, company uuid.UUID) ([]TeamMember, error) {
	if err := who.May(SeeTasks, company); err != nil {
		return nil, err
	}
	var rows []Person
	err := s.db.Gorm(ctx).Where("id IN (SELECT person_id FROM ("+carrying+") a WHERE accepted_at IS NOT NULL)", carryingArgs(company, ApproveSpend)).Order("family_kana, family_name, given_name, id").Find(&rows).Error
	list := make([]TeamMember, len(rows))
	for i, p := range rows {
		list[i] = TeamMember{PersonID: p.ID, Name: p.Name()}
	}
	return list, err
}

// Delegate has somebody who may approve spending stand in for the actor from one day to another.
func (s *Service) Delegate(ctx context.Context, who Actor, company, to uuid.UUID, from, until civil.Date) (Delegation, error) {
	if err := who.May(ApproveSpend, company); err != nil {
		return Delegation{}, err
	}
	d := Delegation{ID: newID(), CompanyID: company, FromID: who.PersonID, ToID: to, FromOn: from, UntilOn: until, CreatedAt: s.clock.Now()}
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, err := CompanyByID(tx, company)
		if err != nil {
			return err
		}
		today := c.Today(s.clock.Now())
		switch {
		case to == who.PersonID:
			return ErrDelegateSelf.On("to")
		case !from.IsValid():
			return ErrDay.On("from").With("value", from)
		case !until.IsValid():
			return ErrDay.On("until").With("value", until)
		case until.Before(from):
			return ErrPeriodOrder.On("until").With("date", from)
		case until.Before(today):
			return ErrPastDate.On("until").With("date", until)
		}
		if err := mayApprove(tx, company, to, "to"); err != nil {
			return err
		}
		if err := tx.Create(&d).Error; err != nil {
			return err
		}
		return Audit(tx, who, company, "delegation.begin", "person:"+to.String(), map[string]any{"from": from, "until": until})
	})
	return d, err
}

// ErrDelegateSelf is a delegation to oneself.
var ErrDelegateSelf = problem.Define(problem.Invalid, "delegate_self", "Choose somebody else to stand in for you.", "代理には、ご自身以外の方を選んでください。")

// EndDelegation ends one of the actor's own before its last day.
func (s *Service) EndDelegation(ctx context.Context, who Actor, id uuid.UUID) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		var d Delegation
		if err := one(tx.Where("id = ? AND from_id = ? AND ended_at IS NULL", id, who.PersonID).Take(&d)); err != nil {
			return err
		}
		if err := tx.Exec("UPDATE delegations SET ended_at = ? WHERE id = ?", s.clock.Now(), id).Error; err != nil {
			return err
		}
		return Audit(tx, who, d.CompanyID, "delegation.end", "person:"+d.ToID.String(), nil)
	})
}

// Delegations lists the present and coming ones at a company that the actor gave or was given.
func (s *Service) Delegations(ctx context.Context, who Actor, company uuid.UUID) ([]Delegation, error) {
	if err := who.May(ApproveSpend, company); err != nil {
		return nil, err
	}
	c, err := CompanyByID(s.db.Gorm(ctx), company)
	if err != nil {
		return nil, err
	}
	var list []Delegation
	return list, s.db.Gorm(ctx).Select("delegations.*, name_of(f) AS from_name, name_of(t) AS to_name").
		Joins("JOIN people f ON f.id = from_id").Joins("JOIN people t ON t.id = to_id").
		Where("company_id = ? AND ended_at IS NULL AND until_on >= ? AND ? IN (from_id, to_id)", company, c.Today(s.clock.Now()), who.PersonID).
		Order("from_on, delegations.id").Find(&list).Error
}

// A PendingDecision is what a letter's link asks, before it is answered.
type PendingDecision struct {
	Link    Link
	Request SpendingRequest
}

// LookAtDecision reads what a letter's link asks for without answering it, or ErrLinkSpent.
func (s *Service) LookAtDecision(ctx context.Context, raw string) (PendingDecision, error) {
	link, err := s.LookAtLink(ctx, raw)
	if err != nil {
		return PendingDecision{}, err
	}
	id, err := uuid.Parse(strings.TrimPrefix(link.Path, "/spending/"))
	if link.Purpose != PurposeDecide || err != nil {
		return PendingDecision{}, ErrLinkSpent
	}
	who, err := s.ActorOf(ctx, link.PersonID)
	if err != nil {
		return PendingDecision{}, err
	}
	r, err := s.SpendingRequest(ctx, who, id)
	return PendingDecision{link, r}, err
}

// DecideByLink answers what a letter asked, on behalf of its reader, and spends the link; it signs nobody in. Somebody
// with an authenticator gives its code as well. Only a POST may call it: scanners follow links in mails.
func (s *Service) DecideByLink(ctx context.Context, raw string, yes bool, comment, code string) (SpendingRequest, error) {
	p, err := s.LookAtDecision(ctx, raw)
	if err != nil {
		return SpendingRequest{}, err
	}
	if p.Link.NeedsCode && code == "" {
		return SpendingRequest{}, ErrCodeNeeded.On("code")
	}
	who, err := s.ActorOf(ctx, p.Link.PersonID)
	if err != nil {
		return SpendingRequest{}, err
	}
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := s.spend(tx, raw, p.Link, "", code); err != nil {
			return err
		}
		return s.decideSpending(tx, who, p.Request.ID, Decision{Yes: yes, Comment: strings.TrimSpace(comment), ByMail: true})
	})
	if err != nil {
		return SpendingRequest{}, err
	}
	return s.SpendingRequest(ctx, who, p.Request.ID)
}
