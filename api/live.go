package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/internal/live"
	"homecoming/internal/problem"
	"homecoming/market"
)

// ErrTooManyStreams is for somebody who has many windows open.
var ErrTooManyStreams = problem.Define(problem.RateLimited, "too_many_streams",
	"Live news go to {max} places at a time. Close one of the others.", "ライブ更新は同時に{max}か所までです。ほかの画面を閉じてください。")

const (
	beatEvery  = 25 * time.Second // less than what proxies wait for a silent connection
	writeLimit = 10 * time.Second // how long a browser may take to read a piece
	backBy     = 10 * time.Second // how much of what it may have seen a browser hears again when it comes back
	resumed    = 50               // threads that it hears of at most
)

// everyBeat tells when to show a sign of life, until it is stopped.
func everyBeat() (<-chan time.Time, func()) {
	t := time.NewTicker(beatEvery)
	return t.C, t.Stop
}

type liveFrom struct {
	LastEventID string `header:"Last-Event-ID" doc:"Of the last event that was read: what came since is told again"`
}

// live is a stream of what changes for the reader. Only ids are told within the house; what is sent is read anew each time, as
// the reader may at that moment.
func (s *Server) live(ctx context.Context, in *liveFrom) (*huma.StreamResponse, error) {
	ear, err := s.cfg.Live.Listen(access.Actor(ctx).PersonID)
	switch {
	case errors.Is(err, live.ErrTooMany):
		return nil, ErrTooManyStreams.With("max", live.MaxEars)
	case err != nil && !errors.Is(err, live.ErrClosed):
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		st := &stream{s: s, c: humagin.Unwrap(hc)}
		st.open()
		if ear == nil { // this process ends: the browser comes back to another
			return
		}
		defer ear.Close()
		if err := st.resume(in.LastEventID); err == nil {
			st.run(ear)
		}
	}}, nil
}

// A stream is one reader's connection.
type stream struct {
	s *Server
	c *gin.Context
}

// open sends the header, and when to come back.
func (st *stream) open() {
	_ = http.NewResponseController(st.c.Writer).SetReadDeadline(time.Time{}) // nothing more is read, for as long as it lasts
	st.c.Header("Content-Type", "text/event-stream")
	st.c.Header("X-Accel-Buffering", "no")
	st.c.Status(http.StatusOK)
	_ = st.send("retry: 3000\n\n")
}

// run passes on what is heard until the browser goes, the reader is signed out or the process ends.
func (st *stream) run(ear *live.Ear) {
	tick := st.s.cfg.Beat
	if tick == nil {
		tick = everyBeat
	}
	beat, stop := tick()
	defer stop()
	for {
		var err error
		select {
		case <-st.c.Request.Context().Done():
			return
		case <-ear.Ended():
			return
		case <-ear.Stirred():
			err = st.tell(ear.Take())
		case <-beat:
			if _, err = access.Again(st.c.Request); err == nil {
				err = st.send(": still here\n\n")
			}
		}
		if err != nil {
			return
		}
	}
}

// changed is a thread that has something new for the reader.
type changed struct {
	ThreadID uuid.UUID `json:"thread_id"`
	Subject  string    `json:"subject"`
	Messages int       `json:"messages"`
	Unread   int       `json:"unread"`
}

// tell reads what changed and sends it.
func (st *stream) tell(things []uuid.UUID) error {
	who, err := access.Again(st.c.Request)
	if err != nil || who.PersonID == uuid.Nil {
		return errors.Join(err, market.ErrNobody)
	}
	if slices.Contains(things, uuid.Nil) {
		things = nil
		if err := st.event("anything", "", struct{}{}); err != nil {
			return err
		}
	}
	for _, id := range things {
		c, err := st.s.cfg.Market.Thread(st.c.Request.Context(), who, id)
		if errors.Is(err, market.ErrNotFound) {
			continue
		}
		if err == nil {
			err = st.thread(c)
		}
		if err != nil {
			return err
		}
	}
	return st.unread(who)
}

// resume tells where things stand, and which threads had something since the event that was read last.
func (st *stream) resume(last string) error {
	ctx := st.c.Request.Context()
	who := access.Actor(ctx)
	if ms, err := strconv.ParseInt(last, 10, 64); err == nil {
		since := time.UnixMilli(ms).Add(-backBy)
		threads, err := st.s.cfg.Market.Threads(ctx, who, market.ThreadFilter{Since: since, Limit: resumed})
		if err != nil {
			return err
		}
		slices.Reverse(threads)
		for _, c := range threads {
			if err := st.thread(c); err != nil {
				return err
			}
		}
	}
	return st.unread(who)
}

func (st *stream) thread(c market.Conversation) error {
	return st.event("thread", strconv.FormatInt(c.LastAt.UnixMilli(), 10), changed{c.ID, c.Subject().String(), c.Messages, c.Unread()})
}

func (st *stream) unread(who market.Actor) error {
	messages, err := st.s.cfg.Market.UnreadMessages(st.c.Request.Context(), who)
	if err != nil {
		return err
	}
	notices, err := st.s.cfg.Market.UnreadNotices(st.c.Request.Context(), who)
	if err != nil {
		return err
	}
	return st.event("unread", "", map[string]int64{"messages": int64(messages), "notices": notices})
}

// event sends one event, which an id lets the browser name when it comes back.
func (st *stream) event(name, id string, data any) error {
	body, err := json.Marshal(data)
	if err != nil {
		return err
	}
	if id != "" {
		id = "id: " + id + "\n"
	}
	return st.send(fmt.Sprintf("event: %s\n%sdata: %s\n\n", name, id, body))
}

func (st *stream) send(text string) error {
	_ = http.NewResponseController(st.c.Writer).SetWriteDeadline(time.Now().Add(writeLimit)) // where the connection has none, nothing waits
	if _, err := st.c.Writer.WriteString(text); err != nil {
		return err
	}
	st.c.Writer.Flush()
	return nil
}
