package web

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/market"
)

const referralsPath = "/referrals"

func referralPath(id uuid.UUID) string { return referralsPath + "/" + id.String() }

// A referralList is the page of what somebody introduced, and of what they can introduce by.
type referralList struct {
	list       []market.ReferralView
	programmes []market.ReferralProgramme
	tabs       []ui.Link
	run        bool // whether the reader may make programmes
	older      string
	paged      bool
}

func (v *visit) getReferrals() error {
	l := referralList{tabs: v.referralTabs(referralsPath), run: v.may(market.RunReferrals), paged: v.before() != uuid.Nil}
	var err error
	if l.list, err = v.Market.Referrals(v.ctx, v.who, market.ReferralFilter{Mine: true, Before: v.before(), Limit: pageSize}); err != nil {
		return err
	}
	if n := len(l.list); n > 0 {
		l.older = v.older(referralsPath, n, l.list[n-1].ID)
	}
	if l.programmes, err = v.Market.OpenProgrammes(v.ctx, v.who); err != nil {
		return err
	}
	return v.ok(referralsPage(l))
}

// referralTabs part one's own introductions from the company's, for those who follow them.
func (v *visit) referralTabs(current string) []ui.Link {
	links := []ui.Link{{Href: referralsPath, Label: v.t("referral.mine")}}
	if v.may(market.FollowReferrals) {
		links = append(links, ui.Link{Href: boardPath, Label: v.t("referral.board")})
	}
	if v.may(market.RunReferrals) {
		links = append(links, ui.Link{Href: programmesPath, Label: v.t("programme.list")}, ui.Link{Href: referralReportPath, Label: v.t("referral.report")})
	}
	if len(links) == 1 {
		return nil
	}
	for i := range links {
		links[i].Current = links[i].Href == current
	}
	return links
}

// A referralForm is an introduction as it is typed.
type referralForm struct {
	market.ReferralDraft
	programme  market.ReferralProgramme
	programmes []market.ReferralProgramme // to choose from, where there is more than one
	event      string                     // where they met, by its title
}

// newReferral reads by which programme somebody introduces, and at which event they met the customer.
func (v *visit) newReferral(programme, event string) (f referralForm, err error) {
	if f.programmes, err = v.Market.OpenProgrammes(v.ctx, v.who); err != nil {
		return f, err
	}
	if id, wrong := uuid.Parse(event); wrong == nil {
		e, err := v.Market.Event(v.ctx, v.who, id)
		if err != nil {
			return f, err
		}
		f.EventID, f.event = id, eventTitle(v.ctx, e.Event)
		kept := f.programmes[:0]
		for _, p := range f.programmes {
			if p.CompanyID == e.CompanyID {
				kept = append(kept, p)
			}
		}
		f.programmes = kept
	}
	if len(f.programmes) == 1 {
		f.programme = f.programmes[0]
	}
	for _, p := range f.programmes {
		if p.ID.String() == programme {
			f.programme = p
		}
	}
	f.ProgrammeID, f.Relation, f.ContactLanguage = f.programme.ID, market.NoRelation, string(v.lang)
	return f, nil
}

func (v *visit) getNewReferral() error {
	f, err := v.newReferral(v.c.Query("programme"), v.c.Query("event"))
	if err != nil {
		return err
	}
	return v.ok(newReferralPage(f, ui.Fault{}))
}

func (v *visit) postNewReferral() error {
	in := v.form()
	f, err := v.newReferral(in.text("programme"), in.text("event"))
	if err != nil {
		return err
	}
	f.Organisation, f.ContactName, f.ContactEmail, f.ContactLanguage = in.text("organisation"), in.text("contact_name"), in.text("contact_email"), in.text("language")
	f.Why, f.Relation, f.RelationNote = in.text("why"), market.Relation(in.text("relation")), in.text("relation_note")
	f.LicenceNumber, f.LicenceBody = in.text("licence_number"), in.text("licence_body")
	for i := range f.programme.Checklist {
		if in.text(readyField(i)) != "" {
			f.Ready = append(f.Ready, i)
		}
	}
	r, err := v.Market.Introduce(v.ctx, v.who, f.ReferralDraft)
	if err != nil {
		return v.refuse(err, func(fault ui.Fault) templ.Component { return newReferralPage(f, fault) })
	}
	return v.to(referralPath(r.ID), "referral.sent")
}

func readyField(i int) string { return "ready[" + strconv.Itoa(i) + "]" }

// A referralView is one referral with all that its reader can do about it.
type referralView struct {
	market.ReferralView
	mine      bool
	follow    bool // takes it through its stages
	offer     bool // offers its fees
	timeline  []market.ReferralEvent
	fees      []market.ReferralFee
	stages    []market.ReferralStage
	owners    []market.TeamMember
	budgets   []market.Budget
	typed     market.ReferralMove
	period    string
	revenue   string
	programme market.ReferralProgramme
}

func (v *visit) referralView() (p referralView, err error) {
	id, err := v.id()
	if err != nil {
		return p, err
	}
	if p.ReferralView, err = v.Market.ReferralOf(v.ctx, v.who, id); err != nil {
		return p, err
	}
	p.mine, p.follow = p.PersonID == v.who.PersonID, v.who.MayFollow(p.Referral) == nil
	p.offer = p.follow && v.who.May(market.PostTasks, p.CompanyID) == nil
	if p.timeline, err = v.Market.ReferralTimeline(v.ctx, v.who, id); err != nil {
		return p, err
	}
	if p.fees, err = v.Market.ReferralFees(v.ctx, v.who, id); err != nil || !p.follow {
		return p, err
	}
	return p, v.addDesk(&p)
}

// addDesk adds what the company's people choose from.
func (v *visit) addDesk(p *referralView) (err error) {
	if p.programme, err = v.Market.Programme(v.ctx, v.who, p.ProgrammeID); err != nil {
		return err
	}
	p.stages = p.programme.Stages
	if p.owners, err = v.Market.ReferralOwners(v.ctx, v.who, p.CompanyID); err != nil {
		return err
	}
	if p.offer && p.State == market.ReferralWon {
		p.budgets, err = v.Market.Budgets(v.ctx, v.who, p.CompanyID)
	}
	p.period = v.Clock.Now().In(v.company.Zone()).Format("2006-01")
	return err
}

func (v *visit) getReferral() error {
	p, err := v.referralView()
	if err != nil {
		return err
	}
	return v.ok(referralPage(p, ui.Fault{}))
}

// postReferral does one thing about a referral.
func (v *visit) postReferral() error {
	p, err := v.referralView()
	if err != nil {
		return err
	}
	f, do := v.form(), v.form().text("do")
	p.typed = market.ReferralMove{Stage: f.uuid("stage_id"), Note: f.text("note"), Told: f.text("told"), Reason: f.text("reason"), Seen: f.number("version")}
	switch do {
	case "withdraw":
		_, err = v.Market.WithdrawReferral(v.ctx, v.who, p.ID)
	case "win":
		_, err = v.Market.WinReferral(v.ctx, v.who, p.ID, p.typed)
	case "lose":
		_, err = v.Market.LoseReferral(v.ctx, v.who, p.ID, p.typed)
	case "know":
		_, err = v.Market.KnowReferral(v.ctx, v.who, p.ID, p.typed)
	case "reopen":
		_, err = v.Market.ReopenReferral(v.ctx, v.who, p.ID, p.typed)
	case "ready":
		_, err = v.Market.ReadyReferral(v.ctx, v.who, p.ID, p.typedReady(f), p.typed)
	case "assign":
		_, err = v.Market.AssignReferral(v.ctx, v.who, p.ID, f.uuid("owner_id"))
	case "licence":
		_, err = v.Market.ConfirmReferralLicence(v.ctx, v.who, p.ID, f.text("number"))
	case "revenue":
		p.period, p.revenue = f.text("period"), f.text("revenue")
		err = v.reportRevenue(p, f)
	case "fee":
		_, err = v.Market.OfferFee(v.ctx, v.who, f.uuid("fee"), f.text("budget"))
	default:
		do = "move"
		_, err = v.Market.MoveReferral(v.ctx, v.who, p.ID, p.typed)
	}
	if err != nil {
		return v.refuse(err, func(fault ui.Fault) templ.Component { return referralPage(p, fault) })
	}
	return v.to(referralPath(p.ID), "referral.done."+do)
}

// typedReady are the points of the checklist that were ticked.
func (p referralView) typedReady(f *form) (ready []int) {
	for i := range p.Answers {
		if f.text(readyField(i)) != "" {
			ready = append(ready, i)
		}
	}
	return ready
}

// mayReport reports whether revenue can still be said: of a fee that is paid once, until it is offered.
func (p referralView) mayReport() bool {
	once := p.Terms.Fee == market.FixedFee && slices.ContainsFunc(p.fees, market.ReferralFee.Offered)
	return p.follow && !once
}

func (v *visit) reportRevenue(p referralView, f *form) error {
	m := f.money("revenue", p.Currency)
	switch {
	case f.err != nil:
		return f.err
	case m == nil:
		return market.ErrRequired.On("revenue")
	}
	period := p.period
	if p.Terms.Fee != market.ShareFee {
		period = ""
	}
	_, err := v.Market.ReportRevenue(v.ctx, v.who, p.ID, market.RevenueReport{Period: period, Revenue: *m})
	return err
}

var referralTones = map[market.ReferralState]ui.Tone{market.ReferralAsked: ui.Warn, market.ReferralAgreed: ui.Now, market.ReferralWon: ui.Good}

// referralMark is where a referral stands: at its stage while it is under way.
func referralMark(ctx context.Context, v market.ReferralView) ui.Mark {
	lang := ui.FrameOf(ctx).Language
	m := ui.Mark{Text: v.State.In(lang), Tone: referralTones[v.State]}
	if v.State == market.ReferralAgreed {
		m.Text = v.StageIn(string(lang))
	}
	return m
}

// feeText says what a programme offers.
func feeText(ctx context.Context, t market.ReferralTerms, currency string) string {
	money := func(n int64) string { return market.Money{Amount: n, Currency: currency}.String() }
	switch {
	case t.Fee == market.FixedFee:
		return ui.T(ctx, "referral.fee.fixed", "amount", money(t.Amount))
	case t.Fee == market.ShareFee && t.Cap > 0:
		return ui.T(ctx, "referral.fee.capped", "percent", market.Percent(t.BP), "cap", money(t.Cap))
	case t.Fee == market.ShareFee:
		return ui.T(ctx, "referral.fee.share", "percent", market.Percent(t.BP))
	}
	return ui.T(ctx, "referral.fee.none")
}

// steps are the timeline of a referral.
func (p referralView) steps(ctx context.Context) []ui.Step {
	lang := string(ui.FrameOf(ctx).Language)
	var list []ui.Step
	for i, e := range p.timeline {
		title := ui.T(ctx, "referral.did."+e.Did)
		if e.Did == "move" {
			title = e.StageIn(lang)
		}
		s := ui.Step{Title: title, State: "done", Note: strings.Join(withoutBlanks(ui.Moment(ctx, e.At), e.Actor, e.Told, e.Note), " · ")}
		if i == 0 && !p.Over() {
			s.State = "now"
		}
		list = append(list, s)
	}
	return list
}

func withoutBlanks(texts ...string) (kept []string) {
	for _, t := range texts {
		if t != "" {
			kept = append(kept, t)
		}
	}
	return kept
}

// programmeName is a programme with its company, for somebody who may be of several.
func programmeName(ctx context.Context, p market.ReferralProgramme) string {
	lang := ui.FrameOf(ctx).Language
	return inLanguage(lang, p.CompanyEN, p.CompanyName) + ": " + p.NameIn(string(lang))
}
