package web

import (
	"context"
	"strconv"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/market"
)

const (
	myReturnPath = "/profile/return"
	returnsPath  = "/returns"
)

func returnAt(id uuid.UUID) string { return returnsPath + "/" + id.String() }

// A returnForm is what somebody says about coming back to one company, as it is typed.
type returnForm struct {
	market.ReturnChoice
	openness, roles, hours, place, from, note string
}

func formOfReturn(c market.ReturnChoice) returnForm {
	f := returnForm{ReturnChoice: c, openness: "no"}
	if i := c.Interest; i != nil {
		f.openness, f.roles, f.hours, f.place, f.from, f.note = string(i.Openness), i.Roles, orBlank(i.Hours), i.Place, dayText(i.FromOn), i.Note
	}
	return f
}

func (v *visit) returnForms() ([]returnForm, error) {
	choices, err := v.Market.MyReturns(v.ctx, v.who)
	forms := make([]returnForm, len(choices))
	for i, c := range choices {
		forms[i] = formOfReturn(c)
	}
	return forms, err
}

func (v *visit) getMyReturn() error {
	forms, err := v.returnForms()
	if err != nil {
		return err
	}
	return v.ok(myReturnPage(forms, ui.Fault{}))
}

func (v *visit) postMyReturn() error {
	forms, err := v.returnForms()
	if err != nil {
		return err
	}
	f, said := v.form(), "return.said"
	company := f.uuid("company")
	if f.text("openness") == "no" {
		err, said = v.Market.WithdrawReturn(v.ctx, v.who, company), "return.none"
	} else {
		d := market.DraftInterest{Openness: market.Openness(f.text("openness")), Roles: f.text("roles"), Hours: f.number("hours"), Place: f.text("place"), FromOn: f.day("from_on"), Note: v.c.PostForm("note")}
		if err = f.err; err == nil {
			_, err = v.Market.SayReturn(v.ctx, v.who, company, d)
		}
	}
	if err == nil {
		return v.to(myReturnPath, said)
	}
	for i := range forms {
		if forms[i].CompanyID == company {
			forms[i].openness, forms[i].roles, forms[i].hours = f.text("openness"), f.text("roles"), f.text("hours")
			forms[i].place, forms[i].from, forms[i].note = f.text("place"), f.text("from_on"), v.c.PostForm("note")
		}
	}
	return v.refuse(err, func(fault ui.Fault) templ.Component { return myReturnPage(forms, fault) })
}

// A returnList is the office's page of returns.
type returnList struct {
	list     []market.ReturnView
	over     bool
	excludes []market.DepartureKind
}

func (v *visit) getReturns() error {
	l := returnList{over: v.c.Query("over") != ""}
	var err error
	if l.list, err = v.Market.Returns(v.ctx, v.who, v.company.ID, l.over); err != nil {
		return err
	}
	if l.excludes, err = v.Market.ReturnRule(v.ctx, v.who, v.company.ID); err != nil {
		return err
	}
	return v.ok(returnsPage(l))
}

// postReturnRule says after which departures the company takes nobody back.
func (v *visit) postReturnRule() error {
	var kinds []market.DepartureKind
	for _, k := range v.c.PostFormArray("excludes") {
		kinds = append(kinds, market.DepartureKind(k))
	}
	if err := v.Market.SetReturnRule(v.ctx, v.who, v.company.ID, kinds); err != nil {
		return v.retreat(err, returnsPath)
	}
	return v.to(returnsPath, "return.rule.saved")
}

// A returnPageView is one return, with what is typed about it.
type returnPageView struct {
	market.ReturnView
	notes       []market.ReturnNote
	departments []market.Department
	stage, step string
	on, joined  string
	department  string
	note        string
}

func (v *visit) returnView() (p returnPageView, err error) {
	id, err := v.id()
	if err != nil {
		return p, err
	}
	if p.ReturnView, p.notes, err = v.Market.Return(v.ctx, v.who, id); err != nil {
		return p, err
	}
	p.stage, p.step, p.on = string(p.Stage), p.NextStep, dayText(p.NextOn)
	p.departments, err = v.Market.Departments(v.ctx, v.who, p.CompanyID)
	return p, err
}

func (v *visit) getReturn() error {
	p, err := v.returnView()
	if err != nil {
		return err
	}
	return v.ok(returnPage(p, ui.Fault{}))
}

func (v *visit) postReturn() error {
	p, err := v.returnView()
	if err != nil {
		return err
	}
	f := v.form()
	p.stage, p.step, p.on, p.joined, p.department, p.note = f.text("stage"), f.text("next_step"), f.text("next_on"), f.text("joined_on"), f.text("department"), v.c.PostForm("note")
	e := market.ReturnEdit{Stage: market.ReturnStage(p.stage), Mine: f.text("mine") != "", NextStep: p.step, NextOn: f.day("next_on"), Note: p.note, JoinedOn: f.day("joined_on"), Department: p.department}
	if err = f.err; err == nil {
		err = v.Market.MoveReturn(v.ctx, v.who, p.ID, f.number("version"), e)
	}
	if err != nil {
		return v.refuse(err, func(fault ui.Fault) templ.Component { return returnPage(p, fault) })
	}
	return v.to(returnAt(p.ID), "return.saved")
}

var returnTones = map[market.ReturnStage]ui.Tone{market.StageInterest: ui.Now, market.StageOffer: ui.Warn, market.StageReturned: ui.Good}

func returnMark(ctx context.Context, s market.ReturnStage) ui.Mark {
	return ui.Mark{Text: s.In(ui.FrameOf(ctx).Language), Tone: returnTones[s]}
}

// stages are what can be chosen of a return: where it is, and where it can go.
func (p returnPageView) stages(ctx context.Context) []ui.Option {
	var list []ui.Option
	for _, s := range append([]market.ReturnStage{p.Stage}, p.Stage.Next()...) {
		list = append(list, ui.Option{Value: string(s), Label: s.In(ui.FrameOf(ctx).Language)})
	}
	return list
}

// wishes says in one line what somebody would come back to.
func wishes(ctx context.Context, i *market.ReturnInterest) []string {
	if i == nil {
		return []string{ui.T(ctx, "return.taken_back")}
	}
	list := []string{ui.T(ctx, "return.open."+string(i.Openness))}
	if i.Roles != "" {
		list = append(list, i.Roles)
	}
	if i.Hours > 0 {
		list = append(list, ui.T(ctx, "return.hours.week", "n", strconv.Itoa(i.Hours)))
	}
	if i.Place != "" {
		list = append(list, i.Place)
	}
	if i.FromOn != nil {
		list = append(list, ui.T(ctx, "return.from.day", "day", ui.Day(ctx, *i.FromOn)))
	}
	return list
}
