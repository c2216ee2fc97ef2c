package books

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/civil"

	"homecoming/internal/cell"
)

// ErrFile is a file that is not what it was said to be. Errors that wrap it name the row.
var ErrFile = errors.New("books: not a file of this kind")

func bad(row int, what string, value any) error {
	return fmt.Errorf("%w: row %d: %s %q", ErrFile, row, what, value)
}

// Read reads the entries of a file of a kind, in amounts with so many decimals. Deals are read by [ReadDeals].
func Read(r io.Reader, kind Kind, exponent int) ([]Entry, error) {
	f := forms[kind]
	if f == nil || f.read == nil {
		return nil, fmt.Errorf("books: %s holds no entries", kind)
	}
	rows, err := table(r, f)
	if err != nil {
		return nil, err
	}
	entries, err := f.read(rows, style{exponent: exponent})
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if err := e.Sound(); err != nil {
			return nil, errors.Join(ErrFile, err)
		}
	}
	return entries, nil
}

// ReadDeals reads the deals of a file for freee.
func ReadDeals(r io.Reader) ([]Deal, error) {
	rows, err := table(r, forms[FreeeDeals])
	if err != nil {
		return nil, err
	}
	return readDeals(rows)
}

// table reads the rows of a file, without the header, which must be that of the form.
func table(r io.Reader, f *form) ([][]string, error) {
	file, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	text, err := decode(file)
	if err != nil {
		return nil, errors.Join(ErrFile, err)
	}
	in := csv.NewReader(strings.NewReader(text))
	in.FieldsPerRecord = len(f.header)
	rows, err := in.ReadAll()
	if err != nil {
		return nil, errors.Join(ErrFile, err)
	}
	if !f.heads {
		return rows, nil
	}
	if len(rows) == 0 || !slices.Equal(rows[0], f.header) {
		return nil, fmt.Errorf("%w: its header is another", ErrFile)
	}
	return rows[1:], nil
}

// A reading takes the fields of one row and keeps the first thing that is wrong.
type reading struct {
	fields []string
	row    int
	style  style
	err    error
}

func (r *reading) fail(what, value string) {
	if r.err == nil {
		r.err = bad(r.row, what, value)
	}
}

func (r *reading) text(i int) string { return cell.Original(r.fields[i]) }

func (r *reading) amount(i int) int64 {
	n, ok := parseAmount(r.fields[i], r.style.exponent)
	if !ok {
		r.fail("amount", r.fields[i])
	}
	return n
}

func (r *reading) number(i int) int {
	n, err := strconv.Atoi(r.fields[i])
	if err != nil || n < 0 {
		r.fail("number", r.fields[i])
	}
	return n
}

// day reads a day with its parts in an order: 0 is the year.
func (r *reading) day(i int, order [3]int) civil.Date {
	d, ok := parseDay(r.fields[i], order)
	if !ok {
		r.fail("day", r.fields[i])
	}
	return d
}

var (
	yearFirst  = [3]int{0, 1, 2}
	monthFirst = [3]int{2, 0, 1}
)

func parseDay(s string, order [3]int) (civil.Date, bool) {
	parts := strings.Split(strings.ReplaceAll(s, "-", "/"), "/")
	if len(parts) != 3 {
		return civil.Date{}, false
	}
	var n [3]int
	for i, at := range order {
		var err error
		if n[i], err = strconv.Atoi(parts[at]); err != nil {
			return civil.Date{}, false
		}
	}
	d := civil.Date{Year: n[0], Month: time.Month(n[1]), Day: n[2]}
	return d, d.IsValid() && d.Year >= 1 && d.Year <= 9999
}

// parseAmount reads an amount as decimal writes it; nothing is zero.
func parseAmount(s string, exponent int) (int64, bool) {
	if s == "" {
		return 0, true
	}
	whole, fraction, _ := strings.Cut(s, ".")
	if len(fraction) != exponent || strings.Contains(s, ".") != (exponent > 0) {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+fraction, 10, 64)
	return n, err == nil && decimal(n, exponent) == s
}

// parted is a memo that ends with references, taken apart. See withRefs.
func parted(s string) (text string, refs []string) {
	i := strings.LastIndex(s, refMark)
	if i < 0 {
		if isRefs(s) {
			return "", strings.Fields(s)
		}
		return s, nil
	}
	if tail := s[i+len(refMark):]; isRefs(tail) {
		return s[:i], strings.Fields(tail)
	}
	return s, nil
}

// refMark stands between a text and its references.
const refMark = " / "

// withRefs puts references behind a text that is cut so that they stay whole.
func withRefs(text string, most int, refs ...string) Cell {
	tail := strings.Join(slices.DeleteFunc(slices.Clone(refs), func(s string) bool { return s == "" }), " ")
	switch text = cell.Clean(text); {
	case tail == "":
		return short(text, most)
	case text == "":
		return short(tail, most)
	}
	text, cut := fit(cell.Neutral(text), most-len(refMark)-len(tail))
	return Cell{s: cell.Original(text) + refMark + tail, text: true, cut: cut}
}

func isRefs(s string) bool {
	words := strings.Fields(s)
	for _, w := range words {
		kind, id, found := strings.Cut(w, ":")
		if !found || id == "" || !slices.Contains([]string{"entry", "payout", "milestone"}, kind) {
			return false
		}
	}
	return len(words) > 0 && strings.Join(words, " ") == s
}

// pair gives the references of a memo to the sides of its row.
func pair(refs []string, debit, credit *Line) {
	switch {
	case len(refs) == 2 && debit != nil && credit != nil:
		debit.Ref, credit.Ref = refs[0], refs[1]
	case len(refs) == 1 && debit != nil && credit == nil:
		debit.Ref = refs[0]
	case len(refs) == 1 && credit != nil && debit == nil:
		credit.Ref = refs[0]
	}
}

// Table reads a file of a kind as rows under its header, for people to look at.
func Table(r io.Reader, kind Kind) (header []string, rows [][]string, err error) {
	f := forms[kind]
	if f == nil {
		return nil, nil, fmt.Errorf("books: no kind %q", kind)
	}
	rows, err = table(r, f)
	return f.header, rows, err
}
