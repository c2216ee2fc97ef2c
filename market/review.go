package market

import (
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// A Review is what one side of a finished contract says of the other.
type Review struct {
	ContractID uuid.UUID
	CompanyID  uuid.UUID
	PersonID   uuid.UUID // the alumnus or alumna of the contract
	By         Side      // who writes
	Rating     int       // whole, 1 to 5
	Text       string
}

// What can be wrong with a review.
var (
	ErrRating        = problem.Define(problem.Invalid, "rating_out_of_range", "A rating is a whole number from 1 to 5.", "評価は1から5の整数で入力してください。")
	ErrReviewedTwice = problem.Define(problem.Conflict, "already_reviewed", "You have reviewed this contract already.", "この契約の評価はすでに送信済みです。")
)

// RecordReview keeps a review, once per side, in billing's transaction, which knows the contract. The company's
// rating counts in the person's record everywhere.
func (s *Service) RecordReview(tx *gorm.DB, who Actor, r Review) error {
	if r.Rating < 1 || r.Rating > 5 {
		return ErrRating.On("rating")
	}
	if len([]rune(r.Text)) > maxMessage {
		return ErrTooLong.On("text").With("max", maxMessage)
	}
	err := tx.Exec("INSERT INTO reviews (id, company_id, contract_id, person_id, by_side, rating, text, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		newID(), r.CompanyID, r.ContractID, r.PersonID, r.By, r.Rating, r.Text, s.clock.Now()).Error
	if err != nil {
		return refused(err, map[string]*problem.Error{"reviewed_once": ErrReviewedTwice})
	}
	if r.By == ByCompany {
		if err := TouchPerson(tx, r.PersonID); err != nil {
			return err
		}
	}
	return Audit(tx, who, r.CompanyID, "contract.review", "contract:"+r.ContractID.String(), map[string]any{"by": r.By, "rating": r.Rating})
}
