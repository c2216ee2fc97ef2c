// Package jobs is the work that happens after a transaction: mail, indexing, calls to the outside. It is River
// behind a small surface and knows nothing of what the jobs do.
//
// Three things to know:
//
//   - [Enqueue] takes the caller's transaction: the job exists exactly when the change that caused it does.
//   - A job may run more than once; what it does must be safe to do again. Calls that move money look up before
//     they send.
//   - A [Run] is long work that a person watches: its state, progress and report are a row of their own.
package jobs
