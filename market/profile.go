package market

import (
	"context"
	"slices"
	"strings"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/problem"
)

// What can be wrong with a profile.
var (
	ErrUnknownSkill = problem.Define(problem.Invalid, "unknown_skill", "“{value}” is no skill we know. Choose one from the list.", "「{value}」というスキルは登録されていません。一覧から選んでください。")
)

// maxOwnSkills bounds what one person says of themselves.
const maxOwnSkills = 50

// A Profile is a person as they see themselves: at every company, with every statement about their skills.
type Profile struct {
	Person      Person
	HourlyRate  *Money
	HasPassword bool
	Memberships []ProfileMembership
	Skills      []ProfileSkill // by name
	Words       []TypedSkill   // what means no skill yet, or several
}

// A ProfileMembership is one membership with its company and stints, newest first.
type ProfileMembership struct {
	ID          uuid.UUID
	CompanyID   uuid.UUID
	CompanyName string
	Hidden      bool
	Outside     bool          // never worked there: invited from outside, or bid
	Stints      []MemberStint `gorm:"-"`
	ShownIn     []string      `gorm:"-"` // companies of its group that see the membership in their directory
}

// A ProfileSkill is one statement about what the person can do. CompanyName says who attests it.
type ProfileSkill struct {
	SkillID     string
	NameEN      string `gorm:"column:name_en"`
	NameJA      string `gorm:"column:name_ja"`
	Level       int
	Evidence    Evidence
	CompanyName string
	Colleagues  int // how many former colleagues there attest it
	About       string
	Links       Links
}

// Profile reads the actor's own profile.
func (s *Service) Profile(ctx context.Context, who Actor) (Profile, error) {
	g := s.db.Gorm(ctx)
	var f Profile
	if err := one(g.Where("id = ?", who.PersonID).Take(&f.Person)); err != nil {
		return f, err
	}
	f.HourlyRate, f.HasPassword = f.Person.rate(), f.Person.PasswordHash != ""
	f.Person.PasswordHash = ""
	members, err := s.members(g, g.Where("m.person_id = ?", who.PersonID), func(uuid.UUID, uuid.UUID) Viewer { return Oneself })
	if err != nil {
		return f, err
	}
	for _, m := range members {
		var at ProfileMembership
		err := g.Raw(`SELECT m.id, m.company_id, c.name AS company_name, m.hidden, m.outside FROM memberships m
			JOIN companies c ON c.id = m.company_id WHERE m.id = ?`, m.ID).Scan(&at).Error
		if err != nil {
			return f, err
		}
		at.Stints = m.Stints
		if at.ShownIn, err = shownInGroup(g, m.CompanyID); err != nil {
			return f, err
		}
		f.Memberships = append(f.Memberships, at)
	}
	if f.Words, err = typedBy(g, "person_id = ?", who.PersonID); err != nil {
		return f, err
	}
	return f, g.Raw(`SELECT k.id AS skill_id, k.name_en, k.name_ja, max(h.level) AS level, h.evidence, coalesce(c.name, '') AS company_name, count(h.attested_by) AS colleagues,
			max(h.about) AS about, max(h.links) AS links
		FROM person_skills h JOIN skills k ON k.id = h.skill_id LEFT JOIN companies c ON c.id = h.company_id
		WHERE h.person_id = ? GROUP BY k.id, h.evidence, c.id ORDER BY k.name_en, k.id, h.evidence, c.name`, who.PersonID).Scan(&f.Skills).Error
}

// A ProfileEdit changes a person's own profile; nil leaves a thing as it is. A rate of zero, a zero day, an empty
// registration number and an empty corporate name take the thing away. Skills are all that the person says of themselves, by id or name.
type ProfileEdit struct {
	FamilyName, GivenName, FamilyKana, GivenKana *string
	Language                                     *string
	HourlyRate                                   *Money
	AvailableFrom                                *civil.Date
	RegistrationNumber                           *string
	CorporateName                                *string
	NonResident                                  *bool
	Skills                                       *[]OwnSkill
	Introduction                                 *string
	Portfolio                                    *[]string
	Languages                                    *[]SpokenLanguage
	Evidence                                     *[]SkillEvidence // of those skills alone that are named
}

// An OwnSkill is what somebody says they can do. Level is 1 basic, 2 solid, 3 expert; 0 means 2.
type OwnSkill struct {
	Skill string
	Level int
}

// UpdateProfile changes the actor's own profile.
func (s *Service) UpdateProfile(ctx context.Context, who Actor, e ProfileEdit) (Profile, error) {
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		p, err := lockPerson(tx, who.PersonID)
		if err != nil {
			return err
		}
		before := p
		if err := e.apply(&p); err != nil {
			return err
		}
		if !same(before.AvailableFrom, p.AvailableFrom) {
			if err := s.sayFree(tx, &p); err != nil {
				return err
			}
		}
		if err := tx.Save(&p).Error; err != nil {
			return err
		}
		moved := !same(before.HourlyRate, p.HourlyRate) || !same(before.AvailableFrom, p.AvailableFrom)
		if e.Skills != nil {
			skills, err := s.saveOwnSkills(tx, who, *e.Skills)
			if err != nil {
				return err
			}
			moved = moved || skills
		}
		if e.Evidence != nil {
			if err := saveEvidence(tx, p.ID, *e.Evidence); err != nil {
				return err
			}
		}
		if moved {
			if err := TouchPerson(tx, p.ID); err != nil {
				return err
			}
		}
		return Audit(tx, who, uuid.Nil, "profile.edit", "person:"+p.ID.String(), map[string]any{"ranking": moved, "payee": p.Payee() != before.Payee()})
	})
	if err != nil {
		return Profile{}, err
	}
	return s.Profile(ctx, who)
}

// same reports whether two optional values are the same or both missing.
func same[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// apply writes the edit into the person and finds what is wrong with the outcome.
func (e ProfileEdit) apply(p *Person) error {
	for _, f := range []struct {
		from, to *string
		field    string
	}{{e.FamilyName, &p.FamilyName, "family_name"}, {e.GivenName, &p.GivenName, "given_name"},
		{e.FamilyKana, &p.FamilyKana, "family_kana"}, {e.GivenKana, &p.GivenKana, "given_kana"}, {e.CorporateName, &p.CorporateName, "corporate_name"}} {
		change(f.to, f.from)
		if len([]rune(*f.to)) > maxName {
			return ErrTooLong.On(f.field).With("max", maxName)
		}
	}
	change(&p.Language, e.Language)
	change(&p.RegistrationNumber, e.RegistrationNumber)
	if e.NonResident != nil {
		p.NonResident = *e.NonResident
	}
	if d := e.AvailableFrom; d != nil {
		p.AvailableFrom = d
		if d.IsZero() {
			p.AvailableFrom = nil
		}
	}
	if err := orElse(applyRate(p, e.HourlyRate), e.applyAbout(p)); err != nil {
		return err
	}
	switch {
	case p.FamilyName == "" && p.GivenName == "":
		return ErrRequired.On("family_name")
	case p.AvailableFrom != nil && !p.AvailableFrom.IsValid():
		return ErrDay.On("available_from").With("value", p.AvailableFrom)
	}
	return orElse(p.checkRegistration(), checkLanguage(p.Language))
}

func applyRate(p *Person, rate *Money) error {
	switch {
	case rate == nil:
	case rate.Amount == 0:
		p.HourlyRate = nil
	case rate.Amount < 0:
		return ErrAmountNotPositive.On("hourly_rate")
	case rate.Amount > maxAmount:
		return ErrAmountTooLarge.On("hourly_rate").With("max", Money{maxAmount, rate.Currency})
	case rate.Currency != "" && !currency.MatchString(rate.Currency):
		return ErrCurrency.On("hourly_rate.currency").With("value", rate.Currency)
	default:
		p.HourlyRate, p.RateCurrency = &rate.Amount, or(rate.Currency, p.RateCurrency)
	}
	return nil
}

// saveOwnSkills replaces what the person says of themselves and reports whether that changed a ranking. What means no skill
// yet, or several, is kept as it was typed.
func (s *Service) saveOwnSkills(tx *gorm.DB, who Actor, said []OwnSkill) (changed bool, err error) {
	if len(said) > maxOwnSkills {
		return false, ErrTooManySkills.On("skills").With("max", maxOwnSkills)
	}
	var had []HeldSkill
	if err := tx.Where("person_id = ? AND evidence = 'self'", who.PersonID).Order(`skill_id COLLATE "C"`).Find(&had).Error; err != nil {
		return false, err
	}
	wanted, words := make([]HeldSkill, 0, len(said)), []TypedSkill{}
	for i, o := range said {
		field := "skills[" + itoa(i) + "]"
		if o.Level == 0 {
			o.Level = 2
		}
		if o.Level < 1 || o.Level > 3 {
			return false, ErrLevel.On(field + ".level")
		}
		id, err := s.skillMeant(tx, who, o.Skill)
		if err != nil {
			return false, err
		}
		if id == "" {
			if words, err = typed(words, TypedSkill{PersonID: who.PersonID, Words: o.Skill, Evidence: Self, Level: o.Level}, field+".skill"); err != nil {
				return false, err
			}
			continue
		}
		if slices.ContainsFunc(wanted, func(h HeldSkill) bool { return h.SkillID == id }) {
			return false, ErrSkillTwice.On(field+".skill").With("skill", o.Skill)
		}
		held := HeldSkill{PersonID: who.PersonID, SkillID: id, Evidence: Self, Level: o.Level, Typed: firstWords(had, id, o.Skill)}
		if at := slices.IndexFunc(had, func(h HeldSkill) bool { return h.SkillID == id }); at >= 0 {
			held.About, held.Links = had[at].About, had[at].Links
		}
		wanted = append(wanted, held)
	}
	if err := saveTyped(tx, who.PersonID, words); err != nil {
		return false, err
	}
	slices.SortFunc(wanted, func(a, b HeldSkill) int { return strings.Compare(a.SkillID, b.SkillID) })
	if slices.Equal(had, wanted) {
		return false, nil
	}
	if err := tx.Exec("DELETE FROM person_skills WHERE person_id = ? AND evidence = 'self'", who.PersonID).Error; err != nil {
		return false, err
	}
	if len(wanted) == 0 {
		return true, nil
	}
	return true, tx.Create(&wanted).Error
}

// skillKnown finds a skill by id, name or alias among those that everybody shares and these companies' own; "" when
// there is none. None is made.
func skillKnown(tx *gorm.DB, companies []uuid.UUID, text string) (string, error) {
	var ids []string
	err := tx.Raw(`SELECT id FROM skills k WHERE merged_into IS NULL AND (company_id IS NULL OR company_id IN @companies)
		AND (id = @text OR lower(name_en) = lower(@text) OR lower(name_ja) = lower(@text)
			OR EXISTS (SELECT 1 FROM skill_aliases a WHERE a.skill_id = k.id AND lower(a.alias) = lower(@text)
				AND (a.company_id IS NULL OR a.company_id IN @companies)))
		ORDER BY id = @text DESC, company_id IS NOT NULL, id LIMIT 1`,
		map[string]any{"companies": orNone(companies), "text": strings.TrimSpace(text)}).Scan(&ids).Error
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return ids[0], nil
}

// Hide takes the actor's own membership out of the company's candidates, or puts it back: it is what they say about [ForWork].
func (s *Service) Hide(ctx context.Context, who Actor, membership uuid.UUID, hidden bool) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		var m Membership
		if err := one(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ? AND person_id = ?", membership, who.PersonID).Take(&m)); err != nil {
			return err
		}
		if m.Hidden == hidden {
			return nil
		}
		return s.agree(tx, who, m, Answer{Purpose: ForWork, Yes: !hidden, Wording: ForWork.Wording()}, InProfile)
	})
}
