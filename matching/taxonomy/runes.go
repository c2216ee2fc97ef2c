package taxonomy

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const longVowel = 'ー'

// foldRune drops case and Latin accents and unifies kana.
func foldRune(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		return unicode.ToLower(r)
	case r >= 'ぁ' && r <= 'ゖ', r == 'ゝ', r == 'ゞ':
		return largeVowel(r + 'ァ' - 'ぁ')
	case unicode.Is(unicode.Latin, r):
		return unicode.ToLower(unaccented(r))
	}
	return largeVowel(unicode.ToLower(r))
}

// largeVowel maps ァ ィ ゥ ェ ォ to their large forms, because ウェブ and ウエブ are one word.
func largeVowel(r rune) rune {
	switch r {
	case 'ァ', 'ィ', 'ゥ', 'ェ', 'ォ':
		return r + 1
	}
	return r
}

func unaccented(r rune) rune {
	base, _ := utf8.DecodeRuneInString(norm.NFD.String(string(r)))
	return base
}

// separator reports whether names are equal with and without r.
func separator(r rune) bool {
	switch r {
	case '_', '·', '・', '‧', '•', '⋅', '−':
		return true
	}
	return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || unicode.IsControl(r)
}

// attached reports whether r only modifies the character before it: leftover accents and voicing marks, variation
// selectors of kanji, zero-width characters.
func attached(r rune) bool {
	switch {
	case r < '\u0300':
		return r == '\u00ad'
	case r <= '\u036f', r == '\u3099', r == '\u309a':
		return true
	}
	return unicode.Is(unicode.Variation_Selector, r) || unicode.Is(unicode.Cf, r)
}

func isHiragana(r rune) bool { return r >= 'ぁ' && r <= 'ゟ' }

func isKatakana(r rune) bool {
	return r >= 'ァ' && r <= 'ヿ' && r != '・' || r >= 'ｦ' && r <= 'ﾟ'
}

func isKana(r rune) bool { return isHiragana(r) || isKatakana(r) }

// isWord reports whether r is part of a word in a script that puts spaces between its words.
func isWord(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsDigit(r)) && !isKana(r) && !unicode.Is(unicode.Han, r)
}
