package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/db"
	"homecoming/market"
	"homecoming/matching"
)

// newcomer is a person who worked at the company once and can keep books, written straight into the database: how people
// come in is not what is measured.
func newcomer(ctx context.Context, d *db.DB, company uuid.UUID, i int) (uuid.UUID, error) {
	person, membership := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	email := fmt.Sprintf("alumna%d@alumni.test", i)
	now := time.Now().UTC()
	return person, d.Tx(ctx, func(tx *gorm.DB) error {
		skill, err := matching.ResolveSkill(tx, company, "bookkeeping")
		if err != nil {
			return err
		}
		return errors.Join(
			tx.Create(&market.Person{ID: person, Email: &email, FamilyName: "Alumna", GivenName: fmt.Sprint(i), Language: "en", RateCurrency: "JPY", CreatedAt: now}).Error,
			tx.Create(&market.Membership{ID: membership, CompanyID: company, PersonID: person, Email: email, CreatedAt: now}).Error,
			tx.Exec("INSERT INTO stints (id, company_id, membership_id, joined_on, left_on) VALUES (?, ?, ?, '2015-04-01', '2022-03-31')", uuid.Must(uuid.NewV7()), company, membership).Error,
			tx.Create(&market.HeldSkill{PersonID: person, SkillID: skill, Evidence: market.Attested, CompanyID: &company, Level: 3}).Error,
			market.TouchMembership(tx, membership), market.TouchPerson(tx, person))
	})
}
