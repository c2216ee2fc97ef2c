package market

import (
	"errors"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// errRaced says that another company's import took an address between our look and our write.
var errRaced = errors.New("somebody else made this person in the meantime")

// recognise finds who the comers are, and makes those who are nobody yet.
func (in *intake) recognise(comers []*comer) error {
	for range 3 {
		err := in.tx.Transaction(func(tx *gorm.DB) error { // a savepoint
			if err := in.lookUp(tx, comers); err != nil {
				return err
			}
			return in.make(tx, comers)
		})
		if !errors.Is(err, errRaced) {
			return err
		}
	}
	return errRaced
}

// A sighting is a person whom an address of the file may mean.
type sighting struct {
	Person       `gorm:"embedded"`
	Address      string    // as the file has it
	MembershipID uuid.UUID // at this company; zero when there is none
	ByRecord     bool      // this company's own records have the address
	Here         bool      // has a membership or took a role here
	Elsewhere    bool      // the same at another company
}

// lookUp tells the comers whom we know: by this company's records first, then by the address they sign in with.
func (in *intake) lookUp(tx *gorm.DB, comers []*comer) error {
	emails := make([]string, len(comers))
	for i, c := range comers {
		emails[i] = c.email
	}
	if len(emails) == 0 {
		return nil
	}
	var seen []sighting
	err := tx.Raw(`
		WITH known AS (
			SELECT m.email AS address, m.person_id, m.id AS membership_id, true AS by_record FROM memberships m WHERE m.company_id = @company AND m.email <> '' AND m.email IN @emails
			UNION ALL
			SELECT p.email, p.id, m.id, false FROM people p LEFT JOIN memberships m ON m.person_id = p.id AND m.company_id = @company WHERE p.email IN @emails)
		SELECT p.*, k.address, coalesce(k.membership_id, '00000000-0000-0000-0000-000000000000') AS membership_id, k.by_record,
			k.membership_id IS NOT NULL OR EXISTS (SELECT 1 FROM role_grants r WHERE r.person_id = p.id AND r.company_id = @company AND r.accepted_at IS NOT NULL) AS here,
			EXISTS (SELECT 1 FROM role_grants r WHERE r.person_id = p.id AND r.company_id <> @company AND r.accepted_at IS NOT NULL)
				OR EXISTS (SELECT 1 FROM memberships o WHERE o.person_id = p.id AND o.company_id <> @company) AS elsewhere
		FROM known k JOIN people p ON p.id = k.person_id ORDER BY k.by_record`, // our own record comes last and wins
		map[string]any{"company": in.c.ID, "emails": emails}).Scan(&seen).Error
	if err != nil {
		return err
	}
	by := map[string]sighting{}
	for _, s := range seen {
		by[s.Address] = s
	}
	for _, c := range comers {
		in.settle(c, by[c.email])
	}
	return nil
}

// settle decides what a sighting means for a comer.
func (in *intake) settle(c *comer, s sighting) {
	known := s.Person.ID != uuid.Nil
	c.fresh, c.unknown, c.knownAs = true, false, uuid.Nil
	switch {
	case known && s.ByRecord, known && s.Here && !s.Elsewhere && s.MembershipID != uuid.Nil:
		c.person, c.membership = s.Person, s.MembershipID
		c.fresh, c.ours = false, !s.Elsewhere && s.FirstSignInAt == nil
	case known && s.Here && !s.Elsewhere: // a colleague of this company alone
		c.person, c.membership, c.ours = s.Person, newID(), s.FirstSignInAt == nil
	default:
		c.unknown, c.ours, c.membership = true, true, newID()
		c.person = Person{ID: newID(), Language: in.c.Language, RateCurrency: in.c.Currency, CreatedAt: in.s.clock.Now()}
		c.describe(in.c.Currency)
		if known {
			c.knownAs = s.Person.ID // a stand-in without an address; the two meet when the person says so
		} else {
			c.person.Email = &c.email
		}
	}
}

// make writes the new people, their memberships and the proposals.
func (in *intake) make(tx *gorm.DB, comers []*comer) error {
	var people []Person
	var members []Membership
	for _, c := range comers {
		if !c.fresh {
			continue
		}
		m := Membership{ID: c.membership, CompanyID: in.c.ID, PersonID: c.person.ID, Email: c.email, CreatedAt: in.s.clock.Now()}
		if c.person.FirstSignInAt != nil {
			m.JoinedAt = &m.CreatedAt
		}
		members = append(members, m)
		if c.unknown {
			people = append(people, c.person)
		}
	}
	if len(people) > 0 {
		done := tx.Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(&people, 500)
		if done.Error != nil {
			return done.Error
		}
		if done.RowsAffected != int64(len(people)) {
			return errRaced
		}
	}
	if len(members) > 0 {
		if err := tx.CreateInBatches(&members, 500).Error; err != nil {
			return err
		}
	}
	return in.propose(tx, comers)
}

func (in *intake) propose(tx *gorm.DB, comers []*comer) error {
	for _, c := range comers {
		if c.knownAs == uuid.Nil {
			continue
		}
		err := tx.Exec("INSERT INTO link_proposals (membership_id, company_id, person_id, created_at) VALUES (?, ?, ?, ?)",
			c.membership, in.c.ID, c.knownAs, in.s.clock.Now()).Error
		if err != nil {
			return err
		}
	}
	return nil
}
