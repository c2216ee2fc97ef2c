// Package mailtest is the suite that every [mail.Mailer] passes. It is for tests alone and knows no implementation:
// [Conform] is given a mailer and a way to see what arrived.
//
// Three things to know:
//
//   - Arrived gives what readers have, oldest first, whatever the mailer is.
//   - The suite sends to addresses under example.test and writes in both languages.
//   - What only one mailer can do, such as meeting a server that refuses, is tested beside that mailer.
package mailtest
