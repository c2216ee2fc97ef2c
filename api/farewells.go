package api

import (
	"context"
	"time"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// farewell is the invitation of somebody who leaves.
type farewell struct {
	MembershipID uuid.UUID   `json:"membership_id" format:"uuid"`
	CompanyID    uuid.UUID   `json:"company_id" format:"uuid"`
	CompanyName  string      `json:"company_name"`
	Name         string      `json:"name" doc:"Of who leaves"`
	LeavesOn     civil.Date  `json:"leaves_on" format:"date" doc:"The last day"`
	Sent         int         `json:"sent" doc:"Letters so far"`
	NextOn       *civil.Date `json:"next_on" format:"date" doc:"When the next letter goes; null when none is left"`
	Answer       string      `json:"answer" enum:",kept,declined" doc:"Empty while nothing was said"`
	AnsweredAt   *time.Time  `json:"answered_at"`
}

func farewellOf(f market.Farewell) farewell {
	return farewell{MembershipID: f.MembershipID, CompanyID: f.CompanyID, CompanyName: f.CompanyName, Name: f.Name, LeavesOn: f.LeavesOn,
		Sent: f.Sent, NextOn: f.NextOn, Answer: string(f.Answer), AnsweredAt: f.AnsweredAt}
}

func (s *Server) farewells(ctx context.Context, in *OfID) (*out[list[farewell]], error) {
	all, err := s.cfg.Market.Farewells(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, farewellOf), err)
}

func (s *Server) farewell(ctx context.Context, in *OfID) (*out[farewell], error) {
	f, err := s.cfg.Market.Farewell(ctx, access.Actor(ctx), in.ID)
	return answer(farewellOf(f), err)
}

type farewellAnswer struct {
	OfID
	Body struct {
		Answer string `json:"answer" enum:"kept,declined"`
	}
}

func (s *Server) answerFarewell(ctx context.Context, in *farewellAnswer) (*nothing, error) {
	return nil, s.cfg.Market.AnswerFarewell(ctx, access.Actor(ctx), in.ID, market.FarewellAnswer(in.Body.Answer))
}

func (s *Server) sendFarewell(ctx context.Context, in *OfID) (*nothing, error) {
	return nil, s.cfg.Market.SendFarewell(ctx, access.Actor(ctx), in.ID)
}

// farewellWords are what a company says to who leaves.
type farewellWords struct {
	Words   string `json:"words" doc:"In Japanese; Markdown, at most 2000 characters"`
	WordsEN string `json:"words_en" doc:"In English"`
}

func (s *Server) farewellWords(ctx context.Context, in *OfID) (*out[farewellWords], error) {
	w, err := s.cfg.Market.FarewellWords(ctx, access.Actor(ctx), in.ID)
	return answer(farewellWords(w), err)
}

type farewellWordsSaid struct {
	OfID
	Body farewellWords
}

func (s *Server) setFarewellWords(ctx context.Context, in *farewellWordsSaid) (*nothing, error) {
	return nil, s.cfg.Market.SetFarewellWords(ctx, access.Actor(ctx), in.ID, market.FarewellWords(in.Body))
}

type newAddress struct {
	Body struct {
		Email    string `json:"email" maxLength:"320"`
		Password string `json:"password,omitempty" doc:"Of who has one"`
	}
}

func (s *Server) askAddress(ctx context.Context, in *newAddress) (*nothing, error) {
	who := access.Actor(ctx)
	if err := access.Attempt(ctx, who.Email); err != nil {
		return nil, err
	}
	return nil, s.cfg.Market.AskAddress(ctx, who, in.Body.Email, in.Body.Password)
}

type addressToken struct {
	Body struct {
		Token string `json:"token" maxLength:"200" doc:"The last part of the link's address"`
	}
}

func (s *Server) confirmAddress(ctx context.Context, in *addressToken) (*nothing, error) {
	_, err := s.cfg.Market.ConfirmAddress(ctx, access.Actor(ctx), in.Body.Token)
	return nil, err
}
