package market

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// An Entity is a legal entity of a company: the one that employed somebody, where a company is several. Files name it in a
// column of its own, and a stint says which it was.
type Entity struct {
	ID        uuid.UUID
	CompanyID uuid.UUID
	Name      string
	NameEN    string         `gorm:"column:name_en"`
	TaxNumber string         // qualified-invoice number, T and 13 digits; empty when it has none
	Aliases   pq.StringArray `gorm:"type:text[]"` // as files write it

	People int `gorm:"->;-:migration"` // members who were with it
}

// An EntityEdit changes an entity; nil leaves a thing as it is.
type EntityEdit struct {
	Name, NameEN, TaxNumber *string
	Aliases                 *[]string
}

// ErrEntityTaken is for a name that stands there already.
var ErrEntityTaken = problem.Define(problem.Conflict, "entity_exists", "There is an entity of this name already.", "同じ名称の法人がすでにあります。")

// apply writes the edit into the entity and finds what is wrong with the outcome.
func (e EntityEdit) apply(at *Entity) error {
	change(&at.Name, e.Name)
	change(&at.NameEN, e.NameEN)
	change(&at.TaxNumber, e.TaxNumber)
	if e.Aliases != nil {
		at.Aliases = pq.StringArray(*e.Aliases)
	}
	switch {
	case at.Name == "":
		return ErrRequired.On("name")
	case len([]rune(at.Name)) > maxName:
		return ErrTooLong.On("name").With("max", maxName)
	case len([]rune(at.NameEN)) > maxName:
		return ErrTooLong.On("name_en").With("max", maxName)
	case at.TaxNumber != "" && !taxNumber.MatchString(at.TaxNumber):
		return ErrTaxNumber.On("tax_number")
	case len(at.Aliases) > maxAliases:
		return ErrTooManyAliases.On("aliases").With("max", maxAliases)
	}
	return nil
}

// called reports whether a file means this entity by a text.
func (e Entity) called(text string) bool {
	return slices.ContainsFunc(append([]string{e.Name, e.NameEN}, e.Aliases...), func(name string) bool { return text != "" && strings.EqualFold(name, text) })
}

// Entities lists a company's legal entities by name, for anybody who belongs there.
func (s *Service) Entities(ctx context.Context, who Actor, company uuid.UUID) ([]Entity, error) {
	if !who.InNetwork(company) {
		return nil, ErrNotFound
	}
	return entitiesOf(s.db.Gorm(ctx).Select("entities.*, (SELECT count(DISTINCT membership_id) FROM stints WHERE entity_id = entities.id) AS people"), company)
}

func entitiesOf(g *gorm.DB, company uuid.UUID) ([]Entity, error) {
	var list []Entity
	return list, g.Where("company_id = ?", company).Order("name").Find(&list).Error
}

// SaveEntity makes an entity (the nil id) or changes one. Stints that files wrote its name on name it from then on.
func (s *Service) SaveEntity(ctx context.Context, who Actor, company, id uuid.UUID, e EntityEdit) (Entity, error) {
	at := Entity{ID: id, CompanyID: company, Aliases: []string{}}
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		action := "entity.edit"
		if id == uuid.Nil {
			at.ID, action = newID(), "entity.add"
		} else if err := one(tx.Where("id = ?", id).Take(&at)); err != nil {
			return err
		}
		if err := who.May(ManagePeople, at.CompanyID); err != nil {
			return err
		}
		if err := e.apply(&at); err != nil {
			return err
		}
		if err := tx.Save(&at).Error; err != nil {
			return refused(err, map[string]*problem.Error{"entities_name_once": ErrEntityTaken.On("name")})
		}
		err := tx.Exec(`UPDATE stints SET entity_id = @id WHERE company_id = @company AND entity_id IS NULL AND entity <> '' AND lower(entity) IN @names`,
			map[string]any{"id": at.ID, "company": at.CompanyID, "names": lowered(at)}).Error
		if err != nil {
			return err
		}
		return Audit(tx, who, at.CompanyID, action, "entity:"+at.ID.String(), map[string]any{"name": at.Name, "tax_number": at.TaxNumber})
	})
	return at, err
}

// lowered are the names of an entity in small letters.
func lowered(e Entity) []string {
	names := []string{strings.ToLower(e.Name), strings.ToLower(e.NameEN)}
	for _, a := range e.Aliases {
		names = append(names, strings.ToLower(a))
	}
	return names
}
