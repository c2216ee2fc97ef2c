package stripesim

import (
	"slices"
	"strings"
)

// A listing is one page of objects.
type listing struct {
	url   string
	items []any
	more  bool
}

// dated is an object with a time of creation.
type dated interface {
	object
	createdAt() int64
}

func (h head) createdAt() int64 { return h.Created }

// newest returns the account's objects that keep wants, newest first, as Stripe lists them.
func newest[T dated](b *book[T], owner string, keep func(T) bool) []T {
	var out []T
	for _, r := range slices.Backward(b.rows) {
		if r.Owner == owner && keep(r.Body) {
			out = append(out, r.Body)
		}
	}
	return out
}

// page answers a list request: the account's objects that keep wants and that were created in the asked range, cut to the page
// the cursor asks for.
func page[T dated](c *call, b *book[T], url string, keep func(T) bool) (any, error) {
	created := c.within("created")
	return cut(c, url, newest(b, c.owner, func(o T) bool { return created(o.createdAt()) && keep(o) }))
}

// cut takes the asked page out of a whole list.
func cut[T object](c *call, url string, all []T) (any, error) {
	limit := int(c.integer("limit", 10))
	after, before := c.text("starting_after"), c.text("ending_before")
	if limit < 1 || limit > 100 {
		c.fail(malformed("limit", "parameter_invalid_integer", "Invalid integer: limit must be between 1 and 100."))
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	from, to := 0, len(all)
	if after != "" {
		i := indexOf(all, after)
		if i < 0 {
			return nil, missing("object", after, "starting_after")
		}
		from = i + 1
	}
	if before != "" {
		if to = indexOf(all, before); to < 0 {
			return nil, missing("object", before, "ending_before")
		}
	}
	window := all[from:max(from, to)]
	more := len(window) > limit
	switch {
	case more && before != "":
		window = window[len(window)-limit:]
	case more:
		window = window[:limit]
	}
	return listing{url: url, items: toAny(window), more: more}, nil
}

func indexOf[T object](all []T, id string) int {
	return slices.IndexFunc(all, func(o T) bool { return o.objectID() == id })
}

// within reads name=t or name[gt|gte|lt|lte]=t and returns the test for a Unix time in seconds.
func (p *params) within(name string) func(int64) bool {
	exact := p.integer(name, -1)
	gt, gte := p.integer(name+"[gt]", -1), p.integer(name+"[gte]", -1)
	lt, lte := p.integer(name+"[lt]", -1), p.integer(name+"[lte]", -1)
	return func(t int64) bool {
		return (exact < 0 || t == exact) && t > gt && t >= gte && (lt < 0 || t < lt) && (lte < 0 || t <= lte)
	}
}

// renderList sends a listing; expand paths on a list begin with "data.".
func (s *Server) renderList(l listing, expand []string) (map[string]any, error) {
	inner := make([]string, len(expand))
	for i, path := range expand {
		var ok bool
		if inner[i], ok = strings.CutPrefix(path, "data."); !ok {
			return nil, cannotExpand(path)
		}
	}
	data := make([]any, len(l.items))
	for i, o := range l.items {
		m, err := s.render(o, inner)
		if err != nil {
			return nil, err
		}
		data[i] = m
	}
	return map[string]any{"object": "list", "url": l.url, "has_more": l.more, "data": data}, nil
}

// wholeList is a list inside an object.
func (s *Server) wholeList(url string, items []any) (map[string]any, error) {
	return s.renderList(listing{url: url, items: items}, nil)
}
