package market

import (
	"context"
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
)

// MemberState is how far somebody has come in.
type MemberState string

// The states of a member.
const (
	Imported MemberState = "imported" // known from the company's records
	Invited  MemberState = "invited"  // was sent a letter
	Joined   MemberState = "joined"   // has been here
)

// A Member is somebody as one company sees them.
type Member struct {
	ID            uuid.UUID // of the membership
	CompanyID     uuid.UUID
	PersonID      uuid.UUID
	Name          string
	Reading       string // in kana, empty where there is none
	Email         string // as the company's records have it
	State         MemberState
	Alumnus       bool // every stint has ended
	Outside       bool // never worked here: invited from outside, or bid
	HourlyRate    *Money
	AvailableFrom *civil.Date
	Payee                // for taxes
	Introduction  string // Markdown
	Portfolio     []string
	Languages     []SpokenLanguage
	Calendar      Calendar // of one who is looked at alone; lists leave it out

	audiences Audiences // who sees which of these
	InvitedAt *time.Time
	JoinedAt  *time.Time
	Stints    []MemberStint // newest first
	Skills    []MemberSkill // strongest first
}

// A MemberStint is a stint with its department's names: those of its last day, and today's where they are others.
type MemberStint struct {
	ID           uuid.UUID
	DepartmentID *uuid.UUID // today's
	Department   string
	DepartmentEN string `gorm:"column:department_en"`
	Today        string
	TodayEN      string        `gorm:"column:today_en"`
	Entity       string        // the legal entity's name, or what the file wrote
	EntityEN     string        `gorm:"column:entity_en"`
	JoinedOn     civil.Date    `gorm:"type:date"`
	LeftOn       *civil.Date   `gorm:"type:date"`
	Departure    DepartureKind `gorm:"-"` // for the alumni office alone; empty for everybody else
}

// A MemberSkill is what is known about one skill of a person. Ours says that this company attests or proved it.
type MemberSkill struct {
	SkillID  string
	NameEN   string `gorm:"column:name_en"`
	NameJA   string `gorm:"column:name_ja"`
	Level    int
	Evidence Evidence
	Ours     bool

	About string // for Self, what they did with it
	Links Links  // for Self, what shows it

	Colleagues int  // how many former colleagues attest it
	Company    bool // the company's own records attest or proved it
}

// A PeopleFilter narrows the directory of one company; zero fields do not.
type PeopleFilter struct {
	CompanyID  uuid.UUID
	Query      string    // part of a name, a reading or an address
	Department string    // id, name, English name or alias
	Before     uuid.UUID // the cursor: members older than this one
	Limit      int       // at most 100; 0 means 20
}

// People lists a company's members, newest first, for those who may see them.
func (s *Service) People(ctx context.Context, who Actor, f PeopleFilter) ([]Member, error) {
	if err := who.May(SeePeople, f.CompanyID); err != nil {
		return nil, err
	}
	g := s.db.Gorm(ctx)
	q := findableBy(who.VisibleMembers(g, f.CompanyID, s.clock.Now()), f.Query, who.viewing(f.CompanyID, uuid.Nil))
	if f.Department != "" {
		department, err := DepartmentKnown(g, f.CompanyID, f.Department)
		if err != nil {
			return nil, err
		}
		q = q.Where("EXISTS (SELECT 1 FROM stints s WHERE s.membership_id = m.id AND s.department_id = ?)", department)
	}
	if f.Before != uuid.Nil {
		q = q.Where("m.id < ?", f.Before)
	}
	return s.members(g, q.Limit(Page(f.Limit)), who.viewing)
}

// escapeLike takes the meaning from LIKE's signs.
func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// Member reads one member: for those who may see the company's people, and for the person.
func (s *Service) Member(ctx context.Context, who Actor, membership uuid.UUID) (Member, error) {
	g := s.db.Gorm(ctx)
	list, err := s.members(g, g.Where("m.id = ?", membership), who.viewing)
	if err != nil {
		return Member{}, err
	}
	if len(list) == 0 {
		return Member{}, ErrNotFound
	}
	if m := list[0]; m.PersonID != who.PersonID {
		if err := who.May(SeePeople, m.CompanyID); err != nil {
			return Member{}, err
		}
	}
	if who.May(ManagePeople, list[0].CompanyID) == nil {
		if err := addDepartures(g, &list[0]); err != nil {
			return Member{}, err
		}
	}
	if m := list[0]; m.audiences.Shows(FieldAvailability, who.viewing(m.CompanyID, m.PersonID)) {
		list[0].Calendar, err = s.calendarOf(g, m.PersonID, m.AvailableFrom)
	}
	return list[0], err
}

// memberRow is a membership with its person, as one query gives them.
type memberRow struct {
	Membership `gorm:"embedded"`
	Person     `gorm:"embedded;embeddedPrefix:p_"`
}

// members reads the memberships that q narrows, as a viewer sees them.
func (s *Service) members(g, q *gorm.DB, viewing func(company, person uuid.UUID) Viewer) ([]Member, error) {
	return membersAt(g, q, s.clock.Now(), viewing)
}

// membersAt reads them as of a moment, in three queries however many they are. Nobody is read but for a viewer: what that one
// does not see never leaves here.
func membersAt(g, q *gorm.DB, now time.Time, viewing func(company, person uuid.UUID) Viewer) ([]Member, error) {
	var rows []memberRow
	err := q.Table("memberships m").Joins("JOIN people p ON p.id = m.person_id").Order("m.id DESC").
		Select(`m.*, p.id AS p_id, p.email AS p_email, p.family_name AS p_family_name, p.given_name AS p_given_name,
			p.family_kana AS p_family_kana, p.given_kana AS p_given_kana, p.hourly_rate AS p_hourly_rate, p.rate_currency AS p_rate_currency,
			p.available_from AS p_available_from, p.registration_number AS p_registration_number, p.corporate_name AS p_corporate_name,
			p.non_resident AS p_non_resident, p.introduction AS p_introduction, p.portfolio AS p_portfolio, p.languages AS p_languages, p.audiences AS p_audiences`).Find(&rows).Error
	if err != nil {
		return nil, err
	}
	list, ids := make([]Member, len(rows)), make([]uuid.UUID, len(rows))
	for i, r := range rows {
		list[i], ids[i] = r.member(), r.Membership.ID
	}
	if err := addMemberStints(g, list, ids, now); err != nil {
		return nil, err
	}
	if err := addSkills(g, list, ids); err != nil {
		return nil, err
	}
	for i := range list {
		list[i].veil(viewing(list[i].CompanyID, list[i].PersonID))
	}
	return list, nil
}

func (r memberRow) member() Member {
	p, m := r.Person, r.Membership
	return Member{ID: m.ID, CompanyID: m.CompanyID, Outside: m.Outside, PersonID: m.PersonID, Name: p.Name(), Reading: p.Reading(), Email: m.Email,
		State: m.state(), HourlyRate: p.rate(), AvailableFrom: p.AvailableFrom, Payee: p.Payee(),
		Introduction: p.Introduction, Portfolio: p.Portfolio, Languages: p.Languages, audiences: p.Audiences,
		InvitedAt: m.InvitedAt, JoinedAt: m.JoinedAt}
}

func (m Membership) state() MemberState {
	switch {
	case m.JoinedAt != nil:
		return Joined
	case m.InvitedAt != nil:
		return Invited
	}
	return Imported
}

// rate is what an hour costs, nil when the person has not said.
func (p Person) rate() *Money {
	if p.HourlyRate == nil {
		return nil
	}
	return &Money{*p.HourlyRate, p.RateCurrency}
}

func (s *Service) addStints(g *gorm.DB, list []Member, ids []uuid.UUID) error {
	return addMemberStints(g, list, ids, s.clock.Now())
}

func addMemberStints(g *gorm.DB, list []Member, ids []uuid.UUID, now time.Time) error {
	var rows []struct {
		MembershipID uuid.UUID
		Ended        bool
		MemberStint
	}
	err := g.Raw(`SELECT s.membership_id, s.id, s.department_id, coalesce(past.name, was.name, '') AS department, coalesce(past.name_en, was.name_en, '') AS department_en,
			CASE WHEN coalesce(past.name, was.name) <> now.name THEN now.name ELSE '' END AS today, CASE WHEN coalesce(past.name, was.name) <> now.name THEN now.name_en ELSE '' END AS today_en,
			coalesce(e.name, s.entity) AS entity, coalesce(e.name_en, '') AS entity_en, s.joined_on, s.left_on, coalesce(s.left_on < day.today, false) AS ended
		FROM stints s JOIN companies c ON c.id = s.company_id
		CROSS JOIN LATERAL (SELECT (?::timestamptz AT TIME ZONE c.time_zone)::date AS today) day
		LEFT JOIN departments now ON now.id = s.department_id LEFT JOIN departments former ON former.id = s.formerly_id LEFT JOIN entities e ON e.id = s.entity_id
		LEFT JOIN departments was ON was.id = CASE WHEN former.merged_on > coalesce(s.left_on, day.today) THEN former.id ELSE s.department_id END
		LEFT JOIN LATERAL (SELECT name, name_en FROM department_pasts p WHERE p.department_id = was.id AND p.until > coalesce(s.left_on, day.today) ORDER BY p.until LIMIT 1) past ON true
		WHERE s.membership_id IN ? ORDER BY s.joined_on DESC, s.id`, now, orNone(ids)).Scan(&rows).Error
	if err != nil {
		return err
	}
	at := places(list)
	for _, r := range rows {
		m := at[r.MembershipID]
		m.Alumnus = r.Ended && (m.Alumnus || len(m.Stints) == 0)
		m.Stints = append(m.Stints, r.MemberStint)
	}
	return nil
}

// addSkills leaves out what another company named for itself: its words are its own.
func addSkills(g *gorm.DB, list []Member, ids []uuid.UUID) error {
	var rows []struct {
		MembershipID uuid.UUID
		MemberSkill
	}
	err := g.Raw(`SELECT m.id AS membership_id, k.id AS skill_id, k.name_en, k.name_ja, max(h.level) AS level, h.evidence, coalesce(h.company_id = m.company_id, false) AS ours,
			max(h.about) AS about, max(h.links) AS links, count(h.attested_by) AS colleagues, count(h.attested_by) < count(*) AND h.company_id IS NOT NULL AS company
		FROM memberships m JOIN person_skills h ON h.person_id = m.person_id JOIN skills k ON k.id = h.skill_id
		WHERE m.id IN ? AND (k.company_id IS NULL OR k.company_id = m.company_id)
		GROUP BY m.id, k.id, h.evidence, h.company_id
		ORDER BY max(h.level) DESC, array_position(ARRAY['proven', 'attested', 'self'], h.evidence), k.id`, orNone(ids)).Scan(&rows).Error
	if err != nil {
		return err
	}
	at := places(list)
	for _, r := range rows {
		m := at[r.MembershipID]
		m.Skills = append(m.Skills, r.MemberSkill)
	}
	return nil
}

func places(list []Member) map[uuid.UUID]*Member {
	at := make(map[uuid.UUID]*Member, len(list))
	for i := range list {
		at[list[i].ID] = &list[i]
	}
	return at
}

// ErrNobodyChosen is for an invitation to nobody.
var ErrNobodyChosen = problem.Define(problem.Invalid, "nobody_chosen", "Choose at least one person.", "1人以上選んでください。")

// maxLetters is how many people one call invites to join.
const maxLetters = 1000

// InvitePeople sends a letter with a one-time link to members who have not joined yet, and tells how many it wrote
// to. Somebody who is known elsewhere is asked whether it is them; the company cannot tell the difference.
func (s *Service) InvitePeople(ctx context.Context, who Actor, company uuid.UUID, memberships []uuid.UUID) (sent int, err error) {
	if err := who.May(ManagePeople, company); err != nil {
		return 0, err
	}
	switch {
	case len(memberships) == 0:
		return 0, ErrNobodyChosen.On("membership_ids")
	case len(memberships) > maxLetters:
		return 0, ErrTooManyInvited.On("membership_ids").With("max", maxLetters)
	}
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := mustBelong(tx, company, memberships, "membership_ids"); err != nil {
			return err
		}
		var people []uuid.UUID
		err := tx.Raw(`UPDATE memberships SET invited_at = ? WHERE company_id = ? AND id IN ? AND joined_at IS NULL RETURNING person_id`,
			s.clock.Now(), company, memberships).Scan(&people).Error
		if err != nil {
			return err
		}
		sent = len(people)
		for _, p := range people {
			if err := jobs.Enqueue(tx, Letter{Letter: LetterJoin, PersonID: p, CompanyID: company, Path: "/"}); err != nil {
				return err
			}
		}
		return Audit(tx, who, company, "people.invite", "company:"+company.String(), map[string]any{"membership_ids": memberships})
	})
	return sent, err
}
