package market

import (
	"encoding/json"
	"sync"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// A Company hands work to the people who used to work there.
type Company struct {
	ID             uuid.UUID
	Name           string
	NameEN         string `gorm:"column:name_en"`
	TimeZone       string // IANA name; days are the company's days
	Currency       string // ISO 4217; one a company for now
	Language       string // of its notices: ja or en
	Address        string
	TaxNumber      string // qualified-invoice number, T and 13 digits
	PlatformFeeBP  int64  `gorm:"column:platform_fee_bp"` // basis points, charged on top of the fee
	AutoAcceptDays int    // silence of so many days accepts delivered work
	PaymentDays    int    // the fee is due so many days after receipt, receipt being day 1; at most 60
	Rail           Rail   // how its next contracts are paid
	RefundLimit    *int64 // minor units; above it a refund takes two people, 0: always; nil: never
	NamesViewers   bool   // people learn the names of those of the company who opened their page
	CreatedAt      time.Time
	Formula        json.RawMessage // the constants of its score, as package matching reads them; nil for the house's
}

// A Rail is the way in which a company pays the people who work for it.
type Rail string

// The ways of paying.
const (
	Prefunded    Rail = "prefunded"     // charged before the work begins, and held
	OnAcceptance Rail = "on_acceptance" // charged once the work is accepted
	BankFile     Rail = "bank_file"     // from the company's own bank, once the work is accepted
)

// Rails are all of them, the usual first.
var Rails = []Rail{Prefunded, OnAcceptance, BankFile}

// PaysLater reports whether work begins before anything was paid in.
func (r Rail) PaysLater() bool { return r == OnAcceptance || r == BankFile }

// NameIn is the company's name for a reader of a language.
func (c Company) NameIn(language string) string {
	if language == "en" && c.NameEN != "" {
		return c.NameEN
	}
	return c.Name
}

// Zone is the company's time zone; an unknown name falls back to Tokyo.
func (c Company) Zone() *time.Location {
	if loc, ok := zones.Load(c.TimeZone); ok {
		return loc.(*time.Location)
	}
	loc, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return time.FixedZone("Asia/Tokyo", 9*60*60)
	}
	zones.Store(c.TimeZone, loc)
	return loc
}

// zones are those that were asked for: reading one costs a file, and a rebuild of an index asks a million times.
var zones sync.Map

// Today is the company's day at the moment now.
func (c Company) Today(now time.Time) civil.Date { return civil.DateOf(now.In(c.Zone())) }

// CompanyByID reads a company; ErrNotFound when there is none.
func CompanyByID(g *gorm.DB, id uuid.UUID) (Company, error) {
	var c Company
	return c, one(g.Where("id = ?", id).Take(&c))
}

// lockCompany reads a company and holds it: what is numbered, counted or taken first within it takes turns.
func lockCompany(tx *gorm.DB, id uuid.UUID) (Company, error) {
	return CompanyByID(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}), id)
}

func first(ids []uuid.UUID) uuid.UUID {
	if len(ids) == 0 {
		return uuid.Nil
	}
	return ids[0]
}
