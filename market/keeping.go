package market

import (
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/market/personal"
)

// keptPapers is true for the rows of somebody who was forgotten while a law has their papers kept: such rows are in no list, and
// finance alone opens them.
func keptPapers(person string) string {
	return "EXISTS (SELECT 1 FROM kept_payees kept WHERE kept.person_id = " + person + ")"
}

// keptUntil is the last day on which a law has papers of somebody kept; nil: there are none, or their time is over.
func (s *Service) keptUntil(g *gorm.DB, person uuid.UUID) (*civil.Date, error) {
	var last *civil.Date
	for _, room := range s.rooms {
		if room.Dealt == "" {
			continue
		}
		var days []time.Time
		if err := g.Raw("SELECT max(day) FROM ("+room.Dealt+") dealt(day) HAVING max(day) IS NOT NULL", map[string]any{"person": person.String()}).Scan(&days).Error; err != nil {
			return nil, err
		}
		for _, dealt := range days {
			if until := personal.Books.Until(civil.DateOf(dealt)); last == nil || until.After(*last) {
				last = &until
			}
		}
	}
	if last != nil && last.Before(letterDay(s.clock.Now())) {
		return nil, nil
	}
	return last, nil
}

// keepPapers sets the name aside by which somebody dealt, before it goes everywhere else.
func keepPapers(tx *gorm.DB, person uuid.UUID, until civil.Date) error {
	return tx.Exec(`INSERT INTO kept_payees (person_id, family_name, given_name, corporate_name, registration_number, kept_until)
		SELECT id, family_name, given_name, corporate_name, registration_number, ? FROM people WHERE id = ?`, until.String(), person).Error
}

// NoteLook writes into the log that the actor opened what a law has kept of somebody. Several looks at a thing within ten
// minutes, as a page takes them, are one.
func NoteLook(g *gorm.DB, who Actor, company uuid.UUID, subject string) error {
	var noted bool
	err := g.Raw("SELECT EXISTS (SELECT 1 FROM audit WHERE company_id = ? AND actor_id = ? AND action = 'kept.look' AND subject = ? AND at > now() - interval '10 minutes')",
		company, who.PersonID, subject).Scan(&noted).Error
	if err != nil || noted {
		return err
	}
	return Audit(g, who, company, "kept.look", subject, nil)
}
