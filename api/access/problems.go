package access

import (
	"errors"
	"net/http"

	"homecoming/internal/problem"
)

// What can stand between a person and a route.
var (
	ErrTooOften = problem.Define(problem.RateLimited, "too_often",
		"Too many tries. Wait {seconds} seconds and try again.", "試行回数が多すぎます。{seconds}秒後にもう一度お試しください。")
	ErrCrossOrigin = problem.Define(problem.Forbidden, "cross_origin",
		"This was sent from a page of another site, so it was not done. Open Homecoming and do it there.",
		"他のサイトのページから送信されたため、実行しませんでした。Homecomingの画面から操作してください。")
)

// statuses is the one table from kinds of problem to HTTP.
var statuses = map[problem.Kind]int{
	problem.Invalid:         http.StatusUnprocessableEntity,
	problem.Unauthenticated: http.StatusUnauthorized,
	problem.Forbidden:       http.StatusForbidden,
	problem.NotFound:        http.StatusNotFound,
	problem.Conflict:        http.StatusConflict,
	problem.RateLimited:     http.StatusTooManyRequests,
	problem.Unavailable:     http.StatusServiceUnavailable,
}

// Status is the HTTP status of an error: its kind's, and 500 for what is no problem of a person's.
func Status(err error) int {
	var p *problem.Error
	if errors.As(err, &p) && statuses[p.Kind] != 0 {
		return statuses[p.Kind]
	}
	return http.StatusInternalServerError
}
