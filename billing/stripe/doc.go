// Package stripe is billing.Gateway on Stripe, through stripe-go v76 (API version 2023-10-16). No other package of the
// house imports stripe-go, and no type of it leaves this one.
//
// It decides nothing about money: what to charge, when to send again and what an answer means for the books is
// billing's. It keeps no state but a rate limiter.
//
// Three things to know:
//
//   - The client never repeats a request by itself. Every POST carries billing's idempotency key; answers.go turns
//     what came back into billing's four answers: done, refused, busy (nothing happened), unknown.
//   - Each of stripe-go's three backends has a configuration of its own: the library writes the address into the one it
//     is given, and a shared one sends uploads' traffic to the API's address or the reverse.
//   - Our own ids travel in metadata ("operation", "milestone", "person"); looking for something that may or may not
//     exist is listing and comparing them, because a list can be trusted and a search index lags.
package stripe
