package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// question is what somebody wants to have answered at an event.
type question struct {
	ID           uuid.UUID  `json:"id" format:"uuid"`
	EventID      uuid.UUID  `json:"event_id" format:"uuid"`
	Text         string     `json:"text"`
	Name         string     `json:"name" doc:"Of who asks; empty where they keep it from the reader"`
	Anonymous    bool       `json:"anonymous" doc:"To the others; hosts see who asks"`
	Mine         bool       `json:"mine"`
	Votes        int        `json:"votes"`
	Voted        bool       `json:"voted" doc:"By the reader"`
	Answer       string     `json:"answer"`
	AnsweredAt   *time.Time `json:"answered_at"`
	AskedAt      time.Time  `json:"asked_at"`
	Hidden       bool       `json:"hidden"`
	HiddenReason string     `json:"hidden_reason"`
}

func questionOf(q market.Question) question {
	return question{ID: q.ID, EventID: q.EventID, Text: q.Text, Name: q.Name, Anonymous: q.Anonymous, Mine: q.Mine, Votes: q.Votes, Voted: q.Voted, Answer: q.Answer,
		AnsweredAt: q.AnsweredAt, AskedAt: q.AskedAt, Hidden: q.HiddenAt != nil, HiddenReason: q.HiddenReason}
}

func (s *Server) questions(ctx context.Context, in *OfID) (*out[list[question]], error) {
	all, err := s.cfg.Market.Questions(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, questionOf), err)
}

type newQuestion struct {
	OfID
	Body struct {
		Text      string `json:"text"`
		Anonymous bool   `json:"anonymous,omitempty" doc:"Keep my name from the others, though not from the hosts"`
	}
}

func (s *Server) askQuestion(ctx context.Context, in *newQuestion) (*out[question], error) {
	q, err := s.cfg.Market.AskQuestion(ctx, access.Actor(ctx), in.ID, in.Body.Text, in.Body.Anonymous)
	return answer(questionOf(q), err)
}

type questionVote struct {
	OfID
	Body struct {
		Vote bool `json:"vote"`
	}
}

func (s *Server) vote(ctx context.Context, in *questionVote) (*nothing, error) {
	return nil, s.cfg.Market.Vote(ctx, access.Actor(ctx), in.ID, in.Body.Vote)
}

type questionAnswer struct {
	OfID
	Body struct {
		Answer string `json:"answer" doc:"Empty takes it back"`
	}
}

func (s *Server) answerQuestion(ctx context.Context, in *questionAnswer) (*nothing, error) {
	return nil, s.cfg.Market.AnswerQuestion(ctx, access.Actor(ctx), in.ID, in.Body.Answer)
}

type questionHidden struct {
	OfID
	Body struct {
		Hidden bool   `json:"hidden"`
		Reason string `json:"reason,omitempty" doc:"Who asked reads it"`
	}
}

func (s *Server) hideQuestion(ctx context.Context, in *questionHidden) (*nothing, error) {
	return nil, s.cfg.Market.HideQuestion(ctx, access.Actor(ctx), in.ID, in.Body.Hidden, in.Body.Reason)
}

type newFeedback struct {
	OfID
	Body struct {
		Rating int    `json:"rating" doc:"1 to 5"`
		Words  string `json:"words,omitempty"`
	}
}

func (s *Server) giveFeedback(ctx context.Context, in *newFeedback) (*nothing, error) {
	return nil, s.cfg.Market.GiveFeedback(ctx, access.Actor(ctx), in.ID, in.Body.Rating, in.Body.Words)
}

// survey is what people said of an event, without names.
type survey struct {
	Answers int      `json:"answers"`
	Ratings []int    `json:"ratings" doc:"How often 1 to 5 was given; all 0 below five answers"`
	Words   []string `json:"words" doc:"In no order that tells who; none below five answers"`
}

func (s *Server) survey(ctx context.Context, in *OfID) (*out[survey], error) {
	r, err := s.cfg.Market.SurveyOf(ctx, access.Actor(ctx), in.ID)
	return answer(survey{r.Answers, r.Ratings[:], orEmpty(r.Words)}, err)
}

type feedAddress struct {
	URL string `json:"url" doc:"Shown once. Whoever has it reads what I may read there"`
}

func (s *Server) renewFeed(ctx context.Context, _ *struct{ Body *nothing }) (*out[feedAddress], error) {
	url, err := s.cfg.Market.RenewFeed(ctx, access.Actor(ctx), market.EventsFeed)
	return answer(feedAddress{url}, err)
}

func (s *Server) endFeed(ctx context.Context, _ *nothing) (*nothing, error) {
	return nil, s.cfg.Market.EndFeed(ctx, access.Actor(ctx), market.EventsFeed)
}
