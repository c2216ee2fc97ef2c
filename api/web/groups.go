package web

import (
	"context"
	"strings"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/market"
)

const (
	entitiesPath = "/entities"
	groupPath    = "/settings/group"

	groupPeoplePath = "/people/group"
)

// An entityForm is a legal entity as it is typed.
type entityForm struct{ id, name, nameEN, taxNumber, aliases string }

func entityFormOf(e market.Entity) entityForm {
	return entityForm{e.ID.String(), e.Name, e.NameEN, e.TaxNumber, strings.Join(e.Aliases, "\n")}
}

func (v *visit) getEntities() error { return v.showEntities(entityForm{}, ui.Fault{}) }

// showEntities lists them; one of the address is open for a change.
func (v *visit) showEntities(typed entityForm, fault ui.Fault) error {
	list, err := v.Market.Entities(v.ctx, v.who, v.company.ID)
	if err != nil {
		return err
	}
	for _, e := range list {
		if typed.id == "" && e.ID.String() == v.c.Query("edit") {
			typed = entityFormOf(e)
		}
	}
	return v.ok(entitiesPage(list, typed, fault))
}

func (v *visit) postEntity() error {
	f := v.form()
	typed := entityForm{f.text("id"), f.text("name"), f.text("name_en"), plain(f.text("tax_number")), v.c.PostForm("aliases")}
	aliases, id := lines(typed.aliases), f.uuid("id")
	_, err := v.Market.SaveEntity(v.ctx, v.who, v.company.ID, id, market.EntityEdit{Name: &typed.name, NameEN: &typed.nameEN, TaxNumber: &typed.taxNumber, Aliases: &aliases})
	if err != nil {
		list, wrong := v.Market.Entities(v.ctx, v.who, v.company.ID)
		if wrong != nil {
			return wrong
		}
		return v.refuse(err, func(fault ui.Fault) templ.Component { return entitiesPage(list, typed, fault) })
	}
	return v.to(entitiesPath, "entity.saved")
}

// A groupView is the group of the reader's company, and the groups that ask it.
type groupView struct {
	group  market.Group
	asking []market.Group
	shares bool   // our own directory
	typed  string // another company's number, or the name of a new group
}

func (v *visit) groupView() (g groupView, err error) {
	if g.group, err = v.Market.GroupOf(v.ctx, v.who, v.company.ID); err != nil {
		return g, err
	}
	if len(g.group.Companies) > 0 {
		g.shares = g.group.Companies[0].Shares
	}
	g.asking, err = v.Market.GroupInvitations(v.ctx, v.who, v.company.ID)
	return g, err
}

func (v *visit) getGroup() error {
	g, err := v.groupView()
	if err != nil {
		return err
	}
	return v.ok(groupPage(g, ui.Fault{}))
}

func (v *visit) postGroup() error {
	g, err := v.groupView()
	if err != nil {
		return err
	}
	f, said := v.form(), "group.saved"
	switch company := v.company.ID; f.text("do") {
	case "make":
		g.typed = f.text("name")
		_, err = v.Market.MakeGroup(v.ctx, v.who, company, g.typed, f.text("name_en"))
	case "ask":
		g.typed = f.text("company_id")
		other, bad := uuid.Parse(g.typed)
		if bad != nil {
			err = market.ErrUnknownCompany.On("company_id").With("value", g.typed)
		} else {
			err = v.Market.AskIntoGroup(v.ctx, v.who, company, other)
		}
		said = "group.asked"
	case "yes", "no":
		err = v.Market.AnswerGroup(v.ctx, v.who, company, f.uuid("group"), f.text("do") == "yes")
	case "leave":
		err, said = v.Market.LeaveGroup(v.ctx, v.who, company), "group.gone"
	default:
		err = v.Market.ShareDirectory(v.ctx, v.who, company, f.text("do") == "share")
	}
	if err != nil {
		return v.refuse(err, func(fault ui.Fault) templ.Component { return groupPage(g, fault) })
	}
	return v.to(groupPath, said)
}

// A groupDirectory is one page of the people of a group's other companies.
type groupDirectory struct {
	group   market.Group
	shares  bool
	office  bool
	members []market.Fellow
	query   string
	older   string
	paged   bool
}

func (v *visit) getGroupPeople() error {
	d := groupDirectory{query: v.c.Query("q"), paged: v.before() != uuid.Nil, office: v.may(market.ManagePeople)}
	var err error
	if d.group, err = v.Market.GroupOf(v.ctx, v.who, v.company.ID); err != nil {
		return err
	}
	if len(d.group.Companies) > 0 {
		d.shares = d.group.Companies[0].Shares
	}
	if d.members, err = v.Market.GroupPeople(v.ctx, v.who, v.company.ID, d.query, v.before(), pageSize); err != nil {
		return err
	}
	if len(d.members) > 0 {
		d.older = v.older(groupPeoplePath, len(d.members), d.members[len(d.members)-1].ID)
	}
	return v.ok(groupPeoplePage(d))
}

func groupMark(ctx context.Context, c market.GroupCompany) ui.Mark {
	switch {
	case c.State == market.GroupAsked:
		return ui.Mark{Text: ui.T(ctx, "group.state.asked"), Tone: ui.Now}
	case c.Shares:
		return ui.Mark{Text: ui.T(ctx, "group.state.shares"), Tone: ui.Good}
	}
	return ui.Mark{Text: ui.T(ctx, "group.state.agreed")}
}
