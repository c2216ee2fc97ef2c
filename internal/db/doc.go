// Package db is the one way to PostgreSQL: the pool, transactions, the embedded migrations and the check that the
// program and the schema belong together. It has no opinion on what is stored.
//
// Three things to know:
//
//   - [DB.Tx] may run its closure again after a serialization failure or a deadlock, so the closure must not touch
//     anything outside the transaction: no call to Stripe, Meilisearch, mail or a file store in it.
//   - gorm and pgx share one pool; [DB.Pool] is for the job queue and for COPY.
//   - A migration is a numbered goose file in migrations/, short, with its reason in a comment, and safe under load.
//
// Its subpackages: cluster starts a private PostgreSQL, dbtest gives each test a database of its own.
package db
