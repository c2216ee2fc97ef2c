package web

import (
	"context"
	"strconv"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/market"
	"homecoming/matching"
)

// A constantsView is the page for the constants of a company's score.
type constantsView struct {
	version int
	own     bool
	typed   map[string]string // by the API's names
	tasks   []ui.Option       // whose lists can be previewed
	task    string
	preview *matching.Preview
}

// constantFields are the inputs in their order, with the step in which they are typed.
var constantFields = []struct{ name, step string }{{"skills", "1"}, {"department", "1"}, {"tenure", "1"}, {"record", "1"},
	{"saturation", "0.1"}, {"half_life", "0.5"}, {"prior_mean", "0.1"}, {"prior_count", "1"}}

func (v *visit) constantsView() (constantsView, error) {
	f, err := v.Matching.FormulaOf(v.ctx, v.who, v.company.ID)
	if err != nil {
		return constantsView{}, err
	}
	c := f.Constants()
	write := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
	view := constantsView{version: f.Version, own: f.Own, typed: map[string]string{"skills": write(c.Skills.Float()), "department": write(c.Department.Float()),
		"tenure": write(c.Tenure.Float()), "record": write(c.Record.Float()), "saturation": write(c.Saturation), "half_life": write(c.HalfLife),
		"prior_mean": write(float64(c.PriorMean) / 10), "prior_count": strconv.Itoa(c.PriorCount)}}
	tasks, err := v.Market.Tasks(v.ctx, v.who, market.TaskFilter{CompanyID: v.company.ID, Limit: 30})
	for _, t := range tasks {
		view.tasks = append(view.tasks, ui.Option{Value: t.ID.String(), Label: label(t) + " " + t.Title})
	}
	return view, err
}

func (v *visit) getConstants() error {
	view, err := v.constantsView()
	if err != nil {
		return err
	}
	return v.ok(constantsPage(view, ui.Fault{}))
}

// postConstants saves what was typed, or shows what it would change for one task.
func (v *visit) postConstants() error {
	view, err := v.constantsView()
	if err != nil {
		return err
	}
	f := v.form()
	for _, field := range constantFields {
		view.typed[field.name] = f.text(field.name)
	}
	view.task = f.text("task")
	to, err := f.constants()
	if f.text("do") == "preview" {
		if err == nil && f.uuid("task") == uuid.Nil {
			err = market.ErrRequired.On("task")
		}
		var p matching.Preview
		if err == nil {
			p, err = v.Matching.PreviewConstants(v.ctx, v.who, f.uuid("task"), to)
		}
		if err == nil {
			view.preview = &p
			return v.ok(constantsPage(view, ui.Fault{}))
		}
	} else if err == nil {
		_, err = v.Matching.SetConstants(v.ctx, v.who, v.company.ID, f.number("version"), to)
	}
	if err != nil {
		return v.refuse(err, func(f ui.Fault) templ.Component { return constantsPage(view, f) })
	}
	return v.to("/settings/score", "settings.saved")
}

// constants are those typed; the first one that is no number is returned as what is wrong.
func (f *form) constants() (matching.Constants, error) {
	read := func(name string) float64 {
		x, err := strconv.ParseFloat(plain(f.v.c.PostForm(name)), 64)
		if err != nil {
			f.fail(ErrNumberForm.On(name))
		}
		return x
	}
	points := func(name string) matching.Score { return matching.Points(read(name)) }
	c := matching.Constants{Skills: points("skills"), Department: points("department"), Tenure: points("tenure"), Record: points("record"),
		Saturation: read("saturation"), HalfLife: read("half_life"), PriorMean: int(points("prior_mean") / 10), PriorCount: int(read("prior_count"))}
	return c, f.err
}

// moveText says where somebody stood before.
func moveText(ctx context.Context, m matching.Moved) string {
	switch m.Other {
	case 0:
		return ui.T(ctx, "constants.move.new")
	case m.Place:
		return ui.T(ctx, "constants.move.same")
	}
	return ui.T(ctx, "constants.move.from", "n", m.Other)
}

// leaving are those who would no longer be among the first ten.
func leaving(p matching.Preview) (names []string) {
	for _, m := range p.Was {
		if m.Other == 0 {
			names = append(names, m.Person.Name)
		}
	}
	return names
}
