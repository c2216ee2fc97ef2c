package market

import (
	"context"
	"slices"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"
)

// A ProfileLook is somebody of a company who opened a person's page, on a day. Lists and rankings are no looks, and nobody looks at
// themselves.
type ProfileLook struct {
	Day       civil.Date `gorm:"type:date"` // the company's
	CompanyID uuid.UUID
	Company   string
	CompanyEN string
	Role      string // the viewer's there: a fixed one, or the name of one that the company made
	Name      string // the viewer's; empty where the company did not show it that day
}

// looksKept is how many days looks are kept.
const looksKept = 90

// mostLooks is how many are listed.
const mostLooks = 200

// LookAt is [Service.Member] for somebody who opens the page of one person, who will learn of it.
func (s *Service) LookAt(ctx context.Context, who Actor, membership uuid.UUID) (Member, error) {
	m, err := s.Member(ctx, who, membership)
	if err != nil || m.PersonID == who.PersonID {
		return m, err
	}
	return m, s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, err := CompanyByID(tx, m.CompanyID)
		if err != nil {
			return err
		}
		return tx.Exec(`INSERT INTO profile_looks (person_id, company_id, viewer_id, day, role, named) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			m.PersonID, c.ID, who.PersonID, c.Today(s.clock.Now()), who.looksAs(c.ID), c.NamesViewers).Error
	})
}

// looksAs is the role in which the actor looks at people of a company: the one that is nearest to people.
func (a Actor) looksAs(company uuid.UUID) string {
	for _, r := range []Role{Manager, Office, Administrator} {
		if slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.CompanyID == company && g.Role == r }) {
			return string(r)
		}
	}
	for _, g := range a.Grants {
		if g.CompanyID == company && g.carries(SeePeople) {
			return g.Name
		}
	}
	return ""
}

// WhoLooked lists who looked at the actor's page, the latest day first.
func (s *Service) WhoLooked(ctx context.Context, who Actor) ([]ProfileLook, error) {
	var rows []struct {
		ProfileLook `gorm:"embedded"`
		Named       bool
		FamilyName  string
		GivenName   string
	}
	err := s.db.Gorm(ctx).Raw(`SELECT l.day, l.company_id, c.name AS company, c.name_en AS company_en, l.role, l.named, p.family_name, p.given_name
		FROM profile_looks l JOIN companies c ON c.id = l.company_id JOIN people p ON p.id = l.viewer_id
		WHERE l.person_id = ? AND l.day > ? ORDER BY l.day DESC, c.name, l.role, l.viewer_id LIMIT ?`, who.Self(), s.looksSince(), mostLooks).Scan(&rows).Error
	list := make([]ProfileLook, len(rows))
	for i, r := range rows {
		list[i] = r.ProfileLook
		if r.Named {
			list[i].Name = Person{FamilyName: r.FamilyName, GivenName: r.GivenName}.Name()
		}
	}
	return list, err
}

// looksSince is the last day whose looks are not kept any more.
func (s *Service) looksSince() civil.Date {
	return civil.DateOf(s.clock.Now().UTC().Add(-looksKept * 24 * time.Hour))
}
