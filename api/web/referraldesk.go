package web

import (
	"context"
	"io"
	"net/url"
	"strconv"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/api/web/ui"
	"homecoming/market"
)

const (
	boardPath          = referralsPath + "/board"
	programmesPath     = referralsPath + "/programmes"
	referralReportPath = referralsPath + "/report"
)

// A boardView is a company's list of customers who agreed to be introduced, with what narrows it.
type boardView struct {
	list       []market.ReferralView
	programmes []market.ReferralProgramme
	owners     []market.TeamMember
	filter     market.ReferralFilter
	pending    int
	tabs       []ui.Link
	run        bool
	older      string
}

func (v *visit) getBoard() error {
	id := func(name string) uuid.UUID { u, _ := uuid.Parse(v.c.Query(name)); return u }
	b := boardView{tabs: v.referralTabs(boardPath), run: v.may(market.RunReferrals), filter: market.ReferralFilter{CompanyID: v.company.ID, ProgrammeID: id("programme"), StageID: id("stage"), OwnerID: id("owner"),
		State: market.ReferralState(v.c.Query("state")), Words: v.c.Query("q"), Before: v.before(), Limit: pageSize}}
	var err error
	if b.list, err = v.Market.Referrals(v.ctx, v.who, b.filter); err != nil {
		return err
	}
	if n := len(b.list); n > 0 {
		b.older = v.older(boardPath, n, b.list[n-1].ID)
	}
	if b.programmes, err = v.Market.Programmes(v.ctx, v.who, v.company.ID); err != nil {
		return err
	}
	if b.owners, err = v.Market.ReferralOwners(v.ctx, v.who, v.company.ID); err != nil {
		return err
	}
	if b.pending, err = v.Market.PendingReferrals(v.ctx, v.who, v.company.ID); err != nil {
		return err
	}
	return v.ok(boardPage(b))
}

// narrowed reports whether the list shows a part only.
func (b boardView) narrowed() bool {
	f := b.filter
	return f.ProgrammeID != uuid.Nil || f.StageID != uuid.Nil || f.OwnerID != uuid.Nil || f.State != "" || f.Words != ""
}

// stageLinks are the stages of the chosen programme, or of the only one, as ways to narrow the list.
func (b boardView) stageLinks(ctx context.Context) []ui.Link {
	if len(b.programmes) == 0 {
		return nil
	}
	p := b.programmes[0]
	for _, q := range b.programmes {
		if q.ID == b.filter.ProgrammeID {
			p = q
		}
	}
	if p.ID != b.filter.ProgrammeID && len(b.programmes) > 1 {
		return nil
	}
	var links []ui.Link
	for _, s := range p.Stages {
		links = append(links, ui.Link{Href: boardPath + "?" + url.Values{"programme": {p.ID.String()}, "stage": {s.ID.String()}}.Encode(), Label: s.In(string(ui.FrameOf(ctx).Language)), Current: s.ID == b.filter.StageID})
	}
	return links
}

func (b boardView) programmeOptions(ctx context.Context) []ui.Option {
	list := []ui.Option{{Label: ui.T(ctx, "referral.all")}}
	for _, p := range b.programmes {
		list = append(list, ui.Option{Value: p.ID.String(), Label: p.NameIn(string(ui.FrameOf(ctx).Language))})
	}
	return list
}

func (b boardView) stateOptions(ctx context.Context) []ui.Option {
	list := []ui.Option{{Label: ui.T(ctx, "referral.all")}}
	for _, s := range []market.ReferralState{market.ReferralAgreed, market.ReferralWon, market.ReferralLost, market.ReferralKnown, market.ReferralRefused} {
		list = append(list, ui.Option{Value: string(s), Label: s.In(ui.FrameOf(ctx).Language)})
	}
	return list
}

func (b boardView) ownerOptions(ctx context.Context) []ui.Option {
	list := []ui.Option{{Label: ui.T(ctx, "referral.all")}}
	for _, m := range b.owners {
		list = append(list, ui.Option{Value: m.PersonID.String(), Label: m.Name})
	}
	return list
}

func idText(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}

func (v *visit) getProgrammes() error {
	list, err := v.Market.Programmes(v.ctx, v.who, v.company.ID)
	if err != nil {
		return err
	}
	return v.ok(programmesPage(list, v.referralTabs(programmesPath), v.company.Currency))
}

// A programmeForm is a programme as it is typed.
type programmeForm struct {
	market.ProgrammeDraft
	id                             uuid.UUID // uuid.Nil: a new one
	version                        int
	amount, percent, limit, months string
	currency                       string
}

const (
	blankStages = 2 // rows that are left for more
	blankChecks = 3
)

func (f programmeForm) stageRows() []market.ReferralStage {
	return append(f.Stages[:len(f.Stages):len(f.Stages)], make([]market.ReferralStage, blankStages)...)
}

func (f programmeForm) checkRows() []market.ChecklistItem {
	return append(f.Checklist[:len(f.Checklist):len(f.Checklist)], make([]market.ChecklistItem, blankChecks)...)
}

// newProgramme is what a new one begins with.
func (v *visit) newProgramme() programmeForm {
	return programmeForm{currency: v.company.Currency, months: "6", ProgrammeDraft: market.ProgrammeDraft{OpenTo: market.ForMembers, Terms: market.ReferralTerms{Fee: market.NoFee, Category: "none"},
		Stages: []market.ReferralStage{{Name: "連絡済み", NameEN: "Contacted"}, {Name: "要件の確認", NameEN: "Qualified"}, {Name: "提案中", NameEN: "Proposal"}}}}
}

func (v *visit) getNewProgramme() error { return v.ok(programmePage(v.newProgramme(), ui.Fault{})) }

func (v *visit) getProgramme() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	p, err := v.Market.Programme(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	if err := v.who.May(market.RunReferrals, p.CompanyID); err != nil {
		return err
	}
	f := programmeForm{id: p.ID, version: p.Version, currency: p.Currency, months: strconv.Itoa(p.Terms.HoldMonths), ProgrammeDraft: market.ProgrammeDraft{Name: p.Name, NameEN: p.NameEN, Wanted: p.Wanted, WantedEN: p.WantedEN,
		Checklist: p.Checklist, Stages: p.Stages, OpenTo: p.OpenTo, Terms: p.Terms, Closed: p.ClosedAt != nil}}
	if p.Terms.Fee == market.FixedFee {
		f.amount = figures(&market.Money{Amount: p.Terms.Amount, Currency: p.Currency})
	}
	if p.Terms.Fee == market.ShareFee {
		f.percent = market.Percent(p.Terms.BP)
	}
	if p.Terms.Cap > 0 {
		f.limit = figures(&market.Money{Amount: p.Terms.Cap, Currency: p.Currency})
	}
	return v.ok(programmePage(f, ui.Fault{}))
}

func (v *visit) postProgramme() error {
	f, err := v.typedProgramme()
	if v.c.Param("id") != "" {
		var wrong error
		if f.id, wrong = v.id(); wrong != nil {
			return wrong
		}
	}
	switch {
	case err != nil:
	case f.id == uuid.Nil:
		_, err = v.Market.CreateProgramme(v.ctx, v.who, v.company.ID, f.ProgrammeDraft)
	default:
		_, err = v.Market.EditProgramme(v.ctx, v.who, f.id, f.version, f.ProgrammeDraft)
	}
	if err != nil {
		return v.refuse(err, func(fault ui.Fault) templ.Component { return programmePage(f, fault) })
	}
	return v.to(programmesPath, "programme.saved")
}

// typedProgramme reads the form as it was sent.
func (v *visit) typedProgramme() (programmeForm, error) {
	in := v.form()
	f := programmeForm{version: in.number("version"), currency: v.company.Currency, amount: in.text("fee.amount"), percent: in.text("fee.basis_points"), limit: in.text("fee.cap"), months: in.text("hold_months")}
	f.Name, f.NameEN, f.Wanted, f.WantedEN, f.OpenTo, f.Closed = in.text("name"), in.text("name_en"), in.text("wanted"), in.text("wanted_en"), market.CircleKind(in.text("open_to")), in.text("closed") != ""
	for i := range 20 {
		at := "stages[" + strconv.Itoa(i) + "]."
		if name := in.text(at + "name"); name != "" {
			f.Stages = append(f.Stages, market.ReferralStage{ID: in.uuid(at + "id"), Name: name, NameEN: in.text(at + "name_en")})
		}
	}
	for i := range 30 {
		at := "checklist[" + strconv.Itoa(i) + "]."
		if text := in.text(at + "text"); text != "" {
			f.Checklist = append(f.Checklist, market.ChecklistItem{Text: text, TextEN: in.text(at + "text_en"), Required: in.text(at+"required") != ""})
		}
	}
	f.Terms = market.ReferralTerms{Fee: market.FeeKind(in.text("fee.kind")), HoldMonths: in.number("hold_months"), Licence: in.text("licence"), Category: in.text("withholding_category")}
	if m := in.money("fee.amount", f.currency); m != nil {
		f.Terms.Amount = m.Amount
	}
	if m := in.money("fee.cap", f.currency); m != nil {
		f.Terms.Cap = m.Amount
	}
	if hundredths, err := parseMoney(f.percent, "USD"); err != nil { // a percentage has two decimals as well
		in.fail(ErrNumberForm.On("fee.basis_points"))
	} else if hundredths != nil {
		f.Terms.BP = hundredths.Amount
	}
	return f, in.err
}

// A reportView is what came of each programme.
type reportView struct {
	list     []market.ReferralFunnel
	tabs     []ui.Link
	currency string
}

func (r reportView) money(n int64) string {
	return market.Money{Amount: n, Currency: r.currency}.String()
}

// columns are the funnel of one programme.
func (r reportView) columns(ctx context.Context, f market.ReferralFunnel) []ui.Column {
	column := func(label string, n int) ui.Column {
		return ui.Column{Label: label, Amount: int64(n), Written: strconv.Itoa(n)}
	}
	list := []ui.Column{column(ui.T(ctx, "referral.introduced"), f.Introduced), column(ui.T(ctx, "referral.agreed"), f.Agreed)}
	for _, s := range f.Stages {
		list = append(list, column(s.In(string(ui.FrameOf(ctx).Language)), s.Reached))
	}
	return append(list, column(ui.T(ctx, "referral.won"), f.Won))
}

// days writes a median; a dash where there is none.
func days(ctx context.Context, n *int) string {
	if n == nil {
		return "—"
	}
	return ui.T(ctx, "referral.days", "n", *n)
}

func (v *visit) getReferralReport() error {
	list, err := v.Market.ReferralReport(v.ctx, v.who, v.company.ID)
	if err != nil {
		return err
	}
	return v.ok(referralReportPage(reportView{list, v.referralTabs(referralReportPath), v.company.Currency}))
}

func (v *visit) getReferralReportFile() error {
	list, err := v.Market.ReferralReport(v.ctx, v.who, v.company.ID)
	if err != nil {
		return err
	}
	return access.SendFile(v.c, "referrals.csv", "utf-8", func(w io.Writer) error { return market.WriteReferralReport(w, v.company.Currency, list) })
}
