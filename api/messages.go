package api

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/market"
)

// message is what somebody wrote.
type message struct {
	ID       uuid.UUID   `json:"id" format:"uuid"`
	ThreadID uuid.UUID   `json:"thread_id" format:"uuid"`
	Number   int         `json:"number" doc:"Within the thread, from 1 without gaps"`
	Side     string      `json:"side" enum:"alumnus,company"`
	Author   writer      `json:"author"`
	Body     string      `json:"body" doc:"Markdown"`
	Files    []givenFile `json:"files"`
	SentAt   time.Time   `json:"sent_at"`
}

type writer struct {
	PersonID uuid.UUID `json:"person_id" format:"uuid"`
	Name     string    `json:"name"`
}

func messageOf(m market.Message) message {
	return message{ID: m.ID, ThreadID: m.ThreadID, Number: m.Number, Side: string(m.Side), Author: writer{m.AuthorID, m.Author}, Body: m.Body,
		Files: each(m.Files, givenFileOf), SentAt: m.SentAt}
}

// thread is a conversation as its reader sees it.
type thread struct {
	ID        *uuid.UUID     `json:"id" format:"uuid" doc:"null where nobody has written yet"`
	Subject   string         `json:"subject" doc:"What it is about: task, bid, contract or referral, a colon and its id" example:"bid:0198c2f0-0000-7000-8000-000000000000"`
	CompanyID uuid.UUID      `json:"company_id" format:"uuid"`
	TaskID    *uuid.UUID     `json:"task_id" format:"uuid" doc:"null for a referral"`
	Title     string         `json:"title" doc:"Of the task, or the customer's name"`
	Alumnus   writer         `json:"alumnus"`
	Messages  int            `json:"messages" doc:"How many; the latest one's number"`
	Unread    int            `json:"unread" doc:"Those that the reader has not seen; 0 for somebody who only looks in"`
	Readers   []threadReader `json:"readers" doc:"Who hears of it, and how far they have read"`
	LastAt    *time.Time     `json:"last_at"`
}

type threadReader struct {
	Person writer     `json:"person"`
	Side   string     `json:"side" enum:"alumnus,company"`
	ReadTo int        `json:"read_to" doc:"A message's number"`
	ReadAt *time.Time `json:"read_at"`
}

func threadOf(c market.Conversation) thread {
	view := thread{Subject: c.Subject().String(), CompanyID: c.CompanyID, Title: c.Title, Alumnus: writer{c.PersonID, c.Person},
		Messages: c.Messages, Unread: c.Unread(), Readers: each(c.Readers, func(r market.ThreadReader) threadReader {
			return threadReader{writer{r.PersonID, r.Name}, string(r.Side), r.ReadTo, r.ReadAt}
		})}
	if c.TaskID != uuid.Nil {
		view.TaskID = &c.TaskID
	}
	if c.ID != uuid.Nil {
		view.ID, view.LastAt = &c.ID, &c.LastAt
	}
	return view
}

type threadsAsked struct {
	Page
	TaskID uuid.UUID `query:"task_id" format:"uuid" doc:"About this task, its bids or its contract"`
	All    bool      `query:"all" doc:"Also those that I may read and do not follow"`
}

func (s *Server) threads(ctx context.Context, in *threadsAsked) (*out[list[thread]], error) {
	before, err := in.before()
	if err != nil {
		return nil, err
	}
	all, err := s.cfg.Market.Threads(ctx, access.Actor(ctx), market.ThreadFilter{Task: in.TaskID, All: in.All, Before: before, Limit: in.Limit})
	return answer(listed(in.Page, all, func(c market.Conversation) string { return c.ID.String() }, threadOf), err)
}

func (s *Server) thread(ctx context.Context, in *OfID) (*out[thread], error) {
	c, err := s.cfg.Market.Thread(ctx, access.Actor(ctx), in.ID)
	return answer(threadOf(c), err)
}

type messagesAsked struct {
	Page
	Subject string    `query:"subject" doc:"What the conversation is about: task, bid or contract, a colon and its id" example:"task:0198c2f0-0000-7000-8000-000000000000"`
	Member  uuid.UUID `query:"member" format:"uuid" doc:"About a task, for the company's side: the membership of the one who asks"`
	Thread  uuid.UUID `query:"thread_id" format:"uuid" doc:"Instead of the subject"`
}

// messages lists a conversation, the latest first.
func (s *Server) messages(ctx context.Context, in *messagesAsked) (*out[list[message]], error) {
	who := access.Actor(ctx)
	text, err := in.beforeText()
	if err != nil {
		return nil, err
	}
	before := 0
	if text != "" {
		if before, err = strconv.Atoi(text); err != nil || before < 1 {
			return nil, ErrCursor.On("cursor")
		}
	}
	thread := in.Thread
	if thread == uuid.Nil {
		about, err := market.ParseSubject(in.Subject)
		if err != nil {
			return nil, err
		}
		c, err := s.cfg.Market.ThreadOn(ctx, who, about, in.Member)
		if err != nil || c.ID == uuid.Nil {
			return answer(list[message]{Items: []message{}}, err)
		}
		thread = c.ID
	}
	all, err := s.cfg.Market.Messages(ctx, who, thread, before, in.Limit)
	return answer(listed(in.Page, all, func(m market.Message) string { return strconv.Itoa(m.Number) }, messageOf), err)
}

type newMessage struct {
	Body struct {
		Subject string      `json:"subject,omitempty" doc:"task, bid or contract, a colon and its id" example:"bid:0198c2f0-0000-7000-8000-000000000000"`
		Member  *uuid.UUID  `json:"member,omitempty" format:"uuid" doc:"About a task, for the company's side: whom to write to"`
		Thread  *uuid.UUID  `json:"thread_id,omitempty" format:"uuid" doc:"Instead of the subject"`
		Text    string      `json:"body,omitempty" doc:"Markdown; needed unless there are files"`
		Files   []uuid.UUID `json:"file_ids,omitempty" doc:"Files that were given before"`
	}
}

func (s *Server) writeMessage(ctx context.Context, in *newMessage) (*made[message], error) {
	d := market.MessageDraft{Body: in.Body.Text, Files: in.Body.Files}
	if in.Body.Member != nil {
		d.Member = *in.Body.Member
	}
	if in.Body.Thread != nil {
		d.Thread = *in.Body.Thread
	}
	if d.Thread == uuid.Nil {
		about, err := market.ParseSubject(in.Body.Subject)
		if err != nil {
			return nil, err
		}
		d.Subject = about
	}
	m, err := s.cfg.Market.WriteMessage(ctx, access.Actor(ctx), d)
	if err != nil {
		return nil, err
	}
	return created("/messages?thread_id="+m.ThreadID.String(), messageOf(m)), nil
}

type readUpTo struct {
	OfID
	Body struct {
		ReadTo int `json:"read_to" minimum:"0" doc:"The number of the last message that was seen"`
	}
}

func (s *Server) readThread(ctx context.Context, in *readUpTo) (*nothing, error) {
	return nil, s.cfg.Market.ReadThread(ctx, access.Actor(ctx), in.ID, in.Body.ReadTo)
}
