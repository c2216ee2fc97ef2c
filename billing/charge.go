package billing

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// A Charge is one payment that a company made for a milestone. Several may add up to what is owed: parts that were paid
// one after the other, and what a change of the terms added. Amounts are minor units.
type Charge struct {
	ID          string // the provider's: ch_…
	CompanyID   uuid.UUID
	MilestoneID uuid.UUID
	Amount      int64
	Currency    string
	Refunded    int64 // of it: what went, goes or is owed back to the company
	Lost        int64 // of it: what the payer's bank took out of what was held
	PaidAt      time.Time
}

// Left is what of a charge did not go back.
func (c Charge) Left() int64 { return c.Amount - c.Refunded - c.Lost }

// smallestPayment is what the provider takes at least, in minor units: ¥50, and half a dollar.
const smallestPayment = 50

// ErrPart is a part of a payment that is too small, too large, or leaves too little.
var ErrPart = problem.Define(problem.Invalid, "part_out_of_range",
	"{missing} is missing. Pay all of it, or a part that leaves at least {min} on either side.",
	"未入金額は{missing}です。全額、または残額とも{min}以上になる一部の金額を入力してください。")

// Held is what is held for a milestone while it waits for the rest, or is worked on.
func (m Milestone) Held() int64 {
	if !m.holdsMoney() {
		return 0
	}
	return m.PaidIn - m.Refunded - m.Lost
}

// Missing is what is still to be paid before the work can begin, or for accepted work that an approved pay run is to charge.
func (m Milestone) Missing() int64 {
	switch {
	case m.chargeable():
		return m.Quote().Charge
	case m.Rail.PaysLater():
		return 0
	}
	switch m.State {
	case MilestoneDraft, MilestoneFunding, MilestonePartFunded:
		return m.Quote().Charge - m.Held()
	}
	return 0
}

// part is what a payment is to be: all that is missing for 0, else a part that the provider takes and that leaves
// something it takes.
func (m Milestone) part(amount int64) (int64, error) {
	missing := m.Missing()
	rest := missing - amount
	switch {
	case amount == 0 || rest == 0 || m.chargeable():
		return missing, nil
	case amount < smallestPayment || rest < smallestPayment:
		return 0, ErrPart.On("amount").With("missing", m.Quote().Money(missing)).With("min", m.Quote().Money(smallestPayment))
	}
	return amount, nil
}

// A drawing is an amount out of one charge.
type drawing struct {
	charge string
	amount int64
}

// draw takes an amount out of charges in their order, of none more than is left of it: what is sent out of a charge may
// not exceed it at the provider.
func draw(charges []Charge, amount int64) []drawing {
	var out []drawing
	for _, c := range charges {
		if take := min(amount, c.Left()); take > 0 {
			out, amount = append(out, drawing{c.ID, take}), amount-take
		}
	}
	return out
}

// chargesOf reads a milestone's charges, oldest first.
func chargesOf(g *gorm.DB, milestone uuid.UUID) ([]Charge, error) {
	var list []Charge
	return list, g.Where("milestone_id = ?", milestone).Order("paid_at, id").Find(&list).Error
}

// newestFirst are the charges that money goes back out of: the cards that were used last are the likeliest to take it.
func newestFirst(charges []Charge) []Charge {
	back := slices.Clone(charges)
	slices.Reverse(back)
	return back
}

// giveFrom notes that a part of a charge is owed back.
func giveFrom(tx *gorm.DB, charge string, amount int64) error {
	return tx.Exec("UPDATE charges SET refunded = refunded + ? WHERE id = ?", amount, charge).Error
}
