package taxonomy

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Normalize returns the form under which two spellings of one name are equal. It is meant for comparing, not for showing.
//
//   - compatibility forms are unified (NFKC), so width and ligatures do not matter: Ｇｏ, ｻｰﾊﾞ, ㈱
//   - case and the accents of Latin letters are dropped: résumé is resume
//   - spaces, hyphens, dashes, middle dots and underscores are dropped: Power BI is power-bi and PowerBI
//   - hiragana becomes katakana, small vowels become large: ウェブ is うえぶ
//   - a long-vowel mark at the end of a run of kana is dropped: サーバー is サーバ, サーバー管理 is サーバ管理; one inside
//     stays, or ビール would be ビル
//
// Normalize(Normalize(s)) equals Normalize(s) for every s.
func Normalize(s string) string {
	for {
		next := fold(s).text
		if next == s { // dropping a separator may let two characters compose, so ask until nothing changes
			return s
		}
		s = next
	}
}

// A gap is what stood between two characters of the original and was dropped.
type gap uint8

const (
	gapNone  gap = iota
	gapJoint     // a hyphen, a middle dot: still one word
	gapSpace     // spaces or one line break: two words
	gapWall      // an empty line, a list mark, a dash between spaces: two thoughts
)

// A glyph is one character of the folded text and the place it came from.
type glyph struct {
	at, end  int // bytes in folded.text
	from, to int // bytes in the original
	gap      gap // before this character
}

// folded is a text in normal form that remembers where each of its characters came from.
type folded struct {
	text   string
	glyphs []glyph
}

// at returns the folded bytes of one glyph.
func (f folded) at(i int) string { return f.text[f.glyphs[i].at:f.glyphs[i].end] }

func (f folded) rune(i int) rune {
	r, _ := utf8.DecodeRuneInString(f.text[f.glyphs[i].at:])
	return r
}

// fold normalises once, keeping the places.
func fold(s string) folded {
	f := folder{glyphs: make([]glyph, 0, len(s))}
	f.out.Grow(len(s))
	for pos := 0; pos < len(s); {
		n := segment(s[pos:])
		for _, r := range compatible(s[pos : pos+n]) {
			f.take(r, pos, pos+n)
		}
		pos += n
	}
	f.dropLongVowels()
	f.flush()
	return folded{text: f.out.String(), glyphs: f.glyphs}
}

// segment is the length of the leading bytes that normalise independently of what follows.
func segment(s string) int {
	if s[0] < utf8.RuneSelf && (len(s) == 1 || s[1] < utf8.RuneSelf) {
		return 1
	}
	return norm.NFKC.NextBoundaryInString(s, true)
}

func compatible(s string) string {
	if len(s) == 1 {
		return s
	}
	return norm.NFKC.String(s)
}

// folder builds a folded text. Long-vowel marks wait until it is known what follows them.
type folder struct {
	out     strings.Builder
	glyphs  []glyph
	last    rune    // the last rune written, 0 at the start
	waiting []glyph // long-vowel marks after last
	skipped skipped
}

func (f *folder) take(r rune, from, to int) {
	switch {
	case attached(r):
		if len(f.waiting) == 0 && f.skipped == (skipped{}) {
			f.extend(to)
		}
	case separator(r), r == longVowel && !isKana(f.last):
		f.skipped.add(r)
	case r == longVowel:
		f.waiting = append(f.waiting, glyph{from: from, to: to, gap: f.skipped.gap()})
	default:
		r = foldRune(r)
		if !isKana(r) {
			f.dropLongVowels()
		}
		f.flush()
		f.write(r, glyph{from: from, to: to, gap: f.skipped.gap()})
		f.last = r
	}
}

func (f *folder) write(r rune, g glyph) {
	g.at = f.out.Len()
	f.out.WriteRune(r)
	g.end = f.out.Len()
	f.glyphs = append(f.glyphs, g)
}

// flush writes the waiting marks.
func (f *folder) flush() {
	for _, g := range f.waiting {
		f.write(longVowel, g)
	}
	f.waiting = f.waiting[:0]
}

// dropLongVowels forgets the waiting marks but counts them as part of the character before.
func (f *folder) dropLongVowels() {
	for _, g := range f.waiting {
		if g.gap == gapNone {
			f.extend(g.to)
		}
	}
	f.waiting = f.waiting[:0]
}

func (f *folder) extend(to int) {
	if n := len(f.glyphs); n > 0 {
		f.glyphs[n-1].to = to
	}
}

// skipped counts the separators since the last character.
type skipped struct{ spaces, lines, joints int }

func (s *skipped) add(r rune) {
	switch {
	case r == '\n' || r == '\u2029':
		s.lines++
	case unicode.IsSpace(r):
		s.spaces++
	default:
		s.joints++
	}
}

// gap says what the separators amount to and starts counting anew.
func (s *skipped) gap() gap {
	c := *s
	*s = skipped{}
	switch blank := c.spaces + c.lines; {
	case c.lines > 1 || c.joints > 0 && blank > 0:
		return gapWall
	case blank > 0:
		return gapSpace
	case c.joints > 0:
		return gapJoint
	}
	return gapNone
}
