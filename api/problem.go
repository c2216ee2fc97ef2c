package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5/pgconn"

	"homecoming/api/access"
	"homecoming/billing"
	"homecoming/internal/problem"
	"homecoming/market"
)

// What can be wrong with a request before anybody looks at what it asks.
var (
	ErrFault       = problem.Define(0, "internal", "Something went wrong on our side, and we are told. Try again; if it stays, tell us the number {request}.", "システムの問題が発生しました。もう一度お試しください。解決しない場合は、番号{request}をお知らせください。")
	ErrUnreachable = problem.Define(problem.Unavailable, "unavailable", "A part of the service does not answer at the moment. Try again in a few seconds.", "サービスの一部が応答していません。数秒後にもう一度お試しください。")
	ErrMalformed   = problem.Define(problem.Invalid, "malformed", "The body is not valid JSON.", "本文がJSONとして正しくありません。")
	ErrNoBody      = problem.Define(problem.Invalid, "body_missing", "This needs a body.", "本文が必要です。")
	ErrShape       = problem.Define(problem.Invalid, "wrong_shape", "This has to be {expected}.", "{expected}で指定してください。")
	ErrUnknown     = problem.Define(problem.Invalid, "unknown_field", "There is no such field here. Check its spelling, or leave it out.", "この項目はありません。綴りを確かめるか、取り除いてください。")
	ErrParameter   = problem.Define(problem.Invalid, "unknown_parameter", "There is no such parameter here. Check its spelling, or leave it out.", "このパラメーターはありません。綴りを確かめるか、取り除いてください。")
	ErrCursor      = problem.Define(problem.Invalid, "bad_cursor", "This cursor is not one of ours. Take next_cursor from the answer before, or leave it out.", "カーソルが正しくありません。直前の応答のnext_cursorを使うか、省略してください。")
	ErrCharacters  = problem.Define(problem.Invalid, "bad_characters", "The text holds characters that cannot be stored.", "保存できない文字が含まれています。")
	ErrTooLarge    = problem.Define(problem.Invalid, "body_too_large", "This is too large: at most {max}.", "サイズが大きすぎます。上限は{max}です。")
	ErrMediaType   = problem.Define(problem.Invalid, "wrong_media_type", "Send this as {expected}.", "{expected}として送信してください。")
	ErrMethod      = problem.Define(problem.Invalid, "method_not_allowed", "This address does not take {method}.", "このアドレスでは{method}を使えません。")
	ErrSlowBody    = problem.Define(problem.Invalid, "body_too_slow", "The body did not arrive in time. Send it again.", "本文の受信が時間内に終わりませんでした。もう一度送信してください。")
)

// particular are the few problems that HTTP has a word of its own for; access.Status has the rest, by kind.
var particular = map[string]int{
	billing.ErrForgedEvent.Code: http.StatusBadRequest,
	ErrMalformed.Code:           http.StatusBadRequest,
	ErrNoBody.Code:              http.StatusBadRequest,
	ErrTooLarge.Code:            http.StatusRequestEntityTooLarge,
	ErrMediaType.Code:           http.StatusUnsupportedMediaType,
	ErrMethod.Code:              http.StatusMethodNotAllowed,
	ErrSlowBody.Code:            http.StatusRequestTimeout,
}

var titles = map[problem.Language]map[problem.Kind]string{
	problem.English: {0: "Our fault", problem.Invalid: "Not valid", problem.Unauthenticated: "Not signed in", problem.Forbidden: "Not allowed",
		problem.NotFound: "Not found", problem.Conflict: "Not possible now", problem.RateLimited: "Too often", problem.Unavailable: "Not available"},
	problem.Japanese: {0: "システムの問題", problem.Invalid: "入力に誤りがあります", problem.Unauthenticated: "ログインが必要です", problem.Forbidden: "権限がありません",
		problem.NotFound: "見つかりません", problem.Conflict: "現在は実行できません", problem.RateLimited: "回数が多すぎます", problem.Unavailable: "一時的に利用できません"},
}

// A Problem is what went wrong, as RFC 9457 writes it.
type Problem struct {
	Type      string  `json:"type" example:"urn:homecoming:problem:stale_version" doc:"Names the kind of problem; ends in the code"`
	Title     string  `json:"title" doc:"A few words in the reader's language"`
	Status    int     `json:"status" example:"409" doc:"The HTTP status"`
	Code      string  `json:"code" example:"stale_version" doc:"Stable; decide by this"`
	Detail    string  `json:"detail" doc:"What happened and what to do, in the reader's language"`
	Field     string  `json:"field,omitempty" example:"milestones[0].amount" doc:"The input that it is about"`
	Instance  string  `json:"instance" doc:"The path that was asked"`
	RequestID string  `json:"request_id" doc:"What to tell us; also in the header X-Request-Id"`
	Errors    []Fault `json:"errors,omitempty" doc:"Everything that is wrong with the input, the first of them told above"`

	header map[string]string
}

// A Fault is one of several things wrong with an input.
type Fault struct {
	Code   string `json:"code"`
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// Error is the English of it, for huma.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus is the HTTP status, for huma.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is the media type of problems, for huma.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func init() { // huma has its errors in package variables
	huma.NewError = func(int, string, ...error) huma.StatusError { return &Problem{} }
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		if ctx == nil {
			return &Problem{}
		}
		path := ctx.URL().Path
		p := explain(ctx.Context(), path, humaError(status, msg, errs))
		for name, value := range p.header {
			ctx.SetHeader(name, value)
		}
		return p
	}
	huma.ValidateStrictCasing = true // a field's name is its spelling
}

// explain makes the answer to an error, and logs what a person can do nothing about.
func explain(ctx context.Context, path string, err error) *Problem {
	lang := access.Language(ctx)
	e := inLanguage(acquainted(ctx, err), lang)
	p := &Problem{Type: "urn:homecoming:problem:" + e.Code, Title: titles[lang][e.Kind], Status: statusOf(e), Code: e.Code,
		Detail: e.In(lang), Field: e.Field, Instance: path, RequestID: access.RequestID(ctx), header: map[string]string{}}
	var several faults
	if errors.As(err, &several) && len(several) > 1 {
		for _, f := range several {
			p.Errors = append(p.Errors, Fault{Code: f.Code, Field: f.Field, Detail: inLanguage(f, lang).In(lang)})
		}
	}
	switch p.Status {
	case http.StatusUnauthorized:
		p.header["WWW-Authenticate"] = `Bearer realm="homecoming"`
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		p.header["Retry-After"] = retryAfter(e)
	}
	return p
}

// inLanguage writes the arguments that differ by language.
func inLanguage(e *problem.Error, lang problem.Language) *problem.Error {
	for name, value := range e.Args {
		if v, ok := value.(interface{ In(problem.Language) string }); ok {
			e = e.With(name, v.In(lang))
		}
	}
	return e
}

func statusOf(e *problem.Error) int {
	if status, ok := particular[e.Code]; ok {
		return status
	}
	return access.Status(e)
}

func retryAfter(e *problem.Error) string {
	if seconds, ok := e.Args["seconds"].(int); ok {
		return strconv.Itoa(seconds)
	}
	return "5"
}

// acquainted turns any error into a problem that a person can be shown.
func acquainted(ctx context.Context, err error) *problem.Error {
	var e *problem.Error
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &e):
		if e.Cause != nil {
			logger(ctx).InfoContext(ctx, "refused", "request_id", access.RequestID(ctx), "code", e.Code, "cause", e.Cause)
		}
		return e
	case errors.As(err, &pg) && (pg.Code == "22021" || pg.Code == "22P05"): // a NUL, or no UTF-8
		return ErrCharacters
	case ctx.Err() != nil: // the reader has gone; nobody will see this
		return ErrUnreachable.Because(err)
	case unreachable(err):
		logger(ctx).ErrorContext(ctx, "a part does not answer", "request_id", access.RequestID(ctx), "error", err)
		return ErrUnreachable
	}
	logger(ctx).ErrorContext(ctx, "fault", "request_id", access.RequestID(ctx), "error", err)
	return ErrFault.With("request", access.RequestID(ctx))
}

// unreachable reports whether the database could not be asked or was going down, so that asking again may help.
func unreachable(err error) bool {
	var connect *pgconn.ConnectError
	var pg *pgconn.PgError
	if errors.As(err, &connect) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	return errors.As(err, &pg) && (strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "53") || strings.HasPrefix(pg.Code, "57P"))
}

// fail answers a request with an error: as a page where a page was asked for, as a problem elsewhere.
func (s *Server) fail(c *gin.Context, err error) {
	c.Abort()
	p := explain(c.Request.Context(), c.Request.URL.Path, err)
	for name, value := range p.header {
		c.Header(name, value)
	}
	if s.cfg.Pages.Problem != nil && !forMachines(c.Request.URL.Path) {
		s.cfg.Pages.Problem(c, p.Status, acquaintance(err, p))
		return
	}
	body, err := json.Marshal(p)
	if err != nil {
		panic(fmt.Errorf("a problem that cannot be written: %w", err))
	}
	c.Data(p.Status, "application/problem+json", body)
}

// acquaintance is the problem behind an answer, an apology where err was none.
func acquaintance(err error, p *Problem) *problem.Error {
	var e *problem.Error
	if errors.As(err, &e) {
		return e
	}
	if p.Code == ErrFault.Code {
		return ErrFault.With("request", p.RequestID)
	}
	return ErrUnreachable
}

// forMachines reports whether a path is read by programs rather than people.
func forMachines(path string) bool {
	return strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/webhooks/") || strings.HasPrefix(path, market.IssuersPath) || path == "/healthz" || path == "/readyz" || path == "/metrics"
}
