package matching

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"

	"homecoming/internal/problem"
)

// A Sheet is a list as it was shown: what was asked, by which constants, and what was read of each person listed. The
// points follow from these alone, so a sheet is scored again at any time, whatever became of the facts. It names skills
// and departments as they were called; of people it has ids.
type Sheet struct {
	Shape      int             `json:"shape"` // of the sheet itself
	Company    uuid.UUID       `json:"company"`
	Task       uuid.UUID       `json:"task"`
	AsOf       civil.Date      `json:"as_of"`
	Formula    Formula         `json:"formula"`
	Skills     []Wanted        `json:"skills"`
	Department uuid.UUID       `json:"department"` // uuid.Nil for none
	Filters    json.RawMessage `json:"filters"`    // who was left out; they move nobody
	Names      map[string]name `json:"names"`
	Listed     []Line          `json:"listed"`     // best first
	Discovered []Line          `json:"discovered"` // behind the list, see discovery.go
}

// A Line is one person on a sheet.
type Line struct {
	Inputs
	Parts Parts `json:"parts"`
	Score Score `json:"score"`
}

type name struct {
	EN string `json:"en"`
	JA string `json:"ja"`
}

const sheetShape = 1

// Replay scores a sheet again from its inputs, puts the list in order again, and writes it anew. A sheet that nobody has
// touched comes out as the same bytes. It returns an error for what is no sheet.
func Replay(sheet []byte) ([]byte, error) {
	s, err := readSheet(sheet)
	if err != nil {
		return nil, err
	}
	s.score()
	return s.bytes()
}

// readSheet takes a sheet's bytes apart, and refuses what would not survive being written again.
func readSheet(sheet []byte) (s Sheet, err error) {
	d := json.NewDecoder(bytes.NewReader(sheet))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return s, fmt.Errorf("reading a ranking: %w", err)
	}
	if s.Shape != sheetShape {
		return s, fmt.Errorf("a ranking of shape %d", s.Shape)
	}
	for _, l := range slices.Concat(s.Listed, s.Discovered) {
		if len(l.Skills) != len(s.Skills) {
			return s, fmt.Errorf("%s has %d strengths for %d skills", l.ID, len(l.Skills), len(s.Skills))
		}
	}
	return s, nil
}

// bytes are the sheet's only form: fields in their order, names sorted, scores with two decimals.
func (s Sheet) bytes() ([]byte, error) { return json.Marshal(s) }

// score gives every line its points and the list its order.
func (s *Sheet) score() {
	q := s.question()
	for _, lines := range [][]Line{s.Listed, s.Discovered} {
		for i := range lines {
			lines[i].Parts = q.Score(lines[i].Inputs)
			lines[i].Score = lines[i].Parts.Total()
		}
	}
	slices.SortFunc(s.Listed, func(a, b Line) int { return a.place().Compare(b.place()) })
}

// question is what was asked, as far as it scores.
func (s Sheet) question() Question {
	return Question{Company: s.Company, AsOf: s.AsOf, Formula: s.Formula, Skills: s.Skills, Department: s.Department}
}

func (l Line) place() Place {
	left := Never
	if l.LeftOn != nil {
		left = *l.LeftOn
	}
	return Place{l.Score, l.Parts.Skills, l.Parts.Tenure, left, l.ID}
}

// words speak of the sheet in a reader's language, with the names of its day.
func (s Sheet) words(lang problem.Language) words {
	w := words{q: s.question(), lang: lang, names: namesByID{}}
	for id, n := range s.Names {
		w.names[id] = problem.Word(n)
	}
	return w
}

// sheet writes down a ranking that is about to be shown.
func sheet(task uuid.UUID, q Question, listed, discovered []Candidate, names namesByID) (Sheet, error) {
	filters, err := json.Marshal(struct {
		AvailableBy *civil.Date
		MaxRate     *int64
		Reached     Reach
		Beyond      Beyond
	}{q.AvailableBy, q.MaxRate, q.Reached, q.Beyond})
	s := Sheet{Shape: sheetShape, Company: q.Company, Task: task, AsOf: q.AsOf, Formula: q.Formula, Skills: slices.Concat([]Wanted{}, q.Skills),
		Department: q.Department, Filters: filters, Names: map[string]name{}, Listed: lines(listed), Discovered: lines(discovered)}
	for id, n := range names {
		s.Names[id] = name(n)
	}
	return s, err
}

func lines(list []Candidate) []Line {
	out := make([]Line, len(list))
	for i, c := range list {
		out[i] = Line{c.inputs, c.Parts, c.Score}
	}
	return out
}

// hash is the fingerprint of a sheet: SHA-256, in hexadecimal.
func hash(sheet []byte) string {
	sum := sha256.Sum256(sheet)
	return hex.EncodeToString(sum[:])
}
