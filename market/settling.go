package market

import (
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// Able lists the people who may do something at a company, each once: whom letters that ask for it go to.
func Able(tx *gorm.DB, company uuid.UUID, do Action) ([]uuid.UUID, error) {
	var ids []uuid.UUID
	return ids, tx.Raw("SELECT DISTINCT person_id FROM ("+carrying+") a ORDER BY person_id", carryingArgs(company, do)).Scan(&ids).Error
}

// carrying are the grants at a company that carry an action, by a fixed role or by one of the company's own.
const carrying = `SELECT g.person_id, g.accepted_at FROM role_grants g LEFT JOIN custom_roles c ON c.id = g.custom_id
	WHERE g.company_id = @company AND (g.role IN @roles OR c.permissions @> ARRAY[CAST(@action AS text)])`

func carryingArgs(company uuid.UUID, do Action) map[string]any {
	return map[string]any{"company": company, "roles": policy[do], "action": string(do)}
}

// Operators lists the people who run the installation.
func Operators(tx *gorm.DB) ([]uuid.UUID, error) {
	var ids []uuid.UUID
	return ids, tx.Raw("SELECT DISTINCT person_id FROM role_grants WHERE role = ? ORDER BY person_id", Operator).Scan(&ids).Error
}

// Holders lists the people who hold one of the roles at a company, each once: whom letters about its money go to.
func Holders(tx *gorm.DB, company uuid.UUID, roles ...Role) ([]uuid.UUID, error) {
	var ids []uuid.UUID
	return ids, tx.Raw("SELECT DISTINCT person_id FROM role_grants WHERE company_id = ? AND role IN ? ORDER BY person_id", company, roles).Scan(&ids).Error
}

// ReleaseTask takes an awarded task back from a bid whose contract ended before anything was paid for: it is published
// again for others to bid on, or canceled where its day has passed. It reports whether it is open again. Billing calls
// it in its own transaction.
func ReleaseTask(tx *gorm.DB, task, bid uuid.UUID, now time.Time) (reopened bool, err error) {
	var state []TaskState
	err = tx.Raw(`UPDATE tasks t SET version = t.version + 1, updated_at = @now,
			state = CASE WHEN t.due_on >= (@now AT TIME ZONE c.time_zone)::date OR t.due_on IS NULL THEN 'published' ELSE 'canceled' END
		FROM companies c WHERE c.id = t.company_id AND t.id = @task AND t.state = 'awarded' RETURNING t.state`,
		map[string]any{"task": task, "now": now}).Scan(&state).Error
	if err != nil || len(state) == 0 {
		return false, err
	}
	err = tx.Exec("UPDATE bids SET state = 'lost', updated_at = ? WHERE id = ? AND state = 'accepted'", now, bid).Error
	return state[0] == Published, err
}
