package market

import (
	"strings"
	"time"
	"unicode"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
)

// A Person is somebody, once, whatever companies they belong to.
type Person struct {
	ID                 uuid.UUID
	Email              *string // how they sign in; nil until a proposed link is confirmed
	FamilyName         string
	GivenName          string
	FamilyKana         string
	GivenKana          string
	Language           string
	PasswordHash       string `json:"-"`
	HourlyRate         *int64 // minor units of RateCurrency
	RateCurrency       string
	AvailableFrom      *civil.Date      `gorm:"type:date"`
	ShownTo            ShownTo          `gorm:"default:nobody"` // beyond the companies where they worked
	RegistrationNumber string           // qualified-invoice number, T and 13 digits; empty when not registered
	CorporateName      string           // of the corporation that they contract through; empty: an individual
	NonResident        bool             // lives abroad, for taxes
	Introduction       string           // Markdown
	Portfolio          []string         `gorm:"serializer:json"` // addresses of what they made
	Languages          []SpokenLanguage `gorm:"serializer:json"`
	Audiences          Audiences        `gorm:"serializer:json"` // who sees which field
	FirstSignInAt      *time.Time
	CreatedAt          time.Time
}

// TableName is where people are kept.
func (Person) TableName() string { return "people" }

// Name writes the name in the order of its script: 高橋 由美, Daniel Okafor.
func (p Person) Name() string {
	if inLatin(p.FamilyName + p.GivenName) {
		return strings.TrimSpace(p.GivenName + " " + p.FamilyName)
	}
	return strings.TrimSpace(p.FamilyName + " " + p.GivenName)
}

// address is where the person signs in from, empty before a proposed link is confirmed.
func (p Person) address() string {
	if p.Email == nil {
		return ""
	}
	return *p.Email
}

// Reading is the name in kana, empty where there is none.
func (p Person) Reading() string { return strings.TrimSpace(p.FamilyKana + " " + p.GivenKana) }

func inLatin(s string) bool {
	for _, r := range s {
		if unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) {
			return false
		}
	}
	return true
}

// A Membership is one person at one company, all stints there together. It is what is ranked.
type Membership struct {
	ID        uuid.UUID
	CompanyID uuid.UUID
	PersonID  uuid.UUID
	Email     string // as the company's records have it
	Hidden    bool   // the person's own choice: no candidate here
	Outside   bool   // never worked here: no stints; see outside.go
	InvitedAt *time.Time
	JoinedAt  *time.Time
	CreatedAt time.Time

	VerifiedBy Verifier // why it is believed; see claim.go
}

// A Stint is one stretch of employment. It counts from the day after LeftOn; nil is a current employee's.
type Stint struct {
	ID           uuid.UUID
	CompanyID    uuid.UUID
	MembershipID uuid.UUID
	DepartmentID *uuid.UUID  // today's
	FormerlyID   *uuid.UUID  // the one it was in, where that was merged into today's
	Entity       string      // as the file wrote it
	EntityID     *uuid.UUID  // the legal entity that it means
	JoinedOn     civil.Date  `gorm:"type:date"`
	LeftOn       *civil.Date `gorm:"type:date"`
	Departure    DepartureKind
}

// Evidence says why a stated level is believed.
type Evidence string

// The kinds of evidence, from weakest to strongest.
const (
	Self     Evidence = "self"     // the person says so
	Attested Evidence = "attested" // the company's records or a former colleague say so
	Proven   Evidence = "proven"   // a contract accepted here showed it
)

// A HeldSkill is one statement about what a person can do. Level is 1 basic, 2 solid, 3 expert.
type HeldSkill struct {
	PersonID  uuid.UUID
	SkillID   string
	Evidence  Evidence
	CompanyID *uuid.UUID // who attests it or where it was proven; nil for Self
	Level     int
	Typed     string // the words in which it was said, where they are not the skill's name

	AttestedBy *uuid.UUID // the former colleague whose word it is; nil for the company's own

	About string // for Self, what they did with it
	Links Links  // for Self, what shows it
}

// TableName is where held skills are kept.
func (HeldSkill) TableName() string { return "person_skills" }
