package billing

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/jobs"
	"homecoming/market"
)

// AccountState is where a person's connected account stands.
type AccountState string

// The states of a connected account.
const (
	AccountCreating     AccountState = "creating"
	AccountOnboarding   AccountState = "onboarding" // the provider still asks for something
	AccountActive       AccountState = "active"     // it receives transfers
	AccountRestricted   AccountState = "restricted" // it received them once, and may not now
	AccountDeauthorized AccountState = "deauthorized"
)

// A PayoutAccount is a person's account at the provider, which pays their bank. It belongs to the person, whatever
// company pays.
type PayoutAccount struct {
	PersonID   uuid.UUID
	ProviderID *string
	State      AccountState
	Transfers  bool   // may receive transfers
	Payouts    bool   // may pay out to the bank
	Missing    string // what the provider still asks for, comma-separated
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

func payoutAccount(g *gorm.DB, person uuid.UUID) (PayoutAccount, error) {
	var a PayoutAccount
	return a, one(g.Where("person_id = ?", person).Take(&a))
}

// PayoutAccount reads the actor's own account; market.ErrNotFound before they first asked for one.
func (s *Service) PayoutAccount(ctx context.Context, who market.Actor) (PayoutAccount, error) {
	return payoutAccount(s.db.Gorm(ctx), who.PersonID)
}

// Onboard gives the address of a page, good for a few minutes and one visit, on which the actor completes their
// connected account. The account is made when there is none.
func (s *Service) Onboard(ctx context.Context, who market.Actor) (string, error) {
	if err := who.MayAnywhere(market.DeliverWork); err != nil {
		return "", err
	}
	op, mine, err := s.planAccount(ctx, who)
	if err != nil {
		return "", err
	}
	if op.State != OpCreated {
		if op, err = s.perform(ctx, op.ID, mine); err != nil {
			return "", err
		}
	}
	switch op.State {
	case OpCreated:
	case OpRejected:
		return "", ErrProviderRefused.With("reason", op.Problem)
	default:
		return "", ErrProviderUnavailable
	}
	call, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	link, err := s.gateway.OnboardingLink(call, op.ProviderID, s.cfg.BaseURL+"/payouts?onboarding=again", s.cfg.BaseURL+"/payouts?onboarding=done")
	if err != nil {
		return "", ErrProviderUnavailable.Because(err)
	}
	return link, nil
}

// planAccount commits the operation that makes the person's account, once; mine says that the caller is to send it.
func (s *Service) planAccount(ctx context.Context, who market.Actor) (op Operation, mine bool, err error) {
	err = s.db.Tx(ctx, func(tx *gorm.DB) error {
		now := s.clock.Now()
		made := tx.Exec("INSERT INTO payout_accounts (person_id, state, created_at, updated_at) VALUES (?, ?, ?, ?) ON CONFLICT (person_id) DO NOTHING",
			who.PersonID, AccountCreating, now, now)
		if made.Error != nil {
			return made.Error
		}
		if made.RowsAffected == 0 {
			if err := tx.Exec("SELECT 1 FROM payout_accounts WHERE person_id = ? FOR NO KEY UPDATE", who.PersonID).Error; err != nil {
				return err
			}
			err := one(tx.Where("person_id = ? AND kind = ? AND state <> ?", who.PersonID, AccountOperation, OpExpired).Take(&op))
			mine = op.State == OpRejected
			if !errors.Is(err, market.ErrNotFound) {
				return err
			}
			// The one they had is gone: another takes its place.
			err = tx.Exec("UPDATE payout_accounts SET provider_id = NULL, state = ?, missing = '', updated_at = ? WHERE person_id = ?", AccountCreating, now, who.PersonID).Error
			if err != nil {
				return err
			}
		}
		mine = true
		op = Operation{ID: newID(), Kind: AccountOperation, PersonID: &who.PersonID}
		op, err = s.plan(tx, op, AccountOrder{Operation: op.ID, Person: who.PersonID, Email: who.Email}, now.Add(s.lease()))
		return err
	})
	return op, mine, err
}

func (s *Service) accounts() procedure {
	made := func(a Account) outcome {
		return outcome{id: a.ID, settle: func(tx *gorm.DB, o *Operation) error { return s.seenAccount(tx, *o.PersonID, a) }}
	}
	return procedure{
		find: func(ctx context.Context, o Operation) (outcome, error) {
			a, err := s.gateway.FindAccount(ctx, o.ID, o.CreatedAt)
			return made(a), err
		},
		send: func(ctx context.Context, o Operation) (outcome, error) {
			var order AccountOrder
			if err := json.Unmarshal(o.Input, &order); err != nil {
				return outcome{}, err
			}
			a, err := s.gateway.CreateAccount(ctx, o.Key(), order)
			return made(a), err
		},
		again: 24 * time.Hour, // and whenever the person asks
	}
}

// accountMachine is the life of a connected account. The provider moves it, by what its owner told or did there.
var accountMachine = Machine[AccountState, PayoutAccount]{
	Noun:  "account",
	Start: AccountCreating,
	Moves: []Move[AccountState, PayoutAccount]{
		{AccountCreating, "ask", AccountOnboarding, TheProvider, nil},
		{AccountCreating, "enable", AccountActive, TheProvider, nil},
		{AccountOnboarding, "enable", AccountActive, TheProvider, nil},
		{AccountActive, "restrict", AccountRestricted, TheProvider, nil},
		{AccountRestricted, "enable", AccountActive, TheProvider, nil},
		{AccountOnboarding, "leave", AccountDeauthorized, TheProvider, nil},
		{AccountActive, "leave", AccountDeauthorized, TheProvider, nil},
		{AccountRestricted, "leave", AccountDeauthorized, TheProvider, nil},
		{AccountDeauthorized, "begin_again", AccountCreating, TheAlumnus, nil},
	},
	Stands: map[AccountState]Stand{
		AccountCreating:     {Owner: TheClock, Timer: "its operation"},
		AccountOnboarding:   {Owner: TheAlumnus},
		AccountActive:       {},
		AccountRestricted:   {Owner: TheAlumnus},
		AccountDeauthorized: {Owner: TheAlumnus},
	},
}

// seenAccount writes down how the provider sees an account. One that can take transfers lets those that wait go on;
// one that no longer can has its owner told, once, where money waits for it.
func (s *Service) seenAccount(tx *gorm.DB, person uuid.UUID, a Account) error {
	var old PayoutAccount
	if err := tx.Clauses(hold).Where("person_id = ?", person).Take(&old).Error; err != nil {
		return err
	}
	if old.State == AccountDeauthorized && deref(old.ProviderID) == a.ID {
		return nil // an old word about it
	}
	do := "ask"
	switch {
	case a.Transfers:
		do = "enable"
	case a.Disabled != "":
		do = "restrict"
	}
	state, err := accountMachine.Next(old.State, do, TheProvider, old)
	if err != nil {
		state = old.State // it is there already; what is asked for may still be something else
	}
	if state == AccountCreating {
		state = AccountOnboarding
	}
	err = tx.Exec("UPDATE payout_accounts SET provider_id = ?, state = ?, transfers = ?, payouts = ?, missing = ?, updated_at = ? WHERE person_id = ?",
		a.ID, state, a.Transfers, a.Payouts, strings.Join(a.Missing, ","), s.clock.Now(), person).Error
	if err != nil {
		return err
	}
	if a.Transfers {
		if err := s.wakeTransfers(tx, person); err != nil {
			return err
		}
	}
	if state == AccountRestricted && old.State == AccountActive || old.Payouts && !a.Payouts {
		return accountLetter(tx, person, a.Disabled)
	}
	return nil
}

// accountLetter asks a person to see to their account.
func accountLetter(tx *gorm.DB, person uuid.UUID, reason string) error {
	facts := map[string]any{}
	if reason != "" {
		facts["reason"] = reason
	}
	return jobs.Enqueue(tx, market.Letter{Letter: market.LetterAccount, PersonID: person, Path: "/payouts", Facts: facts})
}

// lookAtAccount reads a connected account again. One that we may not look at any more is lost.
func (s *Service) lookAtAccount(ctx context.Context, id string) error {
	person, err := s.personOf(ctx, id)
	if err != nil {
		return ours(err)
	}
	a, err := s.gateway.Account(ctx, id)
	if isGone(err) {
		return s.loseAccount(ctx, id)
	}
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error { return s.seenAccount(tx, person, a) })
}

// isGone reports whether the provider refuses to speak about an account because its owner took our access away.
func isGone(err error) bool {
	var no *Refusal
	return errors.As(err, &no) && no.Code == "account_invalid"
}

// loseAccount notes that a person has taken the platform's access away. Their transfers wait until they have another
// account, and they are told.
func (s *Service) loseAccount(ctx context.Context, id string) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		var a PayoutAccount
		if err := one(tx.Clauses(hold).Where("provider_id = ?", id).Take(&a)); err != nil {
			return ours(err)
		}
		state, err := accountMachine.Next(a.State, "leave", TheProvider, a)
		if err != nil {
			return nil //nolint:nilerr // it has gone already
		}
		now := s.clock.Now()
		err = tx.Exec("UPDATE payout_accounts SET state = ?, transfers = false, payouts = false, updated_at = ? WHERE person_id = ?", state, now, a.PersonID).Error
		if err != nil {
			return err
		}
		err = tx.Exec("UPDATE operations SET state = ?, next_at = NULL, updated_at = ? WHERE person_id = ? AND kind = ? AND provider_id = ?",
			OpExpired, now, a.PersonID, AccountOperation, id).Error
		if err != nil {
			return err
		}
		return accountLetter(tx, a.PersonID, "deauthorized")
	})
}

func (s *Service) personOf(ctx context.Context, account string) (uuid.UUID, error) {
	var a PayoutAccount
	err := one(s.db.Gorm(ctx).Where("provider_id = ?", account).Take(&a))
	return a.PersonID, err
}
