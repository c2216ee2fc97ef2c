package market

import (
	"strings"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"github.com/lib/pq"

	"homecoming/internal/openbadge"
	"homecoming/internal/problem"
)

// Work is what a company accepted, as billing tells it. Neither price nor brief is part of it.
type Work struct {
	CompanyID, PersonID, TaskID uuid.UUID
	ContractID                  uuid.UUID
	MilestoneID                 uuid.UUID // zero: the whole of a contract by the hour
	Title                       string    // of the task
	Part                        string    // of the milestone; empty where there is one alone
	BeganOn, AcceptedOn         civil.Date
}

// A WorkRecord is what a company says of work that it accepted: an Open Badges 3.0 credential, signed with the company's key,
// that the person may show to whom they wish. It is the person's; its company can revoke it, and nobody can change it.
type WorkRecord struct {
	ID          uuid.UUID
	CompanyID   uuid.UUID
	PersonID    uuid.UUID
	ContractID  uuid.UUID
	MilestoneID *uuid.UUID
	Title       string
	Skills      pq.StringArray `gorm:"type:text[]"` // names, in the person's language
	BeganOn     civil.Date     `gorm:"type:date"`
	AcceptedOn  civil.Date     `gorm:"type:date"`
	KeyID       string         // of the key that signed, its thumbprint (RFC 7638)
	Token       string         // the signed credential
	IssuedAt    time.Time
	Shown       bool // on the person's own page
	RevokedAt   *time.Time
	RevokedBy   *uuid.UUID
	Reason      string // of the revocation

	CompanyName   string `gorm:"->;-:migration"`
	CompanyNameEN string `gorm:"->;-:migration;column:company_name_en"`
	PersonName    string `gorm:"->;-:migration"`
}

// Valid reports whether its company stands by it.
func (r WorkRecord) Valid() bool { return r.RevokedAt == nil }

// CredentialID is what the credential calls itself, whoever keeps it.
func (r WorkRecord) CredentialID() string { return "urn:uuid:" + r.ID.String() }

// CredentialMedia is the media type of a signed credential (W3C, Securing Verifiable Credentials using JOSE and COSE).
const CredentialMedia = "application/vc+jwt"

// FileName is what the credential is called where it is downloaded.
func (r WorkRecord) FileName() string {
	return "work-record-" + r.AcceptedOn.String() + "-" + r.ID.String()[28:] + ".jwt"
}

// What can be wrong with work records.
var (
	ErrRevoked = problem.Define(problem.Conflict, "record_revoked", "The company has revoked this record. It can be shown no more.", "この業務記録は会社により取り消されているため、公開できません。")
)

// LetterRecordRevoked tells somebody that a company took a record back.
const LetterRecordRevoked LetterKind = "record_revoked"

// title names the work: the task, and its part where there are several.
func (w Work) title() string {
	if w.Part == "" || w.Part == w.Title {
		return w.Title
	}
	return w.Title + " — " + w.Part
}

// credential says of work what the record says: who did what for whom, and when, in the person's language.
func (w Work) credential(id uuid.UUID, issuer openbadge.Profile, revocations string, c Company, p Person, skills []string, now time.Time) openbadge.Credential {
	say := map[problem.Language][2]string{
		problem.English: {"Work that {company} handed to somebody who worked there before, and accepted.",
			"The company accepted the delivered work on {day}."},
		problem.Japanese: {"{company}が、以前在籍していた方に依頼し、検収を終えた業務です。", "会社が{day}に成果物を検収しました。"},
	}[problem.Language(p.Language)]
	fill := strings.NewReplacer("{company}", c.Name, "{day}", w.AcceptedOn.String())
	zone := c.Zone()
	began, ended := w.BeganOn.In(zone).UTC(), w.AcceptedOn.In(zone).UTC()
	who := []openbadge.Identity{openbadge.Named(p.Name())}
	if p.Email != nil {
		who = append(who, openbadge.ByEmail(*p.Email))
	}
	return openbadge.Issue("urn:uuid:"+id.String(), issuer, now, openbadge.Subject{Identifier: who, Began: &began, Ended: &ended,
		Achievement: openbadge.Achievement{ID: "urn:uuid:" + newID().String(), Kind: "Achievement", Name: w.title(),
			Description: fill.Replace(say[0]), Criteria: openbadge.Criteria{Narrative: fill.Replace(say[1])}, Tags: skills, Language: p.Language}}, revocations)
}
