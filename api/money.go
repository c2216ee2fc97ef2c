package api

import (
	"context"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/billing"
	"homecoming/market"
)

// payout is a payment to a person's bank: to its person whole, to a company what it contributed.
type payout struct {
	ID        string       `json:"id"`
	Person    party        `json:"person"`
	Amount    market.Money `json:"amount" doc:"Of the lines shown, for a company"`
	State     string       `json:"state" enum:"pending,in_transit,paid,failed,canceled"`
	ArrivesOn civil.Date   `json:"arrives_on" format:"date"`
	Failure   string       `json:"failure"`
	Lines     []payoutLine `json:"lines"`
	CreatedAt time.Time    `json:"created_at"`
}

type payoutLine struct {
	MilestoneID    uuid.UUID    `json:"milestone_id" format:"uuid"`
	MilestoneTitle string       `json:"milestone_title"`
	ContractID     uuid.UUID    `json:"contract_id" format:"uuid"`
	Amount         market.Money `json:"amount"`
}

func payoutOf(p billing.PayoutRecord) payout {
	return payout{ID: p.ID, Person: party{p.PersonID, p.PersonName}, Amount: market.Money{Amount: p.Amount, Currency: p.Currency}, State: string(p.State),
		ArrivesOn: p.ArrivesOn, Failure: p.Failure, CreatedAt: p.CreatedAt, Lines: each(p.Lines, func(l billing.PayoutLine) payoutLine {
			return payoutLine{MilestoneID: l.MilestoneID, MilestoneTitle: l.MilestoneTitle, ContractID: l.ContractID, Amount: market.Money{Amount: l.Amount, Currency: p.Currency}}
		})}
}

func payoutID(p billing.PayoutRecord) string { return p.ID }

func (s *Server) payouts(ctx context.Context, in *ofIDPaged) (*out[list[payout]], error) {
	before, err := in.beforeText()
	if err != nil {
		return nil, err
	}
	all, err := s.cfg.Billing.Payouts(ctx, access.Actor(ctx), in.ID, before, in.Limit)
	return answer(listed(in.Page, all, payoutID, payoutOf), err)
}

func (s *Server) myPayouts(ctx context.Context, in *onlyPage) (*out[list[payout]], error) {
	before, err := in.beforeText()
	if err != nil {
		return nil, err
	}
	all, err := s.cfg.Billing.MyPayouts(ctx, access.Actor(ctx), before, in.Limit)
	return answer(listed(in.Page, all, payoutID, payoutOf), err)
}

// payoutAccount is the person's account at the payment provider.
type payoutAccount struct {
	State     string `json:"state" enum:"creating,onboarding,active,restricted,deauthorized"`
	Transfers bool   `json:"transfers" doc:"It may receive money"`
	Payouts   bool   `json:"payouts" doc:"It may pay out to the bank"`
	Missing   string `json:"missing" doc:"What the provider still asks for"`
}

func (s *Server) payoutAccount(ctx context.Context, _ *nothing) (*out[payoutAccount], error) {
	a, err := s.cfg.Billing.PayoutAccount(ctx, access.Actor(ctx))
	return answer(payoutAccount{State: string(a.State), Transfers: a.Transfers, Payouts: a.Payouts, Missing: a.Missing}, err)
}

type onboarding struct {
	URL string `json:"onboarding_url" doc:"Good for a few minutes and one visit"`
}

func (s *Server) onboard(ctx context.Context, _ *nothing) (*out[onboarding], error) {
	url, err := s.cfg.Billing.Onboard(ctx, reader(ctx))
	return answer(onboarding{url}, err)
}

// entry is one fact about money, balanced per currency.
type entry struct {
	ID          uuid.UUID  `json:"id" format:"uuid"`
	At          time.Time  `json:"at" doc:"When it happened"`
	PostedAt    time.Time  `json:"posted_at"`
	BookedOn    civil.Date `json:"booked_on" format:"date" doc:"The day of the books it belongs to"`
	Kind        string     `json:"kind"`
	Source      string     `json:"source" doc:"Unique: the same source is never posted twice"`
	MilestoneID *uuid.UUID `json:"milestone_id" format:"uuid"`
	Postings    []posting  `json:"postings"`
}

type posting struct {
	Account string       `json:"account"`
	Amount  market.Money `json:"amount" doc:"Positive for a debit, negative for a credit"`
}

func entryOf(e billing.Entry) entry {
	return entry{ID: e.ID, At: e.At, PostedAt: e.PostedAt, BookedOn: e.BookedOn, Kind: e.Kind, Source: e.Source, MilestoneID: e.MilestoneID,
		Postings: each(e.Postings, postingOf)}
}

func (s *Server) entries(ctx context.Context, in *ofIDPaged) (*out[list[entry]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	all, err := s.cfg.Billing.Entries(ctx, access.Actor(ctx), in.ID, before, in.Limit)
	return answer(listed(in.Page, all, func(e billing.Entry) string { return e.ID.String() }, entryOf), err)
}

// account is one account of the ledger with what was ever booked to it.
type account struct {
	Account string       `json:"account"`
	Class   string       `json:"class" enum:"asset,liability,income,expense,memo"`
	Debit   market.Money `json:"debit"`
	Credit  market.Money `json:"credit"`
	Balance market.Money `json:"balance" doc:"Debit less credit"`
}

func (s *Server) accounts(ctx context.Context, in *OfID) (*out[list[account]], error) {
	all, err := s.cfg.Billing.Accounts(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, func(a billing.AccountBalance) account {
		money := func(n int64) market.Money { return market.Money{Amount: n, Currency: a.Currency} }
		return account{Account: a.Account, Class: a.Class(), Debit: money(a.Debit), Credit: money(a.Credit), Balance: money(a.Balance())}
	}), err)
}

// overview is where a company's money stands.
type overview struct {
	Committed   market.Money `json:"committed" doc:"Agreed and not funded yet"`
	Funded      market.Money `json:"funded" doc:"Ever charged, less refunds"`
	Held        market.Money `json:"held" doc:"Charged and not yet owed to anybody"`
	Releasing   market.Money `json:"releasing" doc:"Accepted and owed, not yet transferred"`
	Released    market.Money `json:"released" doc:"Transferred, not yet in a bank"`
	Paid        market.Money `json:"paid" doc:"Paid out to banks"`
	Refunding   market.Money `json:"refunding"`
	PlatformFee market.Money `json:"platform_fee" doc:"The platform's, its tax included"`
	Withheld    market.Money `json:"withheld" doc:"Income tax kept back for the tax office"`
	Due         []due        `json:"due" doc:"Delivered or accepted and not yet transferred, by legal due day"`
}

type due struct {
	MilestoneID uuid.UUID    `json:"milestone_id" format:"uuid"`
	ContractID  uuid.UUID    `json:"contract_id" format:"uuid"`
	Title       string       `json:"title"`
	State       string       `json:"state"`
	Net         market.Money `json:"net"`
	PayBy       civil.Date   `json:"pay_by" format:"date"`
	HoldReason  string       `json:"hold_reason"`
}

func (s *Server) overview(ctx context.Context, in *OfID) (*out[overview], error) {
	who := access.Actor(ctx)
	o, err := s.cfg.Billing.MoneyOverview(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	c, err := s.cfg.Market.Company(ctx, who, in.ID)
	money := func(n int64) market.Money { return market.Money{Amount: n, Currency: c.Currency} }
	return answer(overview{Committed: money(o.Committed), Funded: money(o.Funded), Held: money(o.Held), Releasing: money(o.Releasing), Released: money(o.Released),
		Paid: money(o.Paid), Refunding: money(o.Refunding), PlatformFee: money(o.PlatformFee), Withheld: money(o.Withheld),
		Due: each(o.Due, func(d billing.DueMilestone) due {
			return due{MilestoneID: d.MilestoneID, ContractID: d.ContractID, Title: d.Title, State: string(d.State), Net: money(d.Net), PayBy: d.PayBy, HoldReason: d.HoldReason}
		})}, err)
}
