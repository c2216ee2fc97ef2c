package personal

import "strings"

// A Fate is what a column is, and with it what erasing a person does with it.
type Fate int

// The fates of columns.
const (
	IsNothing Fate = iota + 1 // says nothing about a natural person: states, hashes, days of the company's
	IsHouse                   // the company's or the installation's own words and records, whoever wrote them
	IsPointer                 // leads to a person whose row it is; it stays, and leads to a stone
	IsDeed                    // leads to whoever did it for a company; it stays, and leads to a stone
	IsErased                  // is replaced by a neutral word
	IsGone                    // goes with its row
)

// A Law is what has something kept when its person is forgotten: its name in the program, where it stands, and for how many years.
type Law struct {
	Name, Source string
	Years        int
}

// Books is the law of books and of the papers of dealings: contracts, notices of terms, statements, payments and what proves them.
var Books = &Law{Name: "books", Source: "法人税法施行規則 59・67条, 所得税法施行規則 63・102条, 電子帳簿保存法 7条, 消費税法 30条", Years: 7}

// A Column is one column, and the SQL of what it becomes where it is erased.
type Column struct{ Name, Becomes string }

// A Part is what happens to some columns of a table, in the rows that a condition names.
type Part struct {
	Fate    Fate
	Columns []Column
	Of      string // SQL, true for rows of the person; see [Of]
	Law     *Law   // has it kept for its time; nil: it goes at once
}

// A Table is one table of the schema, with every column that could hold words, days, bytes or a way to a person.
type Table struct {
	Name  string
	Parts []Part
	Left  string // why rows of a person are not in what they take out of their own data
}

// On describes a table.
func On(name string, parts ...Part) Table { return Table{Name: name, Parts: parts} }

// LeftOut says why the table is not in a person's own data.
func (t Table) LeftOut(why string) Table {
	t.Left = why
	return t
}

// Nothing are columns that say nothing about anybody.
func Nothing(columns string) Part { return Part{Fate: IsNothing, Columns: list(columns)} }

// House are columns with the company's own words, or the installation's.
func House(columns string) Part { return Part{Fate: IsHouse, Columns: list(columns)} }

// Points are columns that lead to the person whose row it is.
func Points(columns string) Part { return Part{Fate: IsPointer, Columns: list(columns)} }

// Deeds are columns that lead to whoever did something for a company. They come out with the log of what one did.
func Deeds(columns string) Part { return Part{Fate: IsDeed, Columns: list(columns)} }

// Whose is a condition that finds the rows of a person.
type Whose struct{ of string }

// Of finds a person's rows by a condition in SQL on the table's columns. It may name @person, the id; @address, which they sign in
// with and which is proven to be theirs, in small letters; and @now. A name finds nobody: others have it too, and people choose it.
func Of(condition string) Whose { return Whose{condition} }

// Erased are columns that become neutral in the person's rows: empty, or what stands after an equals sign.
func (w Whose) Erased(columns string) Part {
	return Part{Fate: IsErased, Columns: list(columns), Of: w.of}
}

// Gone are columns whose whole row goes with the person.
func (w Whose) Gone(columns string) Part {
	return Part{Fate: IsGone, Columns: list(columns), Of: w.of}
}

// Until has a part kept for as long as a law says.
func (p Part) Until(l *Law) Part {
	p.Law = l
	return p
}

// list reads columns, each with what it becomes: "email=NULL words", where words become empty.
func list(columns string) []Column {
	var all []Column
	for _, word := range strings.Fields(columns) {
		name, becomes, said := strings.Cut(word, "=")
		if !said {
			becomes = "''"
		}
		all = append(all, Column{name, becomes})
	}
	return all
}

// Erase is the statement that does to a person's rows of a table what the part says, or nothing.
func (p Part) Erase(table string) string {
	switch p.Fate {
	case IsGone:
		return "DELETE FROM " + table + " WHERE " + p.Of
	case IsErased:
		sets := make([]string, len(p.Columns))
		for i, c := range p.Columns {
			sets[i] = c.Name + " = " + c.Becomes
		}
		return "UPDATE " + table + " SET " + strings.Join(sets, ", ") + " WHERE " + p.Of
	}
	return ""
}

// Erasing is what does to a person's rows what the parts say that a law has kept, or, without one, those that none has.
func (t Table) Erasing(law *Law) (statements []string) {
	for _, p := range t.Parts {
		if q := p.Erase(t.Name); q != "" && p.Law == law {
			statements = append(statements, q)
		}
	}
	return statements
}

// About reports whether the table holds rows of a person's own, which they may take out.
func (t Table) About() bool {
	for _, p := range t.Parts {
		if p.Fate == IsPointer || p.Fate == IsErased || p.Fate == IsGone {
			return true
		}
	}
	return false
}

// Knows reports whether the table names a column.
func (t Table) Knows(column string) bool {
	for _, p := range t.Parts {
		for _, c := range p.Columns {
			if c.Name == column {
				return true
			}
		}
	}
	return false
}
