package problem

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// A Kind says what sort of thing went wrong; api maps each to one status.
type Kind int

// The kinds, from most to least the caller's own doing.
const (
	Invalid         Kind = iota + 1 // the input breaks a rule: mend the field and send again
	Unauthenticated                 // nobody, or nobody we know
	Forbidden                       // known, but without the role
	NotFound                        // not there, or of another company
	Conflict                        // right by itself, wrong for the present state
	RateLimited                     // too often: wait
	Unavailable                     // a part we depend on does not answer: try again
)

// Language is one of the two languages that people read here.
type Language string

// The languages. Anything else is shown in English.
const (
	English  Language = "en"
	Japanese Language = "ja"
)

// An Error is something a person can act on.
type Error struct {
	Kind  Kind
	Code  string         // stable, snake_case, part of the API
	Field string         // the input it is about, as the API spells it; empty when about none
	Args  map[string]any // what the placeholders stand for
	Cause error          // logged, never shown

	en, ja string
}

var registry = struct {
	sync.Mutex
	defined map[string]*Error
}{defined: map[string]*Error{}}

// Define makes a problem known under its code. It panics when the code is taken or a sentence is missing, because
// both are mistakes in the program.
func Define(kind Kind, code, en, ja string) *Error {
	registry.Lock()
	defer registry.Unlock()
	if _, taken := registry.defined[code]; taken || en == "" || ja == "" {
		panic("problem: " + code + " is defined twice or lacks a sentence")
	}
	e := &Error{Kind: kind, Code: code, en: en, ja: ja}
	registry.defined[code] = e
	return e
}

// All returns every problem defined so far, by code; the API's document lists them.
func All() []*Error {
	registry.Lock()
	defer registry.Unlock()
	return slices.SortedFunc(maps.Values(registry.defined), func(a, b *Error) int { return strings.Compare(a.Code, b.Code) })
}

// On says which field it is about, in the API's spelling ("milestones[0].amount").
func (e *Error) On(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// With fills the placeholder {name}; a value with the method In, such as a [Word], says itself in the reader's language.
func (e *Error) With(name string, value any) *Error {
	c := *e
	c.Args = maps.Clone(e.Args)
	if c.Args == nil {
		c.Args = map[string]any{}
	}
	c.Args[name] = value
	return &c
}

// Because keeps the cause for the log.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// In is the sentence in the reader's language.
func (e *Error) In(lang Language) string {
	s := e.en
	if lang == Japanese {
		s = e.ja
	}
	for name, value := range e.Args {
		text := fmt.Sprint(value)
		if word, ok := value.(interface{ In(Language) string }); ok {
			text = word.In(lang)
		}
		s = strings.ReplaceAll(s, "{"+name+"}", text)
	}
	return s
}

// A Word fills a placeholder in the reader's language, where the value itself is a code: "canceled", "取り下げ".
type Word struct{ EN, JA string }

// In is the word in the reader's language.
func (w Word) In(lang Language) string {
	if lang == Japanese {
		return w.JA
	}
	return w.EN
}

// Error is the English sentence with its code, for logs.
func (e *Error) Error() string {
	s := e.Code + ": " + e.In(English)
	if e.Field != "" {
		s += " (" + e.Field + ")"
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Is reports whether target has the same code, whatever its field and arguments.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }
