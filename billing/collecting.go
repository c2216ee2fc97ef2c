package billing

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/problem"
	"homecoming/market"
)

// A Purpose is what a company pays for. It travels to the provider and back with every payment.
type Purpose string

// The purposes.
const (
	ForFunding    Purpose = "funding"    // a milestone's charge, held until the work is accepted
	ForReceivable Purpose = "receivable" // what the company owes: fees of work paid from its own bank, or what a lost chargeback left
	ForChange     Purpose = "change"     // what a signed change adds to a milestone that is paid for
)

// A collection is how payments for one purpose begin and end, whichever way the company pays. Callers hold the contract
// and the milestone.
type collection struct {
	by     market.Action                                                                                    // what one must be allowed to do to pay
	may    func(tx *gorm.DB, c Contract, m Milestone) error                                                 // whether it may pay now at all; may be nil
	begin  func(tx *gorm.DB, who market.Actor, c Contract, m *Milestone, part int64) (due int64, err error) // what is to be paid now, a part where one is asked for; moves what must move
	end    func(tx *gorm.DB, m *Milestone) error                                                            // the way of paying has closed unpaid; may be nil
	settle func(tx *gorm.DB, c Contract, m Milestone, p Payment) error                                      // books a payment, once
}

func (s *Service) collection(p Purpose) collection {
	switch p {
	case ForReceivable:
		return s.receivables()
	case ForChange:
		return s.topUps()
	}
	return s.fundings()
}

// How long a checkout page stays open, and how soon it is looked at when no event tells us.
const (
	checkoutLife  = 23 * time.Hour
	checkoutWatch = 2 * time.Minute
)

// ErrAnotherWay is an attempt to pay while another way of paying is open.
var ErrAnotherWay = problem.Define(problem.Conflict, "another_way_of_paying_is_open",
	"This is being paid another way already. Finish that or cancel it, then choose anew.",
	"別の方法でのお支払い手続きが進行中です。完了するか取り消してから、あらためてお選びください。")

// waysOfPaying are the kinds of operation by which a company pays.
var waysOfPaying = []OperationKind{CheckoutOperation, CardOperation, BankTransferOperation}

// overForPaying are the states in which an operation is no way of paying any more.
var overForPaying = []OperationState{OpRejected, OpExpired, OpSettled, OpFailed}

// openWay finds the way by which a purpose is being paid; market.ErrNotFound when there is none.
func openWay(tx *gorm.DB, milestone uuid.UUID, purpose Purpose) (Operation, error) {
	var o Operation
	return o, one(tx.Where("milestone_id = ? AND purpose = ? AND kind IN ? AND state NOT IN ?", milestone, purpose, waysOfPaying, overForPaying).Take(&o))
}

// A Funding is where the company pays. CheckoutURL is empty while the provider's answer is unknown: it is looked up by
// itself, and asking again gives the same page. It is empty as well when the page turns out to have been paid.
type Funding struct {
	CheckoutURL string
	Milestone   Milestone
}

// payOnPage opens the checkout page for a purpose, or gives the one that is open already.
// adjust may change what the page is asked for.
func (s *Service) payOnPage(ctx context.Context, who market.Actor, id uuid.UUID, purpose Purpose, part int64, adjust func(*CheckoutOrder)) (Funding, error) {
	op, mine, err := s.planWay(ctx, who, id, purpose, part, CheckoutOperation, s.pageOrder(who, adjust))
	if err != nil {
		return Funding{}, err
	}
	if op.State == OpCreated {
		if err := s.watch(ctx, op); err != nil { // paid or expired since, and no event has told us yet
			slog.Warn("a checkout page cannot be looked at", "operation", op.ID, "error", err)
		}
		if err := s.db.Gorm(ctx).Where("id = ?", op.ID).Take(&op).Error; err != nil {
			return Funding{}, err
		}
	} else if op, err = s.perform(ctx, op.ID, mine); err != nil {
		return Funding{}, err
	}
	switch op.State {
	case OpRejected:
		return Funding{}, ErrProviderRefused.With("reason", op.Problem)
	case OpExpired:
		return s.payOnPage(ctx, who, id, purpose, part, adjust)
	case OpSettled:
		op.URL = ""
	}
	m, err := s.Milestone(ctx, who, id)
	return Funding{CheckoutURL: op.URL, Milestone: m}, err
}

// A bill is an amount that a company is to pay now.
type bill struct {
	operation uuid.UUID
	contract  Contract
	milestone Milestone
	purpose   Purpose
	amount    int64 // minor units of the milestone's currency
}

func (b bill) title() string { return b.contract.Label() + " " + b.milestone.Title }

// planWay commits the operation by which a purpose is to be paid, before anything is asked; order makes its input. One
// of the same kind that is open already is given instead; mine says that it is new.
func (s *Service) planWay(ctx context.Context, who market.Actor, id uuid.UUID, purpose Purpose, part int64, kind OperationKind,
	order func(*gorm.DB, bill) (any, error)) (op Operation, mine bool, err error) {
	pay := s.collection(purpose)
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		mine = false
		c, m, err := lockSeen(tx, who, id)
		if err != nil {
			return err
		}
		if err := who.May(pay.by, c.CompanyID); err != nil {
			return err
		}
		if pay.may != nil {
			if err := pay.may(tx, c, m); err != nil {
				return err
			}
		}
		if op, err = openWay(tx, id, purpose); err == nil {
			if op.Kind != kind {
				return ErrAnotherWay
			}
			return nil
		}
		if ours(err) != nil {
			return err
		}
		due, err := pay.begin(tx, who, c, &m, part)
		if err != nil {
			return err
		}
		mine, op = true, Operation{ID: newID(), CompanyID: &c.CompanyID, Kind: kind, Purpose: purpose, MilestoneID: &m.ID, PersonID: &who.PersonID}
		input, err := order(tx, bill{op.ID, c, m, purpose, due})
		if err != nil {
			return err
		}
		op, err = s.plan(tx, op, input, s.clock.Now().Add(s.lease()))
		return err
	})
	return op, mine, err
}

// pageOrder is what a checkout page is asked to charge.
func (s *Service) pageOrder(who market.Actor, adjust func(*CheckoutOrder)) func(*gorm.DB, bill) (any, error) {
	return func(_ *gorm.DB, b bill) (any, error) {
		contract := b.contract.ID.String()
		order := CheckoutOrder{Operation: b.operation, Milestone: b.milestone.ID, Company: b.contract.CompanyID, Purpose: b.purpose, Title: b.title(),
			Amount: b.amount, Currency: b.milestone.Currency, Email: who.Email, Language: string(who.Language),
			SuccessURL: s.cfg.BaseURL + "/checkout/done?contract=" + contract, CancelURL: s.cfg.BaseURL + "/contracts/" + contract,
			ExpiresAt: s.clock.Now().Add(checkoutLife).Truncate(time.Second)}
		if adjust != nil {
			adjust(&order)
		}
		return order, nil
	}
}

func (s *Service) checkouts() procedure {
	opened := func(co Checkout) outcome { return outcome{id: co.ID, url: co.URL, watch: checkoutWatch} }
	return procedure{
		find: func(ctx context.Context, o Operation) (outcome, error) {
			co, err := s.gateway.FindCheckout(ctx, o.ID, o.CreatedAt)
			return opened(co), err
		},
		send: func(ctx context.Context, o Operation) (outcome, error) {
			var order CheckoutOrder
			if err := json.Unmarshal(o.Input, &order); err != nil {
				return outcome{}, err
			}
			co, err := s.gateway.CreateCheckout(ctx, o.Key(), order)
			return opened(co), err
		},
		refused: func(tx *gorm.DB, o Operation, _ *Refusal) error { return s.closeWay(tx, o) },
		watched: func(ctx context.Context, o Operation) error { return s.lookAtCheckout(ctx, o.ProviderID) },
	}
}

// closeWay undoes what began with a way of paying that nobody can pay by any more.
func (s *Service) closeWay(tx *gorm.DB, o Operation) error {
	by := s.collection(o.Purpose)
	if by.end == nil {
		return nil
	}
	_, m, err := lockMilestone(tx, *o.MilestoneID)
	if err != nil {
		return err
	}
	return by.end(tx, &m)
}

// lookAtCheckout reads a page again and settles what has become of it.
func (s *Service) lookAtCheckout(ctx context.Context, id string) error {
	co, err := s.gateway.Checkout(ctx, id)
	if err != nil {
		return err
	}
	if co.State == "expired" {
		return s.expireCheckout(ctx, co)
	}
	if co.State == "complete" {
		return s.lookAtPayment(ctx, id)
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error { return s.noteCheckout(tx, co) })
}

// noteCheckout records a page that we learn of by an event before our own request's answer.
func (s *Service) noteCheckout(tx *gorm.DB, co Checkout) error {
	o, err := lockOperation(tx, co.Operation)
	if err != nil || o.State == OpCreated {
		return ours(err)
	}
	return s.created(tx, &o, outcome{id: co.ID, url: co.URL, watch: checkoutWatch})
}

func (s *Service) expireCheckout(ctx context.Context, co Checkout) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		o, err := lockOperation(tx, co.Operation)
		if err != nil {
			return ours(err)
		}
		if err := s.created(tx, &o, outcome{id: co.ID}); err != nil {
			return err
		}
		return s.expireWay(tx, &o)
	})
}

// expireWay ends a way of paying that has closed unpaid, unless it is over already.
func (s *Service) expireWay(tx *gorm.DB, o *Operation) error {
	to, err := operationMachine.Next(o.State, doExpire, TheProvider, *o)
	if err != nil {
		return nil //nolint:nilerr // settled or expired before
	}
	if err := s.saveOperation(tx, o, to, 0); err != nil {
		return err
	}
	return s.closeWay(tx, *o)
}

// lookAtPayment reads a payment, by its page's, its intent's or its charge's id, and settles it if it succeeded.
func (s *Service) lookAtPayment(ctx context.Context, id string) error {
	p, err := s.gateway.Payment(ctx, id)
	if err != nil {
		return err
	}
	if p.FromCash { // what was applied to it is booked first
		if err := s.lookAtCash(ctx, p.Customer); err != nil {
			return err
		}
	}
	return s.settlePayment(ctx, p)
}

// settlePayment books a payment, once: its source in the ledger is the charge. The return from the page, three kinds of
// event and the look-up all end here.
func (s *Service) settlePayment(ctx context.Context, p Payment) error {
	if !p.Paid || p.Milestone == uuid.Nil {
		return nil
	}
	if !p.Settled {
		return ErrBusy // the provider has not said yet what it keeps; charge.updated follows
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		c, m, err := lockMilestone(tx, p.Milestone)
		if err != nil {
			return ours(err)
		}
		if p.FromCash {
			if err := s.cashPaid(tx, m, p); err != nil {
				return err
			}
		}
		return s.collection(p.purpose()).settle(tx, c, m, p)
	})
}

// cashPaid ends the bank transfer that a payment came by. It returns ErrBusy while not all that was applied to it is booked.
func (s *Service) cashPaid(tx *gorm.DB, m Milestone, p Payment) error {
	var b BankTransfer
	if err := one(tx.Clauses(hold).Where("intent = ? AND milestone_id = ?", p.Intent, m.ID).Take(&b)); err != nil {
		return ours(err)
	}
	if b.Received < b.Amount {
		return ErrBusy
	}
	return s.moveTransfer(tx, b.ID, "pay", nil)
}

// settleWays ends the way by which a purpose of a milestone was paid, and every other when nothing is missing any more.
func (s *Service) settleWays(tx *gorm.DB, m Milestone, p Payment, all bool) error {
	return tx.Exec(`UPDATE operations SET state = ?, next_at = NULL, updated_at = ?, provider_id = coalesce(nullif(provider_id, ''), ?)
		WHERE milestone_id = ? AND purpose = ? AND kind IN ? AND (state NOT IN ? OR id = ? AND state IN ?) AND (id = ? OR ?)`,
		OpSettled, s.clock.Now(), p.Intent, m.ID, p.purpose(), waysOfPaying, overForPaying, p.Operation, []OperationState{OpExpired, OpFailed}, p.Operation, all).Error
}

// unexplained books money that fits no milestone to suspense and leaves word of it.
func (s *Service) unexplained(tx *gorm.DB, m Milestone, p Payment) error {
	e := unmatched(m, p)
	e.PostedAt = s.clock.Now()
	if isNew, err := Post(tx, e); err != nil || !isNew {
		return err
	}
	return market.Audit(tx, market.Actor{}, m.CompanyID, "payment.unmatched", "milestone:"+m.ID.String(),
		map[string]any{"charge": p.Charge, "amount": p.Amount, "currency": p.Currency, "state": m.State})
}
