package web

import (
	"context"
	"strconv"
	"strings"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/billing"
	"homecoming/market"
)

const deskPath = "/money/reconciliations"

// A deskView is what finance opens in the morning: what needs somebody first, then the month that closes next.
type deskView struct {
	runs       []billing.Reconciliation
	exceptions []billing.Exception
	waiting    []billing.Adjustment // entries and explanations that need a second person
	month      billing.MonthView
	matched    int
	period     period
	may        deskRights
	me         string // the reader's id
	currency   string
	fault      ui.Fault
}

// deskRights are what the reader may do on the desk.
type deskRights struct{ reconcile, settle, approve bool }

func (v *visit) deskRights() deskRights {
	return deskRights{v.may(market.ReconcileMoney), v.may(market.SettleMoney), v.may(market.ApproveMoney)}
}

func (v *visit) desk(p period, fault ui.Fault) (deskView, error) {
	d := deskView{period: p, may: v.deskRights(), me: v.who.PersonID.String(), currency: v.company.Currency, fault: fault}
	var err error
	if d.runs, err = v.Billing.Reconciliations(v.ctx, v.who, v.company.ID); err != nil {
		return d, err
	}
	if d.exceptions, err = v.Billing.Exceptions(v.ctx, v.who, v.company.ID, billing.ExceptionFilter{}); err != nil {
		return d, err
	}
	if d.waiting, err = v.Billing.Adjustments(v.ctx, v.who, v.company.ID, true); err != nil {
		return d, err
	}
	if d.month, err = v.Billing.Month(v.ctx, v.who, v.company.ID, civil.Date{}); err != nil {
		return d, err
	}
	d.matched, err = v.Billing.Matched(v.ctx, v.who, v.company.ID, d.month.Month)
	return d, err
}

func (v *visit) getReconciliations() error {
	d, err := v.desk(v.thisMonth(), ui.Fault{})
	if err != nil {
		return err
	}
	return v.ok(deskPage(d))
}

// deskHeadline says how the month stands: November 2026: 412 matched, 2 need you.
func deskHeadline(ctx context.Context, d deskView) string {
	if len(d.exceptions) == 0 {
		return ui.T(ctx, "reconcile.headline.clean", "month", month(ctx, d.month.Month), "n", d.matched)
	}
	return ui.T(ctx, "reconcile.headline", "month", month(ctx, d.month.Month), "n", d.matched, "m", len(d.exceptions))
}

// latest is the newest run that has ended.
func (d deskView) latest() *billing.Reconciliation {
	for i, r := range d.runs {
		if ended(r.State) {
			return &d.runs[i]
		}
	}
	return nil
}

// proposal is what waits for a second person about an exception.
func (d deskView) proposal(e billing.Exception) *billing.Adjustment {
	for i, a := range d.waiting {
		if a.ExceptionID != nil && *a.ExceptionID == e.ID {
			return &d.waiting[i]
		}
	}
	return nil
}

// byHand are the entries that wait for a second person and are about no exception.
func (d deskView) byHand() (list []billing.Adjustment) {
	for _, a := range d.waiting {
		if a.ExceptionID == nil {
			list = append(list, a)
		}
	}
	return list
}

func adjustmentPath(a billing.Adjustment) string { return "/money/adjustments/" + a.ID.String() }

func exceptionPath(e billing.Exception) string { return "/money/exceptions/" + e.ID.String() }

// about says whom an exception concerns: the provider's object, the person and the contract.
func about(e billing.Exception) string {
	var parts []string
	for _, p := range []string{e.PersonName, contractLabel(e), e.MilestoneTitle} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, " · ")
}

func contractLabel(e billing.Exception) string {
	if e.ContractNumber == 0 {
		return ""
	}
	return "C-" + strconv.Itoa(e.ContractNumber)
}

// agedMark ages an exception in business days: the older, the warmer.
func agedMark(ctx context.Context, e billing.Exception) ui.Mark {
	m := ui.Mark{Text: ui.T(ctx, "age.business", "n", e.Age), Tone: ui.Bad}
	switch e.AgeSpan() {
	case "0-1":
		m.Tone = ui.Now
		if e.Age == 0 {
			m.Text = ui.T(ctx, "age.today")
		}
	case "2-5":
		m.Tone = ui.Warn
	}
	return m
}

// why says in words what the two sides have.
func why(ctx context.Context, e billing.Exception) string {
	money := func(amount int64) string { return strings.ReplaceAll(sumIn(e.Currency, amount), "−", "−\u2060") } // a sign stays with its figures
	key := "cause." + string(e.Kind)
	if known(key + "." + string(e.Level)) {
		key += "." + string(e.Level)
	}
	return ui.T(ctx, key, "ledger", money(e.Ledger), "other", money(e.Other), "ledger_fee", money(e.LedgerFee), "other_fee", money(e.OtherFee),
		"day", ui.ShortDay(ctx, e.Day), "type", e.Type, "step", stepName(ctx, e))
}

// stepName is the step of a milestone's money that an exception of that level is about.
func stepName(ctx context.Context, e billing.Exception) string {
	if e.Level != billing.ContractLevel {
		return ""
	}
	return ui.T(ctx, "step."+e.Type)
}

// sum writes an amount of an exception's currency.
func sumIn(currency string, amount int64) string {
	return market.Money{Amount: amount, Currency: currency}.String()
}

func (v *visit) getException() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	return v.showException(id)
}

// An exceptionView is one exception with all that can be done about it.
type exceptionView struct {
	billing.Exception
	tried    []billing.Adjustment
	prepared []billing.Posting
	over     string
	overs    []ui.Option
	owners   []ui.Option
	may      deskRights
	me       string
}

func (v *visit) showException(id uuid.UUID) (err error) {
	view := exceptionView{may: v.deskRights(), me: v.who.PersonID.String(), over: v.c.Query("over")}
	if view.Exception, view.tried, err = v.Billing.Exception(v.ctx, v.who, id); err != nil {
		return err
	}
	overs := billing.Overs(view.CompanyID)
	if view.over == "" {
		view.over = overs[0]
	}
	for _, o := range overs {
		view.overs = append(view.overs, ui.Option{Value: o, Label: book(v.ctx, o, map[string]string{o: ""})})
	}
	if view.prepared, err = v.Billing.Prepared(v.ctx, v.who, id, view.over); err != nil {
		return err
	}
	owners, err := v.Billing.Owners(v.ctx, v.who, view.CompanyID)
	if err != nil {
		return err
	}
	view.owners = []ui.Option{{Value: "", Label: v.t("exception.nobody")}}
	for _, o := range owners {
		view.owners = append(view.owners, ui.Option{Value: o.ID.String(), Label: o.Name()})
	}
	return v.ok(exceptionPage(view))
}

// postException does one thing about an exception. A reason that is not typed is the cause as the page says it.
func (v *visit) postException() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	f := v.form()
	switch f.text("do") {
	case "look_again":
		run, err := v.Billing.LookAgain(v.ctx, v.who, id)
		if err != nil {
			return v.retreat(err, deskPath)
		}
		return v.to(deskPath+"/"+run.ID.String(), "exception.done.look_again")
	case "remind":
		err = v.Billing.Remind(v.ctx, v.who, id)
	case "assign":
		err = v.assign(f)
	case "book":
		err = v.propose(f, true)
	default:
		err = v.propose(f, false)
	}
	back := deskPath
	if f.text("from") == "page" {
		back = "/money/exceptions/" + id.String()
	}
	if err != nil {
		return v.retreat(err, back)
	}
	return v.to(back, "exception.done."+doneKey(f.text("do")))
}

func doneKey(do string) string {
	if do == "remind" || do == "assign" {
		return do
	}
	return "proposed"
}

func (v *visit) assign(f *form) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	var owner *uuid.UUID
	if typed := f.text("owner"); typed != "" {
		chosen, err := uuid.Parse(typed)
		if err != nil {
			return billing.ErrNoOwner.On("owner")
		}
		owner = &chosen
	}
	return v.Billing.Assign(v.ctx, v.who, id, owner)
}

// propose proposes the prepared entry, or that the exception counts as explained.
func (v *visit) propose(f *form, entry bool) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	e, _, err := v.Billing.Exception(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	reason := f.text("reason")
	var postings []billing.Posting
	if entry {
		over := f.text("over")
		if over == "" {
			over = billing.Overs(e.CompanyID)[0]
		}
		if postings, err = v.Billing.Prepared(v.ctx, v.who, id, over); err != nil {
			return err
		}
		if reason == "" {
			reason = why(v.ctx, e)
		}
	}
	_, err = v.Billing.ProposeAdjustment(v.ctx, v.who, id, postings, reason)
	return err
}

// postAdjustment approves, declines or withdraws what was proposed about the books.
func (v *visit) postAdjustment() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	do := v.form().text("do")
	if do != "approve" && do != "withdraw" {
		do = "decline"
	}
	if _, err := v.Billing.DecideAdjustment(v.ctx, v.who, id, do); err != nil {
		return v.retreat(err, deskPath)
	}
	return v.to(deskPath, "approval.done."+do)
}

// postMonth closes a month, or moves its opening again.
func (v *visit) postMonth() error {
	f := v.form()
	day := f.day("month")
	if f.err != nil || day == nil {
		return v.retreat(market.ErrRequired.On("month"), deskPath)
	}
	var err error
	do := f.text("do")
	switch do {
	case "ask", "confirm", "decline":
		_, err = v.Billing.MoveClosing(v.ctx, v.who, v.company.ID, *day, do, f.text("reason"))
	default:
		do = "close"
		_, err = v.Billing.CloseMonth(v.ctx, v.who, v.company.ID, *day)
	}
	if err != nil {
		return v.retreat(err, deskPath)
	}
	return v.to(deskPath, "month.done."+do)
}

// checkMark says how a line of the checklist stands.
func checkMark(ctx context.Context, c billing.Check) ui.Mark {
	switch {
	case c.Left == 0 && c.Key == "read":
		return ui.Mark{Text: ui.T(ctx, "month.read"), Tone: ui.Good}
	case c.Left == 0 && c.Total > 0:
		return ui.Mark{Text: ui.T(ctx, "month.done", "n", c.Total), Tone: ui.Good}
	case c.Left == 0:
		return ui.Mark{Text: ui.T(ctx, "month.nothing"), Tone: ui.Good}
	case c.Blocks:
		return ui.Mark{Text: ui.T(ctx, "month.left", "n", c.Left), Tone: ui.Warn}
	}
	return ui.Mark{Text: ui.T(ctx, "month.late", "n", c.Left), Tone: ui.Warn}
}

func (v *visit) getExplain() error {
	ref := strings.TrimSpace(v.c.Query("ref"))
	if ref == "" {
		return v.ok(explainPage("", billing.Explanation{}))
	}
	e, err := v.Billing.Explain(v.ctx, v.who, v.company.ID, ref)
	if err != nil {
		return err
	}
	return v.ok(explainPage(ref, e))
}

// linkWhat names a link for people: kinds of entry and accounts in words, titles as they are.
func linkWhat(ctx context.Context, l billing.Link) string {
	switch l.Kind {
	case "entry":
		return entryName(ctx, l.What)
	case "posting":
		return book(ctx, l.What, nil)
	case "payout":
		return ui.T(ctx, "state.payout."+l.What)
	case "acceptance":
		return ui.T(ctx, "party."+l.What)
	case "transaction": // its type and the object that it is about
		kind, object, _ := strings.Cut(l.What, " ")
		return strings.TrimSpace(entryName(ctx, kind) + " " + object)
	}
	return l.What
}

// entryName is the kind of an entry in words.
func entryName(ctx context.Context, kind string) string {
	if key := "entry." + kind; known(key) {
		return ui.T(ctx, key)
	}
	return kind
}

func explainURL(ref string) string { return "/money/explain?ref=" + escape(ref) }

// linkURL is where a link leads: a contract to its page, anything else to its own explanation.
func linkURL(l billing.Link) string {
	switch l.Kind {
	case "contract":
		return contractPath(l.ID)
	case "acceptance", "adjustment":
		return ""
	}
	return explainURL(l.Ref)
}

// ownerOf is who sees to an exception, as the form's list knows them.
func ownerOf(e billing.Exception) string {
	if e.OwnerID == nil {
		return ""
	}
	return e.OwnerID.String()
}

var exceptionTones = map[billing.ExceptionState]ui.Tone{billing.ExceptionOpen: ui.Warn, billing.ExceptionProposed: ui.Now, billing.ExceptionResolved: ui.Good,
	billing.ExceptionExplained: ui.Good}

// shortRef keeps the kind and the end of a long reference.
func shortRef(ref string) string {
	kind, rest, ok := strings.Cut(ref, ":")
	if !ok || len(rest) < 12 {
		return ref
	}
	return kind + ":…" + rest[len(rest)-6:]
}
