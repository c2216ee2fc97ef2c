// Package insight tells a company's alumni office how its network does, in tables: whom it reaches, who is active, how long it takes
// to find somebody, who comes again, what comes of referrals, returns and events. It gathers what market, matching and billing count,
// each for whoever may see it there, hides what is about too few people, and writes the same tables for the page, the API and a file.
//
// It asks no database, names nobody, and decides nothing about who may see what: a table that the reader may not see in its own room is
// not there.
//
// Things to know:
//
//   - A number of 1 to 4 people is never shown ([Under]). Where it could be told from the sum of its column, the next larger ones are
//     held back with it, or the sum itself ([Withheld]); hide.go is the rule, and a generated test tries to compute what it hides.
//   - Zero is shown: it is about nobody.
//   - Tasks, contracts, events and payments are the company's own doings, no people, and are shown as they are.
//   - Whoever compares two periods that overlap may tell small numbers apart. The readers are those who keep the register, where they
//     see each person; this protects what they pass on.
package insight
