// Package problem holds the errors that a person can act on: a code that machines keep, a sentence in English and
// in Japanese, and the field the sentence is about.
//
// It knows nothing of HTTP or of the market. Every room defines its own problems beside the rule that raises them;
// api turns a [Kind] into a status in one table. An error that is no *Error is a fault of ours: it is logged with
// its cause and shown as an apology.
//
// Three things to know:
//
//   - [Define] is called once per code, in a package variable; two definitions of one code panic at start.
//   - On, With and Because return copies, so the defined value can be shared; errors.Is compares codes.
//   - Sentences carry {name} placeholders that With fills. They name the remedy, not the blame.
package problem
