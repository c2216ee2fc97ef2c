package api

import (
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"homecoming/internal/problem"
	"homecoming/market"
)

// faults are several problems of one input; as an error it is the first of them.
type faults []*problem.Error

func (f faults) Error() string { return f[0].Error() }
func (f faults) Unwrap() error { return f[0] }

// humaError puts what huma found into our words. Values are never repeated: they may be passwords.
func humaError(status int, msg string, errs []error) error {
	switch status {
	case http.StatusRequestEntityTooLarge:
		return ErrTooLarge.With("max", "1 MB")
	case http.StatusUnsupportedMediaType:
		return ErrMediaType.With("expected", "application/json")
	case http.StatusRequestTimeout:
		return ErrSlowBody
	case http.StatusBadRequest:
		if len(errs) == 0 {
			return ErrNoBody
		}
		return ErrMalformed
	case http.StatusInternalServerError:
		return errors.Join(errs...)
	}
	var all faults
	for _, err := range errs {
		if detail, ok := err.(huma.ErrorDetailer); ok {
			all = append(all, shape(detail.ErrorDetail()))
		}
	}
	if len(all) == 0 {
		return errors.New(msg)
	}
	for _, f := range all {
		if errors.Is(f, market.ErrNotFound) {
			return market.ErrNotFound
		}
	}
	return all
}

var missing = regexp.MustCompile(`^expected required property (.*) to be present$`)

// shape is one finding. A name in the path that is no name of ours is nothing that is here.
func shape(d *huma.ErrorDetail) *problem.Error {
	where, field, _ := strings.Cut(d.Location, ".")
	switch {
	case where == "path":
		return market.ErrNotFound
	case d.Message == "unexpected property":
		return ErrUnknown.On(field)
	case d.Message == "unknown query parameter":
		return ErrParameter.On(field)
	case strings.HasPrefix(d.Message, "required "): // a parameter
		return market.ErrRequired.On(field)
	}
	if m := missing.FindStringSubmatch(d.Message); m != nil {
		return market.ErrRequired.On(strings.TrimPrefix(field+"."+m[1], "."))
	}
	return ErrShape.On(field).With("expected", bilingual(d.Message))
}

// expectation is what a value has to be, in both languages.
type expectation struct{ en, ja string }

// In lets problem write it in the reader's language.
func (e expectation) In(lang problem.Language) string {
	if lang == problem.Japanese {
		return e.ja
	}
	return e.en
}

// String is its English.
func (e expectation) String() string { return e.en }

// expectations are huma's messages, by what they begin with.
var expectations = []struct {
	prefix string
	expectation
}{
	{"expected boolean", expectation{"true or false", "trueまたはfalse"}},
	{"invalid boolean", expectation{"true or false", "trueまたはfalse"}},
	{"expected integer", expectation{"a whole number", "整数"}},
	{"invalid integer", expectation{"a whole number", "整数"}},
	{"expected number to be", expectation{"a whole number", "整数"}},
	{"expected number >", expectation{"a larger number", "より大きい数値"}},
	{"expected number <", expectation{"a smaller number", "より小さい数値"}},
	{"expected number", expectation{"a number", "数値"}},
	{"expected string to be RFC 3339 date-time", expectation{"a time such as 2026-04-01T09:00:00+09:00", "2026-04-01T09:00:00+09:00の形式の日時"}},
	{"expected string to be RFC 3339 date", expectation{"a day such as 2026-04-01", "2026-04-01の形式の日付"}},
	{"expected string to be RFC 4122 uuid", expectation{"an id as we give it", "発行されたID"}},
	{"expected string to be RFC 5322 email", expectation{"an e-mail address", "メールアドレス"}},
	{"expected string", expectation{"text", "文字列"}},
	{"expected array length <=", expectation{"a shorter list", "より短いリスト"}},
	{"expected array length >=", expectation{"a longer list", "より長いリスト"}},
	{"expected array", expectation{"a list", "リスト"}},
	{"expected object", expectation{"an object", "オブジェクト"}},
	{"expected length <=", expectation{"shorter", "より短い文字列"}},
	{"expected length >=", expectation{"longer", "より長い文字列"}},
	{"expected value to match", expectation{"an amount such as {\"amount\": 300000, \"currency\": \"JPY\"}", "{\"amount\": 300000, \"currency\": \"JPY\"}の形式の金額"}},
}

func bilingual(message string) expectation {
	for _, e := range expectations {
		if strings.HasPrefix(message, e.prefix) {
			return e.expectation
		}
	}
	if _, allowed, ok := strings.Cut(message, "expected value to be one of "); ok {
		return expectation{"one of " + allowed, allowed + "のいずれか"}
	}
	return expectation{"of another form", "別の形式"}
}
