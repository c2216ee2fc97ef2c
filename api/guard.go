package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/gin-gonic/gin"

	"homecoming/api/access"
)

type refusalKey struct{}

// refuse lets the engine answer for the gate, so that a refusal has the shape of every other error.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	s.engine.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), refusalKey{}, err)))
}

func (s *Server) refused(c *gin.Context) {
	if err, ok := c.Request.Context().Value(refusalKey{}).(error); ok {
		s.fail(c, err)
	}
}

// guard asks the route whether the person may enter. A route that is not in the table lets nobody in.
func (s *Server) guard(c *gin.Context) {
	if c.FullPath() == "" {
		return // no route: 404 and 405 answer for themselves
	}
	e, listed := s.routes[c.Request.Method+" "+c.FullPath()]
	if !listed {
		s.fail(c, fmt.Errorf("%s %s is in no table", c.Request.Method, c.FullPath()))
		return
	}
	if err := access.Enter(c.Request.Context(), e.Route); err != nil {
		s.fail(c, err)
	}
}

// bounded reads the body of an API request, as far as it may be long, and refuses media that the route does not take.
// Pages read their forms themselves, within the same bound.
func (s *Server) bounded(c *gin.Context) {
	if c.Request.Body == nil || c.Request.Body == http.NoBody {
		return
	}
	e := s.routes[c.Request.Method+" "+c.FullPath()]
	most := max(e.most, smallBody)
	if !strings.HasPrefix(c.FullPath(), prefix) {
		most = fileBody
		if e.Long {
			most = longBody
		}
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, most)
		return
	}
	if !e.takes(c.GetHeader("Content-Type")) {
		s.fail(c, ErrMediaType.With("expected", e.expects()))
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, most))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		s.fail(c, ErrTooLarge.With("max", fmt.Sprintf("%d MB", most>>20)))
	case err != nil:
		s.fail(c, ErrSlowBody.Because(err))
	default:
		c.Request.Body = io.NopCloser(bytes.NewReader(body))
	}
}

func (e endpoint) expects() string {
	if e.media == "" {
		return "application/json"
	}
	return e.media
}

// takes reports whether the route takes a media type; nothing said is what it expects.
func (e endpoint) takes(contentType string) bool {
	if contentType == "" {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == e.expects()
}

// errPanic is what a handler that panicked ends with; the log has the rest.
var errPanic = errors.New("a handler panicked")

// recovered answers for a handler that panicked and keeps its stack for us.
func (s *Server) recovered(c *gin.Context) {
	defer func() {
		found := recover()
		if found == nil {
			return
		}
		if err, ok := found.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(found)
		}
		s.cfg.Logger.ErrorContext(c.Request.Context(), "panic", "request_id", access.RequestID(c.Request.Context()), "panic", fmt.Sprint(found), "stack", string(debug.Stack()))
		c.Abort()
		if !c.Writer.Written() {
			s.fail(c, errPanic)
		}
	}()
	c.Next()
}
