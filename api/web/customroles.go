package web

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/internal/problem"
	"homecoming/market"
)

const rolesPath = "/settings/roles"

// permissionGroups are the permissions by what they are about, as people choose them.
var permissionGroups = []struct {
	name    string
	actions []market.Action
}{
	{"tasks", []market.Action{market.SeeTasks, market.PostTasks}},
	{"people", []market.Action{market.SeePeople, market.ManagePeople, market.ManageSkills, market.RunEvents, market.PublishNews, market.SeeReturns}},
	{"contracts", []market.Action{market.SeeContracts, market.RunContracts, market.ClearCautions, market.RuleDisputes}},
	{"money", []market.Action{market.SeeMoney, market.PayBills, market.SettleMoney, market.ReconcileMoney, market.KeepBooks, market.ApproveMoney, market.ApproveSpend, market.ManageBudgets}},
	{"company", []market.Action{market.SeeRules, market.SeeLog, market.HandleReports, market.Administer}},
}

// A roleForm is a role as it was typed.
type roleForm struct {
	id      uuid.UUID // zero for one that is being made
	version int
	name    string
	allows  []market.Action
	holders int
}

// A rolesView is the page of a company's own roles.
type rolesView struct {
	list []market.CustomRole
	form roleForm
	may  []market.Action // what the reader may do, and so put into a role
}

func (v *visit) readRole() roleForm {
	f := v.form()
	r := roleForm{version: f.number("version"), name: f.text("name")}
	for _, p := range v.c.PostFormArray("permissions") {
		r.allows = append(r.allows, market.Action(p))
	}
	return r
}

func (v *visit) roles(form roleForm) (rolesView, error) {
	list, err := v.Market.CustomRoles(v.ctx, v.who, v.company.ID)
	may := slices.DeleteFunc(slices.Clone(market.Permissions), func(do market.Action) bool { return !v.may(do) })
	return rolesView{list, form, may}, err
}

func (v *visit) getRoles() error {
	r, err := v.roles(roleForm{})
	if err != nil {
		return err
	}
	return v.ok(rolesPage(r, ui.Fault{}))
}

func (v *visit) postRole() error {
	typed := v.readRole()
	if _, err := v.Market.CreateCustomRole(v.ctx, v.who, v.company.ID, typed.name, typed.allows); err != nil {
		return v.refuseRole(err, typed)
	}
	return v.to(rolesPath, "roles.created")
}

func (v *visit) refuseRole(wrong error, typed roleForm) error {
	r, err := v.roles(typed)
	if err != nil {
		return err
	}
	return v.refuse(wrong, func(f ui.Fault) templ.Component { return rolesPage(r, f) })
}

// roleAsked is the role that the address names.
func (v *visit) roleAsked() (rolesView, error) {
	id, err := v.id()
	if err != nil {
		return rolesView{}, err
	}
	r, err := v.roles(roleForm{})
	if err != nil {
		return r, err
	}
	at := slices.IndexFunc(r.list, func(c market.CustomRole) bool { return c.ID == id })
	if at < 0 {
		return r, market.ErrNotFound
	}
	c := r.list[at]
	r.form = roleForm{c.ID, c.Version, c.Name, c.Allows, c.Holders}
	return r, nil
}

func (v *visit) getRole() error {
	r, err := v.roleAsked()
	if err != nil {
		return err
	}
	return v.ok(rolesPage(r, ui.Fault{}))
}

func (v *visit) postEditRole() error {
	r, err := v.roleAsked()
	if err != nil {
		return err
	}
	typed := v.readRole()
	typed.id, typed.holders = r.form.id, r.form.holders
	if _, err := v.Market.EditCustomRole(v.ctx, v.who, typed.id, typed.version, typed.name, typed.allows); err != nil {
		return v.refuseRole(err, typed)
	}
	return v.to(rolesPath, "roles.saved")
}

func (v *visit) postRemoveRole() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if err := v.Market.RemoveCustomRole(v.ctx, v.who, id); err != nil {
		return v.retreat(err, rolesPath)
	}
	return v.to(rolesPath, "roles.removed")
}

// allowsLine says what a role allows in a line.
func allowsLine(ctx context.Context, allows []market.Action) string {
	names := make([]string, len(allows))
	for i, a := range allows {
		names[i] = ui.T(ctx, "permission."+string(a))
	}
	return inLine(ctx, names)
}

// inLine puts names into one line.
func inLine(ctx context.Context, names []string) string {
	if ui.FrameOf(ctx).Language == problem.Japanese {
		return strings.Join(names, "・")
	}
	return strings.Join(names, ", ")
}

// roleAction is where the form of a role goes.
func roleAction(r roleForm) templ.SafeURL {
	if r.id == uuid.Nil {
		return templ.SafeURL(rolesPath)
	}
	return templ.SafeURL(rolesPath + "/" + r.id.String())
}

func versionText(r roleForm) string { return strconv.Itoa(r.version) }
