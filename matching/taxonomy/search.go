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

// A hit is a skill that Search found, and how well.
type hit struct {
	skill *Skill
	edits int
	start
}

// Search helps while typing: the skills with a name or alias that starts with prefix, or has a word or kanji that does, best
// first, at most limit of them; a limit below 1 means all. Names go before aliases, beginnings before what follows, short
// before long, and a company's own before the shared. Where nothing starts so, a mistyped beginning is forgiven: one slip
// after four letters, two after eight. An empty prefix finds nothing, and obsolete skills are not offered.
func (x *Index) Search(prefix string, limit int) []Skill {
	key := Normalize(prefix)
	if key == "" {
		return nil
	}
	var hits []hit
	for _, layer := range x.layers() {
		hits = append(hits, layer.starting(key)...)
	}
	if len(hits) == 0 {
		for _, layer := range x.layers() {
			hits = append(hits, layer.near(key)...)
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.edits, b.edits), cmp.Compare(a.rank, b.rank), cmp.Compare(a.size, b.size), cmp.Compare(a.start.skill, b.start.skill))
	})
	var skills []Skill
	seen := make(map[string]bool)
	for _, h := range hits {
		s, _ := x.Skill(h.skill.ID)
		if seen[s.ID] || s.Obsolete {
			continue
		}
		seen[s.ID] = true
		skills = append(skills, s)
		if len(skills) == limit {
			break
		}
	}
	return skills
}

// starting are the places of this layer that begin with key.
func (x *Index) starting(key string) []hit {
	from, _ := slices.BinarySearchFunc(x.starts, key, func(s start, key string) int { return strings.Compare(s.key, key) })
	var hits []hit
	for _, s := range x.starts[from:] {
		if !strings.HasPrefix(s.key, key) {
			break
		}
		hits = append(hits, hit{skill: &x.skills[s.skill], start: s})
	}
	return hits
}

// starts lists every start of every spelling, sorted.
func starts(spellings []spelling) (all []start) {
	for _, s := range spellings {
		if s.skill == decoy || s.rank%obsoleteRank == looseRank {
			continue
		}
		n := 0
		for at, r := range s.key {
			if at == 0 || n < 64 && s.breaks&(1<<n) != 0 || unicode.Is(unicode.Han, r) {
				all = append(all, start{key: s.key[at:], skill: s.skill, rank: startRank(s.rank, at > 0), size: utf8.RuneCountInString(s.key)})
			}
			n++
		}
	}
	slices.SortFunc(all, func(a, b start) int { return strings.Compare(a.key, b.key) })
	return all
}

func startRank(rank int, inside bool) int {
	if inside {
		rank += 2
	}
	return rank
}
