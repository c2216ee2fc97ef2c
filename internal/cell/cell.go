package cell

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// formulas are the characters with which a spreadsheet begins to compute, their wide forms included: Excel in Japanese
// takes those as well. Tab and CR begin one too, and are blanks by then.
const formulas = "=+-@＝＋－＠"

// Clean makes text fit for one cell: composed, without control characters, without blanks around it.
func Clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == '\ufeff' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	return strings.TrimSpace(norm.NFC.String(s))
}

// Neutral puts an apostrophe before text that a spreadsheet would compute, and before text that looks as if one had been
// put there, so that it can be taken off again without doubt.
func Neutral(s string) string {
	if computes(s) {
		return "'" + s
	}
	return s
}

// Original takes off the apostrophe that [Neutral] put on.
func Original(s string) string {
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
