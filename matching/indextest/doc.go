// Package indextest is the suite that every matching.Index must pass. It fills a real database with a generated
// population, ranks through matching.Service as a manager would, and compares with scoring everybody.
//
// It is no test of one index's own settings or faults; those stand beside the index.
//
// Three things to know:
//
//   - The oracle (oracle.go) is written apart from the formula it checks: it counts days one by one and rounds exact
//     fractions, so a mistake must be made twice to go unseen.
//   - Populations draw from few values, so that ties are common; some people hold nothing, some are staff, some hide.
//   - Changes are made behind the index's back, with their rows in index_pending, and must show at once.
package indextest
