package billing

import (
	"cmp"
	"slices"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
)

// A Rule is one thing that the law fixes, from a day on: a rate, a threshold, a category, a number of days. Rows are
// never changed; of two for the same day the later one holds. Where the law leaves a choice a company has rows of its
// own, which go before the installation's.
type Rule struct {
	Version   int64      // counts rows, over all companies, in the order in which they were added
	CompanyID *uuid.UUID // nil: of the whole installation
	Kind      RuleKind
	Key       string
	ValidFrom civil.Date `gorm:"type:date"`
	Value     int64      // basis points, yen, days or months, by kind and key
	Choice    string     // where the rule is no number; [House] ends a company's own row
	Source    string     // where it is written down
	Note      string
	AddedBy   *uuid.UUID // nil: came with the program
	AddedAt   time.Time
}

// A RuleKind is what a rule is about; with the key it names the rule.
type RuleKind string

// The kinds of rule, with their keys.
const (
	CategoryRule    RuleKind = "withholding_category" // market.WithholdingCategories; the choice is a Method
	WithholdingRule RuleKind = "withholding"          // rates in basis points, threshold and allowance in yen, due_day of the next month
	TaxRule         RuleKind = "consumption_tax"      // standard, reduced: basis points
	RoundingRule    RuleKind = "rounding"             // consumption_tax; the choice is a Rounding
	DeductibleRule  RuleKind = "deductible"           // unregistered: basis points of the tax
	RecordRule      RuleKind = "payment_record"       // above: yen a payee and year
	DaysRule        RuleKind = "payment_days"         // latest, reconsigned
	LengthRule      RuleKind = "contract_length"      // prohibitions and notice in months, notice_days in days
	ConfirmRule     RuleKind = "confirmation"         // statement: days of silence
	HolidayRule     RuleKind = "holiday"              // no key: the day itself, moved or made by a law of its own
)

// House is the choice of a company's row with which it goes back to the installation's.
const House = "house"

// A Rounding says what becomes of the fraction of a yen.
type Rounding string

// The ways of rounding.
const (
	Down   Rounding = "down"
	HalfUp Rounding = "half_up"
	Up     Rounding = "up"
)

// part is a·b/c, rounded.
func (r Rounding) part(a, b, c int64) int64 {
	switch r {
	case HalfUp:
		return (2*a*b + c) / (2 * c)
	case Up:
		return (a*b + c - 1) / c
	}
	return a * b / c
}

type ruleName struct {
	kind RuleKind
	key  string
}

// Rules are all the rows that hold for one company, as of a version: an immutable value that every statutory figure is
// computed from. The zero Rules know of no law: nothing is taxed, withheld or limited.
type Rules struct {
	version    int64
	house, own map[ruleName][]Rule // oldest first
}

// NewRules takes rows in any order. Rows of more than one company are not to be mixed.
func NewRules(rows []Rule) Rules {
	r := Rules{house: map[ruleName][]Rule{}, own: map[ruleName][]Rule{}}
	sorted := slices.SortedFunc(slices.Values(rows), func(a, b Rule) int {
		return cmp.Or(cmp.Compare(a.ValidFrom.String(), b.ValidFrom.String()), cmp.Compare(a.Version, b.Version))
	})
	for _, row := range sorted {
		set := r.house
		if row.CompanyID != nil {
			set = r.own
		}
		name := ruleName{row.Kind, row.Key}
		set[name] = append(set[name], row)
		r.version = max(r.version, row.Version)
	}
	return r
}

// Version is that of the newest row: the rules of a version are the same for ever.
func (r Rules) Version() int64 { return r.version }

// Installation is the rules without the company's own.
func (r Rules) Installation() Rules { return Rules{version: r.version, house: r.house} }

// On is the row that holds on a day; the zero Rule before the first.
func (r Rules) On(kind RuleKind, key string, day civil.Date) Rule {
	if own := latest(r.own[ruleName{kind, key}], day); own.Choice != House && own != (Rule{}) {
		return own
	}
	return latest(r.house[ruleName{kind, key}], day)
}

func (r Rules) value(kind RuleKind, key string, day civil.Date) int64 {
	return r.On(kind, key, day).Value
}

func latest(rows []Rule, day civil.Date) Rule {
	for _, row := range slices.Backward(rows) {
		if !row.ValidFrom.After(day) {
			return row
		}
	}
	return Rule{}
}
