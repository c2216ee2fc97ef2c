// Package zengin reads and writes the fixed-length files of Japan's banks, as the Japanese Bankers Association
// (全国銀行協会) lays them down: the transfer file 総合振込 of 120-byte records, which pays people out of a company's own
// account, and the account statement 入出金取引明細 of 200-byte records, which says what became of it.
//
// It knows the files and the letters that may stand in them, and nothing else: no database, no ledger, no company.
//
// Three things to know:
//
//   - The files are JIS X 0201, one byte a letter: digits, Latin capitals, a few signs and half-width katakana. [Kana]
//     makes a name of what people type; what it cannot write, it refuses rather than drops.
//   - Numbers stand right with zeros before them, text stands left with blanks behind it. Amounts are whole yen.
//   - What is read is checked against the file's own counts and totals. A record that is wrong is named by its number,
//     from 1, and by the field.
package zengin
