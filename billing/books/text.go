package books

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// formulas are the characters with which a spreadsheet begins to compute, their wide forms included: Excel in Japanese
// takes those as well. Tab and CR begin one too, and are blanks by then.
const formulas = "=+-@＝＋－＠"

// clean makes text fit for one cell: composed, without control characters, without blanks around it.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == '\ufeff' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	return strings.TrimSpace(norm.NFC.String(s))
}

// neutral puts an apostrophe before text that a spreadsheet would compute, and before text that looks as if one had been
// put there, so that it can be taken off again without doubt.
func neutral(s string) string {
	if computes(s) {
		return "'" + s
	}
	return s
}

// original takes off the apostrophe that neutral put on.
func original(s string) string {
	if rest, quoted := strings.CutPrefix(s, "'"); quoted && computes(rest) {
		return rest
	}
	return s
}

// computes reports whether text, apart from apostrophes before it, begins like a formula.
func computes(s string) bool {
	s = strings.TrimLeft(s, "'")
	return s != "" && strings.ContainsAny(s[:len(string([]rune(s)[:1]))], formulas)
}

// wide is how many half-width columns a character takes, as Japanese bookkeeping programs count.
func wide(r rune) int {
	if r < 0x80 || r >= 0xff61 && r <= 0xff9f {
		return 1
	}
	return 2
}

// fit cuts text to so many half-width columns; most of 0 is no limit.
func fit(s string, most int) (out string, cut bool) {
	if most == 0 {
		return s, false
	}
	used := 0
	for i, r := range s {
		if used += wide(r); used > most {
			return s[:i], true
		}
	}
	return s, false
}
