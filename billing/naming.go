package billing

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/billing/books"
	"homecoming/internal/problem"
	"homecoming/market"
)

// What can be wrong with the names that a company gives.
var (
	ErrTarget = problem.Define(problem.Invalid, "unknown_bookkeeping", "Choose one of: {choices}.", "次から選択してください：{choices}")
	ErrName   = problem.Define(problem.Invalid, "name_not_usable", "“{key}” is nothing that {target} has a name for, or its name is longer than 100 characters.",
		"「{key}」は{target}の項目ではないか、名称が100文字を超えています。")
	ErrUnmapped = problem.Define(problem.Conflict, "not_mapped", "{target} has no name for {field} “{key}”. Give it one under Exports → Account names, then export again.",
		"{target}の{field}「{key}」の名称が設定されていません。「データ出力」→「科目の設定」で設定してから、もう一度出力してください。")
)

// A BookName is one name that a company uses in a bookkeeping program.
type BookName struct {
	Field books.Field
	Key   string // a role, a tax key, a department's own name, or the id of a bank account of the company's own
	Value string
}

// Chart is how a company calls things in one program: what the program comes with, and what the company changed.
func (s *Service) Chart(ctx context.Context, who market.Actor, company uuid.UUID, target books.Target) (books.Chart, error) {
	if err := who.May(market.SeeMoney, company); err != nil {
		return books.Chart{}, err
	}
	c, err := market.CompanyByID(s.db.Gorm(ctx), company)
	if err != nil {
		return books.Chart{}, err
	}
	return chartOf(s.db.Gorm(ctx), c, target)
}

func chartOf(g *gorm.DB, c market.Company, target books.Target) (books.Chart, error) {
	if !slices.Contains(books.Targets, target) {
		return books.Chart{}, ErrTarget.On("target").With("choices", books.Targets)
	}
	var names []BookName
	err := g.Raw("SELECT field, key, value FROM book_names WHERE company_id = ? AND target = ?", c.ID, target).Scan(&names).Error
	if err != nil {
		return books.Chart{}, err
	}
	var accounts []BankAccount // closed ones too: what they paid stays in the books
	if err := g.Where("company_id = ?", c.ID).Order("id").Find(&accounts).Error; err != nil {
		return books.Chart{}, err
	}
	chart := books.DefaultChart(target, c.Language)
	for _, a := range accounts {
		chart = chart.Owning(a.ID.String(), a.Name, a.Kind == CurrentAccount)
	}
	return named(chart, names), nil
}

// named is a chart with names changed.
func named(chart books.Chart, names []BookName) books.Chart {
	for _, n := range names {
		chart = chart.With(n.Field, n.Key, n.Value)
	}
	return chart
}

// NameBooks sets names that a company uses in one program; those that are not mentioned stay.
func (s *Service) NameBooks(ctx context.Context, who market.Actor, company uuid.UUID, target books.Target, names []BookName) (books.Chart, error) {
	if err := who.May(market.KeepBooks, company); err != nil {
		return books.Chart{}, err
	}
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, err := market.CompanyByID(tx, company)
		if err != nil {
			return err
		}
		before, err := chartOf(tx, c, target)
		if err != nil {
			return err
		}
		changed := map[string]any{}
		for _, n := range names {
			old, err := nameIn(before, n)
			if err != nil {
				return err
			}
			if old == n.Value {
				continue
			}
			changed[string(n.Field)+" "+n.Key] = n.Value
			err = tx.Exec(`INSERT INTO book_names (company_id, target, field, key, value, updated_at, updated_by) VALUES (?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT (company_id, target, field, key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
				company, target, n.Field, n.Key, n.Value, s.clock.Now(), who.PersonID).Error
			if err != nil {
				return err
			}
		}
		if len(changed) == 0 {
			return nil
		}
		return market.Audit(tx, who, company, "books.name", "target:"+string(target), changed)
	})
	if err != nil {
		return books.Chart{}, err
	}
	return s.Chart(ctx, who, company, target)
}

// nameIn is the name that a chart has for something. It refuses what no chart has one for.
func nameIn(c books.Chart, n BookName) (string, error) {
	known := len(n.Key) <= 200 && len([]rune(n.Value)) <= 100
	old := ""
	switch n.Field {
	case books.AccountField:
		old = c.Accounts[books.Role(n.Key)]
		known = known && slices.Contains(books.Roles(c.Target), books.Role(n.Key))
	case books.SubField:
		old = c.Subs[books.Role(n.Key)]
		known = known && slices.Contains(books.Roles(c.Target), books.Role(n.Key))
	case books.TaxField:
		old = c.Taxes[n.Key]
	case books.InvoiceField:
		old = c.Invoices[n.Key]
	case books.DepartmentField:
		var renamed bool
		if old, renamed = c.Departments[n.Key]; !renamed {
			old = n.Key
		}
		known = known && n.Key != ""
	case books.OwnField, books.OwnSubField:
		var own books.OwnAccount
		own, known = c.Own[n.Key]
		known = known && len([]rune(n.Value)) <= 100
		if old = own.Account; n.Field == books.OwnSubField {
			old = own.Sub
		}
	case books.DimensionField:
		old = c.Dimension
		known = n.Key == "department" && slices.Contains(books.Dimensions, n.Value)
	default:
		known = false
	}
	if !known {
		return "", ErrName.On("names").With("key", n.Key).With("target", c.Target)
	}
	return old, nil
}

// fieldWords are the fields that must have a name.
var fieldWords = map[books.Field]problem.Word{books.AccountField: {EN: "account", JA: "勘定科目"}, books.TaxField: {EN: "tax code", JA: "税区分"}}

// unmapped says a missing name in words that lead to where it is given.
func unmapped(err error) error {
	var missing *books.Unmapped
	if !errors.As(err, &missing) {
		return err
	}
	return ErrUnmapped.With("target", missing.Target).With("field", fieldWords[missing.Field]).With("key", missing.Key).Because(err)
}
