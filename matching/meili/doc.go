// Package meili is the matching.Index on a Meilisearch server. It can only filter and sort, so it does not Rank: the
// loop in matching asks for lists by coverage and closes them with the bound.
//
// It holds no facts and decides nothing: documents come from matching, and a server that is lost is filled again. It is
// the only importer of the Meilisearch SDK.
//
// Three things to know:
//
//   - A document's skills are tokens of its company, one for each level reached ("<company>:go:1", "<company>:go:2"), so a
//     skill's posting list is as small as the company. Every query carries the company as well.
//   - The server's defaults would make lists wrong without a word (a cut-off after 1.5 s, 1,000 hits at most), so settings
//     are applied when the index is built and compared by [Index.Check]. The SDK's retries send an empty body and its own
//     client stalls on compression; both are off.
//   - A task that the server accepted may fail later: [Index.Put] returns when the change can be found, or with the reason.
package meili
