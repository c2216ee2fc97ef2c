// Package crash kills the program where it hurts: before, during and after each commit, and before, during and after each
// call that changes something at Stripe.
//
// It is not a mock: the real process talks to a real PostgreSQL and to the stand-in through two proxies that see
// the boundary pass by and pull the plug there. The program knows nothing of it.
//
// Four things to know:
//
//   - A [Plug] counts boundaries of one kind; Arm chooses the one at which it pulls.
//   - [Postgres] and [Stripe] are the proxies; both report to one Plug, so that boundaries are counted in the order
//     in which they happen.
//   - "After" means that the other side has done it and the program will never hear of it; "during" that it is
//     at it when the program dies.
//   - A [Veil] keeps the program from hearing of it otherwise, for as long as the campaign wants.
package crash
