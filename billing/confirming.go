package billing

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/market"
)

// ConfirmPaper is the supplier's own word that a statement is right. hash is that of the version they looked at; what was
// corrected since is not confirmed by it. It returns ErrOtherVersion, ErrNotAsked or ErrAnswered.
func (s *Service) ConfirmPaper(ctx context.Context, who market.Actor, id uuid.UUID, hash string, by AnswerMeans) (Paper, error) {
	return s.answer(ctx, who, id, hash, PaperAnswer{Answer: Confirmed, Means: string(by)})
}

// ObjectToPaper says what is wrong with a statement. Silence confirms it no longer; finance is told, and corrects it or
// answers. The supplier may still confirm it.
func (s *Service) ObjectToPaper(ctx context.Context, who market.Actor, id uuid.UUID, hash, message string, by AnswerMeans) (Paper, error) {
	if err := checkMessage(message, true); err != nil {
		return Paper{}, err
	}
	return s.answer(ctx, who, id, hash, PaperAnswer{Answer: Objected, Means: string(by), Message: message})
}

func (s *Service) answer(ctx context.Context, who market.Actor, id uuid.UUID, hash string, a PaperAnswer) (Paper, error) {
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("SELECT 1 FROM issued_documents WHERE id = ? FOR NO KEY UPDATE", id).Error; err != nil {
			return err
		}
		p, err := visiblePaper(tx, who, id)
		if err != nil {
			return err
		}
		if err := p.answerable(who, hash); err != nil {
			return err
		}
		a.ID, a.CompanyID, a.DocumentID, a.DataHash, a.At, a.PersonID = newID(), p.CompanyID, p.ID, p.DataHash, s.clock.Now(), &who.PersonID
		if err := tx.Create(&a).Error; err != nil {
			return err
		}
		if a.Answer == Objected {
			if err := s.tellObjection(tx, who, p, a.Message); err != nil {
				return err
			}
		}
		return market.Audit(tx, who, p.CompanyID, "document."+string(a.Answer), "document:"+p.ID.String(), map[string]any{"number": p.Number(), "version": p.Version, "hash": p.DataHash})
	})
	if err != nil {
		return Paper{}, err
	}
	return s.Paper(ctx, who, id)
}

// answerable refuses whoever is not the supplier, and what is not the statement in force.
func (p Paper) answerable(who market.Actor, hash string) error {
	switch {
	case p.PersonID == nil || *p.PersonID != who.Self():
		return market.ErrForbidden.With("action", string(market.DeliverWork))
	case p.ConfirmBy == nil:
		return ErrNotAsked
	case !p.Latest || hash != p.DataHash:
		return ErrOtherVersion.On("hash")
	case p.Answer == Confirmed || p.Answer == Deemed:
		return ErrAnswered
	}
	return nil
}

func (s *Service) tellObjection(tx *gorm.DB, who market.Actor, p Paper, message string) error {
	readers, err := market.Holders(tx, p.CompanyID, market.Finance)
	if err != nil {
		return err
	}
	var manager []uuid.UUID
	if err := tx.Raw("SELECT manager_id FROM contracts WHERE id = ?", p.ContractID).Scan(&manager).Error; err != nil {
		return err
	}
	told := map[uuid.UUID]bool{}
	for _, reader := range append(readers, manager...) {
		if told[reader] {
			continue
		}
		told[reader] = true
		err := jobs.Enqueue(tx, market.Letter{Letter: market.LetterObjection, PersonID: reader, CompanyID: p.CompanyID, Path: "/documents/" + p.ID.String(),
			Facts: map[string]any{"number": p.Number(), "title": p.Title, "message": message}}.Naming("from", who.PersonID, who.Name))
		if err != nil {
			return err
		}
	}
	return nil
}

// DeemConfirmed takes every statement to be confirmed that was left without a word for the agreed number of days, and
// returns how many. One that was objected to or corrected since is not.
func (s *Service) DeemConfirmed(ctx context.Context) (int, error) {
	now := s.clock.Now()
	var due []Paper
	err := s.db.Gorm(ctx).Raw(listedPapers+` WHERE d.confirm_by <= ? AND NOT EXISTS (SELECT 1 FROM document_answers a WHERE a.document_id = d.id)
		AND NOT EXISTS (SELECT 1 FROM issued_documents n WHERE n.company_id = d.company_id AND n.kind = d.kind AND n.subject = d.subject AND n.version > d.version)
		ORDER BY d.confirm_by LIMIT 500`, now).Scan(&due).Error
	if err != nil {
		return 0, err
	}
	done := 0
	var failures []error
	for _, p := range due {
		failures = append(failures, s.db.Tx(ctx, func(tx *gorm.DB) error {
			isNew, err := s.deem(tx, p)
			if isNew && err == nil {
				done++
			}
			return err
		}))
	}
	return done, errors.Join(failures...)
}

// deem holds the document first, so that an answer given meanwhile goes before silence.
func (s *Service) deem(tx *gorm.DB, p Paper) (isNew bool, err error) {
	if err := tx.Exec("SELECT 1 FROM issued_documents WHERE id = ? FOR NO KEY UPDATE", p.ID).Error; err != nil {
		return false, err
	}
	made := tx.Exec(`INSERT INTO document_answers (id, company_id, document_id, answer, means, data_hash, at)
		SELECT ?, ?, ?, 'deemed', 'silence', ?, ? WHERE NOT EXISTS (SELECT 1 FROM document_answers WHERE document_id = ?)`, newID(), p.CompanyID, p.ID, p.DataHash, s.clock.Now(), p.ID)
	if made.Error != nil || made.RowsAffected == 0 {
		return false, made.Error
	}
	return true, market.Audit(tx, market.Actor{}, p.CompanyID, "document.deemed", "document:"+p.ID.String(), map[string]any{"number": p.Number(), "version": p.Version, "hash": p.DataHash})
}
