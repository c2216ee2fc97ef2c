package api

import (
	"context"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// bid is one alumnus's offer for a task.
type bid struct {
	ID           uuid.UUID `json:"id" format:"uuid"`
	TaskID       uuid.UUID `json:"task_id" format:"uuid"`
	CompanyID    uuid.UUID `json:"company_id" format:"uuid"`
	MembershipID uuid.UUID `json:"membership_id" format:"uuid"`
	State        string    `json:"state" enum:"open,accepted,lost,withdrawn"`
	Version      int       `json:"version" doc:"Raised by counter-offers; say which one you looked at"`
	OfferedBy    string    `json:"offered_by" enum:"alumnus,company" doc:"Who made the latest version; the other side may accept it"`
	Offer
	Shortlisted bool      `json:"shortlisted" doc:"The company's own note"`
	Archived    bool      `json:"archived" doc:"The company's own note"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

// Offer is what a version of a bid says.
type Offer struct {
	Amount     market.Money `json:"amount" doc:"Without consumption tax"`
	DeliverOn  civil.Date   `json:"deliver_on" format:"date"`
	Message    string       `json:"message"`
	Milestones []part       `json:"milestones" doc:"They sum to the amount"`
	Hourly     *byHour      `json:"hourly,omitempty" doc:"By the hour: the milestones are its weeks, each over the most that it comes to"`
}

type part struct {
	Title  string       `json:"title"`
	Amount market.Money `json:"amount"`
	DueOn  civil.Date   `json:"due_on" format:"date"`

	WithholdingCategory string `json:"withholding_category,omitempty" doc:"Where it is not the task's: a mixed contract is split into parts"`
}

func offerOf(a int64, currency string, on civil.Date, message string, parts []market.PlannedMilestone, h *market.Hourly) Offer {
	return Offer{Amount: market.Money{Amount: a, Currency: currency}, DeliverOn: on, Message: message, Hourly: byHourOf(h, currency),
		Milestones: each(parts, func(m market.PlannedMilestone) part {
			return part{Title: m.Title, Amount: market.Money{Amount: m.Amount, Currency: currency}, DueOn: m.DueOn, WithholdingCategory: m.Category}
		})}
}

func bidOf(b market.Bid) bid {
	return bid{ID: b.ID, TaskID: b.TaskID, CompanyID: b.CompanyID, MembershipID: b.MembershipID, State: string(b.State), Version: b.Version,
		OfferedBy: string(b.OfferedBy), Offer: offerOf(b.Amount, b.Currency, b.DeliverOn, b.Message, b.Milestones, b.Hourly),
		Shortlisted: b.Shortlisted, Archived: b.Archived, CreatedAt: b.CreatedAt, UpdatedAt: b.UpdatedAt}
}

// Terms are an offer as people send it.
type Terms struct {
	Amount     *amount     `json:"amount,omitempty" doc:"Needed unless the work is by the hour"`
	DeliverOn  *civil.Date `json:"deliver_on,omitempty" format:"date" doc:"Needed unless the work is by the hour" example:"2027-04-18"`
	Message    string      `json:"message,omitempty" example:"I did this for six years."`
	Milestones []milestone `json:"milestones,omitempty" doc:"One over the whole amount when left out"`
	Hourly     *hourly     `json:"hourly,omitempty" doc:"For a task by the hour, instead of amount, delivery day and milestones"`
	Licences   []stated    `json:"licences,omitempty" doc:"Needed where a skill of the task is reserved work"`
}

// stated is a licence as the bidder states it.
type stated struct {
	Licence string `json:"licence" example:"税理士"`
	Number  string `json:"number" doc:"As registered"`
	Body    string `json:"body" doc:"Who keeps the register" example:"東京税理士会"`
}

type milestone struct {
	Title  string      `json:"title" example:"Draft of the accounts"`
	Amount amount      `json:"amount"`
	DueOn  *civil.Date `json:"due_on,omitempty" format:"date" doc:"The delivery day when left out"`

	WithholdingCategory string `json:"withholding_category,omitempty" doc:"The task's when left out; a mixed contract is split into parts"`
}

// of gives the market's terms. A milestone in another currency than the whole is refused by field.
func (t Terms) of() (market.Terms, error) {
	out := market.Terms{Message: t.Message, Hourly: t.Hourly.of()}
	if t.Amount != nil {
		out.Amount = market.Money(*t.Amount)
	}
	if t.DeliverOn != nil {
		out.DeliverOn = *t.DeliverOn
	}
	for _, l := range t.Licences {
		out.Licences = append(out.Licences, market.Licence{Licence: l.Licence, Number: l.Number, Body: l.Body})
	}
	for i, m := range t.Milestones {
		if m.Amount.Currency != "" && out.Amount.Currency != "" && m.Amount.Currency != out.Amount.Currency {
			return out, market.ErrWrongCurrency.On(field("milestones", i, "amount.currency")).With("currency", out.Amount.Currency)
		}
		if out.Amount.Currency == "" {
			out.Amount.Currency = m.Amount.Currency // the market checks it against the company's
		}
		p := market.PlannedMilestone{Title: m.Title, Amount: m.Amount.Amount, Category: m.WithholdingCategory}
		if m.DueOn != nil {
			p.DueOn = *m.DueOn
		}
		out.Milestones = append(out.Milestones, p)
	}
	return out, nil
}

type newBid struct {
	OfID
	Body Terms
}

func (s *Server) placeBid(ctx context.Context, in *newBid) (*made[bid], error) {
	t, err := in.Body.of()
	if err != nil {
		return nil, err
	}
	b, err := s.cfg.Market.PlaceBid(ctx, access.Actor(ctx), in.ID, t)
	if err != nil {
		return nil, err
	}
	return created("/bids/"+b.ID.String(), bidOf(b)), nil
}

type ofIDPaged struct {
	OfID
	Page
}

func (s *Server) bids(ctx context.Context, in *ofIDPaged) (*out[list[bid]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	all, err := s.cfg.Market.Bids(ctx, access.Actor(ctx), in.ID, before, in.Limit)
	return answer(listed(in.Page, all, bidID, bidOf), err)
}

func bidID(b market.Bid) string { return b.ID.String() }

type onlyPage struct{ Page }

func (s *Server) myBids(ctx context.Context, in *onlyPage) (*out[list[bid]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	all, err := s.cfg.Market.MyBids(ctx, access.Actor(ctx), before, in.Limit)
	return answer(listed(in.Page, all, bidID, bidOf), err)
}

func (s *Server) bid(ctx context.Context, in *OfID) (*out[bid], error) {
	b, err := s.cfg.Market.Bid(ctx, access.Actor(ctx), in.ID)
	return answer(bidOf(b), err)
}

// bidVersion is one offer as it was made.
type bidVersion struct {
	Version   int    `json:"version"`
	OfferedBy string `json:"offered_by" enum:"alumnus,company"`
	Offer
	CreatedAt time.Time `json:"created_at"`
}

func (s *Server) bidVersions(ctx context.Context, in *OfID) (*out[list[bidVersion]], error) {
	who := access.Actor(ctx)
	b, err := s.cfg.Market.Bid(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	all, err := s.cfg.Market.BidVersions(ctx, who, in.ID)
	return answer(whole(all, func(v market.BidVersion) bidVersion {
		return bidVersion{Version: v.Version, OfferedBy: string(v.OfferedBy), Offer: offerOf(v.Amount, b.Currency, v.DeliverOn, v.Message, v.Milestones, v.Hourly), CreatedAt: v.CreatedAt}
	}), err)
}

type counterOffer struct {
	OfID
	Body struct {
		Version int `json:"version,omitempty" doc:"The one you looked at; unchecked when left out"`
		Terms
	}
}

func (s *Server) counter(ctx context.Context, in *counterOffer) (*out[bid], error) {
	t, err := in.Body.of()
	if err != nil {
		return nil, err
	}
	b, err := s.cfg.Market.Counter(ctx, access.Actor(ctx), in.ID, in.Body.Version, t)
	return answer(bidOf(b), err)
}

type marks struct {
	OfID
	Body struct {
		Shortlisted *bool `json:"shortlisted,omitempty"`
		Archived    *bool `json:"archived,omitempty"`
	}
}

func (s *Server) mark(ctx context.Context, in *marks) (*out[bid], error) {
	b, err := s.cfg.Market.Mark(ctx, access.Actor(ctx), in.ID, in.Body.Shortlisted, in.Body.Archived)
	return answer(bidOf(b), err)
}

func (s *Server) withdraw(ctx context.Context, in *act) (*out[bid], error) {
	b, err := s.cfg.Market.Withdraw(ctx, access.Actor(ctx), in.ID)
	return answer(bidOf(b), err)
}
