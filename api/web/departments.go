package web

import (
	"context"
	"strings"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/market"
)

const departmentsPath = "/departments"

// A departmentForm is a department as it is typed: a new one, or one with its life and what may stand above it.
type departmentForm struct {
	life                                market.DepartmentLife
	others                              []market.Department
	name, nameEN, aliases, above, since string
	into, on                            string
}

func (v *visit) getDepartments() error { return v.showDepartments(departmentForm{}, ui.Fault{}) }

func (v *visit) showDepartments(typed departmentForm, fault ui.Fault) error {
	lives, err := v.Market.DepartmentLives(v.ctx, v.who, v.company.ID)
	if err != nil {
		return err
	}
	return v.ok(departmentsPage(lives, typed, fault))
}

func (v *visit) postNewDepartment() error {
	f := v.form()
	typed := departmentForm{name: f.text("name"), nameEN: f.text("name_en"), above: f.text("above")}
	d, err := v.Market.AddDepartment(v.ctx, v.who, v.company.ID, market.DepartmentEdit{Name: &typed.name, NameEN: &typed.nameEN, Above: above(typed.above)})
	if err != nil {
		lives, wrong := v.Market.DepartmentLives(v.ctx, v.who, v.company.ID)
		if wrong != nil {
			return wrong
		}
		return v.refuse(err, func(fault ui.Fault) templ.Component { return departmentsPage(lives, typed, fault) })
	}
	return v.to(departmentsPath+"#"+d.ID.String(), "dep.added")
}

// above is the department that was chosen to stand above; the nil id for none.
func above(typed string) *uuid.UUID {
	id, _ := uuid.Parse(typed)
	return &id
}

func (v *visit) getDepartment() error {
	f, err := v.departmentForm()
	if err != nil {
		return err
	}
	return v.ok(departmentPage(f, ui.Fault{}))
}

func (v *visit) departmentForm() (f departmentForm, err error) {
	id, err := v.id()
	if err != nil {
		return f, err
	}
	if f.life, err = v.Market.DepartmentLife(v.ctx, v.who, id); err != nil {
		return f, err
	}
	f.name, f.nameEN, f.aliases = f.life.Name, f.life.NameEN, strings.Join(f.life.Aliases, "\n")
	if f.life.AboveID != nil {
		f.above = f.life.AboveID.String()
	}
	all, err := v.Market.Departments(v.ctx, v.who, f.life.CompanyID)
	for _, d := range all {
		if d.ID != id {
			f.others = append(f.others, d)
		}
	}
	return f, err
}

func (v *visit) postDepartment() error {
	f, err := v.departmentForm()
	if err != nil {
		return err
	}
	in := v.form()
	f.name, f.nameEN, f.aliases, f.above, f.since = in.text("name"), in.text("name_en"), v.c.PostForm("aliases"), in.text("above"), in.text("since")
	aliases, since := lines(f.aliases), in.day("since")
	if err = in.err; err == nil {
		_, err = v.Market.EditDepartment(v.ctx, v.who, f.life.ID, market.DepartmentEdit{Name: &f.name, NameEN: &f.nameEN, Aliases: &aliases, Above: above(f.above), Since: since})
	}
	if err != nil {
		return v.refuse(err, func(fault ui.Fault) templ.Component { return departmentPage(f, fault) })
	}
	return v.to(departmentsPath+"#"+f.life.ID.String(), "dep.saved")
}

func (v *visit) postMergeDepartment() error {
	f, err := v.departmentForm()
	if err != nil {
		return err
	}
	in := v.form()
	f.into, f.on = in.text("into"), in.text("on")
	on := in.day("on")
	var into market.Department
	if err = in.err; err == nil {
		into, err = v.Market.MergeDepartment(v.ctx, v.who, f.life.ID, in.uuid("into"), on)
	}
	if err != nil {
		return v.refuse(err, func(fault ui.Fault) templ.Component { return departmentPage(f, fault) })
	}
	return v.to(departmentsPath+"#"+into.ID.String(), "dep.merged", "name", departmentName(into, v.lang))
}

// postStint says when and why somebody leaves, or left.
func (v *visit) postStint() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	f := v.form()
	end := market.StintEnd{LeftOn: f.day("left_on"), Departure: market.DepartureKind(f.text("departure"))}
	if f.err != nil {
		return v.retreat(f.err, "/people")
	}
	m, err := v.Market.EndStint(v.ctx, v.who, id, end)
	if err != nil {
		back := "/people"
		if member := f.uuid("member"); member != uuid.Nil {
			back = "/people/" + member.String()
		}
		return v.retreat(err, back)
	}
	return v.to("/people/"+m.ID.String(), "stint.saved")
}

// noneAbove is a choice of departments to stand under, or none.
func noneAbove(ctx context.Context, list []market.Department) []ui.Option {
	options := departmentOptions(ctx, list)
	options[0].Label = ui.T(ctx, "dep.top")
	return options
}

// departmentsIn are the departments of lives.
func departmentsIn(lives []market.DepartmentLife) []market.Department {
	list := make([]market.Department, len(lives))
	for i, l := range lives {
		list[i] = l.Department
	}
	return list
}

// aboveName is the name of the department above, empty on top.
func aboveName(ctx context.Context, lives []market.DepartmentLife, d market.Department) string {
	for _, l := range lives {
		if d.AboveID != nil && l.ID == *d.AboveID {
			return departmentName(l.Department, ui.FrameOf(ctx).Language)
		}
	}
	return ""
}

// departureOptions are why somebody may have left, with not saying first.
func departureOptions(ctx context.Context) []ui.Option {
	options := []ui.Option{{Value: "", Label: ui.T(ctx, "departure.none")}}
	for _, d := range market.Departures {
		options = append(options, ui.Option{Value: string(d), Label: ui.T(ctx, "departure."+string(d))})
	}
	return options
}
