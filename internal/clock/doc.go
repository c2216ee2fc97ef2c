// Package clock tells the time, so that tests and campaigns can set it. It is not for measuring durations of our
// own work: use time.Since for that.
//
// Three things to know:
//
//   - Whoever needs the present moment takes a [Clock]; [System] is the machine's, [At] makes one that stands still.
//   - Moments are in UTC. Days belong to a company: see market.Company's Today.
//   - A [Fixed] clock moves only when it is told to; a [Late] one goes, and stands behind until it catches up. Both may be
//     shared by goroutines.
package clock
