package paper

import "time"

// A Document is what stands on the paper, in order, already in words. Empty parts are left out.
type Document struct {
	Language string // ja or en: of the text, for those who read it aloud
	Title    string
	Author   string // who issues it, for the file's own description
	Created  time.Time
	Meta     []Fact // number, day, version: beside the title
	Remark   string // under the title: what it replaces
	To, From Party
	Figure   *Figure
	Sections []Section
	Closing  []string // small print at the end
	Footer   []string // on every page: number and hash
}

// A Fact is one thing with its name.
type Fact struct{ Label, Value string }

// A Party is one of the two that the document is between.
type Party struct {
	Label string
	Name  string
	Lines []string // address, number
}

// A Figure is the amount that the document is about, and what it is made of.
type Figure struct {
	Label, Amount string
	Parts         []Fact
}

// A Section has a heading, which is a bookmark too, and facts, a table or text below it.
type Section struct {
	Heading string
	Facts   []Fact
	Table   *Table
	Text    []string
}

// A Table has a head that every page repeats. Rows are kept whole where a page ends, and a sum stays with the row before.
type Table struct {
	Columns []Column
	Rows    []Row
}

// A Column is as wide as its share of all weights.
type Column struct {
	Title  string
	Weight float64
	Number bool // aligned to the right, and never broken
}

// A Row has a cell for each column. A Sum is set apart.
type Row struct {
	Cells []string
	Sum   bool
}
