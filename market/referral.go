package market

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/internal/problem"
)

// A Referral is a customer whom somebody of a company's network introduces to it. The customer is asked first: until their yes the
// company learns nothing of them, and after a no, or silence, nothing of the contact is left. From the yes on the company takes it
// through the stages of its programme, and whoever introduced them sees where it stands.
//
// First come, first served, by the customer's yes: an introduction that nobody agreed to keeps nobody out, so that a list of
// names reserves no customers. Whose introduction was agreed to holds the customer for the months of its terms, also where it
// was lost meanwhile; others are told that somebody was before them, and not who.
type Referral struct {
	ID                 uuid.UUID
	CompanyID          uuid.UUID
	Number             int // counted within the company: R-12
	ProgrammeID        uuid.UUID
	PersonID           uuid.UUID // who introduces
	AsStaff            bool      // while they worked there
	EventID            *uuid.UUID
	State              ReferralState
	StageID            *uuid.UUID
	Organisation       string
	OrganisationKey    string
	Domain             string
	ContactName        string
	ContactEmail       string
	ContactLanguage    string
	Why                string
	Answers            []ChecklistAnswer `gorm:"serializer:json"`
	Relation           Relation
	RelationNote       string
	Terms              ReferralTerms `gorm:"serializer:json"` // as they were offered on the day
	LicenceNumber      string
	LicenceBody        string
	LicenceConfirmedBy *uuid.UUID
	LicenceConfirmedAt *time.Time
	OwnerID            *uuid.UUID // who of the company is responsible
	Holds              bool
	HoldsUntil         *civil.Date `gorm:"type:date"` // its last day
	ConsentHash        []byte
	ExpiresAt          time.Time
	AgreedAt           *time.Time
	EndedAt            *time.Time
	Reason             string // why it was lost, or how the customer was known
	ForgottenAt        *time.Time
	Version            int
	CreatedAt          time.Time
	UpdatedAt          time.Time
}

// Label is the number as people quote it: R-12.
func (r Referral) Label() string { return "R-" + itoa(r.Number) }

// A ChecklistAnswer is what the referrer says of one point of readiness, with the point as it was.
type ChecklistAnswer struct {
	ChecklistItem
	Ready bool `json:"ready"`
}

// A Relation is how a referrer stands to the customer: a conflict of interest where it is anything but none.
type Relation string

// The relations.
const (
	NoRelation   Relation = "none"
	OwnCompany   Relation = "own"      // they own or run it
	FamilyOf     Relation = "family"   // somebody of their family does
	EmployedBy   Relation = "employer" // they work for it
	OfficeHolder Relation = "official" // they hold a public office that has to do with it
)

// Relations are all of them.
var Relations = []Relation{NoRelation, OwnCompany, FamilyOf, EmployedBy, OfficeHolder}

// A ReferralState is where a referral is in its life.
type ReferralState string

// The states of a referral.
const (
	ReferralAsked     ReferralState = "asked"     // the customer has not answered
	ReferralAgreed    ReferralState = "agreed"    // the customer said yes, and it goes through the stages
	ReferralWon       ReferralState = "won"       // they became a customer
	ReferralLost      ReferralState = "lost"      // they did not
	ReferralKnown     ReferralState = "known"     // they were one already
	ReferralRefused   ReferralState = "refused"   // the customer said no, or took the yes back
	ReferralExpired   ReferralState = "expired"   // the customer said nothing
	ReferralTaken     ReferralState = "taken"     // somebody else's introduction was agreed to first
	ReferralWithdrawn ReferralState = "withdrawn" // by the referrer, before the customer answered
)

var referralStateWords = map[ReferralState]problem.Word{ReferralAsked: {EN: "waiting for the customer", JA: "紹介先の同意待ち"}, ReferralAgreed: {EN: "under way", JA: "進行中"},
	ReferralWon: {EN: "won", JA: "成約"}, ReferralLost: {EN: "lost", JA: "不成立"}, ReferralKnown: {EN: "a customer already", JA: "既存の取引先"}, ReferralRefused: {EN: "declined by the customer", JA: "紹介先が辞退"},
	ReferralExpired: {EN: "never answered", JA: "回答なし"}, ReferralTaken: {EN: "introduced by somebody else", JA: "別の紹介が先行"}, ReferralWithdrawn: {EN: "withdrawn", JA: "取り下げ"}}

// In is the state in the reader's language.
func (s ReferralState) In(lang problem.Language) string { return referralStateWords[s].In(lang) }

// A referralStep is what moves a referral from one state to another.
type referralStep string

const (
	introduceCustomer referralStep = "introduce" // the beginning
	agreeReferral     referralStep = "agree"     // by the customer
	refuseReferral    referralStep = "refuse"    // by the customer, also after a yes
	expireReferral    referralStep = "expire"    // by the clock
	takeReferral      referralStep = "take"      // by another customer's yes
	withdrawReferral  referralStep = "withdraw"  // by the referrer; from the yes on it is between customer and company
	moveReferral      referralStep = "move"      // by the company, as all below
	winReferral       referralStep = "win"
	loseReferral      referralStep = "lose"
	knowReferral      referralStep = "know"
	reopenReferral    referralStep = "reopen"
	readyReferral     referralStep = "ready" // what was missing of the checklist is there by now, or is not after all
)

// referralLife is the life of a referral: from where each step leads where. What is missing cannot be done.
var referralLife = map[ReferralState]map[referralStep]ReferralState{
	ReferralAsked: {agreeReferral: ReferralAgreed, refuseReferral: ReferralRefused, expireReferral: ReferralExpired, takeReferral: ReferralTaken, withdrawReferral: ReferralWithdrawn},
	ReferralAgreed: {moveReferral: ReferralAgreed, readyReferral: ReferralAgreed, winReferral: ReferralWon, loseReferral: ReferralLost, knowReferral: ReferralKnown,
		refuseReferral: ReferralRefused},
	ReferralLost: {reopenReferral: ReferralAgreed, refuseReferral: ReferralRefused},
}

// forgets are the states that nothing of the contact outlives.
var forgets = []ReferralState{ReferralKnown, ReferralRefused, ReferralExpired, ReferralTaken, ReferralWithdrawn}

// consentLives is how long a customer has to answer.
const consentLives = 14 * 24 * time.Hour

// Limits of referrals.
const (
	maxWhy          = 2_000
	maxOrganisation = 200
	maxAsked        = 20 // introductions of one person that wait for a customer
	maxADay         = 10 // introductions of one person
)

// What can be wrong with a referral.
var (
	ErrReferralState   = problem.Define(problem.Conflict, "referral_state", "This referral is {state}; that cannot be done any more.", "この紹介は現在「{state}」のため、その操作はできません。")
	ErrCustomerHeld    = problem.Define(problem.Conflict, "customer_held", "Somebody introduced this customer before, and that counts until {until}. After that day you can introduce them.", "この紹介先はすでに別の方の紹介で対応中です（{until}まで有効）。期間の終了後にあらためてご紹介ください。")
	ErrOwnReferral     = problem.Define(problem.Conflict, "own_referral", "This is your own introduction. Somebody else of the company has to do that.", "ご自身の紹介のため操作できません。別の担当者が対応してください。")
	ErrReferredAlready = problem.Define(problem.Conflict, "referred_already", "You have introduced this customer already ({label}), and it is not over.", "この紹介先はすでにご紹介いただいています（{label}）。")
	ErrNotReady        = problem.Define(problem.Invalid, "customer_not_ready", "The programme needs this before a customer is introduced. Ask them, and introduce them then.", "紹介に必要な準備項目です。紹介先に確認してから、ご紹介ください。")
	ErrOwnContact      = problem.Define(problem.Invalid, "own_contact", "This is your own address. Name the person at the customer.", "ご自身のアドレスです。紹介先のご担当者のアドレスを入力してください。")
	ErrReferralsOften  = problem.Define(problem.RateLimited, "referrals_too_often", "That is as many introductions as one person makes at a time. Wait until customers have answered.", "紹介の件数が上限に達しました。紹介先の回答をお待ちください。")
	ErrReferralLicence = problem.Define(problem.Conflict, "referral_licence_unconfirmed", "Introducing such customers needs a registration ({licence}). Somebody of the company looks it up and confirms it here first.", "この紹介には{licence}が必要です。先に会社の担当者が登録を照会し、この画面で確認してください。")
	ErrRelationNote    = problem.Define(problem.Invalid, "relation_unexplained", "Say in a sentence how you stand to the customer.", "紹介先との関係を一言で説明してください。")
	ErrNoStage         = problem.Define(problem.Invalid, "unknown_stage", "Choose one of the programme's stages.", "プログラムの段階から選んでください。")
)

// A ReferralDraft is an introduction as somebody writes it.
type ReferralDraft struct {
	ProgrammeID               uuid.UUID
	EventID                   uuid.UUID // where they met; uuid.Nil: nowhere
	Organisation              string
	ContactName, ContactEmail string
	ContactLanguage           string // of the letter; empty: Japanese
	Why                       string
	Ready                     []int // which points of the checklist the customer meets, from 0
	Relation                  Relation
	RelationNote              string
	LicenceNumber             string // where the programme needs one
	LicenceBody               string
}

// check finds what is wrong with a draft for a programme by somebody who signs in with own, and puts it in order.
func (d *ReferralDraft) check(p ReferralProgramme, own string) error {
	for _, text := range []*string{&d.Organisation, &d.ContactName, &d.RelationNote, &d.LicenceNumber, &d.LicenceBody} {
		*text = oneLine(strings.ToValidUTF8(*text, ""))
	}
	d.Why, d.ContactEmail = strings.TrimSpace(strings.ToValidUTF8(d.Why, "")), Address(d.ContactEmail)
	if d.ContactLanguage == "" {
		d.ContactLanguage = string(problem.Japanese)
	}
	if d.Relation == "" {
		d.Relation = NoRelation
	}
	for _, f := range []struct {
		name, text string
		most       int
		needed     bool
	}{{"organisation", d.Organisation, maxOrganisation, true}, {"contact_name", d.ContactName, maxName, true}, {"contact_email", d.ContactEmail, 254, true}, {"why", d.Why, maxWhy, true},
		{"relation_note", d.RelationNote, maxReason, false}, {"licence_number", d.LicenceNumber, maxLicenceNumber, p.Terms.Licence != ""},
		{"licence_body", d.LicenceBody, maxLicenceBody, p.Terms.Licence != ""}} {
		if f.needed && f.text == "" {
			return ErrRequired.On(f.name)
		}
		if utf8.RuneCountInString(f.text) > f.most {
			return ErrTooLong.On(f.name).With("max", f.most)
		}
	}
	switch {
	case OrganisationKey(d.Organisation) == "":
		return ErrRequired.On("organisation")
	case !address.MatchString(d.ContactEmail):
		return ErrAddress.On("contact_email").With("value", d.ContactEmail)
	case d.ContactEmail == own:
		return ErrOwnContact.On("contact_email")
	case !slices.Contains(Relations, d.Relation):
		return ErrNotOneOf.On("relation").With("value", d.Relation).With("allowed", "none, own, family, employer, official")
	case d.Relation != NoRelation && d.RelationNote == "":
		return ErrRelationNote.On("relation_note")
	}
	if err := checkLanguage(d.ContactLanguage); err != nil {
		return err
	}
	return d.checkReady(p)
}

func (d *ReferralDraft) checkReady(p ReferralProgramme) error {
	for _, i := range d.Ready {
		if i < 0 || i >= len(p.Checklist) {
			return ErrBetween.On("ready").With("min", 0).With("max", max(len(p.Checklist)-1, 0))
		}
	}
	for i, item := range p.Checklist {
		if item.Required && !slices.Contains(d.Ready, i) {
			return ErrNotReady.On("ready[" + itoa(i) + "]")
		}
	}
	return nil
}

// referral is what a draft becomes at a moment: a question to the customer.
func (d ReferralDraft) referral(p ReferralProgramme, now time.Time) Referral {
	r := Referral{CompanyID: p.CompanyID, ProgrammeID: p.ID, State: ReferralAsked, Organisation: d.Organisation, OrganisationKey: OrganisationKey(d.Organisation),
		Domain: organisationDomain(d.ContactEmail), ContactName: d.ContactName, ContactEmail: d.ContactEmail, ContactLanguage: d.ContactLanguage, Why: d.Why,
		Answers: []ChecklistAnswer{}, Relation: d.Relation, RelationNote: d.RelationNote, Terms: p.Terms, LicenceNumber: d.LicenceNumber, LicenceBody: d.LicenceBody,
		ExpiresAt: now.Add(consentLives), Version: 1, CreatedAt: now, UpdatedAt: now}
	if d.EventID != uuid.Nil {
		r.EventID = &d.EventID
	}
	for i, item := range p.Checklist {
		r.Answers = append(r.Answers, ChecklistAnswer{item, slices.Contains(d.Ready, i)})
	}
	return r
}

// step moves the referral on at a moment, or says that this cannot be done any more. What leaves nothing of the contact has it
// removed at once.
func (r *Referral) step(do referralStep, now time.Time) error {
	to, ok := referralLife[r.State][do]
	if !ok {
		return ErrReferralState.With("state", r.State)
	}
	r.State, r.UpdatedAt, r.Version = to, now, r.Version+1
	switch {
	case slices.Contains(forgets, to):
		r.release()
		r.forget(now)
		r.EndedAt = &now
	case to == ReferralWon || to == ReferralLost:
		r.EndedAt = &now
	case to == ReferralAgreed:
		r.EndedAt = nil
	}
	return nil
}

// agree is the customer's yes: from now on the referral holds them, and stands at the first of the stages.
func (r *Referral) agree(stage uuid.UUID, today civil.Date, now time.Time) error {
	if !now.Before(r.ExpiresAt) && r.State == ReferralAsked {
		return ErrReferralState.With("state", ReferralExpired)
	}
	if err := r.step(agreeReferral, now); err != nil {
		return err
	}
	until := today.AddMonths(r.Terms.HoldMonths)
	r.AgreedAt, r.StageID, r.Holds, r.HoldsUntil = &now, &stage, true, &until
	return nil
}

// release lets others introduce the customer.
func (r *Referral) release() { r.Holds = false }

// forget removes all that is about the contact. The organisation's name stays, for whoever introduced it to know which it was.
func (r *Referral) forget(now time.Time) {
	r.ContactName, r.ContactEmail, r.Why, r.Domain, r.OrganisationKey, r.RelationNote, r.ConsentHash = "", "", "", "", "", "", nil
	r.ForgottenAt = &now
}

// setReady notes which points of the checklist, from 0, the customer meets by now.
func (r *Referral) setReady(ready []int) error {
	answers := slices.Clone(r.Answers)
	for i := range answers {
		answers[i].Ready = false
	}
	for _, i := range ready {
		if i < 0 || i >= len(answers) {
			return ErrBetween.On("ready").With("min", 0).With("max", max(len(answers)-1, 0))
		}
		answers[i].Ready = true
	}
	r.Answers = answers
	return nil
}

// missing are the points of the checklist that the customer does not meet yet, in a language.
func (r Referral) missing(language string) (points []string) {
	for _, a := range r.Answers {
		if !a.Ready {
			points = append(points, a.In(language))
		}
	}
	return points
}

// licensed refuses while a registration that the terms need was not confirmed.
func (r Referral) licensed() error {
	if r.Terms.Licence != "" && r.LicenceConfirmedAt == nil {
		return ErrReferralLicence.With("licence", r.Terms.Licence)
	}
	return nil
}

// Over reports whether nothing more becomes of it.
func (r Referral) Over() bool { return r.State != ReferralAsked && r.State != ReferralAgreed }
