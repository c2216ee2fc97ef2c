package stripesim

import (
	"fmt"
	"net/http"
)

// An apiError is one of Stripe's error objects with its status.
type apiError struct {
	Status      int    `json:"-"`
	Type        string `json:"type"`
	Code        string `json:"code,omitempty"`
	DeclineCode string `json:"decline_code,omitempty"`
	Message     string `json:"message"`
	Param       string `json:"param,omitempty"`
	Charge      string `json:"charge,omitempty"`

	// unstored: the request never began to execute, so its idempotency key stays free.
	unstored bool
	// kept: what happened before the refusal stays, as a declined charge does.
	kept bool
}

func (e *apiError) Error() string {
	return fmt.Sprintf("%d %s %s: %s", e.Status, e.Type, e.Code, e.Message)
}

func (e *apiError) on(param string) *apiError { e.Param = param; return e }

// refused is a request that Stripe understood and will not do. Such answers are stored with the idempotency key.
func refused(code, format string, args ...any) *apiError {
	return &apiError{Status: http.StatusBadRequest, Type: "invalid_request_error", Code: code, Message: fmt.Sprintf(format, args...)}
}

// malformed is a request whose parameters failed validation.
func malformed(param, code, format string, args ...any) *apiError {
	e := refused(code, format, args...).on(param)
	e.unstored = true
	return e
}

// missing is an id that names nothing: 404 for the object in the path, 400 for one named by a parameter.
func missing(object, id, param string) *apiError {
	e := refused("resource_missing", "No such %s: '%s'", object, id).on(param)
	if param == "id" {
		e.Status = http.StatusNotFound
	}
	return e
}

func cannotExpand(path string) *apiError {
	return malformed("", "", "This property cannot be expanded (%s).", path)
}

func failedAtStripe(message string) *apiError {
	return &apiError{Status: http.StatusInternalServerError, Type: "api_error", Message: message}
}
