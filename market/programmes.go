package market

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// CreateProgramme begins a programme of a company.
func (s *Service) CreateProgramme(ctx context.Context, who Actor, company uuid.UUID, d ProgrammeDraft) (ReferralProgramme, error) {
	if err := who.May(RunReferrals, company); err != nil {
		return ReferralProgramme{}, err
	}
	if err := d.check(); err != nil {
		return ReferralProgramme{}, err
	}
	now := s.clock.Now()
	p := ReferralProgramme{ID: newID(), CompanyID: company, CreatedBy: who.PersonID, CreatedAt: now}
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		if _, err := CompanyByID(tx, company); err != nil {
			return err
		}
		for i := range d.Stages {
			d.Stages[i].ID = uuid.Nil // nobody brings another programme's along
		}
		if err := s.saveProgramme(tx, &p, d); err != nil {
			return err
		}
		return Audit(tx, who, company, "referral_programme.create", "referral_programme:"+p.ID.String(), map[string]any{"name": p.Name})
	})
	return p, err
}

// EditProgramme replaces what a programme says, seen being the version that the writer looked at. Referrals keep the terms under
// which they were made.
func (s *Service) EditProgramme(ctx context.Context, who Actor, id uuid.UUID, seen int, d ProgrammeDraft) (ReferralProgramme, error) {
	var p ReferralProgramme
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		p = ReferralProgramme{}
		if err := one(tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", id).Take(&p)); err != nil {
			return err
		}
		if err := who.May(RunReferrals, p.CompanyID); err != nil {
			return err
		}
		if p.Version != seen {
			return ErrStaleVersion.On("version")
		}
		if err := d.check(); err != nil {
			return err
		}
		if err := s.saveProgramme(tx, &p, d); err != nil {
			return err
		}
		return Audit(tx, who, p.CompanyID, "referral_programme.edit", "referral_programme:"+id.String(), map[string]any{"version": p.Version, "closed": d.Closed})
	})
	return p, err
}

func (s *Service) saveProgramme(tx *gorm.DB, p *ReferralProgramme, d ProgrammeDraft) error {
	now := s.clock.Now()
	p.Name, p.NameEN, p.Wanted, p.WantedEN, p.Checklist, p.OpenTo, p.Terms = d.Name, d.NameEN, d.Wanted, d.WantedEN, d.Checklist, d.OpenTo, d.Terms
	if p.Checklist == nil {
		p.Checklist = []ChecklistItem{}
	}
	switch {
	case !d.Closed:
		p.ClosedAt = nil
	case p.ClosedAt == nil:
		p.ClosedAt = &now
	}
	p.Version, p.UpdatedAt = p.Version+1, now
	if err := tx.Save(p).Error; err != nil {
		return err
	}
	return saveStages(tx, p, d.Stages)
}

// saveStages renames, moves, adds and takes out stages. One at which referrals stand stays.
func saveStages(tx *gorm.DB, p *ReferralProgramme, stages []ReferralStage) error {
	var had []ReferralStage
	if err := tx.Where("programme_id = ?", p.ID).Find(&had).Error; err != nil {
		return err
	}
	p.Stages = make([]ReferralStage, len(stages))
	for i, st := range stages {
		known := slices.ContainsFunc(had, func(h ReferralStage) bool { return h.ID == st.ID })
		if !known {
			if st.ID != uuid.Nil {
				return ErrNoStage.On("stages[" + itoa(i) + "].id")
			}
			st.ID = newID()
		}
		st.CompanyID, st.ProgrammeID, st.Position = p.CompanyID, p.ID, i
		if err := tx.Save(&st).Error; err != nil {
			return err
		}
		p.Stages[i] = st
	}
	for _, h := range had {
		if p.Stage(h.ID).ID != uuid.Nil {
			continue
		}
		var used bool
		if err := tx.Raw(`SELECT EXISTS (SELECT 1 FROM referrals WHERE stage_id = @id) OR EXISTS (SELECT 1 FROM referral_moves WHERE stage_id = @id)`, map[string]any{"id": h.ID}).Scan(&used).Error; err != nil {
			return err
		}
		if used { // also where a referral once stood: its timeline names the stage
			return ErrStageInUse.On("stages")
		}
		if err := tx.Exec("DELETE FROM referral_stages WHERE id = ?", h.ID).Error; err != nil {
			return err
		}
	}
	return nil
}

// standing is as what somebody may introduce customers to a company: an alumnus, one of its own people, or both.
func (a Actor) standing(company uuid.UUID) (alumnus, staff bool) {
	for _, g := range a.Grants {
		if g.CompanyID != company || g.Role == Outsider || g.Role == Operator {
			continue
		}
		alumnus, staff = alumnus || g.Role == Alumnus, staff || g.Role != Alumnus
	}
	return alumnus, staff
}

const programmesWithNames = `SELECT p.*, c.name AS company_name, c.name_en AS company_en, c.currency FROM referral_programmes p JOIN companies c ON c.id = p.company_id`

// Programmes lists a company's programmes, those that are open first: all of them for whoever runs or follows its referrals.
func (s *Service) Programmes(ctx context.Context, who Actor, company uuid.UUID) ([]ReferralProgramme, error) {
	if err := who.May(FollowReferrals, company); err != nil {
		return nil, err
	}
	return readProgrammes(s.db.Gorm(ctx).Raw(programmesWithNames+" WHERE p.company_id = ? ORDER BY p.closed_at IS NOT NULL, p.created_at, p.id", company), s.db.Gorm(ctx))
}

// OpenProgrammes lists by which programmes the actor may introduce customers now, at all of their companies.
func (s *Service) OpenProgrammes(ctx context.Context, who Actor) ([]ReferralProgramme, error) {
	g := s.db.Gorm(ctx)
	list, err := readProgrammes(g.Raw(programmesWithNames+" WHERE p.closed_at IS NULL AND p.company_id IN @companies AND NOT "+barred+" ORDER BY c.name, p.created_at, p.id",
		map[string]any{"companies": orNone(who.companies(func(g Grant) bool { return g.Role != Outsider && g.Role != Operator })), "person": who.PersonID, "now": s.clock.Now()}), g)
	return slices.DeleteFunc(list, func(p ReferralProgramme) bool { return p.takes(who.standing(p.CompanyID)) != nil }), err
}

// Programme reads one for whoever may introduce by it, and for those who follow the company's referrals.
func (s *Service) Programme(ctx context.Context, who Actor, id uuid.UUID) (ReferralProgramme, error) {
	return programmeFor(s.db.Gorm(ctx), who, id)
}

func programmeFor(g *gorm.DB, who Actor, id uuid.UUID) (ReferralProgramme, error) {
	list, err := readProgrammes(g.Raw(programmesWithNames+" WHERE p.id = ?", id), g)
	if err != nil {
		return ReferralProgramme{}, err
	}
	if len(list) == 0 || !who.InNetwork(list[0].CompanyID) {
		return ReferralProgramme{}, ErrNotFound
	}
	return list[0], nil
}

// readProgrammes reads programmes with their stages.
func readProgrammes(q, g *gorm.DB) ([]ReferralProgramme, error) {
	var list []ReferralProgramme
	if err := q.Scan(&list).Error; err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, len(list))
	for i, p := range list {
		ids[i] = p.ID
	}
	var stages []ReferralStage
	err := g.Where("programme_id IN ?", orNone(ids)).Order("position, id").Find(&stages).Error
	for i := range list {
		for _, st := range stages {
			if st.ProgrammeID == list[i].ID {
				list[i].Stages = append(list[i].Stages, st)
			}
		}
	}
	return list, err
}
