package api

import (
	"bytes"
	"crypto/sha256"
	"io"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/internal/idempotency"
	"homecoming/internal/problem"
)

// What can be wrong with an Idempotency-Key.
var (
	ErrKeyForm = problem.Define(problem.Invalid, "idempotency_key_malformed", "An Idempotency-Key has 1 to 255 printable characters. A UUID is a good one.",
		"Idempotency-Keyは印字可能な1〜255文字で指定してください。UUIDが適しています。")
	ErrKeyReused = problem.Define(problem.Invalid, "idempotency_key_reused", "This Idempotency-Key was used for another request. Take a new one for a new request.",
		"このIdempotency-Keyは別のリクエストで使用済みです。新しいリクエストには新しいキーを使ってください。")
	ErrKeyBusy = problem.Define(problem.Conflict, "idempotency_in_progress", "The first request with this Idempotency-Key is still at work. Ask again in a few seconds.",
		"このIdempotency-Keyの最初のリクエストを処理中です。数秒後にもう一度お試しください。")
	ErrKeyLost = problem.Define(problem.Conflict, "idempotency_answer_lost", "This was done by an earlier request ({route}), but its answer was lost on the way. Nothing was done again: look there for what came out.",
		"この操作は先のリクエスト（{route}）で実行済みですが、その応答は残っていません。再実行はしていません。結果をご確認ください。")
)

// kept are the header lines that belong to an answer.
var kept = []string{"Content-Type", "Location"}

// idempotent gives a POST under a key it has seen the answer it gave before.
func (s *Server) idempotent(c *gin.Context) {
	key, sent := c.Request.Header["Idempotency-Key"]
	ctx := c.Request.Context()
	e := s.routes[c.Request.Method+" "+c.FullPath()]
	if c.Request.Method != http.MethodPost || !sent || e.Quiet || !strings.HasPrefix(c.FullPath(), prefix) {
		return
	}
	if len(key) != 1 || !printable(key[0]) {
		s.fail(c, ErrKeyForm.On("Idempotency-Key"))
		return
	}
	who := access.Actor(ctx).PersonID
	if who == uuid.Nil {
		return // nobody's keys are not kept; the ways in are safe to repeat
	}
	input, err := fingerprint(c.Request)
	if err != nil {
		s.fail(c, err)
		return
	}
	request := idempotency.Request{Person: who, Key: key[0], Route: c.Request.Method + " " + c.Request.URL.Path, Input: input, Repeatable: e.again}
	state, hold, answer, err := idempotency.Begin(ctx, s.cfg.DB, request)
	switch {
	case err != nil:
		s.fail(c, err)
	case state == idempotency.Mine:
		s.keep(c, e, hold)
	case state == idempotency.Known:
		replay(c, answer)
	case state == idempotency.Misused:
		s.fail(c, ErrKeyReused.On("Idempotency-Key"))
	case state == idempotency.Lost:
		s.fail(c, ErrKeyLost.On("Idempotency-Key").With("route", request.Route))
	default:
		s.fail(c, ErrKeyBusy.On("Idempotency-Key"))
	}
}

// keep runs the handler and keeps what it answered, unless it is a secret or a fault.
func (s *Server) keep(c *gin.Context, e endpoint, hold *idempotency.Hold) {
	ctx := c.Request.Context()
	copied := &copying{ResponseWriter: c.Writer}
	c.Writer = copied
	ended := false
	defer func() { // a panic must not leave the key behind either
		var a *idempotency.Answer
		if status := copied.Status(); ended && e.keeps(status) {
			a = &idempotency.Answer{Status: status, Header: map[string]string{}, Body: copied.body.Bytes()}
			for _, name := range kept {
				if value := copied.Header().Get(name); value != "" {
					a.Header[name] = value
				}
			}
		}
		if err := hold.Finish(ctx, a); err != nil {
			s.cfg.Logger.ErrorContext(ctx, "an answer could not be kept", "request_id", access.RequestID(ctx), "error", err)
		}
	}()
	c.Request = c.Request.WithContext(hold.Context(ctx))
	c.Next()
	ended = true
}

// keeps reports whether an answer is one to give again.
func (e endpoint) keeps(status int) bool {
	if e.again {
		return status == http.StatusCreated
	}
	return status < http.StatusInternalServerError && !e.secret
}

func replay(c *gin.Context, a idempotency.Answer) {
	c.Abort()
	for name, value := range a.Header {
		c.Header(name, value)
	}
	c.Header("Idempotent-Replayed", "true")
	c.Status(a.Status)
	_, _ = c.Writer.Write(a.Body)
}

// fingerprint is a hash of all that was asked; the body can still be read afterwards.
func fingerprint(r *http.Request) ([]byte, error) {
	h := sha256.New()
	_, _ = io.WriteString(h, r.Method+" "+r.URL.RequestURI()+"\n")
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		_, _ = h.Write(body)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return h.Sum(nil), nil
}

func printable(key string) bool {
	return key != "" && len(key) <= 255 && utf8.ValidString(key) && !strings.ContainsFunc(key, unicode.IsControl)
}

// copying keeps what is written.
type copying struct {
	gin.ResponseWriter
	body bytes.Buffer
}

func (w *copying) Write(b []byte) (int, error) {
	w.body.Write(b)
	return w.ResponseWriter.Write(b)
}

func (w *copying) WriteString(s string) (int, error) {
	w.body.WriteString(s)
	return w.ResponseWriter.WriteString(s)
}
