// Package taxonomy knows the skills that tasks ask for and people have, and finds them in what people write, in Japanese and
// English. "golang", "Ｇｏ言語" and "Go" are one skill here, and 連結決算 in a brief is found as the manager types it.
//
// It holds no database, no levels and no scores: rows come in as a list of Skill, ids go out. Package matching scores.
//
// Three things a newcomer must know:
//
//   - The starter taxonomy is skills.tsv, one skill a line; edit it there, and the tests say what is wrong with a new line.
//     Ids are stored with tasks and people, so a line may change everything but its id.
//   - An Index is built once and never changes. A company's own skills are in the list it is built from; two companies do not
//     share an Index, because own skills are nobody else's business.
//   - Resolve answers for one name and never guesses: an alias of two skills (PM) resolves to nothing, and Ambiguous lists
//     both. Suggest reads a whole text and would rather miss a skill than invent one.
//
// # Boundaries
//
// Latin words match whole words only: "Go" is not in "ago", "go.dev" or "my_go". A plural s (after four letters) and a version
// (after three: Python3) may follow. Spaces inside a match must be where the spelling has some, so "no SQL" is not NoSQL;
// hyphens and middle dots may be anywhere but between kanji, where 翻訳・通訳 are two things. An empty line or a list mark ends
// every match, a single line break only matches a space.
//
// Katakana matches a whole run of katakana, because リース is in リリース; spellings of four letters and more may stand beside two
// or more others: サービスデザイン. Spellings all in hiragana must stand alone. Kanji has no boundaries, so decoys.txt lists the
// words that only look like a skill: 個人事業 holds 人事. The longest spelling wins, and a decoy hides what is inside it.
//
// # Care
//
// Latin words of one or two letters and those of careful.txt (word, access, react) are ordinary English too. They count when
//
//   - a word such as developer, programming or skills follows: "go developer"; or
//   - they stand in Japanese, in any case: "slackの運用" (two letters and more); or
//   - they are spelled exactly, "Go" or "IT", and do not start an ordinary sentence: "Word has it" (two letters and more); or
//   - they are an item of a list, beside a skill already found: "python, go, r".
//
// A hyphenated neighbour ("go-to", "C-level") always needs one of the first and the last. Resolve and Search, which are asked
// about one name, take no such care. The words of nations.txt count unless an ordinary word follows: "in Japanese", but not
// "the Japanese market".
package taxonomy
