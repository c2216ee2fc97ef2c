package market

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/problem"
)

// ErrSkillAmbiguous is what a [ResolveSkill] answers for a word that means several skills: nobody settles that silently.
var ErrSkillAmbiguous = problem.Define(problem.Invalid, "skill_ambiguous",
	"“{skill}” may mean {choices}. Write which one.", "「{skill}」は次のいずれかを指す可能性があります：{choices}。どれかを選んでください。")

// A TypedSkill is what was said of a person and means no skill yet, or several: kept as it was typed, visible to the person
// and to the alumni office, until it means one. It counts in no ranking.
type TypedSkill struct {
	PersonID  uuid.UUID
	Key       string // the words without the difference of case and width
	Words     string // as they were typed
	Evidence  Evidence
	CompanyID *uuid.UUID // who attests it; nil for Self
	Level     int
	CreatedAt time.Time `gorm:"default:now()"`
}

// TableName is where typed words are kept.
func (TypedSkill) TableName() string { return "person_words" }

func wordsKey(words string) string {
	return strings.ToLower(strings.Join(strings.Fields(norm.NFKC.String(words)), " "))
}

// typed adds words to a list of them. The same words twice, and none at all, are refused.
func typed(list []TypedSkill, t TypedSkill, field string) ([]TypedSkill, error) {
	t.Words = strings.TrimSpace(t.Words)
	t.Key = wordsKey(t.Words)
	switch {
	case t.Key == "":
		return nil, ErrRequired.On(field)
	case len([]rune(t.Words)) > maxName:
		return nil, ErrTooLong.On(field).With("max", maxName)
	case slices.ContainsFunc(list, func(o TypedSkill) bool { return o.Key == t.Key }):
		return nil, ErrSkillTwice.On(field).With("skill", t.Words)
	}
	return append(list, t), nil
}

// firstWords are the words by which the person first said a skill; saying it again by its name does not lose them.
func firstWords(had []HeldSkill, id, now string) string {
	for _, h := range had {
		if h.SkillID == id {
			return h.Typed
		}
	}
	return strings.TrimSpace(now)
}

// saveTyped replaces the words that a person says of themselves.
func saveTyped(tx *gorm.DB, person uuid.UUID, words []TypedSkill) error {
	keys := []string{""}
	for _, w := range words {
		keys = append(keys, w.Key)
	}
	if err := tx.Exec("DELETE FROM person_words WHERE person_id = ? AND evidence = 'self' AND key NOT IN ?", person, keys).Error; err != nil {
		return err
	}
	if len(words) == 0 {
		return nil
	}
	return keepTyped(tx, words)
}

// keepTyped writes words; the level of those that are there already is brought up to date.
func keepTyped(tx *gorm.DB, words []TypedSkill) error {
	return tx.Clauses(clause.OnConflict{OnConstraint: "person_words_once", DoUpdates: clause.AssignmentColumns([]string{"level"})}).CreateInBatches(&words, 500).Error
}

// typedBy reads words in the order in which they came.
func typedBy(g *gorm.DB, where string, args ...any) ([]TypedSkill, error) {
	var list []TypedSkill
	return list, g.Where(where, args...).Order("created_at, key").Find(&list).Error
}

// skillMeant finds the one skill that the person means, among those that everybody shares and those of their companies; ""
// for none and for several. A person makes no new ones.
func (s *Service) skillMeant(tx *gorm.DB, who Actor, text string) (string, error) {
	id, err := s.resolve(tx, uuid.Nil, text)
	if err != nil && asProblem(err) == nil || id != "" {
		return id, err
	}
	if asProblem(err) != nil { // several, or no name at all
		return "", nil //nolint:nilerr // what is refused here has no one meaning
	}
	return skillKnown(tx, companiesOf(who), text)
}

// companiesOf are the companies where the actor has any role.
func companiesOf(who Actor) []uuid.UUID {
	companies := make([]uuid.UUID, len(who.Grants))
	for i, g := range who.Grants {
		companies[i] = g.CompanyID
	}
	return companies
}

// SettleWords says which skill some words of the actor's own profile mean; every statement with these words becomes one
// about that skill, and keeps them. skill is an id or a name that means one skill.
func (s *Service) SettleWords(ctx context.Context, who Actor, words, skill string) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		id, err := s.skillMeant(tx, who, skill)
		if err != nil {
			return err
		}
		if id == "" {
			return ErrUnknownSkill.On("skill").With("value", skill)
		}
		settled, err := settle(tx, id, "person_id = ? AND key = ?", who.PersonID, wordsKey(words))
		if err != nil {
			return err
		}
		if len(settled) == 0 {
			return ErrNotFound
		}
		if err := TouchPerson(tx, who.PersonID); err != nil {
			return err
		}
		return Audit(tx, who, uuid.Nil, "words.settle", "person:"+who.PersonID.String(), map[string]any{"words": words, "skill": id})
	})
}

// settle turns words into statements about a skill and gives the people concerned.
func settle(tx *gorm.DB, skill, where string, args ...any) ([]uuid.UUID, error) {
	words, err := typedBy(tx, where, args...)
	if err != nil || len(words) == 0 {
		return nil, err
	}
	held, people := make([]HeldSkill, len(words)), make([]uuid.UUID, 0, len(words))
	for i, w := range words {
		held[i] = HeldSkill{PersonID: w.PersonID, SkillID: skill, Evidence: w.Evidence, CompanyID: w.CompanyID, Level: w.Level, Typed: w.Words}
		if !slices.Contains(people, w.PersonID) {
			people = append(people, w.PersonID)
		}
	}
	err = tx.Clauses(clause.OnConflict{OnConstraint: "person_skill_once", DoUpdates: clause.Set{
		{Column: clause.Column{Name: "level"}, Value: gorm.Expr("greatest(person_skills.level, excluded.level)")}}}).CreateInBatches(&held, 500).Error
	if err != nil {
		return nil, err
	}
	return people, tx.Where(where, args...).Delete(&TypedSkill{}).Error
}

// A WordUse is words that mean no skill, or several, and how many of a company's members they were said of.
type WordUse struct {
	Key, Words string
	People     int
	Attested   int // of them, by the company itself: these the alumni office may settle
}

// UnsettledWords lists what was typed of a company's members and is no skill yet, the most frequent first.
func (s *Service) UnsettledWords(ctx context.Context, who Actor, company uuid.UUID) ([]WordUse, error) {
	if err := who.May(ManageSkills, company); err != nil {
		return nil, err
	}
	var list []WordUse
	return list, s.db.Gorm(ctx).Raw(`SELECT w.key, min(w.words) AS words, count(DISTINCT w.person_id) AS people, count(DISTINCT w.person_id) FILTER (WHERE w.company_id = m.company_id) AS attested
		FROM person_words w JOIN memberships m ON m.person_id = w.person_id AND m.company_id = ? WHERE w.company_id IS NULL OR w.company_id = m.company_id
		GROUP BY w.key ORDER BY people DESC, w.key LIMIT 200`, company).Scan(&list).Error
}

// SettleCompanyWords says which skill some words mean that the company attested of its members: one that is known, by id or
// name, or the company's own of that name. What people typed of themselves stays theirs to settle; it is proposed to them.
func (s *Service) SettleCompanyWords(ctx context.Context, who Actor, company uuid.UUID, words, skill string) error {
	if err := who.May(ManageSkills, company); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		id, err := s.resolve(tx, company, skill)
		if p := asProblem(err); p != nil {
			return p.On("skill")
		}
		if err != nil {
			return err
		}
		people, err := settle(tx, id, "company_id = ? AND key = ?", company, wordsKey(words))
		if err != nil {
			return err
		}
		for _, p := range people {
			if err := TouchPerson(tx, p); err != nil {
				return err
			}
		}
		return Audit(tx, who, company, "words.settle", "skill:"+id, map[string]any{"words": words, "people": len(people)})
	})
}

// addWords keeps what the rows say and means several skills, unless it was settled for the person already.
func (in *intake) addWords(comers []*comer) error {
	var words []TypedSkill
	for _, c := range comers {
		for _, row := range c.rows {
			for _, w := range row.words {
				w.PersonID, w.Key = c.person.ID, wordsKey(w.Words)
				known := slices.ContainsFunc(words, func(o TypedSkill) bool { return o.PersonID == w.PersonID && o.Key == w.Key && o.Evidence == w.Evidence })
				if !known && (w.Evidence != Self || c.ours) {
					words = append(words, w)
				}
			}
		}
	}
	if len(words) == 0 {
		return nil
	}
	fresh := words[:0]
	for _, w := range words {
		var settled int
		err := in.tx.Raw("SELECT count(*) FROM person_skills WHERE person_id = ? AND evidence = ? AND company_id IS NOT DISTINCT FROM ? AND lower(typed) = lower(?)",
			w.PersonID, w.Evidence, w.CompanyID, w.Words).Scan(&settled).Error
		if err != nil {
			return err
		}
		if settled == 0 {
			fresh = append(fresh, w)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return keepTyped(in.tx, fresh)
}
