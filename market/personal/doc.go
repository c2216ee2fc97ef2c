// Package personal has the words in which each room says, of every column of its tables, whether it may hold something about a
// natural person, whose that is, and what becomes of it when they ask to be forgotten. It knows no table itself.
//
// Three things to know:
//
//   - A room lists its tables in erasing order, what points at another before what it points at. A column is in one of four hands:
//     it is [Nothing] about anybody, it is the [House]'s own, it [Points] at a person or names whose [Deeds] it was, or it is a
//     person's and is [Whose.Erased] or [Whose.Gone] with its row.
//   - A row of people stays as a stone: an id with nothing behind it. What points at it says nothing any more, so that counts,
//     books and other people's conversations stay whole.
//   - What a law has kept is erased like the rest, [Part.Until] its time is over; until then it is only in the columns that say so.
//
// A test reads the migrated database and fails for a column that no table names: whoever adds one decides here what it is.
package personal
