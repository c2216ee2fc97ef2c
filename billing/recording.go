package billing

import (
	"context"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/market"
)

// A RecordJob has what was accepted put on record for the person: a milestone, or a contract by the hour when it is over.
type RecordJob struct {
	Contract  uuid.UUID `json:"contract"`
	Milestone uuid.UUID `json:"milestone,omitzero"`
}

// Kind is the job's name in the queue.
func (RecordJob) Kind() string { return "billing.record" }

// WorkRecord does the job; done again it changes nothing.
func (s *Service) WorkRecord(ctx context.Context, j RecordJob) error {
	g := s.db.Gorm(ctx)
	var c Contract
	if err := g.Where("id = ?", j.Contract).Take(&c).Error; err != nil {
		return err
	}
	var ms []Milestone
	if err := g.Where("contract_id = ?", c.ID).Order("position").Find(&ms).Error; err != nil {
		return err
	}
	company, err := market.CompanyByID(g, c.CompanyID)
	if err != nil {
		return err
	}
	w, ok := workOf(company, c, ms, j.Milestone)
	if !ok {
		return nil
	}
	return s.market.IssueRecord(ctx, w)
}

// workOf is what was accepted, without what was paid for it: of one milestone, or (uuid.Nil) of all together.
func workOf(company market.Company, c Contract, ms []Milestone, of uuid.UUID) (w market.Work, ok bool) {
	w = market.Work{CompanyID: c.CompanyID, PersonID: c.PersonID, TaskID: c.TaskID, ContractID: c.ID, MilestoneID: of, Title: c.Title,
		BeganOn: civil.DateOf(c.CreatedAt.In(company.Zone()))}
	for _, m := range ms {
		if m.AcceptedAt == nil || of != uuid.Nil && m.ID != of {
			continue
		}
		if day := civil.DateOf(m.AcceptedAt.In(company.Zone())); !ok || day.After(w.AcceptedOn) {
			w.AcceptedOn = day
		}
		if of != uuid.Nil && len(ms) > 1 {
			w.Part = m.Title
		}
		ok = true
	}
	return w, ok
}
