// Package meili is the matching.Index on a Meilisearch server. It can only filter and sort, so it does not Rank: the
// loop in matching asks for lists by coverage and closes them with the bound.
//
// It holds no facts and decides nothing: documents come from matching, and a server that is lost is filled again. It is
// the only importer of the Meilisearch SDK.
//
// Three things to know:
//
//   - A document's skills are tokens of its company, one for each level reached, so a skill's posting list is as small as
//     the company. Every query carries the company as well.
//   - The server's defaults would make lists wrong without a word (a cut-off after 1.5 s, 1,000 hits at most), so settings
//     are applied when the index is built and compared by [Index.Check]. The SDK's retries send an empty body and its own
//     client stalls on compression; both are off.
//   - A task that the server accepted may fail later: [Index.Put] returns when the change can be found, or with the reason.
//
// What decided how lists are asked for, in milliseconds of the server's processor (1.50, 100,000 members in one company):
//
//   - A list costs 0.6 by itself and 0.035 for each hit, of which the yardstick is 20: what counts is few lists with few
//     hits, and so matching foresees how far each must be read. Two requests at once use two processors.
//   - Sorting by p, tenure, leaving date and id cost 1.0 more than by p alone, since the server goes down to the last key
//     also where nothing ties. One number that holds the first three costs what p does; ties are left to the bound.
//   - A condition costs 0.03 and a value within an IN 0.006, because the text of a filter is parsed twice, each token with a
//     copy of the whole. So tokens are short, and "at least h of m" is the cheapest of the ways to part the skills in two,
//     as ORs of ANDs or ANDs of ORs: 8 skills went from 5.0 a list to 3.0, 12 skills from 18 to 9.
package meili
