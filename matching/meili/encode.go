package meili

import (
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/google/uuid"

	"homecoming/matching"
)

// A writer makes lines of JSON out of documents, by hand: a rebuild writes millions, and every processor second that it
// takes is one that the server lacks. It remembers the tokens that it made.
type writer struct {
	lines []byte
	known tokens
}

// document appends the server's document. The same facts make the same text; see [document] for what the fields mean.
func (w *writer) document(d matching.Document) {
	company, scope := d.Company.String(), d.Company.String()
	if d.Outside {
		company, scope = outside, outside
		if d.Company != uuid.Nil {
			company = guest(d.Company)
		}
	}
	w.lines = append(w.lines, `{"id":`...)
	w.id(d.Membership)
	w.name("person")
	w.id(d.Person)
	w.name("company")
	w.text(company)
	w.number("order", orderOf(d))
	w.number("p", int64(d.P))
	w.number("tenure", int64(d.Tenure))
	w.number("left", int64(dayNumber(d.LeftOn)))
	w.held(d.Held, scope)
	w.ids("knows", d.Knows)
	w.ids("worked", d.Worked)
	w.number("days", int64(d.Days))
	free := 0
	if d.AvailableFrom != nil {
		free = max(dayNumber(*d.AvailableFrom), 0)
	}
	w.number("free", int64(free))
	if d.HourlyRate != nil {
		w.number("rate", *d.HourlyRate)
	}
	if d.Outside {
		w.beyond(d)
	}
	w.lines = append(w.lines, '}')
}

// held writes the tokens and, to be read back, the strengths.
func (w *writer) held(held map[string]int, scope string) {
	skills := slices.Sorted(maps.Keys(held))
	w.name("skills")
	w.lines = append(w.lines, '[')
	of := w.known.scope(scope)
	for _, skill := range skills {
		tokens := of.of(scope, skill)
		for level := 1; level <= held[skill]; level++ {
			w.comma('[')
			w.text(tokens[level-1])
		}
	}
	w.lines = append(w.lines, ']')
	w.name("held")
	var text []byte
	for i, skill := range skills {
		if i > 0 {
			text = append(text, ' ')
		}
		text = strconv.AppendInt(append(append(text, skill...), ':'), int64(held[skill]), 10)
	}
	w.text(string(text))
}

// beyond writes what only documents of people from outside have.
func (w *writer) beyond(d matching.Document) {
	if len(d.From) > 0 || d.Everyone {
		w.ids("from", d.From)
		if d.Everyone {
			w.lines = w.lines[:len(w.lines)-1]
			w.comma('[')
			w.text(everyone)
			w.lines = append(w.lines, ']')
		}
	}
	if len(d.Barred) > 0 {
		w.ids("barred", d.Barred)
	}
	if d.Currency != "" {
		w.name("currency")
		w.text(d.Currency)
	}
}

func (w *writer) name(name string) {
	w.lines = append(append(append(w.lines, ',', '"'), name...), '"', ':')
}

func (w *writer) number(name string, n int64) {
	w.name(name)
	w.lines = strconv.AppendInt(w.lines, n, 10)
}

// comma parts the members of a list, of which the first follows what opens it.
func (w *writer) comma(after byte) {
	if w.lines[len(w.lines)-1] != after {
		w.lines = append(w.lines, ',')
	}
}

func (w *writer) ids(name string, ids []uuid.UUID) {
	w.name(name)
	w.lines = append(w.lines, '[')
	for _, id := range ids {
		w.comma('[')
		w.id(id)
	}
	w.lines = append(w.lines, ']')
}

func (w *writer) id(id uuid.UUID) {
	w.lines = append(w.lines, '"')
	for i, from := range []int{0, 4, 6, 8, 10} {
		if i > 0 {
			w.lines = append(w.lines, '-')
		}
		w.lines = hex.AppendEncode(w.lines, id[from:[]int{4, 6, 8, 10, 16}[i]])
	}
	w.lines = append(w.lines, '"')
}

// text writes a string, plain ones as they are.
func (w *writer) text(s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			quoted, _ := json.Marshal(s) // of a string
			w.lines = append(w.lines, quoted...)
			return
		}
	}
	w.lines = append(append(append(w.lines, '"'), s...), '"')
}
