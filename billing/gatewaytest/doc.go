// Package gatewaytest holds every implementation of billing.Gateway to one description of how a provider behaves:
// what the same key twice means, what can be found again, what is refused, what a payout is made of.
//
// It is for tests alone. It says nothing about how billing uses a provider; billing's own tests do.
//
// Three things to know:
//
//   - [Run] takes a maker of fresh providers, because the suite's parts must not see one another's money.
//   - What only people do (pay on a page, fill in an account) and time (a payday) come in as functions of [Provider].
//   - A promise is a subtest whose name is the sentence; a new implementation passes all of them or is not one.
package gatewaytest
