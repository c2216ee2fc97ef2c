package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/billing"
	"homecoming/market"
)

// bankTransfer is an amount that a company was asked to send to its virtual account.
type bankTransfer struct {
	ID          uuid.UUID       `json:"id" format:"uuid"`
	MilestoneID uuid.UUID       `json:"milestone_id" format:"uuid"`
	Purpose     string          `json:"purpose" doc:"What it pays for: funding, receivable …"`
	State       string          `json:"state" enum:"asked,waiting,part_paid,canceling,paid,canceled,refused"`
	Amount      market.Money    `json:"amount"`
	Missing     market.Money    `json:"missing" doc:"What has not come yet"`
	Reference   string          `json:"reference" doc:"What the sender writes"`
	Account     *virtualAccount `json:"account" doc:"Where it goes; absent while the provider's answer is unknown"`
	ExpiresAt   time.Time       `json:"expires_at" doc:"Given up then, if nothing has come"`
}

type virtualAccount struct {
	BankCode   string `json:"bank_code"`
	BankName   string `json:"bank_name"`
	BranchCode string `json:"branch_code"`
	BranchName string `json:"branch_name"`
	Kind       string `json:"kind" enum:"futsu,toza"`
	Number     string `json:"number"`
	Holder     string `json:"holder"`
	Page       string `json:"page" doc:"The provider's own page with what to send, for whoever makes the transfer"`
}

func bankTransferOf(b billing.BankTransfer) bankTransfer {
	out := bankTransfer{ID: b.ID, MilestoneID: b.MilestoneID, Purpose: string(b.Purpose), State: string(b.State), Amount: market.Money{Amount: b.Amount, Currency: b.Currency},
		Missing: market.Money{Amount: b.Missing(), Currency: b.Currency}, Reference: b.Reference, ExpiresAt: b.ExpiresAt}
	if a := b.Virtual(); a != nil {
		out.Account = &virtualAccount{a.BankCode, a.BankName, a.BranchCode, a.BranchName, a.Kind, a.Number, a.Holder, a.Page}
	}
	return out
}

// transferAnswer is 201 where the money can be sent, 202 while the provider's answer is unknown.
type transferAnswer struct {
	Status int
	Body   bankTransfer
}

func (transferAnswer) success() int { return http.StatusCreated }

func transferFor(b billing.BankTransfer, err error) (*transferAnswer, error) {
	if err != nil {
		return nil, err
	}
	a := &transferAnswer{Status: http.StatusCreated, Body: bankTransferOf(b)}
	if a.Body.Account == nil {
		a.Status = http.StatusAccepted
	}
	return a, nil
}

func (s *Server) fundByBankTransfer(ctx context.Context, in *act) (*transferAnswer, error) {
	return transferFor(s.cfg.Billing.PayByBankTransfer(ctx, reader(ctx), in.ID, billing.ForFunding))
}

func (s *Server) payBackByBankTransfer(ctx context.Context, in *act) (*transferAnswer, error) {
	return transferFor(s.cfg.Billing.PayByBankTransfer(ctx, reader(ctx), in.ID, billing.ForReceivable))
}

type byCard struct {
	OfID
	Body struct {
		Card string `json:"card" doc:"One of the company's saved cards"`
	}
}

func (s *Server) fundByCard(ctx context.Context, in *byCard) (*fundingAnswer, error) {
	who := reader(ctx)
	f, err := s.cfg.Billing.PayByCard(ctx, who, in.ID, billing.ForFunding, in.Body.Card)
	return s.fundingOf(who, f, err)
}

func (s *Server) payBackByCard(ctx context.Context, in *byCard) (*fundingAnswer, error) {
	who := reader(ctx)
	f, err := s.cfg.Billing.PayByCard(ctx, who, in.ID, billing.ForReceivable, in.Body.Card)
	return s.fundingOf(who, f, err)
}

func (s *Server) topUpByCard(ctx context.Context, in *byCard) (*fundingAnswer, error) {
	who := reader(ctx)
	f, err := s.cfg.Billing.TopUpByCard(ctx, who, in.ID, in.Body.Card)
	return s.fundingOf(who, f, err)
}

func (s *Server) topUpByBankTransfer(ctx context.Context, in *act) (*transferAnswer, error) {
	return transferFor(s.cfg.Billing.TopUpByBankTransfer(ctx, reader(ctx), in.ID))
}

func (s *Server) bankTransfer(ctx context.Context, in *OfID) (*out[bankTransfer], error) {
	b, err := s.cfg.Billing.BankTransfer(ctx, access.Actor(ctx), in.ID)
	return answer(bankTransferOf(b), err)
}

func (s *Server) cancelBankTransfer(ctx context.Context, in *act) (*out[bankTransfer], error) {
	b, err := s.cfg.Billing.CancelBankTransfer(ctx, access.Actor(ctx), in.ID)
	return answer(bankTransferOf(b), err)
}

type applying struct {
	OfID
	Body *struct {
		Amount int64 `json:"amount,omitempty" minimum:"0" doc:"In minor units; 0 is as much as there is and is missing"`
	}
}

func (s *Server) applyCash(ctx context.Context, in *applying) (*out[bankTransfer], error) {
	var amount int64
	if in.Body != nil {
		amount = in.Body.Amount
	}
	b, err := s.cfg.Billing.ApplyCash(ctx, access.Actor(ctx), in.ID, amount)
	return answer(bankTransferOf(b), err)
}

// cash is what a company has sent and nothing was paid with yet.
type cash struct {
	Balance   market.Money   `json:"balance"`
	Free      market.Money   `json:"free" doc:"Less what is being applied or returned"`
	Proposal  []application  `json:"proposal" doc:"The one thing to do with what is free"`
	Open      []bankTransfer `json:"open" doc:"Bank transfers that money can be applied to"`
	Movements []cashMovement `json:"movements" doc:"The latest hundred, newest first"`
}

type application struct {
	BankTransferID uuid.UUID    `json:"bank_transfer_id" format:"uuid"`
	Amount         market.Money `json:"amount"`
}

type cashMovement struct {
	ID        string       `json:"id"`
	Kind      string       `json:"kind"`
	Amount    market.Money `json:"amount" doc:"Positive into the cash, negative out of it"`
	Balance   market.Money `json:"balance" doc:"Afterwards, as the provider tells it"`
	Reference string       `json:"reference"`
	Sender    string       `json:"sender"`
	At        time.Time    `json:"at"`
}

func cashOf(c billing.Cash) cash {
	yen := func(amount int64) market.Money { return market.Money{Amount: amount, Currency: c.Currency} }
	return cash{Balance: yen(c.Balance), Free: yen(c.Free), Open: each(c.Open, bankTransferOf),
		Proposal: each(c.Proposal, func(a billing.Application) application { return application{a.BankTransfer.ID, yen(a.Amount)} }),
		Movements: each(c.Movements, func(m billing.CashRecord) cashMovement {
			return cashMovement{ID: m.ID, Kind: string(m.Kind), Amount: yen(m.Amount), Balance: yen(m.Balance), Reference: m.Reference, Sender: m.Sender, At: m.At}
		})}
}

func (s *Server) cash(ctx context.Context, in *OfID) (*out[cash], error) {
	c, err := s.cfg.Billing.Cash(ctx, access.Actor(ctx), in.ID)
	return answer(cashOf(c), err)
}

type returning struct {
	OfID
	Body struct {
		Amount int64 `json:"amount" minimum:"1" doc:"In minor units"`
	}
}

func (s *Server) returnCash(ctx context.Context, in *returning) (*out[cash], error) {
	c, err := s.cfg.Billing.ReturnCash(ctx, access.Actor(ctx), in.ID, in.Body.Amount)
	return answer(cashOf(c), err)
}

// savedCard is one that a company agreed to be charged again.
type savedCard struct {
	ID       string `json:"id"`
	Brand    string `json:"brand"`
	Last4    string `json:"last4"`
	ExpMonth int    `json:"exp_month"`
	ExpYear  int    `json:"exp_year"`
}

func (s *Server) cards(ctx context.Context, in *OfID) (*out[list[savedCard]], error) {
	all, err := s.cfg.Billing.Cards(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, func(c billing.Card) savedCard { return savedCard{c.ID, c.Brand, c.Last4, c.ExpMonth, c.ExpYear} }), err)
}

func (s *Server) forgetCard(ctx context.Context, in *byCard) (*nothing, error) {
	return nil, s.cfg.Billing.ForgetCard(ctx, access.Actor(ctx), in.ID, in.Body.Card)
}
