package market

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// A Field is something of a profile that others may see. A name is none: who is shown at all is shown by name.
type Field string

// The fields.
const (
	FieldEmail        Field = "email"        // as the company's records have it
	FieldReading      Field = "reading"      // the name in kana
	FieldDepartments  Field = "departments"  // where they worked in a company, and when
	FieldSkills       Field = "skills"       // that they say of themselves
	FieldEvidence     Field = "evidence"     // what shows those
	FieldIntroduction Field = "introduction" // with the portfolio
	FieldLanguages    Field = "languages"
	FieldRate         Field = "rate"
	FieldAvailability Field = "availability" // with the calendar
)

// An Audience is who sees a field.
type Audience string

// The audiences, each within the next.
const (
	ToNobody     Audience = "nobody"
	ToChoosers   Audience = "choosers"   // the people who look for somebody at a company that finds them
	ToColleagues Audience = "colleagues" // and whoever is shown them in a directory of colleagues or of a group
)

// A Viewer is how somebody stands to a person whom they look at.
type Viewer int

// The viewers, from the farthest.
const (
	Peer Viewer = iota
	Chooser
	Keeper // keeps the company's register
	Oneself
)

// A FieldRule is what holds for a field. Skills and departments are what somebody is found by, so choosers see them always: who
// does not want that says no to being recommended. What is a company's own record its register's keepers see in any case.
type FieldRule struct {
	Field  Field
	Usual  Audience   // while the person has not chosen
	Choose []Audience // what can be chosen
	Record bool
}

// FieldRules are all fields, in the order in which people read them.
var FieldRules = func() []FieldRule {
	any, found := []Audience{ToColleagues, ToChoosers, ToNobody}, []Audience{ToColleagues, ToChoosers}
	return []FieldRule{
		{FieldIntroduction, ToColleagues, any, false}, {FieldSkills, ToColleagues, found, false}, {FieldEvidence, ToColleagues, any, false},
		{FieldLanguages, ToColleagues, any, false}, {FieldDepartments, ToColleagues, found, true}, {FieldReading, ToColleagues, any, false},
		{FieldRate, ToChoosers, any, false}, {FieldAvailability, ToChoosers, any, false}, {FieldEmail, ToChoosers, any, true},
	}
}()

// ruleOf is the rule of a field; its Field is empty where there is no such field.
func ruleOf(f Field) FieldRule {
	at := slices.IndexFunc(FieldRules, func(r FieldRule) bool { return r.Field == f })
	if at < 0 {
		return FieldRule{}
	}
	return FieldRules[at]
}

// Audiences are what somebody chose; a field that is not among them is as usual.
type Audiences map[Field]Audience

// Of is who sees a field.
func (a Audiences) Of(f Field) Audience {
	if chosen, ok := a[f]; ok {
		return chosen
	}
	return ruleOf(f).Usual
}

// Shows reports whether a viewer sees a field. It is the only place that says so for what was read: lists, search, cards,
// letters, files and the API hand out what went through [Member.veil] or ask it themselves. Field.ShownSQL says the same.
func (a Audiences) Shows(f Field, to Viewer) bool {
	switch {
	case to == Oneself, to == Keeper && ruleOf(f).Record:
		return true
	case a.Of(f) == ToChoosers:
		return to >= Chooser
	}
	return a.Of(f) == ToColleagues
}

// ShownSQL is true of a person called p who shows the field to the viewer: nobody is found by what they do not see.
func (f Field) ShownSQL(to Viewer) string {
	rule := ruleOf(f)
	switch {
	case to == Oneself, to == Keeper && rule.Record:
		return "true"
	case to == Peer:
		return "coalesce(p.audiences->>'" + string(f) + "', '" + string(rule.Usual) + "') = '" + string(ToColleagues) + "'"
	}
	return "coalesce(p.audiences->>'" + string(f) + "', '" + string(rule.Usual) + "') <> '" + string(ToNobody) + "'"
}

// viewing is how the actor stands to a person at a company.
func (a Actor) viewing(company, person uuid.UUID) Viewer {
	switch {
	case a.Self() == person && person != uuid.Nil:
		return Oneself
	case a.May(ManagePeople, company) == nil:
		return Keeper
	case a.May(SeePeople, company) == nil:
		return Chooser
	}
	return Peer
}

// asPeer is how everybody stands to whom they find in a directory of colleagues or of a group.
func asPeer(uuid.UUID, uuid.UUID) Viewer { return Peer }

// veil takes out of the member what the viewer does not see. What is hidden looks like what was never said.
func (m *Member) veil(to Viewer) {
	hides := func(f Field) bool { return !m.audiences.Shows(f, to) }
	if hides(FieldEmail) {
		m.Email = ""
	}
	if hides(FieldReading) {
		m.Reading = ""
	}
	if hides(FieldDepartments) {
		m.Stints = nil
	}
	if hides(FieldSkills) {
		m.Skills = slices.DeleteFunc(m.Skills, func(k MemberSkill) bool { return k.Evidence == Self })
	}
	if hides(FieldEvidence) {
		for i := range m.Skills {
			m.Skills[i].About, m.Skills[i].Links = "", ""
		}
	}
	if hides(FieldIntroduction) {
		m.Introduction, m.Portfolio = "", nil
	}
	if hides(FieldLanguages) {
		m.Languages = nil
	}
	if hides(FieldRate) {
		m.HourlyRate = nil
	}
	if hides(FieldAvailability) {
		m.AvailableFrom = nil
	}
}

// findableBy narrows a query over memberships m of people p to those in whose words each of these is found: names, and what
// else the viewer sees of kana and address. Only who looks for people, or keeps the register, finds by an address.
func findableBy(q *gorm.DB, words string, as Viewer) *gorm.DB {
	text := `concat_ws(' ', p.family_name, p.given_name, CASE WHEN ` + FieldReading.ShownSQL(as) + ` THEN concat_ws(' ', p.family_kana, p.given_kana) END`
	if as != Peer {
		text += `, CASE WHEN ` + FieldEmail.ShownSQL(as) + ` THEN m.email END`
	}
	for _, word := range strings.Fields(words) {
		q = q.Where(text+") ILIKE ?", "%"+escapeLike(word)+"%")
	}
	return q
}

// SetAudiences says who sees which of the actor's fields; those that are not named stay as they are. It holds at once, also for
// what search finds them by.
func (s *Service) SetAudiences(ctx context.Context, who Actor, chosen Audiences) error {
	for f, a := range chosen {
		rule := ruleOf(f)
		switch {
		case rule.Field == "":
			return ErrNotOneOf.On("audiences").With("value", shortened(string(f))).With("allowed", strings.Join(fieldNames(), ", "))
		case !slices.Contains(rule.Choose, a):
			return ErrNotOneOf.On(string(f)).With("value", shortened(string(a))).With("allowed", strings.Join(texts(rule.Choose), ", "))
		}
	}
	body, err := json.Marshal(chosen)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		p, err := lockPerson(tx, who.Self())
		if err != nil {
			return err
		}
		if err := tx.Exec("UPDATE people SET audiences = CASE jsonb_typeof(audiences) WHEN 'object' THEN audiences ELSE '{}' END || CAST(? AS jsonb) WHERE id = ?", string(body), p.ID).Error; err != nil {
			return err
		}
		return Audit(tx, who, uuid.Nil, "profile.audiences", "person:"+p.ID.String(), chosen)
	})
}

func fieldNames() []string {
	names := make([]string, len(FieldRules))
	for i, r := range FieldRules {
		names[i] = string(r.Field)
	}
	return names
}
