package billing

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/internal/problem"
	"homecoming/market"
)

// longestEvidence is what the provider takes of one text, in characters.
const longestEvidence = 20_000

// ErrTooLateForEvidence is evidence that nobody reads any more.
var ErrTooLateForEvidence = problem.Define(problem.Conflict, "too_late_for_evidence",
	"This chargeback is {state}; evidence is not taken any more.", "このチャージバックは「{state}」のため、反証は提出できません。")

// Evidence puts together what a milestone's life says about a contested payment, as text for the payer's bank: the
// terms, the notice, what was delivered and when, the acceptance, and what was written to and fro. comment comes first.
func (s *Service) Evidence(ctx context.Context, who market.Actor, id, comment string) (string, error) {
	rec, err := s.Chargeback(ctx, who, id)
	if err != nil {
		return "", err
	}
	_, text, err := evidenceOf(s.db.Gorm(ctx), rec, comment)
	return text, err
}

// evidenceOf reads the papers of a contested milestone.
func evidenceOf(g *gorm.DB, rec ChargebackRecord, comment string) (EvidenceOrder, string, error) {
	var m Milestone
	if err := g.Where("id = ?", rec.MilestoneID).Take(&m).Error; err != nil {
		return EvidenceOrder{}, "", err
	}
	var list []Contract
	if err := g.Where("id = ?", m.ContractID).Find(&list).Error; err != nil {
		return EvidenceOrder{}, "", err
	}
	if err := withParties(g, list); err != nil {
		return EvidenceOrder{}, "", err
	}
	c := list[0]
	if err := withDocuments(g, &c); err != nil {
		return EvidenceOrder{}, "", err
	}
	var steps []Step
	if err := g.Where("milestone_id = ?", m.ID).Order("id").Find(&steps).Error; err != nil {
		return EvidenceOrder{}, "", err
	}
	var offers []market.BidVersion
	if err := g.Where("bid_id = ?", c.BidID).Order("version").Find(&offers).Error; err != nil {
		return EvidenceOrder{}, "", err
	}
	order := EvidenceOrder{Chargeback: rec.ID, Product: c.Label() + " " + c.Title + " · " + m.Title, Customer: c.CompanyName}
	if m.ReceivedOn != nil {
		order.Served = m.ReceivedOn.String()
	}
	order.Text = shortened(bundle(c, m, steps, offers, comment))
	return order, order.Text, nil
}

// bundle writes the papers out, the most telling first, because the end is what is cut.
func bundle(c Contract, m Milestone, steps []Step, offers []market.BidVersion, comment string) string {
	var b strings.Builder
	if comment = strings.TrimSpace(comment); comment != "" {
		fmt.Fprintf(&b, "%s\n\n", comment)
	}
	fmt.Fprintf(&b, "CONTRACT %s, agreed %s between %s (client) and %s (supplier): %s\n", c.Label(), c.CreatedAt.UTC().Format(time.DateOnly), c.CompanyName, c.PersonName, c.Title)
	fmt.Fprintf(&b, "Milestone %d: %s, due %s, charged %s. Terms SHA-256 %s, notice SHA-256 %s.\n", m.Position, m.Title, m.DueOn, m.Quote().Money(m.Quote().Charge), c.TermsHash, c.NoticeHash)
	b.WriteString("\nWHAT HAPPENED\n")
	for _, s := range steps {
		fmt.Fprintf(&b, "%s  %s by %s", s.At.UTC().Format("2006-01-02 15:04 UTC"), strings.ReplaceAll(s.Do, "_", " "), s.By)
		if s.Message != "" {
			fmt.Fprintf(&b, ": %s", oneLine(s.Message))
		}
		b.WriteByte('\n')
	}
	b.WriteString("\nTERMS NOTICE GIVEN ON AWARD\n")
	for _, i := range c.Notice.Items(problem.English) {
		fmt.Fprintf(&b, "%s: %s\n", i.Label, oneLine(i.Value))
	}
	b.WriteString("\nOFFERS BEFORE THE CONTRACT\n")
	for _, o := range offers {
		fmt.Fprintf(&b, "%s  %s: %s\n", o.CreatedAt.UTC().Format(time.DateOnly), o.OfferedBy, oneLine(o.Message))
	}
	fmt.Fprintf(&b, "\nTHE WORK AS AGREED\n%s\n", c.Terms.Brief)
	return b.String()
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func shortened(s string) string {
	if r := []rune(s); len(r) > longestEvidence {
		return string(r[:longestEvidence-1]) + "…"
	}
	return s
}

// SendEvidence answers the payer's bank with the papers and a comment, once: it cannot be changed afterwards.
func (s *Service) SendEvidence(ctx context.Context, who market.Actor, id, comment string) (ChargebackRecord, error) {
	if err := checkMessage(comment, false); err != nil {
		return ChargebackRecord{}, err
	}
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		var rec ChargebackRecord
		if err := one(tx.Where("id = ?", id).Take(&rec)); err != nil {
			return err
		}
		if err := who.May(market.SettleMoney, rec.CompanyID); err != nil {
			return err
		}
		if _, _, err := lockMilestone(tx, rec.MilestoneID); err != nil {
			return err
		}
		if err := tx.Clauses(hold).Where("id = ?", id).Take(&rec).Error; err != nil {
			return err
		}
		now := s.clock.Now()
		if !rec.Answerable() || rec.EvidenceAt != nil || rec.DueBy != nil && now.After(*rec.DueBy) {
			return ErrTooLateForEvidence.With("state", word(string(rec.State)))
		}
		order, text, err := evidenceOf(tx, rec, comment)
		if err != nil {
			return err
		}
		o := Operation{ID: newID(), CompanyID: &rec.CompanyID, Kind: EvidenceOperation, MilestoneID: &rec.MilestoneID}
		order.Operation = o.ID
		if o, err = s.plan(tx, o, order, now); err != nil {
			return err
		}
		rec.Evidence, rec.EvidenceBy, rec.EvidenceAt, rec.UpdatedAt = text, &who.PersonID, &now, now
		if err := tx.Save(&rec).Error; err != nil {
			return err
		}
		if err := market.Audit(tx, who, rec.CompanyID, "chargeback.evidence", "milestone:"+rec.MilestoneID.String(), map[string]any{"chargeback": rec.ID}); err != nil {
			return err
		}
		return jobs.Enqueue(tx, OperationJob{Operation: o.ID})
	})
	if err != nil {
		return ChargebackRecord{}, err
	}
	return s.Chargeback(ctx, who, id)
}

func (s *Service) evidence() procedure {
	sent := func(c Chargeback) outcome {
		return outcome{id: c.ID, settle: func(tx *gorm.DB, o *Operation) error {
			if err := s.endOperation(tx, o, doSettle); err != nil {
				return err
			}
			return s.seenChargeback(tx, c)
		}}
	}
	order := func(o Operation) (e EvidenceOrder, err error) { return e, json.Unmarshal(o.Input, &e) }
	return procedure{
		find: func(ctx context.Context, o Operation) (outcome, error) {
			e, err := order(o)
			if err != nil {
				return outcome{}, err
			}
			c, err := s.gateway.Chargeback(ctx, e.Chargeback)
			if err == nil && !c.Answered {
				err = ErrNotThere
			}
			return sent(c), err
		},
		send: func(ctx context.Context, o Operation) (outcome, error) {
			e, err := order(o)
			if err != nil {
				return outcome{}, err
			}
			c, err := s.gateway.SendEvidence(ctx, o.Key(), e)
			return sent(c), err
		},
		refused: func(tx *gorm.DB, o Operation, _ *Refusal) error { // so that a person sees it, and may try again
			e, err := order(o)
			if err != nil {
				return err
			}
			return tx.Exec("UPDATE chargebacks SET evidence_at = NULL, evidence_by = NULL WHERE id = ?", e.Chargeback).Error
		},
	}
}

// Answered reports whether a person has answered it.
func (c ChargebackRecord) Answered() bool { return c.EvidenceBy != nil && *c.EvidenceBy != uuid.Nil }
