package market

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// People from outside have no membership at the company until they are invited or bid; invitations, bids and contracts
// need one. It has no stints: it opens neither the directory nor the network, and earns no points for tenure.

// admit gives somebody from outside a membership at the company, or finds the one they have.
func (s *Service) admit(tx *gorm.DB, company, person uuid.UUID) (uuid.UUID, error) {
	now := s.clock.Now()
	done := tx.Exec(`INSERT INTO memberships (id, company_id, person_id, outside, joined_at, created_at)
		SELECT ?, ?, id, true, ?, ? FROM people WHERE id = ? ON CONFLICT ON CONSTRAINT membership_once DO NOTHING`, newID(), company, now, now, person)
	if done.Error != nil {
		return uuid.Nil, done.Error
	}
	var found []uuid.UUID
	if err := tx.Raw("SELECT id FROM memberships WHERE company_id = ? AND person_id = ?", company, person).Scan(&found).Error; err != nil {
		return uuid.Nil, err
	}
	if done.RowsAffected == 0 {
		return first(found), nil
	}
	return first(found), TouchPerson(tx, person)
}

// reached reports whether a task reaches a person by its rule now.
func (s *Service) reached(tx *gorm.DB, task, person uuid.UUID) (bool, error) {
	var n int64
	err := tx.Model(&Task{}).Where("tasks.id = ?", task).Where(reaches, map[string]any{"person": person, "now": s.clock.Now()}).Count(&n).Error
	return n > 0, err
}

// guests turns ids as a list of candidates shows them into memberships: those of the company as they are, and people from
// outside whom the task reaches into memberships of theirs. It refuses the first id that is neither.
func (s *Service) guests(tx *gorm.DB, t Task, ids []uuid.UUID) ([]uuid.UUID, error) {
	var known []Membership
	if err := tx.Where("company_id = ? AND (id IN ? OR outside AND person_id IN ?)", t.CompanyID, ids, ids).Find(&known).Error; err != nil {
		return nil, err
	}
	members := make([]uuid.UUID, len(ids))
	for i, id := range ids {
		at := slices.IndexFunc(known, func(m Membership) bool { return m.ID == id || m.Outside && m.PersonID == id })
		if at >= 0 && !known[at].Outside {
			members[i] = id
			continue
		}
		person := id
		if at >= 0 {
			person = known[at].PersonID
		}
		ok, err := s.reached(tx, t.ID, person)
		switch {
		case err != nil:
			return nil, err
		case !ok && at >= 0:
			return nil, ErrBarred.On("membership_ids["+itoa(i)+"]").With("value", id)
		case !ok:
			return nil, ErrUnknownMember.On("membership_ids["+itoa(i)+"]").With("value", id)
		}
		if members[i], err = s.admit(tx, t.CompanyID, person); err != nil {
			return nil, err
		}
	}
	return members, nil
}

// bidder is the membership under which the actor bids on a task: their own, or one that they are given now because the
// task reaches them from outside.
func (s *Service) bidder(tx *gorm.DB, who Actor, t Task) (uuid.UUID, error) {
	may := who.May(BidOnTasks, t.CompanyID)
	if t.State != Published {
		if may != nil {
			return uuid.Nil, may
		}
		return uuid.Nil, ErrTaskNotOpen.With("state", t.State)
	}
	var n int64
	err := who.ReachedTasks(tx.Model(&Task{}).Where("tasks.id = ?", t.ID), s.clock.Now()).Count(&n).Error
	switch {
	case err != nil:
		return uuid.Nil, err
	case n == 0 && may != nil:
		return uuid.Nil, may
	case n == 0:
		return uuid.Nil, ErrNotOpenToYou
	case may == nil:
		return membershipAt(who, t.CompanyID), nil
	}
	return s.admit(tx, t.CompanyID, who.PersonID)
}

// mustBeFree refuses the first member whom something keeps apart from the company. What it is stays with whoever made it.
func mustBeFree(tx *gorm.DB, company uuid.UUID, ids, members []uuid.UUID, now time.Time) error {
	var kept []uuid.UUID
	err := tx.Raw(`SELECT m.id FROM memberships m JOIN companies c ON c.id = m.company_id JOIN bars x ON x.company_id = c.id AND x.person_id = m.person_id
		WHERE c.id = @company AND m.id IN @members AND x.lifted_at IS NULL AND x.from_on <= `+today+` AND coalesce(x.until_on >= `+today+`, true)`,
		map[string]any{"company": company, "members": orNone(members), "now": now}).Scan(&kept).Error
	for i, m := range members {
		if err == nil && slices.Contains(kept, m) {
			return ErrBarred.On("membership_ids["+itoa(i)+"]").With("value", ids[i])
		}
	}
	return err
}
