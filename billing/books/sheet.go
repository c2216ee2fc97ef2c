package books

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"strconv"
	"strings"

	"cloud.google.com/go/civil"

	"homecoming/internal/cell"
)

// A Cell is one field of a row.
type Cell struct {
	s    string
	text bool // and is made safe
	most int  // half-width columns; 0: no limit
	cut  bool // something was cut off before
}

// Text is a cell that people wrote.
func Text(s string) Cell { return Cell{s: s, text: true} }

// short is text that the program cuts after so many half-width columns.
func short(s string, most int) Cell { return Cell{s: s, text: true, most: most} }

// code is a cell of our own making, written as it is.
func code(s string) Cell { return Cell{s: s} }

// Number is a whole number.
func Number(n int64) Cell { return Cell{s: strconv.FormatInt(n, 10)} }

// Amount is minor units of a currency with so many decimals.
func Amount(n int64, exponent int) Cell { return Cell{s: decimal(n, exponent)} }

// Day is a day as YYYY-MM-DD; the zero day is empty.
func Day(d civil.Date) Cell {
	if d.IsZero() {
		return Cell{}
	}
	return Cell{s: d.String()}
}

func decimal(n int64, exponent int) string {
	s := strconv.FormatInt(n, 10)
	if exponent == 0 {
		return s
	}
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for len(s) <= exponent {
		s = "0" + s
	}
	return sign + s[:len(s)-exponent] + "." + s[len(s)-exponent:]
}

// A Part is one file of an export.
type Part struct {
	Bytes   int64
	Records int64  // entries, deals, or rows of a table
	SHA256  string // hexadecimal
}

// A Report is what became of an export.
type Report struct {
	Parts    []Part
	Replaced string // characters that the encoding lacks, each once; 〓 stands for them
	Cut      int    // texts that were too long for the program
}

// Records are those of all parts.
func (r Report) Records() (n int64) {
	for _, p := range r.Parts {
		n += p.Records
	}
	return n
}

// A Sheet writes rows as CSV with CRLF, into one file or, where the program takes none that is larger, into several. A
// record is never torn apart.
type Sheet struct {
	open     func(part int) (io.Writer, error)
	encoding Encoding
	header   []string
	limit    int64

	out    io.Writer
	sum    hash.Hash
	record bytes.Buffer
	lost   map[rune]int
	report Report
}

// NewSheet begins an export. open gives the file of each part, from 1; limit is in bytes, 0 is none; header may be nil.
func NewSheet(open func(part int) (io.Writer, error), e Encoding, header []string, limit int64) (*Sheet, error) {
	s := &Sheet{open: open, encoding: e, header: header, limit: limit, lost: map[rune]int{}}
	return s, s.begin()
}

// One is a file for an export that has one part.
func One(w io.Writer) func(int) (io.Writer, error) {
	return func(int) (io.Writer, error) { return w, nil }
}

// begin opens the next part and writes what stands at its head.
func (s *Sheet) begin() error {
	s.report.Parts = append(s.report.Parts, Part{})
	out, err := s.open(len(s.report.Parts))
	if err != nil {
		return err
	}
	s.sum = sha256.New()
	s.out = io.MultiWriter(out, s.sum)
	head := ""
	if s.encoding == UTF8 {
		head = mark
	}
	var line bytes.Buffer
	if s.header != nil {
		cells := make([]Cell, len(s.header))
		for i, name := range s.header {
			cells[i] = code(name)
		}
		s.row(&line, cells)
	}
	return s.put(append([]byte(head), line.Bytes()...))
}

func (s *Sheet) put(b []byte) error {
	n, err := s.out.Write(b)
	s.part().Bytes += int64(n)
	return err
}

func (s *Sheet) part() *Part { return &s.report.Parts[len(s.report.Parts)-1] }

// Write writes the rows of one record.
func (s *Sheet) Write(rows ...[]Cell) error {
	s.record.Reset()
	for _, r := range rows {
		s.row(&s.record, r)
	}
	if s.limit > 0 && s.part().Records > 0 && s.part().Bytes+int64(s.record.Len()) > s.limit {
		s.seal()
		if err := s.begin(); err != nil {
			return err
		}
	}
	s.part().Records++
	return s.put(s.record.Bytes())
}

// row appends one row to what is to be written.
func (s *Sheet) row(to *bytes.Buffer, cells []Cell) {
	for i, c := range cells {
		if i > 0 {
			to.WriteByte(',')
		}
		text := c.s
		if c.text {
			var cut bool
			if text, cut = fit(cell.Neutral(cell.Clean(text)), c.most); cut || c.cut {
				s.report.Cut++
			}
		}
		to.Write(s.encoding.encode(quoted(text), s.lost))
	}
	to.WriteString("\r\n")
}

// quoted puts a field into quotation marks where it needs them.
func quoted(s string) string {
	if !strings.ContainsAny(s, "\",\r\n") && strings.TrimSpace(s) == s {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

// seal ends a part.
func (s *Sheet) seal() { s.part().SHA256 = hex.EncodeToString(s.sum.Sum(nil)) }

// Close ends the export and reports on it.
func (s *Sheet) Close() Report {
	s.seal()
	s.report.Replaced = letters(s.lost)
	return s.report
}
