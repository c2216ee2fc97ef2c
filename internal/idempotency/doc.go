// Package idempotency lets a request be repeated without its work being done twice. A person's key belongs to one
// input; what came out is kept for a day and given again.
//
// It knows nothing of HTTP beyond keeping a status, a few header lines and a body for its caller, package api.
//
// Three things to know:
//
//   - [Begin] takes the key before anything is done. [Hold.Context] makes every transaction of the request mark the key
//     in its own commit, so that "the work is done" and the work are one fact.
//   - [Hold.Finish] keeps the answer of work that was done, and gives the key back when nothing was.
//   - A request that died before its first commit leaves a key that anybody may take over after [lease]; its late
//     transaction then finds the key gone and rolls back. One that died after it leaves [Lost]: the work is done and
//     must not be done again, but its answer is not known.
package idempotency
