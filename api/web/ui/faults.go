package ui

import (
	"context"
	"strings"

	"homecoming/api/web/words"
	"homecoming/internal/problem"
)

// A Fault is what is wrong with a form, and with which of its fields. The zero Fault is none.
type Fault struct {
	Field    string // in the API's spelling, which is also that of the form: skills[0].level
	Sentence string
}

// FaultOf shows a problem in a language.
func FaultOf(p *problem.Error, lang problem.Language) Fault {
	return Fault{Field: p.Field, Sentence: p.In(lang)}
}

// On is the sentence when the fault is about the field or something within it, and empty otherwise.
func (f Fault) On(field string) string {
	rest, within := strings.CutPrefix(f.Field, field)
	if f.Sentence == "" || field == "" || !within || rest != "" && rest[0] != '[' && rest[0] != '.' {
		return ""
	}
	return f.Sentence
}

// label is what the form calls the field, empty where the catalogue does not know it.
func (f Fault) label(ctx context.Context) string {
	base, _, _ := strings.Cut(f.Field, "[")
	base, _, _ = strings.Cut(base, ".")
	if base == "" || !words.Known("field."+base) {
		return ""
	}
	return T(ctx, "field."+base)
}

// whole is the sentence with the field's name before it.
func (f Fault) whole(ctx context.Context) string {
	if label := f.label(ctx); label != "" {
		return label + " – " + f.Sentence
	}
	return f.Sentence
}

// fieldID is the id of the control of a field.
func fieldID(name string) string { return "f-" + name }
