package market

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"homecoming/internal/problem"
)

// A ReferralProgramme is a kind of customer that a company wants to be introduced to, and what it offers for that: who may
// introduce, what a customer should have ready, through which stages a referral goes, and the fee. A referral keeps the terms
// that were offered on its day; a later edit changes nothing about it.
type ReferralProgramme struct {
	ID        uuid.UUID
	CompanyID uuid.UUID
	Name      string
	NameEN    string          `gorm:"column:name_en"`
	Wanted    string          // whom the company wants to meet
	WantedEN  string          `gorm:"column:wanted_en"`
	Checklist []ChecklistItem `gorm:"serializer:json"`
	OpenTo    CircleKind
	Terms     ReferralTerms `gorm:"serializer:json"`
	ClosedAt  *time.Time    // it takes no referrals any more
	Version   int           // raised by every edit
	CreatedBy uuid.UUID
	CreatedAt time.Time
	UpdatedAt time.Time

	Stages      []ReferralStage `gorm:"-"` // in order, at least one
	CompanyName string          `gorm:"->;-:migration"`
	CompanyEN   string          `gorm:"->;-:migration;column:company_en"`
	Currency    string          `gorm:"->;-:migration"` // the company's
}

// A ChecklistItem is one thing that makes a customer ready: “the last three annual accounts are at hand”.
type ChecklistItem struct {
	Text     string `json:"text"`
	TextEN   string `json:"text_en,omitempty"`
	Required bool   `json:"required,omitempty"` // without it nobody is introduced
}

// In is the text for a reader of a language.
func (c ChecklistItem) In(language string) string { return inEither(language, c.Text, c.TextEN) }

// A ReferralStage is one step of the way between a customer's yes and the end.
type ReferralStage struct {
	ID          uuid.UUID
	CompanyID   uuid.UUID
	ProgrammeID uuid.UUID
	Position    int
	Name        string
	NameEN      string `gorm:"column:name_en"`
}

// In is the stage's name for a reader of a language.
func (s ReferralStage) In(language string) string { return inEither(language, s.Name, s.NameEN) }

// inEither is a text in the reader's language; in Japanese where it was not written in English.
func inEither(language, ja, en string) string {
	if language == "en" && en != "" {
		return en
	}
	return ja
}

// FeeKind is how a fee is measured.
type FeeKind string

// The kinds of fee.
const (
	NoFee    FeeKind = "none"
	FixedFee FeeKind = "fixed" // an amount, once
	ShareFee FeeKind = "share" // a part of the revenue that the company reports month by month
)

// FeeKinds are all of them.
var FeeKinds = []FeeKind{NoFee, FixedFee, ShareFee}

// ReferralTerms are what a company offers for a referral.
type ReferralTerms struct {
	Fee        FeeKind `json:"fee"`
	Amount     int64   `json:"amount,omitempty"` // of a fixed fee: minor units, without consumption tax
	BP         int64   `json:"bp,omitempty"`     // of a share: basis points of the revenue
	Cap        int64   `json:"cap,omitempty"`    // the most that all shares of one referral come to; 0: none
	HoldMonths int     `json:"hold_months"`      // for how long from the customer's yes nobody else can introduce them

	// Licence is what introducing such customers for a fee needs by law (as with borrowers, Money Lending Business Act art. 3, or
	// workers, Employment Security Act art. 30); empty: none. Whoever introduces states a registration, and a person confirms it.
	Licence string `json:"licence,omitempty"`

	// Category is the kind of the fee for withholding. A commission for an introduction is not among the fees of Income Tax Act
	// art. 204, so that nothing is withheld unless the company's tax adviser says otherwise, as of somebody who sells for a living.
	Category string `json:"withholding_category"`
}

// FeeFor is the fee for revenue that a company reports, when so much of it was counted before; in minor units, fraction dropped.
func (t ReferralTerms) FeeFor(revenue, before int64) int64 {
	switch t.Fee {
	case FixedFee:
		return t.Amount
	case ShareFee:
		fee := revenue / 10_000 * t.BP
		fee += revenue % 10_000 * t.BP / 10_000
		if t.Cap > 0 {
			fee = min(fee, max(t.Cap-before, 0))
		}
		return fee
	}
	return 0
}

// Limits of programmes.
const (
	maxStages    = 10
	maxChecklist = 20
	maxWanted    = 2_000
	maxHold      = 36 // months
	wholeBP      = 10_000
)

// What can be wrong with a programme.
var (
	ErrStageInUse      = problem.Define(problem.Conflict, "stage_in_use", "Referrals stand at a stage that you took out. Move them first, or keep it.", "削除しようとした段階に進行中の紹介があります。先に移動するか、段階を残してください。")
	ErrProgrammeClosed = problem.Define(problem.Conflict, "programme_closed", "This programme takes no referrals any more. Choose another one.", "このプログラムは受付を終了しました。別のプログラムを選んでください。")
	ErrNotForYou       = problem.Define(problem.Conflict, "programme_not_for_you", "This programme is open to others of the network. Choose another one.", "このプログラムの対象に含まれていません。別のプログラムを選んでください。")
)

// A ProgrammeDraft is a programme as the office fills it in. A stage with an ID is one of the programme's, renamed or moved.
type ProgrammeDraft struct {
	Name, NameEN     string
	Wanted, WantedEN string
	Checklist        []ChecklistItem
	Stages           []ReferralStage
	OpenTo           CircleKind
	Terms            ReferralTerms
	Closed           bool
}

// check finds what is wrong with a draft, field by field, and puts it in order.
func (d *ProgrammeDraft) check() error {
	for _, f := range []struct {
		name string
		text *string
		most int
	}{{"name", &d.Name, maxTitle}, {"name_en", &d.NameEN, maxTitle}, {"licence", &d.Terms.Licence, maxName}} {
		*f.text = oneLine(strings.ToValidUTF8(*f.text, ""))
		if utf8.RuneCountInString(*f.text) > f.most {
			return ErrTooLong.On(f.name).With("max", f.most)
		}
	}
	d.Wanted, d.WantedEN = strings.TrimSpace(d.Wanted), strings.TrimSpace(d.WantedEN)
	if d.OpenTo == "" {
		d.OpenTo = ForMembers
	}
	switch {
	case d.Name == "":
		return ErrRequired.On("name")
	case utf8.RuneCountInString(d.Wanted) > maxWanted:
		return ErrTooLong.On("wanted").With("max", maxWanted)
	case utf8.RuneCountInString(d.WantedEN) > maxWanted:
		return ErrTooLong.On("wanted_en").With("max", maxWanted)
	case !slices.Contains(CircleKinds, d.OpenTo):
		return ErrNotOneOf.On("open_to").With("value", d.OpenTo).With("allowed", "members, alumni, staff")
	}
	if err := d.checkLists(); err != nil {
		return err
	}
	return d.Terms.check()
}

func (d *ProgrammeDraft) checkLists() error {
	d.Stages = slices.DeleteFunc(slices.Clone(d.Stages), func(s ReferralStage) bool { return oneLine(s.Name) == "" })
	d.Checklist = slices.DeleteFunc(slices.Clone(d.Checklist), func(c ChecklistItem) bool { return oneLine(c.Text) == "" })
	switch {
	case len(d.Stages) == 0:
		return ErrRequired.On("stages[0].name")
	case len(d.Stages) > maxStages:
		return ErrBetween.On("stages").With("min", 1).With("max", maxStages)
	case len(d.Checklist) > maxChecklist:
		return ErrBetween.On("checklist").With("min", 0).With("max", maxChecklist)
	}
	for i := range d.Stages {
		s := &d.Stages[i]
		s.Name, s.NameEN = oneLine(s.Name), oneLine(s.NameEN)
		if max(utf8.RuneCountInString(s.Name), utf8.RuneCountInString(s.NameEN)) > maxName {
			return ErrTooLong.On("stages["+itoa(i)+"].name").With("max", maxName)
		}
	}
	for i := range d.Checklist {
		c := &d.Checklist[i]
		c.Text, c.TextEN = oneLine(c.Text), oneLine(c.TextEN)
		if max(utf8.RuneCountInString(c.Text), utf8.RuneCountInString(c.TextEN)) > maxTitle {
			return ErrTooLong.On("checklist["+itoa(i)+"].text").With("max", maxTitle)
		}
	}
	return nil
}

// check keeps of the terms what their kind of fee has.
func (t *ReferralTerms) check() error {
	if t.Fee == "" {
		t.Fee = NoFee
	}
	if t.Category == "" {
		t.Category = WithholdingCategories[0]
	}
	switch {
	case !slices.Contains(FeeKinds, t.Fee):
		return ErrNotOneOf.On("fee.kind").With("value", t.Fee).With("allowed", "none, fixed, share")
	case t.HoldMonths < 1 || t.HoldMonths > maxHold:
		return ErrBetween.On("hold_months").With("min", 1).With("max", maxHold)
	case !slices.Contains(WithholdingCategories, t.Category):
		return ErrNotOneOf.On("withholding_category").With("value", t.Category).With("allowed", strings.Join(WithholdingCategories, ", "))
	}
	switch t.Fee {
	case FixedFee:
		t.BP, t.Cap = 0, 0
		return t.checkAmount("fee.amount", t.Amount, smallestYen)
	case ShareFee:
		t.Amount = 0
		if t.BP < 1 || t.BP > wholeBP {
			return ErrBetween.On("fee.basis_points").With("min", 1).With("max", wholeBP)
		}
		return t.checkAmount("fee.cap", t.Cap, 0)
	}
	t.Amount, t.BP, t.Cap = 0, 0, 0
	return nil
}

func (t ReferralTerms) checkAmount(field string, n, least int64) error {
	switch {
	case n < least && least > 0:
		return ErrSmallestCharge.On(field).With("min", Yen(least))
	case n < 0:
		return ErrAmountNotPositive.On(field)
	case n > maxAmount:
		return ErrAmountTooLarge.On(field).With("max", Yen(maxAmount))
	}
	return nil
}

// NameIn is the programme's name for a reader of a language.
func (p ReferralProgramme) NameIn(language string) string {
	return inEither(language, p.Name, p.NameEN)
}

// WantedIn says whom the company wants to meet, for a reader of a language.
func (p ReferralProgramme) WantedIn(language string) string {
	return inEither(language, p.Wanted, p.WantedEN)
}

// takes answers whether somebody of a standing may introduce by the programme: nil, ErrProgrammeClosed or ErrNotForYou.
func (p ReferralProgramme) takes(alumnus, staff bool) error {
	switch {
	case p.ClosedAt != nil:
		return ErrProgrammeClosed.On("programme_id")
	case p.OpenTo == ForAlumni && !alumnus, p.OpenTo == ForStaff && !staff, !alumnus && !staff:
		return ErrNotForYou.On("programme_id")
	}
	return nil
}

// Stage is one of the programme's stages; the zero stage where it is none of them.
func (p ReferralProgramme) Stage(id uuid.UUID) ReferralStage {
	return found(p.Stages, func(s ReferralStage) bool { return s.ID == id })
}
