package billing

import (
	"context"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// Rules are those that hold for a company now, its own among them.
func (s *Service) Rules(ctx context.Context, company uuid.UUID) (Rules, error) {
	return rulesFor(s.db.Gorm(ctx), company)
}

// rulesFor reads every row of the installation and of a company.
func rulesFor(g *gorm.DB, company uuid.UUID) (Rules, error) {
	var rows []Rule
	err := g.Where("company_id IS NULL OR company_id = ?", company).Find(&rows).Error
	return NewRules(rows), err
}

// rulesAt reads them as they were at a version, so that an old line of money can be computed again.
func rulesAt(g *gorm.DB, company uuid.UUID, version int64) (Rules, error) {
	var rows []Rule
	err := g.Where("(company_id IS NULL OR company_id = ?) AND version <= ?", company, version).Find(&rows).Error
	return NewRules(rows), err
}
