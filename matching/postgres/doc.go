// Package postgres is the matching.Index that lives in the database itself: two tables that are read with one
// statement, in the order of the list. It is what every installation has, and what answers when a faster index cannot.
//
// It holds copies like any index: the facts are in the market's tables, and matching brings the copies up to date.
//
// Three things to know:
//
//   - It Ranks: one statement counts coverage over a covering index, adds the stored number, and sorts. The loop in
//     matching usually closes after one round, and asks for everybody only when the list reaches people who meet nothing.
//   - The points for skills are rounded in SQL as in Go: with integers, half away from zero.
//   - Who is no candidate today keeps a row, so that the day on which that changes is known.
package postgres
