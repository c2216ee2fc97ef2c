package market

import (
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// VisibleMembers narrows a query over memberships m to those of a company that the actor may find there at a moment:
// in the directory and by search alike. People from outside are in no directory. Those who keep the register see everybody in it. Others, who look for people
// to work with, see neither those who hide from the company nor those who are kept apart from it, by whomever.
func (a Actor) VisibleMembers(q *gorm.DB, company uuid.UUID, now time.Time) *gorm.DB {
	if a.May(SeePeople, company) != nil {
		return q.Where("false")
	}
	q = q.Where("m.company_id = ? AND NOT m.outside", company)
	if a.May(ManagePeople, company) == nil {
		return q
	}
	return q.Where(`NOT m.hidden AND NOT EXISTS (SELECT 1 FROM bars x JOIN companies c ON c.id = x.company_id
		WHERE x.company_id = m.company_id AND x.person_id = m.person_id AND x.lifted_at IS NULL
		AND x.from_on <= `+today+` AND coalesce(x.until_on >= `+today+`, true))`, map[string]any{"now": now})
}

// VisibleMembersByID reads those of the memberships of a company that the actor may find there, in any order.
func VisibleMembersByID(g *gorm.DB, who Actor, company uuid.UUID, ids []uuid.UUID, now time.Time) ([]Member, error) {
	return membersAt(g, who.VisibleMembers(g, company, now).Where("m.id IN ?", orNone(ids)), now, who.viewing)
}
