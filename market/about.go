package market

import (
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// A SpokenLanguage is a language that somebody works in.
type SpokenLanguage struct {
	Code  string `json:"code"`  // BCP 47, one of SpokenCodes
	Level string `json:"level"` // one of SpokenLevels
	Note  string `json:"note"`  // what shows it, as they write it: JLPT N1, CEFR C1, TOEIC 900
}

// SpokenCodes are the languages that can be named: those that work here is done in.
var SpokenCodes = []string{"ja", "en", "zh-Hans", "zh-Hant", "ko", "vi", "th", "id", "ms", "fil", "my", "ne", "hi", "bn", "es", "pt", "fr", "de",
	"it", "nl", "sv", "pl", "ru", "uk", "tr", "ar", "he", "sw", "jsl"}

// SpokenLevels are how well somebody knows a language, from little to most.
var SpokenLevels = []string{"basic", "conversational", "business", "native"}

// Links are addresses that people show, one a line.
type Links string

// List is each address.
func (l Links) List() []string { return strings.Fields(string(l)) }

// A SkillEvidence is what somebody shows for a skill that they say of themselves.
type SkillEvidence struct {
	Skill string // its id
	About string // what they did with it, in a line
	Links []string
}

// Limits of what people show of themselves, in characters and in number.
const (
	maxIntroduction = 4000
	maxAbout        = 500
	maxNote         = 40
	maxLink         = 500
	maxPortfolio    = 8
	maxEvidence     = 3 // links of one skill
	maxSpoken       = 12
)

// What can be wrong with it.
var (
	ErrLink = problem.Define(problem.Invalid, "link_form",
		"“{value}” cannot be shown as a link. Write a whole address that begins with https:// and holds no password.",
		"「{value}」はリンクとして掲載できません。「https://」から始まる、ユーザー名やパスワードを含まないアドレスを入力してください。")
	ErrTooManyLinks  = problem.Define(problem.Invalid, "too_many_links", "Name at most {max} links. Keep the best.", "リンクは{max}件までです。代表的なものに絞ってください。")
	ErrLanguageTwice = problem.Define(problem.Invalid, "language_twice", "This language is there already. Keep one line of it.", "この言語はすでに入力されています。1行にまとめてください。")
	ErrTooManySpoken = problem.Define(problem.Invalid, "too_many_languages", "Name at most {max} languages.", "言語は{max}件までです。")
	ErrNotSaid       = problem.Define(problem.Invalid, "skill_not_said", "“{value}” is no skill that you say of yourself. Add it to your profile first.", "「{value}」は自己申告のスキルにありません。先にプロフィールへ追加してください。")
)

// checkLink refuses what is no whole https address, what carries a user's name or password, what is too long, and what is
// written so that it looks like another address.
func checkLink(link, field string) error {
	wrong := ErrLink.On(field).With("value", shortened(link))
	if len([]rune(link)) > maxLink {
		return ErrTooLong.On(field).With("max", maxLink)
	}
	if strings.ContainsFunc(link, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
		return wrong
	}
	u, err := url.Parse(link)
	switch {
	case err != nil || u.Scheme != "https" || u.Opaque != "" || u.User != nil:
		return wrong
	case !strings.Contains(strings.Trim(u.Hostname(), "."), "."), strings.ContainsAny(u.Host, "%\\"):
		return wrong
	}
	return nil
}

// shortened is as much of what was typed as a sentence can bear.
func shortened(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	if letters := []rune(s); len(letters) > 60 {
		return string(letters[:60]) + "…"
	}
	return s
}

// checkLinks gives the links that are not blank, each once, or what is wrong with one of them.
func checkLinks(links []string, most int, field string) ([]string, error) {
	kept := []string{}
	for i, link := range links {
		if link = strings.TrimSpace(link); link == "" || slices.Contains(kept, link) {
			continue
		}
		if err := checkLink(link, field+"["+itoa(i)+"]"); err != nil {
			return nil, err
		}
		kept = append(kept, link)
	}
	if len(kept) > most {
		return nil, ErrTooManyLinks.On(field).With("max", most)
	}
	return kept, nil
}

func checkSpoken(list []SpokenLanguage) ([]SpokenLanguage, error) {
	if len(list) > maxSpoken {
		return nil, ErrTooManySpoken.On("languages").With("max", maxSpoken)
	}
	kept := make([]SpokenLanguage, len(list))
	for i, l := range list {
		l.Note = strings.TrimSpace(l.Note)
		field := "languages[" + itoa(i) + "]"
		switch {
		case !slices.Contains(SpokenCodes, l.Code):
			return nil, ErrNotOneOf.On(field+".code").With("value", shortened(l.Code)).With("allowed", strings.Join(SpokenCodes, ", "))
		case !slices.Contains(SpokenLevels, l.Level):
			return nil, ErrNotOneOf.On(field+".level").With("value", shortened(l.Level)).With("allowed", strings.Join(SpokenLevels, ", "))
		case len([]rune(l.Note)) > maxNote:
			return nil, ErrTooLong.On(field+".note").With("max", maxNote)
		case slices.ContainsFunc(kept[:i], func(o SpokenLanguage) bool { return o.Code == l.Code }):
			return nil, ErrLanguageTwice.On(field + ".code")
		}
		kept[i] = l
	}
	return kept, nil
}

// applyAbout writes what the edit says about the person's own words into them.
func (e ProfileEdit) applyAbout(p *Person) (err error) {
	change(&p.Introduction, e.Introduction)
	if len([]rune(p.Introduction)) > maxIntroduction {
		return ErrTooLong.On("introduction").With("max", maxIntroduction)
	}
	if e.Portfolio != nil {
		if p.Portfolio, err = checkLinks(*e.Portfolio, maxPortfolio, "portfolio"); err != nil {
			return err
		}
	}
	if e.Languages != nil {
		p.Languages, err = checkSpoken(*e.Languages)
	}
	return err
}

// saveEvidence writes what the person shows for skills that they say of themselves; those that are not named stay as they are.
func saveEvidence(tx *gorm.DB, person uuid.UUID, list []SkillEvidence) error {
	for i, e := range list {
		field := "evidence[" + itoa(i) + "]"
		about := strings.TrimSpace(e.About)
		if len([]rune(about)) > maxAbout {
			return ErrTooLong.On(field+".about").With("max", maxAbout)
		}
		links, err := checkLinks(e.Links, maxEvidence, field+".links")
		if err != nil {
			return err
		}
		done := tx.Exec("UPDATE person_skills SET about = ?, links = ? WHERE person_id = ? AND skill_id = ? AND evidence = 'self'",
			about, strings.Join(links, "\n"), person, e.Skill)
		if done.Error == nil && done.RowsAffected == 0 {
			return ErrNotSaid.On(field+".skill").With("value", shortened(e.Skill))
		}
		if done.Error != nil {
			return done.Error
		}
	}
	return nil
}
