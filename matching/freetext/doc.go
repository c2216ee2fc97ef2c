// Package freetext reads what people type into a search box and finds it again in texts: people by their names, skills
// and departments, tasks by their titles and briefs. It knows neither people nor tasks, and who may see them.
//
// An [Index] gives ids and nothing else: who may see what stands behind an id, and how many there are, is asked of the
// database by package matching. An index that is behind, or tolerant, or wrong, can so show nobody anything.
//
// Three things to know:
//
//   - [Fold] brings every spelling to one: width, case, accents, hiragana and katakana, old forms of kanji in names.
//     It remembers where each letter came from, so that what was found can be marked in the text itself.
//   - Japanese is not cut into words: whatever stretch of it is typed is looked for as it stands. Indexes that know
//     only words are given pairs of characters as words (see [Grams]), whatever they know of Japanese.
//   - Latin words match from their beginning, and in a tolerant index with a slip (from five letters) or two (from nine).
package freetext
