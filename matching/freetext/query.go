package freetext

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// A Query is what somebody looks for: every word must be found. The empty Query is found everywhere.
type Query struct{ Words []Word }

// A Word is a stretch of letters of one sort.
type Word struct {
	Text     string
	Japanese bool // found wherever it stands; others are found from the beginning of a word
}

// mostWords is how many words of a query count. Search servers stop at ten as well.
const mostWords = 10

// Parse reads what was typed.
func Parse(typed string) Query {
	var q Query
	for _, w := range words(Fold(typed).Text) {
		if !slices.Contains(q.Words, w) && len(q.Words) < mostWords {
			q.Words = append(q.Words, w)
		}
	}
	return q
}

// words are the words of a folded text.
func words(folded string) []Word {
	var all []Word
	for _, text := range strings.Fields(folded) {
		first, _ := utf8.DecodeRuneInString(text)
		all = append(all, Word{text, isJapanese(first)})
	}
	return all
}

// Empty reports whether nothing was typed that could be looked for.
func (q Query) Empty() bool { return len(q.Words) == 0 }

// Slips is how many letters of a word may be wrong in an index that is Tolerant.
func (w Word) Slips() int {
	switch n := utf8.RuneCountInString(w.Text); {
	case w.Japanese || n < 5:
		return 0
	case n < 9:
		return 1
	}
	return 2
}

// A span is a stretch of a folded text, in bytes.
type span struct{ from, to int }

// in finds the word in a folded text; tolerant allows for its slips.
func (w Word) in(folded string, tolerant bool) []span {
	var found []span
	for at := 0; ; {
		i := strings.Index(folded[at:], w.Text)
		if i < 0 {
			break
		}
		from := at + i
		if at = from + len(w.Text); w.Japanese || from == 0 || folded[from-1] == ' ' {
			found = append(found, span{from, at})
		}
	}
	if len(found) > 0 || !tolerant {
		return found
	}
	if w.Japanese {
		return w.almost(folded)
	}
	return w.misspelt(folded)
}

// misspelt finds words that begin almost like this one.
func (w Word) misspelt(folded string) []span {
	slips := w.Slips()
	if slips == 0 {
		return nil
	}
	var found []span
	at := 0
	for _, piece := range strings.Split(folded, " ") {
		if distance(w.Text, piece) <= slips {
			found = append(found, span{at, at + len(piece)})
		}
		at += len(piece) + 1
	}
	return found
}

// almost finds both parts of a Japanese word around one wrong character.
func (w Word) almost(folded string) []span {
	for _, parts := range w.Around() {
		var found []span
		for _, part := range parts {
			found = append(found, part.in(folded, false)...)
		}
		if len(found) >= len(parts) && slices.IndexFunc(parts, func(p Word) bool { return !strings.Contains(folded, p.Text) }) < 0 {
			return found
		}
	}
	return nil
}

// shortestAround is how long a Japanese word must be to be looked for around a wrong character.
const shortestAround = 4

// Around gives the ways to read a Japanese word with one wrong character: what stands before it and what after it,
// pieces of one character left out. It gives none for short words.
func (w Word) Around() [][]Word {
	letters := []rune(w.Text)
	if !w.Japanese || len(letters) < shortestAround || len(letters) > 12 {
		return nil
	}
	var ways [][]Word
	for i := range letters {
		var parts []Word
		for _, part := range [][]rune{letters[:i], letters[i+1:]} {
			if len(part) > 1 {
				parts = append(parts, Word{string(part), true})
			}
		}
		if len(parts) > 0 && (len(parts) == 2 || len([]rune(parts[0].Text)) >= shortestAround-1) {
			ways = append(ways, parts)
		}
	}
	return ways
}

// distance counts the letters to change, add, leave out or exchange with their neighbour, until word begins as typed.
func distance(typed, word string) int {
	a, b := []rune(typed), []rune(word)
	if len(b) > len(a)+2 {
		b = b[:len(a)+2] // only the beginning counts
	}
	var before, last []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+differs(a[i-1], b[j-1]))
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return slices.Min(row)
}

func differs(a, b rune) int {
	if a == b {
		return 0
	}
	return 1
}
