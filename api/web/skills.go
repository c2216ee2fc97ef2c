package web

import (
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/web/ui"
	"homecoming/internal/problem"
	"homecoming/market"
	"homecoming/matching"
	"homecoming/matching/taxonomy"
)

// A skillsView is the list of a company's own skills with what waits beside it.
type skillsView struct {
	skills  []matching.OwnSkill
	merges  []matching.Merge
	words   []market.WordUse
	choices map[string][]ui.Option // by the key of the words: what they may mean
	broader map[string]string      // names of broader skills, by id
}

func (v *visit) getSkills() error {
	view, err := v.skillsView()
	if err != nil {
		return err
	}
	return v.ok(skillsPage(view, ui.Fault{}))
}

func (v *visit) skillsView() (view skillsView, err error) {
	if view.skills, err = v.Matching.OwnSkills(v.ctx, v.who, v.company.ID); err != nil {
		return view, err
	}
	if view.merges, err = v.Matching.Merges(v.ctx, v.who, v.company.ID); err != nil {
		return view, err
	}
	if view.words, err = v.Market.UnsettledWords(v.ctx, v.who, v.company.ID); err != nil {
		return view, err
	}
	x, err := v.Matching.Skills(v.ctx, v.company.ID)
	if err != nil {
		return view, err
	}
	view.choices, view.broader = map[string][]ui.Option{}, map[string]string{}
	for _, w := range view.words {
		view.choices[w.Key] = v.meanings(x, w.Words)
	}
	for _, k := range view.skills {
		for _, b := range k.Broader {
			view.broader[b] = skillIn(x, v.lang, b, b)
		}
	}
	return view, nil
}

// meanings are the skills that some words may mean, each with a broader one so that they can be told apart.
func (v *visit) meanings(x *taxonomy.Index, words string) (list []ui.Option) {
	ids := x.Ambiguous(words)
	if id, ok := x.Resolve(words); ok {
		ids = []string{id}
	}
	for _, id := range ids {
		list = append(list, v.meaning(x, id))
	}
	return list
}

// meaning is one skill to choose: its name, or its id where another skill has that name too, and a broader one beside it.
func (v *visit) meaning(x *taxonomy.Index, id string) ui.Option {
	name := skillIn(x, v.lang, id, id)
	o := ui.Option{Value: name, Label: name}
	if meant, ok := x.Resolve(name); !ok || meant != id {
		o.Value = id
	}
	if s, _ := x.Skill(id); len(s.Broader) > 0 {
		o.Label += " (" + skillIn(x, v.lang, s.Broader[0], s.Broader[0]) + ")"
	}
	return o
}

// skillIn is the name of a skill in the reader's language, and fallback where it is not known.
func skillIn(x *taxonomy.Index, lang problem.Language, id, fallback string) string {
	if s, ok := x.Skill(id); ok {
		return inLanguage(lang, s.NameEN, s.NameJA)
	}
	return fallback
}

// A skillForm is one own skill as it is typed.
type skillForm struct {
	skill                  matching.OwnSkill
	nameEN, nameJA         string
	aliases, broader, into string
}

func (v *visit) getSkill() error {
	f, err := v.skillForm()
	if err != nil {
		return err
	}
	return v.ok(skillPage(f, ui.Fault{}))
}

func (v *visit) skillForm() (skillForm, error) {
	k, company, err := v.Matching.OwnSkill(v.ctx, v.who, v.c.Param("id"))
	if err != nil {
		return skillForm{}, err
	}
	x, err := v.Matching.Skills(v.ctx, company)
	var broader []string
	for _, id := range k.Broader {
		broader = append(broader, skillIn(x, v.lang, id, id))
	}
	return skillForm{skill: k, nameEN: k.NameEN, nameJA: k.NameJA, aliases: strings.Join(k.Aliases, "\n"), broader: strings.Join(broader, "\n")}, err
}

func (v *visit) postSkill() error {
	f, err := v.skillForm()
	if err != nil {
		return err
	}
	in := v.form()
	f.nameEN, f.nameJA, f.aliases, f.broader = in.text("name_en"), in.text("name_ja"), v.c.PostForm("aliases"), v.c.PostForm("broader")
	aliases, broader := lines(f.aliases), lines(f.broader)
	_, err = v.Matching.EditOwnSkill(v.ctx, v.who, f.skill.ID, matching.SkillEdit{NameEN: &f.nameEN, NameJA: &f.nameJA, Aliases: &aliases, Broader: &broader})
	if err != nil {
		return v.refuse(err, func(wrong ui.Fault) templ.Component { return skillPage(f, wrong) })
	}
	return v.to("/skills", "skills.saved")
}

// lines are the lines of a text without blanks and empty ones.
func lines(text string) []string {
	list := []string{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

func (v *visit) postSkillMerge() error {
	f, err := v.skillForm()
	if err != nil {
		return v.retreat(err, "/skills")
	}
	f.into = v.form().text("into")
	if _, err := v.Matching.MergeOwnSkill(v.ctx, v.who, f.skill.ID, f.into); err != nil {
		return v.refuse(err, func(wrong ui.Fault) templ.Component { return skillPage(f, wrong) })
	}
	return v.to("/skills", "skills.merged")
}

func (v *visit) postSkillUndo() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	if _, err := v.Matching.UndoMerge(v.ctx, v.who, id); err != nil {
		return v.retreat(err, "/skills")
	}
	return v.to("/skills", "skills.undo.done")
}

func (v *visit) postWords() error {
	f := v.form()
	if err := v.Market.SettleCompanyWords(v.ctx, v.who, v.company.ID, f.text("words"), f.text("skill")); err != nil {
		return v.retreat(err, "/skills")
	}
	return v.to("/skills", "words.settled")
}

func (v *visit) postMyWords() error {
	f := v.form()
	if err := v.Market.SettleWords(v.ctx, v.who, f.text("words"), f.text("skill")); err != nil {
		return v.retreat(err, "/profile")
	}
	return v.to("/profile", "words.settled")
}

// suggestSkills finds in a profile's text the skills that are not there yet.
func (v *visit) suggestSkills(f *profileForm) error {
	if strings.TrimSpace(f.about) == "" {
		return nil
	}
	company := v.company.ID
	found, err := v.Matching.SuggestSkills(v.ctx, company, f.about, maxSkillRows)
	if err != nil {
		return err
	}
	x, err := v.Matching.Skills(v.ctx, company)
	for _, m := range found {
		o := v.meaning(x, m.ID)
		if !m.Ambiguous {
			o.Label = skillIn(x, v.lang, m.ID, m.Text)
		}
		there := func(r skillRow) bool {
			return strings.EqualFold(r.Skill, o.Value) || strings.EqualFold(r.Skill, m.ID) || meansTo(x, r.Skill) == m.ID
		}
		if !slices.ContainsFunc(f.skills, there) {
			f.suggested = append(f.suggested, o)
		}
	}
	return err
}

func meansTo(x *taxonomy.Index, text string) string {
	id, _ := x.Resolve(text)
	return id
}

// postProfilePreview shows the profile as it was typed, with the skills that its text speaks of, and saves nothing.
func (v *visit) postProfilePreview() error {
	now, err := v.Market.Profile(v.ctx, v.who)
	if err != nil {
		return err
	}
	beyond, err := v.beyond()
	if err != nil {
		return err
	}
	f := v.readProfile()
	if add := v.form().text("add"); add != "" {
		f.skills = append(f.skills, skillRow{Skill: add, Level: "2"})
	}
	if err := v.suggestSkills(&f); err != nil {
		return err
	}
	return v.ok(profilePage(now, f, beyond, ui.Fault{}))
}

// myWords are the words of a profile that mean no skill yet, with what they may mean.
func (v *visit) myWords(p market.Profile) (map[string][]ui.Option, error) {
	if len(p.Words) == 0 {
		return nil, nil
	}
	x, err := v.Matching.Skills(v.ctx, v.company.ID)
	choices := map[string][]ui.Option{}
	for _, w := range p.Words {
		choices[w.Key] = v.meanings(x, w.Words)
	}
	return choices, err
}

// onceEach are the words without those that stand there again, said by somebody else: they are settled together.
func onceEach(words []market.TypedSkill) []market.TypedSkill {
	return slices.CompactFunc(slices.SortedStableFunc(slices.Values(words), func(a, b market.TypedSkill) int { return strings.Compare(a.Key, b.Key) }),
		func(a, b market.TypedSkill) bool { return a.Key == b.Key })
}

// licenceNames are what readers of English call a licence.
var licenceNames = map[string]string{"税理士": "certified tax accountant", "弁護士": "attorney", "社会保険労務士": "labour and social security attorney",
	"公認会計士": "certified public accountant", "有料職業紹介事業許可": "licensed employment agency", "貸金業登録": "registered money lender"}

// licenceName is a licence in the reader's language, with its legal name.
func licenceName(lang problem.Language, licence string) string {
	if en := licenceNames[licence]; en != "" && lang != problem.Japanese {
		return en + " (" + licence + ")"
	}
	return licence
}

const maxLicences = 6

// addLicences fills in what the task needs, as it was typed, stated on the bid, or stated last.
func (v *visit) addLicences(task, bid uuid.UUID, f *bidForm) error {
	needed, err := v.Market.Licences(v.ctx, task)
	if err != nil || len(needed) == 0 {
		return err
	}
	known := f.licences
	if bid != uuid.Nil {
		stated, err := v.Market.BidLicences(v.ctx, v.who, bid)
		if err != nil {
			return err
		}
		known = append(known, stated...)
	}
	last, err := v.Market.KnownLicences(v.ctx, v.who)
	known = append(known, last...)
	f.licences = nil
	for _, name := range needed {
		l := market.Licence{Licence: name}
		if at := slices.IndexFunc(known, func(k market.Licence) bool { return k.Licence == name }); at >= 0 {
			l = known[at]
		}
		f.licences = append(f.licences, l)
	}
	return err
}

func (v *visit) postLicence() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	f := v.form()
	if err := v.Market.ConfirmLicence(v.ctx, v.who, id, f.text("licence"), f.text("number")); err != nil {
		return v.retreat(err, "/bids/"+id.String())
	}
	return v.to("/bids/"+id.String(), "licence.done")
}
