package taxonomy

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Key is one way to look a skill up: a spelling in normal form. Of several skills with one key those of the lowest Rank
// are meant: 0 for a name, 1 for an alias, 2 for a spelling without its long vowels, and 10 more where the skill is obsolete.
type Key struct {
	Text string
	Rank int
}

const (
	nameRank = iota
	aliasRank
	looseRank
	obsoleteRank = 10
)

// Keys are all the ways to look the skill up, each once, with its best rank. They are what a table of names holds, and an
// Index goes by the same.
func (s Skill) Keys() []Key {
	var keys []Key
	add := func(text string, rank int) {
		for i, k := range keys {
			if k.Text == text {
				keys[i].Rank = min(k.Rank, rank)
				return
			}
		}
		keys = append(keys, Key{text, rank})
	}
	for n, raw := range s.spellings() {
		key, rank := Normalize(raw), s.rank(n)
		if key == "" {
			continue
		}
		add(key, rank)
		if short := loose(key); short != key {
			add(short, rank-rank%obsoleteRank+looseRank)
		}
	}
	return keys
}

// rank is that of the nth spelling: the two names, and then the aliases.
func (s Skill) rank(n int) int {
	rank := nameRank
	if n > 1 {
		rank = aliasRank
	}
	if s.Obsolete {
		rank += obsoleteRank
	}
	return rank
}

// Forms are the keys by which a text may name a skill, the surest first: as it is written, as an English plural, without
// its long vowels. A text without letters has none.
func Forms(text string) []string {
	key := Normalize(text)
	if key == "" {
		return nil
	}
	forms := []string{key}
	if singular, cut := strings.CutSuffix(key, "s"); cut && takesPlural(singular) {
		forms = append(forms, singular)
	}
	if short := loose(key); short != key {
		forms = append(forms, short)
	}
	return forms
}

// loose drops the long-vowel marks inside a long loanword, where writers differ: ユーザーインターフェース is written
// ユーザインタフェース as well. In short words they tell things apart (ビール is not ビル), so five characters must remain.
func loose(key string) string {
	short := strings.ReplaceAll(key, string(longVowel), "")
	if utf8.RuneCountInString(short) < 5 {
		return key
	}
	return short
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
