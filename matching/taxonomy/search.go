package taxonomy

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A start is a place in a spelling where somebody may begin to type: its beginning, a later word, a later kanji.
type start struct {
	key   string // the spelling's key from there on
	skill int
	rank  int // better is lower: beginning of a name, of an alias, inside a name, inside an alias
	size  int // length of the whole key
}

// Search helps while typing: the skills with a name or alias that starts with prefix, or has a word or kanji that does, best
// first, at most limit of them; a limit below 1 means all. Names go before aliases, beginnings before what follows, short
// before long. An empty prefix finds nothing.
func (x *Index) Search(prefix string, limit int) []Skill {
	key := Normalize(prefix)
	if key == "" {
		return nil
	}
	from, _ := slices.BinarySearchFunc(x.starts, key, func(s start, key string) int { return strings.Compare(s.key, key) })
	to := from
	for to < len(x.starts) && strings.HasPrefix(x.starts[to].key, key) {
		to++
	}
	hits := slices.Clone(x.starts[from:to])
	slices.SortFunc(hits, func(a, b start) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.size, b.size), cmp.Compare(a.skill, b.skill))
	})
	var skills []Skill
	seen := make(map[int]bool)
	for _, h := range hits {
		if seen[h.skill] {
			continue
		}
		seen[h.skill] = true
		skills = append(skills, x.skills[h.skill])
		if len(skills) == limit {
			break
		}
	}
	return skills
}

// starts lists every start of every spelling, sorted.
func starts(spellings []spelling) (all []start) {
	for _, s := range spellings {
		if s.skill == decoy {
			continue
		}
		n := 0
		for at, r := range s.key {
			if at == 0 || n < 64 && s.breaks&(1<<n) != 0 || unicode.Is(unicode.Han, r) {
				all = append(all, start{key: s.key[at:], skill: s.skill, rank: rank(s.alias, at > 0), size: utf8.RuneCountInString(s.key)})
			}
			n++
		}
	}
	slices.SortFunc(all, func(a, b start) int { return strings.Compare(a.key, b.key) })
	return all
}

func rank(alias, inside bool) (r int) {
	if alias {
		r++
	}
	if inside {
		r += 2
	}
	return r
}
