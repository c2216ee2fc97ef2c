package billing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
)

// OperationState is where something that we ask the provider stands.
type OperationState string

// The states of an operation.
const (
	OpPlanned      OperationState = "planned"  // never sent
	OpSending      OperationState = "sending"  // sent, or about to be
	OpUnknown      OperationState = "unknown"  // sent, and nobody knows
	OpCreated      OperationState = "created"  // done at the provider
	OpRejected     OperationState = "rejected" // refused for good under this attempt's key
	OpSettled      OperationState = "settled"  // a checkout that was paid, a refund that arrived
	OpExpired      OperationState = "expired"  // a checkout that nobody paid
	OpPartReversed OperationState = "part_reversed"
	OpReversed     OperationState = "reversed"
	OpFailed       OperationState = "failed" // a refund that came back, or that was overtaken before it was sent
)

// What happens to an operation.
const (
	doSend     = "send"
	doPostpone = "postpone"
	doLose     = "lose"
	doCreate   = "create"
	doReject   = "reject"
	doRetry    = "retry"
	doFail     = "fail"
)

// operationMachine is the life of an operation. From unknown, and from rejected, sending begins with looking whether
// the thing is there after all.
var operationMachine = Machine[OperationState, Operation]{
	Noun:  "operation",
	Start: OpPlanned,
	Moves: []Move[OperationState, Operation]{
		{OpPlanned, doSend, OpSending, TheClock, nil},
		{OpSending, doSend, OpSending, TheClock, nil}, // whoever sent it is gone
		{OpUnknown, doSend, OpSending, TheClock, nil},
		{OpRejected, doRetry, OpSending, TheClock, nil}, // under the next attempt's key
		{OpSending, doPostpone, OpPlanned, TheProvider, nil},
		{OpSending, doLose, OpUnknown, TheProvider, nil},
		{OpSending, doCreate, OpCreated, TheProvider, nil},
		{OpUnknown, doCreate, OpCreated, TheProvider, nil}, // an event told us
		{OpPlanned, doCreate, OpCreated, TheProvider, nil},
		{OpRejected, doCreate, OpCreated, TheProvider, nil},
		{OpSending, doReject, OpRejected, TheProvider, nil},
		{OpCreated, doSettle, OpSettled, TheProvider, nil},
		{OpExpired, doSettle, OpSettled, TheProvider, nil},
		{OpCreated, doExpire, OpExpired, TheProvider, nil},
		{OpCreated, "reverse_part", OpPartReversed, TheProvider, nil},
		{OpCreated, "reverse", OpReversed, TheProvider, nil},
		{OpPartReversed, "reverse", OpReversed, TheProvider, nil},
		{OpCreated, doFail, OpFailed, TheProvider, nil},
		{OpSettled, doFail, OpFailed, TheProvider, nil}, // banks return refunds days later
		{OpPlanned, doFail, OpFailed, TheProvider, nil},
		{OpRejected, doFail, OpFailed, TheProvider, nil},
	},
	Stands: map[OperationState]Stand{
		OpPlanned:      {Owner: TheClock, Timer: "next_at"},
		OpSending:      {Owner: TheClock, Timer: "next_at"},
		OpUnknown:      {Owner: TheClock, Timer: "next_at"},
		OpRejected:     {Owner: TheClock, Timer: "next_at, for transfers and refunds"},
		OpCreated:      {Owner: TheProvider, Timer: "next_at, for checkouts and refunds"},
		OpSettled:      {},
		OpExpired:      {},
		OpPartReversed: {},
		OpReversed:     {},
		OpFailed:       {},
	},
}

// An OperationKind is what is asked of the provider.
type OperationKind string

// The kinds of operation.
const (
	CheckoutOperation OperationKind = "checkout"
	TransferOperation OperationKind = "transfer"
	RefundOperation   OperationKind = "refund"
	AccountOperation  OperationKind = "account"
	ReversalOperation OperationKind = "reversal"
	EvidenceOperation OperationKind = "evidence"
	SweepOperation    OperationKind = "sweep"

	CustomerOperation     OperationKind = "customer"
	CardOperation         OperationKind = "card"
	BankTransferOperation OperationKind = "bank_transfer"
	ApplyOperation        OperationKind = "apply"
	ReturnOperation       OperationKind = "return"
	CancelOperation       OperationKind = "cancel"
)

// keyPrefix begins an idempotency key.
var keyPrefix = map[OperationKind]string{CheckoutOperation: "co", TransferOperation: "tr", RefundOperation: "re", AccountOperation: "ac",
	ReversalOperation: "rv", EvidenceOperation: "ev", SweepOperation: "sw", CustomerOperation: "cu", CardOperation: "ca", BankTransferOperation: "bt", ApplyOperation: "ap",
	ReturnOperation: "rt", CancelOperation: "cn"}

// An Operation is one thing we ask the provider to do. It is committed before it is asked, so that a killed process
// leaves word of what may have happened. Input never changes: the same key always carries the same request.
type Operation struct {
	ID          uuid.UUID
	CompanyID   *uuid.UUID
	Kind        OperationKind
	Purpose     Purpose // of the ways of paying; empty for the rest
	MilestoneID *uuid.UUID
	Subject     string // what it is about within the milestone: a transfer's charge, a refund's record, a reversal's transfer
	PersonID    *uuid.UUID
	State       OperationState
	Attempt     int
	Input       json.RawMessage
	InputHash   string
	ProviderID  string
	URL         string `gorm:"column:url"`
	Problem     string // the provider's code where it refused or a part is missing
	Tries       int
	NextAt      *time.Time // when anybody may take it up; nil when it is over
	CreatedAt   time.Time
	UpdatedAt   time.Time `gorm:"autoUpdateTime:false"` // by our own clock
}

// Key is the idempotency key of the present attempt.
func (o Operation) Key() string {
	return fmt.Sprintf("%s:%s:%d", keyPrefix[o.Kind], o.ID, o.Attempt)
}

// plan writes an operation in the caller's transaction. Until next nobody else takes it up.
func (s *Service) plan(tx *gorm.DB, o Operation, input any, next time.Time) (Operation, error) {
	body, err := json.Marshal(input)
	if err != nil {
		return o, err
	}
	now := s.clock.Now()
	o.State, o.Attempt, o.Input, o.InputHash, o.NextAt, o.CreatedAt, o.UpdatedAt = OpPlanned, 1, body, hashOf(body), &next, now, now
	return o, tx.Create(&o).Error
}

// An outcome is what the provider did: the object's id, and what follows from it in the books.
type outcome struct {
	id, url string
	watch   time.Duration // look at the object again after so long; 0: it is final
	settle  func(tx *gorm.DB, o *Operation) error
}

// A procedure is how one kind of operation is asked for.
type procedure struct {
	ready    func(tx *gorm.DB, o Operation) (wait string, err error) // what is missing before it may be sent; may be nil
	find     func(ctx context.Context, o Operation) (outcome, error) // ErrNotThere when the provider has no such thing
	send     func(ctx context.Context, o Operation) (outcome, error) //
	refused  func(tx *gorm.DB, o Operation, r *Refusal) error        // what a definitive no means for the books; may be nil
	watched  func(ctx context.Context, o Operation) error            // looks at a created one again; may be nil
	again    time.Duration                                           // a refused one is tried again after so long; 0: never
	persists bool                                                    // one refused for a cause that is over is tried again, whatever again says
}

func (s *Service) procedure(kind OperationKind) procedure {
	switch kind {
	case CheckoutOperation:
		return s.checkouts()
	case TransferOperation:
		return s.transfers()
	case RefundOperation:
		return s.refunds()
	case ReversalOperation:
		return s.reversals()
	case EvidenceOperation:
		return s.evidence()
	case CustomerOperation:
		return s.customers()
	case CardOperation:
		return s.cardCharges()
	case BankTransferOperation:
		return s.bankTransfers()
	case ApplyOperation:
		return s.applies()
	case ReturnOperation:
		return s.returns()
	case CancelOperation:
		return s.cancels()
	case SweepOperation:
		return s.sweeps()
	}
	return s.accounts()
}

// lease is how long a sender has an operation for itself.
func (s *Service) lease() time.Duration { return s.cfg.CallTimeout + 5*time.Second }

// perform takes an operation as far as it goes now: look where it may have been sent before, send where it was not,
// and write down what came out. mine says that the caller planned it and holds it. An operation that somebody else
// holds, or that is over, is returned as it is.
func (s *Service) perform(ctx context.Context, id uuid.UUID, mine bool) (Operation, error) {
	o, held, look, err := s.claim(ctx, id, mine)
	if err != nil || !held {
		return o, err
	}
	call, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	out, err := s.ask(call, o, look)
	cancel()
	// What came out is written down even when the person who asked has gone.
	write, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return s.record(write, o, look, out, err)
}

// ask calls the provider, outside any transaction.
func (s *Service) ask(ctx context.Context, o Operation, look bool) (outcome, error) {
	p := s.procedure(o.Kind)
	if look {
		if out, err := p.find(ctx, o); !errors.Is(err, ErrNotThere) {
			return out, err
		}
	}
	return p.send(ctx, o)
}

// claim marks an operation as being sent, and says whether the caller holds it now and whether it may have been sent
// before. One that is over, that somebody else holds or that waits for something is not held.
func (s *Service) claim(ctx context.Context, id uuid.UUID, mine bool) (o Operation, held, look bool, err error) {
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		held = false
		if o, err = lockOperation(tx, id); err != nil {
			return err
		}
		now := s.clock.Now()
		if o.NextAt == nil || o.NextAt.After(now) && !mine || o.State == OpCreated {
			return nil
		}
		do := doSend
		if o.State == OpRejected {
			do = doRetry
		}
		to, err := operationMachine.Next(o.State, do, TheClock, o)
		if err != nil {
			return err
		}
		if wait, err := s.waits(tx, o); err != nil || wait {
			return err
		}
		held, look = true, o.State != OpPlanned
		if o.State == OpRejected {
			o.Attempt++
		}
		o.Tries++
		return s.saveOperation(tx, &o, to, s.lease())
	})
	return o, held, look, err
}

// waits parks an operation whose preconditions are missing, and says so on its milestone.
func (s *Service) waits(tx *gorm.DB, o Operation) (bool, error) {
	p := s.procedure(o.Kind)
	if p.ready == nil || o.State != OpPlanned && o.State != OpRejected {
		return false, nil
	}
	missing, err := p.ready(tx, o)
	if err != nil || missing == "" {
		return false, err
	}
	isNews := o.Problem != missing
	o.Problem = missing
	if err := holdMilestone(tx, o, missing); err != nil {
		return true, err
	}
	if isNews && (missing == waitNoAccount || missing == waitInactive) { // who had one that works was told when it stopped
		if err := accountLetter(tx, *o.PersonID, ""); err != nil {
			return true, err
		}
	}
	return true, s.saveOperation(tx, &o, o.State, time.Hour) // and at once when the account changes, see wakeTransfers
}

func holdMilestone(tx *gorm.DB, o Operation, reason string) error {
	switch o.Kind {
	case ReversalOperation, EvidenceOperation, ApplyOperation, CancelOperation:
		return nil // these hold nothing up
	}
	if o.MilestoneID == nil {
		return nil
	}
	return tx.Exec("UPDATE milestones SET hold_reason = ? WHERE id = ?", reason, o.MilestoneID).Error
}

// record writes down what a call came to. Whoever took the operation over meanwhile is not overruled, but what the
// provider did is settled all the same: settling twice posts once.
func (s *Service) record(ctx context.Context, o Operation, looked bool, out outcome, failure error) (Operation, error) {
	err := s.db.Tx(ctx, func(tx *gorm.DB) error {
		now, err := lockOperation(tx, o.ID)
		if err != nil {
			return err
		}
		overtaken := now.State != OpSending || now.Tries != o.Tries
		o = now
		switch {
		case failure == nil:
			return s.created(tx, &o, out)
		case overtaken:
			return nil
		}
		return s.failed(tx, &o, looked, failure)
	})
	return o, err
}

// created settles what the provider did. The request, an event and a look-up all end here, in any order.
func (s *Service) created(tx *gorm.DB, o *Operation, out outcome) error {
	if o.ProviderID != "" && o.ProviderID != out.id {
		slog.Error("an operation was carried out twice", "operation", o.ID, "first", o.ProviderID, "second", out.id)
		return nil // reconciliation shows the second one
	}
	if to, err := operationMachine.Next(o.State, doCreate, TheProvider, *o); err == nil {
		o.ProviderID, o.URL, o.Problem = out.id, out.url, ""
		if err := s.saveOperation(tx, o, to, out.watch); err != nil {
			return err
		}
	}
	if out.settle == nil {
		return nil
	}
	return out.settle(tx, o)
}

// failed notes that nothing came of it yet, and when it goes on.
func (s *Service) failed(tx *gorm.DB, o *Operation, looked bool, failure error) error {
	var no *Refusal
	do, pause := doLose, pauseAfter(o.Tries)
	switch {
	case errors.As(failure, &no):
		do, o.Problem = doReject, no.Code
		if p := s.procedure(o.Kind); !no.Passing || p.again == 0 && !p.persists {
			pause = p.again
		}
	case errors.Is(failure, ErrBusy) && !looked:
		do = doPostpone
	case !errors.Is(failure, ErrUnknown) && !errors.Is(failure, ErrBusy):
		slog.Error("a call to the provider failed", "operation", o.ID, "kind", o.Kind, "error", failure)
	}
	to, err := operationMachine.Next(o.State, do, TheProvider, *o)
	if err != nil {
		return err
	}
	if err := s.saveOperation(tx, o, to, pause); err != nil {
		return err
	}
	if no == nil {
		return nil
	}
	if err := holdMilestone(tx, *o, no.Code); err != nil {
		return err
	}
	if refused := s.procedure(o.Kind).refused; refused != nil {
		return refused(tx, *o, no)
	}
	return nil
}

// pauseAfter doubles from two seconds to ten minutes.
func pauseAfter(tries int) time.Duration {
	return min(time.Second<<min(max(tries, 1), 12), 10*time.Minute)
}

// saveOperation writes the state; next is when anybody may take it up again, 0 for never.
func (s *Service) saveOperation(tx *gorm.DB, o *Operation, to OperationState, next time.Duration) error {
	now := s.clock.Now()
	o.State, o.UpdatedAt, o.NextAt = to, now, nil
	if next > 0 {
		at := now.Add(next)
		o.NextAt = &at
	}
	return tx.Omit("input", "input_hash").Save(o).Error
}

// lockOperation holds the operation's contract and milestone first, if it has one, and then the operation.
func lockOperation(tx *gorm.DB, id uuid.UUID) (Operation, error) {
	var o Operation
	if err := one(tx.Where("id = ?", id).Take(&o)); err != nil {
		return o, err
	}
	if o.MilestoneID != nil {
		if _, _, err := lockMilestone(tx, *o.MilestoneID); err != nil {
			return o, err
		}
	}
	o = Operation{}
	return o, tx.Clauses(hold).Where("id = ?", id).Take(&o).Error
}

// Sweep enqueues every operation whose time has come: those that a killed process left behind, those that wait, and
// pages that nobody has paid yet. It returns how many.
func (s *Service) Sweep(ctx context.Context) (n int, err error) {
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		var due []uuid.UUID
		if err := tx.Raw("SELECT id FROM operations WHERE next_at <= ? ORDER BY next_at LIMIT 100", s.clock.Now()).Scan(&due).Error; err != nil {
			return err
		}
		n = len(due)
		for _, id := range due {
			if err := jobs.Enqueue(tx, OperationJob{Operation: id}); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// Work takes one operation further: it is sent, looked up or watched, whatever its state asks for. It returns nil when
// there is nothing to do; what failed goes on by itself later.
func (s *Service) Work(ctx context.Context, id uuid.UUID) error {
	var o Operation
	if err := one(s.db.Gorm(ctx).Where("id = ?", id).Take(&o)); err != nil {
		return err
	}
	if o.NextAt == nil || o.NextAt.After(s.clock.Now()) {
		return nil
	}
	if o.State == OpCreated {
		return s.watch(ctx, o)
	}
	_, err := s.perform(ctx, id, false)
	return err
}

// watch looks at a created object again, and later once more when it has not ended.
func (s *Service) watch(ctx context.Context, o Operation) error {
	later := s.clock.Now().Add(pauseAfter(o.Tries + 7))
	err := s.db.Gorm(ctx).Exec("UPDATE operations SET tries = tries + 1, next_at = ? WHERE id = ? AND state = ?", later, o.ID, OpCreated).Error
	if err != nil {
		return err
	}
	call, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	if watched := s.procedure(o.Kind).watched; watched != nil {
		return watched(call, o)
	}
	return nil
}
