package api

import (
	"encoding/base64"
	"strconv"

	"github.com/google/uuid"

	"homecoming/market"
)

// Page is how much of a list is asked for.
type Page struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many at most"`
	Cursor string `query:"cursor" doc:"next_cursor of the answer before"`
}

// before reads a cursor that is the id of the last row seen. Callers do not look into it.
func (p Page) before() (uuid.UUID, error) {
	text, err := p.beforeText()
	if err != nil || text == "" {
		return uuid.Nil, err
	}
	id, err := uuid.Parse(text)
	if err != nil {
		return uuid.Nil, ErrCursor.On("cursor")
	}
	return id, nil
}

// beforeText reads a cursor of a list whose ids are text.
func (p Page) beforeText() (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err != nil {
		return "", ErrCursor.On("cursor")
	}
	return string(raw), nil
}

// listed makes a list of what a use case gave for the page. A full page may have another behind it.
func listed[T, V any](p Page, rows []T, id func(T) string, view func(T) V) list[V] {
	l := list[V]{Items: each(rows, view)}
	if len(rows) > 0 && len(rows) == market.Page(p.Limit) {
		cursor := base64.RawURLEncoding.EncodeToString([]byte(id(rows[len(rows)-1])))
		l.NextCursor = &cursor
	}
	return l
}

// whole is a list that has one page.
func whole[T, V any](rows []T, view func(T) V) list[V] { return list[V]{Items: each(rows, view)} }

// each is never nil: an empty list is [] in JSON.
func each[T, V any](rows []T, view func(T) V) []V {
	views := make([]V, len(rows))
	for i, row := range rows {
		views[i] = view(row)
	}
	return views
}

// orEmpty is the list itself, and [] instead of null.
func orEmpty[T any](rows []T) []T {
	if rows == nil {
		return []T{}
	}
	return rows
}

// field names one input of a list: milestones[0].amount.
func field(of string, i int, name string) string { return of + "[" + strconv.Itoa(i) + "]." + name }
