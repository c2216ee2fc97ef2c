package billing

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
	"homecoming/market"
)

// ProveSkills makes the skills that a completed contract's task wanted proven evidence of its alumnus, at the wanted
// level; a higher level proven before stays.
func ProveSkills(tx *gorm.DB, c Contract, now time.Time) error {
	err := tx.Exec(`INSERT INTO person_skills (person_id, skill_id, evidence, company_id, level, updated_at)
		SELECT ?, skill_id, ?, company_id, level, ? FROM task_skills WHERE task_id = ?
		ON CONFLICT ON CONSTRAINT person_skill_once DO UPDATE
		SET level = greatest(person_skills.level, excluded.level), updated_at = excluded.updated_at`,
		c.PersonID, market.Proven, now, c.TaskID).Error
	if err != nil {
		return err
	}
	return market.TouchPerson(tx, c.PersonID)
}

// ErrNotFinished is a review of a contract that is still running.
var ErrNotFinished = problem.Define(problem.Conflict, "contract_not_finished",
	"This contract is {state}; it can be reviewed once it is completed.", "この契約は現在「{state}」です。評価は完了後に入力できます。")

// Review says how a completed contract went, once for each side: rating is whole, 1 to 5.
func (s *Service) Review(ctx context.Context, who market.Actor, contract uuid.UUID, rating int, text string) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		var c Contract
		if err := one(who.VisibleContracts(tx.Where("contracts.id = ?", contract)).Take(&c)); err != nil {
			return err
		}
		side := market.ByAlumnus
		if who.PersonID != c.PersonID {
			if err := mayAct(who, c, TheCompany); err != nil {
				return err
			}
			side = market.ByCompany
		}
		if c.State != ContractCompleted {
			return ErrNotFinished.With("state", word(string(c.State)))
		}
		return s.market.RecordReview(tx, who, market.Review{ContractID: c.ID, CompanyID: c.CompanyID, PersonID: c.PersonID,
			By: side, Rating: rating, Text: text})
	})
}
