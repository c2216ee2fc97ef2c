package taxonomy

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"unicode"
)

// A Match is a skill found in a text.
type Match struct {
	ID        string
	From      int    // first byte in the text, of the first mention
	To        int    // byte after the last
	Text      string // text[From:To], as the writer wrote it
	Mentions  int    // how often the text speaks of it
	Ambiguous bool   // the words may mean another skill as well, which is a Match at the same place
}

// mostMeanings is how many skills a word of a text may mean and still be worth asking about.
const mostMeanings = 4

// Suggest finds the skills that a whole brief or profile mentions, in Japanese, English or both: each once, at most limit
// of them; a limit below 1 means all. The sure ones go first, then those mentioned most often, then in the order of the
// text. Mentions never overlap: the longest is taken first, of equally long ones the leftmost, so 連結決算 is not also
// 決算. A word that means several skills gives them all, marked as ambiguous. See the package comment for word boundaries
// and for the words that need care.
func (x *Index) Suggest(text string, limit int) []Match {
	matches := []Match{}
	at := map[string]int{}
	for _, c := range choose(text, x.candidates(text)) {
		for _, id := range c.skills {
			i, again := at[id]
			if !again {
				i, at[id] = len(matches), len(matches)
				matches = append(matches, Match{ID: id, From: c.from, To: c.to, Text: text[c.from:c.to], Ambiguous: len(c.skills) > 1})
			}
			matches[i].Mentions++
			if len(c.skills) == 1 && matches[i].Ambiguous { // said in full elsewhere
				matches[i].From, matches[i].To, matches[i].Text, matches[i].Ambiguous = c.from, c.to, text[c.from:c.to], false
			}
		}
	}
	matches = settled(matches)
	slices.SortStableFunc(matches, func(a, b Match) int {
		return cmp.Or(cmp.Compare(b2i(a.Ambiguous), b2i(b.Ambiguous)), cmp.Compare(b.Mentions, a.Mentions), cmp.Compare(a.From, b.From))
	})
	if limit > 0 && len(matches) > limit {
		matches = matches[:limit]
	}
	return matches
}

// settled takes the questions away that the text itself answers: PM beside "project management" means that.
func settled(matches []Match) []Match {
	open := map[int]int{} // by place: how many meanings are still asked about
	for _, m := range matches {
		if m.Ambiguous {
			open[m.From]++
		}
	}
	return slices.DeleteFunc(matches, func(m Match) bool { return m.Ambiguous && open[m.From] < 2 })
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// A candidate is a place where a spelling stands between proper boundaries.
type candidate struct {
	from, to int      // bytes in the text
	length   int      // characters of the spelling
	skills   []string // what it may mean; none for a decoy
	weak     bool
}

// candidates walks the sorted spellings from every character of the text where a word may begin, in each layer.
func (x *Index) candidates(text string) (found []candidate) {
	f := fold(text)
	for i, g := range f.glyphs {
		if i > 0 && isWord(f.rune(i)) && isWord(f.rune(i-1)) && f.glyphs[i-1].to == g.from {
			continue // inside a Latin word
		}
		for _, layer := range x.layers() {
			found = layer.from(found, text, f, i)
		}
	}
	return found
}

// from adds what begins at glyph i.
func (x *Index) from(found []candidate, text string, f folded, i int) []candidate {
	head, known := x.heads[f.rune(i)]
	if !known {
		return found
	}
	lo, hi, depth := head[0], head[1], 0
	var spaces uint64
	for j := i; j < len(f.glyphs); j++ {
		if j-i >= 64 || j > i && f.glyphs[j].gap == gapWall {
			break
		}
		if j > i {
			if f.apart(j) {
				spaces |= 1 << (j - i)
			}
			if lo, hi = x.narrow(lo, hi, depth, f.at(j)); lo == hi {
				break
			}
		}
		depth += len(f.at(j))
		if len(x.keys[lo]) == depth {
			found = x.judge(found, text, f, i, j, x.spelt(lo), spaces)
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

// narrow returns the part of keys[lo:hi], which agree in their first depth bytes, that goes on with next.
func (x *Index) narrow(lo, hi, depth int, next string) (int, int) {
	part := x.keys[lo:hi]
	from := sort.Search(len(part), func(i int) bool { return part[i][depth:] >= next })
	n := sort.Search(len(part)-from, func(i int) bool { return !strings.HasPrefix(part[from+i][depth:], next) })
	return lo + from, lo + from + n
}

// judge adds what glyphs i to j spell (the spellings here), if they stand between proper boundaries. A word that means an obsolete skill or far
// too many says nothing.
func (x *Index) judge(found []candidate, text string, f folded, i, j int, here []spelling, spaces uint64) []candidate {
	s := span{text: text, key: here[0].key, from: f.glyphs[i].from, to: f.glyphs[j].to}
	if !s.bounded() {
		return found
	}
	unfit := func(s spelling) bool { return spaces&^s.breaks != 0 || s.rank >= obsoleteRank }
	if slices.ContainsFunc(here, unfit) {
		here = slices.DeleteFunc(slices.Clone(here), unfit)
	}
	if len(here) == 0 {
		return found
	}
	c := candidate{from: s.from, to: s.to, length: j - i + 1}
	if skills := meant(here, mostMeanings+1); len(skills) <= mostMeanings {
		c.skills = x.ids(skills)
	}
	c.weak = len(c.skills) > 0 && careful(s.key) && !s.surely(here)
	return append(found, c)
}

// choose takes candidates, the longest first, unless they overlap one already taken. Weak ones come last, and only where they
// stand in a list beside a skill that was taken: "python, go" but not "let it go".
func choose(text string, found []candidate) []candidate {
	slices.SortStableFunc(found, func(a, b candidate) int {
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
