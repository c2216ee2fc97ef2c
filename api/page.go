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

// before reads the cursor, which is opaque to callers: the id of the last row they saw.
func (p Page) before() (uuid.UUID, error) {
	if p.Cursor == "" {
		return uuid.Nil, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err != nil {
		return uuid.Nil, ErrCursor.On("cursor")
	}
	id, err := uuid.FromBytes(raw)
	if err != nil {
		return uuid.Nil, ErrCursor.On("cursor")
	}
	return id, nil
}

// listed makes a list of what a use case gave for the page. A full page may have another behind it.
func listed[T, V any](p Page, rows []T, id func(T) uuid.UUID, view func(T) V) list[V] {
	l := list[V]{Items: each(rows, view)}
	if len(rows) > 0 && len(rows) == market.Page(p.Limit) {
		last := id(rows[len(rows)-1])
		cursor := base64.RawURLEncoding.EncodeToString(last[:])
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
