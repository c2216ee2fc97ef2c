package paper

import (
	"strings"
	"unicode"
)

// Characters that begin or end no line (行頭禁則, 行末禁則: JIS X 4051).
const (
	neverFirst = "、。，．・：；？！）」』】〉》〕］｝ー々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ゛゜ヽヾゝゞ,.:;?!)]}%‰℃円…‥~〜～"
	neverLast  = "（「『【〈《〔［｛([{¥$€£#"
)

// wrap breaks text into lines no wider than limit: at line ends of its own, at spaces, and between characters that are
// written without spaces, as Japanese breaks lines. A word that is wider than a line is broken where it must be.
func wrap(text string, limit float64, width func(string) float64) []string {
	var lines []string
	for _, paragraph := range strings.Split(strings.ReplaceAll(text, "\r", ""), "\n") {
		lines = append(lines, wrapOne([]rune(strings.ReplaceAll(paragraph, "\t", " ")), limit, width)...)
	}
	return lines
}

func wrapOne(text []rune, limit float64, width func(string) float64) []string {
	var lines []string
	start, last, used := 0, -1, 0.0 // last is the latest place where the line may end
	for i := 0; i < len(text); i++ {
		if i > start && breaks(text[i-1], text[i]) {
			last = i
		}
		w := width(string(text[i]))
		if used+w > limit && i > start && text[i] != ' ' {
			if last <= start {
				last = i
			}
			lines = append(lines, strings.TrimSpace(string(text[start:last])))
			start, i, used, last = last, last-1, 0, -1
			continue
		}
		used += w
	}
	return append(lines, strings.TrimSpace(string(text[start:])))
}

// breaks reports whether a line may end between two characters.
func breaks(before, after rune) bool {
	switch {
	case before == ' ':
		return after != ' '
	case strings.ContainsRune(neverFirst, after) || strings.ContainsRune(neverLast, before) || unicode.Is(unicode.Variation_Selector, after) || unicode.Is(unicode.Mn, after):
		return false
	}
	return before == '-' && unicode.IsLetter(after) || unspaced(before) || unspaced(after)
}

// unspaced reports whether a character belongs to a script that is written without spaces.
func unspaced(c rune) bool {
	return unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana) || c >= 0x3000 && c <= 0x30FF || c >= 0xFF00 && c <= 0xFFEF
}
