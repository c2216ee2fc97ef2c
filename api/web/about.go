package web

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"homecoming/api/web/ui"
	"homecoming/market"
)

const aboutPath = "/profile/about"

// An aboutForm is what somebody shows of themselves, as it is typed.
type aboutForm struct {
	introduction string
	portfolio    string // an address a line
	languages    []market.SpokenLanguage
	evidence     []evidenceRow
}

// An evidenceRow is a skill that the reader says of themselves, with what they show for it.
type evidenceRow struct {
	skill, name, about string
	links              string // an address a line
}

// rows are the languages and some empty rows after them.
func (f aboutForm) rows() []market.SpokenLanguage {
	none := market.SpokenLanguage{Level: "business"}
	return append(f.languages[:len(f.languages):len(f.languages)], none, none)
}

func (v *visit) aboutOf(p market.Profile) aboutForm {
	f := aboutForm{introduction: p.Person.Introduction, portfolio: strings.Join(p.Person.Portfolio, "\n"), languages: p.Person.Languages}
	for _, k := range p.Skills {
		if k.Evidence == market.Self {
			f.evidence = append(f.evidence, evidenceRow{k.SkillID, inLanguage(v.lang, k.NameEN, k.NameJA), k.About, string(k.Links)})
		}
	}
	return f
}

func (v *visit) getAbout() error {
	p, err := v.Market.Profile(v.ctx, v.who)
	if err != nil {
		return err
	}
	return v.ok(aboutPage(v.aboutOf(p), ui.Fault{}))
}

const mostLanguageRows = 20

// postAbout saves it. What was typed about a skill that the reader took out of their profile meanwhile is refused.
func (v *visit) postAbout() error {
	p, err := v.Market.Profile(v.ctx, v.who)
	if err != nil {
		return err
	}
	f := v.form()
	typed := aboutForm{introduction: f.text("introduction"), portfolio: f.text("portfolio")}
	for i := range mostLanguageRows {
		name := "languages[" + strconv.Itoa(i) + "]"
		if code := f.text(name + ".code"); code != "" {
			typed.languages = append(typed.languages, market.SpokenLanguage{Code: code, Level: f.text(name + ".level"), Note: f.text(name + ".note")})
		}
	}
	var shown []market.SkillEvidence
	own := v.aboutOf(p).evidence
	for i := range own {
		name := "evidence[" + strconv.Itoa(i) + "]"
		row := evidenceRow{skill: f.text(name + ".skill"), about: f.text(name + ".about"), links: f.text(name + ".links")}
		if row.skill == "" {
			break
		}
		if at := slices.IndexFunc(own, func(o evidenceRow) bool { return o.skill == row.skill }); at >= 0 {
			row.name = own[at].name
		}
		typed.evidence = append(typed.evidence, row)
		shown = append(shown, market.SkillEvidence{Skill: row.skill, About: row.about, Links: strings.Fields(row.links)})
	}
	portfolio := strings.Fields(typed.portfolio)
	_, err = v.Market.UpdateProfile(v.ctx, v.who, market.ProfileEdit{Introduction: &typed.introduction, Portfolio: &portfolio, Languages: &typed.languages, Evidence: &shown})
	if err != nil {
		return v.refuse(err, func(fault ui.Fault) templ.Component { return aboutPage(typed, fault) })
	}
	return v.to(aboutPath, "profile.self.saved")
}

// spokenOptions are the languages to choose from, none first.
func spokenOptions(ctx context.Context) []ui.Option {
	return append([]ui.Option{{Label: "–"}}, named(ctx, "spoken.", market.SpokenCodes...)...)
}

// spokenText is a language in a line: English · business · TOEIC 900.
func spokenText(ctx context.Context, l market.SpokenLanguage) string {
	parts := []string{ui.T(ctx, "spoken."+l.Code), ui.T(ctx, "spoken.level."+l.Level)}
	if l.Note != "" {
		parts = append(parts, l.Note)
	}
	return strings.Join(parts, " · ")
}
