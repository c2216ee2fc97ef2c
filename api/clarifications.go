package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// clarification is a question about a task, answered for everybody whom it reaches.
type clarification struct {
	ID          uuid.UUID  `json:"id" format:"uuid"`
	TaskID      uuid.UUID  `json:"task_id" format:"uuid"`
	Number      int        `json:"number" doc:"Counted within the task"`
	Question    string     `json:"question"`
	Answer      string     `json:"answer" doc:"Markdown"`
	MadeAt      time.Time  `json:"made_at"`
	CorrectedAt *time.Time `json:"corrected_at"`
}

func clarificationOf(c market.Clarification) clarification {
	return clarification{ID: c.ID, TaskID: c.TaskID, Number: c.Number, Question: c.Question, Answer: c.Answer, MadeAt: c.MadeAt, CorrectedAt: c.CorrectedAt}
}

func (s *Server) clarifications(ctx context.Context, in *OfID) (*out[list[clarification]], error) {
	all, err := s.cfg.Market.Clarifications(ctx, access.Actor(ctx), in.ID)
	return answer(whole(all, clarificationOf), err)
}

type newClarification struct {
	OfID
	Body struct {
		Question string `json:"question" doc:"Without the name of who asked; at most 1000 characters"`
		Answer   string `json:"answer" doc:"Markdown; at most 5000 characters"`
	}
}

func (s *Server) clarify(ctx context.Context, in *newClarification) (*made[clarification], error) {
	c, err := s.cfg.Market.Clarify(ctx, access.Actor(ctx), in.ID, in.Body.Question, in.Body.Answer)
	if err != nil {
		return nil, err
	}
	return created("/tasks/"+in.ID.String()+"/clarifications", clarificationOf(c)), nil
}

type correctedAnswer struct {
	OfID
	Body struct {
		Answer string `json:"answer" doc:"Markdown; at most 5000 characters"`
	}
}

func (s *Server) correctClarification(ctx context.Context, in *correctedAnswer) (*out[clarification], error) {
	c, err := s.cfg.Market.CorrectClarification(ctx, access.Actor(ctx), in.ID, in.Body.Answer)
	return answer(clarificationOf(c), err)
}
