package billing

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/billing/zengin"
	"homecoming/internal/jobs"
	"homecoming/internal/problem"
	"homecoming/market"
)

// What a bank line of a pay run was matched to.
const (
	MatchPayRun  MatchKind = "pay_run"    // all that a run sent, in one line
	MatchPayItem MatchKind = "pay_item"   // one of its payments
	MatchReturn  MatchKind = "pay_return" // a payment that came back
	MatchOther   MatchKind = "other"      // nothing of this product's: rent, salaries, the bank's own fees
)

// ErrLineDoesNotFit is a bank line that is not what it is said to be.
var ErrLineDoesNotFit = problem.Define(problem.Conflict, "line_does_not_fit",
	"This line of the statement does not fit: the amount, the account or the state is another, or it was matched already.",
	"この明細は消し込めません（金額・口座・状態が一致しないか、すでに消込済みです）。")

// ErrNoLines is a choice of nothing.
var ErrNoLines = problem.Define(problem.Invalid, "no_lines_chosen", "Choose at least one line.", "明細を1件以上選択してください。")

// MatchPayments matches an account's lines to what its pay runs sent, oldest first, and returns how many. A line that
// carries the whole of one run's open payments confirms them all; one that carries a payment's amount and its payee's
// name confirms that. Money that comes in with the name and amount of a confirmed payment, and the words of a return,
// is one that came back. What may be to two people, or fits nothing, is left to a person.
func (s *Service) MatchPayments(ctx context.Context, account uuid.UUID) (int, error) {
	matched := 0
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		matched = 0
		runs, err := lockRunsOf(tx, account)
		if err != nil || len(runs) == 0 {
			return err
		}
		var lines []BankLine
		if err := tx.Where("account_id = ? AND matched_kind = ''", account).Order("booked_on, id").Find(&lines).Error; err != nil {
			return err
		}
		for _, l := range lines {
			fit := fitting(runs, l)
			if fit == nil {
				continue
			}
			if err := s.confirm(tx, market.Actor{}, fit, l); err != nil {
				return err
			}
			matched++
		}
		return nil
	})
	return matched, err
}

// patience is for how many days after its day a payment is still looked for.
const patience = 30

// awaited are the runs of an account that one of its unmatched lines may speak of.
const awaited = `account_id = @account AND state IN ('sent', 'confirmed', 'partly_returned')
	AND pay_on >= (SELECT min(booked_on) - CAST(@patience AS int) FROM bank_lines WHERE account_id = @account AND matched_kind = '')`

// lockRunsOf holds the runs that an account's unmatched lines may speak of.
func lockRunsOf(tx *gorm.DB, account uuid.UUID) (runs []*PayRun, err error) {
	var ids []uuid.UUID
	err = tx.Model(&PayRun{}).Where(awaited, map[string]any{"account": account, "patience": patience}).Order("id").Pluck("id", &ids).Error
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		r, err := lockRun(tx, id)
		if err != nil {
			return nil, err
		}
		runs = append(runs, &r)
	}
	return runs, nil
}

// A fit is what a bank line says of a run: these payments were paid, or came back.
type fit struct {
	run   *PayRun
	items []int
	kind  MatchKind
}

// fitting finds the one thing that a line can mean, or nil.
func fitting(runs []*PayRun, l BankLine) *fit {
	var found []*fit
	for _, r := range runs {
		if l.BookedOn.Before(r.PayOn) || l.BookedOn.After(r.PayOn.AddDays(patience)) || l.Currency != r.Currency {
			continue
		}
		if whole := r.open(); len(whole) > 0 && l.Amount == -r.sum(whole) && (len(whole) > 1 || !namesAnother(r.Items[whole[0]], l)) {
			return &fit{r, whole, MatchPayRun}
		}
		for n, i := range r.Items {
			switch {
			case !strings.Contains(said(l), i.name()) || i.name() == "":
			case l.Amount == -i.Amount && i.State == ItemSent:
				found = append(found, &fit{r, []int{n}, MatchPayItem})
			case l.Amount == i.Amount && i.State == ItemConfirmed && speaksOfReturn(l):
				found = append(found, &fit{r, []int{n}, MatchReturn})
			}
		}
	}
	if len(found) == 0 || slices.ContainsFunc(found, func(f *fit) bool { return f.items != nil && f.of().PersonID != found[0].of().PersonID }) {
		return nil // two people of one name
	}
	return found[0]
}

func (f fit) of() PayItem { return f.run.Items[f.items[0]] }

// namesAnother reports whether a line names somebody, and not whom the payment is to.
func namesAnother(i PayItem, l BankLine) bool {
	return said(l) != "" && !strings.Contains(said(l), i.name())
}

// open are the places of a run's payments that are with the bank.
func (r PayRun) open() (at []int) {
	for n, i := range r.Items {
		if i.State == ItemSent {
			at = append(at, n)
		}
	}
	return at
}

func (r PayRun) sum(at []int) (sum int64) {
	for _, n := range at {
		sum += r.Items[n].Amount
	}
	return sum
}

// name is the payee's name as it comes back in statements: without blanks, as far as the file had room for it.
func (i PayItem) name() string {
	name := []rune(i.Holder)
	if len(name) > zengin.HolderWidth {
		name = name[:zengin.HolderWidth]
	}
	return squeezed(string(name))
}

// said is all that the bank says in words, as bank files write it and without blanks. What cannot be written so is kept.
func said(l BankLine) string {
	var all strings.Builder
	for _, word := range strings.Fields(l.Name + " " + l.Description) {
		if kana, err := zengin.Kana(word); err == nil {
			word = kana
		}
		all.WriteString(word)
	}
	return squeezed(all.String())
}

func squeezed(s string) string { return strings.ReplaceAll(s, " ", "") }

// returning are the words by which banks say that a transfer came back, as bank files write them.
var returning = []string{"ｸﾐﾓﾄﾞｼ", "ﾌﾉｳ", "ﾍﾝｷﾔｸ", "ﾍﾝｷﾝ", "ﾓﾄﾞｼ", "組戻", "不能", "返却", "返金"}

func speaksOfReturn(l BankLine) bool {
	text := said(l)
	return slices.ContainsFunc(returning, func(w string) bool { return strings.Contains(text, w) })
}

// confirm books what a line says of a run's payments.
func (s *Service) confirm(tx *gorm.DB, who market.Actor, f *fit, l BankLine) error {
	company, err := market.CompanyByID(tx, l.CompanyID)
	if err != nil {
		return err
	}
	day := noon(company, l.BookedOn)
	for _, n := range f.items {
		if f.kind == MatchReturn {
			err = s.cameBack(tx, f.run, &f.run.Items[n], l, day)
		} else {
			err = s.arrived(tx, f.run, &f.run.Items[n], l, day)
		}
		if err != nil {
			return err
		}
	}
	if err := s.advance(tx, f); err != nil {
		return err
	}
	to, now := f.run.ID, s.clock.Now()
	if f.kind != MatchPayRun {
		to = f.of().ID
	}
	l.MatchedKind, l.MatchedTo, l.MatchedAt = f.kind, &to, &now
	if who.PersonID != uuid.Nil {
		l.MatchedBy = &who.PersonID
	}
	done := tx.Model(&BankLine{}).Where("id = ? AND matched_kind = ''", l.ID).Select("matched_kind", "matched_to", "matched_by", "matched_at").Updates(&l)
	if done.Error == nil && done.RowsAffected == 0 {
		return ErrLineDoesNotFit
	}
	if done.Error != nil {
		return done.Error
	}
	return market.Audit(tx, who, l.CompanyID, "bank_line.match", "bank_line:"+l.ID.String(), map[string]any{"kind": f.kind, "to": to})
}

// advance moves a run on when everything that it sent is paid, or something came back.
func (s *Service) advance(tx *gorm.DB, f *fit) error {
	do := doConfirm
	switch {
	case f.kind == MatchReturn:
		do = doReturn
	case len(f.run.open())+f.run.In(ItemWaiting) > 0:
		return s.saveRun(tx, f.run)
	}
	if to, err := payRunMachine.Next(f.run.State, do, TheProvider, runner{PayRun: *f.run}); err == nil {
		f.run.State = to
	}
	return s.saveRun(tx, f.run)
}

// arrived books that the bank paid.
func (s *Service) arrived(tx *gorm.DB, r *PayRun, i *PayItem, l BankLine, day time.Time) (err error) {
	c, m, err := lockMilestone(tx, i.MilestoneID)
	if err != nil {
		return err
	}
	if i.State, err = payItemMachine.Next(i.State, doConfirm, TheProvider, *i); err != nil {
		return err
	}
	i.LineID = &l.ID
	if err := tx.Save(i).Error; err != nil {
		return err
	}
	if err := s.post(tx, paidByBank(m, *i, *r.AccountID, day)); err != nil {
		return err
	}
	m.PaidAt = &day
	if err := s.move(tx, market.Actor{}, &m, TheProvider, doPaidOut, r.Label()); err != nil {
		return err
	}
	return jobs.Enqueue(tx, letter(market.LetterPaid, c.PersonID, c, m, nil))
}

// cameBack owes a payment again that the bank returned, and tells both sides.
func (s *Service) cameBack(tx *gorm.DB, r *PayRun, i *PayItem, l BankLine, day time.Time) (err error) {
	c, m, err := lockMilestone(tx, i.MilestoneID)
	if err != nil {
		return err
	}
	if i.State, err = payItemMachine.Next(i.State, doReturn, TheProvider, *i); err != nil {
		return err
	}
	i.ReturnID = &l.ID
	if err := tx.Save(i).Error; err != nil {
		return err
	}
	if err := s.post(tx, returnedByBank(m, *i, *r.AccountID, c.PersonID, day)); err != nil {
		return err
	}
	m.PaidAt = nil
	if err := s.move(tx, market.Actor{}, &m, TheProvider, doReturned, r.Label()); err != nil {
		return err
	}
	if err := s.tellMoney(tx, market.LetterPaymentReturned, c, m, map[string]any{"reason": l.Description, "run": r.Label()}); err != nil {
		return err
	}
	return jobs.Enqueue(tx, bankLetter(c, m, l.Description))
}

// MatchLine lets a person say what a line is: the whole of a run's open payments, one payment, one that came back, or
// nothing of this product's. target is the run's or the payment's id; the amounts must be the same.
func (s *Service) MatchLine(ctx context.Context, who market.Actor, line uuid.UUID, kind MatchKind, target uuid.UUID) (BankLine, error) {
	var l BankLine
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := one(tx.Where("id = ?", line).Take(&l)); err != nil {
			return err
		}
		if err := who.May(market.SettleMoney, l.CompanyID); err != nil {
			return err
		}
		if kind == MatchOther {
			return s.setAside(tx, who, l.AccountID, []uuid.UUID{line})
		}
		var of []uuid.UUID
		err := tx.Raw("SELECT id FROM pay_runs WHERE id = ? AND account_id = ? UNION SELECT run_id FROM pay_items JOIN pay_runs r ON r.id = run_id WHERE pay_items.id = ? AND r.account_id = ?",
			target, l.AccountID, target, l.AccountID).Scan(&of).Error
		if err != nil {
			return err
		}
		if len(of) == 0 {
			return ErrLineDoesNotFit
		}
		r, err := lockRun(tx, of[0])
		if err != nil {
			return err
		}
		f := meant(&r, kind, target)
		if f == nil || l.MatchedKind != "" || l.Amount != f.amount() || l.Currency != r.Currency {
			return ErrLineDoesNotFit
		}
		return s.confirm(tx, who, f, l)
	})
	if err != nil {
		return l, err
	}
	return l, s.db.Gorm(ctx).Where("id = ?", line).Take(&l).Error
}

// SetLinesAside says of lines of an account that they are nothing of this product's.
func (s *Service) SetLinesAside(ctx context.Context, who market.Actor, account uuid.UUID, lines []uuid.UUID) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		if _, err := bankAccount(tx, who, account, market.SettleMoney); err != nil {
			return err
		}
		return s.setAside(tx, who, account, lines)
	})
}

func (s *Service) setAside(tx *gorm.DB, who market.Actor, account uuid.UUID, lines []uuid.UUID) error {
	if len(lines) == 0 {
		return ErrNoLines.On("lines")
	}
	var set []BankLine
	err := tx.Model(&set).Clauses(clause.Returning{}).Where("account_id = ? AND id IN ? AND matched_kind = ''", account, lines).
		Updates(map[string]any{"matched_kind": MatchOther, "matched_by": who.PersonID, "matched_at": s.clock.Now()}).Error
	if err != nil {
		return err
	}
	if len(set) < len(lines) {
		return ErrLineDoesNotFit
	}
	for _, l := range set {
		if err := market.Audit(tx, who, l.CompanyID, "bank_line.set_aside", "bank_line:"+l.ID.String(), map[string]any{"amount": l.Amount}); err != nil {
			return err
		}
	}
	return nil
}

// ReopenLine takes back that a line was nothing of this product's, and lets it be matched again.
func (s *Service) ReopenLine(ctx context.Context, who market.Actor, line uuid.UUID) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		var l BankLine
		if err := one(tx.Clauses(hold).Where("id = ?", line).Take(&l)); err != nil {
			return err
		}
		if err := who.May(market.SettleMoney, l.CompanyID); err != nil {
			return err
		}
		if l.MatchedKind != MatchOther {
			return ErrLineDoesNotFit
		}
		err := tx.Model(&l).Updates(map[string]any{"matched_kind": "", "matched_by": nil, "matched_at": nil}).Error
		if err != nil {
			return err
		}
		if err := market.Audit(tx, who, l.CompanyID, "bank_line.reopen", "bank_line:"+l.ID.String(), nil); err != nil {
			return err
		}
		return jobs.Enqueue(tx, MatchJob{Account: l.AccountID})
	})
}

// A Meaning is something that a bank line may say, by its amount: To is a run's id or a payment's.
type Meaning struct {
	Kind MatchKind
	To   uuid.UUID
	Run  PayRun
	Item *PayItem // nil for a whole run
}

// Meanings are what each of an account's lines may say, for whoever has to choose. A line that is missing can say nothing
// that the account's pay runs know of.
func (s *Service) Meanings(ctx context.Context, who market.Actor, account uuid.UUID, lines []BankLine) (map[uuid.UUID][]Meaning, error) {
	g := s.db.Gorm(ctx)
	if _, err := bankAccount(g, who, account, market.SeeMoney); err != nil {
		return nil, err
	}
	var runs []PayRun
	err := g.Where(awaited, map[string]any{"account": account, "patience": patience}).Order("id DESC").Limit(200).Find(&runs).Error
	if err != nil {
		return nil, err
	}
	if err := withItems(g, runs); err != nil {
		return nil, err
	}
	all := map[uuid.UUID][]Meaning{}
	for _, l := range lines {
		if l.MatchedKind == "" {
			all[l.ID] = meanings(runs, l)
		}
	}
	return all, nil
}

func meanings(runs []PayRun, l BankLine) (all []Meaning) {
	for _, r := range runs {
		if open := r.open(); len(open) > 1 && l.Amount == -r.sum(open) {
			all = append(all, Meaning{MatchPayRun, r.ID, r, nil})
		}
		for n, i := range r.Items {
			switch {
			case l.Amount == -i.Amount && i.State == ItemSent:
				all = append(all, Meaning{MatchPayItem, i.ID, r, &r.Items[n]})
			case l.Amount == i.Amount && i.State == ItemConfirmed:
				all = append(all, Meaning{MatchReturn, i.ID, r, &r.Items[n]})
			}
		}
	}
	return all
}

// meant is what a person says that a line means, where the run's payments stand so that it may.
func meant(r *PayRun, kind MatchKind, target uuid.UUID) *fit {
	if kind == MatchPayRun && target == r.ID && len(r.open()) > 0 {
		return &fit{r, r.open(), kind}
	}
	for n, i := range r.Items {
		if i.ID == target && (kind == MatchPayItem && i.State == ItemSent || kind == MatchReturn && i.State == ItemConfirmed) {
			return &fit{r, []int{n}, kind}
		}
	}
	return nil
}

// amount is what the line of a fit must say.
func (f fit) amount() int64 {
	if f.kind == MatchReturn {
		return f.run.sum(f.items)
	}
	return -f.run.sum(f.items)
}
