package insight

import (
	"slices"
	"strings"

	"homecoming/market"
)

// A Unit is what a column's numbers are.
type Unit string

// The units.
const (
	People Unit = "people" // hidden where they are few
	Things Unit = "count"  // tasks, contracts, events, payments
	Share  Unit = "share"  // of one column in another, in ten-thousandths
	Days   Unit = "days"   // in tenths
	Money  Unit = "money"  // minor units of the company's currency
)

// A Column is one of a table's.
type Column struct {
	Key  string
	Unit Unit

	// of names the column that this one is a part of: of a share, with part; of people, where the whole is shown and so the rest could
	// be computed. with names the people whose money it is, or whose it would tell.
	of, part, with string

	overlaps bool // its rows count the same people again, so that they do not come to the total
}

// A Cell is a number, or why it is not shown.
type Cell struct {
	Value int64 // in the column's unit; 0 where there is a mask
	Mask  Mask
}

// Counted reports whether there is anything, shown or not.
func (c Cell) Counted() bool { return c.Mask == Under || c.Mask == Withheld || c.Value != 0 }

// A Row is the numbers of one group, in the order of the columns.
type Row struct {
	Key          string // 2026-11, 2026, an id or a step; empty for what belongs to none, and for the years before those that are told
	Name, NameEN string // where it has one
	Cells        []Cell
}

// In is the row's name for a reader of a language; empty where its key says all.
func (r Row) In(language string) string {
	if language == "en" && r.NameEN != "" {
		return r.NameEN
	}
	return r.Name
}

// A Table is a figure of the network, told apart by one thing.
type Table struct {
	Key     string
	By      string // month, year, department, skill, programme, stage or step
	Columns []Column
	Rows    []Row
	Total   *Row // of the months as a whole; nil where that means nothing
	Before  *Row // of as many months before them
}

// Empty reports whether nothing was counted at all.
func (t Table) Empty() bool {
	for _, r := range t.all() {
		if slices.ContainsFunc(r.Cells, Cell.Counted) {
			return false
		}
	}
	return true
}

func (t Table) all() []Row {
	all := t.Rows
	for _, r := range []*Row{t.Total, t.Before} {
		if r != nil {
			all = append(all[:len(all):len(all)], *r)
		}
	}
	return all
}

// At is where a column stands; -1 where the table has none of that name.
func (t Table) At(key string) int {
	return slices.IndexFunc(t.Columns, func(c Column) bool { return c.Key == key })
}

// A spec is how a table is made of tallies.
type spec struct {
	key, by string
	source  source
	columns []Column // those that are counted stand in the order of the tallies, from the skip-th on; shares are computed
	whole   bool     // it has a total and what was before
}

// build makes the table: every month of a table by month, every other group that was counted.
func (s spec) build(tallies []market.Tally, months market.Months) Table {
	t := Table{Key: s.key, By: s.by, Columns: s.columns}
	found := map[string]market.Tally{}
	for _, one := range tallies {
		switch one.By {
		case s.by:
			found[one.Key] = one
			if s.by != "month" {
				t.Rows = append(t.Rows, s.row(one))
			}
		case market.AllOfThem, market.AllBefore:
			found[one.By] = one
		}
	}
	if s.by == "month" {
		for _, name := range months.Names() {
			one := found[name]
			one.Key = name
			t.Rows = append(t.Rows, s.row(one))
		}
	}
	if s.by == "year" {
		slices.SortFunc(t.Rows, func(a, b Row) int { return strings.Compare(b.Key, a.Key) })
	}
	if s.whole {
		total, before := s.row(found[market.AllOfThem]), s.row(found[market.AllBefore])
		total.Key, before.Key = "", ""
		t.Total, t.Before = &total, &before
	}
	t.veil()
	return t
}

// row puts a tally's numbers where its columns are. Where nothing was counted, there are none of anything, and no days.
func (s spec) row(one market.Tally) Row {
	r := Row{Key: one.Key, Name: one.Name, NameEN: one.NameEN, Cells: make([]Cell, len(s.columns))}
	at := 0
	for i, c := range s.columns {
		if c.Unit == Share {
			continue
		}
		n := int64(0)
		switch {
		case at < len(one.N):
			n = one.N[at]
		case c.Unit == Days:
			n = market.NoFigure
		}
		at++
		if n == market.NoFigure {
			r.Cells[i].Mask = NoNumber
		} else {
			r.Cells[i].Value = n
		}
	}
	return r
}

// veil hides what is about too few people, and then computes the shares of what is left.
func (t *Table) veil() {
	for i, c := range t.Columns {
		if c.Unit == People {
			t.veilPeople(i, c)
		}
	}
	for _, r := range t.lines() {
		for i, c := range t.Columns {
			switch {
			case c.with != "" && r.Cells[t.At(c.with)].Mask != Shown:
				r.Cells[i] = Cell{Mask: r.Cells[t.At(c.with)].Mask}
			case c.Unit == Share:
				r.Cells[i] = shareOf(r.Cells[t.At(c.part)], r.Cells[t.At(c.of)])
			case r.Cells[i].Mask != Shown:
				r.Cells[i].Value = 0
			}
		}
	}
}

// lines are all rows, to be changed.
func (t *Table) lines() (list []*Row) {
	for i := range t.Rows {
		list = append(list, &t.Rows[i])
	}
	for _, r := range []*Row{t.Total, t.Before} {
		if r != nil {
			list = append(list, r)
		}
	}
	return list
}

// veilPeople masks one column; its values stay until the masks of all columns are known.
func (t *Table) veilPeople(at int, c Column) {
	part := func(r Row) int64 { return r.Cells[at].Value }
	rest := func(Row) int64 { return 0 }
	if c.of != "" {
		of := t.At(c.of)
		rest = func(r Row) int64 { return r.Cells[of].Value - r.Cells[at].Value }
	}
	sums := t.Total != nil && !c.overlaps
	parts, partTotal := maskedRows(t.Rows, part, sums)
	rests, restTotal := maskedRows(t.Rows, rest, sums)
	for i := range t.Rows {
		t.Rows[i].Cells[at].cover(both(parts[i], rests[i]))
	}
	if t.Total != nil {
		if own := alone(part(*t.Total)); own != Shown || !sums {
			partTotal = own
		}
		if !sums {
			restTotal = alone(rest(*t.Total))
		}
		t.Total.Cells[at].cover(both(partTotal, restTotal))
		t.Before.Cells[at].cover(both(alone(part(*t.Before)), alone(rest(*t.Before))))
	}
}

// cover masks a cell, unless there is no number to mask.
func (c *Cell) cover(m Mask) {
	if c.Mask == Shown {
		c.Mask = m
	}
}

// maskedRows masks a column; where no sum of it is shown, each number for itself.
func maskedRows(rows []Row, of func(Row) int64, sums bool) (masks []Mask, total Mask) {
	column := make([]int64, len(rows))
	for i, r := range rows {
		column[i] = of(r)
	}
	if sums {
		return hide(column)
	}
	masks = make([]Mask, len(rows))
	for i, n := range column {
		masks[i] = alone(n)
	}
	return masks, Shown
}

// alone masks a number that is in no sum.
func alone(n int64) Mask {
	if few(n) {
		return Under
	}
	return Shown
}

// shareOf is one cell as a part of another, in ten-thousandths.
func shareOf(part, whole Cell) Cell {
	switch {
	case part.Mask != Shown:
		return Cell{Mask: part.Mask}
	case whole.Mask != Shown:
		return Cell{Mask: whole.Mask}
	case whole.Value == 0:
		return Cell{Mask: NoNumber}
	}
	return Cell{Value: (part.Value*20_000 + whole.Value) / (2 * whole.Value)}
}
