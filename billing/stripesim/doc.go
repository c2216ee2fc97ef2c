// Package stripesim is a stateful stand-in for Stripe on Stripe's own wire format (API version 2023-10-16): an HTTP server that
// keeps charges, transfers, payouts and their balance transactions in a file of its own, has pages that a person can click
// (checkout, onboarding, a control panel), sends signed events, and can be told to move its clock or to fail.
//
// It is for development and for tests. It is not for production, it moves no money, and it proves nothing about Stripe beyond
// what README.md lists: results obtained with it say "on the stand-in".
//
// Three things a newcomer must know:
//
//   - Every change is one transaction: the objects, their balance transactions, their events and the stored answer of the
//     idempotency key are written as one line of the journal, or not at all (store.go, journal.go).
//   - A parameter that no handler reads is refused with parameter_unknown, as Stripe does; so nothing is silently ignored (form.go).
//   - Time only moves in due.go: whatever becomes due (funds available, payouts, expiry) happens at its own moment, in order,
//     whether the clock ticks or jumps.
//
// A resource of Stripe's is one file: its wire type, its routes, its rules. To add one, add the file, a book in books.go and
// the routes in routes.go.
package stripesim
