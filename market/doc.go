// Package market holds the marketplace's own nouns and their rules: company, person, membership, stint, task,
// invitation, bid, review; what somebody says who is in no file, and the former colleagues who know (claim); groups of
// companies; the ways in (password, one-time link, token, HR file); the letters that are written; and
// the policy of who may see and do what.
//
// It does not rank anybody (package matching) and moves no money (package billing); it imports neither. What has to
// reach them travels as a job, or as a row in index_pending, written in the same transaction as its cause.
//
// Things to know:
//
//   - A file opens with a noun and tells its life as pure functions; the use cases below them ([Service]'s methods)
//     are one transaction each and carry an [Actor].
//   - Every question "may they?" is answered in policy.go and nowhere else, for lists, search, exports and the API
//     alike. Somebody outside a company gets [ErrNotFound] for everything in it.
//   - Nobody is claimed: a company that imports or names somebody known elsewhere gets a stand-in or a waiting role,
//     until the person says yes.
//   - A person's skills, their evidence and the record belong to the person; tenure and departments to a membership.
package market
