package api

import (
	"context"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/billing"
	"homecoming/internal/problem"
	"homecoming/market"
)

// contract is a task awarded to one bid, as both sides see it.
type contract struct {
	ID           uuid.UUID           `json:"id" format:"uuid"`
	Number       string              `json:"number" example:"C-1042"`
	CompanyID    uuid.UUID           `json:"company_id" format:"uuid"`
	CompanyName  string              `json:"company_name"`
	Person       party               `json:"person" doc:"The alumnus or alumna"`
	MembershipID uuid.UUID           `json:"membership_id" format:"uuid"`
	TaskID       uuid.UUID           `json:"task_id" format:"uuid"`
	BidID        uuid.UUID           `json:"bid_id" format:"uuid"`
	State        string              `json:"state" enum:"active,paused,completed,terminated"`
	Title        string              `json:"title"`
	Amount       market.Money        `json:"amount" doc:"Without consumption tax"`
	Money        quote               `json:"money" doc:"Of all milestones that were not canceled or refunded"`
	DeliverOn    civil.Date          `json:"deliver_on" format:"date"`
	Milestones   []contractMilestone `json:"milestones"`
	Terms        *agreed             `json:"terms,omitempty" doc:"Where one contract is read"`
	Notice       *notice             `json:"notice,omitempty" doc:"Where one contract is read"`
	CreatedAt    time.Time           `json:"created_at"`
	CompletedAt  *time.Time          `json:"completed_at"`
	EndsOn       *civil.Date         `json:"ends_on" format:"date" doc:"Notice was given: its last day"`
}

type party struct {
	ID   uuid.UUID `json:"id" format:"uuid"`
	Name string    `json:"name"`
}

// quote is everything that happens to a fee.
type quote struct {
	Fee           market.Money `json:"fee" doc:"Agreed, without consumption tax"`
	Tax           market.Money `json:"tax" doc:"Consumption tax on the fee"`
	Withheld      market.Money `json:"withheld" doc:"Income tax that the company pays to the tax office instead"`
	Net           market.Money `json:"net" doc:"What the alumnus receives: fee + tax - withheld"`
	PlatformFee   market.Money `json:"platform_fee" doc:"The marketplace's, on top"`
	PlatformTax   market.Money `json:"platform_tax"`
	Charge        market.Money `json:"charge" doc:"What the company is charged: net + platform_fee + platform_tax"`
	LatestPayment civil.Date   `json:"latest_payment" format:"date" doc:"By when the law wants the fee paid"`
}

func quoteOf(q billing.Quote) quote {
	return quote{Fee: q.Money(q.Fee), Tax: q.Money(q.Tax), Withheld: q.Money(q.Withheld), Net: q.Money(q.Net), PlatformFee: q.Money(q.PlatformFee),
		PlatformTax: q.Money(q.PlatformTax), Charge: q.Money(q.Charge), LatestPayment: q.LatestPayment}
}

// agreed are the terms, frozen on the day.
type agreed struct {
	Hash                string    `json:"hash" doc:"SHA-256 of the stored terms"`
	BidVersion          int       `json:"bid_version"`
	Brief               string    `json:"brief"`
	Message             string    `json:"message"`
	WithholdingCategory string    `json:"withholding_category"`
	Registered          bool      `json:"registered" doc:"The supplier has a qualified-invoice number"`
	Corporate           bool      `json:"corporate" doc:"The supplier is a corporation: nothing is withheld"`
	NonResident         bool      `json:"non_resident" doc:"The supplier lives abroad, for taxes"`
	PlatformFeeBP       int64     `json:"platform_fee_bp"`
	AutoAcceptDays      int       `json:"auto_accept_days"`
	PaymentDays         int       `json:"payment_days"`
	Rail                string    `json:"rail" enum:"prefunded,on_acceptance,bank_file" doc:"How the company pays"`
	AgreedAt            time.Time `json:"agreed_at"`
	Milestones          []part    `json:"milestones"`
	Hourly              *byHour   `json:"hourly,omitempty" doc:"By the hour: the milestones are its weeks"`
}

// notice is the statement of terms that the law asks for on award, written out in the reader's language.
type notice struct {
	Hash   string       `json:"hash" doc:"SHA-256 of the stored notice"`
	Schema int          `json:"schema"`
	Items  []noticeItem `json:"items"`
}

type noticeItem struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// contractMilestone is one part of a contract, funded, delivered, accepted and paid by itself.
type contractMilestone struct {
	ID           uuid.UUID    `json:"id" format:"uuid"`
	ContractID   uuid.UUID    `json:"contract_id" format:"uuid"`
	Position     int          `json:"position"`
	Title        string       `json:"title"`
	Amount       market.Money `json:"amount" doc:"Without consumption tax"`
	Money        quote        `json:"money"`
	DueOn        civil.Date   `json:"due_on" format:"date"`
	Rail         string       `json:"rail" enum:"prefunded,on_acceptance,bank_file" doc:"How the company pays"`
	State        string       `json:"state" enum:"draft,funding,part_funded,funded,in_progress,submitted,changes_requested,accepted,releasing,released,paid,payout_failed,refunding,refunded,canceled,charged_back,reversed"`
	Actions      []string     `json:"actions" doc:"What the reader may do now"`
	Frozen       string       `json:"frozen" doc:"Why nothing may move; empty when it may"`
	HoldReason   string       `json:"hold_reason" doc:"Why the transfer waits"`
	FundedAt     *time.Time   `json:"funded_at"`
	StartedAt    *time.Time   `json:"started_at"`
	ReceivedOn   *civil.Date  `json:"received_on" format:"date" doc:"First delivery: day 1 of the payment term"`
	SubmittedAt  *time.Time   `json:"submitted_at" doc:"Latest delivery"`
	AutoAcceptAt *time.Time   `json:"auto_accept_at" doc:"Silence until then accepts"`
	PayBy        *civil.Date  `json:"pay_by" format:"date" doc:"The legal due day"`
	AcceptedAt   *time.Time   `json:"accepted_at"`
	ReleasedAt   *time.Time   `json:"released_at"`
	PaidAt       *time.Time   `json:"paid_at"`
	Missing      market.Money `json:"missing" doc:"What is still to be paid before the work can begin"`
	PaidIn       market.Money `json:"paid_in" doc:"What the company has paid so far, over all charges"`
	Refunded     market.Money `json:"refunded" doc:"Of that: what went, goes or is owed back"`
	Charges      []charge     `json:"charges,omitempty" doc:"The payments, oldest first; where one milestone is read"`
	Asked        []approval   `json:"asked,omitempty" doc:"Steps that wait for a second person; where one milestone is read"`
	Timeline     []step       `json:"timeline,omitempty" doc:"Where one milestone is read"`
}

// charge is one payment for a milestone.
type charge struct {
	ID       string       `json:"id" doc:"The provider's"`
	Amount   market.Money `json:"amount"`
	Refunded market.Money `json:"refunded" doc:"Of it: what went, goes or is owed back"`
	PaidAt   time.Time    `json:"paid_at"`
}

type step struct {
	At      time.Time `json:"at"`
	By      string    `json:"by" doc:"Who moved it"`
	Do      string    `json:"do"`
	From    string    `json:"from"`
	To      string    `json:"to"`
	Message string    `json:"message"`
}

func stepOf(t billing.Step) step {
	return step{At: t.At, By: string(t.By), Do: t.Do, From: string(t.From), To: string(t.To), Message: t.Message}
}

// milestoneFor shows a milestone of a contract to one of its parties.
func (s *Server) milestoneFor(who market.Actor, c billing.Contract) func(billing.Milestone) contractMilestone {
	return func(m billing.Milestone) contractMilestone {
		v := contractMilestone{ID: m.ID, ContractID: m.ContractID, Position: m.Position, Title: m.Title, Amount: market.Money{Amount: m.Amount, Currency: m.Currency},
			Money: quoteOf(m.Quote()), DueOn: m.DueOn, Rail: string(m.Rail), State: string(m.State), Actions: []string{}, Frozen: m.Frozen, HoldReason: m.HoldReason, FundedAt: m.FundedAt,
			StartedAt: m.StartedAt, ReceivedOn: m.ReceivedOn, SubmittedAt: m.SubmittedAt, AutoAcceptAt: m.AutoAcceptAt, PayBy: m.PayBy,
			AcceptedAt: m.AcceptedAt, ReleasedAt: m.ReleasedAt, PaidAt: m.PaidAt, Missing: market.Money{Amount: m.Missing(), Currency: m.Currency},
			PaidIn: market.Money{Amount: m.PaidIn, Currency: m.Currency}, Refunded: market.Money{Amount: m.Refunded, Currency: m.Currency}}
		for _, p := range m.Charges {
			v.Charges = append(v.Charges, charge{ID: p.ID, Amount: market.Money{Amount: p.Amount, Currency: p.Currency},
				Refunded: market.Money{Amount: p.Refunded, Currency: p.Currency}, PaidAt: p.PaidAt})
		}
		switch {
		case who.PersonID == c.PersonID:
			v.Actions = orEmpty(c.Can(m, billing.TheAlumnus, s.cfg.Clock.Now()))
		case who.May(market.RunContracts, c.CompanyID) == nil:
			v.Actions = orEmpty(c.Can(m, billing.TheCompany, s.cfg.Clock.Now()))
		}
		if len(m.Asked) > 0 && who.PersonID != c.PersonID {
			v.Asked = each(m.Asked, approvalOf)
		}
		if len(m.Timeline) > 0 {
			v.Timeline = each(m.Timeline, stepOf)
		}
		return v
	}
}

// contractFor shows a contract to one of its parties.
func (s *Server) contractFor(who market.Actor) func(billing.Contract) contract {
	return func(c billing.Contract) contract {
		v := contract{ID: c.ID, Number: c.Label(), CompanyID: c.CompanyID, CompanyName: c.CompanyName, Person: party{c.PersonID, c.PersonName},
			MembershipID: c.MembershipID, TaskID: c.TaskID, BidID: c.BidID, State: string(c.State), Title: c.Title,
			Amount: market.Money{Amount: c.Amount, Currency: c.Currency}, Money: quoteOf(c.Quote()), DeliverOn: c.DeliverOn,
			Milestones: each(c.Milestones, s.milestoneFor(who, c)), CreatedAt: c.CreatedAt, CompletedAt: c.CompletedAt, EndsOn: c.EndsOn}
		if c.TermsHash != "" {
			v.Terms = agreedOf(c)
		}
		if c.NoticeHash != "" {
			v.Notice = noticeOf(c, who.Language)
		}
		return v
	}
}

func agreedOf(c billing.Contract) *agreed {
	t := c.Terms
	return &agreed{Hash: c.TermsHash, BidVersion: t.BidVersion, Brief: t.Brief, Message: t.Message, WithholdingCategory: t.WithholdingCategory,
		Registered: t.Registered, Corporate: t.Corporate, NonResident: t.NonResident, PlatformFeeBP: t.PlatformFeeBP, AutoAcceptDays: t.AutoAcceptDays, PaymentDays: t.PaymentDays, Rail: string(t.PaidBy()), AgreedAt: t.AgreedAt,
		Milestones: offerOf(0, c.Currency, c.DeliverOn, "", t.Milestones, nil).Milestones, Hourly: byHourOf(t.Hourly, c.Currency)}
}

func noticeOf(c billing.Contract, lang problem.Language) *notice {
	return &notice{Hash: c.NoticeHash, Schema: c.Notice.Schema, Items: each(c.Notice.Items(lang), func(i billing.NoticeItem) noticeItem { return noticeItem(i) })}
}

type acceptance struct {
	OfID
	Body *struct {
		Version int `json:"version,omitempty" doc:"The version of the bid you looked at; unchecked when left out"`
	}
}

// acceptBid turns a bid into a contract.
func (s *Server) acceptBid(ctx context.Context, in *acceptance) (*made[contract], error) {
	seen := 0
	if in.Body != nil {
		seen = in.Body.Version
	}
	who := reader(ctx)
	c, err := s.cfg.Billing.AcceptBid(ctx, who, in.ID, seen)
	if err != nil {
		return nil, err
	}
	return created("/contracts/"+c.ID.String(), s.contractFor(who)(c)), nil
}

type contractQuery struct {
	Page
	CompanyID uuid.UUID `query:"company_id" format:"uuid"`
	TaskID    uuid.UUID `query:"task_id" format:"uuid"`
	State     string    `query:"state" enum:"active,paused,completed,terminated"`
}

func (s *Server) contracts(ctx context.Context, in *contractQuery) (*out[list[contract]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	who := reader(ctx)
	all, err := s.cfg.Billing.Contracts(ctx, who, billing.ContractFilter{CompanyID: in.CompanyID, TaskID: in.TaskID, State: billing.ContractState(in.State), Before: before, Limit: in.Limit})
	return answer(listed(in.Page, all, func(c billing.Contract) string { return c.ID.String() }, s.contractFor(who)), err)
}

func (s *Server) contract(ctx context.Context, in *OfID) (*out[contract], error) {
	who := reader(ctx)
	c, err := s.cfg.Billing.Contract(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	return answer(s.contractFor(who)(c), nil)
}

func (s *Server) timeline(ctx context.Context, in *OfID) (*out[list[step]], error) {
	all, err := s.cfg.Billing.Timeline(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, stepOf), err)
}

type reviewed struct {
	Body struct {
		ContractID uuid.UUID `json:"contract_id" format:"uuid"`
		Rating     int       `json:"rating" doc:"Whole, 1 to 5" example:"5"`
		Text       string    `json:"text,omitempty"`
	}
}

// review says how a completed contract went.
func (s *Server) review(ctx context.Context, in *reviewed) (*nothing, error) {
	return nil, s.cfg.Billing.Review(ctx, access.Actor(ctx), in.Body.ContractID, in.Body.Rating, in.Body.Text)
}
