package taxonomy

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// An Index finds skills by what people write. It is built once from a list of skills, never changes, and may be used by
// many goroutines at a time. Build one per company: from the taxonomy and that company's own skills.
type Index struct {
	skills    []Skill
	byID      map[string]int
	spellings []spelling // sorted by key, and so a trie without nodes: each prefix is a range
	starts    []start    // sorted by key, for Search
}

// A spelling is one way to write one skill.
type spelling struct {
	key    string // normal form
	raw    string // as given, for the words that need their exact case
	skill  int    // position in skills, or decoy
	breaks uint64 // bit i: the writer may put a space before rune i of the key
	alias  bool   // not a name: gives way to a name
}

// decoy marks words that only look as if they held a skill.
const decoy = -1

// NewIndex builds an Index. Of two skills with the same id the later counts, so that a row of the database replaces the
// starter's. Broken links and shared names are allowed here; Validate is what reports them.
func NewIndex(skills []Skill) *Index {
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
			x.add(raw, i, n > 1)
		}
	}
	for _, phrase := range decoys() {
		x.add(phrase, decoy, false)
	}
	slices.SortFunc(x.spellings, func(a, b spelling) int {
		return cmp.Or(strings.Compare(a.key, b.key), cmp.Compare(a.skill, b.skill))
	})
	x.starts = starts(x.spellings)
	return x
}

func (x *Index) add(raw string, skill int, alias bool) {
	f := fold(raw)
	if f.text == "" {
		return
	}
	x.spellings = append(x.spellings, spelling{
		key: f.text, raw: norm.NFKC.String(raw), skill: skill, alias: alias, breaks: breaks(f),
	})
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
	i, ok := x.byID[id]
	if !ok {
		return Skill{}, false
	}
	return x.skills[i], true
}

// Resolve finds the one skill that text names: by id, else by name, else by alias, else as an English plural of one of
// these. It is not ok when there is none, and when an alias means several skills; Ambiguous tells the two apart.
func (x *Index) Resolve(text string) (id string, ok bool) {
	found := x.find(text)
	if len(found) != 1 {
		return "", false
	}
	return x.skills[found[0]].ID, true
}

// Ambiguous returns the ids, sorted, of the skills that text may mean when they are more than one, and nothing otherwise.
func (x *Index) Ambiguous(text string) []string {
	found := x.find(text)
	if len(found) < 2 {
		return nil
	}
	ids := make([]string, len(found))
	for i, skill := range found {
		ids[i] = x.skills[skill].ID
	}
	slices.Sort(ids)
	return ids
}

func (x *Index) find(text string) []int {
	if i, ok := x.byID[strings.TrimSpace(text)]; ok {
		return []int{i}
	}
	key := Normalize(text)
	if found := meant(x.exactly(key)); len(found) > 0 {
		return found
	}
	if singular, cut := strings.CutSuffix(key, "s"); cut && takesPlural(singular) {
		return meant(x.exactly(singular))
	}
	return nil
}

// exactly returns the spellings with this key.
func (x *Index) exactly(key string) []spelling {
	from, found := slices.BinarySearchFunc(x.spellings, key, func(s spelling, key string) int {
		return strings.Compare(s.key, key)
	})
	to := from
	for found && to < len(x.spellings) && x.spellings[to].key == key {
		to++
	}
	return x.spellings[from:to]
}

// meant returns the skills that spellings with one key stand for: those that have it as a name, otherwise all.
func meant(spellings []spelling) (skills []int) {
	named := slices.ContainsFunc(spellings, func(s spelling) bool { return s.skill != decoy && !s.alias })
	for _, s := range spellings {
		if s.skill != decoy && (!named || !s.alias) && !slices.Contains(skills, s.skill) {
			skills = append(skills, s.skill)
		}
	}
	return skills
}

// takesPlural reports whether a key is long enough, and Latin enough, to be met with an s behind it.
func takesPlural(key string) bool {
	n := 0
	for _, r := range key {
		if !unicode.Is(unicode.Latin, r) {
			return false
		}
		n++
	}
	return n >= 4 && !strings.HasSuffix(key, "s")
}
