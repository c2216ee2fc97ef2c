package web

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"homecoming/market"
)

// A ruleForm is whom a task is shown to, as it is typed.
type ruleForm struct {
	departments []string // ids
	skills      string   // names, parted by commas
	minYears    string
	leftWithin  string
	companies   []string // ids of partners
}

func (v *visit) readRule() ruleForm {
	f := v.form()
	return ruleForm{v.c.PostFormArray("visibility.departments"), f.text("visibility.skills"), f.text("visibility.min_years"),
		f.text("visibility.left_within_years"), v.c.PostFormArray("visibility.companies")}
}

var commas = regexp.MustCompile(`\s*[,、，;；]\s*`)

// draft is what the form means for a kind.
func (r ruleForm) draft(kind market.VisibilityKind) market.DraftVisibility {
	d := market.DraftVisibility{Kind: kind, Departments: r.departments}
	d.MinYears, _ = strconv.Atoi(plain(r.minYears))
	d.LeftWithinYears, _ = strconv.Atoi(plain(r.leftWithin))
	for _, name := range commas.Split(r.skills, -1) {
		if name = strings.TrimSpace(name); name != "" {
			d.Skills = append(d.Skills, name)
		}
	}
	for _, id := range r.companies {
		if company, err := uuid.Parse(id); err == nil {
			d.Companies = append(d.Companies, company)
		}
	}
	return d
}

// ruleOf is the form that would post a visibility as it stands.
func (v *visit) ruleOf(at market.Visibility) ruleForm {
	r := ruleForm{skills: strings.Join(v.ruleSkills(at), ", ")}
	for _, d := range at.Departments {
		r.departments = append(r.departments, d.String())
	}
	for _, c := range at.Companies {
		r.companies = append(r.companies, c.String())
	}
	if at.MinYears > 0 {
		r.minYears = strconv.Itoa(at.MinYears)
	}
	if at.LeftWithinYears > 0 {
		r.leftWithin = strconv.Itoa(at.LeftWithinYears)
	}
	return r
}

// ruleSkills are the names of the skills that a rule asks for; one of the company's own goes by its id.
func (v *visit) ruleSkills(at market.Visibility) []string {
	names := make([]string, len(at.Skills))
	for i, id := range at.Skills {
		names[i] = skillName(v.lang, id, id)
	}
	return names
}

// ruleText is a rule in words: alumni of Finance or Tax, 3 years and more with us, who left less than 5 years ago.
func (v *visit) ruleText(at market.Visibility, departments map[uuid.UUID]string) string {
	var parts []string
	if len(at.Departments) > 0 {
		names := make([]string, len(at.Departments))
		for i, d := range at.Departments {
			names[i] = departments[d]
		}
		parts = append(parts, v.t("reach.rule", "departments", joined(v.ctx, names)))
	}
	if len(at.Skills) > 0 {
		parts = append(parts, v.t("reach.skills", "skills", joined(v.ctx, v.ruleSkills(at))))
	}
	if at.MinYears > 0 {
		parts = append(parts, v.t("reach.years", "n", at.MinYears))
	}
	if at.LeftWithinYears > 0 {
		parts = append(parts, v.t("reach.left", "n", at.LeftWithinYears))
	}
	return strings.Join(parts, v.t("reach.and"))
}

// partners are those that the company has agreed with.
func (v *visit) partners() ([]market.Partnership, error) {
	all, err := v.Market.Partnerships(v.ctx, v.who, v.company.ID)
	var agreed []market.Partnership
	for _, p := range all {
		if p.State == market.PartnershipAgreed {
			agreed = append(agreed, p)
		}
	}
	return agreed, err
}
