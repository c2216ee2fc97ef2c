package web

import (
	"slices"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/market"
)

const (
	conductPath        = "/conduct"
	companyConductPath = "/settings/conduct"
)

func conductAt(company uuid.UUID) string { return conductPath + "/" + company.String() }

// getConduct leads to the policy of the company that the reader works for now, of the one that asks, or of the only one; who has
// several chooses.
func (v *visit) getConduct() error {
	companies := v.belongsTo()
	if len(companies) == 1 {
		return v.to(conductAt(companies[0]), "")
	}
	var list []market.ConductView
	for _, id := range companies {
		one, err := v.Market.Conduct(v.ctx, v.who, id)
		if err != nil {
			return err
		}
		list = append(list, one)
	}
	return v.ok(conductsPage(list))
}

// belongsTo are the reader's companies, each once.
func (v *visit) belongsTo() []uuid.UUID {
	var ids []uuid.UUID
	for _, g := range v.who.Grants {
		if !slices.Contains(ids, g.CompanyID) {
			ids = append(ids, g.CompanyID)
		}
	}
	return ids
}

// A conductPageView is one company's policy with what it said before.
type conductPageView struct {
	market.ConductView
	versions []market.ConductPolicy
}

func (v *visit) getConductOf() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	var p conductPageView
	if p.ConductView, err = v.Market.Conduct(v.ctx, v.who, id); err != nil {
		return err
	}
	if p.versions, err = v.Market.ConductVersions(v.ctx, v.who, id); err != nil {
		return err
	}
	return v.ok(conductPage(p))
}

func (v *visit) postAgreeConduct() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if err := v.Market.AgreeConduct(v.ctx, v.who, id, v.form().text("wording")); err != nil {
		return v.retreat(err, conductAt(id))
	}
	return v.to(conductAt(id), "conduct.agreed")
}

// A conductForm is a company's policy as its administrator types it.
type conductForm struct {
	market.ConductView
	count            market.ConductCount
	desk             market.ReportDesk
	text, en, change string
}

func (v *visit) conductForm() (f conductForm, err error) {
	if f.ConductView, err = v.Market.Conduct(v.ctx, v.who, v.company.ID); err != nil {
		return f, err
	}
	f.text, f.en = f.Text, f.TextEN
	if f.desk, err = v.Market.ReportDesk(v.ctx, v.who, v.company.ID); err != nil {
		return f, err
	}
	f.count, err = v.Market.ConductCounts(v.ctx, v.who, v.company.ID)
	return f, err
}

func (v *visit) getCompanyConduct() error {
	f, err := v.conductForm()
	if err != nil {
		return err
	}
	return v.ok(companyConductPage(f, ui.Fault{}))
}

func (v *visit) postCompanyConduct() error {
	f, err := v.conductForm()
	if err != nil {
		return err
	}
	f.text, f.en, f.change = v.c.PostForm("text"), v.c.PostForm("text_en"), v.form().text("change")
	if _, err := v.Market.PublishConduct(v.ctx, v.who, v.company.ID, v.form().number("version"), market.DraftConduct{Text: f.text, TextEN: f.en, Change: f.change}); err != nil {
		return v.refuse(err, func(fault ui.Fault) templ.Component { return companyConductPage(f, fault) })
	}
	return v.to(companyConductPath, "conduct.published")
}
