// Package books writes a company's own journal in the forms that bookkeeping programs import, and reads them back.
//
// Values go in and bytes come out: it knows no database, no milestones and no law. Who calls it says in a [Fact] what
// happened, in roles (advance payment, outsourcing, withheld tax); a [Chart] gives the roles the names that a company
// uses in one program; a [Writer] lays the resulting [Entry] or [Deal] out as the program wants it.
//
// Three things to know:
//
//   - Every amount carries a reference ("entry:<id>:<line>") into a column or memo that the program keeps, so that
//     there is a way back from any exported yen.
//   - Text is made safe on the way out: control characters become blanks, what a spreadsheet would take for a formula
//     gets an apostrophe, what Shift_JIS lacks becomes 〓 and is counted, what is too long is cut and counted. Numbers
//     are never touched.
//   - Each form has a reader of ours. What it reads is what was written, up to the columns that the form does not have.
package books
