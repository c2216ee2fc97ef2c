package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/internal/problem"
	"homecoming/market"
)

// newParts is how many empty lines the form of a change has for new milestones.
const newParts = 2

// A changeLine is one milestone in the form of a change, as it was typed.
type changeLine struct {
	ID      string
	Label   string // which milestone it is; empty for a new one
	Title   string
	Amount  string
	DueOn   string
	Dropped bool
}

// open reports whether a line stands in the form from the beginning: the others are for what is added.
func (l changeLine) open() bool {
	return l.ID != "" || l.Title != "" || l.Amount != "" || l.DueOn != ""
}

// A changeForm is an offer as it was typed.
type changeForm struct {
	contract billing.Contract
	Reason   string
	Scope    string
	Lines    []changeLine
	Hours    *hourForm // of a contract by the hour: startsOn is its first week, and until its last
	Until    string
}

func changePath(id uuid.UUID) string { return "/changes/" + id.String() }

var changeTones = map[billing.ChangeState]ui.Tone{billing.ChangeOffered: ui.Warn, billing.ChangeSigned: ui.Warn, billing.ChangeInForce: ui.Good,
	billing.ChangeDeclined: ui.Bad, billing.ChangeLapsed: ui.Bad}

func changeMark(ctx context.Context, s billing.ChangeState) ui.Mark {
	return ui.Mark{Text: ui.T(ctx, "state.change."+string(s)), Tone: changeTones[s]}
}

// changeText says what happens next with a change, to the side that reads.
func changeText(ctx context.Context, c contractView, ch billing.Change) string {
	turn := "theirs"
	if ch.State == billing.ChangeOffered && ch.Side != c.side || ch.State == billing.ChangeSigned && c.side == billing.TheCompany {
		turn = "yours"
	}
	key := "change.next." + string(ch.State)
	if ch.Open() {
		key += "." + turn
	}
	money := market.Money{Amount: ch.TopUp, Currency: c.contract.Currency}
	return ui.T(ctx, key, "name", otherName(c), "when", ui.Moment(ctx, ch.ExpiresAt), "amount", money.String())
}

// openChange is the change that is under way, if there is one.
func (c contractView) openChange() (billing.Change, bool) {
	for _, ch := range c.changes {
		if ch.Open() {
			return ch, true
		}
	}
	return billing.Change{}, false
}

// mayOffer reports whether the reader's side can offer a change now.
func (c contractView) mayOffer() bool {
	ch, open := c.openChange()
	running := c.contract.State == billing.ContractActive || c.contract.State == billing.ContractPaused
	return c.mayRun && running && c.contract.EndsOn == nil && (!open || ch.State == billing.ChangeOffered && ch.Side != c.side)
}

// changeFormOf begins an offer: the other side's open one, or the terms as they are.
func changeFormOf(ctx context.Context, c contractView) changeForm {
	f := changeForm{contract: c.contract, Scope: c.contract.Terms.Brief}
	offered := map[uuid.UUID]billing.ChangedMilestone{}
	ch, open := c.openChange()
	if c.contract.Terms.Hourly != nil {
		return f.ofHours(ctx, ch)
	}
	for _, to := range ch.Draft.Milestones {
		if to.ID != nil {
			offered[*to.ID] = to
		}
	}
	if ch.Draft.Scope != "" {
		f.Scope = ch.Draft.Scope
	}
	money := func(n int64) string { return figures(&market.Money{Amount: n, Currency: c.contract.Currency}) }
	for _, m := range c.contract.Milestones {
		if !m.Alterable() {
			continue
		}
		to, kept := offered[m.ID]
		if !kept {
			to = billing.ChangedMilestone{Title: m.Title, Amount: m.Amount, DueOn: m.DueOn}
		}
		f.Lines = append(f.Lines, changeLine{ID: m.ID.String(), Label: ui.T(ctx, "change.part", "n", m.Position), Title: to.Title, Amount: money(to.Amount),
			DueOn: to.DueOn.String(), Dropped: open && !kept})
	}
	for _, to := range ch.Draft.Milestones {
		if to.ID == nil {
			f.Lines = append(f.Lines, changeLine{Title: to.Title, Amount: money(to.Amount), DueOn: to.DueOn.String()})
		}
	}
	return f.padded()
}

// ofHours begins an offer of other hours: the other side's open one, or the terms as they are.
func (f changeForm) ofHours(ctx context.Context, ch billing.Change) changeForm {
	agreed, until := *f.contract.Terms.Hourly, f.contract.DeliverOn
	if next := market.MondayOf(ui.Today(ctx)).AddDays(7); agreed.StartsOn.Before(next) {
		agreed.StartsOn = next
	}
	if h := ch.Draft.Hours; h != nil {
		agreed.Rate, agreed.WeeklyMinutes, agreed.StartsOn, until = h.Rate, h.WeeklyMinutes, h.From, h.Until
		f.Scope = cmp.Or(ch.Draft.Scope, f.Scope)
	}
	hours := formOfHours(agreed, f.contract.Currency)
	f.Hours, f.Until = &hours, until.String()
	return f
}

// hours is how the weeks are to read, as it was typed.
func (f changeForm) hours() (*billing.ChangedHours, error) {
	typed := *f.Hours
	typed.weeks = "1" // what counts is the last week
	h, err := typed.hourly(f.contract.Currency)
	if err != nil {
		return nil, err
	}
	until, err := parseDay(f.Until)
	if err != nil || until == nil {
		return nil, ErrDayForm.On("hours.until")
	}
	return &billing.ChangedHours{Rate: h.Rate, WeeklyMinutes: h.WeeklyMinutes, From: h.StartsOn, Until: *until}, nil
}

// padded leaves room for new milestones.
func (f changeForm) padded() changeForm {
	if f.Hours != nil {
		return f
	}
	empty := 0
	for _, l := range f.Lines {
		if l.ID == "" && l.Title == "" {
			empty++
		}
	}
	for ; empty < newParts; empty++ {
		f.Lines = append(f.Lines, changeLine{})
	}
	return f
}

func (v *visit) getOfferChange() error {
	c, err := v.contractView()
	if err != nil {
		return err
	}
	return v.ok(changeFormPage(changeFormOf(v.ctx, c), ui.Fault{}))
}

// postOfferChange offers what was typed.
func (v *visit) postOfferChange() error {
	c, err := v.contractView()
	if err != nil {
		return err
	}
	typed := v.typedChange(c.contract)
	draft, err := v.changeDraft(typed)
	if err == nil {
		var ch billing.Change
		if ch, err = v.Billing.OfferChange(v.ctx, v.who, c.contract.ID, draft); err == nil {
			return v.to(changePath(ch.ID), "change.done.offer")
		}
	}
	return v.refuse(err, func(f ui.Fault) templ.Component { return changeFormPage(typed.padded(), f) })
}

// typedChange reads the form as it was typed.
func (v *visit) typedChange(c billing.Contract) changeForm {
	f := v.form()
	typed := changeForm{contract: c, Reason: f.text("reason"), Scope: f.text("scope")}
	if c.Terms.Hourly != nil {
		hours := f.hours()
		typed.Hours, typed.Until = &hours, f.text("hours.until")
		return typed
	}
	ids := v.c.PostFormArray("id")
	for i, id := range ids[:min(len(ids), 40)] {
		at := func(name string) string { return f.text(fmt.Sprintf("milestones[%d].%s", i, name)) }
		l := changeLine{ID: id, Title: at("title"), Amount: at("amount"), DueOn: at("due_on"), Dropped: at("drop") != ""}
		for _, m := range c.Milestones {
			if m.ID.String() == id {
				l.Label = v.t("change.part", "n", m.Position)
			}
		}
		typed.Lines = append(typed.Lines, l)
	}
	return typed
}

// changeDraft makes an offer of what was typed. Empty lines and those that are dropped are left out.
func (v *visit) changeDraft(typed changeForm) (billing.ChangeDraft, error) {
	d := billing.ChangeDraft{Reason: typed.Reason}
	if sameText(typed.Scope, typed.contract.Terms.Brief) {
		typed.Scope = ""
	}
	d.Scope = typed.Scope
	if typed.Hours != nil {
		hours, err := typed.hours()
		d.Hours = hours
		return d, err
	}
	for _, l := range typed.Lines {
		if l.Dropped || l.ID == "" && l.Title == "" && l.Amount == "" {
			continue
		}
		field := func(name string) string { return fmt.Sprintf("milestones[%d].%s", len(d.Milestones), name) }
		amount, err := parseMoney(l.Amount, typed.contract.Currency)
		if err != nil || amount == nil {
			return d, ErrAmountForm.On(field("amount"))
		}
		due, err := parseDay(l.DueOn)
		if err != nil || due == nil {
			return d, ErrDayForm.On(field("due_on"))
		}
		m := billing.ChangedMilestone{Title: l.Title, Amount: amount.Amount, DueOn: *due}
		if id, err := uuid.Parse(l.ID); err == nil {
			m.ID = &id
		}
		d.Milestones = append(d.Milestones, m)
	}
	return d, nil
}

// sameText compares two texts as browsers send them: with their own line ends.
func sameText(a, b string) bool {
	plain := func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
	return plain(a) == plain(b)
}

// A changeView is a change as one of its sides sees it.
type changeView struct {
	contractView
	change billing.Change
	can    map[string]bool
}

func (v *visit) changeView() (changeView, error) {
	id, err := v.id()
	if err != nil {
		return changeView{}, err
	}
	ch, err := v.Billing.Change(v.ctx, v.who, id)
	if err != nil {
		return changeView{}, err
	}
	side := sideOf(v.who, ch.Contract)
	view := changeView{contractView: contractView{contract: ch.Contract, side: side}, change: ch, can: map[string]bool{}}
	if side == billing.TheAlumnus || v.who.May(market.RunContracts, ch.CompanyID) == nil {
		for _, do := range ch.Can(side) {
			view.can[do] = true
		}
	}
	if !view.can["top_up"] {
		return view, nil
	}
	view.cards = v.savedCards(ch.CompanyID)
	if view.transfers, err = v.Billing.BankTransfers(v.ctx, v.who, ch.ContractID); err != nil {
		return view, err
	}
	held, err := v.Billing.Cash(v.ctx, v.who, ch.CompanyID)
	view.cash = held.Free
	return view, err
}

// toppingUp is what a signed change adds, as a bill.
func (c changeView) toppingUp(ctx context.Context) bill {
	at, more := changePath(c.change.ID), market.Money{Amount: c.change.TopUp, Currency: c.contract.Currency}
	b := bill{label: ui.T(ctx, "change.pay.do", "amount", more), amount: more, page: at, name: "top-up", do: "top_up", card: at + "/pay-by-card", cards: c.cards}
	if more.Currency == "JPY" {
		b.wire = at + "/pay-by-bank-transfer"
	}
	return b
}

func (v *visit) getChange() error {
	c, err := v.changeView()
	if err != nil {
		return err
	}
	return v.ok(changePage(c))
}

// postChange signs, declines or withdraws a change, or goes to pay for it.
func (v *visit) postChange() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	f := v.form()
	do := f.text("do")
	switch do {
	case "sign":
		_, err = v.Billing.SignChange(v.ctx, v.who, id, f.text("hash"))
	case "decline":
		_, err = v.Billing.DeclineChange(v.ctx, v.who, id, f.text("message"))
	case "withdraw":
		_, err = v.Billing.WithdrawChange(v.ctx, v.who, id)
	case "top_up":
		return v.topUp(id)
	default:
		return market.ErrNotFound
	}
	if err != nil {
		return v.retreat(err, changePath(id))
	}
	return v.to(changePath(id), "change.done."+do)
}

// topUp sends the reader to the payment provider's page.
func (v *visit) topUp(id uuid.UUID) error {
	funding, err := v.Billing.TopUp(v.ctx, v.who, id)
	if err != nil {
		return v.retreat(err, changePath(id))
	}
	return v.onward(funding, changePath(id), "fund.unknown")
}

func (v *visit) getVersions() error {
	c, err := v.contractView()
	if err != nil {
		return err
	}
	list, err := v.Billing.Versions(v.ctx, v.who, c.contract.ID)
	if err != nil {
		return err
	}
	return v.ok(versionsPage(c, list))
}

// sentence is a problem as the reader is told it.
func sentence(ctx context.Context, err error) string {
	var p *problem.Error
	if !errors.As(err, &p) {
		return ""
	}
	return p.In(ui.FrameOf(ctx).Language)
}

// whereAny is a sentence about an amount, empty where there is none.
func whereAny(ctx context.Context, key string, c changeView, amount int64) string {
	if amount == 0 {
		return ""
	}
	return ui.T(ctx, key, "amount", market.Money{Amount: amount, Currency: c.contract.Currency}.String())
}
