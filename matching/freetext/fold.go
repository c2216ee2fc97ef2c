package freetext

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Folded is a text in the one spelling that is searched: words of letters and digits, with single spaces between. A
// stretch of Japanese is a word, and so is what stands in Latin letters in the midst of it.
type Folded struct {
	Text string
	from []int // by byte of Text: where its letter begins in the original
	to   []int // and where it ends
}

// Fold brings a text to the spelling that is searched.
func Fold(s string) Folded {
	f := folder{}
	var segments norm.Iter
	segments.InitString(norm.NFKC, s)
	for !segments.Done() {
		from := segments.Pos()
		segment := slices.Clone(segments.Next())
		for segments.Pos() == from && !segments.Done() { // ½ comes in three
			segment = append(segment, segments.Next()...)
		}
		for _, r := range string(segment) {
			f.take(r, from, segments.Pos())
		}
	}
	f.cutLong(' ')
	return Folded{f.text.String(), f.from, f.to}
}

// A folder is a text on its way.
type folder struct {
	text     strings.Builder
	from, to []int
	last     rune
	bar      bool // a long mark came just now, whether it stays or not
	gap      bool // something stood here that is no letter
	long     bool // a long mark waits: it stays between katakana alone
	at, end  int  // of the long mark
}

// spelled are signs that make a skill another one: C, C++, C#.
var spelled = map[rune]string{'+': "plus", '#': "sharp"}

func (f *folder) take(r rune, from, to int) {
	r = plain(r)
	if word, ok := spelled[r]; ok && !f.gap && isLatin(f.last) {
		for _, letter := range word {
			f.put(letter, from, to)
		}
		return
	}
	if unicode.Is(unicode.Mn, r) && (isLatin(f.last) || f.bar) {
		return // one more accent, or what stood on a long mark and would move to the letter before it
	}
	f.bar = r == 'ー'
	if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
		f.cutLong(' ')
		f.gap = true
		return
	}
	if r == 'ー' {
		f.long, f.at, f.end = isKatakana(f.last) && !f.gap, from, to
		return
	}
	f.cutLong(r)
	f.put(r, from, to)
}

// cutLong keeps a long mark before katakana and drops it elsewhere: サーバー is サーバ.
func (f *folder) cutLong(next rune) {
	if f.long && isKatakana(next) {
		f.put('ー', f.at, f.end)
	}
	f.long = false
}

func (f *folder) put(r rune, from, to int) {
	if f.text.Len() > 0 && (f.gap || isJapanese(f.last) != isJapanese(r)) {
		f.write(' ', from, from)
	}
	f.gap = false
	f.write(r, from, to)
	f.last = r
}

func (f *folder) write(r rune, from, to int) {
	f.text.WriteRune(r)
	for range utf8.RuneLen(r) {
		f.from, f.to = append(f.from, from), append(f.to, to)
	}
}

// plain is a letter in small, without accent, in katakana, in its usual form.
func plain(r rune) rune {
	r = unicode.ToLower(r)
	switch {
	case r < utf8.RuneSelf:
	case r >= 'ぁ' && r <= 'ゖ':
		r += 'ァ' - 'ぁ'
	case unicode.Is(unicode.Latin, r):
		r, _ = utf8.DecodeRuneInString(norm.NFD.String(string(r)))
	default:
		if usual, ok := variants[r]; ok {
			r = usual
		}
	}
	return r
}

// variants are forms of kanji that names are written in, with the form that people type.
var variants = pairs("髙高﨑崎嵜崎邊辺邉辺齋斉斎斉齊斉澤沢櫻桜嶋島嶌島濱浜濵浜廣広國国龍竜德徳惠恵眞真瀨瀬渕淵榮栄壽寿冨富曾曽髮髪")

func pairs(s string) map[rune]rune {
	letters, m := []rune(s), map[rune]rune{}
	for i := 0; i+1 < len(letters); i += 2 {
		m[letters[i]] = letters[i+1]
	}
	return m
}

func isKatakana(r rune) bool { return r >= 'ァ' && r <= 'ヺ' || r == 'ー' }

func isLatin(r rune) bool { return unicode.Is(unicode.Latin, r) }

// isJapanese tells letters that stand without spaces between words.
func isJapanese(r rune) bool {
	return isKatakana(r) || r == '々' || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}
