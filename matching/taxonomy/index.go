package taxonomy

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// An Index finds skills by what people write. It is built once from a list of skills, never changes, and may be used by
// many goroutines at a time. Build one from the skills that everybody shares, and lay each company's own over it: see With.
type Index struct {
	skills    []Skill
	byID      map[string]int
	spellings []spelling      // sorted by key and rank
	keys      []string        // their keys, each once: a trie without nodes, where each prefix is a range
	first     []int           // the first spelling of each key, and how many there are in all
	heads     map[rune][2]int // the range of the keys that begin with a character
	starts    []start         // sorted by key, for Search
	below     *Index          // the shared skills under a company's own; nil for the lowest layer
}

// A spelling is one way to write one skill.
type spelling struct {
	key    string // normal form
	raw    string // as given, for the words that need their exact case
	skill  int    // position in skills, or decoy
	breaks uint64 // bit i: the writer may put a space before rune i of the key
	rank   int    // lower ones go first: see Key
}

// decoy marks words that only look as if they held a skill.
const decoy = -1

// NewIndex builds an Index. Of two skills with the same id the later counts, so that a row of the database replaces the
// starter's. Broken links and shared names are allowed here; Validate is what reports them.
func NewIndex(skills []Skill) *Index {
	x := build(skills)
	for _, phrase := range decoys() {
		x.add(phrase, decoy, 0)
	}
	x.sort()
	return x
}

// With lays a company's own skills over the shared ones, which are used and not copied. Where both know a word, the
// company's own meaning goes first. A shared skill may be given again with no names and the company's aliases for it.
func (x *Index) With(own []Skill) *Index {
	top := build(own)
	top.below = x
	top.sort()
	return top
}

func build(skills []Skill) *Index {
	x := &Index{byID: make(map[string]int, len(skills))}
	for _, s := range skills {
		if at, again := x.byID[s.ID]; again {
			x.skills[at] = s
			continue
		}
		x.byID[s.ID] = len(x.skills)
		x.skills = append(x.skills, s)
	}
	for i, s := range x.skills {
		for n, raw := range s.spellings() {
			x.add(raw, i, s.rank(n))
		}
	}
	return x
}

func (x *Index) add(raw string, skill, rank int) {
	f := fold(raw)
	if f.text == "" {
		return
	}
	s := spelling{key: f.text, raw: norm.NFKC.String(raw), skill: skill, rank: rank, breaks: breaks(f)}
	x.spellings = append(x.spellings, s)
	if short := loose(s.key); short != s.key && skill != decoy {
		s.key, s.rank, s.breaks = short, rank-rank%obsoleteRank+looseRank, 0
		x.spellings = append(x.spellings, s)
	}
}

func (x *Index) sort() {
	slices.SortFunc(x.spellings, func(a, b spelling) int {
		return cmp.Or(strings.Compare(a.key, b.key), cmp.Compare(a.rank, b.rank), cmp.Compare(a.skill, b.skill))
	})
	x.heads = make(map[rune][2]int)
	for i, s := range x.spellings {
		if n := len(x.keys); n > 0 && x.keys[n-1] == s.key {
			continue
		}
		head, _ := utf8.DecodeRuneInString(s.key)
		of, known := x.heads[head]
		if !known {
			of[0] = len(x.keys)
		}
		x.keys, x.first = append(x.keys, s.key), append(x.first, i)
		x.heads[head] = [2]int{of[0], len(x.keys)}
	}
	x.first = append(x.first, len(x.spellings))
	x.starts = starts(x.spellings)
}

// layers are the company's own skills, where there are any, and the shared ones.
func (x *Index) layers() []*Index {
	if x.below == nil {
		return []*Index{x}
	}
	return []*Index{x, x.below}
}

// breaks notes where a spelling has a space or changes between Latin and Japanese letters. Spellings longer than 64
// characters are compared in their first 64 only.
func breaks(f folded) (bits uint64) {
	for i := 1; i < min(len(f.glyphs), 64); i++ {
		if f.glyphs[i].gap != gapNone || isWord(f.rune(i)) != isWord(f.rune(i-1)) {
			bits |= 1 << i
		}
	}
	return bits
}

// Skill returns the skill with this id. Its slices belong to the Index and must not be changed.
func (x *Index) Skill(id string) (Skill, bool) {
	if x.below != nil {
		if s, ok := x.below.Skill(id); ok {
			return s, true
		}
	}
	if i, ok := x.byID[id]; ok {
		return x.skills[i], true
	}
	return Skill{}, false
}

// Resolve finds the one skill that text names: by id, else by name, else by alias, each first as it is written, then as
// an English plural, then without long vowels. It is not ok when there is none, and when a word means several skills;
// Ambiguous tells the two apart.
func (x *Index) Resolve(text string) (id string, ok bool) {
	found := x.find(text)
	if len(found) != 1 {
		return "", false
	}
	return found[0], true
}

// Ambiguous returns the ids, sorted, of the skills that text may mean when they are more than one, and nothing otherwise.
func (x *Index) Ambiguous(text string) []string {
	found := x.find(text)
	if len(found) < 2 {
		return nil
	}
	slices.Sort(found)
	return found
}

func (x *Index) find(text string) []string {
	if s, ok := x.Skill(strings.TrimSpace(text)); ok {
		return []string{s.ID}
	}
	for _, form := range Forms(text) {
		for _, layer := range x.layers() {
			if found := layer.ids(meant(layer.exactly(form), len(layer.skills))); len(found) > 0 {
				return found
			}
		}
	}
	return nil
}

func (x *Index) ids(skills []int) []string {
	ids := make([]string, len(skills))
	for i, skill := range skills {
		ids[i] = x.skills[skill].ID
	}
	return ids
}

// exactly returns the spellings with this key.
func (x *Index) exactly(key string) []spelling {
	at, found := slices.BinarySearch(x.keys, key)
	if !found {
		return nil
	}
	return x.spelt(at)
}

// spelt returns the spellings of the nth key.
func (x *Index) spelt(n int) []spelling { return x.spellings[x.first[n]:x.first[n+1]] }

// meant returns the skills that spellings with one key, in their order, stand for: those of the best rank, at most most of
// them.
func meant(spellings []spelling, most int) (skills []int) {
	best := 0
	for _, s := range spellings {
		n := len(skills)
		switch {
		case s.skill == decoy || n > 0 && skills[n-1] == s.skill:
			continue
		case n == most || n > 0 && s.rank != best:
			return skills
		}
		best, skills = s.rank, append(skills, s.skill)
	}
	return skills
}
