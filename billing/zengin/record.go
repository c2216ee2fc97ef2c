package zengin

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"homecoming/internal/problem"
)

// What can be wrong with a file.
var (
	ErrRecordShort = problem.Define(problem.Invalid, "zengin_record_short",
		"Record {record} has {got} bytes and not {size}. The file was cut, or saved by something that changes it: download it again.",
		"{record}件目のレコードが{size}バイトではなく{got}バイトです。途中で切れているか、保存時に変換されています。もう一度ダウンロードしてください。")
	ErrRecordKind = problem.Define(problem.Invalid, "zengin_record_kind",
		"Record {record} begins with “{got}”, where a record of kind {want} belongs. Is this the right file?",
		"{record}件目のレコードの区分が「{got}」です（正しくは{want}）。ファイルの種類を確認してください。")
	ErrField = problem.Define(problem.Invalid, "zengin_field",
		"Record {record}: {field} is “{got}”, which cannot be.", "{record}件目のレコード：{field}の値「{got}」が正しくありません。")
	ErrSum = problem.Define(problem.Invalid, "zengin_sum",
		"The file says {want} for the {what}; its records come to {got}. Download it again.",
		"{what}がファイルの記載（{want}）と明細の合計（{got}）で一致しません。もう一度ダウンロードしてください。")
	ErrTooLong = problem.Define(problem.Invalid, "zengin_too_long",
		"{field} “{value}” has no room in a bank file.", "{field}「{value}」が振込データの桁数を超えています。")
	ErrTooMany = problem.Define(problem.Invalid, "zengin_too_many",
		"A bank file carries at most 999,999 transfers. Split it.", "振込データに入るのは999,999件までです。分割してください。")
)

// Fields by name, in both languages, as the problems say them.
var (
	fieldBank      = problem.Word{EN: "the bank code", JA: "銀行コード"}
	fieldBranch    = problem.Word{EN: "the branch code", JA: "支店コード"}
	fieldKind      = problem.Word{EN: "the kind of account", JA: "預金種目"}
	fieldNumber    = problem.Word{EN: "the account number", JA: "口座番号"}
	fieldAmount    = problem.Word{EN: "the amount", JA: "金額"}
	fieldDay       = problem.Word{EN: "the day", JA: "日付"}
	fieldConsignor = problem.Word{EN: "the consignor code", JA: "委託者コード"}
	fieldDirection = problem.Word{EN: "in or out", JA: "入払区分"}
	fieldCount     = problem.Word{EN: "number of records", JA: "件数"}
	fieldTotal     = problem.Word{EN: "total", JA: "合計金額"}
	fieldBalance   = problem.Word{EN: "balance", JA: "残高"}
	fieldReference = problem.Word{EN: "the reference", JA: "顧客コード"}
)

// A record is one of a fixed length that is being written.
type record struct {
	raw []byte
	err error
}

func (r *record) fail(field problem.Word, value string) {
	if r.err == nil {
		r.err = ErrTooLong.With("field", field).With("value", value)
	}
}

// num writes a number right, with zeros before it.
func (r *record) num(width int, n int64, field problem.Word) {
	s := fmt.Sprintf("%0*d", width, n)
	if len(s) > width || n < 0 {
		r.fail(field, strconv.FormatInt(n, 10))
		return
	}
	r.raw = append(r.raw, s...)
}

// digits writes a code, which may begin with zeros.
func (r *record) digits(width int, s string, field problem.Word) {
	if len(s) > width || strings.Trim(s, "0123456789") != "" {
		r.fail(field, s)
		return
	}
	r.raw = append(r.raw, strings.Repeat("0", width-len(s))+s...)
}

// text writes a name left, with blanks behind it, and cuts what has no room: banks compare no more than fits.
func (r *record) text(width int, s string) {
	b, err := bytesOf(s)
	if err != nil && r.err == nil {
		r.err = err
	}
	b = b[:min(len(b), width)]
	r.raw = append(r.raw, b...)
	r.blank(width - len(b))
}

func (r *record) blank(n int) { r.raw = append(r.raw, strings.Repeat(" ", n)...) }

// A scanner reads records of one length, with or without line ends between them.
type scanner struct {
	in     *bufio.Reader
	size   int
	record int // the number of the present one, from 1
}

func newScanner(r io.Reader, size int) *scanner { return &scanner{in: bufio.NewReader(r), size: size} }

// next reads a record. It returns io.EOF at the end, and ErrRecordShort for a piece of one.
func (s *scanner) next() (*cutter, error) {
	if err := s.skipLineEnds(); err != nil {
		return nil, err
	}
	s.record++
	raw := make([]byte, s.size)
	n, err := io.ReadFull(s.in, raw)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, ErrRecordShort.With("record", s.record).With("got", n).With("size", s.size)
	}
	if err != nil {
		return nil, err
	}
	for i, c := range raw {
		if c == '\r' || c == '\n' {
			return nil, ErrRecordShort.With("record", s.record).With("got", i).With("size", s.size)
		}
	}
	return &cutter{raw: raw, record: s.record}, nil
}

// skipLineEnds steps over line ends, and over the end mark that some banks set (0x1A).
func (s *scanner) skipLineEnds() error {
	for {
		c, err := s.in.ReadByte()
		if err != nil {
			return err
		}
		if c != '\r' && c != '\n' && c != 0x1A {
			return s.in.UnreadByte()
		}
	}
}

// A cutter takes a record that was read apart, field by field. The first thing that is wrong stays in err.
type cutter struct {
	raw    []byte
	record int
	err    error
}

func (c *cutter) kind() byte { return c.raw[0] }

func (c *cutter) take(width int) []byte {
	part := c.raw[:width]
	c.raw = c.raw[width:]
	return part
}

func (c *cutter) wrong(field problem.Word, got string) {
	if c.err == nil {
		c.err = ErrField.With("record", c.record).With("field", field).With("got", got)
	}
}

// num reads a number; blanks alone are zero.
func (c *cutter) num(width int, field problem.Word) int64 {
	s := strings.TrimSpace(string(c.take(width)))
	if s == "" {
		return 0
	}
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil {
		c.wrong(field, textOf([]byte(s)))
	}
	return int64(n) //nolint:gosec // 63 bits
}

// digits reads a code.
func (c *cutter) digits(width int, field problem.Word) string {
	s := string(c.take(width))
	if strings.Trim(s, "0123456789") != "" {
		c.wrong(field, textOf([]byte(s)))
	}
	return s
}

// text reads a name without the blanks behind it.
func (c *cutter) text(width int) string { return strings.TrimRight(textOf(c.take(width)), " ") }

// want refuses a record of another kind.
func (c *cutter) want(kinds string) error {
	if !strings.ContainsRune(kinds, rune(c.kind())) {
		return ErrRecordKind.With("record", c.record).With("got", textOf(c.raw[:1])).With("want", strings.Join(strings.Split(kinds, ""), "/"))
	}
	return nil
}
