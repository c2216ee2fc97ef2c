package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// logLine is one thing that somebody did.
type logLine struct {
	ID      uuid.UUID       `json:"id" format:"uuid"`
	At      time.Time       `json:"at"`
	Actor   *party          `json:"actor" doc:"Null where the program itself acted, or a provider"`
	Action  string          `json:"action" doc:"A noun and what was done with it" example:"bid.accept"`
	Subject string          `json:"subject" example:"bid:01906e2c-6b1f-7d7e-8c55-8c6c35ad6c11"`
	Detail  json.RawMessage `json:"detail" doc:"What else is known, as the action has it"`
}

func logLineOf(l market.LogLine) logLine {
	line := logLine{ID: l.ID, At: l.At, Action: l.Action, Subject: l.Subject, Detail: l.Detail}
	if l.ActorID != nil {
		line.Actor = &party{*l.ActorID, l.Actor}
	}
	return line
}

// LogQuery narrows the log.
type LogQuery struct {
	OfID
	From string `query:"from" format:"date" doc:"The first day, of the company"`
	To   string `query:"to" format:"date" doc:"The last day"`
	Noun string `query:"noun" maxLength:"100" doc:"What was acted on" example:"bid"`
	Text string `query:"q" maxLength:"200" doc:"Part of a name, of the subject or of the detail"`
}

func (q LogQuery) narrowed() (market.LogQuery, error) {
	from, err := dayOf("from", q.From)
	if err != nil {
		return market.LogQuery{}, err
	}
	to, err := dayOf("to", q.To)
	return market.LogQuery{From: from, To: to, Noun: q.Noun, Text: q.Text}, err
}

type logPage struct {
	LogQuery
	Page
}

func (s *Server) logbook(ctx context.Context, in *logPage) (*out[list[logLine]], error) {
	q, err := in.narrowed()
	if err != nil {
		return nil, err
	}
	if q.Before, err = in.before(); err != nil {
		return nil, err
	}
	q.Limit = in.Limit
	lines, err := s.cfg.Market.Log(ctx, access.Actor(ctx), in.ID, q)
	return answer(listed(in.Page, lines, func(l market.LogLine) string { return l.ID.String() }, logLineOf), err)
}

func (s *Server) logCSV(ctx context.Context, in *LogQuery) (*huma.StreamResponse, error) {
	q, err := in.narrowed()
	if err != nil {
		return nil, err
	}
	write, err := s.cfg.Market.LogFile(ctx, access.Actor(ctx), in.ID, q)
	if err != nil {
		return nil, err
	}
	return s.streamed("homecoming-log.csv", "utf-8", write), nil
}
