package zengin

import (
	"bytes"
	"errors"
	"io"
	"time"

	"cloud.google.com/go/civil"
)

// transferSize is the length of a record of the transfer file, without its line end.
const transferSize = 120

// A Kind is what sort of account it is, by the digit of the files.
type Kind byte

// The kinds of account.
const (
	Ordinary Kind = '1' // 普通
	Current  Kind = '2' // 当座
	Savings  Kind = '4' // 貯蓄
	Other    Kind = '9'
)

// Widths of names in bytes: what is longer is cut.
const (
	bankNameWidth = 15
	HolderWidth   = 30 // of who is paid
	senderWidth   = 40 // of who pays
)

// An Account is one at a bank. Names are as Kana writes them.
type Account struct {
	Bank, BankName     string // four digits
	Branch, BranchName string // three digits
	Kind               Kind
	Number             string // up to seven digits
	Holder             string
}

// A Header says who pays, out of which account and on which day.
type Header struct {
	Consignor string // ten digits that the bank gave the company (委託者コード)
	On        civil.Date
	From      Account // Holder is the company's name
}

// A Transfer is one payment. Reference is up to twenty digits of ours, which the bank gives back.
type Transfer struct {
	To        Account
	Amount    int64 // yen
	First     bool  // the first to this account
	Reference string
}

// A File is a transfer file 総合振込.
type File struct {
	Header
	Transfers []Transfer
}

// Total is what all transfers come to.
func (f File) Total() (sum int64) {
	for _, t := range f.Transfers {
		sum += t.Amount
	}
	return sum
}

// lineEnd follows every record. Banks take files with and without; a person can open one with.
const lineEnd = "\r\n"

// Bytes is the file as the bank takes it: header, transfers, trailer, end. It refuses what has no room in it.
func (f File) Bytes() ([]byte, error) {
	if len(f.Transfers) > 999_999 {
		return nil, ErrTooMany
	}
	var b bytes.Buffer
	records := []*record{f.header()}
	for _, t := range f.Transfers {
		records = append(records, t.data())
	}
	for _, r := range append(records, f.trailer(), end()) {
		if r.err != nil {
			return nil, r.err
		}
		b.Write(r.raw)
		b.WriteString(lineEnd)
	}
	return b.Bytes(), nil
}

func (f File) header() *record {
	r := &record{raw: []byte("1210")} // header, 総合振込, JIS
	r.digits(10, f.Consignor, fieldConsignor)
	r.text(senderWidth, f.From.Holder)
	r.num(2, int64(f.On.Month), fieldDay)
	r.num(2, int64(f.On.Day), fieldDay)
	r.bank(f.From)
	r.account(f.From)
	r.blank(17)
	return r
}

func (t Transfer) data() *record {
	r := &record{raw: []byte("2")}
	r.bank(t.To)
	r.digits(4, "", fieldBank) // the clearing house, unused
	r.account(t.To)
	r.text(HolderWidth, t.To.Holder)
	r.num(10, t.Amount, fieldAmount)
	if t.First {
		r.raw = append(r.raw, '1')
	} else {
		r.raw = append(r.raw, '0')
	}
	r.digits(20, t.Reference, fieldReference)
	r.raw = append(r.raw, '7') // by wire (電信)
	r.blank(1)                 // the reference is a customer code and no EDI text
	r.blank(7)
	return r
}

func (f File) trailer() *record {
	r := &record{raw: []byte("8")}
	r.num(6, int64(len(f.Transfers)), fieldCount)
	r.num(12, f.Total(), fieldTotal)
	r.blank(101)
	return r
}

func end() *record {
	r := &record{raw: []byte("9")}
	r.blank(transferSize - 1)
	return r
}

func (r *record) bank(a Account) {
	r.digits(4, a.Bank, fieldBank)
	r.text(bankNameWidth, a.BankName)
	r.digits(3, a.Branch, fieldBranch)
	r.text(bankNameWidth, a.BranchName)
}

func (r *record) account(a Account) {
	r.digits(1, string(rune(a.Kind)), fieldKind)
	r.digits(7, a.Number, fieldNumber)
}

func (c *cutter) bank() (a Account) {
	a.Bank, a.BankName = c.digits(4, fieldBank), c.text(bankNameWidth)
	a.Branch, a.BranchName = c.digits(3, fieldBranch), c.text(bankNameWidth)
	return a
}

// Read reads a transfer file and holds it to its own trailer. near completes the day, whose year no file names.
func Read(r io.Reader, near civil.Date) (File, error) {
	s := newScanner(r, transferSize)
	f, err := readHeader(s, near)
	if err != nil {
		return f, err
	}
	for {
		c, err := s.next()
		if err != nil {
			return f, ended(err, s)
		}
		if err := c.want("28"); err != nil {
			return f, err
		}
		if c.kind() == '8' {
			return f, f.check(c, s)
		}
		t := c.transfer()
		if c.err != nil {
			return f, c.err
		}
		f.Transfers = append(f.Transfers, t)
	}
}

// ended makes an end in the middle a record that is missing.
func ended(err error, s *scanner) error {
	if errors.Is(err, io.EOF) {
		return ErrRecordShort.With("record", s.record+1).With("got", 0).With("size", s.size)
	}
	return err
}

func readHeader(s *scanner, near civil.Date) (f File, err error) {
	c, err := s.next()
	if err != nil {
		return f, ended(err, s)
	}
	if err := c.want("1"); err != nil {
		return f, err
	}
	if kind := string(c.take(4)); kind != "1210" {
		return f, ErrRecordKind.With("record", 1).With("got", textOf([]byte(kind))).With("want", "1210")
	}
	f.Consignor = c.digits(10, fieldConsignor)
	name := c.text(senderWidth)
	f.On = c.monthDay(near)
	f.From = c.bank()
	f.From.Holder = name
	f.From.Kind, f.From.Number = Kind(c.digits(1, fieldKind)[0]), c.digits(7, fieldNumber)
	return f, c.err
}

// monthDay reads MMDD as the such day that is nearest.
func (c *cutter) monthDay(near civil.Date) civil.Date {
	month, day := int(c.num(2, fieldDay)), int(c.num(2, fieldDay))
	var best civil.Date
	for _, year := range []int{near.Year - 1, near.Year, near.Year + 1} {
		d := civil.Date{Year: year, Month: time.Month(month), Day: day}
		if d.IsValid() && (best.IsZero() || away(d, near) < away(best, near)) {
			best = d
		}
	}
	if best.IsZero() {
		c.wrong(fieldDay, civil.Date{Month: time.Month(month), Day: day}.String()[5:])
	}
	return best
}

func away(a, b civil.Date) int {
	n := a.DaysSince(b)
	return max(n, -n)
}

func (c *cutter) transfer() (t Transfer) {
	c.take(1)
	t.To = c.bank()
	c.take(4)
	t.To.Kind, t.To.Number = Kind(c.digits(1, fieldKind)[0]), c.digits(7, fieldNumber)
	t.To.Holder = c.text(HolderWidth)
	t.Amount = c.num(10, fieldAmount)
	t.First = string(c.take(1)) == "1"
	t.Reference = string(bytes.TrimRight(c.take(20), " "))
	return t
}

// check holds the file to its trailer and asks for its end.
func (f File) check(c *cutter, s *scanner) error {
	c.take(1)
	count, total := c.num(6, fieldCount), c.num(12, fieldTotal)
	switch {
	case c.err != nil:
		return c.err
	case count != int64(len(f.Transfers)):
		return ErrSum.With("what", fieldCount).With("want", count).With("got", len(f.Transfers))
	case total != f.Total():
		return ErrSum.With("what", fieldTotal).With("want", total).With("got", f.Total())
	}
	last, err := s.next()
	if err != nil {
		return ended(err, s)
	}
	return last.want("9")
}
