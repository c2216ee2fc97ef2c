package taxonomy

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Concept is one skill of ESCO, the European classification of skills, put together from its file in each language.
type Concept struct {
	URI      string
	Obsolete bool
	Labels   []Labels // one for each language, in the order of the files
}

// Labels are a concept's names in one language: the preferred one, and all others that are to be found.
type Labels struct {
	Language  string // two letters
	Preferred string
	Others    []string
}

// A Relation says that one concept is narrower than another.
type Relation struct {
	Line            int
	Narrower, Broad string // URIs
}

// A Fault is a row that was not taken in. Line counts from 1, the heading.
type Fault struct {
	File   string
	Line   int
	Column string
	Reason string
}

// String is the fault as an operator reads it.
func (f Fault) String() string {
	return fmt.Sprintf("%s line %d, %s: %s", f.File, f.Line, f.Column, f.Reason)
}

// An ESCO is a published list as it is read, file by file.
type ESCO struct {
	Concepts  []*Concept
	Relations []Relation
	Faults    []Fault
	Rows      int // of the files of skills, good and bad
	Groups    int // relations to groups of skills, which nobody holds and which are left out

	byURI map[string]*Concept
}

// These columns of ESCO's files are read; the others are left alone.
var (
	skillColumns    = []string{"conceptUri", "preferredLabel", "altLabels", "hiddenLabels", "status"}
	relationColumns = []string{"conceptUri", "broaderType", "broaderUri"}
)

// withdrawn are the words by which a list says that a concept is no longer to be used.
var withdrawn = []string{"obsolete", "deprecated", "withdrawn"}

const maxLabel = 300 // characters

// ReadSkills adds one language's skills_<language>.csv. The error is about a file that is none; a bad row is a Fault.
func (e *ESCO) ReadSkills(file, language string, r io.Reader) error {
	if e.byURI == nil {
		e.byURI = map[string]*Concept{}
	}
	return e.rows(file, r, skillColumns, func(line int, cell map[string]string) {
		e.Rows++
		uri, name := cell["conceptUri"], cell["preferredLabel"]
		switch {
		case !strings.Contains(uri, "/skill/") || EscoID(uri) == "":
			e.fault(file, line, "conceptUri", fmt.Sprintf("%q is no concept of a skill", uri))
			return
		case Normalize(name) == "":
			e.fault(file, line, "preferredLabel", "a name is missing")
			return
		case utf8.RuneCountInString(name) > maxLabel:
			e.fault(file, line, "preferredLabel", fmt.Sprintf("longer than %d characters", maxLabel))
			return
		}
		c := e.byURI[uri]
		if c == nil {
			c = &Concept{URI: uri}
			e.byURI[uri], e.Concepts = c, append(e.Concepts, c)
		}
		if slices.ContainsFunc(c.Labels, func(l Labels) bool { return l.Language == language }) {
			e.fault(file, line, "conceptUri", uri+" stands in this file before")
			return
		}
		c.Obsolete = c.Obsolete || slices.Contains(withdrawn, strings.ToLower(cell["status"]))
		c.Labels = append(c.Labels, Labels{language, name, labels(cell["altLabels"] + "\n" + cell["hiddenLabels"])})
	})
}

// labels are the lines of a cell that can be a name, each once.
func labels(cell string) (list []string) {
	seen := map[string]bool{}
	for line := range strings.SplitSeq(cell, "\n") {
		line = strings.Join(strings.Fields(line), " ")
		if key := Normalize(line); key != "" && !seen[key] && utf8.RuneCountInString(line) <= maxLabel {
			seen[key] = true
			list = append(list, line)
		}
	}
	return list
}

// ReadRelations adds broaderRelationsSkillPillar_<language>.csv.
func (e *ESCO) ReadRelations(file string, r io.Reader) error {
	return e.rows(file, r, relationColumns, func(line int, cell map[string]string) {
		switch narrower, broad := cell["conceptUri"], cell["broaderUri"]; {
		case narrower == "" || broad == "":
			e.fault(file, line, "broaderUri", "one end of the relation is missing")
		case cell["broaderType"] == "SkillGroup" || !strings.Contains(narrower, "/skill/"):
			e.Groups++
		default:
			e.Relations = append(e.Relations, Relation{line, narrower, broad})
		}
	})
}

func (e *ESCO) fault(file string, line int, column, reason string) {
	e.Faults = append(e.Faults, Fault{file, line, column, reason})
}

// rows reads a file with a heading row by row. Rows that are no CSV are faults; reading goes on after them.
func (e *ESCO) rows(file string, r io.Reader, columns []string, take func(line int, cell map[string]string)) error {
	in := csv.NewReader(r)
	in.ReuseRecord, in.FieldsPerRecord = true, -1
	heading, err := in.Read()
	if err != nil {
		return fmt.Errorf("%s: no heading: %w", file, err)
	}
	at := make(map[string]int, len(heading))
	for i, column := range heading {
		at[strings.TrimSpace(strings.TrimPrefix(column, "\ufeff"))] = i
	}
	for _, column := range columns {
		if _, ok := at[column]; !ok && column != "hiddenLabels" && column != "broaderType" {
			return fmt.Errorf("%s: there is no column %s; is this ESCO's file?", file, column)
		}
	}
	width, cell := len(heading), map[string]string{}
	for {
		row, err := in.Read()
		var broken *csv.ParseError
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &broken):
			e.fault(file, broken.StartLine, "-", broken.Err.Error())
			continue
		case err != nil:
			return fmt.Errorf("%s: %w", file, err)
		}
		line, _ := in.FieldPos(0)
		if len(row) != width {
			e.fault(file, line, "-", fmt.Sprintf("%d columns instead of %d", len(row), width))
			continue
		}
		for _, column := range columns {
			if i, ok := at[column]; ok {
				cell[column] = strings.TrimSpace(row[i])
			}
		}
		take(line, cell)
	}
}

// EscoID is the id that a concept's skill has here: esco- and the last part of its address; "" where that is no slug.
func EscoID(uri string) string {
	id := "esco-" + strings.ToLower(uri[strings.LastIndexByte(uri, '/')+1:])
	if !slug.MatchString(id) || len(id) > 80 {
		return ""
	}
	return id
}
