package market

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// ShownTo is how far beyond the companies where they worked somebody agrees to be shown, and to see work.
type ShownTo string

// How far somebody may agree to. Nobody is what holds until they say otherwise.
const (
	ShownToNobody   ShownTo = "nobody"
	ShownToPartners ShownTo = "partners" // to partners of companies that they left
	ShownToEveryone ShownTo = "everyone" // to every company
)

// ShownWording is the version of the text that people agree to (profile.shown.* in the pages' catalogue). Whoever
// changes what the text says raises it.
const ShownWording = "2026-10"

// ErrWording is for a consent to a text that is not the present one.
var ErrWording = problem.Define(problem.Conflict, "wording_changed",
	"The text of this consent has changed. Read the present one ({wording}) and choose again.",
	"同意いただく文面が更新されました。最新の文面（{wording}）をご確認のうえ、もう一度お選びください。")

// SetShownTo records the actor's choice. wording is the version of the text that they saw; a choice that takes consent
// back needs none.
func (s *Service) SetShownTo(ctx context.Context, who Actor, choice ShownTo, wording string) error {
	switch {
	case choice != ShownToNobody && choice != ShownToPartners && choice != ShownToEveryone:
		return ErrNotOneOf.On("shown_to").With("value", choice).With("allowed", "nobody, partners, everyone")
	case choice != ShownToNobody && wording != ShownWording:
		return ErrWording.On("wording").With("wording", ShownWording)
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("UPDATE people SET shown_to = ? WHERE id = ? AND shown_to <> ?", choice, who.PersonID, choice)
		if done.Error != nil || done.RowsAffected == 0 {
			return done.Error
		}
		err := tx.Exec("INSERT INTO consents (id, person_id, purpose, choice, wording, given_at) VALUES (?, ?, ?, ?, ?, ?)",
			newID(), who.PersonID, BeyondOwn, choice, ShownWording, s.clock.Now()).Error
		if err != nil {
			return err
		}
		if err := TouchPerson(tx, who.PersonID); err != nil {
			return err
		}
		// Who takes consent back is in no view any more, and has to leave the index all the same.
		if err := tx.Exec("INSERT INTO index_pending (company_id, membership_id) VALUES (?, ?)", uuid.Nil, who.PersonID).Error; err != nil {
			return err
		}
		return Audit(tx, who, uuid.Nil, "profile.shown_to", "person:"+who.PersonID.String(), map[string]any{"choice": choice, "wording": ShownWording})
	})
}

// ShownConsents lists what the actor chose, the latest first.
func (s *Service) ShownConsents(ctx context.Context, who Actor) ([]Consent, error) {
	all, err := s.Consents(ctx, who)
	return slices.DeleteFunc(all, func(c Consent) bool { return c.Purpose != BeyondOwn }), err
}
