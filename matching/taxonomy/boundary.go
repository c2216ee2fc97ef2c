package taxonomy

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A span is a part of a text that spells a key. Its end may move over a plural s, a version number or a long-vowel mark.
type span struct {
	text, key string
	from, to  int
}

// bounded reports whether both ends stand where a word may begin and end.
func (s *span) bounded() bool {
	first, _ := utf8.DecodeRuneInString(s.text[s.from:])
	last, _ := utf8.DecodeLastRuneInString(s.text[:s.to])
	if s.checked(first) && !s.kanaStart(first) || s.checked(last) && !s.kanaEnd(last) {
		return false
	}
	if (isWord(first) || first == '.') && !s.wordStart() {
		return false
	}
	switch {
	case isWord(last):
		return s.wordEnd()
	case last == '+' || last == '#': // C++, C#
		next := after(s.text, s.to)
		return next != '+' && next != '#' && !unicode.IsLetter(next)
	}
	return true
}

// wordStart refuses the middle of a word, of an address and of an identifier: ago, x@go.dev, my_go.
func (s *span) wordStart() bool {
	prev, size := before(s.text, s.from)
	if isWord(prev) {
		return false
	}
	far, _ := before(s.text, s.from-size)
	return !strings.ContainsRune("._@'’", prev) || !isWord(far)
}

// wordEnd is wordStart's other side. After four letters a plural s is taken in, after three a number: spreadsheets, Python3.
func (s *span) wordEnd() bool {
	next := after(s.text, s.to)
	if (next == 's' || next == 'S') && takesPlural(s.key) {
		s.to++
		next = after(s.text, s.to)
	}
	if unicode.IsDigit(next) && len(s.key) >= 3 && !unicode.IsDigit(lastRune(s.key)) {
		s.to = len(s.text) - len(strings.TrimLeftFunc(s.text[s.to:], unicode.IsDigit))
		next = after(s.text, s.to)
	}
	far := after(s.text, s.to+utf8.RuneLen(next))
	switch {
	case isWord(next), next == '#', next == '+' && far == '+':
		return false
	case strings.ContainsRune("._@", next):
		return !isWord(far)
	}
	return true
}

// checked reports whether an end in kana may lie inside a word. Hiragana beside kanji, as in 見積り, is safe.
func (s *span) checked(end rune) bool {
	return isKatakana(end) || isHiragana(end) && !strings.ContainsFunc(s.key, func(r rune) bool { return !isKana(r) })
}

// kanaStart refuses a start inside a run of the same kana, because リース stands in リリース; a long loanword may follow
// another one of two letters and more: サービスデザイン. Hiragana is running text, where no word can be told from the next.
func (s *span) kanaStart(first rune) bool {
	same := sameKana(first)
	prev, size := before(s.text, s.from)
	far, _ := before(s.text, s.from-size)
	return !same(prev) || same(far) && isKatakana(first) && s.longLoanword()
}

// kanaEnd is kanaStart's other side: デザインレビュー holds デザイン, プレゼント does not hold プレゼン.
func (s *span) kanaEnd(last rune) bool {
	same := sameKana(last)
	for isKatakana(last) && strings.ContainsRune("ーｰ", after(s.text, s.to)) {
		s.to += len("ー")
	}
	next := after(s.text, s.to)
	far := after(s.text, s.to+utf8.RuneLen(next))
	return !same(next) ||
		same(far) && isKatakana(last) && s.longLoanword() && !strings.ContainsRune("ャュョッンァィゥェォ", next)
}

func (s *span) longLoanword() bool { return utf8.RuneCountInString(s.key) >= 4 }

func sameKana(r rune) func(rune) bool {
	if isHiragana(r) {
		return isHiragana
	}
	return isKatakana
}

// before returns the rune that ends at byte i, and its length; 0 at the start.
func before(text string, i int) (rune, int) {
	if i <= 0 {
		return 0, 0
	}
	return utf8.DecodeLastRuneInString(text[:i])
}

// after returns the rune at byte i, or 0 at the end.
func after(text string, i int) rune {
	if i < 0 || i >= len(text) {
		return 0
	}
	r, _ := utf8.DecodeRuneInString(text[i:])
	return r
}

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}
