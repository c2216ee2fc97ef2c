package billing

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
	"homecoming/market"
)

// A Concession is what people of a company asked for and what would cost the platform itself: a debt given up, or an entry made by
// hand that takes from what it earned or is owed. A company may ask; an operator, who is not the one who asked, decides.
type Concession struct {
	ID          uuid.UUID
	Kind        ConcessionKind
	CompanyID   uuid.UUID
	CompanyName string
	Postings    []Posting `gorm:"serializer:json"` // that would be posted
	Reason      string
	AskedBy     uuid.UUID
	AskedByName string
	AskedAt     time.Time
}

// A ConcessionKind is the form in which something is conceded.
type ConcessionKind string

// The kinds.
const (
	ConcedeDebt  ConcessionKind = "write_off"
	ConcedeEntry ConcessionKind = "entry"
)

// ErrOperatorDecides is a yes to what costs the platform by somebody who does not run it.
var ErrOperatorDecides = problem.Define(problem.Forbidden, "operator_decides",
	"This costs the platform itself. One of its operators has to say yes.", "運営側の負担となるため、運営者の承認が必要です。")

// CostsPlatform reports whether carrying an approval out costs the platform: what is given up is what it would have been paid.
func (a Approval) CostsPlatform() bool { return a.Kind == ApproveWriteOff }

// CostsPlatform reports whether an entry made by hand takes from what the platform earned or is owed.
func (a Adjustment) CostsPlatform() bool {
	for _, p := range a.Postings {
		class, _, _ := strings.Cut(p.Account, ":")
		if p.Amount > 0 && (class == accountGoodwill || class == accountRevenue) || p.Amount < 0 && class == "receivable" {
			return true
		}
	}
	return false
}

// mayApprove answers whether somebody may be the second person for a step about a company's money.
func mayApprove(who market.Actor, company uuid.UUID, costsPlatform bool) error {
	if !costsPlatform {
		return who.May(market.ApproveMoney, company)
	}
	if operates(who) != nil {
		return ErrOperatorDecides
	}
	return nil
}

// askApprovers writes a letter to everybody else who may be the second person; operators are led to their own page.
func askApprovers(tx *gorm.DB, who market.Actor, l market.Letter, costsPlatform bool) (err error) {
	var people []uuid.UUID
	if costsPlatform {
		l.Path = "/sweeps"
		people, err = market.Operators(tx)
	} else {
		people, err = market.Able(tx, l.CompanyID, market.ApproveMoney)
	}
	if err != nil {
		return err
	}
	return askOthers(tx, who, l, people)
}

// Concessions lists what waits for an operator, what was asked for first first.
func (s *Service) Concessions(ctx context.Context, who market.Actor) ([]Concession, error) {
	if err := operates(who); err != nil {
		return nil, err
	}
	var list []Concession
	err := s.db.Gorm(ctx).Raw(`SELECT a.id, 'write_off' AS kind, a.company_id, a.reason, a.asked_by, a.asked_at, c.name AS company_name, name_of(p) AS asked_by_name,
			jsonb_build_array(jsonb_build_object('Account', CAST(@loss AS text), 'Currency', a.currency, 'Amount', a.amount), jsonb_build_object('Account', a.account, 'Currency', a.currency, 'Amount', -a.amount))::text AS postings
			FROM approvals a JOIN companies c ON c.id = a.company_id JOIN people p ON p.id = a.asked_by WHERE a.state = 'asked' AND a.kind = 'write_off'
		UNION ALL SELECT a.id, 'entry', a.company_id, a.reason, a.asked_by, a.asked_at, c.name, name_of(p), a.postings::text
			FROM adjustments a JOIN companies c ON c.id = a.company_id JOIN people p ON p.id = a.asked_by WHERE a.state = 'asked'
		ORDER BY asked_at, id`, map[string]any{"loss": accountGoodwill}).Scan(&list).Error
	return slices.DeleteFunc(list, func(c Concession) bool { return !(Adjustment{Postings: c.Postings}).CostsPlatform() }), err
}

// DecideConcession approves or declines what a company asked for, or withdraws what the actor asked for; do is the machines' word.
func (s *Service) DecideConcession(ctx context.Context, who market.Actor, id uuid.UUID, do string) error {
	if err := operates(who); err != nil {
		return err
	}
	var entry bool
	if err := s.db.Gorm(ctx).Raw("SELECT EXISTS (SELECT 1 FROM adjustments WHERE id = ?)", id).Scan(&entry).Error; err != nil {
		return err
	}
	if entry {
		_, err := s.DecideAdjustment(ctx, who, id, do)
		return err
	}
	decide, known := map[string]func(context.Context, market.Actor, uuid.UUID) (Approval, error){"approve": s.Approve, "decline": s.Decline, "withdraw": s.WithdrawApproval}[do]
	if !known {
		return market.ErrNotOneOf.On("do").With("value", do).With("allowed", "approve, decline, withdraw")
	}
	_, err := decide(ctx, who, id)
	return err
}
