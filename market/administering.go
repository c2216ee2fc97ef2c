package market

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// What can be wrong with a company's own settings.
var (
	ErrZone        = problem.Define(problem.Invalid, "unknown_time_zone", "“{value}” is no time zone. Asia/Tokyo is one.", "「{value}」というタイムゾーンはありません。例：Asia/Tokyo")
	ErrCurrency    = problem.Define(problem.Invalid, "unknown_currency", "“{value}” is no currency code. JPY is one.", "「{value}」は通貨コードではありません。例：JPY")
	ErrTaxNumber   = problem.Define(problem.Invalid, "registration_number_form", "A registration number is T and 13 digits: T1234567890123.", "登録番号は「T」と13桁の数字です（例：T1234567890123）。")
	ErrBetween     = problem.Define(problem.Invalid, "out_of_range", "This must be from {min} to {max}.", "{min}から{max}の範囲で入力してください。")
	ErrBankFileYen = problem.Define(problem.Invalid, "bank_file_yen_only", "Transfer files carry yen alone. Choose another way of paying.", "振込データは日本円のみに対応しています。別の支払方法を選択してください。")
	ErrAddress     = problem.Define(problem.Invalid, "email_form", "“{value}” is no e-mail address.", "「{value}」はメールアドレスではありません。")
)

var (
	taxNumber = regexp.MustCompile(`^T[0-9]{13}$`)
	currency  = regexp.MustCompile(`^[A-Z]{3}$`)
	address   = regexp.MustCompile(`^[^@\s,;<>"]+@[^@\s,;<>"]+\.[^@\s,;<>".]+$`)
)

// maxName bounds names of people, companies and departments, in characters.
const maxName = 100

// A NewCompany is what it takes to begin. Empty settings take the usual: Asia/Tokyo, JPY, ja.
type NewCompany struct {
	Name, NameEN    string
	TimeZone        string
	Currency        string
	Language        string
	Address         string
	TaxNumber       string
	AdminEmail      string
	AdminFamilyName string
	AdminGivenName  string
	AdminFamilyKana string
	AdminGivenKana  string
	PlatformFeeBP   *int64 // basis points, on top of fees; nil: 500
}

// CreateCompany begins a company with its first administrator, who is somebody new or, when the address is known,
// is asked by letter to take the role. Like all of running.go it is for the installation's own commands.
func (s *Service) CreateCompany(ctx context.Context, n NewCompany) (Company, Person, error) {
	c := Company{ID: newID(), Name: strings.TrimSpace(n.Name), NameEN: n.NameEN, TimeZone: n.TimeZone, Currency: n.Currency, Language: n.Language,
		Address: n.Address, TaxNumber: n.TaxNumber, PlatformFeeBP: 500, AutoAcceptDays: 14, PaymentDays: 30, Rail: Prefunded, CreatedAt: s.clock.Now()}
	if n.PlatformFeeBP != nil {
		c.PlatformFeeBP = *n.PlatformFeeBP
	}
	c.TimeZone, c.Currency, c.Language = or(c.TimeZone, "Asia/Tokyo"), or(c.Currency, "JPY"), or(c.Language, "ja")
	if err := c.check(); err != nil {
		return Company{}, Person{}, err
	}
	var p Person
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := tx.Create(&c).Error; err != nil {
			return err
		}
		var err error
		p, err = s.grant(tx, c, Colleague{Email: n.AdminEmail, FamilyName: n.AdminFamilyName, GivenName: n.AdminGivenName,
			FamilyKana: n.AdminFamilyKana, GivenKana: n.AdminGivenKana, Role: Administrator})
		if err != nil {
			return err
		}
		return Audit(tx, Actor{}, c.ID, "company.create", "company:"+c.ID.String(), map[string]any{"name": c.Name, "administrator": p.ID})
	})
	return c, p, err
}

func or(s, usual string) string {
	if s = strings.TrimSpace(s); s == "" {
		return usual
	}
	return s
}

// check finds what is wrong with a company's settings; the first fault is returned.
func (c Company) check() error {
	_, zone := time.LoadLocation(c.TimeZone)
	switch {
	case c.Name == "":
		return ErrRequired.On("name")
	case len([]rune(c.Name)) > maxName:
		return ErrTooLong.On("name").With("max", maxName)
	case len([]rune(c.NameEN)) > maxName:
		return ErrTooLong.On("name_en").With("max", maxName)
	case len([]rune(c.Address)) > 3*maxName:
		return ErrTooLong.On("address").With("max", 3*maxName)
	case zone != nil || c.TimeZone == "" || c.TimeZone == "Local": // Go takes both for a zone, PostgreSQL neither
		return ErrZone.On("time_zone").With("value", c.TimeZone)
	case !currency.MatchString(c.Currency):
		return ErrCurrency.On("currency").With("value", c.Currency)
	case c.TaxNumber != "" && !taxNumber.MatchString(c.TaxNumber):
		return ErrTaxNumber.On("tax_number")
	case !slices.Contains(Rails, c.Rail):
		return ErrNotOneOf.On("rail").With("value", c.Rail).With("allowed", "prefunded, on_acceptance, bank_file")
	case c.Rail == BankFile && c.Currency != "JPY":
		return ErrBankFileYen.On("rail")
	case c.AutoAcceptDays < 1 || c.AutoAcceptDays > 45:
		return ErrBetween.On("auto_accept_days").With("min", 1).With("max", 45)
	case c.PlatformFeeBP < 0 || c.PlatformFeeBP > maxPlatformFeeBP:
		return ErrBetween.On("platform_fee_bp").With("min", 0).With("max", maxPlatformFeeBP)
	case c.PaymentDays < 0 || c.PaymentDays > 60: // Freelance Act art. 4
		return ErrBetween.On("payment_days").With("min", 0).With("max", 60)
	}
	return checkLanguage(c.Language)
}

func checkLanguage(l string) error {
	if !slices.Contains([]string{"ja", "en"}, l) {
		return ErrNotOneOf.On("language").With("value", l).With("allowed", "ja, en")
	}
	return nil
}

// Company reads a company that the actor belongs to in any role.
func (s *Service) Company(ctx context.Context, who Actor, id uuid.UUID) (Company, error) {
	if !who.Belongs(id) {
		return Company{}, ErrNotFound
	}
	return CompanyByID(s.db.Gorm(ctx), id)
}

// A CompanyEdit changes a company's settings; nil leaves one as it is. The currency and the platform's fee are not
// the company's to change.
type CompanyEdit struct {
	Name, NameEN, TimeZone, Language, Address, TaxNumber *string
	AutoAcceptDays, PaymentDays                          *int
	Rail                                                 *Rail
	RefundLimit                                          *int64 // below 0: refunds take one person, whatever the amount
	NamesViewers                                         *bool
}

// UpdateCompany changes a company's settings.
func (s *Service) UpdateCompany(ctx context.Context, who Actor, id uuid.UUID, e CompanyEdit) (Company, error) {
	if err := who.May(Administer, id); err != nil {
		return Company{}, err
	}
	var c Company
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		var err error
		if c, err = lockCompany(tx, id); err != nil {
			return err
		}
		for _, f := range []struct{ from, to *string }{{e.Name, &c.Name}, {e.NameEN, &c.NameEN}, {e.TimeZone, &c.TimeZone},
			{e.Language, &c.Language}, {e.Address, &c.Address}, {e.TaxNumber, &c.TaxNumber}} {
			change(f.to, f.from)
		}
		change(&c.AutoAcceptDays, e.AutoAcceptDays)
		change(&c.PaymentDays, e.PaymentDays)
		change(&c.Rail, e.Rail)
		change(&c.NamesViewers, e.NamesViewers)
		if e.RefundLimit != nil {
			c.RefundLimit = e.RefundLimit
			if *e.RefundLimit < 0 {
				c.RefundLimit = nil
			}
		}
		if err := c.check(); err != nil {
			return err
		}
		if err := tx.Save(&c).Error; err != nil {
			return err
		}
		return Audit(tx, who, id, "company.edit", "company:"+id.String(), e)
	})
	return c, err
}

// change sets a value unless the new one is nil; text loses the blanks around it.
func change[T any](to, from *T) {
	if from == nil {
		return
	}
	*to = *from
	if text, ok := any(to).(*string); ok {
		*text = strings.TrimSpace(*text)
	}
}
