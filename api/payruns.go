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

// payable is a milestone that is owed.
type payable struct {
	MilestoneID uuid.UUID    `json:"milestone_id" format:"uuid"`
	ContractID  uuid.UUID    `json:"contract_id" format:"uuid"`
	Title       string       `json:"title"`
	Person      party        `json:"person"`
	Rail        string       `json:"rail" enum:"on_acceptance,bank_file"`
	State       string       `json:"state" enum:"accepted,releasing,released,paid,payout_failed,reversed"`
	Net         market.Money `json:"net" doc:"What the person is paid"`
	Charge      market.Money `json:"charge" doc:"What the company is charged where it pays on acceptance"`
	PayBy       civil.Date   `json:"pay_by" format:"date" doc:"The legal due day"`
	Waits       string       `json:"waits" doc:"What keeps it from being paid; empty: nothing does"`
	Account     *bankDetails `json:"account" doc:"Masked; null: they have given none"`
}

func payableOf(p billing.Payable) payable {
	v := payable{MilestoneID: p.Milestone, ContractID: p.Contract, Title: p.Title, Person: party{p.Person, p.PersonName}, Rail: string(p.Rail), State: string(p.State),
		Net: market.Money{Amount: p.Net, Currency: p.Currency}, Charge: market.Money{Amount: p.Charge, Currency: p.Currency}, PayBy: p.PayBy, Waits: p.Waits()}
	if p.Account != nil {
		d := detailsOf(*p.Account)
		v.Account = &d
	}
	return v
}

func (s *Server) payables(ctx context.Context, in *OfID) (*out[list[payable]], error) {
	all, err := s.cfg.Billing.Payables(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, payableOf), err)
}

// payRun is a number of payments that go out together.
type payRun struct {
	ID         uuid.UUID    `json:"id" format:"uuid"`
	Number     string       `json:"number" example:"R-7"`
	Rail       string       `json:"rail" enum:"on_acceptance,bank_file"`
	AccountID  *uuid.UUID   `json:"account_id" format:"uuid"`
	PayOn      civil.Date   `json:"pay_on" format:"date"`
	State      string       `json:"state" enum:"proposed,approved,filed,sent,confirmed,partly_returned,declined,withdrawn,recalled"`
	Total      market.Money `json:"total"`
	ProposedBy party        `json:"proposed_by"`
	DecidedBy  *party       `json:"decided_by"`
	FileHash   string       `json:"file_hash" doc:"SHA-256 of the transfer file"`
	SentAt     *time.Time   `json:"sent_at"`
	Can        []string     `json:"can" doc:"What the caller may do now, roles aside"`
	Items      []payItem    `json:"items"`
}

type payItem struct {
	ID     uuid.UUID    `json:"id" format:"uuid"`
	State  string       `json:"state" enum:"waiting,sent,confirmed,returned,dropped"`
	Amount market.Money `json:"amount"`
	Late   bool         `json:"late" doc:"The run's day is after the legal due day"`
	Of     payable      `json:"of"`
}

func payRunOf(who uuid.UUID) func(billing.PayRun) payRun {
	return func(r billing.PayRun) payRun {
		v := payRun{ID: r.ID, Number: r.Label(), Rail: string(r.Rail), AccountID: r.AccountID, PayOn: r.PayOn, State: string(r.State), Total: r.Money(r.Total()),
			ProposedBy: party{r.ProposedBy, r.ProposedByName}, FileHash: r.FileHash, SentAt: r.SentAt, Can: orEmpty(r.Can(who)),
			Items: each(r.Items, func(i billing.PayItem) payItem {
				return payItem{ID: i.ID, State: string(i.State), Amount: r.Money(i.Amount), Late: i.Of.LateOn(r.PayOn), Of: payableOf(i.Of)}
			})}
		if r.DecidedBy != nil {
			v.DecidedBy = &party{*r.DecidedBy, r.DecidedByName}
		}
		return v
	}
}

func (s *Server) payRuns(ctx context.Context, in *ofIDPaged) (*out[list[payRun]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	who := access.Actor(ctx)
	all, err := s.cfg.Billing.PayRuns(ctx, who, in.ID, before, in.Limit)
	return answer(listed(in.Page, all, func(r billing.PayRun) string { return r.ID.String() }, payRunOf(who.PersonID)), err)
}

func (s *Server) payRun(ctx context.Context, in *OfID) (*out[payRun], error) {
	who := access.Actor(ctx)
	r, err := s.cfg.Billing.PayRun(ctx, who, in.ID)
	return answer(payRunOf(who.PersonID)(r), err)
}

type newPayRun struct {
	OfID
	Body struct {
		Rail         string      `json:"rail" enum:"on_acceptance,bank_file"`
		AccountID    uuid.UUID   `json:"account_id,omitempty" format:"uuid" doc:"For bank_file: the account that it is paid from"`
		PayOn        civil.Date  `json:"pay_on" format:"date"`
		MilestoneIDs []uuid.UUID `json:"milestone_ids" format:"uuid"`
	}
}

func (s *Server) proposePayRun(ctx context.Context, in *newPayRun) (*made[payRun], error) {
	who := reader(ctx)
	r, err := s.cfg.Billing.ProposePayRun(ctx, who, in.ID,
		billing.PayRunDraft{Rail: market.Rail(in.Body.Rail), AccountID: in.Body.AccountID, PayOn: in.Body.PayOn, Milestones: in.Body.MilestoneIDs})
	if err != nil {
		return nil, err
	}
	return created("/pay-runs/"+r.ID.String(), payRunOf(who.PersonID)(r)), nil
}

// onRun answers a step of a pay run.
func onRun(do func(context.Context, market.Actor, uuid.UUID) (billing.PayRun, error)) func(context.Context, *act) (*out[payRun], error) {
	return func(ctx context.Context, in *act) (*out[payRun], error) {
		who := reader(ctx)
		r, err := do(ctx, who, in.ID)
		return answer(payRunOf(who.PersonID)(r), err)
	}
}

// transferFile is bytes as a bank takes them.
type transferFile struct {
	Type        string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (s *Server) payRunFile(ctx context.Context, in *OfID) (*transferFile, error) {
	raw, err := s.cfg.Billing.PayRunFile(ctx, access.Actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return transferFileOf(raw), nil
}

func transferFileOf(raw []byte) *transferFile {
	return &transferFile{Type: "text/plain; charset=shift_jis", Disposition: `attachment; filename="zengin.txt"`, Body: raw}
}

type transferDays struct {
	OfID
	From string `query:"from" format:"date" doc:"The first day of payment; today when left out"`
	To   string `query:"to" format:"date" doc:"The last; a month after the first when left out"`
}

func (s *Server) transferFiles(ctx context.Context, in *transferDays) (*transferFile, error) {
	from, err := dayOf("from", in.From)
	if err != nil {
		return nil, err
	}
	to, err := dayOf("to", in.To)
	if err != nil {
		return nil, err
	}
	raw, err := s.cfg.Billing.TransferFiles(ctx, access.Actor(ctx), in.ID, from, to)
	if err != nil {
		return nil, err
	}
	return transferFileOf(raw), nil
}
