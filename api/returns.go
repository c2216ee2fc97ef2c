package api

import (
	"context"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// aboutReturns is who would come back, and how far it is. It is apart from work: another permission opens it.
func (s *Server) aboutReturns() []endpoint {
	return []endpoint{
		get("/me/returns", access.SignedIn, s.myReturns, "What I said about coming back to the companies that I left"),
		put("/me/companies/{id}/return", access.SignedIn, s.sayReturn, "Say that I am open to coming back to a company; it holds for a year"),
		remove("/me/companies/{id}/return", access.SignedIn, s.withdrawReturn, "Take it back"),
		get("/rehire-interests", market.SeeReturns, s.returns, "Who would come back, the one to see to next first"),
		get("/rehire-interests/{id}", market.SeeReturns, s.oneReturn, "One of them, with what was noted"),
		put("/rehire-interests/{id}", market.SeeReturns, s.moveReturn, "Carry it on: stage, next step, a note"),
	}
}

// returnInterest is what somebody says about coming back.
type returnInterest struct {
	Openness string      `json:"openness" enum:"now,later" doc:"Not at all is no interest: take it back"`
	Roles    string      `json:"roles,omitempty" doc:"Kinds of role"`
	Hours    int         `json:"hours,omitempty" doc:"A week; 0: not said"`
	Place    string      `json:"place,omitempty"`
	FromOn   *civil.Date `json:"from_on,omitempty" format:"date"`
	Note     string      `json:"note,omitempty"`
}

// saidInterest is one with when it was said.
type saidInterest struct {
	returnInterest
	SaidAt    time.Time  `json:"said_at"`
	ExpiresOn civil.Date `json:"expires_on" format:"date" doc:"It is asked again then"`
}

func interestOf(i *market.ReturnInterest) *saidInterest {
	if i == nil {
		return nil
	}
	return &saidInterest{returnInterest{string(i.Openness), i.Roles, i.Hours, i.Place, i.FromOn, i.Note}, i.SaidAt, i.ExpiresOn}
}

// returnChoice is a company that the reader left.
type returnChoice struct {
	CompanyID   uuid.UUID     `json:"company_id" format:"uuid"`
	CompanyName string        `json:"company_name"`
	Excluded    bool          `json:"excluded" doc:"By its rule the company takes nobody back who left in this way; it reads the wish all the same"`
	Stage       string        `json:"stage" doc:"How far it is; empty: nothing is open"`
	Interest    *saidInterest `json:"interest" doc:"null: not at all"`
}

func (s *Server) myReturns(ctx context.Context, _ *nothing) (*out[list[returnChoice]], error) {
	all, err := s.cfg.Market.MyReturns(ctx, access.Actor(ctx))
	return answer(whole(all, func(c market.ReturnChoice) returnChoice {
		return returnChoice{c.CompanyID, c.Name, c.Excluded, string(c.Stage), interestOf(c.Interest)}
	}), err)
}

type interestSaid struct {
	OfID
	Body returnInterest
}

func (s *Server) sayReturn(ctx context.Context, in *interestSaid) (*out[saidInterest], error) {
	b := in.Body
	at, err := s.cfg.Market.SayReturn(ctx, access.Actor(ctx), in.ID, market.DraftInterest{Openness: market.Openness(b.Openness), Roles: b.Roles, Hours: b.Hours, Place: b.Place, FromOn: b.FromOn, Note: b.Note})
	return answer(*interestOf(&at), err)
}

func (s *Server) withdrawReturn(ctx context.Context, in *OfID) (*nothing, error) {
	return nil, s.cfg.Market.WithdrawReturn(ctx, access.Actor(ctx), in.ID)
}

// returnCase is how far a return is.
type returnCase struct {
	ID            uuid.UUID     `json:"id" format:"uuid"`
	CompanyID     uuid.UUID     `json:"company_id" format:"uuid"`
	MembershipID  uuid.UUID     `json:"membership_id" format:"uuid"`
	Name          string        `json:"name"`
	Stage         string        `json:"stage" enum:"interest,talking,interview,offer,returned,not_now"`
	Version       int           `json:"version" doc:"Send it along with a change"`
	Owner         string        `json:"owner" doc:"Who sees to it; empty: nobody yet"`
	NextStep      string        `json:"next_step"`
	NextOn        *civil.Date   `json:"next_on" format:"date"`
	Excluded      bool          `json:"excluded" doc:"The company's rule speaks against it; its person is told so"`
	OpenContracts int           `json:"open_contracts" doc:"That they still have as an alumnus"`
	Interest      *saidInterest `json:"interest" doc:"null: taken back or expired"`
	OpenedAt      time.Time     `json:"opened_at"`
	UpdatedAt     time.Time     `json:"updated_at"`
	Notes         []returnNote  `json:"notes,omitempty"`
}

type returnNote struct {
	Author  string    `json:"author" doc:"Empty: its person, or the clock"`
	Stage   string    `json:"stage"`
	Text    string    `json:"text"`
	NotedAt time.Time `json:"noted_at"`
}

func returnOf(v market.ReturnView) returnCase {
	return returnCase{ID: v.ID, CompanyID: v.CompanyID, MembershipID: v.MembershipID, Name: v.Name, Stage: string(v.Stage), Version: v.Version, Owner: v.Owner, NextStep: v.NextStep, NextOn: v.NextOn,
		Excluded: v.Excluded, OpenContracts: v.OpenContracts, Interest: interestOf(v.Interest), OpenedAt: v.OpenedAt, UpdatedAt: v.UpdatedAt}
}

type returnSearch struct {
	CompanyID string `query:"company_id" format:"uuid"`
	Over      bool   `query:"over" doc:"Those that came to an end"`
}

func (s *Server) returns(ctx context.Context, in *returnSearch) (*out[list[returnCase]], error) {
	company, _ := uuid.Parse(in.CompanyID) // its form was checked; nothing is none
	all, err := s.cfg.Market.Returns(ctx, access.Actor(ctx), company, in.Over)
	return answer(whole(all, returnOf), err)
}

func (s *Server) oneReturn(ctx context.Context, in *OfID) (*out[returnCase], error) {
	v, notes, err := s.cfg.Market.Return(ctx, access.Actor(ctx), in.ID)
	c := returnOf(v)
	c.Notes = each(notes, func(n market.ReturnNote) returnNote { return returnNote{n.Author, string(n.Stage), n.Text, n.NotedAt} })
	return answer(c, err)
}

type returnMove struct {
	OfID
	Body struct {
		Version    int         `json:"version" doc:"That was looked at"`
		Stage      string      `json:"stage" enum:"interest,talking,interview,offer,returned,not_now" doc:"As it is, or the one that it goes to"`
		Mine       bool        `json:"mine,omitempty" doc:"I see to it from now on"`
		NextStep   string      `json:"next_step,omitempty"`
		NextOn     *civil.Date `json:"next_on,omitempty" format:"date"`
		Note       string      `json:"note,omitempty" doc:"Its person can take it out with their data"`
		JoinedOn   *civil.Date `json:"joined_on,omitempty" format:"date" doc:"For returned: their first day; a stint begins"`
		Department string      `json:"department,omitempty" doc:"For returned; an id, a name or an alias"`
	}
}

func (s *Server) moveReturn(ctx context.Context, in *returnMove) (*out[returnCase], error) {
	b := in.Body
	err := s.cfg.Market.MoveReturn(ctx, access.Actor(ctx), in.ID, b.Version, market.ReturnEdit{Stage: market.ReturnStage(b.Stage), Mine: b.Mine, NextStep: b.NextStep, NextOn: b.NextOn,
		Note: b.Note, JoinedOn: b.JoinedOn, Department: b.Department})
	if err != nil {
		return nil, err
	}
	return s.oneReturn(ctx, &in.OfID)
}
