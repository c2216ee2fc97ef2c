package web

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/api/web/words"
	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/matching"
)

// What can be searched for: the company's people, its tasks, and work on offer to an alumnus.
const (
	searchPeople = "people"
	searchTasks  = "tasks"
	searchWork   = "work"
)

// A searchView is the page of a search.
type searchView struct {
	in, q  string
	within []string // what the reader may search in
	asked  url.Values
	found  matching.Found
	hits   []hit
	facets []facet
	chosen []choice
	newer  string
	older  string
}

// A hit is one result as it is shown.
type hit struct {
	href, title string
	facts       []string
	marks       []matching.Mark // title first, where something was found in it
	chips       []ui.Chip
}

// A facet is a list of ways to narrow the results.
type facet struct {
	name    string
	choices []choice
}

// A choice is one of them: an address with its label. N is 0 for one that is taken back.
type choice struct {
	label, href string
	n           int
}

func (v *visit) getSearch() error {
	s := searchView{asked: v.c.Request.URL.Query(), q: strings.TrimSpace(v.c.Query("q"))}
	s.asked.Del("lang")
	if v.may(market.SeePeople) {
		s.within = append(s.within, searchPeople)
	}
	if v.may(market.SeeTasks) {
		s.within = append(s.within, searchTasks)
	}
	if v.who.MayAnywhere(market.BidOnTasks) == nil {
		s.within = append(s.within, searchWork)
	}
	if len(s.within) == 0 {
		return market.ErrForbidden
	}
	if s.in = v.c.Query("in"); !slices.Contains(s.within, s.in) {
		s.in = s.within[0]
	}
	var err error
	if s.in == searchPeople {
		err = v.findPeople(&s)
	} else {
		err = v.findTasks(&s)
	}
	if err != nil {
		return err
	}
	v.addFacets(&s)
	s.page(v.offset())
	return v.ok(searchPage(s))
}

// offset is how many results came before this page.
func (v *visit) offset() int {
	n, _ := strconv.Atoi(v.c.Query("after"))
	return max(n, 0)
}

// page finds the addresses of the pages beside this one.
func (s *searchView) page(offset int) {
	if offset > 0 {
		s.newer = s.with("after", "")
	}
	if next := offset + pageSize; next < s.found.Total {
		s.older = s.with("after", strconv.Itoa(next))
	}
}

// with is the address of the same search with one thing changed; an empty value takes it away.
func (s *searchView) with(name, value string) string {
	q := url.Values{}
	for k, list := range s.asked {
		q[k] = slices.Clone(list)
	}
	if q.Del("after"); value == "" {
		q.Del(name)
	} else {
		q.Set(name, value)
	}
	return "/search?" + q.Encode()
}

func (v *visit) findPeople(s *searchView) error {
	q := matching.TalentQuery{Company: v.company.ID, Text: s.q, Skills: v.asked("skill"), Departments: v.askedIDs("department"), Free: oneOf(v.c.Query("free"), "now", "month", "quarter", "later"),
		Away: oneOf(v.c.Query("away"), "staff", "0", "1", "3", "5", "10"), AvailableBy: askedDay(v.c.Query("available_by")), MaxRate: v.askedMoney("max_rate"), Limit: pageSize, Offset: v.offset()}
	found, err := v.Matching.SearchPeople(v.ctx, v.who, q)
	s.found = found.Found
	for _, p := range found.Items {
		h := hit{href: "/people/" + p.ID.String(), title: p.Name, marks: p.Marks}
		if p.Reading != "" {
			h.facts = append(h.facts, p.Reading)
		}
		if len(p.Stints) > 0 {
			h.facts = append(h.facts, inLanguage(v.lang, p.Stints[0].DepartmentEN, p.Stints[0].Department))
			if left := p.Stints[0].LeftOn; left != nil {
				h.facts = append(h.facts, v.t("people.left", "day", ui.ShortDay(v.ctx, *left)))
			} else {
				h.facts = append(h.facts, v.t("people.employed"))
			}
		}
		h.facts = append(h.facts, v.aside(matching.Person{AvailableFrom: p.AvailableFrom, HourlyRate: p.HourlyRate})...)
		for _, k := range p.Skills {
			h.chips = append(h.chips, ui.Chip{Text: inLanguage(v.lang, k.NameEN, k.NameJA)})
		}
		s.hits = append(s.hits, h.brief())
	}
	return err
}

func (v *visit) findTasks(s *searchView) error {
	q := matching.TaskQuery{Text: s.q, Skills: v.asked("skill"), BudgetFrom: v.askedMoney("budget_from"), DueBy: askedDay(v.c.Query("due_by")),
		Budget: oneOf(v.c.Query("budget"), "open", "0", "100000", "300000", "1000000"), Due: v.c.Query("due"), Limit: pageSize, Offset: v.offset()}
	if s.in == searchWork {
		q.ForMe, q.Companies = true, v.askedIDs("company")
	} else {
		q.Companies, q.State = []uuid.UUID{v.company.ID}, market.TaskState(oneOf(v.c.Query("state"), "draft", "published", "awarded", "completed", "canceled"))
	}
	found, err := v.Matching.SearchTasks(v.ctx, v.who, q)
	s.found = found.Found
	for _, t := range found.Items {
		h := hit{href: taskPath(t.ID), title: t.Title, marks: t.Marks}
		if s.in == searchWork {
			h.facts = append(h.facts, companyName(t.Company, v.lang))
		} else {
			h.facts = append(h.facts, label(t.Task), t.State.In(v.lang))
		}
		h.facts = append(h.facts, taskFacts(v.ctx, t.Task, nil)...)
		for _, k := range t.Skills {
			h.chips = append(h.chips, ui.Chip{Text: skillName(v.lang, k.SkillID, v.t("skill.own"))})
		}
		s.hits = append(s.hits, h.brief())
	}
	return err
}

// facetsIn are what each sort of results can be narrowed by, in order. Those of many take several values.
var facetsIn = map[string][]struct {
	facet matching.Facet
	param string
	many  bool
}{
	searchPeople: {{matching.FacetSkill, "skill", true}, {matching.FacetDepartment, "department", false}, {matching.FacetFree, "free", false}, {matching.FacetAway, "away", false}},
	searchTasks:  {{matching.FacetState, "state", false}, {matching.FacetSkill, "skill", true}, {matching.FacetBudget, "budget", false}, {matching.FacetDue, "due", false}},
	searchWork:   {{matching.FacetCompany, "company", false}, {matching.FacetSkill, "skill", true}, {matching.FacetBudget, "budget", false}, {matching.FacetDue, "due", false}},
}

// addFacets offers what narrows the results, and the way back from what was chosen.
func (v *visit) addFacets(s *searchView) {
	for _, f := range facetsIn[s.in] {
		taken := s.asked[f.param]
		offered := facet{name: "search.by." + f.param}
		for _, c := range s.found.Facets[f.facet] {
			name := v.facetName(f.param, c)
			if slices.Contains(taken, c.Value) {
				s.chosen = append(s.chosen, choice{label: name, href: s.without(f.param, c.Value)})
				continue
			}
			if c.N == s.found.Total && f.many || !f.many && len(taken) > 0 {
				continue // it would narrow nothing
			}
			offered.choices = append(offered.choices, choice{name, s.adding(f.param, c.Value, f.many), c.N})
		}
		if len(offered.choices) > 0 {
			s.facets = append(s.facets, offered)
		}
	}
}

func (s *searchView) adding(name, value string, many bool) string {
	if many {
		return s.with(name, value) + also(name, s.asked[name])
	}
	return s.with(name, value)
}

func also(name string, values []string) string {
	more := ""
	for _, value := range values {
		more += "&" + url.Values{name: {value}}.Encode()
	}
	return more
}

func (s *searchView) without(name, value string) string {
	rest := slices.DeleteFunc(slices.Clone(s.asked[name]), func(v string) bool { return v == value })
	return s.with(name, "") + also(name, rest)
}

func (v *visit) facetName(param string, c matching.FacetCount) string {
	switch {
	case c.Name != "":
		return c.Name
	case param == "state":
		return v.t("state.task." + c.Value)
	case param == "due" && c.Value != "none":
		return monthName(v.lang, c.Value)
	}
	return v.t("search." + param + "." + c.Value)
}

// monthName writes 2026-12 for a reader.
func monthName(lang problem.Language, month string) string {
	d, err := civil.ParseDate(month + "-01")
	if err != nil {
		return month
	}
	if lang == problem.Japanese {
		return strconv.Itoa(d.Year) + "年" + strconv.Itoa(int(d.Month)) + "月"
	}
	return d.Month.String() + " " + strconv.Itoa(d.Year)
}

// saveHref leads to the form that keeps this search.
func (s searchView) saveHref() string {
	q := url.Values{"kind": {"work"}}
	if s.in == searchPeople {
		q.Set("kind", "talent")
	}
	for from, to := range map[string]string{"q": "text", "skill": "skill", "department": "department", "available_by": "available_by", "max_rate": "max_rate", "budget_from": "budget_from", "due_by": "due_by", "company": "company"} {
		if values := s.asked[from]; len(values) > 0 && values[0] != "" {
			q[to] = values
		}
	}
	return "/search/saved/new?" + q.Encode()
}

// tabs are what the reader may search in.
func (s searchView) tabs(ctx context.Context) []ui.Link {
	var links []ui.Link
	for _, in := range s.within {
		links = append(links, ui.Link{Href: "/search?" + url.Values{"in": {in}, "q": {s.q}}.Encode(), Label: ui.T(ctx, "search.in."+in), Current: in == s.in})
	}
	return links
}

// told is a line on how the search was answered.
func (s searchView) told(ctx context.Context) []string {
	list := []string{ui.T(ctx, "search.total", "n", s.found.Total)}
	if s.found.Tolerant {
		list = append(list, ui.T(ctx, "search.tolerant"))
	}
	if s.found.Degraded {
		list = append(list, ui.T(ctx, "search.degraded"))
	}
	return list
}

// titleMark is the mark in the title of a hit; false where nothing was found there.
func (h hit) titleMark() (matching.Mark, bool) {
	for _, m := range h.marks {
		if (m.Field == "name" || m.Field == "title") && plainText(m) == h.title {
			return m, true
		}
	}
	return matching.Mark{}, false
}

// shownChips and shownChoices keep a page of results light.
const (
	shownChips   = 6
	shownChoices = 10
)

// brief keeps each skill once, those first that were looked for.
func (h hit) brief() hit {
	var wanted, others []ui.Chip
	for _, c := range h.chips {
		same := func(o ui.Chip) bool { return o.Text == c.Text }
		switch {
		case slices.ContainsFunc(wanted, same) || slices.ContainsFunc(others, same):
		case slices.ContainsFunc(h.marks, func(m matching.Mark) bool { return m.Field == "skill" && plainText(m) == c.Text }):
			wanted = append(wanted, ui.Chip{Text: c.Text, Kind: "met"})
		default:
			others = append(others, c)
		}
	}
	h.chips = slices.Concat(wanted, others)
	h.chips = h.chips[:min(len(h.chips), shownChips)]
	return h
}

// elsewhere are the marks that the line about a hit does not show already, a few of them.
func (h hit) elsewhere() []matching.Mark {
	var list []matching.Mark
	for _, m := range h.marks {
		chip := slices.ContainsFunc(h.chips, func(c ui.Chip) bool { return m.Field == "skill" && c.Text == plainText(m) })
		if m.Field != "name" && m.Field != "title" && !chip && len(list) < 3 {
			list = append(list, m)
		}
	}
	return list
}

func plainText(m matching.Mark) string {
	var b strings.Builder
	for _, p := range m.Parts {
		b.WriteString(p.Text)
	}
	return b.String()
}

// asked are the values of a parameter that are not empty.
func (v *visit) asked(name string) []string {
	return slices.DeleteFunc(v.c.QueryArray(name), func(s string) bool { return strings.TrimSpace(s) == "" })
}

func (v *visit) askedIDs(name string) []uuid.UUID {
	var ids []uuid.UUID
	for _, s := range v.asked(name) {
		id, _ := uuid.Parse(s) // what is no id is nobody's
		ids = append(ids, id)
	}
	return ids
}

func (v *visit) askedMoney(name string) *int64 {
	m, err := parseMoney(v.c.Query(name), v.currency())
	if err != nil || m == nil || m.Amount <= 0 {
		return nil
	}
	return &m.Amount
}

// currency is the company's, and yen for alumni alone.
func (v *visit) currency() string {
	if v.company.Currency != "" {
		return v.company.Currency
	}
	return "JPY"
}

func askedDay(typed string) *civil.Date {
	d, err := parseDay(typed)
	if err != nil {
		return nil
	}
	return d
}

func oneOf(value string, allowed ...string) string {
	if slices.Contains(allowed, value) {
		return value
	}
	return ""
}

func knownField(ctx context.Context, field string) string {
	if words.Known("search.field." + field) {
		return ui.T(ctx, "search.field."+field)
	}
	return ""
}
