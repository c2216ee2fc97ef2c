package taxonomy

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

//go:embed careful.txt
var carefulTXT string

//go:embed nations.txt
var nationsTXT string

//go:embed decoys.txt
var decoysTXT string

// decoys are phrases that hold a skill's name but mean something else: 個人事業 (人事), "let's go".
var decoys = sync.OnceValue(func() []string { return lines(decoysTXT) })

var (
	carefulWords = sync.OnceValue(func() map[string]bool { return wordSet(carefulTXT) })
	nations      = sync.OnceValue(func() map[string]bool { return wordSet(nationsTXT) })
)

func wordSet(txt string) map[string]bool {
	words := make(map[string]bool)
	for _, w := range lines(txt) {
		words[Normalize(w)] = true
	}
	return words
}

// lines returns the lines of a word list, without comments.
func lines(txt string) []string {
	return slices.DeleteFunc(strings.Split(txt, "\n"), func(line string) bool {
		return line == "" || strings.HasPrefix(line, "#")
	})
}

// careful reports whether a key is likely to be met in a text that does not mean the skill: Latin words of one or two
// letters, and the words of careful.txt and nations.txt.
func careful(key string) bool {
	short := len(key) <= 2 && strings.IndexFunc(key, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
	return short || carefulWords()[key] || nations()[key]
}

// context are the words before which an ordinary word is the name of a tool.
var context = strings.Fields(`admin administration administrator app apps backend certified code coding consultant consulting
	data developer developers development document documents engineer engineers engineering experience formula formulas
	framework frontend language macro macros model modelling modeling module modules package pivot programmer programmers
	programming query queries report reports script scripting scripts service services sheet sheets skill skills slides
	spreadsheet spreadsheets template templates vba workbook workbooks`)

// opening are the words after which the first item of a list may follow.
var opening = strings.Fields("in with using of and or know knows")

// aroundLanguages are the words that follow the name of a language and not that of a nation.
var aroundLanguages = strings.Fields(`ability and are article articles as at by email emails fluency for from if in into is level
	material materials needed on or page pages preferred proficiency required speaker speakers speaking text texts to website
	with writing`)

// surely reports whether a careful word means the skill all the same, by itself. It must be followed by a context word, or
// stand in Japanese, or be written exactly as a spelling has it without starting a sentence of ordinary words ("Go to …").
// A single letter, or a word with a hyphen at it ("go-to"), needs the context word.
func (s *span) surely(spellings []spelling) bool {
	next := nextWord(s.text[s.to:])
	if slices.Contains(context, strings.ToLower(next)) {
		return true
	}
	if nations()[s.key] {
		return !startsLower(next) || slices.Contains(aroundLanguages, next)
	}
	if len(s.key) == 1 || s.hyphenated() {
		return false
	}
	written := norm.NFKC.String(s.text[s.from:s.to])
	exact := slices.ContainsFunc(spellings, func(p spelling) bool { return strings.HasPrefix(written, p.raw) })
	if !exact {
		return s.inJapanese()
	}
	titled := strings.ToUpper(written) != written
	return !titled || !s.opensSentence() || !startsLower(next)
}

func (s *span) hyphenated() bool {
	prev, size := before(s.text, s.from)
	far, _ := before(s.text, s.from-size)
	return prev == '-' && isWord(far) || after(s.text, s.to) == '-' && isWord(after(s.text, s.to+1))
}

// inJapanese reports whether the span is followed by kana or kanji, or follows them and no Latin word comes after it.
func (s *span) inJapanese() bool {
	japanese := func(r rune) bool { return isKana(r) || unicode.Is(unicode.Han, r) }
	prev := lastRune(strings.TrimRight(s.text[:s.from], blanks))
	next := after(strings.TrimLeft(s.text[s.to:], blanks), 0)
	return japanese(next) || japanese(prev) && !isWord(next)
}

// opensSentence reports whether no word of the same sentence stands before the span.
func (s *span) opensSentence() bool {
	left := strings.TrimRight(s.text[:s.from], blanks+"\"'“‘(*_")
	return left == "" || strings.ContainsRune(".!?:。！？：\n-•", lastRune(left))
}

const blanks = " \t\u3000"

func startsLower(word string) bool { return unicode.IsLower(after(word, 0)) }

// nextWord returns the Latin word that follows after nothing but spaces.
func nextWord(right string) string {
	word := strings.TrimLeft(right, blanks)
	end := strings.IndexFunc(word, func(r rune) bool { return !isWord(r) })
	if end < 0 {
		return word
	}
	return word[:end]
}

// prevWord returns the Latin word that stands before nothing but spaces.
func prevWord(left string) string {
	word := strings.TrimRight(left, blanks)
	return word[len(strings.TrimRightFunc(word, isWord)):]
}

// listMarks part the items of a list; between two items there is at least one, and nothing but these and blanks.
const listMarks = ",、，/／・|;；•*+\n"

const betweenItems = listMarks + blanks + "\r-"

// A picked is the set of candidates taken so far.
type picked struct {
	text   string
	list   []candidate
	taken  []bool       // by byte of the text
	begins map[int]bool // where a taken skill begins
	ends   map[int]bool // and ends
}

func (p *picked) free(c candidate) bool { return !slices.Contains(p.taken[c.from:c.to], true) }

func (p *picked) take(c candidate) {
	p.list = append(p.list, c)
	for i := c.from; i < c.to; i++ {
		p.taken[i] = true
	}
	if len(c.skills) > 0 {
		p.begins[c.from], p.ends[c.to] = true, true
	}
}

// listed reports whether a weak candidate stands beside a taken skill with only list marks between, and is no part of a
// longer phrase.
func (p *picked) listed(c candidate) bool {
	left, right := p.text[:c.from], p.text[c.to:]
	prev := strings.ToLower(prevWord(left))
	if nextWord(right) != "" || prev != "" && !slices.Contains(opening, prev) {
		return false
	}
	end := len(strings.TrimRight(left, betweenItems))
	begin := len(p.text) - len(strings.TrimLeft(right, betweenItems))
	return p.ends[end] && strings.ContainsAny(left[end:], listMarks) ||
		p.begins[begin] && strings.ContainsAny(p.text[c.to:begin], listMarks)
}
