package billing

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"homecoming/internal/problem"
	"homecoming/market"

	"gorm.io/gorm"
)

// needsOwner is what the provider says when a card's owner has to be there.
const needsOwner = "authentication_required"

// ErrNoSuchCard is a card that is not saved any more.
var ErrNoSuchCard = problem.Define(problem.Conflict, "no_such_card",
	"This card is not saved any more. Choose another or pay on the page.", "このカードは登録されていません。別のカードを選ぶか、決済ページでお支払いください。")

// Cards lists the cards that a company agreed to be charged again, newest first, as the provider knows them.
func (s *Service) Cards(ctx context.Context, who market.Actor, company uuid.UUID) ([]Card, error) {
	if err := mayPay(who, company); err != nil {
		return nil, err
	}
	customer, err := s.knownCustomer(ctx, company)
	if err != nil || customer == nil {
		return nil, err
	}
	call, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	cards, err := s.gateway.Cards(call, *customer)
	if err != nil {
		slog.Warn("the saved cards cannot be read", "company", company, "error", err)
		return nil, ErrProviderUnavailable.Because(err)
	}
	return cards, nil
}

// ForgetCard takes a company's saved card away. One that is gone already stays gone.
func (s *Service) ForgetCard(ctx context.Context, who market.Actor, company uuid.UUID, card string) error {
	cards, err := s.Cards(ctx, who, company)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(cards, func(c Card) bool { return c.ID == card }) {
		return ErrNoSuchCard
	}
	if err := s.gateway.ForgetCard(ctx, card); err != nil && !errors.Is(err, ErrNotThere) {
		return ErrProviderUnavailable.Because(err)
	}
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		return market.Audit(tx, who, company, "card.forget", "card:"+card, nil)
	})
}

// FundKeepingCard opens the checkout page of a milestone on which the payer agrees that the card is charged again.
func (s *Service) FundKeepingCard(ctx context.Context, who market.Actor, id uuid.UUID) (Funding, error) {
	m, err := s.Milestone(ctx, who, id)
	if err != nil {
		return Funding{}, err
	}
	if err := who.May(market.RunContracts, m.CompanyID); err != nil {
		return Funding{}, err
	}
	customer, err := s.customerOf(ctx, who, m.CompanyID)
	if err != nil {
		return Funding{}, err
	}
	return s.payOnPage(ctx, who, id, ForFunding, 0, func(o *CheckoutOrder) { o.Customer, o.KeepCard = customer, true })
}

// PayByCard charges one of the company's saved cards for a purpose; a checkout page that is open for it is closed first. Where the card's owner has to be there, the answer is
// the checkout page instead; while the outcome is unknown there is neither page nor payment yet.
func (s *Service) PayByCard(ctx context.Context, who market.Actor, milestone uuid.UUID, purpose Purpose, card string) (Funding, error) {
	m, err := s.Milestone(ctx, who, milestone)
	if err != nil {
		return Funding{}, err
	}
	if err := who.May(s.collection(purpose).by, m.CompanyID); err != nil {
		return Funding{}, err
	}
	cards, err := s.Cards(ctx, who, m.CompanyID)
	if err != nil {
		return Funding{}, err
	}
	if !slices.ContainsFunc(cards, func(c Card) bool { return c.ID == card }) {
		return Funding{}, ErrNoSuchCard
	}
	customer, err := s.knownCustomer(ctx, m.CompanyID)
	if err != nil {
		return Funding{}, err
	}
	if err := s.leavePage(ctx, milestone, purpose); err != nil {
		return Funding{}, err
	}
	op, mine, err := s.planWay(ctx, who, milestone, purpose, 0, CardOperation, func(_ *gorm.DB, b bill) (any, error) {
		return CardOrder{Operation: b.operation, Milestone: b.milestone.ID, Company: b.contract.CompanyID, Purpose: purpose, Customer: *customer, Card: card,
			Title: b.title(), Amount: b.amount, Currency: b.milestone.Currency}, nil
	})
	if err != nil {
		return Funding{}, err
	}
	if op.State != OpCreated {
		if op, err = s.perform(ctx, op.ID, mine); err != nil {
			return Funding{}, err
		}
	}
	switch {
	case op.State == OpRejected && op.Problem == needsOwner:
		return s.payOnPage(ctx, who, milestone, purpose, 0, nil)
	case op.State == OpRejected:
		return Funding{}, ErrProviderRefused.With("reason", op.Problem)
	case op.State == OpCreated:
		if err := s.watch(ctx, op); err != nil {
			slog.Warn("a card payment cannot be looked at", "operation", op.ID, "error", err)
		}
	}
	m, err = s.Milestone(ctx, who, milestone)
	return Funding{Milestone: m}, err
}

// cardWatch is how soon a payment by card is looked at when no event tells us.
const cardWatch = time.Minute

func (s *Service) cardCharges() procedure {
	order := func(o Operation) (c CardOrder, err error) { return c, json.Unmarshal(o.Input, &c) }
	return procedure{
		find: func(ctx context.Context, o Operation) (outcome, error) {
			c, err := order(o)
			if err != nil {
				return outcome{}, err
			}
			in, err := s.gateway.FindIntent(ctx, c.Customer, o.ID, o.CreatedAt)
			if err != nil {
				return outcome{}, err
			}
			return charging(in)
		},
		send: func(ctx context.Context, o Operation) (outcome, error) {
			c, err := order(o)
			if err != nil {
				return outcome{}, err
			}
			in, err := s.gateway.ChargeCard(ctx, o.Key(), c)
			if err != nil {
				return outcome{}, err
			}
			return charging(in)
		},
		refused: func(tx *gorm.DB, o Operation, _ *Refusal) error { return s.closeWay(tx, o) },
		watched: func(ctx context.Context, o Operation) error { return s.lookAtPayment(ctx, o.ProviderID) },
	}
}

// charging is what has come of charging a card: on its way or done, or refused with nobody there to ask.
func charging(in Intent) (outcome, error) {
	switch in.State {
	case "succeeded", "processing":
		return outcome{id: in.ID, watch: cardWatch}, nil
	case "requires_action":
		return outcome{}, &Refusal{Code: needsOwner, Message: "the card's owner has to be there"}
	}
	code := in.Refusal
	if code == "" {
		code = in.State
	}
	return outcome{}, &Refusal{Code: code, Message: "the card was not charged"}
}
