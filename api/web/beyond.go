package web

import (
	"context"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/market"
	"homecoming/matching"
)

// A beyondView is how far beyond their companies somebody is shown, and whom they keep away.
type beyondView struct {
	shown  market.ShownTo
	since  *market.Consent // nil before the first choice
	blocks []blockView
	asks   int // questions about consent that wait
}

type blockView struct {
	id      string
	company string
}

func (v *visit) beyond() (beyondView, error) {
	b := beyondView{shown: market.ShownToNobody}
	consents, err := v.Market.ShownConsents(v.ctx, v.who)
	if err != nil {
		return b, err
	}
	if len(consents) > 0 {
		b.shown, b.since = market.ShownTo(consents[0].Choice), &consents[0]
	}
	if b.asks, err = v.consentsAsked(); err != nil {
		return b, err
	}
	blocks, err := v.Market.Blocks(v.ctx, v.who)
	for _, one := range blocks {
		b.blocks = append(b.blocks, blockView{one.ID.String(), one.CompanyName})
	}
	return b, err
}

func (v *visit) postShown() error {
	f := v.form()
	if err := v.Market.SetShownTo(v.ctx, v.who, market.ShownTo(f.text("shown_to")), f.text("wording")); err != nil {
		return v.retreat(err, "/profile")
	}
	return v.to("/profile", "shown.saved")
}

func (v *visit) postBlock() error {
	if _, err := v.Market.Block(v.ctx, v.who, v.form().uuid("company")); err != nil {
		return v.retreat(err, "/profile")
	}
	return v.to("/profile#blocks", "block.made")
}

// postLift ends a bar: the reader's own, or one of the company's people where the form names one.
func (v *visit) postLift() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	back := "/profile#blocks"
	if member := v.form().uuid("member"); member != uuid.Nil {
		back = "/people/" + member.String()
	}
	if err := v.Market.Lift(v.ctx, v.who, id); err != nil {
		return v.retreat(err, back)
	}
	return v.to(back, "bar.lifted")
}

// from says where somebody from outside comes from, as far as they agreed to.
func (v *visit) from(p matching.Person) string {
	names := make([]string, len(p.From))
	for i, w := range p.From {
		names[i] = w.In(v.lang)
	}
	if len(names) == 0 {
		return v.t("people.outside")
	}
	return v.t("candidate.from", "companies", joined(v.ctx, names))
}

// A barsView is what the office holds against one of the company's people, with what is typed about another.
type barsView struct {
	list []market.Bar
	form barForm
}

type barForm struct{ kind, from, until, reason string }

// A memberPageView is one member, what happened between them and the company, and for its office what keeps them apart.
type memberPageView struct {
	market.Member
	moments []market.Moment
	office  *barsView        // nil for whoever may not manage people
	leaves  *market.Farewell // for the office
}

func (v *visit) memberView(m market.Member, typed barForm) (view memberPageView, err error) {
	view.Member = m
	if view.office, err = v.officeBars(m, typed); err != nil {
		return view, err
	}
	if view.office != nil {
		if view.leaves, err = v.Market.FarewellOf(v.ctx, v.who, m); err != nil {
			return view, err
		}
	}
	view.moments, err = v.Market.Timeline(v.ctx, v.who, m)
	return view, err
}

func (v *visit) officeBars(m market.Member, typed barForm) (*barsView, error) {
	if v.who.May(market.ManagePeople, m.CompanyID) != nil {
		return nil, nil //nolint:nilerr // whoever may not manage people sees none
	}
	list, err := v.Market.Bars(v.ctx, v.who, m.CompanyID, m.ID)
	return &barsView{list, typed}, err
}

func (v *visit) postBar() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	m, err := v.Market.Member(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	f := v.form()
	typed := barForm{f.text("kind"), f.text("from_on"), f.text("until_on"), f.text("reason")}
	b := market.Bar{Kind: market.BarKind(typed.kind), UntilOn: f.day("until_on"), Reason: typed.reason}
	if from := f.day("from_on"); from != nil {
		b.FromOn = *from
	}
	if err = f.err; err == nil {
		_, err = v.Market.BarMember(v.ctx, v.who, m.CompanyID, m.ID, b)
	}
	if err != nil {
		view, wrong := v.memberView(m, typed)
		if wrong != nil {
			return wrong
		}
		return v.refuse(err, func(fault ui.Fault) templ.Component { return memberPage(view, fault) })
	}
	return v.to("/people/"+m.ID.String(), "bar.made")
}

// barLine is one bar in a line: conflict of interest · from 1 December 2026 to 31 March 2027.
func barLine(ctx context.Context, b market.Bar) string {
	kind, from := ui.T(ctx, "bar."+string(b.Kind)), ui.Day(ctx, b.FromOn)
	if b.UntilOn == nil {
		return kind + " · " + ui.T(ctx, "bar.from", "day", from)
	}
	return kind + " · " + ui.T(ctx, "bar.period", "from", from, "until", ui.Day(ctx, *b.UntilOn))
}

func (v *visit) postPartner() error {
	typed := v.form().text("company_id")
	id, err := uuid.Parse(typed)
	if err != nil {
		err = market.ErrUnknownCompany.On("company_id").With("value", typed)
	} else {
		_, err = v.Market.AskPartner(v.ctx, v.who, v.company.ID, id)
	}
	if err != nil {
		return v.refuseIn("partners", err, func(s *settingsView) { s.ally = typed })
	}
	return v.to("/settings#partners", "partner.asked")
}

func (v *visit) postAgree() error {
	return v.settle(v.Market.AgreePartner, "partner.agreed")
}

func (v *visit) postEnd() error {
	return v.settle(v.Market.EndPartner, "partner.ended")
}

func (v *visit) settle(step func(context.Context, market.Actor, uuid.UUID, uuid.UUID) (market.Partnership, error), said string) error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if _, err := step(v.ctx, v.who, v.company.ID, id); err != nil {
		return v.retreat(err, "/settings#partners")
	}
	return v.to("/settings#partners", said)
}
