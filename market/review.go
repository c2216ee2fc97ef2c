package market

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// A Review is what one side of a finished contract says of the other.
type Review struct {
	ContractID uuid.UUID
	CompanyID  uuid.UUID
	PersonID   uuid.UUID // the alumnus or alumna of the contract
	By         Side      `gorm:"column:by_side"` // who writes
	Rating     int       // whole, 1 to 5
	Text       string
	CreatedAt  time.Time
}

// blindFor is how long a review waits to be read for the other side's.
const blindFor = 14 * 24 * time.Hour

// ReadableReviews gives the reviews of a contract that one of its sides may read: its own at once, the other's when
// both are in or after 14 days, so that neither answers the other.
func ReadableReviews(g *gorm.DB, contract uuid.UUID, reader Side, now time.Time) ([]Review, error) {
	var all []Review
	if err := g.Where("contract_id = ?", contract).Order("id").Find(&all).Error; err != nil {
		return nil, err
	}
	both := len(all) == 2
	return slices.DeleteFunc(all, func(r Review) bool {
		return r.By != reader && !both && now.Before(r.CreatedAt.Add(blindFor))
	}), nil
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
