package billing

import (
	"context"
	"errors"
	"slices"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/market"
)

// PayoutState is where a payment to a person's bank stands. Paid is not final: banks return payouts days later.
type PayoutState string

// The states of a payout, as the provider reports them.
const (
	PayoutPending   PayoutState = "pending"
	PayoutInTransit PayoutState = "in_transit"
	PayoutPaid      PayoutState = "paid"
	PayoutFailed    PayoutState = "failed"
	PayoutCanceled  PayoutState = "canceled"
)

// payoutMachine is the life of a payout. The provider alone moves it; we read it again at every hint, so that a state
// that was never reported is caught up with.
var payoutMachine = Machine[PayoutState, PayoutRecord]{
	Noun:  "payout",
	Start: PayoutPending,
	Moves: []Move[PayoutState, PayoutRecord]{
		{PayoutPending, "send", PayoutInTransit, TheProvider, nil},
		{PayoutPending, "cancel", PayoutCanceled, TheProvider, nil},
		{PayoutPending, "pay", PayoutPaid, TheProvider, nil},
		{PayoutInTransit, "pay", PayoutPaid, TheProvider, nil},
		{PayoutInTransit, "fail", PayoutFailed, TheProvider, nil},
		{PayoutPaid, "fail", PayoutFailed, TheProvider, nil},
	},
	Stands: map[PayoutState]Stand{
		PayoutPending:   {Owner: TheProvider, Timer: "arrival day"},
		PayoutInTransit: {Owner: TheProvider, Timer: "arrival day"},
		PayoutPaid:      {},
		PayoutFailed:    {}, // its money goes with the next one
		PayoutCanceled:  {},
	},
}

// A PayoutRecord is a payout to a person's bank with what it is made of: to its person every line, to a company its own.
type PayoutRecord struct {
	ID         string
	PersonID   uuid.UUID
	Account    string
	Amount     int64 // minor units; of the lines shown, for a company
	Currency   string
	State      PayoutState
	Automatic  bool
	ArrivesOn  civil.Date `gorm:"type:date"`
	Failure    string
	CreatedAt  time.Time
	UpdatedAt  time.Time
	PersonName string       `gorm:"-"`
	Lines      []PayoutLine `gorm:"-"`
}

// TableName is where payouts are kept.
func (PayoutRecord) TableName() string { return "payouts" }

// A PayoutLine is one milestone in a payout.
type PayoutLine struct {
	PayoutID       string
	CompanyID      uuid.UUID
	MilestoneID    uuid.UUID
	Amount         int64
	MilestoneTitle string    `gorm:"->"`
	ContractID     uuid.UUID `gorm:"->"`
	ContractNumber int       `gorm:"->"`
	Fee            int64     `gorm:"->"` // of the milestone: what its amount came of, unless a part of it was paid or taken back
	Tax            int64     `gorm:"->"`
	Withheld       int64     `gorm:"->"`
}

// Whole reports whether the line pays all of its milestone: the fee and its consumption tax without what was withheld.
func (l PayoutLine) Whole() bool { return l.Fee+l.Tax-l.Withheld == l.Amount }

// lookAtPayout reads a payout again, writes it down and moves the milestones that it pays.
func (s *Service) lookAtPayout(ctx context.Context, account, id string) error {
	person, err := s.personOf(ctx, account)
	if err != nil {
		return ours(err)
	}
	p, err := s.gateway.Payout(ctx, account, id)
	if err != nil {
		return err
	}
	for _, part := range p.Parts { // a payout may be heard of before its transfer's answer
		if err := s.knowTransfer(ctx, part.Transfer); err != nil {
			return err
		}
		if part.Failed != "" {
			if err := s.lookAtPayout(ctx, account, part.Failed); err != nil {
				return err
			}
		}
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		if err := s.savePayout(tx, person, p); err != nil {
			return err
		}
		var lines []PayoutLine
		if err := tx.Table("payout_lines").Where("payout_id = ?", p.ID).Find(&lines).Error; err != nil {
			return err
		}
		return s.payLines(tx, p, lines)
	})
}

// knowTransfer settles a transfer whose operation has not heard of it yet.
func (s *Service) knowTransfer(ctx context.Context, id string) error {
	if id == "" {
		return nil
	}
	var known int64
	if err := s.db.Gorm(ctx).Table("operations").Where("provider_id = ?", id).Count(&known).Error; err != nil || known > 0 {
		return err
	}
	return s.lookAtTransfer(ctx, id)
}

// savePayout writes the payout and its lines: each part is a transfer of ours, or the lines of a payout that failed.
func (s *Service) savePayout(tx *gorm.DB, person uuid.UUID, p Payout) error {
	now := s.clock.Now()
	err := tx.Exec(`INSERT INTO payouts (id, person_id, account, amount, currency, state, automatic, arrives_on, failure, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
		SET state = excluded.state, arrives_on = excluded.arrives_on, failure = excluded.failure, updated_at = excluded.updated_at`,
		p.ID, person, p.Account, p.Amount, p.Currency, p.State, p.Automatic, p.ArrivesOn, p.Failure, p.CreatedAt, now).Error
	if err != nil {
		return err
	}
	lines, err := linesOf(tx, p)
	if err != nil {
		return err
	}
	for _, l := range lines {
		err := tx.Exec("INSERT INTO payout_lines (payout_id, company_id, milestone_id, amount) VALUES (?, ?, ?, ?) ON CONFLICT (payout_id, milestone_id) DO NOTHING",
			p.ID, l.CompanyID, l.MilestoneID, l.Amount).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// linesOf sums the parts of a payout by milestone: what was transferred less what was taken back, or what an earlier
// payout had failed to bring.
func linesOf(tx *gorm.DB, p Payout) ([]PayoutLine, error) {
	var lines []PayoutLine
	add := func(found []PayoutLine) {
		for _, f := range found {
			i := slices.IndexFunc(lines, func(l PayoutLine) bool { return l.MilestoneID == f.MilestoneID })
			if i < 0 {
				lines = append(lines, f)
				continue
			}
			lines[i].Amount += f.Amount
		}
	}
	for _, part := range p.Parts {
		var found []PayoutLine
		err := tx.Raw(`SELECT company_id, milestone_id, ?::bigint AS amount FROM operations WHERE kind IN ('transfer', 'reversal') AND provider_id = ? AND provider_id <> ''
			UNION ALL SELECT company_id, milestone_id, amount FROM payout_lines WHERE payout_id = ?`,
			part.Amount, part.Transfer+part.Reversal, part.Failed).Scan(&found).Error
		if err != nil {
			return nil, err
		}
		add(found)
	}
	return slices.DeleteFunc(lines, func(l PayoutLine) bool { return l.Amount == 0 }), nil
}

// payLines moves the mirror and the milestones of a payout that has ended. A failed one is booked out and in again, so
// that the books are the same whether or not we ever saw it paid.
func (s *Service) payLines(tx *gorm.DB, p Payout, lines []PayoutLine) error {
	failed := p.State == string(PayoutFailed) || p.State == string(PayoutCanceled)
	if !failed && p.State != string(PayoutPaid) {
		return nil
	}
	held, err := lockLines(tx, lines)
	if err != nil {
		return err
	}
	for i, l := range lines {
		c, m := held[i].Contract, held[i]
		entries := []Entry{paidOut(m, c.PersonID, p.ID, l.Amount, p.CreatedAt)}
		if failed {
			entries = append(entries, returned(m, c.PersonID, p.ID, l.Amount, p.CreatedAt))
		}
		for _, e := range entries {
			e.PostedAt = s.clock.Now()
			if _, err := Post(tx, e); err != nil {
				return err
			}
		}
		if err := s.followMirror(tx, *c, m, failed, p.Failure); err != nil {
			return err
		}
	}
	return nil
}

// lockLines holds the milestones of some lines in one order, contracts before milestones.
func lockLines(tx *gorm.DB, lines []PayoutLine) ([]Milestone, error) {
	err := tx.Exec(`SELECT 1 FROM contracts WHERE id IN (SELECT contract_id FROM milestones m JOIN payout_lines l ON l.milestone_id = m.id WHERE l.payout_id = ?)
		ORDER BY id FOR NO KEY UPDATE`, first(lines).PayoutID).Error
	if err != nil {
		return nil, err
	}
	slices.SortFunc(lines, func(a, b PayoutLine) int { return slices.Compare(a.MilestoneID[:], b.MilestoneID[:]) })
	var ms []Milestone
	for _, l := range lines {
		c, m, err := lockMilestone(tx, l.MilestoneID)
		if err != nil {
			return nil, err
		}
		m.Contract = &c
		ms = append(ms, m)
	}
	return ms, nil
}

func first(lines []PayoutLine) PayoutLine {
	if len(lines) == 0 {
		return PayoutLine{}
	}
	return lines[0]
}

// followMirror makes a milestone's state follow what is left of it on the connected account: nothing means paid.
func (s *Service) followMirror(tx *gorm.DB, c Contract, m Milestone, failed bool, reason string) error {
	var left int64
	err := tx.Raw("SELECT coalesce(sum(amount), 0) FROM ledger_postings WHERE account = ? AND milestone_id = ?", connected(c.PersonID), m.ID).Scan(&left).Error
	if err != nil {
		return err
	}
	do := ""
	switch {
	case left == 0:
		do = doPaidOut
		now := s.clock.Now()
		m.PaidAt = &now
	case failed:
		do = doReturned
		m.PaidAt = nil
	}
	if do == "" {
		return nil
	}
	err = s.move(tx, market.Actor{}, &m, TheProvider, do, "")
	if errors.Is(err, ErrWrongState) {
		return nil // it is there already
	}
	if err != nil {
		return err
	}
	if do == doReturned {
		return jobs.Enqueue(tx, bankLetter(c, m, reason))
	}
	return jobs.Enqueue(tx, letter(market.LetterPaid, c.PersonID, c, m, nil))
}

// bankLetter tells a person that their bank sent the money back.
func bankLetter(c Contract, m Milestone, reason string) market.Letter {
	facts := map[string]any{"bank": m.Rail == market.BankFile} // then the company pays it again, not the provider
	if reason != "" {
		facts["reason"] = reason
	}
	l := letter(market.LetterReturned, c.PersonID, c, m, facts)
	l.Path = "/payouts"
	return l
}
