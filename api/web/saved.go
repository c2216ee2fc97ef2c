package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/market"
	"homecoming/matching"
)

// A searchForm is a saved search as it is typed.
type searchForm struct {
	id                             uuid.UUID // uuid.Nil for a new one
	version                        int
	paused                         bool
	kind, name, text, skills       string
	company, department            string
	budgetFrom, dueBy, availableBy string
	maxRate, rhythm                string
	departments                    []market.Department
}

func (v *visit) getSaved() error {
	list, err := v.Matching.SavedSearches(v.ctx, v.who)
	if err != nil {
		return err
	}
	return v.ok(savedPage(list))
}

// getNewSaved shows the form, filled in with the search that the reader comes from.
func (v *visit) getNewSaved() error {
	q := v.c.Query
	f := searchForm{kind: q("kind"), text: q("text"), department: q("department"), company: q("company"), budgetFrom: q("budget_from"), dueBy: q("due_by"),
		availableBy: q("available_by"), maxRate: q("max_rate"), rhythm: string(matching.Daily)}
	if f.kind == "" && v.may(market.SeePeople) {
		f.kind = string(matching.ForTalent)
	}
	f.kind = v.kindOf(f.kind)
	names := make([]string, 0, 4)
	for _, id := range v.asked("skill") {
		names = append(names, skillName(v.lang, id, id))
	}
	f.skills = strings.Join(names, ", ")
	return v.showSearchForm(f, ui.Fault{}, http.StatusOK)
}

// kindOf is talent for those who may look for it, and work for everybody else.
func (v *visit) kindOf(kind string) string {
	if kind == string(matching.ForTalent) && v.may(market.SeePeople) {
		return kind
	}
	return string(matching.ForWork)
}

func (v *visit) showSearchForm(f searchForm, fault ui.Fault, status int) error {
	if f.kind == string(matching.ForTalent) {
		var err error
		if f.departments, err = v.Market.Departments(v.ctx, v.who, v.company.ID); err != nil {
			return err
		}
	}
	return v.show(status, savedFormPage(f, fault))
}

func (v *visit) getEditSaved() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	saved, err := v.Matching.SavedSearch(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	return v.showSearchForm(v.formOfSearch(saved), ui.Fault{}, http.StatusOK)
}

func (v *visit) formOfSearch(s matching.SavedSearch) searchForm {
	f := searchForm{id: s.ID, version: s.Version, paused: s.PausedAt != nil, kind: string(s.Kind), name: s.Name, text: s.Text, dueBy: dayText(s.DueBy),
		availableBy: dayText(s.AvailableBy), budgetFrom: v.figuresOf(s.BudgetFrom), maxRate: v.figuresOf(s.MaxRate), rhythm: string(s.Rhythm)}
	names := make([]string, len(s.Skills))
	for i, id := range s.Skills {
		names[i] = skillName(v.lang, id, id)
	}
	f.skills = strings.Join(names, ", ")
	if len(s.Departments) > 0 {
		f.department = s.Departments[0]
	}
	if len(s.Companies) > 0 {
		f.company = s.Companies[0]
	}
	return f
}

func (v *visit) figuresOf(amount *int64) string {
	if amount == nil {
		return ""
	}
	return figures(&market.Money{Amount: *amount, Currency: v.currency()})
}

// readSearch reads the form and what it means.
func (v *visit) readSearch() (searchForm, matching.SearchDraft, error) {
	f := v.form()
	t := searchForm{version: f.number("version"), kind: v.kindOf(f.text("kind")), name: f.text("name"), text: f.text("text"), skills: f.text("skills"), company: f.text("company"),
		department: f.text("department"), budgetFrom: f.text("budget_from"), dueBy: f.text("due_by"), availableBy: f.text("available_by"), maxRate: f.text("max_rate"), rhythm: f.text("rhythm")}
	d := matching.SearchDraft{Kind: matching.SavedKind(t.kind), CompanyID: v.company.ID, Name: t.name, Text: t.text, Skills: listed(t.skills), DueBy: f.day("due_by"), AvailableBy: f.day("available_by"),
		BudgetFrom: amountOf(f.money("budget_from", v.currency())), MaxRate: amountOf(f.money("max_rate", v.currency())), Rhythm: matching.Rhythm(t.rhythm)}
	if t.department != "" {
		d.Departments = []string{t.department}
	}
	if id, err := uuid.Parse(t.company); err == nil {
		d.Companies = []uuid.UUID{id}
	}
	return t, d, f.err
}

func amountOf(m *market.Money) *int64 {
	if m == nil {
		return nil
	}
	return &m.Amount
}

// listed are names parted by commas, of whatever width.
func listed(typed string) []string {
	var names []string
	for _, name := range strings.FieldsFunc(typed, func(r rune) bool { return strings.ContainsRune(",、，\n", r) }) {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

func (v *visit) postSaved() error {
	f, d, err := v.readSearch()
	if err == nil {
		_, err = v.Matching.SaveSearch(v.ctx, v.who, d)
	}
	if err != nil {
		return v.refuseSearch(err, f)
	}
	return v.to("/search/saved", "saved.saved")
}

// refuseSearch shows the form again. Skills are one field there, whichever of them is wrong.
func (v *visit) refuseSearch(err error, f searchForm) error {
	if f.kind == string(matching.ForTalent) {
		var gone error
		if f.departments, gone = v.Market.Departments(v.ctx, v.who, v.company.ID); gone != nil {
			return gone
		}
	}
	return v.refuse(err, func(fault ui.Fault) templ.Component {
		fault.Field, _, _ = strings.Cut(fault.Field, "[")
		fault.Field = strings.Replace(fault.Field, "departments", "department", 1)
		return savedFormPage(f, fault)
	})
}

func (v *visit) postEditSaved() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	switch v.c.PostForm("do") {
	case "pause", "resume":
		pause := v.c.PostForm("do") == "pause"
		if _, err := v.Matching.PauseSearch(v.ctx, v.who, id, pause); err != nil {
			return err
		}
		if pause {
			return v.to("/search/saved", "saved.is.paused")
		}
		return v.to("/search/saved", "saved.is.resumed")
	case "delete":
		if err := v.Matching.DeleteSearch(v.ctx, v.who, id); err != nil {
			return err
		}
		return v.to("/search/saved", "saved.deleted")
	}
	f, d, err := v.readSearch()
	f.id = id
	if err == nil {
		_, err = v.Matching.EditSearch(v.ctx, v.who, id, f.version, d)
	}
	if err != nil {
		return v.refuseSearch(err, f)
	}
	return v.to("/search/saved", "saved.saved")
}

// searchHref leads to what fits a saved search now.
func searchHref(s matching.SavedSearch) string {
	q := url.Values{"in": {searchWork}, "skill": s.Skills}
	if s.Kind == matching.ForTalent {
		q.Set("in", searchPeople)
	}
	for name, value := range map[string]string{"q": s.Text, "due_by": dayText(s.DueBy), "available_by": dayText(s.AvailableBy), "budget_from": amountText(s.BudgetFrom), "max_rate": amountText(s.MaxRate)} {
		if value != "" {
			q.Set(name, value)
		}
	}
	for name, values := range map[string][]string{"department": s.Departments, "company": s.Companies} {
		if len(values) > 0 {
			q[name] = values
		}
	}
	return "/search?" + q.Encode()
}

func amountText(amount *int64) string {
	if amount == nil {
		return ""
	}
	return strconv.FormatInt(*amount, 10)
}

// searchFacts are a few words about a saved search.
func searchFacts(ctx context.Context, s matching.SavedSearch) []string {
	facts := []string{ui.T(ctx, "saved.kind."+string(s.Kind)), ui.T(ctx, "saved.rhythm."+string(s.Rhythm))}
	if s.Text != "" {
		facts = append(facts, ui.T(ctx, "saved.text", "text", s.Text))
	}
	for _, id := range s.Skills {
		facts = append(facts, skillName(ui.FrameOf(ctx).Language, id, ui.T(ctx, "skill.own")))
	}
	if s.DueBy != nil {
		facts = append(facts, ui.T(ctx, "task.due", "day", ui.ShortDay(ctx, *s.DueBy)))
	}
	return facts
}
