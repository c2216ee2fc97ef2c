package freetext

import "strings"

// Grams writes a folded text for an index that knows only words between spaces. Latin words stay. A stretch of
// Japanese becomes the pairs of its neighbours in order, each a word of Latin letters that nobody types, and so is
// found by the same pairs in the same order; single characters stand apart at the end.
func Grams(folded string) string {
	var b strings.Builder
	single := map[rune]bool{}
	for _, w := range words(folded) {
		if !w.Japanese {
			b.WriteString(w.Text + " ")
			continue
		}
		letters := []rune(w.Text)
		for i, r := range letters {
			single[r] = true
			if i > 0 {
				b.WriteString(token(letters[i-1], r) + " ")
			}
		}
		b.WriteString(". ") // what follows is no neighbour
	}
	for _, r := range folded {
		if single[r] {
			b.WriteString(token(r) + " . ")
			single[r] = false
		}
	}
	return strings.TrimSpace(b.String())
}

// Grams are the words that stand for this one, in order and without gaps.
func (w Word) Grams() []string {
	if !w.Japanese {
		return []string{w.Text}
	}
	letters := []rune(w.Text)
	if len(letters) == 1 {
		return []string{token(letters[0])}
	}
	var grams []string
	for i := range letters[1:] {
		grams = append(grams, token(letters[i], letters[i+1]))
	}
	return grams
}

// token writes characters as a word: a zero, so that no word that is typed begins like it, and five letters for each.
func token(letters ...rune) string {
	b := []byte{'0'}
	for _, r := range letters {
		for shift := 16; shift >= 0; shift -= 4 {
			b = append(b, 'a'+byte(r>>shift&15))
		}
	}
	return string(b)
}
