package market

import (
	"encoding/json"
	"slices"
	"strings"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// VisibilityKind is the sort of rule that says whom a task is shown to.
type VisibilityKind string

// The kinds of visibility. The last two show a task to the company's own alumni as well.
const (
	OwnAlumni  VisibilityKind = "own_alumni" // everybody who left this company
	ByRule     VisibilityKind = "rule"       // those of them who meet every condition
	Named      VisibilityKind = "named"      // these people alone
	ToPartners VisibilityKind = "partners"   // and alumni of partner companies who agreed to be shown to partners
	ToEveryone VisibilityKind = "open"       // and whoever agreed to be shown to every company
)

// visibilityKinds are all of them.
var visibilityKinds = []VisibilityKind{OwnAlumni, ByRule, Named, ToPartners, ToEveryone}

// Visibility says whom a task is shown to; reach.go says it in SQL. Invited people see it in any case.
type Visibility struct {
	Kind            VisibilityKind `json:"kind"`
	Departments     []uuid.UUID    `json:"departments,omitempty"`       // for a rule: worked in one of them
	Skills          []string       `json:"skills,omitempty"`            // for a rule: holds one of them, at whatever level
	MinYears        int            `json:"min_years,omitempty"`         // for a rule: employed here for so long, of 365 days
	LeftWithinYears int            `json:"left_within_years,omitempty"` // for a rule: left less than so many years ago
	MembershipIDs   []uuid.UUID    `json:"membership_ids,omitempty"`    // for named
	Companies       []uuid.UUID    `json:"companies,omitempty"`         // for partners: these alone
}

// DraftVisibility is Visibility as a person writes it: departments and skills by id, name or alias.
type DraftVisibility struct {
	Kind            VisibilityKind
	Departments     []string
	Skills          []string
	MinYears        int
	LeftWithinYears int
	MembershipIDs   []uuid.UUID
	Companies       []uuid.UUID
}

// MinDays is how long somebody was employed who meets the rule, in days as the score counts them: from the first day to
// the last, which counts as one more here, so that April to March is a year. 0 asks for nothing.
func (v Visibility) MinDays() int { return max(v.MinYears*365-1, 0) }

// LeftAfter is the day after which somebody left who meets the rule, seen from the company's day; nil where the rule
// does not ask.
func (v Visibility) LeftAfter(today civil.Date) *civil.Date {
	if v.LeftWithinYears == 0 {
		return nil
	}
	day := civil.Date{Year: today.Year - v.LeftWithinYears, Month: today.Month, Day: today.Day}
	if !day.IsValid() { // 29 February
		day.Day = 28
	}
	return &day
}

// What can be wrong with a visibility.
var (
	ErrNobodyNamed       = problem.Define(problem.Invalid, "nobody_named", "Name at least one person, or one condition such as a department, who shall see this.", "公開する相手（人）または条件（部署など）を1つ以上選んでください。")
	ErrUnknownMember     = problem.Define(problem.Invalid, "unknown_member", "“{value}” is nobody in this company's network.", "「{value}」はこの会社のネットワークに登録されていません。")
	ErrUnknownDepartment = problem.Define(problem.Invalid, "unknown_department", "“{value}” is no department of this company.", "「{value}」という部署はこの会社にありません。")
	ErrNoPartner         = problem.Define(problem.Invalid, "no_partner", "Your company has no partner yet. Your administrator can ask one in the settings.", "提携先の会社がまだありません。管理者が設定画面から提携を申し込めます。")
	ErrNotAPartner       = problem.Define(problem.Invalid, "not_a_partner", "“{value}” is no partner of your company. Your administrator can ask them in the settings.", "「{value}」は提携先ではありません。管理者が設定画面から提携を申し込めます。")
)

// mostYears bounds what a rule asks for.
const mostYears = 60

func (v DraftVisibility) check() error {
	switch {
	case !slices.Contains(visibilityKinds, v.Kind):
		return ErrNotOneOf.On("visibility.kind").With("value", v.Kind).With("allowed", kindNames())
	case v.MinYears < 0 || v.MinYears > mostYears:
		return ErrBetween.On("visibility.min_years").With("min", 0).With("max", mostYears)
	case v.LeftWithinYears < 0 || v.LeftWithinYears > mostYears:
		return ErrBetween.On("visibility.left_within_years").With("min", 0).With("max", mostYears)
	case v.Kind == ByRule && len(v.Departments) == 0 && len(v.Skills) == 0 && v.MinYears == 0 && v.LeftWithinYears == 0:
		return ErrNobodyNamed.On("visibility.departments")
	case v.Kind == Named && len(v.MembershipIDs) == 0:
		return ErrNobodyNamed.On("visibility.membership_ids")
	}
	return nil
}

func kindNames() string {
	names := make([]string, len(visibilityKinds))
	for i, k := range visibilityKinds {
		names[i] = string(k)
	}
	return strings.Join(names, ", ")
}

// resolveVisibility keeps what the kind asks for. It refuses departments, skills and people that the company does not
// have, and companies that are no partners: naming a stranger must not create one.
func (s *Service) resolveVisibility(tx *gorm.DB, company uuid.UUID, v DraftVisibility) (out Visibility, err error) {
	switch v.Kind {
	case ByRule:
		out = Visibility{MinYears: v.MinYears, LeftWithinYears: v.LeftWithinYears}
		if out.Departments, err = knownDepartments(tx, company, v.Departments); err == nil {
			out.Skills, err = knownSkills(tx, company, v.Skills)
		}
	case Named:
		out.MembershipIDs, err = v.MembershipIDs, mustBelong(tx, company, v.MembershipIDs, "visibility.membership_ids")
	case ToPartners:
		out.Companies, err = v.Companies, mustBePartners(tx, company, v.Companies)
	}
	out.Kind = v.Kind
	return out, err
}

func knownDepartments(tx *gorm.DB, company uuid.UUID, names []string) ([]uuid.UUID, error) {
	var ids []uuid.UUID
	for i, name := range names {
		id, err := DepartmentKnown(tx, company, name)
		if err != nil {
			return nil, err
		}
		if id == uuid.Nil {
			return nil, ErrUnknownDepartment.On("visibility.departments["+itoa(i)+"]").With("value", name)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func knownSkills(tx *gorm.DB, company uuid.UUID, names []string) ([]string, error) {
	var ids []string
	for i, name := range names {
		id, err := skillKnown(tx, []uuid.UUID{company}, name)
		if err != nil {
			return nil, err
		}
		if id == "" {
			return nil, ErrUnknownSkill.On("visibility.skills["+itoa(i)+"]").With("value", name)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// mustBelong refuses the first id that is no membership of somebody who worked for the company.
func mustBelong(tx *gorm.DB, company uuid.UUID, ids []uuid.UUID, field string) error {
	var known []uuid.UUID
	if err := tx.Raw("SELECT id FROM memberships WHERE company_id = ? AND id IN ? AND NOT outside", company, orNone(ids)).Scan(&known).Error; err != nil {
		return err
	}
	for i, id := range ids {
		if !slices.Contains(known, id) {
			return ErrUnknownMember.On(field+"["+itoa(i)+"]").With("value", id)
		}
	}
	return nil
}

// mustBePartners refuses the first company that is no partner; without any named, it asks that there is one at all.
func mustBePartners(tx *gorm.DB, company uuid.UUID, ids []uuid.UUID) error {
	partners, err := PartnersOf(tx, company)
	if err != nil {
		return err
	}
	if len(partners) == 0 {
		return ErrNoPartner.On("visibility.kind")
	}
	for i, id := range ids {
		if !slices.Contains(partners, id) {
			return ErrNotAPartner.On("visibility.companies["+itoa(i)+"]").With("value", id)
		}
	}
	return nil
}

// Scan lets the JSON of a visibility be read outside gorm's serializer.
func (v *Visibility) Scan(src any) error {
	switch b := src.(type) {
	case []byte:
		return json.Unmarshal(b, v)
	case string:
		return json.Unmarshal([]byte(b), v)
	}
	return nil
}
