package taxonomy

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// A Match is a skill found in a text.
type Match struct {
	ID   string
	From int    // first byte in the text
	To   int    // byte after the last
	Text string // text[From:To], as the writer wrote it
}

// Suggest finds the skills that a whole brief or profile mentions, in Japanese, English or both, and returns the first
// mention of each in the order of the text, at most limit of them; a limit below 1 means all. Matches never overlap: the
// longest is taken first, of equally long ones the leftmost, so 連結決算 is not also 決算. An alias that means several skills is
// passed over. See the package comment for word boundaries and for the words that need care.
func (x *Index) Suggest(text string, limit int) []Match {
	chosen := choose(text, x.candidates(text))
	matches := make([]Match, 0, len(chosen))
	seen := make(map[int]bool, len(chosen))
	for _, c := range chosen {
		if c.skill == decoy || seen[c.skill] {
			continue
		}
		seen[c.skill] = true
		matches = append(matches, Match{ID: x.skills[c.skill].ID, From: c.from, To: c.to, Text: text[c.from:c.to]})
		if len(matches) == limit {
			break
		}
	}
	return matches
}

// A candidate is a place where a spelling stands between proper boundaries.
type candidate struct {
	from, to int // bytes in the text
	length   int // characters of the spelling
	skill    int // decoy for words that mean no skill, or several
	weak     bool
}

// candidates walks the sorted spellings from every character of the text.
func (x *Index) candidates(text string) (found []candidate) {
	f := fold(text)
	for i := range f.glyphs {
		lo, hi, depth := 0, len(x.spellings), 0
		var spaces uint64
		for j := i; j < len(f.glyphs); j++ {
			if j-i >= 64 || j > i && f.glyphs[j].gap == gapWall {
				break
			}
			if j > i && f.apart(j) {
				spaces |= 1 << (j - i)
			}
			lo, hi = x.narrow(lo, hi, depth, f.at(j))
			if lo == hi {
				break
			}
			depth += len(f.at(j))
			if len(x.spellings[lo].key) == depth {
				found = x.judge(found, text, f, i, j, spaces)
			}
		}
	}
	return found
}

// apart reports whether glyph j is another word than the one before it: after a space, and in kanji after any mark, for
// 翻訳・通訳 are two things where データ・サイエンス is one.
func (f folded) apart(j int) bool {
	switch f.glyphs[j].gap {
	case gapSpace:
		return true
	case gapJoint:
		return unicode.Is(unicode.Han, f.rune(j-1)) && unicode.Is(unicode.Han, f.rune(j))
	}
	return false
}

// narrow returns the part of spellings[lo:hi], which agree in their first depth bytes, that goes on with next.
func (x *Index) narrow(lo, hi, depth int, next string) (int, int) {
	part := x.spellings[lo:hi]
	from, _ := slices.BinarySearchFunc(part, next, func(s spelling, next string) int {
		return strings.Compare(s.key[depth:], next)
	})
	n, _ := slices.BinarySearchFunc(part[from:], next, func(s spelling, next string) int {
		if strings.HasPrefix(s.key[depth:], next) {
			return -1
		}
		return 1
	})
	return lo + from, lo + from + n
}

// judge adds what glyphs i to j spell, if they stand between proper boundaries.
func (x *Index) judge(found []candidate, text string, f folded, i, j int, spaces uint64) []candidate {
	here := x.exactly(f.text[f.glyphs[i].at:f.glyphs[j].end])
	here = slices.DeleteFunc(slices.Clone(here), func(s spelling) bool { return spaces&^s.breaks != 0 })
	if len(here) == 0 {
		return found
	}
	s := span{text: text, key: here[0].key, from: f.glyphs[i].from, to: f.glyphs[j].to}
	if !s.bounded() {
		return found
	}
	c := candidate{from: s.from, to: s.to, length: j - i + 1, skill: decoy}
	if skills := meant(here); len(skills) == 1 {
		c.skill = skills[0]
	}
	c.weak = careful(s.key) && c.skill != decoy && !s.surely(here)
	return append(found, c)
}

// choose takes candidates, the longest first, unless they overlap one already taken. Weak ones come last, and only where they
// stand in a list beside a skill that was taken: "python, go" but not "let it go".
func choose(text string, found []candidate) []candidate {
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.length, a.length), cmp.Compare(a.from, b.from))
	})
	p := &picked{text: text, taken: make([]bool, len(text)), begins: map[int]bool{}, ends: map[int]bool{}}
	var weak []candidate
	for _, c := range found {
		if c.weak {
			weak = append(weak, c)
		} else if p.free(c) {
			p.take(c)
		}
	}
	slices.SortStableFunc(weak, inTextOrder)
	for before := -1; before < len(p.list); slices.Reverse(weak) { // a list grows to the right, then to the left
		before = len(p.list)
		for _, c := range weak {
			if p.free(c) && p.listed(c) {
				p.take(c)
			}
		}
	}
	slices.SortFunc(p.list, inTextOrder)
	return p.list
}

func inTextOrder(a, b candidate) int { return cmp.Compare(a.from, b.from) }
