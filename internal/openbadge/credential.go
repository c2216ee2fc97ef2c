package openbadge

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// The vocabularies that a credential is written in, in the order that the specification demands.
const (
	contextCredentials = "https://www.w3.org/ns/credentials/v2"
	contextBadges      = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
	schemaOfBadges     = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
)

// A Credential says that a subject achieved something. It is written as it stands; JSON names are the specification's.
type Credential struct {
	Context   []string  `json:"@context"`
	ID        string    `json:"id"` // a URI
	Type      []string  `json:"type"`
	Name      string    `json:"name"`
	Issuer    Profile   `json:"issuer"`
	ValidFrom time.Time `json:"validFrom"`
	Subject   Subject   `json:"credentialSubject"`
	Status    *Status   `json:"credentialStatus,omitempty"`
	Schema    []Schema  `json:"credentialSchema,omitempty"`
}

// A Profile is who issues. ID is a URI; where it can be asked, it answers with the profile.
type Profile struct {
	ID   string   `json:"id"`
	Type []string `json:"type"`
	Name string   `json:"name"`
	URL  string   `json:"url,omitempty"`
}

// A Subject is who achieved something, and what.
type Subject struct {
	Type        []string    `json:"type"`
	Identifier  []Identity  `json:"identifier"`
	Began       *time.Time  `json:"activityStartDate,omitempty"`
	Ended       *time.Time  `json:"activityEndDate,omitempty"`
	Achievement Achievement `json:"achievement"`
}

// An Identity is one way to tell who the subject is: in the clear, or as a hash that somebody who knows it can compare.
type Identity struct {
	Type   string `json:"type"`
	Kind   string `json:"identityType"`
	Hash   string `json:"identityHash"`
	Hashed bool   `json:"hashed"`
	Salt   string `json:"salt,omitempty"`
}

// An Achievement is what was achieved.
type Achievement struct {
	ID          string   `json:"id"`
	Type        []string `json:"type"`
	Kind        string   `json:"achievementType,omitempty"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Criteria    Criteria `json:"criteria"`
	Tags        []string `json:"tag,omitempty"`
	Language    string   `json:"inLanguage,omitempty"`
}

// Criteria are what had to be done for it.
type Criteria struct {
	Narrative string `json:"narrative"`
}

// A Status says where to ask whether a credential was revoked.
type Status struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

// A Schema is what a credential can be held against.
type Schema struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

// Issue fills in what every credential has in common.
func Issue(id string, issuer Profile, at time.Time, subject Subject, revocations string) Credential {
	issuer.Type, subject.Type, subject.Achievement.Type = []string{"Profile"}, []string{"AchievementSubject"}, []string{"Achievement"}
	return Credential{
		Context: []string{contextCredentials, contextBadges},
		ID:      id, Type: []string{"VerifiableCredential", "OpenBadgeCredential"}, Name: subject.Achievement.Name,
		Issuer: issuer, ValidFrom: at.UTC().Truncate(time.Second), Subject: subject,
		Status: &Status{ID: revocations, Type: "1EdTechRevocationList"},
		Schema: []Schema{{ID: schemaOfBadges, Type: "1EdTechJsonSchemaValidator2019"}},
	}
}

// Named identifies a subject by their name, in the clear.
func Named(name string) Identity {
	return Identity{Type: "IdentityObject", Kind: "name", Hash: name}
}

// ByEmail identifies a subject by an e-mail address, salted and hashed: whoever knows the address can compare it, and nobody
// else can read it.
func ByEmail(email string) Identity {
	salt := rand.Text()
	return Identity{Type: "IdentityObject", Kind: "emailAddress", Hash: hashedWith(email, salt), Hashed: true, Salt: salt}
}

// Is reports whether an identity is this text, for instance an address that somebody presents.
func (i Identity) Is(text string) bool {
	if i.Hashed {
		return i.Hash == hashedWith(text, i.Salt)
	}
	return i.Hash == text
}

func hashedWith(text, salt string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(text) + salt))
	return "sha256$" + hex.EncodeToString(sum[:])
}

// A RevocationList is what an issuer answers where a credential's status points to (1EdTech Revocation List Status Method 1.0).
type RevocationList struct {
	ID      string    `json:"id"`
	Issuer  string    `json:"issuer"`
	Revoked []Revoked `json:"revokedCredential"`
}

// Revoked is a credential that its issuer took back.
type Revoked struct {
	ID      string `json:"id"`
	Revoked bool   `json:"revoked"`
}
