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
//   - A list costs 0.6 by itself and 0.035 for each hit, of which the yardstick is 20. So everybody with a score and more is
//     asked for in one list, a condition for each coverage, and the server need not sort: it would go down its tree of
//     values once for every hit.
//   - Where lists are sorted, because nothing is known of a company yet or people come from outside, p, tenure, leaving date
//     and id would cost 1.0 more than p alone. One number that holds the first three costs what p does; ties are left to
//     the bound.
//   - A condition costs 0.03 and a value within an IN 0.006, because the text of a filter is parsed twice, each token with a
//     copy of the whole, and the ways to read a condition are tried one after the other: IN comes first, the equal sign
//     third. So tokens are short, one value is asked for by IN, and "at least h of m" is the cheapest of the ways to part
//     the skills in two, as ORs of ANDs or ANDs of ORs: 8 skills went from 5.0 a list to 3.0, 12 skills from 18 to 9.
package meili
