// Package matching says who fits a task and which tasks fit a person: it scores, finds the exact best K with an index,
// and gives the reasons. It also keeps the skills in the database and the indexes current.
//
// It decides nothing about tasks, bids or people (package market), and it hides nobody: filters are asked for, and
// what is shown can be recomputed by hand.
//
// Three things to know:
//
//   - The score ([Formula]) is four rounded parts in hundredths. All but skills and department is one stored number,
//     p = tenure + record, so an index that can only filter and sort still finds the exact list: see rank.go.
//   - PostgreSQL holds the truth; an [Index] is a copy that may lag. Every change that can move somebody leaves a row
//     in index_pending, and a ranking scores the people in those rows from the truth. The row goes when every index has
//     confirmed the change.
//   - matching/postgres and matching/meili are the two indexes; matching/indextest is the suite that both pass. When
//     the faster one is down, slow or moving, the list comes from PostgreSQL, is the same, and says so.
package matching
