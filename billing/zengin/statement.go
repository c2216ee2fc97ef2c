package zengin

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"cloud.google.com/go/civil"
)

// statementSize is the length of a record of a statement, without its line end.
const statementSize = 200

// A Movement is one line of an account statement.
type Movement struct {
	Account     Account // by the statement's header
	Record      int     // its number in the file, from 1
	BookedOn    civil.Date
	Amount      int64 // yen; positive in, negative out
	Balance     int64 // after it, counted on from the header's
	Name        string
	Description string
	Reference   string // what the payer sent along (EDI)
}

// IsStatement reports whether a file begins like a statement.
func IsStatement(head []byte) bool { return bytes.HasPrefix(head, []byte("103")) }

// Movements reads a statement, account by account. What is wrong with one record is yielded as an error and the walk
// goes on, unless the file ends or nothing after it can be told apart. near is a day about when the file was made: its
// years have two digits, of the Western or of the Japanese calendar.
func Movements(r io.Reader, near civil.Date) iter.Seq2[Movement, error] {
	return func(yield func(Movement, error) bool) {
		w := &walk{scanner: newScanner(r, statementSize), near: near}
		for w.step(yield) {
		}
	}
}

// A walk goes through one statement file.
type walk struct {
	*scanner
	near     civil.Date
	expected string // which kinds may follow
	account  Account
	opening  int64
	balance  int64
	in, out  int64
	ins      int64
	outs     int64
}

// step reads one record; false ends the walk.
func (w *walk) step(yield func(Movement, error) bool) bool {
	c, err := w.next()
	if errors.Is(err, io.EOF) {
		if w.expected != "" {
			yield(Movement{}, ended(err, w.scanner))
		}
		return false
	}
	if w.expected == "" && err == nil {
		w.expected = "1"
	}
	if err == nil {
		err = c.want(w.expected)
	}
	if err != nil {
		yield(Movement{Record: w.record}, err)
		return false
	}
	switch c.kind() {
	case '1':
		if err := w.header(c); err != nil {
			yield(Movement{Record: w.record}, err)
			return false
		}
	case '2':
		return yield(w.movement(c))
	case '8':
		w.expected = "19"
		if err := w.check(c); err != nil {
			return yield(Movement{Record: w.record}, err)
		}
	case '9':
		w.expected = ""
		return false
	}
	return true
}

func (w *walk) header(c *cutter) error {
	if kind := string(c.take(4)); kind != "1030" {
		return ErrRecordKind.With("record", w.record).With("got", textOf([]byte(kind))).With("want", "1030")
	}
	c.take(6 + 6 + 6) // when it was made, from when, until when
	w.account = c.bank()
	c.take(3)
	w.account.Kind = Kind(c.digits(1, fieldKind)[0])
	number := c.digits(10, fieldNumber)
	w.account.Number = number[len(number)-7:]
	w.account.Holder = c.text(40)
	negative := string(c.take(1)) == "2"
	c.take(1)
	w.opening = signed(c.num(14, fieldBalance), negative)
	w.balance, w.in, w.out, w.ins, w.outs = w.opening, 0, 0, 0, 0
	w.expected = "28"
	return c.err
}

func signed(n int64, negative bool) int64 {
	if negative {
		return -n
	}
	return n
}

func (w *walk) movement(c *cutter) (Movement, error) {
	m := Movement{Account: w.account, Record: w.record}
	c.take(1 + 8) // the bank's own number for the inquiry
	m.BookedOn = c.day(w.near)
	c.take(6) // value day
	direction := string(c.take(1))
	c.take(2)
	amount := c.num(12, fieldAmount)
	c.take(12 + 6 + 6 + 1 + 7 + 3) // cheques
	c.take(10)
	m.Name = c.text(48)
	bank, branch := c.text(15), c.text(15)
	m.Description = joined(c.text(20), bank, branch)
	m.Reference = c.text(20)
	switch direction {
	case "1":
		m.Amount, w.in, w.ins = amount, w.in+amount, w.ins+1
	case "2":
		m.Amount, w.out, w.outs = -amount, w.out+amount, w.outs+1
	default:
		c.wrong(fieldDirection, textOf([]byte(direction)))
	}
	w.balance += m.Amount
	m.Balance = w.balance
	return m, c.err
}

// joined puts a blank between what is there.
func joined(parts ...string) string {
	out := ""
	for _, p := range parts {
		switch {
		case out == "":
			out = p
		case p != "":
			out += " " + p
		}
	}
	return out
}

// reiwa is the year before the first of Reiwa.
const reiwa = 2018

// day reads YYMMDD: of the Western and the Japanese year, the one that is nearer.
func (c *cutter) day(near civil.Date) civil.Date {
	raw := string(c.take(6))
	var best civil.Date
	var yy, mm, dd int
	if _, err := fmt.Sscanf(raw, "%02d%02d%02d", &yy, &mm, &dd); err == nil {
		for _, century := range []int{2000, reiwa} {
			d, err := civil.ParseDate(fmt.Sprintf("%04d-%02d-%02d", century+yy, mm, dd))
			if err == nil && (best.IsZero() || away(d, near) < away(best, near)) {
				best = d
			}
		}
	}
	if best.IsZero() {
		c.wrong(fieldDay, textOf([]byte(raw)))
	}
	return best
}

// check holds what was read to the account's trailer.
func (w *walk) check(c *cutter) error {
	c.take(1)
	ins, in := c.num(6, fieldCount), c.num(13, fieldTotal)
	outs, out := c.num(6, fieldCount), c.num(13, fieldTotal)
	negative := string(c.take(1)) == "2"
	closing := signed(c.num(14, fieldBalance), negative)
	switch {
	case c.err != nil:
		return c.err
	case ins+outs != w.ins+w.outs:
		return ErrSum.With("what", fieldCount).With("want", ins+outs).With("got", w.ins+w.outs)
	case in != w.in || out != w.out:
		return ErrSum.With("what", fieldTotal).With("want", in-out).With("got", w.in-w.out)
	case closing != w.balance:
		return ErrSum.With("what", fieldBalance).With("want", closing).With("got", w.balance)
	}
	return nil
}
