package taxonomy

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// slips is how many letters of a typed word may be wrong, missing, too many, or swapped with their neighbour.
func slips(letters int) int {
	switch {
	case letters >= 8:
		return 2
	case letters >= 4:
		return 1
	}
	return 0
}

// near finds the spellings whose beginning is key but for a slip. It walks the sorted spellings as the trie that they are:
// the distances to each prefix are kept for the spellings that share it, and a prefix that is too far off is passed over
// with all that begins with it.
func (x *Index) near(key string) []hit {
	w := walker{typed: []rune(key)}
	w.most = slips(len(w.typed))
	if w.most == 0 {
		return nil
	}
	w.rows = [][]int{make([]int, len(w.typed)+1)}
	for i := range w.rows[0] {
		w.rows[0][i] = i
	}
	var hits []hit
	for i := 0; i < len(x.keys); {
		key := x.keys[i]
		edits, prefix := w.read(key)
		for _, s := range x.spelt(i) {
			if edits <= w.most && s.skill != decoy {
				hits = append(hits, hit{skill: &x.skills[s.skill], edits: edits, start: start{skill: s.skill, rank: s.rank, size: utf8.RuneCountInString(key)}})
			}
		}
		i++
		if edits > w.most && prefix > 0 {
			i += sort.Search(len(x.keys)-i, func(n int) bool { return !strings.HasPrefix(x.keys[i+n], key[:prefix]) })
		}
	}
	return hits
}

// A walker compares what was typed with one spelling after another.
type walker struct {
	typed []rune
	most  int
	path  []rune  // the characters of the last spelling that were read
	rows  [][]int // rows[d][i] is the distance between path[:d] and typed[:i]
}

// read compares what was typed with the beginnings of a spelling and gives the least number of slips. Where that is too
// many and no spelling with its first bytes can do better, prefix says how many bytes those are.
func (w *walker) read(key string) (edits, prefix int) {
	depth, edits := 0, len(w.typed)
	for at, r := range key {
		if depth >= len(w.path) || w.path[depth] != r {
			row := w.next(depth, r)
			w.path, w.rows = append(w.path[:depth], r), append(w.rows[:depth+1], row)
		}
		depth++
		row := w.rows[depth]
		edits = min(edits, row[len(w.typed)])
		if least(row) > w.most && least(w.rows[depth-1]) > w.most-1 { // a swap reaches back one row
			return edits, at + utf8.RuneLen(r)
		}
	}
	return edits, 0
}

// next is the row after depth characters when r follows (Damerau's distance, neighbours swapped at most once).
func (w *walker) next(depth int, r rune) []int {
	before := w.rows[depth]
	row := make([]int, len(before))
	row[0] = depth + 1
	for i := 1; i < len(row); i++ {
		cost := 1
		if w.typed[i-1] == r {
			cost = 0
		}
		row[i] = min(before[i]+1, row[i-1]+1, before[i-1]+cost)
		if depth > 0 && i > 1 && w.typed[i-1] == w.path[depth-1] && w.typed[i-2] == r {
			row[i] = min(row[i], w.rows[depth-1][i-2]+1)
		}
	}
	return row
}

func least(row []int) int {
	low := row[0]
	for _, n := range row {
		low = min(low, n)
	}
	return low
}
