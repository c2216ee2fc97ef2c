package freetext

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// A Part is a stretch of a text as it was written; Hit says that it was looked for.
type Part struct {
	Text string
	Hit  bool
}

// Mark parts a text at what the query finds in it. A text in which nothing is found is one part, or none when empty.
func (q Query) Mark(text string, tolerant bool) []Part {
	return cut(text, q.found(text, tolerant))
}

// found are the places in the text itself, in order and apart.
func (q Query) found(text string, tolerant bool) []span {
	f := Fold(text)
	var all []span
	for _, w := range q.Words {
		for _, s := range w.in(f.Text, tolerant) {
			all = append(all, span{f.from[s.from], f.to[s.to-1]})
		}
	}
	slices.SortFunc(all, func(a, b span) int { return cmp.Or(a.from-b.from, b.to-a.to) })
	var apart []span
	for _, s := range all {
		if n := len(apart); n > 0 && s.from <= apart[n-1].to {
			apart[n-1].to = max(apart[n-1].to, s.to)
			continue
		}
		apart = append(apart, s)
	}
	return apart
}

func cut(text string, hits []span) []Part {
	var parts []Part
	at := 0
	for _, h := range hits {
		if h.from > at {
			parts = append(parts, Part{text[at:h.from], false})
		}
		parts = append(parts, Part{text[h.from:h.to], true})
		at = h.to
	}
	if at < len(text) {
		parts = append(parts, Part{text[at:], false})
	}
	return parts
}

// Excerpt is Mark for a long text: about so many characters around the first hit, with … where text was left out. It
// is empty where nothing is found.
func (q Query) Excerpt(text string, length int, tolerant bool) []Part {
	hits := q.found(text, tolerant)
	if len(hits) == 0 {
		return nil
	}
	from, to := window(text, hits[0], length)
	var inside []span
	for _, h := range hits {
		if h.from >= from && h.to <= to {
			inside = append(inside, span{h.from - from, h.to - from})
		}
	}
	parts := cut(text[from:to], inside)
	if from > 0 {
		parts = append([]Part{{"…", false}}, parts...)
	}
	if to < len(text) {
		parts = append(parts, Part{"…", false})
	}
	return parts
}

// window chooses bytes around a hit, a third of the length before it.
func window(text string, hit span, length int) (from, to int) {
	from, to = hit.from, hit.to
	for n := length / 3; n > 0 && from > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(text[:from])
		from -= size
	}
	for n := length - utf8.RuneCountInString(text[from:to]); n > 0 && to < len(text); n-- {
		_, size := utf8.DecodeRuneInString(text[to:])
		to += size
	}
	return from, to
}
