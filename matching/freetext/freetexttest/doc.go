// Package freetexttest is the suite that every freetext.Index must pass, and every search that is made with it.
//
// [Words] holds what an index finds against reading every document. [Policy] fills companies with people and tasks,
// hides and blocks some of them, and holds what random readers find, count and see marked against the lists that they
// may read. It is no test of one index's own settings or faults; those stand beside the index.
package freetexttest
